/* What a service gateway reaches: two labels per region. */
#pragma once

#include "forward.h"

int services_handle(Call *c, const char *id, const char *rest);
/* The service's label and name; false when the region has none with that id. The caller frees both. */
bool services_find(const Region *region, const char *id, char **ret_label, char **ret_name);
bool services_has_label(const Region *region, const char *label);
