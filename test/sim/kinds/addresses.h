/* Who has which address of a subnet: nodes, their pods, and the endpoints of clusters. */
#pragma once

#include "sim.h"

/* 'n' free addresses of the subnet, in order; owned. NULL when it is unknown or has fewer. */
cJSON *addresses_take(Region *region, const char *subnet_id, size_t n);
/* The subnet is named by a live cluster or pool, or holds a node. */
bool addresses_hold_subnet(const Region *region, const char *subnet_id);
/* The group is named by a live cluster or pool. */
bool addresses_hold_group(const Region *region, const char *group_id);
