/* A network security group and its rules, which have ids here. Adding a rule that is there already adds a
 * second one. */
#include <errno.h>

#include "addresses.h"
#include "base/json.h"
#include "call.h"
#include "kinds.h"
#include "list.h"
#include "resource.h"
#include "security-rules.h"
#include "store.h"

static const char *const directions[] = { "INGRESS", "EGRESS", NULL };
static const char *const end_types[] = { "CIDR_BLOCK", "SERVICE_CIDR_BLOCK", "NETWORK_SECURITY_GROUP",
                                         NULL };

static const Field create_fields[] = {
        { .name = "compartmentId", .type = FIELD_STRING, .required = true },
        { .name = "vcnId", .type = FIELD_STRING, .required = true },
        FIELD_DISPLAY_NAME,
        FIELD_TAG_MAPS,
        {},
};

static const Field update_fields[] = {
        FIELD_DISPLAY_NAME,
        FIELD_TAG_MAPS,
        {},
};

#define RULE_FIELDS                                                                               \
        { .name = "direction", .type = FIELD_STRING, .required = true, .words = directions },     \
                { .name = "protocol", .type = FIELD_STRING, .required = true },                   \
                { .name = "source", .type = FIELD_STRING },                                       \
                { .name = "sourceType", .type = FIELD_STRING, .words = end_types },               \
                { .name = "destination", .type = FIELD_STRING },                                  \
                { .name = "destinationType", .type = FIELD_STRING, .words = end_types },          \
                { .name = "isStateless", .type = FIELD_BOOL },                                    \
                { .name = "tcpOptions", .type = FIELD_OBJECT, .fields = port_options_fields },    \
                { .name = "udpOptions", .type = FIELD_OBJECT, .fields = port_options_fields },    \
                { .name = "icmpOptions", .type = FIELD_OBJECT, .fields = icmp_options_fields }, { \
                .name = "description", .type = FIELD_STRING                                       \
        }

static const Field rule_fields[] = { RULE_FIELDS, {} };
static const Field changed_rule_fields[] = { RULE_FIELDS,
                                             { .name = "id", .type = FIELD_STRING, .required = true },
                                             {} };

static const Field add_fields[] = {
        { .name = "securityRules",
          .type = FIELD_OBJECTS,
          .required = true,
          .min = 1,
          .max = 25,
          .fields = rule_fields },
        {},
};

static const Field change_fields[] = {
        { .name = "securityRules",
          .type = FIELD_OBJECTS,
          .required = true,
          .min = 1,
          .max = 25,
          .fields = changed_rule_fields },
        {},
};

static const Field remove_fields[] = {
        { .name = "securityRuleIds", .type = FIELD_STRINGS, .required = true, .min = 1, .max = 25 },
        {},
};

static int on_create(Call *c, Object *o, const cJSON *in) {
        json_set_copy(o->body, "vcnId", json_get(in, "vcnId"));
        return 0;
}

static int check_delete(Call *c, Object *o) {
        if (!addresses_hold_group(o->region, o->id))
                return 0;
        return call_fail_option(c, "deleteNetworkSecurityGroup", "The network security group %s has VNICs.",
                                o->id);
}

/* Rules of others that name a group that is gone stay, and say so. */
static void on_gone(Object *o) {
        const ObjectList *list = &o->region->lists[KIND_NETWORK_SECURITY_GROUP];
        cJSON *rule;

        for (size_t i = 0; i < list->n; i++)
                cJSON_ArrayForEach (rule, list->objects[i]->items)
                        if (streq_ptr(json_string(rule, "source"), o->id) ||
                            streq_ptr(json_string(rule, "destination"), o->id)) {
                                object_touch(list->objects[i], NULL);
                                json_set(rule, "isValid", cJSON_CreateFalse());
                        }
}

static cJSON *find_rule(cJSON *items, const char *id) {
        cJSON *rule;

        cJSON_ArrayForEach (rule, items)
                if (streq_ptr(json_string(rule, "id"), id))
                        return rule;
        return NULL;
}

static int complete_rule(Call *c, const Object *o, cJSON *rule) {
        bool ingress = streq(json_string(rule, "direction"), "INGRESS");
        const char *end = ingress ? "source" : "destination";
        int64_t n;

        if (!json_get(rule, end))
                return call_fail(c, 400, "MissingParameter", "%s may not be null", end);
        if (!json_get(rule, ingress ? "sourceType" : "destinationType"))
                return call_fail(c, 400, "MissingParameter", "%sType may not be null", end);
        if (!streq(json_string(rule, "protocol"), "all") &&
            parse_i64(json_string(rule, "protocol"), 0, 255, &n) < 0)
                return call_fail(c, 400, "InvalidParameter", "protocol '%s' is not valid.",
                                 json_string(rule, "protocol"));
        return security_rule_complete(c, rule, end, object_text(o, "vcnId"));
}

static int reply_rules(Call *c, cJSON *rules) {
        cJSON *body = json_new_object();

        call_shuffle(c, rules);
        json_set(body, "securityRules", rules);
        return call_reply(c, 200, body);
}

static int run_add(Call *c, Object *o, const cJSON *in) {
        _cleanup_json_ cJSON *rules = json_copy(json_get(in, "securityRules"));
        char text[TIME_TEXT_SIZE];
        cJSON *rule;
        int r;

        r = resource_check_limit(c, "networkSecurityGroupRules",
                                 (size_t) (cJSON_GetArraySize(o->items) + cJSON_GetArraySize(rules)));
        if (r < 0)
                return r;
        format_rfc3339_msec(sim_wall_clock(c->sim), text);
        cJSON_ArrayForEach (rule, rules) {
                _cleanup_free_ char *id = xasprintf("%06X", (unsigned) (rng_next(&c->sim->ids) & 0xffffff));

                r = complete_rule(c, o, rule);
                if (r < 0)
                        return r;
                json_set_string(rule, "id", id);
                json_set_string(rule, "timeCreated", text);
                json_set(rule, "isValid", cJSON_CreateTrue());
        }
        object_touch(o, c->principal);
        cJSON_ArrayForEach (rule, rules)
                json_append(o->items, json_copy(rule));
        return reply_rules(c, TAKE_PTR(rules));
}

static int run_change(Call *c, Object *o, const cJSON *in) {
        _cleanup_json_ cJSON *rules = json_copy(json_get(in, "securityRules"));
        cJSON *rule;
        int r;

        cJSON_ArrayForEach (rule, rules) {
                const cJSON *have = find_rule(o->items, json_string(rule, "id"));

                if (!have)
                        return call_not_found(c);
                r = complete_rule(c, o, rule);
                if (r < 0)
                        return r;
                json_set_copy(rule, "timeCreated", json_get(have, "timeCreated"));
                json_set(rule, "isValid", cJSON_CreateTrue());
        }
        object_touch(o, c->principal);
        cJSON_ArrayForEach (rule, rules) {
                cJSON_Delete(
                        cJSON_DetachItemViaPointer(o->items, find_rule(o->items, json_string(rule, "id"))));
                json_append(o->items, json_copy(rule));
        }
        return reply_rules(c, TAKE_PTR(rules));
}

static int run_remove(Call *c, Object *o, const cJSON *in) {
        const cJSON *id;

        cJSON_ArrayForEach (id, json_get(in, "securityRuleIds"))
                if (!find_rule(o->items, id->valuestring))
                        return call_not_found(c);
        object_touch(o, c->principal);
        cJSON_ArrayForEach (id, json_get(in, "securityRuleIds"))
                cJSON_Delete(cJSON_DetachItemViaPointer(o->items, find_rule(o->items, id->valuestring)));
        return call_reply(c, 204, NULL);
}

static int run_list(Call *c, Object *o, const cJSON *in) {
        const char *direction = call_query(c, "direction");
        const cJSON *rule;
        cJSON *a;

        if (direction && !streq(direction, "INGRESS") && !streq(direction, "EGRESS"))
                return call_fail(c, 400, "InvalidParameter", "direction '%s' is not valid.", direction);
        a = json_new_array();
        cJSON_ArrayForEach (rule, call_view_items(c, o))
                if (!direction || streq_ptr(json_string(rule, "direction"), direction))
                        json_append(a, json_copy(rule));
        return list_reply_items(c, a);
}

static int run_vnics(Call *c, Object *o, const cJSON *in) {
        return list_reply_items(c, json_new_array());
}

static const char *const rules_query[] = { "direction", "sortBy", "sortOrder", NULL };
static const char *const vnics_query[] = { "sortBy", "sortOrder", NULL };

static const Action actions[] = {
        { .method = "GET",
          .name = "securityRules",
          .run = run_list,
          .no_claim = true,
          .query = rules_query },
        { .method = "GET", .name = "vnics", .run = run_vnics, .no_claim = true, .query = vnics_query },
        { .method = "POST", .name = "actions/addSecurityRules", .body = add_fields, .run = run_add },
        { .method = "POST",
          .name = "actions/updateSecurityRules",
          .body = change_fields,
          .run = run_change },
        { .method = "POST",
          .name = "actions/removeSecurityRules",
          .body = remove_fields,
          .run = run_remove },
        {},
};

const Kind network_security_group_kind = {
        .id = KIND_NETWORK_SECURITY_GROUP,
        .name = "NetworkSecurityGroup",
        .ocid_type = "networksecuritygroup",
        .collection = "networkSecurityGroups",
        .essential = { "compartmentId", "vcnId", "definedTags" },
        .scope = "compartmentId",
        .filters = { "vcnId", "displayName", "lifecycleState" },
        .sortable = true,
        .has_items = true,
        .items_name = "rules",
        .parents = { "vcnId" },
        .parent_kinds = { KIND_VCN },
        .create = create_fields,
        .update = update_fields,
        .create_seconds = 2,
        .delete_seconds = 2,
        .can_move = true,
        .limit = "networkSecurityGroupsPerVcn",
        .limit_scope = "vcnId",
        .on_create = on_create,
        .check_delete = check_delete,
        .on_gone = on_gone,
        .actions = actions,
};
