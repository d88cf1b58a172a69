/* A bucket that starts empty and refills evenly, so that a restart never grants what the hour before has used. */
#include "budget.h"

#include "base/macro.h"

void budget_init(Budget *b, unsigned limit, usec_t now) {
        *b = (Budget){ .limit = limit, .updated = now };
}

void budget_update(Budget *b, unsigned limit, usec_t now, double speed) {
        double hours = (double) (now - b->updated) * speed / (double) USEC_PER_HOUR;

        b->limit = limit;
        b->available = MIN(b->available + hours * limit, (double) limit);
        b->updated = now;
}

bool budget_may_take(const Budget *b) {
        return b->available >= 1;
}

void budget_take(Budget *b) {
        b->available = MAX(b->available - 1, 0.0);
}
