/* Is a reply's object of the shape that its kind's table says? What is not cannot be told apart from others, nor compared: taken in,
 * it would read as a thing that lost its tags, its name or its rules. */
#pragma once

#include "forward.h"

/* Returns NULL when 'o' is an object with an id, and every member that the table knows has the type that the table says, or is null
 * or absent; else what is wrong, as "freeformTags is of another type" (the caller frees). Members that no table knows may be
 * anything, and words of an open set are not judged here. */
char *shape_error(const Kind *k, const cJSON *o);
/* The same for an array of objects, or with 'sub' of that field's rules: "item 3: …". */
char *shape_error_of_items(const Kind *k, const Field *sub, const cJSON *items);
