/* What a DRG brings with it. */
#pragma once

#include "kind.h"

/* The four words of defaultDrgRouteTables and the attachment types they are for. */
const char *drg_default_table(const Object *drg,
                              const char *attachment_type); /* an OCID; NULL when there is none */
