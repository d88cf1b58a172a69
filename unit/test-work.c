/* Work requests: what they tell of a thing that is being made, of one that is being changed, and of what failed. */
#include "fixture.h"
#include "engine/work.h"

#define NET        "primary/Vcn/net"
#define CLUSTER    "primary/Cluster/c"
#define OTHER      "primary/Cluster/other"
#define FAR        "secondary/Cluster/far"
#define POOL       "primary/NodePool/p"
#define CLUSTER_ID "ocid1.cluster.oc1..primary-c"
#define POOL_ID    "ocid1.nodepool.oc1..primary-p"

#define WORK_ID "ocid1.clustersworkrequest.oc1..w"
#define WORK(operation, status, subject)                                                                    \
        "{'id':'" WORK_ID "','operationType':'" operation "','status':'" status                             \
        "','timeAccepted':'2026-01-02T00:00:00Z','resources':[{'entityType':'compartment','identifier':'x'" \
        "},"                                                                                                \
        "{'entityType':'cluster','identifier':'" subject "'}]}"

/* A network, and clusters that are declared and not there. */
static Fixture *missing(void) {
        Fixture *f = fixture_new();

        declare(f, NET, NULL, "{}");
        declare(f, CLUSTER, NULL, "{}");
        declare(f, OTHER, NULL, "{}");
        declare(f, FAR, NULL, "{}");
        declare(f, POOL, CLUSTER, "{}");
        exists(f, NET, NULL);
        return f;
}

static Fixture *present(void) {
        Fixture *f = missing();

        exists(f, CLUSTER, "{'type':'BASIC_CLUSTER'}");
        exists(f, OTHER, NULL);
        exists(f, FAR, NULL);
        exists(f, POOL, NULL);
        return f;
}

static const Observed *the_work(Fixture *f) {
        return world_find(f->world, WORK_ID);
}

/* Only what is made by them has any, in its region and compartment. */
static void test_listing(void **state) {
        _cleanup_fixture_ Fixture *f = present();

        decide(f);
        assert_null(work_listing(&f->c, resource(f, CLUSTER))); /* not listed as yet */
        turn(f);
        assert_ptr_equal(work_listing(&f->c, resource(f, CLUSTER)),
                         world_listing(f->world, kind_find("WorkRequest"), NULL, PRIMARY, COMPARTMENT));
        assert_ptr_equal(work_listing(&f->c, resource(f, POOL)), work_listing(&f->c, resource(f, CLUSTER)));
        assert_ptr_equal(work_listing(&f->c, resource(f, FAR)),
                         world_listing(f->world, kind_find("WorkRequest"), NULL, SECONDARY, COMPARTMENT));
        assert_null(work_listing(&f->c, resource(f, NET)));
        str_replace(&estate_find(f->estate, CLUSTER)->compartment, "ocid1.compartment.oc1..another");
        assert_null(work_listing(&f->c, resource(f, CLUSTER)));
}

/* A work request → is it one that makes something which no list shows? Then nobody knows whose that is. */
static void test_creating(void **state) {
        static const struct {
                const char *work;
                bool cluster, pool; /* blocked by it */
        } cases[] = {
                { WORK("CLUSTER_CREATE", "ACCEPTED", "ocid1.cluster.oc1..new"), true, false },
                { WORK("CLUSTER_CREATE", "IN_PROGRESS", "ocid1.cluster.oc1..new"), true, false },
                { WORK("CLUSTER_CREATE", "CANCELING", "ocid1.cluster.oc1..new"), true, false },
                { WORK("CLUSTER_CREATE", "IN_PROGRESS", ""), true, false },
                { WORK("CLUSTER_CREATE", "SUCCEEDED", "ocid1.cluster.oc1..new"), false, false },
                { WORK("CLUSTER_CREATE", "FAILED", "ocid1.cluster.oc1..new"), false, false },
                { WORK("CLUSTER_CREATE", "CANCELED", "ocid1.cluster.oc1..new"), false, false },
                { WORK("CLUSTER_CREATE", "IN_PROGRESS", "ocid1.cluster.oc1..shown"), false, false },
                { WORK("CLUSTER_UPDATE", "IN_PROGRESS", "ocid1.cluster.oc1..new"), false, false },
                { WORK("NODEPOOL_CREATE", "IN_PROGRESS", "ocid1.nodepool.oc1..new"), false, true },
                /* it names the cluster that the pool lies in, which is no pool */
                { WORK("NODEPOOL_CREATE", "IN_PROGRESS", "ocid1.cluster.oc1..shown"), false, true },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_fixture_ Fixture *f = missing();

                put(f, "WorkRequest", PRIMARY, cases[i].work);
                put(f, "Cluster", PRIMARY, "{'id':'ocid1.cluster.oc1..shown','name':'shown'}");
                turn(f);
                if (!!work_creating(&f->c, resource(f, CLUSTER)) != cases[i].cluster ||
                    !!work_creating(&f->c, resource(f, POOL)) != cases[i].pool)
                        fail_msg("%s", cases[i].work);
                assert_null(work_creating(&f->c, resource(f, FAR)));
                assert_null(work_creating(&f->c, resource(f, NET)));
                assert_verdict(f, CLUSTER,
                               cases[i].cluster ? "progressing work-request" : "missing missing");
                assert_verdict(f, OTHER, cases[i].cluster ? "progressing work-request" : "missing missing");
                assert_actions(f, OTHER, cases[i].cluster ? "" : "create POST clusters");
                assert_verdict(f, FAR, "missing missing"); /* another region is not concerned */
        }
}

/* Both it and the listing that should show what it makes are looked at. */
static void test_open_create_is_followed(void **state) {
        _cleanup_fixture_ Fixture *f = missing();
        const Assessment *a;

        put(f, "WorkRequest", PRIMARY, WORK("CLUSTER_CREATE", "IN_PROGRESS", "ocid1.cluster.oc1..new"));
        turn(f);
        a = &resource(f, OTHER)->assessment;
        assert_ptr_equal(a->look_at, the_work(f));
        assert_ptr_equal(a->look_listing,
                         world_listing(f->world, kind_find("Cluster"), NULL, PRIMARY, COMPARTMENT));
        assert_string_equal(a->message, "CLUSTER_CREATE is under way: " WORK_ID);
        /* once the thing is shown, it is whose tags it carries, and the other's turn has come */
        put(f, "Cluster", PRIMARY,
            "{'id':'ocid1.cluster.oc1..new','name':'c','lifecycleState':'CREATING'," OURS(CLUSTER) "}");
        turn(f);
        assert_verdict(f, CLUSTER, "progressing lifecycle");
        assert_actions(f, OTHER, "create POST clusters");
}

/* A create that was accepted is nowhere to be seen at first: neither its request nor its thing may be listed yet. */
static void test_accepted_create(void **state) {
        _cleanup_fixture_ Fixture *f = missing();
        Resource *r;

        turn(f);
        r = resource(f, OTHER);
        assert_actions(f, OTHER, "create POST clusters");
        r->wrote = f->now + 1;
        f->now += 2;
        decide(f);
        /* the things' listing is older as well, which is told first */
        assert_int_equal(r->assessment.n_actions, 0);
        world_listing(f->world, kind_find("Cluster"), NULL, PRIMARY, COMPARTMENT)->begun = f->now;
        decide(f);
        assert_verdict(f, OTHER, "progressing written");
        assert_ptr_equal(r->assessment.look_listing, work_listing(&f->c, r));
        assert_actions(f, OTHER, "");
        turn(f);
        assert_actions(f, OTHER,
                       "create POST clusters"); /* both were looked at since, and know nothing of it */
}

/* A list that is older than the end of what makes such things is made again. */
static void test_list_older_than_the_end(void **state) {
        _cleanup_fixture_ Fixture *f = missing();
        Listing *things;

        put(f, "WorkRequest", PRIMARY, WORK("CLUSTER_CREATE", "SUCCEEDED", "ocid1.cluster.oc1..new"));
        turn(f);
        assert_int_equal(work_created(&f->c, resource(f, CLUSTER)), the_work(f)->changed);
        assert_int_equal(work_created(&f->c, resource(f, POOL)), 0);
        assert_int_equal(work_created(&f->c, resource(f, FAR)), 0);
        assert_int_equal(work_created(&f->c, resource(f, NET)), 0);
        assert_verdict(f, CLUSTER, "missing missing");
        things = world_listing(f->world, kind_find("Cluster"), NULL, PRIMARY, COMPARTMENT);
        things->begun = the_work(f)->changed - 1;
        decide(f);
        assert_verdict(f, CLUSTER, "progressing listed-again");
        assert_ptr_equal(resource(f, CLUSTER)->assessment.look_listing, things);
        assert_actions(f, CLUSTER, "");
        turn(f);
        assert_verdict(f, CLUSTER, "missing missing");
        /* what is shown by now is told by itself */
        put(f, "Cluster", PRIMARY, "{'id':'ocid1.cluster.oc1..new','name':'new'}");
        turn(f);
        assert_int_equal(work_created(&f->c, resource(f, CLUSTER)), 0);
}

/* Until what changes it is over, and was looked for at all, nothing is judged. */
static void test_open(void **state) {
        static const struct {
                const char *work;
                bool open;
        } cases[] = {
                { WORK("CLUSTER_UPDATE", "ACCEPTED", CLUSTER_ID), true },
                { WORK("CLUSTER_UPDATE", "IN_PROGRESS", CLUSTER_ID), true },
                { WORK("CLUSTER_UPDATE", "CANCELING", CLUSTER_ID), true },
                { WORK("CLUSTER_UPDATE", "SUCCEEDED", CLUSTER_ID), false },
                { WORK("CLUSTER_UPDATE", "FAILED", CLUSTER_ID), false },
                { WORK("CLUSTER_UPDATE", "IN_PROGRESS", "ocid1.cluster.oc1..another"), false },
                { WORK("NODEPOOL_UPDATE", "IN_PROGRESS", POOL_ID), false },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_fixture_ Fixture *f = present();

                put(f, "WorkRequest", PRIMARY, cases[i].work);
                turn(f);
                if ((work_open(&f->c, resource(f, CLUSTER)) == the_work(f)) != cases[i].open)
                        fail_msg("%s", cases[i].work);
                assert_null(work_open(&f->c, resource(f, OTHER)));
                assert_null(work_open(&f->c, resource(f, NET)));
                assert_verdict(f, CLUSTER, cases[i].open ? "progressing work-request" : "in-sync");
                assert_ptr_equal(resource(f, CLUSTER)->assessment.look_at,
                                 cases[i].open ? the_work(f) : NULL);
                assert_verdict(f, OTHER, "in-sync");
        }
}

static void test_closed(void **state) {
        _cleanup_fixture_ Fixture *f = present();
        Observed *o;

        put(f, "WorkRequest", PRIMARY, WORK("CLUSTER_UPDATE", "IN_PROGRESS", CLUSTER_ID));
        turn(f);
        assert_int_equal(work_closed(&f->c, resource(f, CLUSTER)), 0);
        change(f, WORK_ID, "{'status':'SUCCEEDED'}");
        turn(f);
        assert_int_equal(work_closed(&f->c, resource(f, CLUSTER)), the_work(f)->changed);
        assert_int_equal(work_closed(&f->c, resource(f, OTHER)), 0);
        assert_verdict(f, CLUSTER, "in-sync");
        o = resource(f, CLUSTER)->observed;
        o->begun = the_work(f)->changed - 1; /* as it was before the end */
        decide(f);
        assert_verdict(f, CLUSTER, "progressing written");
        assert_true(resource(f, CLUSTER)->assessment.look);
        turn(f);
        assert_verdict(f, CLUSTER, "in-sync");
}

/* A write that was accepted is looked for among the requests before anything is said of what it should have done. */
static void test_accepted_update(void **state) {
        _cleanup_fixture_ Fixture *f = present();
        Resource *r;

        turn(f);
        r = resource(f, CLUSTER);
        world_wrote(f->world, r->kind, PRIMARY, CLUSTER_ID, NULL, f->now + 1);
        f->now += 2;
        world_see(f->world, r->kind, PRIMARY, json_copy(r->observed->body), "etag", READ_GET, f->now,
                  f->now);
        decide(f);
        assert_verdict(f, CLUSTER, "progressing written");
        assert_ptr_equal(r->assessment.look_listing, work_listing(&f->c, r));
        turn(f);
        assert_verdict(f, CLUSTER, "in-sync");
}

/* The last one that failed, at the thing or at making one, and in its own words. */
static void test_failure(void **state) {
        static const struct {
                const char *operation, *status, *subject, *accepted, *errors;
                bool of_cluster, of_missing;
                const char *text;
        } cases[] = {
                { "CLUSTER_UPDATE", "FAILED", CLUSTER_ID, "2026-01-02T00:00:00Z",
                  "[{'code':'LimitExceeded','message':'no more'}]", true, false,
                  "LimitExceeded: no more (CLUSTER_UPDATE, " WORK_ID ")" },
                { "CLUSTER_UPDATE", "FAILED", CLUSTER_ID, "2026-01-02T00:00:00Z",
                  "[{'code':'A','message':'one'},{'message':'two'},{'code':'C'}]", true, false,
                  "A: one; failed: two; C: ? (CLUSTER_UPDATE, " WORK_ID ")" },
                { "CLUSTER_CREATE", "FAILED", "ocid1.cluster.oc1..x", "2026-01-02T00:00:00Z", "[]", false,
                  true, "the service has not said why (CLUSTER_CREATE, " WORK_ID ")" },
                { "CLUSTER_UPDATE", "SUCCEEDED", CLUSTER_ID, "2026-01-02T00:00:00Z", "[]", false, false,
                  NULL },
                { "CLUSTER_UPDATE", "FAILED", "ocid1.cluster.oc1..x", "2026-01-02T00:00:00Z", "[]", false,
                  false, NULL },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_fixture_ Fixture *f = present();
                _cleanup_free_ char *work = xasprintf(
                        "{'id':'" WORK_ID "','operationType':'%s','status':'%s','timeAccepted':'%s',"
                        "'resources':[{'identifier':'%s'}]}",
                        cases[i].operation, cases[i].status, cases[i].accepted, cases[i].subject);
                _cleanup_free_ char *text = NULL;
                const Observed *failed;

                gone(f, "ocid1.cluster.oc1..primary-other");
                put(f, "WorkRequest", PRIMARY, work);
                set_rules(f, WORK_ID, "errors", cases[i].errors);
                turn(f);
                failed = work_failure(&f->c, resource(f, CLUSTER));
                assert_ptr_equal(failed, cases[i].of_cluster ? the_work(f) : NULL);
                assert_ptr_equal(work_failure(&f->c, resource(f, OTHER)),
                                 cases[i].of_missing ? the_work(f) : NULL);
                text = cases[i].text ? work_failure_text(the_work(f)) : NULL;
                if (cases[i].text)
                        assert_string_equal(text, cases[i].text);
        }
}

static void test_last_failure(void **state) {
        _cleanup_fixture_ Fixture *f = present();

        put(f, "WorkRequest", PRIMARY, WORK("CLUSTER_UPDATE", "FAILED", CLUSTER_ID));
        put(f, "WorkRequest", PRIMARY,
            "{'id':'later','operationType':'CLUSTER_UPDATE','status':'FAILED','timeAccepted':'2026-01-03T00:"
            "00:00Z','resources':[{'identifier':'" CLUSTER_ID "'}]}");
        put(f, "WorkRequest", PRIMARY,
            "{'id':'earlier','operationType':'CLUSTER_UPDATE','status':'FAILED','timeAccepted':'2026-01-"
            "01T00:"
            "00:00Z','resources':[{'identifier':'" CLUSTER_ID "'}]}");
        turn(f);
        assert_string_equal(work_failure(&f->c, resource(f, CLUSTER))->id, "later");
}

/* Why it failed is told where something is not as it should be, and nowhere else. */
static void test_failure_is_told(void **state) {
        _cleanup_fixture_ Fixture *f = present();

        json_set(estate_find(f->estate, CLUSTER)->want, "type", json_new_string("ENHANCED_CLUSTER"));
        put(f, "WorkRequest", PRIMARY, WORK("CLUSTER_UPDATE", "FAILED", CLUSTER_ID));
        set_rules(f, WORK_ID, "errors", "[{'code':'LimitExceeded','message':'no more'}]");
        turn(f);
        assert_verdict(f, CLUSTER, "drifted drift");
        assert_string_equal(resource(f, CLUSTER)->assessment.message,
                            "1 differs; last failure: LimitExceeded: no more (CLUSTER_UPDATE, " WORK_ID ")");
        change(f, CLUSTER_ID, "{'type':'ENHANCED_CLUSTER'}");
        turn(f);
        assert_verdict(f, CLUSTER, "in-sync");
        assert_null(resource(f, CLUSTER)->assessment.message);
}

static void test_failure_of_a_create_is_told(void **state) {
        _cleanup_fixture_ Fixture *f = missing();

        put(f, "WorkRequest", PRIMARY, WORK("CLUSTER_CREATE", "FAILED", "ocid1.cluster.oc1..x"));
        set_rules(f, WORK_ID, "errors", "[{'code':'LimitExceeded','message':'no more'}]");
        turn(f);
        assert_verdict(f, CLUSTER, "missing missing");
        assert_string_equal(
                resource(f, CLUSTER)->assessment.message,
                "declared and not there; last failure: LimitExceeded: no more (CLUSTER_CREATE, " WORK_ID
                ")");
}

/* A list of clusters or pools tells too little to judge by. */
static void test_summaries_are_read(void **state) {
        _cleanup_fixture_ Fixture *f = present();

        turn(f);
        resource(f, CLUSTER)->observed->from = READ_LIST;
        decide(f);
        assert_verdict(f, CLUSTER, "progressing not-read");
        assert_true(resource(f, CLUSTER)->assessment.look);
        turn(f);
        assert_verdict(f, CLUSTER, "in-sync");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_listing),
                cmocka_unit_test(test_creating),
                cmocka_unit_test(test_open_create_is_followed),
                cmocka_unit_test(test_accepted_create),
                cmocka_unit_test(test_list_older_than_the_end),
                cmocka_unit_test(test_open),
                cmocka_unit_test(test_closed),
                cmocka_unit_test(test_accepted_update),
                cmocka_unit_test(test_failure),
                cmocka_unit_test(test_last_failure),
                cmocka_unit_test(test_failure_is_told),
                cmocka_unit_test(test_failure_of_a_create_is_told),
                cmocka_unit_test(test_summaries_are_read),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
