/* The link between two regions, decided over the pair of its ends. */
#include "fixture.h"

#define HERE     "primary/RemotePeeringConnection/here"
#define THERE    "secondary/RemotePeeringConnection/there"
#define LINK     "Peering/link"
#define HERE_ID  "ocid1.remotepeeringconnection.oc1..primary-here"
#define THERE_ID "ocid1.remotepeeringconnection.oc1..secondary-there"
#define OTHER_ID "ocid1.remotepeeringconnection.oc1..other"

static Fixture *pair(void) {
        Fixture *f = fixture_new();

        declare(f, "primary/Drg/a", NULL, "{}");
        declare(f, "secondary/Drg/b", NULL, "{}");
        declare(f, HERE, "primary/Drg/a", "{}");
        declare(f, THERE, "secondary/Drg/b", "{}");
        declare(f, LINK, NULL, "{'requestor':{'$ref':'" HERE "'},'acceptor':{'$ref':'" THERE "'}}");
        exists(f, "primary/Drg/a", NULL);
        exists(f, "secondary/Drg/b", NULL);
        return f;
}

/* One end's state: what its RPC says, NULL for no RPC. */
typedef struct End {
        const char *name, *here, *there;
} End;

enum {
        NEW,
        PENDING_NOBODY,
        PENDING,
        PEERED,
        PEERED_WRONG,
        PEERED_NOBODY,
        REVOKED,
        INVALID,
        STRANGE,
        ABSENT,
        COMING,
        GOING,
        _END_MAX,
};

#define STATUS(word)     "{'peeringStatus':'" word "','peerId':null}"
#define WITH(word, peer) "{'peeringStatus':'" word "','peerId':'" peer "'}"
#define IN_LIFE(life)    "{'peeringStatus':'NEW','lifecycleState':'" life "'}"

static const End ends[_END_MAX] = {
        [NEW] = { "NEW", STATUS("NEW"), STATUS("NEW") },
        [PENDING_NOBODY] = { "PENDING with nobody", STATUS("PENDING"), STATUS("PENDING") },
        [PENDING] = { "PENDING", WITH("PENDING", THERE_ID), WITH("PENDING", HERE_ID) },
        [PEERED] = { "PEERED", WITH("PEERED", THERE_ID), WITH("PEERED", HERE_ID) },
        [PEERED_WRONG] = { "PEERED with another", WITH("PEERED", OTHER_ID), WITH("PEERED", OTHER_ID) },
        [PEERED_NOBODY] = { "PEERED with nobody", STATUS("PEERED"), STATUS("PEERED") },
        [REVOKED] = { "REVOKED", WITH("REVOKED", THERE_ID), WITH("REVOKED", HERE_ID) },
        [INVALID] = { "INVALID", STATUS("INVALID"), STATUS("INVALID") },
        [STRANGE] = { "SLEEPING", STATUS("SLEEPING"), STATUS("SLEEPING") },
        [ABSENT] = { "absent", NULL, NULL },
        [COMING] = { "coming", IN_LIFE("PROVISIONING"), IN_LIFE("PROVISIONING") },
        [GOING] = { "going", IN_LIFE("TERMINATING"), IN_LIFE("TERMINATING") },
};

/* The verdict on the link, by the pair. */
static const char *expected(unsigned here, unsigned there) {
        const unsigned pair[] = { here, there };

        for (unsigned i = 0; i < 2; i++) {
                if (pair[i] == ABSENT || pair[i] == COMING || pair[i] == GOING || pair[i] == STRANGE)
                        return "waiting waits";
                if (pair[i] == REVOKED || pair[i] == INVALID)
                        return "drifted peering-lost";
        }
        if (here == PEERED && there == PEERED)
                return "in-sync";
        if ((here == NEW || here == PENDING_NOBODY) && (there == NEW || there == PENDING_NOBODY))
                return "drifted not-connected";
        if (here == PEERED_WRONG || there == PEERED_WRONG)
                return "drifted wrong-peer";
        return "progressing peering-pending";
}

/* The verdict on an end alone. */
static const char *expected_end(unsigned end, unsigned other) {
        switch (end) {
        case REVOKED:
        case INVALID:
                return "drifted peering-lost";
        case STRANGE:
                return "unknown lifecycle-unknown";
        case ABSENT:
                return "missing missing";
        case COMING:
        case GOING:
                return "progressing lifecycle";
        case PEERED_WRONG: /* judged only while the declared other end is there */
                return other == ABSENT || other == COMING || other == GOING ? "in-sync"
                                                                            : "drifted wrong-peer";
        case PEERED:
                return other == GOING ? "progressing peer-gone" : "in-sync";
        default:
                return "in-sync";
        }
}

static const char *expected_action(unsigned end, const char *verdict) {
        if (end == REVOKED || end == INVALID)
                return "heal DELETE remotePeeringConnections/*";
        if (streq(verdict, "drifted wrong-peer"))
                return "replace DELETE remotePeeringConnections/*";
        return end == ABSENT ? "create POST remotePeeringConnections" : "";
}

static void test_all_pairs(void **state) {
        for (unsigned here = 0; here < _END_MAX; here++)
                for (unsigned there = 0; there < _END_MAX; there++) {
                        _cleanup_fixture_ Fixture *f = pair();
                        const char *link = expected(here, there), *one = expected_end(here, there),
                                   *two = expected_end(there, here);

                        if (ends[here].here)
                                exists(f, HERE, ends[here].here);
                        if (ends[there].there)
                                exists(f, THERE, ends[there].there);
                        turn(f);
                        assert_verdict(f, LINK, link);
                        assert_actions(f, LINK,
                                       streq(link, "drifted not-connected")
                                               ? "update POST remotePeeringConnections/*/actions/connect"
                                               : "");
                        assert_verdict(f, HERE, one);
                        assert_verdict(f, THERE, two);
                        assert_actions(f, HERE, expected_action(here, one));
                        assert_actions(f, THERE, expected_action(there, two));
                }
}

/* The requestor asks, with the acceptor's OCID and region, guarded by nothing that the API takes: both are looked at first. */
static void test_connect(void **state) {
        _cleanup_fixture_ Fixture *f = pair();
        const Action *a;

        exists(f, HERE, STATUS("NEW"));
        exists(f, THERE, STATUS("NEW"));
        turn(f);
        a = action_of(f, LINK, VERB_UPDATE);
        assert_string_equal(a->call.path, "/20160918/remotePeeringConnections/" HERE_ID "/actions/connect");
        assert_json(a->call.body, "{'peerId':'" THERE_ID "','peerRegionName':'us-chicago-1'}");
        assert_int_equal(a->call.region, PRIMARY);
        assert_string_equal(a->call.target, HERE_ID);
        assert_false(a->call.takes_if_match);
        assert_false(a->call.takes_token);
        assert_string_equal(a->basis[0]->id, HERE_ID);
        assert_string_equal(a->basis[1]->id, THERE_ID);
        assert_true(strv_contains(a->serialized, HERE_ID) && strv_contains(a->serialized, THERE_ID) &&
                    strv_contains(a->serialized, "ocid1.drg.oc1..primary-a"));
        assert_gate(f, LINK, "update go");
        world_find(f->world, THERE_ID)->from = READ_LIST;
        decide(f);
        assert_gate(f, LINK, "update look");
        /* once called, nothing is called again before it was looked at */
        turn(f);
        world_wrote(f->world, kind_find("RemotePeeringConnection"), PRIMARY, HERE_ID, NULL, ++f->now);
        decide(f);
        assert_verdict(f, LINK, "progressing written");
        assert_actions(f, LINK, "");
}

static void test_patience(void **state) {
        _cleanup_fixture_ Fixture *f = pair();

        exists(f, HERE, WITH("PENDING", THERE_ID));
        exists(f, THERE, WITH("PENDING", HERE_ID));
        turn(f);
        f->now += 4 * USEC_PER_MINUTE;
        turn(f);
        assert_verdict(f, LINK, "progressing peering-pending");
        f->now += 2 * USEC_PER_MINUTE;
        turn(f);
        assert_verdict(f, LINK, "blocked pending-long");
        change(f, THERE_ID, WITH("PEERED", HERE_ID)); /* it moves: patience begins anew */
        turn(f);
        assert_verdict(f, LINK, "progressing peering-pending");
        f->c.speed = 60;
        f->now += 6 * USEC_PER_SEC;
        decide(f);
        assert_verdict(f, LINK, "blocked pending-long");
}

/* The other end was deleted and made anew before this one reads REVOKED: nothing to replace. */
static void test_peer_is_gone(void **state) {
        _cleanup_fixture_ Fixture *f = pair();

        exists(f, HERE, STATUS("NEW"));
        exists(f, THERE, WITH("PEERED", OTHER_ID));
        put(f, "RemotePeeringConnection", PRIMARY,
            "{'id':'" OTHER_ID "','drgId':'ocid1.drg.oc1..primary-a','lifecycleState':'TERMINATED'}");
        turn(f);
        assert_verdict(f, THERE, "progressing peer-gone");
        assert_actions(f, THERE, "");
        assert_actions(f, LINK, "");
        change(f, OTHER_ID, "{'lifecycleState':'AVAILABLE'}");
        turn(f);
        assert_verdict(f, THERE, "drifted wrong-peer");
        estate_find(f->estate, THERE)->policy[VERB_REPLACE] = GATE_APPROVE;
        decide(f);
        assert_verdict(f, THERE, "blocked approval");
}

/* From a lost link to a new one, step by step. */
static void test_healing(void **state) {
        _cleanup_fixture_ Fixture *f = pair();

        exists(f, HERE, WITH("REVOKED", OTHER_ID));
        exists(f, THERE, WITH("REVOKED", HERE_ID));
        turn(f);
        assert_gate(f, HERE, "heal go");
        assert_gate(f, THERE, "heal go"); /* it carries nothing: both at once */
        assert_string_equal(action_of(f, HERE, VERB_HEAL)->call.if_match, "etag-1");
        change(f, HERE_ID, "{'lifecycleState':'TERMINATED'}");
        gone(f, THERE_ID);
        turn(f);
        world_see_missing(f->world, THERE_ID, f->now);
        decide(f);
        assert_gate(f, HERE, "create go");
        assert_gate(f, THERE, "create go");
        assert_verdict(f, LINK, "waiting waits");
}

/* An RPC that no Peering names is healed as well, and never replaced. */
static void test_without_a_peering(void **state) {
        _cleanup_fixture_ Fixture *f = fixture_new();

        declare(f, "primary/Drg/a", NULL, "{}");
        declare(f, HERE, "primary/Drg/a", "{}");
        exists(f, "primary/Drg/a", NULL);
        exists(f, HERE, WITH("PEERED", OTHER_ID));
        turn(f);
        assert_verdict(f, HERE, "in-sync");
        change(f, HERE_ID, STATUS("REVOKED"));
        turn(f);
        assert_gate(f, HERE, "heal go");
}

static void test_link_state(void **state) {
        static const struct {
                unsigned here, there;
                const char *word;
        } cases[] = {
                { PEERED, PEERED, "PEERED" },  { PEERED, REVOKED, "REVOKED" },
                { NEW, PEERED, "NEW" },        { REVOKED, PEERED, "REVOKED" },
                { ABSENT, PEERED, "UNKNOWN" }, { STRANGE, PEERED, "UNKNOWN" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_fixture_ Fixture *f = pair();
                const Resource *r;

                if (ends[cases[i].here].here)
                        exists(f, HERE, ends[cases[i].here].here);
                exists(f, THERE, ends[cases[i].there].there);
                turn(f);
                r = resource(f, LINK);
                assert_string_equal(r->kind->link_state(&f->c, r), cases[i].word);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_all_pairs),  cmocka_unit_test(test_connect),
                cmocka_unit_test(test_patience),   cmocka_unit_test(test_peer_is_gone),
                cmocka_unit_test(test_healing),    cmocka_unit_test(test_without_a_peering),
                cmocka_unit_test(test_link_state),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
