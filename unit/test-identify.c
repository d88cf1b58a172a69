/* Which observed thing is which declared one, and what is proven not to be there. */
#include "fixture.h"

#define NET    "primary/Vcn/net"
#define NODES  "primary/Subnet/nodes"
#define TABLE  "primary/RouteTable/table"
#define HUB    "primary/Drg/hub"
#define RPC    "primary/RemotePeeringConnection/link"
#define ATT    "primary/DrgAttachment/link-attachment"
#define VCN_ID "ocid1.vcn.oc1..primary-net"

static Fixture *network(void) {
        Fixture *f = fixture_new();

        declare(f, NET, NULL, "{'cidrBlocks':['10.0.0.0/16']}");
        declare(f, NODES, NET, "{'cidrBlock':'10.0.1.0/24'}");
        return f;
}

static void assert_found(Fixture *f, const char *address, const char *id, Identity how) {
        const Resource *r = resource(f, address);

        if (!r->observed || !streq(r->observed->id, id) || r->identity != how)
                fail_msg("%s is %s by %s", address, r->observed ? r->observed->id : "(nothing)",
                         identity_to_string(r->identity));
        else
                assert_ptr_equal(r->observed->bound, r);
        assert_false(r->absent);
}

static void assert_not_found(Fixture *f, const char *address, bool absent) {
        const Resource *r = resource(f, address);

        if (r->observed || r->absent != absent)
                fail_msg("%s is %s, absent: %d", address, r->observed ? r->observed->id : "(nothing)",
                         r->absent);
}

/* Objects → what the VCN is. 'named' counts candidates of an ambiguity. */
static void test_order_of_identity(void **state) {
#define V(id, more) "{'id':'ocid1.vcn.oc1.." id "','cidrBlocks':['10.0.0.0/16']," more "}"
        static const struct {
                const char *objects[3];
                const char *pin, *formerly;
                const char *id; /* NULL: none */
                Identity how;
                size_t ambiguous;
        } cases[] = {
                { { V("a", "'displayName':'net'") }, NULL, NULL, "ocid1.vcn.oc1..a", IDENTITY_NAME, 0 },
                { { V("a", "'displayName':'other'") }, NULL, NULL, NULL, IDENTITY_NONE, 0 },
                { { V("a", "'displayName':'net'"), V("b", "'displayName':'net'") },
                  NULL,
                  NULL,
                  NULL,
                  IDENTITY_NONE,
                  2 },
                /* tags before names */
                { { V("a", "'displayName':'net'"), V("b", "'displayName':'renamed'," OURS(NET)) },
                  NULL,
                  NULL,
                  "ocid1.vcn.oc1..b",
                  IDENTITY_TAG,
                  0 },
                { { V("a", OURS(NET)), V("b", ADOPTED(NET)) }, NULL, NULL, NULL, IDENTITY_NONE, 2 },
                /* a pin before all */
                { { V("a", "'displayName':'net'"), V("b", OURS(NET)), V("c", "'displayName':'x'") },
                  "ocid1.vcn.oc1..c",
                  NULL,
                  "ocid1.vcn.oc1..c",
                  IDENTITY_PIN,
                  0 },
                { { V("a", "'displayName':'net'") }, "ocid1.vcn.oc1..z", NULL, NULL, IDENTITY_NONE, 0 },
                /* what is gone or another estate's is nobody by name */
                { { V("a", "'displayName':'net','lifecycleState':'TERMINATED'") },
                  NULL,
                  NULL,
                  NULL,
                  IDENTITY_NONE,
                  0 },
                { { V("a", "'displayName':'net','lifecycleState':'TERMINATING'") },
                  NULL,
                  NULL,
                  NULL,
                  IDENTITY_NONE,
                  0 },
                { { V("a", "'displayName':'net'," TAGS("other", NET, "created")) },
                  NULL,
                  NULL,
                  NULL,
                  IDENTITY_NONE,
                  0 },
                /* going: shown while there is no other */
                { { V("a", OURS(NET) ",'lifecycleState':'TERMINATING'") },
                  NULL,
                  NULL,
                  "ocid1.vcn.oc1..a",
                  IDENTITY_TAG,
                  0 },
                { { V("a", OURS(NET) ",'lifecycleState':'TERMINATING'"), V("b", OURS(NET)) },
                  NULL,
                  NULL,
                  "ocid1.vcn.oc1..b",
                  IDENTITY_TAG,
                  0 },
                { { V("a", OURS(NET) ",'lifecycleState':'TERMINATED'") },
                  NULL,
                  NULL,
                  NULL,
                  IDENTITY_NONE,
                  0 },
                /* formerly */
                { { V("a", OURS("primary/Vcn/old")) }, NULL, "old", "ocid1.vcn.oc1..a", IDENTITY_TAG, 0 },
                { { V("a", OURS("primary/Vcn/old")), V("b", OURS(NET)) },
                  NULL,
                  "old",
                  NULL,
                  IDENTITY_NONE,
                  2 },
                /* the address of another kind or region is not its */
                { { V("a", OURS("secondary/Vcn/net")) }, NULL, NULL, NULL, IDENTITY_NONE, 0 },
                /* the same name in another compartment */
                { { V("a", "'displayName':'net','compartmentId':'ocid1.compartment.oc1..other'") },
                  NULL,
                  NULL,
                  NULL,
                  IDENTITY_NONE,
                  0 },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_fixture_ Fixture *f = network();
                Desired *d = estate_find(f->estate, NET);

                d->pin = xstrdup(cases[i].pin);
                d->formerly = xstrdup(cases[i].formerly);
                for (size_t j = 0; j < 3 && cases[i].objects[j]; j++)
                        put(f, "Vcn", PRIMARY, cases[i].objects[j]);
                turn(f);
                if (cases[i].id)
                        assert_found(f, NET, cases[i].id, cases[i].how);
                else if (resource(f, NET)->observed)
                        fail_msg("case %zu: found", i);
                if (resource(f, NET)->n_candidates != cases[i].ambiguous)
                        fail_msg("case %zu: %zu candidates", i, resource(f, NET)->n_candidates);
        }
#undef V
}

/* A name is sought below the parent. */
static void test_name_in_parent(void **state) {
        _cleanup_fixture_ Fixture *f = network();

        exists(f, NET, NULL);
        put(f, "Subnet", PRIMARY,
            "{'id':'ocid1.subnet.oc1..x','vcnId':'ocid1.vcn.oc1..other','displayName':'nodes'}");
        turn(f);
        assert_not_found(f, NODES, true);
        put(f, "Subnet", PRIMARY, "{'id':'ocid1.subnet.oc1..y','vcnId':'" VCN_ID "','displayName':'nodes'}");
        turn(f);
        assert_found(f, NODES, "ocid1.subnet.oc1..y", IDENTITY_NAME);
}

/* What is pinned is not also somebody else's, whatever its tags say; and what the pin replaced is told. */
static void test_pin_and_tags(void **state) {
        _cleanup_fixture_ Fixture *f = fixture_new();

        declare(f, "primary/Vcn/a", NULL, "{}")->pin = xstrdup("ocid1.vcn.oc1..x");
        declare(f, "primary/Vcn/b", NULL, "{}");
        put(f, "Vcn", PRIMARY, "{'id':'ocid1.vcn.oc1..x'," OURS("primary/Vcn/b") "}");
        put(f, "Vcn", PRIMARY, "{'id':'ocid1.vcn.oc1..y'," OURS("primary/Vcn/a") "}");
        turn(f);
        assert_found(f, "primary/Vcn/a", "ocid1.vcn.oc1..x", IDENTITY_PIN);
        assert_not_found(f, "primary/Vcn/b", true);
        assert_int_equal(f->n_orphans, 1);
        assert_string_equal(f->orphans[0]->observed->id, "ocid1.vcn.oc1..y");
}

/* While the pinned one is not seen, the other is left alone. */
static void test_pin_unseen(void **state) {
        _cleanup_fixture_ Fixture *f = fixture_new();

        declare(f, "primary/Vcn/a", NULL, "{}")->pin = xstrdup("ocid1.vcn.oc1..x");
        put(f, "Vcn", PRIMARY, "{'id':'ocid1.vcn.oc1..y'," OURS("primary/Vcn/a") "}");
        turn(f);
        assert_int_equal(f->n_orphans, 0);
        assert_verdict(f, "primary/Vcn/a", "blocked pinned-gone");
        assert_actions(f, "primary/Vcn/a", "");
}

static void test_orphans(void **state) {
        _cleanup_fixture_ Fixture *f = network();

        exists(f, NET, NULL);
        put(f, "Vcn", PRIMARY, "{'id':'ocid1.vcn.oc1..x'," OURS("primary/Vcn/other") "}");
        put(f, "Vcn", PRIMARY,
            "{'id':'ocid1.vcn.oc1..y'," TAGS("other", "primary/Vcn/other", "created") "}");
        put(f, "Vcn", PRIMARY,
            "{'id':'ocid1.vcn.oc1..z','lifecycleState':'TERMINATED'," OURS("primary/Vcn/third") "}");
        put(f, "Vcn", SECONDARY, "{'id':'ocid1.vcn.oc1..w'," OURS(NET) "}");
        turn(f);
        assert_int_equal(f->n_orphans, 2);
        assert_non_null(resource(f, "primary/Vcn/other"));
        assert_true(f->orphans[0]->observed->bound == NULL);
}

/* Listing states → absent? */
static void test_absence(void **state) {
        _cleanup_fixture_ Fixture *f = network();
        const Kind *subnet = kind_find("Subnet"), *vcn = kind_find("Vcn");
        Listing *l;

        decide(f); /* nothing was listed */
        assert_not_found(f, NET, false);
        assert_not_found(f, NODES, false);
        assert_verdict(f, NET, "unknown not-listed");
        assert_verdict(f, NODES, "unknown parent-unknown");
        turn(f);
        assert_not_found(f, NET, true);
        assert_not_found(f, NODES, true);
        exists(f, NET, NULL);
        turn(f);
        assert_not_found(f, NODES, true);
        world_listing(f->world, subnet, NULL, PRIMARY, COMPARTMENT)->before = 0; /* listed once */
        decide(f);
        assert_not_found(f, NODES, false);
        assert_verdict(f, NODES, "progressing listed-again");
        assert_actions(f, NODES, "");
        turn(f);
        l = world_listing(f->world, subnet, NULL, PRIMARY, COMPARTMENT);
        world_wrote(f->world, subnet, PRIMARY, NULL, NULL, l->begun + 1); /* a create ended since */
        decide(f);
        assert_not_found(f, NODES, false);
        assert_verdict(f, NODES, "progressing listed-again");
        assert_actions(f, NODES, "");
        turn(f);
        assert_not_found(f, NODES, true);
        f->world->loaded = f->now; /* another spec */
        decide(f);
        assert_not_found(f, NODES, false);
        turn(f);
        f->silent[PRIMARY] = true;
        turn(f);
        assert_not_found(f, NODES, false);
        f->silent[PRIMARY] = false;
        turn(f);
        assert_not_found(f, NODES, true);
        world_listing(f->world, vcn, NULL, PRIMARY, COMPARTMENT)->attempts = 3;
        decide(f); /* the VCN is known; whether others are there is not this one's matter */
        assert_found(f, NET, VCN_ID, IDENTITY_TAG);
        assert_not_found(f, NODES, true);
}

/* Without our tags and its name it is still what holds things of ours: no second one is made. */
static void test_lost_holder(void **state) {
        static const struct {
                const char *tags, *child;
                const char *verdict;
        } cases[] = {
                { "'displayName':'x'", OURS(ATT), "blocked lost-tags" },
                { "'displayName':'x'," TAGS("other", "primary/Drg/y", "created"), OURS(ATT),
                  "blocked lost-tags" },
                { "'displayName':'x'", TAGS("other", ATT, "created"), "missing missing" },
                { "'displayName':'x','lifecycleState':'TERMINATED'", OURS(ATT), "missing missing" },
                { "'displayName':'x'," OURS("primary/Drg/y"), OURS(ATT), "blocked renamed" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_fixture_ Fixture *f = network();
                _cleanup_free_ char *drg = xasprintf("{'id':'ocid1.drg.oc1..d',%s}", cases[i].tags);
                _cleanup_free_ char *attachment = xasprintf(
                        "{'id':'ocid1.drgattachment.oc1..a','drgId':'ocid1.drg.oc1..d',%s}", cases[i].child);

                exists(f, NET, NULL);
                declare(f, HUB, NULL, "{}");
                declare(f, ATT, HUB, "{'networkDetails':{'type':'VCN','id':{'$ref':'" NET "'}}}");
                put(f, "Drg", PRIMARY, drg);
                put(f, "DrgAttachment", PRIMARY, attachment);
                turn(f);
                assert_verdict(f, HUB, cases[i].verdict);
        }
}

/* A child of ours that names a parent which no listing has: the parent moved, or we may not see it. */
static void test_unlisted_parent(void **state) {
        static const struct {
                const char *kind, *object;
                bool absent;
        } cases[] = {
                { "Subnet", "{'id':'ocid1.subnet.oc1..s','vcnId':'ocid1.vcn.oc1..m'," OURS(NODES) "}",
                  false },
                { "Subnet",
                  "{'id':'ocid1.subnet.oc1..s','vcnId':'ocid1.vcn.oc1..m'," OURS("primary/Subnet/x") "}",
                  false },
                { "DrgAttachment",
                  "{'id':'ocid1.drgattachment.oc1..s','drgId':'ocid1.drg.oc1..d','networkDetails':{'type':'"
                  "VCN','id':"
                  "'ocid1.vcn.oc1..m'}," OURS("primary/DrgAttachment/x") "}",
                  false },
                { "Subnet", "{'id':'ocid1.subnet.oc1..s','vcnId':'ocid1.vcn.oc1..m'}", true }, /* not ours */
                { "Subnet",
                  "{'id':'ocid1.subnet.oc1..s','vcnId':'ocid1.vcn.oc1..m'," TAGS("other", NODES,
                                                                                 "created") "}",
                  true },
                { "Subnet",
                  "{'id':'ocid1.subnet.oc1..s','vcnId':'ocid1.vcn.oc1..m','lifecycleState':'TERMINATED'"
                  "," OURS(NODES) "}",
                  true },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_fixture_ Fixture *f = network();

                f->bootstrap = true;
                put(f, cases[i].kind, PRIMARY, cases[i].object);
                turn(f);
                assert_not_found(f, NET, cases[i].absent);
                assert_verdict(f, NET, cases[i].absent ? "missing missing" : "unknown parent-unlisted");
                assert_actions(f, NET, cases[i].absent ? "create POST vcns" : "");
        }
}

static Fixture *table_of_vcn(void) {
        Fixture *f = fixture_new();

        declare(f, NET, NULL, "{'cidrBlocks':['10.0.0.0/16']}");
        claim_role(declare(f, TABLE, NET, "{}"), "vcn");
        return f;
}

/* The VCN's own table, by what it is and what the VCN points to. */
static void test_role_by_pointer(void **state) {
        static const struct {
                const char *vcn, *table; /* more of each; NULL: not there */
                const char *verdict;
                Identity how;
        } cases[] = {
                { "{'defaultRouteTableId':'ocid1.routetable.oc1..t'}", "'displayName':'Default'",
                  "drifted not-adopted", IDENTITY_ROLE },
                { "{'defaultRouteTableId':'ocid1.routetable.oc1..t'}", ADOPTED(TABLE), "in-sync",
                  IDENTITY_TAG },
                /* the tag decides before the pointer */
                { "{'defaultRouteTableId':'ocid1.routetable.oc1..u'}", ADOPTED(TABLE), "in-sync",
                  IDENTITY_TAG },
                { "{}", "'displayName':'table'", "waiting role",
                  IDENTITY_NONE }, /* a role is never found by name */
                { "{'defaultRouteTableId':'ocid1.routetable.oc1..t'}", NULL, "waiting role", IDENTITY_NONE },
                { "{'defaultRouteTableId':'ocid1.routetable.oc1..t'}", OURS("primary/RouteTable/other"),
                  "waiting role", IDENTITY_NONE }, /* another of ours */
                { "{'defaultRouteTableId':'ocid1.routetable.oc1..t'}", TAGS("other", TABLE, "adopted"),
                  "blocked other-estate", IDENTITY_ROLE },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_fixture_ Fixture *f = table_of_vcn();
                _cleanup_free_ char *table = xasprintf("{'id':'ocid1.routetable.oc1..t','vcnId':'" VCN_ID
                                                       "',%s}",
                                                       cases[i].table ? cases[i].table : "");

                exists(f, NET, cases[i].vcn);
                if (cases[i].table)
                        put(f, "RouteTable", PRIMARY, table);
                turn(f);
                assert_verdict(f, TABLE, cases[i].verdict);
                assert_int_equal(resource(f, TABLE)->identity, cases[i].how);
        }
}

static Fixture *rpc_attachment(void) {
        Fixture *f = fixture_new();

        declare(f, HUB, NULL, "{}");
        /* declared before what it attaches */
        claim_role(declare(f, ATT, HUB,
                           "{'networkDetails':{'type':'REMOTE_PEERING_CONNECTION','id':{'$ref':'" RPC
                           "'}}}"),
                   "REMOTE_PEERING_CONNECTION");
        declare(f, RPC, HUB, "{}");
        exists(f, HUB, NULL);
        return f;
}

#define ATTACHMENT(id, rpc, more)                                                                        \
        "{'id':'ocid1.drgattachment.oc1.." id "','drgId':'ocid1.drg.oc1..primary-hub','networkDetails':" \
        "{'type':'REMOTE_PEERING_CONNECTION','id':'" rpc "'}" more "}"
#define RPC_ID "ocid1.remotepeeringconnection.oc1..primary-link"

static void test_role_by_own_path(void **state) {
        _cleanup_fixture_ Fixture *f = rpc_attachment();

        turn(f);
        assert_verdict(f, ATT, "waiting role");
        exists(f, RPC, "{'peeringStatus':'NEW'}");
        put(f, "DrgAttachment", PRIMARY, ATTACHMENT("a", RPC_ID, ""));
        put(f, "DrgAttachment", PRIMARY, ATTACHMENT("b", "ocid1.remotepeeringconnection.oc1..x", ""));
        turn(f);
        assert_found(f, ATT, "ocid1.drgattachment.oc1..a", IDENTITY_ROLE);
        assert_gate(f, ATT, "adopt go");
}

/* After healing: the old RPC's attachment still carries our tag; the new RPC has another one. */
static void test_attachment_of_the_new_rpc(void **state) {
        static const struct {
                const char *old; /* lifecycle of the old attachment */
                bool made;       /* the new one is there */
                const char *verdict, *id;
        } cases[] = {
                { "ATTACHED", false, "waiting role", NULL },
                { "DETACHING", false, "waiting role", NULL },
                { "ATTACHED", true, "drifted not-adopted", "ocid1.drgattachment.oc1..b" },
                { "DETACHING", true, "drifted not-adopted", "ocid1.drgattachment.oc1..b" },
                { "DETACHED", true, "drifted not-adopted", "ocid1.drgattachment.oc1..b" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_fixture_ Fixture *f = rpc_attachment();
                _cleanup_free_ char *old = xasprintf(ATTACHMENT("a",
                                                                "ocid1.remotepeeringconnection.oc1..old",
                                                                ",'lifecycleState':'%s'," ADOPTED(ATT)),
                                                     cases[i].old);
                const Resource *r;

                exists(f, RPC, "{'peeringStatus':'NEW'}");
                put(f, "RemotePeeringConnection", PRIMARY,
                    "{'id':'ocid1.remotepeeringconnection.oc1..old','lifecycleState':'TERMINATED'}");
                put(f, "DrgAttachment", PRIMARY, old);
                if (cases[i].made)
                        put(f, "DrgAttachment", PRIMARY, ATTACHMENT("b", RPC_ID, ""));
                turn(f);
                assert_verdict(f, ATT, cases[i].verdict);
                r = resource(f, ATT);
                assert_true(cases[i].id ? r->observed && streq(r->observed->id, cases[i].id) : !r->observed);
                assert_int_equal(f->n_orphans, 0);
        }
}

/* A distribution is known by the table that it serves, which may be declared after it. */
static void test_role_of_a_role(void **state) {
        _cleanup_fixture_ Fixture *f = fixture_new();

        declare(f, HUB, NULL, "{}");
        claim_role(declare(f, "primary/DrgRouteDistribution/into", HUB, "{}"), "for-vcns");
        claim_role(declare(f, "primary/DrgRouteTable/for-vcns", HUB, "{}"), "vcn");
        exists(f, HUB, "{'defaultDrgRouteTables':{'vcn':null}}");
        put(f, "DrgRouteTable", PRIMARY,
            "{'id':'ocid1.drgroutetable.oc1..t','drgId':'ocid1.drg.oc1..primary-hub','"
            "importDrgRouteDistributionId':"
            "'ocid1.drgroutedistribution.oc1..d'}");
        put(f, "DrgRouteDistribution", PRIMARY,
            "{'id':'ocid1.drgroutedistribution.oc1..d','drgId':'ocid1.drg.oc1..primary-hub'}");
        turn(f);
        assert_verdict(f, "primary/DrgRouteTable/for-vcns", "waiting role");
        assert_string_equal(resource(f, "primary/DrgRouteTable/for-vcns")->assessment.waits_for[0], HUB);
        assert_string_equal(resource(f, "primary/DrgRouteDistribution/into")->assessment.waits_for[0],
                            "primary/DrgRouteTable/for-vcns");
        change(f, "ocid1.drg.oc1..primary-hub",
               "{'defaultDrgRouteTables':{'vcn':'ocid1.drgroutetable.oc1..t'}}");
        turn(f);
        assert_found(f, "primary/DrgRouteTable/for-vcns", "ocid1.drgroutetable.oc1..t", IDENTITY_ROLE);
        assert_found(f, "primary/DrgRouteDistribution/into", "ocid1.drgroutedistribution.oc1..d",
                     IDENTITY_ROLE);
}

static void test_any_found(void **state) {
        _cleanup_fixture_ Fixture *f = network();

        turn(f);
        assert_false(f->c.any_found);
        put(f, "Vcn", PRIMARY,
            "{'id':'ocid1.vcn.oc1..x','displayName':'x'," TAGS("other", NET, "created") "}");
        turn(f);
        assert_false(f->c.any_found);
        put(f, "Drg", SECONDARY, "{'id':'ocid1.drg.oc1..x'," ADOPTED("secondary/Drg/old") "}");
        turn(f);
        assert_true(f->c.any_found);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_order_of_identity),
                cmocka_unit_test(test_name_in_parent),
                cmocka_unit_test(test_pin_and_tags),
                cmocka_unit_test(test_pin_unseen),
                cmocka_unit_test(test_orphans),
                cmocka_unit_test(test_absence),
                cmocka_unit_test(test_lost_holder),
                cmocka_unit_test(test_unlisted_parent),
                cmocka_unit_test(test_role_by_pointer),
                cmocka_unit_test(test_role_by_own_path),
                cmocka_unit_test(test_attachment_of_the_new_rpc),
                cmocka_unit_test(test_role_of_a_role),
                cmocka_unit_test(test_any_found),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
