/* The nodes of a pool: which is given back next, with which call, and what is waited for instead. */
#include "fixture.h"

#define CLUSTER "primary/Cluster/c"
#define POOL    "primary/NodePool/p"
#define POOL_ID "ocid1.nodepool.oc1..primary-p"

#define NODE_ID(name) "ocid1.instance.oc1..n" name
#define NODE(name, domain, life, version, more)                                         \
        "{'id':'" NODE_ID(name) "','name':'n" name "','availabilityDomain':'AD-" domain \
                                "','subnetId':'s','lifecycleState':'" life              \
                                "','kubernetesVersion':'" version "'" more "}"
#define GOOD(name, domain)    NODE(name, domain, "ACTIVE", "v1.34.1", "")
#define BEHIND(name, domain)  NODE(name, domain, "ACTIVE", "v1.33.1", "")
#define STARVED(name, domain) NODE(name, domain, "CREATING", "v1.34.1", NO_CAPACITY)
#define NO_CAPACITY           ",'nodeError':{'code':'InternalError','message':'Out of host capacity.'}"

#define DETAILS(size)                                                                                       \
        "'nodeConfigDetails':{'size':" size ",'placementConfigs':[{'availabilityDomain':'ad-1','subnetId':" \
        "'s'},{'availabilityDomain':'AD-2','subnetId':'s'}]}"
#define BODY                                                                                              \
        "'kubernetesVersion':'v1.34.1','nodeShape':'S.1','nodeShapeConfig':{'ocpus':2,'memoryInGBs':16}," \
        "'nodeSourceDetails':{'sourceType':'IMAGE','imageId':'new','bootVolumeSizeInGBs':100}," DETAILS(  \
                "3")

#define GIVE_BACK(verb, name) verb " DELETE nodePools/*/node/" NODE_ID(name) "?isDecrementSize=false"

#define GONE    "{'lifecycleState':'TERMINATED'}"
#define UNKNOWN ""

/* The machine of a node as the pool would make it; 'more' goes over it. */
static void put_instance(Fixture *f, const char *name, unsigned day, const char *more) {
        _cleanup_free_ char *id = xasprintf("ocid1.instance.oc1..n%s", name);
        _cleanup_free_ char *body = xasprintf(
                "{'id':'%s','shape':'S.1','shapeConfig':{'ocpus':2.0,'memoryInGBs':16.0},"
                "'sourceDetails':{'imageId':'new','bootVolumeSizeInGBs':100},"
                "'timeCreated':'2026-01-%02uT00:00:00Z'}",
                id, day);

        put(f, "Instance", PRIMARY, body);
        if (more)
                change(f, id, more);
}

/* A pool that wants no more than what it is, and its cluster. */
static Fixture *pool(const char *want, const char *nodes) {
        Fixture *f = fixture_new();
        _cleanup_free_ char *have = xasprintf("{" BODY ",'sshPublicKey':null,'nodes':%s}", nodes);

        declare(f, CLUSTER, NULL, "{}");
        declare(f, POOL, CLUSTER, want);
        exists(f, CLUSTER, "{'kubernetesVersion':'v1.34.1'}");
        exists(f, POOL, have);
        return f;
}

typedef struct Case {
        const char *nodes;
        const char *instances
                [3]; /* of n1, n2, n3, which are as old as that: over a good one; UNKNOWN: not read */
        const char *verdict, *actions, *differences;
        const char *mends; /* of the first action */
} Case;

static void check(const Case *c) {
        _cleanup_fixture_ Fixture *f = pool("{}", c->nodes);
        static const char *const names[] = { "1", "2", "3" };
        const Assessment *a;

        for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
                if (!streq_ptr(c->instances[i], UNKNOWN))
                        put_instance(f, names[i], i + 1, c->instances[i]);
        turn(f);
        assert_verdict(f, POOL, c->verdict);
        assert_actions(f, POOL, c->actions);
        assert_differences(f, POOL, c->differences);
        a = &resource(f, POOL)->assessment;
        if (a->n_actions > 0 && !streq_ptr(a->actions[0]->mends, c->mends))
                fail_msg("%s: mends %s, not %s", c->nodes, a->actions[0]->mends, c->mends);
}

/* The rows of the table at the head of node-pool-nodes.c. */
static void test_rows(void **state) {
        static const Case cases[] = {
                { "[" GOOD("1", "1") "," GOOD("2", "2") "," GOOD("3", "1") "]",
                  {},
                  "in-sync",
                  "",
                  "",
                  NULL },
                { "null", {}, "in-sync", "", "", NULL }, /* nothing is known of them */
                /* a node comes or goes: whatever else there is to do waits */
                { "[" BEHIND("1", "1") "," NODE("2", "1", "CREATING", "v1.34.1", "") "," BEHIND("3",
                                                                                                "1") "]",
                  {},
                  "progressing nodes",
                  "",
                  "",
                  NULL },
                { "[" NODE("1", "1", "DELETING", "v1.33.1", "") "," GOOD("2", "1") "," BEHIND("3", "1") "]",
                  {},
                  "progressing nodes",
                  "",
                  "",
                  NULL },
                { "[" NODE("1", "1", "UPDATING", "v1.33.1", "") "," GOOD("2", "1") "]",
                  {},
                  "progressing nodes",
                  "",
                  "",
                  NULL },
                /* no capacity: it carries nothing, so it is tried once more */
                { "[" BEHIND("1", "1") "," STARVED("2", "1") "]",
                  {},
                  "drifted no-capacity",
                  GIVE_BACK("heal", "2"),
                  "",
                  "nodes[n2]" },
                { "[" GOOD("1", "1") ",{'name':'n2','lifecycleState':'FAILING'" NO_CAPACITY "}]",
                  {},
                  "blocked no-capacity", /* nobody can give back what has no name in a call */
                  "",
                  "",
                  NULL },
                /* too few */
                { "[" GOOD("1", "1") "," BEHIND("2", "1") "]",
                  {},
                  "drifted nodes-gone",
                  "update PUT nodePools/*",
                  "update nodes",
                  NULL },
                { "[" GOOD("1", "1") "," GOOD("2", "1") "," NODE("3", "1", "DELETED", "v1.34.1", "") "]",
                  {},
                  "drifted nodes-gone",
                  "update PUT nodePools/*",
                  "update nodes",
                  NULL },
                /* what failed carries nothing */
                { "[" GOOD("1", "1") "," NODE("2", "1", "FAILING", "v1.34.1", "") "," GOOD("3", "1") "]",
                  {},
                  "drifted nodes-behind",
                  GIVE_BACK("heal", "2"),
                  "disrupt nodes[n2].lifecycleState",
                  "nodes[n2]" },
                { "[" GOOD("1", "1") "," GOOD("2", "1") "," NODE("3", "1", "INACTIVE", "v1.34.1", "") "]",
                  {},
                  "drifted nodes-behind",
                  GIVE_BACK("heal", "3"),
                  "disrupt nodes[n3].lifecycleState",
                  "nodes[n3]" },
                { "[" GOOD("1", "1") "," GOOD("2", "1") "," GOOD("3", "1") "]",
                  { GONE },
                  "drifted nodes-behind",
                  GIVE_BACK("heal", "1"),
                  "disrupt nodes[n1].lifecycleState",
                  "nodes[n1]" },
                /* behind the pool, each in its own way */
                { "[" GOOD("1", "1") "," BEHIND("2", "1") "," GOOD("3", "1") "]",
                  {},
                  "drifted nodes-behind",
                  GIVE_BACK("disrupt", "2"),
                  "disrupt nodes[n2].kubernetesVersion",
                  "nodes[n2]" },
                { "[" GOOD("1", "1") "," GOOD("2", "1") "," GOOD("3", "1") "]",
                  { NULL, "{'sourceDetails':{'imageId':'old','bootVolumeSizeInGBs':100}}" },
                  "drifted nodes-behind",
                  GIVE_BACK("disrupt", "2"),
                  "disrupt nodes[n2].image",
                  "nodes[n2]" },
                { "[" GOOD("1", "1") "," GOOD("2", "1") "," GOOD("3", "1") "]",
                  { NULL, NULL, "{'sourceDetails':{'imageId':'new','bootVolumeSizeInGBs':50}}" },
                  "drifted nodes-behind",
                  GIVE_BACK("disrupt", "3"),
                  "disrupt nodes[n3].bootVolumeSizeInGBs",
                  "nodes[n3]" },
                { "[" GOOD("1", "1") "," GOOD("2", "1") "," GOOD("3", "1") "]",
                  { "{'shape':'S.2'}" },
                  "drifted nodes-behind",
                  GIVE_BACK("disrupt", "1"),
                  "disrupt nodes[n1].shape",
                  "nodes[n1]" },
                { "[" GOOD("1", "1") "," GOOD("2", "1") "," GOOD("3", "1") "]",
                  { "{'shapeConfig':{'ocpus':1,'memoryInGBs':8}}" },
                  "drifted nodes-behind",
                  GIVE_BACK("disrupt", "1"),
                  "disrupt nodes[n1].ocpus; disrupt nodes[n1].memoryInGBs",
                  "nodes[n1]" },
                { "[" GOOD("1", "1") "," GOOD("2", "3") "," GOOD("3", "2") "]",
                  {},
                  "drifted nodes-behind",
                  GIVE_BACK("disrupt", "2"),
                  "disrupt nodes[n2].placement",
                  "nodes[n2]" },
                /* what is not known is no difference */
                { "[" GOOD("1", "1") "," GOOD("2", "1") "," GOOD("3", "1") "]",
                  { UNKNOWN, UNKNOWN, UNKNOWN },
                  "in-sync",
                  "",
                  "",
                  NULL },
                { "[" GOOD("1", "1") "," GOOD("2", "1") "," GOOD("3", "1") "]",
                  { "{'sourceDetails':{'imageId':'new','bootVolumeSizeInGBs':null}}",
                    "{'sourceDetails':null,'shapeConfig':null}" },
                  "in-sync",
                  "",
                  "",
                  NULL },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                check(&cases[i]);
}

/* An approval is for all that are behind; what heals is for its own node. */
static void test_which_is_next(void **state) {
        static const Case cases[] = {
                /* what failed goes first */
                { "[" BEHIND("1", "1") "," BEHIND("2", "1") "," NODE("3", "2", "FAILING", "v1.34.1", "") "]",
                  {},
                  "drifted nodes-behind",
                  GIVE_BACK("heal", "3"),
                  "disrupt nodes[n3].lifecycleState",
                  "nodes[n3]" },
                /* then the domain with most */
                { "[" BEHIND("1", "1") "," BEHIND("2", "2") "," BEHIND("3", "2") "]",
                  {},
                  "drifted nodes-behind",
                  GIVE_BACK("disrupt", "2"),
                  "disrupt nodes[n1].kubernetesVersion; disrupt nodes[n2].kubernetesVersion; disrupt "
                  "nodes[n3].kubernetesVersion",
                  "nodes[n2]" },
                { "[" BEHIND("1", "1") "," GOOD("2", "2") "," GOOD("3", "2") "]",
                  {},
                  "drifted nodes-behind",
                  GIVE_BACK("disrupt", "1"), /* those that are as they should be do not count */
                  "disrupt nodes[n1].kubernetesVersion",
                  "nodes[n1]" },
                /* then the oldest */
                { "[" BEHIND("1", "1") "," GOOD("2", "1") "," BEHIND("3", "1") "]",
                  { "{'timeCreated':'2026-01-09T00:00:00Z'}" },
                  "drifted nodes-behind",
                  GIVE_BACK("disrupt", "3"),
                  "disrupt nodes[n1].kubernetesVersion; disrupt nodes[n3].kubernetesVersion",
                  "nodes[n3]" },
                /* then by name */
                { "[" BEHIND("3", "1") "," BEHIND("2", "1") "," GOOD("1", "1") "]",
                  { NULL, UNKNOWN, UNKNOWN },
                  "drifted nodes-behind",
                  GIVE_BACK("disrupt", "2"),
                  "disrupt nodes[n3].kubernetesVersion; disrupt nodes[n2].kubernetesVersion",
                  "nodes[n2]" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                check(&cases[i]);
}

/* It is guarded, one at a time in the cluster, and it deletes no pool. */
static void test_call(void **state) {
        _cleanup_fixture_ Fixture *f = pool("{}",
                                            "[" GOOD("1", "1") "," BEHIND("2", "1") "," GOOD("3", "1") "]");
        const Action *a;

        turn(f);
        a = action_of(f, POOL, VERB_DISRUPT);
        assert_true(a->call.takes_if_match);
        assert_string_equal(a->call.if_match, "etag-1");
        assert_false(a->call.deletes);
        assert_null(a->call.body);
        assert_string_equal(a->call.target, POOL_ID);
        assert_string_equal(a->serialized[0], "ocid1.cluster.oc1..primary-c");
        assert_string_equal(a->serialized[1], POOL_ID);
        assert_string_equal(a->reason, "1 node behind the pool, n2 first");
        assert_gate(f, POOL, "disrupt go");
        /* why it carries nothing is told */
        change(f, POOL_ID, "{'nodes':[" GOOD("1", "1") "," GOOD("2", "1") "," GOOD("3", "1") "]}");
        put_instance(f, "2", 1, GONE);
        turn(f);
        assert_string_equal(action_of(f, POOL, VERB_HEAL)->reason,
                            "n2 carries nothing: its instance is gone");
        /* what OKE makes of a size that was written already */
        change(f, POOL_ID, "{'nodes':[" GOOD("1", "1") "]}");
        turn(f);
        a = action_of(f, POOL, VERB_UPDATE);
        assert_json(a->call.body, "{'nodeConfigDetails':{'size':3}}");
        assert_string_equal(a->call.if_match, "etag-3");
        assert_false(a->call.deletes);
}

/* Without capacity it is tried again once in a while, however fast a rehearsal goes. */
static void test_patience(void **state) {
        static const struct {
                usec_t ago;
                double speed;
                const char *verdict, *actions;
        } cases[] = {
                { 14 * USEC_PER_MINUTE, 1, "blocked no-capacity", "" },
                { 16 * USEC_PER_MINUTE, 1, "drifted no-capacity", GIVE_BACK("heal", "2") },
                { 4 * USEC_PER_SEC, 200, "blocked no-capacity", "" },
                { 5 * USEC_PER_SEC, 200, "drifted no-capacity", GIVE_BACK("heal", "2") },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_fixture_ Fixture *f = pool("{}", "[" GOOD("1", "1") "," STARVED("2", "1") "]");

                turn(f);
                f->now += USEC_PER_HOUR;
                f->c.speed = cases[i].speed;
                resource(f, POOL)->wrote = f->now - cases[i].ago;
                decide(f);
                assert_verdict(f, POOL, cases[i].verdict);
                assert_actions(f, POOL, cases[i].actions);
                assert_non_null(strstr(resource(f, POOL)->assessment.message,
                                       "1 of 3 nodes: InternalError, Out of host capacity."));
        }
}

/* Nodes never lead the control plane, and what has nothing to do with the version goes on. */
static void test_waits_for_the_cluster(void **state) {
        static const struct {
                const char *want, *cluster, *gate;
        } cases[] = {
                { "{'kubernetesVersion':'v1.35.0'}", "{'kubernetesVersion':'v1.34.1'}", "update waits" },
                { "{'kubernetesVersion':'v1.35.0'}", "{'kubernetesVersion':'v1.34.9'}", "update waits" },
                { "{'kubernetesVersion':'v1.35.0'}", "{'kubernetesVersion':'v1.35.0'}", "update go" },
                { "{'kubernetesVersion':'v1.35.0'}", "{'kubernetesVersion':'v1.100.0'}", "update go" },
                { "{'sshPublicKey':'k'}", "{'kubernetesVersion':'v1.33.1'}", "update go" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_fixture_ Fixture *f = pool(
                        cases[i].want, "[" GOOD("1", "1") "," GOOD("2", "1") "," GOOD("3", "1") "]");

                change(f, "ocid1.cluster.oc1..primary-c", cases[i].cluster);
                turn(f);
                assert_gate(f, POOL, cases[i].gate);
                if (strstr(cases[i].gate, "waits"))
                        assert_string_equal(action_of(f, POOL, VERB_UPDATE)->waits_for[0], CLUSTER);
        }
}

/* The pool is written first, and its nodes are held against it as it is then. */
static void test_pool_before_nodes(void **state) {
        _cleanup_fixture_ Fixture *f = pool("{'sshPublicKey':'k'}",
                                            "[" GOOD("1", "1") "," BEHIND("2", "1") "," GOOD("3", "1") "]");

        turn(f);
        assert_actions(f, POOL, "update PUT nodePools/*; " GIVE_BACK("disrupt", "2"));
        assert_gate(f, POOL, "update go; disrupt order");
}

static void test_parts(void **state) {
        static const struct {
                const char *nodes;
                unsigned up;
                bool moves;
        } cases[] = {
                { "null", 0, false },
                { "[]", 0, false },
                { "[" GOOD("1", "1") "," BEHIND("2", "1") "," GOOD("3", "1") "]", 3, false },
                { "[" GOOD("1", "1") "," NODE("2", "1", "CREATING", "v1.34.1", "") "]", 1, true },
                { "[" GOOD("1", "1") "," NODE("2", "1", "DELETING", "v1.34.1", "") "]", 1, true },
                { "[" NODE("2", "1", "UPDATING", "v1.34.1", "") "]", 0, true },
                { "[" GOOD("1", "1") "," NODE("2", "1", "DELETED", "v1.34.1", "") "]", 1, false },
                { "[" GOOD("1", "1") "," STARVED("2", "1") "]", 1, false }, /* it would take for ever */
                { "[" NODE("2", "1", "FAILING", "v1.34.1", "") "," NODE("1", "1", "INACTIVE", "v1.34.1",
                                                                        "") "]",
                  0, false },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_fixture_ Fixture *f = pool("{}", cases[i].nodes);
                const Observed *o;
                Parts p;

                turn(f);
                o = resource(f, POOL)->observed;
                p = o->kind->parts(o);
                if (p.up != cases[i].up || p.all != 3 || o->kind->in_transition(o) != cases[i].moves)
                        fail_msg("%s: %u of %u", cases[i].nodes, p.up, p.all);
        }
}

/* What could not even be made is made anew; what holds nodes, or was not made by us, is a person's. */
static void test_failed_pool(void **state) {
        static const struct {
                const char *more;
                bool pin;
                const char *verdict, *actions;
        } cases[] = {
                { "{'lifecycleState':'FAILED','nodes':[]}", false, "drifted create-failed",
                  "heal DELETE nodePools/*" },
                { "{'lifecycleState':'FAILED','nodes':null}", false, "drifted create-failed",
                  "heal DELETE nodePools/*" },
                { "{'lifecycleState':'FAILED','nodes':[]}", true, "blocked failed", "" },
                { "{'lifecycleState':'FAILED','nodes':[" GOOD("1", "1") "]}", false, "blocked failed", "" },
                { "{'lifecycleState':'FAILED','nodes':[]," ADOPTED(POOL) "}", false, "blocked failed", "" },
                { "{'lifecycleState':'INACTIVE','nodes':[]}", false, "blocked failed", "" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_fixture_ Fixture *f = pool("{}", "[]");

                if (cases[i].pin)
                        estate_find(f->estate, POOL)->pin = xstrdup(POOL_ID);
                change(f, POOL_ID, cases[i].more);
                turn(f);
                assert_verdict(f, POOL, cases[i].verdict);
                assert_actions(f, POOL, cases[i].actions);
        }
}

/* One approval is for all that are behind, and holds while they become fewer; another node is another decision. */
static void test_one_approval(void **state) {
        _cleanup_fixture_ Fixture *f = pool(
                "{}", "[" BEHIND("1", "1") "," BEHIND("2", "1") "," BEHIND("3", "1") "]");

        estate_find(f->estate, POOL)->policy[VERB_DISRUPT] = GATE_APPROVE;
        turn(f);
        assert_gate(f, POOL, "disrupt approval");
        assert_int_equal(words_approve(&f->words, action_of(f, POOL, VERB_DISRUPT), false, NULL, f->now), 0);
        decide(f);
        assert_gate(f, POOL, "disrupt go");
        change(f, POOL_ID, "{'nodes':[" GOOD("4", "1") "," BEHIND("2", "1") "," BEHIND("3", "1") "]}");
        turn(f);
        assert_gate(f, POOL, "disrupt go");
        change(f, POOL_ID, "{'nodes':[" GOOD("4", "1") "," GOOD("5", "1") "," BEHIND("3", "1") "]}");
        turn(f);
        assert_gate(f, POOL, "disrupt go");
        change(f, POOL_ID, "{'nodes':[" BEHIND("4", "1") "," GOOD("5", "1") "," BEHIND("3", "1") "]}");
        turn(f);
        assert_gate(f, POOL, "disrupt approval");
        change(f, POOL_ID, "{'nodes':[" GOOD("4", "1") "," GOOD("5", "1") "," BEHIND("3", "1") "]}");
        put_instance(f, "3", 1, "{'shape':'S.2'}"); /* behind in another way, too */
        turn(f);
        assert_gate(f, POOL, "disrupt approval");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rows),
                cmocka_unit_test(test_which_is_next),
                cmocka_unit_test(test_call),
                cmocka_unit_test(test_patience),
                cmocka_unit_test(test_waits_for_the_cluster),
                cmocka_unit_test(test_pool_before_nodes),
                cmocka_unit_test(test_parts),
                cmocka_unit_test(test_failed_pool),
                cmocka_unit_test(test_one_approval),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
