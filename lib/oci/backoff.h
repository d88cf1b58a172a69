/* When to try again. No clock and no state in here. */
#pragma once

#include "base/rng.h"
#include "base/time-util.h"

typedef struct Backoff {
        usec_t first_usec; /* the delay after the first failure; doubles from there */
        usec_t most_usec;
} Backoff;

/* As the SDKs have it: 1 s, 2 s, 4 s … 30 s. */
#define BACKOFF_DEFAULT ((Backoff){ .first_usec = USEC_PER_SEC, .most_usec = 30 * USEC_PER_SEC })

/* The time, on the clock of 'now', before which a call that failed 'attempts' times in a row is not made
 * again. The upper half of the delay is random, so that many that failed together do not come back together;
 * what the service asked for ('retry_after_usec', 0: nothing) is a lower bound. attempts = 0 gives 'now'
 * plus what was asked for. */
usec_t backoff_not_before(const Backoff *b, unsigned attempts, usec_t retry_after_usec, usec_t now,
                          Rng *rng);

/* Retry-After: seconds or a date; 'now' is since the epoch. Ahead by at most an hour, whatever it says; 0
 * for one that is past. -EINVAL for something else. */
#define RETRY_AFTER_MAX USEC_PER_HOUR
int parse_retry_after(const char *value, usec_t now, usec_t *ret_usec);
