/* tandemctl validate PATH: every error of the spec files at once, without a daemon. */
#include <stdio.h>

#include "ctl.h"

#include "spec/spec.h"

int verb_validate(const Ctl *c) {
        _cleanup_spec_diagnostics_ SpecDiagnostics ds = {};
        _cleanup_(estate_freep) Estate *estate = NULL;
        _cleanup_free_ char *error = NULL;
        SpecText *files;
        size_t n;

        if (spec_read_path(c->args[0], &files, &n, &error) < 0) {
                (void) fprintf(stderr, "tandemctl: %s\n", error);
                return EXIT_FAILURE;
        }
        estate = spec_load(files, n, &ds);
        if (c->json) {
                _cleanup_json_ cJSON *o = spec_diagnostics_json(&ds, files, n);

                ctl_print_json(o);
        } else {
                _cleanup_str_ Str text = {};

                spec_print_diagnostics(&text, &ds, files, n);
                (void) fputs(str_get(&text), stdout);
        }
        spec_texts_free(files, n);
        return estate ? EXIT_SUCCESS : EXIT_FAILURE;
}
