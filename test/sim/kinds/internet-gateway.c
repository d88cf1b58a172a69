/* Internet gateways: one to a VCN. */
#include "base/json.h"
#include "call.h"
#include "gateway.h"
#include "kinds.h"
#include "store.h"

static const Field create_fields[] = {
        { .name = "compartmentId", .type = FIELD_STRING, .required = true },
        { .name = "vcnId", .type = FIELD_STRING, .required = true },
        { .name = "isEnabled", .type = FIELD_BOOL, .required = true },
        { .name = "routeTableId", .type = FIELD_STRING },
        FIELD_DISPLAY_NAME,
        FIELD_TAG_MAPS,
        {},
};

static const Field update_fields[] = {
        { .name = "isEnabled", .type = FIELD_BOOL },
        { .name = "routeTableId", .type = FIELD_STRING },
        FIELD_DISPLAY_NAME,
        FIELD_TAG_MAPS,
        {},
};

static int on_create(Call *c, Object *o, const cJSON *in) {
        json_set_copy(o->body, "vcnId", json_get(in, "vcnId"));
        json_set_copy(o->body, "isEnabled", json_get(in, "isEnabled"));
        json_set_copy(o->body, "routeTableId", json_get(in, "routeTableId"));
        return gateway_check_route_table(c, json_string(in, "routeTableId"), json_string(in, "vcnId"));
}

static int on_update(Call *c, Object *o, cJSON *in) {
        return gateway_check_route_table(c, json_string(in, "routeTableId"), object_text(o, "vcnId"));
}

const Kind internet_gateway_kind = {
        .id = KIND_INTERNET_GATEWAY,
        .name = "InternetGateway",
        .ocid_type = "internetgateway",
        .collection = "internetGateways",
        .essential = { "compartmentId", "vcnId", "definedTags" },
        .scope = "compartmentId",
        .filters = { "vcnId", "displayName", "lifecycleState" },
        .sortable = true,
        .parents = { "vcnId" },
        .parent_kinds = { KIND_VCN },
        .create = create_fields,
        .update = update_fields,
        .create_seconds = 3,
        .delete_seconds = 3,
        .can_move = true,
        .limit = "internetGatewaysPerVcn",
        .limit_scope = "vcnId",
        .on_create = on_create,
        .on_update = on_update,
        .check_delete = gateway_check_delete,
};
