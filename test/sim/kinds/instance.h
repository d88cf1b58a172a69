/* The compute instances behind nodes. */
#pragma once

#include "kind.h"

/* The instance of a node that is being made; borrowed. */
Object *instance_add(Object *pool, const cJSON *node);
/* What it was made from, after the boot volume was replaced. */
void instance_set_source(Object *instance, const cJSON *launch);
