/* daemon/spec: golden cases as data, what good specs come to, and files. */
#include <errno.h>
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "spec/spec.h"

#define FILES_MAX 8

typedef struct Files {
        SpecText f[FILES_MAX];
        size_t n;
} Files;

static void files_done(Files *files) {
        for (size_t i = 0; i < files->n; i++) {
                free(files->f[i].name);
                free(files->f[i].text);
        }
}

static void files_add(Files *files, const char *name, const char *text, size_t size) {
        assert_true(files->n < FILES_MAX);
        files->f[files->n++] =
                (SpecText){ .name = xstrdup(name), .text = xstrndup(text, size), .size = size };
}

/* Cuts a case at its lines "--- # file: NAME"; without one it is a single file. */
static void files_split(Files *files, const char *text) {
        static const char separator[] = "--- # file: ";

        if (!startswith(text, separator)) {
                files_add(files, "case.yaml", text, strlen(text));
                return;
        }
        while (startswith(text, separator)) {
                const char *name = text + strlen(separator), *body = strchr(name, '\n') + 1,
                           *end = strstr(body, separator);
                _cleanup_free_ char *file = xstrndup(name, (size_t) (body - 1 - name));

                if (!end)
                        end = body + strlen(body);
                files_add(files, file, body, (size_t) (end - body));
                text = end;
        }
}

static char *data_path(const char *name) {
        const char *directory = getenv("TEST_DATA");

        return path_join(directory ? directory : "unit/data", name);
}

/* What validate prints for a case. */
static char *run_case(const char *path) {
        _cleanup_spec_diagnostics_ SpecDiagnostics ds = {};
        _cleanup_(estate_freep) Estate *e = NULL;
        _cleanup_(files_done) Files files = {};
        _cleanup_free_ char *text = NULL;
        Str out = {};
        size_t size;

        assert_int_equal(file_read(path, SPEC_FILE_SIZE_MAX, &text, &size, NULL), 0);
        files_split(&files, text);
        e = spec_load(files.f, files.n, &ds);
        assert_true(!e == (ds.n_errors > 0));
        spec_print_diagnostics(&out, &ds, files.f, files.n);
        return str_take(&out);
}

static int is_case(const struct dirent *entry) {
        return endswith(entry->d_name, ".yaml");
}

static void test_golden(void **state) {
        _cleanup_free_ char *directory = data_path("spec");
        struct dirent **entries;
        int n = scandir(directory, &entries, is_case, alphasort), n_wrong = 0;

        assert_true(n > 40);
        for (int i = 0; i < n; i++) {
                _cleanup_free_ char *path = path_join(directory, entries[i]->d_name), *got = run_case(path),
                                    *want = NULL;
                _cleanup_free_ char *base = xstrndup(path, strlen(path) - strlen(".yaml"));
                _cleanup_free_ char *expected = xasprintf("%s.expected", base);
                size_t size;

                assert_int_equal(file_read(expected, SPEC_FILE_SIZE_MAX, &want, &size, NULL), 0);
                if (!streq(got, want)) {
                        print_error("%s: got\n%s", entries[i]->d_name, got);
                        n_wrong++;
                }
                free(entries[i]);
        }
        free(entries);
        assert_int_equal(n_wrong, 0);
}

/* Loads one text that is no error; what it leaves out may be worth a warning. */
static Estate *load(const char *text) {
        _cleanup_spec_diagnostics_ SpecDiagnostics ds = {};
        _cleanup_(files_done) Files files = {};
        Estate *e;

        files_split(&files, text);
        e = spec_load(files.f, files.n, &ds);
        for (size_t i = 0; i < ds.n; i++)
                if (ds.d[i].error)
                        print_error("%u:%u: %s\n", ds.d[i].line, ds.d[i].column, ds.d[i].message);
        assert_non_null(e);
        return e;
}

static Estate *load_path(const char *name) {
        _cleanup_spec_diagnostics_ SpecDiagnostics ds = {};
        _cleanup_free_ char *path = data_path(name), *error = NULL;
        SpecText *files;
        size_t n;
        Estate *e;

        assert_int_equal(spec_read_path(path, &files, &n, &error), 0);
        e = spec_load(files, n, &ds);
        assert_non_null(e);
        assert_int_equal(ds.n, 0);
        spec_texts_free(files, n);
        return e;
}

static const Desired *find(const Estate *e, const char *address) {
        const Desired *d = estate_find(e, address);

        if (!d)
                print_error("no %s\n", address);
        assert_non_null(d);
        return d;
}

/* The wanted value, written as JSON without the marks of places. */
static void check_want(const Estate *e, const char *address, const char *member, const char *json) {
        _cleanup_json_ cJSON *have = json_copy(json_path(find(e, address)->want, member)), *want = NULL;
        cJSON *rule;

        assert_int_equal(json_parse(json, strlen(json), &want, NULL), 0);
        if (cJSON_IsArray(have))
                cJSON_ArrayForEach (rule, have)
                        json_remove(rule, "$at");
        if (!have || !json_equal(have, want)) {
                _cleanup_free_ char *text = have ? json_text(have) : xstrdup("nothing");

                print_error("%s %s: %s\n", address, member, text);
                assert_true(false);
        }
}

static void test_seed(void **state) {
        _cleanup_(estate_freep) Estate *e = load_path("../../specs");
        _cleanup_free_ char *source = NULL, *field_source = NULL;
        const Desired *d;

        assert_string_equal(e->name, "multicluster");
        assert_int_equal(e->mode, MODE_ENFORCE);
        assert_int_equal(e->interval, 15 * USEC_PER_SEC);
        assert_int_equal(e->policy[VERB_CREATE], GATE_AUTOMATIC);
        assert_int_equal(e->policy[VERB_DELETE], GATE_APPROVE);
        assert_string_equal(e->profile, "DEFAULT");
        assert_int_equal(e->n_regions, 2);
        assert_int_equal(e->n_resources, 2 * 21 + 1);
        assert_int_equal(strlen(e->digest), 6);

        d = find(e, "primary/RouteTable/primary-private");
        assert_string_equal(d->parent->address, "primary/Vcn/primary-vcn");
        assert_true(startswith(d->compartment, "ocid1.compartment."));
        assert_int_equal(strlen(d->digest), 12);
        source = estate_mark_text(e, d->mark);
        assert_true(endswith(source, "specs/primary.yaml:12"));
        field_source = desired_field_source(e, d, kind_field(d->kind, "routeRules"));
        assert_true(endswith(field_source, "primary.yaml:13"));
        assert_true(endswith(json_string(json_get(d->want, "routeRules")->child, "$at"),
                             "specs/primary.yaml:14"));
        check_want(
                e, d->address, "routeRules",
                "[{\"destination\": \"0.0.0.0/0\", \"destinationType\": \"CIDR_BLOCK\","
                "  \"networkEntityId\": {\"$ref\": \"primary/NatGateway/primary-nat\"}},"
                " {\"destination\": {\"$lookup\": \"Service\", \"key\": \"all\", \"member\": \"cidrBlock\"},"
                "  \"destinationType\": \"SERVICE_CIDR_BLOCK\","
                "  \"networkEntityId\": {\"$ref\": \"primary/ServiceGateway/primary-sgw\"}},"
                " {\"destination\": \"10.1.0.0/16\", \"destinationType\": \"CIDR_BLOCK\","
                "  \"networkEntityId\": {\"$ref\": \"primary/Drg/multicluster-drg\"}}]");
        d = find(e, "secondary/SecurityList/secondary-nodes");
        assert_int_equal(cJSON_GetArraySize(json_get(d->want, "ingressSecurityRules")), 5);
        check_want(e, "secondary/Drg/multicluster-drg-secondary", "defaultDrgRouteTables",
                   "{\"vcn\": {\"$ref\": \"secondary/DrgRouteTable/for-vcns\"},"
                   " \"remotePeeringConnection\": {\"$ref\": \"secondary/DrgRouteTable/for-rpcs\"}}");
        d = find(e, "primary/DrgRouteDistribution/into-for-rpcs");
        assert_string_equal(d->role->key, "defaultOf");
        assert_string_equal(d->role_value, "for-rpcs");
        assert_null(d->compartment);
        d = find(e, "primary/DrgAttachment/primary-rpc-attachment");
        assert_string_equal(d->role->own_path, "networkDetails.id");
        assert_null(find(e, "primary/DrgAttachment/primary-vcn-attachment")->role);
        check_want(e, "Peering/primary-secondary", "acceptor",
                   "{\"$ref\": \"secondary/RemotePeeringConnection/secondary-to-primary-rpc\"}");
}

/* The whole estate of the record, clusters included. */
static void test_clusters(void **state) {
        _cleanup_spec_diagnostics_ SpecDiagnostics ds = {};
        _cleanup_(estate_freep) Estate *e = NULL;
        _cleanup_(files_done) Files files = {};
        _cleanup_free_ char *path = data_path("spec/estate-with-clusters.yaml"), *text = NULL;
        const Desired *d;
        size_t size;

        assert_int_equal(file_read(path, SPEC_FILE_SIZE_MAX, &text, &size, NULL), 0);
        files_split(&files, text);
        e = spec_load(files.f, files.n, &ds);
        assert_int_equal(ds.n, 0);
        assert_int_equal(e->n_resources, 2 * (19 + 4) + 1);
        assert_int_equal(e->proven_nodes, 75);
        d = find(e, "primary/Cluster/primary-cluster");
        assert_string_equal(json_string(d->want, "context"), "primary-cluster-context");
        check_want(e, d->address, "vcnId", "{\"$ref\": \"primary/Vcn/primary-vcn\"}");
        check_want(
                e, d->address, "endpointConfig",
                "{\"subnetId\": {\"$ref\": \"primary/Subnet/primary-api\"}, \"isPublicIpEnabled\": false}");
        check_want(e, d->address, "options.serviceLbSubnetIds",
                   "[{\"$ref\": \"primary/Subnet/primary-lb\"}]");
        d = find(e, "primary/NodePool/primary-pool1");
        assert_string_equal(d->displayName, "pool1");
        assert_string_equal(d->parent->address, "primary/Cluster/primary-cluster");
        assert_true(startswith(d->compartment, "ocid1.compartment."));
        assert_true(strv_contains(d->ignore, "nodeConfigDetails.size"));
        check_want(
                e, d->address, "nodeSourceDetails",
                "{\"sourceType\": \"IMAGE\","
                " \"imageId\": {\"$lookup\": \"NodeImage\", \"key\": \"newest\", \"member\": \"imageId\"}}");
        check_want(e, "secondary/NodePool/secondary-pool1", "nodeConfigDetails.placementConfigs",
                   "[{\"availabilityDomain\": {\"$lookup\": \"AvailabilityDomain\", \"key\": \"1\", "
                   "\"member\": \"name\"},"
                   "  \"subnetId\": {\"$ref\": \"secondary/Subnet/secondary-nodes\"}},"
                   " {\"availabilityDomain\": {\"$lookup\": \"AvailabilityDomain\", \"key\": \"2\", "
                   "\"member\": \"name\"},"
                   "  \"subnetId\": {\"$ref\": \"secondary/Subnet/secondary-nodes\"}},"
                   " {\"availabilityDomain\": {\"$lookup\": \"AvailabilityDomain\", \"key\": \"3\", "
                   "\"member\": \"name\"},"
                   "  \"subnetId\": {\"$ref\": \"secondary/Subnet/secondary-nodes\"}}]");
        d = find(e, "primary/Addon/primary-coredns");
        assert_string_equal(d->displayName, "CoreDNS");
        assert_null(d->compartment);
}

static void test_minimal(void **state) {
        _cleanup_(estate_freep) Estate *e = load_path("../../specs/minimal/minimal.yaml");

        assert_int_equal(e->n_resources, 9);
        for (size_t i = 0; i < e->n_resources; i++) {
                assert_int_equal(e->resources[i]->index, i);
                assert_true(!e->resources[i]->parent || e->resources[i]->parent->index < i);
        }
}

#define ESTATE "kind: Estate\nname: t\ncompartment: ocid1.compartment.oc1..aaaaexample\n"
#define REGION "---\nkind: Region\nname: p\nregion: us-sanjose-1\n"

static void test_defaults(void **state) {
        _cleanup_(estate_freep) Estate *e = load(ESTATE REGION);

        assert_int_equal(e->mode, MODE_OBSERVE);
        assert_int_equal(e->principal, PRINCIPAL_API_KEY);
        assert_null(e->profile);
        assert_int_equal(e->interval, 15 * USEC_PER_SEC);
        assert_int_equal(e->disruptions_per_hour, 6);
        assert_int_equal(e->proven_nodes, 67);
        for (Verb v = 0; v < _VERB_MAX; v++)
                assert_int_equal(e->policy[v], v == VERB_ADOPT || v == VERB_UPDATE || v == VERB_HEAL
                                                       ? GATE_AUTOMATIC
                                                       : GATE_APPROVE);
}

static void test_security_rules(void **state) {
        _cleanup_(estate_freep) Estate *e = load(
                ESTATE REGION
                "vcns:\n"
                "- name: v\n"
                "  cidrBlocks: [10.0.0.0/16, 10.2.0.0/16]\n"
                "  networkSecurityGroups:\n"
                "  - name: nsg\n"
                "    securityRules:\n"
                "    - {direction: INGRESS, protocol: udp, source: NetworkSecurityGroup/nsg}\n"
                "  securityLists:\n"
                "  - name: sl\n"
                "    foreignRules: remove\n"
                "    ingressSecurityRules:\n"
                "    - {protocol: tcp, source: Vcn/v, ports: [443, \"8000-8080\"], stateless: true}\n"
                "    - {protocol: 6, source: Subnet/s, ports: 22, sourcePorts: 1024-65535}\n"
                "    - {protocol: icmp, source: 10.9.0.0/16, icmp: {type: 3, code: 4}}\n"
                "    - {protocol: \"47\", source: \"FD00:0::/64\"}\n"
                "    egressSecurityRules:\n"
                "    - {protocol: tcp, destination: Service/objectstorage, description: backups}\n"
                "  subnets: [{name: s, cidrBlock: 10.2.1.0/24}]\n");
        const Desired *d = find(e, "p/SecurityList/sl");

        assert_true(d->remove_foreign);
        check_want(e, d->address, "ingressSecurityRules",
                   "[{\"protocol\": \"6\", \"source\": \"10.0.0.0/16\", \"sourceType\": \"CIDR_BLOCK\", "
                   "\"isStateless\": true,"
                   "  \"tcpOptions\": {\"destinationPortRange\": {\"min\": 443, \"max\": 443}}},"
                   " {\"protocol\": \"6\", \"source\": \"10.0.0.0/16\", \"sourceType\": \"CIDR_BLOCK\", "
                   "\"isStateless\": true,"
                   "  \"tcpOptions\": {\"destinationPortRange\": {\"min\": 8000, \"max\": 8080}}},"
                   " {\"protocol\": \"6\", \"source\": \"10.2.0.0/16\", \"sourceType\": \"CIDR_BLOCK\", "
                   "\"isStateless\": true,"
                   "  \"tcpOptions\": {\"destinationPortRange\": {\"min\": 443, \"max\": 443}}},"
                   " {\"protocol\": \"6\", \"source\": \"10.2.0.0/16\", \"sourceType\": \"CIDR_BLOCK\", "
                   "\"isStateless\": true,"
                   "  \"tcpOptions\": {\"destinationPortRange\": {\"min\": 8000, \"max\": 8080}}},"
                   " {\"protocol\": \"6\", \"source\": \"10.2.1.0/24\", \"sourceType\": \"CIDR_BLOCK\", "
                   "\"isStateless\": false,"
                   "  \"tcpOptions\": {\"destinationPortRange\": {\"min\": 22, \"max\": 22},"
                   "                   \"sourcePortRange\": {\"min\": 1024, \"max\": 65535}}},"
                   " {\"protocol\": \"1\", \"source\": \"10.9.0.0/16\", \"sourceType\": \"CIDR_BLOCK\", "
                   "\"isStateless\": false,"
                   "  \"icmpOptions\": {\"type\": 3, \"code\": 4}},"
                   " {\"protocol\": \"47\", \"source\": \"fd00::/64\", \"sourceType\": \"CIDR_BLOCK\", "
                   "\"isStateless\": false}]");
        check_want(
                e, d->address, "egressSecurityRules",
                "[{\"protocol\": \"6\", \"destinationType\": \"SERVICE_CIDR_BLOCK\", \"isStateless\": false,"
                "  \"description\": \"backups\","
                "  \"destination\": {\"$lookup\": \"Service\", \"key\": \"objectstorage\", \"member\": "
                "\"cidrBlock\"}}]");
        check_want(e, "p/NetworkSecurityGroup/nsg", "securityRules",
                   "[{\"direction\": \"INGRESS\", \"protocol\": \"17\", \"sourceType\": "
                   "\"NETWORK_SECURITY_GROUP\","
                   "  \"source\": {\"$ref\": \"p/NetworkSecurityGroup/nsg\"}, \"isStateless\": false}]");
}

static void test_meta(void **state) {
        _cleanup_(estate_freep) Estate *e = load(
                ESTATE
                "policy: {update: never}\n" REGION "vcns:\n"
                "- name: v\n"
                "  displayName: The VCN\n"
                "  id: ocid1.vcn.oc1.sjc.aaaaexample\n"
                "  compartment: ocid1.compartment.oc1..aaaaother\n"
                "  cidrBlocks: [10.0.0.0/16]\n"
                "  ignore: [displayName, dnsLabel]\n"
                "  formerly: old\n"
                "  policy: {delete: never}\n"
                "  freeformTags: {team: net}\n"
                "  definedTags: {Operations: {CostCenter: \"42\"}}\n"
                "  subnets:\n"
                "  - {name: s, cidrBlock: 10.0.0.0/24, availabilityDomain: 2, securityLists: []}\n"
                "  - {name: t, cidrBlock: 10.0.1.0/24, availabilityDomain: \"Uocm:US-SANJOSE-1-AD-1\",\n"
                "     routeTable: ocid1.routetable.oc1.us-sanjose-1.aaaaexample}\n");
        const Desired *d = find(e, "p/Vcn/v");

        assert_string_equal(d->displayName, "The VCN");
        assert_string_equal(d->pin, "ocid1.vcn.oc1.sjc.aaaaexample");
        assert_string_equal(d->compartment, "ocid1.compartment.oc1..aaaaother");
        assert_string_equal(d->formerly, "old");
        assert_int_equal(strv_length(d->ignore), 2);
        assert_int_equal(d->policy[VERB_DELETE], GATE_NEVER);
        assert_true(d->policy_is_own[VERB_DELETE]);
        assert_int_equal(d->policy[VERB_UPDATE], GATE_NEVER);
        assert_false(d->policy_is_own[VERB_UPDATE]);
        check_want(e, d->address, "freeformTags.team", "\"net\"");
        check_want(e, d->address, "definedTags", "{\"Operations\": {\"CostCenter\": \"42\"}}");
        check_want(e, "p/Subnet/s", "availabilityDomain",
                   "{\"$lookup\": \"AvailabilityDomain\", \"key\": \"2\", \"member\": \"name\"}");
        check_want(e, "p/Subnet/s", "securityListIds", "[]");
        check_want(e, "p/Subnet/t", "availabilityDomain", "\"Uocm:US-SANJOSE-1-AD-1\"");
        check_want(e, "p/Subnet/t", "routeTableId", "\"ocid1.routetable.oc1.us-sanjose-1.aaaaexample\"");
        assert_string_equal(find(e, "p/Subnet/t")->compartment, "ocid1.compartment.oc1..aaaaexample");
}

/* Two ways to say the same estate, and one to say another. */
static void test_digest(void **state) {
        _cleanup_(estate_freep)
                Estate *a = load(ESTATE REGION "vcns:\n"
                                               "- name: v\n"
                                               "  cidrBlocks: [10.0.0.0/16]\n"
                                               "  routeTables:\n"
                                               "  - name: rt\n"
                                               "    routeRules:\n"
                                               "    - {destination: 10.1.0.0/16, networkEntity: Drg/d}\n"
                                               "drgs: [{name: d}]\n");
        _cleanup_(estate_freep) Estate *b = load(
                "--- # file: r.yaml\n"
                "# said in another order\n"
                "region: us-sanjose-1\n"
                "drgs: [{name: d}]\n"
                "vcns:\n"
                "- cidrBlocks: [\"10.0.0.0/16\"]\n"
                "  routeTables:\n"
                "  - {routeRules: [{networkEntity: Drg/d, destination: 10.1.0.0/16}], name: rt}\n"
                "  name: v\n"
                "name: p\n"
                "kind: Region\n"
                "--- # file: e.yaml\n" ESTATE);
        _cleanup_(estate_freep)
                Estate *c = load(ESTATE REGION "vcns: [{name: v, cidrBlocks: [10.0.0.0/17]}]\n");

        assert_string_equal(a->digest, b->digest);
        assert_string_not_equal(a->digest, c->digest);
        for (size_t i = 0; i < a->n_resources; i++)
                assert_string_equal(a->resources[i]->digest, find(b, a->resources[i]->address)->digest);
        assert_string_not_equal(find(a, "p/Vcn/v")->digest, find(c, "p/Vcn/v")->digest);
}

static void test_json(void **state) {
        _cleanup_spec_diagnostics_ SpecDiagnostics ds = {};
        _cleanup_(files_done) Files files = {};
        _cleanup_json_ cJSON *json = NULL;

        files_split(&files, ESTATE "mode: enforce\nmodus: enforce\n" REGION);
        assert_null(spec_load(files.f, files.n, &ds));
        json = spec_diagnostics_json(&ds, files.f, files.n);
        assert_int_equal(cJSON_GetArraySize(json), 1);
        assert_string_equal(json_string(json->child, "file"), "case.yaml");
        assert_int_equal(json_number(json->child, "line", 0), 5);
        assert_int_equal(json_number(json->child, "column", 0), 1);
        assert_string_equal(json_string(json->child, "message"), "unknown key 'modus' in Estate");
        assert_string_equal(json_string(json->child, "severity"), "error");
        assert_true(cJSON_HasObjectItem(json->child, "hint"));
}

/* A file cut off anywhere, as an editor or a full disk may leave it, is refused or read, and never more than that. */
static void test_cut_off(void **state) {
        _cleanup_free_ char *path = data_path("../../specs/primary.yaml"), *text = NULL;
        size_t size;

        assert_int_equal(file_read(path, SPEC_FILE_SIZE_MAX, &text, &size, NULL), 0);
        for (size_t n = 0; n < size; n += 7) {
                _cleanup_spec_diagnostics_ SpecDiagnostics ds = {};
                _cleanup_(estate_freep) Estate *e = NULL;
                _cleanup_(files_done) Files files = {};

                files_add(&files, "estate.yaml", ESTATE, strlen(ESTATE));
                files_add(&files, "cut.yaml", text, n);
                e = spec_load(files.f, files.n, &ds);
                assert_true(!e == (ds.n_errors > 0));
        }
}

static void test_many_mistakes(void **state) {
        _cleanup_spec_diagnostics_ SpecDiagnostics ds = {};
        _cleanup_(files_done) Files files = {};
        _cleanup_str_ Str text = {}, out = {};

        str_add(&text, ESTATE REGION "drgs:\n");
        for (unsigned i = 0; i < SPEC_DIAGNOSTICS_MAX + 10; i++)
                str_addf(&text, "- {name: d%u, colour: red}\n", i);
        files_split(&files, str_get(&text));
        assert_null(spec_load(files.f, files.n, &ds));
        assert_int_equal(ds.n, SPEC_DIAGNOSTICS_MAX);
        assert_int_equal(ds.n_errors, SPEC_DIAGNOSTICS_MAX + 10);
        spec_print_diagnostics(&out, &ds, files.f, files.n);
        assert_true(
                endswith(str_get(&out), "only the first 200 are shown\n210 errors, 0 warnings in 1 file\n"));
}

/* Of a list that is useless as a whole so many are shown that the rest is clear, and counted. */
static void test_many_useless_rules(void **state) {
        _cleanup_spec_diagnostics_ SpecDiagnostics ds = {};
        _cleanup_(estate_freep) Estate *e = NULL;
        _cleanup_(files_done) Files files = {};
        _cleanup_str_ Str text = {};

        str_add(&text, ESTATE REGION "vcns:\n"
                                     "- name: v\n"
                                     "  cidrBlocks: [10.0.0.0/16]\n"
                                     "  securityLists:\n"
                                     "  - name: sl\n"
                                     "    defaultOf: vcn\n"
                                     "    ingressSecurityRules:\n"
                                     "    - {protocol: all, source: 10.0.0.0/16}\n");
        for (unsigned i = 1; i < 200; i++)
                str_addf(&text, "    - {protocol: tcp, source: 10.0.%u.0/24, ports: [443]}\n", i);
        files_split(&files, str_get(&text));
        e = spec_load(files.f, files.n, &ds);
        assert_non_null(e);
        assert_int_equal(ds.n, 21);
        assert_int_equal(ds.n_warnings, 21);
        assert_string_equal(ds.d[0].message, "179 more rules of p/SecurityList/sl change nothing");
        assert_string_equal(ds.d[1].message, "this rule changes nothing: ingress tcp 443 from 10.0.1.0/24");
        assert_string_equal(ds.d[20].message,
                            "this rule changes nothing: ingress tcp 443 from 10.0.20.0/24");
}

static void write_file(const char *directory, const char *name, const char *text) {
        _cleanup_free_ char *path = path_join(directory, name);

        assert_int_equal(file_write_atomic(path, text, strlen(text), 0600), 0);
}

static void remove_all(const char *directory, const char *const *names) {
        for (; *names; names++) {
                _cleanup_free_ char *path = path_join(directory, *names);

                assert_int_equal(remove(path), 0);
        }
        assert_int_equal(rmdir(directory), 0);
}

static void check_unreadable(const char *path, int error, const char *message) {
        _cleanup_free_ char *got = NULL;
        SpecText *files;
        size_t n;

        assert_int_equal(spec_read_path(path, &files, &n, &got), error);
        assert_non_null(strstr(got, message));
}

static void test_read_path(void **state) {
        static const char *const names[] = { "b.yaml",   "a.yml", ".hidden.yaml", "notes.txt", "c.yaml",
                                             "sub.yaml", NULL };
        char directory[] = "/tmp/test-spec-XXXXXX";
        _cleanup_free_ char *with_slash = NULL, *link = NULL, *sub = NULL, *error = NULL, *b = NULL;
        SpecText *files;
        size_t n;

        assert_non_null(mkdtemp(directory));
        check_unreadable("/nowhere/specs", -ENOENT, "/nowhere/specs: no such file or directory");
        check_unreadable(directory, -ENOENT, "no *.yaml or *.yml file in this directory");
        write_file(directory, "b.yaml", "b");
        write_file(directory, "a.yml", "aa");
        write_file(directory, ".hidden.yaml", "-");
        write_file(directory, "notes.txt", "-");
        sub = path_join(directory, "sub.yaml");
        assert_int_equal(mkdir(sub, 0700), 0);
        link = path_join(directory, "c.yaml");
        assert_int_equal(symlink("b.yaml", link), 0);

        with_slash = xasprintf("%s/", directory);
        assert_int_equal(spec_read_path(with_slash, &files, &n, &error), 0);
        assert_int_equal(n, 3);
        assert_string_equal(files[0].name + strlen(directory), "/a.yml");
        assert_string_equal(files[1].name + strlen(directory), "/b.yaml");
        assert_string_equal(files[2].text, "b");
        assert_int_equal(files[0].size, 2);
        spec_texts_free(files, n);

        b = path_join(directory, "b.yaml");
        assert_int_equal(spec_read_path(b, &files, &n, &error), 0);
        assert_int_equal(n, 1);
        assert_string_equal(files[0].name, b);
        spec_texts_free(files, n);
        remove_all(directory, names);
}

static void test_too_large(void **state) {
        char directory[] = "/tmp/test-spec-XXXXXX";
        _cleanup_free_ char *big = xmalloc(SPEC_FILE_SIZE_MAX + 2);

        assert_non_null(mkdtemp(directory));
        memset(big, ' ', SPEC_FILE_SIZE_MAX + 1);
        big[SPEC_FILE_SIZE_MAX + 1] = '\0';
        write_file(directory, "big.yaml", big);
        check_unreadable(directory, -EFBIG, "big.yaml: larger than 1024 KiB");
        remove_all(directory, (const char *const[]){ "big.yaml", NULL });
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_golden),        cmocka_unit_test(test_seed),
                cmocka_unit_test(test_clusters),      cmocka_unit_test(test_minimal),
                cmocka_unit_test(test_defaults),      cmocka_unit_test(test_security_rules),
                cmocka_unit_test(test_meta),          cmocka_unit_test(test_digest),
                cmocka_unit_test(test_json),          cmocka_unit_test(test_cut_off),
                cmocka_unit_test(test_many_mistakes), cmocka_unit_test(test_many_useless_rules),
                cmocka_unit_test(test_read_path),     cmocka_unit_test(test_too_large),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
