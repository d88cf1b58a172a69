/* What the bodies of cluster calls may hold. */
#pragma once

#include "validate.h"

extern const Field cluster_create_fields[], cluster_update_fields[], cluster_endpoint_fields[];
