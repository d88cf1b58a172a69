/* Nodes of a YAML tree: what scalars are, and lookups. */
#include "yaml.h"

#include <ctype.h>
#include <errno.h>

static bool is_one_of(const char *s, const char *const *words, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (streq(s, words[i]))
                        return true;
        return false;
}

static bool is_true(const char *s) {
        static const char *const words[] = { "true", "True", "TRUE" };

        return is_one_of(s, words, ARRAY_SIZE(words));
}

static bool is_false(const char *s) {
        static const char *const words[] = { "false", "False", "FALSE" };

        return is_one_of(s, words, ARRAY_SIZE(words));
}

static bool is_all_of(const char *s, const char *digits) {
        return *s && !s[strspn(s, digits)];
}

/* [-+]? [0-9]+ | 0o [0-7]+ | 0x [0-9a-fA-F]+ */
static bool is_int(const char *s) {
        if (startswith(s, "0o"))
                return is_all_of(s + 2, "01234567");
        if (startswith(s, "0x"))
                return is_all_of(s + 2, "0123456789abcdefABCDEF");
        return is_all_of(s + (*s == '-' || *s == '+'), "0123456789");
}

/* [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?, and the words for what is no number */
static bool is_float(const char *s) {
        static const char *const infinite[] = { ".inf", ".Inf", ".INF" }, *const nan[] = { ".nan", ".NaN",
                                                                                           ".NAN" };
        const char *at = s + (*s == '-' || *s == '+');
        size_t before, after = 0;

        if (is_one_of(at, infinite, ARRAY_SIZE(infinite)) || is_one_of(s, nan, ARRAY_SIZE(nan)))
                return true;
        before = strspn(at, "0123456789");
        at += before;
        if (*at == '.') {
                after = strspn(++at, "0123456789");
                at += after;
        }
        if (before + after == 0)
                return false;
        if (*at == 'e' || *at == 'E') {
                at++;
                at += *at == '-' || *at == '+';
                return is_all_of(at, "0123456789");
        }
        return !*at;
}

YamlKind yaml_kind_of_plain(const char *value) {
        static const char *const null[] = { "", "~", "null", "Null", "NULL" };

        if (is_one_of(value, null, ARRAY_SIZE(null)))
                return YAML_NULL;
        if (is_true(value) || is_false(value))
                return YAML_BOOL;
        if (is_int(value))
                return YAML_INT;
        return is_float(value) ? YAML_FLOAT : YAML_STRING;
}

const YamlPair *yaml_get_pair(const YamlNode *n, const char *key) {
        for (size_t i = 0; n && i < n->n_pairs; i++)
                if (streq(n->pairs[i].key->value, key))
                        return &n->pairs[i];
        return NULL;
}

YamlNode *yaml_get(const YamlNode *n, const char *key) {
        const YamlPair *p = yaml_get_pair(n, key);

        return p ? p->value : NULL;
}

bool yaml_is_null(const YamlNode *n) {
        return n && n->type == YAML_SCALAR && n->kind == YAML_NULL;
}

int yaml_bool(const YamlNode *n, bool *ret) {
        if (!n || n->type != YAML_SCALAR || n->kind != YAML_BOOL)
                return -EINVAL;
        *ret = is_true(n->value);
        return 0;
}

static int digit_of(char c) {
        return c <= '9' ? c - '0' : tolower((unsigned char) c) - 'a' + 10;
}

int yaml_int(const YamlNode *n, int64_t min, int64_t max, int64_t *ret) {
        int64_t v = 0, base;
        const char *s;

        if (!n || n->type != YAML_SCALAR || n->kind != YAML_INT)
                return -EINVAL;
        s = n->value;
        base = startswith(s, "0x") ? 16 : startswith(s, "0o") ? 8 : 10;
        if (base == 10)
                return parse_i64(s + (*s == '+'), min, max, ret);
        for (s += 2; *s; s++)
                if (__builtin_mul_overflow(v, base, &v) || __builtin_add_overflow(v, digit_of(*s), &v))
                        return -ERANGE;
        if (v < min || v > max)
                return -ERANGE;
        *ret = v;
        return 0;
}

unsigned yaml_width(const YamlNode *n) {
        unsigned width = 0;
        const char *line;
        size_t size;

        if (n->end.line == n->mark.line)
                return n->end.column > n->mark.column ? n->end.column - n->mark.column : 1;
        line = source_line(n->mark.source, n->mark.line, &size);
        for (size_t at = 0; at < size; width++) {
                size_t step = utf8_next(line + at, size - at, NULL);

                at += step > 0 ? step : 1;
        }
        return width >= n->mark.column ? width + 1 - n->mark.column : 1;
}
