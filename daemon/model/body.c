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

static void add_fields(const Context *c, const Resource *r, const cJSON *want, cJSON *body) {
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
}

cJSON *body_for_create(const Context *c, const Resource *r, const cJSON *want) {
        const Desired *d = r->desired;
        cJSON *body = json_new_object(), *tags;

        if (!(r->kind->flags & KIND_NO_COMPARTMENT))
                json_set_string(body, "compartmentId", d->compartment);
        if (!r->kind->below) /* else its path says the parent */
                add_parent(c, r, body);
        json_set_string(body, kind_create_name(r->kind), d->displayName ? d->displayName : d->name);
        add_fields(c, r, want, body);
        if (r->kind->flags & KIND_NO_TAGS)
                return body;
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

/* What this PUT may mend. */
typedef struct Choice {
        const Differences *ds;
        unsigned verbs; /* bits 1 << Verb */
} Choice;

/* A difference at this path, or somewhere inside, that is to be mended by one of the verbs. */
static bool differs(const Differences *ds, const char *path, unsigned verbs) {
        for (size_t i = 0; i < ds->n; i++) {
                const char *rest = startswith(ds->d[i].path, path);

                if (rest && (!*rest || *rest == '.' || *rest == '[') && !ds->d[i].refused &&
                    (verbs & 1u << ds->d[i].verb))
                        return true;
        }
        return false;
}

static bool is_chosen(const Choice *choice, const char *path) {
        return differs(choice->ds, path, choice->verbs);
}

/* What waits for another verb's call. */
static bool is_held_back(const Choice *choice, const char *path) {
        return !is_chosen(choice, path) && differs(choice->ds, path, ~0u);
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

static bool is_changed_in_put(const Field *f) {
        return f->change == CHANGE_UPDATE || f->change == CHANGE_DISRUPT;
}

/* The same inside an object, as far as this PUT may mend it; what a PUT cannot change goes back as it was read, but for what the
 * API refuses. 'path' is the object's. 'fresh': nothing was read, so all that is wanted goes along, but for what is held back. */
static void overlay_fields(const Field *fields, const char *path, const Choice *choice, bool fresh,
                           cJSON *to, const cJSON *from) {
        for (const Field *f = fields; f->name; f++) {
                _cleanup_free_ char *inner = xasprintf("%s.%s", path, f->name);
                const cJSON *m = json_get(from, field_api(f));
                cJSON *there = json_get(to, field_api(f));
                bool goes = m && is_changed_in_put(f) &&
                            (fresh ? !is_held_back(choice, inner) : is_chosen(choice, inner));

                if (f->flags & FIELD_NOT_IN_PUT)
                        json_remove(to, field_api(f));
                else if (f->type == FIELD_OBJECT && (there || goes)) {
                        bool is_new = !there;

                        if (is_new)
                                json_set(to, field_api(f), there = json_new_object());
                        overlay_fields(f->fields, inner, choice, is_new, there, m);
                } else if (goes && cJSON_IsObject(m) && cJSON_IsObject(there))
                        overlay(there, m, f->type == FIELD_TAGS);
                else if (goes)
                        json_set_copy(to, field_api(f), m);
        }
        drop_nulls(to);
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

/* 'choice' NULL: as it was read. */
static cJSON *field_for_put(const Field *f, const cJSON *want, const cJSON *have, const Choice *choice) {
        cJSON *v;

        if (!choice || !want)
                return have                           ? writable_elements(f, have)
                       : f->flags & FIELD_SEND_ALWAYS ? parse_fallback(f)
                                                      : NULL;
        if (!cJSON_IsObject(want) || (!have && f->type != FIELD_OBJECT))
                return writable_elements(f, want);
        v = have ? json_copy(have) : json_new_object();
        if (f->type == FIELD_OBJECT)
                overlay_fields(f->fields, f->name, choice, !have, v, want);
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
        const Choice choice = { .ds = ds, .verbs = verbs };
        cJSON *body = json_new_object();

        for (const Field *f = kind_field_first(r->kind); f; f = kind_field_next(r->kind, f)) {
                const cJSON *w = json_get(want, field_api(f)),
                            *have = json_get(r->observed->body, field_api(f));
                bool chosen = is_chosen(&choice, f->name);
                cJSON *v;

                if (!in_put(f) || (!chosen && ((f->flags & FIELD_SEND_CHANGED) || f->type == FIELD_RULES)))
                        continue;
                if (f->not_with && json_get(body, f->not_with))
                        continue;
                v = f->type == FIELD_RULES ? rules_for_put(c, r, f, w, ds, verbs)
                                           : field_for_put(f, w, have, chosen ? &choice : NULL);
                if (v)
                        json_set(body, field_api(f), v);
        }
        if (!(r->kind->flags & KIND_NO_TAGS))
                add_tag_maps(c, r, body, tag);
        return body;
}

/* Members of an object that an action sets; those that it does not mend now are said as they are. */
cJSON *body_for_object_action(const Resource *r, const Field *f, const cJSON *want, const Differences *ds,
                              Verb verb) {
        const cJSON *wanted = json_get(want, field_api(f)),
                    *there = json_get(r->observed->body, field_api(f));
        const Choice choice = { .ds = ds, .verbs = 1u << verb };
        cJSON *body = json_new_object();

        for (const Field *inner = f->fields; inner->name; inner++) {
                _cleanup_free_ char *path = xasprintf("%s.%s", f->name, inner->name);

                if (inner->change == CHANGE_ACTION)
                        json_set_copy(body, field_api(inner),
                                      json_get(is_chosen(&choice, path) ? wanted : there, field_api(inner)));
        }
        return body;
}

cJSON *body_for_abandon(const Resource *r) {
        cJSON *body = json_new_object(), *tags;
        const cJSON *defined = json_get(r->observed->body, "definedTags");

        /* Only what an empty PUT would change by itself goes along with the tags. */
        for (const Field *f = kind_field_first(r->kind); f; f = kind_field_next(r->kind, f))
                if (in_put(f) && (f->flags & FIELD_SEND_ALWAYS) && f->type != FIELD_RULES)
                        json_set(body, field_api(f),
                                 field_for_put(f, NULL, json_get(r->observed->body, field_api(f)), NULL));
        tags = json_copy(json_get(r->observed->body, "freeformTags"));
        json_remove(tags, TAG_ESTATE);
        json_remove(tags, TAG_ADDRESS);
        json_remove(tags, TAG_ORIGIN);
        json_set(body, "freeformTags", tags);
        json_set(body, "definedTags", defined ? json_copy(defined) : json_new_object());
        return body;
}
