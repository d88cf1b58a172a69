/* What clusters, node pools and add-ons have in common while they live. */
#include "oke.h"

#include "model/resource.h"

const LifeWord life_oke[] = {
        { "CREATING", LIFE_COMING },       { "ACTIVE", LIFE_READY },    { "UPDATING", LIFE_CHANGING },
        { "DELETING", LIFE_GOING },        { "DELETED", LIFE_GONE },    { "FAILED", LIFE_FAILED },
        { "NEEDS_ATTENTION", LIFE_READY }, { "INACTIVE", LIFE_FAILED }, {},
};

const char *const cni_types[] = { CNI_FLANNEL, CNI_NATIVE, NULL };

static const char *error_of(const cJSON *body) {
        const char *why = json_path_string(body, "addonError.message");

        return why ? why : json_string(body, "lifecycleDetails");
}

void oke_next_step(const Context *c, const Resource *r, Assessment *a) {
        const cJSON *body = r->observed->body;
        const char *word = json_string(body, r->kind->lifecycle_field), *why = error_of(body);

        (void) c;
        if (streq_ptr(word, "NEEDS_ATTENTION"))
                assessment_set(a, VERDICT_BLOCKED, "needs-attention", "OKE says that it needs attention: %s",
                               why ? why : "and does not say why");
}

void oke_make_anew(const Resource *r, Assessment *a, const char *reason) {
        Action *action;

        if (r->desired->pin || !streq_ptr(observed_tag(r->observed, TAG_ORIGIN), "created") ||
            !streq_ptr(json_string(r->observed->body, r->kind->lifecycle_field), "FAILED"))
                return;
        action = assessment_act(a, (Resource *) r, VERB_HEAL);
        action_delete(action);
        action->reason = xstrdup(reason);
        assessment_set(a, VERDICT_DRIFTED, "create-failed", "%s", reason);
}
