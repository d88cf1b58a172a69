#include "fixture.h"

#include "engine/assess.h"
#include "engine/identify.h"

static char *requoted(const char *text) {
        char *s = xstrdup(text);

        for (char *p = s; *p; p++)
                if (*p == '\'')
                        *p = '"';
        return s;
}

cJSON *json_of(const char *text) {
        _cleanup_free_ char *s = requoted(text);
        cJSON *v = NULL;

        if (json_parse(s, strlen(s), &v, NULL) < 0)
                fail_msg("no JSON: %s", s);
        return v;
}

void assert_json_at(const cJSON *v, const char *text, const char *file, int line) {
        _cleanup_json_ cJSON *want = json_of(text);
        _cleanup_free_ char *one = v ? json_canonical(v) : xstrdup("(none)"), *two = json_canonical(want);

        if (!v || !json_equal(v, want)) {
                print_error("have %s\nwant %s\n", one, two);
                _fail(file, line);
        }
}

static void add_region(Estate *e, const char *name, const char *region) {
        array_push(e->regions, e->n_regions,
                   ((EstateRegion){ .name = xstrdup(name), .region = xstrdup(region) }));
}

Fixture *fixture_new(void) {
        Fixture *f = xnew(Fixture, 1);
        Estate *e = xnew(Estate, 1);

        *e = (Estate){
                .name = xstrdup("multi"),
                .compartment = xstrdup(COMPARTMENT),
                .mode = MODE_ENFORCE,
                .digest = xstrdup("abcdef"),
        };
        add_region(e, "primary", "us-sanjose-1");
        add_region(e, "secondary", "us-chicago-1");
        strv_push(&e->files, "estate.yaml");
        *f = (Fixture){ .estate = e, .world = world_new(2), .now = 1000 * USEC_PER_SEC };
        f->budget = (Budget){ .available = 6, .limit = 6, .updated = f->now };
        f->world->loaded = f->now;
        for (size_t i = 0; i < 2; i++)
                f->world->regions[i].reachable = true;
        return f;
}

void fixture_free(Fixture *f) {
        plan_done(&f->plan);
        HASH_CLEAR(hh, f->c.by_address);
        for (size_t i = 0; f->resources && i < f->estate->n_resources; i++)
                resource_free(f->resources[i]);
        for (size_t i = 0; i < f->n_orphans; i++)
                resource_free(f->orphans[i]);
        free(f->resources);
        free(f->orphans);
        for (size_t i = 0; i < f->n_cloud; i++) {
                cJSON_Delete(f->cloud[i].body);
                cJSON_Delete(f->cloud[i].rules);
        }
        free(f->cloud);
        world_free(f->world);
        estate_free(f->estate);
        words_done(&f->words);
        free(f);
}

/* Declaring. */

Desired *declare(Fixture *f, const char *address, const char *parent, const char *want) {
        _cleanup_(strv_freep) char **part = str_split(address, '/');
        bool relation = strv_length(part) == 2;
        Desired *d = xnew(Desired, 1);
        const Kind *k = kind_find(part[relation ? 0 : 1]);

        assert_non_null(k);
        *d = (Desired){
                .kind = k,
                .region = relation                    ? NO_REGION
                          : streq(part[0], "primary") ? PRIMARY
                                                      : SECONDARY,
                .parent = estate_find(f->estate, parent),
                .address = xstrdup(address),
                .name = xstrdup(part[relation ? 1 : 2]),
                .want = json_of(want),
                .digest = xasprintf("digest-of-%s", address),
                .mark = { .line = (unsigned) f->estate->n_resources + 1 },
        };
        assert_int_equal(!parent, !d->parent);
        if (!(k->flags & (KIND_NO_COMPARTMENT | KIND_NOT_CLOUD)))
                d->compartment = xstrdup(COMPARTMENT);
        assert_int_equal(estate_add(f->estate, d), 0);
        return d;
}

void claim_role(Desired *d, const char *value) {
        d->role = d->kind->roles;
        d->role_value = xstrdup(value);
}

static char *id_of(const Fixture *f, const char *address) {
        const Desired *d = estate_find(f->estate, address);

        assert_non_null(d);
        return xasprintf("ocid1.%s.oc1..%s-%s", d->kind->ocid_type, f->estate->regions[d->region].name,
                         d->name);
}

/* The cloud. */

static CloudObject *cloud_find(Fixture *f, const char *id) {
        for (size_t i = 0; i < f->n_cloud; i++)
                if (streq_ptr(json_string(f->cloud[i].body, "id"), id))
                        return &f->cloud[i];
        return NULL;
}

static void set_default(cJSON *o, const char *name, cJSON *v) {
        if (!cJSON_GetObjectItemCaseSensitive(o, name))
                json_set(o, name, v);
        else
                cJSON_Delete(v);
}

static CloudObject *cloud_add(Fixture *f, const Kind *k, unsigned region, cJSON *body, cJSON *rules) {
        const LifeWord *w = k->life;

        while (w && w->life != LIFE_READY)
                w++;
        set_default(body, "compartmentId", json_new_string(COMPARTMENT));
        if (w)
                set_default(body, k->lifecycle_field, json_new_string(w->word));
        set_default(body, "freeformTags", json_new_object());
        set_default(body, "definedTags", json_new_object());
        assert_null(cloud_find(f, json_string(body, "id")));
        array_push(f->cloud, f->n_cloud,
                   ((CloudObject){ .kind = k, .region = region, .body = body, .rules = rules, .etag = 1 }));
        return &f->cloud[f->n_cloud - 1];
}

CloudObject *put(Fixture *f, const char *kind, unsigned region, const char *body) {
        return cloud_add(f, kind_find(kind), region, json_of(body), json_new_object());
}

static void overlay(cJSON *o, const char *more) {
        _cleanup_json_ cJSON *v = more ? json_of(more) : NULL;
        const cJSON *m;

        cJSON_ArrayForEach (m, v)
                json_set_copy(o, m->string, m);
}

void change(Fixture *f, const char *id, const char *more) {
        CloudObject *o = cloud_find(f, id);

        assert_non_null(o);
        overlay(o->body, more);
        o->etag++;
}

void set_rules(Fixture *f, const char *id, const char *field, const char *rules) {
        CloudObject *o = cloud_find(f, id);

        assert_non_null(o);
        json_set(o->rules, field, json_of(rules));
}

void gone(Fixture *f, const char *id) {
        CloudObject *o = cloud_find(f, id);

        assert_non_null(o);
        cJSON_Delete(o->body);
        cJSON_Delete(o->rules);
        *o = f->cloud[--f->n_cloud];
}

/* References as OCIDs, lookups as the member of what answers to them. */
static cJSON *as_built(Fixture *f, unsigned region, const cJSON *v) {
        cJSON *copy;

        if (symbol_ref(v)) {
                _cleanup_free_ char *id = id_of(f, symbol_ref(v));

                return json_new_string(id);
        }
        for (size_t i = 0; is_symbol(v) && i < f->n_cloud; i++) {
                const CloudObject *o = &f->cloud[i];

                if (o->region == region && streq(o->kind->name, json_string(v, "$lookup")) &&
                    o->kind->lookup_matches && o->kind->lookup_matches(o->body, json_string(v, "key")))
                        return json_new_string(json_string(o->body, json_string(v, "member")));
        }
        if (!cJSON_IsObject(v) && !cJSON_IsArray(v))
                return json_copy(v);
        copy = cJSON_IsObject(v) ? json_new_object() : json_new_array();
        for (const cJSON *m = v->child; m; m = m->next) {
                cJSON *inner = as_built(f, region, m);

                if (cJSON_IsArray(v))
                        json_append(copy, inner);
                else if (streq(m->string, "$at"))
                        cJSON_Delete(inner);
                else
                        json_set(copy, m->string, inner);
        }
        return copy;
}

static void mark_rules(const Fixture *f, const Field *field, cJSON *rules) {
        cJSON *rule;
        unsigned n = 0;

        cJSON_ArrayForEach (rule, rules) {
                if (field->rules->marked) {
                        _cleanup_free_ char *text = rule_mark(f->estate, json_string(rule, "description"));

                        json_set_string(rule, "description", text);
                }
                if (field->rules->sub) {
                        _cleanup_free_ char *id = xasprintf("r%u", ++n);

                        json_set_string(rule, "id", id);
                }
        }
}

CloudObject *exists(Fixture *f, const char *address, const char *more) {
        const Desired *d = estate_find(f->estate, address);
        _cleanup_free_ char *id = id_of(f, address),
                            *parent = d->parent ? id_of(f, d->parent->address) : NULL;
        cJSON *body = as_built(f, d->region, d->want), *rules = json_new_object(), *tags = json_new_object();

        json_set_string(body, "id", id);
        json_set_string(body, kind_name_field(d->kind), d->displayName ? d->displayName : d->name);
        if (d->kind->parent_field)
                json_set_string(body, d->kind->parent_field, parent);
        json_set_string(tags, TAG_ESTATE, f->estate->name);
        json_set_string(tags, TAG_ADDRESS, address);
        json_set_string(tags, TAG_ORIGIN, "created");
        json_set(body, "freeformTags", tags);
        for (const Field *field = kind_field_first(d->kind); field;
             field = kind_field_next(d->kind, field)) {
                if (field->type != FIELD_RULES)
                        continue;
                mark_rules(f, field, json_get(body, field_api(field)));
                if (!field->rules->sub)
                        continue;
                json_set_copy(rules, field_api(field), json_get(body, field_api(field)));
                json_remove(body, field_api(field));
        }
        overlay(body, more);
        return cloud_add(f, d->kind, d->region, body, rules);
}

/* Looking. */

static bool is_bound(const Observed *o, void *userdata) {
        return o->bound;
}

static bool is_in_scope(const Kind *k, const CloudObject *o, const char *scope) {
        if (k->scope == SCOPE_COMPARTMENT)
                return streq_ptr(json_string(o->body, "compartmentId"), scope);
        if (k->scope == SCOPE_PARENT)
                return streq_ptr(json_string(o->body, k->parent_field), scope);
        return true;
}

/* Twice, as absence is believed. */
static void look_at_scope(Fixture *f, const Kind *k, unsigned region, const char *scope) {
        Listing *l = world_need_listing(f->world, k, NULL, region, scope);
        cJSON *items = json_new_array();

        if (f->silent[region])
                l->attempts++;
        for (size_t i = 0; i < f->n_cloud; i++)
                if (f->cloud[i].kind == k && f->cloud[i].region == region &&
                    is_in_scope(k, &f->cloud[i], scope))
                        json_append(items, json_copy(f->cloud[i].body));
        if (f->silent[region])
                cJSON_Delete(items);
        else {
                world_see_listing(f->world, l, json_copy(items), f->now - 1, f->now, is_bound, NULL);
                world_see_listing(f->world, l, items, f->now, f->now + 1, is_bound, NULL);
        }
}

static void look_at_rules(Fixture *f, const CloudObject *o) {
        Observed *seen = world_find(f->world, json_string(o->body, "id"));

        for (const Field *field = kind_field_first(o->kind); seen && field;
             field = kind_field_next(o->kind, field))
                if (field->type == FIELD_RULES && field->rules->sub) {
                        cJSON *rules = json_copy(json_get(o->rules, field_api(field)));

                        world_see_sub(f->world, seen, field, rules ? rules : json_new_array(), f->now);
                }
}

void look(Fixture *f) {
        f->now += USEC_PER_SEC;
        for (const Kind *const *k = kinds; *k; k++)
                for (unsigned region = 0; region < 2 && !((*k)->flags & KIND_NOT_CLOUD); region++) {
                        if ((*k)->scope != SCOPE_PARENT)
                                look_at_scope(f, *k, region,
                                              (*k)->scope == SCOPE_COMPARTMENT ? COMPARTMENT : "");
                        for (size_t i = 0; (*k)->scope == SCOPE_PARENT && i < f->n_cloud; i++)
                                if (f->cloud[i].region == region &&
                                    f->cloud[i].kind == kind_find((*k)->parent))
                                        look_at_scope(f, *k, region, json_string(f->cloud[i].body, "id"));
                }
        f->now++;
        for (size_t i = 0; i < f->n_cloud; i++) {
                const CloudObject *o = &f->cloud[i];
                _cleanup_free_ char *etag = xasprintf("etag-%u", o->etag);

                if (f->silent[o->region])
                        continue;
                if (world_find(f->world, json_string(o->body, "id")))
                        world_see(f->world, o->kind, o->region, json_copy(o->body), etag, READ_GET, f->now,
                                  f->now);
                look_at_rules(f, o);
        }
}

/* Deciding. */

static void make_resources(Fixture *f) {
        Estate *e = f->estate;

        f->resources = xnew(Resource *, e->n_resources + 1);
        f->c = (Context){ .estate = e, .world = f->world, .resources = f->resources, .speed = 1 };
        for (size_t i = 0; i < e->n_resources; i++) {
                const Desired *d = e->resources[i];
                Resource *r = resource_new(d->address, d->kind, d->region, d);

                f->resources[i] = r;
                HASH_ADD_KEYPTR(hh, f->c.by_address, r->address, strlen(r->address), r);
        }
}

static void free_orphans(Fixture *f) {
        for (size_t i = 0; i < f->n_orphans; i++) {
                if (f->c.by_address)
                        HASH_DEL(f->c.by_address, f->orphans[i]);
                resource_free(f->orphans[i]);
        }
        free(f->orphans);
        f->orphans = NULL;
        f->n_orphans = 0;
}

static void make_orphans(Fixture *f, Observed *const *found, size_t n) {
        for (size_t i = 0; i < n; i++) {
                const char *tag = observed_tag(found[i], TAG_ADDRESS);
                _cleanup_free_ char *address = context_find(&f->c, tag) ? xasprintf("%s#%zu", tag, i)
                                                                        : xstrdup(tag);
                Resource *r = resource_new(address, found[i]->kind, found[i]->region, NULL);

                r->observed = found[i];
                r->identity = IDENTITY_TAG;
                HASH_ADD_KEYPTR(hh, f->c.by_address, r->address, strlen(r->address), r);
                array_push(f->orphans, f->n_orphans, r);
        }
}

void decide(Fixture *f) {
        _cleanup_free_ Observed **found = NULL;
        size_t n;

        if (!f->resources)
                make_resources(f);
        plan_done(&f->plan);
        f->c.now = ++f->now;
        free_orphans(f);
        identify_resources(&f->c, &found, &n);
        make_orphans(f, found, n);
        for (size_t i = 0; i < f->estate->n_resources; i++)
                assess_resource(&f->c, f->resources[i], f->bootstrap);
        for (size_t i = 0; i < f->n_orphans; i++)
                assess_orphan(&f->c, f->orphans[i]);
        world_bury(f->world);
        plan_make(&f->c, &f->plan);
        gate_plan(&f->c, &f->plan, &f->words, &f->budget, f->now);
}

void turn(Fixture *f) {
        look(f);
        decide(f);
}

/* Telling. */

Resource *resource(Fixture *f, const char *address) {
        Resource *r = context_find(&f->c, address);

        if (!r)
                fail_msg("there is no %s", address);
        return r;
}

static void assert_text(const char *have, const char *want, const Resource *r, const char *file, int line) {
        if (streq(have, want))
                return;
        print_error("%s: have '%s'\nwant '%s'\n(%s)\n", r->address, have, want,
                    r->assessment.message ? r->assessment.message : "no reason");
        _fail(file, line);
}

void assert_verdict_at(Fixture *f, const char *address, const char *text, const char *file, int line) {
        const Resource *r = resource(f, address);
        const char *code = r->assessment.code;
        _cleanup_free_ char *have = xasprintf("%s%s%s", verdict_to_string(r->assessment.verdict),
                                              code ? " " : "", code ? code : "");

        assert_text(have, text, r, file, line);
}

void assert_actions_at(Fixture *f, const char *address, const char *text, const char *file, int line) {
        const Resource *r = resource(f, address);
        _cleanup_str_ Str b = {};

        for (size_t i = 0; i < r->assessment.n_actions; i++) {
                const Action *a = r->assessment.actions[i];
                const char *path = strchr(a->call.path + 1, '/') + 1,
                           *id = a->call.target, /* less the version */
                                   *at = id ? strstr(path, id) : NULL;

                str_addf(&b, "%s%s %s ", i ? "; " : "", verb_to_string(a->verb), a->call.method);
                if (at) {
                        str_add_n(&b, path, (size_t) (at - path));
                        str_addf(&b, "*%s", at + strlen(id));
                } else
                        str_add(&b, path);
        }
        assert_text(str_get(&b), text, r, file, line);
}

void assert_differences_at(Fixture *f, const char *address, const char *text, const char *file, int line) {
        const Resource *r = resource(f, address);
        const Differences *ds = &r->assessment.differences;
        _cleanup_str_ Str b = {};

        for (size_t i = 0; i < ds->n; i++)
                str_addf(&b, "%s%s %s%s", i ? "; " : "", verb_to_string(ds->d[i].verb), ds->d[i].path,
                         ds->d[i].refused ? "!" : "");
        assert_text(str_get(&b), text, r, file, line);
}

void assert_gate_at(Fixture *f, const char *address, const char *text, const char *file, int line) {
        const Resource *r = resource(f, address);
        _cleanup_str_ Str b = {};

        for (size_t i = 0; i < r->assessment.n_actions; i++) {
                const Action *a = r->assessment.actions[i];

                str_addf(&b, "%s%s %s", i ? "; " : "", verb_to_string(a->verb),
                         a->decision == DECISION_GO ? "go" : a->decision_code);
        }
        assert_text(str_get(&b), text, r, file, line);
}

Action *action_of(Fixture *f, const char *address, Verb verb) {
        const Resource *r = resource(f, address);

        for (size_t i = 0; i < r->assessment.n_actions; i++)
                if (r->assessment.actions[i]->verb == verb)
                        return r->assessment.actions[i];
        fail_msg("%s: no action to %s", address, verb_to_string(verb));
        return NULL;
}

const cJSON *body_of(Fixture *f, const char *address, const char *path) {
        const Resource *r = resource(f, address);

        if (r->assessment.n_actions != 1)
                fail_msg("%s: %zu actions", address, r->assessment.n_actions);
        return json_path(r->assessment.actions[0]->call.body, path);
}
