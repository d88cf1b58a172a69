/* Rules that change nothing, because another one of their list says it already; rules that are dangerous; and what nothing uses. */
#include "loader.h"

#include "network/declared.h"

/* The place of one rule of the API; rules of one list lie side by side in Loader.rules. NULL: not written here. */
static const RulePlace *place_of_rule(const Loader *l, const char *address, NetOrigin from) {
        const RulePlace *first = NULL;

        for (size_t i = 0; i < l->n_rules && !first; i++)
                if (streq(l->rules[i].item->desired->address, address) &&
                    streq(field_api(l->rules[i].field), from.list))
                        first = l->rules + i;
        return first ? first + from.index : NULL;
}

static bool same_place(Place a, Place b) {
        return a.file == b.file && a.line == b.line && a.column == b.column;
}

static char *describe_rule(const RulePlace *r, NetOrigin from) {
        const cJSON *list = json_get(r->item->desired->want, from.list);
        _cleanup_json_ cJSON *rule = json_without_symbols(cJSON_GetArrayItem(list, (int) from.index));

        return r->field->rules->describe(rule);
}

static void warn_covered(Loader *l, const NetNode *n, NetOrigin useless, NetOrigin by) {
        const RulePlace *r = place_of_rule(l, n->id, useless), *other = place_of_rule(l, n->id, by);
        _cleanup_free_ char *what = NULL, *where = NULL;

        if (!r || !other || same_place(r->place, other->place))
                return;
        what = describe_rule(r, useless);
        where = place_text(l, other->place);
        hint(warn_at(l, r->place, "this rule changes nothing: %s", what), "the rule at %s covers it", where);
}

/* Of two that say the same the later one is the useless one. */
static void lint_filter(Loader *l, const NetNode *n) {
        for (size_t i = 0; i < n->n_rules; i++)
                for (size_t j = 0; j < n->n_rules; j++) {
                        const NetRule *a = n->rules + j, *b = n->rules + i;

                        if (i == j || !net_rule_covers(a, b) || (net_rule_covers(b, a) && j > i))
                                continue;
                        warn_covered(l, n, b->from, a->from);
                        break;
                }
}

static void lint_statements(Loader *l, const NetNode *n) {
        for (size_t i = 0; i < n->n_statements; i++)
                for (size_t j = 0; j < n->n_statements; j++) {
                        const NetStatement *a = n->statements + j, *b = n->statements + i;

                        if (i == j || !net_statement_covers(a, b) || (net_statement_covers(b, a) && j > i))
                                continue;
                        warn_covered(l, n, b->from, a->from);
                        break;
                }
}

/* A route does nothing when the next wider one leads to the same target. */
static void lint_routes(Loader *l, const NetNode *n) {
        for (size_t i = 0; i < n->n_routes; i++) {
                const NetRoute *wider = NULL;

                for (size_t j = 0; j < n->n_routes; j++) {
                        const NetRoute *r = n->routes + j;

                        if (j != i && cidr_contains(&r->to, &n->routes[i].to) &&
                            (!wider || r->to.prefix > wider->to.prefix))
                                wider = r;
                }
                if (wider && streq(wider->via.id, n->routes[i].via.id))
                        warn_covered(l, n, n->routes[i].from, wider->from);
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

void lint_rules(Loader *l, const Topology *t) {
        for (size_t i = 0; i < t->n_nodes; i++) {
                const NetNode *n = t->nodes[i];

                if (n->type == NET_FILTER)
                        lint_filter(l, n);
                else if (n->type == NET_IMPORTS)
                        lint_statements(l, n);
                else if (n->type == NET_TABLE)
                        lint_routes(l, n);
        }
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
