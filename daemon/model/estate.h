/* The desired state: what the specs declare, comforts taken out, names linked. Built by spec/, read by everybody, never changed
 * after that: a reload makes another Estate. */
#pragma once

#include "forward.h"
#include "kind.h"

#define NO_REGION UINT32_MAX

typedef struct SpecMark {
        unsigned file; /* index into Estate.files */
        unsigned line, column;
} SpecMark;

typedef struct FieldMark {
        const Field *field;
        SpecMark mark;
} FieldMark;

struct EstateRegion {
        char *name;   /* "primary": the spec's */
        char *region; /* "us-sanjose-1": OCI's */
        SpecMark mark;
};

struct Desired {
        const Kind *kind;
        unsigned index;                                   /* in Estate.resources */
        unsigned region;                                  /* index in Estate.regions, or NO_REGION */
        Desired *parent;                                  /* not owned; NULL below a Region */
        Desired *first_child, *last_child, *next_sibling; /* what has it as its parent; by estate_add() */
        char *address;          /* "primary/Drg/multicluster-drg"; "Peering/primary-secondary" */
        char *name;             /* the tandem name */
        char *displayName;      /* NULL: left out; the name is used to create and to find */
        char *pin;              /* `id:`, or NULL */
        char *compartment;      /* its own or the estate's; NULL for kinds that have none */
        char *formerly;         /* the old tandem name, or NULL */
        char **ignore;          /* field names that are not compared, strv or NULL */
        Gate policy[_VERB_MAX]; /* its own over the estate's */
        bool policy_is_own[_VERB_MAX];
        bool remove_foreign; /* `foreignRules: remove` */
        const Role *role;    /* the role it claims, or NULL */
        char *role_value;    /* "vcn", "for-vcns" */
        cJSON *want;         /* API shape, with symbols; rules carry "$at": "file:line" */
        char *digest;        /* of want and what else decides: 12 hex digits */
        SpecMark mark;
        FieldMark *marks;
        size_t n_marks;
};

typedef enum PrincipalKind {
        PRINCIPAL_API_KEY,
        PRINCIPAL_SESSION_TOKEN,
        PRINCIPAL_INSTANCE,
        _PRINCIPAL_INVALID = -1,
} PrincipalKind;

struct Estate {
        char *name;
        char *compartment;
        Mode mode;
        PrincipalKind principal;
        char *profile; /* NULL: not said */
        usec_t interval;
        Gate policy[_VERB_MAX];
        unsigned disruptions_per_hour;
        unsigned
                proven_nodes; /* percent of a region's nodes that have to be up, for that region to be proven */
        char **files;         /* the names of the spec files as given, strv */
        EstateRegion *regions;
        size_t n_regions;
        Desired **resources; /* parents before children, else in the order of the files */
        size_t n_resources;
        char *digest;     /* of the whole spec: 6 hex digits or more */
        void *by_address; /* uthash head, private to estate.c */
};

Estate *estate_free(Estate *e);
DEFINE_CLEANUP(Estate *, estate_free);
Desired *desired_free(Desired *d);
DEFINE_CLEANUP(Desired *, desired_free);

/* Takes the resource over. -EEXIST when its address is there already (and then does not). */
int estate_add(Estate *e, Desired *d);
Desired *estate_find(const Estate *e, const char *address); /* borrowed, NULL if unknown */
char *estate_address(const Estate *e, unsigned region, const Kind *k, const char *name);
/* "primary.yaml:12"; the caller frees. */
char *estate_mark_text(const Estate *e, SpecMark m);
char *desired_field_source(const Estate *e, const Desired *d,
                           const Field *f); /* falls back to the resource's own mark */

/* The address in a {"$ref": …} symbol, or NULL for anything else. */
const char *symbol_ref(const cJSON *v);
/* True for any symbol: an object whose first member's name begins with '$'. */
bool is_symbol(const cJSON *v);
cJSON *symbol_new_ref(const char *address);
cJSON *symbol_new_lookup(const char *kind, const char *key, const char *member);
