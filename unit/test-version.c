/* Versions of Kubernetes are numbers, not texts. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "model/version.h"

static void test_order(void **state) {
        static const struct {
                const char *a, *b;
                int order;
        } cases[] = {
                { "v1.34.1", "v1.34.1", 0 },   { "v1.34.1", "1.34.1", 0 }, { "v1.9.0", "v1.10.0", -1 },
                { "v1.34.2", "v1.34.10", -1 }, { "v2.0.0", "v1.99.9", 1 }, { "v1.34.1", "v1.33.9", 1 },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                KubeVersion a, b;

                assert_int_equal(kube_version_parse(cases[i].a, &a), 0);
                assert_int_equal(kube_version_parse(cases[i].b, &b), 0);
                assert_int_equal(kube_version_compare(&a, &b), cases[i].order);
                assert_int_equal(kube_version_compare(&b, &a), -cases[i].order);
        }
}

static void test_no_versions(void **state) {
        static const char *const texts[] = {
                "",        "v",       "v1",           "v1.34",   "v1.34.",     "v1.34.1.2",
                "v1.34.x", "V1.34.1", "v1.34.1-beta", "v1.-3.1", "v1.10000.0",
        };

        for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
                KubeVersion v = { .major = 7 };

                assert_int_equal(kube_version_parse(texts[i], &v), -EINVAL);
                assert_int_equal(v.major, 7);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_order),
                cmocka_unit_test(test_no_versions),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
