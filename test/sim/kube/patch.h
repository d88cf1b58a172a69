/* PATCH of one object, by merging. */
#pragma once

#include "kube.h"

int kube_patch(Call *c, KubeCluster *k, const KubeResource *resource, const char *space, const char *name);
