/* Memory. Running out of it is the one error that is not returned: everything here aborts instead, the service manager starts
 * the daemon again, and the circle goes on from what it observes. What comes from outside is bounded before it is allocated. */
#pragma once

#include <stdarg.h>
#include <stdlib.h>

#include "macro.h"

void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t n, size_t size); /* n * size is checked for overflow */
char *xstrdup(const char *s);                   /* NULL stays NULL */
char *xstrndup(const char *s, size_t n);
char *xasprintf(const char *format, ...) _printf_(1, 2);
char *xvasprintf(const char *format, va_list ap) _printf_(1, 0);

/* n zeroed objects of a type. */
#define xnew(type, n) ((type *) xcalloc((n), sizeof(type)))

/* Makes room for one more element behind the n that 'array' holds and returns the array; capacity follows from n, so no field
 * keeps it: array = array_grow(array, n, sizeof *array); array[n++] = …; */
void *array_grow(void *array, size_t n, size_t element_size);

/* Appends a value to a plain (pointer, count) pair. */
#define array_push(array, n, value)                                  \
        do {                                                         \
                (array) = array_grow((array), (n), sizeof *(array)); \
                (array)[(n)++] = (value);                            \
        } while (0)

static inline void freep(void *p) {
        free(*(void **) p);
}
#define _cleanup_free_ _cleanup_(freep)

/* Replaces the string that *p owns. */
void str_replace(char **p, const char *value);

/* A NULL-terminated vector of strings that owns them all. */
char **strv_free(char **v);
size_t strv_length(char *const *v);
bool strv_contains(char *const *v, const char *s);
void strv_push(char ***v, const char *s); /* copies s */
DEFINE_CLEANUP(char **, strv_free);
