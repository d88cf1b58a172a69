/* Drg: the gateway that VCNs and remote peerings attach to. OCI makes two route tables and three distributions with it. Its
 * defaults may read null for a type until an attachment of that type exists. */
#include "kinds.h"
#include "network/topology.h"

/* Filled by the DrgRouteTables that say `defaultFor`. */
static const Field default_table_fields[] = {
        { .name = "vcn", .type = FIELD_REF, .flags = FIELD_NULL_UNKNOWN, .ref_kind = "DrgRouteTable" },
        { .name = "remotePeeringConnection",
          .type = FIELD_REF,
          .flags = FIELD_NULL_UNKNOWN,
          .ref_kind = "DrgRouteTable" },
        { .name = "virtualCircuit",
          .type = FIELD_REF,
          .flags = FIELD_NULL_UNKNOWN,
          .ref_kind = "DrgRouteTable" },
        { .name = "ipsecTunnel",
          .type = FIELD_REF,
          .flags = FIELD_NULL_UNKNOWN,
          .ref_kind = "DrgRouteTable" },
        {},
};

static const Field drg_fields[] = {
        { .name = "defaultDrgRouteTables",
          .type = FIELD_OBJECT,
          .change = CHANGE_UPDATE,
          .flags = FIELD_NOT_IN_SPEC | FIELD_NOT_IN_CREATE | FIELD_SEND_CHANGED,
          .fields = default_table_fields },
        {},
};

static void drg_network(NetNode *n, const cJSON *body) {
        n->type = NET_DRG;
        net_node_name(n, SLOT_TABLE, json_path_string(body, "defaultDrgRouteTables.vcn"));
        net_node_name(n, SLOT_PEER_TABLE,
                      json_path_string(body, "defaultDrgRouteTables.remotePeeringConnection"));
}

static const char *const drg_serialized[] = { "id", NULL };

const Kind kind_drg = {
        .name = "Drg",
        .section = "drgs",
        .ocid_type = "drg",
        .path = "/20160918/drgs",
        .cli = "network drg",
        .cli_id = "--drg-id",
        .doc = "A dynamic routing gateway",
        .service = SERVICE_CORE,
        .scope = SCOPE_COMPARTMENT,
        .cadence = CADENCE_SLOW,
        .fields = drg_fields,
        .life = life_network,
        .serialized = drg_serialized,
        .lifecycle_field = "lifecycleState",
        .network = drg_network,
};
