/* DrgRouteDistribution: which routes a table imports, as statements by priority. They have no description, so in a
 * distribution that OCI made only those are ours that match a declared priority. OCI's own for RPCs accepts VCN attachments alone. */
#include "kinds.h"
#include "network/topology.h"

static const char *const distribution_types[] = { "IMPORT", NULL };
static const char *const actions[] = { "ACCEPT", NULL };
static const char *const match_types[] = { "MATCH_ALL", "DRG_ATTACHMENT_TYPE", "DRG_ATTACHMENT_ID", NULL };
static const char *const attachment_types[] = { "VCN", "VIRTUAL_CIRCUIT", "REMOTE_PEERING_CONNECTION",
                                                "IPSEC_TUNNEL", NULL };

static const Field match_fields[] = {
        { .name = "matchType",
          .type = FIELD_ENUM,
          .flags = FIELD_REQUIRED,
          .words = match_types,
          .doc = "which attachments' routes: of all, of a type, of one" },
        { .name = "attachmentType",
          .type = FIELD_ENUM,
          .words = attachment_types,
          .doc = "goes with matchType DRG_ATTACHMENT_TYPE" },
        { .name = "drgAttachment",
          .api = "drgAttachmentId",
          .type = FIELD_REF,
          .ref_kind = "DrgAttachment",
          .doc = "goes with matchType DRG_ATTACHMENT_ID: an attachment of this DRG" },
        {},
};

static const Field statement_fields[] = {
        { .name = "priority",
          .type = FIELD_INT,
          .flags = FIELD_REQUIRED,
          .min = 1,
          .max = 65535,
          .doc = "lower first; unique in the distribution" },
        { .name = "action", .type = FIELD_ENUM, .flags = FIELD_REQUIRED, .words = actions, .doc = "ACCEPT" },
        { .name = "matchCriteria",
          .type = FIELD_OBJECTS,
          .flags = FIELD_EMPTY_IS_FALLBACK,
          .fallback = "[{\"matchType\":\"MATCH_ALL\"}]",
          .fields = match_fields,
          .max = 1,
          .doc = "MATCH_ALL, DRG_ATTACHMENT_TYPE with attachmentType, or DRG_ATTACHMENT_ID with "
                 "drgAttachment" },
        {},
};

static const char *statement_expand(const cJSON *written, const Field *field, cJSON *ret) {
        const cJSON *criteria = json_get(written, "matchCriteria"), *one = criteria ? criteria->child : NULL;
        const char *type = json_string(one, "matchType");
        cJSON *rule;

        (void) field;
        if (type && streq(type, "DRG_ATTACHMENT_TYPE") != !!json_get(one, "attachmentType"))
                return "attachmentType goes with matchType DRG_ATTACHMENT_TYPE, and only with it";
        if (type && streq(type, "DRG_ATTACHMENT_ID") != !!json_get(one, "drgAttachmentId"))
                return "drgAttachment goes with matchType DRG_ATTACHMENT_ID, and only with it";
        rule = json_copy(written);
        if (!one) { /* an empty list means the same, no list is refused */
                cJSON *all = json_new_object(), *list = json_new_array();

                json_set_string(all, "matchType", "MATCH_ALL");
                json_append(list, all);
                json_set(rule, "matchCriteria", list);
        }
        json_append(ret, rule);
        return NULL;
}

static char *statement_describe(const cJSON *rule) {
        const cJSON *criteria = json_get(rule, "matchCriteria"), *one = criteria ? criteria->child : NULL;
        const char *type = json_string(one, "matchType"), *attachments = json_string(one, "attachmentType");
        const char *id = json_string(one, "drgAttachmentId"), *action = json_string(rule, "action");

        return xasprintf("%d %s %s%s%s", (int) json_number(rule, "priority", 0), action ? action : "ACCEPT",
                         type ? type : "MATCH_ALL", attachments || id ? " " : "",
                         attachments ? attachments
                         : id        ? id
                                     : "");
}

static const char *const statement_fixed[] = { "action", NULL };

static const SubCollection statements = {
        .list = "drgRouteDistributionStatements",
        .add = "addDrgRouteDistributionStatements",
        .update = "updateDrgRouteDistributionStatements",
        .remove = "removeDrgRouteDistributionStatements",
        .add_member = "statements",
        .remove_member = "statementIds",
        .max_per_call = 100,
        .fixed = statement_fixed,
};

static const char *const statement_key[] = { "priority", NULL };

static const Rules statement_rules = {
        .fields = statement_fields,
        .key = statement_key,
        .key_shown = statement_key,
        .sub = &statements,
        .expand = statement_expand,
        .describe = statement_describe,
};

static const Field distribution_fields[] = {
        { .name = "defaultOf",
          .type = FIELD_ROLE,
          .ref_kind = "DrgRouteTable",
          .doc = "the one that OCI made for this DrgRouteTable" },
        { .name = "distributionType",
          .type = FIELD_ENUM,
          .change = CHANGE_NEVER,
          .flags = FIELD_REQUIRED,
          .words = distribution_types,
          .never_text = "OCI makes the only EXPORT distribution by itself",
          .doc = "IMPORT" },
        { .name = "statements",
          .type = FIELD_RULES,
          .change = CHANGE_ACTION,
          .flags = FIELD_NOT_IN_CREATE,
          .rules = &statement_rules,
          .max = 100,
          .doc = "each known by its priority" },
        {},
};

static void distribution_network(NetNode *n, const cJSON *body) {
        const cJSON *list = json_get(body, "statements"), *statement;
        unsigned i = 0;

        n->type = NET_IMPORTS;
        n->all_said = list;
        net_node_name(n, SLOT_PARENT, json_string(body, "drgId"));
        cJSON_ArrayForEach (statement, list) {
                const cJSON *criteria = json_get(statement, "matchCriteria"),
                            *one = criteria ? criteria->child : NULL;
                NetStatement s = { .priority = (int) json_number(statement, "priority", 0),
                                   .type = xstrdup(json_string(one, "attachmentType")),
                                   .only = xstrdup(json_string(one, "drgAttachmentId")),
                                   .from = { "statements", i++ } };

                array_push(n->statements, n->n_statements, s);
        }
}

static const Role distribution_roles[] = {
        { .key = "defaultOf", .holder_kind = "DrgRouteTable", .pointer = "importDrgRouteDistributionId" },
        {},
};
static const char *const distribution_serialized[] = { "drgId", "id", NULL };

const Kind kind_drg_route_distribution = {
        .name = "DrgRouteDistribution",
        .section = "drgRouteDistributions",
        .parent = "Drg",
        .ocid_type = "drgroutedistribution",
        .path = "/20160918/drgRouteDistributions",
        .parent_field = "drgId",
        .cli = "network drg-route-distribution",
        .cli_id = "--drg-route-distribution-id",
        .doc = "Which routes a DRG's tables import",
        .service = SERVICE_CORE,
        .scope = SCOPE_PARENT,
        .cadence = CADENCE_SLOW,
        .flags = KIND_NO_COMPARTMENT | KIND_DIES_WITH_PARENT | KIND_NEEDS_USER,
        .fields = distribution_fields,
        .life = life_network,
        .roles = distribution_roles,
        .serialized = distribution_serialized,
        .lifecycle_field = "lifecycleState",
        .network = distribution_network,
};
