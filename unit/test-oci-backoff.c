/* lib/oci: delays between attempts, Retry-After, and the request rate. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "oci/backoff.h"
#include "oci/rate.h"

static void test_backoff(void **state) {
        static const struct {
                unsigned attempts;
                usec_t retry_after_usec, least, most;
        } cases[] = {
                { 0, 0, 0, 0 },
                { 0, 7 * USEC_PER_SEC, 7 * USEC_PER_SEC, 7 * USEC_PER_SEC },
                { 1, 0, USEC_PER_SEC / 2, USEC_PER_SEC },
                { 2, 0, USEC_PER_SEC, 2 * USEC_PER_SEC },
                { 5, 0, 8 * USEC_PER_SEC, 16 * USEC_PER_SEC },
                { 6, 0, 15 * USEC_PER_SEC, 30 * USEC_PER_SEC },
                { 4000000000u, 0, 15 * USEC_PER_SEC, 30 * USEC_PER_SEC },
                { 1, 60 * USEC_PER_SEC, 60 * USEC_PER_SEC, 60 * USEC_PER_SEC },
                { 6, USEC_PER_SEC, 15 * USEC_PER_SEC, 30 * USEC_PER_SEC },
                { 1, USEC_INFINITY, USEC_PER_HOUR, USEC_PER_HOUR },
        };
        const Backoff b = BACKOFF_DEFAULT;
        Rng rng;

        rng_init(&rng, 1);
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                usec_t seen_least = USEC_INFINITY, seen_most = 0;

                for (int k = 0; k < 1000; k++) {
                        usec_t t = backoff_not_before(&b, cases[i].attempts, cases[i].retry_after_usec, 1000,
                                                      &rng);

                        assert_in_range(t, 1000 + cases[i].least, 1000 + cases[i].most);
                        seen_least = MIN(seen_least, t - 1000);
                        seen_most = MAX(seen_most, t - 1000);
                }
                /* The jitter uses its range. */
                assert_true(seen_most - seen_least >= (cases[i].most - cases[i].least) * 9 / 10);
        }
}

static void test_retry_after(void **state) {
        static const struct {
                const char *value;
                int error;
                usec_t ahead;
        } cases[] = {
                { "0", 0, 0 },
                { "12", 0, 12 * USEC_PER_SEC },
                { "999999999999999999999999", 0, RETRY_AFTER_MAX },
                { "9223372036854775807", 0, RETRY_AFTER_MAX },
                { "Wed, 14 Jan 2026 09:08:17 GMT", 0, 10 * USEC_PER_SEC },
                { "Wed, 14 Jan 2026 09:08:06 GMT", 0, 0 },
                { "Wed, 14 Jan 2099 09:08:06 GMT", 0, RETRY_AFTER_MAX },
                { "", -EINVAL, 0 },
                { "-1", -EINVAL, 0 },
                { "1.5", -EINVAL, 0 },
                { "soon", -EINVAL, 0 },
        };
        usec_t now;

        assert_int_equal(parse_http_date("Wed, 14 Jan 2026 09:08:07 GMT", &now), 0);
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                usec_t t = 0;

                assert_int_equal(parse_retry_after(cases[i].value, now, &t), cases[i].error);
                assert_int_equal(t, cases[i].ahead);
        }
}

/* How many requests go out between two times, when each wait is kept to the microsecond. */
static unsigned count_until(Rate *r, usec_t now, usec_t end) {
        unsigned n = 0;

        while (now < end) {
                usec_t wait = rate_take(r, now);

                if (wait == 0)
                        n++;
                now += wait;
        }
        return n;
}

static void test_rate(void **state) {
        Rate r;

        rate_init(&r, 10, 20, 5);
        assert_in_range(count_until(&r, 5, 5 + USEC_PER_SEC), 29, 30); /* the burst, then ten in a second */
        assert_in_range(count_until(&r, 5 + USEC_PER_SEC, 5 + 11 * USEC_PER_SEC), 99, 101);
        assert_false(rate_is_throttled(&r));
        /* A clock that stands still or runs back gives nothing and takes nothing. */
        assert_true(rate_take(&r, 0) > 0);
}

static void test_throttling(void **state) {
        usec_t now = USEC_PER_MINUTE;
        Rate r;

        rate_init(&r, 16, 16, now);
        for (int i = 0; i < 5; i++)
                rate_on_throttled(&r, now, 0); /* the answers to what was on its way count once */
        assert_true(r.rate > 7.9 && r.rate < 8.1);
        assert_true(rate_is_throttled(&r));
        assert_in_range(count_until(&r, now, now + 10 * USEC_PER_SEC), 79, 80); /* no burst is left */

        now += 10 * USEC_PER_SEC;
        rate_on_throttled(&r, now, 30 * USEC_PER_SEC);
        assert_int_equal(rate_take(&r, now), 30 * USEC_PER_SEC);
        rate_on_throttled(&r, now + 1, 0); /* does not shorten what was asked for */
        assert_int_equal(rate_take(&r, now + USEC_PER_SEC), 29 * USEC_PER_SEC);
        assert_int_equal(rate_take(&r, now + 30 * USEC_PER_SEC), 0);

        for (int i = 0; i < 100; i++)
                rate_on_throttled(&r, now += 2 * USEC_PER_SEC, 0);
        assert_true(r.rate > 0.24 && r.rate < 0.26); /* a floor: it still asks now and then */
        for (int i = 0; i < 200; i++)
                rate_on_success(&r);
        assert_false(rate_is_throttled(&r));
        rate_on_throttled(&r, now, USEC_INFINITY);
        assert_int_equal(rate_take(&r, now), RETRY_AFTER_MAX);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_backoff),
                cmocka_unit_test(test_retry_after),
                cmocka_unit_test(test_rate),
                cmocka_unit_test(test_throttling),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
