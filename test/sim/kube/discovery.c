/* Discovery, out of the table of resources. */
#include "discovery.h"

#include "../call.h"
#include "base/json.h"
#include "resource.h"

#define AGGREGATED "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

static cJSON *new_list(const char *kind, const char *version, const char *items) {
        cJSON *o = json_new_object();

        json_set_string(o, "kind", kind);
        json_set_string(o, "apiVersion", version);
        json_set(o, items, json_new_array());
        return o;
}

static void add_words(cJSON *o, const char *name, const char *const *words, size_t max) {
        cJSON *a = json_new_array();

        for (size_t i = 0; i < max && words[i]; i++)
                json_append_string(a, words[i]);
        json_set(o, name, a);
}

static bool wants_aggregated(const Call *c) {
        const char *accept = call_header(c, "accept");

        return accept && strstr(accept, "g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList");
}

static cJSON *aggregated_resource(const KubeResource *r) {
        cJSON *o = json_new_object();

        json_set_string(o, "resource", r->plural);
        json_set_path(o, "responseKind.group", json_new_string(r->group));
        json_set_path(o, "responseKind.version", json_new_string(r->version));
        json_set_path(o, "responseKind.kind", json_new_string(r->kind));
        json_set_string(o, "scope", r->namespaced ? "Namespaced" : "Cluster");
        json_set_string(o, "singularResource", r->singular);
        add_words(o, "verbs", r->verbs, ARRAY_SIZE(r->verbs));
        add_words(o, "shortNames", r->short_names, ARRAY_SIZE(r->short_names));
        return o;
}

/* The member of 'items' whose 'path' is that; a new one where there is none. */
static cJSON *member(cJSON *items, const char *path, const char *value) {
        cJSON *o;

        cJSON_ArrayForEach (o, items)
                if (streq_ptr(json_path_string(o, path), value))
                        return o;
        o = json_new_object();
        json_set_path(o, path, json_new_string(value));
        json_append(items, o);
        return o;
}

/* Core under /api, all other groups under /apis. */
static int reply_aggregated(Call *c, bool core) {
        cJSON *list = new_list("APIGroupDiscoveryList", "apidiscovery.k8s.io/v2", "items");
        const KubeResource *r;

        json_set(list, "metadata", json_new_object());
        for (size_t i = 0; (r = kube_resource(i)); i++) {
                cJSON *group, *version;

                if (isempty(r->group) != core)
                        continue;
                group = member(json_get(list, "items"), "metadata.name", r->group);
                if (!json_get(group, "versions"))
                        json_set(group, "versions", json_new_array());
                version = member(json_get(group, "versions"), "version", r->version);
                if (!json_get(version, "resources"))
                        json_set(version, "resources", json_new_array());
                json_append(json_get(version, "resources"), aggregated_resource(r));
                json_set_string(version, "freshness", "Current");
        }
        c->content_type = AGGREGATED;
        return call_reply(c, 200, list);
}

static int reply_versions(Call *c) {
        cJSON *o = new_list("APIVersions", "v1", "versions"), *addresses = json_new_array(),
              *address = json_new_object();

        json_append_string(json_get(o, "versions"), "v1");
        json_set_string(address, "clientCIDR", "0.0.0.0/0");
        json_set_string(address, "serverAddress", c->host ? c->host : "");
        json_append(addresses, address);
        json_set(o, "serverAddressByClientCIDRs", addresses);
        return call_reply(c, 200, o);
}

static int reply_groups(Call *c) {
        cJSON *list = new_list("APIGroupList", "v1", "groups");
        const KubeResource *r;

        for (size_t i = 0; (r = kube_resource(i)); i++) {
                _cleanup_free_ char *both = xasprintf("%s/%s", r->group, r->version);
                cJSON *group, *version;

                if (isempty(r->group))
                        continue;
                group = member(json_get(list, "groups"), "name", r->group);
                if (!json_get(group, "versions"))
                        json_set(group, "versions", json_new_array());
                version = member(json_get(group, "versions"), "groupVersion", both);
                json_set_string(version, "version", r->version);
                json_set_copy(group, "preferredVersion", cJSON_GetArrayItem(json_get(group, "versions"), 0));
        }
        return call_reply(c, 200, list);
}

/* False when there is no such version. */
static bool reply_resources(Call *c, const char *group, const char *version) {
        cJSON *list = new_list("APIResourceList", "v1", "resources");
        _cleanup_free_ char *both = *group ? xasprintf("%s/%s", group, version) : xstrdup(version);
        const KubeResource *r;

        json_set_string(list, "groupVersion", both);
        for (size_t i = 0; (r = kube_resource(i)); i++) {
                cJSON *o;

                if (!streq(r->group, group) || !streq(r->version, version))
                        continue;
                o = json_new_object();
                json_set_string(o, "name", r->plural);
                json_set_string(o, "singularName", r->singular);
                json_set_bool(o, "namespaced", r->namespaced);
                json_set_string(o, "kind", r->kind);
                add_words(o, "verbs", r->verbs, ARRAY_SIZE(r->verbs));
                add_words(o, "shortNames", r->short_names, ARRAY_SIZE(r->short_names));
                json_append(json_get(list, "resources"), o);
        }
        if (cJSON_GetArraySize(json_get(list, "resources")) == 0) {
                cJSON_Delete(list);
                return false;
        }
        call_reply(c, 200, list);
        return true;
}

bool kube_discovery_handle(Call *c) {
        _cleanup_(strv_freep) char **parts = NULL;
        size_t n;

        if (!streq(c->method, "GET"))
                return false;
        parts = str_split(c->path + 1, '/');
        n = strv_length(parts);
        if (n == 1 && (streq(parts[0], "api") || streq(parts[0], "apis"))) {
                bool core = streq(parts[0], "api");

                if (wants_aggregated(c))
                        reply_aggregated(c, core);
                else if (core)
                        reply_versions(c);
                else
                        reply_groups(c);
                return true;
        }
        if (n == 2 && streq(parts[0], "api"))
                return reply_resources(c, "", parts[1]);
        return n == 3 && streq(parts[0], "apis") && *parts[1] && reply_resources(c, parts[1], parts[2]);
}
