/* A VCN's route table. A rule targets a gateway of the same VCN, or a DRG (not its attachment) that the
 * VCN is attached to. */
#include <errno.h>

#include "base/json.h"
#include "call.h"
#include "kinds.h"
#include "resource.h"
#include "services.h"
#include "store.h"

static const char *const destination_types[] = { "CIDR_BLOCK", "SERVICE_CIDR_BLOCK", NULL };
static const char *const route_types[] = { "STATIC", NULL };

static const Field rule_fields[] = {
        { .name = "networkEntityId", .type = FIELD_STRING, .required = true },
        { .name = "destination", .type = FIELD_STRING },
        { .name = "destinationType", .type = FIELD_STRING, .words = destination_types },
        { .name = "cidrBlock", .type = FIELD_STRING, .min = 9, .max = 18 },
        { .name = "description", .type = FIELD_STRING },
        { .name = "routeType", .type = FIELD_STRING, .words = route_types },
        {},
};

static const Field create_fields[] = {
        { .name = "compartmentId", .type = FIELD_STRING, .required = true },
        { .name = "vcnId", .type = FIELD_STRING, .required = true },
        { .name = "routeRules", .type = FIELD_OBJECTS, .required = true, .fields = rule_fields },
        FIELD_DISPLAY_NAME,
        FIELD_TAG_MAPS,
        {},
};

static const Field update_fields[] = {
        { .name = "routeRules", .type = FIELD_OBJECTS, .fields = rule_fields },
        FIELD_DISPLAY_NAME,
        FIELD_TAG_MAPS,
        {},
};

static bool is_attached(Call *c, const char *drg_id, const char *vcn_id) {
        const Object *attachment = store_find(c->region, KIND_DRG_ATTACHMENT, "vcnId", vcn_id);

        return attachment && streq_ptr(object_text(attachment, "drgId"), drg_id) &&
               !streq(object_state(attachment), "DETACHING");
}

static int check_target(Call *c, const char *id, const char *vcn_id, bool to_service) {
        static const KindId gateways[] = { KIND_INTERNET_GATEWAY, KIND_NAT_GATEWAY, KIND_SERVICE_GATEWAY };
        const Object *o = store_get(c->sim, id);

        if (o && o->kind->id == KIND_DRG_ATTACHMENT)
                return call_fail(c, 400, "InvalidParameter",
                                 "networkEntityId must be the DRG, not its attachment.");
        if (o && o->region == c->region && o->kind->id == KIND_DRG && object_is_live(o)) {
                if (to_service)
                        return call_fail(c, 400, "InvalidParameter",
                                         "A DRG cannot be the target for a service.");
                return is_attached(c, id, vcn_id)
                               ? 0
                               : call_fail(c, 400, "InvalidParameter",
                                           "The DRG %s is not attached to the VCN %s.", id, vcn_id);
        }
        for (size_t i = 0; i < ARRAY_SIZE(gateways); i++) {
                const Object *gateway = store_get_kind(c->region, gateways[i], id);

                if (!gateway || !object_is_live(gateway))
                        continue;
                if (!streq_ptr(object_text(gateway, "vcnId"), vcn_id))
                        return call_fail(c, 400, "InvalidParameter", "The gateway %s is of another VCN.",
                                         id);
                if ((gateways[i] == KIND_SERVICE_GATEWAY) != to_service)
                        return call_fail(c, 400, "InvalidParameter",
                                         "The target %s does not go with the rule's destinationType.", id);
                return 0;
        }
        return call_fail_option(c, "relatedMissing",
                                "Authorization failed or requested resource not found: %s.", id);
}

/* Checks one rule and fills in what GET shows beside it. */
static int complete_rule(Call *c, cJSON *rule, const char *vcn_id) {
        const char *cidr = json_string(rule, "cidrBlock"), *destination = json_string(rule, "destination");
        bool to_service = streq_ptr(json_string(rule, "destinationType"), "SERVICE_CIDR_BLOCK");
        int r;

        if (cidr && destination)
                return call_fail(c, 400, "InvalidParameter",
                                 "cidrBlock and destination cannot be given together.");
        if (!cidr && !destination)
                return call_fail(c, 400, "MissingParameter", "routeRules.destination may not be null");
        if (!destination)
                destination = cidr;
        if (to_service ? !services_has_label(c->region, destination) : !is_cidr(destination))
                return call_fail(c, 400, "InvalidParameter", "'%s' is not a valid destination.",
                                 destination);
        r = check_target(c, json_string(rule, "networkEntityId"), vcn_id, to_service);
        if (r < 0)
                return r;
        if (cidr)
                json_set_string(rule, "destination", cidr);
        else if (!to_service)
                json_set_string(rule, "cidrBlock", destination);
        json_set_string(rule, "destinationType", to_service ? "SERVICE_CIDR_BLOCK" : "CIDR_BLOCK");
        json_set_string(rule, "routeType", "STATIC");
        return 0;
}

static int complete_rules(Call *c, cJSON *rules, const char *vcn_id) {
        cJSON *rule;
        const cJSON *other;
        int r;

        r = resource_check_limit(c, "routeRules", (size_t) cJSON_GetArraySize(rules));
        if (r < 0)
                return r;
        cJSON_ArrayForEach (rule, rules) {
                r = complete_rule(c, rule, vcn_id);
                if (r < 0)
                        return r;
                for (other = rules->child; other != rule; other = other->next)
                        if (streq(json_string(other, "destination"), json_string(rule, "destination")))
                                return call_fail(c, 400, "InvalidParameter", "There are two rules for %s.",
                                                 json_string(rule, "destination"));
        }
        return 0;
}

static int on_create(Call *c, Object *o, const cJSON *in) {
        json_set_copy(o->body, "vcnId", json_get(in, "vcnId"));
        json_set_copy(o->body, "routeRules", json_get(in, "routeRules"));
        return complete_rules(c, json_get(o->body, "routeRules"), json_string(in, "vcnId"));
}

static int on_update(Call *c, Object *o, cJSON *in) {
        return complete_rules(c, json_get(in, "routeRules"), object_text(o, "vcnId"));
}

static int check_delete(Call *c, Object *o) {
        static const KindId users[] = { KIND_SUBNET, KIND_DRG_ATTACHMENT, KIND_INTERNET_GATEWAY,
                                        KIND_NAT_GATEWAY, KIND_SERVICE_GATEWAY };
        const Object *vcn = store_get(c->sim, object_text(o, "vcnId"));

        if (vcn && streq_ptr(object_text(vcn, "defaultRouteTableId"), o->id))
                return call_fail_option(c, "deleteRouteTable",
                                        "The default route table of a VCN cannot be deleted.");
        for (size_t i = 0; i < ARRAY_SIZE(users); i++)
                if (store_find(o->region, users[i], "routeTableId", o->id))
                        return call_fail_option(c, "deleteRouteTable", "The route table is used by a %s.",
                                                kind_get(users[i])->name);
        return 0;
}

const Kind route_table_kind = {
        .id = KIND_ROUTE_TABLE,
        .name = "RouteTable",
        .ocid_type = "routetable",
        .collection = "routeTables",
        .essential = { "compartmentId", "vcnId", "definedTags" },
        .scope = "compartmentId",
        .filters = { "vcnId", "displayName", "lifecycleState" },
        .sortable = true,
        .unordered = { "routeRules" },
        .parents = { "vcnId" },
        .parent_kinds = { KIND_VCN },
        .create = create_fields,
        .update = update_fields,
        .create_seconds = 2,
        .delete_seconds = 2,
        .can_move = true,
        .limit = "routeTablesPerVcn",
        .limit_scope = "vcnId",
        .on_create = on_create,
        .on_update = on_update,
        .check_delete = check_delete,
};
