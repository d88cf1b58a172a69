/* Which observed thing is which declared one. Tags decide before names, and a name decides only on a complete listing and
 * only when exactly one live thing has it. */
#include "identify.h"

typedef struct Lists {
        const Observed **untagged; /* live and nobody's by tag, sorted by name */
        size_t n_untagged;
        Observed **orphans;
        size_t n_orphans;
        Resource **formerly; /* those that say `formerly` */
        size_t n_formerly;
} Lists;

static bool is_live(const Observed *o) {
        return o->life != LIFE_GONE && o->life != LIFE_GOING;
}

static int compare_names(const void *a, const void *b) {
        return strcmp(observed_name(*(const Observed *const *) a),
                      observed_name(*(const Observed *const *) b));
}

static const char *parent_of(const Observed *o) {
        return o->kind->parent_field ? json_string(o->body, o->kind->parent_field) : NULL;
}

static Resource *resource_of_tag(const Context *c, const Lists *l, const Observed *o) {
        const char *address = observed_tag(o, TAG_ADDRESS);
        Resource *r = context_find(c, address);

        if (r && r->desired && r->kind == o->kind && r->region == o->region)
                return r;
        for (size_t i = 0; address && i < l->n_formerly; i++) {
                Resource *f = l->formerly[i];
                _cleanup_free_ char *old = estate_address(c->estate, f->region, f->kind,
                                                          f->desired->formerly);

                if (f->kind == o->kind && f->region == o->region && streq(old, address))
                        return f;
        }
        return NULL;
}

static void add_candidate(Resource *r, Observed *o) {
        array_push(r->candidates, r->n_candidates, o);
}

static void sort_object(const Context *c, Lists *l, Observed *o) {
        const char *estate = observed_tag(o, TAG_ESTATE);
        Resource *r;

        o->bound = NULL;
        if ((o->kind->flags & KIND_LOOKUP) || o->life == LIFE_GONE)
                return;
        if (!estate) {
                if (is_live(o))
                        array_push(l->untagged, l->n_untagged, o);
                return;
        }
        if (!streq(estate, c->estate->name))
                return;
        r = resource_of_tag(c, l, o);
        if (r)
                add_candidate(r, o);
        else
                array_push(l->orphans, l->n_orphans, o);
}

static void sort_objects(const Context *c, Lists *l) {
        Observed *o, *next;

        for (size_t i = 0; i < c->estate->n_resources; i++) {
                Resource *r = c->resources[i];

                r->n_candidates = 0;
                free(r->candidates);
                r->candidates = NULL;
                r->observed = NULL;
                r->identity = IDENTITY_NONE;
                r->absent = false;
                if (r->desired->formerly)
                        array_push(l->formerly, l->n_formerly, r);
        }
        HASH_ITER (hh, c->world->objects, o, next)
                sort_object(c, l, o);
        if (l->n_untagged > 1)
                qsort(l->untagged, l->n_untagged, sizeof *l->untagged, compare_names);
}

static void bind(Resource *r, Observed *o, Identity how) {
        r->observed = o;
        r->identity = how;
        r->n_candidates = 0;
        o->bound = r;
}

static void bind_by_pin(const Context *c, Resource *r) {
        Observed *o = world_find(c->world, r->desired->pin);

        r->n_candidates = 0;
        if (o && o->kind == r->kind && o->region == r->region && o->life != LIFE_GONE)
                bind(r, o, IDENTITY_PIN);
}

/* Live ones count; one that is going away is shown only when there is no other. */
static bool bind_by_tag(Resource *r) {
        size_t n = 0;
        Observed *going = NULL;

        for (size_t i = 0; i < r->n_candidates; i++) {
                if (is_live(r->candidates[i]))
                        r->candidates[n++] = r->candidates[i];
                else
                        going = r->candidates[i];
        }
        r->n_candidates = n;
        if (n > 1)
                return true; /* two by tags: blocked, both are listed */
        if (n == 1 || going)
                bind(r, n == 1 ? r->candidates[0] : going, IDENTITY_TAG);
        return r->observed;
}

static Observed *role_by_own_path(const Context *c, const Resource *r, const Role *role) {
        const char *address = symbol_ref(json_path(r->desired->want, role->own_path));
        const Resource *target = context_find(c, address);
        Observed *o, *next;

        if (!target || !target->observed)
                return NULL;
        HASH_ITER (hh, c->world->objects, o, next)
                if (o->kind == r->kind && o->region == r->region && is_live(o) &&
                    streq_ptr(json_path_string(o->body, role->own_path), target->observed->id))
                        return o;
        return NULL;
}

static Observed *role_by_pointer(const Context *c, const Resource *r, const Role *role) {
        const Desired *d = r->desired;
        _cleanup_free_ char *address = NULL, *path = NULL;
        const Resource *holder;

        if (role->holder_kind) {
                const Kind *k = kind_find(role->holder_kind);

                address = estate_address(c->estate, r->region, k, d->role_value);
                holder = context_find(c, address);
        } else
                holder = d->parent ? context_resource(c, d->parent) : NULL;
        if (!holder || !holder->observed)
                return NULL;
        path = xasprintf("%s%s", role->pointer, endswith(role->pointer, ".") ? d->role_value : "");
        return world_find(c->world, json_path_string(holder->observed->body, path));
}

/* The pointer was set by OCI; a thing that is tagged as another one already is not taken from it. */
static void bind_by_role(const Context *c, Resource *r) {
        const Role *role = r->desired->role;
        Observed *o = role->own_path ? role_by_own_path(c, r, role) : role_by_pointer(c, r, role);

        if (o && o->kind == r->kind && is_live(o) && !o->bound && !observed_tag(o, TAG_ESTATE))
                bind(r, o, IDENTITY_ROLE);
}

static size_t first_named(const Lists *l, const char *name) {
        size_t low = 0, high = l->n_untagged;

        while (low < high) {
                size_t middle = (low + high) / 2;

                if (strcmp(observed_name(l->untagged[middle]), name) < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

static void bind_by_name(const Context *c, const Lists *l, Resource *r) {
        const Desired *d = r->desired;
        const char *name = d->displayName ? d->displayName : d->name;
        const Resource *parent = d->parent ? context_resource(c, d->parent) : NULL;

        if (parent && !parent->observed)
                return;
        for (size_t i = first_named(l, name);
             i < l->n_untagged && streq(observed_name(l->untagged[i]), name); i++) {
                Observed *o = (Observed *) l->untagged[i];

                if (o->kind != r->kind || o->region != r->region || o->bound)
                        continue;
                if (parent && r->kind->parent_field && !streq_ptr(parent_of(o), parent->observed->id))
                        continue;
                add_candidate(r, o);
        }
        if (r->n_candidates == 1)
                bind(r, r->candidates[0], IDENTITY_NAME);
}

static Listing *listing_of(const Context *c, const Resource *r) {
        const Desired *d = r->desired;
        const char *scope = "";

        if (r->kind->scope == SCOPE_COMPARTMENT)
                scope = d->compartment                        ? d->compartment
                        : d->parent && d->parent->compartment ? d->parent->compartment
                                                              : c->estate->compartment;
        else if (r->kind->scope == SCOPE_PARENT && d->parent) {
                const Resource *parent = context_resource(c, d->parent);

                if (!parent->observed)
                        return NULL;
                scope = parent->observed->id;
        }
        return world_listing(c->world, r->kind, NULL, r->region, scope);
}

/* A thing of ours names a parent that no listing has: that parent may have moved, it is not absent. */
static bool parent_unlisted(const Context *c, const Resource *r) {
        Observed *o, *next;

        HASH_ITER (hh, c->world->objects, o, next) {
                if (o->region != r->region || o->life == LIFE_GONE ||
                    !streq_ptr(o->kind->parent, r->kind->name))
                        continue;
                if (streq_ptr(observed_tag(o, TAG_ESTATE), c->estate->name) && parent_of(o) &&
                    !world_find(c->world, parent_of(o)))
                        return true;
        }
        return false;
}

static void judge_absence(const Context *c, Resource *r) {
        const Resource *parent = r->desired->parent ? context_resource(c, r->desired->parent) : NULL;

        if (r->observed || r->n_candidates > 0)
                return;
        if (parent && parent->absent)
                r->absent = true; /* nothing is below what does not exist */
        else if (parent && !parent->observed)
                r->absent = false;
        else
                r->absent = listing_proves_absence(c->world, listing_of(c, r)) && !parent_unlisted(c, r);
}

static void identify_one(const Context *c, const Lists *l, Resource *r) {
        const Listing *listing;

        if (r->kind->flags & KIND_NOT_CLOUD)
                return;
        if (r->desired->pin)
                bind_by_pin(c, r);
        else if (!bind_by_tag(r)) {
                listing = listing_of(c, r);
                if (r->desired->role)
                        bind_by_role(c, r);
                else if (listing && listing->begun > 0)
                        bind_by_name(c, l, r);
        }
        judge_absence(c, r);
}

void identify_resources(Context *c, Observed ***ret_orphans, size_t *ret_n) {
        Lists l = {};

        sort_objects(c, &l);
        for (size_t i = 0; i < c->estate->n_resources; i++)
                identify_one(c, &l, c->resources[i]);
        /* A role may be held by what is declared after it: the distribution of a route table. */
        for (size_t i = 0; i < c->estate->n_resources; i++)
                if (c->resources[i]->desired->role && !c->resources[i]->observed)
                        identify_one(c, &l, c->resources[i]);
        free(l.untagged);
        free(l.formerly);
        *ret_orphans = l.orphans;
        *ret_n = l.n_orphans;
}

bool identify_any_found(const Context *c) {
        Observed *o, *next;

        for (size_t i = 0; i < c->estate->n_resources; i++)
                if (c->resources[i]->observed || c->resources[i]->n_candidates > 0)
                        return true;
        HASH_ITER (hh, c->world->objects, o, next)
                if (o->life != LIFE_GONE && streq_ptr(observed_tag(o, TAG_ESTATE), c->estate->name))
                        return true;
        return false;
}
