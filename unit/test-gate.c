/* What may begin now: each objection, their order, and what a person can override. */
#include "fixture.h"

#define NET    "primary/Vcn/net"
#define NAT    "primary/NatGateway/nat"
#define IGW    "primary/InternetGateway/igw"
#define FAR    "secondary/Vcn/far"
#define FARNAT "secondary/NatGateway/nat"
#define NET_ID "ocid1.vcn.oc1..primary-net"
#define NAT_ID "ocid1.natgateway.oc1..primary-nat"

/* A gateway of each region is to stop passing traffic: that takes away. */
static Fixture *harmful(void) {
        Fixture *f = fixture_new();

        declare(f, NET, NULL, "{}");
        declare(f, FAR, NULL, "{}");
        declare(f, NAT, NET, "{'blockTraffic':true}");
        declare(f, IGW, NET, "{'isEnabled':true}");
        declare(f, FARNAT, FAR, "{'blockTraffic':true}");
        exists(f, NET, NULL);
        exists(f, FAR, NULL);
        exists(f, NAT, "{'blockTraffic':false}");
        exists(f, IGW, NULL);
        exists(f, FARNAT, NULL);
        return f;
}

static Desired *nat(Fixture *f) {
        return estate_find(f->estate, NAT);
}

static void approve(Fixture *f, const char *address, bool override) {
        assert_int_equal(words_approve(&f->words, resource(f, address)->assessment.actions[0], override,
                                       override ? "now" : NULL, f->now),
                         0);
}

static void obj_policy(Fixture *f) {
        nat(f)->policy[VERB_DISRUPT] = GATE_NEVER;
}

static void obj_mode(Fixture *f) {
        f->estate->mode = MODE_OBSERVE;
}

static void obj_pause(Fixture *f) {
        assert_int_equal(words_pause(&f->words, NAT, USEC_INFINITY, "hands off"), 0);
}

static void obj_pause_all(Fixture *f) {
        assert_int_equal(words_pause(&f->words, NULL, USEC_INFINITY, NULL), 0);
}

static void obj_fight(Fixture *f) {
        resource(f, NAT)->fight_rounds = 3;
}

static void obj_in_flight(Fixture *f) {
        resource(f, NAT)->call = f;
        resource(f, NAT)->call_verb = VERB_UPDATE;
}

static void obj_basis_list(Fixture *f) {
        world_find(f->world, NAT_ID)->from = READ_LIST;
}

static void obj_basis_etag(Fixture *f) {
        str_replace(&world_find(f->world, NAT_ID)->etag, NULL);
}

static void obj_approval(Fixture *f) {
        nat(f)->policy[VERB_DISRUPT] = GATE_APPROVE;
}

static void obj_backoff(Fixture *f) {
        resource(f, NAT)->not_before = f->now + USEC_PER_MINUTE;
}

static void obj_busy(Fixture *f) {
        world_find(f->world, NET_ID)->life = LIFE_CHANGING;
}

static void obj_partial(Fixture *f) {
        Listing *l = world_need_listing(f->world, kind_find("Drg"), NULL, PRIMARY, COMPARTMENT);

        l->attempts = 1;
}

static void obj_unproven(Fixture *f) {
        f->world->regions[SECONDARY].reachable = false;
}

static void obj_harm(Fixture *f) {
        resource(f, FARNAT)->call = f;
        resource(f, FARNAT)->call_verb = VERB_DELETE;
}

static void obj_budget(Fixture *f) {
        f->budget.available = 0.99;
}

/* Each objection by itself, in the order in which they are asked: of any two the earlier is told. */
static const struct {
        void (*set)(Fixture *f);
        const char *code, *verdict;
        bool can_override;
} objections[] = {
        { obj_policy, "policy-never", "blocked policy-never", false },
        { obj_mode, "observe", "drifted drift", false },
        { obj_pause, "paused", "paused paused", false },
        { obj_pause_all, "paused", "paused paused", false },
        { obj_fight, "fight", "fighting fight", false },
        { obj_in_flight, "in-flight", "progressing in-flight", false },
        { obj_basis_list, "look", "drifted drift", false },
        { obj_basis_etag, "look", "drifted drift", false },
        { obj_approval, "approval", "blocked approval", false },
        { obj_backoff, "backoff", "drifted drift", false },
        { obj_busy, "busy", "drifted drift", false },
        { obj_partial, "partial-view", "drifted drift", true },
        { obj_unproven, "region-unproven", "drifted drift", true },
        { obj_harm, "one-at-a-time", "drifted drift", true },
        { obj_budget, "budget", "drifted drift", true },
};

static void release_calls(Fixture *f) {
        resource(f, NAT)->call = NULL;
        resource(f, FARNAT)->call = NULL;
}

static void test_objections(void **state) {
        for (size_t i = 0; i < ARRAY_SIZE(objections); i++) {
                _cleanup_fixture_ Fixture *f = harmful();
                _cleanup_free_ char *gate = xasprintf("disrupt %s", objections[i].code);

                turn(f);
                assert_gate(f, NAT, "disrupt go");
                objections[i].set(f);
                decide(f);
                assert_gate(f, NAT, gate);
                assert_verdict(f, NAT, objections[i].verdict);
                assert_non_null(action_of(f, NAT, VERB_DISRUPT)->decision_text);
                release_calls(f);
        }
}

static void test_order_of_objections(void **state) {
        for (size_t i = 0; i < ARRAY_SIZE(objections); i++)
                for (size_t j = i + 1; j < ARRAY_SIZE(objections); j++) {
                        _cleanup_fixture_ Fixture *f = harmful();
                        _cleanup_free_ char *gate = xasprintf("disrupt %s", objections[i].code);

                        turn(f);
                        objections[j].set(f);
                        objections[i].set(f);
                        decide(f);
                        assert_gate(f, NAT, gate);
                        release_calls(f);
                }
}

/* A person may override what guards against harm, and nothing else. */
static void test_override(void **state) {
        for (size_t i = 0; i < ARRAY_SIZE(objections); i++) {
                _cleanup_fixture_ Fixture *f = harmful();
                _cleanup_free_ char *gate = xasprintf("disrupt %s", objections[i].can_override ? "go"
                                                                    : streq(objections[i].code, "approval")
                                                                            ? "go"
                                                                            : objections[i].code);

                turn(f);
                approve(f, NAT, true);
                objections[i].set(f);
                decide(f);
                assert_gate(f, NAT, gate);
                release_calls(f);
        }
}

static void test_approval_alone_overrides_nothing(void **state) {
        _cleanup_fixture_ Fixture *f = harmful();

        obj_approval(f);
        obj_budget(f);
        turn(f);
        approve(f, NAT, false);
        decide(f);
        assert_gate(f, NAT, "disrupt budget");
        f->budget.available = 1;
        decide(f);
        assert_gate(f, NAT, "disrupt go");
}

/* What mends asks neither the budget nor the other region. */
static void test_updates_are_free(void **state) {
        _cleanup_fixture_ Fixture *f = harmful();

        change(f, "ocid1.internetgateway.oc1..primary-igw", "{'isEnabled':false}");
        turn(f);
        obj_budget(f);
        obj_unproven(f);
        obj_partial(f);
        decide(f);
        assert_gate(f, IGW, "update go");
        f->silent[SECONDARY] = true;
        turn(f);
        assert_gate(f, IGW, "update go");
        assert_gate(f, NAT, "disrupt partial-view");
}

/* One harmful action in the whole estate: of two the first in the plan. */
static void test_one_at_a_time(void **state) {
        _cleanup_fixture_ Fixture *f = harmful();

        change(f, "ocid1.natgateway.oc1..secondary-nat", "{'blockTraffic':false}");
        turn(f);
        assert_gate(f, NAT, "disrupt go");
        assert_gate(f, FARNAT, "disrupt one-at-a-time");
}

/* Done means observed: between the reply and the next look it is still under way. */
static void test_harm_until_observed(void **state) {
        _cleanup_fixture_ Fixture *f = harmful();
        Observed *far;

        turn(f);
        far = resource(f, FARNAT)->observed;
        resource(f, FARNAT)->call_verb = VERB_DISRUPT; /* ended */
        decide(f);
        assert_gate(f, NAT, "disrupt go");
        world_wrote(f->world, far->kind, SECONDARY, far->id, NULL, ++f->now);
        decide(f);
        assert_gate(f, NAT, "disrupt one-at-a-time");
        turn(f);
        assert_gate(f, NAT, "disrupt go");
        change(f, "ocid1.natgateway.oc1..secondary-nat", "{'lifecycleState':'TERMINATING'}");
        turn(f);
        assert_gate(f, NAT, "disrupt one-at-a-time");
}

/* A replacement ends when the new thing is there. */
static void test_replacement_runs_until_made(void **state) {
        _cleanup_fixture_ Fixture *f = harmful();

        turn(f);
        resource(f, FARNAT)->call_verb = VERB_REPLACE;
        resource(f, FARNAT)->tried[0] = (Attempt){ .method = xstrdup("DELETE"), .status = 204 };
        change(f, "ocid1.natgateway.oc1..secondary-nat", "{'lifecycleState':'TERMINATED'}");
        turn(f);
        assert_gate(f, FARNAT, "heal go");
        assert_gate(f, NAT, "disrupt one-at-a-time");
        put(f, "NatGateway", SECONDARY,
            "{'id':'ocid1.natgateway.oc1..new','vcnId':'ocid1.vcn.oc1..secondary-far','blockTraffic':"
            "true," OURS(FARNAT) "}");
        turn(f);
        assert_gate(f, NAT, "disrupt go");
}

/* One mutation at a time in a VCN; another VCN is not concerned. */
static void test_busy_parent(void **state) {
        _cleanup_fixture_ Fixture *f = harmful();

        change(f, NAT_ID, "{'blockTraffic':true}");
        turn(f);
        assert_int_equal(f->plan.n_actions, 0);
        change(f, NAT_ID,
               "{'displayName':'x','freeformTags':{'tandem-estate':'multi','tandem-address':'" NAT "'}}");
        change(f, "ocid1.internetgateway.oc1..primary-igw", "{'isEnabled':false}");
        change(f, "ocid1.natgateway.oc1..secondary-nat",
               "{'freeformTags':{'tandem-estate':'multi','tandem-address':'" FARNAT "'}}");
        turn(f);
        assert_gate(f, NAT, "adopt go");
        assert_gate(f, IGW, "update busy");
        assert_gate(f, FARNAT, "adopt go");
        /* a call in flight holds what it said it holds */
        resource(f, FARNAT)->call = f;
        strv_push(&resource(f, FARNAT)->call_serialized, NET_ID);
        decide(f);
        assert_gate(f, NAT, "adopt busy");
        assert_gate(f, IGW, "update busy");
        release_calls(f);
}

/* An approval names address, OCID, verb, spec and difference; it holds while the difference only shrinks. */
static void test_approvals(void **state) {
        static const struct {
                const char *blocks; /* what is found later; wanted is 10.0.0.0/16 */
                const char *gate;   /* of the removals, in their order */
        } cases[] = {
                { "['10.0.0.0/16','10.1.0.0/16']", "disrupt go" },
                { "['10.0.0.0/16']", "" },
                { "['10.0.0.0/16','10.9.0.0/16']", "disrupt approval" },
                { "['10.0.0.0/16','10.9.0.0/16','10.1.0.0/16']", "disrupt approval; disrupt go" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_fixture_ Fixture *f = fixture_new();
                _cleanup_free_ char *more = xasprintf("{'cidrBlocks':%s}", cases[i].blocks);

                declare(f, NET, NULL, "{'cidrBlocks':['10.0.0.0/16']}")->policy[VERB_DISRUPT] = GATE_APPROVE;
                exists(f, NET, "{'cidrBlocks':['10.0.0.0/16','10.1.0.0/16']}");
                turn(f);
                assert_gate(f, NET, "disrupt approval");
                approve(f, NET, false);
                change(f, NET_ID, more);
                turn(f);
                assert_gate(f, NET, cases[i].gate);
        }
}

static void test_shrinking_difference(void **state) {
        _cleanup_fixture_ Fixture *f = fixture_new();
        const char *list = "primary/SecurityList/l";

#define R(source) "{'protocol':'all','source':'" source "','description':'[tandem multi]'}"
        declare(f, NET, NULL, "{}");
        declare(f, list, NET, "{'ingressSecurityRules':[]}")->policy[VERB_DISRUPT] = GATE_APPROVE;
        exists(f, NET, NULL);
        exists(f, list, "{'ingressSecurityRules':[" R("a") "," R("b") "," R("c") "]}");
        turn(f);
        approve(f, list, false);
        change(f, "ocid1.securitylist.oc1..primary-l", "{'ingressSecurityRules':[" R("c") "," R("a") "]}");
        turn(f);
        assert_gate(f, list, "disrupt go");
        change(f, "ocid1.securitylist.oc1..primary-l", "{'ingressSecurityRules':[" R("a") "," R("d") "]}");
        turn(f);
        assert_gate(f, list, "disrupt approval");
        change(f, "ocid1.securitylist.oc1..primary-l", "{'ingressSecurityRules':[" R("a") "]}");
        f->now += 2 * USEC_PER_HOUR; /* it lapses */
        turn(f);
        assert_gate(f, list, "disrupt approval");
#undef R
}

/* Another spec, another OCID: another decision. */
static void test_approval_of_something_else(void **state) {
        _cleanup_fixture_ Fixture *f = harmful();

        obj_approval(f);
        turn(f);
        approve(f, NAT, false);
        decide(f);
        assert_gate(f, NAT, "disrupt go");
        str_replace(&nat(f)->digest, "another");
        decide(f);
        assert_gate(f, NAT, "disrupt approval");
        str_replace(&nat(f)->digest, "digest-of-" NAT);
        gone(f, NAT_ID);
        put(f, "NatGateway", PRIMARY,
            "{'id':'ocid1.natgateway.oc1..second','vcnId':'" NET_ID "','blockTraffic':false," OURS(NAT) "}");
        turn(f);
        world_see_missing(f->world, NAT_ID, f->now);
        decide(f);
        assert_gate(f, NAT, "disrupt approval");
}

/* Waiting for a person holds up nothing else of the resource; waiting for anything else does. */
static void test_order_within_a_resource(void **state) {
        static const struct {
                Gate adopt, update;
                const char *gate, *verdict;
        } cases[] = {
                { GATE_AUTOMATIC, GATE_AUTOMATIC, "adopt go; update order", "drifted drift" },
                { GATE_APPROVE, GATE_AUTOMATIC, "adopt approval; update go", "drifted drift" },
                { GATE_NEVER, GATE_AUTOMATIC, "adopt policy-never; update go", "drifted drift" },
                { GATE_APPROVE, GATE_APPROVE, "adopt approval; update approval", "blocked approval" },
                { GATE_NEVER, GATE_NEVER, "adopt policy-never; update policy-never",
                  "blocked policy-never" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_fixture_ Fixture *f = harmful();

                estate_find(f->estate, IGW)->policy[VERB_ADOPT] = cases[i].adopt;
                estate_find(f->estate, IGW)->policy[VERB_UPDATE] = cases[i].update;
                change(f, "ocid1.internetgateway.oc1..primary-igw",
                       "{'isEnabled':false,'displayName':'igw','freeformTags':{}}");
                change(f, NAT_ID, "{'blockTraffic':true}");
                turn(f);
                assert_gate(f, IGW, cases[i].gate);
                assert_verdict(f, IGW, cases[i].verdict);
        }
}

/* A delete that nobody declares follows the estate's policy. */
static void test_policy_of_an_orphan(void **state) {
        _cleanup_fixture_ Fixture *f = fixture_new();

        f->estate->policy[VERB_DELETE] = GATE_APPROVE;
        put(f, "Vcn", PRIMARY, "{'id':'" NET_ID "'," OURS(NET) "}");
        turn(f);
        assert_gate(f, NET, "delete approval");
        assert_verdict(f, NET, "blocked approval");
        approve(f, NET, false);
        decide(f);
        assert_gate(f, NET, "delete go");
}

static void test_proven(void **state) {
        _cleanup_fixture_ Fixture *f = harmful();
        Listing *l;

        turn(f);
        assert_true(gate_region_proven(&f->c, PRIMARY));
        l = world_listing(f->world, kind_find("Vcn"), NULL, PRIMARY, COMPARTMENT);
        l->attempts = 1;
        assert_false(gate_region_proven(&f->c, PRIMARY));
        assert_true(gate_region_proven(&f->c, SECONDARY));
        l->attempts = 0;
        l->begun = 0;
        assert_false(gate_region_proven(&f->c, PRIMARY));
        l->needed = false;
        assert_true(gate_region_proven(&f->c, PRIMARY));
        f->world->loaded = f->now + 1;
        assert_false(gate_region_proven(&f->c, PRIMARY));
        assert_false(gate_region_proven(&f->c, SECONDARY));
}

#define POOL       "primary/NodePool/p"
#define FARPOOL    "secondary/NodePool/p"
#define CLUSTER    "primary/Cluster/c"
#define FARCLUSTER "secondary/Cluster/c"
#define POOL_ID    "ocid1.nodepool.oc1..primary-p"
#define FARPOOL_ID "ocid1.nodepool.oc1..secondary-p"
#define UP         "{'name':'u','lifecycleState':'ACTIVE','kubernetesVersion':'v1.34.1'}"
#define BEHIND \
        "{'id':'ocid1.instance.oc1..b','name':'b','lifecycleState':'ACTIVE','kubernetesVersion':'v1.33.1'}"
#define DOWN        "{'name':'d','lifecycleState':'FAILING'," NO_CAPACITY "}"
#define NO_CAPACITY "'nodeError':{'code':'InternalError'}"
#define MOVING      "{'name':'m','lifecycleState':'CREATING'}"

/* Both regions have a pool of two, and a node of the primary's is to be given back; a gateway of the secondary is to stop passing
 * traffic. */
static Fixture *with_nodes(const char *nodes, const char *far_nodes) {
        Fixture *f = fixture_new();
        _cleanup_free_ char *have = xasprintf(
                "{'kubernetesVersion':'v1.34.1','nodeConfigDetails':{'size':2},'nodes':%s}", nodes);
        _cleanup_free_ char *far = xasprintf(
                "{'kubernetesVersion':'v1.34.1','nodeConfigDetails':{'size':2},'nodes':%s}", far_nodes);

        declare(f, CLUSTER, NULL, "{}");
        declare(f, FARCLUSTER, NULL, "{}");
        declare(f, POOL, CLUSTER, "{}");
        declare(f, FARPOOL, FARCLUSTER, "{}");
        declare(f, FAR, NULL, "{}");
        declare(f, FARNAT, FAR, "{}");
        exists(f, CLUSTER, NULL);
        exists(f, FARCLUSTER, NULL);
        exists(f, POOL, have);
        exists(f, FARPOOL, far);
        exists(f, FAR, NULL);
        exists(f, FARNAT, NULL);
        return f;
}

/* What carries load is taken from one region only while the other has enough of it: nodes up in the secondary, wanted in percent → what
 * the gate says. */
static void test_share_of_nodes(void **state) {
        static const struct {
                const char *far_nodes;
                unsigned proven;
                const char *gate;
        } cases[] = {
                { "[" UP "," UP "]", 100, "disrupt go" },
                { "[" UP "," DOWN "]", 50, "disrupt go" },
                { "[" UP "," DOWN "]", 51, "disrupt region-unproven" },
                { "[" UP "," DOWN "]", 100, "disrupt region-unproven" },
                { "[" DOWN "," DOWN "]", 1, "disrupt region-unproven" },
                { "[" DOWN "," DOWN "]", 0, "disrupt go" },
                { "[" UP "," UP "," UP "]", 100, "disrupt go" },
                { "[]", 50, "disrupt region-unproven" },
                { "null", 50, "disrupt region-unproven" }, /* not known is not proven */
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_fixture_ Fixture *f = with_nodes("[" UP "," BEHIND "]", cases[i].far_nodes);

                f->estate->proven_nodes = cases[i].proven;
                turn(f);
                assert_gate(f, POOL, cases[i].gate);
        }
}

/* Its own region's do not count, and what is not there or was not read proves nothing. */
static void test_share_of_unknown_nodes(void **state) {
        _cleanup_fixture_ Fixture *f = with_nodes("[" UP "," BEHIND "]", "[" UP "," UP "]");

        f->estate->proven_nodes = 100;
        change(f, POOL_ID, "{'nodeConfigDetails':{'size':2},'nodes':[" BEHIND "," BEHIND "]}");
        turn(f);
        assert_gate(f, POOL, "disrupt go");
        resource(f, FARPOOL)->observed->from = READ_LIST;
        decide(f);
        assert_gate(f, POOL, "disrupt region-unproven");
        gone(f, FARPOOL_ID);
        turn(f);
        world_see_missing(f->world, FARPOOL_ID, f->now);
        f->estate->proven_nodes = 0;
        decide(f);
        assert_gate(f, POOL, "disrupt region-unproven");
        assert_non_null(strstr(action_of(f, POOL, VERB_DISRUPT)->decision_text, FARPOOL " is not there"));
}

/* A network kind is proven by OCI's word: Kubernetes may be behind the very link that is to be mended. */
static void test_network_asks_for_no_nodes(void **state) {
        _cleanup_fixture_ Fixture *f = with_nodes("[" DOWN "," DOWN "]", "[" UP "," UP "]");

        f->estate->proven_nodes = 100;
        json_set(estate_find(f->estate, FARNAT)->want, "blockTraffic", cJSON_CreateTrue());
        turn(f);
        assert_gate(f, FARNAT, "disrupt go");
}

/* Whoever began it: while a node comes or goes, or a cluster changes, nothing else is taken away anywhere in the estate. */
static void test_transitions_hold_harm(void **state) {
        static const struct {
                const char *id, *more;
                bool holds;
        } cases[] = {
                { POOL_ID, "{}", false },
                { POOL_ID, "{'nodes':[" UP "," MOVING "]}", true },
                { FARPOOL_ID, "{'nodes':[" UP "," MOVING "]}", true },
                { FARPOOL_ID, "{'nodes':[" UP "," DOWN "]}", false },
                { POOL_ID, "{'lifecycleState':'UPDATING'}", true },
                { "ocid1.cluster.oc1..primary-c", "{'lifecycleState':'UPDATING'}", true },
                { "ocid1.cluster.oc1..secondary-c", "{'lifecycleState':'UPDATING'}", true },
                { "ocid1.cluster.oc1..primary-c", "{'lifecycleState':'CREATING'}", false },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_fixture_ Fixture *f = with_nodes("[" UP "," UP "]", "[" UP "," UP "]");

                json_set(estate_find(f->estate, FARNAT)->want, "blockTraffic", cJSON_CreateTrue());
                change(f, cases[i].id, cases[i].more);
                turn(f);
                assert_gate(f, FARNAT, cases[i].holds ? "disrupt one-at-a-time" : "disrupt go");
        }
}

/* Two pools of one estate, each in its region: one of them. */
static void test_one_node_at_a_time(void **state) {
        _cleanup_fixture_ Fixture *f = with_nodes(
                "[" UP "," BEHIND "]",
                "[" UP ",{'id':'ocid1.instance.oc1..f','name':'f','lifecycleState':'ACTIVE',"
                "'kubernetesVersion':'v1.33.1'}]");

        turn(f);
        assert_gate(f, POOL, "disrupt go");
        assert_gate(f, FARPOOL, "disrupt one-at-a-time");
        /* while it is replaced, and after that the other's turn */
        change(f, POOL_ID, "{'nodes':[" UP "," MOVING "]}");
        turn(f);
        assert_gate(f, FARPOOL, "disrupt one-at-a-time");
        change(f, POOL_ID, "{'nodes':[" UP "," UP "]}");
        turn(f);
        assert_gate(f, FARPOOL, "disrupt go");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_objections),
                cmocka_unit_test(test_order_of_objections),
                cmocka_unit_test(test_override),
                cmocka_unit_test(test_approval_alone_overrides_nothing),
                cmocka_unit_test(test_updates_are_free),
                cmocka_unit_test(test_one_at_a_time),
                cmocka_unit_test(test_harm_until_observed),
                cmocka_unit_test(test_replacement_runs_until_made),
                cmocka_unit_test(test_busy_parent),
                cmocka_unit_test(test_approvals),
                cmocka_unit_test(test_shrinking_difference),
                cmocka_unit_test(test_approval_of_something_else),
                cmocka_unit_test(test_order_within_a_resource),
                cmocka_unit_test(test_policy_of_an_orphan),
                cmocka_unit_test(test_proven),
                cmocka_unit_test(test_share_of_nodes),
                cmocka_unit_test(test_share_of_unknown_nodes),
                cmocka_unit_test(test_network_asks_for_no_nodes),
                cmocka_unit_test(test_transitions_hold_harm),
                cmocka_unit_test(test_one_node_at_a_time),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
