/* What a DRG route table holds when somebody looks. */
#pragma once

#include "kind.h"

/* A static rule as the API shows it; the caller owns the copy. */
cJSON *drg_route_show_static(const Object *table, const cJSON *rule);
/* 'rules' are the static ones to show. The caller owns the array. */
cJSON *drg_routes_of_table(const Object *table, const cJSON *rules, bool want_static, bool want_dynamic);
