/* The spec on disk, the last good one in the state directory, and which of them runs. */
#include "spec-source.h"

#include <errno.h>
#include <stdio.h>

#include "base/encode.h"
#include "base/file.h"
#include "base/log.h"
#include "spec/spec.h"

#define LAST_GOOD_VERSION  1
#define LAST_GOOD_SIZE_MAX ((size_t) 300 * 1024 * 1024) /* all that spec_read_path() lets in, as JSON */

typedef struct SpecFiles {
        SpecText *texts;
        size_t n;
} SpecFiles;

static void spec_files_done(SpecFiles *f) {
        spec_texts_free(f->texts, f->n);
        *f = (SpecFiles){};
}
#define _cleanup_spec_files_ _cleanup_(spec_files_done)

void spec_source_init(SpecSource *s, const char *path, const char *state_directory) {
        *s = (SpecSource){ .path = path, .last_good = path_join(state_directory, "last-good.json") };
}

static void forget_rejected(SpecSource *s) {
        free(TAKE_PTR(s->rejected));
        cJSON_Delete(TAKE_PTR(s->errors));
}

void spec_source_done(SpecSource *s) {
        forget_rejected(s);
        free(s->last_good);
        free(s->running);
        free(s->unkept);
        free(s->warnings);
        cJSON_Delete(s->read);
        *s = (SpecSource){};
}

static char *digest_texts(const SpecFiles *f) {
        _cleanup_str_ Str all = {};
        char *hex;

        for (size_t i = 0; i < f->n; i++) {
                str_addf(&all, "%s %zu\n", f->texts[i].name, f->texts[i].size);
                str_add_n(&all, f->texts[i].text, f->texts[i].size);
        }
        hex = sha256_hex(str_get(&all), all.size);
        hex[6] = '\0';
        return hex;
}

/* {version, files: [{name, text}]}: what last-good.json holds. */
static cJSON *texts_to_json(const SpecFiles *f) {
        cJSON *o = json_new_object(), *files = json_new_array();

        json_set_number(o, "version", LAST_GOOD_VERSION);
        for (size_t i = 0; i < f->n; i++) {
                cJSON *file = json_new_object();

                json_set_string(file, "name", f->texts[i].name);
                json_set_string(file, "text", f->texts[i].text);
                json_append(files, file);
        }
        json_set(o, "files", files);
        return o;
}

static int texts_from_json(const cJSON *o, SpecFiles *ret) {
        const cJSON *files = json_get(o, "files");

        if (json_number(o, "version", 0) != LAST_GOOD_VERSION || !cJSON_IsArray(files))
                return -EBADMSG;
        for (const cJSON *file = files->child; file; file = file->next) {
                const char *name = json_string(file, "name"), *text = json_string(file, "text");

                if (!name || !text)
                        return -EBADMSG;
                array_push(
                        ret->texts, ret->n,
                        ((SpecText){ .name = xstrdup(name), .text = xstrdup(text), .size = strlen(text) }));
        }
        return 0;
}

/* One finding that is no diagnostic of a file: it cannot be read at all. */
static cJSON *error_without_place(const char *path, const char *message) {
        cJSON *errors = json_new_array(), *error = json_new_object();

        json_set_string(error, "file", path);
        json_set_number(error, "line", 0);
        json_set_number(error, "column", 0);
        json_set_string(error, "message", message);
        json_append(errors, error);
        return errors;
}

static void reject(SpecSource *s, char *digest, cJSON *errors) {
        forget_rejected(s);
        s->rejected = digest;
        s->errors = errors;
}

/* "specs/primary.yaml:12:16: message" of the first error, or of the first warning; NULL when there is none. */
static char *first_finding(const SpecDiagnostics *ds, const SpecFiles *f, bool error) {
        for (size_t i = 0; i < ds->n; i++)
                if (ds->d[i].error == error)
                        return xasprintf("%s:%u:%u: %s", f->texts[ds->d[i].file].name, ds->d[i].line,
                                         ds->d[i].column, ds->d[i].message);
        return NULL;
}

static char *first_error(const SpecDiagnostics *ds, const SpecFiles *f) {
        _cleanup_free_ char *first = first_finding(ds, f, true);

        if (!first)
                return xstrdup("the specs declare nothing");
        return xasprintf("%s%s", first, ds->n_errors > 1 ? " (and more)" : "");
}

static char *describe_warnings(const SpecDiagnostics *ds, const SpecFiles *f) {
        _cleanup_free_ char *first = first_finding(ds, f, false);

        if (!first)
                return NULL;
        return xasprintf("%zu warning%s: %s%s", ds->n_warnings, ds->n_warnings == 1 ? "" : "s", first,
                         ds->n_warnings > 1 ? "; tandemctl validate shows all" : "");
}

int spec_source_read(SpecSource *s, Estate **ret, char **reterr) {
        _cleanup_spec_files_ SpecFiles f = {};
        _cleanup_spec_diagnostics_ SpecDiagnostics ds = {};
        _cleanup_str_ Str text = {};
        Estate *e;
        int r;

        r = spec_read_path(s->path, &f.texts, &f.n, reterr);
        if (r < 0) {
                fprintf(stderr, "tandemd: %s\n", *reterr);
                reject(s, xstrdup("unread"), error_without_place(s->path, *reterr));
                return r;
        }
        e = spec_load(f.texts, f.n, &ds);
        if (ds.n > 0) {
                spec_print_diagnostics(&text, &ds, f.texts, f.n);
                fputs(str_get(&text), stderr);
        }
        if (!e) {
                reject(s, digest_texts(&f), spec_diagnostics_json(&ds, f.texts, f.n));
                *reterr = first_error(&ds, &f);
                return -EINVAL;
        }
        cJSON_Delete(s->read);
        s->read = texts_to_json(&f);
        free(s->warnings);
        s->warnings = describe_warnings(&ds, &f);
        *ret = e;
        return 0;
}

int spec_source_read_last_good(SpecSource *s, Estate **ret) {
        _cleanup_spec_files_ SpecFiles f = {};
        _cleanup_spec_diagnostics_ SpecDiagnostics ds = {};
        _cleanup_json_ cJSON *json = NULL;
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r;

        r = file_read(s->last_good, LAST_GOOD_SIZE_MAX, &text, &size, NULL);
        if (r < 0)
                return r;
        r = json_parse(text, size, &json, NULL);
        if (r == 0)
                r = texts_from_json(json, &f);
        if (r < 0)
                return r;
        *ret = spec_load(f.texts, f.n, &ds);
        return *ret ? 0 : -EINVAL;
}

/* Said once when the disk refuses, and once when it takes again. */
static void keep(SpecSource *s, char *text) {
        bool refused = s->unkept;
        int r = file_write_atomic(s->last_good, text, strlen(text), 0600);

        if (r < 0 && !refused)
                log_warning("The running spec could not be kept as the last good one in %s: %s; approvals "
                            "and pauses are refused as long as the disk is like that",
                            s->last_good, strerror(-r));
        if (r >= 0 && refused)
                log_notice("The running spec is kept as the last good one in %s again", s->last_good);
        free(s->unkept);
        s->unkept = r < 0 ? text : NULL;
        if (r >= 0)
                free(text);
}

void spec_source_refresh(SpecSource *s) {
        if (s->unkept)
                keep(s, xstrdup(s->unkept));
}

void spec_source_accept(SpecSource *s, const Estate *e) {
        str_replace(&s->running, e->digest);
        s->loaded_at = now_realtime();
        if (!s->read)
                return; /* it is the last good one: what was refused stays refused */
        forget_rejected(s);
        keep(s, json_text(s->read));
        cJSON_Delete(TAKE_PTR(s->read));
}

void spec_source_discard(SpecSource *s) {
        cJSON_Delete(TAKE_PTR(s->read));
}

void spec_source_status(const SpecSource *s, SpecStatus *ret) {
        *ret = (SpecStatus){
                .running = s->running,
                .loaded_at = s->loaded_at,
                .rejected = s->rejected,
                .errors = s->errors,
        };
}
