/* Strings: a growing buffer, and parsing of numbers and words without surprises. */
#pragma once

#include "alloc.h"

/* A string that grows. {} is an empty one; 's' is always terminated once anything was added, NULL before. */
typedef struct Str {
        char *s;
        size_t size;     /* bytes in use, without the terminator */
        size_t capacity; /* bytes allocated */
} Str;

void str_done(Str *b);
void str_add(Str *b, const char *text);
void str_add_n(Str *b, const void *data, size_t size);
void str_addc(Str *b, char c);
void str_addf(Str *b, const char *format, ...) _printf_(2, 3);
char *str_take(Str *b); /* hands the text over (never NULL), the buffer is empty afterwards */
static inline const char *str_get(const Str *b) {
        return b->s ? b->s : "";
}
#define _cleanup_str_ _cleanup_(str_done)

/* Whole-string decimal numbers, no sign but '-', no spaces. -EINVAL for anything else, -ERANGE out of [min, max]. */
int parse_i64(const char *s, int64_t min, int64_t max, int64_t *ret);
int parse_double(const char *s, double *ret);
int parse_bool(const char *s, bool *ret); /* true, false, yes, no, on, off, 1, 0 */

/* Splits at every 'separator'; empty parts are kept. The caller frees with strv_free(). */
char **str_split(const char *s, char separator);
char *str_trim(char *s); /* in place; returns the first character that is not white space */
char *str_lower(char *s);
bool str_has_control(const char *s); /* a byte below 0x20, or 0x7f */

/* The character at the start of 's' (size > 0): returns its length in bytes, 1..4, and the code point; 0 when these bytes are no
 * UTF-8 (overlong forms, surrogates and what lies beyond U+10FFFF are none). 'ret' may be NULL. */
size_t utf8_next(const char *s, size_t size, uint32_t *ret);
bool utf8_is_valid(const char *s, size_t size);
void utf8_make_valid(char *s); /* in place: each byte that belongs to no character becomes '?' */

/* The word of 'words' that a person who typed 's' most likely meant, or NULL when none is near. */
const char *str_nearest(const char *s, const char *const *words, size_t n);

/* RFC 3986: everything but A-Za-z0-9-._~ becomes %XX. The caller frees. */
char *url_escape(const char *s);
