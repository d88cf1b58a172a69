/* The way of a control plane to a newer version: never past a minor one, so the next of them is taken, observed, and asked again.
 *
 *   there     offered              wanted    step
 *   v1.32.1   v1.33.1              v1.34.1   v1.33.1
 *   v1.33.1   v1.33.4, v1.34.1     v1.34.1   v1.34.1
 *   v1.32.1   v1.33.1, v1.33.4     v1.34.1   v1.33.4: the newest of the next minor
 *   v1.32.1   (none)               v1.34.1   none: not offered
 *   v1.33.1   not said             v1.34.1   v1.34.1: the API will say */
#include "kinds.h"
#include "model/resource.h"
#include "model/version.h"
#include "oke.h"

const char *cluster_next_version(const char *there, const char *wanted, const cJSON *offered) {
        KubeVersion have, want, best = {};
        const char *step = NULL;
        const cJSON *e;

        if (!there || kube_version_parse(there, &have) < 0 || kube_version_parse(wanted, &want) < 0)
                return NULL;
        if (!offered && want.major == have.major && want.minor <= have.minor + 1)
                return wanted;
        cJSON_ArrayForEach (e, offered) {
                const char *text = cJSON_IsString(e) ? e->valuestring : "";
                KubeVersion v;

                if (kube_version_parse(text, &v) < 0 || kube_version_compare(&v, &have) <= 0 ||
                    kube_version_compare(&v, &want) > 0 || v.major != have.major || v.minor > have.minor + 1)
                        continue;
                if (!step || kube_version_compare(&v, &best) > 0) {
                        step = text;
                        best = v;
                }
        }
        return step;
}

static Action *upgrade_of(const Assessment *a) {
        for (size_t i = 0; i < a->n_actions; i++)
                if (a->actions[i]->verb == VERB_DISRUPT &&
                    json_get(a->actions[i]->call.body, "kubernetesVersion"))
                        return a->actions[i];
        return NULL;
}

/* One that is not offered is not asked for: whatever else the call would have done waits as well. */
static void cancel(Assessment *a, Action *action) {
        size_t n = 0;

        for (size_t i = 0; i < a->n_actions; i++)
                if (a->actions[i] != action)
                        a->actions[n++] = a->actions[i];
        a->n_actions = n;
        action_free(action);
}

void cluster_next_step(const Context *c, const Resource *r, Assessment *a) {
        Action *action = upgrade_of(a);
        const char *there = json_string(r->observed->body, "kubernetesVersion");
        const char *wanted = action ? json_string(action->call.body, "kubernetesVersion") : NULL, *step;

        (void) c;
        if (!wanted || streq_ptr(there, wanted))
                return;
        step = cluster_next_version(there, wanted,
                                    json_get(r->observed->body, "availableKubernetesUpgrades"));
        if (!step) {
                assessment_set(a, VERDICT_BLOCKED, "version-not-offered",
                               "OKE offers no way from %s to %s now: declare one of its "
                               "availableKubernetesUpgrades",
                               there ? there : "?", wanted);
                cancel(a, action);
                return;
        }
        if (streq(step, wanted))
                return;
        free(action->reason);
        action->reason = xasprintf("%s to %s goes by %s first: no minor version is left out", there, wanted,
                                   step);
        json_set_string(action->call.body, "kubernetesVersion", step);
}

static bool has_pools(const Context *c, const Observed *cluster) {
        for (const Observed *o = world_first(c->world, &kind_node_pool, cluster->region); o;
             o = o->next_of_kind)
                if (o->life != LIFE_GONE && streq_ptr(json_string(o->body, "clusterId"), cluster->id))
                        return true;
        return false;
}

void cluster_when_failed(const Context *c, const Resource *r, Assessment *a) {
        if (!has_pools(c, r->observed))
                oke_make_anew(r, a, "its create FAILED and nothing is in it: make it anew");
}
