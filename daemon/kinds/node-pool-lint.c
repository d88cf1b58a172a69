/* What is wrong with a declared node pool that its table cannot say: a version that its cluster cannot have, a pod network that is
 * not the cluster's, subnets elsewhere, and pods for which there are no addresses. */
#include "base/cidr.h"
#include "model/version.h"
#include "oke.h"

#define CONFIG "nodeConfigDetails"
#define PODS   CONFIG ".nodePoolPodNetworkOptionDetails"

#define MINORS_BEHIND 3 /* what Kubernetes supports of its kubelets */

static void lint_version(const Finding *l) {
        const char *mine = json_string(l->desired->want, "kubernetesVersion");
        const char *theirs = json_string(l->desired->parent->want, "kubernetesVersion");
        KubeVersion pool, cluster;

        if (!mine || !theirs || kube_version_parse(mine, &pool) < 0 ||
            kube_version_parse(theirs, &cluster) < 0)
                return;
        if (kube_version_compare(&pool, &cluster) > 0)
                finding_error(l, "kubernetesVersion",
                              "nodes of %s are newer than their cluster's %s: upgrade the cluster first",
                              mine, theirs);
        else if (pool.major != cluster.major || cluster.minor - pool.minor > MINORS_BEHIND)
                finding_error(l, "kubernetesVersion",
                              "nodes of %s are too old for a cluster of %s: at most %d minor versions", mine,
                              theirs, MINORS_BEHIND);
}

static void lint_shape(const Finding *l) {
        const char *shape = json_string(l->desired->want, "nodeShape");
        bool flex = shape && endswith(shape, ".Flex"),
             config = json_get(l->desired->want, "nodeShapeConfig");

        if (flex && !config)
                finding_error(l, "nodeShape", "%s needs a nodeShapeConfig: {ocpus, memoryInGBs}", shape);
        if (shape && !flex && config)
                finding_error(l, "nodeShapeConfig",
                              "%s is of a fixed size: a nodeShapeConfig goes with a Flex shape", shape);
}

/* The name of an image says for which version it is: "…-OKE-1.34.1-1191". */
static void lint_image(const Finding *l) {
        const char *version = json_string(l->desired->want, "kubernetesVersion");
        const char *key = json_path_string(l->desired->want, "nodeSourceDetails.imageId.key");
        _cleanup_free_ char *mark = version ? xasprintf("-OKE-%s-", version + 1) : NULL;

        if (!key)
                return; /* an OCID */
        if (streq(key, "newest") && !version)
                finding_error(l, "nodeSourceDetails.image",
                              "the newest image of which version? Say the pool's kubernetesVersion");
        if (mark && strstr(key, "-OKE-") && !strstr(key, mark))
                finding_error(l, "nodeSourceDetails.image", "this image is not for the pool's version %s",
                              version);
}

static void lint_scheme(const Finding *l) {
        const cJSON *want = l->desired->want;
        bool config = json_get(want, CONFIG), subnets = json_get(want, "subnetIds");

        if (!config && !subnets)
                finding_error(l, NULL, "this NodePool lacks '" CONFIG "': how many nodes, and where");
        if (config && (subnets || json_get(want, "quantityPerSubnet")))
                finding_error(
                        l, subnets ? "subnets" : "quantityPerSubnet",
                        "subnets and quantityPerSubnet are the older way: leave them out beside " CONFIG);
}

static void lint_placement(const Finding *l, const cJSON *all, const cJSON *placement) {
        const cJSON *domain = json_get(placement, "availabilityDomain"), *other;
        const Desired *subnet = finding_target(l, json_get(placement, "subnetId"));
        const cJSON *theirs = subnet ? json_get(subnet->want, "availabilityDomain") : NULL;

        for (other = all->child; other != placement; other = other->next)
                if (json_equal(json_get(other, "availabilityDomain"), domain))
                        finding_error(l, CONFIG ".placementConfigs",
                                      "two placements are for one availability domain: one for each");
        if (theirs && !json_equal(theirs, domain))
                finding_error(l, CONFIG ".placementConfigs.subnet", "%s is of another availability domain",
                              subnet->address);
}

static void lint_placements(const Finding *l) {
        const cJSON *all = json_path(l->desired->want, CONFIG ".placementConfigs"), *placement;
        const cJSON *vcn = json_get(l->desired->parent->want, "vcnId");

        cJSON_ArrayForEach (placement, all) {
                lint_placement(l, all, placement);
                finding_check_vcn(l, CONFIG ".placementConfigs.subnet", vcn,
                                  json_get(placement, "subnetId"));
        }
        if (all && !all->child)
                finding_error(l, CONFIG ".placementConfigs", "a pool needs at least one placement");
        finding_check_vcn(l, CONFIG ".nsgs", vcn, json_path(l->desired->want, CONFIG ".nsgIds"));
        finding_check_vcn(l, PODS ".podSubnets", vcn, json_path(l->desired->want, PODS ".podSubnetIds"));
        finding_check_vcn(l, PODS ".podNsgs", vcn, json_path(l->desired->want, PODS ".podNsgIds"));
        finding_check_vcn(l, "subnets", vcn, json_get(l->desired->want, "subnetIds"));
}

static void lint_pod_network(const Finding *l) {
        const cJSON *pods = json_path(l->desired->want, PODS), *subnets = json_get(pods, "podSubnetIds");
        const char *mine = json_string(pods, "cniType"), *theirs = cluster_cni(l->desired->parent);

        if (mine && !streq(mine, theirs)) {
                finding_error(l, PODS ".cniType", "%s is of %s: a pool has the pod network of its cluster",
                              l->desired->parent->address, theirs);
                return;
        }
        if (streq_ptr(mine, CNI_NATIVE) && (!subnets || !subnets->child))
                finding_error(l, PODS ".cniType",
                              CNI_NATIVE " needs podSubnets, where pods get their addresses");
        if (streq_ptr(mine, CNI_FLANNEL) &&
            cJSON_GetArraySize(pods) > (json_get(pods, "maxPodsPerNode") ? 2 : 1))
                finding_error(l, PODS ".cniType", "podSubnets and podNsgs go with " CNI_NATIVE);
        if (!mine && streq(theirs, CNI_NATIVE) && json_get(l->desired->want, CONFIG))
                finding_error(l, CONFIG,
                              "%s is of " CNI_NATIVE
                              ": its pools need nodePoolPodNetworkOptionDetails with podSubnets",
                              l->desired->parent->address);
}

#define RESERVED_PER_SUBNET 3 /* the first two addresses and the last are the service's */

static uint64_t n_addresses(const Finding *l, const cJSON *subnets) {
        const cJSON *reference;
        uint64_t n = 0;

        cJSON_ArrayForEach (reference, subnets) {
                const Desired *subnet = finding_target(l, reference);
                const char *block = subnet ? json_string(subnet->want, "cidrBlock") : NULL;
                Cidr c;

                if (!block || cidr_parse(block, &c) < 0 || c.ipv6)
                        return UINT64_MAX; /* nothing is known of it */
                n += ((uint64_t) 1 << (32 - c.prefix)) - RESERVED_PER_SUBNET;
        }
        return n;
}

static bool shares(const cJSON *a, const cJSON *b) {
        const cJSON *x, *y;

        cJSON_ArrayForEach (x, a)
                cJSON_ArrayForEach (y, b)
                        if (json_equal(x, y))
                                return true;
        return false;
}

static uint64_t size_of(const Desired *pool) {
        return (uint64_t) json_number(json_path(pool->want, CONFIG), "size", 0);
}

static uint64_t pods_of(const Desired *pool) {
        return size_of(pool) * (uint64_t) json_number(json_path(pool->want, PODS), "maxPodsPerNode", 31);
}

/* A node of the pool has its own address in there as well. */
static uint64_t nodes_in(const Desired *pool, const cJSON *subnets) {
        const cJSON *placement;

        cJSON_ArrayForEach (placement, json_path(pool->want, CONFIG ".placementConfigs")) {
                const cJSON *reference;

                cJSON_ArrayForEach (reference, subnets)
                        if (json_equal(json_get(placement, "subnetId"), reference))
                                return size_of(pool);
        }
        return 0;
}

static void lint_addresses(const Finding *l) {
        const Desired *d = l->desired;
        const cJSON *subnets = json_path(d->want, PODS ".podSubnetIds");
        uint64_t there = n_addresses(l, subnets), mine = pods_of(d) + nodes_in(d, subnets), others = 0;
        _cleanup_free_ char *beside = NULL;

        if (!subnets || !subnets->child)
                return;
        for (size_t i = 0; i < d->index; i++) {
                const Desired *pool = l->estate->resources[i];

                if (pool->kind == d->kind && shares(subnets, json_path(pool->want, PODS ".podSubnetIds")))
                        others += pods_of(pool) + nodes_in(pool, subnets);
        }
        if (mine + others <= there)
                return;
        beside = others ? xasprintf(", and pools before it take %llu", (unsigned long long) others)
                        : xstrdup("");
        finding_warning(l, PODS ".podSubnets",
                        "%llu nodes of up to %llu pods need %llu addresses with their own%s: the pod "
                        "subnets have %llu",
                        (unsigned long long) size_of(d),
                        (unsigned long long) json_number(json_path(d->want, PODS), "maxPodsPerNode", 31),
                        (unsigned long long) mine, beside, (unsigned long long) there);
}

static void lint_cycling(const Finding *l) {
        const cJSON *cycling = json_get(l->desired->want, "nodePoolCyclingDetails");
        const char *surge = json_string(cycling, "maximumSurge"),
                   *missing = json_string(cycling, "maximumUnavailable");

        if (json_bool(cycling, "isNodeCyclingEnabled", false) && !cluster_is_enhanced(l->desired->parent))
                finding_warning(
                        l, "nodePoolCyclingDetails.isNodeCyclingEnabled",
                        "nodes are cycled in a cluster of type ENHANCED_CLUSTER, and this is a basic one");
        if (surge && surge[strspn(surge, "0%")] == '\0' &&
            (!missing || missing[strspn(missing, "0%")] == '\0'))
                finding_error(l, "nodePoolCyclingDetails.maximumSurge",
                              "with no node more and none fewer no node can be renewed");
}

void node_pool_lint(const Estate *e, const Desired *d, LintReport report, void *userdata) {
        const Finding l = { .estate = e, .desired = d, .report = report, .userdata = userdata };

        if (!d->parent)
                return;
        lint_version(&l);
        lint_shape(&l);
        lint_image(&l);
        lint_scheme(&l);
        lint_placements(&l);
        lint_pod_network(&l);
        lint_addresses(&l);
        lint_cycling(&l);
        if (json_path(d->want, CONFIG ".size") && size_of(d) == 0)
                finding_warning(&l, CONFIG ".size", "a pool of 0 nodes runs nothing");
}
