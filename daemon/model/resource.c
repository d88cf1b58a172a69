/* Making and freeing what the engine remembers, and the small steps by which an assessment is filled in. */
#include "resource.h"

#include "base/encode.h"

static const char *const identity_table[] = {
        [IDENTITY_NONE] = "none", [IDENTITY_PIN] = "pin",   [IDENTITY_TAG] = "tag",
        [IDENTITY_ROLE] = "role", [IDENTITY_NAME] = "name",
};
DEFINE_ENUM_STRINGS(identity, Identity, _IDENTITY_INVALID);

Resource *resource_new(const char *address, const Kind *k, unsigned region, const Desired *d) {
        Resource *r = xnew(Resource, 1);

        *r = (Resource){
                .address = xstrdup(address),
                .kind = k,
                .region = region,
                .desired = d,
                .verdict = VERDICT_UNKNOWN,
        };
        return r;
}

static void attempt_done(Attempt *t) {
        free(t->method);
        free(t->path);
        free(t->code);
        free(t->message);
        free(t->request_id);
        *t = (Attempt){};
}

Resource *resource_free(Resource *r) {
        if (!r)
                return NULL;
        free(r->address);
        free(r->candidates);
        assessment_done(&r->assessment);
        strv_free(r->call_serialized);
        free(r->call_text);
        api_error_done(&r->last_error);
        free(r->wrote_digest);
        free(r->wrote_etag);
        free(r->made_by);
        free(r->mended_digest);
        for (size_t i = 0; i < ATTEMPTS_KEPT; i++)
                attempt_done(&r->tried[i]);
        free(r);
        return NULL;
}

void differences_done(Differences *ds) {
        for (size_t i = 0; i < ds->n; i++) {
                Difference *d = &ds->d[i];

                free(d->path);
                cJSON_Delete(d->want);
                cJSON_Delete(d->have);
                free(d->want_text);
                free(d->have_text);
                free(d->source);
                free(d->note);
        }
        free(ds->d);
        *ds = (Differences){};
}

Difference *differences_add(Differences *ds, const Field *f, Verb verb, char *path) {
        array_push(ds->d, ds->n, ((Difference){ .path = path, .field = f, .verb = verb }));
        return &ds->d[ds->n - 1];
}

void differences_copy(Differences *to, const Difference *d) {
        Difference *copy = differences_add(to, d->field, d->verb, xstrdup(d->path));

        copy->refused = d->refused;
        copy->want = json_copy(d->want);
        copy->have = json_copy(d->have);
        copy->want_text = xstrdup(d->want_text);
        copy->have_text = xstrdup(d->have_text);
        copy->source = xstrdup(d->source);
        copy->note = xstrdup(d->note);
}

char *differences_digest(const Differences *ds) {
        _cleanup_str_ Str b = {};
        char *hex;

        for (size_t i = 0; i < ds->n; i++)
                str_addf(&b, "%s\n%s\n%s\n", ds->d[i].path, ds->d[i].want_text ? ds->d[i].want_text : "",
                         ds->d[i].have_text ? ds->d[i].have_text : "");
        hex = sha256_hex(str_get(&b), b.size);
        hex[12] = '\0';
        return hex;
}

void call_done(Call *c) {
        free(c->path);
        cJSON_Delete(c->body);
        free(c->if_match);
        free(c->target);
        *c = (Call){};
}

Action *action_free(Action *a) {
        if (!a)
                return NULL;
        call_done(&a->call);
        differences_done(&a->differences);
        strv_free(a->waits_for);
        strv_free(a->serialized);
        free(a->mends);
        free(a->reason);
        free(a->decision_text);
        free(a);
        return NULL;
}

void assessment_done(Assessment *a) {
        free(a->message);
        differences_done(&a->differences);
        for (size_t i = 0; i < a->n_foreign; i++) {
                free(a->foreign[i].rule);
                free(a->foreign[i].likely_writer);
                free(a->foreign[i].risk);
        }
        free(a->foreign);
        strv_free(a->waits_for);
        for (size_t i = 0; i < a->n_actions; i++)
                action_free(a->actions[i]);
        free(a->actions);
        *a = (Assessment){};
}

void assessment_set(Assessment *a, Verdict v, const char *code, const char *format, ...) {
        va_list ap;

        if (a->message && verdict_rank(v) <= verdict_rank(a->verdict))
                return;
        free(a->message);
        va_start(ap, format);
        a->message = xvasprintf(format, ap);
        va_end(ap);
        a->verdict = v;
        a->code = code;
}

Action *assessment_act(Assessment *a, Resource *r, Verb verb) {
        Action *action = xnew(Action, 1);

        *action = (Action){ .resource = r, .verb = verb };
        array_push(a->actions, a->n_actions, action);
        return action;
}

bool assessment_plans(const Assessment *a, Verb verb) {
        for (size_t i = 0; i < a->n_actions; i++)
                if (a->actions[i]->verb == verb)
                        return true;
        return false;
}

void action_serialize(Action *a, const Kind *k, const cJSON *body) {
        for (const char *const *path = k->serialized; path && *path; path++) {
                const char *id = json_path_string(body, *path);

                if (id && !strv_contains(a->serialized, id))
                        strv_push(&a->serialized, id);
        }
}

void action_call(Action *a, const char *method, char *path, cJSON *body) {
        const Resource *r = a->resource;

        a->call = (Call){
                .method = method,
                .path = path ? path : xasprintf("%s/%s", r->kind->path, r->observed->id),
                .body = body,
                .kind = r->kind,
                .region = r->region,
                .target = xstrdup(r->observed->id),
        };
        a->basis[0] = r->observed;
        action_serialize(a, r->kind, r->observed->body);
}

void action_guard(Action *a) {
        a->call.takes_if_match = true;
        a->call.if_match = xstrdup(a->resource->observed->etag);
}

void action_delete(Action *a) {
        const Resource *r = a->resource;
        const char *query = r->kind->delete_query;

        action_call(a, "DELETE", query ? xasprintf("%s/%s?%s", r->kind->path, r->observed->id, query) : NULL,
                    NULL);
        action_guard(a);
        a->call.deletes = true;
}

Resource *context_find(const Context *c, const char *address) {
        Resource *r = NULL;

        if (address)
                HASH_FIND_STR(c->by_address, address, r);
        return r;
}

Resource *context_resource(const Context *c, const Desired *d) {
        return c->resources[d->index];
}
