/* ServiceGateway: the way to Oracle's own services, one to a VCN. Its create reply has no etag; in a PUT `services` replaces the whole
 * set, and blockTraffic's default is told in two ways, so it is always sent. */
#include "kinds.h"
#include "model/estate.h"

static const Field service_gateway_fields[] = {
        { .name = "services",
          .type = FIELD_LOOKUPS,
          .change = CHANGE_UPDATE,
          .flags = FIELD_REQUIRED,
          .fallback = "[]",
          .ref_kind = "Service",
          .lookup_member = "id",
          .lookup_as = "serviceId",
          .doc = "[Service/all] or [Service/objectstorage]" },
        { .name = "blockTraffic",
          .type = FIELD_BOOL,
          .change = CHANGE_UPDATE,
          .flags = FIELD_NOT_IN_CREATE | FIELD_SEND_ALWAYS,
          .fallback = "false",
          .takes_away = "true",
          .doc = "stops all traffic through it" },
        { .name = "routeTable",
          .api = "routeTableId",
          .type = FIELD_REF,
          .change = CHANGE_UPDATE,
          .ref_kind = "RouteTable",
          .doc = "for traffic that comes back through it" },
        {},
};

/* All of Oracle's services have the object storage among them. */
static void service_gateway_lint(const Estate *e, const Desired *d, LintReport report, void *userdata) {
        const cJSON *one;
        bool all = false, storage = false;

        (void) e;
        cJSON_ArrayForEach (one, json_get(d->want, "services")) {
                const char *key = json_path_string(one, "serviceId.key");

                all = all || streq_ptr(key, "all");
                storage = storage || streq_ptr(key, "objectstorage");
        }
        if (all && storage)
                report(userdata, d, kind_field(d->kind, "services"), true,
                       "Service/all contains Service/objectstorage: say one of them");
}

static const char *const service_gateway_serialized[] = { "vcnId", "id", NULL };

const Kind kind_service_gateway = {
        .name = "ServiceGateway",
        .section = "serviceGateways",
        .parent = "Vcn",
        .ocid_type = "servicegateway",
        .path = "/20160918/serviceGateways",
        .parent_field = "vcnId",
        .cli = "network service-gateway",
        .cli_id = "--service-gateway-id",
        .doc = "A VCN's way to Oracle's services",
        .service = SERVICE_CORE,
        .scope = SCOPE_COMPARTMENT,
        .cadence = CADENCE_SLOW,
        .fields = service_gateway_fields,
        .life = life_network,
        .serialized = service_gateway_serialized,
        .one_per_parent = true,
        .lifecycle_field = "lifecycleState",
        .lint = service_gateway_lint,
        .network = gateway_network,
};
