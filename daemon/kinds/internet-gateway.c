/* InternetGateway: one to a VCN. */
#include "kinds.h"
#include "network/topology.h"

static const Field internet_gateway_fields[] = {
        { .name = "isEnabled",
          .type = FIELD_BOOL,
          .change = CHANGE_UPDATE,
          .flags = FIELD_REQUIRED,
          .takes_away = "false",
          .doc = "whether it passes traffic" },
        { .name = "routeTable",
          .api = "routeTableId",
          .type = FIELD_REF,
          .change = CHANGE_UPDATE,
          .ref_kind = "RouteTable",
          .doc = "for traffic that enters the VCN through it" },
        {},
};

void gateway_network(NetNode *n, const cJSON *body) {
        n->type = NET_GATEWAY;
        net_node_name(n, SLOT_PARENT, json_string(body, "vcnId"));
}

static const char *const internet_gateway_serialized[] = { "vcnId", "id", NULL };

const Kind kind_internet_gateway = {
        .name = "InternetGateway",
        .section = "internetGateways",
        .parent = "Vcn",
        .ocid_type = "internetgateway",
        .path = "/20160918/internetGateways",
        .parent_field = "vcnId",
        .cli = "network internet-gateway",
        .cli_id = "--ig-id",
        .doc = "A VCN's way to and from the internet",
        .service = SERVICE_CORE,
        .scope = SCOPE_COMPARTMENT,
        .cadence = CADENCE_SLOW,
        .fields = internet_gateway_fields,
        .life = life_network,
        .serialized = internet_gateway_serialized,
        .one_per_parent = true,
        .lifecycle_field = "lifecycleState",
        .network = gateway_network,
};
