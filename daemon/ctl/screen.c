/* The few pieces that every screen is put together from. */
#include "screen.h"

#include <stdio.h>
#include <unistd.h>

#define GAP            2
#define FLEXIBLE_LEAST 20

static const char *const tones[] = {
        [TONE_PLAIN] = "",       [TONE_GOOD] = "\033[32m", [TONE_NOTE] = "\033[33m",
        [TONE_BAD] = "\033[31m", [TONE_DIM] = "\033[2m",   [TONE_BOLD] = "\033[1m",
};

Screen screen_new(int fd) {
        const char *term = getenv("TERM");

        return (Screen){ .colour = isatty(fd) && !getenv("NO_COLOR") && term && !streq(term, "dumb") };
}

void screen_done(Screen *s) {
        str_done(&s->text);
}

void screen_show(Screen *s) {
        (void) fwrite(str_get(&s->text), 1, s->text.size, stdout);
        (void) fflush(stdout);
        str_done(&s->text);
}

/* Control characters, C1 among them, and what is no UTF-8 become question marks. */
static void add_harmless(Str *b, const char *text) {
        size_t left = strlen(text), n;
        uint32_t c;

        for (; left > 0; text += n, left -= n) {
                n = utf8_next(text, left, &c);
                if (n == 0 || c < 0x20 || (c >= 0x7f && c < 0xa0)) {
                        n = n ? n : 1;
                        str_addc(b, '?');
                } else
                        str_add_n(b, text, n);
        }
}

static void add_toned(Screen *s, Tone tone, const char *text) {
        bool colour = s->colour && tone != TONE_PLAIN && *text;

        if (colour)
                str_add(&s->text, tones[tone]);
        add_harmless(&s->text, text);
        if (colour)
                str_add(&s->text, "\033[0m");
}

void screen_add(Screen *s, Tone tone, const char *format, ...) {
        _cleanup_free_ char *text = NULL;
        va_list ap;

        va_start(ap, format);
        text = xvasprintf(format, ap);
        va_end(ap);
        add_toned(s, tone, text);
}

void screen_end_line(Screen *s) {
        while (s->text.size > 0 && s->text.s[s->text.size - 1] == ' ')
                s->text.s[--s->text.size] = '\0';
        str_addc(&s->text, '\n');
}

void screen_line(Screen *s, const char *format, ...) {
        _cleanup_free_ char *text = NULL;
        va_list ap;

        va_start(ap, format);
        text = xvasprintf(format, ap);
        va_end(ap);
        add_toned(s, TONE_PLAIN, text);
        screen_end_line(s);
}

/* Columns that the current line takes so far, escape sequences aside. */
static size_t line_width(const Screen *s) {
        size_t width = 0;
        const char *line = s->text.s ? strrchr(s->text.s, '\n') : NULL;

        for (const char *c = line ? line + 1 : str_get(&s->text); *c; c++) {
                if (*c == '\033')
                        c += strcspn(c, "m");
                else if (((unsigned char) *c & 0xc0) != 0x80)
                        width++;
        }
        return width;
}

void screen_wrap(Screen *s, size_t indent, const char *text) {
        _cleanup_(strv_freep) char **words = str_split(text, ' ');
        size_t width = line_width(s);
        bool first = true;

        for (char **w = words; *w; w++) {
                size_t n = text_width(*w);

                if (!first && width + 1 + n > SCREEN_WIDTH) {
                        screen_end_line(s);
                        for (width = 0; width < indent; width++)
                                str_addc(&s->text, ' ');
                        first = true;
                }
                if (!first) {
                        str_addc(&s->text, ' ');
                        width++;
                }
                add_toned(s, TONE_PLAIN, *w);
                width += n;
                first = false;
        }
        screen_end_line(s);
}

size_t text_width(const char *s) {
        size_t width = 0;

        for (; *s; s++)
                if (((unsigned char) *s & 0xc0) != 0x80)
                        width++;
        return width;
}

char *text_cut(const char *s, size_t width) {
        const char *end = s;

        if (text_width(s) <= width)
                return xstrdup(s);
        if (width == 0)
                return xstrdup("");
        for (size_t n = 0; *end; end++)
                if (((unsigned char) *end & 0xc0) != 0x80 && n++ == width - 1)
                        break;
        return xasprintf("%.*s…", (int) (end - s), s);
}

void table_add(Table *t, Tone tone, const char *const *cells) {
        TableRow row = { .tone = tone };

        for (size_t i = 0; i < t->n_columns; i++)
                row.cells[i] = xstrdup(cells[i] ? cells[i] : "");
        array_push(t->rows, t->n_rows, row);
}

void table_done(Table *t) {
        for (size_t r = 0; r < t->n_rows; r++)
                for (size_t i = 0; i < t->n_columns; i++)
                        free(t->rows[r].cells[i]);
        free(t->rows);
        *t = (Table){};
}

/* An empty column takes no room. */
static void table_widths(const Table *t, size_t widths[static TABLE_COLUMNS_MAX]) {
        size_t total = 0, rest;

        memset(widths, 0, TABLE_COLUMNS_MAX * sizeof *widths);
        for (size_t i = 0; i < t->n_columns; i++) {
                for (size_t r = 0; r < t->n_rows; r++)
                        widths[i] = MAX(widths[i], text_width(t->rows[r].cells[i]));
                total += widths[i] + (widths[i] && i > 0 ? GAP : 0);
        }
        if (total <= SCREEN_WIDTH)
                return;
        rest = total - widths[t->flexible];
        widths[t->flexible] = MIN(widths[t->flexible], MAX(rest < SCREEN_WIDTH ? SCREEN_WIDTH - rest : 0,
                                                           (size_t) FLEXIBLE_LEAST));
}

/* What a cell may take: its column, or all that is left when nothing stands to its right. */
static size_t cell_room(const Table *t, const TableRow *row, size_t column,
                        const size_t widths[static TABLE_COLUMNS_MAX]) {
        size_t before = 0;

        for (size_t i = column + 1; i < t->n_columns; i++)
                if (*row->cells[i])
                        return widths[column];
        for (size_t i = 0; i < column; i++)
                before += widths[i] ? widths[i] + GAP : 0;
        return MAX(widths[column], before < SCREEN_WIDTH ? SCREEN_WIDTH - before : 0);
}

void table_print(const Table *t, Screen *s) {
        size_t widths[TABLE_COLUMNS_MAX];

        table_widths(t, widths);
        for (size_t r = 0; r < t->n_rows; r++) {
                for (size_t i = 0; i < t->n_columns; i++) {
                        _cleanup_free_ char *cell = text_cut(t->rows[r].cells[i],
                                                             cell_room(t, &t->rows[r], i, widths));

                        add_toned(s, i == 0 ? t->rows[r].tone : TONE_PLAIN, cell);
                        for (size_t n = text_width(cell); n < widths[i] + GAP && widths[i]; n++)
                                str_addc(&s->text, ' ');
                }
                screen_end_line(s);
        }
}

static const char *between(const char *from, const char *to, char buffer[static TIME_TEXT_SIZE]) {
        usec_t a, b;

        if (!from || !to || parse_rfc3339(from, &a) < 0 || parse_rfc3339(to, &b) < 0)
                return "–";
        return format_ago(b > a ? b - a : 0, buffer);
}

const char *time_since(const char *instant, const char *now, char buffer[static TIME_TEXT_SIZE]) {
        return between(instant, now, buffer);
}

const char *time_until(const char *instant, const char *now, char buffer[static TIME_TEXT_SIZE]) {
        return between(now, instant, buffer);
}
