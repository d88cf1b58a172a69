/* YAML 1.2 into a tree whose every node, keys included, knows its place in the file. It is the part of
 * YAML that people write desired states in: no merge keys, no tags but the core ones, no keys but text.
 * Anchors and aliases work within bounds. */
#pragma once

#include "source.h"

typedef enum YamlType {
        YAML_SCALAR,
        YAML_SEQUENCE,
        YAML_MAPPING,
} YamlType;

/* What a scalar is by the core schema: 'yes' and 'on' are strings. A quoted one is a string, unless a tag
 * says otherwise. */
typedef enum YamlKind {
        YAML_STRING,
        YAML_NULL,
        YAML_BOOL,
        YAML_INT,
        YAML_FLOAT,
} YamlKind;

typedef struct YamlNode YamlNode;

typedef struct YamlPair {
        YamlNode *key; /* a scalar, not empty, of any kind */
        YamlNode *value;
} YamlPair;

/* Belongs to its document. An alias is the anchored node itself, so a node may have several parents,
 * never itself below it. */
struct YamlNode {
        YamlType type;
        YamlKind kind;  /* of a scalar */
        bool is_quoted; /* 'x', "x", | or > */
        Mark mark;
        Mark end;          /* behind the last character; of a block, where the next thing begins */
        const char *value; /* of a scalar, without NUL in it; of others NULL */
        YamlNode **items;  /* of a sequence */
        size_t n_items;
        YamlPair *pairs; /* of a mapping, in the order written; keys differ */
        size_t n_pairs;
        size_t n_expanded; /* nodes of the tree from here on, an alias counted as what it stands for */
        unsigned height;   /* 1 for a scalar */
};

typedef struct YamlDocument {
        YamlNode *root;
        SourceFile *source; /* referenced */
        YamlNode **nodes;   /* all of them, owned */
        size_t n_nodes;
} YamlDocument;

typedef struct YamlDocuments {
        YamlDocument **items;
        size_t n;
} YamlDocuments;

void yaml_documents_done(YamlDocuments *d);

/* 0 in a field means the default. */
typedef struct YamlLimits {
        size_t max_size;    /* bytes of a file; 1 MiB */
        size_t max_nodes;   /* of a file, aliases expanded; 50000 */
        unsigned max_depth; /* of a document, aliases expanded; 32 */
} YamlLimits;

/* Reads every document of a file and appends to 'documents' those that hold something; 'limits' may be
 * NULL. All that is wrong goes to 'errors', and -EBADMSG is returned; 'documents' then has what could be
 * read all the same, so that more can be said about it: documents before and after one that is no YAML,
 * and those that only have faults such as a duplicate key (the first is kept). 'source' is referenced by
 * whatever points into it. */
int yaml_parse(SourceFile *source, const YamlLimits *limits, YamlDocuments *documents, Diagnostics *errors);

/* Lookups; 'n' may be NULL, results are borrowed. */
YamlNode *yaml_get(const YamlNode *n, const char *key);            /* NULL: no mapping, or no such key */
const YamlPair *yaml_get_pair(const YamlNode *n, const char *key); /* the same, with the key's own place */
bool yaml_is_null(const YamlNode *n);
int yaml_bool(const YamlNode *n, bool *ret);                             /* -EINVAL: no bool */
int yaml_int(const YamlNode *n, int64_t min, int64_t max, int64_t *ret); /* -EINVAL: no int; -ERANGE */
/* Characters to underline: to the node's end, or the end of its first line. */
unsigned yaml_width(const YamlNode *n);

/* The kind of a plain scalar. */
YamlKind yaml_kind_of_plain(const char *value);
