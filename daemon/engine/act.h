/* Writing: starts the call of an action that the gate let through, and turns its reply into an observation. */
#pragma once

#include "engine.h"

/* The action's resource has no call in flight. Copies what it needs: the action may be gone when the reply comes. */
void act_start(Engine *e, const Context *c, Action *a);
void act_cancel_all(Engine *e); /* drops the calls in flight: their effect stays unknown */

/* The idempotency token of a create: 32 hexadecimal digits of a hash over what makes it that create and no other, and k, which is
 * raised when a token is refused as used up. The caller frees. */
char *act_retry_token(const Estate *e, const Resource *r, const cJSON *body);
