/* What was observed: objects by OCID, and the listings that they came from. Only observe.c and act.c write here, through these
 * functions; everything that decides reads. All instants are monotonic microseconds.
 *
 * An observation counts from when its request began. One that began before our own last write to the thing ended is no
 * observation of what is there now, and is not taken. */
#pragma once

#include <uthash.h>

#include "forward.h"
#include "kind.h"
#include "oci/error.h"

typedef enum ReadFrom {
        READ_LIST, /* the whole object, but no etag */
        READ_GET,
        READ_REPLY, /* the body of our own write's reply */
} ReadFrom;

/* The rules of a sub-collection as last listed. */
typedef struct SubItems {
        const Field *field;
        cJSON *items;   /* array; NULL: never listed completely */
        usec_t begun;   /* when the listing that gave them began */
        usec_t written; /* when our last write to them ended */
} SubItems;

struct Observed {
        UT_hash_handle hh;                     /* by id */
        Observed *prev_of_kind, *next_of_kind; /* of the same kind and region: utlist, see world_first() */
        const Kind *kind;
        unsigned region;
        char *id;
        cJSON *body;
        const cJSON *tags; /* its freeformTags, in 'body'; NULL: none */
        char *etag;        /* that belongs to exactly this body; NULL: unknown */
        ReadFrom from;
        usec_t begun;   /* when the request that gave the body began */
        usec_t written; /* when our last write to it ended; newer than 'begun': look again before judging */
        usec_t created; /* when our create of it ended; 0: it was found */
        usec_t changed; /* when the body last became another one */
        Listing *listing; /* the one that holds it; not owned; NULL when only read by id */
        usec_t listed;    /* the begin of the last complete listing that had it */
        usec_t doubted; /* since when it may be gone; 0: no. With a listing: that lacked it, and a GET has not said so
                             yet. Without: no listing shows where it lives, and a GET said 404 */
        SubItems *subs;
        size_t n_subs;
        Life life;
        Resource *bound;      /* identify.c's word of this turn: whose it is, or NULL */
        Observed **referrers; /* world_referrers()' */
        size_t n_referrers;
};

struct Listing {
        UT_hash_handle hh; /* by key */
        char *key;         /* region, kind, field, scope: unique */
        const Kind *kind;
        const Field *sub; /* the rules of one object, or NULL: objects */
        unsigned region;
        char *scope;   /* a compartment, a parent or an owner; "" for none */
        bool needed;   /* set by observe.c each turn; what is not needed is dropped */
        usec_t due;    /* when to begin the next */
        usec_t tried;  /* when the last try began */
        usec_t begun;  /* when the last complete one began; 0: none was */
        usec_t before; /* when the complete one before that began; 0: none was */
        usec_t ended;
        usec_t written; /* when our last write in this scope ended */
        usec_t created; /* when our last create of its kind ended whose reply showed the thing: it may lack that */
        unsigned attempts; /* failed ones in a row */
        ApiError error;    /* of the last try; its status is 0 when that was complete */
        void *call;        /* observe.c's, while it runs */
};

typedef struct RegionState {
        bool reachable; /* the last reply was one of the API's own, whatever it said */
        usec_t last_reply;
        usec_t last_complete; /* realtime, for people; 0: never */
        ApiError last_error;
        bool throttled;
        uint64_t requests;
        int64_t clock_skew_usec;
        bool skew_known;
} RegionState;

struct World {
        Observed *objects;  /* uthash by id */
        Observed **by_kind; /* heads of lists, [region][kind] */
        Listing *listings;  /* uthash by key */
        Observed **lookups; /* those of KIND_LOOKUP kinds, borrowed from 'objects' */
        size_t n_lookups;
        RegionState *regions;
        size_t n_regions;
        usec_t loaded; /* when the running spec was loaded: nothing listed before that proves an absence */
        Observed *
                gone; /* no longer known, kept until world_bury(): assessments may still point there. Linked by hh.next */
        uint64_t
                changes; /* counts what differs from before: bodies, objects that came, went or are in doubt, what was
                            written to, which resource is which object, and the spec that all of it is read by */
        uint64_t referred; /* 'changes' when referrers were last collected, plus one */
};

World *world_new(size_t n_regions);
World *world_free(World *w);
DEFINE_CLEANUP(World *, world_free);

Observed *world_find(const World *w, const char *id); /* borrowed, NULL if never seen or gone */
/* The first object of a kind in a region, borrowed; the others by next_of_kind. They stand in the order in which they came. */
Observed *world_first(const World *w, const Kind *k, unsigned region);
/* The objects of the region that name this one by its OCID, in their bodies or rules, less their tags; what is TERMINATED names
 * nothing. Valid until the world changes. */
Observed *const *world_referrers(World *w, const Observed *o, size_t *ret_n);
/* Frees what is gone. Nobody may point there any more: called when everything was assessed anew. */
void world_bury(World *w);

/* Takes one object in. 'body' is taken over. An observation older than our last write to it is dropped (returns NULL), as is a
 * list's that is older than what is known. A list that shows the same body keeps the etag. A summary (KIND_SUMMARY) that says
 * something new is laid over what is known, and 'from' is READ_LIST until it is read. */
Observed *world_see(World *w, const Kind *k, unsigned region, cJSON *body, const char *etag, ReadFrom from,
                    usec_t begun, usec_t now);

/* Nobody asks for it any more: it is as if never seen. */
void world_drop(World *w, const char *id);

/* Takes a complete listing in: its objects are seen, those that it lacks are dropped, or doubted when known = true for them.
 * 'items' is taken over. 'confirm' says whether an absent object must be confirmed by a GET first. */
void world_see_listing(World *w, Listing *l, cJSON *items, usec_t begun, usec_t now,
                       bool (*confirm)(const Observed *o, void *userdata), void *userdata);

/* A GET by id said 404: gone, if a complete listing lacked it as well; in doubt, if no listing can tell. */
void world_see_missing(World *w, const char *id, usec_t begun);
/* Takes the rules of one object in, 'items' is taken over; a list with a rule that has no id tells nothing. */
void world_see_sub(World *w, Observed *o, const Field *sub, cJSON *items, usec_t begun);
SubItems *observed_sub(const Observed *o, const Field *f); /* borrowed, NULL when never listed */

/* The reply of our own create showed the thing itself. It is taken in, and what a listing began before lacks all the same is absent
 * as before: whatever that call did is known by its OCID. The resource that it was made for must not be judged so: see
 * listing_proves_absence(). False when the body is of no use: then what was made is not known, and the caller says world_wrote().
 * 'body' is taken over. */
bool world_see_created(World *w, const Kind *k, unsigned region, cJSON *body, const char *etag,
                       usec_t ended);

/* Our write to 'id' (NULL: a create) ended, whatever it said: what began before is stale, for the thing and its scopes. */
void world_wrote(World *w, const Kind *k, unsigned region, const char *id, const Field *sub, usec_t ended);

Listing *world_listing(const World *w, const Kind *k, const Field *sub, unsigned region, const char *scope);
Listing *world_need_listing(World *w, const Kind *k, const Field *sub, unsigned region, const char *scope);
void world_drop_unneeded(World *w);

/* True when that listing is complete and began after the spec's load, after our last write in its scope whose effect is not known
 * object by object, and after 'wrote', the end of the last write for the very thing that is looked for (0: none), and the one
 * before it began after the load as well: only then does what it lacks not exist.
 *
 * Why two. A reply that lost the header which leads to the next page looks complete. What was seen before is asked for by id when a
 * list lacks it; what was never seen has nothing but the list, and would be built a second time.
 *
 * Why a create of ours that ended since, with its object in the reply, does not count against the others in its scope. What may
 * stand there that the listing lacks is (1) what somebody else made since: no listing can exclude that, and how old one may become
 * is its kind's cadence, written or not; (2) what we made: each is in the world by its OCID, with its name, its place and our tags,
 * and is found by those before anything is called absent; (3) what a call of unknown outcome made (no reply, 5xx, a body of no
 * use): world_wrote() makes the whole scope old. While such a call is in flight less is known than after its reply, and others are
 * made beside it already. A restart forgets all of it, listings included. The thing that was created itself is not to be found
 * by what its create was answered with alone, should the service drop our tags, say: hence 'wrote'. */
bool listing_proves_absence(const World *w, const Listing *l, usec_t wrote);

/* The body can be judged: read after our last write to it ended. */
bool observed_is_current(const Observed *o);

bool observed_is_moving(const Observed *o);  /* its lifecycle goes on by itself: coming, changing or going */
bool observed_parts_move(const Observed *o); /* a part of it comes or goes, whatever its lifecycle says */

const char *observed_tag(const Observed *o, const char *name); /* a freeform tag, borrowed, or NULL */
const char *observed_name(const Observed *o);                  /* its name, or its id */
