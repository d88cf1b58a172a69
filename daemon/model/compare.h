/* Wanted against observed, field by field, by the kind's table; and the request bodies that mend what differs. Pure. */
#pragma once

#include "forward.h"
#include "resource.h"

typedef enum ResolveFor {
        RESOLVE_COMPARE, /* targets that came and do not go: nothing may be pointed at others */
        RESOLVE_CREATE,  /* targets must be ready; members that a create leaves out are left out */
} ResolveFor;

/* The wanted object with its symbols replaced by what is observed; the caller's. A member whose symbol cannot be resolved yet is
 * left out, a rule keeps it; the addresses waited for are added to 'waits'. */
cJSON *resolve_want(const Context *c, const Resource *r, ResolveFor purpose, char ***waits);
bool has_symbol(const cJSON *v); /* somewhere inside */

/* Fills differences, foreign rules and waits of the assessment. Unresolved members and rules are skipped; while a rule is
 * unresolved nothing is taken out of its list. */
void compare_resource(const Context *c, const Resource *r, const cJSON *want, Assessment *a);
/* The same value in the field's sense: order, case, defaults and echoes do not count. */
bool field_equal(const Field *f, const cJSON *want, const cJSON *have);
/* A copy in which OCIDs that are known read as Kind/name: for people. */
cJSON *humanize(const Context *c, unsigned region, const cJSON *v);

/* The body of a create: what is wanted, plus the compartment, parent, name and our tags. */
cJSON *body_for_create(const Context *c, const Resource *r, const cJSON *want);
/* The body of a PUT: what was read, overlaid with those differences whose verb is in 'verbs' (bits 1 << Verb), less what the API
 * refuses. Tags of ours are in when 'tag' is set. */
cJSON *body_for_put(const Context *c, const Resource *r, const cJSON *want, const Differences *ds,
                    unsigned verbs, bool tag);
/* The body of f->object_action: the members of that object that change by it. */
cJSON *body_for_object_action(const Resource *r, const Field *f, const cJSON *want, const Differences *ds,
                              Verb verb);
/* The body of a PUT that takes our tags off. */
cJSON *body_for_abandon(const Resource *r);
/* The rules of one field that a call of the sub-collection carries: symbols and marks settled, "$at" gone. */
cJSON *rule_for_write(const Context *c, const Rules *rules, const Difference *d);

/* One rule's identity as text: members of rules->key, or all but the description, defaults filled in. The caller frees. */
char *rule_key(const Rules *rules, const cJSON *rule);
/* The description without our mark; whether the mark was there. The caller frees *ret. */
bool rule_unmark(const Estate *e, const char *description, char **ret);
char *rule_mark(const Estate *e, const char *description);
