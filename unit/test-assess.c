/* The verdict on what is there, and what would mend it. */
#include <errno.h>

#include "fixture.h"

#define NET    "primary/Vcn/net"
#define NODES  "primary/Subnet/nodes"
#define NAT    "primary/NatGateway/nat"
#define HUB    "primary/Drg/hub"
#define GROUP  "primary/NetworkSecurityGroup/group"
#define NET_ID "ocid1.vcn.oc1..primary-net"
#define NAT_ID "ocid1.natgateway.oc1..primary-nat"

static Fixture *gateway(void) {
        Fixture *f = fixture_new();

        declare(f, NET, NULL, "{'cidrBlocks':['10.0.0.0/16']}");
        declare(f, NAT, NET, "{'blockTraffic':false}");
        exists(f, NET, NULL);
        return f;
}

/* What the gateway's object says → verdict, actions. */
static void test_states(void **state) {
        static const struct {
                const char *more, *verdict, *actions;
        } cases[] = {
                { "{}", "in-sync", "" },
                { "{'lifecycleState':'PROVISIONING'}", "progressing lifecycle", "" },
                { "{'lifecycleState':'PROVISIONING','blockTraffic':true}", "progressing lifecycle", "" },
                { "{'lifecycleState':'TERMINATING'}", "progressing lifecycle", "" },
                { "{'lifecycleState':'UPDATING'}", "progressing lifecycle", "" },
                { "{'lifecycleState':'RESTING','blockTraffic':true}", "unknown lifecycle-unknown", "" },
                { "{'lifecycleState':null}", "unknown lifecycle-unknown", "" },
                { "{'blockTraffic':true}", "drifted drift", "update PUT natGateways/*" },
                { "{'blockTraffic':null}", "in-sync", "" },
                { "{'displayName':'renamed in the console'}", "in-sync", "" },
                { "{'natIp':'192.0.2.1','timeCreated':'x','publicIpId':'y'}", "in-sync", "" },
                { "{'freeformTags':{}}", "missing missing",
                  "create POST natGateways" }, /* no longer told by its name? */
                { "{'compartmentId':'ocid1.compartment.oc1..other'}", "missing missing",
                  "create POST natGateways" },
                { "{" TAGS("multi", NAT, "adopted") "}", "in-sync", "" },
                { "{'freeformTags':{'tandem-estate':'multi','tandem-address':'" NAT "'}}",
                  "drifted not-adopted", "adopt PUT natGateways/*" },
                { "{'vcnId':'ocid1.vcn.oc1..other'}", "blocked elsewhere", "" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_fixture_ Fixture *f = gateway();

                exists(f, NAT, cases[i].more);
                if (streq(cases[i].actions, "create POST natGateways"))
                        change(f, NAT_ID, "{'displayName':'another'}");
                put(f, "Vcn", PRIMARY, "{'id':'ocid1.vcn.oc1..other','cidrBlocks':['10.9.0.0/16']}");
                turn(f);
                assert_verdict(f, NAT, cases[i].verdict);
                assert_actions(f, NAT, cases[i].actions);
        }
}

/* A listing that fails for long makes unknown what was as declared, and nothing else. */
static void test_unseen(void **state) {
        static const struct {
                const char *more;
                unsigned attempts, intervals;
                double speed;
                const char *verdict;
        } cases[] = {
                { "{}", 1, 11, 1, "in-sync" },
                { "{}", 0, 100, 1, "in-sync" },
                { "{}", 1, 13, 1, "unknown unseen" },
                { "{}", 9, 13, 1, "unknown unseen" },
                { "{}", 1, 2, 10, "unknown unseen" },
                { "{'blockTraffic':true}", 1, 13, 1, "drifted drift" },
                { "{'lifecycleState':'UPDATING'}", 1, 13, 1, "progressing lifecycle" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_fixture_ Fixture *f = gateway();
                Listing *l;

                exists(f, NAT, cases[i].more);
                f->estate->interval = 15 * USEC_PER_SEC;
                turn(f);
                f->c.speed = cases[i].speed;
                l = ASSERT_PTR(resource(f, NAT)->observed->listing);
                l->attempts = cases[i].attempts;
                (void) api_error_set(&l->error, 500, "InternalServerError", ERROR_SERVER, -EIO, "it broke");
                f->now += cases[i].intervals * f->estate->interval;
                decide(f);
                assert_verdict(f, NAT, cases[i].verdict);
        }
}

/* Nothing is compared twice while it is the same, and everything is once anything is not. */
static void test_compared_anew(void **state) {
        static const char table[] = "primary/RouteTable/out", other[] = "ocid1.natgateway.oc1..other";
        _cleanup_fixture_ Fixture *f = gateway();
        const Field *rules = kind_field(kind_find("NetworkSecurityGroup"), "securityRules");
        uint64_t before;

        declare(f, table, NET,
                "{'routeRules':[{'destination':'0.0.0.0/0','networkEntityId':{'$ref':'" NAT "'}}]}");
        declare(f, GROUP, NET,
                "{'securityRules':[{'direction':'INGRESS','protocol':'6','source':'10.0.0.0/8'}]}");
        exists(f, NAT, NULL);
        exists(f, table, NULL);
        exists(f, GROUP, NULL);
        turn(f);
        turn(f);
        assert_verdict(f, table, "in-sync");
        before = f->world->changes;
        assert_int_equal(resource(f, table)->as_declared, before + 1);
        turn(f); /* the same again */
        assert_int_equal(f->world->changes, before);
        assert_verdict(f, table, "in-sync");
        /* what it names is another thing now */
        gone(f, NAT_ID);
        put(f, "NatGateway", PRIMARY,
            "{'id':'ocid1.natgateway.oc1..other','vcnId':'" NET_ID "'," TAGS("multi", NAT, "created") "}");
        turn(f);
        world_see_missing(f->world, NAT_ID, f->now);
        decide(f);
        assert_string_equal(resource(f, NAT)->observed->id, other);
        assert_verdict(f, table, "drifted drift");
        /* written to, and not seen since */
        assert_verdict(f, GROUP, "in-sync");
        world_wrote(f->world, kind_find("NetworkSecurityGroup"), PRIMARY, resource(f, GROUP)->observed->id,
                    rules, f->now + 1);
        decide(f);
        assert_verdict(f, GROUP, "progressing written");
}

static void test_other_estate(void **state) {
        _cleanup_fixture_ Fixture *f = fixture_new();

        declare(f, NET, NULL, "{'cidrBlocks':['10.0.0.0/16']}")->pin = xstrdup(NET_ID);
        declare(f, NAT, NET, "{'blockTraffic':false}");
        exists(f, NET, "{'cidrBlocks':['10.1.0.0/16']," TAGS("other", NET, "created") "}");
        f->bootstrap = true;
        turn(f);
        assert_verdict(f, NET, "blocked other-estate");
        assert_actions(f, NET, "");
        assert_verdict(f, NAT, "waiting waits"); /* nothing is built into it */
        assert_gate(f, NAT, "create waits");
}

static void test_moved(void **state) {
        _cleanup_fixture_ Fixture *f = fixture_new();

        declare(f, NET, NULL, "{'cidrBlocks':['10.0.0.0/16']}");
        declare(f, NAT, NET, "{'blockTraffic':false}");
        exists(f, NET, NULL);
        turn(f);
        assert_verdict(f, NET, "in-sync");
        change(f, NET_ID, "{'compartmentId':'ocid1.compartment.oc1..other'}");
        turn(f); /* no listing has it; the GET that the doubt asks for tells where it is */
        assert_verdict(f, NET, "blocked moved");
        assert_actions(f, NET, "");
        assert_verdict(f, NAT, "waiting waits");
        /* said in the spec, it is no mistake */
        free(f->estate->resources[0]->compartment);
        f->estate->resources[0]->compartment = xstrdup("ocid1.compartment.oc1..other");
        decide(f);
        assert_verdict(f, NET, "in-sync");
}

static void test_doubted(void **state) {
        _cleanup_fixture_ Fixture *f = gateway();
        Observed *o;

        exists(f, NAT, "{'blockTraffic':true}");
        turn(f);
        o = world_find(f->world, NAT_ID);
        gone(f, NAT_ID);
        turn(f); /* the listing lacks it, no GET has said so */
        assert_verdict(f, NAT, "unknown doubted");
        assert_true(resource(f, NAT)->assessment.look);
        assert_actions(f, NAT, "");
        world_see_missing(f->world, NAT_ID, f->now);
        decide(f);
        assert_null(world_find(f->world, NAT_ID));
        assert_verdict(f, NAT, "missing missing");
        (void) o;
}

static void test_written(void **state) {
        _cleanup_fixture_ Fixture *f = gateway();

        exists(f, NAT, "{'blockTraffic':true}");
        turn(f);
        world_wrote(f->world, kind_find("NatGateway"), PRIMARY, NAT_ID, NULL, ++f->now);
        decide(f);
        assert_verdict(f, NAT, "progressing written");
        assert_true(resource(f, NAT)->assessment.look);
        assert_actions(f, NAT, "");
        turn(f); /* observed again, and still not so */
        assert_verdict(f, NAT, "drifted drift");
}

/* Adopting puts our tags on, and changes nothing else. */
static void test_adopt(void **state) {
        _cleanup_fixture_ Fixture *f = gateway();

        put(f, "NatGateway", PRIMARY,
            "{'id':'" NAT_ID "','vcnId':'" NET_ID
            "','displayName':'nat','blockTraffic':true,'natIp':'192.0.2.1',"
            "'publicIpId':'ocid1.publicip.oc1..p','freeformTags':{'cost':'7'},'definedTags':{'Oracle-Tags':{"
            "'CreatedBy':"
            "'me'}}}");
        turn(f);
        assert_verdict(f, NAT, "drifted drift");
        assert_actions(f, NAT, "adopt PUT natGateways/*; update PUT natGateways/*");
        assert_gate(f, NAT, "adopt go; update order");
        assert_json(action_of(f, NAT, VERB_ADOPT)->call.body,
                    "{'displayName':'nat','blockTraffic':true,'freeformTags':{'cost':'7','tandem-estate':'"
                    "multi',"
                    "'tandem-address':'" NAT
                    "','tandem-origin':'adopted'},'definedTags':{'Oracle-Tags':{'CreatedBy':'me'}}}");
        assert_string_equal(action_of(f, NAT, VERB_ADOPT)->call.if_match, "etag-1");
        assert_json(action_of(f, NAT, VERB_UPDATE)->call.body,
                    "{'displayName':'nat','blockTraffic':false,'freeformTags':{'cost':'7'},"
                    "'definedTags':{'Oracle-Tags':{'CreatedBy':'me'}}}");
}

/* Renamed in the spec: the tags follow, the origin stays. */
static void test_formerly(void **state) {
        _cleanup_fixture_ Fixture *f = gateway();

        estate_find(f->estate, NAT)->formerly = xstrdup("old");
        exists(f, NAT, "{" OURS("primary/NatGateway/old") "}");
        turn(f);
        assert_verdict(f, NAT, "drifted not-adopted");
        assert_json(body_of(f, NAT, "freeformTags"),
                    "{'tandem-estate':'multi','tandem-address':'" NAT "','tandem-origin':'created'}");
        assert_int_equal(f->n_orphans, 0);
}

static void test_verbs(void **state) {
        static const struct {
                const char *kind, *want, *have, *differences, *actions;
        } cases[] = {
                { "InternetGateway", "{'isEnabled':true}", "{'isEnabled':false}", "update isEnabled",
                  "update PUT internetGateways/*" },
                { "InternetGateway", "{'isEnabled':false}", "{'isEnabled':true}", "disrupt isEnabled",
                  "disrupt PUT internetGateways/*" },
                { "NatGateway", "{'blockTraffic':true}", "{'blockTraffic':false}", "disrupt blockTraffic",
                  "disrupt PUT natGateways/*" },
                { "NatGateway", "{'publicIpId':'a'}", "{'publicIpId':'b'}", "update publicIpId!", "" },
                { "Subnet", "{'cidrBlock':'10.0.1.0/24'}", "{'cidrBlock':'10.0.2.0/24'}",
                  "update cidrBlock!", "" },
                { "Subnet", "{'securityListIds':['a','b']}", "{'securityListIds':['b']}",
                  "update securityLists", "update PUT subnets/*" },
                { "Subnet", "{'securityListIds':['a']}", "{'securityListIds':['b']}", "update securityLists",
                  "update PUT subnets/*" },
                { "Subnet", "{'securityListIds':['a']}", "{'securityListIds':['b','a']}",
                  "disrupt securityLists", "disrupt PUT subnets/*" },
                { "Subnet", "{'dnsLabel':'a','routeTableId':'x'}", "{'dnsLabel':'b','routeTableId':'y'}",
                  "update dnsLabel!; update routeTable", "update PUT subnets/*" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_fixture_ Fixture *f = fixture_new();
                _cleanup_free_ char *address = xasprintf("primary/%s/it", cases[i].kind);

                declare(f, NET, NULL, "{}");
                declare(f, address, NET, cases[i].want);
                exists(f, NET, NULL);
                exists(f, address, cases[i].have);
                turn(f);
                assert_differences(f, address, cases[i].differences);
                assert_actions(f, address, cases[i].actions);
                assert_verdict(f, address,
                               strchr(cases[i].differences, '!')         ? "blocked immutable"
                               : startswith(cases[i].actions, "disrupt") ? "drifted drift"
                                                                         : "drifted drift");
        }
}

static void test_ignore(void **state) {
        _cleanup_fixture_ Fixture *f = gateway();

        strv_push(&estate_find(f->estate, NAT)->ignore, "blockTraffic");
        exists(f, NAT, "{'blockTraffic':true}");
        turn(f);
        assert_verdict(f, NAT, "in-sync");
}

/* Blocks come and go one at a time, those that are missing first. */
static void test_blocks(void **state) {
        _cleanup_fixture_ Fixture *f = fixture_new();

        declare(f, NET, NULL, "{'cidrBlocks':['10.0.0.0/16','10.2.0.0/16']}");
        exists(f, NET, "{'cidrBlocks':['10.3.0.0/16','10.0.0.0/16']}");
        turn(f);
        assert_actions(f, NET, "update POST vcns/*/actions/addCidr; disrupt POST vcns/*/actions/removeCidr");
        assert_json(action_of(f, NET, VERB_UPDATE)->call.body, "{'cidrBlock':'10.2.0.0/16'}");
        assert_json(action_of(f, NET, VERB_DISRUPT)->call.body, "{'cidrBlock':'10.3.0.0/16'}");
        assert_string_equal(action_of(f, NET, VERB_DISRUPT)->call.if_match, "etag-1");
        change(f, NET_ID, "{'cidrBlocks':['10.2.0.0/16','10.0.0.0/16']}"); /* the order is no drift */
        turn(f);
        assert_verdict(f, NET, "in-sync");
}

static void test_replace(void **state) {
        static const char want[] = "{'networkDetails':{'type':'VCN','id':{'$ref':'" NET
                                   "'},'vcnRouteType':'VCN_CIDRS'}}";
        _cleanup_fixture_ Fixture *f = fixture_new();
        Desired *d;

        declare(f, NET, NULL, "{}");
        declare(f, HUB, NULL, "{}");
        d = declare(f, "primary/DrgAttachment/a", HUB, want);
        exists(f, NET, NULL);
        exists(f, HUB, NULL);
        put(f, "Vcn", PRIMARY, "{'id':'ocid1.vcn.oc1..other'}");
        exists(f, d->address,
               "{'networkDetails':{'type':'vcn','id':'ocid1.vcn.oc1..other','vcnRouteType':'SUBNET_CIDRS'}"
               "}");
        turn(f);
        assert_actions(f, d->address, "update PUT drgAttachments/*; replace DELETE drgAttachments/*");
        /* what the PUT cannot change goes back as it was read */
        assert_json(json_get(action_of(f, d->address, VERB_UPDATE)->call.body, "networkDetails"),
                    "{'type':'vcn','id':'ocid1.vcn.oc1..other','vcnRouteType':'VCN_CIDRS'}");
        d->pin = xstrdup("ocid1.drgattachment.oc1..primary-a");
        turn(f);
        assert_verdict(f, d->address, "blocked pinned");
        assert_actions(f, d->address, "update PUT drgAttachments/*");
}

/* The DRG's own defaults: what reads null until there is an attachment is no drift. */
static void test_defaults_of_a_drg(void **state) {
        _cleanup_fixture_ Fixture *f = fixture_new();

        declare(f, HUB, NULL, "{'defaultDrgRouteTables':{'vcn':{'$ref':'primary/DrgRouteTable/t'}}}");
        claim_role(declare(f, "primary/DrgRouteTable/t", HUB, "{}"), "vcn");
        exists(f, HUB, "{'defaultDrgRouteTables':{'vcn':null,'ipsecTunnel':'ocid1.drgroutetable.oc1..z'}}");
        exists(f, "primary/DrgRouteTable/t", NULL);
        turn(f);
        assert_verdict(f, HUB, "in-sync");
        change(f, "ocid1.drg.oc1..primary-hub",
               "{'defaultDrgRouteTables':{'vcn':'ocid1.drgroutetable.oc1..z','ipsecTunnel':'ocid1."
               "drgroutetable.oc1..z',"
               "'virtualCircuit':null}}");
        turn(f);
        assert_differences(f, HUB, "update defaultDrgRouteTables.vcn");
        assert_json(
                body_of(f, HUB, "defaultDrgRouteTables"),
                "{'vcn':'ocid1.drgroutetable.oc1..primary-t','ipsecTunnel':'ocid1.drgroutetable.oc1..z'}");
}

/* A reference to what is not there, on its way or going is waited for; nothing is written meanwhile. */
static void test_references(void **state) {
        static const struct {
                const char *table, *verdict, *actions;
        } cases[] = {
                { NULL, "waiting waits", "" },
                { "{'lifecycleState':'PROVISIONING'}", "waiting waits", "" },
                { "{'lifecycleState':'TERMINATING'}", "waiting waits", "" },
                { "{}", "drifted drift", "update PUT subnets/*" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_fixture_ Fixture *f = fixture_new();

                declare(f, NET, NULL, "{}");
                declare(f, "primary/RouteTable/t", NET, "{}");
                declare(f, NODES, NET, "{'routeTableId':{'$ref':'primary/RouteTable/t'}}");
                exists(f, NET, NULL);
                if (cases[i].table)
                        exists(f, "primary/RouteTable/t", cases[i].table);
                exists(f, NODES, "{'routeTableId':'ocid1.routetable.oc1..other'}");
                turn(f);
                assert_verdict(f, NODES, cases[i].verdict);
                assert_actions(f, NODES, cases[i].actions);
        }
}

/* A set goes out whole or not at all. */
static void test_unresolved_element(void **state) {
        _cleanup_fixture_ Fixture *f = fixture_new();

        declare(f, NET, NULL, "{}");
        declare(f, "primary/SecurityList/a", NET, "{}");
        declare(f, "primary/SecurityList/b", NET, "{}");
        declare(f, NODES, NET,
                "{'securityListIds':[{'$ref':'primary/SecurityList/a'},{'$ref':'primary/SecurityList/b'}]}");
        exists(f, NET, NULL);
        exists(f, "primary/SecurityList/a", NULL);
        exists(f, NODES,
               "{'securityListIds':['ocid1.securitylist.oc1..primary-a','ocid1.securitylist.oc1..old']}");
        turn(f);
        assert_differences(f, NODES, "");
        assert_verdict(f, NODES, "waiting waits");
}

static void test_counters(void **state) {
        _cleanup_fixture_ Fixture *f = gateway();

        exists(f, NAT, "{'blockTraffic':true}");
        turn(f);
        resource(f, NAT)->unconverged = 2;
        decide(f);
        assert_verdict(f, NAT, "drifted drift");
        resource(f, NAT)->unconverged = 3;
        decide(f);
        assert_verdict(f, NAT, "not-converging not-converging");
        resource(f, NAT)->fight_rounds = 3;
        decide(f);
        assert_verdict(f, NAT, "fighting fight");
        assert_gate(f, NAT, "update fight");
        change(f, NAT_ID, "{'blockTraffic':false}");
        turn(f); /* nobody fights over what is so */
        assert_verdict(f, NAT, "in-sync");
}

/* The object's own listing succeeds; that of its rules fails for long. */
static void test_unseen_rules(void **state) {
        _cleanup_fixture_ Fixture *f = fixture_new();
        const Field *rules = kind_field(kind_find("NetworkSecurityGroup"), "securityRules");
        Listing *l;

        declare(f, NET, NULL, "{}");
        declare(f, GROUP, NET,
                "{'securityRules':[{'direction':'INGRESS','protocol':'6','source':'10.0.0.0/8'}]}");
        exists(f, NET, NULL);
        exists(f, GROUP, NULL);
        f->estate->interval = 15 * USEC_PER_SEC;
        turn(f);
        l = world_need_listing(f->world, kind_find("NetworkSecurityGroup"), rules, PRIMARY,
                               resource(f, GROUP)->observed->id);
        l->attempts = 1;
        (void) api_error_set(&l->error, 500, "InternalServerError", ERROR_SERVER, -EIO, "it broke");
        f->now += 11 * f->estate->interval;
        decide(f);
        assert_verdict(f, GROUP, "in-sync");
        f->now += 2 * f->estate->interval;
        decide(f);
        assert_verdict(f, GROUP, "unknown unseen");
        l->attempts = 0;
        decide(f);
        assert_verdict(f, GROUP, "in-sync");
}

static void test_rules_behind_actions(void **state) {
        _cleanup_fixture_ Fixture *f = fixture_new();
        Observed *o;
        const Field *rules = kind_field(kind_find("NetworkSecurityGroup"), "securityRules");

        declare(f, NET, NULL, "{}");
        declare(f, GROUP, NET,
                "{'securityRules':[{'direction':'INGRESS','protocol':'6','source':'10.0.0.0/8'}]}");
        exists(f, NET, NULL);
        exists(f, GROUP, NULL);
        turn(f);
        assert_verdict(f, GROUP, "in-sync");
        o = resource(f, GROUP)->observed;
        world_wrote(f->world, o->kind, PRIMARY, o->id, rules, ++f->now);
        decide(f);
        assert_verdict(f, GROUP, "progressing written");
        assert_ptr_equal(resource(f, GROUP)->assessment.look_sub, rules);
        cJSON_Delete(o->subs[0].items);
        o->subs[0].items = NULL;
        decide(f);
        assert_verdict(f, GROUP, "unknown not-listed");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_states),
                cmocka_unit_test(test_unseen),
                cmocka_unit_test(test_compared_anew),
                cmocka_unit_test(test_unseen_rules),
                cmocka_unit_test(test_other_estate),
                cmocka_unit_test(test_moved),
                cmocka_unit_test(test_doubted),
                cmocka_unit_test(test_written),
                cmocka_unit_test(test_adopt),
                cmocka_unit_test(test_formerly),
                cmocka_unit_test(test_verbs),
                cmocka_unit_test(test_ignore),
                cmocka_unit_test(test_blocks),
                cmocka_unit_test(test_replace),
                cmocka_unit_test(test_defaults_of_a_drg),
                cmocka_unit_test(test_references),
                cmocka_unit_test(test_unresolved_element),
                cmocka_unit_test(test_counters),
                cmocka_unit_test(test_rules_behind_actions),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
