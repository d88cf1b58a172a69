/* Reading work requests. */
#include "work.h"

static const Kind *work_kind(const Kind *k) {
        for (size_t i = 0; kinds[i]; i++)
                if (kind_tells_of(kinds[i], k))
                        return kinds[i];
        return NULL;
}

static const Observed *first_work(const Context *c, const Resource *r) {
        const Kind *k = work_kind(r->kind);

        return k ? world_first(c->world, k, r->region) : NULL;
}

Listing *work_listing(const Context *c, const Resource *r) {
        const Kind *k = work_kind(r->kind);
        const char *scope = r->desired && r->desired->compartment ? r->desired->compartment
                                                                  : c->estate->compartment;

        return k ? world_listing(c->world, k, NULL, r->region, scope) : NULL;
}

static bool is_open(const Observed *work) {
        return observed_is_moving(work);
}

static bool concerns(const Observed *work, const char *id) {
        const cJSON *subject;

        cJSON_ArrayForEach (subject, json_get(work->body, "resources"))
                if (streq_ptr(json_string(subject, "identifier"), id))
                        return true;
        return false;
}

static bool shows_its_thing(const Context *c, const Observed *work, const Kind *k) {
        const cJSON *subject;

        cJSON_ArrayForEach (subject, json_get(work->body, "resources")) {
                const Observed *o = world_find(c->world, json_string(subject, "identifier"));

                if (o && o->kind == k)
                        return true;
        }
        return false;
}

static bool makes(const Observed *work, const Kind *k) {
        return k->work_creates && streq_ptr(json_string(work->body, "operationType"), k->work_creates);
}

const Observed *work_creating(const Context *c, const Resource *r) {
        for (const Observed *w = first_work(c, r); w; w = w->next_of_kind)
                if (makes(w, r->kind) && is_open(w) && !shows_its_thing(c, w, r->kind))
                        return w;
        return NULL;
}

usec_t work_created(const Context *c, const Resource *r) {
        usec_t last = 0;

        for (const Observed *w = first_work(c, r); w; w = w->next_of_kind)
                if (makes(w, r->kind) && !shows_its_thing(c, w, r->kind))
                        last = MAX(last, w->changed);
        return last;
}

const Observed *work_open(const Context *c, const Resource *r) {
        for (const Observed *w = r->observed ? first_work(c, r) : NULL; w; w = w->next_of_kind)
                if (is_open(w) && concerns(w, r->observed->id))
                        return w;
        return NULL;
}

usec_t work_closed(const Context *c, const Resource *r) {
        usec_t last = 0;

        for (const Observed *w = r->observed ? first_work(c, r) : NULL; w; w = w->next_of_kind)
                if (!is_open(w) && concerns(w, r->observed->id))
                        last = MAX(last, w->changed);
        return last;
}

/* Times are of one form, so their text tells which is later. */
static bool is_later(const Observed *a, const Observed *b) {
        const char *x = json_string(a->body, "timeAccepted"),
                   *y = b ? json_string(b->body, "timeAccepted") : NULL;

        return x && (!y || strcmp(x, y) > 0);
}

const Observed *work_failure(const Context *c, const Resource *r) {
        const Observed *last = NULL;

        for (const Observed *w = first_work(c, r); w; w = w->next_of_kind)
                if (w->life == LIFE_FAILED &&
                    (r->observed ? concerns(w, r->observed->id) : makes(w, r->kind)) && is_later(w, last))
                        last = w;
        return last;
}

char *work_failure_text(const Observed *failed) {
        const SubItems *errors = observed_sub(failed, kind_field(failed->kind, "errors"));
        const char *operation = json_string(failed->body, "operationType");
        const cJSON *items = errors ? errors->items : NULL, *e;
        Str b = {};

        cJSON_ArrayForEach (e, items) {
                const char *code = json_string(e, "code"), *message = json_string(e, "message");

                str_addf(&b, "%s%s: %s", b.size ? "; " : "", code ? code : "failed",
                         message ? message : "?");
        }
        if (!b.size)
                str_add(&b, "the service has not said why");
        str_addf(&b, " (%s, %s)", operation ? operation : "a work request", failed->id);
        return str_take(&b);
}
