/* The clusters that serve, and which of them a request is for. */
#include "kube.h"

#include "../call.h"
#include "../kinds/cluster.h"
#include "../options.h"
#include "../store.h"
#include "base/encode.h"
#include "base/json.h"
#include "nodes.h"
#include "resource.h"

static const char *const endpoint_names[] = { "privateEndpoint", "publicEndpoint", "vcnHostnameEndpoint" };

static void on_event(Object *cluster, const cJSON *node, ClusterEvent event, void *userdata) {
        Kube *k = userdata;
        KubeCluster *c = kube_cluster(k, cluster->id);

        k->stale = true;
        if (event == NODE_DRAINING && c && json_string(node, "privateIp"))
                kube_nodes_cordon(c, json_string(node, "privateIp"));
}

Kube *kube_new(Sim *sim) {
        Kube *k = xnew(Kube, 1);

        *k = (Kube){ .sim = sim, .stale = true, .due = USEC_INFINITY };
        k->rehearsal_token = sha256_hex(sim->key_fingerprint, strlen(sim->key_fingerprint));
        cluster_watch(sim, on_event, k);
        return k;
}

static void cluster_free(Kube *k, KubeCluster *c) {
        HASH_DEL(k->clusters, c);
        kube_nodes_done(c);
        kube_store_done(&c->store);
        free(c->id);
        free(c);
}

Kube *kube_free(Kube *k) {
        KubeCluster *c, *next;

        if (!k)
                return NULL;
        cluster_watch(k->sim, NULL, NULL);
        HASH_ITER (hh, k->clusters, c, next)
                cluster_free(k, c);
        free(k->rehearsal_token);
        free(k);
        return NULL;
}

KubeCluster *kube_cluster(Kube *k, const char *id) {
        KubeCluster *c;

        HASH_FIND_STR(k->clusters, id, c);
        return c;
}

static void add_namespace(KubeCluster *c, const char *name, usec_t now) {
        _cleanup_free_ char *text = xasprintf("namespace %s %s", c->id, name),
                            *hex = sha256_hex(text, strlen(text)),
                            *uid = xasprintf("%.8s-%.4s-4%.3s-a%.3s-%.12s", hex, hex + 8, hex + 12, hex + 15,
                                             hex + 18);
        cJSON *o = json_new_object(), *finalizers = json_new_array();
        char at[TIME_TEXT_SIZE];

        json_set_string(o, "kind", "Namespace");
        json_set_string(o, "apiVersion", "v1");
        json_set_path(o, "metadata.name", json_new_string(name));
        json_set_path(o, "metadata.uid", json_new_string(uid));
        json_set_path(o, "metadata.creationTimestamp", json_new_string(format_rfc3339(now, at)));
        json_set_path(o, "metadata.labels", json_new_object());
        json_set_string(json_path(o, "metadata.labels"), "kubernetes.io/metadata.name", name);
        json_append_string(finalizers, "kubernetes");
        json_set_path(o, "spec.finalizers", finalizers);
        json_set_path(o, "status.phase", json_new_string("Active"));
        kube_store_put(&c->store, &kube_namespaces, o);
}

static KubeCluster *cluster_of(Kube *k, const Object *o) {
        static const char *const spaces[] = { "default", "kube-node-lease", "kube-public", "kube-system" };
        KubeCluster *c = kube_cluster(k, o->id);
        usec_t now = sim_wall_clock(k->sim);

        if (c)
                return c;
        c = xnew(KubeCluster, 1);
        *c = (KubeCluster){ .id = xstrdup(o->id), .region = o->region };
        kube_store_init(&c->store, now_realtime());
        for (size_t i = 0; i < ARRAY_SIZE(spaces); i++)
                add_namespace(c, spaces[i], now);
        HASH_ADD_KEYPTR(hh, k->clusters, c->id, strlen(c->id), c);
        return c;
}

static void look(Kube *k, usec_t now) {
        KubeCluster *c, *next;

        k->stale = false;
        k->due = USEC_INFINITY;
        HASH_ITER (hh, k->clusters, c, next)
                c->seen = false;
        for (size_t i = 0; i < N_REGIONS; i++)
                for (Object *o = NULL; (o = cluster_next(&k->sim->regions[i], o));) {
                        usec_t due;

                        c = cluster_of(k, o);
                        c->seen = true;
                        due = kube_nodes_follow(k, c, o, now);
                        k->due = MIN(k->due, due);
                }
        HASH_ITER (hh, k->clusters, c, next)
                if (!c->seen)
                        cluster_free(k, c);
        k->looked = true;
}

void kube_run(Kube *k) {
        size_t history = (size_t) MAX(option_number(k->sim, "watchHistory"), 0.0);
        usec_t now = sim_time(k->sim);
        KubeCluster *c, *next;

        if (k->stale || now >= k->due)
                look(k, now);
        HASH_ITER (hh, k->clusters, c, next)
                kube_store_forget(&c->store, history);
}

const char *kube_server_name(const Object *cluster) {
        return cluster->id;
}

static bool is_for(const Call *c, const Object *cluster) {
        for (size_t i = 0; i < ARRAY_SIZE(endpoint_names); i++) {
                const char *endpoint = cluster_endpoint(cluster, endpoint_names[i]);

                if (endpoint && c->host && strcasecmp(endpoint, c->host) == 0)
                        return true;
        }
        return streq_ptr(kube_server_name(cluster), c->server_name);
}

Object *kube_match(const Call *c, const Object *last) {
        for (size_t i = 0; i < N_REGIONS; i++) {
                Region *region = &c->sim->regions[i];
                Object *o = NULL;

                if (last && last->region != region)
                        continue;
                if (last) {
                        o = cluster_next(region, last);
                        last = NULL; /* the regions after it from their beginning */
                } else
                        o = cluster_next(region, NULL);
                for (; o; o = cluster_next(region, o))
                        if (is_for(c, o))
                                return o;
        }
        return NULL;
}

void kube_add_names(Sim *sim, char ***names) {
        for (size_t i = 0; i < N_REGIONS; i++)
                for (Object *o = NULL; (o = cluster_next(&sim->regions[i], o));) {
                        strv_push(names, kube_server_name(o));
                        for (size_t e = 0; e < ARRAY_SIZE(endpoint_names); e++) {
                                const char *endpoint = cluster_endpoint(o, endpoint_names[e]);
                                _cleanup_free_ char *name = NULL;

                                if (!endpoint)
                                        continue;
                                name = xstrndup(endpoint, strcspn(endpoint, ":"));
                                strv_push(names, name);
                        }
                }
}
