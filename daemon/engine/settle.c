/* What a turn changed, said once: verdicts to the journal and the events; and whether anything may still go on by itself. */
#include <errno.h>

#include "internal.h"
#include "message-id.h"

static void log_about(const Engine *e, const Resource *r, int level, const char *message_id,
                      const char *text) {
        const LogField fields[] = {
                { "MESSAGE_ID", message_id },
                { "REGION", engine_region_name(e, r->region) },
                { "KIND", r->kind->name },
                { "RESOURCE", r->address },
                { "OCID", r->observed ? r->observed->id : NULL },
        };

        log_fields(level, fields, ARRAY_SIZE(fields), "%s", text);
}

void resource_log(const Engine *e, const Resource *r, int level, const char *format, ...) {
        _cleanup_free_ char *text = NULL;
        va_list ap;

        va_start(ap, format);
        text = xvasprintf(format, ap);
        va_end(ap);
        log_about(e, r, level, NULL, text);
}

static const char *verdict_message_id(Verdict v) {
        return v == VERDICT_BLOCKED          ? MESSAGE_BLOCKED
               : v == VERDICT_FIGHTING       ? MESSAGE_FIGHTING
               : v == VERDICT_NOT_CONVERGING ? MESSAGE_NOT_CONVERGING
                                             : NULL;
}

static int verdict_level(Verdict v) {
        switch (v) {
        case VERDICT_BLOCKED:
        case VERDICT_FIGHTING:
        case VERDICT_NOT_CONVERGING:
                return LOG_WARNING;
        case VERDICT_DRIFTED:
        case VERDICT_MISSING:
        case VERDICT_ORPHANED:
                return LOG_INFO;
        case VERDICT_IN_SYNC:
        case VERDICT_PROGRESSING:
        case VERDICT_WAITING:
        case VERDICT_FOREIGN:
        case VERDICT_PAUSED:
        case VERDICT_UNKNOWN:
        case _VERDICT_INVALID:
                break;
        }
        return LOG_DEBUG;
}

static void say_verdict(Engine *e, const Resource *r) {
        const Assessment *a = &r->assessment;
        bool drift = a->verdict == VERDICT_DRIFTED && r->verdict != VERDICT_PROGRESSING;
        _cleanup_free_ char *text = xasprintf("%s: %s", verdict_to_string(a->verdict),
                                              a->message ? a->message : "as declared");
        _cleanup_free_ char *sentence = NULL;

        sentence = xasprintf("%s is %s", r->address, text);
        log_about(e, r, verdict_level(a->verdict), verdict_message_id(a->verdict), sentence);
        events_add(e->options.events, &(Event){
                                              .region = (char *) engine_region_name(e, r->region),
                                              .address = r->address,
                                              .what = drift ? (char *) "drift" : (char *) "verdict",
                                              .by = drift ? (char *) "unknown" : (char *) "tandem",
                                              .text = text,
                                      });
}

/* Counters that end with what they count. */
static void settle_counters(Resource *r) {
        bool fine = verdict_for_estate(r->verdict) == VERDICT_IN_SYNC;
        bool created = r->call_verb == VERB_CREATE && r->observed && !r->call;

        if (fine || created) {
                r->attempts = 0;
                r->not_before = created && !fine ? r->not_before : 0;
        }
        if (fine) {
                r->token_round = 0;
                if (r->last_error.code)
                        api_error_done(&r->last_error);
        }
}

static void settle(Engine *e, Resource *r) {
        if (r->since == 0 || r->verdict != r->assessment.verdict) {
                /* What is unknown at first is no news. */
                if (r->since > 0 || r->assessment.verdict != VERDICT_UNKNOWN)
                        say_verdict(e, r);
                r->verdict = r->assessment.verdict;
                r->since = now_realtime();
                e->quiet_since = 0;
        }
        settle_counters(r);
}

void settle_verdicts(Engine *e) {
        for (size_t i = 0; i < e->n_resources; i++)
                settle(e, e->resources[i]);
        for (size_t i = 0; i < e->n_orphans; i++)
                settle(e, e->orphans[i]);
}

static bool action_goes_on(const Action *a) {
        switch (a->decision) {
        case DECISION_GO:
        case DECISION_LOOK:
                return true;
        case DECISION_BACKOFF:
                return a->resource->last_error.retry != RETRY_NEVER || !a->resource->last_error.code;
        case DECISION_HOLD: /* the budget refills; what else holds is somebody's to mend, or goes on itself */
                return streq_ptr(a->decision_code, "budget");
        case DECISION_WAIT:
        case DECISION_APPROVAL:
        case DECISION_PAUSED:
        case DECISION_OBSERVE:
        case DECISION_REFUSED:
                break;
        }
        return false;
}

/* What waits for another resource goes on only if that one does; what a silent region was doing last is not known. */
static bool resource_goes_on(const Engine *e, const Resource *r) {
        bool silent = r->region < e->world->n_regions && !e->world->regions[r->region].reachable;

        if (r->call || (r->verdict == VERDICT_PROGRESSING && !silent))
                return true;
        if (r->verdict == VERDICT_NOT_CONVERGING || r->verdict == VERDICT_FIGHTING)
                return false; /* tried again now and then, with little hope */
        for (size_t i = 0; i < r->assessment.n_actions; i++)
                if (!silent && action_goes_on(r->assessment.actions[i]))
                        return true;
        return false;
}

static bool anything_goes_on(const Engine *e) {
        if (e->writes)
                return true;
        for (size_t i = 0; i < e->n_resources; i++)
                if (resource_goes_on(e, e->resources[i]))
                        return true;
        for (size_t i = 0; i < e->n_orphans; i++)
                if (resource_goes_on(e, e->orphans[i]))
                        return true;
        return false;
}

/* Bodies that come in another order each time are no change: what counts is what is to be done, and the verdicts. */
void settle_quiet(Engine *e) {
        bool goes_on = anything_goes_on(e), changed = !streq_ptr(e->quiet_plan, e->plan.digest);

        str_replace(&e->quiet_plan, e->plan.digest);
        if (changed || goes_on)
                e->quiet_since = 0;
        if (e->quiet_since == 0 && !goes_on)
                e->quiet_since = e->context.now;
}
