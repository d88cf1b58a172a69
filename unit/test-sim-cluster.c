/* The simulator's clusters as those see them who serve the Kubernetes API: who is told what, and when. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/str.h"
#include "call.h"
#include "cloud.h"
#include "kinds/cluster.h"
#include "kinds/nodes.h"
#include "options.h"
#include "store.h"

#define REGION "us-sanjose-1"

typedef struct World {
        Sim sim;
        Str heard; /* a letter per event */
} World;

static void on_event(Object *cluster, const cJSON *node, unsigned event, void *userdata) {
        static const char letters[] = "UVGJCDKL";
        World *w = userdata;

        assert_int_equal(_CLUSTER_EVENT_MAX, strlen(letters));
        assert_true((node != NULL) == (event >= NODE_JOINED));
        str_addc(&w->heard, letters[event]);
}

/* A call of somebody at the console; the body of the reply, or its work request's id. Owned. */
static char *hand(World *w, const char *service, const char *method, const char *path, const char *body) {
        _cleanup_free_ char *host = xasprintf("%s.%s.oraclecloud.com", service, REGION);
        _cleanup_(call_done) Call c = {};
        _cleanup_json_ cJSON *reply = NULL;
        const char *id;

        call_init(&c, &w->sim, method, path);
        c.principal = "hand";
        str_replace(&c.host, host);
        c.body = body ? body : "";
        c.body_size = strlen(c.body);
        assert_true(cloud_route_host(&c));
        cloud_handle(&c);
        if (c.status >= 300)
                fail_msg("%s %s: %u %s", method, path, c.status, c.reply);
        reply = c.reply ? cJSON_Parse(c.reply) : NULL;
        id = json_string(reply, "id");
        return xstrdup(id ? id : call_reply_header(&c, "opc-work-request-id"));
}

/* A change of clusters or pools, of which nobody reads the receipt. */
static void order(World *w, const char *method, const char *path, const char *body) {
        free(hand(w, "containerengine", method, path, body));
}

static void elapse(World *w, double seconds) {
        sim_advance(&w->sim, (usec_t) (seconds * 1e6));
}

static void expect_heard(World *w, const char *letters) {
        assert_string_equal(str_get(&w->heard), letters);
        str_done(&w->heard);
}

static char *post(World *w, const char *service, const char *path, char *body) {
        _cleanup_free_ char *owned = body;
        char *id = hand(w, service, "POST", path, owned);

        elapse(w, 10);
        return id;
}

static void order_post(World *w, const char *path, char *body) {
        free(post(w, "containerengine", path, body));
}

static int set_up(void **state) {
        World *w = xnew(World, 1);
        static const char options[] = "{\"nodeLingerSeconds\":0,\"processingMsec\":0}";
        _cleanup_json_ cJSON *values = cJSON_Parse(options);
        const char *wrong;

        *w = (World){};
        sim_init(&w->sim, 1, 1);
        assert_int_equal(options_set(&w->sim, values, &wrong), 0);
        cluster_watch(&w->sim, on_event, w);
        *state = w;
        return 0;
}

static int tear_down(void **state) {
        World *w = *state;

        sim_done(&w->sim);
        str_done(&w->heard);
        free(w);
        return 0;
}

/* A cluster with a pool of two nodes. */
static void build(World *w, Object **ret_cluster, Object **ret_pool) {
        Region *region = sim_region(&w->sim, REGION);
        const char *c = w->sim.compartments[1].id;
        _cleanup_free_ char *ad = region_ad_name(region, 1), *vcn = NULL, *subnet = NULL;

        vcn = post(w, "iaas", "/20160918/vcns",
                   xasprintf("{\"compartmentId\":\"%s\",\"cidrBlock\":\"10.0.0.0/16\"}", c));
        subnet = post(w, "iaas", "/20160918/subnets",
                      xasprintf("{\"compartmentId\":\"%s\",\"vcnId\":\"%s\",\"cidrBlock\":\"10.0.0.0/20\"}",
                                c, vcn));
        order_post(w, "/20180222/clusters",
                   xasprintf("{\"compartmentId\":\"%s\",\"vcnId\":\"%s\",\"name\":\"one\","
                             "\"kubernetesVersion\":\"v1.34.1\","
                             "\"endpointConfig\":{\"subnetId\":\"%s\"}}",
                             c, vcn, subnet));
        assert_null(cluster_next(region, NULL));
        elapse(w, 420);
        *ret_cluster = cluster_next(region, NULL);
        assert_non_null(*ret_cluster);
        order_post(w, "/20180222/nodePools",
                   xasprintf("{\"compartmentId\":\"%s\",\"clusterId\":\"%s\",\"name\":\"p\",\"nodeShape\":"
                             "\"VM.Standard2.1\","
                             "\"nodeConfigDetails\":{\"size\":2,\"placementConfigs\":[{"
                             "\"availabilityDomain\":\"%s\","
                             "\"subnetId\":\"%s\"}]}}",
                             c, (*ret_cluster)->id, ad, subnet));
        elapse(w, 190);
        *ret_pool = region->lists[KIND_NODE_POOL].objects[0];
        assert_string_equal(object_state(*ret_pool), "ACTIVE");
}

static void count_node(Object *pool, const cJSON *node, void *userdata) {
        size_t *n = userdata;

        (*n)++;
}

static size_t count_nodes(const Object *cluster) {
        size_t n = 0;

        cluster_each_node(cluster, count_node, &n);
        return n;
}

static void test_life(void **state) {
        World *w = *state;
        Object *cluster, *pool, *found;
        _cleanup_free_ char *path = NULL;
        const cJSON *node;

        build(w, &cluster, &pool);
        expect_heard(w, "UJJ");
        assert_null(cluster_next(cluster->region, cluster));
        assert_string_equal(cluster_endpoint(cluster, "privateEndpoint"), "10.0.0.2:6443");
        assert_null(cluster_endpoint(cluster, "publicEndpoint"));
        assert_int_equal(count_nodes(cluster), 2);
        node = cJSON_GetArrayItem(pool->items, 0);
        assert_ptr_equal(cluster_find_node(cluster, json_string(node, "name"), &found), node);
        assert_ptr_equal(found, pool);
        assert_null(cluster_find_node(cluster, "none", NULL));

        path = xasprintf("/20180222/clusters/%s", cluster->id);
        order(w, "PUT", path, "{\"kubernetesVersion\":\"v1.34.2\"}");
        elapse(w, 610);
        expect_heard(w, "V");
        str_replace(&path, NULL);
        path = xasprintf("/20180222/nodePools/%s", pool->id);
        order(w, "DELETE", path, NULL);
        elapse(w, 20);
        expect_heard(w, "DD");
        assert_int_equal(count_nodes(cluster), 2); /* they are still there while they are drained */
        elapse(w, 90);
        expect_heard(w, "LL");
        assert_int_equal(count_nodes(cluster), 0);
        free(path);
        path = xasprintf("/20180222/clusters/%s", cluster->id);
        order(w, "DELETE", path, NULL);
        assert_false(cluster_serves(cluster));
        elapse(w, 250);
        expect_heard(w, "G");
}

static void test_held_drain(void **state) {
        World *w = *state;
        Object *cluster, *pool;
        _cleanup_free_ char *path = NULL, *id = NULL;

        build(w, &cluster, &pool);
        id = xstrdup(json_string(cJSON_GetArrayItem(pool->items, 0), "id"));
        assert_int_equal(cluster_hold_drain(cluster, "none", true), -ENOENT);
        assert_int_equal(cluster_hold_drain(cluster, id, true), 0);
        path = xasprintf("/20180222/nodePools/%s/node/%s?overrideEvictionGraceDuration=PT10M", pool->id, id);
        order(w, "DELETE", path, NULL);
        elapse(w, 590);
        expect_heard(w, "UJJCD");
        elapse(w, 20);
        expect_heard(w, "K");
        assert_int_equal(cluster_hold_drain(cluster, id, false), 0);
        order(w, "DELETE", path, NULL);
        elapse(w, 100);
        expect_heard(w, "CDL");
        assert_int_equal(count_nodes(cluster), 1);
}

static void test_nobody_listens(void **state) {
        World *w = *state;
        Object *cluster, *pool;

        cluster_watch(&w->sim, NULL, NULL);
        build(w, &cluster, &pool);
        assert_int_equal(count_nodes(cluster), 2);
        expect_heard(w, "");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_life, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_held_drain, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_nobody_listens, set_up, tear_down),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
