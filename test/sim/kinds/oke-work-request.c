/* Container Engine's work requests. They tell of what becomes of a cluster, a pool or an add-on, and drive nothing: who works on
 * the thing ends them. A snapshot leaves them out, and what was under way goes on without. */
#include "oke-work-request.h"

#include "base/json.h"
#include "call.h"
#include "kinds.h"
#include "lifecycle.h"
#include "store.h"

#define START_SECONDS  2
#define FORGET_SECONDS 86400

static cJSON *time_json(const Object *o) {
        char text[TIME_TEXT_SIZE];

        return json_new_string(format_rfc3339_msec(sim_wall_clock(o->region->sim), text));
}

static bool is_open(const Object *o) {
        return streq_ptr(object_text(o, "status"), "ACCEPTED") ||
               streq_ptr(object_text(o, "status"), "IN_PROGRESS");
}

/* The word that a resource ends with, when all went well. */
static const char *ended_word(const char *operation) {
        if (endswith(operation, "_CREATE") || startswith(operation, "ENABLE_"))
                return "CREATED";
        if (endswith(operation, "_DELETE") || startswith(operation, "DISABLE_"))
                return "DELETED";
        return "UPDATED";
}

static void add_line(Object *o, const char *list, const char *code, const char *message) {
        cJSON *line = json_new_object();

        json_set_string(line, "code", code);
        json_set_string(line, "message", message);
        json_set(line, "timestamp", time_json(o));
        json_append(json_get(json_get(o->body, "inner"), list), line);
}

static void on_forgotten(void *sim, char *id) {
        Object *o = store_get(sim, id);

        if (o)
                store_remove(o);
}

static void set_resource(Object *o, const char *action) {
        cJSON *resource = json_copy(json_path(o->body, "inner.resource")), *resources = json_new_array();

        json_set_string(resource, "actionType", action);
        json_append(resources, resource);
        json_set(o->body, "resources", resources);
}

static void on_started(void *sim, char *id) {
        Object *o = store_get(sim, id);

        if (!o || !is_open(o))
                return;
        object_touch(o, NULL);
        json_set_string(o->body, "status", "IN_PROGRESS");
        json_set(o->body, "timeStarted", time_json(o));
        set_resource(o, "IN_PROGRESS");
        add_line(o, "logs", NULL, "The operation has started.");
}

static void finish(Object *o, const char *status, const char *action) {
        object_touch(o, NULL);
        json_set_string(o->body, "status", status);
        if (!json_get(o->body, "timeStarted"))
                json_set(o->body, "timeStarted", time_json(o));
        json_set(o->body, "timeFinished", time_json(o));
        set_resource(o, action);
        add_line(o, "logs", NULL,
                 streq(status, "SUCCEEDED") ? "The operation has succeeded."
                                            : "The operation has not succeeded.");
        lifecycle_later(o->region->sim, FORGET_SECONDS, on_forgotten, o->id);
}

/* What an add-on is known by is its name, and it is reached through its cluster. */
static cJSON *resource_json(const Object *about) {
        const char *cluster = object_text(about, "clusterId"), *name = object_text(about, "name");
        bool is_addon = about->kind->id == KIND_ADDON;
        _cleanup_free_ char *uri = is_addon ? xasprintf("/20180222/clusters/%s/addons/%s", cluster, name)
                                            : xasprintf("/20180222/%s/%s", about->kind->collection,
                                                        about->id);
        cJSON *resource = json_new_object();

        json_set_string(resource, "actionType", "IN_PROGRESS");
        json_set_string(resource, "entityType", about->kind->ocid_type);
        json_set_string(resource, "identifier", is_addon ? name : about->id);
        json_set_string(resource, "entityUri", uri);
        return resource;
}

const char *oke_work_start(Object *about, const char *operation, const char *writer) {
        Object *o = store_add(about->region, KIND_OKE_WORK_REQUEST, object_text(about, "compartmentId"), "",
                              writer);
        const char *cluster = object_text(about, "clusterId");
        cJSON *inner = json_new_object();

        json_remove(o->body, "name");
        json_remove(o->body, "freeformTags");
        json_remove(o->body, "definedTags");
        json_set_string(o->body, "operationType", operation);
        json_set_string(o->body, "status", "ACCEPTED");
        json_set(o->body, "resources", json_new_array());
        json_set_string(inner, "about", about->id);
        json_set_string(inner, "clusterId", cluster ? cluster : about->id);
        json_set(inner, "resource", resource_json(about));
        json_set(inner, "errors", json_new_array());
        json_set(inner, "logs", json_new_array());
        json_set(o->body, "inner", inner);
        lifecycle_later(o->region->sim, START_SECONDS, on_started, o->id);
        return o->id;
}

const char *oke_work_reply(Call *c, Object *about, const char *operation) {
        const char *id = oke_work_start(about, operation, c->principal);

        call_add_reply_header(c, "opc-work-request-id", id);
        return id;
}

void oke_work_error(const Object *about, const char *code, const char *message) {
        const ObjectList *list = &about->region->lists[KIND_OKE_WORK_REQUEST];

        for (size_t i = 0; i < list->n; i++)
                if (is_open(list->objects[i]) &&
                    streq_ptr(object_text(list->objects[i], "inner.about"), about->id))
                        add_line(list->objects[i], "errors", code, message);
}

void oke_work_end(const Object *about, bool succeeded) {
        const ObjectList *list = &about->region->lists[KIND_OKE_WORK_REQUEST];

        for (size_t i = 0; i < list->n; i++) {
                Object *o = list->objects[i];

                if (is_open(o) && streq_ptr(object_text(o, "inner.about"), about->id))
                        finish(o, succeeded ? "SUCCEEDED" : "FAILED",
                               succeeded ? ended_word(object_text(o, "operationType")) : "FAILED");
        }
}

/* What has not begun can be called off: a create. All else begins at once. */
static int on_delete(Call *c, Object *o) {
        Object *about = store_get(c->sim, object_text(o, "inner.about"));

        if (!about || !streq_ptr(object_text(o, "status"), "ACCEPTED") ||
            !endswith(object_text(o, "operationType"), "_CREATE"))
                return call_fail(c, 409, "IncorrectState", "The work request %s has started.", o->id);
        finish(o, "CANCELED", "CANCELED_CREATE");
        lifecycle_end(about);
        return call_reply(c, 204, NULL);
}

static bool matches(const Call *c, const cJSON *body) {
        const char *cluster = call_query(c, "clusterId"), *resource = call_query(c, "resourceId"),
                   *type = call_query(c, "resourceType");
        _cleanup_free_ char *lower = type ? str_lower(xstrdup(type)) : NULL;

        return (!cluster || streq_ptr(json_path_string(body, "inner.clusterId"), cluster)) &&
               (!resource || streq_ptr(json_path_string(body, "inner.about"), resource)) &&
               (!lower || streq_ptr(json_path_string(body, "inner.resource.entityType"), lower));
}

static int reply_lines(Call *c, const Object *o, const char *list) {
        if (isempty(call_query(c, "compartmentId")))
                return call_fail(c, 400, "MissingParameter", "Missing query parameter: compartmentId");
        return call_reply(c, 200, json_copy(json_get(json_get(call_view(c, o), "inner"), list)));
}

static int run_errors(Call *c, Object *o, const cJSON *in) {
        return reply_lines(c, o, "errors");
}

static int run_logs(Call *c, Object *o, const cJSON *in) {
        return reply_lines(c, o, "logs");
}

static const char *const lines_query[] = { "compartmentId", NULL };

static const Action actions[] = {
        { .method = "GET", .name = "errors", .run = run_errors, .no_claim = true, .query = lines_query },
        { .method = "GET", .name = "logs", .run = run_logs, .no_claim = true, .query = lines_query },
        {},
};

static const SortKey sort_keys[] = {
        { "ID", "id" },
        { "OPERATION_TYPE", "operationType" },
        { "STATUS", "status" },
        { "TIME_ACCEPTED", NULL },
        { "TIME_STARTED", "timeStarted" },
        { "TIME_FINISHED", "timeFinished" },
        {},
};

const Kind oke_work_request_kind = {
        .id = KIND_OKE_WORK_REQUEST,
        .service = "containerengine",
        .name = "OkeWorkRequest",
        .ocid_type = "clustersworkrequest",
        .collection = "workRequests",
        .name_field = "name",
        .time_field = "timeAccepted",
        .essential = { "compartmentId", "inner", "operationType", "status" },
        .scope = "compartmentId",
        .filters = { "clusterId", "resourceId", "resourceType", "status" },
        .own_filters = { "clusterId", "resourceId", "resourceType" },
        .repeated = "status",
        .sortable = true,
        .sort_keys = sort_keys,
        .hidden = true,
        .retry_after = 10,
        .on_delete = on_delete,
        .matches = matches,
        .actions = actions,
};
