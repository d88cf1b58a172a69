/* The kubeconfig of a cluster as OKE gives it, and the rehearsal's own in DIR. */
#pragma once

#include "forward.h"

/* POST /clusters/{id}/kubeconfig/content: an action that reads its body itself, for there may be none. */
int kubeconfig_reply(Call *c, Object *cluster, const cJSON *none);

/* DIR/kubeconfig: a context per cluster that serves, named after it (by OCID where several have its name). Nothing but the
 * simulator has to be reached or run for it: the server is the simulator's own port, tls-server-name says which cluster, and
 * the user has a token that the simulator takes from it alone. The caller frees. */
char *kubeconfig_text(Sim *sim, const char *address, uint16_t port);
