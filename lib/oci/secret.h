/* Text that is wiped before it is freed. */
#pragma once

#include <openssl/crypto.h>

#include "base/alloc.h"

static inline void *secret_free(char *s) {
        if (s)
                OPENSSL_cleanse(s, strlen(s));
        free(s);
        return NULL;
}

static inline void secret_freep(char **p) {
        (void) secret_free(*p);
}
#define _cleanup_secret_ _cleanup_(secret_freep)
