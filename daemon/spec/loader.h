/* What the files of spec/ share while they turn documents into an Estate.
 *
 * The order of work: every document is parsed and its kind known; the Estate and the Regions are read; every resource is declared, so
 * that all names are known before the first of them is looked up; then the fields are read, those that ask for another resource's
 * blocks last; then roles, lint, digests.
 *
 * One mistake gives one error. So a key that is misspelt but near to one that is known is reported and then read as that one, a
 * value that failed is no missing value, and what may have been lost with a mistake is not missed anywhere else. */
#pragma once

#include "base/cidr.h"
#include "network/topology.h"
#include "spec.h"
#include "yaml/yaml.h"

typedef struct Loader Loader;

/* Where a finding is shown. */
typedef struct Place {
        unsigned file, line, column, width;
} Place;

/* What the API calls a thing that the spec calls otherwise, or says by the place alone. */
typedef struct Alias {
        const char *api;
        const Field *field; /* the spec's; NULL: none, for it stands inside of … */
        const char *parent;
} Alias;

/* Choices that may stand somewhere; borrowed, but for the made-up ones. */
typedef struct Choices {
        const char **w;
        size_t n;
        Alias *aliases;
        size_t n_aliases;
        char **own; /* strv: words that were made up for this list */
} Choices;

/* What a key takes. */
typedef enum KeyType {
        KEY_KIND,     /* the document's own kind */
        KEY_NAME,     /* a tandem name: no '/' */
        KEY_LABEL,    /* small letters, digits and '-' */
        KEY_TEXT,     /* one line of min to max characters */
        KEY_WORD,     /* one of 'words' */
        KEY_NUMBER,   /* from min to max */
        KEY_PERCENT,  /* the same as "67%" */
        KEY_DURATION, /* "15s" */
        KEY_OCID,     /* of one of the types 'words'; NULL: of the resource's own */
        KEY_REGION,   /* OCI's identifier */
        KEY_FIELDS,   /* a list of the resource's fields */
        KEY_KEYS,     /* a mapping by 'keys' */
} KeyType;

/* A key that no kind's table has: of an Estate or a Region, or one that any resource may carry. Parser and schema read the same
 * rows. */
typedef struct Key Key;
struct Key {
        const char *name;
        KeyType type;
        bool required;
        unsigned unknown_to; /* kinds with this flag have no such key */
        unsigned refused_by; /* kinds with this flag say why they take none */
        bool of_rules;       /* only kinds with a list of rules have it */
        unsigned min, max;
        const char *const *words; /* NULL-terminated */
        const Key *keys;          /* NULL-name terminated */
        const char *doc;          /* for the schema, and the hint where it is missing */
        void (*read)(Loader *l, const Key *k, const YamlNode *n); /* NULL: by whoever opened the mapping */
};

/* A mapping whose keys were checked. */
typedef struct SpecMap {
        const YamlNode *node;
        const char **words; /* for each key the word that it is, or is read as; NULL: neither */
} SpecMap;

/* A declared resource while it is loaded. */
typedef struct Item {
        Desired *desired; /* the estate's */
        struct Item *parent;
        SpecMap map;
        Place place; /* its name, or where it begins */
        size_t n_errors;
        size_t first_block, n_blocks; /* its own, in Loader.blocks */
        size_t first_rule, n_rules;   /* … in Loader.rules */
        const struct Item *first;     /* the one of that name, when this is a second; else NULL */
} Item;

/* One block of a resource's own, to be compared with others. */
typedef struct Block {
        const Item *item;
        const Field *field;
        Cidr cidr;
        Place place;
} Block;

/* Where a rule of the API was written; those of one list in their order. */
typedef struct RulePlace {
        const Item *item;
        const Field *field;
        Place place;
} RulePlace;

typedef struct Document {
        const YamlNode *root;
        unsigned file;
        const Kind *kind; /* NULL: an Estate or a Region */
        bool is_estate, is_region;
        bool is_lost;    /* nothing can be read from it */
        SpecMap map;     /* of a Region */
        unsigned region; /* of a Region */
} Document;

struct Loader {
        Estate *estate;
        SpecDiagnostics *diagnostics;
        Document *documents;
        size_t n_documents;
        Item **items; /* parallel to Estate.resources */
        size_t n_items;
        Block *blocks;
        size_t n_blocks;
        RulePlace *rules;
        size_t n_rules;
        bool lost_all; /* something was not understood that may have declared anything */
        bool *lost;    /* … or something of this kind: by kind_order() */
        unsigned file; /* what is being read */
        Item *item;    /* NULL outside of resources */
};

/* diagnostic.c: findings. The returned one may get a hint; it is valid until the next. NULL when there are too many. */
SpecDiagnostic *fail_at(Loader *l, Place place, const char *format, ...) _printf_(3, 4);
SpecDiagnostic *fail(Loader *l, const YamlNode *n, const char *format, ...) _printf_(3, 4);
SpecDiagnostic *warn_at(Loader *l, Place place, const char *format, ...) _printf_(3, 4);
void hint(SpecDiagnostic *d, const char *format, ...) _printf_(2, 3);
void hint_did_you_mean(SpecDiagnostic *d, const char *word);
/* The nearest of the words, or all of them when they are few. */
void hint_words(SpecDiagnostic *d, const char *said, const Choices *words);
void diagnostics_sort(SpecDiagnostics *ds);
Place place_of(const Loader *l, const YamlNode *n);
SpecMark mark_of(const Loader *l, const YamlNode *n);
/* "specs/primary.yaml:12:16"; the caller frees. */
char *place_text(const Loader *l, Place p);

/* keys.c: mappings and their keys. */
void choices_add(Choices *words, const char *word);
void choices_add_own(Choices *words, char *word_taken);
void choices_add_table(Choices *words, const char *const *table); /* NULL-terminated */
void choices_add_keys(Choices *words, const Key *keys);
/* The field's key, and what it is called in the API. */
void choices_add_field(Choices *words, const Field *f);
void choices_add_parent(Choices *words, const Kind *k); /* the API's member that names the parent */
void choices_done(Choices *words);
const char *choices_find(const Choices *words, const char *said); /* NULL: it is none of them */
char *choices_text(const Choices *words);                         /* "a, b or c"; the caller frees */
#define _cleanup_choices_ _cleanup_(choices_done)
/* Reports keys that are none of the words. False, after an error, when it is no mapping at all. */
bool map_open(Loader *l, const YamlNode *n, const Choices *words, const char *what, SpecMap *ret);
void map_done(SpecMap *m);
#define _cleanup_map_ _cleanup_(map_done)
const YamlNode *map_get(const SpecMap *m, const char *word); /* NULL: not said */
/* Where to show something about a key's value: the value itself when it stands on one line, else the key. */
Place map_place(const Loader *l, const SpecMap *m, const char *word);
const YamlNode *map_key(const SpecMap *m, const char *word);

/* parse-value.c: scalars. NULL or false after an error. */
void fail_type(Loader *l, const YamlNode *n, const char *key, const char *wanted);
/* What was written, for people: 'tcp', 443, a list. The caller frees. */
char *describe_node(const YamlNode *n);
bool is_text(const YamlNode *n); /* a scalar that is a string */
const char *parse_text(Loader *l, const YamlNode *n, const char *key, size_t min, size_t max);
/* A tandem name: 1 to 255 characters without '/'. */
const char *parse_name(Loader *l, const YamlNode *n, const char *key);
/* Index of the word in a NULL-terminated table, or -1. */
int parse_word(Loader *l, const YamlNode *n, const char *key, const char *const *table);
/* True, after an error, for 010: eight to some. */
bool is_octal_looking(Loader *l, const YamlNode *n, const char *key);
bool parse_number(Loader *l, const YamlNode *n, const char *key, int64_t min, int64_t max, int64_t *ret);
bool parse_percent(Loader *l, const YamlNode *n, const char *key, int64_t min, int64_t max, int64_t *ret);
bool parse_list(Loader *l, const YamlNode *n, const char *key);
bool parse_block(Loader *l, const Field *f, const YamlNode *n, Cidr *ret);
/* 'type' NULL: any. 'region' NO_REGION: any of the estate's realm. */
bool check_ocid(Loader *l, const YamlNode *n, const char *key, const char *const *types, unsigned region);

/* parse-document.c */
void documents_sort(Loader *l);
void documents_declare(Loader *l);
void lose_kind(Loader *l, const Kind *k);

/* parse-estate.c */
void parse_estate(Loader *l);
void parse_regions(Loader *l);
extern const Key estate_keys[], region_keys[];
/* By the keys of an Estate's policy, whose numbers go into the estate, or of a resource's, which has none. */
bool parse_policy(Loader *l, const Key *keys, const YamlNode *n, Gate policy[static _VERB_MAX],
                  bool own[static _VERB_MAX]);
extern const Key policy_keys[];

/* parse-meta.c: what any resource may carry besides its fields. */
extern const Key meta_keys[];
bool has_meta(const Kind *kind, const Key *k); /* whether such a resource knows this key at all */
void choices_add_meta(Choices *words, const Kind *kind);
/* The fields that `ignore` may name. */
void choices_add_ignorable(Choices *words, const Kind *kind);
void parse_meta(Loader *l, Item *item);

/* parse-field.c */
#define OWN_TAG_PREFIX "tandem-" /* tags that begin so are tandem's own words on a thing */
#define TAG_NAME_MAX   100
#define TAG_VALUE_MAX  256
#define ELEMENTS_MAX   256 /* of any list in a field: they are compared in pairs */
typedef enum FieldPass {
        PASS_OWN,    /* what a resource says of itself */
        PASS_OTHERS, /* what asks for another resource's blocks */
} FieldPass;
void parse_fields(Loader *l, Item *item, FieldPass pass);
void check_required(Loader *l, Item *item);
bool text_matches(const char *pattern, const char *text); /* a POSIX extended regular expression */
size_t map_value_max(const Field *f);                     /* how long a FIELD_MAP's values may be */
/* The members of one object into 'ret'; false when something is wrong or lost. */
bool parse_members(Loader *l, const Field *fields, const YamlNode *n, const char *what, cJSON *ret);

/* parse-rules.c */
cJSON *parse_rules(Loader *l, const Field *f, const YamlNode *n);

/* link.c: names. */
bool link_admits(const Field *f, const Kind *k); /* whether the field may name such a resource */
/* A bare name is of this kind; NULL: the kind must be said. */
const Kind *link_fixed_kind(const Field *f);
/* NULL after an error, and in silence when what is named may have been lost. */
Item *link_resolve(Loader *l, const Field *f, const YamlNode *n);
cJSON *link_reference(Loader *l, const Field *f, const YamlNode *n);
/* A block, or what the flags say may stand for blocks: a string, a symbol, or an array of strings. */
cJSON *link_cidr(Loader *l, const Field *f, const YamlNode *n);
cJSON *link_lookup(Loader *l, const Field *f, const YamlNode *n);
bool lookup_is_id(const Field *f); /* the field's lookup gives an OCID, and the spec may say that one */

/* role.c */
void claim_roles(Loader *l);

/* lint.c */
void lint(Loader *l);

/* lint-rules.c: what does nothing, and what is dangerous. */
void lint_rules(Loader *l, const Topology *t);
void lint_unused(Loader *l);

/* lint-paths.c: what only a view of both regions shows. */
void lint_paths(Loader *l, const Topology *t);

/* digest.c */
void make_digests(Estate *e);

Item *item_of(const Loader *l, const Desired *d);
