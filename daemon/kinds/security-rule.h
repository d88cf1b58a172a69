/* Security rules as security lists and network security groups share them. */
#pragma once

#include "model/kind.h"

extern const Rules security_list_rules;  /* ingress or egress by the field's name; in the list's own body */
extern const Rules security_group_rules; /* with a direction; behind actions of their own, with ids */

/* Adds the rules of one of the body's lists to a filter; their direction is their own, or else the list's. */
void security_rules_network(NetNode *n, const cJSON *body, const char *list);
