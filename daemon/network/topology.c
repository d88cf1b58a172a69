#include "network/topology.h"

#include <uthash.h>

typedef struct Entry {
        UT_hash_handle hh;
        NetNode *node;
} Entry;

static void name_done(NetName *n) {
        free(n->id);
}

static void node_free(NetNode *n) {
        for (NetSlot s = 0; s < _SLOT_MAX; s++)
                name_done(n->slot + s);
        for (size_t i = 0; i < n->n_filters; i++)
                name_done(n->filters + i);
        for (size_t i = 0; i < n->n_routes; i++)
                name_done(&n->routes[i].via);
        for (size_t i = 0; i < n->n_rules; i++)
                free(n->rules[i].named);
        for (size_t i = 0; i < n->n_statements; i++) {
                free(n->statements[i].type);
                free(n->statements[i].only);
        }
        free(n->filters);
        free(n->blocks);
        free(n->routes);
        free(n->rules);
        free(n->statements);
        free(n->members);
        free(n->id);
        free(n);
}

Topology *topology_free(Topology *t) {
        Entry *e, *next;

        if (!t)
                return NULL;
        e = t->by_id;
        HASH_CLEAR(hh, *(Entry **) &t->by_id);
        for (; e; e = next) {
                next = e->hh.next;
                free(e);
        }
        for (size_t i = 0; i < t->n_nodes; i++)
                node_free(t->nodes[i]);
        free(t->nodes);
        free(t);
        return NULL;
}

NetNode *topology_find(const Topology *t, const char *id) {
        Entry *head = t->by_id, *e;

        if (!id)
                return NULL;
        HASH_FIND_STR(head, id, e);
        return e ? e->node : NULL;
}

NetNode *topology_add(Topology *t, const char *id) {
        Entry *head = t->by_id, *e;
        NetNode *n;

        if (topology_find(t, id))
                return NULL;
        n = xnew(NetNode, 1);
        n->id = xstrdup(id);
        array_push(t->nodes, t->n_nodes, n);
        e = xnew(Entry, 1);
        e->node = n;
        HASH_ADD_KEYPTR(hh, head, n->id, strlen(n->id), e);
        t->by_id = head;
        return n;
}

void net_node_name(NetNode *n, NetSlot slot, const char *id) {
        str_replace(&n->slot[slot].id, id);
}

void net_node_add_filters(NetNode *n, const cJSON *ids) {
        const cJSON *id;

        cJSON_ArrayForEach (id, ids)
                if (cJSON_IsString(id))
                        array_push(n->filters, n->n_filters, ((NetName){ .id = xstrdup(id->valuestring) }));
}

void net_node_add_block(NetNode *n, const char *block) {
        Cidr c;

        if (block && cidr_parse(block, &c) == 0)
                array_push(n->blocks, n->n_blocks, c);
}

void net_node_add_route(NetNode *n, const char *to, const char *via, NetOrigin from) {
        NetRoute r = { .from = from };

        if (!to || !via || cidr_parse(to, &r.to) < 0)
                return; /* a service's label is no block */
        r.via.id = xstrdup(via);
        array_push(n->routes, n->n_routes, r);
}

static void link_name(const Topology *t, NetName *name) {
        name->node = topology_find(t, name->id);
}

static void add_member(NetNode *parent, NetNode *n) {
        if (parent)
                array_push(parent->members, parent->n_members, n);
}

static void link_node(const Topology *t, NetNode *n) {
        for (NetSlot s = 0; s < _SLOT_MAX; s++)
                link_name(t, n->slot + s);
        for (size_t i = 0; i < n->n_filters; i++)
                link_name(t, n->filters + i);
        for (size_t i = 0; i < n->n_routes; i++)
                link_name(t, &n->routes[i].via);
}

/* What points at others is found from there. */
static void link_back(NetNode *n) {
        NetNode *network = n->slot[SLOT_NETWORK].node, *requestor = n->slot[SLOT_REQUESTOR].node,
                *acceptor = n->slot[SLOT_ACCEPTOR].node;

        if (n->type == NET_ATTACHMENT && network)
                network->attachment = n;
        if (n->type == NET_SUBNET || n->type == NET_PEER)
                add_member(n->slot[SLOT_PARENT].node, n);
        if (n->type == NET_LINK && requestor)
                requestor->link = n;
        if (n->type == NET_LINK && acceptor)
                acceptor->link = n;
}

void topology_link(Topology *t) {
        for (size_t i = 0; i < t->n_nodes; i++)
                link_node(t, t->nodes[i]);
        for (size_t i = 0; i < t->n_nodes; i++)
                link_back(t->nodes[i]);
}

const NetRoute *net_node_route(const NetNode *n, const Cidr *to) {
        const NetRoute *best = NULL;

        for (size_t i = 0; i < n->n_routes; i++)
                if (cidr_contains(&n->routes[i].to, to) &&
                    (!best || n->routes[i].to.prefix > best->to.prefix))
                        best = n->routes + i;
        return best;
}

const Cidr *net_node_block(const NetNode *n, const Cidr *c) {
        for (size_t i = 0; i < n->n_blocks; i++)
                if (cidr_contains(n->blocks + i, c))
                        return n->blocks + i;
        return NULL;
}

static bool range_covers(NetRange a, NetRange b) {
        return a.min <= b.min && a.max >= b.max;
}

static bool number_covers(int a, int b) {
        return a == NET_ALL || a == b;
}

bool net_rule_covers(const NetRule *a, const NetRule *b) {
        if (a->ingress != b->ingress || a->stateless != b->stateless)
                return false;
        if (a->named || b->named) {
                if (!streq_ptr(a->named, b->named))
                        return false;
        } else if (!cidr_contains(&a->peer, &b->peer))
                return false;
        return number_covers(a->protocol, b->protocol) && range_covers(a->ports, b->ports) &&
               range_covers(a->source_ports, b->source_ports) && number_covers(a->icmp_type, b->icmp_type) &&
               number_covers(a->icmp_code, b->icmp_code);
}

bool net_statement_covers(const NetStatement *a, const NetStatement *b) {
        if (a->only)
                return streq_ptr(a->only, b->only);
        return !a->type || streq_ptr(a->type, b->type);
}
