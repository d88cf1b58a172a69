/* YAML by tables: what a text means, what is said about what is wrong with it, and what hostile input
 * costs. */
#include "yaml/yaml.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/time-util.h"

typedef struct Parsed {
        int r;
        SourceFile *source;
        YamlDocuments documents;
        Diagnostics errors;
        Str printed;
} Parsed;

static void parsed_done(Parsed *p) {
        yaml_documents_done(&p->documents);
        diagnostics_done(&p->errors);
        source_file_unref(p->source);
        str_done(&p->printed);
}

static Parsed parse_n(const char *text, size_t size, const YamlLimits *limits) {
        Parsed p = { .source = source_file_new("f.yaml", text, size) };

        p.r = yaml_parse(p.source, limits, &p.documents, &p.errors);
        assert_int_equal(p.r, p.errors.n > 0 ? -EBADMSG : 0);
        diagnostics_print(&p.errors, &p.printed);
        return p;
}

static Parsed parse(const char *text) {
        return parse_n(text, strlen(text), NULL);
}

/* A tree as text: scalars by kind, 'q' before quoted ones, every node with its place. */
static void dump(const YamlNode *n, Str *out) {
        static const char kinds[] = { [YAML_STRING] = 's',
                                      [YAML_NULL] = 'n',
                                      [YAML_BOOL] = 'b',
                                      [YAML_INT] = 'i',
                                      [YAML_FLOAT] = 'f' };

        str_addf(out, "%u:%u", n->mark.line, n->mark.column);
        switch (n->type) {
        case YAML_SCALAR:
                str_addf(out, "+%u%s%c(%s)", yaml_width(n), n->is_quoted ? "q" : "", kinds[n->kind],
                         n->value);
                return;
        case YAML_SEQUENCE:
                str_addc(out, '[');
                for (size_t i = 0; i < n->n_items; i++) {
                        str_add(out, i ? " " : "");
                        dump(n->items[i], out);
                }
                str_addc(out, ']');
                return;
        case YAML_MAPPING:
                str_addc(out, '{');
                for (size_t i = 0; i < n->n_pairs; i++) {
                        str_add(out, i ? " " : "");
                        dump(n->pairs[i].key, out);
                        str_addc(out, '=');
                        dump(n->pairs[i].value, out);
                }
                str_addc(out, '}');
        }
}

static char *dump_all(const YamlDocuments *d) {
        Str out = {};

        for (size_t i = 0; i < d->n; i++) {
                str_add(&out, i ? " --- " : "");
                dump(d->items[i]->root, &out);
        }
        return str_take(&out);
}

static void test_trees(void **state) {
        static const struct {
                const char *text, *tree;
        } cases[] = {
                { "", "" },
                { "# only a comment\n", "" },
                { "---\n---\n", "" },
                { "a: 1", "1:1{1:1+1s(a)=1:4+1i(1)}" },
                { "\xef\xbb\xbf"
                  "a: 1",
                  "1:1{1:1+1s(a)=1:4+1i(1)}" },
                { "a: 1\r\nb: yes\r\n", "1:1{1:1+1s(a)=1:4+1i(1) 2:1+1s(b)=2:4+3s(yes)}" },
                { "- x\n- [true, ~, \"1\", 'q', 1.5]\n",
                  "1:1[1:3+1s(x) 2:3[2:4+4b(true) 2:10+1n(~) 2:13+3qs(1) 2:18+3qs(q) 2:23+3f(1.5)]]" },
                { "a:\n  b: {c: d}\n", "1:1{1:1+1s(a)=2:3{2:3+1s(b)=2:6{2:7+1s(c)=2:10+1s(d)}}}" },
                { "a: 1\n---\nb: 2\n...\n---\nc:\n",
                  "1:1{1:1+1s(a)=1:4+1i(1)} --- 3:1{3:1+1s(b)=3:4+1i(2)} --- "
                  "6:1{6:1+1s(c)=6:3+1n()}" },
                { "\xc3\xa4\xc3\xb6: \xe2\x82\xac x",
                  "1:1{1:1+2s(\xc3\xa4\xc3\xb6)=1:5+3s(\xe2\x82\xac x)}" },
                { "a: |\n  x\n  y\nb: >-\n  z\n", "1:1{1:1+1s(a)=1:4+1qs(x\ny\n) 4:1+1s(b)=4:4+2qs(z)}" },
                { "a: one\n  two\n", "1:1{1:1+1s(a)=1:4+3s(one two)}" },
                { "a: &x {b: 1}\nc: *x\n",
                  "1:1{1:1+1s(a)=1:4{1:8+1s(b)=1:11+1i(1)} 2:1+1s(c)=1:4{1:8+1s(b)=1:11+1i(1)}}" },
                { "- &x 1\n- &x 2\n- *x\n", "1:1[1:3+4i(1) 2:3+4i(2) 2:3+4i(2)]" },
                { "a: !!str 1\nb: !!float 1\nc: ! 1\nd: !!map {}\n",
                  "1:1{1:1+1s(a)=1:4+7s(1) 2:1+1s(b)=2:4+9f(1) 3:1+1s(c)=3:4+3s(1) 4:1+1s(d)=4:4{}}" },
                { "'<<': 1", "1:1{1:1+4qs(<<)=1:7+1i(1)}" },
                { "%YAML 1.2\n--- x", "2:5+1s(x)" },
                { "u: http://a/b#c", "1:1{1:1+1s(u)=1:4+12s(http://a/b#c)}" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_(parsed_done) Parsed p = parse(cases[i].text);
                _cleanup_free_ char *tree = dump_all(&p.documents);

                assert_string_equal(str_get(&p.printed), "");
                assert_string_equal(tree, cases[i].tree);
        }
}

static void test_kinds(void **state) {
        static const struct {
                const char *value;
                YamlKind kind;
        } cases[] = {
                { "", YAML_NULL },         { "~", YAML_NULL },       { "null", YAML_NULL },
                { "NULL", YAML_NULL },     { "nULL", YAML_STRING },  { "true", YAML_BOOL },
                { "False", YAML_BOOL },    { "tRUE", YAML_STRING },  { "yes", YAML_STRING },
                { "off", YAML_STRING },    { "y", YAML_STRING },     { "0", YAML_INT },
                { "-0", YAML_INT },        { "+12", YAML_INT },      { "012", YAML_INT },
                { "0o17", YAML_INT },      { "0o8", YAML_STRING },   { "0xfF", YAML_INT },
                { "0x", YAML_STRING },     { "-0x1", YAML_STRING },  { "1_000", YAML_STRING },
                { "1.", YAML_FLOAT },      { ".5", YAML_FLOAT },     { ".", YAML_STRING },
                { "-1.5e-3", YAML_FLOAT }, { "1e3", YAML_FLOAT },    { "1e", YAML_STRING },
                { "e3", YAML_STRING },     { "-.inf", YAML_FLOAT },  { ".NaN", YAML_FLOAT },
                { "-.nan", YAML_STRING },  { "-", YAML_STRING },     { "10.0.0.0/16", YAML_STRING },
                { "1.2.3", YAML_STRING },  { "22:22", YAML_STRING }, { "15s", YAML_STRING },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                assert_int_equal(yaml_kind_of_plain(cases[i].value), cases[i].kind);
}

static void test_lookups(void **state) {
        static const struct {
                const char *key;
                int r;
                int64_t value;
        } ints[] = {
                { "dec", 0, -5 },          { "hex", 0, 255 },        { "oct", 0, 8 },
                { "plus", 0, 7 },          { "big", -ERANGE, 0 },    { "text", -EINVAL, 0 },
                { "missing", -EINVAL, 0 }, { "hexbig", -ERANGE, 0 },
        };
        _cleanup_(parsed_done)
                Parsed p = parse("{dec: -5, hex: 0xfF, oct: 0o10, plus: +7, big: 300, text: '5', yes: True,"
                                 " none: ~, hexbig: 0xffffffffffffffff}");
        const YamlNode *root = p.documents.items[0]->root;
        bool b;

        for (size_t i = 0; i < ARRAY_SIZE(ints); i++) {
                int64_t v = 0;

                assert_int_equal(yaml_int(yaml_get(root, ints[i].key), -10, 299, &v), ints[i].r);
                assert_int_equal(v, ints[i].value);
        }
        assert_int_equal(yaml_bool(yaml_get(root, "yes"), &b), 0);
        assert_true(b);
        assert_int_equal(yaml_bool(yaml_get(root, "dec"), &b), -EINVAL);
        assert_true(yaml_is_null(yaml_get(root, "none")));
        assert_false(yaml_is_null(yaml_get(root, "missing")));
        assert_null(yaml_get(yaml_get(root, "dec"), "x"));
        assert_null(yaml_get_pair(NULL, "x"));
        assert_string_equal(yaml_get_pair(root, "hex")->key->value, "hex");
}

static void test_errors(void **state) {
        static const struct {
                const char *text, *printed, *tree;
        } cases[] = {
                { "a: 1\nb: 2\na: 3\na: 4\n",
                  "f.yaml:3:1: error: duplicate key 'a' (first at f.yaml:1:1)\n    3 | a: 3\n      | ^\n"
                  "f.yaml:4:1: error: duplicate key 'a' (first at f.yaml:1:1)\n    4 | a: 4\n      | ^\n",
                  "1:1{1:1+1s(a)=1:4+1i(1) 2:1+1s(b)=2:4+1i(2)}" },
                { "a: {'b': 1, b: 2}",
                  "f.yaml:1:13: error: duplicate key 'b' (first at f.yaml:1:5)\n    1 | a: {'b': 1, b: 2}\n "
                  "     |             ^\n",
                  "1:1{1:1+1s(a)=1:4{1:5+3qs(b)=1:10+1i(1)}}" },
                { "b: &x {c: 1}\na:\n  <<: *x\n  d: 1\n",
                  "f.yaml:3:3: error: merge keys ('<<') are not supported\n    3 |   <<: *x\n      |   ^~ "
                  "write the fields out\n",
                  "1:1{1:1+1s(b)=1:4{1:8+1s(c)=1:11+1i(1)} 2:1+1s(a)=3:3{4:3+1s(d)=4:6+1i(1)}}" },
                { "? [a]\n: b\nc: 1\n",
                  "f.yaml:1:3: error: a key must be a text of its own\n    1 | ? [a]\n      |   ^\n",
                  "1:1{3:1+1s(c)=3:4+1i(1)}" },
                { "a: &x y\n*x : b\n",
                  "f.yaml:2:1: error: a key must be a text of its own\n    2 | *x : b\n      | ^\n",
                  "1:1{1:1+1s(a)=1:4+4s(y)}" },
                { "{? : x}\n", "f.yaml:1:4: error: a ':' without a key\n    1 | {? : x}\n      |    ^\n",
                  "1:1{}" },
                { "a: !foo bar\n",
                  "f.yaml:1:4: error: tag '!foo' is not known here\n    1 | a: !foo bar\n      |    "
                  "^~~~~~~~\n",
                  "1:1{1:1+1s(a)=1:4+8s(bar)}" },
                { "a: !!binary eA==\n",
                  "f.yaml:1:4: error: tag 'tag:yaml.org,2002:binary' is not known here\n    1 | a: !!binary "
                  "eA==\n"
                  "      |    ^~~~~~~~~~~~~\n",
                  "1:1{1:1+1s(a)=1:4+13s(eA==)}" },
                { "a: !!int x\n",
                  "f.yaml:1:4: error: this is no int, as its tag says\n    1 | a: !!int x\n      |    "
                  "^~~~~~~\n",
                  "1:1{1:1+1s(a)=1:4+7s(x)}" },
                { "a: !!seq {}\n",
                  "f.yaml:1:4: error: tag 'tag:yaml.org,2002:seq' is not known here\n    1 | a: !!seq {}\n  "
                  "    |    ^\n",
                  "1:1{1:1+1s(a)=1:4{}}" },
                { "a: &x [*x]\n",
                  "f.yaml:1:8: error: alias 'x' stands inside what it stands for\n    1 | a: &x [*x]\n"
                  "      |        ^~\n",
                  "1:1{1:1+1s(a)=1:4[1:8+2n()]}" },
                { "a: *no\n",
                  "f.yaml:1:4: error: alias 'no' without an anchor before it\n    1 | a: *no\n      |    "
                  "^~~\n",
                  "1:1{1:1+1s(a)=1:4+3n()}" },
                { "a: \"x\\0y\"\n",
                  "f.yaml:1:4: error: a NUL character cannot be part of a text\n    1 | a: \"x\\0y\"\n"
                  "      |    ^~~~~~\n",
                  "1:1{1:1+1s(a)=1:4+6qs(x)}" },
                { "a:\n\tb: 1\n",
                  "f.yaml:2:1: error: a tab cannot indent\n    2 |  b: 1\n      | ^ use spaces\n", "" },
                { "a: 'x\nb: 1\n",
                  "f.yaml:1:4: error: a quoted text without its closing quote\n    1 | a: 'x\n      |    "
                  "^\n",
                  "" },
                { "a: b: c\n",
                  "f.yaml:1:5: error: a ': ' where no key can be\n    1 | a: b: c\n"
                  "      |     ^ quote the text, or check the indentation\n",
                  "" },
                { "a: [1\n",
                  "f.yaml:1:6: error: a list without its ']' (of what begins at 1:4)\n    1 | a: [1\n"
                  "      |      ^ or a ',' is missing before this\n",
                  "" },
                { "a: 1\n---\nb: [\n--- \nc: 3\n",
                  "f.yaml:4:1: error: a value is missing before this\n    4 | "
                  "--- \n"
                  "      | ^\n",
                  "1:1{1:1+1s(a)=1:4+1i(1)} --- 5:1{5:1+1s(c)=5:4+1i(3)}" },
                { "a: 1\n b: 2\n---\na: }\n---\nc: 3\n",
                  "f.yaml:2:3: error: a ': ' where no key can be\n    2 |  b: 2\n"
                  "      |   ^ quote the text, or check the indentation\n"
                  "f.yaml:4:4: error: a value is missing before this\n    4 | "
                  "a: }\n"
                  "      |    ^\n",
                  "6:1{6:1+1s(c)=6:4+1i(3)}" },
                { "a: 1\nb: \xff\xff\nc: \xc0\x80\n",
                  "f.yaml:2:4: error: what is no UTF-8\n    2 | b: ??\n      |    ^\n"
                  "f.yaml:3:4: error: what is no UTF-8\n    3 | c: ??\n      |    ^\n",
                  "" },
                { "a: \x1b[31m\n",
                  "f.yaml:1:4: error: a control character\n    1 | a: ?[31m\n      |    ^\n", "" },
                { "a: 1\rb: 2\n",
                  "f.yaml:1:5: error: a carriage return that ends no line\n    1 | a: 1?b: 2\n      |     "
                  "^\n",
                  "" },
                { "\xc3\xa4: \xe2\x80\xa8\n",
                  "f.yaml:1:4: error: a Unicode line separator\n    1 | \xc3\xa4: \xe2\x80\xa8\n      |    "
                  "^\n",
                  "" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_(parsed_done) Parsed p = parse(cases[i].text);
                _cleanup_free_ char *tree = dump_all(&p.documents);

                assert_string_equal(str_get(&p.printed), cases[i].printed);
                assert_string_equal(tree, cases[i].tree);
        }
}

static void test_diagnostic_looks(void **state) {
        _cleanup_str_ Str text = {}, out = {}, wide = {};
        _cleanup_(source_file_unrefp) SourceFile *f = NULL, *g = NULL;

        for (int i = 1; i < 41; i++)
                str_add(&text, "#\n");
        str_add(&text, "      routTable: secondary-private\nk\xc3\xa4:\t\xe2\x82\xac"
                       "\n");
        f = source_file_new("specs/secondary.yaml", text.s, text.size);
        source_print_diagnostic(&out, (Mark){ f, 41, 7 }, 9, SEVERITY_ERROR,
                                "unknown key 'routTable' in Subnet", "did you mean 'routeTable'?");
        source_print_diagnostic(&out, (Mark){ f, 42, 5 }, 1, SEVERITY_WARNING, "money", NULL);
        source_print_diagnostic(&out, (Mark){ f, 42, 5 }, 99, SEVERITY_WARNING, "money", NULL);
        source_print_diagnostic(&out, (Mark){ f, 99, 3 }, 0, SEVERITY_ERROR, "beyond", NULL);
        source_print_diagnostic(&out, (Mark){ f, 0, 0 }, 0, SEVERITY_ERROR, "all of it", "why");
        assert_string_equal(out.s, "specs/secondary.yaml:41:7: error: unknown key 'routTable' in Subnet\n"
                                   "   41 |       routTable: secondary-private\n"
                                   "      |       ^~~~~~~~~ did you mean 'routeTable'?\n"
                                   "specs/secondary.yaml:42:5: warning: money\n"
                                   "   42 | k\xc3\xa4: \xe2\x82\xac\n"
                                   "      |     ^\n"
                                   "specs/secondary.yaml:42:5: warning: money\n"
                                   "   42 | k\xc3\xa4: \xe2\x82\xac\n"
                                   "      |     ^\n"
                                   "specs/secondary.yaml:99:3: error: beyond\n"
                                   "   99 | \n"
                                   "      | ^\n"
                                   "specs/secondary.yaml: error: all of it; why\n");

        for (int i = 0; i < 1000; i++)
                str_addc(&wide, (char) ('a' + i % 26));
        g = source_file_new("g", wide.s, wide.size);
        str_done(&out);
        source_print_diagnostic(&out, (Mark){ g, 1, 500 }, 3, SEVERITY_ERROR, "long", NULL);
        assert_true(out.size < 500);
        assert_non_null(strstr(out.s, "    1 | \xe2\x80\xa6"));
        /* The caret stands under character 499 of 0-based 'a'..'z', a 'f'. */
        const char *line = strchr(out.s, '\n') + 1, *caret = strchr(strchr(line, '\n') + 1, '^');
        size_t column = (size_t) (caret - (strchr(line, '\n') + 1));
        assert_int_equal(line[column + 2], 'a' + 499 % 26); /* the ellipsis has three bytes and one column */
        assert_non_null(startswith(caret, "^~~\n"));
}

static char *repeat(const char *head, const char *s, size_t n, const char *tail) {
        Str b = {};

        str_add(&b, head);
        for (size_t i = 0; i < n; i++)
                str_add(&b, s);
        str_add(&b, tail);
        return str_take(&b);
}

static void test_limits(void **state) {
        _cleanup_free_ char *deep31 = repeat("", "[", 31, ""), *deep_ok = repeat(deep31, "]", 31, ""),
                            *deep33 = repeat("", "[", 33, ""),
                            *deep_bad = repeat(deep33, "]", 33, "\n---\na: 1\n"),
                            *blocks = repeat("", "- ", 40, "x\n");
        static const char laughs[] =
                "a: &a [1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
                "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
                "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n";
        static const struct {
                const char *text;
                YamlLimits limits;
                const char *message; /* NULL: fine */
        } small[] = {
                { "a: 1", { .max_size = 4 }, NULL },
                { "a: 1", { .max_size = 3 }, "f.yaml: error: larger than 3 bytes\n" },
                { "[1, 2]", { .max_nodes = 3 }, NULL },
                { "[1, 2]", { .max_nodes = 2 }, "more than 2 nodes, aliases expanded" },
                { "1\n---\n2\n---\n3", { .max_nodes = 2 }, "more than 2 nodes, aliases expanded" },
                { "[&a [1], *a]", { .max_nodes = 5 }, NULL },
                { "[&a [1], *a]", { .max_nodes = 4 }, "more than 4 nodes, aliases expanded" },
                { "[&a [1], [*a]]", { .max_depth = 4 }, NULL },
                { "[&a [1], [*a]]", { .max_depth = 3 }, "nested more than 3 deep" },
                { laughs, {}, "more than 50000 nodes, aliases expanded" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(small); i++) {
                _cleanup_(parsed_done)
                        Parsed p = parse_n(small[i].text, strlen(small[i].text), &small[i].limits);

                if (small[i].message)
                        assert_non_null(strstr(str_get(&p.printed), small[i].message));
                else
                        assert_string_equal(str_get(&p.printed), "");
                assert_true(p.errors.n <= 1);
        }
        _cleanup_(parsed_done) Parsed ok = parse(deep_ok), bad = parse(deep_bad), block = parse(blocks);
        assert_int_equal(ok.r, 0);
        assert_int_equal(bad.errors.n, 1);
        assert_int_equal(bad.errors.items[0].mark.column, 33);
        assert_int_equal(bad.documents.n, 1); /* the one after it */
        assert_string_equal(block.errors.items[0].message, "nested more than 32 deep");
}

/* Each is close to a megabyte, must not take long nor say much. */
static void test_hostile(void **state) {
        static const struct {
                const char *head, *unit, *tail;
        } cases[] = {
                { "", "[", "" },           { "", "{", "" },           { "", "? ", "" },
                { "", "- ", "" },          { "", "---\n[\n", "" },    { "", "--- a\n", "" },
                { "", "a: 1\n", "" },      { "[", "a,", "]" },        { "", "&a ", "" },
                { "", "*a ", "" },         { "", "- &a x\n", "" },    { "", "- !t x\n", "" },
                { "\"", "\\u263A", "\"" }, { "'", "''", "" },         { "", "%TAG ! x\n", "" },
                { "a: |\n", " x\n", "" },  { "", "\xff", "" },        { "", "\n\xff", "" },
                { "", "a", ": b" },        { "", "\t\n", "" },        { "{", "a: b, ", "}" },
                { "", "!", "" },           { "", "<<: 1\n", "" },     { "", "[{", "" },
                { "", "a: {b: [", "" },    { "", " \n", "x: y: z" },  { "", "# x\n", "" },
                { "", "...\n", "" },       { "a: ", "\"\\0\" ", "" }, { "", "\"x\": 1\n", "" },
                { "x: ", "b c ", "\n" },   { "&x [", "*x,", "]" },
        };
        usec_t begin = now_monotonic();

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                size_t n = ((1 << 20) - 64) / strlen(cases[i].unit);
                _cleanup_free_ char *text = repeat(cases[i].head, cases[i].unit, n, cases[i].tail);
                _cleanup_(parsed_done) Parsed p = parse(text);

                assert_true(p.errors.n <= DIAGNOSTICS_MAX);
                assert_true(p.printed.size < 2000 * DIAGNOSTICS_MAX);
        }
        assert_true(now_monotonic() - begin < USEC_PER_MINUTE);
}

/* A text of every kind, cut and damaged at every byte: whatever comes of it, marks lie within the file. */
static const char sample[] =
        "# c\nkind: Region\nname: \"p\\u00e4\"\nvcns:\n- &v {name: v, cidrBlocks: [10.0.0.0/16, '::/0']}\n"
        "- *v\n- |\n  text\n- ? x\n  : y\n- !!int 3\n---\n'a': >-\n  b\n  c\n...\n";

static void check_marks(const Parsed *p) {
        for (size_t i = 0; i < p->errors.n; i++) {
                assert_in_range(p->errors.items[i].mark.line, 1, p->source->n_lines);
                assert_in_range(p->errors.items[i].mark.column, 1, sizeof sample + 1);
        }
        for (size_t i = 0; i < p->documents.n; i++) {
                const YamlDocument *d = p->documents.items[i];

                for (size_t k = 0; k < d->n_nodes; k++) {
                        assert_in_range(d->nodes[k]->mark.line, 1, p->source->n_lines);
                        assert_in_range(yaml_width(d->nodes[k]), 1, sizeof sample);
                }
        }
}

static void test_damage(void **state) {
        static const char damage[] = "\0\t\n\r:-[]{}\"'&*!|>%#, \xc3\x80";

        for (size_t at = 0; at < sizeof sample - 1; at++) {
                char text[sizeof sample];
                _cleanup_(parsed_done) Parsed cut = parse_n(sample, at, NULL);

                check_marks(&cut);
                for (size_t i = 0; i < sizeof damage - 1; i++) {
                        memcpy(text, sample, sizeof sample);
                        text[at] = damage[i];
                        _cleanup_(parsed_done) Parsed p = parse_n(text, sizeof sample - 1, NULL);

                        check_marks(&p);
                }
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_trees),   cmocka_unit_test(test_kinds),
                cmocka_unit_test(test_lookups), cmocka_unit_test(test_errors),
                cmocka_unit_test(test_limits),  cmocka_unit_test(test_diagnostic_looks),
                cmocka_unit_test(test_hostile), cmocka_unit_test(test_damage),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
