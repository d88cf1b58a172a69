/* Security rules: the same in lists (without ids) and in groups. */
#pragma once

#include "kind.h"

extern const Field ingress_rule_fields[], egress_rule_fields[], port_options_fields[], icmp_options_fields[];

/* What the tables cannot say: options only for their protocol, ranges the right way round, a source that
 * is there. Fills the defaults in. 'end' is "source" or "destination". */
int security_rule_complete(Call *c, cJSON *rule, const char *end, const char *vcn_id);
/* All rules of both arrays that are there. */
int security_rules_complete(Call *c, cJSON *body, const char *vcn_id);
void security_rules_set_default(cJSON *body, const char *vcn_cidr);
