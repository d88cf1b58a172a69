/* Wanted against observed: what counts as a difference, how it is told, and what is waited for. */
#include "fixture.h"

#define NET    "primary/Vcn/net"
#define NODES  "primary/Subnet/nodes"
#define NET_ID "ocid1.vcn.oc1..primary-net"

static Fixture *subnet(const char *want, const char *have) {
        Fixture *f = fixture_new();

        declare(f, NET, NULL, "{}");
        declare(f, "primary/RouteTable/t", NET, "{}");
        declare(f, "primary/SecurityList/a", NET, "{}");
        declare(f, "primary/SecurityList/b", NET, "{}");
        declare(f, NODES, NET, want);
        declare(f, "primary/SecurityList/x", NET, "{}"); /* these two are not there */
        declare(f, "primary/SecurityList/y", NET, "{}");
        exists(f, NET, NULL);
        exists(f, "primary/RouteTable/t", NULL);
        exists(f, "primary/SecurityList/a", NULL);
        exists(f, "primary/SecurityList/b", NULL);
        put(f, "AvailabilityDomain", PRIMARY,
            "{'id':'ocid1.availabilitydomain.oc1..1','name':'Uocm:US-SANJOSE-1-AD-1'}");
        exists(f, NODES, have);
        return f;
}

#define A    "{'$ref':'primary/SecurityList/a'}"
#define B    "{'$ref':'primary/SecurityList/b'}"
#define A_ID "'ocid1.securitylist.oc1..primary-a'"
#define B_ID "'ocid1.securitylist.oc1..primary-b'"

static void test_subnet(void **state) {
        static const struct {
                const char *want, *have, *differences;
        } cases[] = {
                { "{}", "{'routeTableId':'x','securityListIds':['y'],'dhcpOptionsId':'z'}",
                  "" }, /* not said, not compared */
                { "{'securityListIds':[" A "," B "]}", "{'securityListIds':[" B_ID "," A_ID "]}", "" },
                { "{'securityListIds':[" A "," B "]}", "{'securityListIds':[" A_ID "]}",
                  "update securityLists" },
                { "{'securityListIds':[" A "]}", "{'securityListIds':[" A_ID "," B_ID "]}",
                  "disrupt securityLists" },
                { "{'securityListIds':[]}", "{'securityListIds':null}", "" },
                { "{'routeTableId':{'$ref':'primary/RouteTable/t'}}",
                  "{'routeTableId':'ocid1.routetable.oc1..primary-t'}", "" },
                { "{'routeTableId':{'$ref':'primary/RouteTable/t'}}", "{'routeTableId':null}",
                  "update routeTable" },
                { "{'availabilityDomain':{'$lookup':'AvailabilityDomain','key':'1','member':'name'}}",
                  "{'availabilityDomain':'uocm:us-sanjose-1-ad-1'}", "" },
                { "{'availabilityDomain':{'$lookup':'AvailabilityDomain','key':'1','member':'name'}}",
                  "{'availabilityDomain':null}", "update availabilityDomain!" },
                { "{'availabilityDomain':{'$lookup':'AvailabilityDomain','key':'3','member':'name'}}",
                  "{'availabilityDomain':null}", "" }, /* not looked up yet */
                { "{'prohibitPublicIpOnVnic':false}", "{'prohibitPublicIpOnVnic':null}", "" },
                { "{'prohibitPublicIpOnVnic':true}",
                  "{'prohibitPublicIpOnVnic':true,'prohibitInternetIngress':true}", "" },
                { "{'freeformTags':{'a':'1','b':'2'}}",
                  "{'freeformTags':{'tandem-estate':'multi','tandem-address':'" NODES
                  "','tandem-origin':'created','a':'1','b':'3','c':'4'}}",
                  "update freeformTags.b" },
                { "{'definedTags':{'Ops':{'Owner':'me','Cost':'7'}}}",
                  "{'definedTags':{'Oracle-Tags':{'CreatedBy':'x'},'ops':{'OWNER':'me'}}}",
                  "update definedTags.Ops.Cost" },
                { "{'definedTags':{'Ops':{'Owner':'me'}}}", "{'definedTags':{}}",
                  "update definedTags.Ops.Owner" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_fixture_ Fixture *f = subnet(cases[i].want, cases[i].have);

                turn(f);
                assert_differences(f, NODES, cases[i].differences);
        }
}

/* A name counts only where the spec says one. */
static void test_display_name(void **state) {
        _cleanup_fixture_ Fixture *f = subnet("{}", "{'displayName':'renamed'}");

        turn(f);
        assert_differences(f, NODES, "");
        estate_find(f->estate, NODES)->displayName = xstrdup("Nodes");
        f->world->changes++; /* as another spec does */
        decide(f);
        assert_differences(f, NODES, "update displayName");
        assert_json(body_of(f, NODES, "displayName"), "'Nodes'");
        strv_push(&estate_find(f->estate, NODES)->ignore, "displayName");
        decide(f);
        assert_differences(f, NODES, "");
}

/* What people read: names for OCIDs that are known, the rest as it is. */
static void test_texts(void **state) {
        _cleanup_fixture_ Fixture *f = subnet(
                "{'securityListIds':[" A "],'routeTableId':{'$ref':'primary/RouteTable/t'}}",
                "{'securityListIds':[" B_ID ",'ocid1.securitylist.oc1..x'],'routeTableId':"
                "'ocid1.routetable.oc1..foreign'}");
        const Difference *d;

        put(f, "RouteTable", PRIMARY,
            "{'id':'ocid1.routetable.oc1..foreign','vcnId':'x','displayName':'Their table'}");
        turn(f);
        d = resource(f, NODES)->assessment.differences.d;
        assert_string_equal(d[0].path, "routeTable");
        assert_string_equal(d[0].want_text, "RouteTable/t");
        assert_string_equal(d[0].have_text, "RouteTable/Their table");
        assert_string_equal(d[0].source, "estate.yaml:5");
        assert_string_equal(d[1].want_text, "[\"SecurityList/a\"]");
        assert_string_equal(d[1].have_text, "[\"SecurityList/b\",\"ocid1.securitylist.oc1..x\"]");
}

static void test_humanize(void **state) {
        _cleanup_fixture_ Fixture *f = subnet("{}", NULL);
        static const struct {
                unsigned region;
                const char *value, *shown;
        } cases[] = {
                { PRIMARY, "'" NET_ID "'", "'Vcn/net'" },
                { SECONDARY, "'" NET_ID "'", "'" NET "'" }, /* another region's, by its address */
                { PRIMARY, "'ocid1.vcn.oc1..unknown'", "'ocid1.vcn.oc1..unknown'" },
                { PRIMARY, "{'a':['" NET_ID "',1,null],'$at':'x:1'}", "{'a':['Vcn/net',1,null]}" },
                { PRIMARY, "{'$ref':'primary/Drg/d'}", "'primary/Drg/d'" },
                { PRIMARY, "{'$lookup':'Service','key':'all','member':'id'}", "'Service/all'" },
                { PRIMARY, "true", "true" },
        };

        turn(f);
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_json_ cJSON *v = json_of(cases[i].value),
                                     *shown = humanize(&f->c, cases[i].region, v);

                assert_json(shown, cases[i].shown);
        }
}

static void test_symbols(void **state) {
        static const struct {
                const char *value;
                bool is, has;
        } cases[] = {
                { "{'$ref':'a'}", true, true },
                { "{'$lookup':'a','key':'b'}", true, true },
                { "{'$at':'a:1'}", false, false },
                { "{'$at':'a:1','x':{'$ref':'a'}}", false, true },
                { "[1,[{'x':[{'$ref':'a'}]}]]", false, true },
                { "{}", false, false },
                { "'$ref'", false, false },
                { "null", false, false },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_json_ cJSON *v = json_of(cases[i].value);

                assert_int_equal(is_symbol(v), cases[i].is);
                assert_int_equal(has_symbol(v), cases[i].has);
        }
        assert_false(has_symbol(NULL));
}

/* Everything that is missing is told, once each; an array stays away whole, an object loses the member. */
static void test_resolving(void **state) {
        _cleanup_fixture_ Fixture *f = subnet("{'securityListIds':[{'$ref':'primary/SecurityList/x'}," A
                                              ",{'$ref':'primary/SecurityList/y'}],'routeTableId':{'$ref':"
                                              "'primary/SecurityList/x'}}",
                                              "{'securityListIds':[" B_ID "]}");
        char **waits;

        turn(f);
        assert_differences(f, NODES, "");
        waits = resource(f, NODES)->assessment.waits_for;
        assert_int_equal(strv_length(waits), 2);
        assert_string_equal(waits[0], "primary/SecurityList/x");
        assert_string_equal(waits[1], "primary/SecurityList/y");
}

/* A member of an element counts: services are not [{}] while the region's are not listed. */
static void test_services(void **state) {
        _cleanup_fixture_ Fixture *f = fixture_new();
        const char *sgw = "primary/ServiceGateway/s";

        declare(f, NET, NULL, "{}");
        declare(f, sgw, NET, "{'services':[{'serviceId':{'$lookup':'Service','key':'all','member':'id'}}]}");
        exists(f, NET, NULL);
        exists(f, sgw, "{'services':[{'serviceId':'ocid1.service.oc1..all','serviceName':'All services'}]}");
        turn(f);
        assert_verdict(f, sgw, "waiting waits");
        assert_string_equal(resource(f, sgw)->assessment.waits_for[0], "primary/Service/all");
        put(f, "Service", SECONDARY,
            "{'id':'ocid1.service.oc1..far','cidrBlock':'all-ord-services-in-oracle-services-network'}");
        turn(f);
        assert_verdict(f, sgw, "waiting waits"); /* the other region's are others */
        put(f, "Service", PRIMARY,
            "{'id':'ocid1.service.oc1..all','cidrBlock':'all-sjc-services-in-oracle-services-network'}");
        turn(f);
        assert_verdict(f, sgw, "in-sync");
        change(f, "ocid1.servicegateway.oc1..primary-s",
               "{'services':[{'serviceId':'ocid1.service.oc1..object'}]}");
        turn(f);
        assert_differences(f, sgw, "update services");
        change(f, "ocid1.servicegateway.oc1..primary-s",
               "{'services':[{'serviceId':'ocid1.service.oc1..object'},{'serviceId':'ocid1.service.oc1..all'"
               "}]}");
        turn(f);
        assert_differences(f, sgw, "disrupt services");
        assert_json(body_of(f, sgw, "services"), "[{'serviceId':'ocid1.service.oc1..all'}]");
}

static void test_digest_of_differences(void **state) {
        _cleanup_fixture_ Fixture *f = subnet("{'securityListIds':[" A "]}", "{'securityListIds':[]}");
        _cleanup_free_ char *one = NULL, *two = NULL, *three = NULL;

        turn(f);
        one = differences_digest(&resource(f, NODES)->assessment.differences);
        turn(f);
        two = differences_digest(&resource(f, NODES)->assessment.differences);
        change(f, "ocid1.subnet.oc1..primary-nodes", "{'securityListIds':[" B_ID "]}");
        turn(f);
        three = differences_digest(&resource(f, NODES)->assessment.differences);
        assert_int_equal(strlen(one), 12);
        assert_string_equal(one, two);
        assert_string_not_equal(one, three);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_subnet),   cmocka_unit_test(test_display_name),
                cmocka_unit_test(test_texts),    cmocka_unit_test(test_humanize),
                cmocka_unit_test(test_symbols),  cmocka_unit_test(test_resolving),
                cmocka_unit_test(test_services), cmocka_unit_test(test_digest_of_differences),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
