/* Request bodies, by the kind's table: a create from what is wanted, a PUT from what was read. */
#include "compare.h"
#include "rules.h"

static cJSON *parse_fallback(const Field *f) {
        cJSON *v = NULL;

        if (f->fallback && json_parse(f->fallback, strlen(f->fallback), &v, NULL) < 0)
                abort();
        return v;
}

static void put_our_tags(const Context *c, const Resource *r, cJSON *tags, const char *origin) {
        json_set_string(tags, TAG_ESTATE, c->estate->name);
        json_set_string(tags, TAG_ADDRESS, r->address);
        json_set_string(tags, TAG_ORIGIN, origin);
}

static void add_parent(const Context *c, const Resource *r, cJSON *body) {
        const Resource *parent = r->desired->parent ? context_resource(c, r->desired->parent) : NULL;

        if (r->kind->parent_field && parent && parent->observed)
                json_set_string(body, r->kind->parent_field, parent->observed->id);
}

cJSON *body_for_create(const Context *c, const Resource *r, const cJSON *want) {
        const Desired *d = r->desired;
        cJSON *body = json_new_object(), *tags;

        if (!(r->kind->flags & KIND_NO_COMPARTMENT))
                json_set_string(body, "compartmentId", d->compartment);
        add_parent(c, r, body);
        json_set_string(body, "displayName", d->displayName ? d->displayName : d->name);
        for (const Field *f = kind_field_first(r->kind); f; f = kind_field_next(r->kind, f)) {
                const cJSON *v = json_get(want, field_api(f));

                if (f->flags & FIELD_NOT_IN_CREATE || f->type == FIELD_ROLE || streq(f->name, "displayName"))
                        continue;
                if (v && f->type == FIELD_RULES)
                        json_set(body, field_api(f), rules_for_create(c, f, v));
                else if (v)
                        json_set_copy(body, field_api(f), v);
                else if (f->flags & FIELD_SEND_ALWAYS)
                        json_set(body, field_api(f), parse_fallback(f));
        }
        tags = json_get(body, "freeformTags");
        if (!tags) {
                tags = json_new_object();
                json_set(body, "freeformTags", tags);
        }
        put_our_tags(c, r, tags, "created");
        return body;
}

static bool in_put(const Field *f) {
        return (f->change == CHANGE_UPDATE || f->change == CHANGE_DISRUPT) &&
               !(f->flags & FIELD_NOT_IN_PUT) && f->type != FIELD_ROLE;
}

static bool is_chosen(const Differences *ds, const Field *f, unsigned verbs) {
        for (size_t i = 0; i < ds->n; i++)
                if (ds->d[i].field == f && !ds->d[i].refused && (verbs & 1u << ds->d[i].verb))
                        return true;
        return false;
}

static void drop_nulls(cJSON *o) {
        cJSON *m = o->child;

        while (m) {
                cJSON *next = m->next;

                if (cJSON_IsNull(m))
                        cJSON_Delete(cJSON_DetachItemViaPointer(o, m));
                m = next;
        }
}

static cJSON *member_of(const cJSON *o, const char *name, bool caseless) {
        cJSON *m;

        if (!caseless)
                return json_get(o, name);
        cJSON_ArrayForEach (m, o)
                if (strcasecmp(m->string, name) == 0)
                        return m;
        return NULL;
}

/* Members over members, so that what the spec does not say survives inside tag maps. */
static void overlay(cJSON *to, const cJSON *from, bool caseless) {
        const cJSON *m;

        cJSON_ArrayForEach (m, from) {
                cJSON *there = member_of(to, m->string, caseless);

                if (cJSON_IsObject(m) && cJSON_IsObject(there))
                        overlay(there, m, caseless);
                else
                        json_set_copy(to, there ? there->string : m->string, m);
        }
}

/* The same inside an object; what a PUT cannot change goes back as it was read. */
static void overlay_fields(const Field *fields, cJSON *to, const cJSON *from) {
        for (const Field *f = fields; f->name; f++) {
                const cJSON *m = json_get(from, field_api(f));

                if (m && (f->change == CHANGE_UPDATE || f->change == CHANGE_DISRUPT))
                        json_set_copy(to, field_api(f), m);
        }
}

/* {serviceId, serviceName} is written as {serviceId}. */
static cJSON *writable_elements(const Field *f, const cJSON *v) {
        cJSON *list;
        const cJSON *e;

        if (f->type != FIELD_LOOKUPS || !f->lookup_as || !cJSON_IsArray(v))
                return json_copy(v);
        list = json_new_array();
        cJSON_ArrayForEach (e, v) {
                cJSON *o = json_new_object();

                json_set_copy(o, f->lookup_as, json_get(e, f->lookup_as));
                json_append(list, o);
        }
        return list;
}

static cJSON *field_for_put(const Field *f, const cJSON *want, const cJSON *have, bool chosen) {
        cJSON *v;

        if (!chosen || !want)
                return have                           ? writable_elements(f, have)
                       : f->flags & FIELD_SEND_ALWAYS ? parse_fallback(f)
                                                      : NULL;
        if (!cJSON_IsObject(want) || !cJSON_IsObject(have))
                return writable_elements(f, want);
        v = json_copy(have);
        if (f->type == FIELD_OBJECT)
                overlay_fields(f->fields, v, want);
        else
                overlay(v, want, f->type == FIELD_TAGS);
        drop_nulls(v);
        return v;
}

static void add_tag_maps(const Context *c, const Resource *r, cJSON *body, bool tag) {
        static const char *const maps[] = { "freeformTags", "definedTags" };
        const char *origin = observed_tag(r->observed, TAG_ORIGIN);

        /* Sent both or neither: on several kinds a PUT with one of the maps clears the other. */
        for (size_t i = 0; i < ARRAY_SIZE(maps); i++)
                if (!json_get(body, maps[i])) {
                        const cJSON *have = json_get(r->observed->body, maps[i]);

                        json_set(body, maps[i], have ? json_copy(have) : json_new_object());
                }
        if (tag)
                put_our_tags(c, r, json_get(body, "freeformTags"), origin ? origin : "adopted");
}

cJSON *body_for_put(const Context *c, const Resource *r, const cJSON *want, const Differences *ds,
                    unsigned verbs, bool tag) {
        cJSON *body = json_new_object();

        for (const Field *f = kind_field_first(r->kind); f; f = kind_field_next(r->kind, f)) {
                const cJSON *w = json_get(want, field_api(f)),
                            *have = json_get(r->observed->body, field_api(f));
                bool chosen = is_chosen(ds, f, verbs);
                cJSON *v;

                if (!in_put(f) || (!chosen && ((f->flags & FIELD_SEND_CHANGED) || f->type == FIELD_RULES)))
                        continue;
                v = f->type == FIELD_RULES ? rules_for_put(c, r, f, w, ds, verbs)
                                           : field_for_put(f, w, have, chosen);
                if (v)
                        json_set(body, field_api(f), v);
        }
        add_tag_maps(c, r, body, tag);
        return body;
}

cJSON *body_for_abandon(const Resource *r) {
        cJSON *body = json_new_object(), *tags;
        const cJSON *defined = json_get(r->observed->body, "definedTags");

        /* Only what an empty PUT would change by itself goes along with the tags. */
        for (const Field *f = kind_field_first(r->kind); f; f = kind_field_next(r->kind, f))
                if (in_put(f) && (f->flags & FIELD_SEND_ALWAYS) && f->type != FIELD_RULES)
                        json_set(body, field_api(f),
                                 field_for_put(f, NULL, json_get(r->observed->body, field_api(f)), false));
        tags = json_copy(json_get(r->observed->body, "freeformTags"));
        json_remove(tags, TAG_ESTATE);
        json_remove(tags, TAG_ADDRESS);
        json_remove(tags, TAG_ORIGIN);
        json_set(body, "freeformTags", tags);
        json_set(body, "definedTags", defined ? json_copy(defined) : json_new_object());
        return body;
}
