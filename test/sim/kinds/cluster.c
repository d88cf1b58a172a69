/* Clusters: a control plane of a version, with endpoints in a subnet. What takes its time is told by a work request. */
#include "cluster.h"

#include <errno.h>

#include "addons.h"
#include "addresses.h"
#include "base/json.h"
#include "call.h"
#include "cluster-fields.h"
#include "kinds.h"
#include "kubeconfig.h"
#include "lifecycle.h"
#include "nodes.h"
#include "oke-work-request.h"
#include "oke.h"
#include "options.h"
#include "resource.h"
#include "store.h"
#include "version.h"

#define UPGRADE_SECONDS  600
#define ENDPOINT_SECONDS 120
#define SETTING_SECONDS  20
#define PORT             "6443"

static const char *cni_type(const cJSON *body) {
        const cJSON *first = cJSON_GetArrayItem(json_get(body, "clusterPodNetworkOptions"), 0);

        return first ? json_string(first, "cniType") : "FLANNEL_OVERLAY";
}

/* The blocks of pods and services must not meet each other, nor the VCN's where they are real in it. */
static int check_blocks(Call *c, const Object *vcn, const cJSON *in) {
        const char *pods = json_path_string(in, "options.kubernetesNetworkConfig.podsCidr"),
                   *services = json_path_string(in, "options.kubernetesNetworkConfig.servicesCidr");
        bool overlay = streq(cni_type(in), "FLANNEL_OVERLAY");
        const cJSON *block;

        pods = pods ? pods : "10.244.0.0/16";
        services = services ? services : "10.96.0.0/16";
        if (overlay && cidr_text_overlaps(pods, services))
                return call_fail(c, 400, "InvalidParameter", "podsCidr %s overlaps with servicesCidr %s.",
                                 pods, services);
        cJSON_ArrayForEach (block, json_get(vcn->body, "cidrBlocks")) {
                if (cidr_text_overlaps(block->valuestring, services))
                        return call_fail(c, 400, "InvalidParameter",
                                         "servicesCidr %s overlaps with the VCN's %s.", services,
                                         block->valuestring);
                if (overlay && cidr_text_overlaps(block->valuestring, pods))
                        return call_fail(c, 400, "InvalidParameter",
                                         "podsCidr %s overlaps with the VCN's %s.", pods,
                                         block->valuestring);
        }
        return 0;
}

static int check_create(Call *c, const cJSON *in) {
        const char *version = json_string(in, "kubernetesVersion"), *vcn_id = json_string(in, "vcnId"),
                   *subnet = json_path_string(in, "endpointConfig.subnetId");
        Object *vcn;

        if (resource_resolve(c, KIND_VCN, vcn_id, "relatedMissing", &vcn) < 0)
                return -EBADMSG;
        if (!version_is_offered(c->sim, version))
                return call_fail(c, 400, "InvalidParameter",
                                 "Invalid kubernetesVersion: %s is not supported.", version);
        if ((subnet && oke_check_member(c, KIND_SUBNET, subnet, vcn_id) < 0) ||
            oke_check_members(c, KIND_NETWORK_SECURITY_GROUP, json_path(in, "endpointConfig.nsgIds"),
                              vcn_id) < 0 ||
            oke_check_members(c, KIND_SUBNET, json_path(in, "options.serviceLbSubnetIds"), vcn_id) < 0 ||
            oke_check_members(c, KIND_NETWORK_SECURITY_GROUP,
                              json_path(in, "options.serviceLbConfig.backendNsgIds"), vcn_id) < 0)
                return -EBADMSG;
        return check_blocks(c, vcn, in);
}

static void set_defaults(cJSON *body) {
        cJSON *options, *network, *policy;

        oke_default(body, "type", json_new_string("BASIC_CLUSTER"));
        oke_default(body, "clusterPodNetworkOptions", cJSON_Parse("[{\"cniType\":\"FLANNEL_OVERLAY\"}]"));
        oke_default(body, "options", json_new_object());
        options = json_get(body, "options");
        oke_default(options, "serviceLbSubnetIds", json_new_array());
        oke_default(options, "ipFamilies", cJSON_Parse("[\"IPv4\"]"));
        oke_default(options, "kubernetesNetworkConfig", json_new_object());
        network = json_get(options, "kubernetesNetworkConfig");
        oke_default(network, "podsCidr", json_new_string("10.244.0.0/16"));
        oke_default(network, "servicesCidr", json_new_string("10.96.0.0/16"));
        oke_default(options, "addOns", json_new_object());
        oke_default(json_get(options, "addOns"), "isKubernetesDashboardEnabled", cJSON_CreateFalse());
        oke_default(json_get(options, "addOns"), "isTillerEnabled", cJSON_CreateFalse());
        oke_default(options, "admissionControllerOptions", json_new_object());
        oke_default(json_get(options, "admissionControllerOptions"), "isPodSecurityPolicyEnabled",
                    cJSON_CreateFalse());
        oke_default(body, "imagePolicyConfig", json_new_object());
        policy = json_get(body, "imagePolicyConfig");
        oke_default(policy, "isPolicyEnabled", cJSON_CreateFalse());
        oke_default(policy, "keyDetails", json_new_array());
        if (json_get(body, "endpointConfig")) {
                oke_default(json_get(body, "endpointConfig"), "nsgIds", json_new_array());
                oke_default(json_get(body, "endpointConfig"), "isPublicIpEnabled", cJSON_CreateFalse());
        }
}

static int on_create(Call *c, Object *o, const cJSON *in) {
        const char *subnet = json_path_string(in, "endpointConfig.subnetId"), *work;
        _cleanup_json_ cJSON *addresses = NULL;
        const cJSON *v;

        if (check_create(c, in) < 0)
                return -EBADMSG;
        cJSON_ArrayForEach (v, in)
                if (!streq(v->string, "definedTags") && !streq(v->string, "freeformTags"))
                        json_set_copy(o->body, v->string, v);
        set_defaults(o->body);
        json_set(o->body, "inner", json_new_object());
        json_set(o->body, "endpoints", json_new_object());
        addresses = subnet ? addresses_take(c->region, subnet, 1) : NULL;
        if (addresses)
                json_set_copy(json_get(o->body, "inner"), "privateIp", addresses->child);
        work = oke_work_reply(c, o, "CLUSTER_CREATE");
        json_set_string(json_get(o->body, "metadata"), "createdByUserId", c->sim->user);
        json_set_string(json_get(o->body, "metadata"), "createdByWorkRequestId", work);
        return 0;
}

static bool subnet_is_private(const Object *o) {
        const Object *subnet = store_get(o->region->sim, object_text(o, "endpointConfig.subnetId"));

        return subnet && json_bool(subnet->body, "prohibitPublicIpOnVnic", false);
}

/* "c" and twelve characters that are the cluster's own, in the domain of the endpoint's subnet; NULL without labels. Owned. */
static char *host_name(const Object *o) {
        const Object *subnet = store_get(o->region->sim, object_text(o, "endpointConfig.subnetId"));
        const char *domain = subnet ? object_text(subnet, "subnetDomainName") : NULL;

        return domain && strlen(o->id) > 12 ? xasprintf("c%s.%s", o->id + strlen(o->id) - 12, domain) : NULL;
}

static void set_endpoint(cJSON *endpoints, const char *name, const char *host) {
        _cleanup_free_ char *text = host ? xasprintf("%s:" PORT, host) : NULL;

        json_set(endpoints, name, text ? json_new_string(text) : cJSON_CreateNull());
}

static void set_endpoints(Object *o) {
        cJSON *endpoints = json_get(o->body, "endpoints"), *inner = json_get(o->body, "inner");
        _cleanup_free_ char *host = host_name(o);

        if (!json_get(inner, "publicIp")) {
                uint64_t n = rng_next(&o->region->sim->ids);
                _cleanup_free_ char *ip = xasprintf("141.%u.%u.%u", (unsigned) (144 + (n & 7)),
                                                    (unsigned) (n >> 8 & 255),
                                                    (unsigned) (1 + (n >> 16) % 254));

                json_set_string(inner, "publicIp", ip);
        }
        set_endpoint(endpoints, "publicEndpoint",
                     json_bool(json_get(o->body, "endpointConfig"), "isPublicIpEnabled", false)
                             ? json_string(inner, "publicIp")
                             : NULL);
        set_endpoint(endpoints, "privateEndpoint", json_string(inner, "privateIp"));
        set_endpoint(endpoints, "vcnHostnameEndpoint", host);
        json_set(endpoints, "kubernetes", cJSON_CreateNull());
        json_set(endpoints, "ipv6Endpoint", cJSON_CreateNull());
        if (!object_text(o, "endpointConfig.subnetId")) /* the legacy endpoint, outside the VCN */
                set_endpoint(endpoints, "kubernetes", json_string(inner, "publicIp"));
}

static const char *settle_failed(Object *o, const char *state, const char *code, const char *why) {
        object_touch(o, NULL);
        json_set_string(o->body, "lifecycleDetails", why);
        oke_work_error(o, code, why);
        oke_work_end(o, false);
        return state;
}

static const char *settle_created(Object *o) {
        const char *subnet = object_text(o, "endpointConfig.subnetId");

        if (lifecycle_create_fails(o))
                return settle_failed(o, "FAILED", "InternalServerError",
                                     "The cluster could not be provisioned.");
        if (json_bool(json_get(o->body, "endpointConfig"), "isPublicIpEnabled", false) &&
            subnet_is_private(o))
                return settle_failed(o, "FAILED", "InvalidParameter",
                                     "A public IP cannot be assigned in a subnet that prohibits it.");
        if (subnet && !object_text(o, "inner.privateIp"))
                return settle_failed(o, "FAILED", "LimitExceeded",
                                     "The endpoint's subnet has no free address.");
        object_set_state(o, "ACTIVE");
        set_endpoints(o);
        addons_install_essential(o, cni_type(o->body));
        oke_work_end(o, true);
        cluster_tell(o, NULL, CLUSTER_UP);
        return "ACTIVE";
}

static const char *settle_updated(Object *o) {
        const char *version = object_text(o, "inner.target.kubernetesVersion");
        cJSON *endpoint = json_path(o->body, "inner.target.endpointConfig");
        bool upgraded = version;

        if (json_bool(endpoint, "isPublicIpEnabled", false) && subnet_is_private(o)) {
                json_remove(json_get(o->body, "inner"), "target");
                return settle_failed(o, "ACTIVE", "InvalidParameter",
                                     "A public IP cannot be assigned in a subnet that prohibits it.");
        }
        object_set_state(o, "ACTIVE");
        if (version)
                json_set_string(o->body, "kubernetesVersion", version);
        oke_merge(o->body, "endpointConfig", endpoint);
        json_remove(json_get(o->body, "inner"), "target");
        json_remove(o->body, "lifecycleDetails");
        set_endpoints(o);
        oke_work_end(o, true);
        if (upgraded)
                cluster_tell(o, NULL, CLUSTER_UPGRADED);
        return "ACTIVE";
}

static const char *settle(Object *o) {
        return streq(object_state(o), "CREATING") ? settle_created(o) : settle_updated(o);
}

static void note_change(Call *c, Object *o, const char *work) {
        cJSON *metadata = json_get(o->body, "metadata");
        char text[TIME_TEXT_SIZE];

        object_touch(o, c->principal);
        json_set_string(metadata, "timeUpdated", format_rfc3339_msec(sim_wall_clock(c->sim), text));
        json_set_string(metadata, "updatedByUserId", c->sim->user);
        json_set_string(metadata, "updatedByWorkRequestId", work);
}

static int check_version(Call *c, const Object *o, const char *version) {
        _cleanup_json_ cJSON *upgrades = version_upgrades(c->sim, object_text(o, "kubernetesVersion"));
        const cJSON *v;

        if (!version || streq_ptr(object_text(o, "kubernetesVersion"), version))
                return 0;
        cJSON_ArrayForEach (v, upgrades)
                if (streq(v->valuestring, version))
                        return 0;
        return call_fail(c, 400, "InvalidParameter",
                         "Invalid kubernetesVersion: %s cannot be upgraded to %s.",
                         object_text(o, "kubernetesVersion"), version);
}

static int on_update(Call *c, Object *o, cJSON *in) {
        const char *version = json_string(in, "kubernetesVersion"), *type = json_string(in, "type");
        cJSON *options = json_get(in, "options"), *target;
        double seconds = SETTING_SECONDS;

        if (check_version(c, o, version) < 0 ||
            oke_check_members(c, KIND_NETWORK_SECURITY_GROUP,
                              json_path(options, "serviceLbConfig.backendNsgIds"),
                              object_text(o, "vcnId")) < 0)
                return -EBADMSG;
        if (streq_ptr(type, "BASIC_CLUSTER") && streq_ptr(object_text(o, "type"), "ENHANCED_CLUSTER"))
                return call_fail(c, 400, "InvalidParameter",
                                 "An enhanced cluster cannot become a basic one.");
        if (version && !streq_ptr(object_text(o, "kubernetesVersion"), version)) {
                target = json_new_object();
                json_set_string(target, "kubernetesVersion", version);
                json_set(json_get(o->body, "inner"), "target", target);
                seconds = UPGRADE_SECONDS;
        }
        note_change(c, o, oke_work_reply(c, o, "CLUSTER_UPDATE"));
        oke_merge(o->body, "options", options);
        json_remove(in, "options");
        json_remove(in, "kubernetesVersion"); /* that it is once it is done */
        lifecycle_update(o, seconds);
        return 0;
}

static int run_endpoint(Call *c, Object *o, const cJSON *in) {
        cJSON *target;

        if (!object_text(o, "endpointConfig.subnetId"))
                return call_fail(c, 400, "InvalidParameter", "The cluster's endpoint is not in a VCN.");
        if (oke_check_members(c, KIND_NETWORK_SECURITY_GROUP, json_get(in, "nsgIds"),
                              object_text(o, "vcnId")) < 0)
                return -EBADMSG;
        note_change(c, o, oke_work_reply(c, o, "CLUSTER_UPDATE"));
        target = json_new_object();
        json_set_copy(target, "endpointConfig", in);
        json_set(json_get(o->body, "inner"), "target", target);
        lifecycle_update(o, ENDPOINT_SECONDS);
        return call_reply(c, 202, NULL);
}

static int check_delete(Call *c, Object *o) {
        if (store_count(o->region, KIND_NODE_POOL, "clusterId", o->id) == 0 ||
            option_bool(c->sim, "clusterDeleteTakesPools"))
                return 0;
        return call_fail_option(c, "deleteCluster", "The cluster %s still has node pools.", o->id);
}

static void on_deleting(Call *c, Object *o) {
        note_change(c, o, oke_work_reply(c, o, "CLUSTER_DELETE"));
}

static void on_gone(Object *o) {
        const KindId children[] = { KIND_NODE_POOL, KIND_ADDON };
        char text[TIME_TEXT_SIZE];

        for (size_t k = 0; k < ARRAY_SIZE(children); k++) {
                const ObjectList *list = &o->region->lists[children[k]];

                for (size_t i = 0; i < list->n; i++)
                        if (streq_ptr(object_text(list->objects[i], "clusterId"), o->id))
                                lifecycle_end(list->objects[i]);
        }
        json_set_string(json_get(o->body, "metadata"), "timeDeleted",
                        format_rfc3339_msec(sim_wall_clock(o->region->sim), text));
        oke_work_end(o, true);
        cluster_tell(o, NULL, CLUSTER_GONE);
}

static void render(const Object *o, cJSON *body) {
        const char *version = json_string(body, "kubernetesVersion");

        if (version)
                json_set(body, "availableKubernetesUpgrades", version_upgrades(o->region->sim, version));
}

static const char *const get_query[] = { "shouldIncludeOidcConfigFile", NULL };

static const SortKey sort_keys[] = { { "ID", "id" }, { "NAME", "name" }, { "TIME_CREATED", NULL }, {} };

static const Action actions[] = {
        { .method = "POST",
          .name = "actions/updateEndpointConfig",
          .body = cluster_endpoint_fields,
          .run = run_endpoint,
          .if_match = true },
        { .method = "POST", .name = "kubeconfig/content", .run = kubeconfig_reply, .no_claim = true },
        ADDON_ACTIONS,
        { .method = "POST", .name = "nodes/*", .body = node_action_fields, .run = node_run_action },
        {},
};

const Kind cluster_kind = {
        .id = KIND_CLUSTER,
        .service = "containerengine",
        .name = "Cluster",
        .ocid_type = "cluster",
        .collection = "clusters",
        .name_field = "name",
        .time_field = "metadata.timeCreated",
        .essential = { "compartmentId", "vcnId", "kubernetesVersion", "inner", "options", "endpoints",
                       "metadata", "definedTags" },
        .scope = "compartmentId",
        .filters = { "lifecycleState", "name" },
        .repeated = "lifecycleState",
        .sortable = true,
        .sort_keys = sort_keys,
        .get_query = get_query,
        .summary_lacks = { "kmsKeyId", "openIdConnectDiscoveryEndpoint", "openIdConnectDiscoveryKey" },
        .create = cluster_create_fields,
        .update = cluster_update_fields,
        .create_seconds = 420,
        .delete_seconds = 240,
        .coming = "CREATING",
        .ready = "ACTIVE",
        .going = "DELETING",
        .gone = "DELETED",
        .stays_failed = true,
        .more_states = { "FAILED" },
        .is_async = true,
        .limit = "clusters",
        .limit_scope = "compartmentId",
        .on_create = on_create,
        .on_update = on_update,
        .check_delete = check_delete,
        .on_deleting = on_deleting,
        .settle = settle,
        .on_gone = on_gone,
        .render = render,
        .actions = actions,
};
