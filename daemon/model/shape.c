/* The shape of what the API answered, held against the kind's table. */
#include "shape.h"

#include "kind.h"

static bool is_type(const Field *f, const cJSON *v) {
        switch (f->type) {
        case FIELD_STRING:
        case FIELD_ENUM:
        case FIELD_CIDR:
        case FIELD_REF:
        case FIELD_LOOKUP:
        case FIELD_DURATION:
                return cJSON_IsString(v);
        case FIELD_BOOL:
                return cJSON_IsBool(v);
        case FIELD_INT:
        case FIELD_NUMBER:
                return cJSON_IsNumber(v);
        case FIELD_MAP:
        case FIELD_TAGS:
        case FIELD_OBJECT:
                return cJSON_IsObject(v);
        case FIELD_CIDRS:
        case FIELD_STRINGS:
        case FIELD_REFS:
        case FIELD_LOOKUPS:
        case FIELD_OBJECTS:
        case FIELD_RULES:
                return cJSON_IsArray(v);
        case FIELD_PORTS: /* people's writing, which no reply has */
        case FIELD_ROLE:
                return true;
        }
        return true;
}

static bool all_strings(const cJSON *v) {
        for (const cJSON *e = v->child; e; e = e->next)
                if (!cJSON_IsString(e))
                        return false;
        return true;
}

static char *fields_error(const Field *fields, const cJSON *o);

static char *elements_error(const Field *f, const Field *fields, const cJSON *array) {
        const cJSON *e;
        char *why;

        cJSON_ArrayForEach (e, array) {
                if (!cJSON_IsObject(e))
                        return xasprintf("%s has an element that is no object", field_api(f));
                why = fields_error(fields, e);
                if (why)
                        return why;
        }
        return NULL;
}

static char *value_error(const Field *f, const cJSON *v) {
        if (!v || cJSON_IsNull(v))
                return NULL;
        if (!is_type(f, v) || ((f->type == FIELD_MAP || f->type == FIELD_CIDRS || f->type == FIELD_REFS ||
                                f->type == FIELD_STRINGS) &&
                               !all_strings(v)))
                return xasprintf("%s is of another type", field_api(f));
        if (f->type == FIELD_OBJECT && f->fields)
                return fields_error(f->fields, v);
        if (f->type == FIELD_OBJECTS && f->fields)
                return elements_error(f, f->fields, v);
        if (f->type == FIELD_RULES)
                return elements_error(f, f->rules->fields, v);
        return NULL;
}

static char *fields_error(const Field *fields, const cJSON *o) {
        char *why = NULL;

        for (const Field *f = fields; f->name && !why; f++)
                why = value_error(f, json_get(o, field_api(f)));
        return why;
}

static char *member_error(const cJSON *o, const char *name) {
        const cJSON *v = name ? json_get(o, name) : NULL;

        return v && !cJSON_IsString(v) && !cJSON_IsNull(v) ? xasprintf("%s is of another type", name) : NULL;
}

char *shape_error(const Kind *k, const cJSON *o) {
        const char *const members[] = { k->lifecycle_field, k->parent_field, "compartmentId" };
        char *why = NULL;

        if (!cJSON_IsObject(o))
                return xstrdup("it is no object");
        if (isempty(json_string(o, "id")) && !(k->flags & KIND_LOOKUP) && !k->below)
                return xstrdup("it has no id");
        for (size_t i = 0; i < ARRAY_SIZE(members) && !why; i++)
                why = member_error(o, members[i]);
        for (const Field *f = kind_field_first(k); f && !why; f = kind_field_next(k, f))
                why = value_error(f, json_get(o, field_api(f)));
        return why;
}

char *shape_error_of_items(const Kind *k, const Field *sub, const cJSON *items) {
        size_t n = 0;
        const cJSON *e;

        cJSON_ArrayForEach (e, items) {
                _cleanup_free_ char *why = NULL;

                n++;
                if (!sub)
                        why = shape_error(k, e);
                else if (cJSON_IsObject(e))
                        why = fields_error(sub->rules->fields, e);
                else
                        why = xstrdup("it is no object");
                if (why)
                        return xasprintf("item %zu: %s", n, why);
        }
        return NULL;
}
