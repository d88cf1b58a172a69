/* What runs inside the simulated clusters: for each that serves, the objects of its Kubernetes API. It
 * follows the Container Engine by looking, again after everything that happens there: a cluster that serves
 * has an API, a node that has joined has its Node. A snapshot has nothing of it: the Nodes are made anew from the pools, with the
 * same uids, and what clients changed in them (a cordon) is gone. */
#pragma once

#include <uthash.h>

#include "../sim.h"
#include "objects.h"

/* A Node's kubelet. */
typedef struct KubeNode {
        char *name;
        usec_t ready_at;     /* sim_time(): when it has all that it needs */
        usec_t silent_since; /* sim_time(); 0: it is heard */
        usec_t beat_at;      /* sim_time(): when it reports again though nothing changed */
        bool seen;           /* by the present look */
        UT_hash_handle hh;
} KubeNode;

struct KubeCluster {
        char *id; /* the cluster's OCID */
        Region *region;
        KubeStore store;
        KubeNode *nodes; /* uthash */
        bool seen;
        UT_hash_handle hh;
};

struct Kube {
        Sim *sim;              /* not owned */
        KubeCluster *clusters; /* uthash */
        char *rehearsal_token; /* what DIR/kubeconfig has its user say; every cluster takes it. It stays as long as the API key. */
        bool stale;  /* something happened since the last look */
        bool looked; /* at least once: what is new from then on has just come */
        usec_t due;  /* sim_time() of the next change that comes of itself */
};

Kube *kube_new(Sim *sim); /* begins to watch the clusters; the simulator has its keys by now */
Kube *kube_free(Kube *k);

/* Looks whether anything is to be done, and does it. */
void kube_run(Kube *k);
/* The cluster's, or NULL when it does not serve. Borrowed until the next kube_run(). */
KubeCluster *kube_cluster(Kube *k, const char *id);

/* The first cluster after 'last' (NULL: from the beginning) whose endpoint a request was sent to: by the Host header
 * ("10.0.0.4:6443"), else by the name that the TLS connection was opened for. Endpoints of different VCNs may be equal. */
Object *kube_match(const Call *c, const Object *last);
/* What names a cluster in TLS where its address cannot: its OCID, which is a host name like any. */
const char *kube_server_name(const Object *cluster);
/* Every name and address that a client may use for a cluster, appended for the certificate. */
void kube_add_names(Sim *sim, char ***names);
