/* Names, labels, addresses and sizes of a Node, as OKE gives them. */
#include "node-facts.h"

#include "../store.h"
#include "base/encode.h"
#include "base/json.h"

#define POD_BLOCK_SIZE 128 /* a /25 each, with an overlay */
#define PODS_OVERLAY   110
#define PODS_NATIVE    31

/* Text of 'node' or, where it has none, of what it was launched with. */
static const cJSON *launched(const cJSON *node, const char *name) {
        const cJSON *v = json_get(json_path(node, "inner.launch"), name);

        return v ? v : json_get(node, name);
}

static const char *shape_of(const Object *pool, const cJSON *node) {
        const cJSON *shape = launched(node, "nodeShape");

        return cJSON_IsString(shape)                  ? shape->valuestring
               : json_string(pool->body, "nodeShape") ? json_string(pool->body, "nodeShape")
                                                      : "unknown";
}

static bool is_arm(const char *shape) {
        return strstr(shape, ".A1.") || strstr(shape, ".A2.") || strstr(shape, ".A4.");
}

static bool is_native(const Object *cluster) {
        const cJSON *option = cJSON_GetArrayItem(json_get(cluster->body, "clusterPodNetworkOptions"), 0);

        return streq_ptr(json_string(option, "cniType"), "OCI_VCN_IP_NATIVE");
}

/* "Qzkv:US-SANJOSE-1-AD-1" without the tenancy's part. */
static const char *zone_of(const cJSON *node) {
        const char *ad = json_string(node, "availabilityDomain"), *colon = ad ? strchr(ad, ':') : NULL;

        return colon ? colon + 1 : ad;
}

/* Digits of a hash, in the form of a UUID. */
static char *uuid_of(const char *what, const char *of) {
        _cleanup_free_ char *text = xasprintf("%s %s", what, of), *hex = sha256_hex(text, strlen(text));

        return xasprintf("%.8s-%.4s-4%.3s-a%.3s-%.12s", hex, hex + 8, hex + 12, hex + 15, hex + 18);
}

static void set_hash(cJSON *o, const char *name, const char *of) {
        _cleanup_free_ char *uuid = uuid_of(name, of);

        json_set_string(o, name, uuid);
}

static cJSON *labels_new(const Object *cluster, const Object *pool, const cJSON *node) {
        const char *shape = shape_of(pool, node), *ip = json_string(node, "privateIp"),
                   *arch = is_arm(shape) ? "arm64" : "amd64",
                   *version = json_string(node, "kubernetesVersion"),
                   *patch = version ? strrchr(version, '.') : NULL;
        _cleanup_free_ char *minor = patch ? xstrndup(version, (size_t) (patch - version))
                                           : xstrdup(version);
        const struct {
                const char *name, *value;
        } table[] = {
                { "beta.kubernetes.io/arch", arch },
                { "beta.kubernetes.io/instance-type", shape },
                { "beta.kubernetes.io/os", "linux" },
                { "displayName", json_string(node, "name") },
                { "internal_addr", ip },
                { "kubernetes.io/arch", arch },
                { "kubernetes.io/hostname", ip },
                { "kubernetes.io/os", "linux" },
                { "node-role.kubernetes.io/node", "" },
                { "node.info.ds_proxymux_client", "true" },
                { "node.info/kubeletVersion", minor },
                { "node.kubernetes.io/instance-type", shape },
                { "oci.oraclecloud.com/fault-domain", json_string(node, "faultDomain") },
                { "oci.oraclecloud.com/ip-family-ipv4", "true" },
                { "oci.oraclecloud.com/node.info.managed", "true" },
                { "oci.oraclecloud.com/vcn-native-ip-cni", is_native(cluster) ? "true" : NULL },
                { "oke.oraclecloud.com/node.info.private_worker",
                  json_string(node, "publicIp") ? NULL : "true" },
                { "topology.kubernetes.io/region", cluster->region->name },
                { "topology.kubernetes.io/zone", zone_of(node) },
        };
        cJSON *labels = json_new_object();
        const cJSON *label;

        for (size_t i = 0; i < ARRAY_SIZE(table); i++)
                if (table[i].value)
                        json_set_string(labels, table[i].name, table[i].value);
        cJSON_ArrayForEach (label, launched(node, "initialNodeLabels"))
                if (json_string(label, "key"))
                        json_set_string(labels, json_string(label, "key"),
                                        json_string(label, "value") ? json_string(label, "value") : "");
        return labels;
}

static cJSON *metadata_new(const Object *cluster, const Object *pool, const cJSON *node, usec_t now) {
        const char *ip = json_string(node, "privateIp"), *id = json_string(node, "id");
        _cleanup_free_ char *both = xasprintf("%s %s", cluster->id, id), *uid = uuid_of("uid", both);
        cJSON *meta = json_new_object(), *annotations = json_new_object();
        char text[TIME_TEXT_SIZE];

        json_set_string(meta, "name", ip);
        json_set_string(meta, "uid", uid);
        json_set_string(meta, "creationTimestamp", format_rfc3339(now, text));
        json_set(meta, "labels", labels_new(cluster, pool, node));
        json_set_string(annotations, "alpha.kubernetes.io/provided-node-ip", ip);
        json_set_string(annotations, "node.alpha.kubernetes.io/ttl", "0");
        json_set_string(annotations, "oci.oraclecloud.com/compartment-id",
                        json_string(pool->body, "compartmentId"));
        json_set_string(annotations, "oci.oraclecloud.com/node-pool-id", pool->id);
        json_set_string(annotations, "volumes.kubernetes.io/controller-managed-attach-detach", "true");
        json_set(meta, "annotations", annotations);
        return meta;
}

static char *pod_block(const Object *cluster, unsigned n) {
        const char *cidr = json_path_string(cluster->body, "options.kubernetesNetworkConfig.podsCidr");
        unsigned offset = n * POD_BLOCK_SIZE;
        _cleanup_(strv_freep) char **bytes = str_split(cidr ? cidr : "10.244.0.0/16", '.');

        if (strv_length(bytes) != 4)
                return xstrdup(cidr);
        return xasprintf("%s.%s.%u.%u/25", bytes[0], bytes[1], offset / 256 % 256, offset % 256);
}

static cJSON *spec_new(const Object *cluster, const cJSON *node, unsigned n) {
        cJSON *spec = json_new_object(), *blocks;

        json_set_string(spec, "providerID", json_string(node, "id"));
        if (!is_native(cluster)) { /* with the VCN's own addresses no node has a block */
                _cleanup_free_ char *block = pod_block(cluster, n);

                blocks = json_new_array();
                json_append_string(blocks, block);
                json_set_string(spec, "podCIDR", block);
                json_set(spec, "podCIDRs", blocks);
        }
        return spec;
}

static void add_address(cJSON *addresses, const char *type, const char *address) {
        cJSON *o;

        if (isempty(address))
                return;
        o = json_new_object();
        json_set_string(o, "type", type);
        json_set_string(o, "address", address);
        json_append(addresses, o);
}

/* What the machine has; what pods may use of it, which is less, where 'reserved'. */
static cJSON *resources_new(const Object *cluster, const Object *pool, const cJSON *node, bool reserved) {
        const cJSON *config = launched(node, "nodeShapeConfig");
        const char *shape = shape_of(pool, node);
        double ocpus = json_number(config, "ocpus", 1), memory = json_number(config, "memoryInGBs", 16);
        double disk = json_number(launched(node, "nodeSourceDetails"), "bootVolumeSizeInGBs", 50);
        double pods = json_number(json_path(node, "inner.launch.podNetwork"), "maxPodsPerNode", PODS_NATIVE);
        int cpus = (int) (ocpus * (is_arm(shape) ? 1 : 2));
        _cleanup_free_ char *cpu = reserved ? xasprintf("%dm", cpus * 1000 - 70 * cpus)
                                            : xasprintf("%d", cpus),
                            *ram = xasprintf("%.0fKi", memory * 1048576 * (reserved ? 0.9 : 0.97)),
                            *storage = xasprintf("%.0fKi", disk * 1048576 * 0.75),
                            *count = xasprintf("%.0f", is_native(cluster) ? pods : PODS_OVERLAY);
        cJSON *o = json_new_object();

        json_set_string(o, "cpu", cpu);
        json_set_string(o, "memory", ram);
        json_set_string(o, "ephemeral-storage", storage);
        json_set_string(o, "pods", count);
        return o;
}

/* "Oracle-Linux-8.10-2025.05.19-0-OKE-1.34.1-1" is Oracle Linux Server 8.10. */
static char *os_image(const Object *pool) {
        const char *name = json_path_string(pool->body, "nodeSource.sourceName"),
                   *rest = name ? startswith(name, "Oracle-Linux-") : NULL;

        return rest ? xasprintf("Oracle Linux Server %.*s", (int) strcspn(rest, "-"), rest)
                    : xstrdup("Oracle Linux Server 8.10");
}

void kube_node_set_info(cJSON *o, const Object *pool, const cJSON *node) {
        const char *version = json_string(node, "kubernetesVersion");
        cJSON *info = json_path(o, "status.nodeInfo");
        _cleanup_free_ char *image = os_image(pool),
                            *runtime = xasprintf("cri-o://%s",
                                                 version && *version == 'v' ? version + 1 : "1.34.0");

        json_set_string(info, "kubeletVersion", version);
        json_set_string(info, "kubeProxyVersion", "");
        json_set_string(info, "osImage", image);
        json_set_string(info, "containerRuntimeVersion", runtime);
}

cJSON *kube_node_new(const Object *cluster, const Object *pool, const cJSON *node, unsigned n, usec_t now) {
        const char *ip = json_string(node, "privateIp"), *id = json_string(node, "id");
        cJSON *o = json_new_object(), *status = json_new_object(), *addresses = json_new_array(),
              *info = json_new_object();

        json_set_string(o, "kind", "Node");
        json_set_string(o, "apiVersion", "v1");
        json_set(o, "metadata", metadata_new(cluster, pool, node, now));
        json_set(o, "spec", spec_new(cluster, node, n));
        add_address(addresses, "InternalIP", ip);
        add_address(addresses, "ExternalIP", json_string(node, "publicIp"));
        add_address(addresses, "Hostname", ip);
        json_set(status, "addresses", addresses);
        json_set(status, "capacity", resources_new(cluster, pool, node, false));
        json_set(status, "allocatable", resources_new(cluster, pool, node, true));
        json_set(status, "conditions", json_new_array());
        json_set_string(info, "architecture", is_arm(shape_of(pool, node)) ? "arm64" : "amd64");
        json_set_string(info, "operatingSystem", "linux");
        json_set_string(info, "kernelVersion",
                        is_arm(shape_of(pool, node)) ? "5.15.0-307.178.5.el8uek.aarch64"
                                                     : "5.15.0-307.178.5.el8uek.x86_64");
        set_hash(info, "machineID", id);
        set_hash(info, "systemUUID", id);
        set_hash(info, "bootID", id);
        json_set(status, "nodeInfo", info);
        json_set(o, "status", status);
        kube_node_set_info(o, pool, node);
        return o;
}
