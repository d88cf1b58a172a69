/* CIDR arithmetic on the bytes of the address, so that both families share it. */
#include "cidr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

#include "str.h"

int cidr_parse(const char *s, Cidr *ret) {
        const char *slash = strchr(s, '/');
        char address[INET6_ADDRSTRLEN];
        int64_t prefix;
        Cidr c = {};

        if (!slash || (size_t) (slash - s) >= sizeof address)
                return -EINVAL;
        memcpy(address, s, (size_t) (slash - s));
        address[slash - s] = '\0';
        c.ipv6 = strchr(address, ':');
        if (inet_pton(c.ipv6 ? AF_INET6 : AF_INET, address, c.address) != 1)
                return -EINVAL;
        if (parse_i64(slash + 1, 0, c.ipv6 ? 128 : 32, &prefix) < 0 || strlen(slash + 1) > 3)
                return -EINVAL;
        c.prefix = (unsigned) prefix;
        *ret = c;
        return 0;
}

static bool equal_bits(const unsigned char *a, const unsigned char *b, unsigned bits) {
        unsigned bytes = bits / 8, rest = bits % 8;

        if (memcmp(a, b, bytes) != 0)
                return false;
        return rest == 0 || (a[bytes] ^ b[bytes]) >> (8 - rest) == 0;
}

void cidr_mask(Cidr *c) {
        unsigned size = c->ipv6 ? 16 : 4, bytes = c->prefix / 8, rest = c->prefix % 8;

        if (bytes < size && rest > 0)
                c->address[bytes] &= (unsigned char) (0xff << (8 - rest));
        for (unsigned i = bytes + (rest > 0); i < size; i++)
                c->address[i] = 0;
}

bool cidr_has_host_bits(const Cidr *c) {
        Cidr masked = *c;

        cidr_mask(&masked);
        return memcmp(masked.address, c->address, sizeof masked.address) != 0;
}

bool cidr_contains(const Cidr *outer, const Cidr *inner) {
        return outer->ipv6 == inner->ipv6 && outer->prefix <= inner->prefix &&
               equal_bits(outer->address, inner->address, outer->prefix);
}

bool cidr_overlaps(const Cidr *a, const Cidr *b) {
        return a->ipv6 == b->ipv6 && equal_bits(a->address, b->address, MIN(a->prefix, b->prefix));
}

const char *cidr_format(const Cidr *c, char buffer[static CIDR_TEXT_SIZE]) {
        char address[INET6_ADDRSTRLEN];

        inet_ntop(c->ipv6 ? AF_INET6 : AF_INET, c->address, address, sizeof address);
        snprintf(buffer, CIDR_TEXT_SIZE, "%s/%u", address, c->prefix);
        return buffer;
}
