/* A resource kind is data. One descriptor per kind, one table of fields: from these come parsing, validation, the comparison,
 * the request bodies, the plan's text and the schema. Nothing outside a kind's file mentions that kind.
 *
 * Values are JSON in the API's own shape. What only the cloud knows stands in a desired value as a symbol, an object with one
 * of these members, until resolve.c replaces it:
 *   {"$ref": "primary/Drg/multicluster-drg"}                            the OCID of a declared resource
 *   {"$lookup": "Service", "key": "all", "member": "cidrBlock"}         a member of a region's own listing (KIND_LOOKUP) */
#pragma once

#include "forward.h"
#include "oci/region.h"
#include "words.h"

typedef enum FieldType {
        FIELD_STRING,
        FIELD_BOOL,
        FIELD_INT,
        FIELD_NUMBER,   /* may have a fraction; the service keeps them in single precision */
        FIELD_DURATION, /* ISO 8601 of hours, minutes and seconds: "PT60M", compared as what it means */
        FIELD_ENUM,     /* one of 'words' */
        FIELD_STRINGS,  /* an array of texts, each of 'words' where there are any */
        FIELD_CIDR,
        FIELD_CIDRS,   /* array of blocks */
        FIELD_MAP,     /* string to string; only the declared names are compared, others survive */
        FIELD_TAGS,    /* namespace to map, the same, names compared without case */
        FIELD_REF,     /* the OCID of a resource of 'ref_kind'; NULL: the spec says Kind/name */
        FIELD_REFS,    /* a set of them */
        FIELD_LOOKUP,  /* a member of a lookup kind's item: 'ref_kind', 'lookup_member' */
        FIELD_LOOKUPS, /* a set of {lookup_as: member}, "services" */
        FIELD_PORTS,   /* spec only: 443, "30000-32767" → an array of {min, max} */
        FIELD_OBJECT,  /* 'fields' */
        FIELD_OBJECTS, /* an array of them */
        FIELD_RULES,   /* a list of objects, owned one by one: 'rules' */
        FIELD_ROLE,    /* no member of the object: says which thing made by OCI this is, see Role */
} FieldType;

/* What it takes to bring an existing resource's field to another value. */
typedef enum Change {
        CHANGE_UPDATE,  /* in the PUT body */
        CHANGE_ACTION,  /* by calls of its own, see FieldAction or SubCollection */
        CHANGE_DISRUPT, /* in the PUT body, but it takes away */
        CHANGE_REPLACE, /* delete and create */
        CHANGE_NEVER,   /* the API cannot change it: blocked */
} Change;

enum {
        FIELD_REQUIRED = 1 << 0,
        FIELD_NOT_IN_CREATE = 1 << 1,
        FIELD_NOT_IN_PUT = 1 << 2,   /* for fields with CHANGE_ACTION, REPLACE or NEVER this holds anyway */
        FIELD_SEND_ALWAYS = 1 << 3,  /* in every PUT, with the fallback when neither side has a value */
        FIELD_ORDERED = 1 << 4,      /* an array whose order matters; others are compared as sets */
        FIELD_CASELESS = 1 << 5,     /* two spellings in other case are equal */
        FIELD_NULL_UNKNOWN = 1 << 6, /* reads null until something else exists: then it is no drift */
        FIELD_DEFAULT_ROLE =
                1 << 7, /* a reference that a create leaves out when the target plays its type's role */
        FIELD_NOT_IN_SPEC = 1 << 8,  /* response only, or passed through a PUT as it was read */
        FIELD_PASS_THROUGH = 1 << 9, /* with NOT_IN_SPEC: sent back in a PUT as it was read */
        FIELD_NAMES_CIDRS =
                1 << 10, /* the spec may name a Vcn or Subnet: all its CIDRs, as the spec says them */
        FIELD_NAMES_SERVICE = 1 << 11,  /* the spec may say Service/all, Service/objectstorage */
        FIELD_NAMES_REF = 1 << 12,      /* the spec may say Kind/name for a resource of 'ref_kind' as well */
        FIELD_OR_NUMBER = 1 << 13,      /* FIELD_ENUM: a decimal number will do, too */
        FIELD_ANY_REGION = 1 << 14,     /* a reference that may cross regions */
        FIELD_ESTATE_UNIQUE = 1 << 15,  /* blocks that must not overlap any other such block of the estate */
        FIELD_SIBLING_UNIQUE = 1 << 16, /* … of the same parent */
        FIELD_WITHIN_PARENT = 1 << 17,  /* blocks that lie in one of the parent's */
        FIELD_EMPTY_IS_FALLBACK = 1 << 18, /* an empty array means the fallback */
        FIELD_SEND_CHANGED = 1 << 19,      /* in a PUT only when it differs */
        FIELD_LESS_TAKES_AWAY = 1 << 20,   /* a number: a smaller one than there is is a disrupt */
        /* A version of Kubernetes, or one of 'words': the API takes no lower one than there is. */
        FIELD_ONLY_RISES = 1 << 21,
        /* With CHANGE_NEVER: a resource whose own policy says `replace` is made anew. */
        FIELD_REPLACE_IF_ASKED = 1 << 22,
        FIELD_AFTER_LOOKUPS = 1 << 23, /* left alone while a lookup of the resource is not answered */
        FIELD_LOCAL = 1 << 24,         /* no member of the object: for the daemon's own use */
};

/* A list field that is changed one element at a time: POST {id}/actions/{add} {member: element}. */
typedef struct FieldAction {
        const char *add, *remove; /* "addCidr" */
        const char *member;       /* "cidrBlock" */
} FieldAction;

struct Field {
        const char *name; /* the spec's key */
        const char *
                api; /* the API's, where a comfort renames it ("routeTable": "routeTableId"); NULL: the same */
        FieldType type;
        Change change;
        unsigned flags;
        const char *fallback;   /* JSON text of what the service fills in; absent and null compare as this */
        const char *takes_away; /* JSON text of the wanted value that turns an update into a disrupt */
        const char *const *words; /* FIELD_ENUM: NULL-terminated */
        /* FIELD_INT, NUMBER: the range; FIELD_DURATION: in seconds; FIELD_STRING: the length, 0,0: 1..255; lists: 'max' is how
         * many; FIELD_MAP, TAGS: 'max' is how many, 'min' the longest value, 0: a tag's. */
        int64_t min, max;
        const char *
                pattern; /* FIELD_STRING: a POSIX extended regular expression, and what it means, for people: */
        const char *pattern_text;     /*   "1 to 15 letters and digits, a letter first" */
        const char *ref_kind;         /* FIELD_REF(S), FIELD_LOOKUP(S), FIELD_ROLE of a named holder */
        const char *const *ref_kinds; /* … without it: what Kind/name may say; NULL: any kind */
        const char *lookup_member;    /* FIELD_LOOKUP(S): which member of the item */
        const char *lookup_as; /* FIELD_LOOKUPS: the member that carries it in each element; NULL: bare */
        const Field *fields;   /* FIELD_OBJECT: NULL-name terminated */
        const Rules *rules;    /* FIELD_RULES */
        const FieldAction *action; /* CHANGE_ACTION on a plain list */
        /* CHANGE_ACTION on a FIELD_OBJECT: POST {id}/actions/THIS with those of its members that change by an action. */
        const char *object_action;
        const char *not_with;    /* API member that no PUT may carry together with this one; it goes first */
        const char *never_text;  /* CHANGE_NEVER, FIELD_ONLY_RISES: what a person can do */
        const char *region_text; /* what to say when a reference names the other region's */
        const char *doc;         /* one line for the schema and the reference */
};

static inline const char *field_api(const Field *f) {
        return f->api ? f->api : f->name;
}

/* A rule list that the API keeps outside the object, with ids of its own. */
typedef struct SubCollection {
        const char *list; /* below the object's path: "securityRules", "drgRouteRules?routeType=STATIC" */
        const char *add, *update, *remove; /* actions */
        const char *add_member;            /* the array in add's and update's body: "securityRules" */
        const char *remove_member;         /* the array of ids in remove's: "securityRuleIds" */
        unsigned max_per_call;
        bool retry_token;         /* add takes one */
        const char *const *fixed; /* members that update does not take, NULL-terminated, or NULL */
        bool by_compartment;      /* its listing has to say the owner's compartment, too */
} SubCollection;

/* How the rules of a list are told apart, owned, shown, and written by people. */
struct Rules {
        const Field *fields;      /* of one rule as the API has it, NULL-name terminated */
        const Field *spec_fields; /* as people write it; NULL: the same */
        const char *const
                *key; /* API members that tell rules apart, NULL-terminated; NULL: all but the description */
        const char *const
                *key_shown; /* members that name it in a path: "routeRules[10.1.0.0/16]"; NULL: describe() */
        bool marked;        /* the description carries our mark, so a rule that we wrote is known as ours */
        const SubCollection *sub; /* NULL: in the object's own body */

        /* Turns one rule as written (by spec_fields, names of CIDRs replaced, symbols in place) into rules of the API, appended
         * to 'ret'. Returns NULL, or what is wrong with it (static). 'direction' is the field's name. */
        const char *(*expand)(const cJSON *written, const Field *field, cJSON *ret);

        /* One line for people: "tcp 443 from 10.1.0.0/16". The caller frees. */
        char *(*describe)(const cJSON *rule);
        /* What is dangerous about somebody else's rule ("open to the world"), or NULL. */
        const char *(*risk)(const cJSON *rule);
        /* Members that the service echoes or adds (a route's cidrBlock, LOCAL routes): true leaves the rule out entirely. */
        bool (*ignore)(const cJSON *rule);
        /* Members that a GET shows and a write refuses, NULL-terminated, or NULL. */
        const char *const *refused;
        /* Its target is gone, and it does nothing: pointed anew in place, or taken out without harm. */
        bool (*is_dead)(const cJSON *rule);
        /* What must exist before this wanted rule may be written: the address waited for, or NULL. Borrowed. */
        const char *(*needs)(const Context *c, const Desired *d, const cJSON *rule);
};

typedef enum Service {
        SERVICE_CORE,
        SERVICE_IDENTITY,
        SERVICE_CONTAINER_ENGINE,
} Service;

typedef enum Cadence {
        CADENCE_LINK, /* every interval: breaks the link, or others like to rewrite it */
        CADENCE_SLOW, /* every fourth */
        CADENCE_ONCE, /* hardly ever: every 240th */
} Cadence;

typedef enum ListScope {
        SCOPE_COMPARTMENT, /* ?compartmentId= */
        SCOPE_PARENT,      /* ?PARENT_FIELD= of each parent that is known */
        SCOPE_TENANCY,     /* ?compartmentId=TENANCY */
        SCOPE_NONE,
} ListScope;

typedef struct LifeWord {
        const char *word;
        Life life;
} LifeWord;

/* A thing that OCI makes by itself and points to: found by the pointer, then known by our tag. */
typedef struct Role {
        const char *key; /* the spec's key that claims it: a FIELD_ROLE, or with own_path a wanted member */
        const char *value; /* the only value that claims it, or NULL: any */
        const char *
                holder_kind; /* the kind that the key's value names and that holds the pointer; NULL: the parent holds it */
        const char *
                pointer; /* the holder's member: "defaultRouteTableId"; a trailing "." takes the key's value as last part */
        const char
                *own_path; /* instead of a pointer: this member of the thing itself equals the wanted one */
        bool in_parent_want; /* the pointer is a field of the parent to compare as well */
} Role;

/* One finding about a declared resource; 'f' (or NULL) says at which field it is shown, be it a member of an object. The
 * message is copied. */
typedef void (*LintReport)(void *userdata, const Desired *d, const Field *f, bool error,
                           const char *message);

/* What a kind that needs more than its tables is asked. NULL next_step: the tables are all there is. */
typedef void (*NextStep)(const Context *c, const Resource *r, Assessment *a);

enum {
        KIND_LOOKUP = 1 << 0,         /* read only: a region's own words (services, availability domains) */
        KIND_NO_COMPARTMENT = 1 << 1, /* lives in its parent's compartment, create takes none */
        KIND_NOT_CLOUD = 1 << 2,      /* no object of its own: a relation between two */
        KIND_NO_ETAG_ON_WRITE = 1 << 3, /* create's reply has none: read it before the next write */
        KIND_NO_PIN = 1 << 4,           /* healing makes new ones, so `id:` is refused */
        KIND_DIES_WITH_PARENT = 1 << 5, /* goes when its parent is deleted, and does not keep it from that */
        KIND_NEEDS_USER = 1 << 6,       /* does nothing until something names it */
        KIND_NO_TAGS = 1 << 7, /* carries none and has no OCID: it is known by its name and place alone */
        KIND_CLI_NO_CREATE = 1 << 8,   /* the CLI's create takes other words: shown as a raw request */
        KIND_SUMMARY = 1 << 9,         /* its list gives summaries: only a GET's body is judged */
        KIND_NO_CREATE_BODY = 1 << 10, /* its create answers 202 without a body: a work request makes it */
        KIND_LIST_IS_OBJECT = 1 << 11, /* what is listed is one object without an id, and no array */
        KIND_WORK = 1 << 12,  /* with LOOKUP: what a service is doing to KIND_NO_CREATE_BODY kinds */
        KIND_BY_ID = 1 << 13, /* with LOOKUP: never listed, read when something names it, see Members */
};

/* Parts that an object names, and that are objects of a KIND_BY_ID kind themselves: a pool's nodes are instances. */
typedef struct Members {
        const char *list, *id; /* "nodes", "id" */
        const char *kind;      /* "Instance" */
} Members;

/* Parts that carry load: how many do, of how many that should. */
typedef struct Parts {
        unsigned up, all;
} Parts;

struct Kind {
        const char *name;    /* "RouteTable" */
        const char *section; /* the spec's key in the parent: "routeTables" */
        const char *parent;  /* the kind whose section it is in; NULL: a Region, or a document of its own */
        const char *ocid_type;    /* "routetable" */
        const char *path;         /* "/20160918/routeTables" */
        const char *list_query;   /* more than the scope: "attachmentType=ALL" */
        const char *parent_field; /* API member that names the parent: "vcnId" */
        const char *below;        /* it has no OCID: it is {path}/{parent}/THIS/{name} */
        const char *delete_query; /* what a DELETE has to say */
        const char *name_field;   /* API member with its name; NULL: "displayName" */
        const char *create_name;  /* what a create calls that; NULL: the same */
        const char *cli, *cli_id; /* "network route-table", "--rt-id" */
        const char *doc;
        Service service;
        ListScope scope;
        Cadence cadence;
        Cadence whole; /* KIND_SUMMARY: how often it is read though its summary says nothing new */
        unsigned flags;
        const Field *
                fields; /* NULL-name terminated; the fields that every kind has come from kind_common_fields */
        const LifeWord *life;          /* NULL-word terminated; NULL: always ready */
        const Role *roles;             /* NULL-key terminated */
        const char *const *serialized; /* members whose OCIDs name what the API serialises mutations under */
        const char *const
                *unique;     /* members that no second thing in the same parent may share: CIDR, place */
        bool one_per_parent; /* an internet gateway of a VCN */
        const char *lifecycle_field; /* "lifecycleState" */
        NextStep next_step;
        NextStep when_failed;     /* its lifecycle is FAILED: what then; NULL: a person has to act */
        const char *work_creates; /* a work request's operationType that makes one: "CLUSTER_CREATE" */
        const Members *members;
        Parts (*parts)(const Observed *o); /* NULL: it has none */
        bool (*in_transition)(
                const Observed *o); /* a part comes or goes, whatever its lifecycle says; NULL: none can */
        /* KIND_LOOKUP: does this item answer to 'key'? */
        bool (*lookup_matches)(const cJSON *item, const char *key);
        /* KIND_LOOKUP: the keys that a spec may say, NULL-terminated, for messages; and as text */
        const char *const *lookup_keys;
        /* … another key that it takes, as a POSIX extended regular expression, and what it means, for people; or NULL */
        const char *lookup_pattern, *lookup_pattern_text;
        /* KIND_LOOKUP, instead of lookup_matches: where the answer depends on who asks. 'want' is the asking resource's wanted
         * object, 'have' its body as observed, or NULL. The answer is borrowed from 'item' or 'have'; NULL: none. */
        const char *(*lookup_pick)(const cJSON *item, const char *key, const cJSON *want, const cJSON *have);
        /* KIND_NOT_CLOUD: the one word that a status page shows for it; static, never NULL. */
        const char *(*link_state)(const Context *c, const Resource *r);
        /* More lint than the tables can say. */
        void (*lint)(const Estate *e, const Desired *d, LintReport report, void *userdata);
        /* What a packet sees of it: fills the node from a body of the API's shape, references being names. NULL: nothing. */
        void (*network)(NetNode *n, const cJSON *body);
};

/* displayName, freeformTags, definedTags: every object of the API has them, but for KIND_NO_TAGS. */
extern const Field kind_common_fields[];
/* The API's member that carries its name: "displayName", or "name". */
const char *kind_name_field(const Kind *k);
const char *kind_create_name(const Kind *k); /* … in the body of its create */
OciService kind_oci_service(const Kind *k);

extern const Kind *const kinds[]; /* NULL-terminated, parents before children */
size_t kind_count(void);
size_t kind_order(const Kind *k); /* its place in kinds[] */
const Kind *kind_find(const char *name);
const Kind *kind_of_section(const char *parent, const char *section);
const Kind *kind_of_ocid_type(const char *type);

/* Walks the common fields and the kind's own: for (const Field *f = kind_field_first(k); f; f = kind_field_next(k, f)). */
const Field *kind_field_first(const Kind *k);
const Field *kind_field_next(const Kind *k, const Field *f);
const Field *kind_field(const Kind *k, const char *name);
/* A member of an object as well: "endpointConfig.subnet", of an object of a list, too. NULL: there is none. */
const Field *kind_field_path(const Kind *k, const char *dotted);

/* Whether 'work' is the kind of work requests that tell what becomes of a write to things of kind 'k'. */
bool kind_tells_of(const Kind *work, const Kind *k);

/* Where the API has it: "/20160918/vcns/ocid1…". The caller frees. */
char *kind_object_path(const Kind *k, const char *id);
/* Gives an object that the API sends without an OCID one of our own, and its parent: {parent}/addons/CoreDNS is its id then. 'scope' is
 * the parent's OCID, or what tells one region's from another's. Nothing to do for most kinds. */
void kind_identify(const Kind *k, const char *scope, cJSON *body);

Life kind_life(const Kind *k, const cJSON *body);
