/* Bytes as text: hex, base64, and digests. */
#pragma once

#include "alloc.h"

#define SHA256_SIZE 32

void sha256(const void *data, size_t size, unsigned char ret[static SHA256_SIZE]);
char *sha256_hex(const void *data, size_t size); /* 64 lower-case digits; the caller frees */

char *base64_encode(const void *data,
                    size_t size); /* standard alphabet, padded, one line; the caller frees */
char *base64url_encode(const void *data, size_t size); /* '-' and '_', padded */
/* Accept padded or unpadded text of their alphabet and nothing else. -EINVAL otherwise; *ret is terminated as well. */
int base64_decode(const char *s, unsigned char **ret, size_t *ret_size);
int base64url_decode(const char *s, unsigned char **ret, size_t *ret_size);
char *hex_encode(const void *data, size_t size);
