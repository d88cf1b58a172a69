/* Text forms of bytes. Digests come from OpenSSL. */
#include "encode.h"

#include <errno.h>
#include <openssl/sha.h>

void sha256(const void *data, size_t size, unsigned char ret[static SHA256_SIZE]) {
        SHA256(data, size, ret);
}

char *hex_encode(const void *data, size_t size) {
        static const char digits[] = "0123456789abcdef";
        const unsigned char *d = data;
        char *s = xmalloc(size * 2 + 1);

        for (size_t i = 0; i < size; i++) {
                s[2 * i] = digits[d[i] >> 4];
                s[2 * i + 1] = digits[d[i] & 15];
        }
        s[2 * size] = '\0';
        return s;
}

char *sha256_hex(const void *data, size_t size) {
        unsigned char digest[SHA256_SIZE];

        sha256(data, size, digest);
        return hex_encode(digest, sizeof digest);
}

static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static char *encode(const void *data, size_t size, const char *alphabet) {
        const unsigned char *d = data;
        char *s = xmalloc((size + 2) / 3 * 4 + 1), *to = s;

        for (size_t i = 0; i < size; i += 3) {
                size_t left = size - i;
                uint32_t v = (uint32_t) d[i] << 16 | (left > 1 ? (uint32_t) d[i + 1] << 8 : 0) |
                             (left > 2 ? d[i + 2] : 0u);

                *to++ = alphabet[v >> 18];
                *to++ = alphabet[v >> 12 & 63];
                *to++ = left > 1 ? alphabet[v >> 6 & 63] : '=';
                *to++ = left > 2 ? alphabet[v & 63] : '=';
        }
        *to = '\0';
        return s;
}

static int decode(const char *s, const char *alphabet, unsigned char **ret, size_t *ret_size) {
        size_t length = strlen(s), size = 0;
        _cleanup_free_ unsigned char *out = NULL;
        uint32_t v = 0;
        unsigned bits = 0;

        while (length > 0 && s[length - 1] == '=' && strlen(s) - length < 2)
                length--;
        if (length % 4 == 1 || (strlen(s) != length && strlen(s) % 4 != 0))
                return -EINVAL;
        out = xmalloc(length / 4 * 3 + 4);
        for (size_t i = 0; i < length; i++) {
                const char *at = memchr(alphabet, s[i], 64);

                if (!at)
                        return -EINVAL;
                v = v << 6 | (uint32_t) (at - alphabet);
                bits += 6;
                if (bits >= 8) {
                        bits -= 8;
                        out[size++] = (unsigned char) (v >> bits);
                }
        }
        out[size] = '\0';
        *ret = TAKE_PTR(out);
        *ret_size = size;
        return 0;
}

char *base64_encode(const void *data, size_t size) {
        return encode(data, size, standard);
}

char *base64url_encode(const void *data, size_t size) {
        return encode(data, size, url_safe);
}

int base64_decode(const char *s, unsigned char **ret, size_t *ret_size) {
        return decode(s, standard, ret, ret_size);
}

int base64url_decode(const char *s, unsigned char **ret, size_t *ret_size) {
        return decode(s, url_safe, ret, ret_size);
}
