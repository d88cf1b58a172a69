/* Keeping what was observed, and keeping what is older from overwriting it. */
#include "world.h"

#include <utlist.h>

World *world_new(size_t n_regions) {
        World *w = xnew(World, 1);

        w->regions = xnew(RegionState, n_regions);
        w->by_kind = xnew(Observed *, n_regions * kind_count());
        w->n_regions = n_regions;
        return w;
}

static void observed_free(Observed *o) {
        free(o->id);
        cJSON_Delete(o->body);
        free(o->etag);
        for (size_t i = 0; i < o->n_subs; i++)
                cJSON_Delete(o->subs[i].items);
        free(o->subs);
        free(o->referrers);
        free(o);
}

static void listing_free(Listing *l) {
        free(l->key);
        free(l->scope);
        api_error_done(&l->error);
        free(l);
}

static Observed **kind_head(const World *w, const Kind *k, unsigned region) {
        return &w->by_kind[region * kind_count() + kind_order(k)];
}

Observed *world_first(const World *w, const Kind *k, unsigned region) {
        return region < w->n_regions ? *kind_head(w, k, region) : NULL;
}

/* Out of every index, but not freed: the assessments of the last turn may point there until world_bury(). */
static void forget(World *w, Observed *o) {
        for (size_t i = 0; i < w->n_lookups; i++)
                if (w->lookups[i] == o)
                        w->lookups[i--] = w->lookups[--w->n_lookups];
        HASH_DEL(w->objects, o);
        DL_DELETE2(*kind_head(w, o->kind, o->region), o, prev_of_kind, next_of_kind);
        o->listing = NULL;
        o->hh.next = w->gone;
        w->gone = o;
        w->changes++;
}

void world_bury(World *w) {
        while (w->gone) {
                Observed *o = w->gone;

                w->gone = o->hh.next;
                observed_free(o);
        }
}

World *world_free(World *w) {
        Observed *o, *next;
        Listing *l, *next_listing;

        if (!w)
                return NULL;
        HASH_ITER (hh, w->objects, o, next)
                forget(w, o);
        HASH_ITER (hh, w->listings, l, next_listing) {
                HASH_DEL(w->listings, l);
                listing_free(l);
        }
        world_bury(w);
        for (size_t i = 0; i < w->n_regions; i++)
                api_error_done(&w->regions[i].last_error);
        free(w->lookups);
        free(w->by_kind);
        free(w->regions);
        free(w);
        return NULL;
}

Observed *world_find(const World *w, const char *id) {
        Observed *o = NULL;

        if (id)
                HASH_FIND_STR(w->objects, id, o);
        return o;
}

static Observed *object_new(World *w, const Kind *k, unsigned region, const char *id) {
        Observed *o = xnew(Observed, 1);

        *o = (Observed){ .kind = k, .region = region, .id = xstrdup(id) };
        HASH_ADD_KEYPTR(hh, w->objects, o->id, strlen(o->id), o);
        DL_APPEND2(*kind_head(w, k, region), o, prev_of_kind, next_of_kind);
        if (k->flags & KIND_LOOKUP)
                array_push(w->lookups, w->n_lookups, o);
        return o;
}

/* A list shows whole objects without etags: while it shows the body that a GET gave, that GET's etag still belongs to it. The
 * service gives rules in whatever order it likes, so order makes no other body. */
static void take_body(World *w, Observed *o, cJSON *body, const char *etag, ReadFrom from, usec_t begun,
                      usec_t now) {
        bool same = o->body && json_equal_unordered(o->body, body);

        if (!same) {
                o->changed = now;
                w->changes++;
        }
        if (from != READ_LIST || !same) {
                str_replace(&o->etag, etag);
                o->from = from;
        }
        cJSON_Delete(o->body);
        o->body = body;
        o->tags = json_get(body, "freeformTags");
        o->begun = begun;
        o->life = kind_life(o->kind, body);
}

static bool holds(const cJSON *body, const cJSON *summary) {
        const cJSON *m;

        cJSON_ArrayForEach (m, summary) {
                const cJSON *there = json_get(body, m->string);

                if (cJSON_IsNull(m) ? !!there : !there || !json_equal_unordered(there, m))
                        return false;
        }
        return true;
}

/* A summary that says nothing new leaves the whole body as it was read; one that does is laid over it, and it has to be read. */
static void take_summary(World *w, Observed *o, cJSON *summary, usec_t begun, usec_t now) {
        cJSON *body;
        const cJSON *m;

        if (!o->body) {
                take_body(w, o, summary, NULL, READ_LIST, begun, now);
                return;
        }
        if (!holds(o->body, summary)) {
                body = json_copy(o->body);
                cJSON_ArrayForEach (m, summary)
                        json_set_copy(body, m->string, m);
                take_body(w, o, body, NULL, READ_LIST, begun, now);
        }
        cJSON_Delete(summary);
}

/* An id goes into paths as it is: one that would end there or lead elsewhere is none. */
static bool id_is_plain(const Kind *k, const char *id) {
        static const char with_slash[] =
                "/ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:";
        const char *plain = k->below ? with_slash : with_slash + 1;
        size_t n = strspn(id, plain);

        return n > 0 && n <= 255 && !id[n] && *id != '.';
}

Observed *world_see(World *w, const Kind *k, unsigned region, cJSON *body, const char *etag, ReadFrom from,
                    usec_t begun, usec_t now) {
        const char *id = json_string(body, "id");
        Observed *o = world_find(w, id);

        if (!id || !id_is_plain(k, id) || region >= w->n_regions ||
            (o &&
             (o->kind != k || o->region != region || begun < o->written || (o->body && begun < o->begun)))) {
                cJSON_Delete(body);
                return NULL;
        }
        if (!o)
                o = object_new(w, k, region, id);
        if (from == READ_LIST && (k->flags & KIND_SUMMARY))
                take_summary(w, o, body, begun, now);
        else
                take_body(w, o, body, etag, from, begun, now);
        if (from != READ_LIST && o->doubted) {
                o->doubted = 0;
                o->listing = NULL; /* it lives where that listing does not look */
                w->changes++;
        }
        return o;
}

/* What is known by its name in its place shares its id with those before it, which a list may still show as gone. */
static bool is_predecessor(const World *w, const Listing *l, const cJSON *item, usec_t begun) {
        const Observed *o = l->kind->below ? world_find(w, json_string(item, "id")) : NULL;

        return o && o->listed == begun && o->life != LIFE_GONE && kind_life(l->kind, item) == LIFE_GONE;
}

static void see_items(World *w, Listing *l, cJSON *items, usec_t begun, usec_t now) {
        cJSON *item;

        while ((item = cJSON_DetachItemFromArray(items, 0))) {
                _cleanup_free_ char *id = xstrdup(json_string(item, "id"));
                Observed *o;

                if (is_predecessor(w, l, item, begun)) {
                        cJSON_Delete(item);
                        continue;
                }
                world_see(w, l->kind, l->region, item, NULL, READ_LIST, begun, now);
                o = world_find(w, id);
                if (!o)
                        continue;
                o->listing = l;
                o->listed = begun;
                if (o->doubted) {
                        o->doubted = 0;
                        w->changes++;
                }
        }
        cJSON_Delete(items);
}

/* Would this listing show the object? What was only read by id so far is judged by where its body says it is. */
static bool listing_covers(const Listing *l, const Observed *o) {
        if (o->listing)
                return o->listing == l;
        if (o->kind != l->kind || o->region != l->region || l->sub)
                return false;
        return !*l->scope || streq_ptr(json_string(o->body, "compartmentId"), l->scope) ||
               (l->kind->parent_field && streq_ptr(json_string(o->body, l->kind->parent_field), l->scope));
}

void world_see_listing(World *w, Listing *l, cJSON *items, usec_t begun, usec_t now,
                       bool (*confirm)(const Observed *o, void *userdata), void *userdata) {
        Observed *o, *next;

        see_items(w, l, items, begun, now);
        HASH_ITER (hh, w->objects, o, next) {
                if (!listing_covers(l, o) || o->listed >= begun || begun < o->written || begun < o->begun)
                        continue;
                if (confirm && confirm(o, userdata)) {
                        if (!o->doubted || !o->listing) {
                                o->doubted = begun;
                                o->listing = l;
                                w->changes++;
                        }
                } else
                        forget(w, o);
        }
        l->before = l->begun;
        l->begun = begun;
        l->ended = now;
        l->attempts = 0;
        api_error_done(&l->error);
}

void world_see_missing(World *w, const char *id, usec_t begun) {
        Observed *o = world_find(w, id);

        if (!o || begun < o->written || begun < o->begun)
                return;
        /* Alone, a 404 may mean "not yours to see"; together with a listing that lacks it, it is gone. */
        if (o->doubted && o->listing) {
                if (begun >= o->doubted)
                        forget(w, o);
        } else if (!o->doubted && !o->listing) {
                o->doubted = begun; /* no listing can tell: not known any more, and not absent either */
                w->changes++;
        }
}

SubItems *observed_sub(const Observed *o, const Field *f) {
        for (size_t i = 0; i < o->n_subs; i++)
                if (o->subs[i].field == f)
                        return &o->subs[i];
        return NULL;
}

static SubItems *sub_of(Observed *o, const Field *f) {
        SubItems *s = observed_sub(o, f);

        if (s)
                return s;
        array_push(o->subs, o->n_subs, ((SubItems){ .field = f }));
        return &o->subs[o->n_subs - 1];
}

/* What has no id cannot be named in a call. */
static bool have_ids(const cJSON *items) {
        const cJSON *i;

        cJSON_ArrayForEach (i, items)
                if (!json_string(i, "id"))
                        return false;
        return true;
}

void world_see_sub(World *w, Observed *o, const Field *sub, cJSON *items, usec_t begun) {
        SubItems *s = sub_of(o, sub);

        if (begun < s->written || begun < s->begun || (sub->rules->sub->remove && !have_ids(items))) {
                cJSON_Delete(items);
                return;
        }
        if (!s->items || !json_equal_unordered(s->items, items))
                w->changes++;
        cJSON_Delete(s->items);
        s->items = items;
        s->begun = begun;
}

bool world_see_created(World *w, const Kind *k, unsigned region, cJSON *body, const char *etag,
                       usec_t ended) {
        Observed *o = world_see(w, k, region, body, etag, READ_REPLY, ended, ended);

        if (!o)
                return false;
        o->created = ended;
        for (Listing *l = w->listings; l; l = l->hh.next)
                if (l->kind == k && l->region == region && !l->sub)
                        l->created = ended;
        return true;
}

void world_drop(World *w, const char *id) {
        Observed *o = world_find(w, id);

        if (o)
                forget(w, o);
}

/* A write to an object counts for every listing of its kind in the region that may hold it: its own, or, for a create, all. */
void world_wrote(World *w, const Kind *k, unsigned region, const char *id, const Field *sub, usec_t ended) {
        Observed *o = world_find(w, id);
        Listing *l, *next;

        w->changes++;
        if (o && sub)
                sub_of(o, sub)->written = ended;
        else if (o)
                o->written = ended;
        HASH_ITER (hh, w->listings, l, next) {
                if (l->region == region && !l->sub && kind_tells_of(l->kind, k))
                        l->written = ended;
                if (l->kind != k || l->region != region || l->sub != sub)
                        continue;
                if (sub ? streq_ptr(l->scope, id) : (!o || !o->listing || o->listing == l))
                        l->written = ended;
        }
}

static char *listing_key(const Kind *k, const Field *sub, unsigned region, const char *scope) {
        return xasprintf("%u/%s/%s/%s", region, k->name, sub ? sub->name : "", scope);
}

Listing *world_listing(const World *w, const Kind *k, const Field *sub, unsigned region, const char *scope) {
        _cleanup_free_ char *key = listing_key(k, sub, region, scope);
        Listing *l = NULL;

        HASH_FIND_STR(w->listings, key, l);
        return l;
}

Listing *world_need_listing(World *w, const Kind *k, const Field *sub, unsigned region, const char *scope) {
        Listing *l = world_listing(w, k, sub, region, scope);

        if (!l) {
                l = xnew(Listing, 1);
                *l = (Listing){
                        .key = listing_key(k, sub, region, scope),
                        .kind = k,
                        .sub = sub,
                        .region = region,
                        .scope = xstrdup(scope),
                };
                HASH_ADD_KEYPTR(hh, w->listings, l->key, strlen(l->key), l);
        }
        l->needed = true;
        return l;
}

void world_drop_unneeded(World *w) {
        Listing *l, *next;
        Observed *o, *next_object;

        HASH_ITER (hh, w->listings, l, next) {
                if (l->needed || l->call)
                        continue;
                HASH_ITER (hh, w->objects, o, next_object)
                        if (o->listing == l)
                                forget(w, o); /* nobody would notice when it goes */
                HASH_DEL(w->listings, l);
                listing_free(l);
        }
}

bool listing_proves_absence(const World *w, const Listing *l, usec_t wrote) {
        return l && l->before > 0 && l->before >= w->loaded && l->begun >= l->written && l->begun >= wrote &&
               l->error.status == 0 && l->attempts == 0;
}

bool observed_is_current(const Observed *o) {
        return o->begun >= o->written && !o->doubted;
}

bool observed_is_moving(const Observed *o) {
        return o->life == LIFE_COMING || o->life == LIFE_CHANGING || o->life == LIFE_GOING;
}

bool observed_parts_move(const Observed *o) {
        return o->kind->in_transition && o->kind->in_transition(o);
}

const char *observed_tag(const Observed *o, const char *name) {
        return json_string(o->tags, name);
}

const char *observed_name(const Observed *o) {
        const char *name = json_string(o->body, kind_name_field(o->kind));

        return name ? name : o->id;
}
