/* One watch of one client. It keeps where it is in the cluster's history, and takes what is new since. */
#include "watch.h"

#include <errno.h>

#include "../call.h"
#include "../options.h"
#include "base/json.h"
#include "kube.h"
#include "list.h"
#include "resource.h"
#include "select.h"
#include "status.h"

#define BOOKMARK_SECONDS 60
#define BOOKMARK_MIN     (200 * USEC_PER_MSEC)
#define TIMEOUT_SECONDS  2700 /* a real one picks 30 to 60 minutes */
#define TOO_OLD          "too old resource version"

struct KubeWatch {
        Call *call;    /* not owned: it owns us */
        char *cluster; /* OCID: the cluster may go before we do */
        const KubeResource *resource;
        char *space; /* NULL: all */
        KubeSelector selector;
        uint64_t version; /* all up to this one was sent */
        bool bookmarks, ended;
        usec_t bookmark_at, end_at; /* monotonic */
        Str pending;
        size_t sent; /* of 'pending' */
};

KubeWatch *kube_watch_free(KubeWatch *w) {
        if (!w)
                return NULL;
        kube_selector_done(&w->selector);
        str_done(&w->pending);
        free(w->cluster);
        free(w->space);
        free(w);
        return NULL;
}

/* Takes 'object' over. */
static void send_raw(KubeWatch *w, const char *type, cJSON *object) {
        _cleanup_json_ cJSON *event = json_new_object();
        _cleanup_free_ char *line = NULL;

        json_set_string(event, "type", type);
        json_set(event, "object", object);
        line = json_text(event);
        str_addf(&w->pending, "%s\n", line);
}

static void send_object(KubeWatch *w, const char *type, const cJSON *object, uint64_t version) {
        _cleanup_free_ char *text = xasprintf("%llu", (unsigned long long) version);
        _cleanup_json_ cJSON *copy = json_copy(object);
        const cJSON *o = copy;

        json_set_path(copy, "metadata.resourceVersion",
                      json_new_string(text)); /* a deletion has one of its own */
        send_raw(w, type,
                 kube_wants_table(w->call) ? kube_table(w->call, w->resource, &o, 1) : TAKE_PTR(copy));
}

static void send_bookmark(KubeWatch *w, bool ends_initial) {
        _cleanup_free_ char *text = xasprintf("%llu", (unsigned long long) w->version), *version = NULL;
        cJSON *o = json_new_object(), *annotations = json_new_object();

        version = *w->resource->group ? xasprintf("%s/%s", w->resource->group, w->resource->version)
                                      : xstrdup(w->resource->version);
        json_set_string(o, "kind", w->resource->kind);
        json_set_string(o, "apiVersion", version);
        json_set_path(o, "metadata.resourceVersion", json_new_string(text));
        if (ends_initial) {
                json_set_string(annotations, "k8s.io/initial-events-end", "true");
                json_set(json_get(o, "metadata"), "annotations", annotations);
        } else
                cJSON_Delete(annotations);
        send_raw(w, "BOOKMARK", o);
}

static bool concerns(const KubeWatch *w, const cJSON *o) {
        return o && (!w->space || streq(kube_space(o), w->space)) && kube_selector_matches(&w->selector, o);
}

/* What comes to match is added, what ceases to is deleted, for this watch. */
static void send_change(KubeWatch *w, const KubeChange *change) {
        bool before = concerns(w, change->before), after = concerns(w, change->after);

        if (after)
                send_object(w, before ? "MODIFIED" : "ADDED", change->after, change->version);
        else if (before)
                send_object(w, "DELETED", change->before, change->version);
}

static void send_changes(KubeWatch *w, const KubeStore *store) {
        if (w->version < store->forgotten) {
                send_raw(w, "ERROR", kube_status(410, "Expired", NULL, TOO_OLD));
                w->ended = true;
                return;
        }
        for (size_t i = 0; i < store->n_changes; i++) {
                const KubeChange *change = &store->changes[i];

                if (change->version > w->version && change->resource == w->resource)
                        send_change(w, change);
        }
        w->version = store->version;
}

static void send_initial(KubeWatch *w, const KubeStore *store) {
        _cleanup_free_ const cJSON **list = NULL;
        size_t n;

        list = kube_store_list(store, w->resource, w->space, store->version, &n);
        for (size_t i = 0; i < n; i++)
                if (concerns(w, list[i]))
                        send_object(w, "ADDED", list[i], kube_version(list[i]));
        w->version = store->version;
}

static void set_next_bookmark(KubeWatch *w, usec_t now) {
        w->bookmark_at = w->bookmarks ? now + MAX(sim_scaled(w->call->sim, BOOKMARK_SECONDS), BOOKMARK_MIN)
                                      : USEC_INFINITY;
}

static void fill(KubeWatch *w, usec_t now) {
        const KubeCluster *k = kube_cluster(w->call->sim->kube, w->cluster);

        if (!k) { /* its API server is gone */
                w->ended = true;
                return;
        }
        if (w->version != k->store.version)
                send_changes(w, &k->store);
        if (w->ended || now < MIN(w->bookmark_at, w->end_at))
                return;
        w->ended = now >= w->end_at;
        if (w->bookmarks)
                send_bookmark(w, false);
        set_next_bookmark(w, now);
}

ptrdiff_t kube_watch_read(KubeWatch *w, usec_t now, char *buffer, size_t max) {
        size_t n;

        if (w->sent == w->pending.size) {
                str_done(&w->pending);
                w->sent = 0;
                if (!w->ended)
                        fill(w, now);
        }
        n = MIN(w->pending.size - w->sent, max);
        if (n == 0)
                return w->ended ? -ENODATA : 0;
        memcpy(buffer, w->pending.s + w->sent, n);
        w->sent += n;
        return (ptrdiff_t) n;
}

bool kube_watch_is_due(const KubeWatch *w, usec_t now) {
        const KubeCluster *k = kube_cluster(w->call->sim->kube, w->cluster);

        return !k || w->ended || w->sent < w->pending.size || k->store.version != w->version ||
               now >= kube_watch_next(w);
}

usec_t kube_watch_next(const KubeWatch *w) {
        return MIN(w->bookmark_at, w->end_at);
}

static bool query_bool(const Call *c, const char *name) {
        const char *text = call_query(c, name);
        bool value;

        return text && parse_bool(text, &value) >= 0 && value;
}

/* Where it begins: with what there is, or after a version. */
static int begin(Call *c, KubeWatch *w, const KubeStore *store) {
        bool given, initial = query_bool(c, "sendInitialEvents"), forbidden;

        forbidden = initial && !streq_ptr(call_query(c, "resourceVersionMatch"), "NotOlderThan");
        if (forbidden)
                return kube_fail(
                        c, 422, "Invalid", NULL,
                        "ListOptions is invalid: resourceVersionMatch: Forbidden: sendInitialEvents "
                        "requires setting resourceVersionMatch to NotOlderThan");
        if (kube_read_version(c, store, &w->version, &given) < 0)
                return -EBADMSG;
        if (!given || initial) {
                send_initial(w, store);
                if (initial && w->bookmarks)
                        send_bookmark(w, true);
        } else if (w->version < store->forgotten && !option_bool(c->sim, "watchGoneAsEvent"))
                return kube_fail_expired(c, TOO_OLD);
        return 0;
}

int kube_watch_open(Call *c, KubeCluster *k, const KubeResource *resource, const char *space) {
        const char *seconds_text = call_query(c, "timeoutSeconds");
        usec_t now = now_monotonic();
        int64_t seconds = 0;
        KubeWatch *w;

        if (!isempty(seconds_text) && parse_i64(seconds_text, 0, INT32_MAX, &seconds) < 0)
                return kube_fail(c, 400, "BadRequest", NULL, "invalid timeoutSeconds: '%s'", seconds_text);
        if (streq_ptr(c->principal, "hand"))
                return kube_fail(c, 400, "BadRequest", NULL, "a console hand cannot watch");
        w = xnew(KubeWatch, 1);
        *w = (KubeWatch){
                .call = c,
                .cluster = xstrdup(k->id),
                .resource = resource,
                .space = xstrdup(space),
                .bookmarks = query_bool(c, "allowWatchBookmarks"),
                .end_at = now + (usec_t) (seconds > 0 ? seconds : TIMEOUT_SECONDS) * USEC_PER_SEC,
        };
        set_next_bookmark(w, now);
        if (kube_selector_read(c, resource, &w->selector) < 0 || begin(c, w, &k->store) < 0) {
                kube_watch_free(w);
                return -EBADMSG;
        }
        c->watch = w;
        c->status = 200;
        return 0;
}
