/* events.c: numbers without holes, the newest kept, the oldest given up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "record/events.h"

static void add(Events *e, const char *text) {
        events_add(e, &(Event){ .text = (char *) (uintptr_t) text, .at = 7 });
}

static void test_numbers(void **state) {
        _cleanup_(events_freep) Events *e = events_new();

        assert_null(events_after(e, 0));
        assert_int_equal(events_last(e), 0);
        add(e, "one");
        add(e, "two");
        assert_string_equal(events_after(e, 0)->text, "one");
        assert_int_equal(events_after(e, 1)->n, 2);
        assert_int_equal(events_after(e, 1)->at, 7);
        assert_null(events_after(e, 2));
        assert_null(events_after(e, UINT64_MAX));
        events_add(e, &(Event){ .what = (char *) (uintptr_t) "now" });
        assert_true(events_after(e, 2)->at > 0);
}

static void test_oldest_go(void **state) {
        _cleanup_(events_freep) Events *e = events_new();

        for (unsigned i = 0; i < EVENTS_KEPT + 10; i++) {
                _cleanup_free_ char *text = xasprintf("%u", i + 1);

                add(e, text);
        }
        assert_int_equal(events_after(e, 0)->n, 11);
        assert_string_equal(events_after(e, 0)->text, "11");
        assert_string_equal(events_after(e, EVENTS_KEPT + 9)->text, "2010");
        for (uint64_t n = 11; n < EVENTS_KEPT + 10; n++)
                assert_int_equal(events_after(e, n)->n, n + 1);
}

static void count(void *userdata) {
        (*(unsigned *) userdata)++;
}

static void test_subscriber(void **state) {
        _cleanup_(events_freep) Events *e = events_new();
        unsigned n = 0;

        events_subscribe(e, count, &n);
        add(e, "one");
        assert_int_equal(n, 1);
        events_subscribe(e, NULL, NULL);
        add(e, "two");
        assert_int_equal(n, 1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_numbers),
                cmocka_unit_test(test_oldest_go),
                cmocka_unit_test(test_subscriber),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
