/* Service: a region's own labels and OCIDs of the services that a service gateway reaches. Read only: the spec says
 * Service/all or Service/objectstorage, and the region says what that is called there (GET /services: {id, name, cidrBlock}; the
 * label is the part to match, names change). */
#include "kinds.h"

static bool service_matches(const cJSON *item, const char *key) {
        const char *label = json_string(item, "cidrBlock");

        if (!label)
                return false;
        if (streq(key, "all"))
                return startswith(label, "all-");
        return startswith(label, "oci-") && endswith(label, key);
}

static const char *const service_keys[] = { "all", "objectstorage", NULL };

const Kind kind_service = {
        .name = "Service",
        .ocid_type = "service",
        .path = "/20160918/services",
        .doc = "A region's services, as its service gateway names them",
        .service = SERVICE_CORE,
        .scope = SCOPE_NONE,
        .cadence = CADENCE_ONCE,
        .flags = KIND_LOOKUP,
        .lookup_matches = service_matches,
        .lookup_keys = service_keys,
};
