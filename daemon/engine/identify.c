/* Which observed thing is which declared one. Tags decide before names, and a name decides only on a complete listing and
 * only when exactly one live thing has it. */
#include "identify.h"

#include "oci/ocid.h"

/* Something live that carries no estate's tags. The texts are borrowed from its body. */
typedef struct Named {
        size_t order; /* of its kind */
        unsigned region;
        const char *place; /* its parent's OCID; of what has no parent: its compartment */
        const char *name;
        Observed *object;
} Named;

/* What one turn's identification looks up again and again. */
typedef struct Finder {
        Context *c;
        Named *named; /* sorted */
        size_t n_named;
        Observed **orphans;
        size_t n_orphans;
        Resource **formerly; /* those that say `formerly` */
        size_t n_formerly;
        Observed **
                strays; /* [region][kind]: a thing of ours that names such a parent, and no listing has that */
        bool any_ours;
} Finder;

static bool is_live(const Observed *o) {
        return o->life != LIFE_GONE && o->life != LIFE_GOING;
}

static bool is_ours(const Context *c, const Observed *o) {
        return streq_ptr(observed_tag(o, TAG_ESTATE), c->estate->name);
}

static const char *text_or_empty(const char *s) {
        return s ? s : "";
}

static int compare_named(const void *a, const void *b) {
        const Named *x = a, *y = b;
        int d;

        if (x->order != y->order)
                return x->order < y->order ? -1 : 1;
        if (x->region != y->region)
                return x->region < y->region ? -1 : 1;
        d = strcmp(x->place, y->place);
        return d ? d : strcmp(x->name, y->name);
}

static Observed **stray_of(const Finder *f, unsigned region, const Kind *k) {
        return &f->strays[region * kind_count() + kind_order(k)];
}

/* A parent that no listing has may have moved to another compartment: it is not absent. */
static void note_unlisted(Finder *f, Observed *o, const Kind *k, const char *id) {
        if (k && id && !world_find(f->c->world, id))
                *stray_of(f, o->region, k) = o;
}

static void note_strays(Finder *f, Observed *o) {
        const Kind *k = o->kind;

        if (k->parent_field && k->parent)
                note_unlisted(f, o, kind_find(k->parent), json_string(o->body, k->parent_field));
        for (const Role *role = k->roles; role && role->key; role++) {
                const char *id = role->own_path ? json_path_string(o->body, role->own_path) : NULL;
                Ocid ocid;

                if (id && ocid_parse(id, &ocid, NULL) == 0)
                        note_unlisted(f, o, kind_of_ocid_type(ocid.type), id);
        }
}

static Resource *resource_of_tag(const Finder *f, const Observed *o) {
        const char *address = observed_tag(o, TAG_ADDRESS);
        Resource *r = context_find(f->c, address);

        if (r && r->desired && r->kind == o->kind && r->region == o->region)
                return r;
        for (size_t i = 0; address && i < f->n_formerly; i++) {
                Resource *other = f->formerly[i];
                _cleanup_free_ char *old = estate_address(f->c->estate, other->region, other->kind,
                                                          other->desired->formerly);

                if (other->kind == o->kind && other->region == o->region && streq(old, address))
                        return other;
        }
        return NULL;
}

static void add_candidate(Resource *r, Observed *o) {
        array_push(r->candidates, r->n_candidates, o);
}

static void add_named(Finder *f, Observed *o) {
        const char *place = o->kind->parent_field ? o->kind->parent_field : "compartmentId";

        array_push(f->named, f->n_named,
                   ((Named){
                           .order = kind_order(o->kind),
                           .region = o->region,
                           .place = text_or_empty(json_string(o->body, place)),
                           .name = observed_name(o),
                           .object = o,
                   }));
}

/* What a thing of ours lies in is ours too, though a hand took its tags and its name. */
static void note_lost(Resource *holder, Observed *o) {
        if (holder && o && o->kind == holder->kind && o->region == holder->region && is_live(o) && !o->bound)
                holder->lost = o;
}

static void note_holders(const Finder *f, const Resource *r, const Observed *o) {
        const Context *c = f->c;
        const Desired *d = r->desired;

        if (!is_live(o))
                return;
        if (d->parent && o->kind->parent_field)
                note_lost(context_resource(c, d->parent),
                          world_find(c->world, json_string(o->body, o->kind->parent_field)));
        if (d->role && d->role->own_path)
                note_lost(context_find(c, symbol_ref(json_path(d->want, d->role->own_path))),
                          world_find(c->world, json_path_string(o->body, d->role->own_path)));
}

static void sort_tagged(Finder *f, Observed *o) {
        Resource *r = resource_of_tag(f, o);

        f->any_ours = true;
        note_strays(f, o);
        if (r)
                note_holders(f, r, o);
        if (o->bound)
                return; /* pinned, whatever its tags say */
        if (!r || (r->desired->pin && r->observed))
                array_push(f->orphans, f->n_orphans, o); /* another one is pinned in its place */
        else if (!r->desired->pin)
                add_candidate(r, o);
}

static void sort_object(Finder *f, Observed *o) {
        if ((o->kind->flags & KIND_LOOKUP) || o->life == LIFE_GONE)
                return;
        if (is_ours(f->c, o))
                sort_tagged(f, o);
        else if (!observed_tag(o, TAG_ESTATE) && is_live(o) && !o->bound)
                add_named(f, o);
}

static void bind(Resource *r, Observed *o, Identity how) {
        r->observed = o;
        r->identity = how;
        r->n_candidates = 0;
        o->bound = r;
}

static void bind_by_pin(const Context *c, Resource *r) {
        Observed *o = world_find(c->world, r->desired->pin);

        if (o && o->kind == r->kind && o->region == r->region && o->life != LIFE_GONE && !o->bound)
                bind(r, o, IDENTITY_PIN);
}

static void begin(Finder *f) {
        const Context *c = f->c;
        Observed *o, *next;

        HASH_ITER (hh, c->world->objects, o, next)
                o->bound = NULL;
        for (size_t i = 0; i < c->estate->n_resources; i++) {
                Resource *r = c->resources[i];

                free(TAKE_PTR(r->candidates));
                r->n_candidates = 0;
                r->was = r->observed;
                r->observed = NULL;
                r->identity = IDENTITY_NONE;
                r->absent = false;
                r->stray = NULL;
                r->lost = NULL;
                if (r->desired->formerly)
                        array_push(f->formerly, f->n_formerly, r);
                if (r->desired->pin)
                        bind_by_pin(c, r);
        }
        HASH_ITER (hh, c->world->objects, o, next)
                sort_object(f, o);
        if (f->n_named > 1)
                qsort(f->named, f->n_named, sizeof *f->named, compare_named);
}

static const Resource *role_target(const Context *c, const Resource *r) {
        const Role *role = r->desired->role;

        return role && role->own_path
                       ? context_find(c, symbol_ref(json_path(r->desired->want, role->own_path)))
                       : NULL;
}

/* What belongs to an earlier RPC carries the tag of the attachment that is wanted now, and is about to go with that RPC. */
static bool is_of_present_target(const Context *c, const Resource *r, const Observed *o) {
        const Resource *target = role_target(c, r);

        return !target || !target->observed ||
               streq_ptr(json_path_string(o->body, r->desired->role->own_path), target->observed->id);
}

/* Live ones count: more than one is ambiguous. '*ret_going' is one that is going away. */
static void bind_by_tag(const Context *c, Resource *r, Observed **ret_going) {
        size_t n = 0;

        *ret_going = NULL;
        for (size_t i = 0; i < r->n_candidates; i++) {
                if (!is_of_present_target(c, r, r->candidates[i]))
                        continue;
                if (is_live(r->candidates[i]))
                        r->candidates[n++] = r->candidates[i];
                else
                        *ret_going = r->candidates[i];
        }
        r->n_candidates = n;
        if (n == 1)
                bind(r, r->candidates[0], IDENTITY_TAG);
}

static Observed *role_by_own_path(const Context *c, const Resource *r, const Role *role) {
        const Resource *target = role_target(c, r);

        if (!target || !target->observed)
                return NULL;
        for (Observed *o = world_first(c->world, r->kind, r->region); o; o = o->next_of_kind)
                if (is_live(o) && streq_ptr(json_path_string(o->body, role->own_path), target->observed->id))
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

/* The pointer was set by OCI; what is tagged as another one of ours already is not taken from that. What carries another
 * estate's tags is bound all the same, so that the assessment can say so. */
static void bind_by_role(const Context *c, Resource *r) {
        const Role *role = r->desired->role;
        Observed *o = role->own_path ? role_by_own_path(c, r, role) : role_by_pointer(c, r, role);

        if (o && o->kind == r->kind && is_live(o) && !o->bound && !is_ours(c, o))
                bind(r, o, IDENTITY_ROLE);
}

static size_t first_named(const Finder *f, const Named *key) {
        size_t low = 0, high = f->n_named;

        while (low < high) {
                size_t middle = (low + high) / 2;

                if (compare_named(&f->named[middle], key) < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

static void bind_by_name(const Finder *f, Resource *r) {
        const Desired *d = r->desired;
        const Resource *parent = d->parent ? context_resource(f->c, d->parent) : NULL;
        Named key = {
                .order = kind_order(r->kind),
                .region = r->region,
                .name = d->displayName ? d->displayName : d->name,
        };

        if (parent && !parent->observed)
                return;
        key.place = parent ? parent->observed->id : text_or_empty(d->compartment);
        for (size_t i = first_named(f, &key); i < f->n_named && compare_named(&f->named[i], &key) == 0; i++)
                if (!f->named[i].object->bound)
                        add_candidate(r, f->named[i].object);
        if (r->n_candidates == 1)
                bind(r, r->candidates[0], IDENTITY_NAME);
}

Listing *identify_listing(const Context *c, const Resource *r) {
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

static void judge_absence(const Finder *f, Resource *r) {
        const Resource *parent = r->desired->parent ? context_resource(f->c, r->desired->parent) : NULL;

        r->absent = false;
        if (r->lost && (r->observed || r->n_candidates > 0 || r->lost->bound || is_ours(f->c, r->lost)))
                r->lost = NULL;
        if (r->observed || r->n_candidates > 0 || r->lost)
                return;
        if (parent && parent->absent)
                r->absent = true; /* nothing is below what does not exist */
        else if (!parent || parent->observed) {
                r->stray = *stray_of(f, r->region, r->kind);
                r->absent = !r->stray &&
                            listing_proves_absence(f->c->world, identify_listing(f->c, r), r->wrote);
        }
}

static void identify_one(const Finder *f, Resource *r) {
        const Context *c = f->c;
        const Listing *listing;
        Observed *going = NULL;

        if (!r->desired->pin)
                bind_by_tag(c, r, &going);
        if (!r->desired->pin && !r->observed && r->n_candidates == 0) {
                if (r->desired->role)
                        bind_by_role(c, r);
                else if ((listing = identify_listing(c, r)) && listing->begun > 0)
                        bind_by_name(f, r);
                if (going && !r->observed && r->n_candidates == 0)
                        bind(r, going, IDENTITY_TAG);
        }
        judge_absence(f, r);
}

/* A role may be held by what is declared after it: an attachment's RPC, a distribution's route table. */
static bool is_for_second_pass(const Resource *r) {
        return r->desired->role && (r->desired->role->own_path || !r->observed) && !r->desired->pin;
}

static bool any_found(const Finder *f) {
        if (f->any_ours)
                return true;
        for (size_t i = 0; i < f->c->estate->n_resources; i++)
                if (f->c->resources[i]->observed || f->c->resources[i]->n_candidates > 0)
                        return true;
        return false;
}

/* What names a resource stands for another object now. */
static void note_changes(const Context *c) {
        for (size_t i = 0; i < c->estate->n_resources; i++)
                if (c->resources[i]->observed != c->resources[i]->was) {
                        c->world->changes++;
                        return;
                }
}

void identify_resources(Context *c, Observed ***ret_orphans, size_t *ret_n) {
        Finder f = {
                .c = c,
                .strays = xnew(Observed *, c->world->n_regions * kind_count()),
        };

        begin(&f);
        for (size_t i = 0; i < c->estate->n_resources; i++) {
                Resource *r = c->resources[i];

                if (!(r->kind->flags & KIND_NOT_CLOUD) && !role_target(c, r))
                        identify_one(&f, r);
        }
        for (size_t i = 0; i < c->estate->n_resources; i++)
                if (is_for_second_pass(c->resources[i]))
                        identify_one(&f, c->resources[i]);
        c->any_found = any_found(&f);
        note_changes(c);
        free(f.named);
        free(f.formerly);
        free(f.strays);
        *ret_orphans = f.orphans;
        *ret_n = f.n_orphans;
}
