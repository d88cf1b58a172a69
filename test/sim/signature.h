/* Request signatures, version 1, checked with nothing of the program under test. */
#pragma once

#include <stddef.h>

#include "forward.h"

typedef struct Signature {
        char *key_id, *algorithm, *headers, *signature, *version; /* owned; 'headers' in lower case */
} Signature;

/* Takes apart: Signature version="1",keyId="…",… in any order. -EINVAL for anything else, a parameter
 * twice included. */
int signature_parse(const char *authorization, Signature *ret);
void signature_done(Signature *s);

/* Checks the call's signature; the user's name, or NULL after a 401 NotAuthenticated. */
const char *signature_verify(Call *c);
