/* Mappings: which keys may stand there, and what a misspelt one most likely is. */
#include "loader.h"

void choices_add(Choices *words, const char *word) {
        array_push(words->w, words->n, word);
}

void choices_add_table(Choices *words, const char *const *table) {
        for (; *table; table++)
                choices_add(words, *table);
}

void choices_add_keys(Choices *words, const Key *keys) {
        for (; keys->name; keys++)
                choices_add(words, keys->name);
}

void choices_done(Choices *words) {
        free(words->w);
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

static void report_key(Loader *l, SpecMap *m, size_t i, const Choices *words, const char *what) {
        const YamlNode *key = m->node->pairs[i].key;
        const char *near = str_nearest(key->value, words->w, words->n);

        hint_words(fail(l, key, "unknown key '%s' in %s", key->value, what), key->value, words);
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
