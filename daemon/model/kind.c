/* Lookups over the registry's tables, and the fields that every object of the API has. */
#include "kind.h"

#define DISPLAY_NAME_DOC \
        "the cloud's name; left out: the tandem name, and a rename in the console is no drift"
#define TAG_FIELDS                                                                                    \
        { .name = "freeformTags",                                                                     \
          .type = FIELD_MAP,                                                                          \
          .change = CHANGE_UPDATE,                                                                    \
          .fallback = "{}",                                                                           \
          .max = 7,                                                                                   \
          .doc = "tags by name, up to 7: a thing has 10, and 3 are tandem's own; those that are not " \
                 "declared "                                                                          \
                 "survive" },                                                                         \
        {                                                                                             \
                .name = "definedTags", .type = FIELD_TAGS, .change = CHANGE_UPDATE, .fallback = "{}", \
                .max = 64,                                                                            \
                .doc = "tags by namespace and name, up to 64; those that are not declared survive",   \
        }

const Field kind_common_fields[] = {
        { .name = "displayName", .type = FIELD_STRING, .change = CHANGE_UPDATE, .doc = DISPLAY_NAME_DOC },
        TAG_FIELDS,
        {},
};

/* Of what the API calls by a `name`. */
static const Field named_fields[] = {
        { .name = "displayName",
          .api = "name",
          .type = FIELD_STRING,
          .change = CHANGE_UPDATE,
          .doc = DISPLAY_NAME_DOC },
        TAG_FIELDS,
        {},
};

const char *kind_name_field(const Kind *k) {
        return k->name_field ? k->name_field : "displayName";
}

const char *kind_create_name(const Kind *k) {
        return k->create_name ? k->create_name : kind_name_field(k);
}

OciService kind_oci_service(const Kind *k) {
        switch (k->service) {
        case SERVICE_CORE:
                return OCI_SERVICE_CORE;
        case SERVICE_IDENTITY:
                return OCI_SERVICE_IDENTITY;
        case SERVICE_CONTAINER_ENGINE:
                return OCI_SERVICE_CONTAINER_ENGINE;
        }
        return OCI_SERVICE_CORE;
}

const Kind *kind_find(const char *name) {
        for (size_t i = 0; kinds[i]; i++)
                if (streq(kinds[i]->name, name))
                        return kinds[i];
        return NULL;
}

size_t kind_order(const Kind *k) {
        size_t i = 0;

        while (kinds[i] != k)
                i++; /* every kind is registered: the unit test looks */
        return i;
}

size_t kind_count(void) {
        size_t n = 0;

        while (kinds[n])
                n++;
        return n;
}

const Kind *kind_of_section(const char *parent, const char *section) {
        for (size_t i = 0; kinds[i]; i++)
                if (kinds[i]->section && streq(kinds[i]->section, section) &&
                    streq_ptr(kinds[i]->parent, parent))
                        return kinds[i];
        return NULL;
}

const Kind *kind_of_ocid_type(const char *type) {
        for (size_t i = 0; kinds[i]; i++)
                if (streq_ptr(kinds[i]->ocid_type, type))
                        return kinds[i];
        return NULL;
}

static const Field no_fields[] = { {} };

static const Field *own_fields(const Kind *k) {
        return k->fields ? k->fields : no_fields;
}

static const Field *if_named(const Field *f) {
        return f->name ? f : NULL;
}

const Field *kind_field_first(const Kind *k) {
        if (k->flags & (KIND_NOT_CLOUD | KIND_LOOKUP | KIND_NO_TAGS))
                return if_named(own_fields(k));
        return k->name_field ? named_fields : kind_common_fields;
}

static bool is_last_common(const Field *f) {
        return f == &kind_common_fields[ARRAY_SIZE(kind_common_fields) - 2] ||
               f == &named_fields[ARRAY_SIZE(named_fields) - 2];
}

const Field *kind_field_next(const Kind *k, const Field *f) {
        if (f[1].name)
                return f + 1;
        return is_last_common(f) ? if_named(own_fields(k)) : NULL;
}

const Field *kind_field(const Kind *k, const char *name) {
        for (const Field *f = kind_field_first(k); f; f = kind_field_next(k, f))
                if (streq(f->name, name))
                        return f;
        return NULL;
}

const Field *kind_field_path(const Kind *k, const char *dotted) {
        _cleanup_(strv_freep) char **part = str_split(dotted, '.');
        const Field *f = kind_field(k, part[0]);

        for (size_t i = 1; f && part[i]; i++) {
                const Field *inner = f->fields;

                while (inner && inner->name && !streq(inner->name, part[i]))
                        inner++;
                f = inner && inner->name ? inner : NULL;
        }
        return f;
}

bool kind_tells_of(const Kind *work, const Kind *k) {
        return (work->flags & KIND_WORK) && (k->flags & KIND_NO_CREATE_BODY) && work->service == k->service;
}

char *kind_object_path(const Kind *k, const char *id) {
        _cleanup_free_ char *escaped = k->below ? xstrdup(id) : url_escape(id);

        return xasprintf("%s/%s", k->path, escaped);
}

void kind_identify(const Kind *k, const char *scope, cJSON *body) {
        const char *name = json_string(body, kind_name_field(k));
        _cleanup_free_ char *id = NULL;

        if (k->below && name) {
                id = xasprintf("%s/%s/%s", scope, k->below, name);
                json_set_string(body, k->parent_field, scope);
        } else if (k->flags & KIND_LIST_IS_OBJECT)
                id = xasprintf("%s.%s", k->ocid_type, scope);
        if (id && cJSON_IsObject(body))
                json_set_string(body, "id", id);
}

Life kind_life(const Kind *k, const cJSON *body) {
        const char *word = k->lifecycle_field ? json_string(body, k->lifecycle_field) : NULL;

        if (!k->life)
                return LIFE_READY;
        for (const LifeWord *w = k->life; word && w->word; w++)
                if (streq(w->word, word))
                        return w->life;
        return LIFE_UNKNOWN;
}
