/* Core work requests: what the VCN's and subnet's CIDR actions answer with. */
#include "work-request.h"

#include "base/json.h"
#include "call.h"
#include "kinds.h"
#include "lifecycle.h"
#include "list.h"
#include "store.h"

static void set_time(Object *o, const char *name) {
        char text[TIME_TEXT_SIZE];

        json_set_string(o->body, name, format_rfc3339_msec(sim_wall_clock(o->region->sim), text));
}

static void on_forgotten(void *sim, char *id) {
        Object *o = store_get(sim, id);

        if (o)
                store_remove(o);
}

static void on_finished(void *sim, char *id) {
        Object *o = store_get(sim, id);

        if (!o)
                return;
        object_touch(o, NULL);
        json_set_string(o->body, "status", "SUCCEEDED");
        json_set_number(o->body, "percentComplete", 100);
        set_time(o, "timeFinished");
        lifecycle_later(sim, 86400, on_forgotten, id);
}

static void on_started(void *sim, char *id) {
        Object *o = store_get(sim, id);

        if (!o)
                return;
        object_touch(o, NULL);
        json_set_string(o->body, "status", "IN_PROGRESS");
        json_set_number(o->body, "percentComplete", 50);
        set_time(o, "timeStarted");
}

void work_request_start(Call *c, const char *operation, const Object *about, double seconds) {
        Object *o = store_add(c->region, KIND_WORK_REQUEST, object_text(about, "compartmentId"), "",
                              c->principal);
        cJSON *resource = json_new_object(), *resources = json_new_array();
        _cleanup_free_ char *uri = xasprintf("/20160918/%s/%s", about->kind->collection, about->id);

        json_remove(o->body, "displayName");
        json_remove(o->body, "freeformTags");
        json_remove(o->body, "definedTags");
        json_remove(o->body, "timeCreated");
        json_set_string(o->body, "operationType", operation);
        json_set_string(o->body, "status", "ACCEPTED");
        json_set_number(o->body, "percentComplete", 0);
        set_time(o, "timeAccepted");
        json_set_string(resource, "actionType", "UPDATED");
        json_set_string(resource, "entityType", about->kind->name);
        json_set_string(resource, "identifier", about->id);
        json_set_string(resource, "entityUri", uri);
        json_append(resources, resource);
        json_set(o->body, "resources", resources);
        lifecycle_later(c->sim, seconds / 10, on_started, o->id);
        lifecycle_later(c->sim, seconds, on_finished, o->id);
        call_add_reply_header(c, "opc-work-request-id", o->id);
}

static bool matches(const Call *c, const cJSON *body) {
        const char *resource = call_query(c, "resourceId");
        const cJSON *item;

        if (!resource)
                return true;
        cJSON_ArrayForEach (item, json_get(body, "resources"))
                if (streq_ptr(json_string(item, "identifier"), resource))
                        return true;
        return false;
}

/* Nothing ever fails here, and there is nothing to tell. */
static int run_empty(Call *c, Object *o, const cJSON *in) {
        return list_reply_items(c, json_new_array());
}

static const char *const sort_query[] = { "sortOrder", NULL };

static const Action actions[] = {
        { .method = "GET", .name = "errors", .run = run_empty, .no_claim = true, .query = sort_query },
        { .method = "GET", .name = "logs", .run = run_empty, .no_claim = true, .query = sort_query },
        {},
};

const Kind work_request_kind = {
        .id = KIND_WORK_REQUEST,
        .name = "WorkRequest",
        .ocid_type = "coreservicesworkrequest",
        .collection = "workRequests",
        .scope = "compartmentId",
        .filters = { "resourceId" },
        .own_filters = { "resourceId" },
        .hidden = true,
        .matches = matches,
        .actions = actions,
};
