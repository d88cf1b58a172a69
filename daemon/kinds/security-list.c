/* SecurityList: each rule is owned by itself, for OKE's cloud controller writes here too. A PUT replaces a whole array, so it
 * carries every rule that is to stay. */
#include "kinds.h"
#include "network/topology.h"
#include "security-rule.h"

static const Field security_list_fields[] = {
        { .name = "defaultOf",
          .type = FIELD_ROLE,
          .words = (const char *const[]){ "vcn", NULL },
          .doc = "vcn: this is the VCN's own default list" },
        { .name = "ingressSecurityRules",
          .type = FIELD_RULES,
          .change = CHANGE_UPDATE,
          .flags = FIELD_SEND_ALWAYS,
          .fallback = "[]",
          .rules = &security_list_rules,
          .max = 200,
          .doc = "what may come in" },
        { .name = "egressSecurityRules",
          .type = FIELD_RULES,
          .change = CHANGE_UPDATE,
          .flags = FIELD_SEND_ALWAYS,
          .fallback = "[]",
          .rules = &security_list_rules,
          .max = 200,
          .doc = "what may go out" },
        {},
};

static void security_list_network(NetNode *n, const cJSON *body) {
        n->type = NET_FILTER;
        n->all_said = json_get(body, "ingressSecurityRules") && json_get(body, "egressSecurityRules");
        net_node_name(n, SLOT_PARENT, json_string(body, "vcnId"));
        security_rules_network(n, body, "ingressSecurityRules");
        security_rules_network(n, body, "egressSecurityRules");
}

static const Role security_list_roles[] = {
        { .key = "defaultOf", .value = "vcn", .pointer = "defaultSecurityListId" },
        {},
};
static const char *const security_list_serialized[] = { "vcnId", "id", NULL };

const Kind kind_security_list = {
        .name = "SecurityList",
        .section = "securityLists",
        .parent = "Vcn",
        .ocid_type = "securitylist",
        .path = "/20160918/securityLists",
        .parent_field = "vcnId",
        .cli = "network security-list",
        .cli_id = "--security-list-id",
        .doc = "A VCN's security list",
        .service = SERVICE_CORE,
        .scope = SCOPE_COMPARTMENT,
        .cadence = CADENCE_LINK,
        .flags = KIND_NEEDS_USER,
        .fields = security_list_fields,
        .life = life_network,
        .roles = security_list_roles,
        .serialized = security_list_serialized,
        .lifecycle_field = "lifecycleState",
        .network = security_list_network,
};
