/* What is wrong with a declared cluster that its table cannot say: addresses that meet others', an endpoint that its subnet cannot
 * have, and the pod network that the estate's record tells of. */
#include "base/cidr.h"
#include "oke.h"

#define PODS_PATH     "options.kubernetesNetworkConfig.podsCidr"
#define SERVICES_PATH "options.kubernetesNetworkConfig.servicesCidr"

/* The block as declared, or what the service fills in. */
static const char *block_text(const Desired *d, const char *path) {
        const char *said = json_path_string(d->want, path);

        if (said)
                return said;
        return streq(path, PODS_PATH) ? "10.244.0.0/16" : "10.96.0.0/16";
}

static bool overlap(const char *a, const char *b) {
        Cidr one, two;

        return cidr_parse(a, &one) == 0 && cidr_parse(b, &two) == 0 && cidr_overlaps(&one, &two);
}

static const char *overlapping(const cJSON *blocks, const char *block) {
        const cJSON *b;

        cJSON_ArrayForEach (b, blocks)
                if (cJSON_IsString(b) && overlap(b->valuestring, block))
                        return b->valuestring;
        return NULL;
}

/* A VCN with such addresses cannot be reached from the cluster, its own or one behind a DRG. */
static void lint_against_vcns(const Finding *l, const char *path) {
        const char *block = block_text(l->desired, path);

        for (size_t i = 0; i < l->estate->n_resources; i++) {
                const Desired *vcn = l->estate->resources[i];
                const char *theirs = overlapping(json_get(vcn->want, "cidrBlocks"), block);

                if (theirs)
                        finding_error(
                                l, path,
                                "%s overlaps %s of %s: nothing there could be reached from the cluster",
                                block, theirs, vcn->address);
        }
}

static bool has_peering(const Estate *e) {
        for (size_t i = 0; i < e->n_resources; i++)
                if (e->resources[i]->kind->flags & KIND_NOT_CLOUD)
                        return true;
        return false;
}

/* A mesh over both regions knows services by their addresses. */
static void lint_against_clusters(const Finding *l, const char *path) {
        const char *block = block_text(l->desired, path), *word = strrchr(path, '.') + 1;

        for (size_t i = 0; has_peering(l->estate) && i < l->desired->index; i++) {
                const Desired *other = l->estate->resources[i];

                if (other->kind == l->desired->kind && overlap(block_text(other, path), block)) {
                        finding_warning(
                                l, path,
                                "%s %s overlaps that of %s: a mesh over both regions needs a block for each",
                                word, block, other->address);
                        return;
                }
        }
}

static void lint_blocks(const Finding *l) {
        bool overlay = streq(cluster_cni(l->desired), CNI_FLANNEL);
        const char *pods = block_text(l->desired, PODS_PATH),
                   *services = block_text(l->desired, SERVICES_PATH);

        lint_against_vcns(l, SERVICES_PATH);
        lint_against_clusters(l, SERVICES_PATH);
        if (!overlay)
                return; /* its pods have addresses of the VCN */
        lint_against_vcns(l, PODS_PATH);
        lint_against_clusters(l, PODS_PATH);
        if (overlap(pods, services))
                finding_error(l, PODS_PATH, "podsCidr %s overlaps servicesCidr %s", pods, services);
}

static void lint_network(const Finding *l) {
        const char *path = json_get(l->desired->want, "clusterPodNetworkOptions")
                                   ? "clusterPodNetworkOptions.cniType"
                                   : NULL;

        if (streq(cluster_cni(l->desired), CNI_FLANNEL) && has_peering(l->estate))
                finding_warning(
                        l, path,
                        "%s: pods on an overlay have addresses that no VCN routes, so a pod of the other "
                        "region cannot reach them ('no route to host'), and it is for life; say " CNI_NATIVE,
                        path ? CNI_FLANNEL : "without cniType it is " CNI_FLANNEL);
}

static bool is_private(const Desired *subnet) {
        return json_bool(subnet->want, "prohibitPublicIpOnVnic", false) ||
               json_bool(subnet->want, "prohibitInternetIngress", false);
}

static void lint_endpoint(const Finding *l) {
        const cJSON *want = l->desired->want, *endpoint = json_get(want, "endpointConfig");
        const Desired *subnet = finding_target(l, json_get(endpoint, "subnetId"));

        finding_check_vcn(l, "endpointConfig.subnet", json_get(want, "vcnId"),
                          json_get(endpoint, "subnetId"));
        finding_check_vcn(l, "endpointConfig.nsgs", json_get(want, "vcnId"), json_get(endpoint, "nsgIds"));
        if (subnet && json_get(subnet->want, "availabilityDomain"))
                finding_error(
                        l, "endpointConfig.subnet",
                        "the API endpoint needs a regional subnet, and %s is of one availability domain",
                        subnet->address);
        if (subnet && json_bool(endpoint, "isPublicIpEnabled", false) && is_private(subnet))
                finding_error(
                        l, "endpointConfig.isPublicIpEnabled",
                        "%s is private: an endpoint in it has no public address, and making it would fail",
                        subnet->address);
}

static void lint_options(const Finding *l) {
        const cJSON *want = l->desired->want, *oidc;

        finding_check_vcn(l, "options.serviceLbSubnets", json_get(want, "vcnId"),
                          json_path(want, "options.serviceLbSubnetIds"));
        finding_check_vcn(l, "options.serviceLbConfig.backendNsgs", json_get(want, "vcnId"),
                          json_path(want, "options.serviceLbConfig.backendNsgIds"));
        oidc = json_path(want, "options.openIdConnectTokenAuthenticationConfig");
        if (!oidc)
                return;
        if (json_get(oidc, "configurationFile") && cJSON_GetArraySize(oidc) > 2)
                finding_error(l, "options.openIdConnectTokenAuthenticationConfig.configurationFile",
                              "configurationFile says all of it: leave the other fields out");
        if (json_bool(oidc, "isOpenIdConnectAuthEnabled", false) && !json_get(oidc, "configurationFile") &&
            (!json_get(oidc, "issuerUrl") || !json_get(oidc, "clientId")))
                finding_error(l, "options.openIdConnectTokenAuthenticationConfig.isOpenIdConnectAuthEnabled",
                              "it needs issuerUrl and clientId, or a configurationFile");
}

static void lint_image_policy(const Finding *l) {
        const cJSON *policy = json_get(l->desired->want, "imagePolicyConfig");
        bool enabled = json_bool(policy, "isPolicyEnabled", false);
        const cJSON *keys = json_get(policy, "keyDetails");

        if (enabled && (!keys || !keys->child))
                finding_error(l, "imagePolicyConfig.isPolicyEnabled",
                              "without keyDetails no image is signed well, and nothing would run");
        if (policy && !enabled && keys && keys->child)
                finding_error(l, "imagePolicyConfig.keyDetails", "keyDetails go with isPolicyEnabled: true");
}

static const char *context_of(const Desired *d) {
        const char *said = json_string(d->want, "context");

        return said ? said : d->name;
}

static void lint_context(const Finding *l) {
        for (size_t i = 0; i < l->desired->index; i++) {
                const Desired *other = l->estate->resources[i];

                if (other->kind == l->desired->kind && streq(context_of(other), context_of(l->desired))) {
                        finding_error(l, "context",
                                      "%s has the context '%s' already: a kubeconfig takes each once",
                                      other->address, context_of(other));
                        return;
                }
        }
}

void cluster_lint(const Estate *e, const Desired *d, LintReport report, void *userdata) {
        const Finding l = { .estate = e, .desired = d, .report = report, .userdata = userdata };

        lint_network(&l);
        lint_endpoint(&l);
        lint_blocks(&l);
        lint_options(&l);
        lint_image_policy(&l);
        lint_context(&l);
}
