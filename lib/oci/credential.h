/* What a credential is made of: for key.c and sign.c only, which are all that may look at it. */
#pragma once

#include "secret.h"
#include "sign.h"

struct OciCredential {
        unsigned n_ref;
        char *key_id;           /* with a token in it: a secret */
        char *delegation_token; /* NULL: none */
        OciKey *key;
};

/* RSA PKCS#1 v1.5 with SHA-256; the caller frees. -EIO when OpenSSL refuses. */
int oci_key_sign(const OciKey *key, const void *data, size_t size, unsigned char **ret, size_t *ret_size);
