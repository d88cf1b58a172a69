/* Source files and diagnostics. */
#include "source.h"

#include <stdio.h>

#define MESSAGE_SIZE_MAX 500
/* Of a line longer than LINE_SHOWN_MAX characters that much is shown, with LINE_BEFORE of it before the
 * place. */
#define LINE_SHOWN_MAX 200u
#define LINE_BEFORE    60u

SourceFile *source_file_new(const char *name, const char *text, size_t size) {
        static const char byte_order_mark[] = "\xef\xbb\xbf";
        SourceFile *f = xnew(SourceFile, 1);

        assert(size < UINT32_MAX);
        if (size >= 3 && memcmp(text, byte_order_mark, 3) == 0) {
                text += 3;
                size -= 3;
        }
        f->n_ref = 1;
        f->name = xstrdup(name);
        f->size = size;
        f->text = xmalloc(size + 1);
        if (size > 0)
                memcpy(f->text, text, size);
        f->text[size] = '\0';

        array_push(f->lines, f->n_lines, 0);
        for (size_t i = 0; i < size; i++)
                if (f->text[i] == '\n' && i + 1 < size)
                        array_push(f->lines, f->n_lines, (uint32_t) (i + 1));
        return f;
}

SourceFile *source_file_ref(SourceFile *f) {
        f->n_ref++;
        return f;
}

SourceFile *source_file_unref(SourceFile *f) {
        if (!f || --f->n_ref > 0)
                return NULL;
        free(f->name);
        free(f->text);
        free(f->lines);
        free(f);
        return NULL;
}

const char *source_line(const SourceFile *f, unsigned line, size_t *ret_size) {
        const char *begin, *end;

        if (line == 0 || line > f->n_lines) {
                *ret_size = 0;
                return "";
        }
        begin = f->text + f->lines[line - 1];
        end = line < f->n_lines ? f->text + f->lines[line] : f->text + f->size;
        if (end > begin && end[-1] == '\n')
                end--;
        if (end > begin && end[-1] == '\r')
                end--;
        *ret_size = (size_t) (end - begin);
        return begin;
}

/* One character of text that may be anything, fit for a terminal; returns how many bytes of 's' it took. */
static size_t add_shown(Str *out, const char *s, size_t size) {
        uint32_t c = 0;
        size_t n = utf8_next(s, size, &c);

        if (n == 1 && c == '\t')
                str_addc(out, ' ');
        else if (n == 0 || c < 0x20 || (c >= 0x7f && c < 0xa0))
                str_addc(out, '?');
        else
                str_add_n(out, s, n);
        return n > 0 ? n : 1;
}

static size_t count_characters(const char *s, size_t size) {
        size_t n = 0;

        for (size_t at = 0; at < size; n++) {
                size_t step = utf8_next(s + at, size - at, NULL);

                at += step > 0 ? step : 1;
        }
        return n;
}

static void add_characters(Str *out, const char *s, size_t size, size_t first, size_t n) {
        for (size_t at = 0, i = 0; at < size && i < first + n; i++) {
                size_t step = utf8_next(s + at, size - at, NULL);

                if (i >= first)
                        (void) add_shown(out, s + at, size - at);
                at += step > 0 ? step : 1;
        }
}

static void print_excerpt(Str *out, Mark mark, unsigned width, const char *hint) {
        size_t size, n, first = 0, shown, before;
        const char *line = source_line(mark.source, mark.line, &size);

        n = count_characters(line, size);
        if (n > LINE_SHOWN_MAX && mark.column > LINE_BEFORE)
                first = MIN(mark.column - LINE_BEFORE, n);
        shown = MIN(n - first, LINE_SHOWN_MAX);

        str_addf(out, "%5u | %s", mark.line, first > 0 ? "…" : "");
        add_characters(out, line, size, first, shown);
        str_add(out, first + shown < n ? "…\n      | " : "\n      | ");

        before = MIN(mark.column - 1 - first, shown) + (first > 0);
        for (size_t i = 0; i < before; i++)
                str_addc(out, ' ');
        str_addc(out, '^');
        for (size_t i = 1;
             i < MIN(width, first + shown >= mark.column ? first + shown + 1 - mark.column : 1); i++)
                str_addc(out, '~');
        if (hint)
                str_addf(out, " %s", hint);
        str_addc(out, '\n');
}

void source_print_diagnostic(Str *out, Mark mark, unsigned width, Severity severity, const char *message,
                             const char *hint) {
        const char *word = severity == SEVERITY_ERROR ? "error" : "warning";

        if (mark.line == 0) {
                str_addf(out, "%s: %s: %s%s%s\n", mark.source->name, word, message, hint ? "; " : "",
                         hint ? hint : "");
                return;
        }
        str_addf(out, "%s:%u:%u: %s: %s\n", mark.source->name, mark.line, mark.column, word, message);
        print_excerpt(out, mark, width, hint);
}

void diagnostics_done(Diagnostics *d) {
        for (size_t i = 0; i < d->n; i++) {
                source_file_unref(d->items[i].mark.source);
                free(d->items[i].message);
                free(d->items[i].hint);
        }
        free(d->items);
        *d = (Diagnostics){};
}

/* What a message quotes may be of any length and kind. */
static char *readable(const char *s) {
        size_t size = strlen(s), at = 0;
        Str b = {};

        while (at < size && b.size < MESSAGE_SIZE_MAX)
                at += add_shown(&b, s + at, size - at);
        if (at < size)
                str_add(&b, "…");
        return str_take(&b);
}

void diagnostics_add(Diagnostics *d, Severity severity, Mark mark, unsigned width, const char *hint,
                     const char *format, ...) {
        _cleanup_free_ char *message = NULL;
        va_list ap;

        d->n_errors += severity == SEVERITY_ERROR;
        if (diagnostics_is_full(d))
                return;
        va_start(ap, format);
        message = xvasprintf(format, ap);
        va_end(ap);
        source_file_ref(mark.source);
        array_push(d->items, d->n,
                   ((Diagnostic){ .severity = severity,
                                  .mark = mark,
                                  .width = width,
                                  .message = readable(message),
                                  .hint = hint ? readable(hint) : NULL }));
}

bool diagnostics_is_full(const Diagnostics *d) {
        return d->n >= DIAGNOSTICS_MAX;
}

void diagnostics_print(const Diagnostics *d, Str *out) {
        for (size_t i = 0; i < d->n; i++) {
                const Diagnostic *x = &d->items[i];

                source_print_diagnostic(out, x->mark, x->width, x->severity, x->message, x->hint);
        }
}
