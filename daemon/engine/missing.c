/* What was not found: unknown while its absence is not proven, blocked where a second one would be built by mistake, and
 * created otherwise. */
#include "missing.h"

#include <strings.h>

#include "base/cidr.h"
#include "converge.h"
#include "identify.h"
#include "work.h"
#include "model/compare.h"

void assess_ambiguous(const Resource *r, Assessment *a) {
        _cleanup_str_ Str ids = {};

        for (size_t i = 0; i < r->n_candidates; i++)
                str_addf(&ids, "%s%s", i > 0 ? ", " : "", r->candidates[i]->id);
        assessment_set(a, VERDICT_BLOCKED, "ambiguous",
                       "%zu things could be it: %s; pin one with `id:`, or remove the other's tags",
                       r->n_candidates, str_get(&ids));
}

static bool same_place(const Resource *r, const Resource *parent, const Observed *o) {
        if (!parent || !r->kind->parent_field)
                return true;
        return parent->observed &&
               streq_ptr(json_string(o->body, r->kind->parent_field), parent->observed->id);
}

static bool values_clash(const cJSON *a, const cJSON *b) {
        Cidr one, two;

        if (!cJSON_IsString(a) || !cJSON_IsString(b))
                return false;
        if (strcasecmp(a->valuestring, b->valuestring) == 0)
                return true;
        return cidr_parse(a->valuestring, &one) == 0 && cidr_parse(b->valuestring, &two) == 0 &&
               cidr_overlaps(&one, &two);
}

/* Each is one value or an array of them: blocks, an OCID, a label. */
static bool any_clash(const cJSON *a, const cJSON *b) {
        const cJSON *e;

        if (!cJSON_IsArray(a))
                return cJSON_IsArray(b) ? any_clash(b, a) : values_clash(a, b);
        cJSON_ArrayForEach (e, a)
                if (any_clash(e, b))
                        return true;
        return false;
}

static const char *unique_clash(const Resource *r, const cJSON *want, const Observed *o) {
        for (const char *const *path = r->kind->unique; path && *path; path++) {
                const cJSON *w = json_path(want, *path), *h = json_path(o->body, *path);

                if (w && h && any_clash(w, h))
                        return *path;
        }
        return NULL;
}

/* What carries our tags is somebody's who is declared, and no clash, or lost its address. */
static bool clash_with_ours(const Context *c, const Observed *o, Assessment *a) {
        const char *address = observed_tag(o, TAG_ADDRESS);
        const Resource *owner = context_find(c, address);

        if (owner && owner->desired && owner->kind == o->kind && owner->region == o->region)
                return false;
        assessment_set(a, VERDICT_BLOCKED, "renamed",
                       "%s carries our tags as %s, which is declared no longer: say `formerly:` if this is "
                       "it under a new name, or let that one be removed first",
                       o->id, address ? address : "?");
        return true;
}

/* Names count in one place: below the same parent, or in the same compartment. */
static bool same_name(const Resource *r, const Observed *o) {
        const Desired *d = r->desired;
        const char *there = json_string(o->body, "compartmentId");

        if (!streq(observed_name(o), d->displayName ? d->displayName : d->name))
                return false;
        return d->parent || !there || !d->compartment || streq(there, d->compartment);
}

/* Does an undeclared thing stand where this one would be built? */
static bool clashes(const Context *c, const Resource *r, const cJSON *want, const Observed *o,
                    Assessment *a) {
        const char *path;

        if (streq_ptr(observed_tag(o, TAG_ESTATE), c->estate->name))
                return clash_with_ours(c, o, a);
        path = unique_clash(r, want, o);
        if (path)
                assessment_set(a, VERDICT_BLOCKED, "place-taken",
                               "%s (%s), which is not ours, has the same %s: pin it with `id:` or remove it",
                               observed_name(o), o->id, path);
        else if (r->kind->one_per_parent)
                assessment_set(
                        a, VERDICT_BLOCKED, "place-taken",
                        "there is one already, %s (%s), and only one can be: pin it with `id:` or remove it",
                        observed_name(o), o->id);
        else if (same_name(r, o))
                assessment_set(a, VERDICT_BLOCKED, "name-taken",
                               "%s has the same name and is not ours: pin it with `id:` or rename it",
                               o->id);
        return a->message;
}

static bool find_clash(const Context *c, const Resource *r, const cJSON *want, Assessment *a) {
        const Resource *parent = r->desired->parent ? context_resource(c, r->desired->parent) : NULL;

        for (const Observed *o = world_first(c->world, r->kind, r->region); o; o = o->next_of_kind) {
                if (o->bound || o->life == LIFE_GONE || o->life == LIFE_GOING)
                        continue;
                if (same_place(r, parent, o) && clashes(c, r, want, o, a))
                        return true;
        }
        return false;
}

/* What tandem itself took away in order to make it anew carries nothing meanwhile: making it is the second half of that, which was
 * let through already. After a restart this is forgotten, and it is a create like any other. */
static bool was_taken_by_us(const Resource *r) {
        const Attempt *last = &r->tried[0];

        return (r->call_verb == VERB_HEAL || r->call_verb == VERB_REPLACE) &&
               streq_ptr(last->method, "DELETE") && last->status / 100 == 2;
}

/* A name in a place is taken until what had it is gone, and the place is busy with one change at a time. */
static void serialize_place(Action *action, const Resource *r, const Resource *parent) {
        _cleanup_json_ cJSON *place = json_new_object();

        json_set_string(place, kind_name_field(r->kind),
                        json_string(action->call.body, r->kind->create_name));
        kind_identify(r->kind, parent->observed->id, place);
        action_serialize(action, r->kind, place);
}

static void act_create(const Context *c, Resource *r, const cJSON *want, char **waits, Assessment *a) {
        Action *action = assessment_act(a, r, was_taken_by_us(r) ? VERB_HEAL : VERB_CREATE);
        _cleanup_free_ char *source = estate_mark_text(c->estate, r->desired->mark);
        const Resource *parent = r->kind->below ? context_resource(c, r->desired->parent) : NULL;

        action->call = (Call){
                .method = "POST",
                .path = parent ? xasprintf("%s/%s/%s", r->kind->path,
                                           parent->observed ? parent->observed->id : "?", r->kind->below)
                               : xstrdup(r->kind->path),
                .body = body_for_create(c, r, want),
                .takes_token = true,
                .kind = r->kind,
                .region = r->region,
                .creates = true,
        };
        action_serialize(action, r->kind, action->call.body);
        if (parent && parent->observed)
                serialize_place(action, r, parent);
        for (char **w = waits; w && *w; w++)
                strv_push(&action->waits_for, *w);
        action->reason = xasprintf("declared at %s and not there", source);
}

/* Nothing is built into what belongs to somebody else, or stands where it was not declared. */
static bool is_out_of_place(const Resource *r) {
        const char *code = r->assessment.code;

        return r->assessment.verdict == VERDICT_BLOCKED && code &&
               (streq(code, "other-estate") || streq(code, "moved") || streq(code, "elsewhere"));
}

/* Nothing is put into what is to be deleted and made again, once a person says so. */
static void wait_for_parent(const Context *c, const Resource *r, char ***waits) {
        const Resource *parent = r->desired->parent ? context_resource(c, r->desired->parent) : NULL;

        if (parent && !(parent->observed && parent->observed->life == LIFE_READY &&
                        observed_is_current(parent->observed) && !is_out_of_place(parent) &&
                        !assessment_plans(&parent->assessment, VERB_REPLACE)))
                strv_push(waits, parent->address);
}

/* OCI makes it by itself: wait for what it comes with. */
static void wait_for_role(const Context *c, const Resource *r, Assessment *a) {
        const Desired *d = r->desired;
        _cleanup_free_ char *named = d->role->holder_kind
                                             ? estate_address(c->estate, d->region,
                                                              kind_find(d->role->holder_kind), d->role_value)
                                             : NULL;
        const char *target = d->role->own_path ? symbol_ref(json_path(d->want, d->role->own_path)) : named;
        const char *holder = target ? target : d->parent ? d->parent->address : "?";

        strv_push(&a->waits_for, holder);
        assessment_set(a, VERDICT_WAITING, "role", "OCI makes it with %s, and shows it a little later",
                       holder);
}

static const char *listing_trouble(const Context *c, const Resource *r) {
        Listing *l, *next;

        HASH_ITER (hh, c->world->listings, l, next)
                if (l->kind == r->kind && l->region == r->region && l->attempts > 0)
                        return l->error.message;
        return NULL;
}

/* The listing that has only to be made again: it is the first since the spec's load, or older than what we wrote of that kind. */
static Listing *listing_to_repeat(const Context *c, const Resource *r) {
        Listing *l = identify_listing(c, r);

        return l && l->begun > 0 && l->begun >= c->world->loaded ? l : NULL;
}

static void say_listed_again(const Context *c, const Resource *r, Assessment *a) {
        if (a->look_listing->before < c->world->loaded || a->look_listing->before == 0)
                assessment_set(a, VERDICT_PROGRESSING, "listed-again",
                               "looked for again: one list alone may have left it out");
        else
                assessment_set(a, VERDICT_PROGRESSING, "listed-again",
                               "looked for again: another %s was just written", r->kind->name);
}

static void say_unknown(const Context *c, const Resource *r, Assessment *a) {
        const Resource *parent = r->desired->parent ? context_resource(c, r->desired->parent) : NULL;
        const char *trouble = listing_trouble(c, r);

        if (r->stray)
                assessment_set(a, VERDICT_UNKNOWN, "parent-unlisted",
                               "%s (%s) names a %s that no listing shows: it may have moved to another "
                               "compartment",
                               observed_name(r->stray), r->stray->id, r->kind->name);
        else if (trouble)
                assessment_set(a, VERDICT_UNKNOWN, "not-listed", "its listing fails: %s", trouble);
        else if (parent && !parent->observed && !parent->absent)
                assessment_set(a, VERDICT_UNKNOWN, "parent-unknown", "%s is unknown", parent->address);
        else if (parent && parent->observed && parent->observed->life == LIFE_COMING) {
                strv_push(&a->waits_for, parent->address);
                assessment_set(a, VERDICT_WAITING, "waits", "waits for %s", parent->address);
        } else if ((a->look_listing = listing_to_repeat(c, r)))
                say_listed_again(c, r, a);
        else
                assessment_set(a, VERDICT_UNKNOWN, "not-listed", "not listed completely yet");
}

/* A create of ours, or somebody's, that was accepted: what it makes is not listed yet, or was not when that was looked at. */
static bool is_being_made(const Context *c, const Resource *r, Assessment *a) {
        const Observed *work = work_creating(c, r);
        Listing *requests = work_listing(c, r), *things = identify_listing(c, r);

        if (work) {
                a->look_at = work;
                a->look_listing = things;
                assessment_set(a, VERDICT_PROGRESSING, "work-request", "%s is under way: %s",
                               json_string(work->body, "operationType"), work->id);
        } else if (requests && requests->begun < r->wrote) {
                a->look_listing = requests;
                assessment_set(a, VERDICT_PROGRESSING, "written",
                               "accepted; what became of it is looked at");
        } else if (things && things->begun < work_created(c, r)) {
                a->look_listing = things;
                assessment_set(a, VERDICT_PROGRESSING, "listed-again",
                               "looked for again: its work request changed");
        }
        return a->message;
}

static bool is_held_back(const Context *c, const Resource *r, const cJSON *want, Assessment *a) {
        if (r->desired->pin) {
                assessment_set(a, VERDICT_BLOCKED, "pinned-gone",
                               "the pinned %s is gone: take the `id:` out to have a new one made",
                               r->desired->pin);
                return true;
        }
        return find_clash(c, r, want, a);
}

void assess_missing(const Context *c, Resource *r, bool bootstrap, Assessment *a) {
        _cleanup_(strv_freep) char **waits = NULL;
        _cleanup_json_ cJSON *want = NULL;

        if (r->lost) {
                assessment_set(a, VERDICT_BLOCKED, "lost-tags",
                               "%s (%s) has neither our tags nor the name, but things of ours belong to it: "
                               "pin it with `id:`, or take our tags off those",
                               observed_name(r->lost), r->lost->id);
                return;
        }
        if (!r->absent) {
                say_unknown(c, r, a);
                return;
        }
        if (r->desired->role) {
                wait_for_role(c, r, a);
                return;
        }
        if (is_being_made(c, r, a))
                return;
        wait_for_parent(c, r, &waits);
        want = resolve_want(c, r, RESOLVE_CREATE, &waits);
        if (is_held_back(c, r, want, a))
                return;
        act_create(c, r, want, waits, a);
        a->actions[0]->bootstraps = !bootstrap && !c->any_found;
        for (char **w = waits; w && *w; w++)
                strv_push(&a->waits_for, *w);
        if (a->actions[0]->bootstraps)
                assessment_set(a, VERDICT_BLOCKED, "bootstrap",
                               "nothing of this estate was found at all: wrong compartment or profile? To "
                               "build it from empty: tandemctl approve bootstrap");
        else if (waits)
                assessment_set(a, VERDICT_WAITING, "waits", "missing; waits for %s", waits[0]);
        else if (r->unconverged >= CONVERGE_ROUNDS)
                assessment_set(
                        a, VERDICT_NOT_CONVERGING, "not-converging",
                        "created %u times, and each time it FAILED or was missing afterwards; the service "
                        "accepts it and does not keep it",
                        r->unconverged);
        else
                assessment_set(a, VERDICT_MISSING, "missing", "declared and not there");
}
