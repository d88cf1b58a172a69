/* Lists whose rules are owned one by one: telling them apart, comparing them, and writing a list back with every rule of
 * others in it. */
#pragma once

#include "compare.h"

/* Adds the field's differences, foreign rules and waits to the assessment. 'want' is resolved, its rules may hold symbols yet. */
void compare_rules(const Context *c, const Resource *r, const Field *f, const cJSON *want, Assessment *a);

/* The whole list for a PUT: what was read, less what the API refuses, with the chosen differences mended and every declared
 * rule marked. */
cJSON *rules_for_put(const Context *c, const Resource *r, const Field *f, const cJSON *want,
                     const Differences *ds, unsigned verbs);
/* The whole list for a create. */
cJSON *rules_for_create(const Context *c, const Field *f, const cJSON *want);
