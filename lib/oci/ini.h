/* INI text as ~/.oci/config has it: see config.h for the rules. Every entry knows its line. */
#pragma once

#include "base/alloc.h"

typedef struct IniEntry {
        const char *section; /* the list's */
        char *key;           /* lower case */
        char *value;         /* trimmed, maybe "" */
        unsigned line;       /* from 1 */
} IniEntry;

typedef struct IniSection {
        char *name;
        unsigned line;
} IniSection;

typedef struct Ini {
        IniSection *sections;
        size_t n_sections;
        IniEntry *entries;
        size_t n_entries;
} Ini;

/* 'name' is for messages. 'text' is written to. -EINVAL and *reterr ("name:line: what") for the first
 * fault. */
int ini_parse(const char *name, char *text, size_t size, Ini *ret, char **reterr);
void ini_done(Ini *ini); /* wipes values: they may be secret */

bool ini_has_section(const Ini *ini, const char *section);
/* NULL when the section has no such key. Borrowed. */
const IniEntry *ini_get(const Ini *ini, const char *section, const char *key);
