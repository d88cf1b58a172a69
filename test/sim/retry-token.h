/* opc-retry-token: the same create twice makes one thing. Valid for 24 hours of simulated time. */
#pragma once

#include "sim.h"

/* Looks the call's token up. 0: not seen before (or no token), go on. 1: a repeat, and the reply is set.
 * Negative: refused. */
int retry_token_check(Call *c);
/* Remembers what the token made: the object, or (o NULL) the reply as it is. */
void retry_token_keep(Call *c, const Object *o);
void retry_tokens_done(Sim *sim);
