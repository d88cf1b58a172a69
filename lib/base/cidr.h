/* CIDR blocks, IPv4 and IPv6. */
#pragma once

#include "macro.h"

typedef struct Cidr {
        unsigned char address[16]; /* network order; IPv4 uses the first four bytes */
        bool ipv6;
        unsigned prefix; /* 0..32 or 0..128 */
} Cidr;

/* "10.0.0.0/16". -EINVAL when it is no CIDR at all; host bits are accepted here, see cidr_has_host_bits(). */
int cidr_parse(const char *s, Cidr *ret);
bool cidr_has_host_bits(const Cidr *c); /* "10.0.0.1/16" */
void cidr_mask(Cidr *c);                /* clears the host bits */

/* Both false for blocks of different families. */
bool cidr_contains(const Cidr *outer, const Cidr *inner);
bool cidr_overlaps(const Cidr *a, const Cidr *b);

#define CIDR_TEXT_SIZE 52
const char *cidr_format(const Cidr *c, char buffer[static CIDR_TEXT_SIZE]);
