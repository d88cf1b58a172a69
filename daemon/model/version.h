/* Versions of Kubernetes: "v1.34.1". */
#pragma once

#include "base/macro.h"

typedef struct KubeVersion {
        unsigned major, minor, patch;
} KubeVersion;

/* -EINVAL for anything but vX.Y.Z, with or without the 'v'. */
int kube_version_parse(const char *s, KubeVersion *ret);
/* Below, equal to or above 0 as 'a' is older than 'b', the same, or newer. */
int kube_version_compare(const KubeVersion *a, const KubeVersion *b);
