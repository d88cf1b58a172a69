/* Scalars of a spec, each checked and told about in one sentence: what the key takes, and what it got. */
#include "loader.h"

#include <errno.h>

#include "oci/ocid.h"
#include "oci/region.h"

char *describe_node(const YamlNode *n) {
        if (n->type == YAML_SEQUENCE)
                return xstrdup("a list");
        if (n->type == YAML_MAPPING)
                return xstrdup("a mapping");
        switch (n->kind) {
        case YAML_STRING:
                return strlen(n->value) > 60 ? xstrdup("a longer text") : xasprintf("'%s'", n->value);
        case YAML_NULL:
                return xstrdup("nothing");
        case YAML_BOOL:
        case YAML_INT:
        case YAML_FLOAT:
                return xasprintf("%.30s", n->value);
        }
        return xstrdup("something else");
}

void fail_type(Loader *l, const YamlNode *n, const char *key, const char *wanted) {
        _cleanup_free_ char *got = describe_node(n);

        fail(l, n, "'%s' takes %s, not %s", key, wanted, got);
}

static bool is_scalar(const YamlNode *n, YamlKind kind) {
        return n->type == YAML_SCALAR && n->kind == kind;
}

bool is_text(const YamlNode *n) {
        return is_scalar(n, YAML_STRING);
}

static size_t n_characters(const char *s) {
        size_t size = strlen(s), n = 0;

        for (size_t at = 0; at < size; n++)
                at += MAX(utf8_next(s + at, size - at, NULL), (size_t) 1);
        return n;
}

const char *parse_text(Loader *l, const YamlNode *n, const char *key, size_t min, size_t max) {
        size_t length;

        if (!is_text(n)) {
                _cleanup_free_ char *got = describe_node(n);
                SpecDiagnostic *d = fail(l, n, "'%s' takes text, not %s", key, got);

                if (n->type == YAML_SCALAR && n->kind != YAML_NULL)
                        hint(d, "quote it: \"%s\"", n->value);
                return NULL;
        }
        length = n_characters(n->value);
        if (length < min || length > max) {
                fail(l, n, "'%s' takes %zu to %zu characters, not %zu", key, min, max, length);
                return NULL;
        }
        if (str_has_control(n->value)) {
                fail(l, n, "'%s' takes one line of text, without control characters", key);
                return NULL;
        }
        return n->value;
}

const char *parse_name(Loader *l, const YamlNode *n, const char *key) {
        const char *name = parse_text(l, n, key, 1, 255);

        if (name && strchr(name, '/')) {
                hint(fail(l, n,
                          "'%s' takes a name without '/', which stands between the parts of an address",
                          key),
                     "the region and the kind are known from where it stands");
                return NULL;
        }
        return name;
}

#define FEW 5

int parse_word(Loader *l, const YamlNode *n, const char *key, const char *const *table) {
        _cleanup_choices_ Choices words = {};
        _cleanup_free_ char *got = NULL;
        SpecDiagnostic *d;

        for (int i = 0; table[i]; i++)
                if (is_text(n) && streq(n->value, table[i]))
                        return i;
        choices_add_table(&words, table);
        got = describe_node(n);
        if (words.n <= FEW) {
                _cleanup_free_ char *all = choices_text(&words);

                d = fail(l, n, "'%s' takes %s, not %s", key, all, got);
                if (words.n > 1 && n->type == YAML_SCALAR)
                        hint_did_you_mean(d, str_nearest(n->value, words.w, words.n));
                return -1;
        }
        d = fail(l, n, "'%s' takes one of %zu words, not %s", key, words.n, got);
        hint_words(d, n->type == YAML_SCALAR ? n->value : "", &words);
        return -1;
}

bool is_octal_looking(Loader *l, const YamlNode *n, const char *key) {
        const char *digits = n->value;

        if (n->type != YAML_SCALAR || digits[0] != '0' || digits[strspn(digits, "0123456789")] || !digits[1])
                return false;
        hint(fail(l, n, "'%s' takes a number without leading zeros, not %.30s", key, digits),
             "some readers of YAML take it for an octal one");
        return true;
}

bool parse_number(Loader *l, const YamlNode *n, const char *key, int64_t min, int64_t max, int64_t *ret) {
        _cleanup_free_ char *wanted = NULL;

        if (is_octal_looking(l, n, key))
                return false;
        if (is_scalar(n, YAML_INT) && parse_i64(n->value, min, max, ret) == 0)
                return true;
        wanted = xasprintf("a number from %lld to %lld", (long long) min, (long long) max);
        fail_type(l, n, key, wanted);
        return false;
}

bool parse_percent(Loader *l, const YamlNode *n, const char *key, int64_t min, int64_t max, int64_t *ret) {
        _cleanup_free_ char *wanted = NULL, *digits = NULL;

        if (is_text(n) && endswith(n->value, "%")) {
                digits = xstrndup(n->value, strlen(n->value) - 1);
                if (parse_i64(digits, min, max, ret) == 0)
                        return true;
        }
        wanted = xasprintf("a percentage from %lld%% to %lld%%", (long long) min, (long long) max);
        fail_type(l, n, key, wanted);
        return false;
}

bool parse_list(Loader *l, const YamlNode *n, const char *key) {
        if (n->type == YAML_SEQUENCE)
                return true;
        fail_type(l, n, key, "a list");
        return false;
}

bool parse_block(Loader *l, const Field *f, const YamlNode *n, Cidr *ret) {
        char text[CIDR_TEXT_SIZE];

        if (!is_text(n) || cidr_parse(n->value, ret) < 0) {
                _cleanup_free_ char *got = describe_node(n);

                hint(fail(l, n, "'%s' takes a CIDR block, not %s", f->name, got),
                     "a block is written as 10.0.0.0/16");
                return false;
        }
        if (cidr_has_host_bits(ret)) {
                cidr_mask(ret);
                hint_did_you_mean(fail(l, n, "%s has bits set beyond its prefix", n->value),
                                  cidr_format(ret, text));
                return false;
        }
        if (f->max > 0 && ret->ipv6) {
                fail(l, n, "'%s' takes an IPv4 block, not %s", f->name, n->value);
                return false;
        }
        if (f->max > 0 && ((int64_t) ret->prefix < f->min || (int64_t) ret->prefix > f->max)) {
                fail(l, n, "'%s' takes a block of /%lld to /%lld, not %s", f->name, (long long) f->min,
                     (long long) f->max, n->value);
                return false;
        }
        return true;
}

static bool check_ocid_place(Loader *l, const YamlNode *n, const Ocid *o, unsigned region) {
        const EstateRegion *r = region == NO_REGION ? l->estate->regions : l->estate->regions + region;
        const char *realm;

        if (l->estate->n_regions == 0 || isempty(r->region))
                return true; /* there is an error about that */
        realm = oci_region_realm(r->region);
        if (!streq(o->realm, realm)) {
                fail(l, n, "this OCID is of realm %s, and %s of %s", o->realm, r->region, realm);
                return false;
        }
        if (region != NO_REGION && *o->region && !streq(o->region, r->region)) {
                fail(l, n, "this OCID is of %s, and region '%s' is %s", o->region, r->name, r->region);
                return false;
        }
        return true;
}

bool check_ocid(Loader *l, const YamlNode *n, const char *key, const char *const *types, unsigned region) {
        const char *text = parse_text(l, n, key, 1, 1000), *why;
        _cleanup_free_ char *wanted = NULL;
        _cleanup_choices_ Choices words = {};
        Ocid o;

        if (!text)
                return false;
        if (ocid_parse(text, &o, &why) < 0) {
                hint(fail(l, n, "'%s' takes an OCID, and this %s", key, why),
                     "an OCID is ocid1.TYPE.REALM.REGION.UNIQUE");
                return false;
        }
        for (size_t i = 0; types && types[i]; i++) {
                if (streq(o.type, types[i]))
                        return check_ocid_place(l, n, &o, region);
                choices_add(&words, types[i]);
        }
        if (!types)
                return check_ocid_place(l, n, &o, region);
        wanted = choices_text(&words);
        fail(l, n, "'%s' takes an OCID of type %s, not %s", key, wanted, o.type);
        return false;
}
