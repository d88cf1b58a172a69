/* The way of a control plane to a newer version, and what becomes of one whose create failed. */
#include "fixture.h"
#include "kinds/oke.h"

#define CLUSTER    "primary/Cluster/c"
#define CLUSTER_ID "ocid1.cluster.oc1..primary-c"

static void test_next_version(void **state) {
        static const struct {
                const char *there, *wanted, *offered, *step;
        } cases[] = {
                { "v1.32.1", "v1.34.1", "['v1.33.1']", "v1.33.1" },
                { "v1.33.1", "v1.34.1", "['v1.33.4','v1.34.1']", "v1.34.1" },
                { "v1.32.1", "v1.34.1", "['v1.33.4','v1.33.1']", "v1.33.4" },
                { "v1.32.1", "v1.34.1", "['v1.33.9','v1.33.10']", "v1.33.10" },
                { "v1.32.1", "v1.34.1", "['v1.34.1']",
                  NULL }, /* never past a minor one, whatever is offered */
                { "v1.32.1", "v1.34.1", "[]", NULL },
                { "v1.32.1", "v1.34.1", "null", NULL },
                { "v1.32.1", "v1.34.1", NULL, NULL },
                { "v1.33.1", "v1.34.1", NULL, "v1.34.1" },
                { "v1.33.1", "v1.33.4", NULL, "v1.33.4" },
                { "v1.33.1", "v1.34.1", "['v1.34.2']", NULL },           /* not beyond what is wanted */
                { "v1.33.4", "v1.34.1", "['v1.33.1','v1.33.4']", NULL }, /* nor back, nor on the spot */
                { "v1.33.1", "v1.34.1", "['v2.34.1','latest',7,'v1.34']", NULL },
                { "v1.33.1", "v2.34.1", NULL, NULL },
                { "latest", "v1.34.1", "['v1.34.1']", NULL },
                { NULL, "v1.34.1", "['v1.34.1']", NULL },
                { "v1.33.1", "latest", "['v1.34.1']", NULL },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_json_ cJSON *offered = cases[i].offered ? json_of(cases[i].offered) : NULL;
                const char *step = cluster_next_version(cases[i].there, cases[i].wanted, offered);

                if (!streq_ptr(step, cases[i].step))
                        fail_msg("%s to %s with %s: %s", cases[i].there, cases[i].wanted, cases[i].offered,
                                 step);
        }
}

static Fixture *cluster(const char *want, const char *have) {
        Fixture *f = fixture_new();

        declare(f, CLUSTER, NULL, want);
        exists(f, CLUSTER, have);
        return f;
}

/* What the plan shows: the version of the next call, and by which way when that is not the wanted one. */
static void test_step_in_a_plan(void **state) {
        static const struct {
                const char *want, *have, *verdict, *actions, *body, *reason;
        } cases[] = {
                { "{'kubernetesVersion':'v1.34.1'}",
                  "{'kubernetesVersion':'v1.33.1','availableKubernetesUpgrades':['v1.34.1']}",
                  "drifted drift", "disrupt PUT clusters/*", "'v1.34.1'", "1 differs" },
                { "{'kubernetesVersion':'v1.34.1'}",
                  "{'kubernetesVersion':'v1.32.1','availableKubernetesUpgrades':['v1.33.1']}",
                  "drifted drift", "disrupt PUT clusters/*", "'v1.33.1'",
                  "v1.32.1 to v1.34.1 goes by v1.33.1 first: no minor version is left out" },
                { "{'kubernetesVersion':'v1.34.1'}",
                  "{'kubernetesVersion':'v1.32.1','availableKubernetesUpgrades':[]}",
                  "blocked version-not-offered", "", NULL, NULL },
                { "{'kubernetesVersion':'v1.34.1'}", "{'availableKubernetesUpgrades':['v1.35.0']}",
                  "in-sync", "", NULL, NULL },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_fixture_ Fixture *f = cluster(cases[i].want, cases[i].have);

                turn(f);
                assert_verdict(f, CLUSTER, cases[i].verdict);
                assert_actions(f, CLUSTER, cases[i].actions);
                if (!cases[i].body)
                        continue;
                assert_json(body_of(f, CLUSTER, "kubernetesVersion"), cases[i].body);
                assert_string_equal(action_of(f, CLUSTER, VERB_DISRUPT)->reason, cases[i].reason);
                assert_string_equal(action_of(f, CLUSTER, VERB_DISRUPT)->call.if_match, "etag-1");
        }
}

/* What has nothing to do with the version is mended all the same. */
static void test_version_that_is_not_offered_holds_nothing_else(void **state) {
        _cleanup_fixture_ Fixture *f = cluster(
                "{'kubernetesVersion':'v1.34.1','type':'ENHANCED_CLUSTER'}",
                "{'kubernetesVersion':'v1.32.1','type':'BASIC_CLUSTER','availableKubernetesUpgrades':[]}");

        turn(f);
        assert_verdict(f, CLUSTER, "blocked version-not-offered");
        assert_non_null(strstr(resource(f, CLUSTER)->assessment.message, "from v1.32.1 to v1.34.1"));
        assert_actions(f, CLUSTER, "update PUT clusters/*");
        assert_null(body_of(f, CLUSTER, "kubernetesVersion"));
}

static void test_failed_cluster(void **state) {
        static const struct {
                const char *more;
                const char *pool; /* that lies in it, or NULL */
                bool pin;
                const char *verdict, *actions;
        } cases[] = {
                { "{}", NULL, false, "drifted create-failed", "heal DELETE clusters/*" },
                { "{}", "{'lifecycleState':'DELETED'}", false, "drifted create-failed",
                  "heal DELETE clusters/*" },
                { "{}", "{'clusterId':'another'}", false, "drifted create-failed",
                  "heal DELETE clusters/*" },
                { "{}", "{}", false, "blocked failed", "" },
                { "{}", NULL, true, "blocked failed", "" },
                { "{" ADOPTED(CLUSTER) "}", NULL, false, "blocked failed", "" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_fixture_ Fixture *f = cluster("{}", "{'lifecycleState':'FAILED'}");

                if (cases[i].pin)
                        estate_find(f->estate, CLUSTER)->pin = xstrdup(CLUSTER_ID);
                if (cases[i].pool) {
                        put(f, "NodePool", PRIMARY,
                            "{'id':'ocid1.nodepool.oc1..x','name':'x','clusterId':'" CLUSTER_ID "'}");
                        change(f, "ocid1.nodepool.oc1..x", cases[i].pool);
                }
                change(f, CLUSTER_ID, cases[i].more);
                turn(f);
                assert_verdict(f, CLUSTER, cases[i].verdict);
                assert_actions(f, CLUSTER, cases[i].actions);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_next_version),
                cmocka_unit_test(test_step_in_a_plan),
                cmocka_unit_test(test_version_that_is_not_offered_holds_nothing_else),
                cmocka_unit_test(test_failed_cluster),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
