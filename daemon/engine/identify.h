/* Which observed thing is which declared one: by pin, by our tags, by role, by name, in this order. Pure. */
#pragma once

#include "model/resource.h"

/* Sets observed, identity, absent, stray, lost and candidates of every declared resource, and the context's any_found; lists the things
 * that carry our tags and are declared no longer. '*ret_orphans' is an array of borrowed objects; the caller frees the array. */
void identify_resources(Context *c, Observed ***ret_orphans, size_t *ret_n);

/* The listing that a declared resource would be in; borrowed, NULL while its parent is not known. */
Listing *identify_listing(const Context *c, const Resource *r);
