/* The table of Kubernetes resources, and how a row of `kubectl get` is made of one. */
#include "resource.h"

#include "base/json.h"

static const char *or_none(const char *text) {
        return isempty(text) ? "<none>" : text;
}

static char *text_name(const cJSON *o, usec_t now) {
        return xstrdup(json_path_string(o, "metadata.name"));
}

/* As kubectl counts it: 90s, 5m, 3h, 2d. */
static char *text_age(const cJSON *o, usec_t now) {
        const char *text = json_path_string(o, "metadata.creationTimestamp");
        unsigned long long sec;
        usec_t then;

        if (!text || parse_rfc3339(text, &then) < 0)
                return xstrdup("<unknown>");
        sec = now > then ? (now - then) / USEC_PER_SEC : 0;
        if (sec < 120)
                return xasprintf("%llus", sec);
        if (sec < 3 * 3600)
                return xasprintf("%llum", sec / 60);
        return sec < 48ULL * 3600 ? xasprintf("%lluh", sec / 3600) : xasprintf("%llud", sec / 86400);
}

static char *text_phase(const cJSON *o, usec_t now) {
        return xstrdup(or_none(json_path_string(o, "status.phase")));
}

static const char *condition_status(const cJSON *o, const char *type) {
        const cJSON *condition;

        cJSON_ArrayForEach (condition, json_path(o, "status.conditions"))
                if (streq_ptr(json_string(condition, "type"), type))
                        return json_string(condition, "status");
        return NULL;
}

static char *text_node_status(const cJSON *o, usec_t now) {
        const char *ready = condition_status(o, "Ready");

        return xasprintf("%s%s",
                         !ready                 ? "Unknown"
                         : streq(ready, "True") ? "Ready"
                                                : "NotReady",
                         json_bool(json_get(o, "spec"), "unschedulable", false) ? ",SchedulingDisabled"
                                                                                : "");
}

static char *text_node_roles(const cJSON *o, usec_t now) {
        _cleanup_str_ Str roles = {};
        const cJSON *label;

        cJSON_ArrayForEach (label, json_path(o, "metadata.labels")) {
                const char *role = startswith(label->string, "node-role.kubernetes.io/");

                if (!isempty(role))
                        str_addf(&roles, "%s%s", roles.size > 0 ? "," : "", role);
        }
        return xstrdup(or_none(str_get(&roles)));
}

static char *node_address(const cJSON *o, const char *type) {
        const cJSON *address;

        cJSON_ArrayForEach (address, json_path(o, "status.addresses"))
                if (streq_ptr(json_string(address, "type"), type))
                        return xstrdup(json_string(address, "address"));
        return xstrdup("<none>");
}

static char *text_node_internal(const cJSON *o, usec_t now) {
        return node_address(o, "InternalIP");
}

static char *text_node_external(const cJSON *o, usec_t now) {
        return node_address(o, "ExternalIP");
}

static char *text_node_version(const cJSON *o, usec_t now) {
        return xstrdup(or_none(json_path_string(o, "status.nodeInfo.kubeletVersion")));
}

static char *text_node_image(const cJSON *o, usec_t now) {
        return xstrdup(or_none(json_path_string(o, "status.nodeInfo.osImage")));
}

static char *text_node_kernel(const cJSON *o, usec_t now) {
        return xstrdup(or_none(json_path_string(o, "status.nodeInfo.kernelVersion")));
}

static char *text_node_runtime(const cJSON *o, usec_t now) {
        return xstrdup(or_none(json_path_string(o, "status.nodeInfo.containerRuntimeVersion")));
}

const KubeResource kube_nodes = {
        .group = "",
        .version = "v1",
        .plural = "nodes",
        .singular = "node",
        .kind = "Node",
        .verbs = { "get", "list", "watch", "patch" },
        .short_names = { "no" },
        .fields = { "spec.unschedulable" },
        .writable = { "spec.unschedulable", "spec.taints", "metadata.labels", "metadata.annotations" },
        .columns = {
                { "Name", text_name, false },
                { "Status", text_node_status, false },
                { "Roles", text_node_roles, false },
                { "Age", text_age, false },
                { "Version", text_node_version, false },
                { "Internal-IP", text_node_internal, true },
                { "External-IP", text_node_external, true },
                { "OS-Image", text_node_image, true },
                { "Kernel-Version", text_node_kernel, true },
                { "Container-Runtime", text_node_runtime, true },
        },
};

const KubeResource kube_namespaces = {
        .group = "",
        .version = "v1",
        .plural = "namespaces",
        .singular = "namespace",
        .kind = "Namespace",
        .verbs = { "get", "list", "watch" },
        .short_names = { "ns" },
        .fields = { "status.phase" },
        .columns = {
                { "Name", text_name, false },
                { "Status", text_phase, false },
                { "Age", text_age, false },
        },
};

static const KubeResource *const resource_table[] = { &kube_namespaces, &kube_nodes };

const KubeResource *kube_resource(size_t n) {
        return n < ARRAY_SIZE(resource_table) ? resource_table[n] : NULL;
}

const KubeResource *kube_resource_find(const char *group, const char *version, const char *plural) {
        for (size_t i = 0; i < ARRAY_SIZE(resource_table); i++) {
                const KubeResource *r = resource_table[i];

                if (streq(r->group, group) && streq(r->version, version) && streq(r->plural, plural))
                        return r;
        }
        return NULL;
}

bool kube_resource_has_verb(const KubeResource *r, const char *verb) {
        for (size_t i = 0; i < ARRAY_SIZE(r->verbs) && r->verbs[i]; i++)
                if (streq(r->verbs[i], verb))
                        return true;
        return false;
}
