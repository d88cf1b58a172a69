/* Objects: what the cloud holds. Each is the JSON that the API shows, plus what only the cloud knows
 * about it: the member 'inner' of a body, or of an element of the items, is never shown there. */
#pragma once

#include <uthash.h>

#include "sim.h"

struct Object {
        char *id;
        const Kind *kind;
        Region *region;   /* not owned */
        uint64_t seq;     /* order of creation over all kinds */
        uint64_t shuffle; /* where an unsorted list shows it */
        char *etag;
        cJSON *body;
        cJSON *items;    /* rules or statements, an array; NULL where the kind has none */
        cJSON *old_body; /* as before the region's last mutating request; NULL when it did not exist then */
        cJSON *old_items;
        char *old_etag;
        uint64_t old_epoch; /* the old ones count while this equals the region's epoch */
        char *last_writer;  /* NULL: made by the cloud itself, untouched since */
        usec_t busy_until;  /* monotonic: a mutation of it or of a child is being processed */
        UT_hash_handle hh;
};

/* A new object with a fresh OCID and the common fields, in its region's list. Borrowed; the store owns
 * it. 'writer' may be NULL. */
Object *store_add(Region *region, KindId kind, const char *compartment, const char *display_name,
                  const char *writer);
/* The same with a body that has an id already (a loaded estate). 'body' and 'items' are taken over. */
Object *store_adopt(Region *region, KindId kind, cJSON *body, cJSON *items);
void store_remove(Object *o);
void store_done(Sim *sim);

Object *store_get(Sim *sim, const char *id); /* borrowed; NULL if unknown; 'id' may be NULL */
Object *store_get_kind(Region *region, KindId kind,
                       const char *id); /* only in that region, and of that kind */
/* The first live object of the kind whose string at the dotted path equals 'value', or NULL. */
Object *store_find(Region *region, KindId kind, const char *path, const char *value);
size_t store_count(Region *region, KindId kind, const char *path, const char *value); /* live ones */

/* To be called before each change: keeps the old body for stale replies and gives a new etag. 'writer'
 * NULL: the cloud itself, which leaves the name of the last writer alone. */
void object_touch(Object *o, const char *writer);
const char *object_text(const Object *o, const char *path); /* a string of the body; NULL when absent */
const char *object_state(const Object *o);
void object_set_state(Object *o, const char *state); /* touches it as the cloud */
bool object_is_live(const Object *o);                /* neither TERMINATED, DETACHED nor DELETED */
bool object_is_ready(const Object *o);               /* takes orders: AVAILABLE, ATTACHED, ACTIVE … */
