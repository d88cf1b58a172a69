/* tandemd --once: shows how it goes on, and tells when there is an end to it. */
#pragma once

#include "engine/engine.h"

typedef struct Once Once;

Once *once_new(const Engine *e);
Once *once_free(Once *o);
DEFINE_CLEANUP(Once *, once_free);

/* After a turn, and now and then in between. Returns the exit status when there is an end to it, else a negative number.
 *
 *   0   everything is in sync
 *   1   observe mode, and something is not
 *   2   nothing more can be done without a person, or only the unknown is left for three intervals; what is left was said */
int once_show(Once *o);
