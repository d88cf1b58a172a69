/* A small model of networks: what decides whether a packet arrives, and nothing else. It is filled from values in the API's own
 * shape, each by its kind (Kind.network): from what is declared today (declared.c), and as well from what was observed or is
 * planned. Names are whatever the filler knows things by; what is named and not in the model is unknown, not absent.
 *
 *   node          slots                                                      and
 *   VCN           TABLE, filter: its own defaults                            blocks
 *   SUBNET        PARENT: VCN; TABLE; filters: its security lists            blocks
 *   TABLE         PARENT: VCN                                                routes to gateways and DRGs
 *   FILTER        PARENT: VCN                                                rules: a security list, or a security group
 *   GATEWAY       PARENT: VCN
 *   DRG           TABLE, PEER_TABLE: its defaults for VCNs and for peers
 *   DRG_TABLE     PARENT: DRG; IMPORTS                                       static routes to attachments
 *   IMPORTS       PARENT: DRG                                                statements
 *   ATTACHMENT    PARENT: DRG; NETWORK: VCN or PEER; TABLE; ENTRY_TABLE
 *   PEER          PARENT: DRG
 *   LINK          REQUESTOR, ACCEPTOR: PEERs */
#pragma once

#include "base/cidr.h"
#include "model/forward.h"

typedef enum NetType {
        NET_NONE, /* takes no part */
        NET_VCN,
        NET_SUBNET,
        NET_TABLE,
        NET_FILTER,
        NET_GATEWAY,
        NET_DRG,
        NET_DRG_TABLE,
        NET_IMPORTS,
        NET_ATTACHMENT,
        NET_PEER,
        NET_LINK,
} NetType;

typedef enum NetSlot {
        SLOT_PARENT,
        SLOT_TABLE,       /* where traffic from here goes */
        SLOT_PEER_TABLE,  /* … that came in through a peer */
        SLOT_ENTRY_TABLE, /* the VCN's table for what comes in through the DRG */
        SLOT_IMPORTS,
        SLOT_NETWORK,
        SLOT_REQUESTOR,
        SLOT_ACCEPTOR,
        _SLOT_MAX,
} NetSlot;

/* Somebody named by an element: NULL 'id': not said. NULL 'node' with an id: not in the model, so unknown. */
typedef struct NetName {
        char *id;
        NetNode *node;
} NetName;

/* Which element of which list of the node it was made from. */
typedef struct NetOrigin {
        const char *list; /* static: "routeRules" */
        unsigned index;
} NetOrigin;

typedef struct NetRoute {
        Cidr to;
        NetName via;
        NetOrigin from;
} NetRoute;

typedef struct NetRange {
        unsigned min, max;
} NetRange;

#define NET_PORTS_ALL ((NetRange){ 0, 65535 })
#define NET_ALL       (-1)
#define NET_ICMP      1
#define NET_TCP       6
#define NET_UDP       17

typedef struct NetRule {
        bool ingress, stateless;
        int protocol; /* NET_ALL: any */
        Cidr peer;    /* the other side's addresses, unless it is … */
        char *named;  /* … a security group, or a service's label */
        NetRange ports, source_ports;
        int icmp_type, icmp_code; /* NET_ALL: any */
        NetOrigin from;
} NetRule;

/* A statement accepts; there is no other action, so their order decides nothing. */
typedef struct NetStatement {
        int priority;
        char *type; /* of attachments, the API's word; NULL: of any type */
        char *only; /* this attachment alone; NULL: any */
        NetOrigin from;
} NetStatement;

struct NetNode {
        NetType type;
        char *id; /* an address, or an OCID: what people call it */
        NetName slot[_SLOT_MAX];
        NetName *filters;
        size_t n_filters;
        Cidr *blocks;
        size_t n_blocks;
        bool all_said;         /* the list below is known as a whole; else more may be there */
        bool announces_blocks; /* an attachment: the VCN's blocks; else its subnets' */
        NetRoute *routes;
        size_t n_routes;
        NetRule *rules;
        size_t n_rules;
        NetStatement *statements;
        size_t n_statements;

        /* What topology_link() found; not owned. */
        NetNode *attachment; /* of a VCN or a peer */
        NetNode *link;       /* of a peer */
        NetNode **members;   /* of a VCN its subnets, of a DRG its peers */
        size_t n_members;
};

typedef struct Topology {
        NetNode **nodes; /* in the order in which they were added */
        size_t n_nodes;
        void *by_id; /* uthash head, private to topology.c */
} Topology;

Topology *topology_free(Topology *t);
DEFINE_CLEANUP(Topology *, topology_free);

/* A new node without a type, the topology's. NULL when that id is there already. */
NetNode *topology_add(Topology *t, const char *id);
NetNode *topology_find(const Topology *t, const char *id); /* NULL if unknown */
/* Once after the last node: names become pointers. */
void topology_link(Topology *t);

/* For the kinds; NULL values add nothing. */
void net_node_name(NetNode *n, NetSlot slot, const char *id);
void net_node_add_filters(NetNode *n, const cJSON *ids);
void net_node_add_block(NetNode *n, const char *block);
void net_node_add_route(NetNode *n, const char *to, const char *via, NetOrigin from);

/* The longest of the node's routes that contains 'to', or NULL. */
const NetRoute *net_node_route(const NetNode *n, const Cidr *to);
/* The block of the node that contains 'c', or NULL. */
const Cidr *net_node_block(const NetNode *n, const Cidr *c);
/* Whatever 'b' lets pass 'a' lets pass as well, and just so. */
bool net_rule_covers(const NetRule *a, const NetRule *b);
bool net_statement_covers(const NetStatement *a, const NetStatement *b);
