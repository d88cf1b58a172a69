/* Replacing the symbols of a wanted object by what was observed. */
#include "compare.h"

static void wait_for(char ***waits, const char *address) {
        if (!strv_contains(*waits, address))
                strv_push(waits, address);
}

bool has_symbol(const cJSON *v) {
        if (is_symbol(v))
                return true;
        for (const cJSON *m = v ? v->child : NULL; m; m = m->next)
                if (has_symbol(m))
                        return true;
        return false;
}

static cJSON *resolve_ref(const Context *c, const char *address, ResolveFor purpose, char ***waits) {
        const Resource *r = context_find(c, address);
        const Observed *o = r ? r->observed : NULL;
        bool usable = o && o->life != LIFE_GONE && o->life != LIFE_GOING && o->life != LIFE_COMING;

        if (purpose == RESOLVE_CREATE && usable)
                usable = !o->doubted && (o->life == LIFE_READY || o->life == LIFE_CHANGING);
        if (usable)
                return json_new_string(o->id);
        wait_for(waits, address);
        return NULL;
}

/* What stays the same while one resource's symbols are replaced. */
typedef struct Asker {
        const Context *c;
        const Resource *r;
        ResolveFor purpose;
        bool unanswered; /* a lookup was not */
} Asker;

static const char *answer_of(const Asker *q, const Observed *o, const char *key, const char *member) {
        const cJSON *have = q->purpose == RESOLVE_COMPARE && q->r->observed ? q->r->observed->body : NULL;

        if (o->kind->lookup_pick)
                return o->kind->lookup_pick(o->body, key, q->r->desired->want, have);
        return o->kind->lookup_matches(o->body, key) ? json_string(o->body, member) : NULL;
}

static cJSON *resolve_lookup(Asker *q, const cJSON *symbol, char ***waits) {
        const char *kind = json_string(symbol, "$lookup"), *key = json_string(symbol, "key");
        const char *member = json_string(symbol, "member");
        _cleanup_free_ char *address = NULL;
        const Context *c = q->c;

        for (size_t i = 0; i < c->world->n_lookups; i++) {
                const Observed *o = c->world->lookups[i];
                const char *answer = o->region == q->r->region && streq(o->kind->name, kind)
                                             ? answer_of(q, o, key, member)
                                             : NULL;

                if (answer)
                        return json_new_string(answer);
        }
        q->unanswered = true;
        address = xasprintf("%s/%s/%s", c->estate->regions[q->r->region].name, kind, key);
        wait_for(waits, address);
        return NULL;
}

static cJSON *resolve_symbol(Asker *q, const cJSON *symbol, char ***waits) {
        const char *address = symbol_ref(symbol);

        return address ? resolve_ref(q->c, address, q->purpose, waits) : resolve_lookup(q, symbol, waits);
}

/* Nothing that the spec says of an element was left out of its copy. */
static bool is_whole(const cJSON *element, const cJSON *copy) {
        return copy && (!cJSON_IsObject(copy) || cJSON_GetArraySize(copy) == cJSON_GetArraySize(element));
}

/* A copy with symbols replaced. 'keep': what cannot be resolved stays a symbol; else its member goes, and an array goes whole, for
 * nothing may be taken out of a list while one of its elements is unresolved, be it a member of one. NULL: nothing is left. */
static cJSON *resolve_value(Asker *q, const cJSON *v, bool keep, char ***waits) {
        bool whole = true;
        cJSON *copy;

        if (is_symbol(v)) {
                copy = resolve_symbol(q, v, waits);
                return copy || !keep ? copy : json_copy(v);
        }
        if (!cJSON_IsObject(v) && !cJSON_IsArray(v))
                return json_copy(v);
        copy = cJSON_IsObject(v) ? json_new_object() : json_new_array();
        for (const cJSON *m = v->child; m; m = m->next) {
                cJSON *inner = resolve_value(q, m, keep, waits);

                if (cJSON_IsArray(v) && !is_whole(m, inner))
                        whole = false;
                if (inner && cJSON_IsObject(v))
                        json_set(copy, m->string, inner);
                else if (inner)
                        json_append(copy, inner);
        }
        if (whole)
                return copy;
        cJSON_Delete(copy);
        return NULL;
}

static bool left_out_of_create(const Context *c, const Field *f, const cJSON *v) {
        const Desired *target = symbol_ref(v) ? estate_find(c->estate, symbol_ref(v)) : NULL;

        return (f->flags & FIELD_NOT_IN_CREATE) ||
               ((f->flags & FIELD_DEFAULT_ROLE) && target && target->role);
}

static void rules_need(const Context *c, const Resource *r, const Field *f, const cJSON *rules,
                       char ***waits) {
        const cJSON *rule;

        if (f->type != FIELD_RULES || !f->rules->needs)
                return;
        cJSON_ArrayForEach (rule, rules) {
                const char *address = f->rules->needs(c, r->desired, rule);

                if (address)
                        wait_for(waits, address);
        }
}

/* Takes out what `ignore` names by this path, such as "nodeConfigDetails.size"; 'rest' is what follows f's own name. */
static void ignore_inside(const Field *f, const char *rest, cJSON *v) {
        for (const Field *inner = f->fields; *rest == '.' && v && inner && inner->name; inner++) {
                const char *more = startswith(rest + 1, inner->name);

                if (more && !*more)
                        json_remove(v, field_api(inner));
                else if (more && *more == '.' && inner->type == FIELD_OBJECT)
                        ignore_inside(inner, more, json_get(v, field_api(inner)));
        }
}

static void ignore_members(const Desired *d, const Field *f, cJSON *v) {
        for (char **path = d->ignore; path && *path; path++) {
                const char *rest = f->type == FIELD_OBJECT ? startswith(*path, f->name) : NULL;

                if (rest)
                        ignore_inside(f, rest, v);
        }
}

cJSON *resolve_want(const Context *c, const Resource *r, ResolveFor purpose, char ***waits) {
        Asker q = { .c = c, .r = r, .purpose = purpose };
        const Desired *d = r->desired;
        cJSON *ret = json_new_object();

        for (const Field *f = kind_field_first(r->kind); f; f = kind_field_next(r->kind, f)) {
                const cJSON *v = json_get(d->want, field_api(f));
                cJSON *resolved;

                if (!v || strv_contains(d->ignore, f->name) || f->flags & FIELD_LOCAL)
                        continue;
                if (purpose == RESOLVE_CREATE && left_out_of_create(c, f, v))
                        continue;
                if (purpose == RESOLVE_CREATE)
                        rules_need(c, r, f, v, waits);
                resolved = resolve_value(&q, v, f->type == FIELD_RULES, waits);
                if (!resolved)
                        continue;
                if (purpose ==
                    RESOLVE_COMPARE) /* a create says what is declared, and others may change it then */
                        ignore_members(d, f, resolved);
                json_set(ret, field_api(f), resolved);
        }
        for (const Field *f = kind_field_first(r->kind); q.unanswered && f; f = kind_field_next(r->kind, f))
                if (f->flags & FIELD_AFTER_LOOKUPS)
                        json_remove(ret, field_api(f));
        if (d->displayName && !strv_contains(d->ignore, "displayName"))
                json_set_string(ret, kind_name_field(r->kind), d->displayName);
        return ret;
}

cJSON *humanize(const Context *c, unsigned region, const cJSON *v) {
        cJSON *copy;

        if (symbol_ref(v))
                return json_new_string(symbol_ref(v));
        if (is_symbol(v)) {
                _cleanup_free_ char *name = xasprintf("%s/%s", json_string(v, "$lookup"),
                                                      json_string(v, "key"));

                return json_new_string(name);
        }
        if (cJSON_IsString(v) && startswith(v->valuestring, "ocid1.")) {
                const Observed *o = world_find(c->world, v->valuestring);
                _cleanup_free_ char *name = NULL;

                if (!o)
                        return json_copy(v);
                if (o->bound && o->bound->region == region)
                        name = xasprintf("%s/%s", o->kind->name, o->bound->desired->name);
                else if (o->bound)
                        name = xstrdup(o->bound->address);
                else
                        name = xasprintf("%s/%s", o->kind->name, observed_name(o));
                return json_new_string(name);
        }
        if (!cJSON_IsObject(v) && !cJSON_IsArray(v))
                return json_copy(v);
        copy = cJSON_IsObject(v) ? json_new_object() : json_new_array();
        for (const cJSON *m = v->child; m; m = m->next) {
                if (cJSON_IsObject(v) && !startswith(m->string, "$"))
                        json_set(copy, m->string, humanize(c, region, m));
                else if (cJSON_IsArray(v))
                        json_append(copy, humanize(c, region, m));
        }
        return copy;
}
