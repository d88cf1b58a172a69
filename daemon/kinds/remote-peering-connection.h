/* What the two files that decide over a pair of remote peering connections share. */
#pragma once

#include "base/enum.h"
#include "model/resource.h"

typedef enum PeeringStatus {
        PEERING_NEW, /* never connected. PENDING with no peer named on either side is read as this, too */
        PEERING_PENDING,
        PEERING_PEERED,
        PEERING_REVOKED, /* the other side was deleted: there is no reconnect */
        PEERING_INVALID,
        PEERING_UNKNOWN, /* a word that the API did not have when this was written: hold still */
} PeeringStatus;
DECLARE_ENUM_STRINGS(peering_status, PeeringStatus);

PeeringStatus peering_status_of(const Observed *rpc);
const char *peering_peer_of(const Observed *rpc); /* the OCID at the other end, borrowed, or NULL */

/* The other end that a declared Peering wants for this RPC, or NULL. Borrowed. */
const Desired *peering_partner(const Estate *e, const Desired *rpc);
