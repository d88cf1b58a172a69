/* Lists whose rules are owned one by one: whose is it, what is written, what stays. */
#include "fixture.h"

#define NET      "primary/Vcn/net"
#define LIST     "primary/SecurityList/list"
#define LIST_ID  "ocid1.securitylist.oc1..primary-list"
#define TABLE    "primary/RouteTable/table"
#define TABLE_ID "ocid1.routetable.oc1..primary-table"
#define GROUP    "primary/NetworkSecurityGroup/group"
#define GROUP_ID "ocid1.networksecuritygroup.oc1..primary-group"
#define HUB      "primary/Drg/hub"
#define MARK     "[tandem multi]"

#define RULE(source, more) "{'protocol':'6','source':'" source "'" more "}"
#define MARKED(source)     RULE(source, ",'description':'" MARK "'")
#define CCM(source)        RULE(source, ",'isStateless':false,'description':'kubernetes'")

static Fixture *with_list(const char *want, const char *have) {
        Fixture *f = fixture_new();
        _cleanup_free_ char *more = xasprintf("{'ingressSecurityRules':%s}", have);
        _cleanup_free_ char *declared = xasprintf("{'ingressSecurityRules':%s,'egressSecurityRules':[]}",
                                                  want);

        declare(f, NET, NULL, "{}");
        declare(f, LIST, NET, declared);
        exists(f, NET, NULL);
        exists(f, LIST, more);
        return f;
}

/* Declared, found → differences; and the list that the first PUT carries. */
static void test_ownership(void **state) {
        static const struct {
                const char *want, *have;
                bool remove;
                const char *differences, *put;
                size_t n_foreign;
        } cases[] = {
                { "[" RULE("a", "") "]", "[" MARKED("a") "]", false, "", NULL, 0 },
                { "[" RULE("a", "") "]", "[" RULE("a", "") "]", false, "", NULL,
                  0 }, /* no PUT for the mark alone */
                { "[" RULE("a", "") "," RULE("b", "") "]", "[" MARKED("b") "," MARKED("a") "]", false, "",
                  NULL, 0 },
                { "[" RULE("a", ",'description':'text'") "]",
                  "[" RULE("a", ",'description':'text " MARK "'") "]", false, "", NULL, 0 },
                /* a lost one comes back; one that was there unmarked is marked along with it */
                { "[" RULE("a", "") "," RULE("b", "") "]", "[" RULE("a", "") "]", false,
                  "update ingressSecurityRules[ingress tcp from b]", "[" MARKED("a") "," MARKED("b") "]",
                  0 },
                { "[" RULE("a", "") "]", "[]", false, "update ingressSecurityRules[ingress tcp from a]",
                  "[" MARKED("a") "]", 0 },
                /* others' rules stay as they are */
                { "[" RULE("a", "") "]", "[" CCM("k") "]", false,
                  "update ingressSecurityRules[ingress tcp from a]", "[" CCM("k") "," MARKED("a") "]", 1 },
                { "[" RULE("a", "") "]", "[" MARKED("a") "," CCM("k") "]", false, "", NULL, 1 },
                /* ours and no longer declared */
                { "[" RULE("a", "") "]", "[" MARKED("a") "," MARKED("b") "]", false,
                  "disrupt ingressSecurityRules[ingress tcp from b]", "[" MARKED("a") "]", 0 },
                { "[]", "[" MARKED("b") "," CCM("k") "]", false,
                  "disrupt ingressSecurityRules[ingress tcp from b]", "[" CCM("k") "]", 1 },
                /* unmarked and undeclared: kept, unless told otherwise */
                { "[]", "[" RULE("b", "") "]", false, "", NULL, 1 },
                { "[]", "[" RULE("b", "") "]", true, "disrupt ingressSecurityRules[ingress tcp from b]",
                  "[]", 1 },
                { "[]", "[" RULE("b", ",'description':'" MARK " of old'") "]", false, "", NULL,
                  1 }, /* it ends with it */
                { "[]", "[" RULE("b", ",'description':'[tandem other]'") "]", false, "", NULL, 1 },
                /* a description */
                { "[" RULE("a", ",'description':'new'") "]",
                  "[" RULE("a", ",'description':'old " MARK "'") "]", false,
                  "update ingressSecurityRules[ingress tcp from a]",
                  "[" RULE("a", ",'description':'new " MARK "'") "]", 0 },
                { "[" RULE("a", "") "]", "[" RULE("a", ",'description':'theirs'") "]", false, "", NULL, 0 },
                { "[" RULE("a", ",'description':''") "]", "[" MARKED("a") "]", false, "", NULL, 0 },
                { "[" RULE("a", ",'description':'x  '") "]",
                  "[" RULE("a", ",'description':'x " MARK "'") "]", false, "", NULL, 0 },
                /* copies: one stays */
                { "[" RULE("a", "") "]", "[" MARKED("a") "," MARKED("a") "]", false,
                  "update ingressSecurityRules[ingress tcp from a]", "[" MARKED("a") "]", 0 },
                { "[" RULE("a", "") "]", "[" MARKED("a") "," MARKED("a") "," MARKED("a") "]", false,
                  "update ingressSecurityRules[ingress tcp from a]; update ingressSecurityRules[ingress tcp "
                  "from a]",
                  "[" MARKED("a") "]", 0 },
                { "[" RULE("a", ",'description':'new'") "]", "[" MARKED("a") "," MARKED("a") "]", false,
                  "update ingressSecurityRules[ingress tcp from a]; update ingressSecurityRules[ingress tcp "
                  "from a]",
                  "[" RULE("a", ",'description':'new " MARK "'") "]", 0 },
                { "[" RULE("a", "") "]", "[" MARKED("a") "," RULE("a", "") "]", false, "", NULL,
                  0 }, /* theirs */
                /* what a write refuses goes out of it */
                { "[" RULE("a", "") "," RULE("b", "") "]",
                  "[" RULE("a", ",'tcpOptions':null,'isStateless':false") "]", false,
                  "update ingressSecurityRules[ingress tcp from b]",
                  "[" RULE("a", ",'isStateless':false,'description':'" MARK "'") "," MARKED("b") "]", 0 },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_fixture_ Fixture *f = with_list(cases[i].want, cases[i].have);
                const Assessment *a;

                estate_find(f->estate, LIST)->remove_foreign = cases[i].remove;
                turn(f);
                a = &resource(f, LIST)->assessment;
                assert_differences(f, LIST, cases[i].differences);
                assert_int_equal(a->n_foreign, cases[i].n_foreign);
                if (!cases[i].put) {
                        assert_actions(f, LIST, "");
                        assert_verdict(f, LIST, a->n_foreign ? "foreign foreign" : "in-sync");
                        continue;
                }
                assert_json(body_of(f, LIST, "ingressSecurityRules"), cases[i].put);
                assert_null(body_of(f, LIST, "egressSecurityRules")); /* what does not differ is not sent */
                assert_null(body_of(f, LIST, "ingressSecurityRules.$at"));
        }
}

/* What mends goes first and keeps what is to go; what takes away waits for its own call. */
static void test_update_before_disrupt(void **state) {
        _cleanup_fixture_ Fixture *f = with_list("[" RULE("a", "") "]", "[" MARKED("b") "]");

        turn(f);
        assert_actions(f, LIST, "update PUT securityLists/*; disrupt PUT securityLists/*");
        assert_json(json_get(action_of(f, LIST, VERB_UPDATE)->call.body, "ingressSecurityRules"),
                    "[" MARKED("b") "," MARKED("a") "]");
        assert_json(json_get(action_of(f, LIST, VERB_DISRUPT)->call.body, "ingressSecurityRules"), "[]");
        assert_string_equal(action_of(f, LIST, VERB_DISRUPT)->call.if_match, "etag-1");
}

static void test_foreign_rules_are_told(void **state) {
        _cleanup_fixture_ Fixture *f = with_list("[]", "[" CCM("0.0.0.0/0") "," CCM("10.0.0.0/8") "]");
        const Assessment *a;

        turn(f);
        a = &resource(f, LIST)->assessment;
        assert_int_equal(a->n_foreign, 2);
        assert_string_equal(a->foreign[0].rule, "ingress tcp from 0.0.0.0/0");
        assert_string_equal(a->foreign[0].risk, "open to the world");
        assert_null(a->foreign[1].risk);
}

static void test_marks(void **state) {
        Estate e = { .name = (char *) "multi" };
        static const struct {
                const char *text, *plain;
                bool marked;
        } cases[] = {
                { NULL, "", false },
                { "", "", false },
                { MARK, "", true },
                { "text " MARK, "text", true },
                { "text" MARK, "text", true },
                { "text   " MARK, "text", true },
                { MARK " text", MARK " text", false },
                { "[tandem mult]", "[tandem mult]", false },
                { "text [tandem multi", "text [tandem multi", false },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_free_ char *plain = NULL, *once = rule_mark(&e, cases[i].text),
                                    *twice = rule_mark(&e, once);

                assert_int_equal(rule_unmark(&e, cases[i].text, &plain), cases[i].marked);
                assert_string_equal(plain, cases[i].plain);
                assert_string_equal(once, twice);
                assert_true(endswith(once, MARK));
        }
}

/* 255 bytes in all, never half a character, and written once. */
static void test_long_descriptions(void **state) {
        const char *const units[] = { "x", "ä", "€", "𝄞", "a ", "€ " };

        for (size_t i = 0; i < ARRAY_SIZE(units); i++)
                for (size_t n = 230; n <= 255; n++) {
                        _cleanup_fixture_ Fixture *f = NULL;
                        _cleanup_str_ Str text = {}, want = {}, have = {};
                        _cleanup_free_ char *marked = NULL;

                        while (text.size + strlen(units[i]) <= n)
                                str_add(&text, units[i]);
                        str_addf(&want, "[" RULE("a", ",'description':'%s'") "]", str_get(&text));
                        f = with_list(str_get(&want), "[]");
                        marked = rule_mark(f->estate, str_get(&text));
                        assert_true(strlen(marked) <= 255);
                        assert_true(utf8_is_valid(marked, strlen(marked)));
                        assert_true(endswith(marked, " " MARK));
                        str_addf(&have, "{'ingressSecurityRules':[" RULE("a", ",'description':'%s'") "]}",
                                 marked);
                        change(f, LIST_ID, str_get(&have));
                        turn(f);
                        assert_verdict(f, LIST, "in-sync");
                }
}

static Fixture *with_routes(const char *want, const char *have) {
        Fixture *f = fixture_new();
        _cleanup_free_ char *more = xasprintf("{'routeRules':%s}", have);
        _cleanup_free_ char *declared = xasprintf("{'routeRules':%s}", want);

        declare(f, NET, NULL, "{}");
        declare(f, "primary/NatGateway/nat", NET, "{}");
        declare(f, TABLE, NET, declared);
        declare(f, HUB, NULL, "{}");
        declare(f, "primary/DrgAttachment/a", HUB,
                "{'networkDetails':{'type':'VCN','id':{'$ref':'" NET "'}}}");
        exists(f, NET, NULL);
        exists(f, TABLE, more);
        exists(f, HUB, NULL);
        return f;
}

#define TO_NAT                                                                                          \
        "{'destination':'0.0.0.0/0','destinationType':'CIDR_BLOCK','networkEntityId':{'$ref':'primary/" \
        "NatGateway/nat'}}"
#define TO_HUB \
        "{'destination':'10.1.0.0/16','destinationType':'CIDR_BLOCK','networkEntityId':{'$ref':'" HUB "'}}"
#define ROUTE(destination, target, more)                                                             \
        "{'destination':'" destination "','destinationType':'CIDR_BLOCK','networkEntityId':'" target \
        "'" more "}"
#define NAT_ID   "ocid1.natgateway.oc1..primary-nat"
#define HUB_ID   "ocid1.drg.oc1..primary-hub"
#define OURS_TOO ",'description':'" MARK "'"

/* A route is known by its destination: another target is brought back in place. */
static void test_retargeted_route(void **state) {
        _cleanup_fixture_ Fixture *f = with_routes(
                "[" TO_NAT "]",
                "[" ROUTE("0.0.0.0/0", "ocid1.internetgateway.oc1..x",
                          ",'cidrBlock':'0.0.0.0/0','routeType':'STATIC','description':'by hand'") "]");

        exists(f, "primary/NatGateway/nat", NULL);
        turn(f);
        assert_differences(f, TABLE, "update routeRules[0.0.0.0/0]");
        assert_string_equal(resource(f, TABLE)->assessment.differences.d[0].want_text,
                            "0.0.0.0/0 → NatGateway/nat");
        assert_json(body_of(f, TABLE, "routeRules"),
                    "[" ROUTE("0.0.0.0/0", NAT_ID,
                              ",'routeType':'STATIC','description':'by hand " MARK "'") "]");
}

static void test_local_routes(void **state) {
        _cleanup_fixture_ Fixture *f = with_routes(
                "[" TO_NAT "]",
                "[{'destination':'10.0.0.0/16','networkEntityId':'x','routeType':'LOCAL'}," ROUTE(
                        "172.16.0.0/12", "y", ",'description':null") "]");

        exists(f, "primary/NatGateway/nat", NULL);
        turn(f);
        assert_int_equal(resource(f, TABLE)->assessment.n_foreign, 1);
        assert_json(body_of(f, TABLE, "routeRules"),
                    "[" ROUTE("172.16.0.0/12", "y", "") "," ROUTE("0.0.0.0/0", NAT_ID, OURS_TOO) "]");
}

/* While one rule is unresolved nothing is taken out; what is resolved is put in. */
static void test_unresolved_rule(void **state) {
        _cleanup_fixture_ Fixture *f = with_routes("[" TO_NAT "," TO_HUB "]",
                                                   "[" ROUTE("9.9.9.0/24", "z", OURS_TOO) "]");

        exists(f, "primary/DrgAttachment/a", NULL);
        turn(f); /* no NAT gateway yet */
        assert_differences(f, TABLE, "update routeRules[10.1.0.0/16]");
        assert_json(body_of(f, TABLE, "routeRules"),
                    "[" ROUTE("9.9.9.0/24", "z", OURS_TOO) "," ROUTE("10.1.0.0/16", HUB_ID, OURS_TOO) "]");
        assert_string_equal(resource(f, TABLE)->assessment.waits_for[0], "primary/NatGateway/nat");
        exists(f, "primary/NatGateway/nat", NULL);
        turn(f);
        assert_differences(f, TABLE,
                           "update routeRules[0.0.0.0/0]; update routeRules[10.1.0.0/16]; disrupt "
                           "routeRules[9.9.9.0/24]");
}

/* A route to a DRG waits for the attachment that joins it to the VCN; one that is there already does not. */
static void test_route_needs_attachment(void **state) {
        static const struct {
                const char *attachment, *have, *verdict, *actions;
        } cases[] = {
                { NULL, "[]", "waiting waits", "" },
                { "{'lifecycleState':'ATTACHING'}", "[]", "waiting waits", "" },
                { "{}", "[]", "drifted drift", "update PUT routeTables/*" },
                { NULL, "[" ROUTE("10.1.0.0/16", HUB_ID, "") "]", "in-sync", "" },
                { NULL, "[" ROUTE("10.1.0.0/16", "ocid1.drg.oc1..old", OURS_TOO) "]", "waiting waits", "" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_fixture_ Fixture *f = with_routes("[" TO_HUB "]", cases[i].have);

                if (cases[i].attachment)
                        exists(f, "primary/DrgAttachment/a", cases[i].attachment);
                turn(f);
                assert_verdict(f, TABLE, cases[i].verdict);
                assert_actions(f, TABLE, cases[i].actions);
        }
}

/* Rules behind actions: added, changed and removed by calls of their own. */
static void test_group_rules(void **state) {
#define G(source, more) "{'direction':'INGRESS','protocol':'6','source':'" source "'" more "}"
        _cleanup_fixture_ Fixture *f = fixture_new();

        declare(f, NET, NULL, "{}");
        declare(f, GROUP, NET, "{'securityRules':[" G("a", "") "," G("b", ",'description':'new'") "]}");
        exists(f, NET, NULL);
        exists(f, GROUP, NULL);
        set_rules(f, GROUP_ID, "securityRules",
                  "[" G("b", ",'id':'1','description':'old " MARK "'") "," G(
                          "c",
                          ",'id':'2','description':"
                          "'" MARK
                          "'") "," G("d", ",'id':'3'") "," G("b",
                                                             ",'id':'4','description':'" MARK
                                                             "'") "," G("e", ",'id':'5','isValid':false,'"
                                                                             "description':'" MARK "'") "]");
        turn(f);
        assert_actions(f, GROUP,
                       "update POST networkSecurityGroups/*/actions/updateSecurityRules; "
                       "update POST networkSecurityGroups/*/actions/addSecurityRules; "
                       "update POST networkSecurityGroups/*/actions/removeSecurityRules; "
                       "disrupt POST networkSecurityGroups/*/actions/removeSecurityRules");
        assert_json(resource(f, GROUP)->assessment.actions[0]->call.body,
                    "{'securityRules':[" G("b", ",'id':'1','description':'new " MARK "'") "]}");
        assert_json(resource(f, GROUP)->assessment.actions[1]->call.body,
                    "{'securityRules':[" G("a", ",'description':'" MARK "'") "]}");
        assert_json(resource(f, GROUP)->assessment.actions[2]->call.body, "{'securityRuleIds':['4','5']}");
        assert_json(resource(f, GROUP)->assessment.actions[3]->call.body, "{'securityRuleIds':['2']}");
        assert_int_equal(resource(f, GROUP)->assessment.n_foreign, 1);
        for (size_t i = 0; i < 4; i++)
                assert_false(resource(f, GROUP)->assessment.actions[i]->call.takes_if_match);
}

static void test_at_most_25_a_call(void **state) {
        _cleanup_fixture_ Fixture *f = fixture_new();
        _cleanup_str_ Str want = {};

        str_add(&want, "{'securityRules':[");
        for (unsigned i = 0; i < 60; i++)
                str_addf(&want, "%s" G("10.0.%u.0/24", ""), i ? "," : "", i);
        str_add(&want, "]}");
        declare(f, NET, NULL, "{}");
        declare(f, GROUP, NET, str_get(&want));
        exists(f, NET, NULL);
        exists(f, GROUP, NULL);
        set_rules(f, GROUP_ID, "securityRules", "[]");
        turn(f);
        assert_int_equal(resource(f, GROUP)->assessment.differences.n, 60);
        assert_int_equal(cJSON_GetArraySize(body_of(f, GROUP, "securityRules")), 25);
        assert_int_equal(action_of(f, GROUP, VERB_UPDATE)->differences.n, 25);
#undef G
}

/* Statements have no description: in what we created all are ours, in what was adopted those of a declared priority. */
static void test_statements(void **state) {
        static const char *const all =
                "[{'id':'1','priority':1,'action':'ACCEPT','matchCriteria':[]},"
                "{'id':'2','priority':2,'action':'ACCEPT','matchCriteria':[{'matchType':"
                "'DRG_ATTACHMENT_TYPE','attachmentType':'VCN'}]}]";
        static const struct {
                const char *tags, *rules;
                bool remove;
                const char *differences;
                size_t n_foreign;
        } cases[] = {
                { OURS("primary/DrgRouteDistribution/d"), all, false, "disrupt statements[2]", 0 },
                { ADOPTED("primary/DrgRouteDistribution/d"), all, false, "", 1 },
                { ADOPTED("primary/DrgRouteDistribution/d"), all, true, "disrupt statements[2]", 1 },
                { ADOPTED("primary/DrgRouteDistribution/d"),
                  "[{'id':'1','priority':1,'action':'ACCEPT','matchCriteria':[{'matchType':'DRG_ATTACHMENT_"
                  "TYPE',"
                  "'attachmentType':'VCN'}]}]",
                  false, "update statements[1]", 0 },
                { ADOPTED("primary/DrgRouteDistribution/d"), "[]", false, "update statements[1]", 0 },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_fixture_ Fixture *f = fixture_new();
                _cleanup_free_ char *tags = xasprintf("{%s}", cases[i].tags);
                const char *d = "primary/DrgRouteDistribution/d";

                declare(f, HUB, NULL, "{}");
                declare(f, d, HUB,
                        "{'distributionType':'IMPORT','statements':[{'priority':1,'action':'ACCEPT','"
                        "matchCriteria':"
                        "[{'matchType':'MATCH_ALL'}]}]}")
                        ->remove_foreign = cases[i].remove;
                exists(f, HUB, NULL);
                exists(f, d, tags);
                set_rules(f, "ocid1.drgroutedistribution.oc1..primary-d", "statements", cases[i].rules);
                turn(f);
                assert_differences(f, d, cases[i].differences);
                assert_int_equal(resource(f, d)->assessment.n_foreign, cases[i].n_foreign);
                if (i == 3) /* the action of a statement is not changeable */
                        assert_json(action_of(f, d, VERB_UPDATE)->call.body,
                                    "{'statements':[{'id':'1','priority':1,'matchCriteria':[{'matchType':'"
                                    "MATCH_ALL'}]}]}");
        }
}

/* A static route whose attachment is gone is pointed anew, and without harm taken out. */
static void test_black_holes(void **state) {
#define STATIC(destination, hop, more) \
        "{'destination':'" destination "','nextHopDrgAttachmentId':'" hop "'" more "}"
        static const char hop[] = "ocid1.drgattachment.oc1..primary-a";
        static const char *const t = "primary/DrgRouteTable/t";
        static const struct {
                const char *rules, *differences;
        } cases[] = {
                { "[" STATIC("x", "ocid1.drgattachment.oc1..primary-a", ",'id':'1'") "]", "" },
                { "[" STATIC("x", "BLACKHOLE", ",'id':'1','isBlackhole':true") "]", "update routeRules[x]" },
                { "[" STATIC("x", "ocid1.drgattachment.oc1..primary-a",
                             ",'id':'1'") "," STATIC("y", "old", ",'id':'2','isBlackhole':true") "]",
                  "update routeRules[y]" },
                { "[" STATIC("x", "ocid1.drgattachment.oc1..primary-a",
                             ",'id':'1'") "," STATIC("x", "other", ",'id':'2'") "]",
                  "disrupt routeRules[x]" }, /* another path of the same */
                { "[" STATIC("x", "ocid1.drgattachment.oc1..primary-a",
                             ",'id':'1'") "," STATIC("z", "other", ",'id':'2','routeType':'DYNAMIC'") "]",
                  "" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_fixture_ Fixture *f = fixture_new();

                declare(f, NET, NULL, "{}");
                declare(f, HUB, NULL, "{}");
                declare(f, "primary/DrgAttachment/a", HUB,
                        "{'networkDetails':{'type':'VCN','id':{'$ref':'" NET "'}}}");
                declare(f, t, HUB,
                        "{'routeRules':[{'destination':'x','destinationType':'CIDR_BLOCK','"
                        "nextHopDrgAttachmentId':{'$ref':"
                        "'primary/DrgAttachment/a'}}]}");
                exists(f, NET, NULL);
                exists(f, HUB, NULL);
                exists(f, "primary/DrgAttachment/a", NULL);
                exists(f, t, NULL);
                set_rules(f, "ocid1.drgroutetable.oc1..primary-t", "routeRules", cases[i].rules);
                turn(f);
                assert_differences(f, t, cases[i].differences);
                if (i == 1) {
                        assert_actions(f, t, "update POST drgRouteTables/*/actions/updateDrgRouteRules");
                        assert_string_equal(json_string(cJSON_GetArrayItem(body_of(f, t, "routeRules"), 0),
                                                        "nextHopDrgAttachmentId"),
                                            hop);
                }
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_ownership),
                cmocka_unit_test(test_update_before_disrupt),
                cmocka_unit_test(test_foreign_rules_are_told),
                cmocka_unit_test(test_marks),
                cmocka_unit_test(test_long_descriptions),
                cmocka_unit_test(test_retargeted_route),
                cmocka_unit_test(test_local_routes),
                cmocka_unit_test(test_unresolved_rule),
                cmocka_unit_test(test_route_needs_attachment),
                cmocka_unit_test(test_group_rules),
                cmocka_unit_test(test_at_most_25_a_call),
                cmocka_unit_test(test_statements),
                cmocka_unit_test(test_black_holes),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
