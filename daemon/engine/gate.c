/* What may begin now. The checks run in the order of the table below; the first that objects decides, and says so. */
#include "gate.h"

/* An OCID that a call in flight, or an action let through before, holds busy. */
typedef struct Taken {
        UT_hash_handle hh;
        const char *id; /* borrowed */
} Taken;

typedef struct Gatekeeper {
        const Context *c;
        const Plan *plan;
        const Words *words;
        const Budget *budget;
        usec_t realtime;
        Taken *taken;
        bool harm_running; /* something that takes away is under way in the estate */
} Gatekeeper;

static bool is_harm(Verb v) {
        return v == VERB_DISRUPT || v == VERB_REPLACE || v == VERB_DELETE;
}

static bool decide(Action *a, Decision d, const char *code, const char *format, ...) _printf_(4, 5);
static bool decide(Action *a, Decision d, const char *code, const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        free(a->decision_text);
        a->decision_text = xvasprintf(format, ap);
        va_end(ap);
        a->decision = d;
        a->decision_code = code;
        return true;
}

static Gate policy_of(const Gatekeeper *g, const Action *a) {
        return a->resource->desired ? a->resource->desired->policy[a->verb] : g->c->estate->policy[a->verb];
}

static bool check_fight(const Gatekeeper *g, Action *a) {
        (void) g;
        return a->resource->assessment.verdict == VERDICT_FIGHTING &&
               decide(a, DECISION_HOLD, "fight",
                      "it was set back again and again: find the other writer, then tandemctl reconcile %s",
                      a->resource->address);
}

static bool check_policy(const Gatekeeper *g, Action *a) {
        if (policy_of(g, a) != GATE_NEVER)
                return false;
        return decide(a, DECISION_REFUSED, "policy-never", "policy: {%s: never}", verb_to_string(a->verb));
}

static bool check_mode(const Gatekeeper *g, Action *a) {
        if (g->c->estate->mode == MODE_ENFORCE)
                return false;
        return decide(a, DECISION_OBSERVE, "observe", "mode observe changes nothing");
}

static bool check_pause(const Gatekeeper *g, Action *a) {
        const Pause *p = words_paused(g->words, a->resource->address, g->realtime);

        return p &&
               decide(a, DECISION_PAUSED, "paused", "paused: %s", p->reason ? p->reason : "no reason given");
}

static bool check_bootstrap(const Gatekeeper *g, Action *a) {
        (void) g;
        return a->bootstraps && decide(a, DECISION_WAIT, "bootstrap", "tandemctl approve bootstrap");
}

static bool check_approval(const Gatekeeper *g, Action *a) {
        if (policy_of(g, a) != GATE_APPROVE || words_approval(g->words, a, g->realtime))
                return false;
        return decide(a, DECISION_APPROVAL, "approval", "tandemctl approve %s", a->id);
}

static bool check_in_flight(const Gatekeeper *g, Action *a) {
        (void) g;
        return a->resource->call && decide(a, DECISION_WAIT, "in-flight", "%s is under way",
                                           a->resource->call_text ? a->resource->call_text : "a call");
}

/* One step of a resource at a time: an earlier action of the same one goes first, unless it waits for a person. */
static bool check_order(const Gatekeeper *g, Action *a) {
        const Assessment *as = &a->resource->assessment;

        (void) g;
        for (size_t i = 0; i < as->n_actions && as->actions[i] != a; i++) {
                Decision d = as->actions[i]->decision;

                if (d != DECISION_APPROVAL && d != DECISION_REFUSED)
                        return decide(a, DECISION_WAIT, "order", "after the %s before it",
                                      verb_to_string(as->actions[i]->verb));
        }
        return false;
}

static bool check_waits(const Gatekeeper *g, Action *a) {
        (void) g;
        return strv_length(a->waits_for) > 0 &&
               decide(a, DECISION_WAIT, "waits", "waits for %s", a->waits_for[0]);
}

static bool check_backoff(const Gatekeeper *g, Action *a) {
        char buffer[TIME_TEXT_SIZE];

        if (a->resource->not_before <= g->c->now)
                return false;
        return decide(a, DECISION_BACKOFF, "backoff", "tries again in %s",
                      format_ago(a->resource->not_before - g->c->now + USEC_PER_SEC - 1, buffer));
}

static bool check_basis(const Gatekeeper *g, Action *a) {
        (void) g;
        for (size_t i = 0; i < ARRAY_SIZE(a->basis); i++) {
                const Observed *o = a->basis[i];

                if (o && (o->from == READ_LIST || !observed_is_current(o) ||
                          (a->call.takes_if_match && i == 0 && !o->etag)))
                        return decide(a, DECISION_LOOK, "look", "read again before it is decided");
        }
        return false;
}

static bool is_taken(const Gatekeeper *g, const char *id) {
        Taken *t = NULL;

        HASH_FIND_STR(g->taken, id, t);
        return t;
}

/* What answers a write with a work request is changing once that is accepted: until it is looked at, it counts as such. */
static bool is_changing(const Observed *o) {
        return observed_is_moving(o) || (o->kind->flags & KIND_NO_CREATE_BODY && o->begun < o->written);
}

static bool check_busy(const Gatekeeper *g, Action *a) {
        for (char **id = a->serialized; id && *id; id++) {
                const Observed *o = world_find(g->c->world, *id);

                if (is_taken(g, *id))
                        return decide(a, DECISION_WAIT, "busy", "%s takes one change at a time",
                                      o ? observed_name(o) : *id);
                if (o && is_changing(o))
                        return decide(a, DECISION_WAIT, "busy", "%s is in transition", observed_name(o));
        }
        return false;
}

/* The network is proven by OCI's word: Kubernetes may be behind the link that is broken. */
static bool carries_load(const Kind *k) {
        return k->service == SERVICE_CONTAINER_ENGINE;
}

/* What the region has to carry the load with meanwhile. */
static bool check_parts(const Gatekeeper *g, Action *a, unsigned region) {
        const Context *c = g->c;
        Parts sum = {};

        for (size_t i = 0; i < c->estate->n_resources; i++) {
                const Resource *r = c->resources[i];
                Parts p;

                if (r->region != region || !r->kind->parts)
                        continue;
                if (!r->observed || r->observed->from == READ_LIST)
                        return decide(a, DECISION_HOLD, "region-unproven",
                                      "not while %s is not there or not read", r->address);
                p = r->kind->parts(r->observed);
                sum.up += p.up;
                sum.all += p.all;
        }
        return sum.up * 100 < sum.all * c->estate->proven_nodes &&
               decide(a, DECISION_HOLD, "region-unproven",
                      "not while %s has %u of %u nodes up, and %u%% are wanted",
                      c->estate->regions[region].name, sum.up, sum.all, c->estate->proven_nodes);
}

static bool check_harm(const Gatekeeper *g, Action *a) {
        const Approval *approval = words_approval(g->words, a, g->realtime);

        if (!is_harm(a->verb) || (approval && approval->override))
                return false;
        if (!g->plan->complete)
                return decide(a, DECISION_HOLD, "partial-view", "not on a partial view of the estate");
        for (unsigned i = 0; i < g->c->estate->n_regions; i++) {
                if (i == a->resource->region)
                        continue;
                if (!gate_region_proven(g->c, i))
                        return decide(a, DECISION_HOLD, "region-unproven", "not while %s is unproven",
                                      g->c->estate->regions[i].name);
                if (carries_load(a->resource->kind) && check_parts(g, a, i))
                        return true;
        }
        if (g->harm_running)
                return decide(a, DECISION_HOLD, "one-at-a-time", "one at a time in the whole estate");
        if (!budget_may_take(g->budget))
                return decide(a, DECISION_HOLD, "budget", "the hour's budget of %u is used",
                              g->budget->limit);
        return false;
}

static bool (*const checks[])(const Gatekeeper *g, Action *a) = {
        check_policy,    check_mode,  check_pause, check_bootstrap, check_fight,
        check_in_flight, check_order, check_waits, check_basis,     check_approval,
        check_backoff,   check_busy,  check_harm,
};

static void take_ids(Gatekeeper *g, char *const *ids) {
        for (; ids && *ids; ids++) {
                Taken *t;

                if (is_taken(g, *ids))
                        continue;
                t = xnew(Taken, 1);
                t->id = *ids;
                HASH_ADD_KEYPTR(hh, g->taken, t->id, strlen(t->id), t);
        }
}

static void release_ids(Gatekeeper *g) {
        Taken *t = g->taken, *next;

        HASH_CLEAR(hh, g->taken);
        for (; t; t = next) {
                next = t->hh.next;
                free(t);
        }
}

static void gate_action(Gatekeeper *g, Action *a) {
        for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
                if (checks[i](g, a))
                        return;
        decide(a, DECISION_GO, NULL, "now");
        take_ids(g, a->serialized);
        g->harm_running = g->harm_running || is_harm(a->verb);
}

/* An upgrade, or nodes that come and go: whoever began it, the next harm waits until it is over. */
static bool is_unsettled(const Observed *o) {
        return (carries_load(o->kind) && o->life == LIFE_CHANGING) || observed_parts_move(o);
}

/* It was taken away and is not there again: unless what it lay in is to go next, and has waited for that. */
static bool is_being_replaced(const Context *c, const Resource *r) {
        const Resource *parent = r->desired && r->desired->parent ? context_resource(c, r->desired->parent)
                                                                  : NULL;

        return r->call_verb == VERB_REPLACE && r->desired &&
               !(parent && assessment_plans(&parent->assessment, VERB_REPLACE));
}

/* Done means observed: what takes away runs until it was looked at after its call, and a replacement until the new thing is there. */
static bool does_harm(const Context *c, const Resource *r) {
        const Observed *o = r->observed;

        if (o && (o->life == LIFE_GOING || is_unsettled(o)))
                return true;
        if (!is_harm(r->call_verb))
                return false;
        if (r->call)
                return true;
        if (!o)
                return is_being_replaced(c, r);
        for (size_t i = 0; i < o->n_subs; i++)
                if (o->subs[i].begun < o->subs[i].written)
                        return true;
        return o->begun < o->written;
}

/* What calls in flight hold, and whether anything is being taken away right now. */
static void look_around(Gatekeeper *g) {
        Resource *r, *next;

        HASH_ITER (hh, g->c->by_address, r, next) {
                if (r->call)
                        take_ids(g, r->call_serialized);
                g->harm_running = g->harm_running || does_harm(g->c, r);
        }
}

bool gate_region_proven(const Context *c, unsigned region) {
        Listing *l, *next;

        if (!c->world->regions[region].reachable)
                return false;
        HASH_ITER (hh, c->world->listings, l, next)
                if (l->needed && l->region == region &&
                    (l->begun == 0 || l->attempts > 0 || l->begun < c->world->loaded))
                        return false;
        return true;
}

/* The first thing that a person has to know about: it is what the resource's verdict says. */
static void settle_verdict(Resource *r) {
        Assessment *a = &r->assessment;
        const Action *next = NULL;

        if (r->call) {
                if (verdict_rank(a->verdict) <= verdict_rank(VERDICT_DRIFTED))
                        free(TAKE_PTR(a->message)); /* what is under way says more */
                assessment_set(a, VERDICT_PROGRESSING, "in-flight", "%s",
                               r->call_text ? r->call_text : "a call is under way");
                return;
        }
        for (size_t i = 0; i < a->n_actions && !next; i++)
                if (a->actions[i]->decision != DECISION_REFUSED &&
                    a->actions[i]->decision != DECISION_APPROVAL)
                        next = a->actions[i];
        if (!next && a->n_actions > 0)
                next = a->actions[0];
        if (!next)
                return;
        if (next->decision == DECISION_APPROVAL)
                assessment_set(a, VERDICT_BLOCKED, "approval", "%s: %s", next->reason, next->decision_text);
        else if (next->decision == DECISION_REFUSED)
                assessment_set(a, VERDICT_BLOCKED, next->decision_code, "%s: %s", next->reason,
                               next->decision_text);
        else if (next->decision == DECISION_PAUSED)
                assessment_set(a, VERDICT_PAUSED, "paused", "%s; %s", next->reason, next->decision_text);
        else if (next->decision == DECISION_BACKOFF && r->last_error.retry == RETRY_NEVER &&
                 r->last_error.code)
                assessment_set(a, VERDICT_BLOCKED, "refused", "the API refuses it: %d %s, %s",
                               r->last_error.status, r->last_error.code, r->last_error.message);
}

void gate_plan(const Context *c, Plan *p, const Words *words, const Budget *budget, usec_t now_realtime) {
        Gatekeeper g = { .c = c, .plan = p, .words = words, .budget = budget, .realtime = now_realtime };
        Resource *r, *next;

        look_around(&g);
        /* A create begins a lifecycle that runs by itself while its siblings are changed: it goes first. */
        for (int creates = 1; creates >= 0; creates--)
                for (size_t i = 0; i < p->n_actions; i++)
                        if ((p->actions[i]->verb == VERB_CREATE) == creates)
                                gate_action(&g, p->actions[i]);
        release_ids(&g);
        HASH_ITER (hh, c->by_address, r, next)
                settle_verdict(r);
}
