/* Wanted against observed, by the kind's table. What the spec leaves out is not looked at; what two sides spell differently and
 * mean alike is equal. Rules are told apart by their keys and owned one by one. */
#include "compare.h"

#include <math.h>

#include "base/time-util.h"
#include "rules.h"
#include "version.h"

static cJSON *fallback_of(const Field *f) {
        cJSON *v = NULL;

        if (f->fallback && json_parse(f->fallback, strlen(f->fallback), &v, NULL) < 0)
                abort(); /* a kind's table is wrong: the unit test parses them all */
        return v;
}

static bool counts_as_absent(const Field *f, const cJSON *v) {
        if (!v || cJSON_IsNull(v))
                return true;
        return (f->flags & FIELD_EMPTY_IS_FALLBACK) && cJSON_IsArray(v) && !v->child;
}

static int compare_texts(const void *a, const void *b) {
        return strcmp(*(char *const *) a, *(char *const *) b);
}

/* {serviceId, serviceName} counts as its serviceId alone. */
static char *element_text(const Field *f, const cJSON *e) {
        char *s = f->type == FIELD_LOOKUPS && f->lookup_as && json_get(e, f->lookup_as)
                          ? json_canonical(json_get(e, f->lookup_as))
                          : json_canonical(e);

        return f->flags & FIELD_CASELESS ? str_lower(s) : s;
}

static char **element_texts(const Field *f, const cJSON *array, size_t *ret_n) {
        char **v = NULL;
        size_t n = 0;
        const cJSON *e;

        cJSON_ArrayForEach (e, array)
                array_push(v, n, element_text(f, e));
        if (!(f->flags & FIELD_ORDERED) && n > 1)
                qsort(v, n, sizeof *v, compare_texts);
        *ret_n = n;
        return v;
}

static bool arrays_equal(const Field *f, const cJSON *a, const cJSON *b) {
        size_t n, m;
        char **x = element_texts(f, a, &n), **y = element_texts(f, b, &m);
        bool equal = n == m;

        for (size_t i = 0; equal && i < n; i++)
                equal = streq(x[i], y[i]);
        for (size_t i = 0; i < n; i++)
                free(x[i]);
        for (size_t i = 0; i < m; i++)
                free(y[i]);
        free(x);
        free(y);
        return equal;
}

static const cJSON *caseless_member(const cJSON *o, const char *name) {
        const cJSON *m;

        cJSON_ArrayForEach (m, o)
                if (strcasecmp(m->string, name) == 0)
                        return m;
        return NULL;
}

/* Only the declared names count. */
static bool map_holds(const cJSON *want, const cJSON *have, bool caseless) {
        const cJSON *m;

        cJSON_ArrayForEach (m, want) {
                const cJSON *other = caseless ? caseless_member(have, m->string) : json_get(have, m->string);

                if (cJSON_IsObject(m) ? !map_holds(m, other, caseless) : !json_equal(m, other))
                        return false;
        }
        return true;
}

static bool objects_equal(const Field *fields, const cJSON *want, const cJSON *have) {
        for (const Field *f = fields; f->name; f++)
                if (!field_equal(f, json_get(want, field_api(f)), json_get(have, field_api(f))))
                        return false;
        return true;
}

/* Each wanted one takes one that no other took. */
static bool object_arrays_equal(const Field *f, const cJSON *want, const cJSON *have) {
        size_t n = (size_t) cJSON_GetArraySize(have), i;
        _cleanup_free_ bool *taken = xnew(bool, n + 1);
        const cJSON *x, *y;

        if ((size_t) cJSON_GetArraySize(want) != n)
                return false;
        cJSON_ArrayForEach (x, want) {
                for (i = 0, y = have->child; y; y = y->next, i++)
                        if (!taken[i] && objects_equal(f->fields, x, y))
                                break;
                if (!y)
                        return false;
                taken[i] = true;
        }
        return true;
}

/* 13.3 comes back as 13.300000190734863. */
static bool numbers_equal(double a, double b) {
        return fabs(a - b) <= 1e-6 * MAX(fabs(a), fabs(b));
}

static bool durations_equal(const char *a, const char *b) {
        usec_t one, two;

        if (parse_iso_duration(a, &one) < 0 || parse_iso_duration(b, &two) < 0)
                return streq(a, b);
        return one == two;
}

bool field_equal(const Field *f, const cJSON *want, const cJSON *have) {
        _cleanup_json_ cJSON *fallback = fallback_of(f);

        if (counts_as_absent(f, want))
                want = fallback;
        if (counts_as_absent(f, have))
                have = fallback;
        if (!want || !have)
                return !want && !have;
        if (f->type == FIELD_OBJECT)
                return objects_equal(f->fields, want, have);
        if (f->type == FIELD_OBJECTS)
                return object_arrays_equal(f, want, have);
        if (f->type == FIELD_MAP || f->type == FIELD_TAGS)
                return map_holds(want, have, f->type == FIELD_TAGS);
        if (cJSON_IsArray(want) && cJSON_IsArray(have))
                return arrays_equal(f, want, have);
        if ((f->flags & FIELD_CASELESS) && cJSON_IsString(want) && cJSON_IsString(have))
                return strcasecmp(want->valuestring, have->valuestring) == 0;
        if (f->type == FIELD_NUMBER && cJSON_IsNumber(want) && cJSON_IsNumber(have))
                return numbers_equal(want->valuedouble, have->valuedouble);
        if (f->type == FIELD_DURATION && cJSON_IsString(want) && cJSON_IsString(have))
                return durations_equal(want->valuestring, have->valuestring);
        return json_equal(want, have);
}

static char *value_text(const Context *c, const Resource *r, const cJSON *v) {
        _cleanup_json_ cJSON *shown = v ? humanize(c, r->region, v) : NULL;

        if (!shown)
                return NULL;
        return cJSON_IsString(shown) ? xstrdup(shown->valuestring) : json_text(shown);
}

static Difference *add_difference(const Context *c, const Resource *r, Assessment *a, const Field *f,
                                  Verb verb, char *path, const cJSON *want, const cJSON *have) {
        Difference *d = differences_add(&a->differences, f, verb, path);

        d->want = json_copy(want);
        d->have = json_copy(have);
        d->want_text = value_text(c, r, want);
        d->have_text = value_text(c, r, have);
        return d;
}

/* Names as members of tags: one difference for each declared tag that is not so. */
static void compare_map(const Context *c, const Resource *r, const Field *f, const Field *top,
                        const char *path, const cJSON *want, const cJSON *have, Assessment *a) {
        bool caseless = f->type == FIELD_TAGS;
        const cJSON *m;

        cJSON_ArrayForEach (m, want) {
                const cJSON *other = caseless ? caseless_member(have, m->string) : json_get(have, m->string);
                _cleanup_free_ char *inner = xasprintf("%s.%s", path, m->string);
                Difference *d;

                if (cJSON_IsObject(m)) {
                        compare_map(c, r, f, top, inner, m, other, a);
                        continue;
                }
                if (json_equal(m, other))
                        continue;
                d = add_difference(c, r, a, top, VERB_UPDATE, TAKE_PTR(inner), m, other);
                d->source = desired_field_source(c->estate, r->desired, top);
        }
}

/* A list that changes by one element at a time: what is missing is added, what is too much takes away. */
static void compare_elements(const Context *c, const Resource *r, const Field *f, const char *path,
                             const cJSON *want, const cJSON *have, Assessment *a) {
        for (int side = 0; side < 2; side++) {
                const cJSON *from = side == 0 ? want : have, *in = side == 0 ? have : want, *e, *other;

                cJSON_ArrayForEach (e, from) {
                        bool found = false;
                        Difference *d;

                        cJSON_ArrayForEach (other, in)
                                found = found || json_equal(e, other);
                        if (found)
                                continue;
                        d = add_difference(
                                c, r, a, f, side == 0 ? VERB_UPDATE : VERB_DISRUPT,
                                xasprintf("%s[%s]", path, cJSON_IsString(e) ? e->valuestring : "?"),
                                side == 0 ? e : NULL, side == 0 ? NULL : e);
                        d->source = desired_field_source(c->estate, r->desired, f);
                }
        }
}

static bool holds_element(const Field *f, char *const *texts, size_t n, const cJSON *e) {
        _cleanup_free_ char *text = element_text(f, e);

        for (size_t i = 0; i < n; i++)
                if (streq(texts[i], text))
                        return true;
        return false;
}

static bool holds_object(const Field *f, const cJSON *array, const cJSON *e) {
        const cJSON *other;

        cJSON_ArrayForEach (other, array)
                if (objects_equal(f->fields, e, other))
                        return true;
        return false;
}

/* A set that only loses elements takes away; one that gets another element instead is brought back to what is declared. */
static bool only_shrinks(const Field *f, const cJSON *want, const cJSON *have) {
        size_t n, m = (size_t) cJSON_GetArraySize(want);
        char **texts;
        bool all = true;
        const cJSON *e;

        if ((f->type != FIELD_REFS && f->type != FIELD_LOOKUPS && f->type != FIELD_OBJECTS) ||
            !cJSON_IsArray(have))
                return false;
        texts = element_texts(f, have, &n);
        cJSON_ArrayForEach (e, want)
                all = all &&
                      (f->type == FIELD_OBJECTS ? holds_object(f, have, e) : holds_element(f, texts, n, e));
        for (size_t i = 0; i < n; i++)
                free(texts[i]);
        free(texts);
        return all && m < n;
}

static bool is_less(const Field *f, const cJSON *want, const cJSON *have) {
        return (f->flags & FIELD_LESS_TAKES_AWAY) && cJSON_IsNumber(want) && cJSON_IsNumber(have) &&
               want->valuedouble < have->valuedouble;
}

static int word_index(const Field *f, const char *word) {
        for (int i = 0; f->words && f->words[i]; i++)
                if (streq(f->words[i], word))
                        return i;
        return -1;
}

/* An older version, or a lower word, than there is: nobody can bring that back. */
static bool is_lower(const Field *f, const cJSON *want, const cJSON *have) {
        KubeVersion wanted, there;

        if (!(f->flags & FIELD_ONLY_RISES) || !cJSON_IsString(want) || !cJSON_IsString(have))
                return false;
        if (f->type == FIELD_ENUM)
                return word_index(f, want->valuestring) < word_index(f, have->valuestring);
        return kube_version_parse(want->valuestring, &wanted) == 0 &&
               kube_version_parse(have->valuestring, &there) == 0 &&
               kube_version_compare(&wanted, &there) < 0;
}

/* Making a whole cluster anew is nothing that an estate's policy says in passing: the resource has to say so itself. */
static bool is_replaced(const Field *f, const Desired *d) {
        return f->change == CHANGE_REPLACE ||
               (f->flags & FIELD_REPLACE_IF_ASKED && d->policy_is_own[VERB_REPLACE] &&
                d->policy[VERB_REPLACE] != GATE_NEVER);
}

static Verb verb_of(const Field *f, const Desired *desired, const cJSON *want, const cJSON *have) {
        _cleanup_free_ char *text = json_text(want);

        if (is_replaced(f, desired))
                return VERB_REPLACE;
        if (f->change == CHANGE_DISRUPT || (f->takes_away && streq(f->takes_away, text)) ||
            only_shrinks(f, want, have) || is_less(f, want, have))
                return VERB_DISRUPT;
        return VERB_UPDATE;
}

static void compare_field(const Context *c, const Resource *r, const Field *f, const Field *top,
                          const char *path, const cJSON *want, const cJSON *have, Assessment *a) {
        Difference *d;

        if (f->type == FIELD_OBJECT) {
                for (const Field *inner = f->fields; inner->name; inner++) {
                        _cleanup_free_ char *inner_path = xasprintf("%s.%s", path, inner->name);
                        const cJSON *v = json_get(want, field_api(inner));

                        if (v)
                                compare_field(c, r, inner, top, inner_path, v,
                                              json_get(have, field_api(inner)), a);
                }
                return;
        }
        if (f->type == FIELD_MAP || f->type == FIELD_TAGS) {
                compare_map(c, r, f, top, path, want, have, a);
                return;
        }
        if (f->change == CHANGE_ACTION && f->action) {
                compare_elements(c, r, f, path, want, have, a);
                return;
        }
        if (field_equal(f, want, have) || (!have && (f->flags & FIELD_NULL_UNKNOWN)))
                return;
        d = add_difference(c, r, a, top, verb_of(f, r->desired, want, have), xstrdup(path), want, have);
        d->refused = d->verb != VERB_REPLACE && (f->change == CHANGE_NEVER || is_lower(f, want, have));
        d->note = d->refused ? xstrdup(f->never_text) : NULL;
        d->source = desired_field_source(c->estate, r->desired, top);
}

void compare_resource(const Context *c, const Resource *r, const cJSON *want, Assessment *a) {
        for (const Field *f = kind_field_first(r->kind); f; f = kind_field_next(r->kind, f)) {
                const cJSON *w = json_get(want, field_api(f));

                if (!w || f->type == FIELD_ROLE)
                        continue;
                if (f->type == FIELD_RULES)
                        compare_rules(c, r, f, w, a);
                else
                        compare_field(c, r, f, f, f->name, w, json_get(r->observed->body, field_api(f)), a);
        }
}
