/* The world that is simulated: one tenancy, two regions, and the clock, chance and options that they
 * share. */
#pragma once

#include "base/rng.h"
#include "forward.h"
#include "kind-id.h"

#define N_REGIONS      2
#define N_COMPARTMENTS 4

/* What one region holds of one kind, in the order of creation. */
typedef struct ObjectList {
        Object **objects; /* owned */
        size_t n;
} ObjectList;

typedef void (*ClusterWatchFunc)(Object *cluster, const cJSON *node, unsigned event,
                                 void *userdata); /* a ClusterEvent */

struct Region {
        Sim *sim;         /* not owned */
        const char *name; /* us-sanjose-1 */
        const char *key;  /* SJC */
        unsigned n_ads;
        bool is_home;
        ObjectList lists[_KIND_MAX];
        uint64_t epoch;     /* counts mutating requests: a stale reply hides what changed since the last */
        double rate_tokens; /* of the request rate limit */
        usec_t rate_last_usec; /* monotonic */
};

typedef struct Compartment {
        const char *id;
        const char *name;
        const char *parent; /* NULL: the tenancy itself */
} Compartment;

struct Sim {
        Region regions[N_REGIONS];
        Object *by_id; /* uthash over all objects of both regions */
        uint64_t last_seq;
        uint64_t n_changes; /* of objects, since the start */

        const char *tenancy; /* OCIDs */
        const char *user;
        Compartment compartments[N_COMPARTMENTS];
        const char *ad_prefix;

        double speed;
        uint64_t seed;
        Rng ids, etags, pages, orders; /* independent streams: paging does not change which ids come out */
        usec_t advanced_usec;          /* how far POST /advance moved lifecycles ahead of the real clock */
        TimerHeap *lifecycles;         /* keyed by sim_time() */
        cJSON *options;                /* name → value; options.c has the table */
        CallLog *log;
        Faults *faults;
        RetryToken *retry_tokens;       /* uthash */
        ClusterWatchFunc cluster_watch; /* NULL: nobody does */
        void *cluster_watch_userdata;
        Kube *kube;            /* what runs inside the clusters */
        const char *ca_pem;    /* of the CA that clients trust; not owned */
        EVP_PKEY *key;         /* the API key */
        char *key_fingerprint; /* aa:bb:… */
};

void sim_init(Sim *sim, double speed, uint64_t seed);
void sim_done(Sim *sim);

Region *sim_region(Sim *sim, const char *name); /* NULL: not one of ours */
const Compartment *sim_compartment(const Sim *sim, const char *id);

/* "Qzkv:US-SANJOSE-1-AD-1": the prefix belongs to the tenancy. Counted from 1; the caller frees. */
char *region_ad_name(const Region *region, unsigned ad);
bool region_has_ad(const Region *region, const char *name);

usec_t sim_time(const Sim *sim); /* what lifecycles are measured by: monotonic, plus advances */
/* Lifecycles go on as if the span had passed, from one timer to the next: what one of them starts is timed from when it was due. */
void sim_advance(Sim *sim, usec_t span);
usec_t sim_wall_clock(const Sim *sim); /* the servers' clock: epoch, plus the option clockSkewSeconds */
usec_t sim_scaled(const Sim *sim, double seconds); /* a duration of the real cloud, divided by the speed */
