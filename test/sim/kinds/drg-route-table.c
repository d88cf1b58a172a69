/* A DRG route table: static rules that are kept, and dynamic ones that follow from its import
 * distribution and the DRG's attachments whenever somebody looks. */
#include <errno.h>

#include "base/json.h"
#include "call.h"
#include "drg-routes.h"
#include "kinds.h"
#include "list.h"
#include "resource.h"
#include "store.h"

static const char *const cidr_only[] = { "CIDR_BLOCK", "SERVICE_CIDR_BLOCK", NULL };

static const Field create_fields[] = {
        { .name = "drgId", .type = FIELD_STRING, .required = true },
        { .name = "importDrgRouteDistributionId", .type = FIELD_STRING },
        { .name = "isEcmpEnabled", .type = FIELD_BOOL },
        FIELD_DISPLAY_NAME,
        FIELD_TAG_MAPS,
        {},
};

static const Field update_fields[] = {
        { .name = "importDrgRouteDistributionId", .type = FIELD_STRING },
        { .name = "isEcmpEnabled", .type = FIELD_BOOL },
        FIELD_DISPLAY_NAME,
        FIELD_TAG_MAPS,
        {},
};

static const Field rule_fields[] = {
        { .name = "destinationType", .type = FIELD_STRING, .required = true, .words = cidr_only },
        { .name = "destination", .type = FIELD_STRING, .required = true, .is_valid = is_cidr },
        { .name = "nextHopDrgAttachmentId", .type = FIELD_STRING, .required = true },
        {},
};

static const Field changed_rule_fields[] = {
        { .name = "id", .type = FIELD_STRING, .required = true },
        { .name = "destinationType", .type = FIELD_STRING, .words = cidr_only },
        { .name = "destination", .type = FIELD_STRING, .is_valid = is_cidr },
        { .name = "nextHopDrgAttachmentId", .type = FIELD_STRING },
        {},
};

static const Field add_fields[] = {
        { .name = "routeRules",
          .type = FIELD_OBJECTS,
          .required = true,
          .min = 1,
          .max = 100,
          .fields = rule_fields },
        {},
};

static const Field change_fields[] = {
        { .name = "routeRules",
          .type = FIELD_OBJECTS,
          .required = true,
          .min = 1,
          .max = 100,
          .fields = changed_rule_fields },
        {},
};

static const Field remove_fields[] = {
        { .name = "routeRuleIds", .type = FIELD_STRINGS, .required = true, .min = 1, .max = 100 },
        {},
};

static int check_import(Call *c, const char *id, const char *drg_id) {
        Object *distribution;
        int r;

        if (!id)
                return 0;
        r = resource_resolve(c, KIND_DRG_ROUTE_DISTRIBUTION, id, "relatedMissing", &distribution);
        if (r < 0)
                return r;
        if (!streq_ptr(object_text(distribution, "drgId"), drg_id) ||
            !streq_ptr(object_text(distribution, "distributionType"), "IMPORT"))
                return call_fail(c, 400, "InvalidParameter",
                                 "%s cannot be the import distribution of this table.", id);
        return 0;
}

static int on_create(Call *c, Object *o, const cJSON *in) {
        const char *drg_id = json_string(in, "drgId"),
                   *import = json_string(in, "importDrgRouteDistributionId");
        const Object *drg = store_get(c->sim, drg_id);

        json_set_copy(o->body, "compartmentId", json_get(drg->body, "compartmentId"));
        json_set_string(o->body, "drgId", drg_id);
        json_set(o->body, "importDrgRouteDistributionId",
                 import ? json_new_string(import) : cJSON_CreateNull());
        json_set_bool(o->body, "isEcmpEnabled", json_bool(in, "isEcmpEnabled", false));
        return check_import(c, import, drg_id);
}

static int on_update(Call *c, Object *o, cJSON *in) {
        return check_import(c, json_string(in, "importDrgRouteDistributionId"), object_text(o, "drgId"));
}

static int check_delete(Call *c, Object *o) {
        const Object *drg = store_get(c->sim, object_text(o, "drgId"));
        const cJSON *id;

        if (store_find(o->region, KIND_DRG_ATTACHMENT, "drgRouteTableId", o->id))
                return call_fail_option(c, "deleteDrgRouteTable",
                                        "The DRG route table is assigned to an attachment.");
        cJSON_ArrayForEach (id, (drg ? json_get(drg->body, "defaultDrgRouteTables") : NULL))
                if (streq_ptr(id->valuestring, o->id))
                        return call_fail_option(c, "deleteDrgRouteTable",
                                                "The DRG route table is a default of its DRG.");
        return 0;
}

static int check_next_hop(Call *c, const Object *o, const char *id) {
        Object *attachment;
        int r;

        if (!id || streq(id, "BLACKHOLE"))
                return 0;
        r = resource_resolve(c, KIND_DRG_ATTACHMENT, id, "relatedMissing", &attachment);
        if (r < 0)
                return r;
        return streq_ptr(object_text(attachment, "drgId"), object_text(o, "drgId"))
                       ? 0
                       : call_fail(c, 400, "InvalidParameter", "The attachment %s is of another DRG.", id);
}

static cJSON *find_rule(cJSON *items, const char *id) {
        cJSON *rule;

        cJSON_ArrayForEach (rule, items)
                if (streq_ptr(json_string(rule, "id"), id))
                        return rule;
        return NULL;
}

static bool has_same_rule(const cJSON *items, const cJSON *wanted) {
        const cJSON *rule;

        cJSON_ArrayForEach (rule, items)
                if (streq_ptr(json_string(rule, "destination"), json_string(wanted, "destination")) &&
                    streq_ptr(json_string(rule, "nextHopDrgAttachmentId"),
                              json_string(wanted, "nextHopDrgAttachmentId")))
                        return true;
        return false;
}

static int run_add(Call *c, Object *o, const cJSON *in) {
        const cJSON *wanted, *rules = json_get(in, "routeRules");
        cJSON *made;
        int r;

        r = resource_check_limit(c, "staticRoutesPerDrgRouteTable",
                                 (size_t) (cJSON_GetArraySize(o->items) + cJSON_GetArraySize(rules)));
        if (r < 0)
                return r;
        cJSON_ArrayForEach (wanted, rules) {
                r = check_next_hop(c, o, json_string(wanted, "nextHopDrgAttachmentId"));
                if (r < 0)
                        return r;
                if (has_same_rule(o->items, wanted))
                        return call_fail(c, 400, "InvalidParameter",
                                         "The table has that static rule for %s already.",
                                         json_string(wanted, "destination"));
        }
        object_touch(o, c->principal);
        made = json_new_array();
        cJSON_ArrayForEach (wanted, rules) {
                _cleanup_free_ char *id = xasprintf("%06X", (unsigned) (rng_next(&c->sim->ids) & 0xffffff));
                cJSON *rule = json_copy(wanted);

                json_set_string(rule, "id", id);
                json_set_string(rule, "routeType", "STATIC");
                json_set_string(rule, "routeProvenance", "STATIC");
                json_set(rule, "attributes", json_new_object());
                json_append(o->items, rule);
                json_append(made, drg_route_show_static(o, rule));
        }
        call_shuffle(c, made);
        return call_reply(c, 200, made);
}

static int run_change(Call *c, Object *o, const cJSON *in) {
        const cJSON *wanted, *v;
        cJSON *made;
        int r;

        cJSON_ArrayForEach (wanted, json_get(in, "routeRules")) {
                if (!find_rule(o->items, json_string(wanted, "id")))
                        return call_not_found(c);
                r = check_next_hop(c, o, json_string(wanted, "nextHopDrgAttachmentId"));
                if (r < 0)
                        return r;
        }
        object_touch(o, c->principal);
        made = json_new_array();
        cJSON_ArrayForEach (wanted, json_get(in, "routeRules")) {
                cJSON *rule = find_rule(o->items, json_string(wanted, "id"));

                cJSON_ArrayForEach (v, wanted)
                        json_set_copy(rule, v->string, v);
                json_append(made, drg_route_show_static(o, rule));
        }
        return call_reply(c, 200, made);
}

static int run_remove(Call *c, Object *o, const cJSON *in) {
        const cJSON *id;

        cJSON_ArrayForEach (id, json_get(in, "routeRuleIds"))
                if (!find_rule(o->items, id->valuestring))
                        return call_not_found(c);
        object_touch(o, c->principal);
        cJSON_ArrayForEach (id, json_get(in, "routeRuleIds"))
                cJSON_Delete(cJSON_DetachItemViaPointer(o->items, find_rule(o->items, id->valuestring)));
        return call_reply(c, 200, NULL);
}

static int run_list(Call *c, Object *o, const cJSON *in) {
        const char *type = call_query(c, "routeType");
        cJSON *a;

        if (type && !streq(type, "STATIC") && !streq(type, "DYNAMIC"))
                return call_fail(c, 400, "InvalidParameter", "routeType '%s' is not valid.", type);
        a = drg_routes_of_table(o, call_view_items(c, o), !type || streq(type, "STATIC"),
                                !type || streq(type, "DYNAMIC"));
        return list_reply_items(c, a);
}

static int run_remove_import(Call *c, Object *o, const cJSON *in) {
        object_touch(o, c->principal);
        json_set(o->body, "importDrgRouteDistributionId", cJSON_CreateNull());
        return call_reply_object(c, 200, o, true);
}

static cJSON *items(const Object *o) {
        return drg_routes_of_table(o, o->items, true, true);
}

static const char *const list_query[] = { "routeType", NULL };

static const Action actions[] = {
        { .method = "GET", .name = "drgRouteRules", .run = run_list, .no_claim = true, .query = list_query },
        { .method = "POST",
          .name = "actions/addDrgRouteRules",
          .body = add_fields,
          .run = run_add,
          .retry_token = true },
        { .method = "POST",
          .name = "actions/updateDrgRouteRules",
          .body = change_fields,
          .run = run_change },
        { .method = "POST",
          .name = "actions/removeDrgRouteRules",
          .body = remove_fields,
          .run = run_remove },
        { .method = "POST",
          .name = "actions/removeImportDrgRouteDistribution",
          .run = run_remove_import,
          .if_match = true },
        {},
};

const Kind drg_route_table_kind = {
        .id = KIND_DRG_ROUTE_TABLE,
        .name = "DrgRouteTable",
        .ocid_type = "drgroutetable",
        .collection = "drgRouteTables",
        .essential = { "compartmentId", "drgId", "definedTags" },
        .scope = "drgId",
        .filters = { "displayName", "importDrgRouteDistributionId", "lifecycleState" },
        .sortable = true,
        .has_items = true,
        .items_name = "rules",
        .parents = { "drgId" },
        .parent_kinds = { KIND_DRG },
        .create = create_fields,
        .update = update_fields,
        .create_seconds = 5,
        .delete_seconds = 5,
        .tag_maps_clear_each_other = true,
        .limit = "drgRouteTablesPerDrg",
        .limit_scope = "drgId",
        .on_create = on_create,
        .on_update = on_update,
        .check_delete = check_delete,
        .items = items,
        .actions = actions,
};
