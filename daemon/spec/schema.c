/* The schema as a whole: which document is of which kind, and what a resource of each kind may say. */
#include "schema.h"

/* A key that takes the same everywhere stands once, under its own name. */
static cJSON *reference_to(const char *definition) {
        _cleanup_free_ char *path = xasprintf("#/definitions/%s", definition);
        cJSON *s = json_new_object();

        json_set_string(s, "$ref", path);
        return s;
}

static cJSON *constant(const char *word, const char *doc) {
        cJSON *s = json_new_object();

        json_set_string(s, "const", word);
        json_set_string(s, "description", doc);
        return s;
}

static bool is_same_everywhere(const Key *k) {
        return k->type != KEY_FIELDS && (k->type != KEY_OCID || k->words);
}

static bool is_common(const Field *f) {
        for (const Field *common = kind_common_fields; common->name; common++)
                if (common == f)
                        return true;
        return false;
}

static void define_common(cJSON *definitions) {
        for (const Key *k = meta_keys; k->name; k++)
                if (is_same_everywhere(k))
                        json_set(definitions, k->name, schema_of_key(k, NULL));
        for (const Field *f = kind_common_fields; f->name; f++)
                json_set(definitions, f->name, schema_of_field(f, NULL));
}

/* The lists of what stands inside a kind; NULL: inside a Region. */
static void add_sections(cJSON *properties, const char *parent) {
        for (size_t i = 0; kinds[i]; i++) {
                cJSON *list;

                if (!kinds[i]->section || !streq_ptr(kinds[i]->parent, parent))
                        continue;
                list = json_new_object();
                json_set_string(list, "description", kinds[i]->doc);
                json_set_string(list, "type", "array");
                json_set(list, "items", reference_to(kinds[i]->name));
                json_set(properties, kinds[i]->section, list);
        }
}

static void add_meta(cJSON *properties, cJSON *required, const Kind *kind) {
        for (const Key *k = meta_keys; k->name; k++) {
                if (!has_meta(kind, k) || kind->flags & k->refused_by)
                        continue;
                json_set(properties, k->name,
                         is_same_everywhere(k) ? reference_to(k->name) : schema_of_key(k, kind));
                if (k->required)
                        json_append_string(required, k->name);
        }
}

static cJSON *schema_of_kind(const Kind *kind) {
        cJSON *properties = json_new_object(), *required = json_new_array();

        if (!kind->section)
                json_set(properties, "kind", constant(kind->name, kind->doc));
        add_meta(properties, required, kind);
        for (const Field *f = kind_field_first(kind); f; f = kind_field_next(kind, f)) {
                if (f->flags & FIELD_NOT_IN_SPEC)
                        continue;
                json_set(properties, f->name,
                         is_common(f) ? reference_to(f->name) : schema_of_field(f, kind));
                if (f->flags & FIELD_REQUIRED)
                        json_append_string(required, f->name);
        }
        add_sections(properties, kind->name);
        return schema_mapping(properties, required, kind->doc);
}

/* An Estate or a Region. */
static cJSON *schema_of_document(const char *name, const Key *keys, const char *doc) {
        cJSON *properties = json_new_object(), *required = json_new_array();

        for (const Key *k = keys; k->name; k++) {
                json_set(properties, k->name,
                         k->type == KEY_KIND ? constant(name, k->doc) : schema_of_key(k, NULL));
                if (k->required)
                        json_append_string(required, k->name);
        }
        return schema_mapping(properties, required, doc);
}

/* A document of this kind is judged by its own definition alone, so an editor complains about what is wrong with that one. */
static void add_document(cJSON *words, cJSON *branches, const char *name) {
        cJSON *branch = json_new_object(), *test = json_new_object(), *must = json_new_array();

        json_set_path(test, "properties.kind.const", json_new_string(name));
        json_append_string(must, "kind");
        json_set(test, "required", must);
        json_set(branch, "if", test);
        json_set(branch, "then", reference_to(name));
        json_append(branches, branch);
        json_append_string(words, name);
}

cJSON *spec_schema(void) {
        cJSON *s = json_new_object(), *definitions = json_new_object(), *branches = json_new_array();
        cJSON *words = json_new_array(), *required = json_new_array();

        add_document(words, branches, "Estate");
        json_set(definitions, "Estate",
                 schema_of_document("Estate", estate_keys,
                                    "The estate as a whole: one to a directory of specs"));
        add_document(words, branches, "Region");
        json_set(definitions, "Region",
                 schema_of_document("Region", region_keys, "What stands in one region"));
        add_sections(json_path(definitions, "Region.properties"), NULL);
        define_common(definitions);
        for (size_t i = 0; kinds[i]; i++) {
                if (kinds[i]->flags & KIND_LOOKUP)
                        continue;
                json_set(definitions, kinds[i]->name, schema_of_kind(kinds[i]));
                if (!kinds[i]->section)
                        add_document(words, branches, kinds[i]->name);
        }
        json_append_string(required, "kind");

        json_set_string(s, "$schema", "http://json-schema.org/draft-07/schema#");
        json_set_string(s, "title", "tandem spec");
        json_set_string(s, "type", "object");
        json_set(s, "required", required);
        json_set_path(s, "properties.kind.description", json_new_string("what this document declares"));
        json_set_path(s, "properties.kind.enum", words);
        json_set(s, "allOf", branches);
        json_set(s, "definitions", definitions);
        return s;
}
