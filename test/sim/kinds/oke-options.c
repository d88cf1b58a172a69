/* What Container Engine offers. Images are named for their OS, architecture, Kubernetes version and build; the option imageBuilds
 * says how many builds of each there are, so that a newer one appears when it grows. */
#include "oke-options.h"

#include <errno.h>

#include "base/encode.h"
#include "base/json.h"
#include "call.h"
#include "options.h"
#include "resource.h"
#include "store.h"
#include "version.h"

#define FIRST_BUILD 1191
#define ARM         "AARCH64"
#define X86         "X86_64"

static const struct {
        const char *name, *arch;
        bool flexible, gpu;
} shape_table[] = {
        { "VM.Standard.E3.Flex", X86, true, false }, { "VM.Standard.E4.Flex", X86, true, false },
        { "VM.Standard.E5.Flex", X86, true, false }, { "VM.Standard3.Flex", X86, true, false },
        { "VM.Standard.A1.Flex", ARM, true, false }, { "VM.Standard2.1", X86, false, false },
        { "VM.Standard2.2", X86, false, false },     { "VM.Standard2.4", X86, false, false },
        { "VM.GPU.A10.1", X86, false, true },
};

static const struct {
        const char *arch, *infix;
        bool gpu;
} image_table[] = {
        { X86, "", false },
        { ARM, "aarch64-", false },
        { X86, "Gen2-GPU-", true },
};

static const struct {
        const char *name, *description, *versions[3]; /* the newest first */
        const char *essential;                        /* "": for all clusters; else for that pod network */
} addon_table[] = {
        { "CoreDNS", "DNS of the cluster", { "v1.12.1-1", "v1.11.3-2" }, "" },
        { "KubeProxy", "Service addresses on the nodes", { "v1.34.1-1", "v1.33.1-1" }, "" },
        { "OciVcnIpNative",
          "Pod addresses out of the VCN",
          { "v2.2.1-1", "v2.1.0-1" },
          "OCI_VCN_IP_NATIVE" },
        { "Flannel", "Overlay network of the pods", { "v0.26.7-1" }, "FLANNEL_OVERLAY" },
        { "CertManager", "Certificates", { "v1.17.2-1", "v1.16.2-1" }, NULL },
        { "ClusterAutoscaler", "Node pools that follow the load", { "v1.34.0-1" }, NULL },
        { "KubernetesMetricsServer", "Usage of nodes and pods", { "v0.8.0-1", "v0.7.2-1" }, NULL },
        { "NativeIngressController", "Ingress by OCI load balancers", { "v1.4.2-1" }, NULL },
};

bool oke_shape_is_known(const char *shape) {
        for (size_t i = 0; i < ARRAY_SIZE(shape_table); i++)
                if (streq(shape_table[i].name, shape))
                        return true;
        return false;
}

bool oke_shape_is_flexible(const char *shape) {
        return endswith(shape, ".Flex");
}

/* 'build' counts from 0, the oldest. */
static cJSON *image_json(const Region *region, size_t row, const char *version, long build) {
        cJSON *o = json_new_object();
        _cleanup_free_ char *name = xasprintf("Oracle-Linux-8.10-%s2025.%02ld.16-0-OKE-%s-%ld",
                                              image_table[row].infix, 9 + build % 4, version + 1,
                                              FIRST_BUILD + build);
        _cleanup_free_ char *seed = xasprintf("%s %s", region->name, name),
                            *digest = sha256_hex(seed, strlen(seed));
        _cleanup_free_ char *id = xasprintf("ocid1.image.oc1.%s.%.60s", region->name, digest);

        json_set_string(o, "sourceType", "IMAGE");
        json_set_string(o, "sourceName", name);
        json_set_string(o, "imageId", id);
        json_set_string(o, "version", version);
        json_set_string(o, "arch", image_table[row].arch);
        json_set_bool(o, "gpu", image_table[row].gpu);
        return o;
}

/* Of every version, build and architecture; the oldest build of a version first. */
static cJSON *all_images(const Region *region) {
        _cleanup_json_ cJSON *versions = version_list(region->sim, true);
        const cJSON *version;
        cJSON *list = json_new_array();
        long n = (long) option_number(region->sim, "imageBuilds");

        cJSON_ArrayForEach (version, versions)
                for (long build = 0; build < n; build++)
                        for (size_t row = 0; row < ARRAY_SIZE(image_table); row++)
                                json_append(list, image_json(region, row, version->valuestring, build));
        return list;
}

bool oke_image_fits_shape(const cJSON *image, const char *shape) {
        for (size_t i = 0; i < ARRAY_SIZE(shape_table); i++)
                if (streq(shape_table[i].name, shape))
                        return streq_ptr(json_string(image, "arch"), shape_table[i].arch) &&
                               json_bool(image, "gpu", false) == shape_table[i].gpu;
        return false;
}

cJSON *oke_image_find(const Region *region, const char *image_id) {
        _cleanup_json_ cJSON *all = all_images(region);
        cJSON *image;

        cJSON_ArrayForEach (image, all)
                if (streq_ptr(json_string(image, "imageId"), image_id))
                        return cJSON_DetachItemViaPointer(all, image);
        return NULL;
}

cJSON *oke_image_newest(const Region *region, const char *kubernetes_version, const char *shape) {
        _cleanup_json_ cJSON *all = all_images(region);
        cJSON *image, *found = NULL;

        cJSON_ArrayForEach (image, all)
                if (streq_ptr(json_string(image, "version"), kubernetes_version) &&
                    oke_image_fits_shape(image, shape))
                        found = image;
        return found ? cJSON_DetachItemViaPointer(all, found) : NULL;
}

static ssize_t addon_row(const char *name) {
        for (size_t i = 0; i < ARRAY_SIZE(addon_table); i++)
                if (streq(addon_table[i].name, name))
                        return (ssize_t) i;
        return -1;
}

bool oke_addon_is_known(const char *name) {
        return addon_row(name) >= 0;
}

const char *oke_addon_version(const char *name) {
        ssize_t row = addon_row(name);

        return row < 0 ? NULL : addon_table[row].versions[0];
}

bool oke_addon_has_version(const char *name, const char *version) {
        ssize_t row = addon_row(name);

        for (size_t i = 0;
             row >= 0 && i < ARRAY_SIZE(addon_table[row].versions) && addon_table[row].versions[i]; i++)
                if (streq(addon_table[row].versions[i], version))
                        return true;
        return false;
}

const char *oke_addon_essential(const char *cni_type, size_t n) {
        for (size_t i = 0; i < ARRAY_SIZE(addon_table); i++)
                if (addon_table[i].essential &&
                    (streq(addon_table[i].essential, "") || streq_ptr(addon_table[i].essential, cni_type)) &&
                    n-- == 0)
                        return addon_table[i].name;
        return NULL;
}

/* "all", or a cluster whose version bounds what its pools can have. */
static int read_subject(Call *c, const char *id, Object **ret) {
        const char *compartment = call_query(c, "compartmentId");

        *ret = NULL;
        if (compartment && resource_check_compartment(c, compartment) < 0)
                return -EBADMSG;
        if (streq(id, "all"))
                return 0;
        *ret = store_get_kind(c->region, KIND_CLUSTER, id);
        return *ret && object_is_live(*ret) ? 0 : call_not_found(c);
}

static bool wants_all_patches(const Call *c) {
        return !streq_ptr(call_query(c, "shouldListAllPatchVersions"), "false");
}

static int cluster_options(Call *c, const char *id) {
        static const char *const names[] = { "compartmentId", "shouldListAllPatchVersions", NULL };
        Object *cluster;
        cJSON *o;

        if (resource_check_query(c, names, false) < 0 || read_subject(c, id, &cluster) < 0)
                return -EBADMSG;
        o = json_new_object();
        json_set(o, "kubernetesVersions",
                 cluster ? version_upgrades(c->sim, object_text(cluster, "kubernetesVersion"))
                         : version_list(c->sim, wants_all_patches(c)));
        json_set(o, "clusterPodNetworkOptions",
                 cJSON_Parse("[{\"cniType\":\"OCI_VCN_IP_NATIVE\"},{\"cniType\":\"FLANNEL_OVERLAY\"}]"));
        return call_reply(c, 200, o);
}

/* Versions that a pool of the cluster can have; NULL: of any. */
static cJSON *pool_versions(const Call *c, const Object *cluster) {
        cJSON *list = version_list(c->sim, wants_all_patches(c)), *item, *next;

        for (item = list->child; item; item = next) {
                next = item->next;
                if (cluster &&
                    version_compare(item->valuestring, object_text(cluster, "kubernetesVersion")) > 0)
                        cJSON_Delete(cJSON_DetachItemViaPointer(list, item));
        }
        return list;
}

static bool image_is_wanted(const Call *c, const cJSON *image, const cJSON *versions) {
        const char *os = call_query(c, "nodePoolOsType"), *arch = call_query(c, "nodePoolOsArch"),
                   *version = call_query(c, "nodePoolK8sVersion"), *its = json_string(image, "version");
        bool offered = false;
        const cJSON *v;

        cJSON_ArrayForEach (v, versions)
                offered = offered || streq(v->valuestring, its);
        return offered && (!os || streq(os, "OL8")) &&
               (!arch || streq_ptr(json_string(image, "arch"), arch)) && (!version || streq(its, version));
}

static int node_pool_options(Call *c, const char *id) {
        static const char *const names[] = { "compartmentId",      "shouldListAllPatchVersions",
                                             "nodePoolOsType",     "nodePoolOsArch",
                                             "nodePoolK8sVersion", NULL };
        cJSON *o, *versions, *shapes, *images, *sources, *image;
        _cleanup_json_ cJSON *all = NULL;
        Object *cluster;

        if (resource_check_query(c, names, false) < 0 || read_subject(c, id, &cluster) < 0)
                return -EBADMSG;
        o = json_new_object();
        versions = pool_versions(c, cluster);
        shapes = json_new_array();
        images = json_new_array();
        sources = json_new_array();
        for (size_t i = 0; i < ARRAY_SIZE(shape_table); i++)
                json_append_string(shapes, shape_table[i].name);
        all = all_images(c->region);
        cJSON_ArrayForEach (image, all) {
                if (!image_is_wanted(c, image, versions))
                        continue;
                json_append_string(images, json_string(image, "sourceName"));
                json_append(sources, json_copy(image));
                json_remove(sources->child->prev, "version");
                json_remove(sources->child->prev, "arch");
                json_remove(sources->child->prev, "gpu");
        }
        if (option_bool(c->sim, "shuffleRules"))
                call_shuffle(c, sources);
        json_set(o, "kubernetesVersions", versions);
        json_set(o, "shapes", shapes);
        json_set(o, "images", images);
        json_set(o, "sources", sources);
        return call_reply(c, 200, o);
}

static cJSON *addon_option_json(size_t row, bool all_versions) {
        cJSON *o = json_new_object(), *versions = json_new_array();

        json_set_string(o, "name", addon_table[row].name);
        json_set_string(o, "lifecycleState", "ACTIVE");
        json_set_string(o, "description", addon_table[row].description);
        json_set_bool(o, "isEssential", addon_table[row].essential);
        for (size_t i = 0; i < ARRAY_SIZE(addon_table[row].versions) && addon_table[row].versions[i]; i++) {
                cJSON *version = json_new_object();

                if (i > 0 && !all_versions)
                        break;
                json_set_string(version, "versionNumber", addon_table[row].versions[i]);
                json_set_string(version, "status", i == 0 ? "ACTIVE" : "PREVIEW");
                json_set(version, "configurations", json_new_array());
                json_append(versions, version);
        }
        json_set(o, "versions", versions);
        return o;
}

static int addon_options(Call *c) {
        static const char *const names[] = {
                "kubernetesVersion", "addonName", "shouldShowAllVersions", "sortBy", "sortOrder", NULL
        };
        const char *version = call_query(c, "kubernetesVersion"), *name = call_query(c, "addonName");
        cJSON *list;

        if (resource_check_query(c, names, true) < 0)
                return -EBADMSG;
        if (isempty(version))
                return call_fail(c, 400, "MissingParameter", "Missing query parameter: kubernetesVersion");
        if (!version_is_offered(c->sim, version))
                return call_fail(c, 400, "InvalidParameter", "kubernetesVersion '%s' is not valid.",
                                 version);
        list = json_new_array();
        for (size_t i = 0; i < ARRAY_SIZE(addon_table); i++)
                if (!name || streq(addon_table[i].name, name))
                        json_append(list,
                                    addon_option_json(
                                            i, !streq_ptr(call_query(c, "shouldShowAllVersions"), "false")));
        return call_reply(c, 200, list);
}

int oke_options_handle(Call *c, const char *collection, const char *id, const char *rest) {
        bool get = streq(c->method, "GET");

        if (get && streq(collection, "clusterOptions") && id && !rest)
                return cluster_options(c, id);
        if (get && streq(collection, "nodePoolOptions") && id && !rest)
                return node_pool_options(c, id);
        if (get && streq(collection, "addonOptions") && !id)
                return addon_options(c);
        return call_fail(c, 404, "NotFound", "No operation is there: %s %s", c->method, c->path);
}
