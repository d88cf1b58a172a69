/* What the files that write the schema share. */
#pragma once

#include "loader.h"

/* schema-value.c: what a key takes in a resource of that kind, which is NULL in an Estate or a Region. The caller's. */
cJSON *schema_of_field(const Field *f, const Kind *kind);
cJSON *schema_of_key(const Key *k, const Kind *kind);
/* A mapping that has these properties, must have the required ones, and has no others. Takes both over; 'doc' may be NULL. */
cJSON *schema_mapping(cJSON *properties, cJSON *required, const char *doc);

/* schema-pattern.c: texts as ECMA 262 regular expressions, without anchors. The caller frees. */
#define PATTERN_LINE   "[^\\u0000-\\u001f\\u007f]*"  /* no control characters */
#define PATTERN_NAME   "[^/\\u0000-\\u001f\\u007f]+" /* … and no '/' */
#define PATTERN_LABEL  "[a-z0-9-]+"
#define PATTERN_NUMBER "[0-9]+"
char *pattern_ocid(const char *const *types); /* NULL: of any type */
char *pattern_reference(const Field *f, const Kind *kind);
char *pattern_block(const Field *f, const Kind *kind);
char *pattern_lookup(const Field *f);
char *pattern_port(void);
/* Whether a POSIX extended regular expression means the same to ECMA 262: no bracket in it holds a class, a backslash or a leading
 * ']', and no letter or digit follows a backslash. */
bool pattern_is_portable(const char *posix);
