/* The networks that an Estate declares, as a packet would see them. */
#pragma once

#include "network/topology.h"

/* The caller's. Things are known by their addresses, what is named by OCID by that. */
Topology *topology_declared(const Estate *e);
/* A value with words in place of its symbols: addresses, and "Service/all". The caller's. */
cJSON *json_without_symbols(const cJSON *v);
