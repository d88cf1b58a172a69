/* tandemctl validate PATH: every error of the spec files at once, without a daemon; for people, or for what reads a CI's output. */
#include <stdio.h>

#include "ctl.h"

#include "spec/spec.h"

static void print_text(const SpecDiagnostics *ds, const SpecText *files, size_t n) {
        _cleanup_str_ Str text = {};

        spec_print_diagnostics(&text, ds, files, n);
        (void) fputs(str_get(&text), stdout);
}

static void print_json(const SpecDiagnostics *ds, const SpecText *files, size_t n) {
        _cleanup_json_ cJSON *o = spec_report_json(ds, files, n);

        ctl_print_json(o);
}

static void print_sarif(const SpecDiagnostics *ds, const SpecText *files, size_t n) {
        _cleanup_json_ cJSON *o = spec_report_sarif(ds, files);

        (void) n;
        ctl_print_json(o);
}

static void print_github(const SpecDiagnostics *ds, const SpecText *files, size_t n) {
        _cleanup_str_ Str text = {};

        (void) n;
        spec_print_github(&text, ds, files);
        (void) fputs(str_get(&text), stdout);
}

typedef struct Format {
        const char *name;
        void (*print)(const SpecDiagnostics *ds, const SpecText *files, size_t n);
} Format;

static const Format formats[] = {
        { "text", print_text },
        { "json", print_json },
        { "sarif", print_sarif },
        { "github", print_github },
};

/* NULL after an error: no such format, or --json beside another one. */
static const Format *find_format(const Ctl *c) {
        const char *name = c->format ? c->format : c->json ? "json" : "text";

        for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
                if (!streq(formats[i].name, name))
                        continue;
                if (!c->json || streq(name, "json"))
                        return formats + i;
                (void) fprintf(stderr, "tandemctl: --json is --format json, not %s\n", name);
                return NULL;
        }
        (void) fprintf(stderr, "tandemctl: --format takes text, json, sarif or github, not '%s'\n", name);
        return NULL;
}

int verb_validate(const Ctl *c) {
        _cleanup_spec_diagnostics_ SpecDiagnostics ds = {};
        _cleanup_(estate_freep) Estate *estate = NULL;
        const Format *format = find_format(c);
        _cleanup_free_ char *error = NULL;
        SpecText *files;
        size_t n;

        if (!format)
                return EXIT_USAGE;
        if (spec_read_path(c->args[0], &files, &n, &error) < 0) {
                (void) fprintf(stderr, "tandemctl: %s\n", error);
                return EXIT_FAILURE;
        }
        estate = spec_load(files, n, &ds);
        format->print(&ds, files, n);
        spec_texts_free(files, n);
        return estate ? EXIT_SUCCESS : EXIT_FAILURE;
}
