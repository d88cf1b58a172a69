/* Request bodies against a kind's fields: required, unknown and ill-typed ones, worded as OCI words
 * them. */
#include "validate.h"

#include <ctype.h>

#include "base/cidr.h"
#include "base/json.h"
#include "call.h"

#define N_TAG_MAX 64

static void drop_nulls(cJSON *o) {
        cJSON *v = o->child, *next;

        for (; v; v = next) {
                next = v->next;
                if (cJSON_IsNull(v) && cJSON_IsObject(o))
                        cJSON_Delete(cJSON_DetachItemViaPointer(o, v));
                else
                        drop_nulls(v);
        }
}

static int bad_type(Call *c, const char *path, const char *wanted) {
        return call_fail(c, 400, "CannotParseRequest", "Unable to process JSON input: %s is not %s.", path,
                         wanted);
}

static int validate_text(Call *c, const char *path, const cJSON *v, const Field *f) {
        long n, min = f->min || f->max ? f->min : 1, max = f->min || f->max ? f->max : 255;
        bool known = !f->words;

        if (!cJSON_IsString(v))
                return bad_type(c, path, "a string");
        n = (long) strlen(v->valuestring);
        if (f->type == FIELD_STRING && (n < min || n > max))
                return call_fail(c, 400, "InvalidParameter", "%s size must be between %ld and %ld", path,
                                 min, max);
        for (size_t i = 0; f->words && f->words[i]; i++)
                known = known || streq(f->words[i], v->valuestring);
        if (!known || (f->is_valid && !f->is_valid(v->valuestring)))
                return call_fail(c, 400, "InvalidParameter", "%s '%s' is not valid.", path, v->valuestring);
        return 0;
}

static int validate_strings(Call *c, const char *path, const cJSON *v, const Field *f) {
        const cJSON *item, *other;
        int r, n;

        if (!cJSON_IsArray(v))
                return bad_type(c, path, "an array");
        n = cJSON_GetArraySize(v);
        if (n < f->min || (f->max > 0 && n > f->max))
                return call_fail(c, 400, "InvalidParameter", "%s must have between %ld and %ld elements",
                                 path, f->min, f->max);
        cJSON_ArrayForEach (item, v) {
                r = validate_text(c, path, item, f);
                if (r < 0)
                        return r;
                for (other = v->child; other != item; other = other->next)
                        if (streq(other->valuestring, item->valuestring))
                                return call_fail(c, 400, "InvalidParameter", "%s has '%s' twice.", path,
                                                 item->valuestring);
        }
        return 0;
}

static int validate_map(Call *c, const char *path, const cJSON *v, bool nested) {
        const cJSON *item;
        int r;

        if (!cJSON_IsObject(v))
                return bad_type(c, path, "a map");
        if (cJSON_GetArraySize(v) > N_TAG_MAX)
                return call_fail(c, 400, "InvalidParameter", "%s has too many entries.", path);
        cJSON_ArrayForEach (item, v) {
                if (nested) {
                        r = validate_map(c, path, item, false);
                        if (r < 0)
                                return r;
                } else if (!cJSON_IsString(item))
                        return bad_type(c, path, "a map of strings");
                else if (isempty(item->string) || strlen(item->string) > 100 ||
                         strlen(item->valuestring) > 256)
                        return call_fail(c, 400, "InvalidParameter",
                                         "%s: key or value of '%s' has no valid length.", path,
                                         item->string);
        }
        return 0;
}

static int validate_fields(Call *c, const char *prefix, const cJSON *in, const Field *fields);

static int validate_objects(Call *c, const char *path, const cJSON *v, const Field *f) {
        const cJSON *item;
        int r, n = cJSON_GetArraySize(v), i = 0;

        if (!cJSON_IsArray(v))
                return bad_type(c, path, "an array");
        if (n < f->min || (f->max > 0 && n > f->max))
                return call_fail(c, 400, "InvalidParameter", "%s must have between %ld and %ld elements",
                                 path, f->min, f->max);
        cJSON_ArrayForEach (item, v) {
                _cleanup_free_ char *element = xasprintf("%s[%d]", path, i++);

                if (!cJSON_IsObject(item))
                        return bad_type(c, element, "an object");
                r = validate_fields(c, element, item, f->fields);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int validate_value(Call *c, const char *path, const cJSON *v, const Field *f) {
        switch (f->type) {
        case FIELD_STRING:
                return validate_text(c, path, v, f);
        case FIELD_BOOL:
                return cJSON_IsBool(v) ? 0 : bad_type(c, path, "a boolean");
        case FIELD_INT:
                if (!cJSON_IsNumber(v) || !(v->valuedouble > -1e15 && v->valuedouble < 1e15) ||
                    v->valuedouble != (double) (int64_t) v->valuedouble)
                        return bad_type(c, path, "an integer");
                if ((f->min || f->max) &&
                    (v->valuedouble < (double) f->min || v->valuedouble > (double) f->max))
                        return call_fail(c, 400, "InvalidParameter", "%s must be between %ld and %ld", path,
                                         f->min, f->max);
                return 0;
        case FIELD_NUMBER:
                if (!cJSON_IsNumber(v))
                        return bad_type(c, path, "a number");
                return v->valuedouble > 0 && v->valuedouble < 1e6
                               ? 0
                               : call_fail(c, 400, "InvalidParameter", "%s must be above 0", path);
        case FIELD_STRINGS:
                return validate_strings(c, path, v, f);
        case FIELD_OBJECT:
                return cJSON_IsObject(v) ? validate_fields(c, path, v, f->fields)
                                         : bad_type(c, path, "an object");
        case FIELD_OBJECTS:
                return validate_objects(c, path, v, f);
        case FIELD_MAP:
                return validate_map(c, path, v, false);
        case FIELD_TAGS:
                return validate_map(c, path, v, true);
        case FIELD_OPEN:
                return cJSON_IsObject(v) ? 0 : bad_type(c, path, "an object");
        }
        return 0;
}

static const Field *field_find(const Field *fields, const char *name) {
        for (const Field *f = fields; f->name; f++)
                if (streq(f->name, name))
                        return f;
        return NULL;
}

static int validate_fields(Call *c, const char *prefix, const cJSON *in, const Field *fields) {
        const cJSON *v;
        int r;

        cJSON_ArrayForEach (v, in) {
                _cleanup_free_ char *path = *prefix ? xasprintf("%s.%s", prefix, v->string)
                                                    : xstrdup(v->string);
                const Field *f = field_find(fields, v->string);

                if (!f)
                        return call_fail(c, 400, "CannotParseRequest",
                                         "Unable to process JSON input: unrecognized field %s.", path);
                r = validate_value(c, path, v, f);
                if (r < 0)
                        return r;
        }
        for (const Field *f = fields; f->name; f++)
                if (f->required && !json_get(in, f->name))
                        return call_fail(c, 400, "MissingParameter", "%s%s%s may not be null", prefix,
                                         *prefix ? "." : "", f->name);
        return 0;
}

int validate_object(Call *c, cJSON *in, const Field *fields) {
        drop_nulls(in);
        return validate_fields(c, "", in, fields);
}

bool is_cidr(const char *value) {
        Cidr cidr;

        return cidr_parse(value, &cidr) >= 0 && !cidr_has_host_bits(&cidr);
}

bool is_cidr_ipv4(const char *value) {
        Cidr cidr;

        return cidr_parse(value, &cidr) >= 0 && !cidr_has_host_bits(&cidr) && !cidr.ipv6;
}

bool is_vcn_cidr(const char *value) {
        Cidr cidr;

        return is_cidr_ipv4(value) && cidr_parse(value, &cidr) >= 0 && cidr.prefix >= 16 &&
               cidr.prefix <= 30;
}

bool is_dns_label(const char *value) {
        size_t n = strlen(value);

        if (n < 1 || n > 15 || !isalpha((unsigned char) value[0]))
                return false;
        for (size_t i = 0; i < n; i++)
                if (!isalnum((unsigned char) value[i]))
                        return false;
        return true;
}

bool is_ocid(const char *value) {
        return startswith(value, "ocid1.");
}

bool cidr_text_contains(const char *outer, const char *inner) {
        Cidr a, b;

        return outer && inner && cidr_parse(outer, &a) >= 0 && cidr_parse(inner, &b) >= 0 &&
               cidr_contains(&a, &b);
}

bool cidr_text_overlaps(const char *x, const char *y) {
        Cidr a, b;

        return x && y && cidr_parse(x, &a) >= 0 && cidr_parse(y, &b) >= 0 && cidr_overlaps(&a, &b);
}

bool cidrs_overlap(const cJSON *blocks) {
        const cJSON *a, *b;

        cJSON_ArrayForEach (a, blocks)
                for (b = a->next; b; b = b->next)
                        if (cidr_text_overlaps(a->valuestring, b->valuestring))
                                return true;
        return false;
}
