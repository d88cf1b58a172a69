/* cJSON with cleanup, typed lookups and a stable text form. Nothing here trusts what came from outside: a missing or ill-typed
 * member is NULL or the fallback, never undefined. */
#pragma once

#include <cjson/cJSON.h>

#include "str.h"

static inline void json_freep(cJSON **p) {
        cJSON_Delete(*p);
}
#define _cleanup_json_ _cleanup_(json_freep)

/* Parses exactly one value of at most 'size' bytes (they need not be terminated), nested at most 64 deep. The names of one
 * object must differ. -EBADMSG and *reterr_offset for what is no JSON; *ret is the caller's. */
int json_parse(const char *text, size_t size, cJSON **ret, size_t *reterr_offset);

/* Lookups, exact in case. The returned values are borrowed from 'o', which may be NULL. */
cJSON *json_get(const cJSON *o, const char *name);         /* NULL when absent; JSON null counts as absent */
cJSON *json_path(const cJSON *o, const char *dotted);      /* "networkDetails.id" */
const char *json_string(const cJSON *o, const char *name); /* NULL when absent or no string */
const char *json_path_string(const cJSON *o, const char *dotted);
bool json_bool(const cJSON *o, const char *name, bool fallback);
double json_number(const cJSON *o, const char *name, double fallback);

/* Setters replace or add; values are copied or (json_set) taken over. Copies of NULL do nothing. */
void json_set(cJSON *o, const char *name, cJSON *value);
void json_set_string(cJSON *o, const char *name, const char *value);
void json_set_bool(cJSON *o, const char *name, bool value);
void json_set_number(cJSON *o, const char *name, double value);
void json_set_copy(cJSON *o, const char *name, const cJSON *value);
void json_set_path(cJSON *o, const char *dotted, cJSON *value); /* makes the objects on the way */
void json_remove(cJSON *o, const char *name);
void json_append(cJSON *array, cJSON *value);
void json_append_string(cJSON *array, const char *value);

cJSON *json_copy(const cJSON *v); /* NULL gives NULL */
cJSON *json_new_object(void);
cJSON *json_new_array(void);
cJSON *json_new_string(const char *s);

/* Deep equality; members of objects in any order, elements of arrays in theirs. */
bool json_equal(const cJSON *a, const cJSON *b);
/* The same, but elements of arrays count in any order, and a member that is null counts as absent. Cheap when the order is the
 * same, n squared in the longest array that is not. */
bool json_equal_unordered(const cJSON *a, const cJSON *b);

/* One line, members in their order. The caller frees. */
char *json_text(const cJSON *v);
char *json_text_pretty(const cJSON *v);
/* One line with members sorted by name: equal values give equal text, for digests. */
char *json_canonical(const cJSON *v);
