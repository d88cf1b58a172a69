/* Text for a terminal: columns, relative times, and colour that never carries meaning alone. What came from the cloud or a spec
 * goes through here, and no control character of theirs reaches the terminal. */
#pragma once

#include "base/str.h"
#include "base/time-util.h"

#define SCREEN_WIDTH 100

typedef enum Tone {
        TONE_PLAIN,
        TONE_GOOD,
        TONE_NOTE,
        TONE_BAD,
        TONE_DIM,
        TONE_BOLD,
} Tone;

typedef struct Screen {
        Str text;
        bool colour;
} Screen;

/* Colour when 'fd' is a terminal, NO_COLOR is not set and TERM is not dumb. */
Screen screen_new(int fd);
void screen_done(Screen *s);
#define _cleanup_screen_ _cleanup_(screen_done)
void screen_show(Screen *s); /* writes to stdout, and is empty then */

void screen_add(Screen *s, Tone tone, const char *format, ...) _printf_(3, 4);
void screen_line(Screen *s, const char *format, ...) _printf_(2, 3); /* plain, and the end of the line */
void screen_end_line(Screen *s);
/* Words that go on in the current line, broken before SCREEN_WIDTH; what follows begins at column 'indent'. Ends the line. */
void screen_wrap(Screen *s, size_t indent, const char *text);

/* How many columns a text takes; every character counts as one. */
size_t text_width(const char *s);
/* At most 'width' columns; what does not fit is cut, with an ellipsis. The caller frees. */
char *text_cut(const char *s, size_t width);

#define TABLE_COLUMNS_MAX 8

typedef struct TableRow {
        char *cells[TABLE_COLUMNS_MAX];
        Tone tone; /* of the first cell */
} TableRow;

/* Columns as wide as their widest cell. The table is cut to SCREEN_WIDTH in one column only: the others are what people copy. A
 * cell with nothing to its right may run on to the edge. */
typedef struct Table {
        size_t n_columns;
        size_t flexible; /* the column that gives way */
        TableRow *rows;
        size_t n_rows;
} Table;

void table_add(Table *t, Tone tone, const char *const *cells); /* n_columns of them, NULL is empty; copied */
void table_print(const Table *t, Screen *s);
void table_done(Table *t);
#define _cleanup_table_ _cleanup_(table_done)

/* "41 s" from an instant in a document to its "now"; "–" for what is not known. 'buffer' is returned. */
const char *time_since(const char *instant, const char *now, char buffer[static TIME_TEXT_SIZE]);
const char *time_until(const char *instant, const char *now, char buffer[static TIME_TEXT_SIZE]);
