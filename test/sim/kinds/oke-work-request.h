/* Container Engine's own work requests: the receipt for what is answered 202. */
#pragma once

#include "kind.h"

/* Starts one over 'about' (a cluster, a pool or an add-on). Its resources name that a little later, IN_PROGRESS. Returns its id,
 * borrowed. 'writer' NULL: the cloud itself. */
const char *oke_work_start(Object *about, const char *operation, const char *writer);
/* The same for a call, whose reply then leads to it. */
const char *oke_work_reply(Call *c, Object *about, const char *operation);
/* What went wrong with 'about' while it was worked on, for the open work requests over it. */
void oke_work_error(const Object *about, const char *code, const char *message);
/* Ends the open work requests over 'about', as SUCCEEDED or as FAILED. */
void oke_work_end(const Object *about, bool succeeded);
