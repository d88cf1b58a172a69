/* A kind of resource as data: what it takes, what it is called, how long things last, and hooks for what
 * is really different about it. One file per kind in kinds/. */
#pragma once

#include "sim.h"
#include "validate.h"

/* POST /COLLECTION/{id}/NAME, or GET of it. 'in' is the checked body (owned by the caller), NULL without
 * 'body'. A name that ends in '*' takes whatever follows: the call's 'tail'. */
typedef struct Action {
        const char *method;
        const char *name;
        const Field *body; /* NULL: no body is read */
        int (*run)(Call *c, Object *o, const cJSON *in);
        bool if_match;            /* takes if-match, and fails with 412 */
        bool retry_token;         /* takes opc-retry-token */
        bool no_claim;            /* reads only, or claims by itself */
        const char *const *query; /* parameters it takes besides limit and page; NULL: none at all */
} Action;

/* A word of sortBy, and the member of the body that it means; NULL: the time of creation. */
typedef struct SortKey {
        const char *word, *member;
} SortKey;

struct Kind {
        KindId id;
        const char *service;        /* NULL: iaas */
        const char *name;           /* Vcn */
        const char *ocid_type;      /* vcn */
        const char *collection;     /* vcns; NULL: reached through the actions of another kind only */
        const char *name_field;     /* NULL: displayName */
        const char *time_field;     /* NULL: timeCreated; "": none */
        const char *scope;          /* the query parameter that a list must have */
        const char *filters[8];     /* the others that it takes */
        bool sortable;              /* sortBy and sortOrder */
        const SortKey *sort_keys;   /* ended by one without a word; NULL: those of the core services */
        const char *own_filters[5]; /* those of 'filters' that 'matches' sees to */
        const char *repeated;       /* the filter that may come several times, one of them has to match */
        /* Parameters of GET, PUT and DELETE of one object; NULL: none at all. */
        const char *const *get_query, *const *update_query, *const *delete_query;
        const char *summary_lacks[4]; /* members that a list leaves out */
        unsigned retry_after; /* seconds, for the header of a GET; divided by the speed, but at least 1 */
        bool hidden;          /* not in the estate */
        bool has_items;
        const char *items_name;   /* what /estate calls them: rules or statements */
        const char *unordered[4]; /* arrays of the body whose order means nothing */
        const char *essential[8]; /* members that no object of the kind is without */
        /* Paths in the body to what is busy while this changes. */
        const char *parents[3];
        KindId parent_kinds[3];
        const Field *create, *update; /* NULL: cannot be done */
        double create_seconds, delete_seconds;
        /* NULL: PROVISIONING, AVAILABLE, TERMINATING, TERMINATED */
        const char *coming, *ready, *going, *gone;
        bool stays_failed; /* what a failed create leaves has to be deleted; settle() says so. Else it is gone at once. */
        const char *more_states[4]; /* further words of lifecycleState */
        /* Create, update and delete are answered 202 without a body: the hooks start a work request and put its id into the
         * reply. */
        bool is_async;
        bool self_paced; /* the kind moves lifecycleState by itself, with timers of its own */
        bool no_create_etag;
        bool can_move;    /* actions/changeCompartment */
        bool move_is_202; /* answered with a work request */
        bool tag_maps_clear_each_other;
        const char *limit, *limit_scope; /* option limits.NAME: how many live ones per value of the path */

        /* Refuses (negative, through call_fail()), or completes the body. 'in' is checked against
         * 'create'. */
        int (*on_create)(Call *c, Object *o, const cJSON *in);
        /* Refuses, or applies; what it leaves in 'in' is then laid over the body. */
        int (*on_update)(Call *c, Object *o, cJSON *in);
        int (*check_delete)(Call *c, Object *o);
        int (*on_delete)(Call *c,
                         Object *o); /* instead of all that a delete usually does, but for the etag */
        void (*on_deleting)(Call *c, Object *o);
        const char *(*settle)(
                Object *o); /* made or changed: the state that it comes to; NULL: the ready one */
        bool (*can_go)(const Object *o); /* false when a delete was accepted and then falls back */
        void (*on_moved)(Object *o);     /* to another compartment */
        void (*on_gone)(Object *o);
        void (*on_loaded)(Object *o); /* takes up what was under way when the estate was written */
        bool (*matches)(const Call *c, const cJSON *body); /* filters that are more than equality */
        void (*render)(const Object *o, cJSON *body);
        /* Puts the items into what a GET of one object shows. */
        void (*render_items)(cJSON *body, const cJSON *items);
        /* For /estate, where it is more than what is kept; owned. */
        cJSON *(*items)(const Object *o);
        const Action *actions; /* ended by one without a name */
};

const Kind *kind_get(KindId id);
const Kind *kind_by_name(const char *name); /* NULL if unknown */
/* NULL if unknown. */
const Kind *kind_by_collection(const char *service, const char *collection);

static inline const char *kind_service(const Kind *k) {
        return k->service ? k->service : "iaas";
}
static inline const char *kind_name_field(const Kind *k) {
        return k->name_field ? k->name_field : "displayName";
}
static inline const char *kind_coming(const Kind *k) {
        return k->coming ? k->coming : "PROVISIONING";
}
static inline const char *kind_ready(const Kind *k) {
        return k->ready ? k->ready : "AVAILABLE";
}
static inline const char *kind_going(const Kind *k) {
        return k->going ? k->going : "TERMINATING";
}
static inline const char *kind_gone(const Kind *k) {
        return k->gone ? k->gone : "TERMINATED";
}
