/* Add-ons: an object each in the store, which the API shows without an OCID. */
#include "addons.h"

#include <errno.h>

#include "base/json.h"
#include "call.h"
#include "kinds.h"
#include "lifecycle.h"
#include "list.h"
#include "oke-options.h"
#include "oke-work-request.h"
#include "options.h"
#include "store.h"

#define UPDATE_SECONDS 30

static const Field configuration_fields[] = {
        { .name = "key", .type = FIELD_STRING, .required = true },
        { .name = "value", .type = FIELD_STRING, .min = 0, .max = 8191 },
        {},
};

const Field addon_install_fields[] = {
        { .name = "addonName", .type = FIELD_STRING, .required = true },
        { .name = "version", .type = FIELD_STRING },
        { .name = "configurations", .type = FIELD_OBJECTS, .fields = configuration_fields },
        { .name = "isOverrideExisting", .type = FIELD_BOOL },
        {},
};

const Field addon_update_fields[] = {
        { .name = "version", .type = FIELD_STRING },
        { .name = "configurations", .type = FIELD_OBJECTS, .fields = configuration_fields },
        {},
};

const char *const addons_list_query[] = { "sortBy", "sortOrder", NULL };
const char *const addon_remove_query[] = { "isRemoveExistingAddOn", NULL };

static Object *addon_find(const Object *cluster, const char *name) {
        const ObjectList *list = &cluster->region->lists[KIND_ADDON];

        for (size_t i = 0; i < list->n; i++)
                if (object_is_live(list->objects[i]) &&
                    streq_ptr(object_text(list->objects[i], "name"), name) &&
                    streq_ptr(object_text(list->objects[i], "clusterId"), cluster->id))
                        return list->objects[i];
        return NULL;
}

static void set_version(Object *o, const char *version) {
        const char *name = object_text(o, "name");

        json_set(o->body, "version", version ? json_new_string(version) : cJSON_CreateNull());
        json_set_string(o->body, "currentInstalledVersion", version ? version : oke_addon_version(name));
}

static Object *addon_add(Object *cluster, const char *name, const cJSON *in, const char *writer) {
        Object *o = store_add(cluster->region, KIND_ADDON, object_text(cluster, "compartmentId"), name,
                              writer);

        json_set_string(o->body, "clusterId", cluster->id);
        set_version(o, json_string(in, "version"));
        json_set(o->body, "configurations",
                 json_get(in, "configurations") ? json_copy(json_get(in, "configurations"))
                                                : json_new_array());
        return o;
}

void addons_install_essential(Object *cluster, const char *cni_type) {
        const char *name;

        if (!option_bool(cluster->region->sim, "essentialAddons"))
                return;
        for (size_t i = 0; (name = oke_addon_essential(cni_type, i)); i++)
                lifecycle_start(addon_add(cluster, name, NULL, NULL), 0);
}

/* Whether the cluster can have such an add-on at all. */
static int check_addon(Call *c, const Object *cluster, const char *name, const cJSON *in) {
        const char *version = json_string(in, "version");

        if (option_bool(c->sim, "addonsNeedEnhanced") &&
            !streq_ptr(object_text(cluster, "type"), "ENHANCED_CLUSTER"))
                return call_fail(c, 400, "InvalidParameter",
                                 "Only an enhanced cluster has add-ons to manage.");
        if (!oke_addon_is_known(name))
                return call_fail(c, 400, "InvalidParameter", "addonName '%s' is not valid.", name);
        if (version && !oke_addon_has_version(name, version))
                return call_fail(c, 400, "InvalidParameter", "%s has no version '%s'.", name, version);
        return 0;
}

/* Puts the add-on where its name belongs. */
static void insert_by_name(cJSON *array, cJSON *addon, bool descending) {
        int at = 0;
        const cJSON *other;

        cJSON_ArrayForEach (other, array) {
                int r = strcmp(json_string(addon, "name"), json_string(other, "name"));

                if (descending ? r > 0 : r < 0)
                        break;
                at++;
        }
        cJSON_InsertItemInArray(array, at, addon);
}

int addons_list(Call *c, Object *cluster, const cJSON *in) {
        const ObjectList *list = &cluster->region->lists[KIND_ADDON];
        const char *key = call_query(c, "sortBy"), *order = call_query(c, "sortOrder");
        bool by_name = streq_ptr(key, "NAME"), descending = order ? streq(order, "DESC") : !by_name;
        cJSON *a;

        if (key && !by_name && !streq(key, "TIME_CREATED"))
                return call_fail(c, 400, "InvalidParameter", "sortBy '%s' is not valid.", key);
        a = json_new_array();

        for (size_t i = 0; i < list->n; i++) {
                const cJSON *body = call_view(c, list->objects[i]);

                if (!body || !streq_ptr(json_string(body, "clusterId"), cluster->id))
                        continue;
                if (by_name)
                        insert_by_name(a, call_render(c, list->objects[i], body), descending);
                else
                        cJSON_InsertItemInArray(a, descending ? 0 : cJSON_GetArraySize(a),
                                                call_render(c, list->objects[i], body));
        }
        return list_reply_items(c, a);
}

int addon_get(Call *c, Object *cluster, const cJSON *in) {
        Object *o = addon_find(cluster, c->tail);

        return o ? call_reply_object(c, 200, o, true) : call_not_found(c);
}

int addon_install(Call *c, Object *cluster, const cJSON *in) {
        const char *name = json_string(in, "addonName");
        Object *o = addon_find(cluster, name);

        if (check_addon(c, cluster, name, in) < 0)
                return -EBADMSG;
        if (o && !json_bool(in, "isOverrideExisting", false))
                return call_fail(c, 409, "Conflict", "The add-on %s is installed already.", name);
        if (!o) {
                o = addon_add(cluster, name, in, c->principal);
                lifecycle_start(o, addon_kind.create_seconds);
        } else {
                if (call_claim(c, o) < 0)
                        return -EBADMSG;
                object_touch(o, c->principal);
                json_set_copy(o->body, "configurations", json_get(in, "configurations"));
                set_version(o, json_string(in, "version"));
                lifecycle_update(o, UPDATE_SECONDS);
        }
        oke_work_reply(c, o, "ENABLE_ADDON");
        return call_reply(c, 202, NULL);
}

int addon_update(Call *c, Object *cluster, const cJSON *in) {
        Object *o = addon_find(cluster, c->tail);

        if (!o)
                return call_not_found(c);
        if (check_addon(c, cluster, c->tail, in) < 0 || call_check_etag(c, o) < 0 || call_claim(c, o) < 0)
                return -EBADMSG;
        object_touch(o, c->principal);
        json_set_copy(o->body, "configurations", json_get(in, "configurations"));
        set_version(o, json_string(in, "version"));
        lifecycle_update(o, UPDATE_SECONDS);
        oke_work_reply(c, o, "UPDATE_ADDON");
        return call_reply(c, 202, NULL);
}

int addon_remove(Call *c, Object *cluster, const cJSON *in) {
        Object *o = addon_find(cluster, c->tail);

        if (!call_query(c, "isRemoveExistingAddOn"))
                return call_fail(c, 400, "MissingParameter",
                                 "Missing query parameter: isRemoveExistingAddOn");
        if (!o)
                return call_not_found(c);
        if (call_check_etag(c, o) < 0 || call_claim(c, o) < 0)
                return -EBADMSG;
        object_touch(o, c->principal);
        lifecycle_delete(o, addon_kind.delete_seconds);
        oke_work_reply(c, o, "DISABLE_ADDON");
        return call_reply(c, 202, NULL);
}

static const char *settle(Object *o) {
        const char *error = "The add-on could not be installed.";

        if (streq(object_state(o), "CREATING") && lifecycle_create_fails(o)) {
                json_set(o->body, "addonError", json_new_object());
                json_set_string(json_get(o->body, "addonError"), "code", "InternalServerError");
                json_set_string(json_get(o->body, "addonError"), "message", error);
                json_set_string(json_get(o->body, "addonError"), "status", "500");
                oke_work_error(o, "InternalServerError", error);
                oke_work_end(o, false);
                return "FAILED";
        }
        oke_work_end(o, true);
        return "ACTIVE";
}

static void on_gone(Object *o) {
        oke_work_end(o, true);
}

static void render(const Object *o, cJSON *body) {
        static const char *const own[] = { "id", "compartmentId", "clusterId", "freeformTags",
                                           "definedTags" };

        for (size_t i = 0; i < ARRAY_SIZE(own); i++)
                json_remove(body, own[i]);
}

const Kind addon_kind = {
        .id = KIND_ADDON,
        .service = "containerengine",
        .name = "Addon",
        .ocid_type = "addon",
        .name_field = "name",
        .essential = { "compartmentId", "clusterId", "name" },
        .parents = { "clusterId" },
        .parent_kinds = { KIND_CLUSTER },
        .unordered = { "configurations" },
        .create_seconds = 45,
        .delete_seconds = 30,
        .coming = "CREATING",
        .ready = "ACTIVE",
        .going = "DELETING",
        .gone = "DELETED",
        .stays_failed = true,
        .settle = settle,
        .on_gone = on_gone,
        .render = render,
};
