/* What is not there: when it is made, with which body, and what holds it back. */
#include "fixture.h"

#define NET   "primary/Vcn/net"
#define NODES "primary/Subnet/nodes"
#define TABLE "primary/RouteTable/table"
#define HUB   "primary/Drg/hub"
#define LINK  "primary/RemotePeeringConnection/link"

static Fixture *network(void) {
        Fixture *f = fixture_new();

        declare(f, NET, NULL, "{'cidrBlocks':['10.0.0.0/16'],'dnsLabel':'net'}");
        declare(f, TABLE, NET, "{'routeRules':[]}");
        declare(f, NODES, NET, "{'cidrBlock':'10.0.1.0/24','routeTableId':{'$ref':'" TABLE "'}}");
        return f;
}

/* An empty cloud is built only when a person said so. */
static void test_bootstrap(void **state) {
        _cleanup_fixture_ Fixture *f = network();

        turn(f);
        assert_verdict(f, NET, "blocked bootstrap");
        assert_verdict(f, NODES, "blocked bootstrap");
        assert_gate(f, NET, "create bootstrap"); /* shown, and not done */
        f->bootstrap = true;
        decide(f);
        assert_verdict(f, NET, "missing missing");
        assert_gate(f, NET, "create go");
        assert_verdict(f, NODES, "waiting waits");
        assert_gate(f, NODES, "create waits");
        /* once something of it is there, the rest is a missing part */
        f->bootstrap = false;
        exists(f, NET, NULL);
        turn(f);
        assert_gate(f, TABLE, "create go");
}

static void test_bodies(void **state) {
        _cleanup_fixture_ Fixture *f = network();

        estate_find(f->estate, NODES)->displayName = xstrdup("Nodes and pods");
        f->bootstrap = true;
        turn(f);
        assert_json(body_of(f, NET, "cidrBlocks"), "['10.0.0.0/16']");
        assert_json(action_of(f, NET, VERB_CREATE)->call.body,
                    "{'compartmentId':'" COMPARTMENT
                    "','displayName':'net','cidrBlocks':['10.0.0.0/16'],'dnsLabel':'net'," OURS(NET) "}");
        assert_true(action_of(f, NET, VERB_CREATE)->call.takes_token);
        assert_false(action_of(f, NET, VERB_CREATE)->call.takes_if_match);
        exists(f, NET, NULL);
        turn(f);
        assert_json(action_of(f, TABLE, VERB_CREATE)->call.body,
                    "{'compartmentId':'" COMPARTMENT
                    "','vcnId':'ocid1.vcn.oc1..primary-net','displayName':'table',"
                    "'routeRules':[]," OURS(TABLE) "}");
        assert_string_equal(action_of(f, TABLE, VERB_CREATE)->serialized[0], "ocid1.vcn.oc1..primary-net");
        exists(f, TABLE, NULL);
        turn(f);
        assert_json(action_of(f, NODES, VERB_CREATE)->call.body,
                    "{'compartmentId':'" COMPARTMENT
                    "','vcnId':'ocid1.vcn.oc1..primary-net','displayName':'Nodes and pods',"
                    "'cidrBlock':'10.0.1.0/24','routeTableId':'ocid1.routetable.oc1..primary-table'," OURS(
                            NODES) "}");
}

/* Required lists are sent empty, and rules go in with our mark; what a create does not take is left out. */
static void test_what_a_create_takes(void **state) {
        static const struct {
                const char *address, *parent, *want, *body;
        } cases[] = {
                { "primary/SecurityList/l", NET, "{'freeformTags':{'cost':'7'}}",
                  "{'ingressSecurityRules':[],'egressSecurityRules':[],'freeformTags':{'cost':'7','tandem-"
                  "estate':'multi',"
                  "'tandem-address':'primary/SecurityList/l','tandem-origin':'created'}}" },
                { "primary/SecurityList/l", NET,
                  "{'ingressSecurityRules':[{'protocol':'all','source':'x','description':'y','$at':'a.yaml:"
                  "3'}]}",
                  "{'ingressSecurityRules':[{'protocol':'all','source':'x','description':'y [tandem "
                  "multi]'}],"
                  "'egressSecurityRules':[]," OURS("primary/SecurityList/l") "}" },
                { "primary/NetworkSecurityGroup/g", NET, "{'securityRules':[{'direction':'INGRESS'}]}",
                  "{" OURS("primary/NetworkSecurityGroup/g") "}" },
                { "primary/ServiceGateway/s", NET, "{'services':[],'blockTraffic':true}",
                  "{'services':[]," OURS("primary/ServiceGateway/s") "}" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_fixture_ Fixture *f = fixture_new();
                _cleanup_json_ cJSON *body = NULL;

                declare(f, NET, NULL, "{}");
                declare(f, cases[i].address, cases[i].parent, cases[i].want);
                exists(f, NET, NULL);
                turn(f);
                body = json_copy(action_of(f, cases[i].address, VERB_CREATE)->call.body);
                assert_string_equal(json_string(body, "vcnId"), "ocid1.vcn.oc1..primary-net");
                json_remove(body, "vcnId");
                json_remove(body, "compartmentId");
                json_remove(body, "displayName");
                assert_json(body, cases[i].body);
        }
}

/* A table that has its type's role may not be known yet: OCI sets it by itself. */
static void test_default_role_is_left_out(void **state) {
        _cleanup_fixture_ Fixture *f = fixture_new();
        const char *a = "primary/DrgAttachment/a";

        declare(f, NET, NULL, "{}");
        declare(f, HUB, NULL, "{}");
        claim_role(declare(f, "primary/DrgRouteTable/for-vcns", HUB, "{}"), "vcn");
        declare(f, "primary/DrgRouteTable/own", HUB, "{}");
        declare(f, a, HUB,
                "{'networkDetails':{'type':'VCN','id':{'$ref':'" NET "'}},'drgRouteTableId':{'$ref':"
                "'primary/DrgRouteTable/for-vcns'}}");
        declare(f, "primary/DrgAttachment/b", HUB,
                "{'networkDetails':{'type':'VCN','id':{'$ref':'" NET "'}},'drgRouteTableId':{'$ref':"
                "'primary/DrgRouteTable/own'}}");
        exists(f, NET, NULL);
        exists(f, HUB, NULL);
        turn(f);
        assert_verdict(f, "primary/DrgRouteTable/for-vcns", "waiting role");
        assert_json(action_of(f, a, VERB_CREATE)->call.body,
                    "{'drgId':'ocid1.drg.oc1..primary-hub','displayName':'a','networkDetails':{'type':'VCN',"
                    "'id':"
                    "'ocid1.vcn.oc1..primary-net'}," OURS(
                            "primary/DrgAttachment/a") "}"); /* and no compartment */
        assert_gate(f, a, "create busy");                    /* the DRG's table goes first */
        assert_gate(f, "primary/DrgAttachment/b", "create waits");
}

/* A thing → what the missing VCN is held back by. */
static void test_held_back(void **state) {
        static const struct {
                const char *kind, *object, *verdict;
        } cases[] = {
                { "Vcn", "{'id':'ocid1.vcn.oc1..x','displayName':'x','cidrBlocks':['10.9.0.0/16']}",
                  "missing missing" },
                { "Vcn", "{'id':'ocid1.vcn.oc1..x','displayName':'x','cidrBlocks':['10.0.128.0/17']}",
                  "blocked place-taken" },
                { "Vcn",
                  "{'id':'ocid1.vcn.oc1..x','displayName':'x','cidrBlocks':['10.9.0.0/16','10.0.0.0/16']}",
                  "blocked place-taken" },
                { "Vcn",
                  "{'id':'ocid1.vcn.oc1..x','displayName':'x','cidrBlocks':['10.0.0.0/"
                  "16'],'lifecycleState':'TERMINATED'}",
                  "missing missing" },
                { "Vcn",
                  "{'id':'ocid1.vcn.oc1..x','displayName':'x','cidrBlocks':['10.0.0.0/"
                  "16'],'lifecycleState':'TERMINATING'}",
                  "missing missing" },
                { "Vcn",
                  "{'id':'ocid1.vcn.oc1..x','displayName':'net','cidrBlocks':['10.9.0.0/16']," TAGS(
                          "other", NET, "created") "}",
                  "blocked name-taken" },
                { "Vcn",
                  "{'id':'ocid1.vcn.oc1..x','displayName':'x','cidrBlocks':['10.9.0.0/16']," OURS(
                          "primary/Vcn/old") "}",
                  "blocked renamed" },
                { "Drg", "{'id':'ocid1.drg.oc1..x','displayName':'net'}", "missing missing" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_fixture_ Fixture *f = network();

                f->bootstrap = true;
                put(f, cases[i].kind, PRIMARY, cases[i].object);
                turn(f);
                assert_verdict(f, NET, cases[i].verdict);
                assert_actions(f, NET, startswith(cases[i].verdict, "missing") ? "create POST vcns" : "");
        }
}

/* The same below a parent, and where only one can be. */
static void test_place_below_a_parent(void **state) {
        static const struct {
                const char *kind, *want, *object, *verdict;
        } cases[] = {
                { "InternetGateway", "{'isEnabled':true}", "'displayName':'x'", "blocked place-taken" },
                { "ServiceGateway", "{'services':[]}", "'displayName':'x'", "blocked place-taken" },
                { "NatGateway", "{}", "'displayName':'x'", "missing missing" },
                { "Subnet", "{'cidrBlock':'10.0.1.0/24'}", "'displayName':'x','cidrBlock':'10.0.0.0/23'",
                  "blocked place-taken" },
                { "Subnet", "{'cidrBlock':'10.0.1.0/24'}", "'displayName':'x','cidrBlock':'10.0.2.0/23'",
                  "missing missing" },
                { "Subnet", "{'cidrBlock':'10.0.1.0/24','dnsLabel':'nodes'}",
                  "'displayName':'x','cidrBlock':'10.0.2.0/24','dnsLabel':'Nodes'", "blocked place-taken" },
                { "Subnet", "{'cidrBlock':'10.0.1.0/24','dnsLabel':'nodes'}",
                  "'displayName':'x','cidrBlock':'10.0.2.0/24','dnsLabel':'pods'", "missing missing" },
                { "Subnet", "{'cidrBlock':'10.0.1.0/24'}",
                  "'displayName':'x','cidrBlock':'10.0.1.0/24','vcnId':'ocid1.vcn.oc1..other'",
                  "missing missing" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_fixture_ Fixture *f = fixture_new();
                _cleanup_free_ char *address = xasprintf("primary/%s/it", cases[i].kind);
                _cleanup_free_ char *object = xasprintf(
                        "{'id':'ocid1.x.oc1..x',%s%s}", cases[i].object,
                        strstr(cases[i].object, "vcnId") ? "" : ",'vcnId':'ocid1.vcn.oc1..primary-net'");

                declare(f, NET, NULL, "{}");
                declare(f, address, NET, cases[i].want);
                exists(f, NET, NULL);
                put(f, cases[i].kind, PRIMARY, object);
                turn(f);
                assert_verdict(f, address, cases[i].verdict);
        }
}

/* Two that could be it are listed; a third resource of the kind is not held back by them. */
static void test_ambiguous(void **state) {
        _cleanup_fixture_ Fixture *f = fixture_new();

        declare(f, "primary/Vcn/a", NULL, "{'cidrBlocks':['10.0.0.0/16']}");
        declare(f, "primary/Vcn/b", NULL, "{'cidrBlocks':['10.1.0.0/16']}");
        put(f, "Vcn", PRIMARY, "{'id':'ocid1.vcn.oc1..x'," OURS("primary/Vcn/a") "}");
        put(f, "Vcn", PRIMARY, "{'id':'ocid1.vcn.oc1..y'," OURS("primary/Vcn/a") "}");
        turn(f);
        assert_verdict(f, "primary/Vcn/a", "blocked ambiguous");
        assert_non_null(strstr(resource(f, "primary/Vcn/a")->assessment.message, "ocid1.vcn.oc1..x"));
        assert_non_null(strstr(resource(f, "primary/Vcn/a")->assessment.message, "ocid1.vcn.oc1..y"));
        assert_verdict(f, "primary/Vcn/b", "missing missing");
}

static void test_pinned(void **state) {
        _cleanup_fixture_ Fixture *f = network();

        estate_find(f->estate, NET)->pin = xstrdup("ocid1.vcn.oc1..primary-net");
        exists(f, NET, NULL);
        turn(f);
        assert_verdict(f, NET, "in-sync");
        change(f, "ocid1.vcn.oc1..primary-net", "{'lifecycleState':'TERMINATED'}");
        f->bootstrap = true;
        turn(f);
        assert_verdict(f, NET, "blocked pinned-gone");
        assert_actions(f, NET, "");
}

/* Each part waits for the one before it. */
static void test_order_of_building(void **state) {
        _cleanup_fixture_ Fixture *f = network();

        f->bootstrap = true;
        turn(f);
        assert_gate(f, NET, "create go");
        assert_gate(f, TABLE, "create waits");
        assert_gate(f, NODES, "create waits");
        exists(f, NET, "{'lifecycleState':'PROVISIONING'}");
        turn(f);
        assert_verdict(f, NET, "progressing lifecycle");
        assert_gate(f, TABLE, "create waits");
        change(f, "ocid1.vcn.oc1..primary-net", "{'lifecycleState':'AVAILABLE'}");
        turn(f);
        assert_gate(f, TABLE, "create go");
        assert_gate(f, NODES, "create waits");
        exists(f, TABLE, "{'lifecycleState':'PROVISIONING'}");
        turn(f);
        assert_gate(f, NODES, "create waits");
        change(f, "ocid1.routetable.oc1..primary-table", "{'lifecycleState':'AVAILABLE'}");
        turn(f);
        assert_gate(f, NODES, "create go");
        assert_verdict(f, NODES, "missing missing");
}

/* The second half of a healing, or of a replacement that was approved, needs no other word. */
static void test_made_anew(void **state) {
        static const struct {
                Verb verb;
                const char *method;
                int status;
                const char *gate;
        } cases[] = {
                { VERB_HEAL, "DELETE", 204, "heal go" },
                { VERB_REPLACE, "DELETE", 204, "heal go" },
                { VERB_DELETE, "DELETE", 204, "create approval" },
                { VERB_HEAL, "DELETE", 409, "create approval" },
                { VERB_HEAL, "POST", 200, "create approval" },
                { VERB_CREATE, NULL, 0, "create approval" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_fixture_ Fixture *f = fixture_new();
                Resource *r;

                declare(f, HUB, NULL, "{}");
                declare(f, LINK, HUB, "{}")->policy[VERB_CREATE] = GATE_APPROVE;
                exists(f, HUB, NULL);
                decide(f);
                r = resource(f, LINK);
                r->call_verb = cases[i].verb;
                r->tried[0].method = xstrdup(cases[i].method);
                r->tried[0].status = cases[i].status;
                turn(f);
                assert_gate(f, LINK, cases[i].gate);
        }
}

/* One complete listing serves many creates: what was made since is known by its reply. That thing itself is not made twice, though
 * the service dropped what it is found by; and a create of unknown outcome stops all of them until it was listed again. */
static void test_many_on_one_listing(void **state) {
        static const struct {
                const char *reply; /* NULL: none came */
                const char *made, *other;
        } cases[] = {
                { "{'id':'ocid1.routetable.oc1..a','vcnId':'ocid1.vcn.oc1..primary-net','displayName':'a',"
                  "'compartmentId':'" COMPARTMENT
                  "','lifecycleState':'PROVISIONING'," OURS("primary/RouteTable/a") "}",
                  "progressing lifecycle", "missing missing" },
                { "{'id':'ocid1.routetable.oc1..a','vcnId':'ocid1.vcn.oc1..primary-net','displayName':'odd',"
                  "'compartmentId':'" COMPARTMENT "','lifecycleState':'PROVISIONING'}",
                  "progressing listed-again", "missing missing" },
                { NULL, "progressing listed-again", "progressing listed-again" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_fixture_ Fixture *f = fixture_new();
                const Kind *k = kind_find("RouteTable");

                declare(f, NET, NULL, "{}");
                declare(f, "primary/RouteTable/a", NET, "{'routeRules':[]}");
                declare(f, "primary/RouteTable/b", NET, "{'routeRules':[]}");
                exists(f, NET, NULL);
                turn(f);
                assert_gate(f, "primary/RouteTable/a", "create go");
                if (cases[i].reply) {
                        assert_true(world_see_created(f->world, k, PRIMARY, json_of(cases[i].reply), "e",
                                                      ++f->now));
                        resource(f, "primary/RouteTable/a")->wrote = f->now;
                } else
                        world_wrote(f->world, k, PRIMARY, NULL, NULL, ++f->now);
                decide(f);
                assert_verdict(f, "primary/RouteTable/a", cases[i].made);
                assert_verdict(f, "primary/RouteTable/b", cases[i].other);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_bootstrap),           cmocka_unit_test(test_bodies),
                cmocka_unit_test(test_what_a_create_takes), cmocka_unit_test(test_default_role_is_left_out),
                cmocka_unit_test(test_held_back),           cmocka_unit_test(test_place_below_a_parent),
                cmocka_unit_test(test_ambiguous),           cmocka_unit_test(test_pinned),
                cmocka_unit_test(test_order_of_building),   cmocka_unit_test(test_made_anew),
                cmocka_unit_test(test_many_on_one_listing),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
