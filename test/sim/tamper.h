/* Replies that came out right and are then made wrong on command: what a client must not believe. */
#pragma once

#include "faults.h"

/* Changes the reply of a call that was handled, as the fault asks for; leaves it alone when it asks for nothing of that kind, or
 * when there is nothing to change. Only replies that succeeded are touched. */
void tamper_reply(Call *c, const Fault *fault);
