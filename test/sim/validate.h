/* Bodies checked by tables. Malformed JSON, a wrong type or an unknown field: CannotParseRequest; a field
 * that has to be there: MissingParameter; a bad value: InvalidParameter. JSON null counts as left out. */
#pragma once

#include "forward.h"

typedef enum FieldType {
        FIELD_STRING, /* min and max are its length; 'words' the values it may have */
        FIELD_BOOL,
        FIELD_INT,     /* min and max are its value */
        FIELD_NUMBER,  /* above 0 */
        FIELD_STRINGS, /* an array of strings that differ; min and max are their number */
        FIELD_OBJECT,  /* checked by 'fields' */
        FIELD_OBJECTS, /* an array of them; min and max are their number */
        FIELD_MAP,     /* string → string */
        FIELD_TAGS,    /* namespace → key → string */
        FIELD_OPEN,    /* an object that is not looked into */
} FieldType;

typedef struct Field {
        const char *name;
        FieldType type;
        bool required;
        long min, max; /* both 0: 1..255 for strings, no bounds otherwise */
        const char *const *words;
        const struct Field *fields;
        bool (*is_valid)(const char *value); /* strings, and each of FIELD_STRINGS */
} Field;

#define FIELD_DISPLAY_NAME \
        { .name = "displayName", .type = FIELD_STRING }
#define FIELD_TAG_MAPS                                    \
        { .name = "freeformTags", .type = FIELD_MAP }, {  \
                .name = "definedTags", .type = FIELD_TAGS \
        }

/* Drops nulls out of 'in', then checks it. 0, or negative after call_fail(). */
int validate_object(Call *c, cJSON *in, const Field *fields);

bool is_cidr(const char *value); /* IPv4 or IPv6, no host bits */
bool is_cidr_ipv4(const char *value);
bool is_vcn_cidr(const char *value);  /* IPv4, /16 … /30, no host bits */
bool is_dns_label(const char *value); /* 1..15, letters and digits, begins with a letter */
bool is_ocid(const char *value);
/* The first pair of blocks in the array of strings that overlap. */
bool cidrs_overlap(const cJSON *blocks);
bool cidr_text_contains(const char *outer, const char *inner);
bool cidr_text_overlaps(const char *a, const char *b);
