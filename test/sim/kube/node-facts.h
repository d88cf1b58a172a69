/* What a Node says once and for all, out of the Container Engine's cluster, pool and node. */
#pragma once

#include "../forward.h"

/* A Node that has just registered: no condition yet. The caller owns it. */
cJSON *kube_node_new(const Object *cluster, const Object *pool, const cJSON *node, unsigned pod_block,
                     usec_t now);
/* What may change in place: the versions in nodeInfo. */
void kube_node_set_info(cJSON *o, const Object *pool, const cJSON *node);
