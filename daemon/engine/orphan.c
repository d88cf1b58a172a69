/* What carries our tags and is declared no longer: what we created is deleted through the gate, once nothing needs it any more;
 * what was adopted is abandoned, its tags taken off and nothing else. */
#include "assess.h"
#include "model/compare.h"

static bool mentions(const cJSON *v, const char *id) {
        if (cJSON_IsString(v))
                return streq(v->valuestring, id);
        for (const cJSON *m = v ? v->child : NULL; m; m = m->next)
                if (mentions(m, id))
                        return true;
        return false;
}

/* A default table, to which its VCN points, goes with that VCN; a route table with its DRG, an RPC's attachment with the RPC. */
static bool dies_with(const Observed *child, const Observed *parent) {
        const Kind *k = child->kind;

        if (k->parent_field && streq_ptr(json_string(child->body, k->parent_field), parent->id) &&
            ((k->flags & KIND_DIES_WITH_PARENT) || mentions(parent->body, child->id)))
                return true;
        for (const Role *role = k->roles; role && role->key; role++)
                if (role->own_path && streq_ptr(json_path_string(child->body, role->key), role->value) &&
                    streq_ptr(json_path_string(child->body, role->own_path), parent->id))
                        return true;
        return false;
}

/* Whatever still names it keeps it: dependants go first. */
static void wait_for_dependants(const Context *c, const Resource *r, Action *action) {
        size_t n;
        Observed *const *referrers = world_referrers(c->world, r->observed, &n);

        for (size_t i = 0; i < n; i++) {
                const Observed *o = referrers[i];
                const char *tag = observed_tag(o, TAG_ADDRESS);

                if (!dies_with(o, r->observed))
                        strv_push(&action->waits_for, o->bound ? o->bound->address : tag ? tag : o->id);
        }
}

static void act_delete_orphan(const Context *c, Resource *r, Assessment *a) {
        Action *action = assessment_act(a, r, VERB_DELETE);

        action_delete(action);
        wait_for_dependants(c, r, action);
        action->reason = xstrdup("created by tandem and declared no longer");
        for (char **w = action->waits_for; w && *w; w++)
                strv_push(&a->waits_for, *w);
}

static void act_abandon(Resource *r, Assessment *a) {
        Action *action = assessment_act(a, r, VERB_ADOPT);

        action->abandon = true;
        action_call(action, "PUT", NULL, body_for_abandon(r));
        action_guard(action);
        action->reason = xstrdup("adopted, and declared no longer: take our tags off and leave it");
}

void assess_orphan(const Context *c, Resource *r) {
        Assessment *a = &r->assessment;
        const Observed *o = r->observed;
        const char *origin = observed_tag(o, TAG_ORIGIN);

        assessment_done(a);
        if (o->doubted) {
                a->look = true;
                assessment_set(a, VERDICT_UNKNOWN, "doubted",
                               "it may be gone: it is looked for by its OCID");
                return;
        }
        if (o->life == LIFE_UNKNOWN) {
                assessment_set(a, VERDICT_UNKNOWN, "lifecycle-unknown",
                               "its lifecycle word is not one that tandem knows");
                return;
        }
        if (observed_is_moving(o)) {
                assessment_set(a, VERDICT_PROGRESSING, "lifecycle", "%s",
                               o->life == LIFE_GOING ? "going away" : "in transition");
                return;
        }
        if (!observed_is_current(o)) {
                a->look = true;
                assessment_set(a, VERDICT_PROGRESSING, "written", "written; not observed since");
                return;
        }
        if (streq_ptr(origin, "created"))
                act_delete_orphan(c, r, a);
        else
                act_abandon(r, a);
        assessment_set(a, VERDICT_ORPHANED, "orphaned", "%s", a->actions[0]->reason);
}
