/* What keys take: fields by their type, and the keys that no kind's table has. */
#include "schema.h"

#include "oci/region.h"

cJSON *schema_mapping(cJSON *properties, cJSON *required, const char *doc) {
        cJSON *s = json_new_object();

        json_set_string(s, "description", doc);
        json_set_string(s, "type", "object");
        json_set(s, "properties", properties);
        if (required->child)
                json_set(s, "required", required);
        else
                cJSON_Delete(required);
        json_set_bool(s, "additionalProperties", false);
        return s;
}

static cJSON *of_type(const char *type) {
        cJSON *s = json_new_object();

        json_set_string(s, "type", type);
        return s;
}

static cJSON *strings(const char *const *words) {
        cJSON *array = json_new_array();

        for (; words && *words; words++)
                json_append_string(array, *words);
        return array;
}

static cJSON *one_of_words(const char *const *words) {
        cJSON *s = json_new_object();

        json_set(s, "enum", strings(words));
        return s;
}

static cJSON *any_of(cJSON *a, cJSON *b) {
        cJSON *s = json_new_object(), *array = json_new_array();

        json_append(array, a);
        json_append(array, b);
        json_set(s, "anyOf", array);
        return s;
}

/* Takes 'pattern' over, which the whole text has to match. */
static cJSON *text_like(char *pattern) {
        _cleanup_free_ char *inner = pattern, *whole = xasprintf("^%s$", inner);
        cJSON *s = of_type("string");

        json_set_string(s, "pattern", whole);
        return s;
}

/* A reference, told in an editor as what it may say rather than as a pattern. */
static cJSON *reference_field(const Field *f, const Kind *kind) {
        cJSON *s = text_like(pattern_reference(f, kind));
        _cleanup_str_ Str wanted = {};

        for (size_t i = 0; kinds[i]; i++)
                if (link_admits(f, kinds[i]))
                        str_addf(&wanted, "%s%s%s/NAME", wanted.size ? " or " : "takes ",
                                 kind->section ? "" : "region/", kinds[i]->name);
        json_set_string(s, "patternErrorMessage", str_get(&wanted));
        return s;
}

static cJSON *block_field(const Field *f, const Kind *kind) {
        cJSON *s = text_like(pattern_block(f, kind));
        _cleanup_str_ Str wanted = {};

        str_add(&wanted, "takes a block such as 10.0.0.0/16");
        if (f->max > 0)
                str_addf(&wanted, ", of /%lld to /%lld", (long long) f->min, (long long) f->max);
        if (f->flags & FIELD_NAMES_CIDRS)
                str_add(&wanted, ", or a name as Kind/NAME");
        json_set_string(s, "patternErrorMessage", str_get(&wanted));
        return s;
}

static cJSON *text_sized(char *pattern, int64_t min, int64_t max) {
        cJSON *s = text_like(pattern);

        if (min > 0)
                json_set_number(s, "minLength", (double) min);
        json_set_number(s, "maxLength", (double) max);
        return s;
}

static cJSON *number(int64_t min, int64_t max) {
        cJSON *s = of_type("integer");

        json_set_number(s, "minimum", (double) min);
        json_set_number(s, "maximum", (double) max);
        return s;
}

/* No element may be there twice; max 0: as many as the loader takes. */
static cJSON *list_of(cJSON *element, int64_t min, int64_t max) {
        cJSON *s = of_type("array");

        json_set(s, "items", element);
        if (min > 0)
                json_set_number(s, "minItems", (double) min);
        json_set_number(s, "maxItems", (double) (max > 0 ? MIN(max, ELEMENTS_MAX) : ELEMENTS_MAX));
        json_set_bool(s, "uniqueItems", true);
        return s;
}

static cJSON *decimal(const Field *f) {
        cJSON *s = of_type("number");

        json_set_number(s, "minimum", (double) f->min);
        json_set_number(s, "maximum", (double) f->max);
        return s;
}

static cJSON *duration_field(const Field *f) {
        cJSON *s = text_like(xstrdup("PT(?=[0-9])([0-9]+H)?([0-9]+M)?([0-9]+S)?"));

        json_set_string(s, "patternErrorMessage", f->pattern_text);
        return s;
}

static cJSON *string_field(const Field *f) {
        cJSON *s = text_sized(xstrdup(PATTERN_LINE), f->max ? f->min : 1, f->max ? f->max : 255);

        if (f->pattern && pattern_is_portable(f->pattern)) {
                json_set_string(s, "pattern", f->pattern);
                json_set_string(s, "patternErrorMessage", f->pattern_text);
        }
        return s;
}

static cJSON *enum_field(const Field *f) {
        cJSON *words = one_of_words(f->words);

        if (!(f->flags & FIELD_OR_NUMBER))
                return words;
        return any_of(words, any_of(number(0, f->max), text_like(xstrdup(PATTERN_NUMBER))));
}

/* The keys themselves are listed too, so that an editor can offer them. */
static cJSON *lookup_field(const Field *f) {
        const Kind *k = ASSERT_PTR(kind_find(f->ref_kind));
        cJSON *keys = json_new_array(), *offered = json_new_object();

        for (const char *const *word = k->lookup_keys; *word; word++) {
                _cleanup_free_ char *full = xasprintf("%s/%s", k->name, *word);
                int64_t n;

                if (parse_i64(*word, 0, INT32_MAX, &n) == 0)
                        json_append(keys, cJSON_CreateNumber((double) n));
                else
                        json_append_string(keys, full);
        }
        json_set(offered, "enum", keys);
        return any_of(offered, text_like(pattern_lookup(f)));
}

/* Text by names; those that begin so are tandem's own. */
static cJSON *map_field(const Field *f) {
        cJSON *s = of_type("object");

        if (f->max > 0)
                json_set_number(s, "maxProperties", (double) f->max);
        json_set(s, "propertyNames",
                 text_sized(xstrdup(f->min > 0 ? PATTERN_LINE : "(?!" OWN_TAG_PREFIX ")" PATTERN_LINE), 1,
                            TAG_NAME_MAX));
        json_set(s, "additionalProperties",
                 text_sized(xstrdup(PATTERN_LINE), 0, (int64_t) map_value_max(f)));
        return s;
}

/* The sum over all namespaces is the loader's to see. */
static cJSON *tags_field(const Field *f) {
        cJSON *s = of_type("object");

        json_set(s, "propertyNames", text_sized(xstrdup(PATTERN_LINE), 1, TAG_NAME_MAX));
        json_set(s, "additionalProperties", map_field(f));
        return s;
}

static cJSON *port(void) {
        return any_of(number(1, 65535), text_like(pattern_port()));
}

static cJSON *members(const Field *fields, const Kind *kind) {
        cJSON *properties = json_new_object(), *required = json_new_array();

        for (const Field *f = fields; f->name; f++) {
                if (f->flags & FIELD_NOT_IN_SPEC)
                        continue;
                json_set(properties, f->name, schema_of_field(f, kind));
                if (f->flags & FIELD_REQUIRED)
                        json_append_string(required, f->name);
        }
        return schema_mapping(properties, required, NULL);
}

static cJSON *value_of_field(const Field *f, const Kind *kind) {
        switch (f->type) {
        case FIELD_STRING:
                return string_field(f);
        case FIELD_BOOL:
                return of_type("boolean");
        case FIELD_INT:
                return number(f->min, f->min || f->max ? f->max : INT32_MAX);
        case FIELD_NUMBER:
                return decimal(f);
        case FIELD_DURATION:
                return duration_field(f);
        case FIELD_ENUM:
                return enum_field(f);
        case FIELD_STRINGS:
                return list_of(f->words ? one_of_words(f->words) : text_sized(xstrdup(PATTERN_LINE), 1, 255),
                               0, f->max);
        case FIELD_CIDR:
                return block_field(f, kind);
        case FIELD_CIDRS:
                return list_of(block_field(f, kind), 1, 0);
        case FIELD_MAP:
                return map_field(f);
        case FIELD_TAGS:
                return tags_field(f);
        case FIELD_REF:
                return reference_field(f, kind);
        case FIELD_REFS:
                return list_of(reference_field(f, kind), 0, f->max);
        case FIELD_LOOKUP:
                return lookup_field(f);
        case FIELD_LOOKUPS:
                return list_of(lookup_field(f), 0, f->max);
        case FIELD_PORTS:
                return any_of(port(), list_of(port(), 0, 0));
        case FIELD_OBJECT:
                return members(f->fields, kind);
        case FIELD_OBJECTS:
                return list_of(members(f->fields, kind), 0, f->max);
        case FIELD_RULES:
                return list_of(
                        members(f->rules->spec_fields ? f->rules->spec_fields : f->rules->fields, kind), 0,
                        f->max);
        case FIELD_ROLE:
                return f->words ? one_of_words(f->words) : reference_field(f, kind);
        }
        return json_new_object();
}

/* What is filled in for a value that was left out, where that is one word of the spec as well. */
static void set_default(cJSON *s, const Field *f) {
        cJSON *value = NULL;

        if (!f->fallback || (f->type != FIELD_BOOL && f->type != FIELD_INT && f->type != FIELD_ENUM))
                return;
        if (json_parse(f->fallback, strlen(f->fallback), &value, NULL) == 0)
                json_set(s, "default", value);
}

cJSON *schema_of_field(const Field *f, const Kind *kind) {
        cJSON *s = value_of_field(f, kind);

        json_set_string(s, "description", f->doc);
        set_default(s, f);
        return s;
}

static cJSON *region_names(void) {
        cJSON *s = json_new_object(), *names = json_new_array();

        for (size_t i = 0; oci_region_at(i); i++)
                json_append_string(names, oci_region_at(i));
        json_set(s, "enum", names);
        return s;
}

static cJSON *ignorable(const Kind *kind) {
        _cleanup_choices_ Choices names = {};
        cJSON *s = of_type("array"), *words = json_new_array();

        choices_add_ignorable(&names, kind);
        for (size_t i = 0; i < names.n; i++)
                json_append_string(words, names.w[i]);
        json_set_path(s, "items.enum", words);
        return s;
}

static cJSON *mapping_of_keys(const Key *keys) {
        cJSON *properties = json_new_object(), *required = json_new_array();

        for (const Key *k = keys; k->name; k++) {
                json_set(properties, k->name, schema_of_key(k, NULL));
                if (k->required)
                        json_append_string(required, k->name);
        }
        return schema_mapping(properties, required, NULL);
}

static cJSON *value_of_key(const Key *k, const Kind *kind) {
        const char *own_type[] = { kind ? kind->ocid_type : NULL, NULL };

        switch (k->type) {
        case KEY_KIND:
                return of_type("string");
        case KEY_NAME:
                return text_sized(xstrdup(PATTERN_NAME), 1, 255);
        case KEY_LABEL:
                return text_sized(xstrdup(PATTERN_LABEL), k->min, k->max);
        case KEY_TEXT:
                return text_sized(xstrdup(PATTERN_LINE), k->min, k->max);
        case KEY_WORD:
                return one_of_words(k->words);
        case KEY_NUMBER:
                return number(k->min, k->max);
        case KEY_PERCENT:
                return text_like(xstrdup("0*(100|[1-9][0-9]?)%")); /* 1 to 100, all that there are */
        case KEY_DURATION:
                return text_like(xstrdup("([0-9]+(ms|s|m|h|d))+"));
        case KEY_OCID:
                return text_like(pattern_ocid(k->words ? k->words : own_type));
        case KEY_REGION:
                return region_names();
        case KEY_FIELDS:
                return ignorable(kind);
        case KEY_KEYS:
                return mapping_of_keys(k->keys);
        }
        return json_new_object();
}

cJSON *schema_of_key(const Key *k, const Kind *kind) {
        cJSON *s = value_of_key(k, kind);

        json_set_string(s, "description", k->doc);
        return s;
}
