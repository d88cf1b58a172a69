/* Which observed thing is which declared one: by pin, by our tags, by role, by name, in this order. Pure. */
#pragma once

#include "model/resource.h"

/* Sets observed, identity, absent and candidates of every declared resource, and lists the things that carry our tags and are
 * declared no longer. '*ret_orphans' is an array of borrowed objects; the caller frees the array. */
void identify_resources(Context *c, Observed ***ret_orphans, size_t *ret_n);

/* True when anything of the estate was found in the cloud: then a missing part is missing, and not the whole estate. */
bool identify_any_found(const Context *c);
