/* The daemon's types by name, so that headers seldom include each other. */
#pragma once

#include "base/json.h"
#include "base/time-util.h"

typedef struct Action Action;
typedef struct Assessment Assessment;
typedef struct Context Context;
typedef struct Desired Desired;
typedef struct Difference Difference;
typedef struct Differences Differences;
typedef struct Estate Estate;
typedef struct EstateRegion EstateRegion;
typedef struct Field Field;
typedef struct Kind Kind;
typedef struct Listing Listing;
typedef struct NetNode NetNode;
typedef struct Observed Observed;
typedef struct Plan Plan;
typedef struct Resource Resource;
typedef struct Rules Rules;
typedef struct World World;
