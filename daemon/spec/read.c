/* Spec files from the disk, within bounds. */
#include "spec.h"

#include <dirent.h>
#include <errno.h>

#include "base/file.h"

SpecText *spec_texts_free(SpecText *files, size_t n) {
        for (size_t i = 0; i < n; i++) {
                free(files[i].name);
                free(files[i].text);
        }
        free(files);
        return NULL;
}

static char *read_error(const char *name, int error) {
        switch (error) {
        case -ENOENT:
                return xasprintf("%s: no such file or directory", name);
        case -EACCES:
        case -EPERM:
                return xasprintf("%s: not readable for this user", name);
        case -EFBIG:
                return xasprintf("%s: larger than %zu KiB", name, SPEC_FILE_SIZE_MAX / 1024);
        case -EISDIR:
        case -EINVAL:
                return xasprintf("%s: not a regular file", name);
        default:
                return xasprintf("%s: %s", name, strerror(-error));
        }
}

static int read_one(const char *name, SpecText *ret, char **reterr) {
        SpecText t = {};
        int r;

        r = file_read(name, SPEC_FILE_SIZE_MAX, &t.text, &t.size, NULL);
        if (r < 0) {
                *reterr = read_error(name, r);
                return r;
        }
        t.name = xstrdup(name);
        *ret = t;
        return 0;
}

/* A link is followed when it is read; what is certainly no file is not even tried. */
static int is_spec_file(const struct dirent *entry) {
        if (entry->d_name[0] == '.' || entry->d_type == DT_DIR)
                return 0;
        return endswith(entry->d_name, ".yaml") || endswith(entry->d_name, ".yml");
}

static int by_name(const struct dirent **a, const struct dirent **b) {
        return strcmp((*a)->d_name, (*b)->d_name);
}

static int read_entries(const char *path, struct dirent *const *entries, size_t n, SpecText **ret,
                        char **reterr) {
        SpecText *files;
        int r;

        if (n == 0) {
                *reterr = xasprintf("%s: no *.yaml or *.yml file in this directory", path);
                return -ENOENT;
        }
        if (n > SPEC_FILES_MAX) {
                *reterr = xasprintf("%s: more than %d spec files in one directory", path, SPEC_FILES_MAX);
                return -E2BIG;
        }
        files = xnew(SpecText, n);
        for (size_t i = 0; i < n; i++) {
                _cleanup_free_ char *name = path_join(path, entries[i]->d_name);

                r = read_one(name, files + i, reterr);
                if (r < 0) {
                        spec_texts_free(files, n);
                        return r;
                }
        }
        *ret = files;
        return 0;
}

int spec_read_path(const char *path, SpecText **ret, size_t *ret_n, char **reterr) {
        struct dirent **entries = NULL;
        int n, r;

        n = scandir(path, &entries, is_spec_file, by_name);
        if (n < 0 && errno == ENOTDIR) {
                SpecText *file = xnew(SpecText, 1);

                r = read_one(path, file, reterr);
                if (r < 0) {
                        free(file);
                        return r;
                }
                *ret = file;
                *ret_n = 1;
                return 0;
        }
        if (n < 0) {
                r = -errno;
                *reterr = read_error(path, r);
                return r;
        }
        r = read_entries(path, entries, (size_t) n, ret, reterr);
        if (r >= 0)
                *ret_n = (size_t) n;
        for (int i = 0; i < n; i++)
                free(entries[i]);
        free(entries);
        return r;
}
