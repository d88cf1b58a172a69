/* lib/base: numbers, words, time, JSON, CIDRs, encodings, files. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cidr.h"
#include "base/encode.h"
#include "base/file.h"
#include "base/json.h"
#include "base/rng.h"
#include "base/time-util.h"

static void test_numbers(void **state) {
        int64_t v = 7;

        assert_int_equal(parse_i64("65535", 1, 65535, &v), 0);
        assert_int_equal(v, 65535);
        assert_int_equal(parse_i64("65536", 1, 65535, &v), -ERANGE);
        assert_int_equal(parse_i64("99999999999999999999", 1, INT64_MAX, &v), -ERANGE);
        assert_int_equal(parse_i64("-3", -5, 5, &v), 0);
        for (const char *const *s = (const char *const[]){ "", "-", " 1", "1 ", "0x1", "1.0", "+1", NULL };
             *s; s++)
                assert_int_equal(parse_i64(*s, -100, 100, &v), -EINVAL);
        assert_int_equal(v, -3); /* untouched by errors */
}

static void test_nearest(void **state) {
        static const char *const words[] = { "routeTable", "routeRules", "securityLists", "name" };

        assert_string_equal(str_nearest("routTable", words, ARRAY_SIZE(words)), "routeTable");
        assert_string_equal(str_nearest("RouteRule", words, ARRAY_SIZE(words)), "routeRules");
        assert_string_equal(str_nearest("nmae", words, ARRAY_SIZE(words)), "name");
        assert_null(str_nearest("cidrBlocks", words, ARRAY_SIZE(words)));
}

static void test_strings(void **state) {
        _cleanup_(strv_freep) char **parts = str_split("a,,b", ',');
        _cleanup_free_ char *escaped = url_escape("a b/ü~");
        _cleanup_str_ Str b = {};

        assert_int_equal(strv_length(parts), 3);
        assert_string_equal(parts[1], "");
        assert_string_equal(escaped, "a%20b%2F%C3%BC~");
        for (int i = 0; i < 1000; i++)
                str_addf(&b, "%d,", i);
        assert_int_equal(strlen(b.s), b.size);
        assert_true(endswith(b.s, ",999,"));
}

static void test_utf8(void **state) {
        static const char *const bad[] = { "\x80",
                                           "\xc0\xaf",
                                           "\xe0\x80\x80",
                                           "\xed\xa0\x80",
                                           "\xf4\x90\x80\x80",
                                           "\xf8\x88\x80\x80\x80",
                                           "\xe2\x82",
                                           "a\xff" };
        uint32_t c;

        assert_int_equal(utf8_next("\xe2\x82\xac!", 4, &c), 3);
        assert_int_equal(c, 0x20ac);
        assert_int_equal(utf8_next("", 1, &c), 1); /* the NUL byte is a character */
        assert_true(utf8_is_valid("a\xc3\xbc\xf0\x9f\x98\x80", 7));
        assert_true(utf8_is_valid("", 0));
        for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
                assert_false(utf8_is_valid(bad[i], strlen(bad[i])));
}

static void test_utf8_made_valid(void **state) {
        char text[] = "a\xff\xc3\xbc\xe2\x82", plain[] = "";

        utf8_make_valid(text);
        assert_string_equal(text, "a?\xc3\xbc??");
        utf8_make_valid(plain);
        assert_string_equal(plain, "");
}

static void test_time(void **state) {
        char a[TIME_TEXT_SIZE];
        usec_t t;

        assert_int_equal(parse_rfc3339("2026-02-12T03:12:44Z", &t), 0);
        assert_string_equal(format_http_date(t, a), "Thu, 12 Feb 2026 03:12:44 GMT");
        assert_string_equal(format_rfc3339(t, a), "2026-02-12T03:12:44Z");
        assert_int_equal(parse_http_date("Wed, 14 Jan 2026 09:08:07 GMT", &t), 0);
        assert_string_equal(format_rfc3339_msec(t, a), "2026-01-14T09:08:07.000Z");
        assert_int_equal(parse_rfc3339("2024-02-29T00:00:00.250+01:00", &t), 0);
        assert_string_equal(format_rfc3339_msec(t, a), "2024-02-28T23:00:00.250Z");
        assert_int_equal(parse_rfc3339("2026-02-12 03:12:44Z", &t), -EINVAL);
        assert_int_equal(parse_rfc3339("2026-13-12T03:12:44Z", &t), -EINVAL);
        assert_int_equal(parse_http_date("yesterday", &t), -EINVAL);
}

static void test_durations(void **state) {
        static const struct {
                const char *text;
                int r;
                usec_t usec;
        } cases[] = {
                { "15s", 0, 15 * USEC_PER_SEC },
                { "500ms", 0, USEC_PER_SEC / 2 },
                { "1h30m", 0, 90 * USEC_PER_MINUTE },
                { "7d", 0, 7 * USEC_PER_DAY },
                { "", -EINVAL, 0 },
                { "15", -EINVAL, 0 },
                { "s", -EINVAL, 0 },
                { "15 s", -EINVAL, 0 },
                { "1sm", -EINVAL, 0 },
                { "9999999d", -ERANGE, 0 },
                { "99999999999999d", -ERANGE, 0 },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                usec_t u = 0;

                assert_int_equal(parse_duration(cases[i].text, &u), cases[i].r);
                assert_int_equal(u, cases[i].usec);
        }
}

static void test_iso_duration(void **state) {
        static const struct {
                const char *text;
                int r;
                usec_t usec;
        } cases[] = {
                { "PT0M", 0, 0 },
                { "PT60M", 0, USEC_PER_HOUR },
                { "PT1H", 0, USEC_PER_HOUR },
                { "PT1H30M", 0, 90 * USEC_PER_MINUTE },
                { "PT1H0M30S", 0, USEC_PER_HOUR + 30 * USEC_PER_SEC },
                { "PT90S", 0, 90 * USEC_PER_SEC },
                { "PT", -EINVAL, 7 },
                { "PT5", -EINVAL, 7 },
                { "PTM", -EINVAL, 7 },
                { "PT5M5H", -EINVAL, 7 },
                { "PT5M5M", -EINVAL, 7 },
                { "P1D", -EINVAL, 7 },
                { "60M", -EINVAL, 7 },
                { "pt5m", -EINVAL, 7 },
                { "PT-5M", -EINVAL, 7 },
                { "PT1.5H", -EINVAL, 7 },
                { "PT5M ", -EINVAL, 7 },
                { "", -EINVAL, 7 },
                { "P", -EINVAL, 7 },
                { "PT99999H", -ERANGE, 7 },
                { "PT9999999999M", -ERANGE, 7 },
                { "PT87840H1M", -ERANGE, 7 },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                usec_t u = 7;

                assert_int_equal(parse_iso_duration(cases[i].text, &u), cases[i].r);
                assert_int_equal(u, cases[i].usec);
        }
}

/* So many of the longest that their sum does not fit. */
static void test_duration_of_many(void **state) {
        _cleanup_str_ Str b = {};
        usec_t u;

        for (usec_t n = USEC_INFINITY / (3660 * USEC_PER_DAY) + 1; n > 0; n--)
                str_add(&b, "3660d");
        assert_int_equal(parse_duration(b.s, &u), -ERANGE);
}

static void test_json(void **state) {
        static const char text[] = "{\"b\":{\"c\":[1,true,null]},\"a\":\"x\"}";
        _cleanup_json_ cJSON *v = NULL, *w = NULL, *none = NULL;
        _cleanup_free_ char *canonical = NULL;
        size_t at = 0;

        assert_int_equal(json_parse(text, strlen(text), &v, NULL), 0);
        canonical = json_canonical(v);
        assert_string_equal(canonical, "{\"a\":\"x\",\"b\":{\"c\":[1,true,null]}}");
        assert_string_equal(json_path_string(v, "a"), "x");
        assert_non_null(json_path(v, "b.c"));
        assert_null(json_path(v, "b.c.d"));
        assert_null(json_get(v, "A"));
        w = json_copy(v);
        assert_true(json_equal(v, w));
        json_set_path(w, "b.d.e", json_new_string("deep"));
        assert_false(json_equal(v, w));
        json_set_string(w, "a", "y");
        assert_string_equal(json_string(w, "a"), "y");
        json_set_copy(w, "a", json_path(v, "b.c")); /* under its new name, not the one that it had */
        assert_true(json_equal(json_get(w, "a"), json_path(v, "b.c")));
        json_set_copy(w, w->child->string, json_get(v, "a"));
        assert_string_equal(json_string(w, "b"), "x");
        assert_int_equal(json_parse("{\"a\":1,\"a\":2}", 13, &none, &at), -EBADMSG);
        assert_int_equal(json_parse("{} x", 4, &none, &at), -EBADMSG);
        assert_int_equal(json_parse("{\"a\":", 5, &none, &at), -EBADMSG);
        assert_null(none);
}

static void test_json_unordered(void **state) {
        static const struct {
                const char *a, *b;
                bool equal;
        } cases[] = {
                { "[1,2,3]", "[3,1,2]", true },
                { "[1,1,2]", "[1,2,2]", false },
                { "[{\"a\":[1,2]},{\"b\":null}]", "[{},{\"a\":[2,1]}]", true },
                { "{\"a\":1,\"b\":null}", "{\"a\":1}", true },
                { "{\"a\":1}", "{\"a\":1,\"b\":2}", false },
                { "{\"a\":[]}", "{\"a\":{}}", false },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_json_ cJSON *a = NULL, *b = NULL;

                assert_int_equal(json_parse(cases[i].a, strlen(cases[i].a), &a, NULL), 0);
                assert_int_equal(json_parse(cases[i].b, strlen(cases[i].b), &b, NULL), 0);
                assert_int_equal(json_equal_unordered(a, b), cases[i].equal);
                assert_int_equal(json_equal_unordered(b, a), cases[i].equal);
        }
}

static void test_json_depth(void **state) {
        char deep[202];
        cJSON *none = NULL;

        memset(deep, '[', 100);
        memset(deep + 100, ']', 100);
        assert_int_equal(json_parse(deep, 200, &none, NULL), -EBADMSG);
        assert_null(none);
}

static void test_cidr(void **state) {
        Cidr vcn, inside, other, six;
        char text[CIDR_TEXT_SIZE];

        assert_int_equal(cidr_parse("10.0.0.0/16", &vcn), 0);
        assert_int_equal(cidr_parse("10.0.10.0/24", &inside), 0);
        assert_int_equal(cidr_parse("10.1.0.0/16", &other), 0);
        assert_int_equal(cidr_parse("fd00::/8", &six), 0);
        assert_true(cidr_contains(&vcn, &inside));
        assert_false(cidr_contains(&inside, &vcn));
        assert_true(cidr_overlaps(&inside, &vcn));
        assert_false(cidr_overlaps(&vcn, &other));
        assert_false(cidr_overlaps(&vcn, &six));
        assert_int_equal(cidr_parse("10.0.0.1/31", &other), 0);
        assert_true(cidr_has_host_bits(&other));
        cidr_mask(&other);
        assert_string_equal(cidr_format(&other, text), "10.0.0.0/31");
        for (const char *const *s =
                     (const char *const[]){ "10.0.0.0", "10.0.0.0/33", "10.0.0/8", "x/8", "/8", "10.0.0.0/",
                                            "10.0.0.0/0016", "10.0.0.0/1 ", NULL };
             *s; s++)
                assert_int_equal(cidr_parse(*s, &other), -EINVAL);
}

static void test_encodings(void **state) {
        for (size_t n = 0; n < 70; n++) {
                unsigned char data[70], *back = NULL;
                _cleanup_free_ char *standard = NULL, *url = NULL;
                size_t size;

                for (size_t i = 0; i < n; i++)
                        data[i] = (unsigned char) (251 * i + n);
                standard = base64_encode(data, n);
                url = base64url_encode(data, n);
                assert_int_equal(base64_decode(standard, &back, &size), 0);
                assert_int_equal(size, n);
                assert_memory_equal(back, data, n);
                free(back);
                assert_int_equal(base64url_decode(url, &back, &size), 0);
                assert_memory_equal(back, data, n);
                free(back);
        }
        for (const char *const *s = (const char *const[]){ "A", "AB=", "A===", "AB C", "AA-A", NULL }; *s;
             s++) {
                unsigned char *none;
                size_t size;

                assert_int_equal(base64_decode(*s, &none, &size), -EINVAL);
        }
}

static void test_files(void **state) {
        char directory[] = "/tmp/tandem-unit-XXXXXX";
        _cleanup_free_ char *path = NULL, *deep = NULL, *data = NULL;
        size_t size;

        assert_non_null(mkdtemp(directory));
        deep = path_join(directory, "a/b");
        path = path_join(deep, "file");
        assert_int_equal(mkdir_parents(deep, 0700), 0);
        assert_int_equal(file_write_atomic(path, "hello", 5, 0600), 0);
        assert_int_equal(file_read(path, 4, &data, &size, NULL), -EFBIG);
        assert_int_equal(file_read(path, 5, &data, &size, NULL), 0);
        assert_string_equal(data, "hello");
        assert_int_equal(file_read(deep, 5, &data, &size, NULL), -EISDIR);
        unlink(path);
        rmdir(deep);
        *strrchr(deep, '/') = '\0';
        rmdir(deep);
        rmdir(directory);
}

static void test_rng_repeats(void **state) {
        Rng a, b;

        rng_init(&a, 42);
        rng_init(&b, 42);
        for (int i = 0; i < 100; i++) {
                uint64_t v = rng_below(&a, 10);

                assert_int_equal(v, rng_below(&b, 10));
                assert_in_range(v, 0, 9);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_numbers),
                cmocka_unit_test(test_nearest),
                cmocka_unit_test(test_strings),
                cmocka_unit_test(test_utf8),
                cmocka_unit_test(test_utf8_made_valid),
                cmocka_unit_test(test_time),
                cmocka_unit_test(test_durations),
                cmocka_unit_test(test_iso_duration),
                cmocka_unit_test(test_duration_of_many),
                cmocka_unit_test(test_json),
                cmocka_unit_test(test_cidr),
                cmocka_unit_test(test_json_depth),
                cmocka_unit_test(test_json_unordered),
                cmocka_unit_test(test_encodings),
                cmocka_unit_test(test_files),
                cmocka_unit_test(test_rng_repeats),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
