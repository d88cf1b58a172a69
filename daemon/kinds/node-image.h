/* Which image the nodes of a pool boot. */
#pragma once

#include "model/kind.h"

/* The newest of the images that OKE offers for this version ("v1.34.1") and shape ("VM.Standard.E4.Flex"): the element of
 * 'sources' ({sourceName, imageId}) or NULL when there is none. An image's name says all of it: operating system, "aarch64" or
 * "Gen2-GPU" unless it is for plain x86_64, the day that it was built, "OKE-1.34.1-BUILD". */
const cJSON *newest_image(const cJSON *sources, const char *version, const char *shape);
