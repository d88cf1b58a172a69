/* The whole of both regions as one document, out and in. */
#pragma once

#include "sim.h"

/* {REGION: {KIND: [object + its rules or statements + lastWriter + etag]}}. The caller deletes. */
cJSON *estate_json(Sim *sim);
/* Into an empty simulator. -EINVAL and *reterr (the caller frees) when it is no such document. */
int estate_load(Sim *sim, const cJSON *estate, char **reterr);
