/* The plan of an estate that does not run, on what the running one observes; and the steps of a turn that both share. */
#include <errno.h>

#include "internal.h"

#include "assess.h"
#include "identify.h"

struct Candidate {
        Context context;
        Resource **resources;
        Resource **orphans;
        size_t n_orphans;
        Plan plan;
};

void assess_all(const Context *c, size_t n_resources, Resource *const *orphans, size_t n_orphans,
                bool bootstrap) {
        for (size_t i = 0; i < n_resources; i++)
                assess_resource(c, c->resources[i], bootstrap);
        for (size_t i = 0; i < n_orphans; i++)
                if (orphans[i]->observed)
                        assess_orphan(c, orphans[i]);
}

/* The address in its tag; another thing of that address gets the end of its OCID as well. */
static char *orphan_address(const Context *c, const Observed *o, bool doubled) {
        const char *tag = observed_tag(o, TAG_ADDRESS), *id = o->id;
        size_t n = strlen(id);
        _cleanup_free_ char *address = tag ? xstrdup(tag)
                                           : estate_address(c->estate, o->region, o->kind, observed_name(o));

        return doubled ? xasprintf("%s#%s", address, n > 6 ? id + n - 6 : id) : TAKE_PTR(address);
}

/* A resource of that address which is no declared one and stands for no other thing in this turn. */
static Resource *orphan_resource(Context *c, const Observed *o) {
        for (unsigned doubled = 0; doubled < 2; doubled++) {
                _cleanup_free_ char *address = orphan_address(c, o, doubled);
                Resource *r = context_find(c, address);

                if (!r) {
                        r = resource_new(address, o->kind, o->region, NULL);
                        HASH_ADD_KEYPTR(hh, c->by_address, r->address, strlen(r->address), r);
                        return r;
                }
                if (!r->desired && !r->observed && r->kind == o->kind)
                        return r;
        }
        return NULL;
}

static bool is_among(Resource *const *v, size_t n, const Resource *r) {
        for (size_t i = 0; i < n; i++)
                if (v[i] == r)
                        return true;
        return false;
}

static void release_orphan(Context *c, Resource *r) {
        HASH_DELETE(hh, c->by_address, r);
        resource_free(r);
}

void adopt_orphans(Context *c, Observed *const *found, size_t n_found, Resource ***orphans,
                   size_t *n_orphans) {
        Resource **now = NULL;
        size_t n = 0;

        for (size_t i = 0; i < *n_orphans; i++)
                (*orphans)[i]->observed = NULL;
        for (size_t i = 0; i < n_found; i++) {
                Resource *r = orphan_resource(c, found[i]);

                if (!r)
                        continue; /* three things of one address: the others show when these are gone */
                r->observed = found[i];
                r->region = found[i]->region;
                r->identity = IDENTITY_TAG;
                array_push(now, n, r);
        }
        for (size_t i = 0; i < *n_orphans; i++) {
                Resource *r = (*orphans)[i];

                if (is_among(now, n, r))
                        continue;
                if (r->call) {
                        assessment_done(&r->assessment);
                        assessment_set(&r->assessment, VERDICT_PROGRESSING, "in-flight",
                                       "its last call is in flight");
                        array_push(now, n, r);
                } else
                        release_orphan(c, r);
        }
        free(*orphans);
        *orphans = now;
        *n_orphans = n;
}

/* A region is known by its place in the estate, here and in everything observed. */
static bool has_regions_of(const Estate *a, const Estate *b) {
        if (a->n_regions != b->n_regions)
                return false;
        for (size_t i = 0; i < a->n_regions; i++)
                if (!streq(a->regions[i].region, b->regions[i].region))
                        return false;
        return true;
}

/* Whose an object is was told anew for the candidate. */
static void bind_again(Engine *e) {
        Observed *o, *next;

        HASH_ITER (hh, e->world->objects, o, next)
                o->bound = NULL;
        for (size_t i = 0; i < e->n_resources; i++)
                if (e->resources[i]->observed)
                        e->resources[i]->observed->bound = e->resources[i];
}

int engine_plan_candidate(Engine *e, const Estate *estate, Candidate **ret) {
        usec_t realtime = now_realtime();
        _cleanup_free_ Observed **found = NULL;
        size_t n_found;
        Candidate *c;

        if (!e->estate || !has_regions_of(e->estate, estate))
                return -EXDEV;
        c = xnew(Candidate, 1);
        c->context = (Context){
                .estate = estate,
                .world = e->world,
                .tenancy = e->tenancy,
                .now = engine_now(e),
                .speed = e->options.speed,
        };
        c->resources = xnew(Resource *, estate->n_resources + 1);
        for (size_t i = 0; i < estate->n_resources; i++) {
                const Desired *d = estate->resources[i];
                Resource *r = resource_new(d->address, d->kind, d->region, d);

                c->resources[i] = r;
                HASH_ADD_KEYPTR(hh, c->context.by_address, r->address, strlen(r->address), r);
        }
        c->context.resources = c->resources;
        identify_resources(&c->context, &found, &n_found);
        adopt_orphans(&c->context, found, n_found, &c->orphans, &c->n_orphans);
        assess_all(&c->context, estate->n_resources, c->orphans, c->n_orphans,
                   e->options.bootstrap || words_bootstrap(e->options.words, realtime));
        plan_make(&c->context, &c->plan);
        gate_plan(&c->context, &c->plan, e->options.words, &e->budget, realtime);
        bind_again(e);
        *ret = c;
        return 0;
}

const Plan *candidate_plan(const Candidate *c) {
        return &c->plan;
}

const Context *candidate_context(const Candidate *c) {
        return &c->context;
}

Candidate *candidate_free(Candidate *c) {
        if (!c)
                return NULL;
        plan_done(&c->plan);
        HASH_CLEAR(hh, c->context.by_address);
        for (size_t i = 0; i < c->context.estate->n_resources; i++)
                resource_free(c->resources[i]);
        for (size_t i = 0; i < c->n_orphans; i++)
                resource_free(c->orphans[i]);
        free(c->resources);
        free(c->orphans);
        free(c);
        return NULL;
}
