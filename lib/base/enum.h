/* Both directions between an enum and its words, out of one table. Tables hold a word for every value from 0 on. */
#pragma once

#include "macro.h"

/* Defines NAME_to_string() and NAME_from_string() over NAME_table; an unknown word gives 'unknown'. */
#define DEFINE_ENUM_STRINGS(name, type, unknown)                                  \
        const char *name##_to_string(type v) {                                    \
                assert((size_t) v < ARRAY_SIZE(name##_table) && name##_table[v]); \
                return name##_table[v];                                           \
        }                                                                         \
        type name##_from_string(const char *s) {                                  \
                for (size_t i = 0; s && i < ARRAY_SIZE(name##_table); i++)        \
                        if (streq(name##_table[i], s))                            \
                                return (type) i;                                  \
                return unknown;                                                   \
        }                                                                         \
        struct name##_strings_need_a_semicolon

#define DECLARE_ENUM_STRINGS(name, type)      \
        const char *name##_to_string(type v); \
        type name##_from_string(const char *s)
