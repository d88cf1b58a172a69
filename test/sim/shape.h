/* What every stored object must look like, however it came in: the code that works on objects relies on it. */
#pragma once

#include "sim.h"

/* -EINVAL and *reterr (the caller frees) when a member that the kind cannot do without is missing, or one has a type that no
 * object of the cloud gives it. */
int shape_check(const Kind *kind, const cJSON *body, char **reterr);
