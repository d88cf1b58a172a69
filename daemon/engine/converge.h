/* What the outcome of a write, and the look at the world after it, mean for the next write to that resource: backing off, giving
 * up on what is applied and never observed, stopping in a fight. Pure: instants are arguments.
 *
 *   after a successful write one of its differences is still observed   not converging, and backed off
 *   … under another etag than the write's own reply had                 somebody wrote after us: a round of a fight
 *   … it is gone                                                        mended
 *   what was mended drifts again within ten minutes                     a round of a fight
 *   three rounds, each within an hour of the last                       fighting: held for an hour, then tried once more
 *
 * Differences are told apart by where they are and what is wanted there, not by what is found instead: somebody who writes another
 * wrong value each time fights as well. That a thing is missing counts as a difference that its create is to mend; whoever deletes
 * it again is not fought with, it is made again. */
#pragma once

#include "model/resource.h"

#define CONVERGE_ROUNDS 3 /* of a fight, and of writes without effect, before it is said */

/* Notes that a write which was to mend 'ds', or to make the thing, succeeded and ended then. 'etag' is its reply's; NULL where that
 * may become another one though nobody writes. */
void converge_note_write(Resource *r, bool creates, const Differences *ds, const char *etag, usec_t ended);
/* Compares the fresh assessment with what was noted. True when a counter changed, so that the verdict may be another one. */
bool converge_update(Resource *r, usec_t now, double speed);
/* Forgets it all: something else is wanted now. */
void converge_reset(Resource *r);
/* A person has looked, and wants it tried again at once: fights and futile writes are counted anew. */
void converge_retry(Resource *r);

/* How long to hold still after the n-th failure in a row (1, 2, …), before the speed divides it. */
usec_t converge_delay(ErrorMeaning meaning, unsigned n);
