/* shape.c: what the API answered is of the shape that the kind's table says, or it is not taken in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "model/kind.h"
#include "model/shape.h"

typedef struct Row {
        const char *kind, *body;
        const char *why; /* NULL: as it should be */
} Row;

#define ID "\"id\":\"ocid1.x.oc1.us-sanjose-1.a\""

static const Row rows[] = {
        { "Vcn", "{" ID "}", NULL },
        { "Vcn", "{" ID ",\"freeformTags\":null,\"cidrBlocks\":[\"10.0.0.0/16\"],\"later\":[1]}", NULL },
        { "Vcn", "[]", "it is no object" },
        { "Vcn", "{}", "it has no id" },
        { "Vcn", "{\"id\":7}", "it has no id" },
        { "Vcn", "{\"id\":\"\"}", "it has no id" },
        { "Vcn", "{" ID ",\"displayName\":7}", "displayName is of another type" },
        { "Vcn", "{" ID ",\"freeformTags\":[]}", "freeformTags is of another type" },
        { "Vcn", "{" ID ",\"freeformTags\":{\"tandem-estate\":7}}", "freeformTags is of another type" },
        { "Vcn", "{" ID ",\"cidrBlocks\":\"10.0.0.0/16\"}", "cidrBlocks is of another type" },
        { "Vcn", "{" ID ",\"cidrBlocks\":[7]}", "cidrBlocks is of another type" },
        { "Vcn", "{" ID ",\"lifecycleState\":9}", "lifecycleState is of another type" },
        { "Subnet", "{" ID ",\"vcnId\":{}}", "vcnId is of another type" },
        { "Subnet", "{" ID ",\"prohibitPublicIpOnVnic\":\"yes\"}",
          "prohibitPublicIpOnVnic is of another type" },
        { "SecurityList", "{" ID ",\"ingressSecurityRules\":{}}",
          "ingressSecurityRules is of another type" },
        { "SecurityList", "{" ID ",\"ingressSecurityRules\":[7]}",
          "ingressSecurityRules has an element that is no object" },
        { "SecurityList", "{" ID ",\"ingressSecurityRules\":[{\"protocol\":6}]}",
          "protocol is of another type" },
        { "DrgAttachment", "{" ID ",\"networkDetails\":{\"id\":7}}", "id is of another type" },
        { "DrgAttachment", "{" ID ",\"networkDetails\":[]}", "networkDetails is of another type" },
};

static void test_objects(void **state) {
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                _cleanup_json_ cJSON *body = cJSON_Parse(rows[i].body);
                _cleanup_free_ char *why = shape_error(kind_find(rows[i].kind), body);

                assert_non_null(body);
                if (!streq_ptr(why, rows[i].why))
                        fail_msg("%s: %s", rows[i].body, why ? why : "taken");
        }
}

static void test_items(void **state) {
        const Kind *vcn = kind_find("Vcn"), *distribution = kind_find("DrgRouteDistribution");
        const Field *statements = kind_field(distribution, "statements");
        _cleanup_json_ cJSON *good = cJSON_Parse("[{" ID "},{" ID "}]"), *bad = cJSON_Parse("[{" ID "},7]"),
                             *rules = cJSON_Parse("[{\"priority\":1},{\"priority\":\"1\"}]");
        _cleanup_free_ char *first = shape_error_of_items(vcn, NULL, bad),
                            *second = shape_error_of_items(distribution, statements, rules);

        assert_null(shape_error_of_items(vcn, NULL, good));
        assert_string_equal(first, "item 2: it is no object");
        assert_string_equal(second, "item 2: priority is of another type");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_objects),
                cmocka_unit_test(test_items),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
