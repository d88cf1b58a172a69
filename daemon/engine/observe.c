/* Listings: which are needed, when they are due, and taking their replies in. */
#include <errno.h>

#include "observe-internal.h"

#include "message-id.h"
#include "model/shape.h"
#include "oci/backoff.h"
#include "work.h"

#define PAGE_LIMIT  100
#define ALONG       (USEC_PER_SEC / 2)
#define QUICK_FIRST (500 * USEC_PER_MSEC)
#define QUICK_MOST  (15 * USEC_PER_SEC)

/* One listing under way; its listing is not dropped meanwhile. */
typedef struct Run {
        Observer *observer;
        Listing *listing;
        OciList *list;
} Run;

Observer *observer_new(Engine *e) {
        Observer *o = xnew(Observer, 1);

        *o = (Observer){ .engine = e };
        while (kinds[o->n_kinds])
                o->n_kinds++;
        return o;
}

static void run_end(Run *run) {
        run->listing->call = NULL;
        run->observer->running[run->listing->region]--;
        oci_list_unref(run->list);
        free(run);
}

void observer_cancel(Observer *o) {
        Listing *l, *next;

        if (o->engine->world)
                HASH_ITER (hh, o->engine->world->listings, l, next)
                        if (l->call)
                                run_end(l->call);
        reads_cancel(o);
        free(TAKE_PTR(o->running));
        free(TAKE_PTR(o->lookups));
        free(TAKE_PTR(o->declared));
        free(TAKE_PTR(o->places));
        o->n_places = 0;
        o->n_regions = 0;
        o->needs_of = 0;
}

Observer *observer_free(Observer *o) {
        if (!o)
                return NULL;
        observer_cancel(o);
        free(o);
        return NULL;
}

bool observe_may_start(const Observer *o, unsigned region) {
        return o->running[region] < READS_AT_ONCE;
}

usec_t observe_backoff(Engine *e, unsigned attempts, usec_t retry_after) {
        const Backoff b = BACKOFF_DEFAULT;
        usec_t wait = backoff_not_before(&b, attempts, retry_after, 0, &e->rng);

        return engine_now(e) + engine_wait(e, wait);
}

usec_t observe_quick_wait(const Engine *e, usec_t elapsed) {
        return MIN(MAX(engine_wait(e, QUICK_FIRST), elapsed / 20), engine_wait(e, QUICK_MOST));
}

/* What the spec's text asks for, once per load. */

static size_t kind_index(const Kind *k) {
        size_t i = 0;

        while (kinds[i] != k)
                i++; /* every kind is registered */
        return i;
}

static bool *flag_of(const Observer *o, bool *flags, unsigned region, const Kind *k) {
        return &flags[region * o->n_kinds + kind_index(k)];
}

static void note_lookups(Observer *o, unsigned region, const cJSON *v) {
        const char *name = cJSON_IsObject(v) ? json_string(v, "$lookup") : NULL;
        const Kind *k = name ? kind_find(name) : NULL;

        if (k)
                *flag_of(o, o->lookups, region, k) = true;
        for (const cJSON *i = cJSON_IsObject(v) || cJSON_IsArray(v) ? v->child : NULL; i; i = i->next)
                note_lookups(o, region, i);
}

static void note_place(Observer *o, const Context *c, const Desired *d) {
        if (!d->compartment || streq(d->compartment, c->estate->compartment))
                return;
        for (size_t i = 0; i < o->n_places; i++)
                if (o->places[i].region == d->region && streq(o->places[i].compartment, d->compartment))
                        return;
        array_push(o->places, o->n_places, ((Place){ .region = d->region, .compartment = d->compartment }));
}

static void read_spec(Observer *o, const Context *c) {
        if (o->needs_of == c->world->loaded && o->lookups)
                return;
        if (o->n_regions != c->estate->n_regions) {
                assert(!o->running); /* other regions are another world, which begins with observer_cancel() */
                o->n_regions = c->estate->n_regions;
                o->running = xnew(unsigned, o->n_regions + 1);
        }
        free(o->lookups);
        free(o->declared);
        o->lookups = xnew(bool, o->n_regions * o->n_kinds + 1);
        o->declared = xnew(bool, o->n_regions * o->n_kinds + 1);
        o->n_places = 0;
        for (size_t i = 0; i < c->estate->n_resources; i++) {
                const Desired *d = c->estate->resources[i];

                if (d->region == NO_REGION)
                        continue;
                *flag_of(o, o->declared, d->region, d->kind) = true;
                note_lookups(o, d->region, d->want);
                note_place(o, c, d);
        }
        o->needs_of = c->world->loaded;
}

static usec_t period_of(const Observer *o, Cadence cadence) {
        static const unsigned times[] = {
                [CADENCE_LINK] = 1,
                [CADENCE_SLOW] = SLOW_TIMES,
                [CADENCE_ONCE] = ONCE_TIMES,
        };

        return engine_wait(o->engine, times[cadence] * o->engine->estate->interval);
}

usec_t observe_period(const Observer *o, const Kind *k, unsigned region) {
        /* What is not declared is looked at for orphans only. */
        if (k->cadence == CADENCE_LINK && !*flag_of(o, o->declared, region, k))
                return period_of(o, CADENCE_SLOW);
        return period_of(o, k->cadence);
}

usec_t observe_whole_period(const Observer *o, const Kind *k) {
        return period_of(o, k->whole);
}

/* Rules are what breaks the link, or what others like to rewrite; why something failed stays as it is. */
static usec_t listing_period(const Observer *o, const Listing *l) {
        if (l->sub && l->kind->flags & KIND_WORK)
                return period_of(o, CADENCE_ONCE);
        return l->sub ? period_of(o, CADENCE_LINK) : observe_period(o, l->kind, l->region);
}

/* Needs. */

static void need_by_compartment(const Observer *o, const Context *c, const Kind *k, unsigned region) {
        world_need_listing(c->world, k, NULL, region, c->estate->compartment);
        for (size_t i = 0; i < o->n_places; i++)
                if (o->places[i].region == region)
                        world_need_listing(c->world, k, NULL, region, o->places[i].compartment);
}

static bool is_interesting(const Context *c, const Observed *o) {
        return streq_ptr(observed_tag(o, TAG_ESTATE), c->estate->name);
}

static bool is_alive(const Observed *o) {
        return o->life == LIFE_READY || o->life == LIFE_CHANGING || o->life == LIFE_COMING;
}

/* Without tags nothing is known as ours but what is declared. */
static bool may_be_ours(const Observer *o, const Kind *k, unsigned region) {
        return !(k->flags & KIND_NO_TAGS) || *flag_of(o, o->declared, region, k);
}

static void need_by_parent(const Observer *observer, const Context *c, const Kind *k, const Kind *parent) {
        Observed *o, *next;

        HASH_ITER (hh, c->world->objects, o, next)
                if (o->kind == parent && is_alive(o) && is_interesting(c, o) &&
                    may_be_ours(observer, k, o->region))
                        world_need_listing(c->world, k, NULL, o->region, o->id);
        for (size_t i = 0; i < c->estate->n_resources; i++) {
                const Resource *r = c->resources[i];

                if (r->kind == parent && r->observed && is_alive(r->observed) &&
                    may_be_ours(observer, k, r->region))
                        world_need_listing(c->world, k, NULL, r->region, r->observed->id);
        }
}

static void need_subs(const Context *c, const Resource *r) {
        if (!r->observed || !is_alive(r->observed))
                return;
        for (const Field *f = kind_field_first(r->kind); f; f = kind_field_next(r->kind, f))
                if (f->rules && f->rules->sub && json_get(r->desired->want, field_api(f)))
                        world_need_listing(c->world, r->kind, f, r->region, r->observed->id);
}

/* Why a work request failed is asked where its subject is not as it should be. */
static void need_errors(const Context *c, const Resource *r) {
        const Observed *failed = r->desired && r->verdict != VERDICT_IN_SYNC ? work_failure(c, r) : NULL;

        if (failed)
                world_need_listing(c->world, failed->kind, kind_field(failed->kind, "errors"), r->region,
                                   failed->id);
}

static bool is_looked_up(const Observer *o, const Kind *k, unsigned region) {
        if (k->flags & KIND_BY_ID)
                return false;
        if (!(k->flags & KIND_WORK))
                return *flag_of(o, o->lookups, region, k);
        for (size_t i = 0; kinds[i]; i++)
                if (kind_tells_of(k, kinds[i]) && *flag_of(o, o->declared, region, kinds[i]))
                        return true;
        return false;
}

static void need_kind(const Observer *o, const Context *c, const Kind *k) {
        if (k->flags & KIND_NOT_CLOUD)
                return;
        if (k->scope == SCOPE_PARENT) {
                need_by_parent(o, c, k, kind_find(k->parent));
                return;
        }
        for (unsigned region = 0; region < o->n_regions; region++) {
                if (k->flags & KIND_LOOKUP && !is_looked_up(o, k, region))
                        continue;
                switch (k->scope) {
                case SCOPE_COMPARTMENT:
                        need_by_compartment(o, c, k, region);
                        break;
                case SCOPE_TENANCY:
                        world_need_listing(c->world, k, NULL, region, c->tenancy);
                        break;
                case SCOPE_NONE:
                        world_need_listing(c->world, k, NULL, region, "");
                        break;
                case SCOPE_PARENT:
                        break;
                }
        }
}

void observe_needs_more(Observer *o, const Context *c) {
        for (size_t i = 0; kinds[i]; i++)
                need_kind(o, c, kinds[i]);
        for (size_t i = 0; i < c->estate->n_resources; i++) {
                need_subs(c, c->resources[i]);
                need_errors(c, c->resources[i]);
        }
}

void observe_needs(Observer *o, const Context *c) {
        Listing *l, *next;

        read_spec(o, c);
        HASH_ITER (hh, c->world->listings, l, next)
                l->needed = false;
        observe_needs_more(o, c);
        world_drop_unneeded(c->world);
}

/* What replies say about the region. */

static void say_silent(const char *region, const ApiError *error) {
        const LogField fields[] = { { "MESSAGE_ID", MESSAGE_REGION_SILENT }, { "REGION", region } };

        log_fields(LOG_WARNING, fields, ARRAY_SIZE(fields),
                   "%s does not answer: %s; what is there is unknown until it does", region,
                   error ? error->message : "no reply");
}

void observe_region_reply(Engine *e, unsigned region, int status, const ApiError *error) {
        RegionState *s = &e->world->regions[region];
        OciTraffic t = oci_client_traffic(e->options.client, e->estate->regions[region].region);
        bool reachable = status > 0 && !(error && error->meaning == ERROR_GARBLED);

        s->throttled = t.throttled;
        s->requests = t.n_requests;
        s->skew_known = t.has_skew;
        s->clock_skew_usec = t.skew_usec;
        if (status > 0)
                s->last_reply = engine_now(e);
        if (error) {
                api_error_done(&s->last_error);
                s->last_error = api_error_copy(error);
        }
        if (reachable == s->reachable && s->last_reply > 0)
                return;
        if (s->reachable && !reachable)
                say_silent(engine_region_name(e, region), error);
        else if (reachable && s->last_complete > 0)
                log_info("%s answers again", engine_region_name(e, region));
        s->reachable = reachable;
}

/* The view is complete when every listing that is needed was, in its last try. */
static void note_complete(Engine *e, unsigned region) {
        const Listing *l, *next;

        HASH_ITER (hh, e->world->listings, l, next)
                if (l->region == region && l->needed && (l->begun == 0 || l->attempts > 0))
                        return;
        e->world->regions[region].last_complete = now_realtime();
        api_error_done(&e->world->regions[region].last_error);
}

/* Listings. */

static bool is_bound(const Observed *object, void *userdata) {
        (void) userdata;
        return object->bound;
}

static void listing_failed(Engine *e, Listing *l, OciListReply *reply) {
        const char *region = engine_region_name(e, l->region);

        l->attempts++;
        if (l->attempts == 1)
                log_info("Listing %s%s%s in %s failed: %s; what it does not show is unknown", l->kind->name,
                         l->sub ? " " : "", l->sub ? l->sub->name : "", region, reply->error.message);
        api_error_done(&l->error);
        l->error = reply->error;
        reply->error = (ApiError){}; /* handed over */
        l->due = observe_backoff(e, l->attempts, reply->retry_after_usec);
}

static void listing_succeeded(Engine *e, Listing *l, OciListReply *reply) {
        World *w = e->world;

        if (l->sub) {
                Observed *owner = world_find(w, l->scope);

                if (owner)
                        world_see_sub(w, owner, l->sub, TAKE_PTR(reply->items), reply->begun_usec);
                l->begun = reply->begun_usec;
                l->ended = reply->ended_usec;
                l->attempts = 0;
                api_error_done(&l->error);
        } else
                world_see_listing(w, l, TAKE_PTR(reply->items), reply->begun_usec, reply->ended_usec,
                                  is_bound, NULL);
        note_complete(e, l->region);
}

static void look_on(Observer *o, unsigned region);

static void identify_items(const Engine *e, const Listing *l, cJSON *items) {
        const char *scope = l->kind->flags & KIND_LIST_IS_OBJECT ? e->estate->regions[l->region].region
                                                                 : l->scope;
        cJSON *item;

        cJSON_ArrayForEach (item, items)
                kind_identify(l->kind, scope, item);
}

/* A list in which one thing cannot be understood shows nothing: what it seems to lack may be just that. */
static int check_items(const Listing *l, OciListReply *reply) {
        _cleanup_free_ char *why = shape_error_of_items(l->kind, l->sub, reply->items);

        if (!why)
                return 0;
        return api_error_set(&reply->error, reply->status, NULL, ERROR_GARBLED, -EBADMSG,
                             "the answer makes no sense: %s", why);
}

static void on_listed(OciList *list, OciListReply *reply, int error, void *userdata) {
        Run *run = userdata;
        Observer *o = run->observer;
        Engine *e = o->engine;
        Listing *l = run->listing;
        uint64_t changes = e->world->changes;
        bool proved = listing_proves_absence(e->world, l, 0);

        (void) list;
        run_end(run);
        if (error == 0 && !l->sub)
                identify_items(e, l, reply->items);
        if (error == 0)
                error = check_items(l, reply);
        observe_region_reply(e, l->region, reply->status, error < 0 ? &reply->error : NULL);
        l->due = reply->begun_usec + listing_period(o, l);
        if (error < 0)
                listing_failed(e, l, reply);
        else
                listing_succeeded(e, l, reply);
        if (e->world->changes != changes || !proved || error < 0 || reads_wait(o, l->region, engine_now(e)))
                engine_wake(e);
        else {
                look_on(o, l->region);
                engine_wake_lazily(e);
        }
}

static char *listing_path(const World *w, const Listing *l) {
        const Kind *k = l->kind;
        const Observed *owner = l->sub && l->sub->rules->sub->by_compartment ? world_find(w, l->scope)
                                                                             : NULL;
        _cleanup_free_ char *scope = url_escape(l->scope);
        _cleanup_free_ char *compartment = owner ? url_escape(json_string(owner->body, "compartmentId"))
                                                 : NULL;
        Str b = {};

        str_add(&b, k->path);
        if (l->sub) {
                str_addf(&b, "/%s/%s", scope, l->sub->rules->sub->list);
                str_addf(&b, "%climit=%d", strchr(b.s, '?') ? '&' : '?', PAGE_LIMIT);
                if (compartment)
                        str_addf(&b, "&compartmentId=%s", compartment);
                return str_take(&b);
        }
        if (k->below) {
                str_addf(&b, "/%s/%s?limit=%d", scope, k->below, PAGE_LIMIT);
                return str_take(&b);
        }
        if (k->flags & KIND_LIST_IS_OBJECT) {
                str_addf(&b, "?compartmentId=%s", scope);
                return str_take(&b);
        }
        switch (k->scope) {
        case SCOPE_COMPARTMENT:
                str_addf(&b, "?compartmentId=%s&limit=%d", scope, PAGE_LIMIT);
                break;
        case SCOPE_PARENT:
                str_addf(&b, "?%s=%s&limit=%d", k->parent_field, scope, PAGE_LIMIT);
                break;
        case SCOPE_TENANCY: /* identity's listings of this kind know no pages */
                str_addf(&b, "?compartmentId=%s", scope);
                break;
        case SCOPE_NONE:
                str_addf(&b, "?limit=%d", PAGE_LIMIT);
                break;
        }
        if (k->list_query)
                str_addf(&b, "&%s", k->list_query);
        return str_take(&b);
}

static void start_listing(Observer *o, Listing *l) {
        Engine *e = o->engine;
        _cleanup_free_ char *path = listing_path(e->world, l);
        Run *run = xnew(Run, 1);
        int r;

        *run = (Run){ .observer = o, .listing = l };
        l->tried = engine_now(e);
        r = oci_list_start(e->options.client,
                           &(OciRequest){
                                   .region = e->estate->regions[l->region].region,
                                   .service = kind_oci_service(l->kind),
                                   .method = "GET",
                                   .path = path,
                                   .deadline_usec = DEADLINE,
                                   .one_object = l->kind->flags & KIND_LIST_IS_OBJECT,
                           },
                           on_listed, run, &run->list);
        if (r < 0) {
                OciListReply reply = {};

                (void) api_error_set(&reply.error, 0, NULL, ERROR_TRANSPORT, r, "not sent: %s",
                                     strerror(-r));
                free(run);
                listing_failed(e, l, &reply);
                return;
        }
        l->call = run;
        o->running[l->region]++;
}

/* Listings fall due one after the other as they were begun; those of the next moments go along with the first, or each would
 * cost a turn of its own. One that backs off is not hurried. */
static bool is_due(const Listing *l, usec_t now, usec_t along) {
        return l->due <= now || (l->attempts == 0 && l->begun > 0 && l->due <= along);
}

static usec_t first_due(const Context *c) {
        usec_t first = USEC_INFINITY;

        for (Listing *l = c->world->listings; l; l = l->hh.next)
                if (l->needed && !l->call)
                        first = MIN(first, l->due);
        return first;
}

static usec_t due_along(const Observer *o, const Context *c) {
        return first_due(c) <= c->now ? c->now + engine_wait(o->engine, ALONG) : c->now;
}

static Listing *most_overdue(const Context *c, unsigned region, usec_t along) {
        Listing *most = NULL;

        for (Listing *l = c->world->listings; l; l = l->hh.next)
                if (l->region == region && l->needed && !l->call && is_due(l, c->now, along) &&
                    (!most || l->due < most->due))
                        most = l;
        return most;
}

static bool has_room(const Observer *o, unsigned region) {
        return o->running[region] < LISTINGS_AT_ONCE;
}

/* The most overdue first, so that no scope starves when there are more than the rate allows. The others follow as those that run
 * end. */
static void start_overdue(Observer *o, const Context *c, unsigned region, usec_t along) {
        Listing *l;

        while (has_room(o, region) && (l = most_overdue(c, region, along)))
                start_listing(o, l);
}

/* What is due goes on being listed without a turn where there is nothing new to decide on: a turn costs as much as a few hundred
 * resources do. */
static void look_on(Observer *o, unsigned region) {
        Context c = o->engine->context;

        c.now = engine_now(o->engine);
        start_overdue(o, &c, region, due_along(o, &c));
}

static void start_due_listings(Observer *o, const Context *c, usec_t *next) {
        usec_t along = due_along(o, c);

        for (unsigned region = 0; region < o->n_regions; region++)
                start_overdue(o, c, region, along);
        for (Listing *l = c->world->listings; l; l = l->hh.next)
                if (has_room(o, l->region) && l->needed && !l->call && !is_due(l, c->now, along))
                        *next = MIN(*next, l->due);
}

/* A listing that somebody waits for is due at once; but one that shows the same again and again is not asked without end. */
static void look_at_listing(const Engine *e, Listing *l) {
        if (l->attempts > 0)
                return; /* it backs off */
        l->due = MIN(l->due,
                     l->written >= l->tried ? e->context.now : l->tried + engine_wait(e, USEC_PER_SEC));
}

static void look_as_asked(const Observer *o, const Context *c, const Resource *r) {
        const Assessment *a = &r->assessment;
        Listing *l;

        if (a->look_listing)
                look_at_listing(o->engine, a->look_listing);
        if (a->look_sub && r->observed) {
                l = world_listing(c->world, r->kind, a->look_sub, r->region, r->observed->id);
                if (l)
                        look_at_listing(o->engine, l);
        }
}

/* What OCI makes by itself, together with something of ours, is found by a pointer: it may come at any moment. */
static bool awaits_made_thing(const Resource *r) {
        return r->desired && r->desired->role && !r->observed && r->n_candidates == 0 &&
               r->verdict != VERDICT_BLOCKED;
}

static const Observed *role_holder(const Context *c, const Resource *r) {
        const Role *role = r->desired->role;
        _cleanup_free_ char *address = NULL;
        const Resource *holder = NULL;

        if (role->holder_kind && r->desired->role_value) {
                address = estate_address(c->estate, r->region, kind_find(role->holder_kind),
                                         r->desired->role_value);
                holder = context_find(c, address);
        } else if (r->desired->parent)
                holder = context_resource(c, r->desired->parent);
        return holder ? holder->observed : NULL;
}

static void look_for_made_thing(Observer *o, const Context *c, const Resource *r) {
        usec_t realtime = now_realtime(),
               wait = observe_quick_wait(o->engine, realtime > r->since ? realtime - r->since : 0);
        const Observed *holder = role_holder(c, r);
        Listing *l, *next;

        if (holder && holder->listing && holder->listing->attempts == 0)
                holder->listing->due = MIN(holder->listing->due, holder->listing->tried + wait);
        if (!holder)
                return; /* it cannot be there yet */
        HASH_ITER (hh, c->world->listings, l, next)
                if (l->kind == r->kind && l->region == r->region && !l->sub && l->attempts == 0)
                        l->due = MIN(l->due, l->tried + wait);
}

usec_t observe_start(Observer *o, const Context *c) {
        const Engine *e = o->engine;
        usec_t next = USEC_INFINITY;
        Listing *l, *following;

        HASH_ITER (hh, c->world->listings, l, following) {
                usec_t wrote = MAX(l->written, l->created); /* what we did ourselves made it old */

                if (wrote > l->begun && l->begun > 0 && l->attempts == 0)
                        l->due = MIN(l->due, wrote + engine_wait(e, 2 * USEC_PER_SEC));
        }
        for (size_t i = 0; i < e->n_resources; i++) {
                look_as_asked(o, c, e->resources[i]);
                if (awaits_made_thing(e->resources[i]))
                        look_for_made_thing(o, c, e->resources[i]);
        }
        for (size_t i = 0; i < e->n_orphans; i++)
                look_as_asked(o, c, e->orphans[i]);
        reads_start(o, c, &next);
        start_due_listings(o, c, &next);
        return next;
}

/* From outside. */

void observe_forget_due(Observer *o, const Context *c, const Resource *r) {
        Listing *l, *next;

        HASH_ITER (hh, c->world->listings, l, next) {
                if (r && (l->kind != r->kind || l->region != r->region))
                        continue;
                l->due = 0;
        }
        if (!r || r->observed)
                reads_forget_due(o, r ? r->observed : NULL);
}

void observe_listings_now(Observer *o, const Kind *k, unsigned region, const Field *sub, const char *owner) {
        Listing *l, *next;

        HASH_ITER (hh, o->engine->world->listings, l, next)
                if (l->kind == k && l->region == region && l->sub == sub &&
                    (!sub || streq_ptr(l->scope, owner)) && l->attempts == 0)
                        l->due = 0;
}

void observe_region_now(Observer *o, unsigned region) {
        Listing *l, *next;

        HASH_ITER (hh, o->engine->world->listings, l, next)
                if (l->region == region && l->attempts == 0)
                        l->due = 0;
}
