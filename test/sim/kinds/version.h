/* Kubernetes versions as Container Engine writes them: v1.34.1. */
#pragma once

#include "sim.h"

bool version_is_valid(const char *v);
int version_compare(const char *a, const char *b); /* <0, 0, >0; both valid */
long version_minor(const char *v);
/* The option kubernetesVersions has it. */
bool version_is_offered(const Sim *sim, const char *v);
/* What a control plane of that version can be upgraded to: newer ones of its minor version and of the next. Owned. */
cJSON *version_upgrades(const Sim *sim, const char *v);
/* The offered ones, all or the last of each minor version. Owned. */
cJSON *version_list(const Sim *sim, bool all_patches);
