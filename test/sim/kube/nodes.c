/* Nodes come, become Ready a little later, fall silent, and go. What clients changed in one stays.
 *
 *   joined, for READY_SECONDS               Ready False: the CNI is not there yet
 *   then                                    Ready True, said again every BEAT_SECONDS
 *   not heard for SILENCE_SECONDS           every condition Unknown, until it is heard again */
#include "nodes.h"

#include "../kinds/cluster.h"
#include "../store.h"
#include "base/json.h"
#include "node-facts.h"
#include "resource.h"

#define READY_SECONDS   20
#define SILENCE_SECONDS 40
#define BEAT_SECONDS    300
#define BEAT_MIN        USEC_PER_SEC

typedef struct Look {
        Kube *k;
        KubeCluster *cluster;
        const Object *from;
        usec_t now, wall, due;
} Look;

typedef enum Health {
        HEALTH_STARTING,
        HEALTH_GOOD,
        HEALTH_UNKNOWN,
} Health;

static const struct {
        const char *type, *good_reason, *good_message;
} condition_table[] = {
        { "MemoryPressure", "KubeletHasSufficientMemory", "kubelet has sufficient memory available" },
        { "DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure" },
        { "PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available" },
        { "Ready", "KubeletReady", "kubelet is posting ready status" },
};

static cJSON *condition_of(cJSON *conditions, const char *type) {
        cJSON *o;

        cJSON_ArrayForEach (o, conditions)
                if (streq_ptr(json_string(o, "type"), type))
                        return o;
        o = json_new_object();
        json_set_string(o, "type", type);
        json_append(conditions, o);
        return o;
}

static void set_condition(cJSON *o, const char *status, const char *reason, const char *message, usec_t wall,
                          bool beats) {
        bool changes = !streq_ptr(json_string(o, "status"), status);
        char text[TIME_TEXT_SIZE];

        format_rfc3339(wall, text);
        json_set_string(o, "status", status);
        if (beats || !json_string(o, "lastHeartbeatTime"))
                json_set_string(o, "lastHeartbeatTime", text);
        if (changes)
                json_set_string(o, "lastTransitionTime", text);
        json_set_string(o, "reason", reason);
        json_set_string(o, "message", message);
}

static void set_conditions(cJSON *node, Health health, usec_t wall, bool beats) {
        cJSON *conditions = json_path(node, "status.conditions");

        for (size_t i = 0; i < ARRAY_SIZE(condition_table); i++) {
                cJSON *o = condition_of(conditions, condition_table[i].type);
                bool is_ready = streq(condition_table[i].type, "Ready");

                if (health == HEALTH_UNKNOWN)
                        set_condition(o, "Unknown", "NodeStatusUnknown",
                                      "Kubelet stopped posting node status.", wall, false);
                else if (is_ready && health == HEALTH_STARTING)
                        set_condition(o, "False", "KubeletNotReady",
                                      "container runtime network not ready: no CNI configuration yet", wall,
                                      beats);
                else
                        set_condition(o, is_ready ? "True" : "False", condition_table[i].good_reason,
                                      condition_table[i].good_message, wall, beats);
        }
}

static void add_taint(cJSON *taints, const char *key, const char *effect, usec_t at) {
        cJSON *o = json_new_object();
        char text[TIME_TEXT_SIZE];

        json_set_string(o, "key", key);
        json_set_string(o, "effect", effect);
        json_set_string(o, "timeAdded", format_rfc3339(at, text));
        json_append(taints, o);
}

/* Keeps the taints of others, and a taint of ours that goes on. */
static void set_taints(cJSON *node, Health health, usec_t wall) {
        const struct {
                const char *key, *effect;
                bool wanted;
        } table[] = {
                { "node.kubernetes.io/not-ready", "NoSchedule", health == HEALTH_STARTING },
                { "node.kubernetes.io/unreachable", "NoSchedule", health == HEALTH_UNKNOWN },
                { "node.kubernetes.io/unreachable", "NoExecute", health == HEALTH_UNKNOWN },
                { "node.kubernetes.io/unschedulable", "NoSchedule",
                  json_bool(json_get(node, "spec"), "unschedulable", false) },
        };
        const cJSON *have = json_path(node, "spec.taints"), *taint;
        bool there[ARRAY_SIZE(table)] = {};
        cJSON *taints = json_new_array();

        cJSON_ArrayForEach (taint, have) {
                bool keep = true;

                for (size_t i = 0; i < ARRAY_SIZE(table); i++)
                        if (streq_ptr(json_string(taint, "key"), table[i].key) &&
                            streq_ptr(json_string(taint, "effect"), table[i].effect))
                                keep = there[i] = table[i].wanted;
                if (keep)
                        json_append(taints, json_copy(taint));
        }
        for (size_t i = 0; i < ARRAY_SIZE(table); i++)
                if (table[i].wanted && !there[i])
                        add_taint(taints, table[i].key, table[i].effect, wall);
        if (taints->child)
                json_set(json_get(node, "spec"), "taints", taints);
        else {
                cJSON_Delete(taints);
                json_remove(json_get(node, "spec"), "taints");
        }
}

static KubeNode *kubelet_of(Look *l, const char *name) {
        KubeNode *n;

        HASH_FIND_STR(l->cluster->nodes, name, n);
        if (n)
                return n;
        n = xnew(KubeNode, 1);
        *n = (KubeNode){ .name = xstrdup(name) };
        if (l->k->looked) /* else it has been there for long */
                n->ready_at = l->now + sim_scaled(l->k->sim, READY_SECONDS);
        HASH_ADD_KEYPTR(hh, l->cluster->nodes, n->name, strlen(n->name), n);
        return n;
}

static void kubelet_free(KubeCluster *cluster, KubeNode *n) {
        HASH_DEL(cluster->nodes, n);
        free(n->name);
        free(n);
}

static void expect(Look *l, usec_t at) {
        if (at > l->now)
                l->due = MIN(l->due, at);
}

static Health health_of(Look *l, KubeNode *n, const cJSON *node) {
        usec_t patience = sim_scaled(l->k->sim, SILENCE_SECONDS);
        bool heard = json_bool(json_get(node, "inner"), "ready", true) &&
                     !streq_ptr(json_string(node, "lifecycleState"), "INACTIVE");

        if (heard)
                n->silent_since = 0;
        else if (n->silent_since == 0)
                n->silent_since = l->now;
        if (!heard && l->now >= n->silent_since + patience)
                return HEALTH_UNKNOWN;
        if (!heard)
                expect(l, n->silent_since + patience);
        expect(l, n->ready_at);
        return l->now >= n->ready_at ? HEALTH_GOOD : HEALTH_STARTING;
}

/* The machine behind a name may be another one than before. */
static cJSON *node_object(Look *l, const Object *pool, const cJSON *node, const char *name) {
        const cJSON *have = kube_store_get(&l->cluster->store, &kube_nodes, NULL, name);
        KubeNode *n;

        if (have && streq_ptr(json_path_string(have, "spec.providerID"), json_string(node, "id")))
                return json_copy(have);
        if (have) {
                kube_store_remove(&l->cluster->store, &kube_nodes, NULL, name);
                HASH_FIND_STR(l->cluster->nodes, name, n);
                if (n)
                        kubelet_free(l->cluster, n);
        }
        return kube_node_new(l->from, pool, node, HASH_COUNT(l->cluster->nodes), l->wall);
}

static void on_node(Object *pool, const cJSON *node, void *userdata) {
        const char *name = json_string(node, "privateIp");
        Look *l = userdata;
        Health health;
        KubeNode *n;
        cJSON *o;
        bool beats;

        if (!name)
                return;
        o = node_object(l, pool, node, name);
        n = kubelet_of(l, name);
        n->seen = true;
        health = health_of(l, n, node);
        beats = n->silent_since == 0 && l->now >= n->beat_at;
        if (beats)
                n->beat_at = l->now + MAX(sim_scaled(l->k->sim, BEAT_SECONDS), BEAT_MIN);
        if (n->silent_since == 0)
                expect(l, n->beat_at);
        kube_node_set_info(o, pool, node);
        set_conditions(o, health, l->wall, beats);
        set_taints(o, health, l->wall);
        kube_store_put(&l->cluster->store, &kube_nodes, o);
}

usec_t kube_nodes_follow(Kube *k, KubeCluster *cluster, const Object *from, usec_t now) {
        Look l = { .k = k,
                   .cluster = cluster,
                   .from = from,
                   .now = now,
                   .wall = sim_wall_clock(k->sim),
                   .due = USEC_INFINITY };
        KubeNode *n, *next;

        HASH_ITER (hh, cluster->nodes, n, next)
                n->seen = false;
        cluster_each_node(from, on_node, &l);
        HASH_ITER (hh, cluster->nodes, n, next)
                if (!n->seen) {
                        kube_store_remove(&cluster->store, &kube_nodes, NULL, n->name);
                        kubelet_free(cluster, n);
                }
        return l.due;
}

void kube_nodes_cordon(KubeCluster *cluster, const char *name) {
        const cJSON *have = kube_store_get(&cluster->store, &kube_nodes, NULL, name);
        cJSON *o = json_copy(have);

        if (!o)
                return;
        json_set_path(o, "spec.unschedulable", cJSON_CreateTrue());
        kube_store_put(&cluster->store, &kube_nodes, o);
}

void kube_nodes_done(KubeCluster *cluster) {
        KubeNode *n, *next;

        HASH_ITER (hh, cluster->nodes, n, next)
                kubelet_free(cluster, n);
}
