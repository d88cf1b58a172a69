/* RemotePeeringConnection: one end of the link between two DRGs. There is no disconnect and no reconnect, so an end that cannot
 * carry anything again is deleted and made anew; peering.c connects the pair.
 *
 *   peeringStatus                         step
 *   NEW, PENDING                          none here: the Peering connects or waits
 *   PEERED, with the declared other end   in sync
 *   PEERED, with another one              replace: it may carry traffic, so it is gated
 *   PEERED, with one that is gone         none: it will read REVOKED
 *   PEERED, with nobody named             none: hold still
 *   REVOKED, INVALID                      heal: delete; once gone it is missing and made anew
 *   any other word                        hold still */
#include "remote-peering-connection.h"

#include "kinds.h"
#include "network/topology.h"

static const char *const peering_status_table[] = {
        [PEERING_NEW] = "NEW",         [PEERING_PENDING] = "PENDING", [PEERING_PEERED] = "PEERED",
        [PEERING_REVOKED] = "REVOKED", [PEERING_INVALID] = "INVALID", [PEERING_UNKNOWN] = "UNKNOWN",
};
DEFINE_ENUM_STRINGS(peering_status, PeeringStatus, PEERING_UNKNOWN);

const char *peering_peer_of(const Observed *rpc) {
        return json_string(rpc->body, "peerId");
}

PeeringStatus peering_status_of(const Observed *rpc) {
        PeeringStatus s = peering_status_from_string(json_string(rpc->body, "peeringStatus"));

        return s == PEERING_PENDING && !peering_peer_of(rpc) ? PEERING_NEW : s;
}

const Desired *peering_partner(const Estate *e, const Desired *rpc) {
        for (size_t i = 0; i < e->n_resources; i++) {
                const Desired *p = e->resources[i];
                const char *requestor, *acceptor;

                if (p->kind != &kind_peering)
                        continue;
                requestor = symbol_ref(json_get(p->want, "requestor"));
                acceptor = symbol_ref(json_get(p->want, "acceptor"));
                if (streq_ptr(requestor, rpc->address))
                        return estate_find(e, acceptor);
                if (streq_ptr(acceptor, rpc->address))
                        return estate_find(e, requestor);
        }
        return NULL;
}

static void rpc_heal(const Resource *r, Assessment *a, PeeringStatus status) {
        Action *action = assessment_act(a, (Resource *) r, VERB_HEAL);

        action_delete(action);
        action->reason = xasprintf("peering is %s and cannot be connected again: make it anew",
                                   peering_status_to_string(status));
        assessment_set(a, VERDICT_DRIFTED, "peering-lost", "%s", action->reason);
}

static void rpc_replace(const Resource *r, Assessment *a, const Desired *partner) {
        Action *action = assessment_act(a, (Resource *) r, VERB_REPLACE);
        Difference *d = differences_add(&action->differences, NULL, VERB_REPLACE, xstrdup("peerId"));

        d->have = json_new_string(peering_peer_of(r->observed));
        d->have_text = xstrdup(peering_peer_of(r->observed));
        d->want_text = xstrdup(partner->address);
        differences_copy(&a->differences, d);
        action_delete(action);
        action->reason = xasprintf("peered with another RPC than %s; it may carry traffic",
                                   partner->address);
        assessment_set(a, VERDICT_DRIFTED, "wrong-peer", "%s", action->reason);
}

/* The other end of it was seen to go: the service says REVOKED a little later. */
static bool peer_is_gone(const Context *c, const Resource *r) {
        const Observed *peer = world_find(c->world, peering_peer_of(r->observed));

        return peer && (peer->life == LIFE_GONE || peer->life == LIFE_GOING);
}

static bool has_wrong_peer(const Resource *r, const Resource *other) {
        const char *peer = peering_peer_of(r->observed);

        return peer && other && other->observed && other->observed->life == LIFE_READY &&
               !streq(peer, other->observed->id);
}

static void rpc_next_step(const Context *c, const Resource *r, Assessment *a) {
        PeeringStatus status = peering_status_of(r->observed);
        const Desired *partner = peering_partner(c->estate, r->desired);
        const Resource *other = partner ? context_resource(c, partner) : NULL;

        switch (status) {
        case PEERING_REVOKED:
        case PEERING_INVALID:
                rpc_heal(r, a, status);
                break;
        case PEERING_PEERED:
                if (peer_is_gone(c, r))
                        assessment_set(a, VERDICT_PROGRESSING, "peer-gone",
                                       "its other end was deleted; waits to read REVOKED");
                else if (has_wrong_peer(r, other))
                        rpc_replace(r, a, partner);
                break;
        case PEERING_UNKNOWN:
                assessment_set(a, VERDICT_UNKNOWN, "lifecycle-unknown",
                               "peeringStatus '%s' is not a word that tandem knows",
                               json_string(r->observed->body, "peeringStatus"));
                break;
        case PEERING_NEW:
        case PEERING_PENDING:
                break;
        }
}

static void rpc_network(NetNode *n, const cJSON *body) {
        n->type = NET_PEER;
        net_node_name(n, SLOT_PARENT, json_string(body, "drgId"));
}

static const char *const rpc_serialized[] = { "drgId", "id", NULL };

static const Field rpc_fields[] = { {} };

const Kind kind_remote_peering_connection = {
        .name = "RemotePeeringConnection",
        .section = "remotePeeringConnections",
        .parent = "Drg",
        .ocid_type = "remotepeeringconnection",
        .path = "/20160918/remotePeeringConnections",
        .parent_field = "drgId",
        .cli = "network remote-peering-connection",
        .cli_id = "--remote-peering-connection-id",
        .doc = "One end of the link between two regions' DRGs",
        .service = SERVICE_CORE,
        .scope = SCOPE_COMPARTMENT,
        .cadence = CADENCE_LINK,
        .flags = KIND_NO_PIN,
        .fields = rpc_fields,
        .life = life_network,
        .serialized = rpc_serialized,
        .lifecycle_field = "lifecycleState",
        .next_step = rpc_next_step,
        .network = rpc_network,
};
