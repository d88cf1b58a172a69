/* Subnet: where nodes and pods live. Its block, domain and DNS label are for life; its route table and security lists are not. */
#include "kinds.h"
#include "model/estate.h"
#include "network/topology.h"

static const Field subnet_fields[] = {
        {
                .name = "cidrBlock",
                .type = FIELD_CIDR,
                .change = CHANGE_NEVER,
                .flags = FIELD_REQUIRED | FIELD_WITHIN_PARENT | FIELD_SIBLING_UNIQUE,
                .min = 16,
                .max = 30,
                .never_text = "a subnet in use cannot move to another block; declare a new subnet and move "
                              "its nodes",
                .doc = "IPv4 block inside the VCN",
        },
        {
                .name = "availabilityDomain",
                .type = FIELD_LOOKUP,
                .change = CHANGE_NEVER,
                .flags = FIELD_CASELESS,
                .ref_kind = "AvailabilityDomain",
                .lookup_member = "name",
                .never_text = "a subnet stays in its availability domain; left out, it spans the region",
                .doc = "1, 2 or 3; left out: regional",
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
                .never_text = "a subnet keeps its DNS label for life",
                .doc = "unique in the VCN, which needs one too",
        },
        {
                .name = "routeTable",
                .api = "routeTableId",
                .type = FIELD_REF,
                .change = CHANGE_UPDATE,
                .ref_kind = "RouteTable",
                .doc = "left out: the VCN's own",
        },
        {
                .name = "securityLists",
                .api = "securityListIds",
                .type = FIELD_REFS,
                .change = CHANGE_UPDATE,
                .fallback = "[]",
                .max = 5,
                .ref_kind = "SecurityList",
                .doc = "up to five; left out: the VCN's own",
        },
        {
                .name = "prohibitPublicIpOnVnic",
                .type = FIELD_BOOL,
                .change = CHANGE_NEVER,
                .fallback = "false",
                .never_text = "private or public is chosen when a subnet is created",
                .doc = "a private subnet",
        },
        {
                .name = "prohibitInternetIngress",
                .type = FIELD_BOOL,
                .change = CHANGE_NEVER,
                .fallback = "false",
                .never_text = "private or public is chosen when a subnet is created",
                .doc = "mirrors prohibitPublicIpOnVnic; say one of the two",
        },
        { .name = "dhcpOptionsId",
          .type = FIELD_STRING,
          .change = CHANGE_UPDATE,
          .flags = FIELD_NOT_IN_SPEC | FIELD_PASS_THROUGH },
        {},
};

static void subnet_lint(const Estate *e, const Desired *d, LintReport report, void *userdata) {
        (void) e;
        if (json_get(d->want, "prohibitPublicIpOnVnic") && json_get(d->want, "prohibitInternetIngress"))
                report(userdata, d, kind_field(d->kind, "prohibitInternetIngress"), true,
                       "say prohibitPublicIpOnVnic or prohibitInternetIngress, not both: the service copies "
                       "one to the other");
        if (json_get(d->want, "dnsLabel") && d->parent && !json_get(d->parent->want, "dnsLabel") &&
            !d->parent->pin)
                report(userdata, d, kind_field(d->kind, "dnsLabel"), false,
                       "a subnet's dnsLabel needs a VCN that has one, and this Vcn declares none");
}

static void subnet_network(NetNode *n, const cJSON *body) {
        n->type = NET_SUBNET;
        net_node_name(n, SLOT_PARENT, json_string(body, "vcnId"));
        net_node_name(n, SLOT_TABLE, json_string(body, "routeTableId"));
        net_node_add_filters(n, json_get(body, "securityListIds"));
        net_node_add_block(n, json_string(body, "cidrBlock"));
}

static const char *const subnet_serialized[] = { "vcnId", "id", NULL };
static const char *const subnet_unique[] = { "cidrBlock", "dnsLabel", NULL };

const Kind kind_subnet = {
        .name = "Subnet",
        .section = "subnets",
        .parent = "Vcn",
        .ocid_type = "subnet",
        .path = "/20160918/subnets",
        .parent_field = "vcnId",
        .cli = "network subnet",
        .cli_id = "--subnet-id",
        .doc = "A subnet of a VCN",
        .service = SERVICE_CORE,
        .scope = SCOPE_COMPARTMENT,
        .cadence = CADENCE_LINK,
        .fields = subnet_fields,
        .life = life_network,
        .serialized = subnet_serialized,
        .unique = subnet_unique,
        .lifecycle_field = "lifecycleState",
        .lint = subnet_lint,
        .network = subnet_network,
};
