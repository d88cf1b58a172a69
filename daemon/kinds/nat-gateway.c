/* NatGateway: the private subnets' way out. */
#include "kinds.h"

static const Field nat_gateway_fields[] = {
        { .name = "blockTraffic",
          .type = FIELD_BOOL,
          .change = CHANGE_UPDATE,
          .fallback = "false",
          .takes_away = "true",
          .doc = "stops all traffic through it" },
        { .name = "publicIpId",
          .type = FIELD_STRING,
          .change = CHANGE_NEVER,
          .max = 255,
          .pattern = "^ocid1\\.publicip\\.",
          .pattern_text = "the OCID of a public IP, ocid1.publicip.…",
          .never_text = "a NAT gateway keeps its public address for life",
          .doc = "OCID of a reserved public IP; left out: OCI picks one" },
        { .name = "routeTable",
          .api = "routeTableId",
          .type = FIELD_REF,
          .change = CHANGE_UPDATE,
          .ref_kind = "RouteTable",
          .doc = "for traffic that comes back through it" },
        {},
};

static const char *const nat_gateway_serialized[] = { "vcnId", "id", NULL };

const Kind kind_nat_gateway = {
        .name = "NatGateway",
        .section = "natGateways",
        .parent = "Vcn",
        .ocid_type = "natgateway",
        .path = "/20160918/natGateways",
        .parent_field = "vcnId",
        .cli = "network nat-gateway",
        .cli_id = "--nat-gateway-id",
        .doc = "A VCN's way out for private addresses",
        .service = SERVICE_CORE,
        .scope = SCOPE_COMPARTMENT,
        .cadence = CADENCE_SLOW,
        .fields = nat_gateway_fields,
        .life = life_network,
        .serialized = nat_gateway_serialized,
        .lifecycle_field = "lifecycleState",
        .network = gateway_network,
};
