/* What the simulator takes for an Authorization header. That good signatures verify is shown end to end, against a signer of its
 * own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "signature.h"

static void test_takes_parameters_in_any_order(void **state) {
        static const char *const texts[] = {
                "Signature version=\"1\",keyId=\"k/e/y\",algorithm=\"rsa-sha256\",headers=\"date "
                "(request-target) host\","
                "signature=\"c2ln\"",
                "Signature headers=\"Date (request-target) "
                "HOST\",keyId=\"k/e/y\",algorithm=\"rsa-sha256\",signature=\"c2ln\","
                "version=\"1\"",
                "Signature algorithm=\"rsa-sha256\", headers=\"date (request-target) host\", "
                "keyId=\"k/e/y\", "
                "signature=\"c2ln\"",
        };

        for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
                _cleanup_(signature_done) Signature s = {};

                assert_int_equal(signature_parse(texts[i], &s), 0);
                assert_string_equal(s.key_id, "k/e/y");
                assert_string_equal(s.algorithm, "rsa-sha256");
                assert_string_equal(s.headers, "date (request-target) host");
                assert_string_equal(s.signature, "c2ln");
        }
}

static void test_refuses(void **state) {
        static const char *const texts[] = {
                "",
                "Signature",
                "Signature ",
                "Basic dXNlcjpwdw==",
                "Signature keyId",
                "Signature keyId=",
                "Signature keyId=\"",
                "Signature keyId=\"x",
                "Signature keyId=\"x\"",
                "Signature keyId=\"x\",",
                "Signature keyId=\"x\" algorithm=\"a\",headers=\"h\",signature=\"s\"",
                "Signature keyId=\"x\",keyId=\"y\",algorithm=\"a\",headers=\"h\",signature=\"s\"",
                "Signature keyId=\"x\",algorithm=\"a\",headers=\"h\",signature=\"s\",more=\"m\"",
                "Signature keyId=x,algorithm=a,headers=h,signature=s",
                "signature keyId=\"x\",algorithm=\"a\",headers=\"h\",signature=\"s\"",
        };

        for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
                Signature s = {};

                assert_true(signature_parse(texts[i], &s) < 0);
                assert_null(s.key_id); /* not touched */
        }
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_takes_parameters_in_any_order),
                cmocka_unit_test(test_refuses),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
