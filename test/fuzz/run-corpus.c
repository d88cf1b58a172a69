/* Runs every file of the given directories through one target: the corpus as an ordinary test. Each directory must hold files, or
 * the test would pass without having tested anything. */
#include <dirent.h>
#include <stdio.h>

#include "base/file.h"
#include "fuzz.h"

#define INPUT_SIZE_MAX ((size_t) 1024 * 1024)

static int is_input(const struct dirent *entry) {
        return entry->d_name[0] != '.' && entry->d_type != DT_DIR && !endswith(entry->d_name, ".expected");
}

static int run_file(const char *path) {
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r;

        r = file_read(path, INPUT_SIZE_MAX, &text, &size, NULL);
        if (r < 0) {
                fprintf(stderr, "%s: %s\n", path, strerror(-r));
                return r;
        }
        /* The last line before a crash says which input it was. */
        printf("%s\n", path);
        (void) fflush(stdout);
        /* Exactly sized, so that a read beyond it is seen. */
        text = xrealloc(text, size, 1);
        (void) LLVMFuzzerTestOneInput((const uint8_t *) text, size);
        return 0;
}

static bool run_directory(const char *path) {
        struct dirent **entries = NULL;
        int n = scandir(path, &entries, is_input, alphasort);
        bool ok = n > 0;

        if (!ok)
                fprintf(stderr, "%s: no inputs\n", path);
        for (int i = 0; i < n; i++) {
                _cleanup_free_ char *file = path_join(path, entries[i]->d_name);

                ok = run_file(file) >= 0 && ok;
                free(entries[i]);
        }
        free(entries);
        return ok;
}

int main(int argc, char **argv) {
        bool ok = argc > 1;

        for (int i = 1; i < argc; i++)
                ok = run_directory(argv[i]) && ok;
        return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
