/* The plan: its order, and digests that name what a person says yes to. */
#include "fixture.h"

#define NET "primary/Vcn/net"
#define NAT "primary/NatGateway/nat"
#define IGW "primary/InternetGateway/igw"

static Fixture *drifted(void) {
        Fixture *f = fixture_new();

        declare(f, NET, NULL, "{'cidrBlocks':['10.0.0.0/16']}");
        declare(f, NAT, NET, "{'blockTraffic':false}");
        declare(f, IGW, NET, "{'isEnabled':true}");
        exists(f, NET, NULL);
        exists(f, NAT, "{'blockTraffic':true}");
        exists(f, IGW, NULL);
        return f;
}

static void test_counts(void **state) {
        _cleanup_fixture_ Fixture *f = drifted();

        turn(f);
        assert_int_equal(f->plan.n_resources, 3);
        assert_int_equal(f->plan.n_unchanged, 2);
        assert_int_equal(f->plan.n_actions, 1);
        assert_true(f->plan.complete);
        assert_ptr_equal(plan_find(&f->plan, f->plan.actions[0]->id), f->plan.actions[0]);
        assert_null(plan_find(&f->plan, "000000"));
        assert_int_equal(strlen(f->plan.digest), 6);
}

static void test_complete(void **state) {
        _cleanup_fixture_ Fixture *f = drifted();

        f->silent[SECONDARY] = true;
        turn(f);
        assert_false(f->plan.complete);
        f->silent[SECONDARY] = false;
        turn(f);
        assert_true(f->plan.complete);
        f->world->loaded = f->now + 1;
        decide(f);
        assert_false(f->plan.complete);
}

/* The same work has the same digest, whatever the gate says about it. */
static void test_digest_stands_against_decisions(void **state) {
        _cleanup_fixture_ Fixture *f = drifted();
        _cleanup_free_ char *digest = NULL, *id = NULL;

        turn(f);
        digest = xstrdup(f->plan.digest);
        id = xstrdup(f->plan.actions[0]->id);
        assert_gate(f, NAT, "update go");
        estate_find(f->estate, NAT)->policy[VERB_UPDATE] = GATE_APPROVE;
        turn(f);
        assert_gate(f, NAT, "update approval");
        assert_string_equal(f->plan.digest, digest);
        assert_string_equal(f->plan.actions[0]->id, id);
        f->estate->mode = MODE_OBSERVE;
        resource(f, NAT)->not_before = f->now + USEC_PER_HOUR;
        turn(f);
        assert_string_equal(f->plan.digest, digest);
}

static void spec(Fixture *f) {
        str_replace(&estate_find(f->estate, NAT)->digest, "another");
}

static void estate(Fixture *f) {
        str_replace(&f->estate->digest, "another");
}

static void more_drift(Fixture *f) {
        change(f, "ocid1.internetgateway.oc1..primary-igw", "{'isEnabled':false}");
}

static void mended(Fixture *f) {
        change(f, "ocid1.natgateway.oc1..primary-nat", "{'blockTraffic':false}");
}

static void other_object(Fixture *f) {
        gone(f, "ocid1.natgateway.oc1..primary-nat");
        put(f, "NatGateway", PRIMARY,
            "{'id':'ocid1.natgateway.oc1..x','vcnId':'ocid1.vcn.oc1..primary-net','blockTraffic':true," OURS(
                    NAT) "}");
}

static void orphan(Fixture *f) {
        put(f, "Drg", SECONDARY, "{'id':'ocid1.drg.oc1..x'," OURS("secondary/Drg/x") "}");
}

static void test_digest_of_other_work(void **state) {
        static void (*const changes[])(
                Fixture *) = { spec, estate, more_drift, mended, other_object, orphan };

        for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
                _cleanup_fixture_ Fixture *f = drifted();
                _cleanup_free_ char *digest = NULL;

                turn(f);
                digest = xstrdup(f->plan.digest);
                changes[i](f);
                turn(f);
                world_see_missing(f->world, "ocid1.natgateway.oc1..primary-nat", f->now);
                decide(f);
                assert_string_not_equal(f->plan.digest, digest);
        }
}

/* Every action has an id of its own, also several of one resource. */
static void test_ids_differ(void **state) {
        _cleanup_fixture_ Fixture *f = fixture_new();

        declare(f, NET, NULL, "{'cidrBlocks':['10.0.0.0/16','10.1.0.0/16'],'freeformTags':{'a':'1'}}");
        exists(f, NET, "{'cidrBlocks':['10.2.0.0/16','10.3.0.0/16'],'displayName':'net','freeformTags':{}}");
        turn(f);
        assert_int_equal(f->plan.n_actions, 6);
        for (size_t i = 0; i < f->plan.n_actions; i++)
                assert_ptr_equal(plan_find(&f->plan, f->plan.actions[i]->id), f->plan.actions[i]);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_counts),
                cmocka_unit_test(test_complete),
                cmocka_unit_test(test_digest_stands_against_decisions),
                cmocka_unit_test(test_digest_of_other_work),
                cmocka_unit_test(test_ids_differ),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
