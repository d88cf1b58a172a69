/* Watches: a stream of changes, one JSON object a line, until its time is up. */
#pragma once

#include "../forward.h"

/* Answers the call with a stream, or refuses it. 'space' NULL: all. */
int kube_watch_open(Call *c, KubeCluster *k, const KubeResource *resource, const char *space);
KubeWatch *kube_watch_free(KubeWatch *w);

/* What is to be sent at 'now' (monotonic), up to 'max' bytes: their number, 0: nothing yet, -ENODATA: it has ended. */
ptrdiff_t kube_watch_read(KubeWatch *w, usec_t now, char *buffer, size_t max);
bool kube_watch_is_due(const KubeWatch *w, usec_t now);
usec_t kube_watch_next(const KubeWatch *w); /* when it is due though nothing changes */
