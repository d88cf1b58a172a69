/* The kinds of Kubernetes objects that are served, as data. */
#pragma once

#include "../forward.h"

#define KUBE_COLUMNS_MAX 12

/* What `kubectl get` shows: a column of the Table that the server renders. */
typedef struct KubeColumn {
        const char *name;
        char *(*text)(const cJSON *o, usec_t now); /* owned by the caller */
        bool wide;                                 /* with -o wide only */
} KubeColumn;

struct KubeResource {
        const char *group; /* "" for core */
        const char *version, *plural, *singular, *kind;
        bool namespaced;
        const char *verbs[10], *short_names[4]; /* each ended by NULL */
        const char *fields[4]; /* that a field selector takes besides metadata.name and metadata.namespace */
        const char *writable[8];              /* what a client may change; everything else stays as it is */
        KubeColumn columns[KUBE_COLUMNS_MAX]; /* ended by one without a name */
};

extern const KubeResource kube_nodes, kube_namespaces;

/* All of them, the n-th; NULL beyond the last. */
const KubeResource *kube_resource(size_t n);
/* "" and "v1" and "nodes"; NULL if unknown. */
const KubeResource *kube_resource_find(const char *group, const char *version, const char *plural);
bool kube_resource_has_verb(const KubeResource *r, const char *verb);
