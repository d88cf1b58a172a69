/* Core work requests: the receipt for what is answered 202. */
#pragma once

#include "kind.h"

/* Starts one over 'o' that takes so long, and puts its id into the reply's opc-work-request-id. */
void work_request_start(Call *c, const char *operation, const Object *o, double seconds);
