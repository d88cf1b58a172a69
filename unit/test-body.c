/* The bodies of PUTs: what was read, what differs over it, less what the API refuses; and always both tag maps. */
#include "fixture.h"

#define NET "primary/Vcn/net"
#define HUB "primary/Drg/hub"

/* Kind, wanted, found (without tags) → the body, less its tags. */
static void test_puts(void **state) {
        static const struct {
                const char *kind, *parent, *want, *have, *body;
        } cases[] = {
                /* what the spec does not say survives */
                { "NatGateway", NET, "{'routeTableId':'new'}",
                  "{'blockTraffic':true,'natIp':'192.0.2.1','publicIpId':'p','routeTableId':'old','"
                  "timeCreated':'t'}",
                  "{'displayName':'it','blockTraffic':true,'routeTableId':'new'}" },
                { "InternetGateway", NET, "{'isEnabled':true}", "{'isEnabled':false,'routeTableId':null}",
                  "{'displayName':'it','isEnabled':true}" },
                /* always sent */
                { "ServiceGateway", NET, "{'routeTableId':'r'}",
                  "{'services':[{'serviceId':'s','serviceName':'All'}],'blockTraffic':null,'routeTableId':"
                  "null}",
                  "{'displayName':'it','services':[{'serviceId':'s'}],'blockTraffic':false,'routeTableId':'"
                  "r'}" },
                { "ServiceGateway", NET, "{'routeTableId':'r'}",
                  "{'services':[],'blockTraffic':true,'routeTableId':null}",
                  "{'displayName':'it','services':[],'blockTraffic':true,'routeTableId':'r'}" },
                /* what is for life stays out */
                { "Subnet", NET, "{'cidrBlock':'10.0.1.0/24','dnsLabel':'a','routeTableId':'new'}",
                  "{'cidrBlock':'10.0.1.0/24','ipv4CidrBlocks':['10.0.1.0/"
                  "24'],'dnsLabel':'a','routeTableId':'old',"
                  "'securityListIds':['l'],'dhcpOptionsId':'d','prohibitPublicIpOnVnic':true,'"
                  "virtualRouterIp':'v',"
                  "'availabilityDomain':null}",
                  "{'displayName':'it','routeTableId':'new','securityListIds':['l'],'dhcpOptionsId':'d'}" },
                { "Vcn", NULL, "{'cidrBlocks':['10.0.0.0/16'],'freeformTags':{'x':'1'}}",
                  "{'cidrBlocks':['10.0.0.0/16'],'cidrBlock':'10.0.0.0/"
                  "16','dnsLabel':'n','defaultRouteTableId':'r'}",
                  "{'displayName':'it'}" },
                /* rules go along only when they differ */
                { "RouteTable", NET, "{'routeRules':[],'freeformTags':{'x':'1'}}", "{'routeRules':[]}",
                  "{'displayName':'it'}" },
                { "RouteTable", NET,
                  "{'routeRules':[{'destination':'a','destinationType':'CIDR_BLOCK','networkEntityId':'t'}]"
                  "}",
                  "{'routeRules':[{'destination':'b','cidrBlock':'b','networkEntityId':'u','description':"
                  "null}]}",
                  "{'displayName':'it','routeRules':[{'destination':'b','networkEntityId':'u'},{'"
                  "destination':'a',"
                  "'destinationType':'CIDR_BLOCK','networkEntityId':'t','description':'[tandem multi]'}]}" },
                { "SecurityList", NET,
                  "{'ingressSecurityRules':[],'egressSecurityRules':[{'protocol':'all','destination':'x'}]}",
                  "{'ingressSecurityRules':[{'protocol':'6','source':'y'}],'egressSecurityRules':[]}",
                  "{'displayName':'it','egressSecurityRules':[{'protocol':'all','destination':'x','"
                  "description':"
                  "'[tandem multi]'}]}" },
                /* an attachment's network goes along only when it differs */
                { "DrgAttachment", HUB, "{'networkDetails':{'type':'VCN','id':'v'},'drgRouteTableId':'new'}",
                  "{'networkDetails':{'type':'VCN','id':'v','routeTableId':null,'vcnRouteType':'SUBNET_"
                  "CIDRS'},'vcnId':'v',"
                  "'routeTableId':null,'drgRouteTableId':'old','exportDrgRouteDistributionId':'e'}",
                  "{'displayName':'it','drgRouteTableId':'new','exportDrgRouteDistributionId':'e'}" },
                { "DrgAttachment", HUB,
                  "{'networkDetails':{'type':'VCN','id':'v','vcnRouteType':'VCN_CIDRS'}}",
                  "{'networkDetails':{'type':'VCN','id':'v','routeTableId':null,'vcnRouteType':'SUBNET_"
                  "CIDRS'},"
                  "'exportDrgRouteDistributionId':null}",
                  "{'displayName':'it','networkDetails':{'type':'VCN','id':'v','vcnRouteType':'VCN_CIDRS'}"
                  "}" },
                { "DrgRouteTable", HUB, "{'isEcmpEnabled':true}",
                  "{'isEcmpEnabled':false,'importDrgRouteDistributionId':'i'}",
                  "{'displayName':'it','importDrgRouteDistributionId':'i','isEcmpEnabled':true}" },
                { "RemotePeeringConnection", HUB, "{'freeformTags':{'x':'1'}}",
                  "{'peeringStatus':'NEW','peerId':null,'isCrossTenancyPeering':false}",
                  "{'displayName':'it'}" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_fixture_ Fixture *f = fixture_new();
                _cleanup_free_ char *address = xasprintf("primary/%s/it", cases[i].kind);
                _cleanup_free_ char *id = xasprintf("ocid1.%s.oc1..primary-it",
                                                    kind_find(cases[i].kind)->ocid_type);
                _cleanup_json_ cJSON *body = NULL;

                declare(f, NET, NULL, "{}");
                declare(f, HUB, NULL, "{}");
                declare(f, address, cases[i].parent, cases[i].want);
                exists(f, NET, NULL);
                exists(f, HUB, NULL);
                exists(f, address, cases[i].have);
                {
                        _cleanup_free_ char *tags = xasprintf(
                                "{'freeformTags':{'tandem-estate':'multi','tandem-address':'%s','tandem-"
                                "origin':'created'}}",
                                address);

                        change(f, id, tags);
                }
                turn(f);
                body = json_copy(action_of(f, address, VERB_UPDATE)->call.body);
                assert_string_equal(json_path_string(body, "freeformTags.tandem-address"), address);
                assert_true(cJSON_IsObject(json_get(body, "definedTags")));
                json_remove(body, "freeformTags");
                json_remove(body, "definedTags");
                assert_json(body, cases[i].body);
        }
}

/* Tags of others survive in both maps; names of defined ones keep the case that is there. */
static void test_tags(void **state) {
        static const struct {
                const char *want, *have, *freeform, *defined;
        } cases[] = {
                { "{'freeformTags':{'a':'2'}}",
                  "{'freeformTags':{'a':'1','b':'1'},'definedTags':{'Ops':{'Owner':'x'}}}",
                  "{'a':'2','b':'1'}", "{'Ops':{'Owner':'x'}}" },
                { "{'definedTags':{'Ops':{'Owner':'y'}}}",
                  "{'freeformTags':{'a':'1'},'definedTags':{'Oracle-Tags':{'CreatedBy':'x'},'ops':{'owner':'"
                  "x','cost':'1'}}}",
                  "{'a':'1'}", "{'Oracle-Tags':{'CreatedBy':'x'},'ops':{'owner':'y','cost':'1'}}" },
                { "{'definedTags':{'New':{'Owner':'y'}}}",
                  "{'freeformTags':{},'definedTags':{'Ops':{'Owner':'x'}}}", "{}",
                  "{'Ops':{'Owner':'x'},'New':{'Owner':'y'}}" },
                { "{'definedTags':{'New':{'Owner':'y'}}}", "{'freeformTags':null,'definedTags':null}", "{}",
                  "{'New':{'Owner':'y'}}" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_fixture_ Fixture *f = fixture_new();
                Desired *d = declare(f, NET, NULL, cases[i].want);

                d->pin = xstrdup("ocid1.vcn.oc1..primary-net");
                d->policy[VERB_ADOPT] = GATE_NEVER; /* not our tags, here */
                exists(f, NET, cases[i].have);
                turn(f);
                assert_json(json_get(action_of(f, NET, VERB_UPDATE)->call.body, "freeformTags"),
                            cases[i].freeform);
                assert_json(json_get(action_of(f, NET, VERB_UPDATE)->call.body, "definedTags"),
                            cases[i].defined);
        }
}

/* A PUT carries what its verb may mend, and leaves the rest as it is. */
static void test_one_verb_a_put(void **state) {
        _cleanup_fixture_ Fixture *f = fixture_new();
        const char *nat = "primary/NatGateway/it";

        declare(f, NET, NULL, "{}");
        declare(f, nat, NET, "{'blockTraffic':true,'routeTableId':'r'}");
        exists(f, NET, NULL);
        exists(f, nat, "{'blockTraffic':false,'routeTableId':'old'}");
        turn(f);
        assert_actions(f, nat, "update PUT natGateways/*; disrupt PUT natGateways/*");
        assert_false(json_bool(action_of(f, nat, VERB_UPDATE)->call.body, "blockTraffic", true));
        assert_string_equal(json_string(action_of(f, nat, VERB_UPDATE)->call.body, "routeTableId"), "r");
        assert_true(json_bool(action_of(f, nat, VERB_DISRUPT)->call.body, "blockTraffic", false));
        assert_string_equal(json_string(action_of(f, nat, VERB_DISRUPT)->call.body, "routeTableId"), "old");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_puts),
                cmocka_unit_test(test_tags),
                cmocka_unit_test(test_one_verb_a_put),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
