/* Realms, regions and where their services listen. The tables are a snapshot of what the official SDKs ship; a region that is
 * newer than they are works as well: it counts as one of realm oc1, as the SDKs do it. */
#pragma once

#include "base/alloc.h"

typedef enum OciService {
        OCI_SERVICE_CORE, /* VCN, DRG, compute, core work requests */
        OCI_SERVICE_CONTAINER_ENGINE,
        OCI_SERVICE_IDENTITY,
        OCI_SERVICE_OBJECT_STORAGE,
        OCI_SERVICE_AUTH, /* federation, session refresh */
        OCI_SERVICE_AUDIT,
        _OCI_SERVICE_MAX,
} OciService;

/* "us-ashburn-1" for "iad", "IAD", "us-ashburn-1" and "US-Ashburn-1"; NULL for a word that is in no table. Static storage. */
const char *oci_region_identifier(const char *identifier_or_key);
/* The identifiers that the table has, one by one; NULL behind the last. Static storage. */
const char *oci_region_at(size_t i);
/* The known identifier that a person who typed 'word' most likely meant, or NULL when none is near. Static storage. */
const char *oci_region_nearest(const char *word);
const char *oci_region_key(const char *identifier);   /* "iad"; NULL when unknown */
const char *oci_region_realm(const char *identifier); /* "oc1" also for an unknown region */
const char *oci_realm_domain(const char *realm);      /* "oraclecloud.com"; NULL when unknown */

/* What may stand in a host name as a region: 1..64 of a-z 0-9 - . with neither end a '-' or '.'. */
bool oci_region_is_valid(const char *identifier);

/* "https://iaas.us-ashburn-1.oraclecloud.com", without a slash at the end. A region with a dot in it is the whole rest of the host
 * name, as in the SDKs. NULL for a region that is not valid. The caller frees. */
char *oci_endpoint(const char *region_identifier, OciService service);
