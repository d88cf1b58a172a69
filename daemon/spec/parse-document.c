/* The documents: what kind each is, and the resources that they declare, by name and with their children. */
#include "loader.h"

#include <errno.h>

static void document_words(Choices *words) {
        choices_add(words, "Estate");
        choices_add(words, "Region");
        for (size_t i = 0; kinds[i]; i++)
                if (!kinds[i]->section && !(kinds[i]->flags & KIND_LOOKUP))
                        choices_add(words, kinds[i]->name);
}

/* A kind that is declared inside of another: says where. */
static void fail_place_of_kind(Loader *l, const YamlNode *n, const Kind *k) {
        if (k->flags & KIND_LOOKUP)
                fail(l, n, "kind '%s' is the cloud's own and cannot be declared", k->name);
        else
                fail(l, n, "kind '%s' is no document of its own: it stands in '%s' of a %s", k->name,
                     k->section, k->parent ? k->parent : "Region");
}

static bool document_sort(Loader *l, Document *d) {
        _cleanup_choices_ Choices words = {};
        const YamlNode *kind;
        const Kind *k;

        document_words(&words);
        if (d->root->type != YAML_MAPPING) {
                fail(l, d->root, "a document is a mapping with a 'kind'");
                return false;
        }
        kind = yaml_get(d->root, "kind");
        if (!kind) {
                hint_words(fail(l, d->root, "this document has no 'kind'"), "", &words);
                return false;
        }
        if (!is_text(kind)) {
                fail_type(l, kind, "kind", "a word");
                return false;
        }
        d->is_estate = streq(kind->value, "Estate");
        d->is_region = streq(kind->value, "Region");
        k = kind_find(kind->value);
        if (k && (k->section || k->flags & KIND_LOOKUP)) {
                fail_place_of_kind(l, kind, k);
                return false;
        }
        if (!d->is_estate && !d->is_region && !k) {
                hint_words(fail(l, kind, "kind '%s' is not one that tandem knows", kind->value), kind->value,
                           &words);
                return false;
        }
        d->kind = k;
        return true;
}

void documents_sort(Loader *l) {
        for (size_t i = 0; i < l->n_documents; i++) {
                Document *d = l->documents + i;

                l->file = d->file;
                if (document_sort(l, d))
                        continue;
                d->is_lost = true;
                l->lost_all = true;
        }
}

void lose_kind(Loader *l, const Kind *k) {
        l->lost[kind_order(k)] = true;
}

static void declare_section(Loader *l, const SpecMap *m, const Kind *k, unsigned region, Item *parent);

static void declare_children(Loader *l, const SpecMap *m, const char *kind, unsigned region, Item *parent) {
        for (size_t i = 0; i < m->node->n_pairs; i++) {
                const Kind *k = m->words[i] ? kind_of_section(kind, m->words[i]) : NULL;

                if (k)
                        declare_section(l, m, k, region, parent);
        }
}

/* Adds the resource under a name that no spec can say, so that the rest of it is checked all the same. */
static void add_unnamed(Loader *l, Desired *d) {
        free(d->name);
        free(d->address);
        d->name = xasprintf("/%zu", l->n_items);
        d->address = estate_address(l->estate, d->region, d->kind, d->name);
        (void) estate_add(l->estate, d); /* the number makes it unique */
}

#define ADDRESS_MAX 255 /* it is the value of a tag */

static void add_named(Loader *l, Item *item, const YamlNode *name) {
        Desired *d = item->desired;

        d->address = estate_address(l->estate, d->region, d->kind, d->name);
        if (strlen(d->address) > ADDRESS_MAX) {
                fail(l, name,
                     "the address %.40s… of this %s is longer than %d bytes: its name must be shorter",
                     d->address, d->kind->name, ADDRESS_MAX);
                add_unnamed(l, d);
        } else if (estate_add(l->estate, d) < 0) {
                const Desired *first = estate_find(l->estate, d->address);
                _cleanup_free_ char *where = place_text(l, item_of(l, first)->place);

                item->first = item_of(l, first);
                hint(fail(l, name, "%s is declared twice", d->address), "the first is at %s", where);
                add_unnamed(l, d);
        }
}

static Item *item_new(Loader *l, const YamlNode *n, const Kind *k, unsigned region, Item *parent) {
        Item *item = xnew(Item, 1);

        item->desired = xnew(Desired, 1);
        item->parent = parent;
        item->place = place_of(l, n);
        *item->desired = (Desired){
                .kind = k,
                .region = region,
                .parent = parent ? parent->desired : NULL,
                .want = json_new_object(),
                .mark = mark_of(l, n),
        };
        return item;
}

/* The keys of a kind: what any resource carries, its fields, and the sections of its children. */
static void item_words(Choices *words, const Kind *k) {
        if (!k->section)
                choices_add(words, "kind");
        choices_add_meta(words, k);
        for (const Field *f = kind_field_first(k); f; f = kind_field_next(k, f))
                if (!(f->flags & FIELD_NOT_IN_SPEC))
                        choices_add_field(words, f);
        choices_add_parent(words, k);
        for (size_t i = 0; kinds[i]; i++)
                if (kinds[i]->section && streq_ptr(kinds[i]->parent, k->name))
                        choices_add(words, kinds[i]->section);
}

static void declare(Loader *l, const YamlNode *n, const Kind *k, unsigned region, Item *parent) {
        _cleanup_choices_ Choices words = {};
        const YamlNode *name;
        Item *item;

        if (l->n_items >= SPEC_RESOURCES_MAX) {
                if (l->n_items == SPEC_RESOURCES_MAX && !l->lost_all)
                        fail(l, n, "more than %d resources in one estate", SPEC_RESOURCES_MAX);
                l->lost_all = true;
                return;
        }
        item = l->item = item_new(l, n, k, region, parent);
        item_words(&words, k);
        if (!map_open(l, n, &words, k->name, &item->map)) {
                lose_kind(l, k);
                desired_free(item->desired);
                free(item);
                l->item = NULL;
                return;
        }
        name = map_get(&item->map, "name");
        if (!name)
                fail(l, n, "this %s has no 'name'", k->name);
        item->desired->name = name ? xstrdup(parse_name(l, name, "name")) : NULL;
        if (item->desired->name) {
                item->place = place_of(l, name);
                add_named(l, item, name);
        } else {
                lose_kind(l, k);
                add_unnamed(l, item->desired);
        }
        array_push(l->items, l->n_items, item);
        declare_children(l, &item->map, k->name, region, item);
        l->item = NULL;
}

static void declare_section(Loader *l, const SpecMap *m, const Kind *k, unsigned region, Item *parent) {
        const YamlNode *list = map_get(m, k->section);

        l->item = parent;
        if (!parse_list(l, list, k->section)) {
                l->lost_all = true;
                return;
        }
        for (size_t i = 0; i < list->n_items; i++)
                declare(l, list->items[i], k, region, parent);
}

void documents_declare(Loader *l) {
        for (size_t i = 0; i < l->n_documents; i++) {
                const Document *d = l->documents + i;

                l->file = d->file;
                l->item = NULL;
                if (d->is_lost || d->is_estate)
                        continue;
                if (d->is_region)
                        declare_children(l, &d->map, NULL, d->region, NULL);
                else
                        declare(l, d->root, d->kind, NO_REGION, NULL);
        }
        l->item = NULL;
}
