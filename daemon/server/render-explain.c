/* GET /explain: why one resource is as it is, and what tandem tries. */
#include "render.h"

cJSON *render_event(const Event *e) {
        cJSON *o = json_new_object();

        json_set_number(o, "n", (double) e->n);
        json_set_instant(o, "at", e->at);
        json_set_string_or_null(o, "region", e->region);
        json_set_string_or_null(o, "address", e->address);
        json_set_string_or_null(o, "what", e->what);
        json_set_string_or_null(o, "by", e->by);
        json_set_string_or_null(o, "text", e->text);
        json_set_string_or_null(o, "call", e->call);
        json_set_number(o, "status", e->status);
        json_set_string_or_null(o, "requestId", e->request_id);
        return o;
}

static cJSON *render_tried(const Resource *r) {
        cJSON *array = json_new_array();

        for (size_t i = 0; i < ATTEMPTS_KEPT && r->tried[i].at; i++) {
                const Attempt *t = &r->tried[i];
                cJSON *o = json_new_object();

                json_set_instant(o, "at", t->at);
                json_set_string_or_null(o, "method", t->method);
                json_set_string_or_null(o, "path", t->path);
                json_set_number(o, "status", t->status);
                json_set_string_or_null(o, "code", t->code);
                json_set_string_or_null(o, "message", t->message);
                json_set_string_or_null(o, "requestId", t->request_id);
                json_append(array, o);
        }
        return array;
}

static cJSON *render_seen(const View *v, const Resource *r) {
        static const char *const from[] = {
                [READ_LIST] = "list", [READ_GET] = "get", [READ_REPLY] = "reply"
        };
        cJSON *o;

        if (!r->observed)
                return cJSON_CreateNull();
        o = json_new_object();
        json_set_string(o, "by", from[r->observed->from]);
        json_set_instant(o, "at", view_realtime(v, r->observed->begun));
        json_set_string_or_null(o, "etag", r->observed->etag);
        json_set_string(o, "life", life_to_string(r->observed->life));
        json_set_bool(o, "current", observed_is_current(r->observed));
        return o;
}

static cJSON *render_pause(const View *v, const Resource *r) {
        const Pause *p = words_paused(v->words, r->address, v->realtime);
        cJSON *o;

        if (!p)
                return cJSON_CreateNull();
        o = json_new_object();
        json_set_string_or_null(o, "address", p->address);
        json_set_instant(o, "until", p->until);
        json_set_string(o, "reason", p->reason);
        return o;
}

cJSON *render_explain(const View *v, const Resource *r) {
        const Estate *e = v->context->estate;
        cJSON *o = json_new_object(), *actions = json_new_array(), *candidates = json_new_array();

        json_set_number(o, "schema", DOCUMENT_SCHEMA);
        json_set_instant(o, "now", v->realtime);
        json_set_string_or_null(o, "region", r->region < e->n_regions ? e->regions[r->region].region : NULL);
        json_set(o, "resource", render_resource(v, r));
        json_set_bool(o, "hasObject", !(r->kind->flags & KIND_NOT_CLOUD));
        json_set_string(o, "identity", identity_to_string(r->identity));
        json_set_bool(o, "absent", r->absent);
        for (size_t i = 0; i < r->n_candidates; i++)
                json_append_string(candidates, r->candidates[i]->id);
        json_set(o, "candidates", candidates);
        json_set(o, "seen", render_seen(v, r));
        json_set_instant(o, "lastWrite", view_realtime(v, r->wrote));
        json_set(o, "tried", render_tried(r));
        json_set(o, "paused", render_pause(v, r));
        for (size_t i = 0; i < r->assessment.n_actions; i++)
                json_append(actions, render_action(v, v->context, r->assessment.actions[i]));
        json_set(o, "actions", actions);
        return o;
}
