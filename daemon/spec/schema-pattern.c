/* What texts look like: names, references, OCIDs, blocks, ports. */
#include "schema.h"

#include <ctype.h>

#define OCTET  "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
#define IPV4   OCTET "(\\." OCTET "){3}"
#define IPV6   "[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*"
#define PORT   "0*(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[1-9][0-9]{0,3})"
#define UNIQUE "[A-Za-z0-9_-]"

/* "(a|b|c)". */
static void add_words(Str *p, const Choices *words) {
        for (size_t i = 0; i < words->n; i++)
                str_addf(p, "%s%s", i ? "|" : "(", words->w[i]);
        str_addc(p, ')');
}

static void add_table(Str *p, const char *const *table) {
        _cleanup_choices_ Choices words = {};

        choices_add_table(&words, table);
        add_words(p, &words);
}

static void add_ocid(Str *p, const Choices *types) {
        str_add(p, "ocid1\\.");
        if (types->n > 0)
                add_words(p, types);
        else
                str_add(p, UNIQUE "+");
        str_add(p, "\\." UNIQUE "+\\." UNIQUE "*\\.\\.?" UNIQUE "+");
}

char *pattern_ocid(const char *const *types) {
        _cleanup_choices_ Choices words = {};
        Str p = {};

        if (types)
                choices_add_table(&words, types);
        add_ocid(&p, &words);
        return str_take(&p);
}

/* Kind/NAME with or without the region. What stands in no region has to say it. */
static void add_named(Str *p, const Field *f, const Kind *kind) {
        _cleanup_choices_ Choices names = {};

        for (size_t i = 0; kinds[i]; i++)
                if (link_admits(f, kinds[i]))
                        choices_add(&names, kinds[i]->name);
        str_addf(p, kind->section ? "(%s/)?" : "%s/", PATTERN_LABEL);
        add_words(p, &names);
        str_addc(p, '/');
}

/* The same choice of types as the loader's, for a thing that is named by its OCID. */
static void add_target_ocid(Str *p, const Field *f) {
        _cleanup_choices_ Choices types = {};

        for (size_t i = 0; (f->ref_kind || f->ref_kinds) && kinds[i]; i++)
                if (link_admits(f, kinds[i]) && kinds[i]->ocid_type && !(kinds[i]->flags & KIND_NO_PIN))
                        choices_add(&types, kinds[i]->ocid_type);
        add_ocid(p, &types);
}

char *pattern_reference(const Field *f, const Kind *kind) {
        const Kind *fixed = link_fixed_kind(f);
        bool bare = fixed && kind->section;
        Str p = {};

        str_addc(&p, '(');
        if (!fixed || !(fixed->flags & KIND_NO_PIN)) {
                add_target_ocid(&p, f);
                str_addc(&p, '|');
        }
        str_addf(&p, "(?!ocid1\\.)%s", bare ? "(" : "");
        add_named(&p, f, kind);
        str_addf(&p, "%s%s)", bare ? ")?" : "", PATTERN_NAME);
        return str_take(&p);
}

/* A field with bounds takes IPv4 alone, see parse_block(). */
static void add_block(Str *p, const Field *f) {
        if (f->max == 0) {
                str_add(p, "(" IPV4 "/0*([12]?[0-9]|3[0-2])|" IPV6 "/0*(12[0-8]|1[01][0-9]|[1-9]?[0-9]))");
                return;
        }
        str_add(p, IPV4 "/0*(");
        for (int64_t prefix = f->min; prefix <= f->max; prefix++)
                str_addf(p, "%s%lld", prefix > f->min ? "|" : "", (long long) prefix);
        str_addc(p, ')');
}

char *pattern_block(const Field *f, const Kind *kind) {
        Str p = {};

        str_addc(&p, '(');
        add_block(&p, f);
        if (f->flags & (FIELD_NAMES_CIDRS | FIELD_NAMES_REF)) {
                str_addc(&p, '|');
                add_named(&p, f, kind);
                str_add(&p, PATTERN_NAME);
        }
        for (size_t i = 0; f->flags & FIELD_NAMES_SERVICE && kinds[i]; i++) {
                if (!kinds[i]->lookup_keys)
                        continue;
                str_addf(&p, "|%s/", kinds[i]->name);
                add_table(&p, kinds[i]->lookup_keys);
        }
        str_addc(&p, ')');
        return str_take(&p);
}

/* The same cases as link_lookup()'s. */
char *pattern_lookup(const Field *f) {
        const Kind *k = ASSERT_PTR(kind_find(f->ref_kind));
        Str p = {};

        str_addf(&p, "((%s/)?", k->name);
        add_table(&p, k->lookup_keys);
        str_addc(&p, '|');
        if (k->lookup_pattern)
                str_addf(&p, "%.*s|", (int) strlen(k->lookup_pattern) - 2,
                         k->lookup_pattern + 1); /* no ^ and $ */
        if (lookup_is_id(f))
                add_ocid(&p, &(Choices){ .w = (const char *[]){ k->ocid_type }, .n = 1 });
        else
                str_add(&p, PATTERN_LINE ":" PATTERN_LINE);
        str_addc(&p, ')');
        return str_take(&p);
}

char *pattern_port(void) {
        return xstrdup(PORT "(-" PORT ")?");
}

/* Behind the '[' of a bracket: its end, or NULL when something in it means another thing to ECMA 262. */
static const char *skip_bracket(const char *p) {
        if (*p == '^')
                p++;
        if (*p == ']')
                return NULL;
        while (*p && *p != ']') {
                if (*p == '\\' || (*p == '[' && p[1] && strchr(":.=", p[1])))
                        return NULL;
                p++;
        }
        return *p ? p + 1 : NULL;
}

bool pattern_is_portable(const char *posix) {
        const char *p = posix;

        while (p && *p) {
                if (*p == '\\' && (!p[1] || isalnum((unsigned char) p[1])))
                        return false;
                p = *p == '[' ? skip_bracket(p + 1) : p + (*p == '\\' ? 2 : 1);
        }
        return p;
}
