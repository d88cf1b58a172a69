/* The one thing that a client needs to know of the tokens it carries: when they are over. */
#pragma once

#include "base/time-util.h"

#define JWT_SIZE_MAX ((size_t) 16 * 1024)

/* The "exp" of a JWT, since the epoch. Its signature is the service's business and not looked at. -EBADMSG
 * when 'jwt' is none. */
int jwt_expiry(const char *jwt, usec_t *ret_usec);
