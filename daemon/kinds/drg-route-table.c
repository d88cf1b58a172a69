/* DrgRouteTable: where traffic that came in through an attachment goes next. Dynamic routes come from its import distribution;
 * static rules are its own, behind actions. A static rule whose attachment is gone stays as a black hole. */
#include "kinds.h"
#include "model/estate.h"
#include "network/topology.h"

static const Field rule_fields[] = {
        { .name = "destination", .type = FIELD_STRING, .flags = FIELD_REQUIRED },
        { .name = "destinationType", .type = FIELD_STRING, .fallback = "\"CIDR_BLOCK\"" },
        { .name = "nextHopDrgAttachmentId", .type = FIELD_STRING, .flags = FIELD_REQUIRED },
        {},
};

static const Field rule_spec_fields[] = {
        { .name = "destination",
          .type = FIELD_CIDR,
          .flags = FIELD_REQUIRED | FIELD_NAMES_CIDRS,
          .doc = "a CIDR, or a Vcn or Subnet by name" },
        { .name = "nextHopDrgAttachment",
          .api = "nextHopDrgAttachmentId",
          .type = FIELD_REF,
          .flags = FIELD_REQUIRED,
          .ref_kind = "DrgAttachment",
          .doc = "an attachment of this DRG" },
        {},
};

static const char *rule_expand(const cJSON *written, const Field *field, cJSON *ret) {
        cJSON *rule = json_copy(written);

        (void) field;
        json_set_string(rule, "destinationType", "CIDR_BLOCK");
        json_append(ret, rule);
        return NULL;
}

static char *rule_describe(const cJSON *rule) {
        const char *destination = json_string(rule, "destination"),
                   *hop = json_string(rule, "nextHopDrgAttachmentId");

        return xasprintf("%s via %s%s", destination ? destination : "?", hop ? hop : "?",
                         json_bool(rule, "isBlackhole", false) ? " (black hole)" : "");
}

static bool rule_ignored(const cJSON *rule) {
        const char *type = json_string(rule, "routeType");

        return type && streq(type, "DYNAMIC");
}

static bool rule_is_dead(const cJSON *rule) {
        return json_bool(rule, "isBlackhole", false);
}

static const SubCollection static_rules = {
        .list = "drgRouteRules?routeType=STATIC",
        .add = "addDrgRouteRules",
        .update = "updateDrgRouteRules",
        .remove = "removeDrgRouteRules",
        .add_member = "routeRules",
        .remove_member = "routeRuleIds",
        .max_per_call = 100,
        .retry_token = true,
};

static const char *const rule_key[] = { "destination", "nextHopDrgAttachmentId", NULL };
static const char *const rule_shown[] = { "destination", NULL };

static const Rules static_route_rules = {
        .fields = rule_fields,
        .spec_fields = rule_spec_fields,
        .key = rule_key,
        .key_shown = rule_shown,
        .sub = &static_rules,
        .expand = rule_expand,
        .describe = rule_describe,
        .ignore = rule_ignored,
        .is_dead = rule_is_dead,
};

static const Field drg_route_table_fields[] = {
        { .name = "defaultFor",
          .type = FIELD_ROLE,
          .words = (const char *const[]){ "vcn", "remotePeeringConnection", NULL },
          .doc = "the DRG's default table for attachments of this type" },
        { .name = "importDrgRouteDistribution",
          .api = "importDrgRouteDistributionId",
          .type = FIELD_REF,
          .change = CHANGE_UPDATE,
          .ref_kind = "DrgRouteDistribution",
          .doc = "which routes are imported" },
        { .name = "isEcmpEnabled",
          .type = FIELD_BOOL,
          .change = CHANGE_UPDATE,
          .fallback = "false",
          .doc = "equal-cost paths" },
        { .name = "routeRules",
          .type = FIELD_RULES,
          .change = CHANGE_ACTION,
          .flags = FIELD_NOT_IN_CREATE,
          .rules = &static_route_rules,
          .max = 100,
          .doc = "static rules, each known by destination and next hop" },
        {},
};

static const char *destination_said_twice(const cJSON *rules) {
        const cJSON *a, *b;

        cJSON_ArrayForEach (a, rules)
                for (b = a->next; b; b = b->next)
                        if (streq_ptr(json_string(a, "destination"), json_string(b, "destination")))
                                return json_string(a, "destination");
        return NULL;
}

/* Two ways to one destination are one too many where they do not share the load. */
static void drg_route_table_lint(const Estate *e, const Desired *d, LintReport report, void *userdata) {
        const char *to = destination_said_twice(json_get(d->want, "routeRules"));
        _cleanup_free_ char *message = NULL;

        (void) e;
        if (!to || json_bool(d->want, "isEcmpEnabled", false))
                return;
        message = xasprintf(
                "several rules lead to %s, and without 'isEcmpEnabled: true' one of them is used", to);
        report(userdata, d, kind_field(d->kind, "routeRules"), false, message);
}

static void drg_route_table_network(NetNode *n, const cJSON *body) {
        const cJSON *rule;
        unsigned i = 0;

        n->type = NET_DRG_TABLE;
        net_node_name(n, SLOT_PARENT, json_string(body, "drgId"));
        net_node_name(n, SLOT_IMPORTS, json_string(body, "importDrgRouteDistributionId"));
        cJSON_ArrayForEach (rule, json_get(body, "routeRules"))
                net_node_add_route(n, json_string(rule, "destination"),
                                   json_string(rule, "nextHopDrgAttachmentId"),
                                   (NetOrigin){ "routeRules", i++ });
}

static const Role drg_route_table_roles[] = {
        { .key = "defaultFor", .pointer = "defaultDrgRouteTables.", .in_parent_want = true },
        {},
};
static const char *const drg_route_table_serialized[] = { "drgId", "id", NULL };

const Kind kind_drg_route_table = {
        .name = "DrgRouteTable",
        .section = "drgRouteTables",
        .parent = "Drg",
        .ocid_type = "drgroutetable",
        .path = "/20160918/drgRouteTables",
        .parent_field = "drgId",
        .cli = "network drg-route-table",
        .cli_id = "--drg-route-table-id",
        .doc = "A DRG's route table",
        .service = SERVICE_CORE,
        .scope = SCOPE_PARENT,
        .cadence = CADENCE_LINK,
        .flags = KIND_NO_COMPARTMENT | KIND_DIES_WITH_PARENT | KIND_NEEDS_USER,
        .fields = drg_route_table_fields,
        .life = life_network,
        .roles = drg_route_table_roles,
        .serialized = drg_route_table_serialized,
        .lifecycle_field = "lifecycleState",
        .lint = drg_route_table_lint,
        .network = drg_route_table_network,
};
