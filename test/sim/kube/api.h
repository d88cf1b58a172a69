/* The front door of a cluster's Kubernetes API. */
#pragma once

#include "../forward.h"

/* Answers a call to a cluster's endpoint. A principal that is set already (a console hand) needs no token. */
void kube_handle(Call *c);
