/* The handful of macros that every file leans on: scope cleanup, handing over ownership, string equality. */
#pragma once

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/param.h> /* MIN() and MAX(); they evaluate an argument twice. libuv's headers bring them too */

/* Runs 'func' with the variable's address when its scope ends. */
#define _cleanup_(func)     __attribute__((cleanup(func)))
#define _printf_(fmt, args) __attribute__((format(printf, fmt, args)))
#define _unused_            __attribute__((unused))

/* Defines static inline TYPEp(): the form that _cleanup_() wants, for a destructor that takes the pointer itself. */
#define DEFINE_CLEANUP(type, func)            \
        static inline void func##p(type *p) { \
                if (*p)                       \
                        func(*p);             \
        }                                     \
        struct func##_cleanup_needs_a_semicolon

/* Hands the pointer over: the variable is NULL afterwards, so its cleanup does nothing. */
#define TAKE_PTR(p)                        \
        ({                                 \
                typeof(p) *_take = &(p);   \
                typeof(p) _taken = *_take; \
                *_take = NULL;             \
                _taken;                    \
        })

#define ASSERT_PTR(p)                 \
        ({                            \
                typeof(p) _ptr = (p); \
                assert(_ptr);         \
                _ptr;                 \
        })

#define ARRAY_SIZE(a)                   (sizeof(a) / sizeof((a)[0]))
#define CONTAINER_OF(ptr, type, member) ((type *) ((char *) (ptr) -offsetof(type, member)))

/* NULL equals NULL and nothing else. */
static inline bool streq_ptr(const char *a, const char *b) {
        return a && b ? strcmp(a, b) == 0 : a == b;
}

static inline bool streq(const char *a, const char *b) {
        return strcmp(a, b) == 0;
}

/* Returns what follows 'prefix' in 's', or NULL when 's' does not begin with it. */
static inline const char *startswith(const char *s, const char *prefix) {
        size_t n = strlen(prefix);

        return strncmp(s, prefix, n) == 0 ? s + n : NULL;
}

static inline bool endswith(const char *s, const char *suffix) {
        size_t n = strlen(s), m = strlen(suffix);

        return n >= m && streq(s + n - m, suffix);
}

static inline bool isempty(const char *s) {
        return !s || !*s;
}
