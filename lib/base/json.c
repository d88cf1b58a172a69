/* cJSON, made strict and convenient: parse limits, exact-case lookup, canonical text. */
#include "json.h"

#include <errno.h>

#define DEPTH_MAX 64

/* Names are compared by sorting a copy of the pointers, so that a hostile object of many members costs n log n. */
static int compare_names(const void *a, const void *b) {
        return strcmp((*(cJSON *const *) a)->string, (*(cJSON *const *) b)->string);
}

static cJSON **sorted_members(const cJSON *o, size_t *ret_n) {
        cJSON **v = NULL;
        size_t n = 0;

        for (cJSON *m = o->child; m; m = m->next)
                array_push(v, n, m);
        if (n > 1)
                qsort(v, n, sizeof *v, compare_names);
        *ret_n = n;
        return v;
}

static bool has_double_names(const cJSON *o) {
        _cleanup_free_ cJSON **v = NULL;
        size_t n;

        v = sorted_members(o, &n);
        for (size_t i = 1; i < n; i++)
                if (streq(v[i - 1]->string, v[i]->string))
                        return true;
        return false;
}

static bool shape_ok(const cJSON *v, unsigned depth) {
        if (depth > DEPTH_MAX)
                return false;
        if (cJSON_IsObject(v) && has_double_names(v))
                return false;
        for (const cJSON *c = v->child; c; c = c->next)
                if (!shape_ok(c, depth + 1))
                        return false;
        return true;
}

int json_parse(const char *text, size_t size, cJSON **ret, size_t *reterr_offset) {
        _cleanup_json_ cJSON *v = NULL;
        const char *end = NULL;

        v = cJSON_ParseWithLengthOpts(text, size, &end, false);
        if (v) {
                while (end < text + size && strchr(" \t\r\n", *end) && *end)
                        end++;
                if (end == text + size && shape_ok(v, 0)) {
                        *ret = TAKE_PTR(v);
                        return 0;
                }
        }
        if (reterr_offset)
                *reterr_offset = end && end >= text && end <= text + size ? (size_t) (end - text) : 0;
        return -EBADMSG;
}

static cJSON *member(const cJSON *o, const char *name, size_t n) {
        if (!o || (o->type & 0xff) != cJSON_Object) /* what most of a turn asks, without a call */
                return NULL;
        for (cJSON *c = o->child; c; c = c->next)
                if (c->string[0] == name[0] && strncmp(c->string, name, n) == 0 && c->string[n] == '\0')
                        return c;
        return NULL;
}

cJSON *json_get(const cJSON *o, const char *name) {
        cJSON *v = member(o, name, strlen(name));

        return cJSON_IsNull(v) ? NULL : v;
}

cJSON *json_path(const cJSON *o, const char *dotted) {
        for (;;) {
                size_t n = strcspn(dotted, ".");
                cJSON *v = member(o, dotted, n);

                if (!v || cJSON_IsNull(v))
                        return NULL;
                if (!dotted[n])
                        return v;
                o = v;
                dotted += n + 1;
        }
}

const char *json_string(const cJSON *o, const char *name) {
        const cJSON *v = json_get(o, name);

        return cJSON_IsString(v) ? v->valuestring : NULL;
}

const char *json_path_string(const cJSON *o, const char *dotted) {
        const cJSON *v = json_path(o, dotted);

        return cJSON_IsString(v) ? v->valuestring : NULL;
}

bool json_bool(const cJSON *o, const char *name, bool fallback) {
        const cJSON *v = json_get(o, name);

        return cJSON_IsBool(v) ? cJSON_IsTrue(v) : fallback;
}

double json_number(const cJSON *o, const char *name, double fallback) {
        const cJSON *v = json_get(o, name);

        return cJSON_IsNumber(v) ? v->valuedouble : fallback;
}

void json_set(cJSON *o, const char *name, cJSON *value) {
        cJSON *old = member(o, name, strlen(name));

        assert(value);
        if (old) {
                char *copy = xstrdup(name); /* which may be the old member's own */

                if (!cJSON_ReplaceItemViaPointer(o, old, value))
                        abort();
                free(value->string); /* a copy of another member brings its name along */
                value->string = copy;
        } else if (!cJSON_AddItemToObject(o, name, value))
                abort();
}

void json_set_string(cJSON *o, const char *name, const char *value) {
        if (value)
                json_set(o, name, json_new_string(value));
}

static cJSON *checked(cJSON *v) {
        if (!v)
                abort(); /* cJSON gives NULL only when memory is out */
        return v;
}

void json_set_bool(cJSON *o, const char *name, bool value) {
        json_set(o, name, checked(cJSON_CreateBool(value)));
}

void json_set_number(cJSON *o, const char *name, double value) {
        json_set(o, name, checked(cJSON_CreateNumber(value)));
}

void json_set_copy(cJSON *o, const char *name, const cJSON *value) {
        if (value)
                json_set(o, name, json_copy(value));
}

void json_set_path(cJSON *o, const char *dotted, cJSON *value) {
        size_t n = strcspn(dotted, ".");
        _cleanup_free_ char *name = xstrndup(dotted, n);
        cJSON *next;

        if (!dotted[n]) {
                json_set(o, name, value);
                return;
        }
        next = member(o, name, n);
        if (!cJSON_IsObject(next)) {
                json_set(o, name, json_new_object());
                next = member(o, name, n);
        }
        json_set_path(next, dotted + n + 1, value);
}

void json_remove(cJSON *o, const char *name) {
        cJSON_DeleteItemFromObjectCaseSensitive(o, name);
}

void json_append(cJSON *array, cJSON *value) {
        assert(value);
        if (!cJSON_AddItemToArray(array, value))
                abort();
}

void json_append_string(cJSON *array, const char *value) {
        json_append(array, json_new_string(value));
}

cJSON *json_copy(const cJSON *v) {
        return v ? checked(cJSON_Duplicate(v, true)) : NULL;
}

cJSON *json_new_object(void) {
        return checked(cJSON_CreateObject());
}

cJSON *json_new_array(void) {
        return checked(cJSON_CreateArray());
}

cJSON *json_new_string(const char *s) {
        return checked(cJSON_CreateString(s));
}

static bool equal_objects(const cJSON *a, const cJSON *b) {
        size_t n = 0;

        for (const cJSON *m = a->child; m; m = m->next, n++) {
                const cJSON *other = member(b, m->string, strlen(m->string));

                if (!other || !json_equal(m, other))
                        return false;
        }
        for (const cJSON *m = b->child; m; m = m->next)
                n--;
        return n == 0;
}

bool json_equal(const cJSON *a, const cJSON *b) {
        if (!a || !b)
                return a == b;
        if ((a->type & 0xFF) != (b->type & 0xFF))
                return false;
        if (cJSON_IsObject(a))
                return equal_objects(a, b);
        if (cJSON_IsArray(a)) {
                const cJSON *x = a->child, *y = b->child;

                for (; x && y; x = x->next, y = y->next)
                        if (!json_equal(x, y))
                                return false;
                return !x && !y;
        }
        if (cJSON_IsString(a))
                return streq(a->valuestring, b->valuestring);
        if (cJSON_IsNumber(a))
                return !(a->valuedouble < b->valuedouble) && !(a->valuedouble > b->valuedouble);
        return true;
}

static bool equal_members_unordered(const cJSON *a, const cJSON *b) {
        for (const cJSON *m = a->child; m; m = m->next)
                if (!cJSON_IsNull(m) && !json_equal_unordered(m, json_get(b, m->string)))
                        return false;
        for (const cJSON *m = b->child; m; m = m->next)
                if (!cJSON_IsNull(m) && !json_get(a, m->string))
                        return false;
        return true;
}

/* Each element of 'a' takes one of 'b' that no other took. */
static bool equal_elements_unordered(const cJSON *a, const cJSON *b) {
        size_t n = (size_t) cJSON_GetArraySize(a), i;
        _cleanup_free_ bool *taken = xnew(bool, n);
        const cJSON *y;

        if ((size_t) cJSON_GetArraySize(b) != n)
                return false;
        for (const cJSON *x = a->child; x; x = x->next) {
                for (i = 0, y = b->child; y; y = y->next, i++)
                        if (!taken[i] && json_equal_unordered(x, y))
                                break;
                if (!y)
                        return false;
                taken[i] = true;
        }
        return true;
}

bool json_equal_unordered(const cJSON *a, const cJSON *b) {
        if (json_equal(a, b))
                return true;
        if (cJSON_IsObject(a) && cJSON_IsObject(b))
                return equal_members_unordered(a, b);
        return cJSON_IsArray(a) && cJSON_IsArray(b) && equal_elements_unordered(a, b);
}

char *json_text(const cJSON *v) {
        char *s = cJSON_PrintUnformatted(v);

        if (!s)
                abort();
        return s;
}

char *json_text_pretty(const cJSON *v) {
        char *s = cJSON_Print(v);

        if (!s)
                abort();
        return s;
}

static void add_canonical(Str *b, const cJSON *v) {
        if (cJSON_IsObject(v)) {
                _cleanup_free_ cJSON **m = NULL;
                size_t n;

                m = sorted_members(v, &n);
                str_addc(b, '{');
                for (size_t i = 0; i < n; i++) {
                        _cleanup_json_ cJSON *name = json_new_string(m[i]->string);

                        if (i > 0)
                                str_addc(b, ',');
                        add_canonical(b, name);
                        str_addc(b, ':');
                        add_canonical(b, m[i]);
                }
                str_addc(b, '}');
        } else if (cJSON_IsArray(v)) {
                str_addc(b, '[');
                for (const cJSON *e = v->child; e; e = e->next) {
                        if (e != v->child)
                                str_addc(b, ',');
                        add_canonical(b, e);
                }
                str_addc(b, ']');
        } else {
                _cleanup_free_ char *s = json_text(v);

                str_add(b, s);
        }
}

char *json_canonical(const cJSON *v) {
        Str b = {};

        add_canonical(&b, v);
        return str_take(&b);
}
