/* What the fuzz targets share. A target is one file with the function below; linked with libFuzzer it is fuzzed, linked with
 * run-corpus.c its corpus is a unit test. What must not happen is asserted, so every finding ends the process. */
#pragma once

#include "base/alloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Inputs are text in parts, which people can read and write: a line "%%" stands between two parts. */
typedef struct Input {
        const char *at; /* NULL: no more parts */
        size_t left;
} Input;

Input input_of(const uint8_t *data, size_t size);
/* The next part, terminated beyond *ret_size and not a byte longer; the caller's. NULL when there is none: an empty input is one
 * empty part. 'ret_size' may be NULL. */
char *input_part(Input *in, size_t *ret_size);
/* Cuts the first line off a text: returns it, terminated, and sets *text behind it. NULL at the end. */
char *input_line(char **text);

/* A new directory below $TMPDIR, empty again when the process ends: what a target writes there it removes itself. */
const char *scratch_directory(void);
