/* The hour's budget of what takes away. */
#include "fixture.h"

static void test_starts_empty(void **state) {
        Budget b;

        budget_init(&b, 6, 1000);
        assert_false(budget_may_take(&b));
        budget_update(&b, 6, 1000 + 9 * USEC_PER_MINUTE, 1);
        assert_false(budget_may_take(&b));
        budget_update(&b, 6, 1000 + 10 * USEC_PER_MINUTE + 1, 1);
        assert_true(budget_may_take(&b));
}

static void test_refills_evenly_and_never_over(void **state) {
        Budget b;
        unsigned taken = 0;
        usec_t now = 0;

        budget_init(&b, 6, now);
        budget_update(&b, 6, now += 5 * USEC_PER_HOUR, 1);
        for (; budget_may_take(&b); taken++)
                budget_take(&b);
        assert_int_equal(taken, 6);
        for (unsigned i = 0; i < 360; i++) { /* however often it is looked at */
                budget_update(&b, 6, now += 20 * USEC_PER_SEC, 1);
                if (budget_may_take(&b)) {
                        budget_take(&b);
                        taken++;
                }
        }
        assert_in_range(taken, 6 + 11, 6 + 12);
}

static void test_limit_and_speed(void **state) {
        Budget b;

        budget_init(&b, 6, 0);
        budget_update(&b, 6, USEC_PER_MINUTE, 60);
        assert_true(b.available > 5.99);
        budget_update(&b, 2, USEC_PER_MINUTE, 60); /* another spec */
        assert_true(b.available <= 2);
        budget_update(&b, 0, 2 * USEC_PER_MINUTE, 60);
        assert_false(budget_may_take(&b));
        budget_take(&b);
        assert_true(b.available >= 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_starts_empty),
                cmocka_unit_test(test_refills_evenly_and_never_over),
                cmocka_unit_test(test_limit_and_speed),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
