/* What the files of the engine share about its inside:
 *
 *   engine.c     the circle itself: a turn, its timer, loading an estate
 *   settle.c     what a turn changed: verdicts said aloud, and whether anything may still go on by itself
 *   observe.c    listings: which are needed, which are due, what they say
 *   reread.c     single reads, where a list's word is not enough or too slow
 *   act.c        writes
 *   converge.c   what a write's outcome means for the next one (pure)
 *   candidate.c  the plan of another estate on the same observations */
#pragma once

#include "base/log.h"
#include "base/rng.h"
#include "engine.h"

typedef struct Observer Observer;
typedef struct Write Write;

struct Engine {
        uv_loop_t *loop;
        EngineOptions options;
        char *tenancy;
        Estate *estate; /* NULL before the first engine_load() */
        World *world;
        Resource **resources; /* by Desired.index */
        size_t n_resources;
        Resource **orphans;
        size_t n_orphans;
        Resource *by_address; /* uthash: both of them */
        Context context;
        Plan plan;
        Budget budget;
        Observer *observer;
        Write *writes; /* utlist: calls in flight, also those whose resource is gone */
        uv_timer_t timer;
        usec_t turn_at;   /* monotonic: what the timer is armed for; 0: not armed */
        usec_t turn_done; /* when the last turn ended … */
        usec_t turn_took; /* … and how long it took */
        bool turning, stopping;
        unsigned n_handles; /* open ones */
        bool seen_all;
        usec_t quiet_since;
        char *quiet_plan; /* its plan's digest */
        Rng rng;
};

usec_t engine_now(const Engine *e); /* monotonic, the clock that observations are stamped with */
usec_t engine_wait(const Engine *e, usec_t usec); /* usec divided by the speed, at least one millisecond */
void engine_wake_lazily(Engine *e); /* a turn when it suits: nothing that was known has changed */
const char *engine_region_name(const Engine *e, unsigned region); /* the spec's, or NULL */

/* settle.c */
void settle_verdicts(Engine *e);
void settle_quiet(Engine *e);
/* What all log lines and events about a resource carry. */
void resource_log(const Engine *e, const Resource *r, int level, const char *format, ...) _printf_(4, 5);

/* candidate.c: the assessments of a context's resources, in an order in which parents come first. */
void assess_all(const Context *c, size_t n_resources, Resource *const *orphans, size_t n_orphans,
                bool bootstrap);
/* Resources for those things that are ours and declared no longer; '*orphans' is what the last turn left, or NULL. Those with a
 * call in flight stay until it ends. */
void adopt_orphans(Context *c, Observed *const *found, size_t n_found, Resource ***orphans,
                   size_t *n_orphans);
