/* The circle itself: one turn, and what leads to the next. */
#include <errno.h>

#include "internal.h"

#include "act.h"
#include "assess.h"
#include "converge.h"
#include "identify.h"
#include "observe.h"

#define TURN_SHARE 4  /* a turn begins no sooner than this many times its own length after the last */
#define LAZY_SHARE 40 /* … and for news that are none, this many times */
#define LAZY_TURN  USEC_PER_SEC /* how long those may wait at least */

static void on_timer(uv_timer_t *timer);

usec_t engine_now(const Engine *e) {
        (void) e;
        return now_monotonic();
}

usec_t engine_wait(const Engine *e, usec_t usec) {
        if (usec == USEC_INFINITY)
                return usec;
        return MAX((usec_t) ((double) usec / e->options.speed), USEC_PER_MSEC);
}

const char *engine_region_name(const Engine *e, unsigned region) {
        return e->estate && region < e->estate->n_regions ? e->estate->regions[region].name : NULL;
}

int engine_new(uv_loop_t *loop, const EngineOptions *options, Engine **ret) {
        Engine *e = xnew(Engine, 1);

        *e = (Engine){
                .loop = loop,
                .options = *options,
                .tenancy = xstrdup(options->tenancy),
        };
        if (!(e->options.speed > 0))
                e->options.speed = 1;
        e->options.tenancy = e->tenancy;
        rng_init(&e->rng, rng_seed_from_system());
        (void) uv_timer_init(loop, &e->timer); /* cannot fail */
        e->timer.data = e;
        e->n_handles = 1;
        e->observer = observer_new(e);
        *ret = e;
        return 0;
}

static void on_closed(uv_handle_t *handle) {
        Engine *e = handle->data;

        e->n_handles--;
}

void engine_stop(Engine *e) {
        if (e->stopping)
                return;
        e->stopping = true;
        e->observer = observer_free(e->observer);
        act_cancel_all(e);
        uv_close((uv_handle_t *) &e->timer, on_closed);
}

static void free_resources(Engine *e) {
        HASH_CLEAR(hh, e->by_address);
        for (size_t i = 0; i < e->n_resources; i++)
                resource_free(e->resources[i]);
        for (size_t i = 0; i < e->n_orphans; i++)
                resource_free(e->orphans[i]);
        free(e->resources);
        free(e->orphans);
        e->resources = e->orphans = NULL;
        e->n_resources = e->n_orphans = 0;
}

Engine *engine_free(Engine *e) {
        if (!e)
                return NULL;
        assert(e->stopping && e->n_handles == 0);
        plan_done(&e->plan);
        free_resources(e);
        world_free(e->world);
        estate_free(e->estate);
        free(e->quiet_plan);
        free(e->tenancy);
        free(e);
        return NULL;
}

static void arm(Engine *e, usec_t at) {
        usec_t now = engine_now(e), wait = at > now ? at - now : 0;

        if (e->stopping || !e->estate || at == USEC_INFINITY)
                return;
        e->turn_at = at;
        uv_update_time(e->loop);
        /* Rounded up: a timer that fires early would find nothing due. */
        (void) uv_timer_start(&e->timer, on_timer, (wait + USEC_PER_MSEC - 1) / USEC_PER_MSEC, 0);
}

static void arm_sooner(Engine *e, usec_t at) {
        if (e->turn_at == 0 || at < e->turn_at)
                arm(e, at);
}

void engine_wake(Engine *e) {
        arm_sooner(e, MAX(engine_now(e), e->turn_done + TURN_SHARE * e->turn_took));
}

void engine_wake_lazily(Engine *e) {
        arm_sooner(e,
                   MAX(engine_now(e) + engine_wait(e, LAZY_TURN), e->turn_done + LAZY_SHARE * e->turn_took));
}

static void refresh_context(Engine *e) {
        e->context = (Context){
                .estate = e->estate,
                .world = e->world,
                .resources = e->resources,
                .by_address = e->by_address,
                .tenancy = e->tenancy,
                .now = engine_now(e),
                .speed = e->options.speed,
        };
}

static void identify(Engine *e) {
        _cleanup_free_ Observed **found = NULL;
        size_t n_found;

        identify_resources(&e->context, &found, &n_found);
        adopt_orphans(&e->context, found, n_found, &e->orphans, &e->n_orphans);
        e->by_address = e->context.by_address;
}

static void assess(Engine *e) {
        usec_t realtime = now_realtime();
        bool bootstrap = e->options.bootstrap || words_bootstrap(e->options.words, realtime);
        bool changed = false;

        assess_all(&e->context, e->n_resources, e->orphans, e->n_orphans, bootstrap);
        for (size_t i = 0; i < e->n_resources; i++)
                changed = converge_update(e->resources[i], e->context.now, e->context.speed) || changed;
        if (changed)
                assess_all(&e->context, e->n_resources, e->orphans, e->n_orphans, bootstrap);
}

static void act(Engine *e) {
        for (size_t i = 0; i < e->plan.n_actions; i++) {
                Action *a = e->plan.actions[i];

                if (a->decision == DECISION_GO && !a->resource->call)
                        act_start(e, &e->context, a);
        }
}

/* Every listing that the estate needs was complete since it was loaded. */
static bool saw_all(const Engine *e) {
        const Listing *l, *next;

        HASH_ITER (hh, e->world->listings, l, next)
                if (l->needed && l->begun < e->world->loaded)
                        return false;
        return true;
}

static usec_t until_realtime(usec_t at, usec_t realtime, usec_t now) {
        return at == USEC_INFINITY ? USEC_INFINITY : now + (at > realtime ? at - realtime : 0);
}

/* When something changes that no reply will announce: a backoff ends, a word expires, the budget refills. */
static usec_t next_by_clock(const Engine *e) {
        usec_t now = e->context.now, realtime = now_realtime(), next = USEC_INFINITY;
        const Words *w = e->options.words;

        for (size_t i = 0; i < e->plan.n_actions; i++)
                if (e->plan.actions[i]->resource->not_before > now)
                        next = MIN(next, e->plan.actions[i]->resource->not_before);
        for (size_t i = 0; i < w->n_approvals; i++)
                next = MIN(next, until_realtime(w->approvals[i].expires, realtime, now));
        for (size_t i = 0; i < w->n_pauses; i++)
                next = MIN(next, until_realtime(w->pauses[i].until, realtime, now));
        if (e->budget.limit > 0 && e->budget.available < 1)
                next = MIN(next, now + engine_wait(e, (usec_t) ((1 - e->budget.available) *
                                                                (double) USEC_PER_HOUR / e->budget.limit)));
        return next;
}

/* One time round. What was decided in the last one is gone afterwards, so nothing here keeps a pointer into it. */
static void turn(Engine *e) {
        usec_t begun = engine_now(e), next;
        uint64_t changes;

        e->turning = true;
        e->turn_at = 0;
        plan_done(&e->plan);
        (void) words_expire(e->options.words, now_realtime());
        refresh_context(e);
        observe_needs(e->observer, &e->context);
        changes = e->world->changes;
        identify(e);
        if (e->world->changes != changes) /* what is another object now has other rules and children */
                observe_needs_more(e->observer, &e->context);
        assess(e);
        world_bury(e->world);
        plan_make(&e->context, &e->plan);
        budget_update(&e->budget, e->estate->disruptions_per_hour, e->context.now, e->context.speed);
        gate_plan(&e->context, &e->plan, e->options.words, &e->budget, now_realtime());
        settle_verdicts(e);
        act(e);
        next = observe_start(e->observer, &e->context);
        e->seen_all = e->seen_all || saw_all(e);
        settle_quiet(e);
        e->turn_done = engine_now(e);
        e->turn_took = e->turn_done - begun;
        next = MIN(next, next_by_clock(e));
        if (next != USEC_INFINITY)
                arm_sooner(e, MAX(next, e->turn_done + USEC_PER_MSEC));
        e->turning = false;
        if (e->options.on_turn)
                e->options.on_turn(e, e->options.userdata);
}

static void on_timer(uv_timer_t *timer) {
        turn(timer->data);
}

static bool same_regions(const Estate *a, const Estate *b) {
        if (a->n_regions != b->n_regions)
                return false;
        for (size_t i = 0; i < a->n_regions; i++)
                if (!streq(a->regions[i].region, b->regions[i].region))
                        return false;
        return true;
}

/* Observations are kept by region: in other regions nothing of them holds. */
static void begin_world(Engine *e, const Estate *estate) {
        if (e->world && same_regions(e->estate, estate))
                return;
        act_cancel_all(e);
        observer_cancel(e->observer);
        plan_done(&e->plan);
        free_resources(e);
        world_free(e->world);
        e->world = world_new(estate->n_regions);
}

/* The same address is the same resource: what was tried there counts on. The rest may turn out to be orphans. */
static void take_resources(Engine *e, const Estate *estate) {
        Resource **old = TAKE_PTR(e->resources);
        size_t n_old = e->n_resources;

        e->resources = xnew(Resource *, estate->n_resources + 1);
        e->n_resources = estate->n_resources;
        for (size_t i = 0; i < estate->n_resources; i++) {
                const Desired *d = estate->resources[i];
                Resource *r = NULL;

                HASH_FIND_STR(e->by_address, d->address, r);
                if (!r) {
                        r = resource_new(d->address, d->kind, d->region, d);
                        HASH_ADD_KEYPTR(hh, e->by_address, r->address, strlen(r->address), r);
                } else if (!r->desired || !streq(r->desired->digest, d->digest))
                        converge_reset(r);
                r->desired = d;
                r->kind = d->kind;
                r->region = d->region;
                e->resources[i] = r;
        }
        for (size_t i = 0; i < e->n_orphans;)
                if (e->orphans[i]->desired) /* declared again: it is in the other array now */
                        e->orphans[i] = e->orphans[--e->n_orphans];
                else
                        i++;
        for (size_t i = 0; i < n_old; i++)
                if (!estate_find(estate, old[i]->address)) {
                        old[i]->desired = NULL;
                        old[i]->identity = IDENTITY_NONE;
                        array_push(e->orphans, e->n_orphans, old[i]);
                }
        free(old);
}

void engine_load(Engine *e, Estate *estate) {
        Estate *old = e->estate;

        assert(!e->turning && !e->stopping);
        begin_world(e, estate);
        if (old)
                plan_done(&e->plan);
        else
                budget_init(&e->budget, estate->disruptions_per_hour, engine_now(e));
        take_resources(e, estate);
        e->estate = estate;
        e->world->loaded = engine_now(e);
        e->world->changes++;
        e->seen_all = false;
        e->quiet_since = 0;
        refresh_context(e);
        observe_forget_due(e->observer, &e->context, NULL);
        /* At once: what was assessed before points into the estate that goes now. */
        turn(e);
        estate_free(old);
}

int engine_reconcile(Engine *e, const char *address) {
        Resource *r = address && e->estate ? context_find(&e->context, address) : NULL;

        if (!e->estate || (address && !r))
                return -ENOENT;
        for (size_t i = 0; i < e->n_resources; i++)
                if (!r || e->resources[i] == r)
                        converge_retry(e->resources[i]);
        for (size_t i = 0; i < e->n_orphans; i++)
                if (!r || e->orphans[i] == r)
                        converge_retry(e->orphans[i]);
        observe_forget_due(e->observer, &e->context, r);
        engine_wake(e);
        return 0;
}

const Context *engine_context(const Engine *e) {
        return &e->context;
}

const Plan *engine_plan(const Engine *e) {
        return &e->plan;
}

const Budget *engine_budget(const Engine *e) {
        return &e->budget;
}

Verdict engine_verdict(const Engine *e) {
        Verdict worst = e->estate ? VERDICT_IN_SYNC : VERDICT_UNKNOWN;

        for (size_t i = 0; i < e->n_resources + e->n_orphans; i++) {
                const Resource *r = i < e->n_resources ? e->resources[i] : e->orphans[i - e->n_resources];

                if (verdict_rank(r->verdict) > verdict_rank(worst))
                        worst = r->verdict;
        }
        return verdict_for_estate(worst);
}

size_t engine_resources(const Engine *e, Resource ***ret) {
        Resource **all = xnew(Resource *, e->n_resources + e->n_orphans + 1);

        if (e->n_resources > 0)
                memcpy(all, e->resources, e->n_resources * sizeof *all);
        if (e->n_orphans > 0)
                memcpy(all + e->n_resources, e->orphans, e->n_orphans * sizeof *all);
        *ret = all;
        return e->n_resources + e->n_orphans;
}

bool engine_is_quiet(const Engine *e) {
        return e->quiet_since > 0;
}

bool engine_seen_all(const Engine *e) {
        return e->seen_all;
}

usec_t engine_quiet_since(const Engine *e) {
        return e->quiet_since;
}
