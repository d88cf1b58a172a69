/* INI text, strictly: what is there twice or makes no sense is an error with its line. */
#include "ini.h"

#include <errno.h>

#include "base/str.h"
#include "secret.h"

#define KEY_MAX 64

typedef struct Parser {
        const char *name;
        unsigned line;
        Ini ini;
        char **reterr;
} Parser;

static int fail(Parser *p, const char *format, ...) _printf_(2, 3);

static int fail(Parser *p, const char *format, ...) {
        _cleanup_free_ char *text = NULL;
        va_list ap;

        va_start(ap, format);
        text = xvasprintf(format, ap);
        va_end(ap);
        *p->reterr = xasprintf("%s:%u: %s", p->name, p->line, text);
        return -EINVAL;
}

static int parse_section(Parser *p, char *s) {
        size_t n = strlen(s);

        if (n < 3 || s[n - 1] != ']')
                return fail(p, "a profile begins with a line [NAME]");
        s[n - 1] = '\0';
        s = str_trim(s + 1);
        if (isempty(s))
                return fail(p, "a profile begins with a line [NAME]");
        for (size_t i = 0; i < p->ini.n_sections; i++)
                if (streq(p->ini.sections[i].name, s))
                        return fail(p, "profile [%s] is there twice, first in line %u: remove one", s,
                                    p->ini.sections[i].line);
        array_push(p->ini.sections, p->ini.n_sections,
                   ((IniSection){ .name = xstrdup(s), .line = p->line }));
        return 0;
}

static int parse_entry(Parser *p, char *s) {
        char *equals = strchr(s, '='), *key, *value;
        const IniEntry *first;
        const char *section;

        if (!equals)
                return fail(p, "this is no [PROFILE], no comment and no key=value");
        *equals = '\0';
        key = str_lower(str_trim(s));
        value = str_trim(equals + 1);
        if (isempty(key) || strlen(key) > KEY_MAX)
                return fail(p, "there is no valid key before the '='");
        if (p->ini.n_sections == 0)
                return fail(p, "'%s' stands before any profile: put [DEFAULT] above it", key);
        section = p->ini.sections[p->ini.n_sections - 1].name;
        first = ini_get(&p->ini, section, key);
        if (first)
                return fail(p, "'%s' is there twice in [%s], first in line %u: remove one", key, section,
                            first->line);
        array_push(p->ini.entries, p->ini.n_entries,
                   ((IniEntry){ .section = section,
                                .key = xstrdup(key),
                                .value = xstrdup(value),
                                .line = p->line }));
        return 0;
}

static int parse_line(Parser *p, char *line) {
        char *s;

        if (*line == '#' || *line == ';')
                return 0;
        s = str_trim(line);
        for (char *c = s; *c; c++)
                if (((unsigned char) *c < 0x20 && *c != '\t') || *c == 0x7f)
                        return fail(p, "there is a control character in this line");
        if (!*s)
                return 0;
        return *s == '[' ? parse_section(p, s) : parse_entry(p, s);
}

int ini_parse(const char *name, char *text, size_t size, Ini *ret, char **reterr) {
        Parser p = { .name = name, .reterr = reterr };
        char *line = text;
        int r = 0;

        if (startswith(text, "\xef\xbb\xbf"))
                line += 3;
        for (char *end; r == 0 && line < text + size; line = end + 1) {
                size_t left = (size_t) (text + size - line);

                end = memchr(line, '\n', left) ?: text + size;
                *end = '\0';
                p.line++;
                r = strlen(line) < (size_t) (end - line) ? fail(&p, "there is a NUL byte in this line")
                                                         : parse_line(&p, line);
        }
        if (r < 0) {
                ini_done(&p.ini);
                return r;
        }
        *ret = p.ini;
        return 0;
}

void ini_done(Ini *ini) {
        for (size_t i = 0; i < ini->n_entries; i++) {
                free(ini->entries[i].key);
                secret_free(ini->entries[i].value);
        }
        for (size_t i = 0; i < ini->n_sections; i++)
                free(ini->sections[i].name);
        free(ini->entries);
        free(ini->sections);
        *ini = (Ini){};
}

bool ini_has_section(const Ini *ini, const char *section) {
        for (size_t i = 0; i < ini->n_sections; i++)
                if (streq(ini->sections[i].name, section))
                        return true;
        return false;
}

const IniEntry *ini_get(const Ini *ini, const char *section, const char *key) {
        for (size_t i = 0; i < ini->n_entries; i++)
                if (streq(ini->entries[i].section, section) && streq(ini->entries[i].key, key))
                        return &ini->entries[i];
        return NULL;
}
