/* NAT gateways. */
#include "base/json.h"
#include "call.h"
#include "gateway.h"
#include "kinds.h"
#include "store.h"

static const Field create_fields[] = {
        { .name = "compartmentId", .type = FIELD_STRING, .required = true },
        { .name = "vcnId", .type = FIELD_STRING, .required = true },
        { .name = "blockTraffic", .type = FIELD_BOOL },
        { .name = "publicIpId", .type = FIELD_STRING },
        { .name = "routeTableId", .type = FIELD_STRING },
        FIELD_DISPLAY_NAME,
        FIELD_TAG_MAPS,
        {},
};

static const Field update_fields[] = {
        { .name = "blockTraffic", .type = FIELD_BOOL },
        { .name = "routeTableId", .type = FIELD_STRING },
        FIELD_DISPLAY_NAME,
        FIELD_TAG_MAPS,
        {},
};

static int on_create(Call *c, Object *o, const cJSON *in) {
        _cleanup_free_ char *public_ip = xasprintf("ocid1.publicip.oc1.%s.%08x", o->region->name,
                                                   (unsigned) rng_next(&c->sim->ids));
        _cleanup_free_ char *address = xasprintf("192.0.2.%u", 1 + (unsigned) rng_below(&c->sim->ids, 254));

        json_set_copy(o->body, "vcnId", json_get(in, "vcnId"));
        json_set_bool(o->body, "blockTraffic", json_bool(in, "blockTraffic", false));
        json_set_string(o->body, "natIp", address);
        json_set_string(o->body, "publicIpId",
                        json_get(in, "publicIpId") ? json_string(in, "publicIpId") : public_ip);
        json_set_copy(o->body, "routeTableId", json_get(in, "routeTableId"));
        return gateway_check_route_table(c, json_string(in, "routeTableId"), json_string(in, "vcnId"));
}

static int on_update(Call *c, Object *o, cJSON *in) {
        return gateway_check_route_table(c, json_string(in, "routeTableId"), object_text(o, "vcnId"));
}

const Kind nat_gateway_kind = {
        .id = KIND_NAT_GATEWAY,
        .name = "NatGateway",
        .ocid_type = "natgateway",
        .collection = "natGateways",
        .essential = { "compartmentId", "vcnId", "definedTags" },
        .scope = "compartmentId",
        .filters = { "vcnId", "displayName", "lifecycleState" },
        .sortable = true,
        .parents = { "vcnId" },
        .parent_kinds = { KIND_VCN },
        .create = create_fields,
        .update = update_fields,
        .create_seconds = 4,
        .delete_seconds = 4,
        .can_move = true,
        .limit = "natGatewaysPerVcn",
        .limit_scope = "vcnId",
        .on_create = on_create,
        .on_update = on_update,
        .check_delete = gateway_check_delete,
};
