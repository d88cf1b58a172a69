/* Names: NAME, Kind/NAME, region/Kind/NAME. What they may name is the field's matter; what a name means is one function, and what
 * is wrong with it is said with the nearest one that is right. */
#include "loader.h"

#include <ctype.h>

#include "oci/ocid.h"

static const unsigned own_blocks = FIELD_ESTATE_UNIQUE | FIELD_SIBLING_UNIQUE | FIELD_WITHIN_PARENT;

static bool is_block_field(const Field *f) {
        return f->type == FIELD_CIDR || f->type == FIELD_CIDRS;
}

/* A Vcn or a Subnet: something that has blocks of its own. */
static bool has_blocks(const Kind *k) {
        for (const Field *f = kind_field_first(k); f; f = kind_field_next(k, f))
                if (is_block_field(f) && f->flags & own_blocks)
                        return true;
        return false;
}

bool link_admits(const Field *f, const Kind *k) {
        if (k->flags & (KIND_LOOKUP | KIND_NOT_CLOUD))
                return false;
        if (is_block_field(f))
                return (f->flags & FIELD_NAMES_CIDRS && has_blocks(k)) ||
                       (f->flags & FIELD_NAMES_REF && streq(f->ref_kind, k->name));
        if (f->ref_kind)
                return streq(f->ref_kind, k->name);
        for (const char *const *name = f->ref_kinds; name && *name; name++)
                if (streq(*name, k->name))
                        return true;
        return !f->ref_kinds;
}

static bool may_cross(const Field *f, const Kind *k) {
        return is_block_field(f) ? has_blocks(k) : f->flags & FIELD_ANY_REGION;
}

const Kind *link_fixed_kind(const Field *f) {
        return is_block_field(f) || !f->ref_kind ? NULL : kind_find(f->ref_kind);
}

static void admitted_words(Choices *words, const Field *f) {
        for (size_t i = 0; kinds[i]; i++)
                if (link_admits(f, kinds[i]))
                        choices_add(words, kinds[i]->name);
}

static bool is_lost(const Loader *l, const Kind *k) {
        return l->lost_all || l->lost[kind_order(k)];
}

/* What has that name and may stand here, as it would be written; empty when there is nothing. */
static void find_candidates(const Loader *l, const Field *f, unsigned region, const char *name,
                            bool with_region, Str *ret) {
        for (size_t i = 0; i < l->estate->n_resources; i++) {
                const Desired *d = l->estate->resources[i];

                if (!streq(d->name, name) || !link_admits(f, d->kind) || d->region == NO_REGION)
                        continue;
                if (region != NO_REGION && d->region != region)
                        continue;
                str_addf(ret, "%s'%s%s%s/%s'", ret->size ? " or " : "",
                         with_region ? l->estate->regions[d->region].name : "", with_region ? "/" : "",
                         d->kind->name, name);
        }
}

static void hint_candidates(const Loader *l, SpecDiagnostic *d, const Field *f, unsigned region,
                            const char *name, bool with_region) {
        _cleanup_str_ Str candidates = {};

        find_candidates(l, f, region, name, with_region, &candidates);
        if (candidates.size)
                hint(d, "did you mean %s?", str_get(&candidates));
        else if (f->doc)
                hint(d, "%s", f->doc);
}

static bool find_region(Loader *l, const YamlNode *n, const char *name, unsigned *ret) {
        _cleanup_choices_ Choices words = {};
        SpecDiagnostic *d;

        for (size_t i = 0; i < l->estate->n_regions; i++) {
                choices_add(&words, l->estate->regions[i].name);
                if (!streq(l->estate->regions[i].name, name))
                        continue;
                *ret = (unsigned) i;
                return true;
        }
        if (l->lost_all)
                return false;
        d = fail(l, n, "no Region is named '%s'", name);
        hint_words(d, name, &words);
        return false;
}

static const Kind *find_kind(Loader *l, const Field *f, const YamlNode *n, const char *name) {
        const Kind *k = kind_find(name);
        _cleanup_choices_ Choices words = {};
        _cleanup_free_ char *wanted = NULL;

        if (k && link_admits(f, k))
                return k;
        admitted_words(&words, f);
        if (!k) {
                hint_words(fail(l, n, "there is no kind '%s' that '%s' could name", name, f->name), name,
                           &words);
                return NULL;
        }
        wanted = choices_text(&words);
        fail(l, n, "'%s' takes something of kind %s, not %s", f->name, wanted, k->name);
        return NULL;
}

/* Something of that kind and name in another region, where there is none in this one. */
static const Desired *find_elsewhere(const Loader *l, const Kind *k, const char *name) {
        for (size_t i = 0; i < l->estate->n_resources; i++) {
                const Desired *d = l->estate->resources[i];

                if (d->kind == k && streq(d->name, name))
                        return d;
        }
        return NULL;
}

static void fail_other_region(Loader *l, const Field *f, const YamlNode *n, const char *address) {
        hint(fail(l, n, "%s is in another region", address), "%s",
             f->region_text ? f->region_text : "what is named here lies in the same region");
}

#define FEW_NAMES 6

/* The nearest of the names, written with what stood before the wrong one; else all of them, when they are few. */
static void hint_names(SpecDiagnostic *d, const YamlNode *n, const char *name, const Choices *names) {
        const char *near = d ? str_nearest(name, names->w, names->n) : NULL;
        _cleanup_free_ char *all = NULL;

        if (near)
                hint(d, "did you mean '%.*s%s'?", (int) (strlen(n->value) - strlen(name)), n->value, near);
        if (near || names->n == 0 || names->n > FEW_NAMES)
                return;
        all = choices_text(names);
        hint(d, "there is %s", all);
}

static void fail_dangling(Loader *l, const Field *f, const YamlNode *n, const Kind *k, unsigned region,
                          const char *name) {
        const Desired *elsewhere = find_elsewhere(l, k, name);
        _cleanup_choices_ Choices words = {};
        SpecDiagnostic *d;

        if (is_lost(l, k))
                return;
        if (elsewhere && !may_cross(f, k)) {
                fail_other_region(l, f, n, elsewhere->address);
                return;
        }
        d = fail(l, n, "there is no %s '%s' in region '%s'", k->name, name, l->estate->regions[region].name);
        if (elsewhere) {
                hint_did_you_mean(d, elsewhere->address);
                return;
        }
        for (size_t i = 0; d && i < l->estate->n_resources; i++) {
                const Desired *other = l->estate->resources[i];

                if (other->kind == k && other->region == region && other->name[0] != '/')
                        choices_add(&words, other->name);
        }
        hint_names(d, n, name, &words);
}

/* Splits the name and finds region and kind; false after an error, or when they may have been lost. */
static bool take_apart(Loader *l, const Field *f, const YamlNode *n, char *const *part, size_t n_parts,
                       unsigned *ret_region, const Kind **ret_kind) {
        unsigned own = l->item->desired->region;
        const Kind *k = n_parts == 1 ? link_fixed_kind(f) : find_kind(l, f, n, part[n_parts - 2]);

        *ret_region = own;
        if (n_parts == 1 && !k) {
                hint_candidates(l, fail(l, n, "'%s' does not say of which kind it is", n->value), f, own,
                                part[0], own == NO_REGION);
                return false;
        }
        if (!k)
                return false;
        if (n_parts == 3 && !find_region(l, n, part[0], ret_region))
                return false;
        if (*ret_region == NO_REGION) {
                hint_candidates(l, fail(l, n, "'%s' does not say in which region it is", n->value), f, own,
                                part[n_parts - 1], true);
                return false;
        }
        if (*ret_region != own && !may_cross(f, k)) {
                fail_other_region(l, f, n, n->value);
                return false;
        }
        *ret_kind = k;
        return true;
}

Item *link_resolve(Loader *l, const Field *f, const YamlNode *n) {
        _cleanup_free_ char *address = NULL;
        _cleanup_(strv_freep) char **part = NULL;
        const Desired *target;
        unsigned region;
        const Kind *k;
        size_t n_parts;

        if (!parse_text(l, n, f->name, 1, 600))
                return NULL;
        part = str_split(n->value, '/');
        n_parts = strv_length(part);
        for (size_t i = 0; i < n_parts; i++)
                if (isempty(part[i]) || n_parts > 3) {
                        hint(fail(l, n, "'%s' is no name of a resource", n->value),
                             "NAME, Kind/NAME or region/Kind/NAME");
                        return NULL;
                }
        if (!take_apart(l, f, n, part, n_parts, &region, &k))
                return NULL;
        address = estate_address(l->estate, region, k, part[n_parts - 1]);
        target = estate_find(l->estate, address);
        if (!target) {
                fail_dangling(l, f, n, k, region, part[n_parts - 1]);
                return NULL;
        }
        return item_of(l, target);
}

/* What belongs to a Vcn or a Drg is of use inside that one only. */
static bool check_family(Loader *l, const YamlNode *n, const Desired *target) {
        const Desired *mine = l->item->desired;

        while (mine && !streq_ptr(mine->kind->name, target->kind->parent))
                mine = mine->parent;
        if (!mine || target->parent == mine)
                return true;
        fail(l, n, "%s belongs to %s, not to %s", target->address, target->parent->address, mine->address);
        return false;
}

#define TYPES_MAX 16

static cJSON *reference_by_ocid(Loader *l, const Field *f, const YamlNode *n) {
        unsigned region = f->flags & FIELD_ANY_REGION ? NO_REGION : l->item->desired->region;
        const char *types[TYPES_MAX + 1] = {};
        const Kind *k = link_fixed_kind(f);
        size_t n_types = 0;

        if (k && k->flags & KIND_NO_PIN) {
                hint(fail(l, n, "a %s is not named by its OCID: its healing makes a new one", k->name),
                     "declare it, and say its name");
                return NULL;
        }
        for (size_t i = 0; kinds[i] && n_types < TYPES_MAX; i++)
                if ((f->ref_kind || f->ref_kinds) && link_admits(f, kinds[i]) && kinds[i]->ocid_type &&
                    !(kinds[i]->flags & KIND_NO_PIN))
                        types[n_types++] = kinds[i]->ocid_type;
        return check_ocid(l, n, f->name, n_types ? types : NULL, region) ? json_new_string(n->value) : NULL;
}

cJSON *link_reference(Loader *l, const Field *f, const YamlNode *n) {
        Item *target;

        if (is_text(n) && startswith(n->value, "ocid1."))
                return reference_by_ocid(l, f, n);
        target = link_resolve(l, f, n);
        if (!target || (!(f->flags & FIELD_ANY_REGION) && !check_family(l, n, target->desired)))
                return NULL;
        return symbol_new_ref(target->desired->address);
}

/* The key of a lookup kind: "all" of Service/all. NULL after an error. */
static cJSON *lookup_symbol(Loader *l, const Field *f, const YamlNode *n, const Kind *k, const char *key,
                            const char *member) {
        const char *prefix = f->type == FIELD_LOOKUP ? "" : k->name, *slash = *prefix ? "/" : "";
        _cleanup_str_ Str wanted = {};

        if (key && k->lookup_pattern && text_matches(k->lookup_pattern, key))
                return symbol_new_lookup(k->name, key, member);
        for (const char *const *word = k->lookup_keys; *word; word++) {
                if (streq_ptr(*word, key))
                        return symbol_new_lookup(k->name, key, member);
                str_addf(&wanted, "%s%s%s%s",
                         !wanted.size ? ""
                         : word[1]    ? ", "
                                      : " or ",
                         prefix, slash, *word);
        }
        if (k->lookup_pattern)
                str_addf(&wanted, " or %s", k->lookup_pattern_text);
        fail_type(l, n, f->name, str_get(&wanted));
        return NULL;
}

/* The looked-up member is an OCID, so that one will do, too. */
bool lookup_is_id(const Field *f) {
        return streq(f->lookup_member, "id") || endswith(f->lookup_member, "Id");
}

cJSON *link_lookup(Loader *l, const Field *f, const YamlNode *n) {
        const Kind *k = ASSERT_PTR(kind_find(f->ref_kind));
        _cleanup_free_ char *prefix = xasprintf("%s/", k->name);
        const char *key;

        if (n->type != YAML_SCALAR || (n->kind != YAML_INT && n->kind != YAML_STRING))
                return lookup_symbol(l, f, n, k, NULL, f->lookup_member);
        if (lookup_is_id(f) && startswith(n->value, "ocid1."))
                return check_ocid(l, n, f->name, (const char *const[]){ k->ocid_type, NULL },
                                  l->item->desired->region)
                               ? json_new_string(n->value)
                               : NULL;
        if (!lookup_is_id(f) && strchr(n->value, ':'))
                return json_new_string(n->value); /* the cloud's own word: "Uocm:US-CHICAGO-1-AD-2" */
        key = startswith(n->value, prefix);
        return lookup_symbol(l, f, n, k, key ? key : n->value, f->lookup_member);
}

/* All blocks of a resource, as its spec says them. NULL when they could not be read: that has been told there. */
static cJSON *blocks_of(const Loader *l, const Item *item) {
        cJSON *ret = json_new_array();

        for (size_t i = 0; i < item->n_blocks; i++) {
                char text[CIDR_TEXT_SIZE];

                json_append_string(ret, cidr_format(&l->blocks[item->first_block + i].cidr, text));
        }
        if (cJSON_GetArraySize(ret) == 1) {
                cJSON *one = cJSON_DetachItemViaPointer(ret, ret->child);

                cJSON_Delete(ret);
                return one;
        }
        if (!ret->child) {
                cJSON_Delete(ret);
                return NULL;
        }
        return ret;
}

/* A CIDR begins with a digit, or it has colons; no Kind/NAME does. */
static bool looks_like_block(const char *s) {
        return isdigit((unsigned char) s[0]) || strchr(s, ':');
}

cJSON *link_cidr(Loader *l, const Field *f, const YamlNode *n) {
        _cleanup_free_ char *kind = NULL;
        char text[CIDR_TEXT_SIZE];
        const Kind *lookup;
        Item *target;
        Cidr c;

        if (!is_text(n) || looks_like_block(n->value))
                return parse_block(l, f, n, &c) ? json_new_string(cidr_format(&c, text)) : NULL;
        kind = xstrndup(n->value, strcspn(n->value, "/"));
        lookup = kind_find(kind);
        if (lookup && lookup->flags & KIND_LOOKUP && f->flags & FIELD_NAMES_SERVICE && strchr(n->value, '/'))
                return lookup_symbol(l, f, n, lookup, strchr(n->value, '/') + 1, "cidrBlock");
        target = link_resolve(l, f, n);
        if (!target)
                return NULL;
        if (has_blocks(target->desired->kind))
                return blocks_of(l, target);
        return check_family(l, n, target->desired) ? symbol_new_ref(target->desired->address) : NULL;
}
