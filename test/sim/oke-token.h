/* Bearer tokens of OKE, checked with nothing of the program under test: the base64url form of a presigned
 *
 *   GET https://containerengine.REGION.oraclecloud.com/cluster_request/CLUSTER?authorization=…&date=…
 *
 * whose signature does not cover the query. */
#pragma once

#include "forward.h"

/* Judges a token that was presented to a cluster of that region at 'now' (the servers' clock). The user's name (it
 * lives as long as the simulator), or NULL and why in *reterr_why (the caller frees): for the test's eyes, for a
 * Kubernetes API says nothing but Unauthorized. */
const char *oke_token_verify(Sim *sim, const char *token, const Region *region, const char *cluster_id,
                             usec_t now, char **reterr_why);
