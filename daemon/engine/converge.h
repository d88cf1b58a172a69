/* What the outcome of a write, and the look at the world after it, mean for the next write to that resource: backing off, giving
 * up on what is applied and never observed, stopping in a fight. Pure: instants are arguments.
 *
 *   after a successful write the same differences are still observed   not converging, and backed off
 *   … they are gone                                                    mended
 *   what was mended drifts again within ten minutes                    a round of a fight
 *
 * Differences are told apart by where they are and what is wanted there, not by what is found instead: somebody who writes another
 * wrong value each time fights as well. */
#pragma once

#include "model/resource.h"

/* Notes that a write which was to mend 'ds' succeeded and ended then. */
void converge_note_write(Resource *r, const Differences *ds, usec_t ended);
/* Compares the fresh assessment with what was noted. True when a counter changed, so that the verdict may be another one. */
bool converge_update(Resource *r, usec_t now, double speed);
/* Forgets it all: something else is wanted now. */
void converge_reset(Resource *r);
/* A person has looked, and wants it tried again at once: fights and futile writes are counted anew. */
void converge_retry(Resource *r);

/* How long to hold still after the n-th failure in a row (1, 2, …), before the speed divides it. */
usec_t converge_delay(ErrorMeaning meaning, unsigned n);
