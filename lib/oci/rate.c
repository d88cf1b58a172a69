/* A token bucket whose rate gives way to 429 and comes back with success. */
#include "rate.h"

#include "backoff.h"

#define CUT_PAUSE USEC_PER_SEC /* answers to what was sent before a halving arrive within it */
#define CUTS_MOST 64           /* the floor: the full rate / this */
#define STEPS_UP  100          /* successes from the floor to the full rate */

void rate_init(Rate *r, double per_second, double burst, usec_t now) {
        assert(per_second > 0 && burst >= 1);
        *r = (Rate){
                .most = per_second,
                .least = per_second / CUTS_MOST,
                .burst = burst,
                .rate = per_second,
                .tokens = burst,
                .filled_usec = now,
        };
}

static void fill(Rate *r, usec_t now) {
        if (now <= r->filled_usec)
                return;
        r->tokens += (double) (now - r->filled_usec) / (double) USEC_PER_SEC * r->rate;
        if (r->tokens > r->burst)
                r->tokens = r->burst;
        r->filled_usec = now;
}

usec_t rate_take(Rate *r, usec_t now) {
        if (now < r->hold_usec)
                return r->hold_usec - now;
        fill(r, now);
        if (r->tokens < 1)
                return (usec_t) ((1 - r->tokens) / r->rate * (double) USEC_PER_SEC) + 1;
        r->tokens -= 1;
        return 0;
}

void rate_on_throttled(Rate *r, usec_t now, usec_t retry_after_usec) {
        usec_t hold = now + MIN(retry_after_usec, RETRY_AFTER_MAX);

        fill(r, now);
        if (r->cut_usec == 0 || now >= r->cut_usec + CUT_PAUSE) {
                r->rate = MAX(r->rate / 2, r->least);
                r->cut_usec = now;
                r->tokens = 0;
        }
        r->hold_usec = MAX(r->hold_usec, hold);
}

void rate_on_success(Rate *r) {
        r->rate = MIN(r->rate + r->most / STEPS_UP, r->most);
}

bool rate_is_throttled(const Rate *r) {
        return r->rate < r->most;
}
