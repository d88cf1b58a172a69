/* What has to happen to the nodes of a pool: the difference between what its settings ask for and what is there, looked at anew in
 * each turn. */
#include "nodes.h"

#include <errno.h>

#include "base/json.h"
#include "cluster.h"
#include "lifecycle.h"
#include "oke-work-request.h"
#include "options.h"
#include "store.h"

#define GRACE_DEFAULT 3600

/* Members of the pool, and the names that a node's settings have for them. */
static const struct {
        const char *path, *name;
} launch_table[] = {
        { "nodeShape", "nodeShape" },
        { "nodeShapeConfig", "nodeShapeConfig" },
        { "kubernetesVersion", "kubernetesVersion" },
        { "nodeSourceDetails", "nodeSourceDetails" },
        { "nodeMetadata", "nodeMetadata" },
        { "initialNodeLabels", "initialNodeLabels" },
        { "sshPublicKey", "sshPublicKey" },
        { "nodeConfigDetails.nsgIds", "nsgIds" },
        { "nodeConfigDetails.kmsKeyId", "kmsKeyId" },
        { "nodeConfigDetails.nodePoolPodNetworkOptionDetails", "podNetwork" },
};

cJSON *node_launch_settings(const Object *pool) {
        cJSON *o = json_new_object();

        for (size_t i = 0; i < ARRAY_SIZE(launch_table); i++)
                json_set_copy(o, launch_table[i].name, json_path(pool->body, launch_table[i].path));
        return o;
}

bool node_is(const cJSON *node, const char *state) {
        return streq_ptr(json_string(node, "lifecycleState"), state);
}

bool node_is_broken(const cJSON *node) {
        return node_is(node, "FAILING") || node_is(node, "INACTIVE");
}

cJSON *node_find(const Object *pool, const char *id) {
        cJSON *node;

        cJSON_ArrayForEach (node, pool->items)
                if (streq_ptr(json_string(node, "id"), id) && !node_is(node, "DELETED"))
                        return node;
        return NULL;
}

size_t nodes_count(const Object *pool, const char *state) {
        const cJSON *node;
        size_t n = 0;

        cJSON_ArrayForEach (node, pool->items)
                n += node_is(node, state);
        return n;
}

/* All but those that are gone or on their way out. */
static size_t count_staying(const Object *pool) {
        return (size_t) cJSON_GetArraySize(pool->items) - nodes_count(pool, "DELETED") -
               nodes_count(pool, "DELETING");
}

/* Those that were to go and could not: nobody goes in their place. */
static size_t count_stuck(const Object *pool) {
        const cJSON *node;
        size_t n = 0;

        cJSON_ArrayForEach (node, pool->items)
                n += json_path(node, "inner.stuck") != NULL;
        return n;
}

static size_t wanted_size(const Object *pool) {
        if (streq(object_state(pool), "DELETING"))
                return 0;
        return (size_t) json_number(json_get(pool->body, "nodeConfigDetails"), "size", 0);
}

static bool replaces_volumes(const Object *pool) {
        const cJSON *mode = cJSON_GetArrayItem(json_path(pool->body, "nodePoolCyclingDetails.cycleModes"),
                                               0);

        return cJSON_IsString(mode) && streq(mode->valuestring, "BOOT_VOLUME_REPLACE");
}

/* Made with other settings than the pool has now. A new boot volume brings only some of them. */
static bool is_outdated(const Object *pool, const cJSON *node, const cJSON *now) {
        static const char *const volume_members[] = { "kubernetesVersion", "nodeSourceDetails",
                                                      "nodeMetadata", "sshPublicKey" };
        const cJSON *then = json_path(node, "inner.launch");

        if (!node_is(node, "ACTIVE") || json_path(node, "inner.stuck"))
                return false;
        if (!replaces_volumes(pool))
                return !json_equal_unordered(then, now) || !node_is_placed(pool, node);
        for (size_t i = 0; i < ARRAY_SIZE(volume_members); i++)
                if (!json_equal_unordered(json_get(then, volume_members[i]),
                                          json_get(now, volume_members[i])))
                        return true;
        return false;
}

/* The first outdated node, and how many there are; none where the pool is not cycling. */
static cJSON *find_outdated(const Object *pool, size_t *ret_n) {
        _cleanup_json_ cJSON *now = node_launch_settings(pool);
        cJSON *node, *first = NULL;

        *ret_n = 0;
        if (!json_path(pool->body, "inner.cycling") || wanted_size(pool) == 0)
                return NULL;
        cJSON_ArrayForEach (node, pool->items)
                if (is_outdated(pool, node, now)) {
                        first = first ? first : node;
                        (*ret_n)++;
                }
        return first;
}

/* "1" or "25%" of the size. */
static size_t cycle_bound(const Object *pool, const char *name, const char *fallback) {
        const char *text = json_string(json_get(pool->body, "nodePoolCyclingDetails"), name);
        _cleanup_free_ char *digits = NULL;
        int64_t n = 0;

        text = text ? text : fallback;
        digits = xstrndup(text, strspn(text, "0123456789"));
        (void) parse_i64(digits, 0, 9999, &n); /* checked when it came */
        if (endswith(text, "%"))
                return ((size_t) n * wanted_size(pool) + 99) / 100; /* rounded up */
        return (size_t) n;
}

static void remove_with_grace(Object *pool, cJSON *node) {
        const cJSON *eviction = json_path(pool->body, "inner.eviction");

        node_remove(pool, node, json_number(eviction, "grace", GRACE_DEFAULT),
                    json_bool(eviction, "force", false));
}

/* One outdated node after the other gives way to a new one, or gets a new boot volume. */
static void cycle(Object *pool) {
        const size_t surge = cycle_bound(pool, "maximumSurge", "1"), size = wanted_size(pool),
                     unavailable = cycle_bound(pool, "maximumUnavailable", "0");
        size_t n;
        cJSON *node;

        while ((node = find_outdated(pool, &n))) {
                size_t up = nodes_count(pool, "ACTIVE"),
                       total = count_staying(pool) + nodes_count(pool, "DELETING");

                if (replaces_volumes(pool)) {
                        if (nodes_count(pool, "UPDATING") >= MAX(unavailable, (size_t) 1))
                                return;
                        node_replace_boot_volume(pool, node);
                } else if (up + unavailable > size)
                        remove_with_grace(pool, node);
                else if (total < size + surge)
                        node_launch(pool);
                else
                        return;
        }
}

static void adjust_size(Object *pool) {
        const size_t size = wanted_size(pool);
        size_t n_outdated;
        cJSON *node;

        (void) find_outdated(pool, &n_outdated);
        while (n_outdated == 0 && count_staying(pool) > size + count_stuck(pool) &&
               (node = node_surplus(pool)))
                remove_with_grace(pool, node);
        /* A replacement waits until what it replaces is gone. */
        while (count_staying(pool) + nodes_count(pool, "DELETING") < size && node_place(pool))
                node_launch(pool);
}

static bool is_under_way(const Object *pool) {
        return nodes_count(pool, "CREATING") + nodes_count(pool, "UPDATING") +
                       nodes_count(pool, "DELETING") >
               0;
}

static bool has_broken(const Object *pool) {
        const cJSON *node;

        cJSON_ArrayForEach (node, pool->items)
                if (node_is_broken(node))
                        return true;
        return false;
}

static void settle(Object *pool) {
        cJSON *inner = json_get(pool->body, "inner"), *node;
        bool failed = json_bool(inner, "failed", false) || has_broken(pool);

        if (streq(object_state(pool), "DELETING") && count_staying(pool) == 0) {
                lifecycle_end(pool);
                return;
        }
        object_set_state(pool, failed ? "NEEDS_ATTENTION" : "ACTIVE");
        json_remove(pool->body, "lifecycleDetails");
        if (failed)
                json_set_string(pool->body, "lifecycleDetails", "Some nodes of the pool need attention.");
        json_remove(inner, "failed");
        json_remove(inner, "cycling");
        json_remove(inner, "eviction");
        cJSON_ArrayForEach (node, pool->items)
                json_remove(json_get(node, "inner"), "stuck");
        oke_work_end(pool, !failed);
}

static void fail_create(Object *pool) {
        static const char why[] = "The node pool could not be provisioned.";

        object_set_state(pool, "FAILED");
        json_set_string(pool->body, "lifecycleDetails", why);
        oke_work_error(pool, "InternalServerError", why);
        oke_work_end(pool, false);
}

void nodes_turn(Object *pool) {
        const char *state = object_state(pool);

        if (!streq(state, "CREATING") && !streq(state, "UPDATING") && !streq(state, "DELETING"))
                return;
        if (streq(state, "CREATING") && lifecycle_create_fails(pool)) {
                fail_create(pool);
                return;
        }
        cycle(pool);
        adjust_size(pool);
        if (!is_under_way(pool))
                settle(pool);
}

static void on_turn(void *sim, char *id) {
        Object *pool = store_get(sim, id);

        if (pool)
                nodes_turn(pool);
}

void nodes_turn_later(Object *pool, double seconds) {
        lifecycle_later(pool->region->sim, seconds, on_turn, pool->id);
}

void nodes_resume(Object *pool) {
        cJSON *node;

        cJSON_ArrayForEach (node, pool->items) {
                if (!cJSON_IsObject(json_get(node, "inner")))
                        json_set(node, "inner", json_new_object());
                if (!cJSON_IsObject(json_path(node, "inner.launch")))
                        json_set(json_get(node, "inner"), "launch", node_launch_settings(pool));
                node_resume(pool, node);
        }
        nodes_turn_later(pool, 1);
}

void nodes_end(Object *pool) {
        cJSON *node;

        cJSON_ArrayForEach (node, pool->items)
                if (!node_is(node, "DELETED"))
                        node_gone(pool, node);
}

void nodes_drop_broken(Object *pool) {
        cJSON *node;

        cJSON_ArrayForEach (node, pool->items)
                if (node_is_broken(node))
                        node_gone(pool, node);
}

/* A pool that was at rest works again, by itself. */
static void start_repair(Object *pool) {
        if (!object_is_ready(pool))
                return;
        object_set_state(pool, "UPDATING");
        oke_work_start(pool, "NODEPOOL_RECONCILE", NULL);
        nodes_turn_later(pool, 5);
}

static void lose_node(Object *pool, cJSON *node) {
        const char *then = option_string(pool->region->sim, "lostNode");
        Object *cluster = store_get(pool->region->sim, object_text(pool, "clusterId"));
        bool stays = !node_is(node, "DELETING") && streq(then, "INACTIVE");

        if (!stays) {
                node_gone(pool, node);
                if (streq(then, "REPLACED"))
                        start_repair(pool);
                nodes_turn(pool);
                return;
        }
        object_touch(pool, NULL);
        json_set_string(node, "lifecycleState", "INACTIVE");
        json_set_string(node, "lifecycleDetails", "The instance was terminated.");
        if (json_bool(json_get(node, "inner"), "joined", false) && cluster)
                cluster_tell(cluster, node, NODE_LEFT);
        json_set_bool(json_get(node, "inner"), "joined", false);
        if (object_is_ready(pool))
                object_set_state(pool, "NEEDS_ATTENTION");
        nodes_turn(pool);
}

void nodes_on_instance_gone(Region *region, const char *instance_id) {
        const ObjectList *pools = &region->lists[KIND_NODE_POOL];

        for (size_t i = 0; i < pools->n; i++) {
                cJSON *node = node_find(pools->objects[i], instance_id);

                if (node && !node_is(node, "INACTIVE")) {
                        lose_node(pools->objects[i], node);
                        return;
                }
        }
}

int nodes_mark(Object *pool, const char *id, const char *mark, bool on) {
        Object *cluster = store_get(pool->region->sim, object_text(pool, "clusterId"));
        cJSON *node = node_find(pool, id);

        if (!node || !cluster)
                return -ENOENT;
        json_set_bool(json_get(node, "inner"), mark, on);
        if (json_bool(json_get(node, "inner"), "joined", false))
                cluster_tell(cluster, node, NODE_CHANGED);
        return 0;
}

int nodes_find_any(Sim *sim, const char *id, Object **ret_pool) {
        for (size_t r = 0; r < N_REGIONS; r++) {
                const ObjectList *pools = &sim->regions[r].lists[KIND_NODE_POOL];

                for (size_t i = 0; i < pools->n; i++)
                        if (node_find(pools->objects[i], id)) {
                                *ret_pool = pools->objects[i];
                                return 0;
                        }
        }
        return -ENOENT;
}
