/* daemon/spec: findings as programs read them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "spec/spec.h"

static SpecText odd_file = { .name = (char *) "./a b/100%,x:y.yaml", .text = (char *) "", .size = 0 };

static SpecDiagnostic findings[] = {
        { .error = true,
          .line = 3,
          .column = 5,
          .width = 4,
          .message = (char *) "50% of it: a, b",
          .hint = (char *) "two\nlines" },
        { .line = 9, .column = 1, .width = 1, .message = (char *) "odd" },
};

static const SpecDiagnostics all = { .d = findings, .n = 2, .n_errors = 1, .n_warnings = 1 };
static const SpecDiagnostics some = { .d = findings, .n = 2, .n_errors = 205, .n_warnings = 1 };

static void test_github(void **state) {
        _cleanup_str_ Str out = {}, cut = {};

        spec_print_github(&out, &all, &odd_file);
        assert_string_equal(str_get(&out),
                            "::error file=./a b/100%25%2Cx%3Ay.yaml,line=3,col=5,endColumn=9::50%25 of it: "
                            "a, b (two%0Alines)\n"
                            "::warning file=./a b/100%25%2Cx%3Ay.yaml,line=9,col=1,endColumn=2::odd\n");
        spec_print_github(&cut, &some, &odd_file);
        assert_true(endswith(str_get(&cut), "::warning::only the first 2 of 206 findings are listed\n"));
}

static void test_sarif(void **state) {
        _cleanup_json_ cJSON *whole = spec_report_sarif(&all, &odd_file),
                             *cut = spec_report_sarif(&some, &odd_file);
        const cJSON *run = json_get(whole, "runs")->child, *first = json_get(run, "results")->child;
        const cJSON *place = json_get(json_get(first, "locations")->child, "physicalLocation");

        assert_string_equal(json_path_string(place, "artifactLocation.uri"), "a%20b/100%25%2Cx%3Ay.yaml");
        assert_string_equal(json_path_string(place, "artifactLocation.uriBaseId"), "%SRCROOT%");
        assert_string_equal(json_string(first, "level"), "error");
        assert_string_equal(json_string(first->next, "level"), "warning");
        assert_null(json_get(json_get(run, "invocations")->child, "toolExecutionNotifications")->child);
        run = json_get(cut, "runs")->child;
        assert_non_null(json_get(json_get(run, "invocations")->child, "toolExecutionNotifications")->child);
}

static void test_json(void **state) {
        _cleanup_json_ cJSON *o = spec_report_json(&some, &odd_file, 1);
        _cleanup_free_ char *text = json_text(json_get(o, "diagnostics")->child->next);

        assert_int_equal(json_number(o, "errors", 0), 205);
        assert_int_equal(cJSON_GetArraySize(json_get(o, "diagnostics")), 2);
        assert_string_equal(text,
                            "{\"file\":\"./a b/100%,x:y.yaml\",\"line\":9,\"column\":1,\"endColumn\":2,"
                            "\"severity\":\"warning\",\"message\":\"odd\",\"hint\":null}");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_github),
                cmocka_unit_test(test_sarif),
                cmocka_unit_test(test_json),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
