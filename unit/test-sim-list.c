/* The simulator's pages: tokens that are good for one list only, and sizes that never lose an element. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "list.h"
#include "options.h"

static void test_tokens(void **state) {
        static const char *const positions[] = { "", "0", "-9223372036854775808 ", "12 a name with spaces",
                                                 "7 \xc3\xa9" };

        for (size_t i = 0; i < ARRAY_SIZE(positions); i++) {
                _cleanup_free_ char *token = page_token_make(i, "us-sanjose-1 /vcns", positions[i]),
                                    *position = NULL, *other = NULL;

                assert_int_equal(page_token_parse(token, "us-sanjose-1 /vcns", &position), 0);
                assert_string_equal(position, positions[i]);
                assert_int_equal(page_token_parse(token, "us-chicago-1 /vcns", &other), -EINVAL);
                token[20] = token[20] == 'A' ? 'B' : 'A';
                assert_int_equal(page_token_parse(token, "us-sanjose-1 /vcns", &other), -EINVAL);
                assert_null(other);
        }
}

static void test_foreign_tokens(void **state) {
        static const char *const tokens[] = { "",
                                              "x",
                                              "====",
                                              "AAAA",
                                              "bm9uc2Vuc2U=",
                                              "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" };
        char *position = NULL;

        for (size_t i = 0; i < ARRAY_SIZE(tokens); i++)
                assert_int_equal(page_token_parse(tokens[i], "q", &position), -EINVAL);
        assert_null(position);
}

/* Walks a list of n elements; every element comes once, whatever the sizes. */
static size_t walk(Sim *sim, size_t n, long limit, size_t *ret_pages) {
        size_t seen = 0;
        bool more = true;

        for (*ret_pages = 0; more; (*ret_pages)++) {
                size_t size = list_page_size(sim, n - seen, limit, &more);

                assert_true(size <= (size_t) limit && size <= n - seen);
                assert_true(more || seen + size == n);
                seen += size;
        }
        return seen;
}

static void set(Sim *sim, const char *name, double value) {
        _cleanup_json_ cJSON *o = json_new_object();
        const char *wrong;

        json_set_number(o, name, value);
        assert_int_equal(options_set(sim, o, &wrong), 0);
}

static void test_sizes(void **state) {
        static const double empty[] = { 0, 5, 50, 100, -3 };
        size_t pages;
        Sim sim;

        sim_init(&sim, 1, 3);
        for (size_t e = 0; e < ARRAY_SIZE(empty); e++)
                for (long limit = 1; limit < 40; limit += 6)
                        for (size_t n = 0; n < 200; n += 23) {
                                set(&sim, "emptyPages", empty[e]);
                                set(&sim, "pageSize", 0);
                                assert_int_equal(walk(&sim, n, limit, &pages), n);
                                set(&sim, "pageSize", 3);
                                assert_int_equal(walk(&sim, n, limit, &pages), n);
                        }
        set(&sim, "emptyPages", 0);
        assert_int_equal(walk(&sim, 10, 100, &pages), 10);
        assert_int_equal(pages, 4);
        sim_done(&sim);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_tokens),
                cmocka_unit_test(test_foreign_tokens),
                cmocka_unit_test(test_sizes),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
