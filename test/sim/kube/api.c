/* Who asks, and for what: a bearer token, then health, version, discovery or an object. */
#include "api.h"

#include <errno.h>
#include <strings.h>

#include "../call.h"
#include "../oke-token.h"
#include "../store.h"
#include "base/json.h"
#include "discovery.h"
#include "kube.h"
#include "list.h"
#include "patch.h"
#include "resource.h"
#include "status.h"
#include "watch.h"

/* What a path of the API names. */
typedef struct Target {
        const KubeResource *resource;
        const char *space, *name; /* NULL: not said; borrowed from the parts */
} Target;

static const char *bearer(const Call *c) {
        const char *header = call_header(c, "authorization");

        return header && strncasecmp(header, "Bearer ", 7) == 0 ? header + 7 : NULL;
}

/* The cluster among those with that endpoint that takes the token; NULL after a 401. */
static Object *authenticate(Call *c) {
        _cleanup_free_ char *why = xstrdup("there is no bearer token");
        const char *token = bearer(c);

        for (Object *o = kube_match(c, NULL); o; o = kube_match(c, o)) {
                if (c->principal)
                        return o;
                if (!token)
                        continue;
                if (streq_ptr(token, c->sim->kube->rehearsal_token))
                        c->principal = "rehearsal";
                else {
                        free(why);
                        why = NULL;
                        c->principal = oke_token_verify(c->sim, token, o->region, o->id, call_wall_clock(c),
                                                        &why);
                }
                if (c->principal)
                        return o;
        }
        kube_fail_unauthorized(c, why);
        return NULL;
}

static int reply_version(Call *c, const Object *cluster) {
        const char *version = json_string(cluster->body, "kubernetesVersion");
        _cleanup_(strv_freep) char **parts = str_split(version ? version : "v1.34.1", '.');
        cJSON *o = json_new_object();

        json_set_string(o, "major", "1");
        json_set_string(o, "minor", strv_length(parts) > 1 ? parts[1] : "");
        json_set_string(o, "gitVersion", version);
        json_set_string(o, "gitCommit", "");
        json_set_string(o, "gitTreeState", "clean");
        json_set_string(o, "buildDate", "2025-09-09T19:43:15Z");
        json_set_string(o, "goVersion", "go1.24.6");
        json_set_string(o, "compiler", "gc");
        json_set_string(o, "platform", "linux/amd64");
        return call_reply(c, 200, o);
}

/* /livez, /readyz and /healthz, and single checks below them. */
static bool handle_health(Call *c) {
        static const char *const paths[] = { "/livez", "/readyz", "/healthz" };

        for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
                const char *rest = startswith(c->path, paths[i]);

                if (!rest || !streq(c->method, "GET"))
                        continue;
                if (*rest && !streq(rest, "/ping") && !streq(rest, "/etcd"))
                        continue;
                if (call_query(c, "verbose")) {
                        _cleanup_free_ char *text = xasprintf("[+]ping ok\n[+]etcd ok\n%s check passed\n",
                                                              paths[i] + 1);

                        call_reply_text(c, 200, "text/plain; charset=utf-8", text);
                } else
                        call_reply_text(c, 200, "text/plain; charset=utf-8", "ok");
                return true;
        }
        return false;
}

/* PREFIX/PLURAL[/NAME] or PREFIX/namespaces/NS/PLURAL[/NAME], PREFIX being /api/v1 or /apis/G/V. -ENOENT: nothing is there. */
static int target_parse(char *const *parts, Target *ret) {
        size_t n = strv_length(parts), at;
        bool core = streq(parts[0], "api");
        const char *group, *version, *space = NULL;
        const KubeResource *r;

        at = core ? 2 : 3;
        if (n <= at || (!core && (!streq(parts[0], "apis") || !*parts[1])))
                return -ENOENT;
        group = core ? "" : parts[1];
        version = parts[at - 1];
        if (n > at + 2 && streq(parts[at], "namespaces")) {
                space = parts[at + 1];
                at += 2;
        }
        r = kube_resource_find(group, version, parts[at]);
        if (!r || n > at + 2 || (space && !r->namespaced))
                return -ENOENT;
        *ret = (Target){ .resource = r, .space = space, .name = n == at + 2 ? parts[at + 1] : NULL };
        return ret->name && (!*ret->name || (r->namespaced && !space)) ? -ENOENT : 0;
}

static bool wants_watch(const Call *c) {
        const char *text = call_query(c, "watch");
        bool value = false;

        return text && parse_bool(text, &value) >= 0 && value;
}

static const char *verb_of(const Call *c, const Target *t) {
        if (streq(c->method, "GET"))
                return t->name ? "get" : wants_watch(c) ? "watch" : "list";
        if (streq(c->method, "PATCH"))
                return t->name ? "patch" : "";
        return "";
}

static int handle_object(Call *c, KubeCluster *k) {
        _cleanup_(strv_freep) char **parts = str_split(c->path + 1, '/');
        const char *verb;
        Target t;

        if (target_parse(parts, &t) < 0)
                return kube_fail_no_path(c);
        verb = verb_of(c, &t);
        if (!kube_resource_has_verb(t.resource, verb))
                return kube_fail_method(c);
        if (streq(verb, "get"))
                return kube_get(c, k, t.resource, t.space, t.name);
        if (streq(verb, "patch"))
                return kube_patch(c, k, t.resource, t.space, t.name);
        return streq(verb, "watch") ? kube_watch_open(c, k, t.resource, t.space)
                                    : kube_list(c, k, t.resource, t.space);
}

void kube_handle(Call *c) {
        const Object *cluster;
        KubeCluster *k;

        kube_run(c->sim->kube); /* what happened up to now */
        cluster = authenticate(c);
        k = cluster ? kube_cluster(c->sim->kube, cluster->id) : NULL;
        if (!k) {
                if (cluster)
                        kube_fail(c, 503, "ServiceUnavailable", NULL, "the cluster does not serve");
        } else if (streq(c->path, "/version") && streq(c->method, "GET"))
                reply_version(c, cluster);
        else if (!handle_health(c) && !kube_discovery_handle(c))
                handle_object(c, k);
}
