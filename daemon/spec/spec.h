/* Spec files -> Estate. Whatever is wrong with them is said at once, each with file, line, column and what to do; there is an
 * Estate only when nothing is wrong. Everything is driven by the kind tables: a new field or kind needs nothing here. */
#pragma once

#include "base/str.h"
#include "model/estate.h"

/* One file as given. */
typedef struct SpecText {
        char *name; /* as people know it: "specs/primary.yaml" */
        char *text; /* terminated beyond 'size' */
        size_t size;
} SpecText;

#define SPEC_FILE_SIZE_MAX ((size_t) 1024 * 1024)
#define SPEC_FILES_MAX     256
#define SPEC_RESOURCES_MAX 8192
#define SPEC_NODES_MAX \
        ((size_t) 150000) /* of YAML in a file: one that size can hold half of those resources */

/* Reads a file, or the *.yaml and *.yml of a directory: hidden ones and subdirectories are left out, the rest sorted by name.
 * 0, or a negative errno and *reterr, one sentence for people; both *ret and *reterr are the caller's. */
int spec_read_path(const char *path, SpecText **ret, size_t *ret_n, char **reterr);
SpecText *spec_texts_free(SpecText *files, size_t n);

typedef struct SpecDiagnostic {
        bool error; /* else a warning */
        unsigned file;
        unsigned line, column, width; /* 1-based, in characters */
        char *message;
        char *hint; /* what to do, or NULL */
        size_t order;
} SpecDiagnostic;

/* {} is an empty one. Of very many findings the first SPEC_DIAGNOSTICS_MAX are kept; the counts have all. */
typedef struct SpecDiagnostics {
        SpecDiagnostic *d; /* by file, line, column */
        size_t n;
        size_t n_errors, n_warnings;
} SpecDiagnostics;

#define SPEC_DIAGNOSTICS_MAX 200

void spec_diagnostics_done(SpecDiagnostics *ds);
#define _cleanup_spec_diagnostics_ _cleanup_(spec_diagnostics_done)

/* The estate that the files declare, the caller's; NULL when there is any error. 'ret' is filled either way and the caller's. */
Estate *spec_load(const SpecText *files, size_t n, SpecDiagnostics *ret);

/* The findings with their source lines, and last the counts: "2 errors, 0 warnings in 3 files". The files are those that were
 * loaded. */
void spec_print_diagnostics(Str *out, const SpecDiagnostics *ds, const SpecText *files, size_t n);

/* schema.c: the JSON Schema (draft-07, which is what most editors speak) of one document. It is written out of the rows that the
 * parser reads, refuses nothing that spec_load() takes, and sees what one document says by itself: keys, types, words, ranges, forms.
 * What takes another document, arithmetic, or a kind's own knowledge is left to spec_load(). The caller's. */
cJSON *spec_schema(void);

/* report.c: the findings for programs; JSON is the caller's. endColumn is behind the last character; hint is null where there is
 * none. */
/* [{file, line, column, endColumn, severity, message, hint}] */
cJSON *spec_diagnostics_json(const SpecDiagnostics *ds, const SpecText *files, size_t n);
/* {schema, files, errors, warnings, diagnostics}; the two counts have all, the list those that are kept. */
cJSON *spec_report_json(const SpecDiagnostics *ds, const SpecText *files, size_t n);
cJSON *spec_report_sarif(const SpecDiagnostics *ds, const SpecText *files); /* SARIF 2.1.0 */
/* One workflow command a line: "::error file=specs/a.yaml,line=1,col=2,endColumn=5::message". */
void spec_print_github(Str *out, const SpecDiagnostics *ds, const SpecText *files);
