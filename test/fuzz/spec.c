/* YAML bytes: read, loaded, linted and digested, and everything that is wrong with them put into words. An input is one file, or
 * several that begin with lines "--- # file: NAME", as in unit/data/spec. */
#include "fuzz.h"
#include "spec/spec.h"

#define FILES_MAX 4

typedef struct Files {
        SpecText f[FILES_MAX];
        size_t n;
} Files;

static void files_done(Files *files) {
        for (size_t i = 0; i < files->n; i++) {
                free(files->f[i].name);
                free(files->f[i].text);
        }
}

static void files_add(Files *files, const char *text, size_t size) {
        SpecText t = { .name = xasprintf("%zu.yaml", files->n + 1),
                       .text = xmalloc(size + 1),
                       .size = size };

        if (size > 0)
                memcpy(t.text, text, size);
        t.text[size] = '\0';
        files->f[files->n++] = t;
}

static void files_split(Files *files, const char *text, size_t size) {
        static const char separator[] = "--- # file: ";
        const size_t n = sizeof separator - 1;

        while (files->n + 1 < FILES_MAX && size >= n && memcmp(text, separator, n) == 0) {
                const char *next = memmem(text + n, size - n, separator, n);
                size_t length = next ? (size_t) (next - text) : size;

                files_add(files, text, length);
                text += length;
                size -= length;
        }
        if (size > 0 || files->n == 0)
                files_add(files, text, size);
}

static void check_place(const SpecDiagnostic *d, const Files *files) {
        size_t n_lines = 1;

        assert(d->file < files->n && d->message && *d->message);
        for (size_t i = 0; i < files->f[d->file].size; i++)
                n_lines += files->f[d->file].text[i] == '\n';
        assert(d->line <= n_lines);
}

/* All that is said about the files. */
static char *load(const Files *files, Estate **ret) {
        _cleanup_spec_diagnostics_ SpecDiagnostics ds = {};
        _cleanup_json_ cJSON *json = NULL;
        _cleanup_free_ char *json_words = NULL;
        Str out = {};

        *ret = spec_load(files->f, files->n, &ds);
        assert(!*ret == (ds.n_errors > 0));
        for (size_t i = 0; i < ds.n; i++)
                check_place(&ds.d[i], files);
        spec_print_diagnostics(&out, &ds, files->f, files->n);
        json = spec_diagnostics_json(&ds, files->f, files->n);
        json_words = json_text(json);
        str_add(&out, json_words);
        assert(utf8_is_valid(out.s, out.size));
        return str_take(&out);
}

static void check_estate(const Estate *e) {
        assert(!isempty(e->digest) && !isempty(e->name) && e->n_regions > 0);
        for (size_t i = 0; i < e->n_resources; i++) {
                const Desired *d = e->resources[i];

                assert(!isempty(d->digest) && cJSON_IsObject(d->want) && d->index == i);
                assert(estate_find(e, d->address) == d && (!d->parent || d->parent->index < i));
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(estate_freep) Estate *one = NULL, *two = NULL;
        _cleanup_free_ char *said = NULL, *said_again = NULL;
        _cleanup_(files_done) Files files = {};

        files_split(&files, (const char *) data, size);
        said = load(&files, &one);
        said_again = load(&files, &two);
        assert(streq(said, said_again) && !one == !two);
        if (one) {
                check_estate(one);
                assert(streq(one->digest, two->digest));
        }
        return 0;
}
