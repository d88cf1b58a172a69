/* What the bodies of node pool calls may hold. */
#pragma once

#include "validate.h"

extern const Field node_pool_create_fields[], node_pool_update_fields[];
/* An ISO-8601 duration from PT0M to PT60M. */
bool is_eviction_grace(const char *value);
/* In seconds; the value is one. */
double eviction_grace_seconds(const char *value);
