/* What any resource may carry besides its fields: which thing of the cloud it is, where it lives, what is left alone. */
#include "loader.h"

static const char *const foreign_words[] = { "keep", "remove", NULL };
static const char *const compartment_types[] = { "compartment", "tenancy", NULL };

const Key meta_keys[] = {
        { .name = "name",
          .type = KEY_NAME,
          .required = true,
          .doc = "the tandem name: unique per region and kind, it makes the address" },
        { .name = "id",
          .type = KEY_OCID,
          .unknown_to = KIND_NOT_CLOUD | KIND_NO_TAGS,
          .refused_by = KIND_NO_PIN,
          .doc = "OCID of the one thing that this is: a pinned thing that is gone is never made anew" },
        { .name = "compartment",
          .type = KEY_OCID,
          .unknown_to = KIND_NOT_CLOUD,
          .refused_by = KIND_NO_COMPARTMENT,
          .words = compartment_types,
          .doc = "OCID of the compartment that it lives in; left out: the Estate's" },
        { .name = "ignore",
          .type = KEY_FIELDS,
          .unknown_to = KIND_NOT_CLOUD,
          .doc = "fields that are not compared" },
        { .name = "formerly",
          .type = KEY_NAME,
          .unknown_to = KIND_NOT_CLOUD | KIND_NO_TAGS,
          .doc = "the tandem name that it had before it was renamed" },
        { .name = "foreignRules",
          .type = KEY_WORD,
          .of_rules = true,
          .words = foreign_words,
          .doc = "what becomes of rules that others wrote; left out: keep" },
        { .name = "policy",
          .type = KEY_KEYS,
          .keys = policy_keys,
          .doc = "which actions on it need an approval; left out: the Estate's" },
        {},
};

static bool has_rules(const Kind *k) {
        for (const Field *f = kind_field_first(k); f; f = kind_field_next(k, f))
                if (f->type == FIELD_RULES)
                        return true;
        return false;
}

bool has_meta(const Kind *kind, const Key *k) {
        return !(kind->flags & k->unknown_to) && (!k->of_rules || has_rules(kind));
}

void choices_add_meta(Choices *words, const Kind *kind) {
        for (const Key *k = meta_keys; k->name; k++)
                if (has_meta(kind, k))
                        choices_add(words, k->name);
}

/* "nodeConfigDetails.size": members of objects, at any depth. */
static void add_members(Choices *words, const char *path, const Field *fields) {
        for (const Field *f = fields; f && f->name; f++) {
                _cleanup_free_ char *inner = xasprintf("%s.%s", path, f->name);

                if (f->flags & FIELD_NOT_IN_SPEC)
                        continue;
                choices_add_own(words, xstrdup(inner));
                if (f->type == FIELD_OBJECT)
                        add_members(words, inner, f->fields);
        }
}

void choices_add_ignorable(Choices *words, const Kind *kind) {
        for (const Field *f = kind_field_first(kind); f; f = kind_field_next(kind, f)) {
                if (f->type == FIELD_ROLE || f->flags & (FIELD_PASS_THROUGH | FIELD_LOCAL))
                        continue;
                choices_add(words, f->name);
                if (f->type == FIELD_OBJECT)
                        add_members(words, f->name, f->fields);
        }
}

static void parse_pin(Loader *l, Item *item, const YamlNode *n) {
        Desired *d = item->desired;

        if (d->kind->flags & KIND_NO_PIN) {
                fail_at(l, place_of(l, map_key(&item->map, "id")),
                        "a %s is not pinned: its healing makes a new one", d->kind->name);
                return;
        }
        if (!check_ocid(l, n, "id", (const char *const[]){ d->kind->ocid_type, NULL }, d->region))
                return;
        for (size_t i = 0; i < d->index; i++) {
                const Desired *other = l->estate->resources[i];

                if (streq_ptr(other->pin, n->value)) {
                        fail(l, n, "%s is pinned to this OCID already", other->address);
                        return;
                }
        }
        d->pin = xstrdup(n->value);
}

static void parse_compartment(Loader *l, Item *item, const YamlNode *n) {
        Desired *d = item->desired;

        if (d->kind->flags & KIND_NO_COMPARTMENT)
                fail_at(l, place_of(l, map_key(&item->map, "compartment")),
                        "this %s lives in the compartment of its %s", d->kind->name, d->kind->parent);
        else if (check_ocid(l, n, "compartment", compartment_types, NO_REGION))
                d->compartment = xstrdup(n->value);
}

static void parse_ignore(Loader *l, Item *item, const YamlNode *n) {
        _cleanup_choices_ Choices words = {};
        const Kind *k = item->desired->kind;

        if (!parse_list(l, n, "ignore"))
                return;
        choices_add_ignorable(&words, k);
        for (size_t i = 0; i < n->n_items; i++) {
                const char *name = parse_text(l, n->items[i], "ignore", 1, 255);

                if (name && !choices_find(&words, name))
                        hint_words(fail(l, n->items[i], "'ignore' takes fields of %s, and '%s' is none",
                                        k->name, name),
                                   name, &words);
                else if (name)
                        strv_push(&item->desired->ignore, name);
        }
}

/* One of those before 'd' that had the name. */
static const Desired *who_was(const Loader *l, const Desired *d, const char *name) {
        for (size_t i = 0; i < d->index; i++) {
                const Desired *other = l->estate->resources[i];

                if (other->kind == d->kind && other->region == d->region && streq_ptr(other->formerly, name))
                        return other;
        }
        return NULL;
}

static void parse_formerly(Loader *l, Item *item, const YamlNode *n) {
        _cleanup_free_ char *address = NULL;
        const char *name = parse_name(l, n, "formerly");
        const Desired *other;
        Desired *d = item->desired;

        if (!name)
                return;
        address = estate_address(l->estate, d->region, d->kind, name);
        other = estate_find(l->estate, address);
        if (other == d)
                fail(l, n, "'formerly' is the name that it has now");
        else if (other)
                fail(l, n, "'formerly' takes a name that is no longer declared, and %s is", address);
        else if (who_was(l, d, name))
                fail(l, n, "%s says 'formerly: %s' already", who_was(l, d, name)->address, name);
        else
                d->formerly = xstrdup(name);
}

void parse_meta(Loader *l, Item *item) {
        const SpecMap *m = &item->map;
        const YamlNode *pin = map_get(m, "id"), *compartment = map_get(m, "compartment"),
                       *ignore = map_get(m, "ignore");
        const YamlNode *formerly = map_get(m, "formerly"), *policy = map_get(m, "policy");
        const YamlNode *foreign = map_get(m, "foreignRules");
        Desired *d = item->desired;

        memcpy(d->policy, l->estate->policy, sizeof d->policy);
        if (pin)
                parse_pin(l, item, pin);
        if (compartment)
                parse_compartment(l, item, compartment);
        if (!d->compartment && !(d->kind->flags & (KIND_NO_COMPARTMENT | KIND_NOT_CLOUD)))
                d->compartment = xstrdup(l->estate->compartment);
        if (ignore)
                parse_ignore(l, item, ignore);
        if (formerly)
                parse_formerly(l, item, formerly);
        if (policy)
                (void) parse_policy(l, policy_keys, policy, d->policy, d->policy_is_own);
        if (foreign)
                d->remove_foreign = parse_word(l, foreign, "foreignRules", foreign_words) == 1;
}
