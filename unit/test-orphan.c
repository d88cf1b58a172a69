/* What is ours and declared no longer: deleted after all that need it, or given back. */
#include "fixture.h"

#define NET_ID "ocid1.vcn.oc1..net"
#define HUB_ID "ocid1.drg.oc1..hub"
#define RPC_ID "ocid1.remotepeeringconnection.oc1..link"

static void assert_waits(Fixture *f, const char *address, const char *text) {
        _cleanup_str_ Str b = {};

        for (char **w = resource(f, address)->assessment.actions[0]->waits_for; w && *w; w++)
                str_addf(&b, "%s%s", b.size ? " " : "", *w);
        assert_string_equal(str_get(&b), text);
}

static void test_created_and_adopted(void **state) {
        static const struct {
                const char *tags, *state, *verdict, *actions;
        } cases[] = {
                { OURS("primary/Vcn/x"), "AVAILABLE", "orphaned orphaned", "delete DELETE vcns/*" },
                { ADOPTED("primary/Vcn/x"), "AVAILABLE", "orphaned orphaned", "adopt PUT vcns/*" },
                { "'freeformTags':{'tandem-estate':'multi','tandem-address':'primary/Vcn/x'}", "AVAILABLE",
                  "orphaned orphaned", "adopt PUT vcns/*" },
                { TAGS("multi", "primary/Vcn/x", "found"), "AVAILABLE", "orphaned orphaned",
                  "adopt PUT vcns/*" },
                { OURS("primary/Vcn/x"), "TERMINATING", "progressing lifecycle", "" },
                { OURS("primary/Vcn/x"), "UPDATING", "progressing lifecycle", "" },
                { OURS("primary/Vcn/x"), "MELTING", "unknown lifecycle-unknown", "" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_fixture_ Fixture *f = fixture_new();
                _cleanup_free_ char *object = xasprintf("{'id':'" NET_ID "','lifecycleState':'%s',%s}",
                                                        cases[i].state, cases[i].tags);

                put(f, "Vcn", PRIMARY, object);
                turn(f);
                assert_verdict(f, "primary/Vcn/x", cases[i].verdict);
                assert_actions(f, "primary/Vcn/x", cases[i].actions);
        }
}

static void test_abandon(void **state) {
        _cleanup_fixture_ Fixture *f = fixture_new();
        const Action *a;

        put(f, "ServiceGateway", PRIMARY,
            "{'id':'ocid1.servicegateway.oc1..s','vcnId':'" NET_ID
            "','services':[{'serviceId':'a'}],'freeformTags':"
            "{'cost':'7','tandem-estate':'multi','tandem-address':'primary/ServiceGateway/"
            "s','tandem-origin':'adopted'},"
            "'definedTags':{'Ops':{'Owner':'me'}}}");
        turn(f);
        a = action_of(f, "primary/ServiceGateway/s", VERB_ADOPT);
        assert_true(a->abandon);
        /* what a PUT would change by itself goes along */
        assert_json(
                a->call.body,
                "{'freeformTags':{'cost':'7'},'definedTags':{'Ops':{'Owner':'me'}},'blockTraffic':false}");
        assert_string_equal(a->call.if_match, "etag-1");
        assert_gate(f, "primary/ServiceGateway/s", "adopt go");
}

/* An object beside the orphaned VCN → what its deletion waits for. */
static void test_dependants(void **state) {
        static const struct {
                const char *kind;
                unsigned region;
                const char *object, *waits;
        } cases[] = {
                { "Subnet", PRIMARY, "{'id':'ocid1.subnet.oc1..s','vcnId':'" NET_ID "'}",
                  "ocid1.subnet.oc1..s" },
                { "Subnet", PRIMARY,
                  "{'id':'ocid1.subnet.oc1..s','vcnId':'" NET_ID "'," OURS("primary/Subnet/s") "}",
                  "primary/Subnet/s" },
                { "Subnet", PRIMARY,
                  "{'id':'ocid1.subnet.oc1..s','vcnId':'" NET_ID "','lifecycleState':'TERMINATING'}",
                  "ocid1.subnet.oc1..s" },
                { "Subnet", PRIMARY,
                  "{'id':'ocid1.subnet.oc1..s','vcnId':'" NET_ID "','lifecycleState':'TERMINATED'}", "" },
                { "Subnet", SECONDARY, "{'id':'ocid1.subnet.oc1..s','vcnId':'" NET_ID "'}", "" },
                { "RouteTable", PRIMARY, "{'id':'ocid1.routetable.oc1..default','vcnId':'" NET_ID "'}", "" },
                { "RouteTable", PRIMARY,
                  "{'id':'ocid1.routetable.oc1..default','vcnId':'" NET_ID
                  "'," ADOPTED("primary/RouteTable/d") "}",
                  "" },
                { "RouteTable", PRIMARY, "{'id':'ocid1.routetable.oc1..own','vcnId':'" NET_ID "'}",
                  "ocid1.routetable.oc1..own" },
                { "DrgAttachment", PRIMARY,
                  "{'id':'ocid1.drgattachment.oc1..a','drgId':'x','networkDetails':{'type':'VCN','id':"
                  "'" NET_ID "'}}",
                  "ocid1.drgattachment.oc1..a" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_fixture_ Fixture *f = fixture_new();

                put(f, "Vcn", PRIMARY,
                    "{'id':'" NET_ID
                    "','defaultRouteTableId':'ocid1.routetable.oc1..default'," OURS("primary/Vcn/x") "}");
                put(f, cases[i].kind, cases[i].region, cases[i].object);
                turn(f);
                assert_waits(f, "primary/Vcn/x", cases[i].waits);
                assert_gate(f, "primary/Vcn/x",
                            cases[i].waits[0]                    ? "delete waits"
                            : strstr(cases[i].object, "adopted") ? "delete busy"
                                                                 : "delete go");
        }
}

/* A DRG takes its tables and distributions along; attachments and RPCs hold it. */
static void test_drg(void **state) {
        _cleanup_fixture_ Fixture *f = fixture_new();

        put(f, "Drg", PRIMARY,
            "{'id':'" HUB_ID
            "','defaultDrgRouteTables':{'vcn':'ocid1.drgroutetable.oc1..v'}," OURS("primary/Drg/hub") "}");
        put(f, "DrgRouteTable", PRIMARY, "{'id':'ocid1.drgroutetable.oc1..v','drgId':'" HUB_ID "'}");
        put(f, "DrgRouteTable", PRIMARY, "{'id':'ocid1.drgroutetable.oc1..w','drgId':'" HUB_ID "'}");
        put(f, "DrgRouteDistribution", PRIMARY,
            "{'id':'ocid1.drgroutedistribution.oc1..d','drgId':'" HUB_ID "'}");
        turn(f);
        assert_waits(f, "primary/Drg/hub", "");
        put(f, "RemotePeeringConnection", PRIMARY,
            "{'id':'" RPC_ID "','drgId':'" HUB_ID
            "','peeringStatus':'NEW'," OURS("primary/RemotePeeringConnection/r") "}");
        put(f, "DrgAttachment", PRIMARY,
            "{'id':'ocid1.drgattachment.oc1..r','drgId':'" HUB_ID
            "','networkDetails':{'type':'REMOTE_PEERING_CONNECTION',"
            "'id':'" RPC_ID "'}," ADOPTED("primary/DrgAttachment/r") "}");
        turn(f);
        assert_waits(f, "primary/Drg/hub", "primary/DrgAttachment/r primary/RemotePeeringConnection/r");
        assert_waits(f, "primary/RemotePeeringConnection/r", ""); /* its attachment goes with it */
}

/* A table of ours that the DRG uses as a default stays until another one is that. */
static void test_default_table_of_a_drg(void **state) {
        _cleanup_fixture_ Fixture *f = fixture_new();

        put(f, "Drg", PRIMARY,
            "{'id':'" HUB_ID "','defaultDrgRouteTables':{'vcn':'ocid1.drgroutetable.oc1..v'}}");
        put(f, "DrgRouteTable", PRIMARY,
            "{'id':'ocid1.drgroutetable.oc1..v','drgId':'" HUB_ID "'," OURS("primary/DrgRouteTable/v") "}");
        turn(f);
        assert_waits(f, "primary/DrgRouteTable/v", HUB_ID);
}

/* Rules outside the objects count: a static route holds the attachment that it leads to. */
static void test_held_by_a_rule(void **state) {
        _cleanup_fixture_ Fixture *f = fixture_new();

        put(f, "Drg", PRIMARY, "{'id':'" HUB_ID "'}");
        put(f, "DrgAttachment", PRIMARY,
            "{'id':'ocid1.drgattachment.oc1..a','drgId':'" HUB_ID "'," OURS("primary/DrgAttachment/a") "}");
        put(f, "DrgRouteTable", PRIMARY, "{'id':'ocid1.drgroutetable.oc1..t','drgId':'" HUB_ID "'}");
        turn(f);
        assert_waits(f, "primary/DrgAttachment/a", "");
        set_rules(f, "ocid1.drgroutetable.oc1..t", "routeRules",
                  "[{'id':'1','destination':'x','nextHopDrgAttachmentId':'ocid1.drgattachment.oc1..a'}]");
        turn(f);
        assert_waits(f, "primary/DrgAttachment/a", "ocid1.drgroutetable.oc1..t");
}

/* Children first, whatever the order in which they were found. */
static void test_order(void **state) {
        _cleanup_fixture_ Fixture *f = fixture_new();

        put(f, "Vcn", PRIMARY, "{'id':'" NET_ID "'," OURS("primary/Vcn/x") "}");
        put(f, "Subnet", PRIMARY,
            "{'id':'ocid1.subnet.oc1..b','vcnId':'" NET_ID "'," OURS("primary/Subnet/b") "}");
        put(f, "NatGateway", PRIMARY,
            "{'id':'ocid1.natgateway.oc1..n','vcnId':'" NET_ID "'," OURS("primary/NatGateway/n") "}");
        put(f, "Subnet", PRIMARY,
            "{'id':'ocid1.subnet.oc1..a','vcnId':'" NET_ID "'," OURS("primary/Subnet/a") "}");
        turn(f);
        assert_int_equal(f->plan.n_actions, 4);
        assert_string_equal(f->plan.actions[0]->resource->address, "primary/Subnet/a");
        assert_string_equal(f->plan.actions[1]->resource->address, "primary/Subnet/b");
        assert_string_equal(f->plan.actions[2]->resource->address, "primary/NatGateway/n");
        assert_string_equal(f->plan.actions[3]->resource->address, "primary/Vcn/x");
        assert_gate(f, "primary/Subnet/a", "delete go");
        assert_gate(f, "primary/Subnet/b", "delete busy"); /* one change at a time in the VCN */
}

static void test_written(void **state) {
        _cleanup_fixture_ Fixture *f = fixture_new();

        put(f, "Vcn", PRIMARY, "{'id':'" NET_ID "'," OURS("primary/Vcn/x") "}");
        turn(f);
        world_wrote(f->world, kind_find("Vcn"), PRIMARY, NET_ID, NULL, ++f->now);
        decide(f);
        assert_verdict(f, "primary/Vcn/x", "progressing written");
        assert_actions(f, "primary/Vcn/x", "");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_created_and_adopted),
                cmocka_unit_test(test_abandon),
                cmocka_unit_test(test_dependants),
                cmocka_unit_test(test_drg),
                cmocka_unit_test(test_default_table_of_a_drg),
                cmocka_unit_test(test_held_by_a_rule),
                cmocka_unit_test(test_order),
                cmocka_unit_test(test_written),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
