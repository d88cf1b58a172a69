/* Values by their field's type: what a person wrote, as the API has it. */
#include "loader.h"

#include <regex.h>

static cJSON *parse_value(Loader *l, const Field *f, const YamlNode *n);

bool text_matches(const char *pattern, const char *text) {
        regex_t re;
        bool found;

        if (regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB) != 0)
                return true;
        found = regexec(&re, text, 0, NULL, 0) == 0;
        regfree(&re);
        return found;
}

static cJSON *parse_string(Loader *l, const Field *f, const YamlNode *n) {
        const char *text = parse_text(l, n, f->name, f->max ? (size_t) f->min : 1,
                                      f->max ? (size_t) f->max : 255);

        if (!text)
                return NULL;
        if (f->pattern && !text_matches(f->pattern, text)) {
                fail(l, n, "'%s' takes %s, not '%s'", f->name, f->pattern_text, text);
                return NULL;
        }
        return json_new_string(text);
}

static cJSON *parse_bool_value(Loader *l, const Field *f, const YamlNode *n) {
        if (n->type == YAML_SCALAR && n->kind == YAML_BOOL)
                return cJSON_CreateBool(n->value[0] == 't' || n->value[0] == 'T');
        fail_type(l, n, f->name, "true or false");
        return NULL;
}

static cJSON *parse_int(Loader *l, const Field *f, const YamlNode *n) {
        int64_t v;

        if (!parse_number(l, n, f->name, f->min, f->max || f->min ? f->max : INT32_MAX, &v))
                return NULL;
        return cJSON_CreateNumber((double) v);
}

static cJSON *parse_enum(Loader *l, const Field *f, const YamlNode *n) {
        int64_t v;
        int i;

        if (f->flags & FIELD_OR_NUMBER && n->type == YAML_SCALAR && n->value[0] >= '0' &&
            n->value[0] <= '9') {
                _cleanup_free_ char *wanted = NULL;

                if (is_octal_looking(l, n, f->name))
                        return NULL;
                if (parse_i64(n->value, 0, f->max, &v) == 0)
                        return json_new_string(n->value);
                wanted = xasprintf("a number from 0 to %lld", (long long) f->max);
                fail_type(l, n, f->name, wanted);
                return NULL;
        }
        i = parse_word(l, n, f->name, f->words);
        return i < 0 ? NULL : json_new_string(f->words[i]);
}

/* 2, 2.5. */
static cJSON *parse_decimal(Loader *l, const Field *f, const YamlNode *n) {
        _cleanup_free_ char *wanted = NULL;
        double v;

        if (is_octal_looking(l, n, f->name))
                return NULL;
        if (n->type == YAML_SCALAR && (n->kind == YAML_INT || n->kind == YAML_FLOAT) &&
            parse_double(n->value, &v) == 0 && v >= (double) f->min && v <= (double) f->max)
                return cJSON_CreateNumber(v);
        wanted = xasprintf("a number from %lld to %lld", (long long) f->min, (long long) f->max);
        fail_type(l, n, f->name, wanted);
        return NULL;
}

static cJSON *parse_iso(Loader *l, const Field *f, const YamlNode *n) {
        usec_t v;

        if (is_text(n) && parse_iso_duration(n->value, &v) == 0 && v >= (usec_t) f->min * USEC_PER_SEC &&
            v <= (usec_t) f->max * USEC_PER_SEC)
                return json_new_string(n->value);
        fail_type(l, n, f->name, f->pattern_text);
        return NULL;
}

/* How many tags there may be; takes 'tags' over. */
static cJSON *check_number_of_tags(Loader *l, const Field *f, const YamlNode *n, cJSON *tags) {
        int64_t count = 0;

        for (const cJSON *v = tags ? tags->child : NULL; v; v = v->next)
                count += cJSON_IsObject(v) ? cJSON_GetArraySize(v) : 1;
        if (f->max == 0 || count <= f->max)
                return tags;
        hint(fail(l, n, "'%s' takes up to %lld tags, not %lld", f->name, (long long) f->max,
                  (long long) count),
             "%s", f->doc);
        cJSON_Delete(tags);
        return NULL;
}

size_t map_value_max(const Field *f) {
        return f->min > 0 ? (size_t) f->min : TAG_VALUE_MAX;
}

/* Text by names. */
static cJSON *parse_map(Loader *l, const Field *f, const YamlNode *n) {
        _cleanup_json_ cJSON *ret = json_new_object();
        bool ok = true;

        if (n->type != YAML_MAPPING) {
                fail_type(l, n, f->name, "names with a text each");
                return NULL;
        }
        for (size_t i = 0; i < n->n_pairs; i++) {
                const char *name = parse_text(l, n->pairs[i].key, f->name, 1, TAG_NAME_MAX);
                const char *text = parse_text(l, n->pairs[i].value, n->pairs[i].key->value, 0,
                                              map_value_max(f));

                if (name && f->min == 0 && startswith(name, OWN_TAG_PREFIX))
                        fail(l, n->pairs[i].key, "tags that begin with '%s' are tandem's own",
                             OWN_TAG_PREFIX);
                else if (name && text) {
                        json_set_string(ret, name, text);
                        continue;
                }
                ok = false;
        }
        return ok ? TAKE_PTR(ret) : NULL;
}

static cJSON *parse_tags(Loader *l, const Field *f, const YamlNode *n) {
        _cleanup_json_ cJSON *ret = json_new_object();
        bool ok = true;

        if (n->type != YAML_MAPPING) {
                fail_type(l, n, f->name, "namespaces with names and texts");
                return NULL;
        }
        for (size_t i = 0; i < n->n_pairs; i++) {
                const char *name = parse_text(l, n->pairs[i].key, f->name, 1, TAG_NAME_MAX);
                cJSON *tags = name ? parse_map(l, f, n->pairs[i].value) : NULL;

                if (tags)
                        json_set(ret, name, tags);
                else
                        ok = false;
        }
        return ok ? TAKE_PTR(ret) : NULL;
}

static cJSON *parse_word_or_text(Loader *l, const Field *f, const YamlNode *n) {
        const char *text;

        if (f->words)
                return parse_enum(l, f, n);
        text = parse_text(l, n, f->name, 1, 255);
        return text ? json_new_string(text) : NULL;
}

static cJSON *parse_port_range(Loader *l, const Field *f, const YamlNode *n) {
        _cleanup_free_ char *low = NULL;
        const char *dash;
        int64_t min, max;
        cJSON *range;

        if (n->type != YAML_SCALAR || (n->kind != YAML_INT && n->kind != YAML_STRING)) {
                fail_type(l, n, f->name, "ports such as 443 or 30000-32767");
                return NULL;
        }
        if (is_octal_looking(l, n, f->name))
                return NULL;
        dash = strchr(n->value, '-');
        low = xstrndup(n->value, dash ? (size_t) (dash - n->value) : strlen(n->value));
        if (parse_i64(low, 1, 65535, &min) < 0 || parse_i64(dash ? dash + 1 : low, 1, 65535, &max) < 0) {
                fail_type(l, n, f->name, "ports from 1 to 65535, such as 443 or 30000-32767");
                return NULL;
        }
        if (min > max) {
                fail(l, n, "'%s' is a range from a higher to a lower port", n->value);
                return NULL;
        }
        range = json_new_object();
        json_set_number(range, "min", (double) min);
        json_set_number(range, "max", (double) max);
        return range;
}

static cJSON *parse_object(Loader *l, const Field *f, const YamlNode *n) {
        _cleanup_json_ cJSON *ret = json_new_object();

        return parse_members(l, f->fields, n, f->name, ret) ? TAKE_PTR(ret) : NULL;
}

#define BLOCKS_MAX 8192 /* they are compared in pairs */

static cJSON *parse_cidr_element(Loader *l, const Field *f, const YamlNode *n) {
        const unsigned kept = FIELD_ESTATE_UNIQUE | FIELD_SIBLING_UNIQUE | FIELD_WITHIN_PARENT;
        char text[CIDR_TEXT_SIZE];
        Cidr c;

        if (f->flags & (FIELD_NAMES_CIDRS | FIELD_NAMES_SERVICE | FIELD_NAMES_REF))
                return link_cidr(l, f, n);
        if (!parse_block(l, f, n, &c))
                return NULL;
        if (l->n_blocks >= BLOCKS_MAX) {
                fail(l, n, "more than %d blocks in one estate", BLOCKS_MAX);
                return NULL;
        }
        if (l->item && f->flags & kept) {
                Block b = { .item = l->item, .field = f, .cidr = c, .place = place_of(l, n) };

                array_push(l->blocks, l->n_blocks, b);
        }
        return json_new_string(cidr_format(&c, text));
}

/* Elements that 'parse' made, appended to an array; one that is an array itself adds its elements. */
static cJSON *parse_elements(Loader *l, const Field *f, const YamlNode *n,
                             cJSON *(*parse)(Loader *l, const Field *f, const YamlNode *n)) {
        _cleanup_json_ cJSON *ret = json_new_array();
        bool ok = true;

        if (!parse_list(l, n, f->name))
                return NULL;
        for (size_t i = 0; i < n->n_items; i++) {
                cJSON *v = parse(l, f, n->items[i]);

                if (!v)
                        ok = false;
                else if (cJSON_IsArray(v)) {
                        while (v->child)
                                json_append(ret, cJSON_DetachItemViaPointer(v, v->child));
                        cJSON_Delete(v);
                } else
                        json_append(ret, v);
        }
        return ok ? TAKE_PTR(ret) : NULL;
}

/* A reference or object may be there once only, and so many of them. */
static cJSON *check_elements(Loader *l, const Field *f, const YamlNode *n, cJSON *list) {
        const int64_t max = f->type == FIELD_CIDRS || f->type == FIELD_PORTS ? 0 : f->max;
        int i = 0;

        if (!list)
                return NULL;
        if (f->type == FIELD_CIDRS && !list->child) {
                fail(l, n, "'%s' takes at least one block", f->name);
                cJSON_Delete(list);
                return NULL;
        }
        if (max > 0 && cJSON_GetArraySize(list) > max) {
                fail(l, n, "'%s' takes up to %lld, not %d", f->name, (long long) max,
                     cJSON_GetArraySize(list));
                cJSON_Delete(list);
                return NULL;
        }
        for (const cJSON *v = list->child; v; v = v->next, i++) {
                for (const cJSON *w = list->child; w != v; w = w->next) {
                        if (!json_equal(v, w))
                                continue;
                        fail(l, n->type == YAML_SEQUENCE && (size_t) i < n->n_items ? n->items[i] : n,
                             "'%s' has this twice", f->name);
                        cJSON_Delete(list);
                        return NULL;
                }
        }
        return list;
}

static cJSON *parse_ports(Loader *l, const Field *f, const YamlNode *n) {
        cJSON *ret, *range;

        if (n->type == YAML_SEQUENCE)
                return parse_elements(l, f, n, parse_port_range);
        range = parse_port_range(l, f, n);
        if (!range)
                return NULL;
        ret = json_new_array();
        json_append(ret, range);
        return ret;
}

static cJSON *parse_lookup_element(Loader *l, const Field *f, const YamlNode *n) {
        cJSON *v = link_lookup(l, f, n), *o;

        if (!v || !f->lookup_as)
                return v;
        o = json_new_object();
        json_set(o, f->lookup_as, v);
        return o;
}

static cJSON *parse_value(Loader *l, const Field *f, const YamlNode *n) {
        if (n->type == YAML_SEQUENCE && n->n_items > ELEMENTS_MAX) {
                fail(l, n, "'%s' has more than %d elements", f->name, ELEMENTS_MAX);
                return NULL;
        }
        switch (f->type) {
        case FIELD_STRING:
                return parse_string(l, f, n);
        case FIELD_BOOL:
                return parse_bool_value(l, f, n);
        case FIELD_INT:
                return parse_int(l, f, n);
        case FIELD_NUMBER:
                return parse_decimal(l, f, n);
        case FIELD_DURATION:
                return parse_iso(l, f, n);
        case FIELD_ENUM:
                return parse_enum(l, f, n);
        case FIELD_STRINGS:
                return check_elements(l, f, n, parse_elements(l, f, n, parse_word_or_text));
        case FIELD_CIDR:
                return parse_cidr_element(l, f, n);
        case FIELD_CIDRS:
                return check_elements(l, f, n, parse_elements(l, f, n, parse_cidr_element));
        case FIELD_MAP:
                return check_number_of_tags(l, f, n, parse_map(l, f, n));
        case FIELD_TAGS:
                return check_number_of_tags(l, f, n, parse_tags(l, f, n));
        case FIELD_REF:
                return link_reference(l, f, n);
        case FIELD_REFS:
                return check_elements(l, f, n, parse_elements(l, f, n, link_reference));
        case FIELD_LOOKUP:
                return link_lookup(l, f, n);
        case FIELD_LOOKUPS:
                return check_elements(l, f, n, parse_elements(l, f, n, parse_lookup_element));
        case FIELD_PORTS:
                return check_elements(l, f, n, parse_ports(l, f, n));
        case FIELD_OBJECT:
                return parse_object(l, f, n);
        case FIELD_OBJECTS:
                return check_elements(l, f, n, parse_elements(l, f, n, parse_object));
        case FIELD_RULES:
                return parse_rules(l, f, n);
        case FIELD_ROLE: /* no member of the object: role.c */
                break;
        }
        return NULL;
}

bool parse_members(Loader *l, const Field *fields, const YamlNode *n, const char *what, cJSON *ret) {
        _cleanup_choices_ Choices words = {};
        _cleanup_map_ SpecMap m = {};
        bool ok = true;

        for (const Field *f = fields; f->name; f++)
                if (!(f->flags & FIELD_NOT_IN_SPEC))
                        choices_add_field(&words, f);
        if (!map_open(l, n, &words, what, &m))
                return false;
        for (size_t i = 0; i < n->n_pairs; i++)
                ok = ok && m.words[i] && streq(m.words[i], n->pairs[i].key->value);
        for (const Field *f = fields; f->name; f++) {
                const YamlNode *value = map_get(&m, f->name);
                cJSON *v = value ? parse_value(l, f, value) : NULL;

                if (!value && f->flags & FIELD_REQUIRED)
                        hint(fail(l, n, "%s lacks '%s'", what, f->name), "%s",
                             f->doc ? f->doc : "it is required");
                if (v)
                        json_set(ret, field_api(f), v);
                else if (value || f->flags & FIELD_REQUIRED)
                        ok = false;
        }
        return ok;
}

static FieldPass field_pass(const Field *f) {
        return f->type == FIELD_RULES || f->flags & FIELD_NAMES_CIDRS ? PASS_OTHERS : PASS_OWN;
}

void parse_fields(Loader *l, Item *item, FieldPass pass) {
        Desired *d = item->desired;

        if (pass == PASS_OWN)
                item->first_block = l->n_blocks;
        else
                item->first_rule = l->n_rules;
        for (const Field *f = kind_field_first(d->kind); f; f = kind_field_next(d->kind, f)) {
                const YamlNode *value = f->flags & FIELD_NOT_IN_SPEC ? NULL : map_get(&item->map, f->name);
                FieldMark mark = { .field = f };
                cJSON *v;

                if (!value || f->type == FIELD_ROLE || field_pass(f) != pass)
                        continue;
                mark.mark = mark_of(l, map_key(&item->map, f->name));
                array_push(d->marks, d->n_marks, mark);
                v = parse_value(l, f, value);
                if (v)
                        json_set(d->want, field_api(f), v);
        }
        if (pass != PASS_OWN) {
                item->n_rules = l->n_rules - item->first_rule;
                return;
        }
        item->n_blocks = l->n_blocks - item->first_block;
        d->displayName = xstrdup(json_string(d->want, kind_name_field(d->kind)));
}

void check_required(Loader *l, Item *item) {
        const Desired *d = item->desired;

        for (const Field *f = kind_field_first(d->kind); f; f = kind_field_next(d->kind, f))
                if (f->flags & FIELD_REQUIRED && !map_get(&item->map, f->name))
                        hint(fail_at(l, item->place, "this %s lacks '%s'", d->kind->name, f->name), "%s",
                             f->doc ? f->doc : "it is required");
}
