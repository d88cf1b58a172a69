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

static cJSON *resolve_lookup(const Context *c, unsigned region, const cJSON *symbol, char ***waits) {
        const char *kind = json_string(symbol, "$lookup"), *key = json_string(symbol, "key");
        const char *member = json_string(symbol, "member");
        _cleanup_free_ char *address = NULL;

        for (size_t i = 0; i < c->world->n_lookups; i++) {
                const Observed *o = c->world->lookups[i];

                if (o->region == region && streq(o->kind->name, kind) &&
                    o->kind->lookup_matches(o->body, key) && json_string(o->body, member))
                        return json_new_string(json_string(o->body, member));
        }
        address = xasprintf("%s/%s/%s", c->estate->regions[region].name, kind, key);
        wait_for(waits, address);
        return NULL;
}

static cJSON *resolve_symbol(const Context *c, unsigned region, const cJSON *symbol, ResolveFor purpose,
                             char ***waits) {
        const char *address = symbol_ref(symbol);

        return address ? resolve_ref(c, address, purpose, waits) : resolve_lookup(c, region, symbol, waits);
}

/* Nothing that the spec says of an element was left out of its copy. */
static bool is_whole(const cJSON *element, const cJSON *copy) {
        return copy && (!cJSON_IsObject(copy) || cJSON_GetArraySize(copy) == cJSON_GetArraySize(element));
}

/* A copy with symbols replaced. 'keep': what cannot be resolved stays a symbol; else its member goes, and an array goes whole, for
 * nothing may be taken out of a list while one of its elements is unresolved, be it a member of one. NULL: nothing is left. */
static cJSON *resolve_value(const Context *c, unsigned region, const cJSON *v, ResolveFor purpose, bool keep,
                            char ***waits) {
        bool whole = true;
        cJSON *copy;

        if (is_symbol(v)) {
                copy = resolve_symbol(c, region, v, purpose, waits);
                return copy || !keep ? copy : json_copy(v);
        }
        if (!cJSON_IsObject(v) && !cJSON_IsArray(v))
                return json_copy(v);
        copy = cJSON_IsObject(v) ? json_new_object() : json_new_array();
        for (const cJSON *m = v->child; m; m = m->next) {
                cJSON *inner = resolve_value(c, region, m, purpose, keep, waits);

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

cJSON *resolve_want(const Context *c, const Resource *r, ResolveFor purpose, char ***waits) {
        const Desired *d = r->desired;
        cJSON *ret = json_new_object();

        for (const Field *f = kind_field_first(r->kind); f; f = kind_field_next(r->kind, f)) {
                const cJSON *v = json_get(d->want, field_api(f));
                cJSON *resolved;

                if (!v || strv_contains(d->ignore, f->name))
                        continue;
                if (purpose == RESOLVE_CREATE && left_out_of_create(c, f, v))
                        continue;
                if (purpose == RESOLVE_CREATE)
                        rules_need(c, r, f, v, waits);
                resolved = resolve_value(c, r->region, v, purpose, f->type == FIELD_RULES, waits);
                if (resolved)
                        json_set(ret, field_api(f), resolved);
        }
        if (d->displayName && !strv_contains(d->ignore, "displayName"))
                json_set_string(ret, "displayName", d->displayName);
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
