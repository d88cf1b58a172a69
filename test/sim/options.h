/* Switches for what is unverified about the real cloud, and for a world more hostile than it usually is. */
#pragma once

#include "sim.h"

cJSON *options_new(void); /* every option at its default */
/* Sets some; -EINVAL and *reterr_name for an unknown name or a value of another type (nothing is changed
 * then). */
int options_set(Sim *sim, const cJSON *values, const char **reterr_name);

bool option_bool(const Sim *sim, const char *name);
double option_number(const Sim *sim, const char *name);
const char *option_string(const Sim *sim, const char *name);
const cJSON *option_value(const Sim *sim, const char *name);
