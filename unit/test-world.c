/* What was observed: which observation counts, and what proves that something is not there. */
#include "fixture.h"

#define ID "ocid1.vcn.oc1..a"

typedef struct Seen {
        World *w;
        const Kind *k;
        Listing *l;
} Seen;

static int set_up(void **state) {
        Seen *s = xnew(Seen, 1);

        *s = (Seen){ .w = world_new(2), .k = kind_find("Vcn") };
        s->w->loaded = 100;
        s->l = world_need_listing(s->w, s->k, NULL, 0, COMPARTMENT);
        *state = s;
        return 0;
}

static int tear_down(void **state) {
        Seen *s = *state;

        world_free(s->w);
        free(s);
        return 0;
}

static cJSON *vcn(const char *id, const char *name) {
        cJSON *o = json_new_object();

        json_set_string(o, "id", id);
        json_set_string(o, "displayName", name);
        json_set_string(o, "compartmentId", COMPARTMENT);
        json_set_string(o, "lifecycleState", "AVAILABLE");
        return o;
}

static bool always(const Observed *o, void *userdata) {
        return true;
}

static void list(Seen *s, const char *id, const char *name, usec_t begun) {
        cJSON *items = json_new_array();

        if (id)
                json_append(items, vcn(id, name));
        world_see_listing(s->w, s->l, items, begun, begun + 5, always, NULL);
}

static Observed *get(Seen *s, const char *name, const char *etag, usec_t begun) {
        return world_see(s->w, s->k, 0, vcn(ID, name), etag, READ_GET, begun, begun + 5);
}

/* begun, the one before, written, loaded, error, the last write for the thing itself → proves? */
static void test_proof_of_absence(void **state) {
        static const struct {
                usec_t begun, before, written, loaded;
                unsigned attempts;
                int status;
                bool proves;
                usec_t wrote;
        } cases[] = {
                { 0, 0, 0, 0, 0, 0, false },            /* never listed */
                { 200, 150, 0, 100, 0, 0, true },       /* twice after the load, nothing written */
                { 200, 0, 0, 100, 0, 0, false },        /* once: it may have left it out */
                { 200, 99, 0, 100, 0, 0, false },       /* once after the load */
                { 99, 50, 0, 100, 0, 0, false },        /* before the load */
                { 110, 100, 0, 100, 0, 0, true },       /* with it */
                { 200, 150, 201, 100, 0, 0, false },    /* a write ended since */
                { 200, 150, 200, 100, 0, 0, true },     /* a write ended just then */
                { 200, 150, 180, 100, 0, 0, true },     /* … or between the two */
                { 200, 150, 0, 100, 1, 0, false },      /* the last try got no answer */
                { 200, 150, 0, 100, 1, 500, false },    /* … or an error */
                { 200, 150, 0, 100, 0, 404, false },    /* … or a refusal */
                { 200, 150, 0, 201, 0, 0, false },      /* a reload came since */
                { 200, 150, 0, 100, 0, 0, false, 201 }, /* this very thing was made since */
                { 200, 150, 0, 100, 0, 0, true, 200 },  /* … and just then */
                { 200, 150, 201, 100, 0, 0, false, 150 },
        };
        Seen *s = *state;

        assert_false(listing_proves_absence(s->w, NULL, 0));
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                s->l->begun = cases[i].begun;
                s->l->before = cases[i].before;
                s->l->written = cases[i].written;
                s->w->loaded = cases[i].loaded;
                s->l->attempts = cases[i].attempts;
                s->l->error.status = cases[i].status;
                if (listing_proves_absence(s->w, s->l, cases[i].wrote) != cases[i].proves)
                        fail_msg("case %zu", i);
        }
}

/* A request that began before our write ended tells nothing about what is there now. */
static void test_older_than_a_write(void **state) {
        Seen *s = *state;
        Observed *o = get(s, "one", "e1", 200);

        world_wrote(s->w, s->k, 0, ID, NULL, 300);
        assert_false(observed_is_current(o));
        assert_int_equal(s->l->written, 300);
        assert_null(get(s, "stale", "e0", 299));
        list(s, ID, "stale", 299);
        assert_string_equal(observed_name(o), "one");
        assert_false(observed_is_current(o));
        list(s, NULL, NULL, 299); /* nor does it drop anything */
        assert_ptr_equal(world_find(s->w, ID), o);
        assert_int_equal(o->doubted, 0);
        assert_non_null(world_see(s->w, s->k, 0, vcn(ID, "two"), "e2", READ_REPLY, 300, 300));
        assert_true(observed_is_current(o));
        assert_string_equal(observed_name(o), "two");
        assert_string_equal(o->etag, "e2");
}

static void test_newer_wins(void **state) {
        Seen *s = *state;
        Observed *o = get(s, "new", "e2", 200);

        assert_null(get(s, "old", "e1", 199));
        list(s, ID, "old", 150);
        assert_string_equal(observed_name(o), "new");
        assert_string_equal(o->etag, "e2");
}

/* A list has no etag: the one that a GET gave stays while the list shows the same body. */
static void test_etag(void **state) {
        Seen *s = *state;
        Observed *o = get(s, "one", "e1", 200);

        list(s, ID, "one", 300);
        assert_string_equal(o->etag, "e1");
        assert_int_equal(o->from, READ_GET);
        list(s, ID, "two", 400);
        assert_null(o->etag);
        assert_int_equal(o->from, READ_LIST);
}

static void test_create_makes_every_scope_old(void **state) {
        Seen *s = *state;
        Listing *other = world_need_listing(s->w, s->k, NULL, 0, "ocid1.compartment.oc1..other"),
                *there = world_need_listing(s->w, s->k, NULL, 1, COMPARTMENT),
                *drgs = world_need_listing(s->w, kind_find("Drg"), NULL, 0, COMPARTMENT);

        world_wrote(s->w, s->k, 0, NULL, NULL, 300);
        assert_int_equal(s->l->written, 300);
        assert_int_equal(other->written, 300);
        assert_int_equal(there->written, 0);
        assert_int_equal(drgs->written, 0);
}

/* A create whose reply shows the thing is known with all that it did: what else its scope lacks is lacking as before. */
static void test_created(void **state) {
        Seen *s = *state;
        Observed *o;

        list(s, NULL, NULL, 190);
        list(s, NULL, NULL, 200);
        assert_true(world_see_created(s->w, s->k, 0, vcn(ID, "one"), "e1", 300));
        o = world_find(s->w, ID);
        assert_true(observed_is_current(o));
        assert_int_equal(o->from, READ_REPLY);
        assert_true(listing_proves_absence(s->w, s->l, 0));
        assert_false(listing_proves_absence(s->w, s->l, 300)); /* not of that thing itself */
        list(s, NULL, NULL, 299);                              /* begun before it was there */
        assert_ptr_equal(world_find(s->w, ID), o);
        assert_int_equal(o->doubted, 0);
        assert_null(get(s, "stale", "e0", 299));
        list(s, NULL, NULL, 310); /* an old state, shown after: in doubt, not gone */
        assert_ptr_equal(world_find(s->w, ID), o);
        assert_int_equal(o->doubted, 310);
        world_wrote(s->w, s->k, 0, NULL, NULL, 320); /* another create, of which no reply came */
        assert_false(listing_proves_absence(s->w, s->l, 0));
        list(s, ID, "one", 330);
        assert_int_equal(o->doubted, 0);
        assert_true(listing_proves_absence(s->w, s->l, 300));
}

/* What a reply of no use made is not known. */
static void test_created_without_use(void **state) {
        Seen *s = *state;

        assert_false(world_see_created(s->w, s->k, 0, json_of("{'displayName':'no id'}"), NULL, 300));
        assert_true(world_see_created(s->w, s->k, 0, vcn(ID, "one"), NULL, 300));
        assert_false(world_see_created(s->w, s->k, 1, vcn(ID, "of another region"), NULL, 310));
        assert_false(world_see_created(s->w, kind_find("Drg"), 0, vcn(ID, "of another kind"), NULL, 310));
}

/* Missing in a listing and 404 together: gone. Each alone: in doubt. */
static void test_doubt(void **state) {
        Seen *s = *state;
        Observed *o;
        uint64_t changes;

        list(s, ID, "one", 200);
        o = world_find(s->w, ID);
        world_see_missing(s->w, ID, 250); /* the list says otherwise */
        assert_int_equal(o->doubted, 0);
        changes = s->w->changes;
        list(s, NULL, NULL, 300);
        assert_int_equal(o->doubted, 300);
        assert_false(observed_is_current(o));
        assert_true(s->w->changes > changes);
        world_see_missing(s->w, ID, 299); /* asked before the listing */
        assert_ptr_equal(world_find(s->w, ID), o);
        changes = s->w->changes;
        list(s, ID, "one", 350); /* it is back */
        assert_int_equal(o->doubted, 0);
        assert_true(s->w->changes > changes);
        list(s, NULL, NULL, 400);
        world_see_missing(s->w, ID, 401);
        assert_null(world_find(s->w, ID));
        assert_ptr_equal(s->w->gone, o); /* the last assessment may point there */
        world_bury(s->w);
        assert_null(s->w->gone);
}

/* It lives where the listing does not look: a GET shows it, so it was moved. Then a 404 makes it unknown, never absent. */
static void test_moved_away(void **state) {
        Seen *s = *state;
        Observed *o;
        cJSON *body = vcn(ID, "one");

        list(s, ID, "one", 200);
        o = world_find(s->w, ID);
        list(s, NULL, NULL, 300);
        json_set_string(body, "compartmentId", "ocid1.compartment.oc1..other");
        world_see(s->w, s->k, 0, body, "e1", READ_GET, 301, 302);
        assert_int_equal(o->doubted, 0);
        list(s, NULL, NULL, 400);
        assert_int_equal(o->doubted, 0);
        for (usec_t at = 500; at < 600; at += 10) {
                world_see_missing(s->w, ID, at);
                assert_ptr_equal(world_find(s->w, ID), o);
                assert_int_equal(o->doubted, 500);
        }
        get(s, "one", "e2", 700); /* back in the compartment, and there to be seen */
        assert_int_equal(o->doubted, 0);
}

/* What was read by its OCID and lies in the listing's compartment is covered by it. */
static void test_never_listed(void **state) {
        Seen *s = *state;
        Observed *o = get(s, "one", "e1", 200);

        list(s, NULL, NULL, 300);
        assert_int_equal(o->doubted, 300);
        world_see_missing(s->w, ID, 301);
        assert_null(world_find(s->w, ID));
}

/* What is known by its name: one that was removed is still listed beside its successor, before it or after it. */
static void test_predecessor(void **state) {
        static const char *const orders[] = {
                "[{'id':'c/addons/A','lifecycleState':'DELETED'},{'id':'c/addons/"
                "A','lifecycleState':'CREATING'}]",
                "[{'id':'c/addons/A','lifecycleState':'CREATING'},{'id':'c/addons/"
                "A','lifecycleState':'DELETED'}]",
        };
        Seen *s = *state;
        Listing *l = world_need_listing(s->w, kind_find("Addon"), NULL, 0, "c");

        for (usec_t i = 0; i < ARRAY_SIZE(orders); i++) {
                world_see_listing(s->w, l, json_of(orders[i]), 200 + 10 * i, 205 + 10 * i, NULL, NULL);
                assert_int_equal(world_find(s->w, "c/addons/A")->life, LIFE_COMING);
        }
        world_see_listing(s->w, l, json_of("[{'id':'c/addons/A','lifecycleState':'DELETED'}]"), 300, 305,
                          NULL, NULL);
        assert_int_equal(world_find(s->w, "c/addons/A")->life, LIFE_GONE);
}

static void test_dropped_unless_confirmed(void **state) {
        Seen *s = *state;

        list(s, ID, "one", 200);
        world_see_listing(s->w, s->l, json_new_array(), 300, 305, NULL, NULL);
        assert_null(world_find(s->w, ID));
        assert_null(world_first(s->w, s->k, 0));
}

static void test_rules(void **state) {
        Seen *s = *state;
        const Kind *k = kind_find("NetworkSecurityGroup");
        const Field *f = kind_field(k, "securityRules");
        cJSON *body = vcn("ocid1.networksecuritygroup.oc1..a", "group");
        Observed *o = world_see(s->w, k, 0, body, "e1", READ_GET, 200, 200);
        Listing *l = world_need_listing(s->w, k, f, 0, o->id);

        assert_null(observed_sub(o, f));
        world_see_sub(s->w, o, f, json_of("[{'id':'r1'}]"), 210);
        world_wrote(s->w, k, 0, o->id, f, 300);
        assert_int_equal(o->written, 0); /* the group itself was not written */
        assert_int_equal(l->written, 300);
        world_see_sub(s->w, o, f, json_of("[]"), 299);
        assert_int_equal(cJSON_GetArraySize(observed_sub(o, f)->items), 1);
        world_see_sub(s->w, o, f, json_of("[]"), 300);
        assert_int_equal(cJSON_GetArraySize(observed_sub(o, f)->items), 0);
        world_see_sub(s->w, o, f, json_of("[{'id':'r1'},{'source':'no id'}]"), 310);
        world_see_sub(s->w, o, f, json_of("[{'id':3}]"), 310);
        assert_int_equal(cJSON_GetArraySize(observed_sub(o, f)->items), 0);
}

static void test_garbage(void **state) {
        Seen *s = *state;
        uint64_t changes = s->w->changes;

        assert_null(world_see(s->w, s->k, 0, json_of("{'displayName':'no id'}"), NULL, READ_GET, 1, 1));
        assert_null(world_see(s->w, s->k, 0, vcn("a/../b", "leads elsewhere"), NULL, READ_GET, 1, 1));
        assert_null(world_see(s->w, s->k, 0, vcn("a?b=c", "ends the path"), NULL, READ_GET, 1, 1));
        assert_null(world_see(s->w, s->k, 0, vcn("..", "leads elsewhere"), NULL, READ_GET, 1, 1));
        assert_null(world_see(s->w, s->k, 7, vcn(ID, "no such region"), NULL, READ_GET, 1, 1));
        world_see_listing(s->w, s->l, json_of("[1,null,{},{'id':3},'x']"), 200, 205, NULL, NULL);
        assert_null(s->w->objects);
        assert_int_equal(s->w->changes, changes);
        get(s, "one", NULL, 300);
        assert_null(
                world_see(s->w, kind_find("Drg"), 0, vcn(ID, "of another kind"), NULL, READ_GET, 400, 400));
        assert_null(world_see(s->w, s->k, 1, vcn(ID, "of another region"), NULL, READ_GET, 400, 400));
}

static void test_unneeded(void **state) {
        Seen *s = *state;

        list(s, ID, "one", 200);
        s->l->needed = false;
        world_drop_unneeded(s->w);
        assert_null(s->w->listings);
        assert_null(world_find(s->w, ID)); /* nobody would notice when it goes */
        assert_null(s->w->gone->listing);
}

static void test_by_kind(void **state) {
        Seen *s = *state;
        const char *const ids[] = { "ocid1.vcn.oc1..a", "ocid1.vcn.oc1..b", "ocid1.vcn.oc1..c" };
        size_t n = 0;

        for (size_t i = 0; i < 3; i++)
                world_see(s->w, s->k, 0, vcn(ids[i], "x"), NULL, READ_GET, 200, 200);
        for (Observed *o = world_first(s->w, s->k, 0); o && n < ARRAY_SIZE(ids); o = o->next_of_kind)
                assert_string_equal(o->id, ids[n++]);
        assert_int_equal(n, 3);
        assert_null(world_first(s->w, s->k, 1));
        assert_null(world_first(s->w, kind_find("Drg"), 0));
}

/* Who names whom: not in tags, not across regions, not what is TERMINATED; rules count. */
static void test_referrers(void **state) {
        Seen *s = *state;
        const Kind *subnet = kind_find("Subnet"), *group = kind_find("NetworkSecurityGroup");
        Observed *o = get(s, "one", NULL, 200), *g;
        Observed *const *referrers;
        size_t n;

        world_see(s->w, subnet, 0,
                  json_of("{'id':'ocid1.subnet.oc1..a','vcnId':'" ID "','again':['" ID
                          "'],'lifecycleState':'AVAILABLE'}"),
                  NULL, READ_GET, 200, 200);
        world_see(s->w, subnet, 0,
                  json_of("{'id':'ocid1.subnet.oc1..b','vcnId':'" ID "','lifecycleState':'TERMINATED'}"),
                  NULL, READ_GET, 200, 200);
        world_see(s->w, subnet, 1,
                  json_of("{'id':'ocid1.subnet.oc1..c','vcnId':'" ID "','lifecycleState':'AVAILABLE'}"),
                  NULL, READ_GET, 200, 200);
        world_see(s->w, subnet, 0,
                  json_of("{'id':'ocid1.subnet.oc1..d','freeformTags':{'note':'" ID
                          "'},'lifecycleState':'AVAILABLE'}"),
                  NULL, READ_GET, 200, 200);
        referrers = world_referrers(s->w, o, &n);
        assert_int_equal(n, 1);
        assert_string_equal(referrers[0]->id, "ocid1.subnet.oc1..a");
        g = world_see(s->w, group, 0,
                      json_of("{'id':'ocid1.networksecuritygroup.oc1..g','lifecycleState':'AVAILABLE'}"),
                      NULL, READ_GET, 200, 200);
        world_see_sub(s->w, g, kind_field(group, "securityRules"),
                      json_of("[{'id':'r1','source':'" ID "'}]"), 210);
        (void) world_referrers(s->w, o, &n);
        assert_int_equal(n, 2);
}

/* A list of clusters tells less than a GET: known body, summary → body, and whether it has to be read before it is judged. */
static void test_summaries(void **state) {
        static const struct {
                const char *known, *summary, *body;
                bool read_again;
        } cases[] = {
                { "{'id':'c','name':'a','type':'T'}", "{'id':'c','name':'a'}",
                  "{'id':'c','name':'a','type':'T'}", false },
                { "{'id':'c','name':'a','type':'T'}", "{'id':'c','name':'b'}",
                  "{'id':'c','name':'b','type':'T'}", true },
                { "{'id':'c','name':'a'}", "{'id':'c','name':'a','type':'T'}",
                  "{'id':'c','name':'a','type':'T'}", true },
                { "{'id':'c','options':{'a':1,'b':2}}", "{'id':'c','options':{'b':2,'a':1}}",
                  "{'id':'c','options':{'a':1,'b':2}}", false },
                { "{'id':'c','nsgIds':['x','y']}", "{'id':'c','nsgIds':['y','x']}",
                  "{'id':'c','nsgIds':['x','y']}", false },
                /* a summary's null says that there is none, or that it does not tell: nothing new where there is none */
                { "{'id':'c','name':'a'}", "{'id':'c','name':'a','type':null}", "{'id':'c','name':'a'}",
                  false },
                { "{'id':'c','type':null}", "{'id':'c','type':null}", "{'id':'c','type':null}", false },
                { "{'id':'c','type':'T'}", "{'id':'c','type':null}", "{'id':'c','type':null}", true },
        };
        Seen *s = *state;
        const Kind *cluster = kind_find("Cluster");

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                uint64_t changes;
                const Observed *o;

                world_see(s->w, cluster, 0, json_of(cases[i].known), "e1", READ_GET, 200, 200);
                changes = s->w->changes;
                o = world_see(s->w, cluster, 0, json_of(cases[i].summary), NULL, READ_LIST, 210, 211);
                assert_json(o->body, cases[i].body);
                assert_int_equal(o->from, cases[i].read_again ? READ_LIST : READ_GET);
                assert_int_equal(s->w->changes != changes, cases[i].read_again);
                if (cases[i].read_again)
                        assert_null(o->etag);
                else
                        assert_string_equal(o->etag, "e1");
                assert_int_equal(o->begun, cases[i].read_again ? 210 : 200);
                world_drop(s->w, "c");
        }
}

/* What was only listed so far is what that said, and is as old as that; an older list says nothing. */
static void test_first_summary(void **state) {
        Seen *s = *state;
        const Kind *cluster = kind_find("Cluster");
        Observed *o = world_see(s->w, cluster, 0, json_of("{'id':'c','lifecycleState':'CREATING'}"), NULL,
                                READ_LIST, 200, 201);

        assert_int_equal(o->from, READ_LIST);
        assert_int_equal(o->life, LIFE_COMING);
        assert_non_null(world_see(s->w, cluster, 0,
                                  json_of("{'id':'c','lifecycleState':'ACTIVE','type':'T'}"), "e", READ_GET,
                                  210, 211));
        assert_null(world_see(s->w, cluster, 0, json_of("{'id':'c','lifecycleState':'CREATING'}"), NULL,
                              READ_LIST, 205, 212));
        assert_int_equal(o->life, LIFE_READY);
        world_see(s->w, cluster, 0, json_of("{'id':'c','lifecycleState':'UPDATING'}"), NULL, READ_LIST, 220,
                  221);
        assert_int_equal(o->life, LIFE_CHANGING);
        assert_string_equal(json_string(o->body, "type"), "T");
}

/* A write to what work requests make makes their listing old, too: what it led to is told there. */
static void test_write_makes_requests_old(void **state) {
        static const struct {
                const char *kind;
                unsigned region;
                bool old;
        } cases[] = {
                { "Cluster", 0, true },  { "NodePool", 0, true }, { "Addon", 0, true },
                { "Cluster", 1, false }, { "Vcn", 0, false },
        };
        Seen *s = *state;
        Listing *l = world_need_listing(s->w, kind_find("WorkRequest"), NULL, 0, COMPARTMENT);

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                l->written = 0;
                world_wrote(s->w, kind_find(cases[i].kind), cases[i].region, "x", NULL, 300);
                if ((l->written == 300) != cases[i].old)
                        fail_msg("%s", cases[i].kind);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_proof_of_absence, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_older_than_a_write, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_newer_wins, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_etag, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_create_makes_every_scope_old, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_created, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_created_without_use, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_doubt, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_moved_away, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_never_listed, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_predecessor, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_dropped_unless_confirmed, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_rules, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_garbage, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_unneeded, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_by_kind, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_referrers, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_summaries, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_first_summary, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_write_makes_requests_old, set_up, tear_down),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
