/* What the three gateways share. */
#pragma once

#include "kind.h"

int gateway_check_route_table(Call *c, const char *id, const char *vcn_id); /* NULL is fine */
/* Refuses while a route rule targets the gateway. */
int gateway_check_delete(Call *c, Object *o);
