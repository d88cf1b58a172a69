/* Dynamic routes. A table imports, by the statements of its import distribution,
 *
 *   from a VCN attachment   the VCN's CIDRs, or its subnets', as vcnRouteType says
 *   from an RPC attachment  what the peer exports: the routes of the table that is assigned to the
 *                           attachment on the other side, as its export distribution lets through
 *
 * A peer's routes may themselves come from an RPC, so this is recursive; the depth is bounded, which also
 * ends loops. */
#include "drg-routes.h"

#include "base/encode.h"
#include "base/json.h"
#include "kinds.h"
#include "store.h"

#define DEPTH_MAX 4

cJSON *drg_route_show_static(const Object *table, const cJSON *rule) {
        const char *hop = json_string(rule, "nextHopDrgAttachmentId");
        const Object *attachment = store_get_kind(table->region, KIND_DRG_ATTACHMENT, hop);
        bool there = attachment && object_is_live(attachment);
        cJSON *copy = json_copy(rule);

        json_set(copy, "isConflict", cJSON_CreateFalse());
        json_set_bool(copy, "isBlackhole", !there);
        return copy;
}

static void add_route(cJSON *a, const Object *table, const Object *attachment, const char *destination) {
        _cleanup_free_ char *text = xasprintf("%s %s %s", table->id, attachment->id, destination),
                            *digest = sha256_hex(text, strlen(text));
        cJSON *o, *other;
        bool conflict = false;

        digest[8] = '\0';
        cJSON_ArrayForEach (other, a) {
                if (!streq_ptr(json_string(other, "destination"), destination))
                        continue;
                if (streq_ptr(json_string(other, "nextHopDrgAttachmentId"), attachment->id))
                        return;
                conflict = true; /* the first one wins */
        }
        o = json_new_object();
        json_set_string(o, "id", digest);
        json_set_string(o, "destination", destination);
        json_set_string(o, "destinationType", "CIDR_BLOCK");
        json_set_string(o, "nextHopDrgAttachmentId", attachment->id);
        json_set_string(o, "routeType", "DYNAMIC");
        json_set_string(o, "routeProvenance", "VCN"); /* a remote VCN's route keeps its origin */
        json_set_bool(o, "isConflict", conflict);
        json_set(o, "isBlackhole", cJSON_CreateFalse());
        json_set(o, "attributes", json_new_object());
        json_append(a, o);
}

static void import_vcn(cJSON *a, const Object *table, const Object *attachment) {
        Region *region = table->region;
        const Object *vcn = store_get(region->sim, object_text(attachment, "vcnId"));
        const ObjectList *subnets = &region->lists[KIND_SUBNET];
        const cJSON *block;

        if (!vcn)
                return;
        if (streq_ptr(object_text(attachment, "networkDetails.vcnRouteType"), "VCN_CIDRS")) {
                cJSON_ArrayForEach (block, json_get(vcn->body, "cidrBlocks"))
                        add_route(a, table, attachment, block->valuestring);
                return;
        }
        for (size_t i = 0; i < subnets->n; i++)
                if (object_is_live(subnets->objects[i]) &&
                    streq_ptr(object_text(subnets->objects[i], "vcnId"), vcn->id))
                        add_route(a, table, attachment, object_text(subnets->objects[i], "cidrBlock"));
}

static bool criterion_matches(const cJSON *criterion, const Object *attachment) {
        const char *type = json_string(criterion, "matchType");

        if (!criterion || streq_ptr(type, "MATCH_ALL"))
                return true;
        if (streq_ptr(type, "DRG_ATTACHMENT_TYPE"))
                return streq_ptr(json_string(criterion, "attachmentType"),
                                 object_text(attachment, "networkDetails.type"));
        return streq_ptr(json_string(criterion, "drgAttachmentId"), attachment->id);
}

static bool distribution_accepts(const Object *distribution, const Object *attachment) {
        const cJSON *statement;

        cJSON_ArrayForEach (statement, (distribution ? distribution->items : NULL))
                if (criterion_matches(cJSON_GetArrayItem(json_get(statement, "matchCriteria"), 0),
                                      attachment))
                        return true;
        return false;
}

static void dynamic_routes(cJSON *a, const Object *table, unsigned depth);

static void import_rpc(cJSON *a, const Object *table, const Object *attachment, unsigned depth) {
        Sim *sim = table->region->sim;
        const Object *rpc = store_get(sim, object_text(attachment, "networkDetails.id"));
        const Object *peer = rpc && streq_ptr(object_text(rpc, "peeringStatus"), "PEERED")
                                     ? store_get(sim, object_text(rpc, "peerId"))
                                     : NULL;
        const Object *far =
                peer ? store_find(peer->region, KIND_DRG_ATTACHMENT, "networkDetails.id", peer->id) : NULL;
        const Object *far_table = far ? store_get(sim, object_text(far, "drgRouteTableId")) : NULL;
        const Object *export = far ? store_get(sim, object_text(far, "exportDrgRouteDistributionId")) : NULL;
        _cleanup_json_ cJSON *routes = json_new_array();
        const cJSON *route;

        if (!far_table || !export || depth >= DEPTH_MAX)
                return;
        dynamic_routes(routes, far_table, depth + 1);
        cJSON_ArrayForEach (route, far_table->items)
                json_append(routes, json_copy(route));
        cJSON_ArrayForEach (route, routes) {
                const Object *origin = store_get(sim, json_string(route, "nextHopDrgAttachmentId"));

                if (origin && origin != far && object_is_live(origin) &&
                    distribution_accepts(export, origin))
                        add_route(a, table, attachment, json_string(route, "destination"));
        }
}

static void dynamic_routes(cJSON *a, const Object *table, unsigned depth) {
        const Object *import = store_get(table->region->sim,
                                         object_text(table, "importDrgRouteDistributionId"));
        const ObjectList *list = &table->region->lists[KIND_DRG_ATTACHMENT];

        for (size_t i = 0; i < list->n; i++) {
                const Object *attachment = list->objects[i];

                if (!streq(object_state(attachment), "ATTACHED") ||
                    !streq_ptr(object_text(attachment, "drgId"), object_text(table, "drgId")) ||
                    !distribution_accepts(import, attachment))
                        continue;
                if (streq_ptr(object_text(attachment, "networkDetails.type"), "VCN"))
                        import_vcn(a, table, attachment);
                else
                        import_rpc(a, table, attachment, depth);
        }
}

cJSON *drg_routes_of_table(const Object *table, const cJSON *rules, bool want_static, bool want_dynamic) {
        cJSON *a = json_new_array();
        const cJSON *rule;

        if (want_dynamic)
                dynamic_routes(a, table, 0);
        cJSON_ArrayForEach (rule, (want_static ? rules : NULL))
                json_append(a, drg_route_show_static(table, rule));
        return a;
}
