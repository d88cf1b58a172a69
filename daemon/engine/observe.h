/* Reading the cloud: which listings are due, single reads where a list's word is not enough, and what their replies say.
 * The only part besides act.c that calls the API, and with it the only one that changes the World. */
#pragma once

#include "engine.h"

typedef struct Observer Observer;

Observer *observer_new(Engine *e);
void observer_cancel(
        Observer *o); /* forgets what runs and what is due; the world may be another one afterwards */
Observer *observer_free(Observer *o); /* cancels what runs */

/* Says which listings the estate needs. */
void observe_needs(Observer *o, const Context *c);
/* Adds those of what was bound only now; drops none. */
void observe_needs_more(Observer *o, const Context *c);
/* Starts what is due and what assessments want to see again (Assessment.look…, Action.basis); returns when to come again. */
usec_t observe_start(Observer *o, const Context *c);
/* Everything about one resource (NULL: everything there is) is due now. */
void observe_forget_due(Observer *o, const Context *c, const Resource *r);
/* Every listing that may hold things of that kind is due now; with 'sub' the rules of one object. */
void observe_listings_now(Observer *o, const Kind *k, unsigned region, const Field *sub, const char *owner);
void observe_region_now(Observer *o, unsigned region);

/* What any reply says about how the region is. 'error' is NULL after a success. */
void observe_region_reply(Engine *e, unsigned region, int status, const ApiError *error);
