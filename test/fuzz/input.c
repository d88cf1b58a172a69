/* Inputs in parts, and a place for files. */
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "fuzz.h"

#define SEPARATOR "%%\n"

Input input_of(const uint8_t *data, size_t size) {
        return (Input){ .at = size > 0 ? (const char *) data : "", .left = size };
}

/* The line that ends the part; NULL when it goes to the end. */
static const char *find_separator(const Input *in) {
        const char *end = in->at + in->left;

        for (const char *line = in->at; (size_t) (end - line) >= strlen(SEPARATOR);) {
                const char *newline = memchr(line, '\n', (size_t) (end - line));

                if (memcmp(line, SEPARATOR, strlen(SEPARATOR)) == 0)
                        return line;
                if (!newline)
                        return NULL;
                line = newline + 1;
        }
        return NULL;
}

char *input_part(Input *in, size_t *ret_size) {
        const char *end;
        size_t size;
        char *part;

        if (!in->at)
                return NULL;
        end = find_separator(in);
        size = end ? (size_t) (end - in->at) : in->left;
        part = xmalloc(size + 1);
        memcpy(part, in->at, size);
        part[size] = '\0';
        in->left -= end ? size + strlen(SEPARATOR) : size;
        in->at = end ? end + strlen(SEPARATOR) : NULL;
        if (ret_size)
                *ret_size = size;
        return part;
}

char *input_line(char **text) {
        char *line = *text, *end;

        if (!*line)
                return NULL;
        end = strchr(line, '\n');
        *text = end ? end + 1 : line + strlen(line);
        if (end)
                *end = '\0';
        return line;
}

static char *directory;

static void remove_directory(void) {
        (void) rmdir(directory);
        free(directory);
}

const char *scratch_directory(void) {
        const char *base = getenv("TMPDIR");

        if (directory)
                return directory;
        directory = path_join(base && *base ? base : "/tmp", "tandem-fuzz-XXXXXX");
        if (!mkdtemp(directory)) {
                perror(directory);
                abort();
        }
        (void) atexit(remove_directory);
        return directory;
}
