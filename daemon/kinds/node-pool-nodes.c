/* The nodes of a pool, each held against the pool as it is. What a change of the pool's fields does not reach is given back, one node at a
 * time: OKE cordons it, drains it within the eviction grace, and makes a new one. Which one is next is read off the world each time.
 *
 *   what is seen                                     step
 *   a node comes or goes                             wait
 *   a node that got no capacity, or hit a limit      say so; once in a while, try it once more: heal, it carries nothing
 *   fewer nodes than the size, and none comes        the pool's own size is written again, so that OKE makes the rest: update
 *   a node FAILING or INACTIVE, its instance gone    give it back: heal, it carries nothing
 *   a node of another version, image, shape, size    give it back: disrupt; the domain with most of them first, then the oldest
 *     of its boot volume, or place
 *   all ACTIVE and as the pool says                  in sync; a newer image than the "newest" that was picked is said */
#include "kinds.h"
#include "model/compare.h"
#include "model/version.h"
#include "node-image.h"
#include "oke.h"

#define CAPACITY_PATIENCE (15 * USEC_PER_MINUTE)

typedef struct Node {
        const cJSON *json;
        const Observed *instance; /* NULL: not read */
        const char *id, *name, *domain, *life, *made;
        bool failed;  /* it carries nothing */
        bool starved; /* no capacity, or a limit */
        bool moving;
        Differences trouble;
        unsigned peers; /* with trouble, in the same domain */
} Node;

typedef struct Nodes {
        Node *v;
        size_t n;
        size_t up, with_trouble;
        const Node *moving, *starved;
} Nodes;

static const char *text_or(const char *s, const char *otherwise) {
        return isempty(s) ? otherwise : s;
}

static bool is_moving(const char *life) {
        return streq_ptr(life, "CREATING") || streq_ptr(life, "UPDATING") || streq_ptr(life, "DELETING");
}

static void node_init(const Context *c, Node *n, const cJSON *json) {
        const cJSON *error = json_get(json, "nodeError");

        *n = (Node){
                .json = json,
                .id = json_string(json, "id"),
                .name = text_or(json_string(json, "name"), text_or(json_string(json, "id"), "?")),
                .domain = text_or(json_string(json, "availabilityDomain"), ""),
                .life = text_or(json_string(json, "lifecycleState"), "?"),
        };
        n->instance = c ? world_find(c->world, n->id) : NULL;
        n->made = n->instance ? text_or(json_string(n->instance->body, "timeCreated"), "") : "";
        n->starved = !isempty(json_string(error, "code"));
        n->moving = !n->starved && is_moving(n->life);
        n->failed = n->starved || streq(n->life, "FAILING") || streq(n->life, "INACTIVE") ||
                    (n->instance && (n->instance->life == LIFE_GONE || n->instance->life == LIFE_GOING) &&
                     !n->moving);
}

static void add_trouble(Node *n, const char *what, const cJSON *want, const cJSON *have) {
        Difference *d;

        if (!want || !have || json_equal(want, have))
                return;
        d = differences_add(&n->trouble, NULL, VERB_DISRUPT, xasprintf("nodes[%s].%s", n->name, what));
        d->want = json_copy(want);
        d->have = json_copy(have);
        d->want_text = cJSON_IsString(want) ? xstrdup(want->valuestring) : json_text(want);
        d->have_text = cJSON_IsString(have) ? xstrdup(have->valuestring) : json_text(have);
}

static void add_failure(Node *n) {
        Difference *d;

        if (!n->failed)
                return;
        d = differences_add(&n->trouble, NULL, VERB_DISRUPT, xasprintf("nodes[%s].lifecycleState", n->name));
        d->want_text = xstrdup("ACTIVE");
        d->have_text = n->instance && n->instance->life == LIFE_GONE ? xstrdup("its instance is gone")
                                                                     : xstrdup(n->life);
}

static bool is_placed(const Node *n, const cJSON *pool) {
        const cJSON *placements = json_path(pool, "nodeConfigDetails.placementConfigs"), *p;

        cJSON_ArrayForEach (p, placements)
                if (strcasecmp(text_or(json_string(p, "availabilityDomain"), ""), n->domain) == 0 &&
                    streq_ptr(json_string(p, "subnetId"), json_string(n->json, "subnetId")))
                        return true;
        return !placements;
}

static void add_place(Node *n, const cJSON *pool) {
        Difference *d;

        if (is_placed(n, pool))
                return;
        d = differences_add(&n->trouble, NULL, VERB_DISRUPT, xasprintf("nodes[%s].placement", n->name));
        d->want_text = xstrdup("one of placementConfigs");
        d->have_text = xasprintf("%s %s", n->domain, text_or(json_string(n->json, "subnetId"), "?"));
}

static void hold_against(Node *n, const cJSON *pool) {
        const cJSON *machine = n->instance && n->instance->life != LIFE_GONE ? n->instance->body : NULL;

        if (n->moving)
                return;
        add_failure(n);
        add_trouble(n, "kubernetesVersion", json_get(pool, "kubernetesVersion"),
                    json_get(n->json, "kubernetesVersion"));
        add_place(n, pool);
        add_trouble(n, "image", json_path(pool, "nodeSourceDetails.imageId"),
                    json_path(machine, "sourceDetails.imageId"));
        add_trouble(n, "bootVolumeSizeInGBs", json_path(pool, "nodeSourceDetails.bootVolumeSizeInGBs"),
                    json_path(machine, "sourceDetails.bootVolumeSizeInGBs"));
        add_trouble(n, "shape", json_get(pool, "nodeShape"), json_get(machine, "shape"));
        add_trouble(n, "ocpus", json_path(pool, "nodeShapeConfig.ocpus"),
                    json_path(machine, "shapeConfig.ocpus"));
        add_trouble(n, "memoryInGBs", json_path(pool, "nodeShapeConfig.memoryInGBs"),
                    json_path(machine, "shapeConfig.memoryInGBs"));
}

static void nodes_done(Nodes *all) {
        for (size_t i = 0; i < all->n; i++)
                differences_done(&all->v[i].trouble);
        free(all->v);
}
#define _cleanup_nodes_ _cleanup_(nodes_done)

static void count_peers(Nodes *all) {
        for (size_t i = 0; i < all->n; i++)
                for (size_t j = 0; j < all->n; j++)
                        all->v[i].peers += all->v[j].trouble.n > 0 &&
                                           streq(all->v[i].domain, all->v[j].domain);
}

static void nodes_read(const Context *c, const cJSON *pool, Nodes *ret) {
        const cJSON *json;

        *ret = (Nodes){};
        cJSON_ArrayForEach (json, json_get(pool, "nodes")) {
                Node n;

                node_init(c, &n, json);
                if (streq(n.life, "DELETED"))
                        continue;
                if (c)
                        hold_against(&n, pool);
                array_push(ret->v, ret->n, n);
        }
        count_peers(ret);
        for (size_t i = 0; i < ret->n; i++) {
                const Node *n = &ret->v[i];

                ret->up += streq(n->life, "ACTIVE");
                ret->with_trouble += n->trouble.n > 0;
                ret->moving = n->moving ? n : ret->moving;
                ret->starved = n->starved ? n : ret->starved;
        }
}

/* What carries nothing first, then from the domain that has most to renew, then the oldest. */
static bool goes_before(const Node *a, const Node *b) {
        int d;

        if (a->failed != b->failed)
                return a->failed;
        if (a->peers != b->peers)
                return a->peers > b->peers;
        d = strcmp(a->made, b->made);
        return d ? d < 0 : strcmp(a->name, b->name) < 0;
}

static const Node *next_node(const Nodes *all) {
        const Node *best = NULL;

        for (size_t i = 0; i < all->n; i++)
                if (all->v[i].trouble.n > 0 && (!best || goes_before(&all->v[i], best)))
                        best = &all->v[i];
        return best;
}

static unsigned size_of(const cJSON *pool) {
        return (unsigned) json_number(json_get(pool, "nodeConfigDetails"), "size", 0);
}

/* DELETE …/node/{id}?isDecrementSize=false: the size stays, so a new one is made. An approval is for all that are behind. */
static Action *give_back(const Resource *r, Assessment *a, const Nodes *all, const Node *n, Verb verb) {
        Action *action = assessment_act(a, (Resource *) r, verb);

        action_call(action, "DELETE",
                    xasprintf("%s/%s/node/%s?isDecrementSize=false", r->kind->path, r->observed->id, n->id),
                    NULL);
        action_guard(action);
        action->mends = xasprintf("nodes[%s]", n->name);
        for (size_t i = 0; i < all->n; i++)
                for (size_t j = 0; j < all->v[i].trouble.n; j++)
                        if (verb == VERB_DISRUPT || &all->v[i] == n)
                                differences_copy(&action->differences, &all->v[i].trouble.d[j]);
        return action;
}

static void say_starved(const Context *c, const Resource *r, Assessment *a, const Nodes *all) {
        const cJSON *error = json_get(all->starved->json, "nodeError");
        double patience = (double) CAPACITY_PATIENCE / c->speed;
        _cleanup_free_ char *text = xasprintf("%zu of %u nodes: %s, %s", all->up, size_of(r->observed->body),
                                              text_or(json_string(error, "code"), "?"),
                                              text_or(json_string(error, "message"), "no reason given"));

        if (all->starved->id && (r->wrote == 0 || (double) (c->now - r->wrote) > patience)) {
                Action *action = give_back(r, a, all, all->starved, VERB_HEAL);

                action->reason = xasprintf("%s; tried once more", text);
                assessment_set(a, VERDICT_DRIFTED, "no-capacity", "%s", action->reason);
                return;
        }
        assessment_set(a, VERDICT_BLOCKED, "no-capacity",
                       "%s; tried again every 15 minutes: ask for capacity or a higher "
                       "limit, or declare another shape or placement",
                       text);
}

static void ask_for_the_rest(const Resource *r, Assessment *a, const Nodes *all) {
        unsigned size = size_of(r->observed->body);
        Action *action = assessment_act(a, (Resource *) r, VERB_UPDATE);
        cJSON *body = json_new_object();
        Difference *d = differences_add(&action->differences, NULL, VERB_UPDATE, xstrdup("nodes"));

        d->want_text = xasprintf("%u", size);
        d->have_text = xasprintf("%zu", all->n);
        json_set_path(body, "nodeConfigDetails.size", cJSON_CreateNumber(size));
        action_call(action, "PUT", NULL, body);
        action_guard(action);
        action->reason = xasprintf("%zu of %u nodes are there: the size is written again", all->n, size);
        differences_copy(&a->differences, d);
        assessment_set(a, VERDICT_DRIFTED, "nodes-gone", "%s", action->reason);
}

static void renew(const Resource *r, Assessment *a, const Nodes *all) {
        const Node *n = next_node(all);
        Action *action;

        if (!n->id)
                return;
        action = give_back(r, a, all, n, n->failed ? VERB_HEAL : VERB_DISRUPT);
        action->reason = n->failed ? xasprintf("%s carries nothing: %s", n->name, n->trouble.d[0].have_text)
                                   : xasprintf("%zu node%s behind the pool, %s first", all->with_trouble,
                                               all->with_trouble == 1 ? "" : "s", n->name);
        for (size_t i = 0; i < action->differences.n; i++)
                differences_copy(&a->differences, &action->differences.d[i]);
        assessment_set(a, VERDICT_DRIFTED, "nodes-behind", "%s", action->reason);
}

/* Its version may trail the control plane's and never leads it: what brings a newer one waits until the cluster has it. */
static void wait_for_cluster(const Context *c, const Resource *r, Assessment *a) {
        const Resource *cluster = context_resource(c, r->desired->parent);
        const char *there = cluster->observed ? json_string(cluster->observed->body, "kubernetesVersion")
                                              : NULL;
        KubeVersion have, want;

        for (size_t i = 0; i < a->n_actions; i++) {
                const char *version = json_string(a->actions[i]->call.body, "kubernetesVersion");

                if (!there || !version || kube_version_parse(there, &have) < 0 ||
                    kube_version_parse(version, &want) < 0 || kube_version_compare(&want, &have) <= 0)
                        continue;
                strv_push(&a->actions[i]->waits_for, cluster->address);
                assessment_set(a, VERDICT_DRIFTED, "cluster-first", "%s follows %s, which is at %s", version,
                               cluster->address, there);
        }
}

/* "newest" was picked when there was something to pick for: one that came since is said, and left to a person. */
static void say_newer_image(const Context *c, const Resource *r, Assessment *a) {
        const cJSON *pool = r->observed->body, *best;
        const char *version = json_string(pool, "kubernetesVersion"),
                   *shape = json_string(pool, "nodeShape");
        const Observed *images = world_first(c->world, &kind_node_image, r->region);

        if (!images || !version || !shape ||
            !streq_ptr(json_path_string(r->desired->want, "nodeSourceDetails.imageId.key"), "newest"))
                return;
        best = newest_image(json_get(images->body, "sources"), version, shape);
        if (!best ||
            streq_ptr(json_string(best, "imageId"), json_path_string(pool, "nodeSourceDetails.imageId")))
                return;
        assessment_set(
                a, VERDICT_IN_SYNC, "newer-image",
                "in sync; there is a newer image, %s: it is picked with the next kubernetesVersion or "
                "nodeShape, or at once when `image:` names it",
                json_string(best, "sourceName"));
}

void node_pool_next_step(const Context *c, const Resource *r, Assessment *a) {
        _cleanup_nodes_ Nodes all = {};
        unsigned size = size_of(r->observed->body);

        wait_for_cluster(c, r, a);
        if (!json_get(r->observed->body, "nodes"))
                return; /* nothing is known of them */
        nodes_read(c, r->observed->body, &all);
        if (all.moving)
                assessment_set(a, VERDICT_PROGRESSING, "nodes", "%zu of %u nodes ACTIVE, %s is %s", all.up,
                               size, all.moving->name, all.moving->life);
        else if (all.starved)
                say_starved(c, r, a, &all);
        else if (all.n < size)
                ask_for_the_rest(r, a, &all);
        else if (all.with_trouble > 0)
                renew(r, a, &all);
        else {
                oke_next_step(c, r, a);
                say_newer_image(c, r, a);
        }
}

void node_pool_when_failed(const Context *c, const Resource *r, Assessment *a) {
        _cleanup_nodes_ Nodes all = {};

        nodes_read(c, r->observed->body, &all);
        if (all.n == 0)
                oke_make_anew(r, a, "its create FAILED and it has no node: make it anew");
}

Parts node_pool_parts(const Observed *o) {
        _cleanup_nodes_ Nodes all = {};

        nodes_read(NULL, o->body, &all);
        return (Parts){ .up = (unsigned) all.up, .all = size_of(o->body) };
}

bool node_pool_in_transition(const Observed *o) {
        _cleanup_nodes_ Nodes all = {};

        nodes_read(NULL, o->body, &all);
        return all.moving;
}
