/* The assessment of what was not found. */
#pragma once

#include "model/resource.h"

void assess_ambiguous(const Resource *r, Assessment *a);
void assess_missing(const Context *c, Resource *r, bool bootstrap, Assessment *a);
