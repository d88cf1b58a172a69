/* What every kind can do, driven by its table: list, get, create, update, delete, changeCompartment, and
 * its actions. */
#pragma once

#include "forward.h"
#include "kind-id.h"

/* 'id' NULL: the collection; 'rest' NULL: the object itself, else what follows its id in the path. */
int resource_handle(Call *c, const Kind *kind, const char *id, const char *rest);

/* 400 InvalidParameter for a query parameter that is none of 'names' (NULL-terminated; NULL: none are),
 * limit or page. */
int resource_check_query(Call *c, const char *const *names, bool paged);
/* A compartment named in a query or body: 404 when there is none. */
int resource_check_compartment(Call *c, const char *id);
/* What a body names: in the call's region, of that kind and live; *ret is borrowed. 'option' says how a
 * miss is answered. */
int resource_resolve(Call *c, KindId kind, const char *id, const char *option, Object **ret);
/* 400 LimitExceeded when 'have' more than option limits.NAME allows. */
int resource_check_limit(Call *c, const char *limit, size_t have);
/* Lays the members of 'in' over the object's body. */
void resource_overlay(Object *o, const cJSON *in);
