/* Errors as a Kubernetes API words them. */
#pragma once

#include "../forward.h"
#include "base/macro.h"

/* Replies with a Status; keeps the first failure. Returns -EBADMSG, for 'return kube_fail(…)'. 'details' is taken over
 * and may be NULL. */
int kube_fail(Call *c, unsigned code, const char *reason, cJSON *details, const char *format, ...)
        _printf_(5, 6);
cJSON *kube_status(unsigned code, const char *reason, cJSON *details,
                   const char *message); /* owned by the caller */

/* The usual word for a status that a fault asks for; "InternalError" for those that have none. */
const char *kube_reason(unsigned code);

int kube_fail_unauthorized(Call *c,
                           const char *why); /* 'why' goes into a header that the real one does not have */
int kube_fail_not_found(Call *c, const KubeResource *resource, const char *name);
int kube_fail_no_path(Call *c); /* nothing of the API is there: text, not a Status */
int kube_fail_method(Call *c);
int kube_fail_expired(Call *c, const char *message); /* 410 */
