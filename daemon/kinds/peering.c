/* Peering: the link itself, decided over the pair of its ends. It has no object in the cloud.
 *
 *   requestor \ acceptor   NEW          PENDING      PEERED       REVOKED, INVALID
 *   NEW                    connect      wait         wait         wait for its healing
 *   PENDING                wait         wait         wait         wait for its healing
 *   PEERED                 wait         wait         in sync (*)  wait for its healing
 *   REVOKED, INVALID       wait for its healing
 *
 *   (*) with each other; with anything else its RPC is replaced, gated, and the link waits for that.
 *   An end that is absent, on its way or unreadable is waited for. Waiting for longer than the patience is said. */
#include "kinds.h"
#include "network/topology.h"
#include "remote-peering-connection.h"

#define PATIENCE (5 * USEC_PER_MINUTE)

static const char same_region[] = "both ends are in the same region: a Peering joins two regions";

static const Field peering_fields[] = {
        { .name = "requestor",
          .type = FIELD_REF,
          .change = CHANGE_NEVER,
          .flags = FIELD_REQUIRED | FIELD_ANY_REGION,
          .ref_kind = "RemotePeeringConnection",
          .doc = "the end that calls connect: region/RemotePeeringConnection/NAME" },
        { .name = "acceptor",
          .type = FIELD_REF,
          .change = CHANGE_NEVER,
          .flags = FIELD_REQUIRED | FIELD_ANY_REGION,
          .ref_kind = "RemotePeeringConnection",
          .doc = "the other end" },
        {},
};

/* True when this end can be judged; else the link's verdict says what it waits for. */
static bool end_ready(const Resource *end, Assessment *a) {
        PeeringStatus s;

        if (end->observed && end->observed->begun < end->observed->written) {
                assessment_set(a, VERDICT_PROGRESSING, "written", "%s was written; not observed since",
                               end->address);
                return false;
        }
        if (!end->observed || end->observed->life != LIFE_READY ||
            end->assessment.verdict == VERDICT_UNKNOWN) {
                strv_push(&a->waits_for, end->address);
                assessment_set(a, VERDICT_WAITING, "waits", "waits for %s", end->address);
                return false;
        }
        s = peering_status_of(end->observed);
        if (s == PEERING_REVOKED || s == PEERING_INVALID) {
                strv_push(&a->waits_for, end->address);
                assessment_set(a, VERDICT_DRIFTED, "peering-lost", "%s is %s", end->address,
                               peering_status_to_string(s));
                return false;
        }
        if (s == PEERING_UNKNOWN) {
                assessment_set(a, VERDICT_UNKNOWN, "lifecycle-unknown",
                               "%s has a peering status that tandem does not know", end->address);
                return false;
        }
        return true;
}

static void connect(const Context *c, const Resource *r, const Resource *requestor, const Resource *acceptor,
                    Assessment *a) {
        Action *action = assessment_act(a, (Resource *) r, VERB_UPDATE);
        const char *drg = json_string(requestor->observed->body, "drgId");
        Difference *d = differences_add(&action->differences, NULL, VERB_UPDATE, xstrdup("peeringStatus"));

        d->want_text = xstrdup("PEERED");
        d->have_text = xstrdup(json_string(requestor->observed->body, "peeringStatus"));
        differences_copy(&a->differences, d);
        action->call = (Call){
                .method = "POST",
                .path = xasprintf("%s/%s/actions/connect", requestor->kind->path, requestor->observed->id),
                .body = json_new_object(),
                .kind = requestor->kind,
                .region = requestor->region,
                .target = xstrdup(requestor->observed->id),
        };
        json_set_string(action->call.body, "peerId", acceptor->observed->id);
        json_set_string(action->call.body, "peerRegionName", c->estate->regions[acceptor->region].region);
        action->basis[0] = requestor->observed;
        action->basis[1] = acceptor->observed;
        strv_push(&action->serialized, requestor->observed->id);
        strv_push(&action->serialized, acceptor->observed->id);
        if (drg)
                strv_push(&action->serialized, drg);
        action->reason = xstrdup("connect the two ends");
        assessment_set(a, VERDICT_DRIFTED, "not-connected", "both ends exist and are not connected");
}

static bool peered_with(const Resource *end, const Resource *other) {
        return peering_status_of(end->observed) == PEERING_PEERED &&
               streq_ptr(peering_peer_of(end->observed), other->observed->id);
}

/* With somebody else. While nobody is named it is not known with whom. */
static bool peered_wrongly(const Resource *end, const Resource *other) {
        const char *peer = peering_peer_of(end->observed);

        return peering_status_of(end->observed) == PEERING_PEERED && peer &&
               !streq(peer, other->observed->id);
}

static void wait_for_peering(const Context *c, const Resource *requestor, const Resource *acceptor,
                             Assessment *a) {
        usec_t changed = MAX(requestor->observed->changed, acceptor->observed->changed);
        const char *here = json_string(requestor->observed->body, "peeringStatus");
        const char *there = json_string(acceptor->observed->body, "peeringStatus");

        if ((double) (c->now - changed) * c->speed > (double) PATIENCE)
                assessment_set(
                        a, VERDICT_BLOCKED, "pending-long",
                        "peering is %s here and %s there for over 5 minutes; look whether the acceptor's "
                        "compartment admits this principal",
                        here, there);
        else
                assessment_set(a, VERDICT_PROGRESSING, "peering-pending", "peering is %s here, %s there",
                               here, there);
}

static void peering_next_step(const Context *c, const Resource *r, Assessment *a) {
        const Resource *requestor = context_find(c, symbol_ref(json_get(r->desired->want, "requestor")));
        const Resource *acceptor = context_find(c, symbol_ref(json_get(r->desired->want, "acceptor")));
        PeeringStatus here, there;

        if (!end_ready(requestor, a) || !end_ready(acceptor, a))
                return;
        here = peering_status_of(requestor->observed);
        there = peering_status_of(acceptor->observed);
        if (peered_with(requestor, acceptor) && peered_with(acceptor, requestor))
                assessment_set(a, VERDICT_IN_SYNC, NULL, "peered");
        else if (here == PEERING_NEW && there == PEERING_NEW)
                connect(c, r, requestor, acceptor, a);
        else if (peered_wrongly(requestor, acceptor) || peered_wrongly(acceptor, requestor)) {
                const Resource *wrong = peered_wrongly(requestor, acceptor) ? requestor : acceptor;

                strv_push(&a->waits_for, wrong->address);
                assessment_set(a, VERDICT_DRIFTED, "wrong-peer", "%s is peered with another RPC",
                               wrong->address);
        } else
                wait_for_peering(c, requestor, acceptor, a);
}

/* The requestor's word, as long as the acceptor does not say a worse one. */
static const char *peering_link_state(const Context *c, const Resource *r) {
        const Resource *requestor = context_find(c, symbol_ref(json_get(r->desired->want, "requestor")));
        const Resource *acceptor = context_find(c, symbol_ref(json_get(r->desired->want, "acceptor")));
        PeeringStatus here, there;

        if (!requestor || !requestor->observed || !acceptor || !acceptor->observed)
                return peering_status_to_string(PEERING_UNKNOWN);
        here = peering_status_of(requestor->observed);
        there = peering_status_of(acceptor->observed);
        return peering_status_to_string(here == PEERING_PEERED ? there : here);
}

static void peering_lint(const Estate *e, const Desired *d, LintReport report, void *userdata) {
        const Field *f = kind_field(d->kind, "acceptor");
        const char *requestor = symbol_ref(json_get(d->want, "requestor"));
        const char *acceptor = symbol_ref(json_get(d->want, "acceptor"));
        const Desired *a = requestor ? estate_find(e, requestor) : NULL,
                      *b = acceptor ? estate_find(e, acceptor) : NULL;

        if (!a || !b)
                return;
        if (a == b)
                report(userdata, d, f, true, "an RPC cannot be peered with itself");
        else if (a->region == b->region)
                report(userdata, d, f, true, same_region);
        for (size_t i = 0; i < d->index; i++) {
                const Desired *p = e->resources[i];
                const char *one = symbol_ref(json_get(p->want, "requestor")),
                           *two = symbol_ref(json_get(p->want, "acceptor"));

                if (p->kind != d->kind)
                        continue;
                if (streq_ptr(one, requestor) || streq_ptr(one, acceptor) || streq_ptr(two, requestor) ||
                    streq_ptr(two, acceptor)) {
                        _cleanup_free_ char *message = xasprintf(
                                "%s has one of these ends already: an RPC has one peer", p->address);

                        report(userdata, d, f, true, message);
                }
        }
}

static void peering_network(NetNode *n, const cJSON *body) {
        n->type = NET_LINK;
        net_node_name(n, SLOT_REQUESTOR, json_string(body, "requestor"));
        net_node_name(n, SLOT_ACCEPTOR, json_string(body, "acceptor"));
}

const Kind kind_peering = {
        .name = "Peering",
        .doc = "The link between two remote peering connections",
        .flags = KIND_NOT_CLOUD,
        .fields = peering_fields,
        .next_step = peering_next_step,
        .link_state = peering_link_state,
        .lint = peering_lint,
        .network = peering_network,
};
