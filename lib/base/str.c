/* Growing strings, strict number parsing, and the nearest-word search behind "did you mean". */
#include "str.h"

#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>

void str_done(Str *b) {
        free(b->s);
        *b = (Str){};
}

static void str_reserve(Str *b, size_t more) {
        size_t need = b->size + more + 1, capacity = b->capacity ? b->capacity : 64;

        if (need <= b->capacity)
                return;
        while (capacity < need)
                capacity *= 2;
        b->s = xrealloc(b->s, capacity, 1);
        b->capacity = capacity;
}

void str_add_n(Str *b, const void *data, size_t size) {
        str_reserve(b, size);
        if (size > 0)
                memcpy(b->s + b->size, data, size);
        b->size += size;
        b->s[b->size] = '\0';
}

void str_add(Str *b, const char *text) {
        str_add_n(b, text, strlen(text));
}

void str_addc(Str *b, char c) {
        str_add_n(b, &c, 1);
}

void str_addf(Str *b, const char *format, ...) {
        va_list ap, again;
        int n;

        va_start(ap, format);
        va_copy(again, ap);
        n = vsnprintf(NULL, 0, format, ap);
        va_end(ap);
        assert(n >= 0);
        str_reserve(b, (size_t) n);
        vsnprintf(b->s + b->size, (size_t) n + 1, format, again);
        va_end(again);
        b->size += (size_t) n;
}

char *str_take(Str *b) {
        char *s = b->s ? b->s : xstrdup("");

        *b = (Str){};
        return s;
}

int parse_i64(const char *s, int64_t min, int64_t max, int64_t *ret) {
        const char *digits = *s == '-' ? s + 1 : s;
        char *end;
        long long v;

        if (!*digits || strspn(digits, "0123456789") != strlen(digits))
                return -EINVAL;
        errno = 0;
        v = strtoll(s, &end, 10);
        if (errno == ERANGE || v < min || v > max)
                return -ERANGE;
        *ret = v;
        return 0;
}

int parse_double(const char *s, double *ret) {
        char *end;
        double v;

        if (!*s || strspn(s, "0123456789.eE+-") != strlen(s))
                return -EINVAL;
        errno = 0;
        v = strtod(s, &end); /* the programs never leave the C locale */
        if (*end)
                return -EINVAL;
        if (errno == ERANGE || !isfinite(v))
                return -ERANGE;
        *ret = v;
        return 0;
}

int parse_bool(const char *s, bool *ret) {
        static const char *const yes[] = { "true", "yes", "on", "1" }, *const no[] = { "false", "no", "off",
                                                                                       "0" };

        for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
                if (streq(s, yes[i]) || streq(s, no[i])) {
                        *ret = streq(s, yes[i]);
                        return 0;
                }
        }
        return -EINVAL;
}

char **str_split(const char *s, char separator) {
        char **v = NULL;
        size_t n = 0;

        for (const char *at = s;; at++) {
                const char *end = strchr(at, separator);

                v = xrealloc(v, n + 2, sizeof *v);
                v[n++] = end ? xstrndup(at, (size_t) (end - at)) : xstrdup(at);
                v[n] = NULL;
                if (!end)
                        return v;
                at = end;
        }
}

char *str_trim(char *s) {
        size_t n;

        while (isspace((unsigned char) *s))
                s++;
        n = strlen(s);
        while (n > 0 && isspace((unsigned char) s[n - 1]))
                s[--n] = '\0';
        return s;
}

char *str_lower(char *s) {
        for (char *c = s; *c; c++)
                *c = (char) tolower((unsigned char) *c);
        return s;
}

bool str_has_control(const char *s) {
        for (; *s; s++)
                if ((unsigned char) *s < 0x20 || *s == 0x7f)
                        return true;
        return false;
}

size_t utf8_next(const char *s, size_t size, uint32_t *ret) {
        static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 }; /* below it the form is overlong */
        unsigned char c = (unsigned char) s[0];
        size_t n = c < 0x80 ? 1 : c >> 5 == 6 ? 2 : c >> 4 == 14 ? 3 : c >> 3 == 30 ? 4 : 0;
        uint32_t v = n == 1 ? c : c & (0x7fu >> n);

        if (n == 0 || n > size)
                return 0;
        for (size_t i = 1; i < n; i++) {
                if (((unsigned char) s[i] & 0xc0) != 0x80)
                        return 0;
                v = v << 6 | ((unsigned char) s[i] & 0x3f);
        }
        if (v < least[n] || (v >= 0xd800 && v <= 0xdfff) || v > 0x10ffff)
                return 0;
        if (ret)
                *ret = v;
        return n;
}

bool utf8_is_valid(const char *s, size_t size) {
        size_t n;

        for (; size > 0; s += n, size -= n) {
                n = utf8_next(s, size, NULL);
                if (n == 0)
                        return false;
        }
        return true;
}

void utf8_make_valid(char *s) {
        size_t size = strlen(s);

        for (size_t n; size > 0; s += n, size -= n) {
                n = utf8_next(s, size, NULL);
                if (n == 0) {
                        *s = '?';
                        n = 1;
                }
        }
}

#define WORD_MAX 64

/* Edit distance, case ignored, a swap of neighbours counted as one. Words over WORD_MAX are never near. */
static size_t edit_distance(const char *a, const char *b) {
        size_t n = strlen(a), m = strlen(b), d[3][WORD_MAX + 1];

        if (n > WORD_MAX || m > WORD_MAX)
                return SIZE_MAX;
        for (size_t j = 0; j <= m; j++)
                d[0][j] = j;
        for (size_t i = 1; i <= n; i++) {
                size_t *row = d[i % 3], *up = d[(i + 2) % 3], *up2 = d[(i + 1) % 3];

                row[0] = i;
                for (size_t j = 1; j <= m; j++) {
                        int ca = tolower((unsigned char) a[i - 1]), cb = tolower((unsigned char) b[j - 1]);

                        row[j] = MIN(MIN(up[j], row[j - 1]) + 1, up[j - 1] + (ca == cb ? 0u : 1u));
                        if (i > 1 && j > 1 && ca == tolower((unsigned char) b[j - 2]) &&
                            cb == tolower((unsigned char) a[i - 2]))
                                row[j] = MIN(row[j], up2[j - 2] + 1);
                }
        }
        return d[n % 3][m];
}

const char *str_nearest(const char *s, const char *const *words, size_t n) {
        size_t best = SIZE_MAX, limit = MAX(strlen(s) / 3, (size_t) 1);
        const char *found = NULL;

        for (size_t i = 0; i < n; i++) {
                size_t d = edit_distance(s, words[i]);

                if (d < best && d <= limit) {
                        best = d;
                        found = words[i];
                }
        }
        return found;
}

char *url_escape(const char *s) {
        static const char hex[] = "0123456789ABCDEF";
        Str b = {};

        for (; *s; s++) {
                unsigned char c = (unsigned char) *s;

                if ((c < 0x80 && isalnum(c)) || strchr("-._~", c))
                        str_addc(&b, (char) c);
                else
                        str_add_n(&b, (char[]){ '%', hex[c >> 4], hex[c & 15] }, 3);
        }
        return str_take(&b);
}
