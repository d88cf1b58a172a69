/* Whether the VCNs of two regions that are meant to reach each other do, by walks of packets through what is declared.
 *
 * Two VCNs are meant to when a Peering joins DRGs that both are attached to, or could be attached to (the only VCN of its region), or
 * when a route through a DRG names the blocks of the other. For such a pair, in each direction:
 *   - the way between their attachments is open;
 *   - of each port that a mesh over both regions needs, some subnet sends and some subnet takes it; a subnet whose rules speak of
 *     none of the other VCN's addresses is not meant;
 *   - between subnets that are meant, where rules let a port through, routes lead there and back.
 * What is not declared is nobody's mistake. One missing piece is one warning, with all that it keeps from working. */
#include "loader.h"

#include "network/walk.h"

/* What Istio's gateways and control plane, remote discovery and the connectivity matrix need. */
static const struct {
        int protocol;
        unsigned port;
        const char *group; /* one rule opens all of it */
        const char *where; /* whose security list that belongs in */
} probes[] = {
        { NET_TCP, 443, "Istio", "the nodes' and pods' subnet" },
        { NET_TCP, 15443, "Istio", "the nodes' and pods' subnet" },
        { NET_TCP, 15012, "Istio", "the nodes' and pods' subnet" },
        { NET_TCP, 6443, "discovery", "the API endpoint's subnet" },
        { NET_ICMP, 0, "echo", "the nodes' and pods' subnet" },
};
#define ALL_PROBES ((1U << ARRAY_SIZE(probes)) - 1)

/* An estate that has more is looked at as far as this. */
#define VCNS_MAX    32
#define SUBNETS_MAX 16

/* One missing piece, and what it keeps from working. */
typedef struct Finding {
        Gap gap;
        const NetNode *at;
        const NetNode *to;
        const char *list;
        const char *group; /* of probes[], where a rule is missing; else NULL */
        char *from;        /* an example */
        char *why, *line;
        unsigned ports; /* bits of probes[] */
} Finding;

typedef struct Paths {
        Loader *loader;
        const Topology *topology;
        Finding *f;
        size_t n;
} Paths;

static unsigned region_of(const Paths *p, const NetNode *n) {
        const Desired *d = estate_find(p->loader->estate, n->id);

        return d ? d->region : NO_REGION;
}

static const NetNode *drg_of(const NetNode *vcn) {
        return vcn->attachment ? vcn->attachment->slot[SLOT_PARENT].node : NULL;
}

static bool overlaps(const NetNode *vcn, const Cidr *c) {
        for (size_t i = 0; c->prefix > 0 && i < vcn->n_blocks; i++)
                if (cidr_overlaps(vcn->blocks + i, c))
                        return true;
        return false;
}

/* A route of one of the VCN's tables through a DRG to the other one. */
static bool routes_to(const Paths *p, const NetNode *vcn, const NetNode *other) {
        for (size_t i = 0; i < p->topology->n_nodes; i++) {
                const NetNode *n = p->topology->nodes[i];

                if (n->type != NET_TABLE || n->slot[SLOT_PARENT].node != vcn)
                        continue;
                for (size_t j = 0; j < n->n_routes; j++)
                        if (n->routes[j].via.node && n->routes[j].via.node->type == NET_DRG &&
                            overlaps(other, &n->routes[j].to))
                                return true;
        }
        return false;
}

static bool is_only_vcn(const Paths *p, const NetNode *vcn) {
        for (size_t i = 0; i < p->topology->n_nodes; i++) {
                const NetNode *n = p->topology->nodes[i];

                if (n != vcn && n->type == NET_VCN && region_of(p, n) == region_of(p, vcn))
                        return false;
        }
        return true;
}

static bool may_use(const Paths *p, const NetNode *vcn, const NetNode *peer) {
        const NetNode *drg = peer ? peer->slot[SLOT_PARENT].node : NULL;

        return drg && region_of(p, drg) == region_of(p, vcn) &&
               (drg_of(vcn) == drg || (!drg_of(vcn) && is_only_vcn(p, vcn)));
}

static bool are_meant(const Paths *p, const NetNode *a, const NetNode *b) {
        for (size_t i = 0; i < p->topology->n_nodes; i++) {
                const NetNode *n = p->topology->nodes[i], *one, *two;

                if (n->type != NET_LINK)
                        continue;
                one = n->slot[SLOT_REQUESTOR].node;
                two = n->slot[SLOT_ACCEPTOR].node;
                if ((may_use(p, a, one) && may_use(p, b, two)) || (may_use(p, a, two) && may_use(p, b, one)))
                        return true;
        }
        return routes_to(p, a, b) || routes_to(p, b, a);
}

/* The same line in the same place, however it came up; an attachment is missed at the VCN or at the DRG. */
static bool same_piece(const Paths *p, const Finding *a, const Finding *b) {
        if (a->gap != b->gap || !streq_ptr(a->group, b->group))
                return false;
        if (a->group)
                return a->at == b->at && a->to == b->to && streq(a->list, b->list);
        if (a->gap == GAP_ATTACHMENT && region_of(p, a->at) != region_of(p, b->at))
                return false;
        return streq_ptr(a->line, b->line) && (a->at == b->at || (a->gap == GAP_ATTACHMENT && a->line));
}

static void add_finding(Paths *p, Finding f) {
        for (size_t i = 0; i < p->n; i++) {
                Finding *have = p->f + i;

                if (!same_piece(p, have, &f))
                        continue;
                have->ports |= f.ports;
                free(f.from);
                free(f.why);
                free(f.line);
                return;
        }
        array_push(p->f, p->n, f);
}

static Packet packet_of(const Endpoint *from, const Endpoint *to, size_t probe) {
        return (Packet){
                .from = *from, .to = *to, .protocol = probes[probe].protocol, .port = probes[probe].port
        };
}

/* Walks, and keeps where it stops. */
static void check_walk(Paths *p, const Packet *packet, unsigned ports) {
        _cleanup_walk_ Walk w = {};

        walk_packet(packet, &w);
        if (w.end != WALK_STOPS)
                return;
        add_finding(p, (Finding){ .gap = w.gap,
                                  .at = w.at,
                                  .to = packet->to.vcn,
                                  .list = w.list,
                                  .from = xstrdup(packet->from.subnet ? packet->from.subnet->id
                                                                      : packet->from.vcn->id),
                                  .why = TAKE_PTR(w.why),
                                  .line = TAKE_PTR(w.line),
                                  .ports = ports });
}

/* Its rules speak of the other VCN's addresses. */
static bool is_meant(const Endpoint *e, const NetNode *other) {
        for (size_t i = 0; e->subnet && i < e->subnet->n_filters; i++) {
                const NetNode *filter = e->subnet->filters[i].node;

                for (size_t j = 0; filter && j < filter->n_rules; j++)
                        if (!filter->rules[j].named && overlaps(other, &filter->rules[j].peer))
                                return true;
        }
        return false;
}

/* The declared subnets of a VCN. */
static size_t endpoints_of(const NetNode *vcn, Endpoint ret[static SUBNETS_MAX]) {
        size_t n = 0;

        for (; n < vcn->n_members && n < SUBNETS_MAX; n++)
                ret[n] = (Endpoint){ .vcn = vcn, .subnet = vcn->members[n] };
        return n;
}

static void missing_rule(Paths *p, const NetNode *from, const NetNode *to, size_t probe, bool ingress) {
        const char *protocol = probes[probe].protocol == NET_ICMP ? "icmp" : "tcp";

        add_finding(p, (Finding){ .gap = GAP_RULE,
                                  .at = ingress ? to : from,
                                  .to = to,
                                  .list = ingress ? "ingressSecurityRules" : "egressSecurityRules",
                                  .group = probes[probe].group,
                                  .from = xstrdup(from->id),
                                  .why = xstrdup(probes[probe].where),
                                  .line = xasprintf("{protocol: %s, %s: %s", protocol,
                                                    ingress ? "source" : "destination",
                                                    ingress ? from->id : to->id),
                                  .ports = 1U << probe });
}

/* One port from all subnets of one VCN to all of the other. */
static void check_probe(Paths *p, const NetNode *a, const NetNode *b, size_t probe) {
        Passage leaves = PASSAGE_CLOSED, enters = PASSAGE_CLOSED;
        Endpoint from[SUBNETS_MAX], to[SUBNETS_MAX];
        size_t n_from = endpoints_of(a, from), n_to = endpoints_of(b, to);

        for (size_t i = 0; i < n_from; i++)
                for (size_t j = 0; j < n_to; j++) {
                        Packet packet = packet_of(from + i, to + j, probe);
                        Passage out = packet_leaves(&packet), in = packet_enters(&packet);

                        leaves = MAX(leaves, out);
                        enters = MAX(enters, in);
                        if (out > PASSAGE_UNKNOWN && in > PASSAGE_UNKNOWN && is_meant(from + i, b) &&
                            is_meant(to + j, a))
                                check_walk(p, &packet, 1U << probe);
                }
        if (n_from == 0 || n_to == 0)
                return;
        if (leaves == PASSAGE_CLOSED)
                missing_rule(p, a, b, probe, false);
        if (enters == PASSAGE_CLOSED)
                missing_rule(p, a, b, probe, true);
}

static void check_pair(Paths *p, const NetNode *a, const NetNode *b) {
        const Endpoint from = { .vcn = a }, to = { .vcn = b };
        Packet whole = packet_of(&from, &to, 0);

        for (size_t i = 0; i < ARRAY_SIZE(probes); i++)
                check_probe(p, a, b, i);
        check_walk(p, &whole, ALL_PROBES);
}

static char *ports_text(unsigned ports) {
        const bool icmp = ports & 1U << (ARRAY_SIZE(probes) - 1);
        Str s = {};

        for (size_t i = 0; i < ARRAY_SIZE(probes); i++)
                if (ports & 1U << i && probes[i].protocol == NET_TCP)
                        str_addf(&s, "%s%u", s.size ? ", " : "tcp ", probes[i].port);
        if (icmp)
                str_add(&s, s.size ? " and icmp" : "icmp");
        return str_take(&s);
}

/* The key of its list where there is one, else the resource. */
static Place finding_place(const Loader *l, const Finding *f) {
        const Item *item = item_of(l, estate_find(l->estate, f->at->id));

        return f->list && map_get(&item->map, f->list) ? place_of(l, map_key(&item->map, f->list))
                                                       : item->place;
}

static void report_rule(Loader *l, const Finding *f, Place place, const char *ports) {
        bool ingress = streq(f->list, "ingressSecurityRules");
        _cleanup_free_ char *numbers = startswith(ports, "tcp ") ? xasprintf(", ports: [%s]", ports + 4)
                                                                 : NULL;

        hint(warn_at(l, place,
                     ingress ? "nothing in %s takes %s from %s" : "nothing in %s may send %s to %s",
                     ingress ? f->to->id : f->from, ports, ingress ? f->from : f->to->id),
             "add to %s of the list of %s: %s%s}", f->list, f->why, f->line, numbers ? numbers : "");
}

static void report(Loader *l, const Finding *f) {
        _cleanup_free_ char *ports = ports_text(f->ports);
        SpecDiagnostic *d;
        Place place;

        l->file = item_of(l, estate_find(l->estate, f->at->id))->place.file;
        place = finding_place(l, f);
        if (f->gap == GAP_RULE && f->at->type == NET_VCN) {
                report_rule(l, f, place, ports);
                return;
        }
        d = warn_at(l, place, "%s cannot reach %s on %s: %s", f->from, f->to->id, ports, f->why);
        if (f->gap == GAP_RULE && startswith(ports, "tcp "))
                hint(d, "add to %s: %.*s, %s: [%s]}", f->list, (int) strlen(f->line) - 1, f->line,
                     strstr(f->line, "stateless") ? "sourcePorts" : "ports", ports + 4);
        else if (f->line && f->list)
                hint(d, "add to %s: %s", f->list, f->line);
        else if (f->line)
                hint(d, "add %s", f->line);
}

/* An RPC that no pair needs is still no use alone; both ends of one missing Peering are told about once. */
static void check_peers(Paths *p) {
        const NetNode *first = NULL, *second = NULL;

        for (size_t i = 0; i < p->topology->n_nodes; i++) {
                const NetNode *n = p->topology->nodes[i];

                if (n->type != NET_PEER || n->link)
                        continue;
                if (first)
                        second = second ? second : n;
                else
                        first = n;
        }
        if (first) {
                Loader *l = p->loader;

                hint(warn_at(l, item_of(l, estate_find(l->estate, first->id))->place,
                             "%s is an end of no Peering, so it connects nothing", first->id),
                     "add {kind: Peering, name: NAME, requestor: %s, acceptor: %s}", first->id,
                     second ? second->id : "REGION/RemotePeeringConnection/NAME");
        }
}

void lint_paths(Loader *l, const Topology *t) {
        Paths p = { .loader = l, .topology = t };
        const NetNode *vcns[VCNS_MAX];
        size_t n = 0;

        for (size_t i = 0; i < t->n_nodes && n < VCNS_MAX; i++)
                if (t->nodes[i]->type == NET_VCN)
                        vcns[n++] = t->nodes[i];
        for (size_t i = 0; i < n; i++)
                for (size_t j = 0; j < n; j++)
                        if (region_of(&p, vcns[i]) != region_of(&p, vcns[j]) &&
                            are_meant(&p, vcns[i], vcns[j]))
                                check_pair(&p, vcns[i], vcns[j]);
        check_peers(&p);
        for (size_t i = 0; i < p.n; i++) {
                if (p.f[i].gap != GAP_PEERING || p.f[i].at->type != NET_PEER)
                        report(l, p.f + i);
                free(p.f[i].from);
                free(p.f[i].why);
                free(p.f[i].line);
        }
        free(p.f);
}
