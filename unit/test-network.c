/* daemon/network: a packet's way over the seed estate, with each hop broken once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "network/declared.h"
#include "network/walk.h"
#include "spec/spec.h"

/* The first place where 'from' stands in a file gives way to 'to'. */
static void edit(SpecText *files, size_t n, const char *from, const char *to) {
        for (size_t i = 0; from && i < n; i++) {
                char *at = strstr(files[i].text, from), *text;

                if (!at)
                        continue;
                text = xasprintf("%.*s%s%s", (int) (at - files[i].text), files[i].text, to,
                                 at + strlen(from));
                free(files[i].text);
                files[i].text = text;
                files[i].size = strlen(text);
                return;
        }
        assert_null(from);
}

static Estate *seed(const char *from, const char *to, const char *from2, const char *to2) {
        const char *directory = getenv("TEST_DATA");
        _cleanup_free_ char *path = path_join(directory ? directory : "unit/data", "../../specs"),
                            *error = NULL;
        _cleanup_spec_diagnostics_ SpecDiagnostics ds = {};
        SpecText *files;
        size_t n;
        Estate *e;

        assert_int_equal(spec_read_path(path, &files, &n, &error), 0);
        edit(files, n, from, to);
        edit(files, n, from2, to2);
        e = spec_load(files, n, &ds);
        for (size_t i = 0; i < ds.n; i++)
                if (ds.d[i].error)
                        print_error("%s\n", ds.d[i].message);
        assert_non_null(e);
        spec_texts_free(files, n);
        return e;
}

static Packet packet(const Topology *t, const char *from, const char *to, int protocol, unsigned port) {
        const NetNode *a = topology_find(t, from), *b = topology_find(t, to);

        assert_non_null(a);
        assert_non_null(b);
        return (Packet){ .from = { .vcn = a->slot[SLOT_PARENT].node, .subnet = a },
                         .to = { .vcn = b->slot[SLOT_PARENT].node, .subnet = b },
                         .protocol = protocol,
                         .port = port };
}

#define NODES      "primary/Subnet/primary-nodes"
#define NODES_BACK "secondary/Subnet/secondary-nodes"
#define TO_SECONDARY                                                                                        \
        "    - {destination: secondary/Vcn/secondary-vcn, networkEntity: Drg/multicluster-drg}\n  - name: " \
        "primary-public"
#define TO_PRIMARY                                                                                          \
        "    - {destination: primary/Vcn/primary-vcn, networkEntity: Drg/multicluster-drg-secondary}\n  - " \
        "name: "                                                                                            \
        "secondary-public"
#define ALL "statements: [{priority: 1, action: ACCEPT, matchCriteria: [{matchType: MATCH_ALL}]}]"
#define IPSEC                                                                                          \
        "statements: [{priority: 3, action: ACCEPT, matchCriteria: [{matchType: DRG_ATTACHMENT_TYPE, " \
        "attachmentType: IPSEC_TUNNEL}]}]"

static const struct {
        const char *from, *to, *from2, *to2;
        WalkEnd end;
        Gap gap;
        const char *why, *line;
} cases[] = {
        { NULL, NULL, NULL, NULL, WALK_ARRIVES, GAP_NONE, NULL, NULL },
        { TO_SECONDARY, "  - name: primary-public", NULL, NULL, WALK_STOPS, GAP_ROUTE,
          "stops at hop 2: primary/RouteTable/primary-private has no route to 10.1.0.0/16 but 0.0.0.0/0 to "
          "primary/NatGateway/primary-nat",
          "{destination: secondary/Vcn/secondary-vcn, networkEntity: Drg/multicluster-drg}" },
        { "  - {name: primary-vcn-attachment", "  # {", NULL, NULL, WALK_STOPS, GAP_ATTACHMENT,
          "stops at hop 3: primary/Vcn/primary-vcn is not attached to primary/Drg/multicluster-drg",
          "{name: primary-vcn-attachment, networkDetails: {type: VCN, id: Vcn/primary-vcn}}" },
        { "into-for-vcns, distributionType: IMPORT, defaultOf: for-vcns, " ALL,
          "into-for-vcns, distributionType: IMPORT, defaultOf: for-vcns, " IPSEC, NULL, NULL, WALK_STOPS,
          GAP_IMPORT, "stops at hop 4: primary/DrgRouteTable/for-vcns has no route to 10.1.0.0/16",
          "{priority: 4, action: ACCEPT, matchCriteria: [{matchType: DRG_ATTACHMENT_TYPE, attachmentType: "
          "REMOTE_PEERING_CONNECTION}]}" },
        { "---\n# yaml-language-server: $schema=tandem.schema.json\nkind: Peering\nname: "
          "primary-secondary\nrequestor: "
          "primary/RemotePeeringConnection/primary-to-secondary-rpc # this side calls connect; never both\n"
          "acceptor: secondary/RemotePeeringConnection/secondary-to-primary-rpc\n",
          "", NULL, NULL, WALK_STOPS, GAP_PEERING,
          "stops at hop 6: primary/RemotePeeringConnection/primary-to-secondary-rpc is an end of no Peering",
          "{kind: Peering, name: NAME, requestor: primary/RemotePeeringConnection/primary-to-secondary-rpc, "
          "acceptor: REGION/RemotePeeringConnection/NAME}" },
        { "  - {name: secondary-vcn-attachment", "  # {", NULL, NULL, WALK_STOPS, GAP_ATTACHMENT,
          "stops at hop 10: secondary/Vcn/secondary-vcn is not attached to "
          "secondary/Drg/multicluster-drg-secondary",
          "{name: secondary-vcn-attachment, networkDetails: {type: VCN, id: Vcn/secondary-vcn}}" },
        { "{protocol: tcp, source: primary/Vcn/primary-vcn, ports: [443, 15443",
          "{protocol: tcp, source: "
          "primary/Vcn/primary-vcn, ports: [15443",
          NULL, NULL, WALK_STOPS, GAP_RULE,
          "stops at hop 12: no rule of secondary/Subnet/secondary-nodes lets tcp 443 in from "
          "primary/Subnet/primary-nodes",
          "{protocol: tcp, source: primary/Vcn/primary-vcn}" },
        { "{protocol: all, destination: 0.0.0.0/0}", "{protocol: all, destination: 10.0.0.0/16}", NULL, NULL,
          WALK_STOPS, GAP_RULE,
          "stops at hop 1: no rule of primary/Subnet/primary-nodes lets tcp 443 out to "
          "secondary/Subnet/secondary-nodes",
          "{protocol: tcp, destination: secondary/Vcn/secondary-vcn}" },
        { TO_PRIMARY, "  - name: secondary-public", NULL, NULL, WALK_STOPS, GAP_ROUTE,
          "the answer stops at hop 14: secondary/RouteTable/secondary-private has no route to 10.0.0.0/16 "
          "but "
          "0.0.0.0/0 to secondary/NatGateway/secondary-nat",
          "{destination: primary/Vcn/primary-vcn, networkEntity: Drg/multicluster-drg-secondary}" },
        /* A stateless rule there: its answer needs one, and the stateful one that lets all out will do … */
        { "source: primary/Vcn/primary-vcn, ports: [443",
          "stateless: true, source: primary/Vcn/primary-vcn, "
          "ports: [443",
          NULL, NULL, WALK_ARRIVES, GAP_NONE, NULL, NULL },
        /* … and one that is stateless here needs one for the answer to come in. */
        { "{protocol: all, destination: 0.0.0.0/0}",
          "{protocol: all, destination: 0.0.0.0/0, stateless: true}", NULL, NULL, WALK_STOPS, GAP_RULE,
          "the answer stops at hop 24: no rule of primary/Subnet/primary-nodes lets the answer to tcp 443 "
          "in from "
          "secondary/Subnet/secondary-nodes",
          "{protocol: tcp, source: secondary/Vcn/secondary-vcn, stateless: true}" },
        /* A longer prefix wins over what is imported. */
        { "importDrgRouteDistribution: into-for-vcns}",
          "importDrgRouteDistribution: into-for-vcns, routeRules: "
          "[{destination: 10.1.1.0/24, nextHopDrgAttachment: primary-vcn-attachment}]}",
          NULL, NULL, WALK_STOPS, GAP_NONE,
          "stops at hop 4: primary/DrgRouteTable/for-vcns leads 10.1.0.0/16 to "
          "primary/DrgAttachment/primary-vcn-attachment",
          NULL },
        /* What OCI makes by itself is known, what people may have filled is not. */
        { "  - {name: primary-rpc-attachment", "  # {", NULL, NULL, WALK_ARRIVES, GAP_NONE, NULL, NULL },
        { "routeTable: primary-private, securityLists: [primary-nodes]", "securityLists: [primary-nodes]",
          NULL, NULL, WALK_UNKNOWN, GAP_NONE,
          "the route table of primary/Subnet/primary-nodes is not declared", NULL },
        { "securityLists: [secondary-nodes], prohibitPublicIpOnVnic", "prohibitPublicIpOnVnic", NULL, NULL,
          WALK_UNKNOWN, GAP_NONE, "not all rules of secondary/Subnet/secondary-nodes are declared", NULL },
};

static void test_each_hop(void **state) {
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_(estate_freep)
                        Estate *e = seed(cases[i].from, cases[i].to, cases[i].from2, cases[i].to2);
                _cleanup_(topology_freep) Topology *t = topology_declared(e);
                Packet p = packet(t, NODES, NODES_BACK, NET_TCP, 443);
                _cleanup_walk_ Walk w = {};

                walk_packet(&p, &w);
                if (w.end != cases[i].end || w.gap != cases[i].gap || !streq_ptr(w.why, cases[i].why) ||
                    !streq_ptr(w.line, cases[i].line))
                        print_error("case %zu: %d %d '%s' '%s'\n", i, w.end, w.gap, w.why ? w.why : "",
                                    w.line ? w.line : "");
                assert_int_equal(w.end, cases[i].end);
                assert_int_equal(w.gap, cases[i].gap);
                assert_true(streq_ptr(w.why, cases[i].why));
                assert_true(streq_ptr(w.line, cases[i].line));
        }
}

static void test_hops(void **state) {
        static const char *const hops[] = {
                NODES,
                "primary/RouteTable/primary-private",
                "primary/DrgAttachment/primary-vcn-attachment",
                "primary/DrgRouteTable/for-vcns",
                "primary/DrgAttachment/primary-rpc-attachment",
                "primary/RemotePeeringConnection/primary-to-secondary-rpc",
                "Peering/primary-secondary",
                "secondary/RemotePeeringConnection/secondary-to-primary-rpc",
                "secondary/DrgAttachment/secondary-rpc-attachment",
                "secondary/DrgRouteTable/for-rpcs",
                "secondary/DrgAttachment/secondary-vcn-attachment",
                NODES_BACK,
        };
        _cleanup_(estate_freep) Estate *e = seed(NULL, NULL, NULL, NULL);
        _cleanup_(topology_freep) Topology *t = topology_declared(e);
        Packet p = packet(t, NODES, NODES_BACK, NET_ICMP, 0);
        _cleanup_walk_ Walk w = {};

        walk_packet(&p, &w);
        assert_int_equal(w.end, WALK_ARRIVES);
        assert_int_equal(w.n_hops, 2 * ARRAY_SIZE(hops));
        for (size_t i = 0; i < ARRAY_SIZE(hops); i++)
                assert_string_equal(w.hops[i].at, hops[i]);
        assert_true(w.hops[ARRAY_SIZE(hops)].back);
        assert_string_equal(w.hops[ARRAY_SIZE(hops)].at, NODES_BACK);
}

/* A group opens more than the lists of its subnet, to whom it names. */
static void test_groups(void **state) {
        _cleanup_(estate_freep) Estate *e = seed(
                "  subnets:\n  - {name: primary-api",
                "  networkSecurityGroups:\n  - name: callers\n  - name: served\n    securityRules:\n"
                "    - {direction: INGRESS, protocol: tcp, source: NetworkSecurityGroup/callers, ports: "
                "[9000]}\n"
                "    - {direction: INGRESS, protocol: udp, source: secondary/Vcn/secondary-vcn, ports: "
                "[53]}\n"
                "  subnets:\n  - {name: primary-api",
                NULL, NULL);
        _cleanup_(topology_freep) Topology *t = topology_declared(e);
        const NetNode *callers[] = { topology_find(t, "primary/NetworkSecurityGroup/callers"), NULL };
        const NetNode *served[] = { topology_find(t, "primary/NetworkSecurityGroup/served"), NULL };
        Packet dns = packet(t, NODES_BACK, NODES, NET_UDP, 53),
               web = packet(t, NODES_BACK, NODES, NET_TCP, 9000);

        assert_int_equal(packet_enters(&dns), PASSAGE_CLOSED);
        dns.to.groups = web.to.groups = served;
        assert_int_equal(packet_enters(&dns), PASSAGE_OPEN);
        assert_int_equal(packet_enters(&web), PASSAGE_CLOSED);
        web.from.groups = callers;
        assert_int_equal(packet_enters(&web), PASSAGE_OPEN);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_each_hop),
                cmocka_unit_test(test_hops),
                cmocka_unit_test(test_groups),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
