/* Findings for programs: JSON for whoever asks, SARIF 2.1.0 for code scanners, workflow commands for GitHub. */
#include "spec.h"

/* A finding has no finer class than whether it keeps the spec from running. */
static const struct {
        const char *id, *level, *text;
} rules[] = {
        { "spec-error", "error", "A mistake that keeps the spec from being loaded" },
        { "spec-warning", "warning", "Something that is loaded, and most likely not what was meant" },
};

#define COLUMN_KIND "unicodeCodePoints" /* what a Place counts */

static const char *level_of(const SpecDiagnostic *d) {
        return d->error ? "error" : "warning";
}

/* Message and hint as one text. The caller frees. */
static char *whole_message(const SpecDiagnostic *d) {
        return d->hint ? xasprintf("%s (%s)", d->message, d->hint) : xstrdup(d->message);
}

/* What is said when not all findings are listed; NULL when they are. The caller frees. */
static char *cut_off(const SpecDiagnostics *ds) {
        size_t all = ds->n_errors + ds->n_warnings;

        return ds->n < all ? xasprintf("only the first %zu of %zu findings are listed", ds->n, all) : NULL;
}

cJSON *spec_diagnostics_json(const SpecDiagnostics *ds, const SpecText *files, size_t n) {
        cJSON *array = json_new_array();

        for (size_t i = 0; i < ds->n; i++) {
                const SpecDiagnostic *d = ds->d + i;
                cJSON *o = json_new_object();

                assert(d->file < n);
                json_set_string(o, "file", files[d->file].name);
                json_set_number(o, "line", d->line);
                json_set_number(o, "column", d->column);
                json_set_number(o, "endColumn", d->column + d->width);
                json_set_string(o, "severity", level_of(d));
                json_set_string(o, "message", d->message);
                json_set(o, "hint", d->hint ? json_new_string(d->hint) : cJSON_CreateNull());
                json_append(array, o);
        }
        return array;
}

cJSON *spec_report_json(const SpecDiagnostics *ds, const SpecText *files, size_t n) {
        cJSON *o = json_new_object(), *names = json_new_array();

        for (size_t i = 0; i < n; i++)
                json_append_string(names, files[i].name);
        json_set_number(o, "schema", 1);
        json_set(o, "files", names);
        json_set_number(o, "errors", (double) ds->n_errors);
        json_set_number(o, "warnings", (double) ds->n_warnings);
        json_set(o, "diagnostics", spec_diagnostics_json(ds, files, n));
        return o;
}

/* "specs/a b.yaml" → "specs/a%20b.yaml". What is not absolute is meant from where the sources are checked out. */
static cJSON *sarif_file(const char *name) {
        _cleanup_(strv_freep) char **part = NULL;
        _cleanup_str_ Str uri = {};
        cJSON *o = json_new_object();

        while (startswith(name, "./"))
                name += 2;
        part = str_split(name, '/');
        if (*name == '/')
                str_add(&uri, "file://");
        for (size_t i = 0; part[i]; i++) {
                _cleanup_free_ char *escaped = url_escape(part[i]);

                str_addf(&uri, "%s%s", i > 0 ? "/" : "", escaped);
        }
        json_set_string(o, "uri", str_get(&uri));
        if (*name != '/')
                json_set_string(o, "uriBaseId", "%SRCROOT%");
        return o;
}

static cJSON *sarif_text(const char *text) {
        cJSON *o = json_new_object();

        json_set_string(o, "text", text);
        return o;
}

static cJSON *sarif_location(const SpecDiagnostic *d, const SpecText *files) {
        cJSON *location = json_new_object(), *locations = json_new_array(), *region = json_new_object();

        json_set_number(region, "startLine", d->line);
        json_set_number(region, "startColumn", d->column);
        json_set_number(region, "endColumn", d->column + d->width);
        json_set_path(location, "physicalLocation.artifactLocation", sarif_file(files[d->file].name));
        json_set_path(location, "physicalLocation.region", region);
        json_append(locations, location);
        return locations;
}

static cJSON *sarif_results(const SpecDiagnostics *ds, const SpecText *files) {
        cJSON *results = json_new_array();

        for (size_t i = 0; i < ds->n; i++) {
                const SpecDiagnostic *d = ds->d + i;
                _cleanup_free_ char *message = whole_message(d);
                size_t rule = d->error ? 0 : 1;
                cJSON *o = json_new_object();

                json_set_string(o, "ruleId", rules[rule].id);
                json_set_number(o, "ruleIndex", (double) rule);
                json_set_string(o, "level", rules[rule].level);
                json_set(o, "message", sarif_text(message));
                json_set(o, "locations", sarif_location(d, files));
                json_append(results, o);
        }
        return results;
}

static cJSON *sarif_driver(void) {
        cJSON *driver = json_new_object(), *array = json_new_array();

        for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
                cJSON *o = json_new_object();

                json_set_string(o, "id", rules[i].id);
                json_set(o, "shortDescription", sarif_text(rules[i].text));
                json_set_path(o, "defaultConfiguration.level", json_new_string(rules[i].level));
                json_append(array, o);
        }
        json_set_string(driver, "name", "tandemctl");
        json_set_string(driver, "semanticVersion", TANDEM_VERSION);
        json_set(driver, "rules", array);
        return driver;
}

/* The run did what it should, whatever it found. */
static cJSON *sarif_invocations(const SpecDiagnostics *ds) {
        cJSON *invocations = json_new_array(), *o = json_new_object(), *notes = json_new_array();
        _cleanup_free_ char *note = cut_off(ds);

        json_set_bool(o, "executionSuccessful", true);
        if (note) {
                cJSON *notification = json_new_object();

                json_set_string(notification, "level", "warning");
                json_set(notification, "message", sarif_text(note));
                json_append(notes, notification);
        }
        json_set(o, "toolExecutionNotifications", notes);
        json_append(invocations, o);
        return invocations;
}

cJSON *spec_report_sarif(const SpecDiagnostics *ds, const SpecText *files) {
        cJSON *o = json_new_object(), *runs = json_new_array(), *run = json_new_object();

        json_set_path(run, "tool.driver", sarif_driver());
        json_set(run, "invocations", sarif_invocations(ds));
        json_set_string(run, "columnKind", COLUMN_KIND);
        json_set(run, "results", sarif_results(ds, files));
        json_append(runs, run);
        json_set_string(o, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
        json_set_string(o, "version", "2.1.0");
        json_set(o, "runs", runs);
        return o;
}

/* Appends text as a workflow command takes it; a property has more to escape than the message behind it. */
static void add_escaped(Str *out, const char *text, const char *special) {
        for (; *text; text++) {
                if (strchr(special, *text))
                        str_addf(out, "%%%02X", (unsigned) (unsigned char) *text);
                else
                        str_addc(out, *text);
        }
}

void spec_print_github(Str *out, const SpecDiagnostics *ds, const SpecText *files) {
        _cleanup_free_ char *note = cut_off(ds);

        for (size_t i = 0; i < ds->n; i++) {
                const SpecDiagnostic *d = ds->d + i;
                _cleanup_free_ char *message = whole_message(d);

                str_addf(out, "::%s file=", level_of(d));
                add_escaped(out, files[d->file].name, "%\r\n:,");
                str_addf(out, ",line=%u,col=%u,endColumn=%u::", d->line, d->column, d->column + d->width);
                add_escaped(out, message, "%\r\n");
                str_addc(out, '\n');
        }
        if (note)
                str_addf(out, "::warning::%s\n", note);
}
