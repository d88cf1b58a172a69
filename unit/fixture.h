/* An estate and a small cloud for the tests of what decides. The estate is declared resource by resource; the cloud is a set of
 * objects that the tests put there, change and take away. A turn looks at all of it and decides, as the engine does, but calls
 * nothing. JSON is written with ' for ". */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "engine/gate.h"
#include "model/compare.h"

#define COMPARTMENT "ocid1.compartment.oc1..home"
#define PRIMARY     0u
#define SECONDARY   1u

/* A member of an object: our tags. */
#define TAGS(estate, address, origin)                                             \
        "'freeformTags':{'tandem-estate':'" estate "','tandem-address':'" address \
        "','tandem-origin':'" origin "'}"
#define OURS(address)    TAGS("multi", address, "created")
#define ADOPTED(address) TAGS("multi", address, "adopted")

typedef struct CloudObject {
        const Kind *kind;
        unsigned region;
        cJSON *body;
        cJSON *rules; /* by field: those of sub-collections */
        unsigned etag;
} CloudObject;

typedef struct Fixture {
        Estate *estate; /* "multi", enforced, everything automatic; regions primary and secondary */
        World *world;
        Context c;
        Resource **resources;
        Resource **orphans;
        size_t n_orphans;
        Plan plan;
        Words words;
        Budget budget;
        CloudObject *cloud;
        size_t n_cloud;
        usec_t now;
        bool bootstrap;
        bool silent[2]; /* this region's listings fail */
} Fixture;

Fixture *fixture_new(void);
void fixture_free(Fixture *f);
DEFINE_CLEANUP(Fixture *, fixture_free);
#define _cleanup_fixture_ _cleanup_(fixture_freep)

cJSON *json_of(const char *text); /* the caller's */
/* Equal in the sense of json_equal(); 'text' is JSON with '. */
#define assert_json(v, text) assert_json_at((v), (text), __FILE__, __LINE__)
void assert_json_at(const cJSON *v, const char *text, const char *file, int line);

/* Declares a resource; borrowed, and free to be changed before the first turn. 'want' is in the API's shape, {'$ref': ADDRESS}. */
Desired *declare(Fixture *f, const char *address, const char *parent, const char *want);
void claim_role(Desired *d, const char *value); /* makes it the thing that OCI made */

/* What is declared exists, created by us and as wanted; 'more' (or NULL) goes over it, null takes a member out. Its OCID is
 * "ocid1.TYPE.oc1..REGION-NAME". */
CloudObject *exists(Fixture *f, const char *address, const char *more);
/* Something else exists; without members of its own it is AVAILABLE in the estate's compartment. */
CloudObject *put(Fixture *f, const char *kind, unsigned region, const char *body);
void change(Fixture *f, const char *id, const char *more);
void set_rules(Fixture *f, const char *id, const char *field, const char *rules);
void gone(Fixture *f, const char *id);

void look(Fixture *f);   /* every listing, and a GET of every object */
void decide(Fixture *f); /* identifies, assesses, plans, gates */
void turn(Fixture *f);   /* both */

Resource *resource(Fixture *f, const char *address);
/* "VERDICT CODE", less the code where there is none. */
#define assert_verdict(f, address, text) assert_verdict_at((f), (address), (text), __FILE__, __LINE__)
void assert_verdict_at(Fixture *f, const char *address, const char *text, const char *file, int line);
/* The actions, as "VERB METHOD PATH; …" without the API's version, a '*' for the resource's own OCID. "" for none. */
#define assert_actions(f, address, text) assert_actions_at((f), (address), (text), __FILE__, __LINE__)
void assert_actions_at(Fixture *f, const char *address, const char *text, const char *file, int line);
/* The differences as "VERB PATH; …", with a '!' behind what the API refuses. */
#define assert_differences(f, address, text) \
        assert_differences_at((f), (address), (text), __FILE__, __LINE__)
void assert_differences_at(Fixture *f, const char *address, const char *text, const char *file, int line);
/* What the gate said, as "VERB WORD; …": go, or the decision's code. */
#define assert_gate(f, address, text) assert_gate_at((f), (address), (text), __FILE__, __LINE__)
void assert_gate_at(Fixture *f, const char *address, const char *text, const char *file, int line);
Action *action_of(Fixture *f, const char *address, Verb verb); /* fails the test when there is none */
/* A member of the only action's body, by a dotted path; borrowed. */
const cJSON *body_of(Fixture *f, const char *address, const char *path);
