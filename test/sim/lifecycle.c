/* Lifecycles that take time: PROVISIONING, UPDATING and TERMINATING end after a duration that --speed
 * divides. */
#include "lifecycle.h"

#include "base/json.h"
#include "kind.h"
#include "options.h"
#include "store.h"
#include "timer.h"

void lifecycle_later(Sim *sim, double seconds, void (*func)(void *sim, char *id), const char *id) {
        timer_heap_add(sim->lifecycles, sim_time(sim) + sim_scaled(sim, seconds), func, sim, id);
}

static void on_vanish(void *userdata, char *id) {
        Object *o = store_get(userdata, id);

        if (o && !object_is_live(o))
                store_remove(o);
}

void lifecycle_end(Object *o) {
        if (!object_is_live(o))
                return;
        object_set_state(o, kind_gone(o->kind));
        if (o->kind->on_gone)
                o->kind->on_gone(o);
        lifecycle_later(o->region->sim, option_number(o->region->sim, "lingerSeconds"), on_vanish, o->id);
}

bool lifecycle_create_fails(const Object *o) {
        const cJSON *name;

        cJSON_ArrayForEach (name, option_value(o->region->sim, "failCreate"))
                if (cJSON_IsString(name) && streq(name->valuestring, o->kind->name))
                        return true;
        return false;
}

static void on_ready(void *userdata, char *id) {
        Object *o = store_get(userdata, id);
        const char *state;

        if (!o || (!streq(object_state(o), kind_coming(o->kind)) && !streq(object_state(o), "UPDATING")))
                return;
        if (!o->kind->stays_failed && streq(object_state(o), kind_coming(o->kind)) &&
            lifecycle_create_fails(o)) {
                lifecycle_end(o);
                return;
        }
        state = o->kind->settle ? o->kind->settle(o) : NULL;
        object_set_state(o, state ? state : kind_ready(o->kind));
}

static void on_deleted(void *userdata, char *id) {
        Object *o = store_get(userdata, id);

        if (!o || !streq(object_state(o), kind_going(o->kind)))
                return;
        if (!o->kind->can_go || o->kind->can_go(o))
                lifecycle_end(o);
        else
                object_set_state(o, kind_ready(o->kind));
}

void lifecycle_start(Object *o, double seconds) {
        if (seconds <= 0) {
                json_set_string(o->body, "lifecycleState", kind_ready(o->kind));
                return;
        }
        json_set_string(o->body, "lifecycleState", kind_coming(o->kind));
        lifecycle_later(o->region->sim, seconds, on_ready, o->id);
}

void lifecycle_update(Object *o, double seconds) {
        object_set_state(o, "UPDATING");
        lifecycle_later(o->region->sim, seconds, on_ready, o->id);
}

void lifecycle_delete(Object *o, double seconds) {
        object_set_state(o, kind_going(o->kind));
        lifecycle_later(o->region->sim, seconds, on_deleted, o->id);
}

void lifecycle_resume(Object *o) {
        Sim *sim = o->region->sim;
        const char *state = object_state(o);

        if (o->kind->on_loaded)
                o->kind->on_loaded(o);
        if (o->kind->self_paced && object_is_live(o))
                return;
        if (streq(state, kind_coming(o->kind)) || streq(state, "UPDATING"))
                lifecycle_later(sim, o->kind->create_seconds, on_ready, o->id);
        else if (streq(state, kind_going(o->kind)))
                lifecycle_later(sim, o->kind->delete_seconds, on_deleted, o->id);
        else if (!object_is_live(o))
                lifecycle_later(sim, option_number(sim, "lingerSeconds"), on_vanish, o->id);
}
