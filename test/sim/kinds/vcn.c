/* A VCN comes with a route table, a security list and DHCP options, and is busy (UPDATING) while its
 * CIDRs change. */
#include "vcn.h"

#include <errno.h>

#include "base/json.h"
#include "call.h"
#include "kinds.h"
#include "lifecycle.h"
#include "resource.h"
#include "security-rules.h"
#include "store.h"
#include "work-request.h"

#define CIDR_ACTION_SECONDS 10

static const Field create_fields[] = {
        { .name = "compartmentId", .type = FIELD_STRING, .required = true },
        { .name = "cidrBlock", .type = FIELD_STRING, .is_valid = is_vcn_cidr },
        { .name = "cidrBlocks", .type = FIELD_STRINGS, .min = 1, .max = 16, .is_valid = is_vcn_cidr },
        { .name = "dnsLabel", .type = FIELD_STRING, .is_valid = is_dns_label },
        { .name = "isIpv6Enabled", .type = FIELD_BOOL },
        { .name = "isOracleGuaAllocationEnabled", .type = FIELD_BOOL },
        { .name = "ipv6PrivateCidrBlocks", .type = FIELD_STRINGS, .max = 5, .is_valid = is_cidr },
        { .name = "securityAttributes", .type = FIELD_OPEN },
        { .name = "isZprOnly", .type = FIELD_BOOL },
        FIELD_DISPLAY_NAME,
        FIELD_TAG_MAPS,
        {},
};

static const Field update_fields[] = {
        { .name = "securityAttributes", .type = FIELD_OPEN },
        { .name = "isZprOnly", .type = FIELD_BOOL },
        FIELD_DISPLAY_NAME,
        FIELD_TAG_MAPS,
        {},
};

Object *vcn_add_default(Object *vcn, KindId kind, const char *display_name, const char *pointer) {
        _cleanup_free_ char *name = xasprintf("%s %s", display_name, object_text(vcn, "displayName"));
        Object *o = store_add(vcn->region, kind, object_text(vcn, "compartmentId"), name, NULL);

        json_set_string(o->body, "vcnId", vcn->id);
        lifecycle_start(o, 0);
        json_set_string(vcn->body, pointer, o->id);
        return o;
}

static void add_defaults(Object *vcn) {
        Object *o;

        o = vcn_add_default(vcn, KIND_ROUTE_TABLE, "Default Route Table for", "defaultRouteTableId");
        json_set(o->body, "routeRules", json_new_array());
        o = vcn_add_default(vcn, KIND_SECURITY_LIST, "Default Security List for", "defaultSecurityListId");
        security_rules_set_default(o->body, object_text(vcn, "cidrBlock"));
        o = vcn_add_default(vcn, KIND_DHCP_OPTIONS, "Default DHCP Options for", "defaultDhcpOptionsId");
        json_set(o->body, "options",
                 cJSON_Parse("[{\"type\":\"DomainNameServer\",\"serverType\":\"VcnLocalPlusInternet\"}]"));
        json_set_string(o->body, "domainNameType", "CUSTOM_DOMAIN");
}

static int on_create(Call *c, Object *o, const cJSON *in) {
        const char *block = json_string(in, "cidrBlock"), *label = json_string(in, "dnsLabel");
        _cleanup_json_ cJSON *blocks = json_copy(json_get(in, "cidrBlocks"));

        if (block && blocks)
                return call_fail(c, 400, "InvalidParameter",
                                 "cidrBlock and cidrBlocks cannot be given together.");
        if (!block && !blocks)
                return call_fail(c, 400, "MissingParameter", "cidrBlocks may not be null");
        if (!blocks) {
                blocks = json_new_array();
                json_append_string(blocks, block);
        }
        if (cidrs_overlap(blocks))
                return call_fail(c, 400, "InvalidParameter", "The blocks of cidrBlocks overlap.");
        if (resource_check_limit(c, "vcns", c->region->lists[KIND_VCN].n) < 0)
                return -EBADMSG;

        json_set_string(o->body, "cidrBlock", cJSON_GetArrayItem(blocks, 0)->valuestring);
        json_set(o->body, "cidrBlocks", TAKE_PTR(blocks));
        json_set(o->body, "ipv6CidrBlocks", json_new_array());
        json_set(o->body, "byoipv6CidrBlocks", json_new_array());
        json_set_copy(o->body, "ipv6PrivateCidrBlocks", json_get(in, "ipv6PrivateCidrBlocks"));
        if (label) {
                _cleanup_free_ char *domain = xasprintf("%s.oraclevcn.com", label);

                json_set_string(o->body, "dnsLabel", label);
                json_set_string(o->body, "vcnDomainName", domain);
        }
        json_set(o->body, "securityAttributes",
                 json_get(in, "securityAttributes") ? json_copy(json_get(in, "securityAttributes"))
                                                    : json_new_object());
        json_set_bool(o->body, "isZprOnly", json_bool(in, "isZprOnly", false));
        add_defaults(o);
        return 0;
}

static const struct {
        KindId kind;
        const char *pointer; /* of the VCN, to the one of the kind that goes with it */
} child_table[] = {
        { KIND_SUBNET, NULL },
        { KIND_INTERNET_GATEWAY, NULL },
        { KIND_NAT_GATEWAY, NULL },
        { KIND_SERVICE_GATEWAY, NULL },
        { KIND_DRG_ATTACHMENT, NULL },
        { KIND_NETWORK_SECURITY_GROUP, NULL },
        { KIND_CLUSTER, NULL },
        { KIND_ROUTE_TABLE, "defaultRouteTableId" },
        { KIND_SECURITY_LIST, "defaultSecurityListId" },
        { KIND_DHCP_OPTIONS, "defaultDhcpOptionsId" },
};

static int check_delete(Call *c, Object *o) {
        for (size_t i = 0; i < ARRAY_SIZE(child_table); i++) {
                size_t own = child_table[i].pointer ? 1 : 0;

                if (store_count(o->region, child_table[i].kind, "vcnId", o->id) > own)
                        return call_fail_option(
                                c, "deleteVcn",
                                "The VCN %s is associated with another resource that is in use.", o->id);
        }
        return 0;
}

static void on_gone(Object *o) {
        for (size_t i = 0; i < ARRAY_SIZE(child_table); i++) {
                Object *own = child_table[i].pointer
                                      ? store_get(o->region->sim, object_text(o, child_table[i].pointer))
                                      : NULL;

                if (own)
                        lifecycle_end(own);
        }
}

static void set_blocks(Call *c, Object *o, cJSON *blocks) {
        object_touch(o, c->principal);
        json_set_string(o->body, "cidrBlock", cJSON_GetArrayItem(blocks, 0)->valuestring);
        json_set(o->body, "cidrBlocks", blocks);
        lifecycle_update(o, CIDR_ACTION_SECONDS);
}

static bool block_in_use(const Object *o, const char *block) {
        const ObjectList *subnets = &o->region->lists[KIND_SUBNET];

        for (size_t i = 0; i < subnets->n; i++)
                if (object_is_live(subnets->objects[i]) &&
                    streq_ptr(object_text(subnets->objects[i], "vcnId"), o->id) &&
                    cidr_text_contains(block, object_text(subnets->objects[i], "cidrBlock")))
                        return true;
        return false;
}

static int block_index(const cJSON *blocks, const char *block) {
        for (int i = 0; i < cJSON_GetArraySize(blocks); i++)
                if (streq_ptr(cJSON_GetArrayItem(blocks, i)->valuestring, block))
                        return i;
        return -1;
}

static int change_blocks(Call *c, Object *o, const char *operation, const char *away, const char *add) {
        _cleanup_json_ cJSON *blocks = json_copy(json_get(o->body, "cidrBlocks"));
        int i = away ? block_index(blocks, away) : -1;

        if (away && i < 0)
                return call_fail(c, 400, "InvalidParameter", "The VCN has no CIDR block %s.", away);
        if (away && !(add && cidr_text_contains(add, away)) && block_in_use(o, away))
                return call_fail(c, 409, "IncorrectState", "The CIDR block %s is used by a subnet.", away);
        if (away && add)
                cJSON_ReplaceItemInArray(blocks, i, json_new_string(add));
        else if (away)
                cJSON_DeleteItemFromArray(blocks, i);
        else
                json_append_string(blocks, add);
        if (cJSON_GetArraySize(blocks) == 0)
                return call_fail(c, 400, "InvalidParameter",
                                 "The last CIDR block of a VCN cannot be removed.");
        if (cidrs_overlap(blocks))
                return call_fail(c, 400, "InvalidParameter",
                                 "The CIDR block overlaps with one of the VCN's own.");
        set_blocks(c, o, TAKE_PTR(blocks));
        work_request_start(c, operation, o, CIDR_ACTION_SECONDS);
        return call_reply(c, 202, NULL);
}

static int run_add_cidr(Call *c, Object *o, const cJSON *in) {
        return change_blocks(c, o, "ADD_VCN_CIDR", NULL, json_string(in, "cidrBlock"));
}

static int run_remove_cidr(Call *c, Object *o, const cJSON *in) {
        return change_blocks(c, o, "REMOVE_VCN_CIDR", json_string(in, "cidrBlock"), NULL);
}

static int run_modify_cidr(Call *c, Object *o, const cJSON *in) {
        return change_blocks(c, o, "MODIFY_VCN_CIDR", json_string(in, "originalCidrBlock"),
                             json_string(in, "newCidrBlock"));
}

static const Field cidr_fields[] = {
        { .name = "cidrBlock", .type = FIELD_STRING, .required = true, .is_valid = is_vcn_cidr },
        {},
};

static const Field modify_fields[] = {
        { .name = "originalCidrBlock", .type = FIELD_STRING, .required = true },
        { .name = "newCidrBlock", .type = FIELD_STRING, .required = true, .is_valid = is_vcn_cidr },
        {},
};

static const Action actions[] = {
        { .method = "POST",
          .name = "actions/addCidr",
          .body = cidr_fields,
          .run = run_add_cidr,
          .if_match = true,
          .retry_token = true },
        { .method = "POST",
          .name = "actions/removeCidr",
          .body = cidr_fields,
          .run = run_remove_cidr,
          .if_match = true,
          .retry_token = true },
        { .method = "POST",
          .name = "actions/modifyCidr",
          .body = modify_fields,
          .run = run_modify_cidr,
          .if_match = true,
          .retry_token = true },
        {},
};

const Kind vcn_kind = {
        .id = KIND_VCN,
        .name = "Vcn",
        .ocid_type = "vcn",
        .collection = "vcns",
        .essential = { "compartmentId", "cidrBlock", "cidrBlocks", "defaultRouteTableId",
                       "defaultSecurityListId", "defaultDhcpOptionsId", "definedTags" },
        .scope = "compartmentId",
        .filters = { "displayName", "lifecycleState" },
        .sortable = true,
        .create = create_fields,
        .update = update_fields,
        .create_seconds = 2,
        .delete_seconds = 2,
        .can_move = true,
        .move_is_202 = true,
        .on_create = on_create,
        .check_delete = check_delete,
        .on_gone = on_gone,
        .actions = actions,
};
