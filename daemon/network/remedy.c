/* What is missing, as the line of YAML that a person would add. A thing of the same region goes by kind and name, one of the other
 * region by its whole address. */
#include "network/walk.h"

/* "Drg/d" of "primary/Drg/d". */
static const char *local_name(const NetNode *n) {
        const char *slash = strchr(n->id, '/');

        return slash ? slash + 1 : n->id;
}

static const char *bare_name(const NetNode *n) {
        const char *slash = strrchr(n->id, '/');

        return slash ? slash + 1 : n->id;
}

/* Which end the way that stopped started from. */
static bool is_back(const Walk *w) {
        return w->n_hops > 0 && w->hops[w->n_hops - 1].back;
}

/* The ports are the packet's, or from them for an answer: whoever shows the line knows for how many packets it is. */
static void find_rule(const Packet *p, Walk *w, const NetNode *other, bool ingress) {
        const char *protocol = p->protocol == NET_ICMP ? "icmp" : p->protocol == NET_UDP ? "udp" : "tcp";

        w->list = ingress ? "ingressSecurityRules" : "egressSecurityRules";
        w->line = xasprintf("{protocol: %s, %s: %s%s}", protocol, ingress ? "source" : "destination",
                            other->id, is_back(w) ? ", stateless: true" : "");
}

static void find_attachment(const NetNode *vcn, Walk *w) {
        w->list = "drgAttachments";
        w->line = xasprintf("{name: %s-attachment, networkDetails: {type: VCN, id: %s}}", bare_name(vcn),
                            local_name(vcn));
}

static void find_import(Walk *w, bool of_vcn) {
        const NetNode *statements = w->at->slot[SLOT_IMPORTS].node;
        int priority = 1;

        if (!statements) {
                if (w->at->type != NET_DRG_TABLE)
                        return;
                w->list = "importDrgRouteDistribution";
                w->line = xstrdup("NAME of a DrgRouteDistribution that accepts it");
                return;
        }
        for (size_t i = 0; i < statements->n_statements; i++)
                priority = MAX(priority, statements->statements[i].priority + 1);
        w->at = statements;
        w->list = "statements";
        w->line = xasprintf(
                "{priority: %d, action: ACCEPT, matchCriteria: [{matchType: DRG_ATTACHMENT_TYPE, "
                "attachmentType: %s}]}",
                priority, of_vcn ? "VCN" : "REMOTE_PEERING_CONNECTION");
}

void walk_find_remedy(const Packet *p, Walk *w) {
        const Endpoint *from = is_back(w) ? &p->to : &p->from, *to = is_back(w) ? &p->from : &p->to;
        const NetNode *drg;

        switch (w->gap) {
        case GAP_NONE:
                break;
        case GAP_ROUTE:
                drg = from->vcn->attachment ? from->vcn->attachment->slot[SLOT_PARENT].node : NULL;
                w->list = "routeRules";
                w->line = xasprintf("{destination: %s, networkEntity: %s}", to->vcn->id,
                                    drg ? local_name(drg) : "Drg/NAME");
                break;
        case GAP_ATTACHMENT:
                find_attachment(from->vcn->attachment ? to->vcn : from->vcn, w);
                break;
        case GAP_IMPORT:
                drg = w->at->type == NET_DRG ? w->at : w->at->slot[SLOT_PARENT].node;
                find_import(w, to->vcn->attachment && to->vcn->attachment->slot[SLOT_PARENT].node == drg);
                break;
        case GAP_PEERING:
                if (w->at->type == NET_PEER)
                        w->line = xasprintf("{kind: Peering, name: NAME, requestor: %s, acceptor: "
                                            "REGION/RemotePeeringConnection/NAME}",
                                            w->at->id);
                break;
        case GAP_RULE:
                /* It stopped on its way out as long as only its first end was visited. */
                if (streq(w->hops[w->n_hops - 1].at, (from->subnet ? from->subnet : from->vcn)->id))
                        find_rule(p, w, to->vcn, false);
                else
                        find_rule(p, w, from->vcn, true);
                break;
        }
}
