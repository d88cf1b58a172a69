/* libyaml's events into documents. What libyaml cannot go on from ends a document, and reading goes on at
 * the next line that begins one; all other faults are noted and stepped over. */
#include <errno.h>
#include <yaml.h>

#include "yaml/yaml.h" /* ours; the one above is libyaml's */

#define CORE_TAG_PREFIX "tag:yaml.org,2002:"

#define MAX_SIZE_DEFAULT  ((size_t) 1024 * 1024)
#define MAX_NODES_DEFAULT 50000
#define MAX_DEPTH_DEFAULT 32
/* Each alias looks through the anchors before it. */
#define MAX_ANCHORS 256
/* Faults of the encoding: one a line, and not for every line of a file that is no text at all. */
#define MAX_BAD_LINES 10

typedef struct Anchor {
        char *name;
        YamlNode *node; /* borrowed; NULL while it is still being read */
} Anchor;

typedef struct Parser {
        yaml_parser_t yaml;
        SourceFile *source;
        YamlLimits limits;
        Diagnostics *errors;
        unsigned first_line;    /* lines of the source before what libyaml was given */
        unsigned document_line; /* where the current document begins */
        unsigned broken_line;   /* where it ceased to be one */
        size_t n_nodes;         /* of the file, aliases expanded */
        YamlDocument *document; /* being read */
        Anchor *anchors;
        size_t n_anchors;
} Parser;

static YamlDocument *document_free(YamlDocument *d) {
        for (size_t i = 0; i < d->n_nodes; i++) {
                YamlNode *n = d->nodes[i];

                free((char *) n->value);
                free(n->items);
                free(n->pairs);
                free(n);
        }
        free(d->nodes);
        source_file_unref(d->source);
        free(d);
        return NULL;
}
DEFINE_CLEANUP(YamlDocument *, document_free);

void yaml_documents_done(YamlDocuments *d) {
        for (size_t i = 0; i < d->n; i++)
                document_free(d->items[i]);
        free(d->items);
        *d = (YamlDocuments){};
}

/* Beyond the end of the text is the end of its last line. */
static Mark mark_of(Parser *p, yaml_mark_t m) {
        Mark mark = { .source = p->source,
                      .line = p->first_line + (unsigned) m.line + 1,
                      .column = (unsigned) m.column + 1 };

        if (mark.line > p->source->n_lines) {
                size_t size;
                const char *line;

                mark.line = (unsigned) p->source->n_lines;
                mark.column = 1;
                line = source_line(p->source, mark.line, &size);
                for (size_t at = 0, step; at < size; at += step, mark.column++)
                        step = MAX(utf8_next(line + at, size - at, NULL), (size_t) 1);
        }
        return mark;
}

/* Text that libyaml and the lines of a SourceFile would read differently is refused before: what is no
 * UTF-8, what YAML does not allow, and the line ends that YAML 1.1 had more of. */
static const char *fault_of_character(const char *s, size_t size, uint32_t c) {
        if (c == '\r' && (size < 2 || s[1] != '\n'))
                return "a carriage return that ends no line";
        if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || (c >= 0x7f && c < 0xa0) || c == 0xfffe ||
            c == 0xffff)
                return "a control character";
        if (c == 0x2028 || c == 0x2029)
                return "a Unicode line separator";
        if (c == 0xfeff)
                return "a byte order mark inside the text";
        return NULL;
}

static int parser_check_text(Parser *p) {
        const char *s = p->source->text;
        size_t size = p->source->size;
        unsigned line = 1, column = 1, n_bad = 0, last_bad = 0;

        for (size_t at = 0, step; at < size && n_bad < MAX_BAD_LINES; at += step) {
                const char *fault;
                uint32_t c = 0;

                step = utf8_next(s + at, size - at, &c);
                fault = step == 0 ? "what is no UTF-8" : fault_of_character(s + at, size - at, c);
                step = MAX(step, (size_t) 1);
                if (fault && line != last_bad) {
                        Mark mark = { .source = p->source, .line = line, .column = column };

                        diagnostics_add(p->errors, SEVERITY_ERROR, mark, 1, NULL, "%s", fault);
                        last_bad = line;
                        n_bad++;
                }
                column++;
                if (s[at] == '\n') {
                        line++;
                        column = 1;
                }
        }
        return n_bad > 0 ? -EBADMSG : 0;
}

/* libyaml's words for what people do most often, and better ones. */
static const struct {
        const char *problem, *message, *hint;
} known_problems[] = {
        { "mapping values are not allowed in this context", "a ': ' where no key can be",
          "quote the text, or check the indentation" },
        { "did not find expected key", "neither a key nor the end of the mapping", "check the indentation" },
        { "did not find expected '-' indicator", "neither an item nor the end of the list",
          "check the indentation" },
        { "could not find expected ':'", "a key without its ':'", NULL },
        { "did not find expected ',' or ']'", "a list without its ']'", "or a ',' is missing before this" },
        { "did not find expected ',' or '}'", "a mapping without its '}'",
          "or a ',' is missing before this" },
        { "did not find expected node content", "a value is missing before this", NULL },
        { "found unexpected end of stream", "a quoted text without its closing quote", NULL },
        { "found undefined tag handle", "unknown tag", NULL },
};

static bool is_tab_at(Mark m) {
        size_t size, at = 0;
        const char *line = source_line(m.source, m.line, &size);

        for (unsigned column = 1; column < m.column && at < size; column++)
                at += MAX(utf8_next(line + at, size - at, NULL), (size_t) 1);
        return at < size && line[at] == '\t';
}

static void parser_note_syntax(Parser *p) {
        const char *problem = p->yaml.problem ? p->yaml.problem : "no YAML", *message = problem,
                   *hint = NULL;
        Mark at = mark_of(p, p->yaml.problem_mark);
        _cleanup_free_ char *where = NULL;

        p->broken_line = at.line;
        if (p->yaml.error == YAML_MEMORY_ERROR)
                abort();
        if (is_tab_at(at)) {
                diagnostics_add(p->errors, SEVERITY_ERROR, at, 1, "use spaces", "a tab cannot indent");
                return;
        }
        for (size_t i = 0; i < ARRAY_SIZE(known_problems); i++) {
                if (streq(problem, known_problems[i].problem)) {
                        message = known_problems[i].message;
                        hint = known_problems[i].hint;
                }
        }
        if (p->yaml.context && p->yaml.context_mark.line != p->yaml.problem_mark.line) {
                Mark begin = mark_of(p, p->yaml.context_mark);

                if (startswith(p->yaml.context,
                               "while scanning")) /* a token: what matters is where it began */
                        at = begin;
                else
                        where = xasprintf(" (of what begins at %u:%u)", begin.line, begin.column);
        }
        diagnostics_add(p->errors, SEVERITY_ERROR, at, 1, hint, "%s%s", message, where ? where : "");
}

static int parser_next(Parser *p, yaml_event_t *ret) {
        if (yaml_parser_parse(&p->yaml, ret))
                return 0;
        parser_note_syntax(p);
        return -EBADMSG;
}

static void event_done(yaml_event_t *e) {
        yaml_event_delete(e);
}
#define _cleanup_event_ _cleanup_(event_done)

static YamlNode *node_new(Parser *p, YamlType type, const yaml_event_t *e) {
        YamlNode *n = xnew(YamlNode, 1);

        *n = (YamlNode){ .type = type,
                         .mark = mark_of(p, e->start_mark),
                         .end = mark_of(p, e->end_mark),
                         .n_expanded = 1,
                         .height = 1 };
        array_push(p->document->nodes, p->document->n_nodes, n);
        return n;
}

static void node_error(Parser *p, const YamlNode *n, const char *hint, const char *message) {
        diagnostics_add(p->errors, SEVERITY_ERROR, n->mark, yaml_width(n), hint, "%s", message);
}

/* Nothing after this is read: -E2BIG. */
static int parser_count(Parser *p, Mark mark, size_t n) {
        p->n_nodes += n;
        if (p->n_nodes <= p->limits.max_nodes)
                return 0;
        diagnostics_add(p->errors, SEVERITY_ERROR, mark, 1, NULL, "more than %zu nodes, aliases expanded",
                        p->limits.max_nodes);
        return -E2BIG;
}

static int parser_check_depth(Parser *p, Mark mark, unsigned depth) {
        if (depth <= p->limits.max_depth)
                return 0;
        p->broken_line = mark.line;
        diagnostics_add(p->errors, SEVERITY_ERROR, mark, 1, NULL, "nested more than %u deep",
                        p->limits.max_depth);
        return -EBADMSG;
}

static void parser_add_anchor(Parser *p, const yaml_char_t *name, YamlNode *n, size_t *ret_index) {
        *ret_index = SIZE_MAX;
        if (!name)
                return;
        if (p->n_anchors == MAX_ANCHORS) {
                node_error(p, n, NULL, "too many anchors in one document");
                return;
        }
        *ret_index = p->n_anchors;
        array_push(p->anchors, p->n_anchors, ((Anchor){ .name = xstrdup((const char *) name) }));
}

/* An alias may stand for the node from now on. */
static void parser_finish_anchor(Parser *p, size_t i, YamlNode *n) {
        if (i != SIZE_MAX)
                p->anchors[i].node = n;
}

static void parser_clear_anchors(Parser *p) {
        for (size_t i = 0; i < p->n_anchors; i++)
                free(p->anchors[i].name);
        free(p->anchors);
        p->anchors = NULL;
        p->n_anchors = 0;
}

/* A scalar in place of what cannot be taken: reading goes on, the document is known to be wrong. */
static YamlNode *node_stand_in(Parser *p, const yaml_event_t *e) {
        YamlNode *n = node_new(p, YAML_SCALAR, e);

        n->value = xstrdup("");
        n->kind = YAML_NULL;
        return n;
}

static int parse_alias(Parser *p, const yaml_event_t *e, unsigned depth, YamlNode **ret) {
        const char *name = (const char *) e->data.alias.anchor;
        Mark mark = mark_of(p, e->start_mark);
        unsigned width = (unsigned) (e->end_mark.column - e->start_mark.column);
        int r;

        for (size_t i = p->n_anchors; i > 0; i--) {
                YamlNode *n = p->anchors[i - 1].node;

                if (!streq(p->anchors[i - 1].name, name))
                        continue;
                if (!n) {
                        diagnostics_add(p->errors, SEVERITY_ERROR, mark, width, NULL,
                                        "alias '%s' stands inside what it stands for", name);
                        *ret = node_stand_in(p, e);
                        return 0;
                }
                r = parser_count(p, mark, n->n_expanded);
                if (r < 0)
                        return r;
                r = parser_check_depth(p, mark, depth + n->height - 1);
                if (r < 0)
                        return r;
                *ret = n;
                return 0;
        }
        diagnostics_add(p->errors, SEVERITY_ERROR, mark, width, NULL,
                        "alias '%s' without an anchor before it", name);
        *ret = node_stand_in(p, e);
        return 0;
}

/* NULL and "!" say nothing, "" for what is not of the core schema, else the word in the core tag. */
static const char *core_tag(const yaml_char_t *tag) {
        static const char *const words[] = { "str", "null", "bool", "int", "float", "seq", "map" };
        const char *word = tag ? startswith((const char *) tag, CORE_TAG_PREFIX) : NULL;

        for (size_t i = 0; word && i < ARRAY_SIZE(words); i++)
                if (streq(word, words[i]))
                        return words[i];
        return "";
}

static bool tag_is_silent(const yaml_char_t *tag) {
        return !tag || streq((const char *) tag, "!");
}

static void check_collection_tag(Parser *p, const YamlNode *n, const yaml_char_t *tag, const char *word) {
        if (!tag_is_silent(tag) && !streq(core_tag(tag), word))
                diagnostics_add(p->errors, SEVERITY_ERROR, n->mark, 1, NULL, "tag '%s' is not known here",
                                (const char *) tag);
}

static bool kind_fits_tag(YamlKind kind, const char *word) {
        switch (kind) {
        case YAML_STRING:
                return false;
        case YAML_NULL:
                return streq(word, "null");
        case YAML_BOOL:
                return streq(word, "bool");
        case YAML_INT:
                return streq(word, "int") || streq(word, "float");
        case YAML_FLOAT:
                return streq(word, "float");
        }
        return false;
}

static void resolve_scalar(Parser *p, YamlNode *n, const yaml_char_t *tag) {
        const char *word = core_tag(tag);
        YamlKind plain = yaml_kind_of_plain(n->value);

        if (!tag)
                n->kind = n->is_quoted ? YAML_STRING : plain;
        else if (tag_is_silent(tag) || streq(word, "str"))
                n->kind = YAML_STRING;
        else if (kind_fits_tag(plain, word))
                n->kind = streq(word, "float") ? YAML_FLOAT : plain;
        else if (!*word || streq(word, "seq") || streq(word, "map"))
                diagnostics_add(p->errors, SEVERITY_ERROR, n->mark, yaml_width(n), NULL,
                                "tag '%s' is not known here", (const char *) tag);
        else
                diagnostics_add(p->errors, SEVERITY_ERROR, n->mark, yaml_width(n), NULL,
                                "this is no %s, as its tag says", word);
}

static YamlNode *parse_scalar(Parser *p, const yaml_event_t *e) {
        const char *value = (const char *) e->data.scalar.value;
        YamlNode *n = node_new(p, YAML_SCALAR, e);
        size_t anchor;

        n->is_quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
        n->value = xstrndup(value, e->data.scalar.length);
        if (memchr(value, '\0', e->data.scalar.length))
                node_error(p, n, NULL, "a NUL character cannot be part of a text");
        resolve_scalar(p, n, e->data.scalar.tag);
        parser_add_anchor(p, e->data.scalar.anchor, n, &anchor);
        parser_finish_anchor(p, anchor, n);
        return n;
}

static int parse_node(Parser *p, const yaml_event_t *e, unsigned depth, YamlNode **ret);

static void node_adopt(YamlNode *parent, const YamlNode *child) {
        parent->n_expanded += child->n_expanded;
        parent->height = MAX(parent->height, child->height + 1);
}

static int parse_sequence(Parser *p, YamlNode *n, unsigned depth) {
        for (;;) {
                _cleanup_event_ yaml_event_t e = {};
                YamlNode *item;
                int r;

                r = parser_next(p, &e);
                if (r < 0)
                        return r;
                if (e.type == YAML_SEQUENCE_END_EVENT) {
                        n->end = mark_of(p, e.end_mark);
                        return 0;
                }
                r = parse_node(p, &e, depth + 1, &item);
                if (r < 0)
                        return r;
                array_push(n->items, n->n_items, item);
                node_adopt(n, item);
        }
}

/* Whether the pair may stay; says why not. 'e' is the event that the key was read from. */
static bool check_key(Parser *p, const YamlNode *key, const yaml_event_t *e) {
        if (e->type == YAML_ALIAS_EVENT || key->type != YAML_SCALAR)
                diagnostics_add(p->errors, SEVERITY_ERROR, mark_of(p, e->start_mark), 1, NULL,
                                "a key must be a text of its own");
        else if (!*key->value)
                node_error(p, key, NULL, "a ':' without a key");
        else if (streq(key->value, "<<") && !key->is_quoted)
                node_error(p, key, "write the fields out", "merge keys ('<<') are not supported");
        else
                return true;
        return false;
}

static int compare_pairs(const void *a, const void *b) {
        const YamlPair *const *x = a, *const *y = b;
        int r = strcmp((*x)->key->value, (*y)->key->value);

        return r != 0 ? r : (*x > *y) - (*x < *y); /* all in one array: the earlier one first */
}

/* Later ones of equal keys are reported and taken out. */
static void check_duplicates(Parser *p, YamlNode *n) {
        _cleanup_free_ const YamlPair **sorted = xnew(const YamlPair *, n->n_pairs + 1);
        const YamlPair *first = NULL;
        size_t n_kept = 0;

        for (size_t i = 0; i < n->n_pairs; i++)
                sorted[i] = &n->pairs[i];
        qsort(sorted, n->n_pairs, sizeof *sorted, compare_pairs);
        for (size_t i = 0; i < n->n_pairs; i++) {
                const YamlNode *key = sorted[i]->key;

                if (!first || !streq(first->key->value, key->value)) {
                        first = sorted[i];
                        continue;
                }
                diagnostics_add(p->errors, SEVERITY_ERROR, key->mark, yaml_width(key), NULL,
                                "duplicate key '%s' (first at %s:%u:%u)", key->value, p->source->name,
                                first->key->mark.line, first->key->mark.column);
                n->pairs[sorted[i] - n->pairs].value = NULL;
        }
        for (size_t i = 0; i < n->n_pairs; i++)
                if (n->pairs[i].value)
                        n->pairs[n_kept++] = n->pairs[i];
        n->n_pairs = n_kept;
}

static int parse_mapping(Parser *p, YamlNode *n, unsigned depth) {
        for (;;) {
                _cleanup_event_ yaml_event_t e = {}, f = {};
                YamlNode *key, *value;
                int r;

                r = parser_next(p, &e);
                if (r < 0)
                        return r;
                if (e.type == YAML_MAPPING_END_EVENT) {
                        n->end = mark_of(p, e.end_mark);
                        check_duplicates(p, n);
                        return 0;
                }
                r = parse_node(p, &e, depth + 1, &key);
                if (r < 0)
                        return r;
                r = parser_next(p, &f);
                if (r < 0)
                        return r;
                r = parse_node(p, &f, depth + 1, &value);
                if (r < 0)
                        return r;
                node_adopt(n, key);
                node_adopt(n, value);
                if (check_key(p, key, &e))
                        array_push(n->pairs, n->n_pairs, ((YamlPair){ .key = key, .value = value }));
        }
}

static int parse_collection(Parser *p, const yaml_event_t *e, unsigned depth, YamlNode **ret) {
        bool is_mapping = e->type == YAML_MAPPING_START_EVENT;
        YamlNode *n = node_new(p, is_mapping ? YAML_MAPPING : YAML_SEQUENCE, e);
        size_t anchor;
        int r;

        if (is_mapping) {
                check_collection_tag(p, n, e->data.mapping_start.tag, "map");
                parser_add_anchor(p, e->data.mapping_start.anchor, n, &anchor);
                r = parse_mapping(p, n, depth);
        } else {
                check_collection_tag(p, n, e->data.sequence_start.tag, "seq");
                parser_add_anchor(p, e->data.sequence_start.anchor, n, &anchor);
                r = parse_sequence(p, n, depth);
        }
        if (r < 0)
                return r;
        parser_finish_anchor(p, anchor, n);
        *ret = n;
        return 0;
}

/* Recursion ends at max_depth. */
static int parse_node(Parser *p, const yaml_event_t *e, unsigned depth, YamlNode **ret) {
        Mark mark = mark_of(p, e->start_mark);
        int r;

        if (diagnostics_is_full(p->errors))
                return -E2BIG;
        if (e->type == YAML_ALIAS_EVENT)
                return parse_alias(p, e, depth, ret);
        r = parser_count(p, mark, 1);
        if (r < 0)
                return r;
        r = parser_check_depth(p, mark, depth);
        if (r < 0)
                return r;
        if (e->type != YAML_SCALAR_EVENT)
                return parse_collection(p, e, depth, ret);
        *ret = parse_scalar(p, e);
        return 0;
}

/* After the event that begins it. */
static int parse_document(Parser *p, YamlDocuments *documents) {
        _cleanup_(document_freep) YamlDocument *d = xnew(YamlDocument, 1);
        _cleanup_event_ yaml_event_t e = {}, end = {};
        int r;

        d->source = source_file_ref(p->source);
        p->document = d;
        r = parser_next(p, &e);
        if (r >= 0)
                r = parse_node(p, &e, 1, &d->root);
        if (r >= 0)
                r = parser_next(p, &end);
        parser_clear_anchors(p);
        p->document = NULL;
        if (r < 0)
                return r;
        if (!yaml_is_null(d->root) || *d->root->value)
                array_push(documents->items, documents->n, TAKE_PTR(d));
        return 0;
}

/* Until the end of the text or the first fault that libyaml cannot go on from. */
static int parse_stream(Parser *p, YamlDocuments *documents) {
        for (;;) {
                _cleanup_event_ yaml_event_t e = {};
                int r;

                r = parser_next(p, &e);
                if (r < 0 || e.type == YAML_STREAM_END_EVENT)
                        return r;
                if (e.type != YAML_DOCUMENT_START_EVENT)
                        continue;
                p->document_line = mark_of(p, e.start_mark).line;
                r = parse_document(p, documents);
                if (r < 0)
                        return r;
        }
}

/* The first line from 'line' on that begins a document; 0 when there is none. No text of YAML can contain
 * such a line. */
static unsigned find_document(const SourceFile *f, unsigned line) {
        for (; line <= f->n_lines; line++) {
                size_t size;
                const char *s = source_line(f, line, &size);

                if (size >= 3 && memcmp(s, "---", 3) == 0 && (size == 3 || s[3] == ' ' || s[3] == '\t'))
                        return line;
        }
        return 0;
}

static int parse_from(Parser *p, unsigned line, YamlDocuments *documents) {
        size_t offset = p->source->lines[line - 1];
        int r;

        if (!yaml_parser_initialize(&p->yaml))
                abort();
        yaml_parser_set_encoding(&p->yaml, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(&p->yaml, (const unsigned char *) p->source->text + offset,
                                     p->source->size - offset);
        p->first_line = line - 1;
        p->document_line = line;
        p->broken_line = line;
        r = parse_stream(p, documents);
        yaml_parser_delete(&p->yaml);
        return r;
}

static YamlLimits limits_or_defaults(const YamlLimits *l) {
        return (YamlLimits){
                .max_size = l && l->max_size ? l->max_size : MAX_SIZE_DEFAULT,
                .max_nodes = l && l->max_nodes ? l->max_nodes : MAX_NODES_DEFAULT,
                .max_depth = l && l->max_depth ? l->max_depth : MAX_DEPTH_DEFAULT,
        };
}

int yaml_parse(SourceFile *source, const YamlLimits *limits, YamlDocuments *documents, Diagnostics *errors) {
        Parser p = { .source = source, .limits = limits_or_defaults(limits), .errors = errors };
        size_t n_before = errors->n_errors;
        unsigned line = 1;
        int r = -EBADMSG;

        if (source->size > p.limits.max_size) {
                diagnostics_add(errors, SEVERITY_ERROR, (Mark){ .source = source }, 1, NULL,
                                "larger than %zu bytes", p.limits.max_size);
                return -EBADMSG;
        }
        if (parser_check_text(&p) < 0)
                return -EBADMSG;
        while (line > 0 && !diagnostics_is_full(errors)) {
                r = parse_from(&p, line, documents);
                if (r != -EBADMSG)
                        break;
                line = find_document(source, MAX(p.broken_line, p.document_line + 1));
        }
        return r < 0 || errors->n_errors > n_before ? -EBADMSG : 0;
}
