/* What the engine remembers of one resource, and what an assessment of it says. Nothing here is needed to go on after a crash:
 * it is found again by looking. */
#pragma once

#include "estate.h"
#include "forward.h"
#include "oci/error.h"
#include "world.h"

#define TAG_ESTATE  "tandem-estate"
#define TAG_ADDRESS "tandem-address"
#define TAG_ORIGIN  "tandem-origin" /* "created" or "adopted" */

typedef enum Identity {
        IDENTITY_NONE,
        IDENTITY_PIN,
        IDENTITY_TAG,
        IDENTITY_ROLE,
        IDENTITY_NAME,
        _IDENTITY_INVALID = -1,
} Identity;
DECLARE_ENUM_STRINGS(identity, Identity);

struct Difference {
        char *path; /* "displayName", "routeRules[10.1.0.0/16]" */
        const Field *field;
        Verb verb;                   /* what mending it is */
        bool refused;                /* the API cannot change it */
        cJSON *want, *have;          /* NULL: absent. Resolved values; of a rule the whole rule */
        char *want_text, *have_text; /* for people; NULL: absent */
        char *source;                /* "primary.yaml:38", or NULL */
        char *note; /* what a person should know: why it is refused, what it would do; or NULL */
};

struct Differences {
        Difference *d;
        size_t n;
};

typedef struct ForeignRule {
        char *rule;          /* for people: "ingress tcp 22 from 0.0.0.0/0" */
        char *likely_writer; /* "unknown" unless the API tells */
        char *risk;          /* or NULL */
} ForeignRule;

/* One call, as it will be made. */
typedef struct Call {
        const char *method; /* static */
        char *path;         /* with query */
        cJSON *body;        /* NULL: none */
        char *if_match;     /* the etag that the decision was made on, or NULL where the API takes none */
        bool takes_if_match;
        bool takes_token;
        const Kind *kind; /* what it writes: an object of this kind … */
        unsigned region;  /* … in this region … */
        char *target;     /* … with this OCID; NULL: a create */
        const Field *sub; /* only its rules of this field, or NULL */
        bool creates, deletes;
} Call;

typedef enum Decision {
        DECISION_GO,
        DECISION_WAIT, /* for another resource, a parent's transition, a call in flight */
        DECISION_LOOK, /* read again first */
        DECISION_BACKOFF,
        DECISION_APPROVAL, /* a person has to say yes */
        DECISION_HOLD,     /* gated: budget, unproven region, one at a time */
        DECISION_PAUSED,
        DECISION_OBSERVE, /* the mode changes nothing */
        DECISION_REFUSED, /* never, by policy or by the API */
} Decision;

/* One thing to do to one resource; at most one call at a time. */
struct Action {
        Resource *resource; /* not owned */
        Verb verb;
        bool abandon; /* VERB_ADOPT, the other way round */
        bool bootstraps; /* would build in a cloud where nothing of the estate was found: waits for that approval */
        Call call;
        Differences differences;
        char **waits_for; /* addresses, strv or NULL */
        Observed *basis
                [2]; /* what it was decided on: a list's word is not enough, each is read by a GET first; borrowed */
        char **serialized; /* OCIDs under which the API takes one mutation at a time, strv */
        char *mends;  /* only the differences at this path are this call's, the others follow; NULL: all */
        char *reason; /* for people: "1 route gone" */
        char id[9];   /* what a person types to approve it: address, OCID, verb, spec and difference */
        Decision decision;
        char *decision_text; /* why not now, or NULL */
        const char *decision_code;
};

struct Assessment {
        Verdict verdict;
        const char *code; /* reason, for programs: a static kebab-case word, or NULL */
        char *message;    /* reason, for people, or NULL */
        Differences differences;
        ForeignRule *foreign;
        size_t n_foreign;
        char **waits_for; /* strv or NULL */
        Action **actions; /* in the order in which they would be done */
        size_t n_actions;
        bool look;               /* a fresh GET is wanted before anything is decided */
        const Field *look_sub;   /* … or a fresh listing of these rules */
        Listing *look_listing;   /* … or of this scope */
        const Observed *look_at; /* … or this other thing, as long as it changes */
};

typedef struct Attempt {
        usec_t at; /* realtime */
        char *method, *path;
        int status;
        char *code, *message, *request_id;
} Attempt;

#define ATTEMPTS_KEPT 4

struct Resource {
        UT_hash_handle hh;      /* by address */
        char *address;          /* of an orphan: the address in its tag, or region/Kind/displayName */
        const Desired *desired; /* NULL: orphaned */
        const Kind *kind;
        unsigned region;
        Observed *observed; /* not owned; NULL: not found */
        const Observed
                *was; /* what 'observed' was in the turn before: to be compared, not to be looked at */
        uint64_t as_declared; /* World.changes when comparing it found nothing to say, plus one; 0: never */
        Identity identity;
        bool absent; /* proven: its listing is complete and lacks it */
        Observed *
                stray; /* not found, but this thing of ours names a parent of its kind that no listing has; borrowed */
        Observed *lost; /* not found, but this carries no tags of ours and holds things that do; borrowed */
        Observed **candidates; /* two or more that could be it; borrowed */
        size_t n_candidates;
        Assessment assessment;
        Verdict verdict;
        usec_t since; /* realtime: since when this verdict */

        void *call; /* act.c's, while one runs */
        Verb call_verb;
        usec_t call_started;
        char **call_serialized; /* strv: what it holds busy */
        char *call_text;        /* "PUT /20160918/…" */

        unsigned attempts; /* writes in a row that did not bring it nearer */
        usec_t not_before; /* backoff: monotonic; 0: none */
        ApiError last_error;
        unsigned token_round; /* k of the retry token */
        char *made_by;        /* the work request that answered the last create; NULL: none */
        usec_t wrote;         /* monotonic: when the last write ended; 0: never */
        char *wrote_digest;   /* of the differences that it was to mend; NULL: seen mended */
        char *wrote_etag;     /* that its reply gave; NULL: none, or one that changes by itself */
        unsigned unconverged; /* writes in a row whose differences were still there afterwards */
        char *mended_digest;  /* of the differences that were last seen mended */
        usec_t mended;
        unsigned fight_rounds;
        usec_t fought;                /* when the last round was counted */
        Attempt tried[ATTEMPTS_KEPT]; /* newest first */
};

Resource *resource_new(const char *address, const Kind *k, unsigned region, const Desired *d);
Resource *resource_free(Resource *r);
DEFINE_CLEANUP(Resource *, resource_free);

void differences_done(Differences *d);
Difference *differences_add(Differences *ds, const Field *f, Verb verb, char *path_taken);
void differences_copy(Differences *to, const Difference *d);
/* Of paths, wants and haves: the same differences give the same text. 12 hex digits; the caller frees. */
char *differences_digest(const Differences *ds);

void assessment_done(Assessment *a);
/* Sets verdict and reason; the first reason stays when a worse verdict is there already. */
void assessment_set(Assessment *a, Verdict v, const char *code, const char *format, ...) _printf_(4, 5);
/* Appends an action whose call is empty as yet; borrowed. */
Action *assessment_act(Assessment *a, Resource *r, Verb verb);

/* Whether one of its actions is of this verb. */
bool assessment_plans(const Assessment *a, Verb verb);
/* Makes it a call on the resource's object, serialised as its kind says. 'path' and 'body' are taken over; a NULL path is the object's own. */
void action_call(Action *a, const char *method, char *path, cJSON *body);
/* Guards its call by the etag of the resource's object. */
void action_guard(Action *a);
/* Makes it a guarded DELETE of the resource's object. */
void action_delete(Action *a);
/* The OCIDs under which the API takes one mutation at a time, read off an object or a create's body. */
void action_serialize(Action *a, const Kind *k, const cJSON *body);
Action *action_free(Action *a);
void call_done(Call *c);

/* What decisions may look at: no clock, no I/O. */
struct Context {
        const Estate *estate;
        World *world;
        Resource *const *resources; /* by Desired.index */
        Resource *by_address;       /* uthash: declared ones and orphans */
        const char *tenancy;        /* OCID */
        usec_t now;                 /* monotonic */
        double speed;               /* divides waits; 1 but in rehearsals */
        bool any_found; /* by identify.c: something of the estate is there, so a missing part is not the whole estate */
};

/* The runtime side of a declared resource; NULL for an unknown address. Borrowed. */
Resource *context_find(const Context *c, const char *address);
Resource *context_resource(const Context *c, const Desired *d);
