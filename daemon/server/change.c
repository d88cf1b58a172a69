/* The routes that write down what people say. Each answers 204, or 4xx with {code, message}. */
#include <errno.h>

#include "base/log.h"
#include "internal.h"

static void reply_done(Reply *ret) {
        reply_text(ret, 204, NULL, NULL);
}

/* The disk did not take the words. */
static void reply_unsaved(Reply *ret, int error) {
        reply_error(ret, 500, "not-saved", "it could not be saved, so nothing has changed: %s",
                    strerror(-error));
}

/* Writes what a person did to the events and the journal, and has the engine look at it. */
static void record(Server *s, const Request *q, const char *what, const char *address, const char *format,
                   ...) _printf_(5, 6);

static void record(Server *s, const Request *q, const char *what, const char *address, const char *format,
                   ...) {
        _cleanup_free_ char *by = xasprintf("a person (uid %u)", (unsigned) q->peer.uid), *text = NULL;
        va_list ap;

        va_start(ap, format);
        text = xvasprintf(format, ap);
        va_end(ap);
        log_fields(LOG_NOTICE, (LogField[]){ { "RESOURCE", address } }, 1, "%s, by %s", text, by);
        /* Copied by events_add(). */
        events_add(s->options.events, &(Event){ .address = (char *) (uintptr_t) address,
                                                .what = (char *) (uintptr_t) what,
                                                .by = by,
                                                .text = text });
        engine_wake(s->options.engine);
}

/* A reason as people give it; NULL and a refusal when it is needed and missing, or no good. */
static bool reason_of(const cJSON *body, bool needed, const char **ret_reason, Reply *ret) {
        const char *reason = json_string(body, "reason");

        if (reason && (strlen(reason) > REASON_MAX || str_has_control(reason))) {
                reply_error(ret, 400, "bad-reason", "a reason is one line of at most %d bytes", REASON_MAX);
                return false;
        }
        if (needed && isempty(reason)) {
                reply_error(ret, 400, "no-reason", "this needs a reason");
                return false;
        }
        *ret_reason = reason;
        return true;
}

/* By its id, or the beginning of exactly one. */
static const Action *action_find(const Plan *p, const char *id, Reply *ret) {
        const Action *found = NULL;
        size_t n = 0;

        for (size_t i = 0; i < p->n_actions && strlen(id) >= 4; i++) {
                if (startswith(p->actions[i]->id, id)) {
                        found = p->actions[i];
                        n++;
                }
        }
        if (n == 1)
                return found;
        if (n > 1)
                reply_error(ret, 409, "ambiguous", "%zu actions have an id that begins with %.16s", n, id);
        else
                reply_error(ret, 404, "unknown-action",
                            "the plan has no action %.16s: what it was about has changed, or it is done",
                            id);
        return NULL;
}

static Gate policy_of(const Server *s, const Action *a) {
        const Desired *d = a->resource->desired;

        return d ? d->policy[a->verb] : engine_context(s->options.engine)->estate->policy[a->verb];
}

/* False, and a refusal, for what no word of a person lets through, or what needs none. */
static bool can_approve(const Server *s, const Action *a, bool override, Reply *ret) {
        if (a->decision == DECISION_REFUSED || policy_of(s, a) == GATE_NEVER) {
                reply_error(ret, 409, "refused", "%s of %s is refused: %s", verb_to_string(a->verb),
                            a->resource->address,
                            a->decision_text ? a->decision_text : "the policy says never");
                return false;
        }
        if (policy_of(s, a) == GATE_AUTOMATIC && !override) {
                reply_error(ret, 409, "not-needed", "%s of %s needs no approval", verb_to_string(a->verb),
                            a->resource->address);
                return false;
        }
        return true;
}

static void approve_bootstrap(Server *s, const Request *q, Reply *ret) {
        int r = words_approve_bootstrap(s->options.words, now_realtime());

        if (r < 0) {
                reply_unsaved(ret, r);
                return;
        }
        record(s, q, "approved", NULL, "building the estate in an empty cloud is approved");
        reply_done(ret);
}

void change_approve(Server *s, const Request *q, Reply *ret) {
        const char *id = json_string(q->body, "id"), *reason;
        bool override = json_bool(q->body, "override", false);
        const Action *a;
        int r;

        if (isempty(id)) {
                reply_error(ret, 400, "no-id", "which action? {\"id\": …}");
                return;
        }
        if (!reason_of(q->body, override, &reason, ret))
                return;
        if (streq(id, APPROVAL_BOOTSTRAP)) {
                approve_bootstrap(s, q, ret);
                return;
        }
        a = action_find(engine_plan(s->options.engine), id, ret);
        if (!a || !can_approve(s, a, override, ret))
                return;
        r = words_approve(s->options.words, a, override, reason, now_realtime());
        if (r < 0) {
                reply_unsaved(ret, r);
                return;
        }
        record(s, q, "approved", a->resource->address, "%s of %s is approved%s%s%s", verb_to_string(a->verb),
               a->resource->address, override ? ", over the gate" : "", reason ? ": " : "",
               reason ? reason : "");
        reply_done(ret);
}

/* The address in a body or query, NULL for everything; false and a refusal when it is none that is known. */
static bool address_of(Server *s, const Request *q, const char **ret_address, Reply *ret) {
        const cJSON *member = json_get(q->body, "address");
        const char *address = json_string(q->body, "address");

        if (member && !address) {
                reply_error(ret, 400, "bad-address", "an address is a string");
                return false;
        }
        if (!address)
                address = request_argument(q, "address");
        if (address && !find_resource(s, address, ret))
                return false;
        *ret_address = address;
        return true;
}

void change_pause(Server *s, const Request *q, Reply *ret) {
        const char *length = json_string(q->body, "for"), *address, *reason;
        usec_t usec = 0;
        int r;

        if (!address_of(s, q, &address, ret) || !reason_of(q->body, true, &reason, ret))
                return;
        if (json_get(q->body, "for") && (!length || parse_duration(length, &usec) < 0 || usec == 0)) {
                reply_error(ret, 400, "bad-duration", "for is a duration like 30m, 2h or 1h30m");
                return;
        }
        r = words_pause(s->options.words, address, length ? now_realtime() + usec : USEC_INFINITY, reason);
        if (r < 0) {
                reply_unsaved(ret, r);
                return;
        }
        record(s, q, "paused", address, "%s is paused%s%s: %s", address ? address : "everything",
               length ? " for " : "", length ? length : "", reason);
        reply_done(ret);
}

/* What was paused may be declared no longer, so the address is not looked up among the resources first. */
void change_resume(Server *s, const Request *q, Reply *ret) {
        const char *address = json_string(q->body, "address");
        int r;

        if (!address)
                address = request_argument(q, "address");
        r = words_resume(s->options.words, address);
        if (r == -ENOENT && address && !find_resource(s, address, ret))
                return;
        if (r == -ENOENT && address)
                reply_error(ret, 404, "not-paused", "%.200s is not paused%s", address,
                            words_paused(s->options.words, address, now_realtime())
                                    ? " by itself, everything is"
                                    : "");
        else if (r == -ENOENT)
                reply_error(ret, 404, "not-paused", "nothing is paused");
        else if (r < 0)
                reply_unsaved(ret, r);
        if (r < 0)
                return;
        record(s, q, "resumed", address, "%s is resumed", address ? address : "everything");
        reply_done(ret);
}

void change_reload(Server *s, const Request *q, Reply *ret) {
        const char *plan = json_string(q->body, "plan"), *code = "spec-rejected";
        _cleanup_free_ char *message = NULL;
        int r;

        if (json_get(q->body, "plan") && isempty(plan)) {
                reply_error(ret, 400, "bad-plan", "plan is a plan's digest");
                return;
        }
        r = s->options.reload(plan, &code, &message, s->options.userdata);
        if (r < 0)
                reply_error(ret, r == -EAGAIN ? 503 : 409, code, "%s", message ? message : strerror(-r));
        else
                reply_done(ret);
}

void change_reconcile(Server *s, const Request *q, Reply *ret) {
        const char *address;

        if (!address_of(s, q, &address, ret))
                return;
        if (engine_reconcile(s->options.engine, address) < 0)
                reply_error(ret, 404, "unknown-address", "no resource has the address %.200s",
                            address ? address : "");
        else
                reply_done(ret);
}
