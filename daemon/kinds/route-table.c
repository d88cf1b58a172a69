/* RouteTable: a rule is known by its destination. A rule may target a DRG only once that DRG is attached to the VCN, and
 * the target is the DRG, not the attachment. */
#include "kinds.h"
#include "model/estate.h"
#include "model/resource.h"
#include "network/topology.h"

static const char *const destination_types[] = { "CIDR_BLOCK", "SERVICE_CIDR_BLOCK", NULL };

static const Field rule_fields[] = {
        { .name = "destination", .type = FIELD_STRING, .flags = FIELD_REQUIRED },
        { .name = "destinationType",
          .type = FIELD_ENUM,
          .words = destination_types,
          .fallback = "\"CIDR_BLOCK\"" },
        { .name = "networkEntityId", .type = FIELD_STRING, .flags = FIELD_REQUIRED },
        { .name = "description", .type = FIELD_STRING, .fallback = "\"\"" },
        {},
};

static const char *const target_kinds[] = { "Drg", "InternetGateway", "NatGateway", "ServiceGateway", NULL };

static const Field rule_spec_fields[] = {
        { .name = "destination",
          .type = FIELD_CIDR,
          .flags = FIELD_REQUIRED | FIELD_NAMES_CIDRS | FIELD_NAMES_SERVICE,
          .doc = "a CIDR, a Vcn or Subnet by name, or Service/all" },
        { .name = "networkEntity",
          .api = "networkEntityId",
          .type = FIELD_REF,
          .flags = FIELD_REQUIRED,
          .ref_kinds = target_kinds,
          .region_text = "a route leads to a gateway or DRG of its own region; the DRGs are joined by a "
                         "RemotePeeringConnection",
          .doc = "Drg/NAME, NatGateway/NAME, InternetGateway/NAME or ServiceGateway/NAME" },
        { .name = "description", .type = FIELD_STRING, .doc = "for people" },
        {},
};

static const char *route_expand(const cJSON *written, const Field *field, cJSON *ret) {
        const cJSON *destination = json_get(written, "destination");
        const char *target = symbol_ref(json_get(written, "networkEntityId"));
        bool to_service = target && strstr(target, "/ServiceGateway/");
        cJSON *rule;

        (void) field;
        if (is_symbol(destination) && target && !to_service)
                return "Oracle's services are reached through a ServiceGateway";
        if (to_service && !is_symbol(destination))
                return "a ServiceGateway leads to Service/all or Service/objectstorage, not to a block";
        if (target && strstr(target, "/NatGateway/") && !is_symbol(destination) &&
            strchr(json_string(written, "destination"), ':'))
                return "an IPv6 block is reached through a Drg or an InternetGateway";
        rule = json_copy(written);
        json_set_string(rule, "destinationType",
                        is_symbol(destination) ? "SERVICE_CIDR_BLOCK" : "CIDR_BLOCK");
        json_append(ret, rule);
        return NULL;
}

static char *route_describe(const cJSON *rule) {
        const char *destination = json_string(rule, "destination"),
                   *target = json_string(rule, "networkEntityId");

        return xasprintf("%s → %s", destination ? destination : "?", target ? target : "?");
}

/* A LOCAL route is OCI's own, not a rule that anybody wrote. */
static bool route_ignored(const cJSON *rule) {
        const char *type = json_string(rule, "routeType");

        return type && streq(type, "LOCAL");
}

/* A rule to a DRG waits for the attachment that joins it to this VCN. */
static const char *route_needs(const Context *c, const Desired *d, const cJSON *rule) {
        const char *target = symbol_ref(json_get(rule, "networkEntityId"));
        const Desired *drg = target ? estate_find(c->estate, target) : NULL;

        if (!drg || !d->parent)
                return NULL;
        for (const Desired *a = drg->first_child; a; a = a->next_sibling) {
                const char *vcn = symbol_ref(json_path(a->want, "networkDetails.id"));
                const Resource *r;

                if (!vcn || !streq(vcn, d->parent->address))
                        continue;
                r = context_resource(c, a);
                return r->observed && r->observed->life == LIFE_READY ? NULL : a->address;
        }
        return NULL;
}

static const char *const rule_key[] = { "destination", "destinationType", NULL };
static const char *const rule_shown[] = { "destination", NULL };

/* The deprecated echo of destination: a request with both is rejected. */
static const char *const rule_refused[] = { "cidrBlock", NULL };

static const Rules route_rules = {
        .fields = rule_fields,
        .spec_fields = rule_spec_fields,
        .key = rule_key,
        .key_shown = rule_shown,
        .marked = true,
        .expand = route_expand,
        .describe = route_describe,
        .ignore = route_ignored,
        .refused = rule_refused,
        .needs = route_needs,
};

static const Field route_table_fields[] = {
        { .name = "defaultOf",
          .type = FIELD_ROLE,
          .words = (const char *const[]){ "vcn", NULL },
          .doc = "vcn: this is the VCN's own default table" },
        { .name = "routeRules",
          .type = FIELD_RULES,
          .change = CHANGE_UPDATE,
          .flags = FIELD_SEND_ALWAYS,
          .fallback = "[]",
          .rules = &route_rules,
          .max = 200,
          .doc = "each known by its destination" },
        {},
};

static void route_table_network(NetNode *n, const cJSON *body) {
        const cJSON *rules = json_get(body, "routeRules"), *rule;
        unsigned i = 0;

        n->type = NET_TABLE;
        n->all_said = rules;
        net_node_name(n, SLOT_PARENT, json_string(body, "vcnId"));
        cJSON_ArrayForEach (rule, rules)
                net_node_add_route(n, json_string(rule, "destination"), json_string(rule, "networkEntityId"),
                                   (NetOrigin){ "routeRules", i++ });
}

static const Role route_table_roles[] = {
        { .key = "defaultOf", .value = "vcn", .pointer = "defaultRouteTableId" },
        {},
};
static const char *const route_table_serialized[] = { "vcnId", "id", NULL };

const Kind kind_route_table = {
        .name = "RouteTable",
        .section = "routeTables",
        .parent = "Vcn",
        .ocid_type = "routetable",
        .path = "/20160918/routeTables",
        .parent_field = "vcnId",
        .cli = "network route-table",
        .cli_id = "--rt-id",
        .doc = "A VCN's route table",
        .service = SERVICE_CORE,
        .scope = SCOPE_COMPARTMENT,
        .cadence = CADENCE_LINK,
        .flags = KIND_NEEDS_USER,
        .fields = route_table_fields,
        .life = life_network,
        .roles = route_table_roles,
        .serialized = route_table_serialized,
        .lifecycle_field = "lifecycleState",
        .network = route_table_network,
};
