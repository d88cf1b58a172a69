/* A service gateway. Its create, attach and detach replies carry no etag; and a PUT without blockTraffic
 * may follow the API document's default for that body, which is true (an option), so it has to be sent. */
#include <errno.h>

#include "base/json.h"
#include "call.h"
#include "gateway.h"
#include "kinds.h"
#include "options.h"
#include "services.h"
#include "store.h"

static const Field service_fields[] = {
        { .name = "serviceId", .type = FIELD_STRING, .required = true },
        {},
};

static const Field create_fields[] = {
        { .name = "compartmentId", .type = FIELD_STRING, .required = true },
        { .name = "vcnId", .type = FIELD_STRING, .required = true },
        { .name = "services", .type = FIELD_OBJECTS, .required = true, .fields = service_fields },
        { .name = "routeTableId", .type = FIELD_STRING },
        FIELD_DISPLAY_NAME,
        FIELD_TAG_MAPS,
        {},
};

static const Field update_fields[] = {
        { .name = "services", .type = FIELD_OBJECTS, .fields = service_fields },
        { .name = "blockTraffic", .type = FIELD_BOOL },
        { .name = "routeTableId", .type = FIELD_STRING },
        FIELD_DISPLAY_NAME,
        FIELD_TAG_MAPS,
        {},
};

static int complete_services(Call *c, cJSON *services) {
        const cJSON *other;
        cJSON *v;

        cJSON_ArrayForEach (v, services) {
                _cleanup_free_ char *label = NULL, *name = NULL;

                if (!services_find(c->region, json_string(v, "serviceId"), &label, &name))
                        return call_fail_option(c, "relatedMissing",
                                                "Authorization failed or requested resource not found: %s.",
                                                json_string(v, "serviceId"));
                for (other = services->child; other != v; other = other->next)
                        if (streq(json_string(other, "serviceId"), json_string(v, "serviceId")))
                                return call_fail(c, 400, "InvalidParameter", "The services must be unique.");
                json_set_string(v, "serviceName", name);
        }
        if (cJSON_GetArraySize(services) > 1)
                return call_fail(c, 400, "InvalidParameter",
                                 "A service gateway takes either all services or Object Storage.");
        return 0;
}

static int on_create(Call *c, Object *o, const cJSON *in) {
        int r;

        json_set_copy(o->body, "vcnId", json_get(in, "vcnId"));
        json_set_copy(o->body, "services", json_get(in, "services"));
        json_set_copy(o->body, "routeTableId", json_get(in, "routeTableId"));
        json_set(o->body, "blockTraffic", cJSON_CreateFalse());
        r = complete_services(c, json_get(o->body, "services"));
        return r < 0 ? r
                     : gateway_check_route_table(c, json_string(in, "routeTableId"),
                                                 json_string(in, "vcnId"));
}

static int on_update(Call *c, Object *o, cJSON *in) {
        int r;

        r = complete_services(c, json_get(in, "services"));
        if (r < 0)
                return r;
        if (!json_get(in, "blockTraffic"))
                json_set_bool(in, "blockTraffic", option_bool(c->sim, "sgwBlocksUnlessTold"));
        return gateway_check_route_table(c, json_string(in, "routeTableId"), object_text(o, "vcnId"));
}

static int run_change_service(Call *c, Object *o, const cJSON *in, bool attach) {
        _cleanup_json_ cJSON *services = json_copy(json_get(o->body, "services"));
        const char *id = json_string(in, "serviceId");
        cJSON *v, *found = NULL;
        int r;

        cJSON_ArrayForEach (v, services)
                if (streq_ptr(json_string(v, "serviceId"), id))
                        found = v;
        if (attach == (found != NULL))
                return call_fail(c, 409, "IncorrectState", "The service %s is %sattached.", id,
                                 attach ? "already " : "not ");
        if (attach) {
                v = json_new_object();
                json_set_string(v, "serviceId", id);
                json_append(services, v);
        } else
                cJSON_Delete(cJSON_DetachItemViaPointer(services, found));
        r = complete_services(c, services);
        if (r < 0)
                return r;
        object_touch(o, c->principal);
        json_set(o->body, "services", TAKE_PTR(services));
        return call_reply_object(c, 200, o, false);
}

static int run_attach(Call *c, Object *o, const cJSON *in) {
        return run_change_service(c, o, in, true);
}

static int run_detach(Call *c, Object *o, const cJSON *in) {
        return run_change_service(c, o, in, false);
}

static const Action actions[] = {
        { .method = "POST",
          .name = "actions/attachService",
          .body = service_fields,
          .run = run_attach,
          .if_match = true },
        { .method = "POST",
          .name = "actions/detachService",
          .body = service_fields,
          .run = run_detach,
          .if_match = true },
        {},
};

const Kind service_gateway_kind = {
        .id = KIND_SERVICE_GATEWAY,
        .name = "ServiceGateway",
        .ocid_type = "servicegateway",
        .collection = "serviceGateways",
        .essential = { "compartmentId", "vcnId", "definedTags" },
        .scope = "compartmentId",
        .filters = { "vcnId", "lifecycleState" },
        .sortable = true,
        .unordered = { "services" },
        .parents = { "vcnId" },
        .parent_kinds = { KIND_VCN },
        .create = create_fields,
        .update = update_fields,
        .create_seconds = 4,
        .delete_seconds = 4,
        .no_create_etag = true,
        .can_move = true,
        .limit = "serviceGatewaysPerVcn",
        .limit_scope = "vcnId",
        .on_create = on_create,
        .on_update = on_update,
        .check_delete = gateway_check_delete,
        .actions = actions,
};
