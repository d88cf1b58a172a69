/* The hour's budget of disruptive actions: all used at start, refilled evenly. Pure: 'now' is an argument. */
#pragma once

#include "base/time-util.h"

typedef struct Budget {
        double available; /* whole actions may be taken */
        unsigned limit;   /* per hour */
        usec_t updated;   /* monotonic */
} Budget;

void budget_init(Budget *b, unsigned limit, usec_t now);
void budget_update(Budget *b, unsigned limit, usec_t now, double speed);
bool budget_may_take(const Budget *b);
void budget_take(Budget *b);
