/* The plan: every resource's actions in one list, numbered by digests that name exactly what a person said yes to. */
#include "plan.h"

#include "base/encode.h"

/* Address, OCID, verb, spec and the difference: an approval names all of it. */
static void name_action(Action *a) {
        _cleanup_free_ char *digest = differences_digest(&a->differences), *hex = NULL;
        _cleanup_str_ Str b = {};

        str_addf(&b, "%s\n%s\n%s\n%s\n%s", a->resource->address, a->call.target ? a->call.target : "",
                 verb_to_string(a->verb), a->resource->desired ? a->resource->desired->digest : "", digest);
        hex = sha256_hex(str_get(&b), b.size);
        memcpy(a->id, hex, 6);
        a->id[6] = '\0';
}

static void add_actions(Plan *p, Assessment *a) {
        for (size_t i = 0; i < a->n_actions; i++) {
                name_action(a->actions[i]);
                array_push(p->actions, p->n_actions, a->actions[i]);
        }
}

static bool views_complete(const Context *c) {
        Listing *l, *next;

        HASH_ITER (hh, c->world->listings, l, next)
                if (l->needed && (l->begun == 0 || l->attempts > 0 || l->begun < c->world->loaded))
                        return false;
        return true;
}

static int compare_depth(const void *a, const void *b) {
        const Action *x = *(Action *const *) a, *y = *(Action *const *) b;
        size_t i = kind_order(x->resource->kind), j = kind_order(y->resource->kind);

        if (i != j)
                return i > j ? -1 : 1; /* children before parents */
        return strcmp(x->resource->address, y->resource->address);
}

void plan_make(const Context *c, Plan *p) {
        _cleanup_str_ Str b = {};
        _cleanup_free_ char *hex = NULL;
        Resource *r, *next;
        size_t declared;

        *p = (Plan){ .n_resources = c->estate->n_resources };
        for (size_t i = 0; i < c->estate->n_resources; i++) {
                add_actions(p, &c->resources[i]->assessment);
                p->n_unchanged += c->resources[i]->assessment.n_actions == 0;
        }
        declared = p->n_actions;
        HASH_ITER (hh, c->by_address, r, next)
                if (!r->desired)
                        add_actions(p, &r->assessment);
        if (p->n_actions - declared > 1)
                qsort(p->actions + declared, p->n_actions - declared, sizeof *p->actions, compare_depth);
        for (size_t i = 0; i < p->n_actions; i++)
                str_addf(&b, "%s\n", p->actions[i]->id);
        str_add(&b, c->estate->digest);
        hex = sha256_hex(str_get(&b), b.size);
        p->digest = xstrndup(hex, 6);
        p->complete = views_complete(c);
}

void plan_done(Plan *p) {
        free(p->actions);
        free(p->digest);
        *p = (Plan){};
}

Action *plan_find(const Plan *p, const char *id) {
        for (size_t i = 0; i < p->n_actions; i++)
                if (streq(p->actions[i]->id, id))
                        return p->actions[i];
        return NULL;
}
