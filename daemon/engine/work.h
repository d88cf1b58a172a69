/* What work requests tell of a resource: of things that are made by them (KIND_NO_CREATE_BODY) the API says no more than that. Pure. */
#pragma once

#include "model/resource.h"

/* The listing of them that has to have begun after a write before the world can be judged; NULL for kinds that have none, and before
 * it is listed at all. Borrowed. */
Listing *work_listing(const Context *c, const Resource *r);

/* One that is making a thing of the resource's kind which no list shows as yet: nobody knows whose it is. NULL: none. Borrowed. */
const Observed *work_creating(const Context *c, const Resource *r);

/* When the last one that makes such things was seen to change; 0: never. What a list that began before lacks may be there now. */
usec_t work_created(const Context *c, const Resource *r);

/* One that is changing the resource's object. NULL: none. Borrowed. */
const Observed *work_open(const Context *c, const Resource *r);

/* When the last one that changed the resource's object was seen to end; 0: never. */
usec_t work_closed(const Context *c, const Resource *r);

/* The last one that failed at it; or, while there is no object, at making such a thing. NULL: none. Borrowed. */
const Observed *work_failure(const Context *c, const Resource *r);

/* Its errors in a sentence: "LimitExceeded: … (NODEPOOL_CREATE, ocid1.clustersworkrequest…)". The caller frees. */
char *work_failure_text(const Observed *failed);
