/* Vcn: its blocks are added and removed one at a time by actions that answer with a work request; the VCN is UPDATING meanwhile
 * and its subnets and route tables cannot change. */
#include "kinds.h"
#include "network/topology.h"

const LifeWord life_network[] = {
        { "PROVISIONING", LIFE_COMING }, { "AVAILABLE", LIFE_READY }, { "UPDATING", LIFE_CHANGING },
        { "TERMINATING", LIFE_GOING },   { "TERMINATED", LIFE_GONE }, {},
};

static const FieldAction cidr_action = { .add = "addCidr", .remove = "removeCidr", .member = "cidrBlock" };

static const Field vcn_fields[] = {
        {
                .name = "cidrBlocks",
                .type = FIELD_CIDRS,
                .change = CHANGE_ACTION,
                .flags = FIELD_REQUIRED | FIELD_ESTATE_UNIQUE,
                .min = 16,
                .max = 30,
                .action = &cidr_action,
                .doc = "IPv4 blocks, /16 to /30; added and removed in place, never overlapping the other "
                       "region's",
        },
        {
                .name = "dnsLabel",
                .type = FIELD_STRING,
                .change = CHANGE_NEVER,
                .flags = FIELD_CASELESS,
                .min = 1,
                .max = 15,
                .pattern = "^[A-Za-z][A-Za-z0-9]*$",
                .pattern_text = "letters and digits, a letter first",
                .never_text = "a VCN keeps its DNS label for life; take dnsLabel out of the spec, or build "
                              "another VCN",
                .doc = "first part of VCN.oraclevcn.com",
        },
        {},
};

static void vcn_network(NetNode *n, const cJSON *body) {
        _cleanup_json_ cJSON *own_list = json_new_array();
        const cJSON *block;

        n->type = NET_VCN;
        cJSON_ArrayForEach (block, json_get(body, "cidrBlocks"))
                net_node_add_block(n, cJSON_GetStringValue(block));
        net_node_name(n, SLOT_TABLE, json_string(body, "defaultRouteTableId"));
        if (json_string(body, "defaultSecurityListId"))
                json_append_string(own_list, json_string(body, "defaultSecurityListId"));
        net_node_add_filters(n, own_list);
}

static const char *const vcn_serialized[] = { "id", NULL };
static const char *const vcn_unique[] = { "cidrBlocks", NULL };

const Kind kind_vcn = {
        .name = "Vcn",
        .section = "vcns",
        .ocid_type = "vcn",
        .path = "/20160918/vcns",
        .cli = "network vcn",
        .cli_id = "--vcn-id",
        .doc = "A virtual cloud network",
        .service = SERVICE_CORE,
        .scope = SCOPE_COMPARTMENT,
        .cadence = CADENCE_SLOW,
        .fields = vcn_fields,
        .life = life_network,
        .serialized = vcn_serialized,
        .unique = vcn_unique,
        .lifecycle_field = "lifecycleState",
        .network = vcn_network,
};
