/* What a VCN brings with it, and what hangs on it. */
#pragma once

#include "kind.h"

/* A default table, list or set of options of the VCN, made by the cloud and there at once. */
Object *vcn_add_default(Object *vcn, KindId kind, const char *display_name, const char *pointer);
