/* The read-only part of the identity service: tenancy, compartments, regions, availability domains. */
#pragma once

#include "forward.h"

int identity_handle(Call *c, const char *collection, const char *id, const char *rest);
int identity_allowed_peer_regions(Call *c); /* a core operation, but it lists regions too */
