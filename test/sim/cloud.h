/* The front door of the simulated cloud: host, signature, rate, path. Works on calls, knows nothing of
 * sockets. */
#pragma once

#include "forward.h"

/* Understands the host: sets region and service, or is_kube for a cluster's endpoint. False when it is none of ours (the call
 * is answered 404 then). */
bool cloud_route_host(Call *c);
/* Handles a call whose host was routed: afterwards it has a status, and the time its reply takes. A
 * principal that is set already (a console hand) needs no signature. */
void cloud_handle(Call *c);

/* Answers as the fault says, without any effect. */
void cloud_answer_fault(Call *c, const Fault *fault);

/* All host names that are served, for the certificate and for DIR. The caller frees with strv_free(). */
char **cloud_hosts(void);
