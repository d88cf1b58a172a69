/* screen.c: columns, cuts, wraps and what must not reach a terminal; and the status screen whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "ctl/ctl.h"
#include "hand-estate.h"

static void test_width_and_cut(void **state) {
        static const struct {
                const char *text;
                size_t width;
                const char *cut;
        } cases[] = {
                { "", 5, "" },       { "abc", 3, "abc" }, { "abcd", 3, "ab…" },
                { "äöü", 3, "äöü" }, { "äöüß", 2, "ä…" }, { "ab", 0, "" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_free_ char *cut = text_cut(cases[i].text, cases[i].width);

                assert_string_equal(cut, cases[i].cut);
                assert_true(text_width(cut) <= cases[i].width);
        }
}

static void test_no_control_reaches_the_terminal(void **state) {
        _cleanup_screen_ Screen s = {};

        screen_line(&s, "a\033[2Jb\tc\x7f \xc2\x9b \xff é");
        assert_string_equal(str_get(&s.text), "a?[2Jb?c? ? ? é\n");
}

static void test_colour(void **state) {
        _cleanup_screen_ Screen s = { .colour = true };

        screen_add(&s, TONE_BAD, "x");
        screen_add(&s, TONE_PLAIN, "y");
        assert_string_equal(str_get(&s.text), "\033[31mx\033[0my");
}

static void test_table(void **state) {
        static const char expected[] = "A    LONGER  WHY\n"
                                       "ä    x       z\n"
                                       "abc\n";
        _cleanup_table_ Table t = { .n_columns = 4, .flexible = 2 };
        _cleanup_screen_ Screen s = {};

        table_add(&t, TONE_DIM, (const char *const[]){ "A", "LONGER", "WHY", NULL });
        table_add(&t, TONE_PLAIN, (const char *const[]){ "ä", "x", "z", NULL });
        table_add(&t, TONE_PLAIN, (const char *const[]){ "abc", NULL, NULL, NULL });
        table_print(&t, &s);
        assert_string_equal(str_get(&s.text), expected);
}

/* The flexible column gives way to what stands to its right, and runs on where nothing does. */
static void test_table_is_cut_in_one_column(void **state) {
        const char *const forty = "0123456789012345678901234567890123456789";
        _cleanup_free_ char *long_text = xasprintf("%s%s%s", forty, forty, forty);
        _cleanup_(strv_freep) char **lines = NULL;
        _cleanup_table_ Table t = { .n_columns = 3, .flexible = 1 };
        _cleanup_screen_ Screen s = {};

        table_add(&t, TONE_PLAIN, (const char *const[]){ forty, long_text, "end" });
        table_add(&t, TONE_PLAIN, (const char *const[]){ "x", long_text, NULL });
        table_print(&t, &s);
        lines = str_split(str_get(&s.text), '\n');
        assert_int_equal(text_width(lines[0]), SCREEN_WIDTH);
        assert_true(endswith(lines[0], "…  end"));
        assert_int_equal(text_width(lines[1]), SCREEN_WIDTH);
}

static void test_wrap(void **state) {
        _cleanup_(strv_freep) char **lines = NULL;
        _cleanup_screen_ Screen s = {};

        screen_add(&s, TONE_PLAIN, "WHY    ");
        screen_wrap(&s, 7,
                    "the quick brown fox jumps over the lazy dog and the quick brown fox jumps over the "
                    "lazy dog and goes home");
        lines = str_split(str_get(&s.text), '\n');
        assert_int_equal(strv_length(lines), 3);
        assert_true(text_width(lines[0]) <= SCREEN_WIDTH);
        assert_string_equal(lines[1], "       and goes home");
}

static void test_times(void **state) {
        char text[TIME_TEXT_SIZE];

        assert_string_equal(time_since("2026-02-12T03:12:03Z", "2026-02-12T03:12:44.500Z", text), "41 s");
        assert_string_equal(time_until("2026-02-12T05:12:44Z", "2026-02-12T03:12:44Z", text), "2 h");
        assert_string_equal(time_since(NULL, "2026-02-12T03:12:44Z", text), "–");
        assert_string_equal(time_since("2027-01-01T00:00:00Z", "2026-02-12T03:12:44Z", text), "0 s");
}

static void test_exit_codes(void **state) {
        assert_int_equal(exit_of_verdict("in-sync"), 0);
        assert_int_equal(exit_of_verdict("progressing"), 1);
        assert_int_equal(exit_of_verdict("drifted"), 1);
        assert_int_equal(exit_of_verdict("paused"), 1);
        assert_int_equal(exit_of_verdict("blocked"), 2);
        assert_int_equal(exit_of_verdict("fighting"), 2);
        assert_int_equal(exit_of_verdict("not-converging"), 2);
        assert_int_equal(exit_of_verdict("unknown"), 2);
        assert_int_equal(exit_of_verdict(NULL), 2);
}

static void test_status_screen(void **state) {
        static const char expected[] =
                "hand  ENFORCE   1 ok  1 missing  1 drifted     2026-02-12T03:13:20Z  exit 1\n"
                "spec    %s running since 02-12 02:13\n"
                "budget  1/6 disruptions this hour     approvals 0     paused 0     foreign 0\n"
                "\n"
                "REGION   OCI           VIEW         API\n"
                "primary  us-sanjose-1  2 s PARTIAL  ok\n"
                "\n"
                "VERDICT  FOR   ADDRESS                             WHY                     NEXT\n"
                "missing  41 s  primary/NatGateway/primary-nat      declared and not there  create in 6 s\n"
                "drifted  41 s  primary/RouteTable/primary-private  1 rule too many         YOU: approve "
                "5e0c12ab\n";
        _cleanup_json_ cJSON *status = NULL, *plan = NULL;
        _cleanup_free_ char *text = NULL;
        _cleanup_screen_ Screen s = {};
        HandEstate h;

        hand_estate_init(&h);
        status = render_status(&h.view);
        plan = render_plan(&h.view, &h.context, &h.plan);
        status_draw(&s, status, plan);
        text = xasprintf(expected, h.estate->digest);
        assert_string_equal(str_get(&s.text), text);
        hand_estate_done(&h);
}

/* What goes for many is one line. */
static void test_alike_lines_are_one(void **state) {
        static const char status_text[] =
                "{\"estate\":\"e\",\"verdict\":\"unknown\",\"now\":\"2026-02-12T03:12:44Z\",\"resources\":["
                "{\"address\":\"a/Vcn/x\",\"verdict\":\"unknown\",\"reason\":{\"message\":\"cut\"}},"
                "{\"address\":\"b/Vcn/x\",\"verdict\":\"unknown\",\"reason\":{\"message\":\"cut\"}},"
                "{\"address\":\"a/Vcn/y\",\"verdict\":\"unknown\",\"reason\":{\"message\":\"cut\"}},"
                "{\"address\":\"b/Drg/y\",\"verdict\":\"unknown\",\"reason\":{\"message\":\"cut\"}},"
                "{\"address\":\"a/Vcn/z\",\"verdict\":\"unknown\",\"reason\":{\"message\":\"other\"}},"
                "{\"address\":\"a/Vcn/ok\",\"verdict\":\"in-sync\",\"reason\":null},"
                "{\"address\":\"a/SecurityList/s\",\"verdict\":\"foreign\",\"reason\":null,"
                "\"foreign\":[{\"rule\":\"r\",\"risk\":\"open to the world\"}]}]}";
        _cleanup_json_ cJSON *status = NULL;
        _cleanup_screen_ Screen s = {};

        assert_int_equal(json_parse(status_text, strlen(status_text), &status, NULL), 0);
        status_draw(&s, status, NULL);
        assert_non_null(strstr(s.text.s, "2 ok  5 unknown"));
        assert_non_null(strstr(s.text.s, "a/Vcn/* (2)"));
        assert_non_null(strstr(s.text.s, "b/* (2)"));
        assert_non_null(strstr(s.text.s, "a/Vcn/z "));
        assert_non_null(strstr(s.text.s, "risky    –    a/SecurityList/s  open to the world"));
        assert_null(strstr(s.text.s, "a/Vcn/ok"));
        assert_non_null(strstr(s.text.s, "foreign 1 (1 risky)"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_width_and_cut),
                cmocka_unit_test(test_no_control_reaches_the_terminal),
                cmocka_unit_test(test_colour),
                cmocka_unit_test(test_table),
                cmocka_unit_test(test_table_is_cut_in_one_column),
                cmocka_unit_test(test_wrap),
                cmocka_unit_test(test_times),
                cmocka_unit_test(test_exit_codes),
                cmocka_unit_test(test_status_screen),
                cmocka_unit_test(test_alike_lines_are_one),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
