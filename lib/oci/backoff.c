/* Exponential delays with jitter, and Retry-After. */
#include "backoff.h"

#include <ctype.h>
#include <errno.h>

#include "base/str.h"

static usec_t delay_after(const Backoff *b, unsigned attempts) {
        usec_t delay = b->first_usec;

        if (attempts == 0)
                return 0;
        for (unsigned i = 1; i < attempts && delay < b->most_usec; i++)
                delay *= 2;
        return MIN(delay, b->most_usec);
}

usec_t backoff_not_before(const Backoff *b, unsigned attempts, usec_t retry_after_usec, usec_t now,
                          Rng *rng) {
        usec_t delay = delay_after(b, attempts);

        delay = delay - delay / 2 + rng_below(rng, delay / 2 + 1);
        return now + MAX(delay, MIN(retry_after_usec, RETRY_AFTER_MAX));
}

int parse_retry_after(const char *value, usec_t now, usec_t *ret_usec) {
        usec_t date, ahead = 0;
        int64_t seconds;
        int r;

        if (isdigit((unsigned char) value[0])) {
                r = parse_i64(value, 0, INT64_MAX, &seconds);
                if (r == -ERANGE)
                        seconds = INT64_MAX;
                else if (r < 0)
                        return r;
                ahead = (uint64_t) seconds > RETRY_AFTER_MAX / USEC_PER_SEC
                                ? RETRY_AFTER_MAX
                                : (usec_t) seconds * USEC_PER_SEC;
        } else {
                r = parse_http_date(value, &date);
                if (r < 0)
                        return r;
                if (date > now)
                        ahead = date - now;
        }
        *ret_usec = MIN(ahead, RETRY_AFTER_MAX);
        return 0;
}
