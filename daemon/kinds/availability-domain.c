/* AvailabilityDomain: the tenancy's own names for a region's domains ("Uocm:US-CHICAGO-1-AD-2"). The prefix differs from tenancy to
 * tenancy, so a spec says 1, 2 or 3. */
#include "kinds.h"

static bool domain_matches(const cJSON *item, const char *key) {
        const char *name = json_string(item, "name"), *dash = name ? strrchr(name, '-') : NULL;

        return dash && streq(dash + 1, key);
}

static const char *const domain_keys[] = { "1", "2", "3", NULL };

const Kind kind_availability_domain = {
        .name = "AvailabilityDomain",
        .ocid_type = "availabilitydomain",
        .path = "/20160918/availabilityDomains",
        .doc = "A region's availability domains",
        .service = SERVICE_IDENTITY,
        .scope = SCOPE_TENANCY,
        .cadence = CADENCE_ONCE,
        .flags = KIND_LOOKUP,
        .lookup_matches = domain_matches,
        .lookup_keys = domain_keys,
};
