/* Compute instances: read in the API, and terminated by whoever pleases. Their pools make them. */
#include "instance.h"

#include "base/json.h"
#include "kinds.h"
#include "lifecycle.h"
#include "nodes.h"
#include "store.h"

#define BOOT_VOLUME_DEFAULT 47

void instance_set_source(Object *o, const cJSON *launch) {
        const cJSON *source = json_get(launch, "nodeSourceDetails");
        cJSON *details = json_new_object(), *metadata = json_copy(json_get(launch, "nodeMetadata"));

        json_set_string(details, "sourceType", "image");
        json_set_copy(details, "imageId", json_get(source, "imageId"));
        json_set_number(details, "bootVolumeSizeInGBs",
                        json_number(source, "bootVolumeSizeInGBs", BOOT_VOLUME_DEFAULT));
        json_set(o->body, "sourceDetails", details);
        json_set_copy(o->body, "imageId", json_get(source, "imageId"));
        metadata = metadata ? metadata : json_new_object();
        json_set_copy(metadata, "ssh_authorized_keys", json_get(launch, "sshPublicKey"));
        json_set_copy(metadata, "oke-k8version", json_get(launch, "kubernetesVersion"));
        json_set(o->body, "metadata", metadata);
}

Object *instance_add(Object *pool, const cJSON *node) {
        Object *o = store_add(pool->region, KIND_INSTANCE, object_text(pool, "compartmentId"),
                              json_string(node, "name"), NULL);
        const cJSON *config = json_get(pool->body, "nodeConfigDetails"),
                    *launch = json_path(node, "inner.launch");

        json_set_copy(o->body, "availabilityDomain", json_get(node, "availabilityDomain"));
        json_set_copy(o->body, "faultDomain", json_get(node, "faultDomain"));
        json_set_string(o->body, "region", pool->region->name);
        json_set_copy(o->body, "shape", json_get(launch, "nodeShape"));
        json_set_copy(o->body, "shapeConfig", json_get(launch, "nodeShapeConfig"));
        if (json_get(config, "freeformTags"))
                json_set_copy(o->body, "freeformTags", json_get(config, "freeformTags"));
        if (json_get(config, "definedTags"))
                json_set_copy(o->body, "definedTags", json_get(config, "definedTags"));
        json_set(o->body, "timeMaintenanceRebootDue", cJSON_CreateNull());
        instance_set_source(o, launch);
        lifecycle_start(o, instance_kind.create_seconds);
        return o;
}

static int check_delete(Call *c, Object *o) {
        return 0;
}

static void on_gone(Object *o) {
        nodes_on_instance_gone(o->region, o->id);
}

static const char *const delete_query[] = { "preserveBootVolume", "preserveDataVolumesCreatedAtLaunch",
                                            NULL };

const Kind instance_kind = {
        .id = KIND_INSTANCE,
        .name = "Instance",
        .ocid_type = "instance",
        .collection = "instances",
        .essential = { "compartmentId", "availabilityDomain", "shape", "sourceDetails" },
        .scope = "compartmentId",
        .filters = { "availabilityDomain", "displayName", "lifecycleState" },
        .sortable = true,
        .delete_query = delete_query,
        .create_seconds = 60,
        .delete_seconds = 60,
        .ready = "RUNNING",
        .more_states = { "STOPPED", "STOPPING", "STARTING" },
        .check_delete = check_delete,
        .on_gone = on_gone,
};
