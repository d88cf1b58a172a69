/* WorkRequest: what OKE is doing. Its creates and updates answer 202 with no more than the id of one of these, so a thing that is
 * being made may be known by its work request before any list shows it, and why it failed stands here alone. */
#include "kinds.h"

static const LifeWord work_life[] = {
        { "ACCEPTED", LIFE_COMING },
        { "IN_PROGRESS", LIFE_COMING },
        { "CANCELING", LIFE_GOING },
        { "CANCELED", LIFE_GONE },
        { "SUCCEEDED", LIFE_READY },
        { "FAILED", LIFE_FAILED },
        {},
};

static const Field subject_fields[] = {
        { .name = "actionType", .type = FIELD_STRING, .flags = FIELD_NOT_IN_SPEC },
        { .name = "entityType", .type = FIELD_STRING, .flags = FIELD_NOT_IN_SPEC },
        { .name = "identifier", .type = FIELD_STRING, .flags = FIELD_NOT_IN_SPEC },
        {},
};

static const Field error_fields[] = {
        { .name = "code", .type = FIELD_STRING, .flags = FIELD_NOT_IN_SPEC },
        { .name = "message", .type = FIELD_STRING, .flags = FIELD_NOT_IN_SPEC },
        { .name = "timestamp", .type = FIELD_STRING, .flags = FIELD_NOT_IN_SPEC },
        {},
};

static const SubCollection error_list = { .list = "errors", .by_compartment = true };
static const Rules error_rules = { .fields = error_fields, .sub = &error_list };

static const Field work_fields[] = {
        { .name = "operationType", .type = FIELD_STRING, .flags = FIELD_NOT_IN_SPEC },
        { .name = "timeAccepted", .type = FIELD_STRING, .flags = FIELD_NOT_IN_SPEC },
        { .name = "resources", .type = FIELD_OBJECTS, .flags = FIELD_NOT_IN_SPEC, .fields = subject_fields },
        { .name = "errors", .type = FIELD_RULES, .flags = FIELD_NOT_IN_SPEC, .rules = &error_rules },
        {},
};

const Kind kind_work_request = {
        .name = "WorkRequest",
        .ocid_type = "clustersworkrequest",
        .path = "/20180222/workRequests",
        .list_query = "status=ACCEPTED&status=IN_PROGRESS&status=CANCELING&status=FAILED",
        .doc = "What OKE is doing",
        .service = SERVICE_CONTAINER_ENGINE,
        .scope = SCOPE_COMPARTMENT,
        .cadence = CADENCE_ONCE, /* and whenever something was written, or changed */
        .flags = KIND_LOOKUP | KIND_WORK,
        .fields = work_fields,
        .life = work_life,
        .lifecycle_field = "status",
};
