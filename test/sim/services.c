/* GET /services: a region's own labels and OCIDs. */
#include "services.h"

#include "base/json.h"
#include "call.h"
#include "list.h"
#include "resource.h"

#define N_SERVICES 2

static char *lower_key(const Region *region) {
        return str_lower(xstrdup(region->key));
}

static cJSON *service_json(const Region *region, unsigned i) {
        _cleanup_free_ char *key = lower_key(region), *id = NULL, *label = NULL, *name = NULL;
        cJSON *o = json_new_object();

        id = xasprintf("ocid1.service.oc1.%s.aaaaaaaa%s%s", region->name, key,
                       i == 0 ? "objectstoragexw4nq7kz2mvt5ryh3bdj6lpcugsfeoai"
                              : "allservices4tzq6wm3kx7nvr2ych5bjdlpugsfeoaii2");
        label = i == 0 ? xasprintf("oci-%s-objectstorage", key)
                       : xasprintf("all-%s-services-in-oracle-services-network", key);
        name = i == 0 ? xasprintf("OCI %s Object Storage", region->key)
                      : xasprintf("All %s Services In Oracle Services Network", region->key);
        json_set_string(o, "id", id);
        json_set_string(o, "name", name);
        json_set_string(o, "description", name);
        json_set_string(o, "cidrBlock", label);
        return o;
}

int services_handle(Call *c, const char *id, const char *rest) {
        cJSON *a;
        int r;

        if (rest)
                return call_fail(c, 404, "NotFound", "No operation is there: %s", c->path);
        if (!streq(c->method, "GET"))
                return call_fail(c, 405, "MethodNotAllowed", "Services are only read.");
        r = resource_check_query(c, NULL, !id);
        if (r < 0)
                return r;
        a = json_new_array();
        for (unsigned i = 0; i < N_SERVICES; i++) {
                cJSON *o = service_json(c->region, i);

                if (id && streq(json_string(o, "id"), id)) {
                        cJSON_Delete(a);
                        return call_reply(c, 200, o);
                }
                json_append(a, o);
        }
        if (!id)
                return list_reply_items(c, a);
        cJSON_Delete(a);
        return call_not_found(c);
}

bool services_find(const Region *region, const char *id, char **ret_label, char **ret_name) {
        for (unsigned i = 0; i < N_SERVICES; i++) {
                _cleanup_json_ cJSON *o = service_json(region, i);

                if (streq(json_string(o, "id"), id)) {
                        *ret_label = xstrdup(json_string(o, "cidrBlock"));
                        *ret_name = xstrdup(json_string(o, "name"));
                        return true;
                }
        }
        return false;
}

bool services_has_label(const Region *region, const char *label) {
        for (unsigned i = 0; i < N_SERVICES; i++) {
                _cleanup_json_ cJSON *o = service_json(region, i);

                if (streq(json_string(o, "cidrBlock"), label))
                        return true;
        }
        return false;
}
