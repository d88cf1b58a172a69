/* What observe.c (listings) and reread.c (single reads) share. */
#pragma once

#include "internal.h"
#include "observe.h"

#define READS_AT_ONCE    8                   /* in a region: one that is silent must not pile up more */
#define LISTINGS_AT_ONCE 6                   /* of these: a read that a correction waits for finds room */
#define DEADLINE         (30 * USEC_PER_SEC) /* real time, whatever the speed */
#define SLOW_TIMES       4
#define ONCE_TIMES       240

typedef struct Read Read;

/* A compartment of the spec's besides the estate's own. */
typedef struct Place {
        unsigned region;
        const char *compartment; /* borrowed from the spec */
} Place;

struct Observer {
        Engine *engine;    /* not owned */
        Read *reads;       /* uthash by OCID */
        unsigned *running; /* reads and listings, by region */
        size_t n_regions;
        bool *lookups;  /* [region][kind]: its words stand in the spec */
        bool *declared; /* [region][kind]: the spec has such resources */
        Place *places;  /* each once */
        size_t n_places;
        usec_t needs_of; /* World.loaded that these three were made for */
        size_t n_kinds;
};

bool observe_may_start(const Observer *o, unsigned region);
/* How often things of a kind are looked at. */
usec_t observe_period(const Observer *o, const Kind *k, unsigned region);
/* … and how often the whole of what its list only sums up. */
usec_t observe_whole_period(const Observer *o, const Kind *k);
usec_t observe_backoff(Engine *e, unsigned attempts, usec_t retry_after);
/* The wait between two looks at what has been changing for so long. */
usec_t observe_quick_wait(const Engine *e, usec_t elapsed);

void reads_start(Observer *o, const Context *c, usec_t *next);
void reads_cancel(Observer *o);
/* True when one is due that found no room in its region, so far. */
bool reads_wait(const Observer *o, unsigned region, usec_t now);
void reads_forget_due(Observer *o, const Observed *object); /* NULL: all */
