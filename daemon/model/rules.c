/* Rules: a declared one is found by its key; one that carries our mark and is declared no longer is ours to remove; every other
 * one is somebody else's and stays. */
#include "rules.h"

#define DESCRIPTION     "description"
#define DESCRIPTION_MAX 255

typedef struct Seen {
        const cJSON *rule;
        char *key;
        bool matched; /* it is a declared one */
} Seen;

/* One member of a key: in the field's own sense, so that null, {} and the default read alike. */
static void add_key_member(Str *b, const Field *f, const cJSON *v) {
        _cleanup_json_ cJSON *fallback = NULL;
        _cleanup_free_ char *text = NULL;

        if ((!v || ((f->flags & FIELD_EMPTY_IS_FALLBACK) && cJSON_IsArray(v) && !v->child)) && f->fallback) {
                (void) json_parse(f->fallback, strlen(f->fallback), &fallback, NULL);
                v = fallback;
        }
        str_addf(b, "%s=", f->name);
        if (f->type == FIELD_OBJECT && f->fields) {
                for (const Field *inner = f->fields; inner->name; inner++)
                        add_key_member(b, inner, json_get(v, field_api(inner)));
        } else if (v) {
                text = json_canonical(v);
                str_add(b, text);
        }
        str_addc(b, ';');
}

char *rule_key(const Rules *rules, const cJSON *rule) {
        Str b = {};

        for (const Field *f = rules->fields; f->name; f++) {
                const char *api = field_api(f);
                bool in_key = !streq(api, DESCRIPTION);

                if (rules->key) {
                        in_key = false;
                        for (const char *const *k = rules->key; *k; k++)
                                in_key = in_key || streq(*k, api);
                }
                if (in_key)
                        add_key_member(&b, f, json_get(rule, api));
        }
        return str_take(&b);
}

static char *mark_of(const Estate *e) {
        return xasprintf("[tandem %s]", e->name);
}

bool rule_unmark(const Estate *e, const char *description, char **ret) {
        _cleanup_free_ char *mark = mark_of(e);
        size_t n = description ? strlen(description) : 0, m = strlen(mark);
        bool marked = n >= m && streq(description + n - m, mark);

        if (marked)
                for (n -= m; n > 0 && description[n - 1] == ' ';)
                        n--;
        *ret = xstrndup(description ? description : "", n);
        return marked;
}

static void cut_spaces(char *s) {
        size_t n = strlen(s);

        while (n > 0 && s[n - 1] == ' ')
                s[--n] = '\0';
}

/* What of a description stands before the mark: the service takes so many characters in all, and no end of spaces survives. */
static char *text_beside_mark(const Estate *e, const char *description) {
        _cleanup_free_ char *mark = mark_of(e);
        size_t room = strlen(mark) + 1 < DESCRIPTION_MAX ? DESCRIPTION_MAX - strlen(mark) - 1 : 0;
        char *plain;

        (void) rule_unmark(e, description, &plain);
        if (strlen(plain) > room) {
                while (room > 0 && ((unsigned char) plain[room] & 0xc0) == 0x80)
                        room--; /* not in the middle of a character */
                plain[room] = '\0';
        }
        cut_spaces(plain);
        return plain;
}

char *rule_mark(const Estate *e, const char *description) {
        _cleanup_free_ char *mark = mark_of(e), *plain = text_beside_mark(e, description);

        return *plain ? xasprintf("%s %s", plain, mark) : TAKE_PTR(mark);
}

/* A description counts without our mark, and one that had to give way to it counts as far as there was room. */
static bool descriptions_equal(const Estate *e, const char *want, const char *have) {
        _cleanup_free_ char *plain = NULL, *room = text_beside_mark(e, want);

        if (rule_unmark(e, have, &plain))
                return streq(plain, room);
        cut_spaces(plain);
        return streq(plain, want) || streq(plain, room);
}

/* What the service shows as null it wants left out; members that it echoes it refuses. */
static void remove_nulls(cJSON *v) {
        cJSON *m = v ? v->child : NULL;

        while (m) {
                cJSON *next = m->next;

                if (cJSON_IsNull(m) || (m->string && m->string[0] == '$'))
                        cJSON_Delete(cJSON_DetachItemViaPointer(v, m));
                else
                        remove_nulls(m);
                m = next;
        }
}

static void make_writable(const Rules *rules, cJSON *rule) {
        remove_nulls(rule);
        for (const char *const *name = rules->refused; name && *name; name++)
                json_remove(rule, *name);
        if (isempty(json_string(rule, DESCRIPTION)))
                json_remove(rule, DESCRIPTION);
}

static void set_mark(const Estate *e, cJSON *rule) {
        _cleanup_free_ char *text = rule_mark(e, json_string(rule, DESCRIPTION));

        json_set_string(rule, DESCRIPTION, text);
}

/* The observed rule with the wanted one's members over it: members that the spec does not say survive. */
static cJSON *merge_rule(const Rules *rules, const cJSON *have, const cJSON *want) {
        cJSON *rule = have ? json_copy(have) : json_new_object();
        const cJSON *m;

        cJSON_ArrayForEach (m, want)
                json_set_copy(rule, m->string, m);
        make_writable(rules, rule);
        return rule;
}

static const cJSON *observed_rules(const Resource *r, const Field *f) {
        const SubItems *s;

        if (!f->rules->sub)
                return json_get(r->observed->body, field_api(f));
        s = observed_sub(r->observed, f);
        return s && s->items && s->begun >= s->written ? s->items : NULL;
}

static Seen *see_rules(const Rules *rules, const cJSON *have, size_t *ret_n) {
        Seen *v = NULL;
        const cJSON *rule;
        size_t n = 0;

        cJSON_ArrayForEach (rule, have)
                if (!rules->ignore || !rules->ignore(rule))
                        array_push(v, n, ((Seen){ .rule = rule, .key = rule_key(rules, rule) }));
        *ret_n = n;
        return v;
}

static void seen_free(Seen *v, size_t n) {
        for (size_t i = 0; i < n; i++)
                free(v[i].key);
        free(v);
}

static Seen *find_seen(Seen *v, size_t n, const char *key) {
        for (size_t i = 0; i < n; i++)
                if (!v[i].matched && streq(v[i].key, key))
                        return &v[i];
        return NULL;
}

static bool shown_equal(const Rules *rules, const cJSON *a, const cJSON *b) {
        for (const char *const *name = rules->key_shown; name && *name; name++)
                if (!json_equal(json_get(a, *name), json_get(b, *name)))
                        return false;
        return true;
}

/* A rule to a target that is gone, where one to the present target is wanted: the same rule, to be pointed anew. Without members
 * that name it, it cannot be told. */
static Seen *find_dead(const Rules *rules, Seen *v, size_t n, const cJSON *want) {
        for (size_t i = 0; rules->is_dead && rules->key_shown && i < n; i++)
                if (!v[i].matched && rules->is_dead(v[i].rule) && shown_equal(rules, v[i].rule, want))
                        return &v[i];
        return NULL;
}

static char *describe(const Context *c, const Resource *r, const Rules *rules, const cJSON *rule) {
        _cleanup_json_ cJSON *shown = humanize(c, r->region, rule);

        return rules->describe(shown);
}

static char *rule_path(const Context *c, const Resource *r, const Field *f, const cJSON *rule) {
        _cleanup_json_ cJSON *shown = humanize(c, r->region, rule);
        _cleanup_str_ Str b = {};

        str_addf(&b, "%s[", f->name);
        for (const char *const *name = f->rules->key_shown; name && *name; name++) {
                const cJSON *v = json_get(shown, *name);
                _cleanup_free_ char *text = !v                  ? xstrdup("?")
                                            : cJSON_IsString(v) ? xstrdup(v->valuestring)
                                                                : json_text(v);

                str_add(&b, text);
        }
        if (!f->rules->key_shown) {
                _cleanup_free_ char *text = f->rules->describe(shown);

                str_add(&b, text);
        }
        str_addc(&b, ']');
        return str_take(&b);
}

static void add_description(const Context *c, char **text, const cJSON *rule) {
        _cleanup_free_ char *plain = NULL, *old = *text;

        (void) rule_unmark(c->estate, json_string(rule, DESCRIPTION), &plain);
        *text = xasprintf("%s \"%s\"", old, plain);
}

/* Two rules that read alike differ in what they are described as. */
static void show_descriptions(const Context *c, Difference *d) {
        add_description(c, &d->want_text, d->want);
        add_description(c, &d->have_text, d->have);
}

static Difference *rule_differs(const Context *c, const Resource *r, const Field *f, Verb verb,
                                const cJSON *want, const cJSON *have, Assessment *a) {
        Difference *d = differences_add(&a->differences, f, verb, rule_path(c, r, f, want ? want : have));
        const char *at = json_string(want, "$at");

        d->want = json_copy(want);
        d->have = json_copy(have);
        d->want_text = want ? describe(c, r, f->rules, want) : NULL;
        d->have_text = have ? describe(c, r, f->rules, have) : NULL;
        if (want && have && streq(d->want_text, d->have_text))
                show_descriptions(c, d);
        d->source = at ? xstrdup(at) : desired_field_source(c->estate, r->desired, f);
        return d;
}

/* Members outside the key, as far as the spec says them. */
static bool rule_matches(const Context *c, const Rules *rules, const cJSON *want, const cJSON *have) {
        for (const Field *f = rules->fields; f->name; f++) {
                const cJSON *w = json_get(want, field_api(f)), *h = json_get(have, field_api(f));

                if (!w || is_symbol(w))
                        continue;
                if (streq(field_api(f), DESCRIPTION) && cJSON_IsString(w)) {
                        if (!descriptions_equal(c->estate, w->valuestring, json_string(have, DESCRIPTION)))
                                return false;
                } else if (!has_symbol(w) && !field_equal(f, w, h))
                        return false;
        }
        return true;
}

/* Returns false when the rule is unresolved as yet. */
static bool compare_one(const Context *c, const Resource *r, const Field *f, const cJSON *want,
                        const cJSON *declared, Seen *seen, size_t n, Assessment *a) {
        const Rules *rules = f->rules;
        _cleanup_free_ char *key = rule_key(rules, want);
        const char *needed = rules->needs ? rules->needs(c, r->desired, declared) : NULL;
        Seen *s = find_seen(seen, n, key);

        if (!s && !has_symbol(want))
                s = find_dead(rules, seen, n, want);
        if (s)
                s->matched = true;
        if (has_symbol(want))
                return false;
        if (s && streq(s->key, key) && rule_matches(c, rules, want, s->rule))
                return true;
        if (needed) {
                if (!strv_contains(a->waits_for, needed))
                        strv_push(&a->waits_for, needed);
                return false;
        }
        rule_differs(c, r, f, VERB_UPDATE, want, s ? s->rule : NULL, a);
        return true;
}

static bool rule_is_ours(const Context *c, const Resource *r, const Rules *rules, const cJSON *rule) {
        _cleanup_free_ char *plain = NULL;

        if (rules->marked)
                return rule_unmark(c->estate, json_string(rule, DESCRIPTION), &plain);
        return streq_ptr(observed_tag(r->observed, TAG_ORIGIN), "created");
}

static bool is_duplicate(const Seen *seen, size_t n, size_t i) {
        for (size_t j = 0; j < n; j++)
                if (j != i && seen[j].matched && streq(seen[j].key, seen[i].key))
                        return true;
        return false;
}

static void add_foreign(const Context *c, const Resource *r, const Rules *rules, const cJSON *rule,
                        Assessment *a) {
        const char *risk = rules->risk ? rules->risk(rule) : NULL;

        array_push(a->foreign, a->n_foreign,
                   ((ForeignRule){
                           .rule = describe(c, r, rules, rule),
                           .likely_writer = xstrdup("unknown"),
                           .risk = xstrdup(risk),
                   }));
}

/* Ours goes, and under `foreignRules: remove` everybody's. A second copy of a declared rule, and a rule whose target is gone, take
 * nothing away when they go. Somebody else's second copy of a declared rule is neither reported nor touched. */
static void judge_undeclared(const Context *c, const Resource *r, const Field *f, const Seen *seen, size_t n,
                             bool all_resolved, Assessment *a) {
        const Rules *rules = f->rules;

        for (size_t i = 0; i < n; i++) {
                bool ours, twice, idle;

                if (seen[i].matched)
                        continue;
                ours = rule_is_ours(c, r, rules, seen[i].rule);
                twice = is_duplicate(seen, n, i);
                idle = twice || (rules->is_dead && rules->is_dead(seen[i].rule));
                if (!ours && !twice)
                        add_foreign(c, r, rules, seen[i].rule, a);
                if (all_resolved && (ours || (!twice && r->desired->remove_foreign)))
                        rule_differs(c, r, f, idle ? VERB_UPDATE : VERB_DISRUPT, NULL, seen[i].rule, a);
        }
}

void compare_rules(const Context *c, const Resource *r, const Field *f, const cJSON *want, Assessment *a) {
        const cJSON *have = observed_rules(r, f), *rule,
                    *declared = json_get(r->desired->want, field_api(f));
        bool all_resolved = true;
        size_t n, i = 0;
        Seen *seen;

        if (f->rules->sub && !have) {
                a->look_sub = f;
                return;
        }
        seen = see_rules(f->rules, have, &n);
        cJSON_ArrayForEach (rule, want)
                all_resolved &= compare_one(c, r, f, rule, cJSON_GetArrayItem(declared, (int) i++), seen, n,
                                            a);
        judge_undeclared(c, r, f, seen, n, all_resolved, a);
        seen_free(seen, n);
}

/* The difference that is about this rule. Each is about one: of two copies one stays. */
static const Difference *difference_of(const Differences *ds, const Field *f, unsigned verbs,
                                       const cJSON *have, bool *used) {
        for (size_t i = 0; i < ds->n; i++)
                if (ds->d[i].field == f && (verbs & 1u << ds->d[i].verb) && ds->d[i].have && !used[i] &&
                    json_equal(ds->d[i].have, have)) {
                        used[i] = true;
                        return &ds->d[i];
                }
        return NULL;
}

static bool is_declared(const Rules *rules, const Seen *declared, size_t n, const cJSON *rule) {
        _cleanup_free_ char *key = rule_key(rules, rule);

        for (size_t i = 0; i < n; i++)
                if (streq(key, declared[i].key))
                        return true;
        return false;
}

cJSON *rules_for_put(const Context *c, const Resource *r, const Field *f, const cJSON *want,
                     const Differences *ds, unsigned verbs) {
        const cJSON *have = json_get(r->observed->body, field_api(f)), *rule;
        _cleanup_free_ bool *used = xnew(bool, ds->n + 1);
        cJSON *list = json_new_array();
        size_t n;
        Seen *declared = see_rules(f->rules, want, &n);

        cJSON_ArrayForEach (rule, have) {
                const Difference *d = difference_of(ds, f, verbs, rule, used);
                cJSON *kept;

                if ((f->rules->ignore && f->rules->ignore(rule)) || (d && !d->want))
                        continue;
                kept = merge_rule(f->rules, rule, d ? d->want : NULL);
                if (f->rules->marked && (d || is_declared(f->rules, declared, n, rule)))
                        set_mark(c->estate, kept);
                json_append(list, kept);
        }
        seen_free(declared, n);
        for (size_t i = 0; i < ds->n; i++)
                if (ds->d[i].field == f && (verbs & 1u << ds->d[i].verb) && !ds->d[i].have)
                        json_append(list, rule_for_write(c, f->rules, &ds->d[i]));
        return list;
}

cJSON *rule_for_write(const Context *c, const Rules *rules, const Difference *d) {
        cJSON *rule = merge_rule(rules, NULL, d->want);

        if (rules->marked) {
                /* Without a description of ours, an updated rule keeps the one that it has. */
                if (!json_get(rule, DESCRIPTION) && d->have)
                        json_set_copy(rule, DESCRIPTION, json_get(d->have, DESCRIPTION));
                set_mark(c->estate, rule);
        }
        return rule;
}

cJSON *rules_for_create(const Context *c, const Field *f, const cJSON *want) {
        cJSON *list = json_new_array();
        const cJSON *rule;

        cJSON_ArrayForEach (rule, want) {
                cJSON *copy = merge_rule(f->rules, NULL, rule);

                if (f->rules->marked)
                        set_mark(c->estate, copy);
                json_append(list, copy);
        }
        return list;
}
