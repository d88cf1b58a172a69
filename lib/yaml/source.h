/* Text that people wrote, places in it, and what is to be said about a place: the line itself with a
 * caret under the fault. */
#pragma once

#include "base/str.h"

/* One file's text, shared by whatever points into it. */
typedef struct SourceFile {
        unsigned n_ref;
        char *name; /* as people know it: a path */
        char *text; /* terminated beyond 'size'; without a byte order mark; may hold any bytes */
        size_t size;
        uint32_t *lines; /* where each line begins; there is at least one */
        size_t n_lines;
} SourceFile;

/* Copies both; size < UINT32_MAX. */
SourceFile *source_file_new(const char *name, const char *text, size_t size);
SourceFile *source_file_ref(SourceFile *f);
SourceFile *source_file_unref(SourceFile *f); /* returns NULL */
DEFINE_CLEANUP(SourceFile *, source_file_unref);

/* A line without its end, 1-based; not terminated. Past the last line: empty. Borrowed. */
const char *source_line(const SourceFile *f, unsigned line, size_t *ret_size);

/* A place, counted from 1; columns count characters. line 0: the file as a whole. */
typedef struct Mark {
        SourceFile *source; /* borrowed from whatever holds the mark, which references it */
        unsigned line;
        unsigned column;
} Mark;

typedef enum Severity {
        SEVERITY_ERROR,
        SEVERITY_WARNING,
} Severity;

/* Appends
 *
 *   specs/secondary.yaml:41:7: error: unknown key 'routTable' in Subnet
 *      41 |       routTable: secondary-private
 *         |       ^~~~~~~~~ did you mean 'routeTable'?
 *
 * with the caret and 'width' - 1 tildes under the place. Tabs are shown as one space, what a terminal
 * might obey as '?', and of a very long line the part around the place. 'hint' may be NULL. */
void source_print_diagnostic(Str *out, Mark mark, unsigned width, Severity severity, const char *message,
                             const char *hint);

typedef struct Diagnostic {
        Severity severity;
        Mark mark; /* its source is referenced */
        unsigned width;
        char *message;
        char *hint; /* or NULL */
} Diagnostic;

/* Everything that is wrong, in the order found. {} is an empty list. */
typedef struct Diagnostics {
        Diagnostic *items;
        size_t n;
        size_t n_errors; /* dropped ones as well */
} Diagnostics;

#define DIAGNOSTICS_MAX 200

void diagnostics_done(Diagnostics *d);
/* Drops what comes after DIAGNOSTICS_MAX. Messages and hints are cut to a readable length, control
 * characters are replaced. */
void diagnostics_add(Diagnostics *d, Severity severity, Mark mark, unsigned width, const char *hint,
                     const char *format, ...) _printf_(6, 7);
bool diagnostics_is_full(const Diagnostics *d);
void diagnostics_print(const Diagnostics *d, Str *out);
