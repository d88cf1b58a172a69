/* NetworkSecurityGroup: its rules live behind actions of their own, with ids; adding the same rule twice is not refused by the
 * service, so it is looked at before every call. */
#include "kinds.h"
#include "network/topology.h"
#include "security-rule.h"

static const Field group_fields[] = {
        { .name = "securityRules",
          .type = FIELD_RULES,
          .change = CHANGE_ACTION,
          .flags = FIELD_NOT_IN_CREATE,
          .rules = &security_group_rules,
          .max = 120,
          .doc = "each known by all of it but the description" },
        {},
};

static void group_network(NetNode *n, const cJSON *body) {
        n->type = NET_FILTER;
        n->all_said = json_get(body, "securityRules");
        net_node_name(n, SLOT_PARENT, json_string(body, "vcnId"));
        security_rules_network(n, body, "securityRules");
}

static const char *const group_serialized[] = { "vcnId", "id", NULL };

const Kind kind_network_security_group = {
        .name = "NetworkSecurityGroup",
        .section = "networkSecurityGroups",
        .parent = "Vcn",
        .ocid_type = "networksecuritygroup",
        .path = "/20160918/networkSecurityGroups",
        .parent_field = "vcnId",
        .cli = "network nsg",
        .cli_id = "--nsg-id",
        .doc = "A group of VNICs and the rules that they share",
        .service = SERVICE_CORE,
        .scope = SCOPE_COMPARTMENT,
        .cadence = CADENCE_SLOW,
        .fields = group_fields,
        .life = life_network,
        .serialized = group_serialized,
        .lifecycle_field = "lifecycleState",
        .network = group_network,
};
