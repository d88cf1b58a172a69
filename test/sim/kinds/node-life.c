/* What happens to one node, and how long it takes: it comes, joins, is drained, goes. Each step ends with a turn of its pool. */
#include "base/json.h"
#include "cluster.h"
#include "instance.h"
#include "lifecycle.h"
#include "nodes.h"
#include "oke-work-request.h"
#include "options.h"
#include "store.h"

#define LAUNCH_SECONDS    180
#define FAIL_SECONDS      60
#define DRAIN_SECONDS     30 /* cordon and drain, when nothing holds them up */
#define TERMINATE_SECONDS 60
#define REBOOT_SECONDS    60
#define VOLUME_SECONDS    120

static void tell(Object *pool, const cJSON *node, ClusterEvent event) {
        Object *cluster = store_get(pool->region->sim, object_text(pool, "clusterId"));

        if (cluster)
                cluster_tell(cluster, node, event);
}

static void set_inner(cJSON *node, const char *name, double number) {
        json_set_number(json_get(node, "inner"), name, number);
}

static double inner_number(const cJSON *node, const char *name) {
        return json_number(json_get(node, "inner"), name, 0);
}

static bool inner_is(const cJSON *node, const char *name) {
        return json_bool(json_get(node, "inner"), name, false);
}

/* Timers name pool and node: either may be gone when they run. */
static void later(Object *pool, const cJSON *node, double seconds, void (*func)(void *sim, char *subject)) {
        _cleanup_free_ char *subject = xasprintf("%s %s", pool->id, json_string(node, "id"));

        lifecycle_later(pool->region->sim, seconds, func, subject);
}

static cJSON *subject_find(void *sim, char *subject, Object **ret_pool) {
        char *blank = strchr(subject, ' ');

        *blank = '\0';
        *ret_pool = store_get(sim, subject);
        return *ret_pool ? node_find(*ret_pool, blank + 1) : NULL;
}

static void on_up(void *sim, char *subject) {
        Object *pool;
        cJSON *node = subject_find(sim, subject, &pool);
        const cJSON *doom = json_path(node, "inner.doom");

        if (!node || !node_is(node, "CREATING"))
                return;
        object_touch(pool, NULL);
        if (doom) {
                json_set_string(node, "lifecycleState", "FAILING");
                json_set_copy(node, "nodeError", doom);
                json_set_copy(node, "lifecycleDetails", json_get(doom, "message"));
                oke_work_error(pool, json_string(doom, "code"), json_string(doom, "message"));
        } else {
                json_set_string(node, "lifecycleState", "ACTIVE");
                json_set_bool(json_get(node, "inner"), "joined", true);
                json_set_bool(json_get(node, "inner"), "ready", true);
                tell(pool, node, NODE_JOINED);
        }
        nodes_turn(pool);
}

/* A node that cannot have its instance has an id of its own all the same. */
static void give_instance(Object *pool, cJSON *node) {
        Object *instance = instance_add(pool, node);

        json_set_string(node, "id", instance->id);
        if (json_path(node, "inner.doom"))
                store_remove(instance);
}

void node_launch(Object *pool) {
        cJSON *node = json_new_object(), *inner = json_new_object();

        object_touch(pool, NULL);
        json_set(inner, "launch", node_launch_settings(pool));
        json_set(node, "id", cJSON_CreateNull());
        json_set(node, "name", cJSON_CreateNull());
        json_set(node, "publicIp", cJSON_CreateNull());
        json_set_copy(node, "kubernetesVersion", json_get(pool->body, "kubernetesVersion"));
        json_set_string(node, "nodePoolId", pool->id);
        json_set_string(node, "lifecycleState", "CREATING");
        json_set_copy(node, "freeformTags", json_path(pool->body, "nodeConfigDetails.freeformTags"));
        json_set_copy(node, "definedTags", json_path(pool->body, "nodeConfigDetails.definedTags"));
        json_set(node, "inner", inner);
        json_append(pool->items, node);
        node_settle_in(pool, node, node_place(pool));
        give_instance(pool, node);
        later(pool, node, json_get(inner, "doom") ? FAIL_SECONDS : LAUNCH_SECONDS, on_up);
}

static void on_vanish(void *sim, char *subject) {
        char *blank = strchr(subject, ' ');
        Object *pool;
        cJSON *node;

        *blank = '\0';
        pool = store_get(sim, subject);
        if (!pool)
                return;
        cJSON_ArrayForEach (node, pool->items)
                if (streq_ptr(json_string(node, "id"), blank + 1) && node_is(node, "DELETED")) {
                        object_touch(pool, NULL);
                        cJSON_Delete(cJSON_DetachItemViaPointer(pool->items, node));
                        return;
                }
}

void node_gone(Object *pool, cJSON *node) {
        Object *instance = store_get_kind(pool->region, KIND_INSTANCE, json_string(node, "id"));
        bool joined = inner_is(node, "joined");

        object_touch(pool, NULL);
        json_set_string(node, "lifecycleState", "DELETED");
        json_set_bool(json_get(node, "inner"), "joined", false);
        if (joined)
                tell(pool, node, NODE_LEFT);
        if (instance)
                lifecycle_end(instance);
        later(pool, node, option_number(pool->region->sim, "nodeLingerSeconds"), on_vanish);
}

static void on_terminated(void *sim, char *subject) {
        Object *pool;
        cJSON *node = subject_find(sim, subject, &pool);

        if (!node || !node_is(node, "DELETING") ||
            !streq_ptr(json_path_string(node, "inner.phase"), "terminate"))
                return;
        node_gone(pool, node);
        nodes_turn(pool);
}

static void terminate(Object *pool, cJSON *node) {
        Object *instance = store_get_kind(pool->region, KIND_INSTANCE, json_string(node, "id"));

        json_set_string(json_get(node, "inner"), "phase", "terminate");
        if (instance && object_is_live(instance))
                object_set_state(instance, "TERMINATING");
        later(pool, node, TERMINATE_SECONDS, on_terminated);
}

/* The eviction grace is over and something held out: the node stays. */
static void give_up_drain(Object *pool, cJSON *node) {
        static const char why[] = "The node could not be drained within the eviction grace duration.";
        cJSON *config = json_get(pool->body, "nodeConfigDetails");

        json_set_string(node, "lifecycleState", "ACTIVE");
        json_set_bool(json_get(node, "inner"), "stuck", true);
        if (inner_is(node, "decrement")) { /* the order is void, and so is what it did to the size */
                json_set_number(config, "size", json_number(config, "size", 0) + 1);
                json_remove(json_get(node, "inner"), "decrement");
        }
        json_set_string(node, "lifecycleDetails", why);
        json_set_bool(json_get(pool->body, "inner"), "failed", true);
        oke_work_error(pool, "EvictionGraceDurationExceeded", why);
        tell(pool, node, NODE_UNDRAINED);
}

/* Once in a while somebody looks whether the pods are gone. */
static void on_drained(void *sim, char *subject) {
        Object *pool;
        cJSON *node = subject_find(sim, subject, &pool);
        double left;

        if (!node || !node_is(node, "DELETING") ||
            !streq_ptr(json_path_string(node, "inner.phase"), "drain"))
                return;
        object_touch(pool, NULL);
        left = inner_number(node, "grace") - inner_number(node, "spent");
        if (inner_is(node, "drainHangs") && left > 0) {
                double step = MIN(left, (double) DRAIN_SECONDS);

                set_inner(node, "spent", inner_number(node, "spent") + step);
                later(pool, node, step, on_drained);
                return;
        }
        if (inner_is(node, "drainHangs") && !inner_is(node, "force"))
                give_up_drain(pool, node);
        else
                terminate(pool, node);
        nodes_turn(pool);
}

void node_remove(Object *pool, cJSON *node, double grace_seconds, bool force) {
        bool joined = inner_is(node, "joined");
        double step = MIN(grace_seconds, (double) DRAIN_SECONDS);

        if (node_is_broken(node)) {
                node_gone(pool, node);
                nodes_turn_later(pool, 1);
                return;
        }
        object_touch(pool, NULL);
        json_set_string(node, "lifecycleState", "DELETING");
        json_set_string(json_get(node, "inner"), "phase", "drain");
        set_inner(node, "grace", grace_seconds);
        set_inner(node, "spent", step);
        json_set_bool(json_get(node, "inner"), "force", force);
        if (!joined || grace_seconds <= 0) { /* nobody to ask */
                terminate(pool, node);
                return;
        }
        later(pool, node, step, on_drained);
        tell(pool, node, NODE_DRAINING);
}

/* Up again, from the boot volume that it has now. */
static void on_back(void *sim, char *subject) {
        Object *pool;
        cJSON *node = subject_find(sim, subject, &pool);
        Object *instance;

        if (!node || !node_is(node, "UPDATING"))
                return;
        object_touch(pool, NULL);
        json_set_string(node, "lifecycleState", "ACTIVE");
        json_set_bool(json_get(node, "inner"), "ready", true);
        json_set_copy(node, "kubernetesVersion", json_path(node, "inner.launch.kubernetesVersion"));
        instance = store_get_kind(pool->region, KIND_INSTANCE, json_string(node, "id"));
        if (instance) {
                object_touch(instance, NULL);
                instance_set_source(instance, json_path(node, "inner.launch"));
        }
        tell(pool, node, NODE_CHANGED);
        nodes_turn(pool);
}

static void take_down(Object *pool, cJSON *node, double seconds) {
        object_touch(pool, NULL);
        json_set_string(node, "lifecycleState", "UPDATING");
        json_set_bool(json_get(node, "inner"), "ready", false);
        later(pool, node, seconds, on_back);
        tell(pool, node, NODE_CHANGED);
}

void node_replace_boot_volume(Object *pool, cJSON *node) {
        static const char *const members[] = { "kubernetesVersion", "nodeSourceDetails", "nodeMetadata",
                                               "sshPublicKey" };
        _cleanup_json_ cJSON *launch = node_launch_settings(pool);

        for (size_t i = 0; i < ARRAY_SIZE(members); i++)
                json_set_copy(json_path(node, "inner.launch"), members[i], json_get(launch, members[i]));
        take_down(pool, node, VOLUME_SECONDS);
}

void node_reboot(Object *pool, cJSON *node) {
        take_down(pool, node, REBOOT_SECONDS);
}

void node_resume(Object *pool, cJSON *node) {
        if (node_is(node, "CREATING"))
                later(pool, node, json_path(node, "inner.doom") ? FAIL_SECONDS : LAUNCH_SECONDS, on_up);
        else if (node_is(node, "UPDATING"))
                later(pool, node, VOLUME_SECONDS, on_back);
        else if (node_is(node, "DELETED"))
                later(pool, node, option_number(pool->region->sim, "nodeLingerSeconds"), on_vanish);
        else if (node_is(node, "DELETING") && streq_ptr(json_path_string(node, "inner.phase"), "drain"))
                later(pool, node, DRAIN_SECONDS, on_drained);
        else if (node_is(node, "DELETING")) {
                json_set_string(json_get(node, "inner"), "phase", "terminate");
                later(pool, node, TERMINATE_SECONDS, on_terminated);
        }
}
