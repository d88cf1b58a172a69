/* daemon/spec: what the schema rests on. Whether it is right is judged by a validator, in test/e2e/test_schema.py. */
#include <setjmp.h>
#include <stdarg.h>

#include "spec/schema.h" /* first: cmocka has a macro that is called fail() as well */

#include <cmocka.h>

static void test_portable_patterns(void **state) {
        static const struct {
                const char *pattern;
                bool portable;
        } cases[] = {
                { "^[A-Za-z][A-Za-z0-9]*$", true },
                { "^(a|b){2}\\.[^/]+$", true },
                { "[a.:=]", true },
                { "^[[:alpha:]]+$", false }, /* a class */
                { "[[.a.]]", false },
                { "[]a]", false }, /* ']' itself */
                { "[^]a]", false },
                { "[\\d]", false }, /* a backslash or a 'd' */
                { "\\d+", false },  /* undefined there, a digit here */
                { "a\\", false },
                { "[a", false },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                if (pattern_is_portable(cases[i].pattern) != cases[i].portable) {
                        print_error("%s\n", cases[i].pattern);
                        assert_true(false);
                }
}

static void check_fields(const Field *fields) {
        for (const Field *f = fields; f && f->name; f++) {
                if (f->pattern && !pattern_is_portable(f->pattern)) {
                        print_error("%s: %s cannot be said in a schema\n", f->name, f->pattern);
                        assert_true(false);
                }
                check_fields(f->fields);
                if (f->rules)
                        check_fields(f->rules->spec_fields ? f->rules->spec_fields : f->rules->fields);
        }
}

/* A pattern that is not would be left out of the schema in silence. */
static void test_patterns_of_kinds(void **state) {
        for (size_t i = 0; kinds[i]; i++)
                check_fields(kinds[i]->fields);
}

static void test_policy_has_every_verb(void **state) {
        for (Verb v = 0; v < _VERB_MAX; v++)
                assert_string_equal(policy_keys[v].name, verb_to_string(v));
        assert_null(policy_keys[_VERB_MAX].name);
}

static void test_every_kind_is_defined(void **state) {
        _cleanup_json_ cJSON *schema = spec_schema();
        const cJSON *definitions = json_get(schema, "definitions");

        for (size_t i = 0; kinds[i]; i++)
                assert_int_equal(!json_get(definitions, kinds[i]->name), !!(kinds[i]->flags & KIND_LOOKUP));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_portable_patterns),
                cmocka_unit_test(test_patterns_of_kinds),
                cmocka_unit_test(test_policy_has_every_verb),
                cmocka_unit_test(test_every_kind_is_defined),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
