/* The whole cloud as one JSON document: for GET /estate, for snapshots, and for starting from one. */
#include "estate.h"

#include <errno.h>

#include "base/json.h"
#include "kind.h"
#include "lifecycle.h"
#include "shape.h"
#include "store.h"

static cJSON *object_json(const Object *o) {
        cJSON *copy = json_copy(o->body);

        if (o->kind->has_items)
                json_set(copy, o->kind->items_name,
                         o->kind->items ? o->kind->items(o) : json_copy(o->items));
        json_set(copy, "lastWriter", o->last_writer ? json_new_string(o->last_writer) : cJSON_CreateNull());
        return copy;
}

cJSON *estate_json(Sim *sim) {
        cJSON *estate = json_new_object();

        for (size_t r = 0; r < N_REGIONS; r++) {
                cJSON *region = json_new_object();

                for (KindId k = 0; k < _KIND_MAX; k++) {
                        const ObjectList *list = &sim->regions[r].lists[k];
                        cJSON *objects;

                        if (kind_get(k)->hidden)
                                continue;
                        objects = json_new_array();
                        for (size_t i = 0; i < list->n; i++)
                                json_append(objects, object_json(list->objects[i]));
                        json_set(region, kind_get(k)->name, objects);
                }
                json_set(estate, sim->regions[r].name, region);
        }
        return estate;
}

/* Dynamic routes follow from the rest; only what was kept is kept again. */
static cJSON *take_items(const Kind *kind, cJSON *body) {
        cJSON *items, *item, *next;

        if (!kind->has_items)
                return NULL;
        items = cJSON_DetachItemFromObjectCaseSensitive(body, kind->items_name);
        if (!cJSON_IsArray(items)) {
                cJSON_Delete(items);
                return json_new_array();
        }
        for (item = items->child; item; item = next) {
                next = item->next;
                if (streq_ptr(json_string(item, "routeType"), "DYNAMIC"))
                        cJSON_Delete(cJSON_DetachItemViaPointer(items, item));
        }
        return items;
}

static int load_object(Region *region, const Kind *kind, const cJSON *source, char **reterr) {
        const char *id = json_string(source, "id"), *writer = json_string(source, "lastWriter");
        Object *o;
        cJSON *body, *items;

        if (isempty(id) || strlen(id) > 255 || !json_string(source, "lifecycleState") ||
            store_get(region->sim, id)) {
                *reterr = xasprintf("%s: a %s needs an id of its own and a lifecycleState", region->name,
                                    kind->name);
                return -EINVAL;
        }
        if (shape_check(kind, source, reterr) < 0)
                return -EINVAL;
        body = json_copy(source);
        json_remove(body, "lastWriter");
        items = take_items(kind, body);
        o = store_adopt(region, kind->id, body, items);
        o->last_writer = xstrdup(writer);
        lifecycle_resume(o);
        return 0;
}

static bool has_parents(const Object *o) {
        for (size_t i = 0; i < ARRAY_SIZE(o->kind->parents) && o->kind->parents[i]; i++) {
                const char *id = object_text(o, o->kind->parents[i]);

                if (id && !store_get(o->region->sim, id))
                        return false;
        }
        return true;
}

/* Whatever lives has parents that are there. */
static int check_parents(Sim *sim, char **reterr) {
        for (size_t r = 0; r < N_REGIONS; r++)
                for (KindId k = 0; k < _KIND_MAX; k++) {
                        const ObjectList *list = &sim->regions[r].lists[k];

                        for (size_t i = 0; i < list->n; i++)
                                if (object_is_live(list->objects[i]) && !has_parents(list->objects[i])) {
                                        *reterr = xasprintf("%s: its parent is missing",
                                                            list->objects[i]->id);
                                        return -EINVAL;
                                }
                }
        return 0;
}

int estate_load(Sim *sim, const cJSON *estate, char **reterr) {
        const cJSON *in_region, *objects, *source;
        int r;

        cJSON_ArrayForEach (in_region, estate) {
                Region *region = sim_region(sim, in_region->string);

                if (!region || !cJSON_IsObject(in_region)) {
                        *reterr = xasprintf("unknown region '%s'",
                                            in_region->string ? in_region->string : "");
                        return -EINVAL;
                }
                cJSON_ArrayForEach (objects, in_region) {
                        const Kind *kind = kind_by_name(objects->string);

                        if (!kind || !cJSON_IsArray(objects)) {
                                *reterr = xasprintf("%s: unknown kind '%s'", region->name, objects->string);
                                return -EINVAL;
                        }
                        cJSON_ArrayForEach (source, objects) {
                                r = load_object(region, kind, source, reterr);
                                if (r < 0)
                                        return r;
                        }
                }
        }
        /* The simulator that made them drew their ids from the same streams. */
        rng_init(&sim->ids, sim->seed ^ (sim->last_seq * 0x9e3779b97f4a7c15u));
        rng_init(&sim->etags, sim->seed ^ ~(sim->last_seq * 0x9e3779b97f4a7c15u));
        for (size_t i = 0; i < N_REGIONS; i++)
                sim->regions[i]
                        .epoch++; /* what was loaded was there before any change: a stale reply shows it */
        return check_parents(sim, reterr);
}
