/* OCIDs: ocid1.<type>.<realm>.[region].<unique>, with an extra empty segment before the last one allowed.
 * They stay opaque strings everywhere; taking one apart is for messages, and for telling a pinned id of the
 * wrong type or region early. */
#pragma once

#include "base/alloc.h"

#define OCID_SIZE_MAX 255

typedef struct Ocid {
        char type[64];   /* "vcn" */
        char realm[16];  /* "oc1" */
        char region[65]; /* identifier, keys mapped: "us-phoenix-1" for "phx"; "" when the OCID names none */
        char unique[OCID_SIZE_MAX + 1];
} Ocid;

/* -EINVAL: no OCID; *reterr says what is wrong with it (static text). -E2BIG: longer than 255. 'reterr' may
 * be NULL. */
int ocid_parse(const char *s, Ocid *ret, const char **reterr);
bool ocid_is_type(const char *s, const char *type);

/* "ocid1.routetable…q7xa" for screens; text that is no OCID is cut in the middle if it is long. The caller
 * frees. */
char *ocid_shorten(const char *s);
