/* The circle: observe, assess, plan, gate, act, and again. One turn of it is a function of what is known; every reply and every
 * timer leads to the next turn and to nothing else. Start-up, reload and a lost connection only make observations old. */
#pragma once

#include <uv.h>

#include "gate.h"
#include "oci/client.h"
#include "plan.h"
#include "record/events.h"
#include "record/words.h"

typedef struct Engine Engine;

typedef struct EngineOptions {
        OciClient *client;   /* not owned */
        const char *tenancy; /* copied */
        double speed;        /* divides every wait; 1 but in rehearsals */
        bool bootstrap;      /* an empty cloud may be built */
        Words *words;        /* not owned */
        Events *events;      /* not owned */
        /* After every turn. */
        void (*on_turn)(Engine *e, void *userdata);
        void *userdata;
} EngineOptions;

int engine_new(uv_loop_t *loop, const EngineOptions *options, Engine **ret);
/* Cancels what runs and closes its handles; the loop must run dry before engine_free(). */
void engine_stop(Engine *e);
Engine *engine_free(Engine *e);
DEFINE_CLEANUP(Engine *, engine_free);

/* Makes this the running spec; the estate is taken over. What was observed stays known, but proves no absence any more. */
void engine_load(Engine *e, Estate *estate);
/* Looks again at once: at one address, or with NULL at everything. -ENOENT for an unknown address. */
int engine_reconcile(Engine *e, const char *address);
/* A turn soon: something that people said has changed. */
void engine_wake(Engine *e);

/* For those who show things. Valid until the next turn. */
const Context *engine_context(const Engine *e);
const Plan *engine_plan(const Engine *e);
const Budget *engine_budget(const Engine *e);
Verdict engine_verdict(const Engine *e);
size_t engine_resources(const Engine *e,
                        Resource ***ret); /* declared, then orphans; the caller frees the array */
bool engine_is_quiet(const Engine *e); /* no call in flight but listings, nothing that may go on by itself */
bool engine_seen_all(
        const Engine *e); /* every region's view was complete at least once since the spec's load */
usec_t engine_quiet_since(
        const Engine
                *e); /* monotonic: since when nothing changed and nothing could be done; 0: it goes on */

/* A candidate's plan on what is observed now: assesses without acting. *ret is owned by the caller through *ret_candidate. */
typedef struct Candidate Candidate;
int engine_plan_candidate(Engine *e, const Estate *candidate, Candidate **ret);
const Plan *candidate_plan(const Candidate *c);
const Context *candidate_context(const Candidate *c);
Candidate *candidate_free(Candidate *c);
DEFINE_CLEANUP(Candidate *, candidate_free);
