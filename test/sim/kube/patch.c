/* Merge patches, and of strategic ones those that a merge patch could say as well. Only what the resource's table calls
 * writable changes. */
#include "patch.h"

#include <errno.h>

#include "../call.h"
#include "base/json.h"
#include "resource.h"
#include "status.h"

/* RFC 7386: null removes, objects merge, everything else replaces. */
static void merge(cJSON *o, const cJSON *patch) {
        const cJSON *v;

        cJSON_ArrayForEach (v, patch) {
                cJSON *have = json_get(o, v->string);

                if (cJSON_IsNull(v))
                        json_remove(o, v->string);
                else if (cJSON_IsObject(v) && cJSON_IsObject(have))
                        merge(have, v);
                else if (cJSON_IsObject(v)) {
                        cJSON *fresh = json_new_object();

                        merge(fresh, v);
                        json_set(o, v->string, fresh);
                } else
                        json_set_copy(o, v->string, v);
        }
}

static bool has_directive(const cJSON *patch) {
        const cJSON *v;

        cJSON_ArrayForEach (v, patch)
                if ((v->string && v->string[0] == '$') || has_directive(v))
                        return true;
        return false;
}

/* What the service would leave out: false, and what is empty. */
static bool is_nothing(const cJSON *v) {
        return !v || cJSON_IsFalse(v) || ((cJSON_IsObject(v) || cJSON_IsArray(v)) && !v->child);
}

static void take_path(cJSON *o, const cJSON *from, const char *path) {
        _cleanup_free_ char *parent = xstrndup(path, (size_t) (strrchr(path, '.') - path));
        const cJSON *v = json_path(from, path);

        if (!is_nothing(v))
                json_set_path(o, path, json_copy(v));
        else if (json_path(o, parent))
                json_remove(json_path(o, parent), strrchr(path, '.') + 1);
}

static int read_patch(Call *c, cJSON **ret) {
        const char *type = call_header(c, "content-type");
        _cleanup_free_ char *base = type ? xstrndup(type, strcspn(type, "; ")) : xstrdup("");
        bool strategic = streq(base, "application/strategic-merge-patch+json");
        _cleanup_json_ cJSON *patch = NULL;
        size_t offset = 0;

        if (!strategic && !streq(base, "application/merge-patch+json"))
                return kube_fail(
                        c, 415, "UnsupportedMediaType", NULL,
                        "the body of the request was in an unknown format - accepted media types include: "
                        "application/merge-patch+json, application/strategic-merge-patch+json");
        if (json_parse(c->body ? c->body : "", c->body_size, &patch, &offset) < 0 || !cJSON_IsObject(patch))
                return kube_fail(c, 400, "BadRequest", NULL,
                                 "error decoding patch: no JSON object at offset %zu", offset);
        if (strategic && has_directive(patch))
                return kube_fail(c, 400, "BadRequest", NULL, "the simulator knows no directives in a patch");
        *ret = TAKE_PTR(patch);
        return 0;
}

static int check_version(Call *c, const KubeResource *resource, const cJSON *have, const cJSON *patch) {
        const char *version = json_path_string(patch, "metadata.resourceVersion");
        cJSON *details;

        if (isempty(version) || streq_ptr(version, json_path_string(have, "metadata.resourceVersion")))
                return 0;
        details = json_new_object();
        json_set_string(details, "name", kube_name(have));
        json_set_string(details, "kind", resource->plural);
        return kube_fail(
                c, 409, "Conflict", details,
                "Operation cannot be fulfilled on %s \"%s\": the object has been modified; please apply "
                "your changes to the latest version and try again",
                resource->plural, kube_name(have));
}

int kube_patch(Call *c, KubeCluster *k, const KubeResource *resource, const char *space, const char *name) {
        const cJSON *have = kube_store_get(&k->store, resource, space, name);
        _cleanup_json_ cJSON *patch = NULL, *merged = NULL, *after = NULL;

        if (!have)
                return kube_fail_not_found(c, resource, name);
        if (read_patch(c, &patch) < 0 || check_version(c, resource, have, patch) < 0)
                return -EBADMSG;
        merged = json_copy(have);
        merge(merged, patch);
        after = json_copy(have);
        for (size_t i = 0; i < ARRAY_SIZE(resource->writable) && resource->writable[i]; i++)
                take_path(after, merged, resource->writable[i]);
        if (streq_ptr(call_query(c, "dryRun"), "All"))
                return call_reply(c, 200, TAKE_PTR(after));
        kube_store_put(&k->store, resource, TAKE_PTR(after));
        c->sim->kube->stale = true;
        return call_reply(c, 200, json_copy(kube_store_get(&k->store, resource, space, name)));
}
