/* The objects of one Kubernetes API, with a history of changes for watches and for pages of one list. */
#pragma once

#include <uthash.h>

#include "../forward.h"

struct KubeObject {
        const KubeResource *resource;
        char *key; /* PLURAL.GROUP/NAMESPACE/NAME */
        cJSON *body;
        UT_hash_handle hh;
};

typedef struct KubeChange {
        uint64_t version;
        const KubeResource *resource;
        cJSON *before, *after; /* NULL: not there before; gone after, and 'before' has the last version */
} KubeChange;

typedef struct KubeStore {
        KubeObject *objects; /* uthash */
        uint64_t version;    /* the last change's */
        uint64_t forgotten;  /* changes up to this one are no longer in 'changes' */
        KubeChange *changes; /* oldest first */
        size_t n_changes;
} KubeStore;

/* Versions go on rising over restarts: they begin with the time. */
void kube_store_init(KubeStore *s, usec_t now);
void kube_store_done(KubeStore *s);

const cJSON *kube_store_get(const KubeStore *s, const KubeResource *resource, const char *space,
                            const char *name); /* borrowed */
/* Creates or replaces (takes 'body' over) and sets its resourceVersion; does nothing when it is there just so. */
void kube_store_put(KubeStore *s, const KubeResource *resource, cJSON *body);
void kube_store_remove(KubeStore *s, const KubeResource *resource, const char *space, const char *name);
/* Forgets all but the last 'n' changes. */
void kube_store_forget(KubeStore *s, size_t n);

/* What there was of a resource when 'version' was the last change (it is not forgotten), by namespace and name. 'space'
 * NULL: in all. The caller frees the array, not what is in it. */
const cJSON **kube_store_list(const KubeStore *s, const KubeResource *resource, const char *space,
                              uint64_t version, size_t *ret_n);

const char *kube_name(const cJSON *o);
const char *kube_space(const cJSON *o); /* "" where it has none */
uint64_t kube_version(const cJSON *o);
