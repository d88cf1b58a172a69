/* Mappings: which keys may stand there, and what a misspelt one most likely is. */
#include "loader.h"

void choices_add(Choices *words, const char *word) {
        array_push(words->w, words->n, word);
}

void choices_add_own(Choices *words, char *word_taken) {
        strv_push(&words->own, word_taken);
        choices_add(words, words->own[strv_length(words->own) - 1]);
        free(word_taken);
}

void choices_add_table(Choices *words, const char *const *table) {
        for (; *table; table++)
                choices_add(words, *table);
}

void choices_add_keys(Choices *words, const Key *keys) {
        for (; keys->name; keys++)
                choices_add(words, keys->name);
}

void choices_add_field(Choices *words, const Field *f) {
        choices_add(words, f->name);
        if (f->api)
                array_push(words->aliases, words->n_aliases, ((Alias){ .api = f->api, .field = f }));
}

void choices_add_parent(Choices *words, const Kind *k) {
        if (k->parent_field)
                array_push(words->aliases, words->n_aliases,
                           ((Alias){ .api = k->parent_field, .parent = k->parent }));
}

void choices_done(Choices *words) {
        free(words->w);
        free(words->aliases);
        strv_free(words->own);
        *words = (Choices){};
}

char *choices_text(const Choices *words) {
        Str all = {};

        for (size_t i = 0; i < words->n; i++)
                str_addf(&all, "%s%s", i == 0 ? "" : i + 1 == words->n ? " or " : ", ", words->w[i]);
        return str_take(&all);
}

const char *choices_find(const Choices *words, const char *said) {
        for (size_t i = 0; i < words->n; i++)
                if (streq(words->w[i], said))
                        return words->w[i];
        return NULL;
}

/* What cannot be read may hold declarations; whoever names one of them made no second mistake. */
static bool may_declare(const YamlNode *n) {
        return n->type == YAML_SEQUENCE && n->n_items > 0 && n->items[0]->type == YAML_MAPPING;
}

static const Alias *find_alias(const Choices *words, const char *said) {
        for (size_t i = 0; i < words->n_aliases; i++)
                if (streq(words->aliases[i].api, said))
                        return words->aliases + i;
        return NULL;
}

static void hint_alias(SpecDiagnostic *d, const Alias *alias) {
        const Field *f = alias->field;

        if (!f)
                hint(d, "leave it out: this stands inside of its %s", alias->parent);
        else if (f->type == FIELD_REF || f->type == FIELD_REFS)
                hint(d, "say '%s', which takes %s", f->name, f->type == FIELD_REF ? "a name" : "names");
        else
                hint_did_you_mean(d, f->name);
}

static void report_key(Loader *l, SpecMap *m, size_t i, const Choices *words, const char *what) {
        const YamlNode *key = m->node->pairs[i].key;
        const Alias *alias = find_alias(words, key->value);
        const char *near = alias && alias->field ? alias->field->name
                           : alias               ? NULL
                                                 : str_nearest(key->value, words->w, words->n);
        SpecDiagnostic *d = fail(l, key, "unknown key '%s' in %s", key->value, what);

        if (alias)
                hint_alias(d, alias);
        else
                hint_words(d, key->value, words);
        if (near && !map_get(m, near))
                m->words[i] = near;
        else if (may_declare(m->node->pairs[i].value))
                l->lost_all = true;
}

bool map_open(Loader *l, const YamlNode *n, const Choices *words, const char *what, SpecMap *ret) {
        SpecMap m = { .node = n };

        if (n->type != YAML_MAPPING) {
                _cleanup_free_ char *got = describe_node(n);

                fail(l, n, "%s is a mapping, not %s", what, got);
                return false;
        }
        m.words = xnew(const char *, n->n_pairs + 1);
        for (size_t i = 0; i < n->n_pairs; i++)
                m.words[i] = choices_find(words, n->pairs[i].key->value);
        for (size_t i = 0; i < n->n_pairs; i++)
                if (!m.words[i])
                        report_key(l, &m, i, words, what);
        *ret = m;
        return true;
}

void map_done(SpecMap *m) {
        free(m->words);
        *m = (SpecMap){};
}

static size_t map_find(const SpecMap *m, const char *word) {
        for (size_t i = 0; m->node && i < m->node->n_pairs; i++)
                if (streq_ptr(m->words[i], word))
                        return i;
        return SIZE_MAX;
}

const YamlNode *map_get(const SpecMap *m, const char *word) {
        size_t i = map_find(m, word);

        return i == SIZE_MAX ? NULL : m->node->pairs[i].value;
}

const YamlNode *map_key(const SpecMap *m, const char *word) {
        size_t i = map_find(m, word);

        return i == SIZE_MAX ? NULL : m->node->pairs[i].key;
}

Place map_place(const Loader *l, const SpecMap *m, const char *word) {
        const YamlNode *value = ASSERT_PTR(map_get(m, word));

        return place_of(l, value->mark.line == value->end.line ? value : map_key(m, word));
}
