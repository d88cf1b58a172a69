/* What clusters and pools have in common when they name things of the network. */
#pragma once

#include "kind.h"

/* Everything that the array of ids names is in the region, of the kind, and in the VCN. NULL: nothing to check. */
int oke_check_members(Call *c, KindId kind, const cJSON *ids, const char *vcn_id);
int oke_check_member(Call *c, KindId kind, const char *id, const char *vcn_id);
/* Members of 'over' replace those of the object 'name' in 'o', which is made if it is not there. 'over' may be NULL. */
void oke_merge(cJSON *o, const char *name, const cJSON *over);
/* Sets the member to 'value' (taken over) unless it is there. */
void oke_default(cJSON *o, const char *name, cJSON *value);
