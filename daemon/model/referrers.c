/* Who names whom: collected in one walk over everything that is known, and kept while nothing of it changes. */
#include "world.h"

static void refer(World *w, Observed *from, const char *id) {
        Observed *to = startswith(id, "ocid1.") ? world_find(w, id) : NULL;

        if (!to || to == from || to->region != from->region)
                return;
        if (to->n_referrers > 0 && to->referrers[to->n_referrers - 1] == from)
                return; /* named twice */
        array_push(to->referrers, to->n_referrers, from);
}

static void refer_all(World *w, Observed *from, const cJSON *v) {
        if (cJSON_IsString(v))
                refer(w, from, v->valuestring);
        if (!cJSON_IsObject(v) && !cJSON_IsArray(v))
                return;
        for (const cJSON *m = v->child; m; m = m->next)
                if (!m->string || !endswith(m->string, "Tags"))
                        refer_all(w, from, m);
}

static void collect(World *w) {
        Observed *o;

        for (o = w->objects; o; o = o->hh.next) {
                free(o->referrers);
                o->referrers = NULL;
                o->n_referrers = 0;
        }
        for (o = w->objects; o; o = o->hh.next) {
                if (o->life == LIFE_GONE || (o->kind->flags & KIND_LOOKUP))
                        continue;
                refer_all(w, o, o->body);
                for (size_t i = 0; i < o->n_subs; i++)
                        refer_all(w, o, o->subs[i].items);
        }
        w->referred = w->changes + 1;
}

Observed *const *world_referrers(World *w, const Observed *o, size_t *ret_n) {
        if (w->referred != w->changes + 1)
                collect(w);
        *ret_n = o->n_referrers;
        return o->referrers;
}
