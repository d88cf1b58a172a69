/* A DRG attachment joins a DRG to a VCN, or stands for an RPC, which makes and removes its own.
 * Overlapping CIDRs behind one DRG are accepted, as the service does. Its states have words of their own. */
#include <errno.h>

#include "base/json.h"
#include "call.h"
#include "drg.h"
#include "kinds.h"
#include "options.h"
#include "resource.h"
#include "store.h"

static const char *const vcn_type[] = { "VCN", NULL };
static const char *const route_types[] = { "VCN_CIDRS", "SUBNET_CIDRS", NULL };

static const Field create_details[] = {
        { .name = "type", .type = FIELD_STRING, .required = true, .words = vcn_type },
        { .name = "id", .type = FIELD_STRING, .required = true },
        { .name = "routeTableId", .type = FIELD_STRING },
        { .name = "vcnRouteType", .type = FIELD_STRING, .words = route_types },
        {},
};

static const Field update_details[] = {
        { .name = "type", .type = FIELD_STRING, .required = true, .words = vcn_type },
        { .name = "id", .type = FIELD_STRING },
        { .name = "routeTableId", .type = FIELD_STRING },
        { .name = "vcnRouteType", .type = FIELD_STRING, .words = route_types },
        {},
};

static const Field create_fields[] = {
        { .name = "drgId", .type = FIELD_STRING, .required = true },
        { .name = "vcnId", .type = FIELD_STRING },
        { .name = "routeTableId", .type = FIELD_STRING },
        { .name = "networkDetails", .type = FIELD_OBJECT, .fields = create_details },
        { .name = "drgRouteTableId", .type = FIELD_STRING },
        FIELD_DISPLAY_NAME,
        FIELD_TAG_MAPS,
        {},
};

static const Field update_fields[] = {
        { .name = "routeTableId", .type = FIELD_STRING },
        { .name = "networkDetails", .type = FIELD_OBJECT, .fields = update_details },
        { .name = "drgRouteTableId", .type = FIELD_STRING },
        { .name = "exportDrgRouteDistributionId", .type = FIELD_STRING },
        FIELD_DISPLAY_NAME,
        FIELD_TAG_MAPS,
        {},
};

/* The deprecated top-level fields and networkDetails say the same; both come back in every reply. */
static void set_vcn_route_table(Object *o, const char *id) {
        cJSON *details = json_get(o->body, "networkDetails");

        json_set(details, "routeTableId", id ? json_new_string(id) : cJSON_CreateNull());
        json_set(o->body, "routeTableId", id ? json_new_string(id) : cJSON_CreateNull());
}

static int check_drg_route_table(Call *c, const char *id, const char *drg_id) {
        Object *table;
        int r;

        if (!id)
                return 0;
        r = resource_resolve(c, KIND_DRG_ROUTE_TABLE, id, "relatedMissing", &table);
        if (r < 0)
                return r;
        return streq_ptr(object_text(table, "drgId"), drg_id)
                       ? 0
                       : call_fail(c, 400, "InvalidParameter", "The DRG route table %s is of another DRG.",
                                   id);
}

static int check_vcn_route_table(Call *c, const char *id, const char *vcn_id) {
        Object *table;
        int r;

        if (!id)
                return 0;
        r = resource_resolve(c, KIND_ROUTE_TABLE, id, "relatedMissing", &table);
        if (r < 0)
                return r;
        return streq_ptr(object_text(table, "vcnId"), vcn_id)
                       ? 0
                       : call_fail(c, 400, "InvalidParameter", "The route table %s is of another VCN.", id);
}

static int on_create(Call *c, Object *o, const cJSON *in) {
        const cJSON *details = json_get(in, "networkDetails");
        const char *vcn_id = json_string(in, "vcnId"), *id = json_string(details, "id"),
                   *drg_id = json_string(in, "drgId");
        const char *route_table = json_string(details, "routeTableId"),
                   *route_type = json_string(details, "vcnRouteType");
        const char *drg_table = json_string(in, "drgRouteTableId");
        const Object *drg = store_get(c->sim, drg_id);
        cJSON *out;

        if (vcn_id && id)
                return call_fail(c, 400, "InvalidParameter",
                                 "vcnId and networkDetails cannot be given together.");
        if (!vcn_id && !id)
                return call_fail(c, 400, "MissingParameter", "networkDetails may not be null");
        if (!vcn_id)
                vcn_id = id;
        if (!route_table)
                route_table = json_string(in, "routeTableId");
        if (store_find(c->region, KIND_DRG_ATTACHMENT, "vcnId", vcn_id))
                return call_fail(c, 409, "Conflict", "The VCN %s is attached to a DRG already.", vcn_id);
        if (check_drg_route_table(c, drg_table, drg_id) < 0 ||
            check_vcn_route_table(c, route_table, vcn_id) < 0)
                return -EBADMSG;

        json_set_copy(o->body, "compartmentId", json_get(drg->body, "compartmentId"));
        json_set_string(o->body, "drgId", drg_id);
        json_set_string(o->body, "vcnId", vcn_id);
        out = json_new_object();
        json_set(o->body, "networkDetails", out);
        json_set_string(out, "type", "VCN");
        json_set_string(out, "id", vcn_id);
        json_set_string(out, "vcnRouteType",
                        route_type ? route_type : option_string(c->sim, "vcnRouteType"));
        set_vcn_route_table(o, route_table);
        json_set_string(o->body, "drgRouteTableId", drg_table ? drg_table : drg_default_table(drg, "VCN"));
        json_set(o->body, "exportDrgRouteDistributionId", cJSON_CreateNull());
        json_set(o->body, "isCrossTenancy", cJSON_CreateFalse());
        return 0;
}

static int update_details_of_vcn(Call *c, Object *o, const cJSON *in) {
        const cJSON *details = json_get(in, "networkDetails");
        const char *id = json_string(details, "id"), *route_table = json_string(details, "routeTableId");
        bool is_vcn = streq_ptr(object_text(o, "networkDetails.type"), "VCN");

        if (!route_table)
                route_table = json_string(in, "routeTableId");
        if ((details || route_table) && !is_vcn)
                return call_fail(c, 400, "InvalidParameter",
                                 "networkDetails can only be updated for a VCN attachment.");
        if (id && !streq_ptr(id, object_text(o, "networkDetails.id")))
                return call_fail(c, 400, "InvalidParameter", "networkDetails.id cannot be changed.");
        if (check_vcn_route_table(c, route_table, object_text(o, "vcnId")) < 0)
                return -EBADMSG;
        object_touch(o, c->principal);
        if (route_table)
                set_vcn_route_table(o, route_table);
        json_set_copy(json_get(o->body, "networkDetails"), "vcnRouteType",
                      json_get(details, "vcnRouteType"));
        return 0;
}

static int on_update(Call *c, Object *o, cJSON *in) {
        const char *export = json_string(in, "exportDrgRouteDistributionId");
        Object *distribution;
        int r;

        r = check_drg_route_table(c, json_string(in, "drgRouteTableId"), object_text(o, "drgId"));
        if (r < 0)
                return r;
        if (export) {
                r = resource_resolve(c, KIND_DRG_ROUTE_DISTRIBUTION, export, "relatedMissing",
                                     &distribution);
                if (r < 0)
                        return r;
                if (!streq_ptr(object_text(distribution, "distributionType"), "EXPORT") ||
                    !streq_ptr(object_text(distribution, "drgId"), object_text(o, "drgId")) ||
                    streq_ptr(object_text(o, "networkDetails.type"), "VCN"))
                        return call_fail(c, 400, "InvalidParameter",
                                         "%s cannot be the export distribution of this attachment.", export);
        }
        r = update_details_of_vcn(c, o, in);
        if (r < 0)
                return r;
        json_remove(in, "networkDetails");
        json_remove(in, "routeTableId");
        return 0;
}

static int check_delete(Call *c, Object *o) {
        if (streq_ptr(object_text(o, "networkDetails.type"), "VCN"))
                return 0;
        return call_fail(c, 400, "InvalidParameter",
                         "Only a VCN attachment can be deleted; this one goes with its connection.");
}

/* attachmentType left out means VCN: the others are only shown on request. */
static bool matches(const Call *c, const cJSON *body) {
        const char *type = call_query(c, "attachmentType");

        return streq_ptr(type, "ALL") ||
               streq_ptr(json_path_string(body, "networkDetails.type"), type ? type : "VCN");
}

static int run_remove_export(Call *c, Object *o, const cJSON *in) {
        object_touch(o, c->principal);
        json_set(o->body, "exportDrgRouteDistributionId", cJSON_CreateNull());
        return call_reply_object(c, 200, o, true);
}

static const Action actions[] = {
        { .method = "POST",
          .name = "actions/removeExportDrgRouteDistribution",
          .run = run_remove_export,
          .if_match = true },
        {},
};

const Kind drg_attachment_kind = {
        .id = KIND_DRG_ATTACHMENT,
        .name = "DrgAttachment",
        .ocid_type = "drgattachment",
        .collection = "drgAttachments",
        .essential = { "compartmentId", "drgId", "networkDetails", "definedTags" },
        .scope = "compartmentId",
        .own_filters = { "attachmentType" },
        .filters = { "drgId", "vcnId", "networkId", "attachmentType", "drgRouteTableId", "displayName",
                     "lifecycleState" },
        .sortable = true,
        .parents = { "drgId", "vcnId", "networkDetails.id" },
        .parent_kinds = { KIND_DRG, KIND_VCN, KIND_VCN },
        .create = create_fields,
        .update = update_fields,
        .create_seconds = 25,
        .delete_seconds = 20,
        .coming = "ATTACHING",
        .ready = "ATTACHED",
        .going = "DETACHING",
        .gone = "DETACHED",
        .tag_maps_clear_each_other = true,
        .limit = "drgAttachmentsPerDrg",
        .limit_scope = "drgId",
        .on_create = on_create,
        .on_update = on_update,
        .check_delete = check_delete,
        .matches = matches,
        .actions = actions,
};
