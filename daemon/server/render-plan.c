/* GET /plan: what is to be done, what stands in its way, and the calls as commands that a person could type. */
#include "render.h"

static const char *decision_to_string(Decision d) {
        switch (d) {
        case DECISION_GO:
                return "go";
        case DECISION_WAIT:
                return "wait";
        case DECISION_LOOK:
                return "look";
        case DECISION_BACKOFF:
                return "backoff";
        case DECISION_APPROVAL:
                return "approval";
        case DECISION_HOLD:
                return "hold";
        case DECISION_PAUSED:
                return "paused";
        case DECISION_OBSERVE:
                return "observe";
        case DECISION_REFUSED:
                return "refused";
        }
        return "wait";
}

/* The policy's word; what the API itself refuses is never done either. */
static Gate action_gate(const Context *c, const Action *a) {
        const Desired *d = a->resource->desired;

        if (a->decision == DECISION_REFUSED)
                return GATE_NEVER;
        return d ? d->policy[a->verb] : c->estate->policy[a->verb];
}

static cJSON *render_decision(const Action *a) {
        cJSON *o = json_new_object();

        json_set_string(o, "word", decision_to_string(a->decision));
        json_set_string_or_null(o, "code", a->decision_code);
        json_set_string_or_null(o, "message", a->decision_text);
        return o;
}

cJSON *render_action(const View *v, const Context *c, const Action *a) {
        cJSON *o = json_new_object(), *waits = json_new_array(), *calls = json_new_array();

        json_set_string(o, "id", a->id);
        json_set_string(o, "address", a->resource->address);
        json_set_string(o, "verb", verb_to_string(a->verb));
        json_set_string(o, "gate", gate_to_string(action_gate(c, a)));
        json_set_bool(o, "approved", words_approval(v->words, a, v->realtime) != NULL);
        json_set_bool(o, "abandon", a->abandon);
        json_set_string_or_null(o, "reason", a->reason);
        json_set(o, "decision", render_decision(a));
        json_set(o, "differences", render_differences(&a->differences));
        for (char **w = a->waits_for; w && *w; w++)
                json_append_string(waits, *w);
        json_set(o, "waitsFor", waits);
        if (a->call.method) {
                _cleanup_free_ char *command = render_command(c, a);

                json_append_string(calls, command);
        }
        json_set(o, "calls", calls);
        return o;
}

static bool any_refused(const Differences *ds) {
        for (size_t i = 0; i < ds->n; i++)
                if (ds->d[i].refused)
                        return true;
        return false;
}

/* What no action will bring about: blocked without one, or a difference that the API refuses. */
static cJSON *render_blocked(const Context *c) {
        cJSON *array = json_new_array();

        for (size_t i = 0; i < c->estate->n_resources; i++) {
                const Resource *r = c->resources[i];
                const Assessment *a = &r->assessment;
                cJSON *o;

                if ((a->verdict != VERDICT_BLOCKED || a->n_actions > 0) && !any_refused(&a->differences))
                        continue;
                o = json_new_object();
                json_set_string(o, "address", r->address);
                json_set_string_or_null(o, "code", a->code);
                json_set_string_or_null(o, "message", a->message);
                json_set(o, "differences", render_differences(&a->differences));
                json_append(array, o);
        }
        return array;
}

static cJSON *render_views(const View *v) {
        const Estate *e = v->context->estate;
        cJSON *array = json_new_array();

        for (unsigned i = 0; i < e->n_regions && i < v->context->world->n_regions; i++) {
                cJSON *o = json_new_object();

                json_set_string(o, "name", e->regions[i].name);
                json_set_bool(o, "complete", view_region_complete(v->context, i));
                json_set_instant(o, "lastComplete", v->context->world->regions[i].last_complete);
                json_append(array, o);
        }
        return array;
}

static size_t count_unchanged(const Context *c) {
        size_t n = 0;

        for (size_t i = 0; i < c->estate->n_resources; i++) {
                Verdict v = c->resources[i]->assessment.verdict;

                n += v == VERDICT_IN_SYNC || v == VERDICT_FOREIGN;
        }
        return n;
}

cJSON *render_plan(const View *v, const Context *c, const Plan *p) {
        cJSON *o = json_new_object(), *actions = json_new_array();

        json_set_number(o, "schema", DOCUMENT_SCHEMA);
        json_set_instant(o, "now", v->realtime);
        json_set_string(o, "mode", mode_to_string(c->estate->mode));
        json_set_string_or_null(o, "digest", p->digest);
        json_set_bool(o, "complete", p->complete);
        json_set_string_or_null(o, "running", v->spec.running);
        json_set_string_or_null(o, "spec", c->estate->digest);
        json_set_number(o, "resources", (double) c->estate->n_resources);
        json_set_number(o, "unchanged", (double) count_unchanged(c));
        json_set(o, "views", render_views(v));
        for (size_t i = 0; i < p->n_actions; i++)
                json_append(actions, render_action(v, c, p->actions[i]));
        json_set(o, "actions", actions);
        json_set(o, "blocked", render_blocked(c));
        return o;
}
