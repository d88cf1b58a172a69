/* Kubernetes objects by resource, namespace and name, and what changed. */
#include "objects.h"

#include "../sim.h"
#include "base/json.h"
#include "resource.h"

#define EPOCH_2026_USEC (1767225600 * USEC_PER_SEC)

void kube_store_init(KubeStore *s, usec_t now) {
        *s = (KubeStore){ .version = (now - EPOCH_2026_USEC) / USEC_PER_MSEC };
        s->forgotten = s->version;
}

static void change_done(KubeChange *c) {
        cJSON_Delete(c->before);
        cJSON_Delete(c->after);
}

static void object_free(KubeStore *s, KubeObject *o) {
        HASH_DEL(s->objects, o);
        cJSON_Delete(o->body);
        free(o->key);
        free(o);
}

void kube_store_done(KubeStore *s) {
        KubeObject *o, *next;

        HASH_ITER (hh, s->objects, o, next)
                object_free(s, o);
        for (size_t i = 0; i < s->n_changes; i++)
                change_done(&s->changes[i]);
        free(s->changes);
        *s = (KubeStore){};
}

const char *kube_name(const cJSON *o) {
        const char *name = json_path_string(o, "metadata.name");

        return name ? name : "";
}

const char *kube_space(const cJSON *o) {
        const char *space = json_path_string(o, "metadata.namespace");

        return space ? space : "";
}

uint64_t kube_version(const cJSON *o) {
        const char *text = json_path_string(o, "metadata.resourceVersion");
        int64_t version = 0;

        if (text)
                (void) parse_i64(text, 0, INT64_MAX, &version);
        return (uint64_t) version;
}

static char *make_key(const KubeResource *resource, const char *space, const char *name) {
        return xasprintf("%s.%s/%s/%s", resource->plural, resource->group, space ? space : "", name);
}

static KubeObject *find(const KubeStore *s, const char *key) {
        KubeObject *o;

        HASH_FIND_STR(s->objects, key, o);
        return o;
}

const cJSON *kube_store_get(const KubeStore *s, const KubeResource *resource, const char *space,
                            const char *name) {
        _cleanup_free_ char *key = make_key(resource, space, name);
        const KubeObject *o = find(s, key);

        return o ? o->body : NULL;
}

static void set_version(cJSON *body, uint64_t version) {
        _cleanup_free_ char *text = xasprintf("%llu", (unsigned long long) version);

        json_set_path(body, "metadata.resourceVersion", json_new_string(text));
}

static void note_change(KubeStore *s, const KubeResource *resource, cJSON *before, cJSON *after) {
        array_push(s->changes, s->n_changes,
                   ((KubeChange){
                           .version = s->version, .resource = resource, .before = before, .after = after }));
}

void kube_store_put(KubeStore *s, const KubeResource *resource, cJSON *body) {
        _cleanup_free_ char *key = make_key(resource, kube_space(body), kube_name(body));
        KubeObject *o = find(s, key);
        cJSON *before = NULL;

        if (o) {
                set_version(body, kube_version(o->body));
                if (json_equal(o->body, body)) {
                        cJSON_Delete(body);
                        return;
                }
                before = o->body;
        } else {
                o = xnew(KubeObject, 1);
                *o = (KubeObject){ .resource = resource, .key = TAKE_PTR(key) };
                HASH_ADD_KEYPTR(hh, s->objects, o->key, strlen(o->key), o);
        }
        set_version(body, ++s->version);
        o->body = body;
        note_change(s, resource, before, json_copy(body));
}

void kube_store_remove(KubeStore *s, const KubeResource *resource, const char *space, const char *name) {
        _cleanup_free_ char *key = make_key(resource, space, name);
        KubeObject *o = find(s, key);

        if (!o)
                return;
        s->version++;
        note_change(s, resource, TAKE_PTR(o->body), NULL);
        object_free(s, o);
}

void kube_store_forget(KubeStore *s, size_t n) {
        size_t gone = s->n_changes > n ? s->n_changes - n : 0;

        if (gone == 0)
                return;
        s->forgotten = s->changes[gone - 1].version;
        for (size_t i = 0; i < gone; i++)
                change_done(&s->changes[i]);
        memmove(s->changes, s->changes + gone, (s->n_changes - gone) * sizeof *s->changes);
        s->n_changes -= gone;
}

static int compare(const void *a, const void *b) {
        const cJSON *x = *(const cJSON *const *) a, *y = *(const cJSON *const *) b;
        int r = strcmp(kube_space(x), kube_space(y));

        return r != 0 ? r : strcmp(kube_name(x), kube_name(y));
}

static bool is_in(const cJSON *o, const char *space) {
        return !space || streq(kube_space(o), space);
}

/* The first change after 'version' to that object says what it was at 'version'. */
static const KubeChange *first_change(const KubeStore *s, const KubeResource *resource, const cJSON *o,
                                      uint64_t version) {
        for (size_t i = 0; i < s->n_changes; i++) {
                const KubeChange *c = &s->changes[i];
                const cJSON *either = c->before ? c->before : c->after;

                if (c->version > version && c->resource == resource && compare(&either, &o) == 0)
                        return c;
        }
        return NULL;
}

const cJSON **kube_store_list(const KubeStore *s, const KubeResource *resource, const char *space,
                              uint64_t version, size_t *ret_n) {
        const cJSON **list = NULL;
        const KubeObject *o, *next;
        size_t n = 0;

        HASH_ITER (hh, s->objects, o, next)
                if (o->resource == resource && is_in(o->body, space) && kube_version(o->body) <= version)
                        array_push(list, n, o->body); /* untouched since */
        for (size_t i = 0; i < s->n_changes && version < s->version; i++) {
                const KubeChange *c = &s->changes[i];

                if (c->version > version && c->resource == resource && c->before &&
                    is_in(c->before, space) && first_change(s, resource, c->before, version) == c)
                        array_push(list, n, c->before);
        }
        if (n > 0)
                qsort(list, n, sizeof *list, compare);
        *ret_n = n;
        return list;
}
