/* The way of a packet through a Topology, and of its answer back: the beginning of the path proof. Pure, and the same on whatever the
 * topology was filled from.
 *
 * What a topology does not hold is decided by what OCI does by itself where that is fixed (a DRG's own tables and their imports, the
 * attachment that comes with a peer), and is unknown where people may have put anything (a VCN's own table and list). */
#pragma once

#include "base/str.h"
#include "network/topology.h"

/* One end of the way. */
typedef struct Endpoint {
        const NetNode *vcn;
        const NetNode *subnet; /* NULL: the VCN as a whole: no route table and no security rule is asked */
        const NetNode *const *groups; /* the security groups that it is in, NULL-terminated, or NULL */
} Endpoint;

typedef struct Packet {
        Endpoint from, to;
        int protocol;  /* NET_TCP, NET_UDP, NET_ICMP: an echo */
        unsigned port; /* of TCP and UDP */
} Packet;

typedef enum WalkEnd {
        WALK_ARRIVES, /* and the answer, too */
        WALK_UNKNOWN, /* something on the way is not in the topology */
        WALK_STOPS,
} WalkEnd;

/* What is missing where a packet stops. */
typedef enum Gap {
        GAP_NONE,       /* nothing, or nothing that could be added: it is led astray */
        GAP_ROUTE,      /* in a VCN's route table */
        GAP_ATTACHMENT, /* of a VCN to a DRG */
        GAP_IMPORT,     /* into a DRG's route table */
        GAP_PEERING,    /* of a peer, or a peer at all */
        GAP_RULE,       /* a security rule */
} Gap;

typedef struct Hop {
        char *at;  /* an id, or "OCI's table of … for …" */
        bool back; /* on the way of the answer */
} Hop;

typedef struct Walk {
        WalkEnd end;
        Hop *hops;
        size_t n_hops;
        char *why; /* where it stops, or what is unknown; NULL: it arrives */
        Gap gap;
        const NetNode *at; /* where it stops; the remedy belongs there. Borrowed; NULL: it does not stop */
        const char *
                list; /* the node's list that 'line' belongs in; NULL: it is a document or a field of its own */
        char *line; /* YAML that mends it; NULL: not known */
} Walk;

void walk_done(Walk *w);
#define _cleanup_walk_ _cleanup_(walk_done)

/* Walks there and back. */
void walk_packet(const Packet *p, Walk *ret);

/* Whether security rules let something through. */
typedef enum Passage {
        PASSAGE_CLOSED,
        PASSAGE_UNKNOWN,
        PASSAGE_STATELESS, /* the answer needs a rule of its own */
        PASSAGE_OPEN,
} Passage;

Passage packet_leaves(const Packet *p); /* its source, by what is let out there */
Passage packet_enters(const Packet *p); /* its destination, by what is let in there */

/* "tcp 443", "icmp"; the caller frees. */
char *packet_text(const Packet *p);

/* remedy.c: the line that mends what the walk found, as far as it is known. */
void walk_find_remedy(const Packet *p, Walk *w);
