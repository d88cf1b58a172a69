/* A route distribution: statements by priority, each accepting all attachments, those of a type, or one. */
#include <errno.h>

#include "base/json.h"
#include "call.h"
#include "kinds.h"
#include "list.h"
#include "resource.h"
#include "store.h"

static const char *const import_only[] = { "IMPORT", NULL };
static const char *const accept_only[] = { "ACCEPT", NULL };
static const char *const match_types[] = { "MATCH_ALL", "DRG_ATTACHMENT_TYPE", "DRG_ATTACHMENT_ID", NULL };
static const char *const attachment_types[] = { "VCN", "VIRTUAL_CIRCUIT", "REMOTE_PEERING_CONNECTION",
                                                "IPSEC_TUNNEL", NULL };

static const Field create_fields[] = {
        { .name = "drgId", .type = FIELD_STRING, .required = true },
        { .name = "distributionType", .type = FIELD_STRING, .required = true, .words = import_only },
        FIELD_DISPLAY_NAME,
        FIELD_TAG_MAPS,
        {},
};

static const Field update_fields[] = {
        FIELD_DISPLAY_NAME,
        FIELD_TAG_MAPS,
        {},
};

static const Field criterion_fields[] = {
        { .name = "matchType", .type = FIELD_STRING, .required = true, .words = match_types },
        { .name = "attachmentType", .type = FIELD_STRING, .words = attachment_types },
        { .name = "drgAttachmentId", .type = FIELD_STRING },
        {},
};

static const Field statement_fields[] = {
        { .name = "action", .type = FIELD_STRING, .required = true, .words = accept_only },
        { .name = "priority", .type = FIELD_INT, .required = true, .min = 1, .max = 65535 },
        { .name = "matchCriteria",
          .type = FIELD_OBJECTS,
          .required = true,
          .max = 1,
          .fields = criterion_fields },
        {},
};

static const Field changed_statement_fields[] = {
        { .name = "id", .type = FIELD_STRING, .required = true },
        { .name = "priority", .type = FIELD_INT, .min = 1, .max = 65535 },
        { .name = "matchCriteria", .type = FIELD_OBJECTS, .max = 1, .fields = criterion_fields },
        {},
};

static const Field add_fields[] = {
        { .name = "statements",
          .type = FIELD_OBJECTS,
          .required = true,
          .max = 100,
          .fields = statement_fields },
        {},
};

static const Field change_fields[] = {
        { .name = "statements",
          .type = FIELD_OBJECTS,
          .required = true,
          .max = 100,
          .fields = changed_statement_fields },
        {},
};

static const Field remove_fields[] = {
        { .name = "statementIds", .type = FIELD_STRINGS, .required = true, .min = 1, .max = 100 },
        {},
};

static int on_create(Call *c, Object *o, const cJSON *in) {
        const Object *drg = store_get(c->sim, json_string(in, "drgId"));

        json_set_copy(o->body, "compartmentId", json_get(drg->body, "compartmentId"));
        json_set_string(o->body, "drgId", drg->id);
        json_set_copy(o->body, "distributionType", json_get(in, "distributionType"));
        return 0;
}

static int check_delete(Call *c, Object *o) {
        const Object *drg = store_get(c->sim, object_text(o, "drgId"));

        if (store_find(o->region, KIND_DRG_ROUTE_TABLE, "importDrgRouteDistributionId", o->id) ||
            store_find(o->region, KIND_DRG_ATTACHMENT, "exportDrgRouteDistributionId", o->id) ||
            (drg && streq_ptr(object_text(drg, "defaultExportDrgRouteDistributionId"), o->id)))
                return call_fail_option(c, "deleteDrgRouteDistribution",
                                        "The route distribution is in use.");
        return 0;
}

static cJSON *find_statement(cJSON *items, const char *id) {
        cJSON *statement;

        cJSON_ArrayForEach (statement, items)
                if (streq_ptr(json_string(statement, "id"), id))
                        return statement;
        return NULL;
}

static int check_criterion(Call *c, const Object *o, const cJSON *statement) {
        const cJSON *criterion = cJSON_GetArrayItem(json_get(statement, "matchCriteria"), 0);
        const char *type = json_string(criterion, "matchType"),
                   *id = json_string(criterion, "drgAttachmentId");
        bool by_type = streq_ptr(type, "DRG_ATTACHMENT_TYPE"), by_id = streq_ptr(type, "DRG_ATTACHMENT_ID");
        Object *attachment;
        int r;

        if (!criterion)
                return 0;
        if (by_type != (json_get(criterion, "attachmentType") != NULL) || by_id != (id != NULL))
                return call_fail(c, 400, "InvalidParameter",
                                 "matchCriteria: the fields do not go with matchType %s.", type);
        if (!by_id)
                return 0;
        r = resource_resolve(c, KIND_DRG_ATTACHMENT, id, "relatedMissing", &attachment);
        if (r < 0)
                return r;
        return streq_ptr(object_text(attachment, "drgId"), object_text(o, "drgId"))
                       ? 0
                       : call_fail(c, 400, "InvalidParameter", "The attachment %s is of another DRG.", id);
}

static int check_priorities(Call *c, const cJSON *items) {
        const cJSON *a, *b;

        cJSON_ArrayForEach (a, items)
                for (b = a->next; b; b = b->next)
                        if (json_number(a, "priority", 0) == json_number(b, "priority", 0))
                                return call_fail(c, 400, "InvalidParameter",
                                                 "The priority %.0f is there twice.",
                                                 json_number(a, "priority", 0));
        return 0;
}

static int reply_statements(Call *c, Object *o, cJSON *items) {
        cJSON *copy;

        object_touch(o, c->principal);
        cJSON_Delete(o->items);
        o->items = items;
        copy = json_copy(items); /* all of them: the reply may hold more than what was asked for */
        call_shuffle(c, copy);
        return call_reply(c, 200, copy);
}

static int run_add(Call *c, Object *o, const cJSON *in) {
        _cleanup_json_ cJSON *items = json_copy(o->items);
        const cJSON *wanted;
        int r;

        cJSON_ArrayForEach (wanted, json_get(in, "statements")) {
                _cleanup_free_ char *id = xasprintf("%08x", (unsigned) rng_next(&c->sim->ids));
                cJSON *statement = json_copy(wanted);

                json_set_string(statement, "id", id);
                json_append(items, statement);
                r = check_criterion(c, o, wanted);
                if (r < 0)
                        return r;
        }
        r = check_priorities(c, items);
        return r < 0 ? r : reply_statements(c, o, TAKE_PTR(items));
}

static int run_change(Call *c, Object *o, const cJSON *in) {
        _cleanup_json_ cJSON *items = json_copy(o->items);
        const cJSON *wanted;
        int r;

        cJSON_ArrayForEach (wanted, json_get(in, "statements")) {
                cJSON *statement = find_statement(items, json_string(wanted, "id"));

                if (!statement)
                        return call_not_found(c);
                r = check_criterion(c, o, wanted);
                if (r < 0)
                        return r;
                json_set_copy(statement, "priority", json_get(wanted, "priority"));
                json_set_copy(statement, "matchCriteria", json_get(wanted, "matchCriteria"));
        }
        r = check_priorities(c, items);
        return r < 0 ? r : reply_statements(c, o, TAKE_PTR(items));
}

static int run_remove(Call *c, Object *o, const cJSON *in) {
        const cJSON *id;

        cJSON_ArrayForEach (id, json_get(in, "statementIds"))
                if (!find_statement(o->items, id->valuestring))
                        return call_not_found(c);
        object_touch(o, c->principal);
        cJSON_ArrayForEach (id, json_get(in, "statementIds"))
                cJSON_Delete(
                        cJSON_DetachItemViaPointer(o->items, find_statement(o->items, id->valuestring)));
        return call_reply(c, 200, NULL);
}

static int run_list(Call *c, Object *o, const cJSON *in) {
        return list_reply_items(c, json_copy(call_view_items(c, o)));
}

static const char *const list_query[] = { "sortBy", "sortOrder", NULL };

static const Action actions[] = {
        { .method = "GET",
          .name = "drgRouteDistributionStatements",
          .run = run_list,
          .no_claim = true,
          .query = list_query },
        { .method = "POST",
          .name = "actions/addDrgRouteDistributionStatements",
          .body = add_fields,
          .run = run_add },
        { .method = "POST",
          .name = "actions/updateDrgRouteDistributionStatements",
          .body = change_fields,
          .run = run_change },
        { .method = "POST",
          .name = "actions/removeDrgRouteDistributionStatements",
          .body = remove_fields,
          .run = run_remove },
        {},
};

const Kind drg_route_distribution_kind = {
        .id = KIND_DRG_ROUTE_DISTRIBUTION,
        .name = "DrgRouteDistribution",
        .ocid_type = "drgroutedistribution",
        .collection = "drgRouteDistributions",
        .essential = { "compartmentId", "drgId", "definedTags" },
        .scope = "drgId",
        .filters = { "displayName", "lifecycleState" },
        .sortable = true,
        .has_items = true,
        .items_name = "statements",
        .parents = { "drgId" },
        .parent_kinds = { KIND_DRG },
        .create = create_fields,
        .update = update_fields,
        .create_seconds = 5,
        .delete_seconds = 5,
        .tag_maps_clear_each_other = true,
        .limit = "drgRouteDistributionsPerDrg",
        .limit_scope = "drgId",
        .on_create = on_create,
        .check_delete = check_delete,
        .actions = actions,
};
