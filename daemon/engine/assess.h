/* The verdict on one resource, and what would mend it: one function of what is wanted, what was observed, what is in flight and
 * now. No I/O, no clock. */
#pragma once

#include "model/resource.h"

/* Fills r->assessment. Parents are assessed before children. 'bootstrap': an empty cloud may be built. */
void assess_resource(const Context *c, Resource *r, bool bootstrap);
/* The same for what carries our tags and is declared no longer (r->desired is NULL). */
void assess_orphan(const Context *c, Resource *r);
