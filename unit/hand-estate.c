/* The estate is loaded from YAML like any other; the rest is what an engine would have made of it. */
#include "hand-estate.h"

#include "spec/spec.h"

const char hand_spec[] = "kind: Estate\n"
                         "name: hand\n"
                         "compartment: ocid1.compartment.oc1..aaaa\n"
                         "mode: enforce\n"
                         "policy: {create: automatic}\n"
                         "---\n"
                         "kind: Region\n"
                         "name: primary\n"
                         "region: us-sanjose-1\n"
                         "vcns:\n"
                         "- name: primary-vcn\n"
                         "  cidrBlocks: [10.0.0.0/16]\n"
                         "  natGateways: [{name: primary-nat}]\n"
                         "  routeTables:\n"
                         "  - name: primary-private\n"
                         "    routeRules:\n"
                         "    - {destination: 0.0.0.0/0, networkEntity: NatGateway/primary-nat}\n";

static Observed *see(HandEstate *h, Resource *r, const char *text, const char *etag) {
        cJSON *body;

        if (json_parse(text, strlen(text), &body, NULL) < 0)
                abort();
        r->observed = world_see(h->world, r->kind, 0, body, etag, READ_GET,
                                HAND_NOW_MONOTONIC - 2 * USEC_PER_SEC, HAND_NOW_MONOTONIC);
        return r->observed;
}

static void set_verdict(Resource *r, Verdict v, const char *code, const char *message) {
        assessment_set(&r->assessment, v, code, "%s", message);
        r->verdict = v;
        r->since = HAND_NOW_REALTIME - 41 * USEC_PER_SEC;
}

/* A rule of ours that is declared no longer. */
static void make_drifted(HandEstate *h, Resource *r) {
        static const char rule[] =
                "{\"destination\":\"10.1.0.0/16\",\"networkEntityId\":\"ocid1.drg.oc1.x.a\"}";
        Action *a = assessment_act(&r->assessment, r, VERB_DISRUPT);
        Difference *d = differences_add(&a->differences, kind_field(r->kind, "routeRules"), VERB_DISRUPT,
                                        xstrdup("routeRules[10.1.0.0/16]"));

        if (json_parse(rule, strlen(rule), &d->have, NULL) < 0)
                abort();
        d->have_text = xstrdup("10.1.0.0/16 → it's a \033[31mDRG");
        d->note = xstrdup("cuts the link");
        differences_copy(&r->assessment.differences, d);
        a->reason = xstrdup("1 rule too many");
        memcpy(a->id, "5e0c12ab", sizeof a->id);
        a->decision = DECISION_APPROVAL;
        a->decision_code = "approval";
        a->call = (Call){
                .method = "PUT",
                .path = xasprintf("%s/%s", r->kind->path, HAND_TABLE_ID),
                .body = json_new_object(),
                .if_match = xstrdup("8f2c"),
                .takes_if_match = true,
                .kind = r->kind,
                .target = xstrdup(HAND_TABLE_ID),
        };
        json_set_string(a->call.body, "displayName", "it's private");
        set_verdict(r, VERDICT_DRIFTED, "differs", "1 rule too many");
        h->disrupt = a;
}

static void make_missing(HandEstate *h, Resource *r) {
        Action *a = assessment_act(&r->assessment, r, VERB_CREATE);

        r->absent = true;
        a->reason = xstrdup("declared and not there");
        memcpy(a->id, "00c0ffee", sizeof a->id);
        a->decision = DECISION_WAIT;
        strv_push(&a->waits_for, HAND_VCN);
        a->call = (Call){
                .method = "POST",
                .path = xstrdup(r->kind->path),
                .body = json_new_object(),
                .kind = r->kind,
                .creates = true,
        };
        json_set_string(a->call.body, "displayName", "primary-nat");
        set_verdict(r, VERDICT_MISSING, "missing", "declared and not there");
        r->not_before = HAND_NOW_MONOTONIC + 6 * USEC_PER_SEC;
        r->attempts = 2;
        r->tried[0] = (Attempt){ .at = HAND_NOW_REALTIME - USEC_PER_SEC,
                                 .method = xstrdup("POST"),
                                 .path = xstrdup(r->kind->path),
                                 .status = 409,
                                 .code = xstrdup("IncorrectState"),
                                 .message = xstrdup("VCN busy"),
                                 .request_id = xstrdup("77C0") };
        h->create = a;
}

static void fill(HandEstate *h) {
        Resource *vcn = context_find(&h->context, HAND_VCN), *table = context_find(&h->context, HAND_TABLE);
        RegionState *region = &h->world->regions[0];

        see(h, vcn, "{\"id\":\"ocid1.vcn.oc1.us-sanjose-1.aaaavcn\",\"lifecycleState\":\"AVAILABLE\"}",
            "a1");
        see(h, table, "{\"id\":\"" HAND_TABLE_ID "\",\"lifecycleState\":\"AVAILABLE\"}", "8f2c");
        vcn->identity = table->identity = IDENTITY_TAG;
        set_verdict(vcn, VERDICT_IN_SYNC, NULL, "as declared");
        make_drifted(h, table);
        make_missing(h, context_find(&h->context, HAND_NAT));
        region->reachable = true;
        region->requests = 42;
        region->last_complete = HAND_NOW_REALTIME - 2 * USEC_PER_SEC;
        h->plan =
                (Plan){ .complete = true, .digest = xstrdup("3f9a1c"), .n_resources = 3, .n_unchanged = 1 };
        array_push(h->plan.actions, h->plan.n_actions, h->disrupt);
        array_push(h->plan.actions, h->plan.n_actions, h->create);
}

void hand_estate_init(HandEstate *h) {
        const SpecText text = { .name = (char *) (uintptr_t) "hand.yaml",
                                .text = (char *) (uintptr_t) hand_spec,
                                .size = strlen(hand_spec) };
        _cleanup_spec_diagnostics_ SpecDiagnostics ds = {};

        *h = (HandEstate){ .estate = spec_load(&text, 1, &ds) };
        if (!h->estate)
                abort();
        h->world = world_new(h->estate->n_regions);
        h->resources = xnew(Resource *, h->estate->n_resources);
        for (size_t i = 0; i < h->estate->n_resources; i++) {
                const Desired *d = h->estate->resources[i];
                Resource *r = resource_new(d->address, d->kind, d->region, d);

                h->resources[i] = r;
                HASH_ADD_KEYPTR(hh, h->by_address, r->address, strlen(r->address), r);
        }
        h->context = (Context){ .estate = h->estate,
                                .world = h->world,
                                .resources = h->resources,
                                .by_address = h->by_address,
                                .now = HAND_NOW_MONOTONIC,
                                .speed = 1 };
        fill(h);
        h->budget = (Budget){ .available = 5.5, .limit = 6 };
        h->view = (View){ .context = &h->context,
                          .resources = h->resources,
                          .n_resources = h->estate->n_resources,
                          .plan = &h->plan,
                          .budget = &h->budget,
                          .words = &h->words,
                          .spec = { .running = h->estate->digest,
                                    .loaded_at = HAND_NOW_REALTIME - USEC_PER_HOUR },
                          .verdict = VERDICT_DRIFTED,
                          .version = "1.2.3",
                          .started_at = HAND_NOW_REALTIME - USEC_PER_DAY,
                          .realtime = HAND_NOW_REALTIME,
                          .monotonic = HAND_NOW_MONOTONIC };
}

void hand_estate_done(HandEstate *h) {
        words_done(&h->words);
        free(h->plan.actions);
        free(h->plan.digest);
        HASH_CLEAR(hh, h->by_address);
        for (size_t i = 0; i < h->estate->n_resources; i++)
                resource_free(h->resources[i]);
        free(h->resources);
        world_free(h->world);
        estate_free(h->estate);
}
