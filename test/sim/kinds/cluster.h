/* Clusters and their nodes, for those who serve what runs inside them (the Kubernetes API) and need to know when one comes or
 * goes. What a cluster and a node look like in the API is their JSON; 'inner' is what only the cloud knows about a node:
 *
 *   inner.ready         false: the node's kubelet does not answer. It is set by POST /node of control.sock and read by nobody here.
 *   inner.podIps        [address]: with OCI_VCN_IP_NATIVE, what the node's pods may have
 *   inner.launch        the pool's settings that the node was made with: nodeShape, nodeShapeConfig {ocpus, memoryInGBs},
 *                       kubernetesVersion, nodeSourceDetails {imageId, bootVolumeSizeInGBs}, nodeMetadata, initialNodeLabels
 *                       [{key, value}], podNetwork (nodePoolPodNetworkOptionDetails) … as far as given
 *   inner.drainHangs    evictions do not come to an end (POST /node, or cluster_hold_drain())
 *
 * A node is borrowed and lives until the next change of its pool: keep its id, not its address. */
#pragma once

#include "sim.h"

typedef enum ClusterEvent {
        CLUSTER_UP,       /* the control plane answers from now on */
        CLUSTER_UPGRADED, /* kubernetesVersion is another one now */
        CLUSTER_GONE,     /* deleted: the control plane answers no more; its nodes left before */
        NODE_JOINED,      /* the node is ACTIVE: its kubelet has registered */
        NODE_CHANGED,     /* inner.ready, or version and image after a boot volume replacement */
        NODE_DRAINING,    /* to be cordoned, and its pods to be evicted */
        NODE_UNDRAINED,   /* the drain was given up: the node stays, cordoned */
        NODE_LEFT,        /* the instance is gone, of itself or by order */
        _CLUSTER_EVENT_MAX,
} ClusterEvent;

/* One watcher per simulator; NULL ends it. 'node' is NULL for what is about the cluster itself. 'userdata' is not
 * owned. It hears nothing of what is there already: walk that first. It must not add or remove clusters, pools or nodes from
 * inside. ClusterWatchFunc is in sim.h. */
void cluster_watch(Sim *sim, ClusterWatchFunc func, void *userdata);

/* Tells the watcher; for the kinds themselves. */
void cluster_tell(Object *cluster, const cJSON *node, ClusterEvent event);

/* The control plane answers: the cluster was made, and is not on its way out. */
bool cluster_serves(const Object *cluster);
/* The first cluster of the region that serves after 'last' (NULL: from the beginning), or NULL. Borrowed. */
Object *cluster_next(Region *region, const Object *last);
/* "10.0.0.4:6443"; which is publicEndpoint, privateEndpoint or vcnHostnameEndpoint. NULL when it has none. */
const char *cluster_endpoint(const Object *cluster, const char *which);

/* Calls 'func' for every node of the cluster that has joined and not left (ACTIVE, UPDATING, DELETING, INACTIVE). */
void cluster_each_node(const Object *cluster, void (*func)(Object *pool, const cJSON *node, void *userdata),
                       void *userdata);
/* The node with that name or OCID in the cluster, joined and not left; NULL if none. *ret_pool (may be NULL) is its pool. */
const cJSON *cluster_find_node(const Object *cluster, const char *name, Object **ret_pool);
/* A drain of the node does not end (evictions are refused) until this is taken back. -ENOENT: no such node. */
int cluster_hold_drain(Object *cluster, const char *node_id, bool hold);
