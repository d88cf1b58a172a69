/* What the server asks of an engine, answered from the estate made by hand. */
#include "hand-engine.h"

struct HandEngine hand_engine; /* the handle that stands for it is never looked into */

const Context *engine_context(const Engine *e) {
        return &hand_engine.hand.context;
}
const Plan *engine_plan(const Engine *e) {
        return &hand_engine.hand.plan;
}
const Budget *engine_budget(const Engine *e) {
        return &hand_engine.hand.budget;
}
Verdict engine_verdict(const Engine *e) {
        return VERDICT_DRIFTED;
}
bool engine_seen_all(const Engine *e) {
        return hand_engine.seen_all;
}
void engine_wake(Engine *e) {
        hand_engine.n_wakes++;
}
int engine_reconcile(Engine *e, const char *address) {
        hand_engine.n_reconciles++;
        return 0;
}
size_t engine_resources(const Engine *e, Resource ***ret) {
        const HandEstate *h = &hand_engine.hand;

        *ret = xnew(Resource *, h->estate->n_resources);
        memcpy(*ret, h->resources, h->estate->n_resources * sizeof **ret);
        return h->estate->n_resources;
}
int engine_plan_candidate(Engine *e, const Estate *candidate, Candidate **ret) {
        *ret = (Candidate *) &hand_engine;
        return hand_engine.candidate_result;
}
const Plan *candidate_plan(const Candidate *c) {
        return &hand_engine.hand.plan;
}
const Context *candidate_context(const Candidate *c) {
        return &hand_engine.hand.context;
}
Candidate *candidate_free(Candidate *c) {
        return NULL;
}

static void on_spec_status(SpecStatus *ret, void *userdata) {
        *ret = (SpecStatus){ .running = hand_engine.hand.estate->digest, .loaded_at = HAND_NOW_REALTIME };
}

static int on_reload(const char *plan, const char **ret_code, char **reterr, void *userdata) {
        str_replace(&hand_engine.reloaded, plan ? plan : "any");
        if (hand_engine.reload_result < 0) {
                *ret_code = "plan-changed";
                *reterr = xstrdup("the plan is another one now");
        }
        return hand_engine.reload_result;
}

ServerOptions hand_engine_server_options(const char *path, Events *events) {
        return (ServerOptions){ .path = path,
                                .version = "1.2.3",
                                .engine = (Engine *) &hand_engine,
                                .words = &hand_engine.hand.words,
                                .events = events,
                                .spec_status = on_spec_status,
                                .reload = on_reload };
}

void hand_engine_init(void) {
        hand_engine = (struct HandEngine){};
        hand_estate_init(&hand_engine.hand);
}

void hand_engine_done(void) {
        hand_estate_done(&hand_engine.hand);
        free(hand_engine.reloaded);
}
