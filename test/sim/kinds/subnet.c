/* A subnet: inside its VCN, beside its siblings, pointing at tables and lists of the same VCN. */
#include <errno.h>

#include "addresses.h"
#include "base/cidr.h"
#include "base/json.h"
#include "call.h"
#include "kinds.h"
#include "lifecycle.h"
#include "options.h"
#include "resource.h"
#include "store.h"
#include "work-request.h"

#define CIDR_ACTION_SECONDS 10

static const Field create_fields[] = {
        { .name = "compartmentId", .type = FIELD_STRING, .required = true },
        { .name = "vcnId", .type = FIELD_STRING, .required = true },
        { .name = "cidrBlock", .type = FIELD_STRING, .max = 32, .min = 1, .is_valid = is_cidr_ipv4 },
        { .name = "ipv4CidrBlocks", .type = FIELD_STRINGS, .min = 1, .max = 16, .is_valid = is_cidr_ipv4 },
        { .name = "availabilityDomain", .type = FIELD_STRING },
        { .name = "dnsLabel", .type = FIELD_STRING, .is_valid = is_dns_label },
        { .name = "routeTableId", .type = FIELD_STRING },
        { .name = "securityListIds", .type = FIELD_STRINGS, .max = 5 },
        { .name = "dhcpOptionsId", .type = FIELD_STRING },
        { .name = "prohibitPublicIpOnVnic", .type = FIELD_BOOL },
        { .name = "prohibitInternetIngress", .type = FIELD_BOOL },
        FIELD_DISPLAY_NAME,
        FIELD_TAG_MAPS,
        {},
};

static const Field update_fields[] = {
        { .name = "cidrBlock", .type = FIELD_STRING, .max = 32, .min = 1, .is_valid = is_cidr_ipv4 },
        { .name = "routeTableId", .type = FIELD_STRING },
        { .name = "securityListIds", .type = FIELD_STRINGS, .max = 5 },
        { .name = "dhcpOptionsId", .type = FIELD_STRING },
        FIELD_DISPLAY_NAME,
        FIELD_TAG_MAPS,
        {},
};

/* What a subnet points at lives in its VCN. */
static int check_of_vcn(Call *c, KindId kind, const char *id, const char *vcn_id) {
        Object *o;
        int r;

        r = resource_resolve(c, kind, id, "relatedMissing", &o);
        if (r < 0)
                return r;
        return streq_ptr(object_text(o, "vcnId"), vcn_id)
                       ? 0
                       : call_fail(c, 400, "InvalidParameter", "%s is of another VCN.", id);
}

static int check_pointers(Call *c, const cJSON *in, const char *vcn_id) {
        const char *route_table = json_string(in, "routeTableId"), *dhcp = json_string(in, "dhcpOptionsId");
        const cJSON *id;

        if (route_table && check_of_vcn(c, KIND_ROUTE_TABLE, route_table, vcn_id) < 0)
                return -EBADMSG;
        if (dhcp && check_of_vcn(c, KIND_DHCP_OPTIONS, dhcp, vcn_id) < 0)
                return -EBADMSG;
        cJSON_ArrayForEach (id, json_get(in, "securityListIds"))
                if (check_of_vcn(c, KIND_SECURITY_LIST, id->valuestring, vcn_id) < 0)
                        return -EBADMSG;
        return 0;
}

static int check_block(Call *c, const Object *vcn, const Object *self, const char *block) {
        const ObjectList *list = &c->region->lists[KIND_SUBNET];
        const cJSON *outer, *other;
        bool inside = false;

        cJSON_ArrayForEach (outer, json_get(vcn->body, "cidrBlocks"))
                inside = inside || cidr_text_contains(outer->valuestring, block);
        if (!inside)
                return call_fail(c, 400, "InvalidParameter", "The CIDR block %s is not inside the VCN.",
                                 block);
        for (size_t i = 0; i < list->n; i++) {
                const Object *o = list->objects[i];

                if (o == self || !object_is_live(o) || !streq_ptr(object_text(o, "vcnId"), vcn->id))
                        continue;
                cJSON_ArrayForEach (other, json_get(o->body, "ipv4CidrBlocks"))
                        if (cidr_text_overlaps(other->valuestring, block))
                                return call_fail(c, 400, "InvalidParameter",
                                                 "The CIDR block %s overlaps with the subnet %s.", block,
                                                 o->id);
        }
        return 0;
}

static int check_dns_label(Call *c, const Object *vcn, const char *label) {
        const ObjectList *list = &c->region->lists[KIND_SUBNET];

        if (!label)
                return 0;
        if (!object_text(vcn, "dnsLabel"))
                return call_fail(c, 400, "InvalidParameter",
                                 "A subnet can only have a dnsLabel if its VCN has one.");
        for (size_t i = 0; i < list->n; i++)
                if (object_is_live(list->objects[i]) &&
                    streq_ptr(object_text(list->objects[i], "vcnId"), vcn->id) &&
                    streq_ptr(object_text(list->objects[i], "dnsLabel"), label))
                        return call_fail(c, 400, "InvalidParameter",
                                         "The dnsLabel %s is used in the VCN already.", label);
        return 0;
}

/* The first usable address of the block routes. */
static void set_router(Object *o, const char *block) {
        char text[CIDR_TEXT_SIZE];
        Cidr cidr;

        if (cidr_parse(block, &cidr) < 0)
                return;
        cidr.address[3] |= 1;
        cidr_format(&cidr, text);
        text[strcspn(text, "/")] = '\0';
        json_set_string(o->body, "virtualRouterIp", text);
        json_set_string(o->body, "virtualRouterMac", "00:00:17:5E:5A:01");
}

static void set_prohibitions(Object *o, const cJSON *in) {
        bool on = json_bool(in, "prohibitPublicIpOnVnic", false) ||
                  json_bool(in, "prohibitInternetIngress", false);

        json_set_bool(o->body, "prohibitPublicIpOnVnic", on); /* each mirrors the other */
        json_set_bool(o->body, "prohibitInternetIngress", on);
}

static void set_pointers(Object *o, const cJSON *in, const Object *vcn) {
        const char *route_table = json_string(in, "routeTableId"), *dhcp = json_string(in, "dhcpOptionsId");
        cJSON *lists = json_copy(json_get(in, "securityListIds"));

        if (!lists) {
                lists = json_new_array();
                json_append_string(lists, object_text(vcn, "defaultSecurityListId"));
        }
        json_set(o->body, "securityListIds", lists);
        json_set_string(o->body, "routeTableId",
                        route_table ? route_table : object_text(vcn, "defaultRouteTableId"));
        json_set_string(o->body, "dhcpOptionsId", dhcp ? dhcp : object_text(vcn, "defaultDhcpOptionsId"));
}

static int on_create(Call *c, Object *o, const cJSON *in) {
        const Object *vcn = store_get(c->sim, json_string(in, "vcnId"));
        const char *block = json_string(in, "cidrBlock"), *label = json_string(in, "dnsLabel");
        _cleanup_json_ cJSON *blocks = json_copy(json_get(in, "ipv4CidrBlocks"));
        const cJSON *v;

        if (block && blocks)
                return call_fail(c, 400, "InvalidParameter",
                                 "cidrBlock and ipv4CidrBlocks cannot be given together.");
        if (!block && !blocks)
                return call_fail(c, 400, "MissingParameter", "cidrBlock may not be null");
        if (!blocks) {
                blocks = json_new_array();
                json_append_string(blocks, block);
        }
        if (json_get(in, "prohibitPublicIpOnVnic") && json_get(in, "prohibitInternetIngress"))
                return call_fail(
                        c, 400, "InvalidParameter",
                        "Only one of prohibitPublicIpOnVnic and prohibitInternetIngress can be given.");
        if (cidrs_overlap(blocks))
                return call_fail(c, 400, "InvalidParameter", "The blocks of ipv4CidrBlocks overlap.");
        cJSON_ArrayForEach (v, blocks)
                if (check_block(c, vcn, o, v->valuestring) < 0)
                        return -EBADMSG;
        if (check_dns_label(c, vcn, label) < 0 || check_pointers(c, in, vcn->id) < 0)
                return -EBADMSG;

        json_set_string(o->body, "vcnId", vcn->id);
        json_set_string(o->body, "cidrBlock", cJSON_GetArrayItem(blocks, 0)->valuestring);
        json_set(o->body, "ipv4CidrBlocks", TAKE_PTR(blocks));
        json_set(o->body, "availabilityDomain",
                 json_get(in, "availabilityDomain") ? json_copy(json_get(in, "availabilityDomain"))
                                                    : cJSON_CreateNull());
        json_set_string(o->body, "dnsLabel", label);
        if (label) {
                _cleanup_free_ char *domain = xasprintf("%s.%s", label, object_text(vcn, "vcnDomainName"));

                json_set_string(o->body, "subnetDomainName", domain);
        }
        set_pointers(o, in, vcn);
        set_prohibitions(o, in);
        set_router(o, object_text(o, "cidrBlock"));
        return 0;
}

static int on_update(Call *c, Object *o, cJSON *in) {
        const Object *vcn = store_get(c->sim, object_text(o, "vcnId"));
        const char *block = json_string(in, "cidrBlock");
        cJSON *blocks = json_get(o->body, "ipv4CidrBlocks");
        Cidr have, want;
        int r;

        r = check_pointers(c, in, vcn->id);
        if (r < 0)
                return r;
        if (!block || streq_ptr(block, object_text(o, "cidrBlock")))
                return 0;
        r = check_block(c, vcn, o, block);
        if (r < 0)
                return r;
        if (cidr_parse(object_text(o, "cidrBlock"), &have) < 0 || cidr_parse(block, &want) < 0 ||
            memcmp(have.address, want.address, 4) != 0)
                return call_fail(c, 400, "InvalidParameter",
                                 "The new CIDR block must have the same network address.");
        object_touch(o, c->principal);
        cJSON_ReplaceItemInArray(blocks, 0, json_new_string(block));
        lifecycle_update(o, CIDR_ACTION_SECONDS);
        return 0;
}

static bool has_no_vnic(const Object *o) {
        const cJSON *id;

        if (addresses_hold_subnet(o->region, o->id))
                return false;
        cJSON_ArrayForEach (id, option_value(o->region->sim, "subnetsInUse"))
                if (streq_ptr(id->valuestring, o->id))
                        return false;
        return true;
}

/* Both were seen: a 409 at once; and a 204, after which the subnet falls back to AVAILABLE. */
static int check_delete(Call *c, Object *o) {
        if (has_no_vnic(o) || option_bool(c->sim, "subnetDeleteFallsBack"))
                return 0;
        return call_fail_option(c, "deleteSubnet",
                                "The subnet %s references the VNIC ocid1.vnic.oc1.%s.aaaa.", o->id,
                                o->region->name);
}

static int block_index(const cJSON *blocks, const char *block) {
        for (int i = 0; i < cJSON_GetArraySize(blocks); i++)
                if (streq_ptr(cJSON_GetArrayItem(blocks, i)->valuestring, block))
                        return i;
        return -1;
}

static int change_blocks(Call *c, Object *o, const char *operation, const char *away, const char *add) {
        const Object *vcn = store_get(c->sim, object_text(o, "vcnId"));
        _cleanup_json_ cJSON *blocks = json_copy(json_get(o->body, "ipv4CidrBlocks"));
        int i = away ? block_index(blocks, away) : -1;

        if (away && i < 0)
                return call_fail(c, 400, "InvalidParameter", "The subnet has no CIDR block %s.", away);
        if (add && check_block(c, vcn, o, add) < 0)
                return -EBADMSG;
        if (away && add)
                cJSON_ReplaceItemInArray(blocks, i, json_new_string(add));
        else if (away)
                cJSON_DeleteItemFromArray(blocks, i);
        else
                json_append_string(blocks, add);
        if (cJSON_GetArraySize(blocks) == 0 || cidrs_overlap(blocks))
                return call_fail(c, 400, "InvalidParameter",
                                 "A subnet needs CIDR blocks that do not overlap.");
        object_touch(o, c->principal);
        json_set_string(o->body, "cidrBlock", cJSON_GetArrayItem(blocks, 0)->valuestring);
        json_set(o->body, "ipv4CidrBlocks", TAKE_PTR(blocks));
        lifecycle_update(o, CIDR_ACTION_SECONDS);
        work_request_start(c, operation, o, CIDR_ACTION_SECONDS);
        return call_reply(c, 202, NULL);
}

static int run_add_cidr(Call *c, Object *o, const cJSON *in) {
        return change_blocks(c, o, "ADD_SUBNET_CIDR", NULL, json_string(in, "ipv4CidrBlock"));
}

static int run_remove_cidr(Call *c, Object *o, const cJSON *in) {
        return change_blocks(c, o, "REMOVE_SUBNET_CIDR", json_string(in, "ipv4CidrBlock"), NULL);
}

static int run_modify_cidr(Call *c, Object *o, const cJSON *in) {
        return change_blocks(c, o, "MODIFY_SUBNET_CIDR", json_string(in, "originalCidrBlock"),
                             json_string(in, "newCidrBlock"));
}

static const Field cidr_fields[] = {
        { .name = "ipv4CidrBlock", .type = FIELD_STRING, .required = true, .is_valid = is_cidr_ipv4 },
        {},
};

static const Field modify_fields[] = {
        { .name = "originalCidrBlock", .type = FIELD_STRING, .required = true },
        { .name = "newCidrBlock", .type = FIELD_STRING, .required = true, .is_valid = is_cidr_ipv4 },
        {},
};

static const Action actions[] = {
        { .method = "POST",
          .name = "actions/addIpv4Cidr",
          .body = cidr_fields,
          .run = run_add_cidr,
          .if_match = true,
          .retry_token = true },
        { .method = "POST",
          .name = "actions/removeIpv4Cidr",
          .body = cidr_fields,
          .run = run_remove_cidr,
          .if_match = true,
          .retry_token = true },
        { .method = "POST",
          .name = "actions/modifyIpv4Cidr",
          .body = modify_fields,
          .run = run_modify_cidr,
          .if_match = true,
          .retry_token = true },
        {},
};

const Kind subnet_kind = {
        .id = KIND_SUBNET,
        .name = "Subnet",
        .ocid_type = "subnet",
        .collection = "subnets",
        .essential = { "compartmentId", "vcnId", "cidrBlock", "ipv4CidrBlocks", "definedTags" },
        .scope = "compartmentId",
        .filters = { "vcnId", "displayName", "lifecycleState" },
        .sortable = true,
        .unordered = { "securityListIds" },
        .parents = { "vcnId" },
        .parent_kinds = { KIND_VCN },
        .create = create_fields,
        .update = update_fields,
        .create_seconds = 5,
        .delete_seconds = 5,
        .can_move = true,
        .move_is_202 = true,
        .limit = "subnetsPerVcn",
        .limit_scope = "vcnId",
        .on_create = on_create,
        .on_update = on_update,
        .check_delete = check_delete,
        .can_go = has_no_vnic,
        .actions = actions,
};
