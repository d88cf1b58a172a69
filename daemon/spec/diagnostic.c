/* Findings: collected as they come up, sorted by place, shown with their source line. Text from a spec ends up in messages, so it is
 * cut to a bearable length and stripped of what a terminal would obey. */
#include "loader.h"

#include <stdarg.h>

#define TEXT_MAX 500

/* Takes 's' and returns it fit for a line of a terminal. */
static char *tidy(char *s) {
        size_t size = strlen(s), n = 0, step;

        while (n < size) {
                step = utf8_next(s + n, size - n, NULL);
                if (step == 0 || (step == 1 && ((unsigned char) s[n] < 0x20 || s[n] == 0x7f)))
                        s[n] = ' ';
                n += MAX(step, (size_t) 1);
                if (n > TEXT_MAX) {
                        _cleanup_free_ char *whole = s;

                        whole[n] = '\0';
                        return xasprintf("%s…", whole);
                }
        }
        return s;
}

static SpecDiagnostic *_printf_(4, 0) add(Loader *l, bool error, Place p, const char *format, va_list ap) {
        SpecDiagnostics *ds = l->diagnostics;
        SpecDiagnostic d = {
                .error = error,
                .file = p.file,
                .line = p.line,
                .column = p.column,
                .width = p.width,
                .order = ds->n,
        };

        if (error)
                ds->n_errors++;
        else
                ds->n_warnings++;
        if (error && l->item)
                l->item->n_errors++;
        if (ds->n >= SPEC_DIAGNOSTICS_MAX)
                return NULL;
        d.message = tidy(xvasprintf(format, ap));
        array_push(ds->d, ds->n, d);
        return ds->d + ds->n - 1;
}

SpecDiagnostic *fail_at(Loader *l, Place place, const char *format, ...) {
        SpecDiagnostic *d;
        va_list ap;

        va_start(ap, format);
        d = add(l, true, place, format, ap);
        va_end(ap);
        return d;
}

SpecDiagnostic *fail(Loader *l, const YamlNode *n, const char *format, ...) {
        SpecDiagnostic *d;
        va_list ap;

        va_start(ap, format);
        d = add(l, true, place_of(l, n), format, ap);
        va_end(ap);
        return d;
}

SpecDiagnostic *warn_at(Loader *l, Place place, const char *format, ...) {
        SpecDiagnostic *d;
        va_list ap;

        va_start(ap, format);
        d = add(l, false, place, format, ap);
        va_end(ap);
        return d;
}

void hint(SpecDiagnostic *d, const char *format, ...) {
        va_list ap;

        if (!d)
                return;
        va_start(ap, format);
        free(d->hint);
        d->hint = tidy(xvasprintf(format, ap));
        va_end(ap);
}

void hint_did_you_mean(SpecDiagnostic *d, const char *word) {
        if (word)
                hint(d, "did you mean '%s'?", word);
}

#define FEW_WORDS 8

void hint_words(SpecDiagnostic *d, const char *said, const Choices *words) {
        const char *near = d ? str_nearest(said, words->w, words->n) : NULL;
        _cleanup_free_ char *all = NULL;

        if (near)
                hint_did_you_mean(d, near);
        if (near || words->n == 0 || words->n > FEW_WORDS)
                return;
        all = choices_text(words);
        hint(d, "takes %s", all);
}

static int by_place(const void *a, const void *b) {
        const SpecDiagnostic *x = a, *y = b;

        if (x->file != y->file)
                return x->file < y->file ? -1 : 1;
        if (x->line != y->line)
                return x->line < y->line ? -1 : 1;
        if (x->column != y->column)
                return x->column < y->column ? -1 : 1;
        return x->order < y->order ? -1 : x->order > y->order;
}

void diagnostics_sort(SpecDiagnostics *ds) {
        if (ds->n > 0)
                qsort(ds->d, ds->n, sizeof *ds->d, by_place);
}

void spec_diagnostics_done(SpecDiagnostics *ds) {
        for (size_t i = 0; i < ds->n; i++) {
                free(ds->d[i].message);
                free(ds->d[i].hint);
        }
        free(ds->d);
        *ds = (SpecDiagnostics){};
}

/* A mapping in block style is shown by its first key, any node on one line as a whole. */
Place place_of(const Loader *l, const YamlNode *n) {
        if (n->type == YAML_MAPPING && n->end.line != n->mark.line && n->n_pairs > 0)
                n = n->pairs[0].key;
        return (Place){
                .file = l->file,
                .line = n->mark.line,
                .column = n->mark.column,
                .width = n->end.line == n->mark.line && n->end.column > n->mark.column
                                 ? n->end.column - n->mark.column
                                 : 1,
        };
}

SpecMark mark_of(const Loader *l, const YamlNode *n) {
        return (SpecMark){ .file = l->file, .line = n->mark.line, .column = n->mark.column };
}

char *place_text(const Loader *l, Place p) {
        return xasprintf("%s:%u:%u", l->estate->files[p.file], p.line, p.column);
}

void spec_print_diagnostics(Str *out, const SpecDiagnostics *ds, const SpecText *files, size_t n) {
        for (size_t i = 0; i < ds->n;) {
                const SpecText *t = files + ds->d[i].file;
                _cleanup_(source_file_unrefp)
                        SourceFile *source = source_file_new(t->name, t->text, t->size);

                for (unsigned file = ds->d[i].file; i < ds->n && ds->d[i].file == file; i++) {
                        const SpecDiagnostic *d = ds->d + i;

                        source_print_diagnostic(
                                out, (Mark){ .source = source, .line = d->line, .column = d->column },
                                d->width, d->error ? SEVERITY_ERROR : SEVERITY_WARNING, d->message, d->hint);
                }
        }
        if (ds->n < ds->n_errors + ds->n_warnings)
                str_addf(out, "only the first %zu are shown\n", ds->n);
        str_addf(out, "%zu error%s, %zu warning%s in %zu file%s\n", ds->n_errors,
                 ds->n_errors == 1 ? "" : "s", ds->n_warnings, ds->n_warnings == 1 ? "" : "s", n,
                 n == 1 ? "" : "s");
}
