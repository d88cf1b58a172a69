/* Objects by OCID, and by kind and region in the order of their making. */
#include "store.h"

#include "base/json.h"
#include "kind.h"
#include "options.h"

static char *random_text(Rng *rng, size_t n) {
        static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
        char *s = xmalloc(n + 1);

        for (size_t i = 0; i < n; i++)
                s[i] = alphabet[rng_below(rng, 32)];
        s[n] = '\0';
        return s;
}

static Object *store_insert(Region *region, KindId kind, char *id) {
        Object *o = xnew(Object, 1);
        ObjectList *list = &region->lists[kind];

        region->sim->n_changes++;
        *o = (Object){
                .id = id,
                .kind = kind_get(kind),
                .region = region,
                .seq = ++region->sim->last_seq,
                .shuffle = rng_next(&region->sim->orders),
                .etag = random_text(&region->sim->etags, 8),
                .old_epoch = region->epoch,
        };
        HASH_ADD_KEYPTR(hh, region->sim->by_id, o->id, strlen(o->id), o);
        array_push(list->objects, list->n, o);
        return o;
}

/* What the service calls a thing that was given no name: "vcn20260212031244". */
static char *generated_name(const Kind *kind, usec_t now) {
        char text[TIME_TEXT_SIZE], digits[TIME_TEXT_SIZE];
        size_t n = 0;

        format_rfc3339(now, text);
        for (const char *p = text; *p; p++)
                if (*p >= '0' && *p <= '9')
                        digits[n++] = *p;
        digits[n] = '\0';
        return xasprintf("%s%s", kind->ocid_type, digits);
}

static char *new_id(const Region *region, const Kind *k) {
        _cleanup_free_ char *unique = random_text(&region->sim->ids, 60);

        return xasprintf("ocid1.%s.oc1.%s.%s", k->ocid_type, region->name, unique);
}

Object *store_add(Region *region, KindId kind, const char *compartment, const char *display_name,
                  const char *writer) {
        Sim *sim = region->sim;
        const Kind *k = kind_get(kind);
        _cleanup_free_ char *name = NULL, *creator = NULL;
        usec_t now = sim_wall_clock(sim);
        char text[TIME_TEXT_SIZE];
        Object *o;

        o = store_insert(region, kind, new_id(region, k));
        o->last_writer = xstrdup(writer);
        o->body = json_new_object();
        if (k->has_items)
                o->items = json_new_array();

        name = display_name ? xstrdup(display_name) : generated_name(k, now);
        json_set_string(o->body, "id", o->id);
        json_set_string(o->body, "compartmentId", compartment);
        json_set_string(o->body, kind_name_field(k), name);
        json_set(o->body, "freeformTags", json_new_object());
        json_set(o->body, "definedTags", json_new_object());
        format_rfc3339_msec(now, text);
        if (!streq_ptr(k->time_field, ""))
                json_set_path(o->body, k->time_field ? k->time_field : "timeCreated", json_new_string(text));
        if (writer && option_bool(sim, "tagDefaults")) {
                creator = xasprintf("default/%s", writer);
                json_set_path(o->body, "definedTags.Oracle-Tags.CreatedBy", json_new_string(creator));
                json_set_path(o->body, "definedTags.Oracle-Tags.CreatedOn", json_new_string(text));
        }
        return o;
}

Object *store_adopt(Region *region, KindId kind, cJSON *body, cJSON *items) {
        Object *o = store_insert(region, kind, xstrdup(json_string(body, "id")));

        o->body = body;
        o->items = items;
        return o;
}

static void object_free(Object *o) {
        cJSON_Delete(o->body);
        cJSON_Delete(o->items);
        cJSON_Delete(o->old_body);
        cJSON_Delete(o->old_items);
        free(o->last_writer);
        free(o->old_etag);
        free(o->etag);
        free(o->id);
        free(o);
}

void store_remove(Object *o) {
        ObjectList *list = &o->region->lists[o->kind->id];

        o->region->sim->n_changes++;
        for (size_t i = 0; i < list->n; i++)
                if (list->objects[i] == o) {
                        memmove(&list->objects[i], &list->objects[i + 1],
                                (list->n - i - 1) * sizeof(Object *));
                        list->n--;
                        break;
                }
        HASH_DEL(o->region->sim->by_id, o);
        object_free(o);
}

void store_done(Sim *sim) {
        Object *o, *next;

        HASH_ITER (hh, sim->by_id, o, next) {
                HASH_DEL(sim->by_id, o);
                object_free(o);
        }
        for (size_t i = 0; i < N_REGIONS; i++)
                for (size_t k = 0; k < _KIND_MAX; k++) {
                        free(sim->regions[i].lists[k].objects);
                        sim->regions[i].lists[k] = (ObjectList){};
                }
}

Object *store_get(Sim *sim, const char *id) {
        Object *o = NULL;

        if (id)
                HASH_FIND_STR(sim->by_id, id, o);
        return o;
}

Object *store_get_kind(Region *region, KindId kind, const char *id) {
        Object *o = store_get(region->sim, id);

        return o && o->region == region && o->kind->id == kind ? o : NULL;
}

Object *store_find(Region *region, KindId kind, const char *path, const char *value) {
        const ObjectList *list = &region->lists[kind];

        for (size_t i = 0; i < list->n; i++)
                if (streq_ptr(object_text(list->objects[i], path), value) &&
                    object_is_live(list->objects[i]))
                        return list->objects[i];
        return NULL;
}

size_t store_count(Region *region, KindId kind, const char *path, const char *value) {
        const ObjectList *list = &region->lists[kind];
        size_t n = 0;

        for (size_t i = 0; i < list->n; i++)
                if (streq_ptr(object_text(list->objects[i], path), value) &&
                    object_is_live(list->objects[i]))
                        n++;
        return n;
}

void object_touch(Object *o, const char *writer) {
        o->region->sim->n_changes++;
        if (o->old_epoch != o->region->epoch) {
                cJSON_Delete(o->old_body);
                cJSON_Delete(o->old_items);
                o->old_body = json_copy(o->body);
                o->old_items = json_copy(o->items);
                str_replace(&o->old_etag, o->etag);
                o->old_epoch = o->region->epoch;
        }
        free(o->etag);
        o->etag = random_text(&o->region->sim->etags, 8);
        if (writer)
                str_replace(&o->last_writer, writer);
}

const char *object_text(const Object *o, const char *path) {
        return strchr(path, '.') ? json_path_string(o->body, path) : json_string(o->body, path);
}

const char *object_state(const Object *o) {
        const char *state = json_string(o->body, "lifecycleState");

        return state ? state : "";
}

void object_set_state(Object *o, const char *state) {
        object_touch(o, NULL);
        json_set_string(o->body, "lifecycleState", state);
}

bool object_is_live(const Object *o) {
        const char *state = object_state(o);

        return !streq(state, "TERMINATED") && !streq(state, "DETACHED") && !streq(state, "DELETED");
}

bool object_is_ready(const Object *o) {
        static const char *const words[] = { "AVAILABLE", "ATTACHED",        "ACTIVE",
                                             "RUNNING",   "NEEDS_ATTENTION", "INACTIVE" };

        for (size_t i = 0; i < ARRAY_SIZE(words); i++)
                if (streq(object_state(o), words[i]))
                        return true;
        return false;
}
