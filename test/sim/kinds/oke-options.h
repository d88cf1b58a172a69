/* What Container Engine has on offer: versions, shapes, node images, add-ons. */
#pragma once

#include "forward.h"

/* clusterOptions, nodePoolOptions and addonOptions; 404 for anything else. */
int oke_options_handle(Call *c, const char *collection, const char *id, const char *rest);

bool oke_shape_is_known(const char *shape);
bool oke_shape_is_flexible(const char *shape);
/* A node image of the region: {sourceType, sourceName, imageId, version, arch}; owned, NULL if unknown. */
cJSON *oke_image_find(const Region *region, const char *image_id);
/* The newest one of that Kubernetes version that runs on the shape; owned, NULL when there is none. */
cJSON *oke_image_newest(const Region *region, const char *kubernetes_version, const char *shape);
bool oke_image_fits_shape(const cJSON *image, const char *shape);

bool oke_addon_is_known(const char *name);
const char *oke_addon_version(const char *name); /* the newest; NULL if unknown */
bool oke_addon_has_version(const char *name, const char *version);
/* The n-th of those that a new cluster with that pod network comes with; NULL: no more. */
const char *oke_addon_essential(const char *cni_type, size_t n);
