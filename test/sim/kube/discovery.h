/* What the API says of itself: /api, /apis and the resources of a version, in both forms. */
#pragma once

#include "../forward.h"

/* True when the path is one of these, and the call is answered. */
bool kube_discovery_handle(Call *c);
