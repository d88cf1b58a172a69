/* Security lists: rules in the object's own body, given back in another order. */
#include <errno.h>

#include "base/json.h"
#include "call.h"
#include "kinds.h"
#include "security-rules.h"
#include "store.h"

static const Field create_fields[] = {
        { .name = "compartmentId", .type = FIELD_STRING, .required = true },
        { .name = "vcnId", .type = FIELD_STRING, .required = true },
        { .name = "ingressSecurityRules",
          .type = FIELD_OBJECTS,
          .required = true,
          .fields = ingress_rule_fields },
        { .name = "egressSecurityRules",
          .type = FIELD_OBJECTS,
          .required = true,
          .fields = egress_rule_fields },
        FIELD_DISPLAY_NAME,
        FIELD_TAG_MAPS,
        {},
};

static const Field update_fields[] = {
        { .name = "ingressSecurityRules", .type = FIELD_OBJECTS, .fields = ingress_rule_fields },
        { .name = "egressSecurityRules", .type = FIELD_OBJECTS, .fields = egress_rule_fields },
        FIELD_DISPLAY_NAME,
        FIELD_TAG_MAPS,
        {},
};

static int on_create(Call *c, Object *o, const cJSON *in) {
        json_set_copy(o->body, "vcnId", json_get(in, "vcnId"));
        json_set_copy(o->body, "ingressSecurityRules", json_get(in, "ingressSecurityRules"));
        json_set_copy(o->body, "egressSecurityRules", json_get(in, "egressSecurityRules"));
        return security_rules_complete(c, o->body, json_string(in, "vcnId"));
}

static int on_update(Call *c, Object *o, cJSON *in) {
        return security_rules_complete(c, in, object_text(o, "vcnId"));
}

static int check_delete(Call *c, Object *o) {
        const ObjectList *subnets = &o->region->lists[KIND_SUBNET];
        const Object *vcn = store_get(c->sim, object_text(o, "vcnId"));
        const cJSON *id;

        if (vcn && streq_ptr(object_text(vcn, "defaultSecurityListId"), o->id))
                return call_fail_option(c, "deleteSecurityList",
                                        "The default security list of a VCN cannot be deleted.");
        for (size_t i = 0; i < subnets->n; i++) {
                if (!object_is_live(subnets->objects[i]))
                        continue;
                cJSON_ArrayForEach (id, json_get(subnets->objects[i]->body, "securityListIds"))
                        if (streq_ptr(id->valuestring, o->id))
                                return call_fail_option(c, "deleteSecurityList",
                                                        "The security list is used by the subnet %s.",
                                                        subnets->objects[i]->id);
        }
        return 0;
}

const Kind security_list_kind = {
        .id = KIND_SECURITY_LIST,
        .name = "SecurityList",
        .ocid_type = "securitylist",
        .collection = "securityLists",
        .essential = { "compartmentId", "vcnId", "definedTags" },
        .scope = "compartmentId",
        .filters = { "vcnId", "displayName", "lifecycleState" },
        .sortable = true,
        .unordered = { "ingressSecurityRules", "egressSecurityRules" },
        .parents = { "vcnId" },
        .parent_kinds = { KIND_VCN },
        .create = create_fields,
        .update = update_fields,
        .create_seconds = 2,
        .delete_seconds = 2,
        .can_move = true,
        .limit = "securityListsPerVcn",
        .limit_scope = "vcnId",
        .on_create = on_create,
        .on_update = on_update,
        .check_delete = check_delete,
};
