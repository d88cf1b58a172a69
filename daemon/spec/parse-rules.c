/* Rule lists: each written rule is read by its own table, multiplied where a name stands for several blocks, and turned into the
 * API's rules by its kind. */
#include "loader.h"

#include <uthash.h>

#include "model/compare.h"

/* The rules of a list by what tells them apart. */
typedef struct Known {
        UT_hash_handle hh;
        char *key;
        size_t rule; /* which written one */
        Place place;
} Known;

typedef struct RuleList {
        const Field *field;
        cJSON *rules; /* of the API, in order */
        Known *known;
} RuleList;

static void known_clear(RuleList *list) {
        Known *k = list->known, *next;

        HASH_CLEAR(hh, list->known);
        for (; k; k = next) {
                next = k->hh.next;
                free(k->key);
                free(k);
        }
}

/* How many rules of the API one written rule stands for, at most. */
static int64_t count_rules(const cJSON *written) {
        int64_t n = 1;

        for (const cJSON *v = written->child; v; v = v->next)
                if (cJSON_IsArray(v) && cJSON_GetArraySize(v) > 1 && n < INT32_MAX)
                        n *= cJSON_GetArraySize(v);
        return n;
}

/* A name that stands for several blocks: one rule for each of them. */
static cJSON *multiply(const Field *fields, cJSON *written) {
        cJSON *ret = json_new_array();

        json_append(ret, written);
        for (const Field *f = fields; f->name; f++) {
                const char *member = field_api(f);
                cJSON *next, *rule;

                if (!(f->flags & FIELD_NAMES_CIDRS) || !cJSON_IsArray(json_get(written, member)))
                        continue;
                next = json_new_array();
                cJSON_ArrayForEach (rule, ret) {
                        const cJSON *block;

                        cJSON_ArrayForEach (block, json_get(rule, member)) {
                                cJSON *one = json_copy(rule);

                                json_set_copy(one, member, block);
                                json_append(next, one);
                        }
                }
                cJSON_Delete(ret);
                ret = next;
                written = ret->child;
        }
        return ret;
}

/* False when the list has this rule already. */
static bool add_rule(Loader *l, RuleList *list, cJSON *rule, size_t index, Place place) {
        char *key = rule_key(list->field->rules, rule);
        Known *k;

        HASH_FIND_STR(list->known, key, k);
        if (k) {
                _cleanup_free_ char *where = place_text(l, k->place);

                if (k->rule == index)
                        fail_at(l, place, "this rule says the same thing twice");
                else
                        hint(fail_at(l, place, "'%s' has this rule twice", list->field->name),
                             "the first is at %s", where);
                free(key);
                cJSON_Delete(rule);
                return false;
        }
        k = xnew(Known, 1);
        k->key = key;
        k->rule = index;
        k->place = place;
        HASH_ADD_KEYPTR(hh, list->known, k->key, strlen(k->key), k);
        json_append(list->rules, rule);
        array_push(l->rules, l->n_rules,
                   ((RulePlace){ .item = l->item, .field = list->field, .place = place }));
        return true;
}

static bool expand_rule(Loader *l, RuleList *list, const YamlNode *n, const cJSON *written, size_t index) {
        _cleanup_json_ cJSON *expanded = json_new_array();
        const char *message = list->field->rules->expand(written, list->field, expanded);

        if (message) {
                fail(l, n, "%s", message);
                return false;
        }
        while (expanded->child)
                if (!add_rule(l, list, cJSON_DetachItemViaPointer(expanded, expanded->child), index,
                              place_of(l, n)))
                        return false;
        return true;
}

static bool parse_rule(Loader *l, RuleList *list, const YamlNode *n, size_t index) {
        const Rules *rules = list->field->rules;
        const Field *fields = rules->spec_fields ? rules->spec_fields : rules->fields;
        _cleanup_json_ cJSON *written = json_new_object(), *all = NULL;
        _cleanup_free_ char *at = estate_mark_text(l->estate, mark_of(l, n));
        _cleanup_free_ char *what = xasprintf("a rule of %s", list->field->name);
        const cJSON *one;

        if (!parse_members(l, fields, n, what, written))
                return false;
        if (count_rules(written) > list->field->max) {
                fail(l, n, "this rule stands for %lld rules, and '%s' takes up to %lld",
                     (long long) count_rules(written), list->field->name, (long long) list->field->max);
                return false;
        }
        json_set_string(written, "$at", at);
        all = multiply(fields, TAKE_PTR(written));
        cJSON_ArrayForEach (one, all)
                if (!expand_rule(l, list, n, one, index))
                        return false;
        return true;
}

cJSON *parse_rules(Loader *l, const Field *f, const YamlNode *n) {
        RuleList list = { .field = f };
        bool ok = true;

        if (!parse_list(l, n, f->name))
                return NULL;
        list.rules = json_new_array();
        for (size_t i = 0; i < n->n_items; i++)
                ok = parse_rule(l, &list, n->items[i], i) && ok;
        if (cJSON_GetArraySize(list.rules) > f->max) {
                fail(l, n, "'%s' takes up to %lld rules, and this list comes to %d", f->name,
                     (long long) f->max, cJSON_GetArraySize(list.rules));
                ok = false;
        }
        known_clear(&list);
        if (!ok)
                cJSON_Delete(list.rules);
        return ok ? list.rules : NULL;
}
