/* Walking clusters and their nodes, and hearing of them. */
#include <errno.h>

#include "base/json.h"
#include "cluster.h"
#include "nodes.h"
#include "store.h"

void cluster_watch(Sim *sim, ClusterWatchFunc func, void *userdata) {
        sim->cluster_watch = func;
        sim->cluster_watch_userdata = userdata;
}

void cluster_tell(Object *cluster, const cJSON *node, ClusterEvent event) {
        Sim *sim = cluster->region->sim;

        if (sim->cluster_watch)
                sim->cluster_watch(cluster, node, event, sim->cluster_watch_userdata);
}

bool cluster_serves(const Object *cluster) {
        const char *state = object_state(cluster);

        return streq(state, "ACTIVE") || streq(state, "UPDATING");
}

Object *cluster_next(Region *region, const Object *last) {
        const ObjectList *list = &region->lists[KIND_CLUSTER];

        for (size_t i = 0; i < list->n; i++)
                if ((!last || list->objects[i]->seq > last->seq) && cluster_serves(list->objects[i]))
                        return list->objects[i];
        return NULL;
}

const char *cluster_endpoint(const Object *cluster, const char *which) {
        return json_string(json_get(cluster->body, "endpoints"), which);
}

static bool has_joined(const cJSON *node) {
        const char *state = json_string(node, "lifecycleState");

        return json_bool(json_get(node, "inner"), "joined", false) && !streq_ptr(state, "DELETED");
}

void cluster_each_node(const Object *cluster, void (*func)(Object *pool, const cJSON *node, void *userdata),
                       void *userdata) {
        const ObjectList *pools = &cluster->region->lists[KIND_NODE_POOL];
        const cJSON *node;

        for (size_t i = 0; i < pools->n; i++) {
                if (!object_is_live(pools->objects[i]) ||
                    !streq_ptr(object_text(pools->objects[i], "clusterId"), cluster->id))
                        continue;
                cJSON_ArrayForEach (node, pools->objects[i]->items)
                        if (has_joined(node))
                                func(pools->objects[i], node, userdata);
        }
}

typedef struct NodeSearch {
        const char *name;
        const cJSON *found;
        Object *pool;
} NodeSearch;

static void compare_node(Object *pool, const cJSON *node, void *userdata) {
        NodeSearch *search = userdata;

        if (streq_ptr(json_string(node, "id"), search->name) ||
            streq_ptr(json_string(node, "name"), search->name)) {
                search->found = node;
                search->pool = pool;
        }
}

const cJSON *cluster_find_node(const Object *cluster, const char *name, Object **ret_pool) {
        NodeSearch search = { .name = name };

        cluster_each_node(cluster, compare_node, &search);
        if (search.found && ret_pool)
                *ret_pool = search.pool;
        return search.found;
}

int cluster_hold_drain(Object *cluster, const char *node_id, bool hold) {
        Object *pool;
        const cJSON *node = cluster_find_node(cluster, node_id, &pool);

        if (!node)
                return -ENOENT;
        return nodes_mark(pool, json_string(node, "id"), "drainHangs", hold);
}
