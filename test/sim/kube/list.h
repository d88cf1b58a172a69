/* Reading: one object, a page of a list, and the table that kubectl prints. */
#pragma once

#include "kube.h"

int kube_get(Call *c, KubeCluster *k, const KubeResource *resource, const char *space, const char *name);
int kube_list(Call *c, KubeCluster *k, const KubeResource *resource, const char *space);

/* Reads the query's resourceVersion. *ret_given: it is there and not "0". Negative after a 400, or a 504 where the
 * cluster has not got that far. */
int kube_read_version(Call *c, const KubeStore *store, uint64_t *ret, bool *ret_given);

/* The call asks for Tables; and one of n objects, for it to print. */
bool kube_wants_table(const Call *c);
cJSON *kube_table(const Call *c, const KubeResource *resource, const cJSON *const *objects, size_t n);
