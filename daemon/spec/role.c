/* Roles: which declared resource is the thing that OCI made by itself, a VCN's own route table or an RPC's attachment. One role
 * has one claimant. */
#include "loader.h"

typedef struct Claim {
        char *key; /* whose pointer, and which */
        const Item *item;
} Claim;

typedef struct Claims {
        Claim *c;
        size_t n;
} Claims;

/* Where a role's key is shown: "networkDetails.type" at networkDetails. */
static Place role_place(const Loader *l, const Item *item, const Role *role) {
        _cleanup_free_ char *member = xstrndup(role->key, strcspn(role->key, "."));

        return map_get(&item->map, member) ? map_place(l, &item->map, member) : item->place;
}

static void claim(Loader *l, Claims *claims, Item *item, const Role *role, char *key_taken,
                  const char *value) {
        Desired *d = item->desired;

        for (size_t i = 0; i < claims->n; i++) {
                const Item *first = claims->c[i].item;
                _cleanup_free_ char *where = NULL;

                if (!streq(claims->c[i].key, key_taken))
                        continue;
                where = place_text(l, first->place);
                hint(fail_at(l, role_place(l, item, role), "%s says '%s: %s' already",
                             first->desired->address, role->key, value),
                     "it is at %s", where);
                free(key_taken);
                return;
        }
        array_push(claims->c, claims->n, ((Claim){ .key = key_taken, .item = item }));
        d->role = role;
        d->role_value = xstrdup(value);
}

/* The parent's pointer is wanted, too: it shall lead to this resource. */
static void set_in_parent(Loader *l, Item *item, const Role *role, const char *path) {
        _cleanup_free_ char *member = xstrndup(path, strcspn(path, "."));
        Desired *parent = item->desired->parent;
        FieldMark mark = { .field = kind_field(parent->kind, member),
                           .mark = mark_of(l, map_key(&item->map, role->key)) };

        json_set_path(parent->want, path, symbol_new_ref(item->desired->address));
        if (mark.field)
                array_push(parent->marks, parent->n_marks, mark);
}

/* A key of its own says so: defaultOf, defaultFor. */
static void claim_by_key(Loader *l, Claims *claims, Item *item, const Role *role, const Field *f) {
        const YamlNode *n = map_get(&item->map, role->key);
        const Desired *holder = item->desired->parent;
        _cleanup_free_ char *path = NULL;
        const char *value;

        if (!n)
                return;
        if (role->holder_kind) {
                _cleanup_json_ cJSON *reference = link_reference(l, f, n);

                holder = reference ? estate_find(l->estate, symbol_ref(reference)) : NULL;
                if (!holder)
                        return;
                value = holder->name;
        } else {
                int i = parse_word(l, n, f->name, f->words);

                if (i < 0)
                        return;
                value = f->words[i];
        }
        if (role->value && !streq(role->value, value))
                return;
        path = xasprintf("%s%s", role->pointer, endswith(role->pointer, ".") ? value : "");
        claim(l, claims, item, role, xasprintf("%s %s", holder->address, path), value);
        if (role->in_parent_want && item->desired->role == role)
                set_in_parent(l, item, role, path);
}

/* What it is follows from a member: an attachment of an RPC is the one that OCI makes with it. */
static void claim_by_member(Loader *l, Claims *claims, Item *item, const Role *role) {
        const char *value = json_path_string(item->desired->want, role->key);
        const cJSON *own = json_path(item->desired->want, role->own_path);
        _cleanup_free_ char *text = NULL;

        if (!value || !own || !streq_ptr(role->value, value))
                return;
        text = json_canonical(own);
        claim(l, claims, item, role, xasprintf("%s %s", role->own_path, text), value);
}

void claim_roles(Loader *l) {
        Claims claims = {};

        for (size_t i = 0; i < l->n_items; i++) {
                Item *item = l->items[i];
                const Kind *k = item->desired->kind;

                l->item = item;
                l->file = item->place.file;
                for (const Role *role = k->roles; role && role->key; role++) {
                        const Field *f = kind_field(k, role->key);

                        if (f && f->type == FIELD_ROLE)
                                claim_by_key(l, &claims, item, role, f);
                        else if (role->own_path)
                                claim_by_member(l, &claims, item, role);
                }
        }
        for (size_t i = 0; i < claims.n; i++)
                free(claims.c[i].key);
        free(claims.c);
        l->item = NULL;
}
