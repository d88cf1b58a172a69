/* Single reads: before a write is decided (a list's word has no etag), while something changes, to confirm what a list lacked,
 * and for what no list of ours shows. At most one at a time for an object. Which are wanted is found anew in every turn; kept is
 * only when the last one began and how often it failed. */
#include <errno.h>

#include "observe-internal.h"

#include "model/shape.h"
#include "oci/ocid.h"

#define LOOK_GAP    USEC_PER_SEC /* between two looks that nothing new asks for */
#define QUICK_BEGIN USEC_PER_SEC
#define KEPT        (10 * USEC_PER_SEC) /* for how long a read is remembered that nobody wants */
#define LIST_FROM   4                   /* so many of one listing are read by listing again */

struct Read {
        UT_hash_handle hh;
        char *id;
        const Kind *kind;
        unsigned region;
        Observer *observer;
        OciCall *call;
        usec_t due;    /* this turn's finding; USEC_INFINITY: not wanted */
        usec_t begun;  /* the last try; 0: none */
        usec_t since;  /* since when it is changing; 0: it is not */
        bool changing; /* this turn's finding */
        unsigned attempts;
        usec_t not_before;
};

static void read_free(Observer *o, Read *rd) {
        HASH_DEL(o->reads, rd);
        if (rd->call)
                o->running[rd->region]--;
        oci_call_unref(rd->call);
        free(rd->id);
        free(rd);
}

void reads_cancel(Observer *o) {
        Read *rd, *next;

        HASH_ITER (hh, o->reads, rd, next)
                read_free(o, rd);
}

static Read *read_of(Observer *o, const char *id, const Kind *k, unsigned region) {
        Read *rd = NULL;

        HASH_FIND_STR(o->reads, id, rd);
        if (rd)
                return rd;
        rd = xnew(Read, 1);
        *rd = (Read){
                .id = xstrdup(id),
                .kind = k,
                .region = region,
                .observer = o,
                .due = USEC_INFINITY,
        };
        HASH_ADD_KEYPTR(hh, o->reads, rd->id, strlen(rd->id), rd);
        return rd;
}

static Read *read_of_object(Observer *o, const Observed *object) {
        return read_of(o, object->id, object->kind, object->region);
}

static void want(Read *rd, usec_t when) {
        rd->due = MIN(rd->due, when);
}

/* What was written since the last look is looked at at once; what only stays as it was, now and then. */
static void want_look(Observer *o, const Context *c, const Observed *object) {
        Read *rd = read_of_object(o, object);
        bool fresh = rd->begun == 0 || object->written >= rd->begun || object->doubted > rd->begun ||
                     object->changed > rd->begun;

        want(rd, fresh ? c->now : rd->begun + engine_wait(o->engine, LOOK_GAP));
}

static usec_t quick_due(Observer *o, const Context *c, const Observed *object) {
        Read *rd = read_of_object(o, object);
        usec_t last = MAX(rd->begun, object->begun);

        rd->changing = true;
        if (rd->since == 0)
                rd->since = c->now;
        if (last <= rd->since)
                return rd->since + engine_wait(o->engine, QUICK_BEGIN);
        return last + observe_quick_wait(o->engine, c->now - rd->since);
}

typedef struct ChangingList {
        const Observed **v;
        size_t n;
} ChangingList;

static int by_listing(const void *a, const void *b) {
        const Observed *x = *(const Observed *const *) a, *y = *(const Observed *const *) b;

        if (x->listing != y->listing)
                return x->listing < y->listing ? -1 : 1;
        return x < y ? -1 : x > y;
}

static void want_changing(Observer *o, const Context *c, ChangingList *changing) {
        if (changing->n > 1)
                qsort(changing->v, changing->n, sizeof *changing->v, by_listing);
        for (size_t i = 0, end; i < changing->n; i = end) {
                Listing *l = changing->v[i]->listing;
                usec_t first = USEC_INFINITY;

                for (end = i; end < changing->n && changing->v[end]->listing == l; end++)
                        first = MIN(first, quick_due(o, c, changing->v[end]));
                if (l && end - i >= LIST_FROM && l->attempts == 0) {
                        l->due = MIN(l->due, MAX(first, l->tried + engine_wait(o->engine, QUICK_BEGIN / 2)));
                        continue;
                }
                for (size_t j = i; j < end; j++)
                        want(read_of_object(o, changing->v[j]), quick_due(o, c, changing->v[j]));
        }
}

/* The objects behind every reference in a wanted value. */
static void add_referenced(const Context *c, const cJSON *v, ChangingList *changing) {
        const Resource *r = cJSON_IsObject(v) ? context_find(c, symbol_ref(v)) : NULL;

        if (r && r->observed)
                array_push(changing->v, changing->n, r->observed);
        for (const cJSON *i = cJSON_IsObject(v) || cJSON_IsArray(v) ? v->child : NULL; i; i = i->next)
                add_referenced(c, i, changing);
}

static bool is_changing(const Observed *object) {
        return observed_is_moving(object) || observed_parts_move(object);
}

/* What its list does not tell is read as often as that is listed. */
static void want_whole(Observer *o, const Observed *object) {
        Read *rd = read_of_object(o, object);

        want(rd, MAX(rd->begun, object->begun) + observe_whole_period(o, object->kind));
}

/* Its parts that are things of their own. One that was not found is looked for again like any other, for a part may be new. */
static void want_members(Observer *o, const Context *c, const Observed *object) {
        const Members *m = object->kind->members;
        const Kind *k = kind_find(m->kind);
        const cJSON *part;

        cJSON_ArrayForEach (part, json_get(object->body, m->list)) {
                const char *id = json_string(part, m->id);
                bool known = world_find(c->world, id);
                Read *rd;

                if (isempty(id))
                        continue;
                rd = read_of(o, id, k, object->region);
                want(rd, rd->begun == 0
                                 ? c->now
                                 : rd->begun + observe_period(o, known ? k : object->kind, object->region));
        }
}

static void want_parts(Observer *o, const Context *c, const Resource *r, ChangingList *changing) {
        const Observed *object = r->observed;

        if (object && object->kind->flags & KIND_SUMMARY && object->life != LIFE_GONE)
                want_whole(o, object);
        if (object && object->kind->members)
                want_members(o, c, object);
        if (r->assessment.look_at && is_changing(r->assessment.look_at))
                array_push(changing->v, changing->n, r->assessment.look_at);
}

static void want_for_resource(Observer *o, const Context *c, const Resource *r, ChangingList *changing) {
        const Assessment *a = &r->assessment;

        if (r->observed && (a->look || r->observed->doubted || !observed_is_current(r->observed)))
                want_look(o, c, r->observed);
        for (size_t i = 0; i < a->n_actions; i++)
                for (size_t j = 0;
                     a->actions[i]->decision == DECISION_LOOK && j < ARRAY_SIZE(a->actions[i]->basis); j++) {
                        const Observed *basis = a->actions[i]->basis[j];

                        if (basis &&
                            (basis->from == READ_LIST || !basis->etag || !observed_is_current(basis)))
                                want_look(o, c, basis);
                }
        want_parts(o, c, r, changing);
        if (r->observed && is_changing(r->observed))
                array_push(changing->v, changing->n, r->observed);
        if (r->desired && r->kind->flags & KIND_NOT_CLOUD && a->verdict == VERDICT_PROGRESSING)
                add_referenced(c, r->desired->want, changing);
}

/* True when every list that could show such a thing is complete, and none began before that was known: what is not there then is
 * elsewhere, or gone. */
static bool lists_are_complete(const Context *c, const Kind *k, unsigned region, usec_t known) {
        const Listing *l, *next;
        bool any = false;

        HASH_ITER (hh, c->world->listings, l, next) {
                if (l->kind != k || l->region != region || l->sub)
                        continue;
                if (l->begun < MAX(c->world->loaded, known) || l->attempts > 0)
                        return false;
                any = true;
        }
        return any;
}

/* An object that no list of ours shows: moved to another compartment, or pinned there. */
static void want_unlisted(Observer *o, const Context *c, const char *id, const Kind *k, unsigned region) {
        const Observed *known = world_find(c->world, id);
        Read *rd;

        if ((known && known->listing) || !lists_are_complete(c, k, region, known ? known->created : 0))
                return;
        rd = read_of(o, id, k, region);
        want(rd, rd->begun == 0 ? c->now
                                : MAX(rd->begun, known ? known->begun : 0) + observe_period(o, k, region));
}

static bool is_listed_parent(const Context *c, const Resource *r, const char *id) {
        const Desired *parent = r->desired ? r->desired->parent : NULL;
        const Observed *o = parent ? context_resource(c, parent)->observed : NULL;

        return o && o->listing && streq(o->id, id);
}

static void want_parents(Observer *o, const Context *c, const Resource *r) {
        const Kind *k = r->kind;
        const char *id = k->parent_field ? json_string(r->observed->body, k->parent_field) : NULL;
        Ocid ocid;

        if (id && k->parent && !is_listed_parent(c, r, id))
                want_unlisted(o, c, id, kind_find(k->parent), r->region);
        for (const Role *role = k->roles; role && role->key; role++) {
                const Kind *other;

                id = role->own_path ? json_path_string(r->observed->body, role->own_path) : NULL;
                if (!id || ocid_parse(id, &ocid, NULL) < 0)
                        continue;
                other = kind_of_ocid_type(ocid.type);
                if (other)
                        want_unlisted(o, c, id, other, r->region);
        }
}

static void want_elsewhere(Observer *o, const Context *c, const Resource *r) {
        if (r->desired && r->desired->pin)
                want_unlisted(o, c, r->desired->pin, r->kind, r->region);
        if (!r->observed)
                return;
        if (!r->observed->listing)
                want_unlisted(o, c, r->observed->id, r->kind, r->region);
        want_parents(o, c, r);
}

/* What was asked for, and of the shape that its kind has. */
static int check_body(const Read *rd, OciReply *reply) {
        _cleanup_free_ char *scope = rd->kind->below ? xstrndup(rd->id, strcspn(rd->id, "/")) : NULL,
                            *why = NULL;

        if (scope)
                kind_identify(rd->kind, scope, reply->json);
        why = shape_error(rd->kind, reply->json);

        if (!why && !streq(json_string(reply->json, "id"), rd->id))
                why = xstrdup("it is another thing");
        if (!why)
                return 0;
        return api_error_set(&reply->error, reply->status, reply->opc_request_id, ERROR_GARBLED, -EBADMSG,
                             "the answer makes no sense: %s", why);
}

static void on_read(OciCall *call, OciReply *reply, int error, void *userdata) {
        Read *rd = userdata;
        Observer *o = rd->observer;
        Engine *e = o->engine;

        (void) call;
        rd->call = oci_call_unref(rd->call);
        o->running[rd->region]--;
        if (error == 0)
                error = check_body(rd, reply);
        observe_region_reply(e, rd->region, reply->status, error < 0 ? &reply->error : NULL);
        if (error == 0) {
                rd->attempts = 0;
                rd->not_before = 0;
                world_see(e->world, rd->kind, rd->region, TAKE_PTR(reply->json), reply->etag, READ_GET,
                          reply->begun_usec, reply->ended_usec);
        } else {
                if (reply->error.meaning == ERROR_UNKNOWN_OR_FORBIDDEN) {
                        const Observed *object = world_find(e->world, rd->id);

                        if (object && !object->doubted) /* only a list that lacks it as well can tell */
                                observe_listings_now(o, rd->kind, rd->region, NULL, NULL);
                        world_see_missing(e->world, rd->id, reply->begun_usec);
                }
                rd->not_before = observe_backoff(e, ++rd->attempts, reply->retry_after_usec);
        }
        engine_wake(e);
}

static void start_read(Observer *o, Read *rd) {
        Engine *e = o->engine;
        _cleanup_free_ char *path = kind_object_path(rd->kind, rd->id);
        int r;

        rd->begun = engine_now(e);
        r = oci_call_start(e->options.client,
                           &(OciRequest){
                                   .region = e->estate->regions[rd->region].region,
                                   .service = kind_oci_service(rd->kind),
                                   .method = "GET",
                                   .path = path,
                                   .expect = OCI_EXPECT_OBJECT,
                                   .deadline_usec = DEADLINE,
                           },
                           on_read, rd, &rd->call);
        if (r < 0)
                rd->not_before = observe_backoff(e, ++rd->attempts, 0);
        else
                o->running[rd->region]++;
}

void reads_start(Observer *o, const Context *c, usec_t *next) {
        const Engine *e = o->engine;
        ChangingList changing = {};
        Read *rd, *following;

        HASH_ITER (hh, o->reads, rd, following) {
                rd->due = USEC_INFINITY;
                rd->changing = false;
        }
        for (size_t i = 0; i < e->n_resources + e->n_orphans; i++) {
                const Resource *r = i < e->n_resources ? e->resources[i] : e->orphans[i - e->n_resources];

                want_for_resource(o, c, r, &changing);
                if (!(r->kind->flags & KIND_NOT_CLOUD))
                        want_elsewhere(o, c, r);
        }
        want_changing(o, c, &changing);
        free(changing.v);
        HASH_ITER (hh, o->reads, rd, following) {
                usec_t due = MAX(rd->due, rd->not_before);

                if (!rd->changing)
                        rd->since = 0;
                if (rd->call)
                        continue;
                if (rd->due == USEC_INFINITY && !rd->changing && rd->not_before <= c->now &&
                    rd->begun + engine_wait(o->engine, KEPT) <= c->now) {
                        if (rd->kind->flags & KIND_BY_ID)
                                world_drop(e->world, rd->id); /* nothing names it any more */
                        read_free(o, rd);
                } else if (rd->due != USEC_INFINITY && due > c->now)
                        *next = MIN(*next, due);
                else if (rd->due != USEC_INFINITY && observe_may_start(o, rd->region))
                        start_read(o, rd);
        }
}

bool reads_wait(const Observer *o, unsigned region, usec_t now) {
        for (const Read *rd = o->reads; rd; rd = rd->hh.next)
                if (rd->region == region && !rd->call && rd->due != USEC_INFINITY &&
                    MAX(rd->due, rd->not_before) <= now)
                        return true;
        return false;
}

void reads_forget_due(Observer *o, const Observed *object) {
        Read *rd, *next;

        HASH_ITER (hh, o->reads, rd, next)
                if (!object || streq(rd->id, object->id)) {
                        rd->begun = 0;
                        rd->not_before = 0;
                }
}
