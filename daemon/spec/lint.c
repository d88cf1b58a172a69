/* What is wrong between values that are right one by one: blocks that overlap or lie outside, places that hold one thing only, and
 * what a kind knows of itself. */
#include "loader.h"

#include <uthash.h>

#include "network/declared.h"

static void enter(Loader *l, Item *item) {
        l->item = item;
        l->file = item ? item->place.file : 0;
}

/* A block whose list could not be read as a whole was complained about already. */
static bool is_good(const Block *b) {
        return json_get(b->item->desired->want, field_api(b->field));
}

/* A second one of the same name is one mistake, told already, whatever else the two have in common: an alias of YAML has all. */
static bool is_same_twice(const Item *a, const Item *b) {
        const Item *one = a->first ? a->first : a, *two = b->first ? b->first : b;

        return a != b && one == two;
}

static bool must_differ(const Block *a, const Block *b) {
        if (is_same_twice(a->item, b->item))
                return false;
        if (a->field->flags & b->field->flags & FIELD_ESTATE_UNIQUE)
                return true;
        return a->field == b->field && a->field->flags & FIELD_SIBLING_UNIQUE &&
               a->item->parent == b->item->parent;
}

static const char *overlap_hint(const Block *a, const Block *b) {
        if (!(a->field->flags & FIELD_ESTATE_UNIQUE))
                return "blocks of one parent lie side by side";
        if (a->item->desired->region != b->item->desired->region)
                return "two regions joined by a DRG need CIDRs of their own";
        return "VCNs that meet at a DRG need CIDRs of their own";
}

/* The wider of the two is shown, else the later. */
static void fail_overlap(Loader *l, const Block *a, const Block *b) {
        const Block *shown = a->cidr.prefix < b->cidr.prefix ? a : b, *other = shown == a ? b : a;
        char one[CIDR_TEXT_SIZE], two[CIDR_TEXT_SIZE];
        _cleanup_free_ char *where = place_text(l, other->place);

        hint(fail_at(l, shown->place, "%s overlaps %s of %s (%s)", cidr_format(&shown->cidr, one),
                     cidr_format(&other->cidr, two), other->item->desired->address, where),
             "%s", overlap_hint(a, b));
}

static void lint_overlaps(Loader *l) {
        for (size_t j = 0; j < l->n_blocks; j++) {
                const Block *b = l->blocks + j;

                for (size_t i = 0; is_good(b) && i < j; i++) {
                        const Block *a = l->blocks + i;

                        if (!must_differ(a, b) || !cidr_overlaps(&a->cidr, &b->cidr) || !is_good(a))
                                continue;
                        enter(l, (Item *) b->item);
                        fail_overlap(l, a, b);
                        break;
                }
        }
}

/* Addresses that no VCN has: what the service itself uses or refuses, and what no host may be called by. */
static const struct {
        const char *block, *what;
} reserved[] = {
        { "0.0.0.0/8", "no host has such an address" },
        { "127.0.0.0/8", "each host's own loopback" },
        { "169.254.0.0/16", "OCI's own: boot volumes, and the metadata of instances" },
        { "224.0.0.0/4", "multicast" },
        { "240.0.0.0/4", "the Internet Protocol reserves them" },
};

/* Blocks that lie within others need no look of their own. */
static void lint_reserved(Loader *l) {
        for (size_t i = 0; i < l->n_blocks; i++) {
                const Block *b = l->blocks + i;

                for (size_t j = 0; b->field->flags & FIELD_ESTATE_UNIQUE && j < ARRAY_SIZE(reserved); j++) {
                        char text[CIDR_TEXT_SIZE];
                        Cidr c;

                        if (cidr_parse(reserved[j].block, &c) < 0 || !cidr_overlaps(&c, &b->cidr))
                                continue;
                        enter(l, (Item *) b->item);
                        hint(fail_at(l, b->place, "%s overlaps the reserved addresses %s: %s",
                                     cidr_format(&b->cidr, text), reserved[j].block, reserved[j].what),
                             "take a block of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16");
                }
        }
}

static void lint_within_parent(Loader *l) {
        for (size_t i = 0; i < l->n_blocks; i++) {
                const Block *b = l->blocks + i;
                _cleanup_str_ Str outer = {};
                bool inside = false;

                if (!(b->field->flags & FIELD_WITHIN_PARENT) || !b->item->parent)
                        continue;
                for (size_t j = 0; j < b->item->parent->n_blocks; j++) {
                        const Block *p = l->blocks + b->item->parent->first_block + j;
                        char text[CIDR_TEXT_SIZE];

                        if (!is_good(p))
                                continue;
                        inside = inside || cidr_contains(&p->cidr, &b->cidr);
                        str_addf(&outer, "%s%s", outer.size ? ", " : "", cidr_format(&p->cidr, text));
                }
                if (!inside && outer.size) {
                        char text[CIDR_TEXT_SIZE];

                        enter(l, (Item *) b->item);
                        hint(fail_at(l, b->place, "%s lies outside of %s", cidr_format(&b->cidr, text),
                                     b->item->parent->desired->address),
                             "that has %s", str_get(&outer));
                }
        }
}

/* Places that hold one thing only, by a text that names the place. */
typedef struct Taken {
        UT_hash_handle hh;
        char *key;
        const Item *item;
} Taken;

/* Who took the place before; else it is this one's now, and NULL. */
static const Item *take_place(Taken **taken, const Item *item, const char *place) {
        const Desired *d = item->desired;
        _cleanup_free_ char *key = xasprintf("%s %u %zu %s", d->kind->name, d->region,
                                             d->parent ? (size_t) d->parent->index : SIZE_MAX, place);
        Taken *t;

        HASH_FIND_STR(*taken, key, t);
        if (t)
                return t->item;
        t = xnew(Taken, 1);
        t->key = TAKE_PTR(key);
        t->item = item;
        HASH_ADD_KEYPTR(hh, *taken, t->key, strlen(t->key), t);
        return NULL;
}

static void check_only_one(Loader *l, Taken **taken, const Item *item) {
        const Item *first = take_place(taken, item, "");
        const Kind *k = item->desired->kind;
        _cleanup_free_ char *where = NULL;

        if (!first)
                return;
        where = place_text(l, first->place);
        hint(fail_at(l, item->place, "a %s has one %s, and %s is there already", k->parent, k->name,
                     first->desired->address),
             "it is at %s", where);
}

/* Blocks are compared as blocks, above. */
static void check_unique(Loader *l, Taken **taken, const Item *item, const char *path) {
        _cleanup_free_ char *member = xstrndup(path, strcspn(path, ".")), *text = NULL, *place = NULL,
                            *where = NULL;
        const cJSON *value = json_path(item->desired->want, path);
        const Field *f = kind_field(item->desired->kind, member);
        const Item *first;

        if (!value || !f || f->type == FIELD_CIDR || f->type == FIELD_CIDRS)
                return;
        text = json_canonical(value);
        if (f->flags & FIELD_CASELESS)
                (void) str_lower(text);
        place = xasprintf("%s %s", path, text);
        first = take_place(taken, item, place);
        if (!first)
                return;
        where = place_text(l, first->place);
        hint(fail_at(l, map_place(l, &item->map, member), "%s has the same %s", first->desired->address,
                     path),
             "it is at %s", where);
}

static void taken_clear(Taken **taken) {
        Taken *t = *taken, *next;

        HASH_CLEAR(hh, *taken);
        for (; t; t = next) {
                next = t->hh.next;
                free(t->key);
                free(t);
        }
}

static void lint_places(Loader *l) {
        Taken *taken = NULL;

        for (size_t i = 0; i < l->n_items; i++) {
                Item *item = l->items[i];
                const Kind *k = item->desired->kind;

                if (item->first)
                        continue;
                enter(l, item);
                if (k->one_per_parent)
                        check_only_one(l, &taken, item);
                for (const char *const *path = k->unique; path && *path; path++)
                        check_unique(l, &taken, item, *path);
        }
        taken_clear(&taken);
}

/* Whether only its name can tell which thing of the cloud it is, until it carries our tags. */
static bool is_found_by_name(const Item *item) {
        const Desired *d = item->desired;

        return !(d->kind->flags & KIND_NOT_CLOUD) && !d->kind->one_per_parent && !d->pin && !d->role &&
               !item->first && (d->displayName || d->name[0] != '/');
}

/* Two of one name in one place: whichever came first would take what is found by it. */
static void lint_names(Loader *l) {
        Taken *taken = NULL;

        for (size_t i = 0; i < l->n_items; i++) {
                const Item *item = l->items[i], *first;
                const Desired *d = item->desired;
                const char *name = d->displayName ? d->displayName : d->name;
                _cleanup_free_ char *place = NULL, *where = NULL;

                if (!is_found_by_name(item))
                        continue;
                place = xasprintf("%s %s", d->parent || !d->compartment ? "" : d->compartment, name);
                first = take_place(&taken, item, place);
                if (!first)
                        continue;
                enter(l, l->items[i]);
                where = place_text(l, first->place);
                hint(fail_at(l,
                             map_get(&item->map, "displayName") ? map_place(l, &item->map, "displayName")
                                                                : item->place,
                             "%s has the same displayName '%s', and neither has an 'id'",
                             first->desired->address, name),
                     "it is at %s; by the name alone nobody can tell which is which", where);
        }
        taken_clear(&taken);
}

/* Where that field stands in a mapping of these fields: in the mapping itself, or in one inside of it. False: nowhere. */
static bool find_field(const Loader *l, const Field *fields, const YamlNode *n, const Field *f, Place *ret) {
        if (n->type == YAML_SEQUENCE) {
                for (size_t i = 0; i < n->n_items; i++)
                        if (find_field(l, fields, n->items[i], f, ret))
                                return true;
                return false;
        }
        for (size_t i = 0; i < n->n_pairs; i++) {
                const YamlNode *key = n->pairs[i].key, *value = n->pairs[i].value;
                const Field *g = fields;

                while (g->name && !streq(g->name, key->value))
                        g++;
                if (g == f) {
                        *ret = place_of(l, value->mark.line == value->end.line ? value : key);
                        return true;
                }
                if (g->name && g->fields && find_field(l, g->fields, value, f, ret))
                        return true;
        }
        return false;
}

static Place place_of_field(const Loader *l, const Item *item, const Field *f) {
        Place place = item->place;

        if (f && kind_field(item->desired->kind, f->name) == f)
                return map_get(&item->map, f->name) ? map_place(l, &item->map, f->name) : place;
        if (f && item->desired->kind->fields)
                (void) find_field(l, item->desired->kind->fields, item->map.node, f, &place);
        return place;
}

static void on_report(void *userdata, const Desired *d, const Field *f, bool error, const char *message) {
        Loader *l = userdata;
        Place place = place_of_field(l, item_of(l, d), f);

        if (error)
                fail_at(l, place, "%s", message);
        else
                warn_at(l, place, "%s", message);
}

/* A kind's own lint looks at whole resources: one that is wrong already would only be wrong once more. */
static void lint_kinds(Loader *l) {
        for (size_t i = 0; i < l->n_items; i++) {
                Item *item = l->items[i];

                enter(l, item);
                if (item->desired->kind->lint && item->n_errors == 0)
                        item->desired->kind->lint(l->estate, item->desired, on_report, l);
        }
}

/* What is only useless or missing is looked for when nothing is wrong: what is wrong may be what is missed. */
static void lint_whole(Loader *l) {
        _cleanup_(topology_freep) Topology *t = NULL;

        if (l->diagnostics->n_errors > 0)
                return;
        t = topology_declared(l->estate);
        lint_rules(l, t);
        lint_unused(l);
        lint_paths(l, t);
}

void lint(Loader *l) {
        lint_overlaps(l);
        lint_reserved(l);
        lint_within_parent(l);
        lint_places(l);
        claim_roles(l);
        lint_names(l);
        lint_kinds(l);
        enter(l, NULL);
        lint_whole(l);
}
