/* lib/oci: OCIDs, regions, realms and endpoints. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "oci/ocid.h"
#include "oci/region.h"

static void test_ocids(void **state) {
        static const struct {
                const char *text, *type, *realm, *region, *unique;
        } cases[] = {
                { "ocid1.vcn.oc1.eu-frankfurt-1.aaaa", "vcn", "oc1", "eu-frankfurt-1", "aaaa" },
                { "ocid1.vcn.oc1.phx.aaaa", "vcn", "oc1", "us-phoenix-1", "aaaa" },
                { "ocid1.vcn.oc1.iad.aaaa", "vcn", "oc1", "us-ashburn-1", "aaaa" },
                { "ocid1.tenancy.oc1..aaaa", "tenancy", "oc1", "", "aaaa" },
                { "ocid1.drg.oc1..aaaa", "drg", "oc1", "", "aaaa" },
                { "ocid1.vcn.oc19.eu-madrid-2..aaaa", "vcn", "oc19", "eu-madrid-2", "aaaa" },
                { "ocid1.vcn.oc1.xx-new-9.aaaa", "vcn", "oc1", "xx-new-9", "aaaa" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Ocid o;

                assert_int_equal(ocid_parse(cases[i].text, &o, NULL), 0);
                assert_string_equal(o.type, cases[i].type);
                assert_string_equal(o.realm, cases[i].realm);
                assert_string_equal(o.region, cases[i].region);
                assert_string_equal(o.unique, cases[i].unique);
        }
}

static void test_bad_ocids(void **state) {
        static const struct {
                const char *text, *why;
        } cases[] = {
                { "", "does not begin with 'ocid1.'" },
                { "vcn", "does not begin with 'ocid1.'" },
                { "ocid2.vcn.oc1.phx.a", "does not begin with 'ocid1.'" },
                { "ocid1", "has fewer than five parts (ocid1.TYPE.REALM.REGION.UNIQUE)" },
                { "ocid1.vcn.oc1.phx", "has fewer than five parts (ocid1.TYPE.REALM.REGION.UNIQUE)" },
                { "ocid1.vcn.oc1.phx.a.b", "has a part too many before its unique part" },
                { "ocid1.vcn.oc1.phx..", "has no valid unique part" },
                { "ocid1..oc1.phx.a", "has no valid type" },
                { "ocid1.v n.oc1.phx.a", "has no valid type" },
                { "ocid1.vcn..phx.a", "has no valid realm" },
                { "ocid1.vcn.oc1.p\xc3\xbc.a", "has no valid region" },
                { "ocid1.vcn.oc1.phx.a\n", "has no valid unique part" },
                { "ocid1.vcn.oc1.phx...a", "has too many parts" },
        };
        char longest[300];

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                const char *why = NULL;
                Ocid o;

                assert_int_equal(ocid_parse(cases[i].text, &o, &why), -EINVAL);
                assert_string_equal(why, cases[i].why);
        }
        (void) snprintf(longest, sizeof longest, "ocid1.vcn.oc1.phx.%0280d", 0);
        assert_int_equal(ocid_parse(longest, &(Ocid){}, NULL), -E2BIG);
        longest[OCID_SIZE_MAX] = '\0';
        assert_int_equal(ocid_parse(longest, &(Ocid){}, NULL), 0);
        assert_true(ocid_is_type("ocid1.vcn.oc1.phx.a", "vcn"));
        assert_false(ocid_is_type("ocid1.vcn.oc1.phx.a", "vc"));
        assert_false(ocid_is_type("vcn", "vcn"));
}

static void test_shortened(void **state) {
        static const char *const cases[][2] = {
                { "ocid1.routetable.oc1.phx.aaaaaaaaq7xa", "ocid1.routetable…q7xa" },
                { "ocid1.vcn.oc1..ab", "ocid1.vcn…ab" },
                { "my-name", "my-name" },
                { "a name that is much too long for a column", "a name that is much …a column" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_free_ char *s = ocid_shorten(cases[i][0]);

                assert_string_equal(s, cases[i][1]);
        }
}

static void test_regions(void **state) {
        static const struct {
                const char *word, *identifier, *key, *realm;
        } cases[] = {
                { "iad", "us-ashburn-1", "iad", "oc1" },
                { "PHX", "us-phoenix-1", "phx", "oc1" },
                { "US-SanJose-1", "us-sanjose-1", "sjc", "oc1" },
                { "eu-madrid-2", "eu-madrid-2", "vll", "oc19" },
                { "ltn", "uk-gov-london-1", "ltn", "oc4" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                assert_string_equal(oci_region_identifier(cases[i].word), cases[i].identifier);
                assert_string_equal(oci_region_key(cases[i].identifier), cases[i].key);
                assert_string_equal(oci_region_realm(cases[i].identifier), cases[i].realm);
                assert_non_null(oci_realm_domain(cases[i].realm));
        }
        assert_null(oci_region_identifier("xx-new-9"));
        assert_null(oci_region_key("xx-new-9"));
        assert_string_equal(oci_region_realm("xx-new-9"), "oc1");
        assert_null(oci_realm_domain("oc999"));
        assert_string_equal(oci_region_nearest("us-sanjos-1"), "us-sanjose-1");
        assert_null(oci_region_nearest("moon"));
}

static void test_endpoints(void **state) {
        static const struct {
                const char *region;
                OciService service;
                const char *url;
        } cases[] = {
                { "us-ashburn-1", OCI_SERVICE_CORE, "https://iaas.us-ashburn-1.oraclecloud.com" },
                { "us-ashburn-1", OCI_SERVICE_CONTAINER_ENGINE,
                  "https://containerengine.us-ashburn-1.oci.oraclecloud.com" },
                { "us-ashburn-1", OCI_SERVICE_IDENTITY,
                  "https://identity.us-ashburn-1.oci.oraclecloud.com" },
                { "us-ashburn-1", OCI_SERVICE_OBJECT_STORAGE,
                  "https://objectstorage.us-ashburn-1.oraclecloud.com" },
                { "us-ashburn-1", OCI_SERVICE_AUTH, "https://auth.us-ashburn-1.oraclecloud.com" },
                { "us-ashburn-1", OCI_SERVICE_AUDIT, "https://audit.us-ashburn-1.oraclecloud.com" },
                { "us-luke-1", OCI_SERVICE_CORE, "https://iaas.us-luke-1.oraclegovcloud.com" },
                { "xx-new-9", OCI_SERVICE_CORE, "https://iaas.xx-new-9.oraclecloud.com" },
                { "r1.example.com", OCI_SERVICE_IDENTITY, "https://identity.r1.example.com" },
                { "evil/x", OCI_SERVICE_CORE, NULL },
                { "evil@x", OCI_SERVICE_CORE, NULL },
                { "-x", OCI_SERVICE_CORE, NULL },
                { "x..y", OCI_SERVICE_CORE, NULL },
                { "", OCI_SERVICE_CORE, NULL },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_free_ char *url = oci_endpoint(cases[i].region, cases[i].service);

                if (cases[i].url)
                        assert_string_equal(url, cases[i].url);
                else
                        assert_null(url);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_ocids),     cmocka_unit_test(test_bad_ocids),
                cmocka_unit_test(test_shortened), cmocka_unit_test(test_regions),
                cmocka_unit_test(test_endpoints),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
