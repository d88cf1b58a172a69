/* The way from files to an Estate, as a table of contents. */
#include "spec.h"

#include "loader.h"

Item *item_of(const Loader *l, const Desired *d) {
        return l->items[d->index];
}

static void loader_init(Loader *l, const SpecText *files, size_t n, SpecDiagnostics *diagnostics) {
        *l = (Loader){ .estate = xnew(Estate, 1),
                       .diagnostics = diagnostics,
                       .lost = xnew(bool, kind_count()) };
        for (size_t i = 0; i < n; i++)
                strv_push(&l->estate->files, files[i].name);
}

static void loader_done(Loader *l) {
        for (size_t i = 0; i < l->n_documents; i++)
                map_done(&l->documents[i].map);
        for (size_t i = 0; i < l->n_items; i++) {
                map_done(&l->items[i]->map);
                free(l->items[i]);
        }
        free(l->documents);
        free(l->items);
        free(l->blocks);
        free(l->rules);
        free(l->lost);
        l->estate = estate_free(l->estate);
}

static void read_fields(Loader *l, FieldPass pass) {
        for (size_t i = 0; i < l->n_items; i++) {
                l->item = l->items[i];
                l->file = l->item->place.file;
                if (pass == PASS_OWN) {
                        parse_meta(l, l->item);
                        check_required(l, l->item);
                }
                parse_fields(l, l->item, pass);
        }
        l->item = NULL;
}

static void load(Loader *l) {
        documents_sort(l);
        parse_regions(l);
        parse_estate(l);
        documents_declare(l);
        read_fields(l, PASS_OWN);
        read_fields(l, PASS_OTHERS);
        lint(l);
}

/* A file that is no YAML is told about; what can be read all the same is, and what is lost may be missed elsewhere. */
static void read_yaml(Loader *l, const SpecText *t, YamlDocuments *documents) {
        _cleanup_(source_file_unrefp) SourceFile *source = source_file_new(t->name, t->text, t->size);
        const YamlLimits limits = { .max_size = SPEC_FILE_SIZE_MAX, .max_nodes = SPEC_NODES_MAX };
        _cleanup_(diagnostics_done) Diagnostics errors = {};

        if (yaml_parse(source, &limits, documents, &errors) < 0)
                l->lost_all = true;
        for (size_t i = 0; i < errors.n; i++) {
                const Diagnostic *e = errors.items + i;
                Place place = {
                        .file = l->file, .line = e->mark.line, .column = e->mark.column, .width = e->width
                };

                SpecDiagnostic *d = fail_at(l, place, "%s", e->message);

                if (e->hint)
                        hint(d, "%s", e->hint);
        }
        for (size_t i = 0; i < documents->n; i++)
                if (!yaml_is_null(documents->items[i]->root))
                        array_push(l->documents, l->n_documents,
                                   ((Document){ .root = documents->items[i]->root, .file = l->file }));
}

Estate *spec_load(const SpecText *files, size_t n, SpecDiagnostics *ret) {
        YamlDocuments *documents = xnew(YamlDocuments, n + 1);
        SpecDiagnostics diagnostics = {};
        Estate *estate = NULL;
        Loader l;

        loader_init(&l, files, n, &diagnostics);
        for (size_t i = 0; i < n; i++) {
                l.file = (unsigned) i;
                read_yaml(&l, files + i, documents + i);
        }
        load(&l);
        diagnostics_sort(&diagnostics);
        if (diagnostics.n_errors == 0) {
                make_digests(l.estate);
                estate = TAKE_PTR(l.estate);
        }
        loader_done(&l);
        for (size_t i = 0; i < n; i++)
                yaml_documents_done(documents + i);
        free(documents);
        *ret = diagnostics;
        return estate;
}
