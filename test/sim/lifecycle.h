/* Lifecycles that take time: what becomes ready, what goes, what lingers and then vanishes. */
#pragma once

#include "sim.h"

/* The object is on its way to its ready state for 'seconds' of the real cloud (0: it is there at once). */
void lifecycle_start(Object *o, double seconds);
/* UPDATING for so long, then ready again. */
void lifecycle_update(Object *o, double seconds);
void lifecycle_delete(Object *o, double seconds);
/* Gone with something else: its last state at once, then it lingers. */
void lifecycle_end(Object *o);
/* Option failCreate names the object's kind. */
bool lifecycle_create_fails(const Object *o);
/* After loading: whatever is in transition goes on. */
void lifecycle_resume(Object *o);
/* Runs 'func' with the id of an object after 'seconds' of the real cloud; the object may be gone by then. */
void lifecycle_later(Sim *sim, double seconds, void (*func)(void *sim, char *id), const char *id);
