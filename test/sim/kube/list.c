/* Lists: all pages of one show the cluster as it was when the first was asked for, or are 410. */
#include "list.h"

#include <errno.h>

#include "../call.h"
#include "base/encode.h"
#include "base/json.h"
#include "resource.h"
#include "select.h"
#include "status.h"

#define TABLE_VERSION "meta.k8s.io/v1"

/* How a list goes on: at which version, after which object. */
typedef struct Position {
        uint64_t version;
        char *space, *name;
} Position;

static void position_done(Position *p) {
        free(p->space);
        free(p->name);
}

bool kube_wants_table(const Call *c) {
        const char *accept = call_header(c, "accept");

        return accept && strstr(accept, "as=Table;v=v1;g=meta.k8s.io");
}

static cJSON *table_columns(const KubeResource *resource) {
        cJSON *columns = json_new_array();

        for (const KubeColumn *column = resource->columns; column->name; column++) {
                cJSON *o = json_new_object();

                json_set_string(o, "name", column->name);
                json_set_string(o, "type", "string");
                json_set_string(o, "format", column == resource->columns ? "name" : "");
                json_set_string(o, "description", column->name);
                json_set_number(o, "priority", column->wide);
                json_append(columns, o);
        }
        return columns;
}

static cJSON *table_row(const Call *c, const KubeResource *resource, const cJSON *object) {
        const char *include = call_query(c, "includeObject");
        cJSON *row = json_new_object(), *cells = json_new_array(), *meta;

        for (const KubeColumn *column = resource->columns; column->name; column++) {
                _cleanup_free_ char *text = column->text(object, call_wall_clock(c));

                json_append_string(cells, text);
        }
        json_set(row, "cells", cells);
        if (streq_ptr(include, "Object"))
                json_set_copy(row, "object", object);
        else if (!streq_ptr(include, "None")) {
                meta = json_new_object();
                json_set_string(meta, "kind", "PartialObjectMetadata");
                json_set_string(meta, "apiVersion", TABLE_VERSION);
                json_set_copy(meta, "metadata", json_get(object, "metadata"));
                json_set(row, "object", meta);
        }
        return row;
}

cJSON *kube_table(const Call *c, const KubeResource *resource, const cJSON *const *objects, size_t n) {
        cJSON *o = json_new_object(), *rows = json_new_array();

        json_set_string(o, "kind", "Table");
        json_set_string(o, "apiVersion", TABLE_VERSION);
        json_set(o, "metadata", json_new_object());
        json_set(o, "columnDefinitions", table_columns(resource));
        for (size_t i = 0; i < n; i++)
                json_append(rows, table_row(c, resource, objects[i]));
        json_set(o, "rows", rows);
        return o;
}

/* Items of a list do not say what they are. */
static cJSON *plain_list(const KubeResource *resource, const cJSON *const *objects, size_t n) {
        _cleanup_free_ char *kind = xasprintf("%sList", resource->kind),
                            *version = *resource->group
                                               ? xasprintf("%s/%s", resource->group, resource->version)
                                               : xstrdup(resource->version);
        cJSON *o = json_new_object(), *items = json_new_array();

        json_set_string(o, "kind", kind);
        json_set_string(o, "apiVersion", version);
        json_set(o, "metadata", json_new_object());
        for (size_t i = 0; i < n; i++) {
                cJSON *item = json_copy(objects[i]);

                json_remove(item, "kind");
                json_remove(item, "apiVersion");
                json_append(items, item);
        }
        json_set(o, "items", items);
        return o;
}

static int fail_too_new(Call *c, uint64_t version, uint64_t have) {
        cJSON *details = json_new_object(), *causes = json_new_array(), *cause = json_new_object();

        json_set_string(cause, "reason", "ResourceVersionTooLarge");
        json_set_string(cause, "message", "Too large resource version");
        json_append(causes, cause);
        json_set(details, "causes", causes);
        json_set_number(details, "retryAfterSeconds", 1);
        call_add_reply_header(c, "retry-after", "1");
        return kube_fail(c, 504, "Timeout", details, "Too large resource version: %llu, current: %llu",
                         (unsigned long long) version, (unsigned long long) have);
}

int kube_read_version(Call *c, const KubeStore *store, uint64_t *ret, bool *ret_given) {
        const char *text = call_query(c, "resourceVersion");
        int64_t version = 0;

        if (!isempty(text) && parse_i64(text, 0, INT64_MAX, &version) < 0)
                return kube_fail(c, 400, "BadRequest", NULL, "invalid resource version: '%s'", text);
        if ((uint64_t) version > store->version)
                return fail_too_new(c, (uint64_t) version, store->version);
        *ret = (uint64_t) version;
        *ret_given = version > 0;
        return 0;
}

/* VERSION/NAMESPACE/NAME, opaque. */
static char *position_text(uint64_t version, const cJSON *last) {
        _cleanup_free_ char *text = xasprintf("%llu/%s/%s", (unsigned long long) version, kube_space(last),
                                              kube_name(last));

        return base64url_encode(text, strlen(text));
}

static int position_parse(const char *text, Position *ret) {
        _cleanup_free_ unsigned char *raw = NULL;
        _cleanup_(strv_freep) char **parts = NULL;
        int64_t version;
        size_t size;

        if (base64url_decode(text, &raw, &size) < 0)
                return -EINVAL;
        parts = str_split((const char *) raw, '/');
        if (strv_length(parts) != 3 || parse_i64(parts[0], 0, INT64_MAX, &version) < 0)
                return -EINVAL;
        *ret = (Position){ .version = (uint64_t) version,
                           .space = xstrdup(parts[1]),
                           .name = xstrdup(parts[2]) };
        return 0;
}

/* Where the page begins, and as of when. */
static int read_position(Call *c, const KubeStore *store, Position *ret) {
        const char *go_on = call_query(c, "continue");
        bool exact = streq_ptr(call_query(c, "resourceVersionMatch"), "Exact"), given;
        uint64_t version;

        if (kube_read_version(c, store, &version, &given) < 0)
                return -EBADMSG;
        if (!isempty(go_on) && given)
                return kube_fail(c, 400, "BadRequest", NULL,
                                 "specifying resource version is not allowed when using continue");
        if (!isempty(go_on) && position_parse(go_on, ret) < 0)
                return kube_fail(c, 400, "BadRequest", NULL, "continue key is not valid");
        if (isempty(go_on))
                *ret = (Position){ .version = exact && given ? version : store->version };
        if (ret->version >= store->forgotten)
                return 0;
        return kube_fail_expired(c,
                                 "The provided continue parameter is too old to display a consistent list "
                                 "result. You can start a new list without the continue parameter.");
}

static bool is_after(const cJSON *o, const Position *p) {
        int r = p->name ? strcmp(kube_space(o), p->space) : 1;

        return r > 0 || (r == 0 && strcmp(kube_name(o), p->name) > 0);
}

/* Moves what belongs to the page to the front; returns how much that is. */
static size_t take_page(const cJSON **list, size_t n, const Position *p, const KubeSelector *selector,
                        int64_t limit, size_t *ret_left) {
        size_t taken = 0, left = 0;

        for (size_t i = 0; i < n; i++) {
                if (!is_after(list[i], p) || !kube_selector_matches(selector, list[i]))
                        continue;
                if (limit > 0 && taken >= (size_t) limit)
                        left++;
                else
                        list[taken++] = list[i];
        }
        *ret_left = left;
        return taken;
}

static int reply_list(Call *c, const KubeStore *store, const KubeResource *resource, const char *space,
                      const KubeSelector *selector, const Position *p, int64_t limit) {
        _cleanup_free_ char *version = xasprintf("%llu", (unsigned long long) p->version);
        _cleanup_free_ const cJSON **list = NULL;
        size_t n, left;
        cJSON *body;

        list = kube_store_list(store, resource, space, p->version, &n);
        n = take_page(list, n, p, selector, limit, &left);
        body = kube_wants_table(c) ? kube_table(c, resource, list, n) : plain_list(resource, list, n);
        json_set_path(body, "metadata.resourceVersion", json_new_string(version));
        if (left > 0) {
                _cleanup_free_ char *go_on = position_text(p->version, list[n - 1]);

                json_set_path(body, "metadata.continue", json_new_string(go_on));
                if (selector->n_terms == 0)
                        json_set_number(json_get(body, "metadata"), "remainingItemCount", (double) left);
        }
        return call_reply(c, 200, body);
}

int kube_list(Call *c, KubeCluster *k, const KubeResource *resource, const char *space) {
        _cleanup_(kube_selector_done) KubeSelector selector = {};
        _cleanup_(position_done) Position p = {};
        const char *limit_text = call_query(c, "limit");
        int64_t limit = 0;

        if (!isempty(limit_text) && parse_i64(limit_text, 0, INT32_MAX, &limit) < 0)
                return kube_fail(c, 400, "BadRequest", NULL, "invalid limit: '%s'", limit_text);
        if (read_position(c, &k->store, &p) < 0 || kube_selector_read(c, resource, &selector) < 0)
                return -EBADMSG;
        return reply_list(c, &k->store, resource, space, &selector, &p, limit);
}

int kube_get(Call *c, KubeCluster *k, const KubeResource *resource, const char *space, const char *name) {
        const cJSON *o = kube_store_get(&k->store, resource, space, name);
        uint64_t version;
        bool given;

        if (kube_read_version(c, &k->store, &version, &given) < 0)
                return -EBADMSG;
        if (!o)
                return kube_fail_not_found(c, resource, name);
        return call_reply(c, 200, kube_wants_table(c) ? kube_table(c, resource, &o, 1) : json_copy(o));
}
