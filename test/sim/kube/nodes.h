/* Node objects: what a kubelet and the cloud controller say of a node of a pool. */
#pragma once

#include "kube.h"

/* Brings the Nodes of a cluster to what its pools have at 'now' (sim_time()); returns when it is to be done again though
 * nothing happens. */
usec_t kube_nodes_follow(Kube *k, KubeCluster *cluster, const Object *from, usec_t now);
void kube_nodes_cordon(KubeCluster *cluster, const char *name);
void kube_nodes_done(KubeCluster *cluster);
