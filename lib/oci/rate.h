/* How many requests a principal sends to a region. OCI publishes no numbers and throttles with 429, so the
 * rate is found: each 429 halves it, success restores it slowly. No clock in here: 'now' is monotonic and an
 * argument. */
#pragma once

#include "base/time-util.h"

typedef struct Rate {
        double most, least; /* requests per second */
        double burst;       /* requests at once after a rest */
        double rate;        /* allowed now */
        double tokens;
        usec_t filled_usec; /* when tokens was right */
        usec_t hold_usec;   /* nothing goes before */
        usec_t cut_usec;    /* the last halving; 0: never */
} Rate;

void rate_init(Rate *r, double per_second, double burst, usec_t now);
/* Takes one request out of the budget and returns 0, or takes nothing and returns how long to wait (> 0). */
usec_t rate_take(Rate *r, usec_t now);
/* The service said 429. Answers that were on their way when the rate was halved do not halve it again. */
void rate_on_throttled(Rate *r, usec_t now, usec_t retry_after_usec);
void rate_on_success(Rate *r);
bool rate_is_throttled(const Rate *r);
