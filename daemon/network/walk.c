#include "network/walk.h"

/* A packet on its way; the answer's way is one with both ends exchanged. */
typedef struct Traveller {
        const Endpoint *from, *to;
        Cidr to_address;
        bool back;
        Walk *walk;
} Traveller;

/* What security rules look at. */
typedef struct Flow {
        int protocol;
        NetRange source, destination; /* a rule must admit all of it */
        int icmp_type;
} Flow;

/* A client's own port is any of these (Linux's default). */
static const NetRange ephemeral = { 32768, 60999 };

#define ICMP_ECHO       8
#define ICMP_ECHO_REPLY 0

void walk_done(Walk *w) {
        for (size_t i = 0; i < w->n_hops; i++)
                free(w->hops[i].at);
        free(w->hops);
        free(w->why);
        free(w->line);
        *w = (Walk){};
}

char *packet_text(const Packet *p) {
        if (p->protocol == NET_ICMP)
                return xstrdup("icmp");
        return xasprintf("%s %u", p->protocol == NET_UDP ? "udp" : "tcp", p->port);
}

/* One address speaks for an end: the first of its first block. */
static bool address_of(const Endpoint *e, Cidr *ret) {
        const NetNode *n = e->subnet ? e->subnet : e->vcn;

        if (n->n_blocks == 0)
                return false;
        *ret = n->blocks[0];
        ret->prefix = ret->ipv6 ? 128 : 32;
        return true;
}

/* The way as people speak of it: by the block of the VCN that it leads to. */
static const char *destination_text(const Traveller *t, char buffer[static CIDR_TEXT_SIZE]) {
        const Cidr *block = net_node_block(t->to->vcn, &t->to_address);

        return cidr_format(block ? block : &t->to_address, buffer);
}

static void hop(Traveller *t, const char *at) {
        array_push(t->walk->hops, t->walk->n_hops, ((Hop){ .at = xstrdup(at), .back = t->back }));
}

/* Always false: the way ends here. The last hop is where. */
static bool _printf_(4, 5) stop(Traveller *t, const NetNode *at, Gap gap, const char *format, ...) {
        _cleanup_free_ char *text = NULL;
        va_list ap;

        va_start(ap, format);
        text = xvasprintf(format, ap);
        va_end(ap);
        free(t->walk->why); /* what was unknown before does not matter any more */
        t->walk->why = xasprintf("%sstops at hop %zu: %s", t->back ? "the answer " : "", t->walk->n_hops,
                                 text);
        t->walk->end = WALK_STOPS;
        t->walk->gap = gap;
        t->walk->at = at;
        return false;
}

static void _printf_(2, 3) note_unknown(Traveller *t, const char *format, ...) {
        va_list ap;

        if (t->walk->end != WALK_ARRIVES)
                return;
        va_start(ap, format);
        t->walk->why = xvasprintf(format, ap);
        va_end(ap);
        t->walk->end = WALK_UNKNOWN;
}

/* Always false: nobody knows how it goes on. */
static bool unknown_beyond(Traveller *t, const char *id) {
        note_unknown(t, "%s is not declared", id);
        return false;
}

/* --- security rules --- */

static bool range_within(NetRange inner, NetRange outer) {
        return outer.min <= inner.min && outer.max >= inner.max;
}

static bool names_peer(const NetRule *r, const Endpoint *peer, const Cidr *address) {
        if (!r->named)
                return cidr_contains(&r->peer, address);
        for (const NetNode *const *g = peer->groups; g && *g; g++)
                if (streq((*g)->id, r->named))
                        return true;
        return false;
}

static bool admits(const NetRule *r, const Flow *f) {
        if (r->protocol != NET_ALL && r->protocol != f->protocol)
                return false;
        if (f->protocol == NET_ICMP)
                return (r->icmp_type == NET_ALL || r->icmp_type == f->icmp_type) && r->icmp_code <= 0;
        return range_within(f->destination, r->ports) && range_within(f->source, r->source_ports);
}

/* What one list says. A stateless rule goes before a stateful one: nothing that it admits is tracked. */
static Passage ask_filter(const NetNode *filter, bool ingress, const Endpoint *peer, const Cidr *address,
                          const Flow *f) {
        Passage best = filter->all_said ? PASSAGE_CLOSED : PASSAGE_UNKNOWN;

        for (size_t i = 0; i < filter->n_rules; i++) {
                const NetRule *r = filter->rules + i;

                if (r->ingress != ingress || !names_peer(r, peer, address) || !admits(r, f))
                        continue;
                if (r->stateless)
                        return PASSAGE_STATELESS;
                best = PASSAGE_OPEN;
        }
        return best;
}

static Passage join(Passage a, Passage b) {
        if (a == PASSAGE_STATELESS || b == PASSAGE_STATELESS)
                return PASSAGE_STATELESS;
        return MAX(a, b);
}

/* All lists of a subnet, its VCN's own where it has none, and the groups, together. */
static Passage ask(const Endpoint *e, bool ingress, const Endpoint *peer, const Flow *f) {
        const NetNode *holder = e->subnet && e->subnet->n_filters > 0 ? e->subnet : e->vcn;
        Passage p = PASSAGE_CLOSED;
        Cidr address;

        if (!e->subnet || !address_of(peer, &address))
                return PASSAGE_OPEN;
        if (holder->n_filters == 0)
                p = PASSAGE_UNKNOWN;
        for (size_t i = 0; i < holder->n_filters; i++) {
                const NetNode *filter = holder->filters[i].node;

                p = join(p, filter ? ask_filter(filter, ingress, peer, &address, f) : PASSAGE_UNKNOWN);
        }
        for (const NetNode *const *g = e->groups; g && *g; g++)
                p = join(p, ask_filter(*g, ingress, peer, &address, f));
        return p;
}

static Flow flow_of(const Packet *p, bool back) {
        NetRange port = { p->port, p->port };

        return (Flow){ .protocol = p->protocol,
                       .source = back ? port : ephemeral,
                       .destination = back ? ephemeral : port,
                       .icmp_type = back ? ICMP_ECHO_REPLY : ICMP_ECHO };
}

Passage packet_leaves(const Packet *p) {
        Flow f = flow_of(p, false);

        return ask(&p->from, false, &p->to, &f);
}

Passage packet_enters(const Packet *p) {
        Flow f = flow_of(p, false);

        return ask(&p->to, true, &p->from, &f);
}

/* False when it stops here. What is unknown may let it pass. */
static bool pass_filter(Traveller *t, const Packet *p, bool ingress) {
        const Endpoint *here = ingress ? t->to : t->from, *there = ingress ? t->from : t->to;
        _cleanup_free_ char *what = packet_text(p);
        Flow f = flow_of(p, t->back);
        Passage passage = ask(here, ingress, there, &f);
        const NetNode *n = here->subnet ? here->subnet : here->vcn,
                      *other = there->subnet ? there->subnet : there->vcn;

        if (passage == PASSAGE_CLOSED)
                return stop(t, n->n_filters > 0 && n->filters[0].node ? n->filters[0].node : n, GAP_RULE,
                            "no rule of %s lets %s%s %s %s", n->id, t->back ? "the answer to " : "", what,
                            ingress ? "in from" : "out to", other->id);
        if (passage == PASSAGE_UNKNOWN)
                note_unknown(t, "not all rules of %s are declared", n->id);
        return true;
}

/* --- routes --- */

/* Out of the VCN, to its attachment; NULL: the way ends here. */
static const NetNode *leave_vcn(Traveller *t) {
        const NetNode *vcn = t->from->vcn, *subnet = t->from->subnet, *attachment = vcn->attachment, *drg,
                      *table;
        const NetName *name = subnet && subnet->slot[SLOT_TABLE].id ? subnet->slot + SLOT_TABLE
                                                                    : vcn->slot + SLOT_TABLE;
        char text[CIDR_TEXT_SIZE];
        const NetRoute *route;

        if (!subnet) {
                if (!attachment) {
                        stop(t, vcn, GAP_ATTACHMENT, "%s is attached to no DRG", vcn->id);
                        return NULL;
                }
                hop(t, attachment->id);
                return attachment;
        }
        table = name->node;
        if (!table) {
                note_unknown(t, "the route table of %s is not declared", subnet->id);
                return NULL;
        }
        hop(t, table->id);
        route = net_node_route(table, &t->to_address);
        if (!route && !table->all_said) {
                note_unknown(t, "the routes of %s are not declared", table->id);
                return NULL;
        }
        drg = route ? route->via.node : NULL;
        if (!route) {
                stop(t, table, GAP_ROUTE, "%s has no route to %s", table->id, destination_text(t, text));
                return NULL;
        }
        if (!drg) {
                unknown_beyond(t, route->via.id);
                return NULL;
        }
        if (drg->type != NET_DRG) {
                char wide[CIDR_TEXT_SIZE];

                stop(t, table, GAP_ROUTE, "%s has no route to %s but %s to %s", table->id,
                     destination_text(t, text), cidr_format(&route->to, wide), drg->id);
                return NULL;
        }
        if (!attachment || attachment->slot[SLOT_PARENT].node != drg) {
                hop(t, drg->id);
                stop(t, drg, GAP_ATTACHMENT, "%s is not attached to %s", vcn->id, drg->id);
                return NULL;
        }
        hop(t, attachment->id);
        return attachment;
}

/* Whether the table takes over the routes of an attachment. OCI's own: for VCNs all, for peers those of VCNs. */
static Passage imports(const NetNode *drg, const NetNode *table, bool of_peers, const NetNode *attachment,
                       const char *type) {
        const NetName *name = table ? table->slot + SLOT_IMPORTS : NULL;
        bool own = !table || drg->slot[of_peers ? SLOT_PEER_TABLE : SLOT_TABLE].node == table;
        const NetNode *statements = name ? name->node : NULL;

        if (name && name->id && !statements)
                return PASSAGE_UNKNOWN;
        if (!statements || !statements->all_said)
                return own && (!of_peers || streq(type, "VCN")) ? PASSAGE_OPEN : PASSAGE_CLOSED;
        for (size_t i = 0; i < statements->n_statements; i++) {
                const NetStatement *s = statements->statements + i;

                if (s->only ? attachment && streq(s->only, attachment->id)
                            : !s->type || streq(s->type, type))
                        return PASSAGE_OPEN;
        }
        return PASSAGE_CLOSED;
}

static bool is_attached(const NetNode *vcn, const NetNode *drg) {
        return vcn->attachment && vcn->attachment->slot[SLOT_PARENT].node == drg;
}

static const NetNode *other_end(const NetNode *peer) {
        const NetNode *link = peer->link;

        if (!link)
                return NULL;
        return link->slot[SLOT_REQUESTOR].node == peer ? link->slot[SLOT_ACCEPTOR].node
                                                       : link->slot[SLOT_REQUESTOR].node;
}

/* The peer that leads to the VCN, or else one that leads anywhere, or else any; not the one that it came through. */
static const NetNode *choose_peer(const NetNode *drg, const NetNode *vcn, const NetNode *came) {
        const NetNode *best = NULL;

        for (size_t i = 0; i < drg->n_members; i++) {
                const NetNode *peer = drg->members[i], *other = other_end(peer);

                if (peer == came)
                        continue;
                if (other && other->slot[SLOT_PARENT].node &&
                    is_attached(vcn, other->slot[SLOT_PARENT].node))
                        return peer;
                if (!best || (other && !best->link))
                        best = peer;
        }
        return best;
}

/* How wide a route to the destination the VCN's attachment announces. */
static unsigned announced_prefix(const Traveller *t) {
        const Cidr *block = net_node_block(t->to->vcn, &t->to_address);

        if (t->to->subnet && !t->to->vcn->attachment->announces_blocks && t->to->subnet->n_blocks > 0)
                return t->to->subnet->blocks[0].prefix;
        return block ? block->prefix : 0;
}

/* Where a DRG is right now. */
typedef struct Place {
        const NetNode *drg, *table, *peer; /* 'peer': the one that it came through, or NULL: from a VCN */
} Place;

/* What imports() did not know: it is unsure only of what a table names. */
static const char *unknown_imports(const Place *p) {
        return ASSERT_PTR(p->table)->slot[SLOT_IMPORTS].id;
}

/* The peer that carries it on, or NULL at the end of the way. */
static const NetNode *to_peer(Traveller *t, const Place *p) {
        const NetNode *peer = choose_peer(p->drg, t->to->vcn, p->peer);
        const NetRoute *fixed = p->table ? net_node_route(p->table, &t->to_address) : NULL;
        const NetNode *next = fixed ? fixed->via.node : NULL;
        char text[CIDR_TEXT_SIZE];
        Passage passage;

        if (fixed && !next) {
                unknown_beyond(t, fixed->via.id);
                return NULL;
        }
        if (next && next->slot[SLOT_NETWORK].node && next->slot[SLOT_NETWORK].node->type == NET_PEER)
                return next->slot[SLOT_NETWORK].node;
        if (next) {
                stop(t, p->table, GAP_NONE, "%s leads %s to %s", p->table->id, destination_text(t, text),
                     next->id);
                return NULL;
        }
        if (!peer) {
                if (p->peer)
                        stop(t, p->drg, GAP_ATTACHMENT, "%s is not attached to %s", t->to->vcn->id,
                             p->drg->id);
                else
                        stop(t, p->drg, GAP_PEERING, "%s has no peer that leads to %s", p->drg->id,
                             t->to->vcn->id);
                return NULL;
        }
        passage = imports(p->drg, p->table, p->peer, peer->attachment, "REMOTE_PEERING_CONNECTION");
        if (passage == PASSAGE_OPEN)
                return peer;
        if (passage == PASSAGE_UNKNOWN)
                unknown_beyond(t, unknown_imports(p));
        else
                stop(t, p->table ? p->table : p->drg, GAP_IMPORT, "%s has no route to %s",
                     t->walk->hops[t->walk->n_hops - 1].at, destination_text(t, text));
        return NULL;
}

/* Into the VCN, when it is attached here. */
static bool to_vcn(Traveller *t, const Place *p) {
        const NetNode *vcn = t->to->vcn, *own = vcn->attachment;
        const NetRoute *fixed = p->table ? net_node_route(p->table, &t->to_address) : NULL;
        Passage passage = imports(p->drg, p->table, p->peer, own, "VCN");
        char text[CIDR_TEXT_SIZE];

        /* A longer prefix wins, and a static route where they are equal. */
        if (fixed && (passage != PASSAGE_OPEN || fixed->to.prefix >= announced_prefix(t))) {
                if (!fixed->via.node)
                        return unknown_beyond(t, fixed->via.id);
                if (fixed->via.node != own)
                        return stop(t, p->table, GAP_NONE, "%s leads %s to %s", p->table->id,
                                    destination_text(t, text), fixed->via.id);
        } else if (passage == PASSAGE_UNKNOWN)
                return unknown_beyond(t, unknown_imports(p));
        else if (passage == PASSAGE_CLOSED)
                return stop(t, p->table ? p->table : p->drg, GAP_IMPORT, "%s has no route to %s",
                            t->walk->hops[t->walk->n_hops - 1].at, destination_text(t, text));
        hop(t, own->id);
        if (own->slot[SLOT_ENTRY_TABLE].id) {
                const NetNode *entry = own->slot[SLOT_ENTRY_TABLE].node;

                hop(t, own->slot[SLOT_ENTRY_TABLE].id);
                if (!entry || net_node_route(entry, &t->to_address))
                        note_unknown(t, "%s may lead elsewhere", own->slot[SLOT_ENTRY_TABLE].id);
        }
        return true;
}

static void hop_attachment(Traveller *t, const NetNode *peer) {
        _cleanup_free_ char *implied = xasprintf("OCI's attachment of %s", peer->id);

        hop(t, peer->attachment ? peer->attachment->id : implied);
}

#define DRGS_MAX 4 /* on one way; more is a circle */

/* From one DRG to the next: what a DRG announces to its peer is what the peering's own table has, so a gap there shows when the walk
 * gets there. */
static bool cross_drgs(Traveller *t, const NetNode *attachment) {
        Place p = { .drg = attachment->slot[SLOT_PARENT].node };

        for (unsigned i = 0; i < DRGS_MAX; i++) {
                const NetName *said = attachment && attachment->slot[SLOT_TABLE].id
                                              ? attachment->slot + SLOT_TABLE
                                              : p.drg->slot + (p.peer ? SLOT_PEER_TABLE : SLOT_TABLE);
                _cleanup_free_ char *implied = xasprintf("OCI's table of %s for %s", p.drg->id,
                                                         p.peer ? "peers" : "VCNs");
                const NetNode *peer;

                p.table = said->node;
                if (said->id && !said->node)
                        return unknown_beyond(t, said->id);
                hop(t, said->id ? said->id : implied);
                if (is_attached(t->to->vcn, p.drg))
                        return to_vcn(t, &p);
                peer = to_peer(t, &p);
                if (!peer)
                        return false;
                hop_attachment(t, peer);
                hop(t, peer->id);
                if (!peer->link)
                        return stop(t, peer, GAP_PEERING, "%s is an end of no Peering", peer->id);
                hop(t, peer->link->id);
                peer = other_end(peer);
                if (!peer || !peer->slot[SLOT_PARENT].node)
                        return unknown_beyond(t, "the other end of it");
                hop(t, peer->id);
                hop_attachment(t, peer);
                attachment = peer->attachment;
                p = (Place){ .drg = peer->slot[SLOT_PARENT].node, .peer = peer };
        }
        return stop(t, p.drg, GAP_NONE, "%s is the end of too long a way", p.drg->id);
}

static bool travel_routes(Traveller *t) {
        const NetNode *attachment;

        if (t->from->vcn == t->to->vcn)
                return true; /* inside a VCN nothing is asked */
        attachment = leave_vcn(t);
        if (!attachment)
                return false;
        if (!attachment->slot[SLOT_PARENT].node)
                return unknown_beyond(t, "its DRG");
        return cross_drgs(t, attachment);
}

static bool travel(Traveller *t, const Packet *p, bool ask_out, bool ask_in) {
        const Endpoint *from = t->from, *to = t->to;

        if (!address_of(to, &t->to_address)) {
                note_unknown(t, "%s has no declared block", to->vcn->id);
                return false;
        }
        hop(t, from->subnet ? from->subnet->id : from->vcn->id);
        if (ask_out && !pass_filter(t, p, false))
                return false;
        if (!travel_routes(t))
                return false;
        hop(t, to->subnet ? to->subnet->id : to->vcn->id);
        return !ask_in || pass_filter(t, p, true);
}

void walk_packet(const Packet *p, Walk *ret) {
        Walk w = { .end = WALK_ARRIVES };
        Traveller there = { .from = &p->from, .to = &p->to, .walk = &w };
        Traveller back = { .from = &p->to, .to = &p->from, .walk = &w, .back = true };

        if (travel(&there, p, true, true))
                /* A stateful rule lets the answer to what it let through pass. */
                (void) travel(&back, p, packet_enters(p) == PASSAGE_STATELESS,
                              packet_leaves(p) == PASSAGE_STATELESS);
        if (w.end == WALK_STOPS)
                walk_find_remedy(p, &w);
        *ret = w;
}
