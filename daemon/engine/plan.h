/* Everything that is to be done, in an order that people can read and the gate goes by. Pure. */
#pragma once

#include "model/resource.h"

struct Plan {
        Action **actions; /* borrowed from the assessments */
        size_t n_actions;
        bool complete; /* every view that it was made from is complete */
        char *digest;  /* 6 hex digits: of addresses, verbs and differences, not of decisions */
        size_t n_resources, n_unchanged;
};

void plan_make(const Context *c, Plan *ret);
void plan_done(Plan *p);
Action *plan_find(const Plan *p, const char *id); /* borrowed */
