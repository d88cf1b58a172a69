/* Node pools: settings, and how many nodes are to be made with them. What becomes of the nodes is in nodes.c. */
#include <errno.h>

#include "base/json.h"
#include "call.h"
#include "kinds.h"
#include "lifecycle.h"
#include "node-pool-fields.h"
#include "nodes.h"
#include "oke-options.h"
#include "oke-work-request.h"
#include "oke.h"
#include "options.h"
#include "resource.h"
#include "store.h"
#include "version.h"

#define TURN_SECONDS    5 /* from the order to the first node that comes or goes */
#define MEMORY_PER_OCPU 16
#define PODS_PER_NODE   31

static const char *cluster_cni(const Object *cluster) {
        return json_string(cJSON_GetArrayItem(json_get(cluster->body, "clusterPodNetworkOptions"), 0),
                           "cniType");
}

static int check_version(Call *c, const Object *cluster, const char *version, const char *have) {
        if (!version || streq_ptr(have, version))
                return 0;
        if (!version_is_offered(c->sim, version))
                return call_fail(c, 400, "InvalidParameter",
                                 "Invalid kubernetesVersion: %s is not supported.", version);
        if (version_compare(version, object_text(cluster, "kubernetesVersion")) > 0)
                return call_fail(c, 400, "InvalidParameter",
                                 "Invalid kubernetesVersion: %s is ahead of the cluster's %s.", version,
                                 object_text(cluster, "kubernetesVersion"));
        if (have && version_compare(version, have) < 0)
                return call_fail(c, 400, "InvalidParameter",
                                 "Invalid kubernetesVersion: %s is older than the pool's %s.", version,
                                 have);
        return 0;
}

static int check_placements(Call *c, const Object *cluster, const cJSON *placements) {
        const cJSON *p, *other;

        cJSON_ArrayForEach (p, placements) {
                const char *ad = json_string(p, "availabilityDomain"), *subnet = json_string(p, "subnetId");

                if (!region_has_ad(c->region, ad))
                        return call_fail(c, 400, "InvalidParameter", "availabilityDomain '%s' is not valid.",
                                         ad);
                if (oke_check_member(c, KIND_SUBNET, subnet, object_text(cluster, "vcnId")) < 0)
                        return -EBADMSG;
                for (other = placements->child; other != p; other = other->next)
                        if (streq_ptr(json_string(other, "availabilityDomain"), ad))
                                return call_fail(c, 400, "InvalidParameter",
                                                 "placementConfigs has '%s' twice.", ad);
        }
        return 0;
}

static int check_pod_network(Call *c, const Object *cluster, const cJSON *network) {
        const char *type = json_string(network, "cniType"), *vcn_id = object_text(cluster, "vcnId");

        if (!network)
                return 0;
        if (!streq_ptr(type, cluster_cni(cluster)))
                return call_fail(c, 400, "InvalidParameter", "cniType %s is not the cluster's.", type);
        if (streq_ptr(type, "OCI_VCN_IP_NATIVE") &&
            cJSON_GetArraySize(json_get(network, "podSubnetIds")) == 0)
                return call_fail(
                        c, 400, "MissingParameter",
                        "nodeConfigDetails.nodePoolPodNetworkOptionDetails.podSubnetIds may not be null");
        if (oke_check_members(c, KIND_SUBNET, json_get(network, "podSubnetIds"), vcn_id) < 0)
                return -EBADMSG;
        return oke_check_members(c, KIND_NETWORK_SECURITY_GROUP, json_get(network, "podNsgIds"), vcn_id);
}

static int check_config(Call *c, const Object *cluster, const cJSON *config) {
        if (check_placements(c, cluster, json_get(config, "placementConfigs")) < 0 ||
            oke_check_members(c, KIND_NETWORK_SECURITY_GROUP, json_get(config, "nsgIds"),
                              object_text(cluster, "vcnId")) < 0)
                return -EBADMSG;
        return check_pod_network(c, cluster, json_get(config, "nodePoolPodNetworkOptionDetails"));
}

static int check_shape(Call *c, const cJSON *body) {
        const char *shape = json_string(body, "nodeShape");
        const cJSON *config = json_get(body, "nodeShapeConfig");

        if (!oke_shape_is_known(shape))
                return call_fail(c, 400, "InvalidParameter", "nodeShape '%s' is not valid.", shape);
        if (oke_shape_is_flexible(shape) && !json_get(config, "ocpus"))
                return call_fail(c, 400, "InvalidParameter", "The shape %s needs nodeShapeConfig.ocpus.",
                                 shape);
        if (!oke_shape_is_flexible(shape) && cJSON_GetArraySize(config) > 0)
                return call_fail(c, 400, "InvalidParameter", "The shape %s takes no nodeShapeConfig.",
                                 shape);
        return 0;
}

/* The image has to fit shape and version. */
static int check_image(Call *c, const cJSON *body) {
        const char *id = json_path_string(body, "nodeSourceDetails.imageId"),
                   *version = json_string(body, "kubernetesVersion");
        _cleanup_json_ cJSON *image = oke_image_find(c->region, id);

        if (!image)
                return call_fail(c, 400, "InvalidParameter", "Invalid imageId: %s is no node image.", id);
        if (!oke_image_fits_shape(image, json_string(body, "nodeShape")))
                return call_fail(c, 400, "InvalidParameter", "The image %s does not run on %s.",
                                 json_string(image, "sourceName"), json_string(body, "nodeShape"));
        if (option_bool(c->sim, "imageMustMatchVersion") &&
            !streq_ptr(json_string(image, "version"), version))
                return call_fail(c, 400, "InvalidParameter", "The image %s is not one for %s.",
                                 json_string(image, "sourceName"), version);
        return 0;
}

static int check_cycling(Call *c, const Object *cluster, const cJSON *cycling) {
        if (!json_bool(cycling, "isNodeCyclingEnabled", false))
                return 0;
        if (option_bool(c->sim, "cyclingNeedsEnhanced") &&
            !streq_ptr(object_text(cluster, "type"), "ENHANCED_CLUSTER"))
                return call_fail(c, 400, "InvalidParameter",
                                 "Only the nodes of an enhanced cluster can be cycled.");
        if (strspn(json_string(cycling, "maximumSurge"), "0%") ==
                    strlen(json_string(cycling, "maximumSurge")) &&
            strspn(json_string(cycling, "maximumUnavailable"), "0%") ==
                    strlen(json_string(cycling, "maximumUnavailable")))
                return call_fail(c, 400, "InvalidParameter",
                                 "maximumSurge and maximumUnavailable cannot both be 0.");
        return 0;
}

static void set_shape_defaults(cJSON *body) {
        cJSON *config = json_get(body, "nodeShapeConfig");

        if (json_get(config, "ocpus"))
                oke_default(config, "memoryInGBs",
                            cJSON_CreateNumber(json_number(config, "ocpus", 1) * MEMORY_PER_OCPU));
}

static void set_pod_network_defaults(const Object *cluster, cJSON *body) {
        cJSON *config = json_get(body, "nodeConfigDetails"), *network;

        if (!json_get(config, "nodePoolPodNetworkOptionDetails")) {
                network = json_new_object();
                json_set_string(network, "cniType", cluster_cni(cluster));
                json_set(config, "nodePoolPodNetworkOptionDetails", network);
        }
        network = json_get(config, "nodePoolPodNetworkOptionDetails");
        if (!streq_ptr(json_string(network, "cniType"), "OCI_VCN_IP_NATIVE"))
                return;
        oke_default(network, "maxPodsPerNode", cJSON_CreateNumber(PODS_PER_NODE));
        oke_default(network, "podNsgIds", json_new_array());
}

static void set_defaults(const Object *cluster, cJSON *body) {
        cJSON *config = json_get(body, "nodeConfigDetails"), *eviction, *cycling;

        oke_default(body, "initialNodeLabels", json_new_array());
        oke_default(body, "nodeMetadata", json_new_object());
        oke_default(config, "nsgIds", json_new_array());
        oke_default(config, "isPvEncryptionInTransitEnabled", cJSON_CreateFalse());
        oke_default(config, "freeformTags", json_new_object());
        oke_default(config, "definedTags", json_new_object());
        oke_default(body, "nodeEvictionNodePoolSettings", json_new_object());
        eviction = json_get(body, "nodeEvictionNodePoolSettings");
        oke_default(eviction, "evictionGraceDuration", json_new_string("PT60M"));
        oke_default(eviction, "isForceDeleteAfterGraceDuration", cJSON_CreateFalse());
        oke_default(eviction, "isForceActionAfterGraceDuration", cJSON_CreateFalse());
        oke_default(body, "nodePoolCyclingDetails", json_new_object());
        cycling = json_get(body, "nodePoolCyclingDetails");
        oke_default(cycling, "isNodeCyclingEnabled", cJSON_CreateFalse());
        oke_default(cycling, "maximumSurge", json_new_string("1"));
        oke_default(cycling, "maximumUnavailable", json_new_string("0"));
        set_shape_defaults(body);
        set_pod_network_defaults(cluster, body);
}

/* What is checked last is the body as it will be. */
static int check_whole(Call *c, const Object *cluster, const cJSON *body) {
        if (check_shape(c, body) < 0 ||
            check_cycling(c, cluster, json_get(body, "nodePoolCyclingDetails")) < 0)
                return -EBADMSG;
        return check_image(c, body);
}

static int on_create(Call *c, Object *o, const cJSON *in) {
        const Object *cluster = store_get(c->sim, json_string(in, "clusterId"));
        const char *version = json_string(in, "kubernetesVersion");
        const cJSON *v, *network = json_path(in, "nodeConfigDetails.nodePoolPodNetworkOptionDetails");

        if (!json_get(in, "nodeConfigDetails"))
                return call_fail(c, 400, "MissingParameter", "nodeConfigDetails may not be null");
        if (json_get(in, "subnetIds") || json_get(in, "quantityPerSubnet"))
                return call_fail(c, 400, "InvalidParameter",
                                 "subnetIds and nodeConfigDetails exclude each other.");
        if (!network && streq_ptr(cluster_cni(cluster), "OCI_VCN_IP_NATIVE"))
                return call_fail(c, 400, "MissingParameter",
                                 "nodeConfigDetails.nodePoolPodNetworkOptionDetails may not be null");
        if (check_version(c, cluster, version, NULL) < 0 ||
            check_config(c, cluster, json_get(in, "nodeConfigDetails")) < 0 || check_shape(c, in) < 0)
                return -EBADMSG;
        cJSON_ArrayForEach (v, in)
                if (!streq(v->string, "definedTags") && !streq(v->string, "freeformTags"))
                        json_set_copy(o->body, v->string, v);
        oke_default(o->body, "kubernetesVersion",
                    json_new_string(object_text(cluster, "kubernetesVersion")));
        if (!json_get(o->body, "nodeSourceDetails")) {
                _cleanup_json_ cJSON *image = oke_image_newest(
                        c->region, object_text(o, "kubernetesVersion"), object_text(o, "nodeShape"));
                cJSON *source = json_new_object();

                json_set_string(source, "sourceType", "IMAGE");
                json_set_copy(source, "imageId", json_get(image, "imageId"));
                json_set(o->body, "nodeSourceDetails", source);
        }
        set_defaults(cluster, o->body);
        if (check_whole(c, cluster, o->body) < 0)
                return -EBADMSG;
        json_set(o->body, "inner", json_new_object());
        json_set_string(o->body, "lifecycleState", "CREATING");
        oke_work_reply(c, o, "NODEPOOL_CREATE");
        nodes_turn_later(o, TURN_SECONDS);
        return 0;
}

/* How long a drain may take in this operation: by the query, or as the settings of 'body' say. */
static int set_eviction(Call *c, Object *o, const cJSON *body) {
        const char *grace = call_query(c, "overrideEvictionGraceDuration"),
                   *force = call_query(c, "isForceDeletionAfterOverrideGraceDuration");
        const cJSON *settings = json_get(body, "nodeEvictionNodePoolSettings");
        cJSON *eviction;

        if (grace && !is_eviction_grace(grace))
                return call_fail(c, 400, "InvalidParameter",
                                 "overrideEvictionGraceDuration '%s' is not valid.", grace);
        if (force && !streq(force, "true") && !streq(force, "false"))
                return call_fail(c, 400, "InvalidParameter",
                                 "isForceDeletionAfterOverrideGraceDuration '%s' is not valid.", force);
        eviction = json_new_object();
        json_set_number(
                eviction, "grace",
                eviction_grace_seconds(grace ? grace : json_string(settings, "evictionGraceDuration")));
        json_set_bool(eviction, "force",
                      force ? streq(force, "true")
                            : json_bool(settings, "isForceDeleteAfterGraceDuration", false));
        json_set(json_get(o->body, "inner"), "eviction", eviction);
        return 0;
}

/* The body as the update would make it. Owned. */
static cJSON *updated_body(const Object *o, const cJSON *in) {
        static const char *const merged[] = { "nodeConfigDetails", "nodeEvictionNodePoolSettings",
                                              "nodePoolCyclingDetails" };
        cJSON *body = json_copy(o->body);
        const cJSON *v;

        cJSON_ArrayForEach (v, in) {
                bool merge = false;

                for (size_t i = 0; i < ARRAY_SIZE(merged); i++)
                        merge = merge || streq(v->string, merged[i]);
                if (merge)
                        oke_merge(body, v->string, v);
                else
                        json_set_copy(body, v->string, v);
        }
        set_defaults(store_get(o->region->sim, object_text(o, "clusterId")), body);
        return body;
}

static int on_update(Call *c, Object *o, cJSON *in) {
        const Object *cluster = store_get(c->sim, object_text(o, "clusterId"));
        _cleanup_json_ cJSON *after = updated_body(o, in);
        cJSON *v, *next;

        if (json_get(in, "subnetIds") || json_get(in, "quantityPerSubnet"))
                return call_fail(c, 400, "InvalidParameter",
                                 "subnetIds and nodeConfigDetails exclude each other.");
        if (json_path(in, "nodeConfigDetails.placementConfigs") && json_get(in, "nodePoolCyclingDetails"))
                return call_fail(c, 400, "InvalidParameter",
                                 "placementConfigs and nodePoolCyclingDetails cannot be updated together.");
        if (check_version(c, cluster, json_string(in, "kubernetesVersion"),
                          object_text(o, "kubernetesVersion")) < 0 ||
            check_config(c, cluster, json_get(in, "nodeConfigDetails")) < 0 ||
            check_whole(c, cluster, after) < 0 || set_eviction(c, o, after) < 0)
                return -EBADMSG;

        object_touch(o, c->principal);
        for (v = in->child; v; v = next) { /* the outcome is laid over the body, all of it */
                next = v->next;
                cJSON_Delete(cJSON_DetachItemViaPointer(in, v));
        }
        cJSON_ArrayForEach (v, after)
                if (!streq(v->string, "inner"))
                        json_set_copy(o->body, v->string, v);
        if (json_bool(json_get(o->body, "nodePoolCyclingDetails"), "isNodeCyclingEnabled", false))
                json_set_bool(json_get(o->body, "inner"), "cycling", true);
        nodes_drop_broken(o);
        object_set_state(o, "UPDATING");
        oke_work_reply(c, o, "NODEPOOL_UPDATE");
        nodes_turn_later(o, TURN_SECONDS);
        return 0;
}

static int check_delete(Call *c, Object *o) {
        return set_eviction(c, o, o->body);
}

static void on_deleting(Call *c, Object *o) {
        object_set_state(o, "DELETING");
        oke_work_reply(c, o, "NODEPOOL_DELETE");
        nodes_turn_later(o, TURN_SECONDS);
}

static void on_gone(Object *o) {
        nodes_end(o);
        oke_work_end(o, true);
}

static int run_delete_node(Call *c, Object *o, const cJSON *in) {
        const char *decrement = call_query(c, "isDecrementSize");
        cJSON *config = json_get(o->body, "nodeConfigDetails"), *node = node_find(o, c->tail);
        const cJSON *eviction;

        if (decrement && !streq(decrement, "true") && !streq(decrement, "false"))
                return call_fail(c, 400, "InvalidParameter", "isDecrementSize '%s' is not valid.",
                                 decrement);
        if (!node || node_is(node, "DELETING"))
                return call_not_found(c);
        if (set_eviction(c, o, o->body) < 0)
                return -EBADMSG;
        object_touch(o, c->principal);
        if (!streq_ptr(decrement, "false") && json_number(config, "size", 0) > 0) {
                json_set_number(config, "size", json_number(config, "size", 0) - 1);
                json_set_bool(json_get(node, "inner"), "decrement", true);
        }
        object_set_state(o, "UPDATING");
        oke_work_reply(c, o, "NODEPOOL_UPDATE");
        eviction = json_path(o->body, "inner.eviction");
        node_remove(o, node, json_number(eviction, "grace", 0), json_bool(eviction, "force", false));
        return call_reply(c, 202, NULL);
}

/* The legacy members say the same in other words, and the image is shown twice. */
static void render(const Object *o, cJSON *body) {
        const cJSON *placement, *config = json_get(body, "nodeConfigDetails"), *seen;
        const char *image_id = json_path_string(body, "nodeSourceDetails.imageId");
        _cleanup_json_ cJSON *image = oke_image_find(o->region, image_id);
        cJSON *subnets = json_new_array(), *source = json_new_object();
        long quantity;

        cJSON_ArrayForEach (placement, json_get(config, "placementConfigs")) {
                const char *id = json_string(placement, "subnetId");
                bool there = false;

                cJSON_ArrayForEach (seen, subnets)
                        there = there || streq_ptr(id, seen->valuestring);
                if (id && !there)
                        json_append_string(subnets, id);
        }
        quantity = (long) json_number(config, "size", 0) / MAX(cJSON_GetArraySize(subnets), 1);
        json_set_number(body, "quantityPerSubnet", (double) quantity);
        json_set(body, "subnetIds", subnets);
        json_set_string(source, "sourceType", "IMAGE");
        json_set_copy(source, "sourceName", json_get(image, "sourceName"));
        json_set_string(source, "imageId", image_id);
        json_set(body, "nodeSource", source);
        json_set_string(body, "nodeImageId", image_id);
        json_set_copy(body, "nodeImageName", json_get(image, "sourceName"));
}

static void render_items(cJSON *body, const cJSON *items) {
        cJSON *nodes = items ? json_copy(items) : json_new_array(), *node;

        cJSON_ArrayForEach (node, nodes)
                json_remove(node, "inner");
        json_set(body, "nodes", nodes);
}

static const char *const change_query[] = { "overrideEvictionGraceDuration",
                                            "isForceDeletionAfterOverrideGraceDuration", NULL };
static const char *const node_query[] = { "isDecrementSize", "overrideEvictionGraceDuration",
                                          "isForceDeletionAfterOverrideGraceDuration", NULL };

static const SortKey sort_keys[] = { { "ID", "id" }, { "NAME", "name" }, { "TIME_CREATED", NULL }, {} };

static const Action actions[] = {
        { .method = "DELETE",
          .name = "node/*",
          .run = run_delete_node,
          .if_match = true,
          .query = node_query },
        {},
};

const Kind node_pool_kind = {
        .id = KIND_NODE_POOL,
        .service = "containerengine",
        .name = "NodePool",
        .ocid_type = "nodepool",
        .collection = "nodePools",
        .name_field = "name",
        .time_field = "",
        .essential = { "compartmentId", "clusterId", "nodeShape", "nodeConfigDetails", "inner",
                       "definedTags" },
        .scope = "compartmentId",
        .filters = { "clusterId", "name", "lifecycleState" },
        .repeated = "lifecycleState",
        .sortable = true,
        .sort_keys = sort_keys,
        .update_query = change_query,
        .delete_query = change_query,
        .has_items = true,
        .items_name = "nodes",
        .parents = { "clusterId" },
        .parent_kinds = { KIND_CLUSTER },
        .create = node_pool_create_fields,
        .update = node_pool_update_fields,
        .coming = "CREATING",
        .ready = "ACTIVE",
        .going = "DELETING",
        .gone = "DELETED",
        .stays_failed = true,
        .more_states = { "FAILED", "INACTIVE", "NEEDS_ATTENTION" },
        .is_async = true,
        .self_paced = true,
        .limit = "nodePoolsPerCluster",
        .limit_scope = "clusterId",
        .on_create = on_create,
        .on_update = on_update,
        .check_delete = check_delete,
        .on_deleting = on_deleting,
        .on_gone = on_gone,
        .on_loaded = nodes_resume,
        .render = render,
        .render_items = render_items,
        .actions = actions,
};
