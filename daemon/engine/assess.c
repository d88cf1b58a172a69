/* From what is wanted and what was observed to a verdict and the calls that would mend it. The cases of a thing that is not
 * there are in missing.c, those of a thing that is no longer declared in orphan.c. */
#include "assess.h"

#include "converge.h"
#include "missing.h"
#include "model/compare.h"
#include "work.h"

#define UNSEEN_INTERVALS 12 /* three rounds of what is listed every fourth interval */

/* Mended by the body of a PUT, or by making the thing anew. */
static bool is_in_body(const Difference *d) {
        return d->field && !d->refused && (d->verb == VERB_REPLACE || d->field->change != CHANGE_ACTION);
}

static void select_differences(const Assessment *a, Action *action, Verb verb) {
        for (size_t i = 0; i < a->differences.n; i++)
                if (is_in_body(&a->differences.d[i]) && a->differences.d[i].verb == verb)
                        differences_copy(&action->differences, &a->differences.d[i]);
}

static bool has_in_body(const Assessment *a, Verb verb) {
        for (size_t i = 0; i < a->differences.n; i++)
                if (is_in_body(&a->differences.d[i]) && a->differences.d[i].verb == verb)
                        return true;
        return false;
}

static char *count_text(const Differences *ds) {
        size_t added = 0, removed = 0, changed = 0;
        _cleanup_str_ Str b = {};

        for (size_t i = 0; i < ds->n; i++) {
                if (!ds->d[i].have_text)
                        added++;
                else if (!ds->d[i].want_text)
                        removed++;
                else
                        changed++;
        }
        if (added > 0)
                str_addf(&b, "%zu missing", added);
        if (changed > 0)
                str_addf(&b, "%s%zu differ%s", b.size ? ", " : "", changed, changed == 1 ? "s" : "");
        if (removed > 0)
                str_addf(&b, "%s%zu not declared", b.size ? ", " : "", removed);
        return str_take(&b);
}

static void act_put(const Context *c, Resource *r, const cJSON *want, Verb verb, Assessment *a) {
        Action *action = assessment_act(a, r, verb);

        select_differences(a, action, verb);
        action_call(action, "PUT", NULL, body_for_put(c, r, want, &a->differences, 1u << verb, false));
        action_guard(action);
        action->reason = count_text(&action->differences);
}

static bool is_tagged(const Context *c, const Resource *r) {
        if (r->kind->flags & KIND_NO_TAGS)
                return true; /* its name in its place is all that there is to know it by */
        return streq_ptr(observed_tag(r->observed, TAG_ESTATE), c->estate->name) &&
               streq_ptr(observed_tag(r->observed, TAG_ADDRESS), r->address) &&
               observed_tag(r->observed, TAG_ORIGIN);
}

static void act_adopt(const Context *c, Resource *r, Assessment *a) {
        static const char *const how[] = {
                [IDENTITY_NONE] = "",
                [IDENTITY_PIN] = "found by its pinned OCID",
                [IDENTITY_TAG] = "found by tag, under its former name",
                [IDENTITY_ROLE] = "made by OCI, found by its role",
                [IDENTITY_NAME] = "found by name",
        };
        Action *action = assessment_act(a, r, VERB_ADOPT);
        Difference *d = differences_add(&action->differences, kind_field(r->kind, "freeformTags"),
                                        VERB_ADOPT, xasprintf("freeformTags.%s", TAG_ADDRESS));
        const Differences none = {};

        d->want_text = xstrdup(r->address);
        d->have_text = xstrdup(observed_tag(r->observed, TAG_ADDRESS));
        action_call(action, "PUT", NULL, body_for_put(c, r, NULL, &none, 0, true));
        action_guard(action);
        action->reason = xasprintf("%s: put our tags on it", how[r->identity]);
}

/* POST {id}/actions/addCidr {cidrBlock}: one element a call, missing ones first. */
static void act_elements(Resource *r, const Field *f, Assessment *a) {
        for (size_t i = 0; i < a->differences.n; i++) {
                const Difference *d = &a->differences.d[i];
                bool add = d->want;
                Action *action;

                if (d->field != f)
                        continue;
                action = assessment_act(a, r, d->verb);
                differences_copy(&action->differences, d);
                action_call(action, "POST",
                            xasprintf("%s/%s/actions/%s", r->kind->path, r->observed->id,
                                      add ? f->action->add : f->action->remove),
                            json_new_object());
                json_set_copy(action->call.body, f->action->member, add ? d->want : d->have);
                action_guard(action);
                action->reason = xasprintf("%s %s", add ? "add" : "remove", d->path);
        }
}

/* POST {id}/actions/updateEndpointConfig {nsgIds, isPublicIpEnabled}: members of one object, by one call for each verb. */
static void act_object(Resource *r, const cJSON *want, const Field *f, Verb verb, Assessment *a) {
        Action *action = NULL;

        for (size_t i = 0; i < a->differences.n; i++) {
                const Difference *d = &a->differences.d[i];

                if (d->field != f || d->refused || d->verb != verb)
                        continue;
                if (!action)
                        action = assessment_act(a, r, verb);
                differences_copy(&action->differences, d);
        }
        if (!action)
                return;
        action_call(action, "POST",
                    xasprintf("%s/%s/actions/%s", r->kind->path, r->observed->id, f->object_action),
                    body_for_object_action(r, f, want, &a->differences, verb));
        action_guard(action);
        action->reason = count_text(&action->differences);
}

typedef enum SubCall {
        SUB_UPDATE,
        SUB_ADD,
        SUB_REMOVE_IDLE, /* second copies, and rules whose target is gone: nothing is taken away */
        SUB_REMOVE,
        _SUB_MAX,
} SubCall;

static SubCall sub_call_of(const Difference *d) {
        if (d->want)
                return d->have ? SUB_UPDATE : SUB_ADD;
        return d->verb == VERB_UPDATE ? SUB_REMOVE_IDLE : SUB_REMOVE;
}

static cJSON *sub_item(const Context *c, const Field *f, const Difference *d, SubCall which) {
        cJSON *rule;

        if (which == SUB_REMOVE || which == SUB_REMOVE_IDLE)
                return json_new_string(json_string(d->have, "id"));
        rule = rule_for_write(c, f->rules, d);
        if (which != SUB_UPDATE)
                return rule;
        json_set_copy(rule, "id", json_get(d->have, "id"));
        for (const char *const *name = f->rules->sub->fixed; name && *name; name++)
                json_remove(rule, *name);
        return rule;
}

/* One call of a sub-collection takes at most so many rules; the rest follow when these were seen. */
static void act_sub(const Context *c, Resource *r, const Field *f, SubCall which, Assessment *a) {
        const SubCollection *sub = f->rules->sub;
        bool remove = which == SUB_REMOVE || which == SUB_REMOVE_IDLE;
        const char *name = remove ? sub->remove : which == SUB_ADD ? sub->add : sub->update;
        _cleanup_json_ cJSON *items = json_new_array();
        Action *action = NULL;

        for (size_t i = 0; i < a->differences.n; i++) {
                const Difference *d = &a->differences.d[i];

                if (d->field != f || sub_call_of(d) != which ||
                    (unsigned) cJSON_GetArraySize(items) >= sub->max_per_call)
                        continue;
                if (!action)
                        action = assessment_act(a, r, which == SUB_REMOVE ? VERB_DISRUPT : VERB_UPDATE);
                differences_copy(&action->differences, d);
                json_append(items, sub_item(c, f, d, which));
        }
        if (!action)
                return;
        action_call(action, "POST", xasprintf("%s/%s/actions/%s", r->kind->path, r->observed->id, name),
                    json_new_object());
        json_set(action->call.body, remove ? sub->remove_member : sub->add_member, TAKE_PTR(items));
        action->call.sub = f;
        action->call.takes_token = which == SUB_ADD && sub->retry_token;
        action->reason = count_text(&action->differences);
}

static void act_calls(const Context *c, Resource *r, const cJSON *want, Assessment *a) {
        for (const Field *f = kind_field_first(r->kind); f; f = kind_field_next(r->kind, f)) {
                if (f->change != CHANGE_ACTION)
                        continue;
                if (f->action)
                        act_elements(r, f, a);
                if (f->object_action) {
                        act_object(r, want, f, VERB_UPDATE, a);
                        act_object(r, want, f, VERB_DISRUPT, a);
                }
                for (SubCall which = 0; f->rules && which < _SUB_MAX; which++)
                        act_sub(c, r, f, which, a);
        }
}

/* What lies in it goes first, by its own approval. */
static void wait_for_children(const Context *c, const Resource *r, Action *action) {
        for (const Desired *d = r->desired->first_child; d; d = d->next_sibling) {
                const Resource *child = context_resource(c, d);

                if (child->observed && !(child->kind->flags & KIND_DIES_WITH_PARENT))
                        strv_push(&action->waits_for, child->address);
        }
}

/* What it lies in is to be made anew, which takes that everything in it is gone. */
static bool act_make_room(const Context *c, Resource *r, Assessment *a) {
        const Resource *parent = r->desired->parent ? context_resource(c, r->desired->parent) : NULL;
        Action *action;

        if (!parent || !assessment_plans(&parent->assessment, VERB_REPLACE) ||
            r->kind->flags & KIND_DIES_WITH_PARENT || r->desired->pin)
                return false;
        action = assessment_act(a, r, VERB_REPLACE);
        action_delete(action);
        action->reason = xasprintf("%s is to be made anew, and this lies in it", parent->address);
        assessment_set(a, VERDICT_DRIFTED, "parent-replaced", "%s", action->reason);
        return true;
}

static void act_replace(const Context *c, Resource *r, Assessment *a) {
        Action *action;

        if (r->desired->pin) { /* a pinned thing is never made anew */
                assessment_set(a, VERDICT_BLOCKED, "pinned",
                               "the API cannot change it in place, and %s is pinned: take the `id:` out to "
                               "have it replaced",
                               r->desired->pin);
                return;
        }
        action = assessment_act(a, r, VERB_REPLACE);
        select_differences(a, action, VERB_REPLACE);
        action_delete(action);
        wait_for_children(c, r, action);
        action->reason = xstrdup("the API cannot change it in place: delete it and make it anew");
}

static void say_refused(Assessment *a) {
        for (size_t i = 0; i < a->differences.n; i++) {
                const Difference *d = &a->differences.d[i];

                if (d->refused)
                        assessment_set(a, VERDICT_BLOCKED, "immutable", "the API cannot change %s: %s",
                                       d->path,
                                       d->note ? d->note : "delete it by hand, or declare what is there");
        }
}

static char *drift_text(const Assessment *a) {
        return a->differences.n > 0 ? count_text(&a->differences)
               : a->n_actions > 0   ? xstrdup(a->actions[0]->reason)
                                    : NULL;
}

static void say_drift(Assessment *a) {
        _cleanup_free_ char *text = drift_text(a);

        if (text)
                assessment_set(a, VERDICT_DRIFTED, a->differences.n > 0 ? "drift" : "not-adopted", "%s",
                               text);
}

/* What a kind's own step would mend counts as well. */
static void say_unconverged(const Resource *r, Assessment *a) {
        _cleanup_free_ char *text = drift_text(a);

        if (!text)
                return;
        if (r->fight_rounds >= CONVERGE_ROUNDS)
                assessment_set(a, VERDICT_FIGHTING, "fight",
                               "somebody set it back %u times after it was mended (%s); tandem holds still, "
                               "and tries once more an hour after the last time",
                               r->fight_rounds, text);
        else if (r->unconverged >= CONVERGE_ROUNDS)
                assessment_set(a, VERDICT_NOT_CONVERGING, "not-converging",
                               "written %u times and never observed (%s); the service accepts it and does "
                               "not keep it, or somebody undoes it at once",
                               r->unconverged, text);
}

/* Actions in the order in which they would be done: ours by tag first, then what mends, then what takes away. */
static void decide(const Context *c, Resource *r, const cJSON *want, Assessment *a) {
        if (!is_tagged(c, r))
                act_adopt(c, r, a);
        if (has_in_body(a, VERB_UPDATE))
                act_put(c, r, want, VERB_UPDATE, a);
        act_calls(c, r, want, a);
        if (has_in_body(a, VERB_DISRUPT))
                act_put(c, r, want, VERB_DISRUPT, a);
        if (has_in_body(a, VERB_REPLACE))
                act_replace(c, r, a);
}

static void say_look_sub(const Resource *r, Assessment *a) {
        const SubItems *s = a->look_sub ? observed_sub(r->observed, a->look_sub) : NULL;

        if (!a->look_sub)
                return;
        if (s && s->items)
                assessment_set(a, VERDICT_PROGRESSING, "written", "%s written; not observed since",
                               a->look_sub->name);
        else
                assessment_set(a, VERDICT_UNKNOWN, "not-listed", "%s not listed yet", a->look_sub->name);
}

/* What was as declared when this listing last succeeded is known no more once that has failed for long. */
static void say_unlisted(const Context *c, const Listing *l, usec_t seen, const char *what, Assessment *a) {
        if (verdict_rank(a->verdict) > 0 || !l || l->attempts == 0 || c->now <= seen ||
            (double) (c->now - seen) * c->speed <= (double) (UNSEEN_INTERVALS * c->estate->interval))
                return;
        assessment_set(a, VERDICT_UNKNOWN, "unseen",
                       "as declared when it was last seen; the listing of %s fails since: %s", what,
                       l->error.message);
}

static void say_unseen(const Context *c, const Resource *r, Assessment *a) {
        const Observed *o = r->observed;

        say_unlisted(c, o->listing, MAX(o->begun, o->listed), r->kind->name, a);
        for (size_t i = 0; i < o->n_subs; i++)
                say_unlisted(c, world_listing(c->world, o->kind, o->subs[i].field, o->region, o->id),
                             o->subs[i].begun, o->subs[i].field->name, a);
}

/* Comparing is most of a turn's work, and a function of the spec and the world alone: where it found nothing, it finds nothing until
 * one of them changes. NULL then: nothing of it is to be written. */
static cJSON *compare(const Context *c, Resource *r, Assessment *a) {
        cJSON *want;

        if (r->as_declared == c->world->changes + 1)
                return NULL;
        want = resolve_want(c, r, RESOLVE_COMPARE, &a->waits_for);
        compare_resource(c, r, want, a);
        r->as_declared = a->differences.n == 0 && a->n_foreign == 0 && !a->look_sub && !a->waits_for
                                 ? c->world->changes + 1
                                 : 0;
        return want;
}

static void judge(const Context *c, Resource *r, Assessment *a) {
        _cleanup_json_ cJSON *want = NULL;

        if (act_make_room(c, r, a))
                return;
        want = compare(c, r, a);
        decide(c, r, want, a);
        say_refused(a);
        say_drift(a);
        if (r->kind->next_step)
                r->kind->next_step(c, r, a);
        say_unconverged(r, a);
        say_look_sub(r, a);
        if (strv_length(a->waits_for) > 0)
                assessment_set(a, VERDICT_WAITING, "waits", "waits for %s", a->waits_for[0]);
        if (a->n_foreign > 0 && verdict_rank(a->verdict) == 0)
                assessment_set(a, VERDICT_FOREIGN, "foreign", "in sync; %zu rule%s of others kept",
                               a->n_foreign, a->n_foreign == 1 ? "" : "s");
        say_unseen(c, r, a);
}

static bool other_estate(const Context *c, const Resource *r, Assessment *a) {
        const char *estate = observed_tag(r->observed, TAG_ESTATE);

        if (!estate || streq(estate, c->estate->name))
                return false;
        assessment_set(a, VERDICT_BLOCKED, "other-estate",
                       "it carries the tags of the estate '%s': two daemons must not share it", estate);
        return true;
}

static bool moved(const Resource *r, Assessment *a) {
        const char *there = json_string(r->observed->body, "compartmentId");

        if (!r->desired->compartment || !there || streq(there, r->desired->compartment))
                return false;
        assessment_set(a, VERDICT_BLOCKED, "moved",
                       "it was moved to compartment %s: move it back, or declare that `compartment:`",
                       there);
        return true;
}

/* Found by tag or pin, but below another parent than the declared one: the API moves nothing between parents. */
static bool elsewhere(const Context *c, const Resource *r, Assessment *a) {
        const Resource *parent = r->desired->parent ? context_resource(c, r->desired->parent) : NULL;
        const char *there = r->kind->parent_field ? json_string(r->observed->body, r->kind->parent_field)
                                                  : NULL;

        if (!parent || !parent->observed || !there || streq(there, parent->observed->id))
                return false;
        assessment_set(
                a, VERDICT_BLOCKED, "elsewhere",
                "it belongs to %s, not to %s: take our tags off it, or its `id:` out, to have one made "
                "there",
                there, parent->address);
        return true;
}

static void say_doubted(const Observed *o, Assessment *a) {
        a->look = true;
        if (o->listing)
                assessment_set(a, VERDICT_UNKNOWN, "doubted",
                               "the last listing lacks it: it is looked for by its OCID");
        else
                assessment_set(a, VERDICT_UNKNOWN, "doubted",
                               "no listing shows where it is, and it is not found by its OCID: gone, or not "
                               "ours to see");
}

/* A write that was accepted is a work request: until that was looked for, and while it runs, nothing is judged. */
static bool is_worked_on(const Context *c, const Resource *r, Assessment *a) {
        Listing *requests = work_listing(c, r);
        const Observed *work = work_open(c, r);

        if (requests && requests->begun < MAX(r->observed->written, r->observed->changed)) {
                a->look_listing = requests;
                assessment_set(a, VERDICT_PROGRESSING, "written",
                               "accepted; what became of it is looked at");
        } else if (work) {
                a->look_at = work;
                assessment_set(a, VERDICT_PROGRESSING, "work-request", "%s is under way: %s",
                               json_string(work->body, "operationType"), work->id);
        } else if (work_closed(c, r) > r->observed->begun) {
                a->look = true;
                assessment_set(a, VERDICT_PROGRESSING, "written", "done; it is read again");
        }
        return a->message;
}

/* A list of these shows too little to judge by. */
static bool is_summary(const Resource *r, Assessment *a) {
        if (!(r->kind->flags & KIND_SUMMARY) || r->observed->from != READ_LIST)
                return false;
        a->look = true;
        assessment_set(a, VERDICT_PROGRESSING, "not-read", "listed; it is read");
        return true;
}

/* Where something is not as it should be, and OKE said why its last work request failed. */
static void explain_failure(const Context *c, const Resource *r, Assessment *a) {
        const Observed *failed = verdict_rank(a->verdict) >= verdict_rank(VERDICT_DRIFTED)
                                         ? work_failure(c, r)
                                         : NULL;
        _cleanup_free_ char *text = failed ? work_failure_text(failed) : NULL,
                            *message = TAKE_PTR(a->message);

        a->message = text && message ? xasprintf("%s; last failure: %s", message, text) : TAKE_PTR(message);
}

static void assess_failed(const Context *c, Resource *r, const char *word, Assessment *a) {
        if (r->kind->when_failed)
                r->kind->when_failed(c, r, a);
        if (!a->message)
                assessment_set(a, VERDICT_BLOCKED, "failed", "its lifecycle is %s", word ? word : "FAILED");
}

static void assess_present(const Context *c, Resource *r, Assessment *a) {
        const Observed *o = r->observed;
        const char *word;

        if (o->doubted) {
                say_doubted(o, a);
                return;
        }
        if (!observed_is_current(o)) {
                a->look = true;
                assessment_set(a, VERDICT_PROGRESSING, "written", "written; not observed since");
                return;
        }
        word = o->life != LIFE_READY && r->kind->lifecycle_field
                       ? json_string(o->body, r->kind->lifecycle_field)
                       : NULL;
        switch (o->life) {
        case LIFE_COMING:
        case LIFE_CHANGING:
        case LIFE_GOING:
                assessment_set(a, VERDICT_PROGRESSING, "lifecycle", "%s", word ? word : "in transition");
                return;
        case LIFE_FAILED:
                if (!is_summary(r, a) && !is_worked_on(c, r, a))
                        assess_failed(c, r, word, a);
                return;
        case LIFE_GONE:
        case LIFE_UNKNOWN:
        case _LIFE_INVALID:
                assessment_set(a, VERDICT_UNKNOWN, "lifecycle-unknown",
                               "its lifecycle word '%s' is not one that tandem knows", word ? word : "");
                return;
        case LIFE_READY:
                break;
        }
        if (!is_summary(r, a) && !is_worked_on(c, r, a) && !other_estate(c, r, a) && !moved(r, a) &&
            !elsewhere(c, r, a))
                judge(c, r, a);
}

void assess_resource(const Context *c, Resource *r, bool bootstrap) {
        Assessment *a = &r->assessment;

        assessment_done(a);
        if (r->kind->flags & KIND_NOT_CLOUD)
                r->kind->next_step(c, r, a);
        else if (r->n_candidates > 1)
                assess_ambiguous(r, a);
        else if (r->observed)
                assess_present(c, r, a);
        else
                assess_missing(c, r, bootstrap, a);
        explain_failure(c, r, a);
}
