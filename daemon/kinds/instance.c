/* Instance: the machine behind a node. What a node was made from, its image, shape and boot volume, is told by its instance alone. */
#include "kinds.h"

static const LifeWord instance_life[] = {
        { "PROVISIONING", LIFE_COMING },  { "STARTING", LIFE_COMING },
        { "RUNNING", LIFE_READY },        { "MOVING", LIFE_CHANGING },
        { "STOPPING", LIFE_CHANGING },    { "STOPPED", LIFE_FAILED },
        { "TERMINATING", LIFE_GOING },    { "TERMINATED", LIFE_GONE },
        { "CREATING_IMAGE", LIFE_READY }, {},
};

static const Field config_fields[] = {
        { .name = "ocpus", .type = FIELD_NUMBER, .flags = FIELD_NOT_IN_SPEC },
        { .name = "memoryInGBs", .type = FIELD_NUMBER, .flags = FIELD_NOT_IN_SPEC },
        {},
};

static const Field source_fields[] = {
        { .name = "imageId", .type = FIELD_STRING, .flags = FIELD_NOT_IN_SPEC },
        { .name = "bootVolumeSizeInGBs", .type = FIELD_NUMBER, .flags = FIELD_NOT_IN_SPEC },
        {},
};

static const Field instance_fields[] = {
        { .name = "shape", .type = FIELD_STRING, .flags = FIELD_NOT_IN_SPEC },
        { .name = "shapeConfig", .type = FIELD_OBJECT, .flags = FIELD_NOT_IN_SPEC, .fields = config_fields },
        { .name = "sourceDetails",
          .type = FIELD_OBJECT,
          .flags = FIELD_NOT_IN_SPEC,
          .fields = source_fields },
        { .name = "timeCreated", .type = FIELD_STRING, .flags = FIELD_NOT_IN_SPEC },
        {},
};

const Kind kind_instance = {
        .name = "Instance",
        .ocid_type = "instance",
        .path = "/20160918/instances",
        .doc = "The machine behind a node",
        .service = SERVICE_CORE,
        .scope = SCOPE_COMPARTMENT,
        .cadence = CADENCE_ONCE,
        .flags = KIND_LOOKUP | KIND_BY_ID,
        .fields = instance_fields,
        .life = instance_life,
        .lifecycle_field = "lifecycleState",
};
