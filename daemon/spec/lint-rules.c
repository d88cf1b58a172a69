/* Rules that change nothing, because another one of their list says it already; rules that are dangerous; and what nothing uses. */
#include "loader.h"

#include "network/declared.h"

/* Of the rules of one resource that change nothing as many are shown; whoever has more reads the same of each. */
#define SHOWN_MAX 20

/* The place of one rule of the API; rules of one list lie side by side in Loader.rules. NULL: not written here. */
static const RulePlace *place_of_rule(const Loader *l, const char *address, NetOrigin from) {
        const Item *item = item_of(l, estate_find(l->estate, address));
        const RulePlace *r = l->rules + item->first_rule, *end = r + item->n_rules;

        while (r < end && !streq(field_api(r->field), from.list))
                r++;
        return from.index < (size_t) (end - r) ? r + from.index : NULL;
}

static bool same_place(Place a, Place b) {
        return a.file == b.file && a.line == b.line && a.column == b.column;
}

static char *describe_rule(const RulePlace *r, NetOrigin from) {
        const cJSON *list = json_get(r->item->desired->want, from.list);
        _cleanup_json_ cJSON *rule = json_without_symbols(cJSON_GetArrayItem(list, (int) from.index));

        return r->field->rules->describe(rule);
}

/* 'n_told' counts those of the node. */
static void warn_covered(Loader *l, const NetNode *n, NetOrigin useless, NetOrigin by, size_t *n_told) {
        const RulePlace *r = place_of_rule(l, n->id, useless), *other = place_of_rule(l, n->id, by);
        _cleanup_free_ char *what = NULL, *where = NULL;

        if (!r || !other || same_place(r->place, other->place))
                return;
        if (++*n_told > SHOWN_MAX)
                return;
        what = describe_rule(r, useless);
        where = place_text(l, other->place);
        hint(warn_at(l, r->place, "this rule changes nothing: %s", what), "the rule at %s covers it", where);
}

/* Of two that say the same the later one is the useless one. */
static void lint_filter(Loader *l, const NetNode *n, size_t *n_told) {
        for (size_t i = 0; i < n->n_rules; i++)
                for (size_t j = 0; j < n->n_rules; j++) {
                        const NetRule *a = n->rules + j, *b = n->rules + i;

                        if (i == j || !net_rule_covers(a, b) || (net_rule_covers(b, a) && j > i))
                                continue;
                        warn_covered(l, n, b->from, a->from, n_told);
                        break;
                }
}

static void lint_statements(Loader *l, const NetNode *n, size_t *n_told) {
        for (size_t i = 0; i < n->n_statements; i++)
                for (size_t j = 0; j < n->n_statements; j++) {
                        const NetStatement *a = n->statements + j, *b = n->statements + i;

                        if (i == j || !net_statement_covers(a, b) || (net_statement_covers(b, a) && j > i))
                                continue;
                        warn_covered(l, n, b->from, a->from, n_told);
                        break;
                }
}

/* A route does nothing when the next wider one leads to the same target. */
static void lint_routes(Loader *l, const NetNode *n, size_t *n_told) {
        for (size_t i = 0; i < n->n_routes; i++) {
                const NetRoute *wider = NULL;

                for (size_t j = 0; j < n->n_routes; j++) {
                        const NetRoute *r = n->routes + j;

                        if (j != i && cidr_contains(&r->to, &n->routes[i].to) &&
                            (!wider || r->to.prefix > wider->to.prefix))
                                wider = r;
                }
                if (wider && streq(wider->via.id, n->routes[i].via.id))
                        warn_covered(l, n, n->routes[i].from, wider->from, n_told);
        }
}

/* What is public on purpose: the web, and ICMP. Anything else that is open to the world is told about. */
static bool is_public_service(const cJSON *rule) {
        const char *protocol = json_string(rule, "protocol");
        const cJSON *range = json_path(rule, "tcpOptions.destinationPortRange");
        double min, max;

        if (streq_ptr(protocol, "1") || streq_ptr(protocol, "58"))
                return true;
        min = json_number(range, "min", 0);
        max = json_number(range, "max", 65535);
        return min == max && (min == 80 || min == 443);
}

static void lint_risks(Loader *l) {
        const RulePlace *last = NULL;
        int index = 0;

        for (size_t i = 0; i < l->n_rules; i++) {
                const RulePlace *r = l->rules + i;
                const Rules *rules = r->field->rules;
                const cJSON *rule;
                const char *risk;

                index = last && last->item == r->item && last->field == r->field ? index + 1 : 0;
                last = r;
                rule = cJSON_GetArrayItem(json_get(r->item->desired->want, field_api(r->field)), index);
                risk = rules->risk && rule ? rules->risk(rule) : NULL;
                if (risk && !is_public_service(rule)) {
                        _cleanup_free_ char *what = rules->describe(rule);

                        hint(warn_at(l, r->place, "%s: %s", risk, what), "say which addresses need it");
                }
        }
}

/* The routes of a DRG's table are all that there are when it imports none: it is no default one, which does unless told otherwise,
 * and names no distribution. */
static bool has_only_static_routes(const Loader *l, const NetNode *n) {
        const Desired *d = estate_find(l->estate, n->id);

        return !d->role && !d->pin && !n->slot[SLOT_IMPORTS].id;
}

static void lint_node(Loader *l, const NetNode *n) {
        size_t n_told = 0;

        if (n->type == NET_FILTER)
                lint_filter(l, n, &n_told);
        else if (n->type == NET_IMPORTS)
                lint_statements(l, n, &n_told);
        else if (n->type == NET_TABLE || (n->type == NET_DRG_TABLE && has_only_static_routes(l, n)))
                lint_routes(l, n, &n_told);
        if (n_told > SHOWN_MAX)
                warn_at(l, item_of(l, estate_find(l->estate, n->id))->place,
                        "%zu more rules of %s change nothing", n_told - SHOWN_MAX, n->id);
}

void lint_rules(Loader *l, const Topology *t) {
        for (size_t i = 0; i < t->n_nodes; i++)
                lint_node(l, t->nodes[i]);
        lint_risks(l);
}

static void note_names(const Estate *e, const Desired *from, const cJSON *v, bool *used) {
        const char *address = symbol_ref(v);
        const Desired *d = address ? estate_find(e, address) : NULL;
        const cJSON *m;

        if (d && d != from)
                used[d->index] = true;
        cJSON_ArrayForEach (m, v)
                note_names(e, from, m, used);
}

/* What OCI made by itself is in use by its role, and what is pinned may be in use by what is not declared. */
void lint_unused(Loader *l) {
        const Estate *e = l->estate;
        bool *used = xnew(bool, e->n_resources + 1);

        for (size_t i = 0; i < e->n_resources; i++)
                note_names(e, e->resources[i], e->resources[i]->want, used);
        for (size_t i = 0; i < e->n_resources; i++) {
                const Desired *d = e->resources[i];

                if (d->kind->flags & KIND_NEEDS_USER && !used[i] && !d->role && !d->pin)
                        hint(warn_at(l, item_of(l, d)->place, "nothing uses %s", d->address),
                             "name it where it belongs, or take it out");
        }
        free(used);
}
