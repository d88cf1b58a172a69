/* Allocation that aborts when memory is out, and the small containers that need nothing else. */
#include "alloc.h"

#include <stdio.h>

static void *check(void *p) {
        if (!p) {
                static const char message[] = "tandem: out of memory\n";

                fwrite(message, 1, sizeof message - 1, stderr);
                abort();
        }
        return p;
}

void *xmalloc(size_t size) {
        return check(malloc(size ? size : 1));
}

void *xcalloc(size_t n, size_t size) {
        return check(calloc(n ? n : 1, size ? size : 1));
}

void *xrealloc(void *p, size_t n, size_t size) {
        size_t total;

        if (__builtin_mul_overflow(n, size, &total))
                return check(NULL);
        return check(realloc(p, total ? total : 1));
}

char *xstrdup(const char *s) {
        return s ? check(strdup(s)) : NULL;
}

char *xstrndup(const char *s, size_t n) {
        return check(strndup(s, n));
}

char *xvasprintf(const char *format, va_list ap) {
        char *s;

        if (vasprintf(&s, format, ap) < 0)
                s = NULL;
        return check(s);
}

char *xasprintf(const char *format, ...) {
        va_list ap;
        char *s;

        va_start(ap, format);
        s = xvasprintf(format, ap);
        va_end(ap);
        return s;
}

/* Capacities are 4, 8, 16, …: the array is full exactly when n is 0 or one of these. */
void *array_grow(void *array, size_t n, size_t element_size) {
        if (n == 0)
                return xrealloc(array, 4, element_size);
        if (n >= 4 && (n & (n - 1)) == 0)
                return xrealloc(array, n * 2, element_size);
        return array;
}

void str_replace(char **p, const char *value) {
        char *copy = xstrdup(value);

        free(*p);
        *p = copy;
}

char **strv_free(char **v) {
        for (char **s = v; s && *s; s++)
                free(*s);
        free(v);
        return NULL;
}

size_t strv_length(char *const *v) {
        size_t n = 0;

        while (v && v[n])
                n++;
        return n;
}

bool strv_contains(char *const *v, const char *s) {
        for (; v && *v; v++)
                if (streq(*v, s))
                        return true;
        return false;
}

void strv_push(char ***v, const char *s) {
        size_t n = strv_length(*v);

        *v = xrealloc(*v, n + 2, sizeof(char *));
        (*v)[n] = xstrdup(s);
        (*v)[n + 1] = NULL;
}
