/* The identity service: tenancy, compartments, region subscriptions, availability and fault domains. */
#include "identity.h"

#include <errno.h>

#include "base/json.h"
#include "call.h"
#include "list.h"
#include "resource.h"

static cJSON *compartment_json(const Compartment *k) {
        cJSON *o = json_new_object();

        json_set_string(o, "id", k->id);
        json_set_string(o, "compartmentId", k->parent ? k->parent : k->id);
        json_set_string(o, "name", k->name);
        json_set_string(o, "description", k->name);
        json_set_string(o, "timeCreated", "2026-01-05T10:00:00.000Z");
        json_set_string(o, "lifecycleState", "ACTIVE");
        json_set(o, "isAccessible", cJSON_CreateTrue());
        json_set(o, "freeformTags", json_new_object());
        json_set(o, "definedTags", json_new_object());
        return o;
}

static int list_compartments(Call *c) {
        static const char *const names[] = {
                "compartmentId", "accessLevel", "compartmentIdInSubtree", "name", "lifecycleState", "sortBy",
                "sortOrder",     NULL
        };
        const char *scope = call_query(c, "compartmentId"), *name = call_query(c, "name");
        cJSON *a;
        int r;

        r = resource_check_query(c, names, true);
        if (r < 0)
                return r;
        if (isempty(scope))
                return call_fail(c, 400, "MissingParameter", "Missing query parameter: compartmentId");
        r = resource_check_compartment(c, scope);
        if (r < 0)
                return r;
        a = json_new_array();
        for (size_t i = 0; i < N_COMPARTMENTS; i++) {
                const Compartment *k = &c->sim->compartments[i];

                if (streq_ptr(k->parent, scope) && (!name || streq(k->name, name)))
                        json_append(a, compartment_json(k));
        }
        return list_reply_items(c, a);
}

static int list_region_subscriptions(Call *c) {
        cJSON *a = json_new_array();

        for (size_t i = 0; i < N_REGIONS; i++) {
                const Region *region = &c->sim->regions[i];
                cJSON *o = json_new_object();

                json_set_string(o, "regionKey", region->key);
                json_set_string(o, "regionName", region->name);
                json_set_string(o, "status", "READY");
                json_set_bool(o, "isHomeRegion", region->is_home);
                json_append(a, o);
        }
        return call_reply(c, 200, a);
}

static int list_regions(Call *c) {
        cJSON *a = json_new_array();

        for (size_t i = 0; i < N_REGIONS; i++) {
                cJSON *o = json_new_object();

                json_set_string(o, "key", c->sim->regions[i].key);
                json_set_string(o, "name", c->sim->regions[i].name);
                json_append(a, o);
        }
        return call_reply(c, 200, a);
}

int identity_allowed_peer_regions(Call *c) {
        cJSON *a = json_new_array();

        for (size_t i = 0; i < N_REGIONS; i++) {
                cJSON *o = json_new_object();

                json_set_string(o, "name", c->sim->regions[i].name);
                json_append(a, o);
        }
        return call_reply(c, 200, a);
}

static int check_scope(Call *c, const char *const *names) {
        const char *scope = call_query(c, "compartmentId");

        if (resource_check_query(c, names, true) < 0)
                return -EBADMSG;
        if (isempty(scope))
                return call_fail(c, 400, "MissingParameter", "Missing query parameter: compartmentId");
        return resource_check_compartment(c, scope);
}

static int list_availability_domains(Call *c) {
        static const char *const names[] = { "compartmentId", NULL };
        cJSON *a;
        int r;

        r = check_scope(c, names);
        if (r < 0)
                return r;
        a = json_new_array();
        for (unsigned ad = 1; ad <= c->region->n_ads; ad++) {
                _cleanup_free_ char *name = region_ad_name(c->region, ad),
                                    *id = xasprintf("ocid1.availabilitydomain.oc1..aaaaaaaa%sad%u",
                                                    c->region->key, ad);
                cJSON *o = json_new_object();

                json_set_string(o, "name", name);
                json_set_string(o, "id", id);
                json_set_string(o, "compartmentId", call_query(c, "compartmentId"));
                json_append(a, o);
        }
        return call_reply(c, 200, a);
}

static int list_fault_domains(Call *c) {
        static const char *const names[] = { "compartmentId", "availabilityDomain", NULL };
        const char *ad = call_query(c, "availabilityDomain");
        cJSON *a;
        int r;

        r = check_scope(c, names);
        if (r < 0)
                return r;
        if (isempty(ad))
                return call_fail(c, 400, "MissingParameter", "Missing query parameter: availabilityDomain");
        a = json_new_array();
        for (unsigned i = 1; i <= 3; i++) {
                _cleanup_free_ char *name = xasprintf("FAULT-DOMAIN-%u", i),
                                    *id = xasprintf("ocid1.faultdomain.oc1..aaaaaaaa%sfd%u", c->region->key,
                                                    i);
                cJSON *o = json_new_object();

                json_set_string(o, "name", name);
                json_set_string(o, "id", id);
                json_set_string(o, "compartmentId", call_query(c, "compartmentId"));
                json_set_string(o, "availabilityDomain", ad);
                json_append(a, o);
        }
        return call_reply(c, 200, a);
}

static int get_tenancy(Call *c, const char *id, const char *rest) {
        cJSON *o;

        if (!streq(id, c->sim->tenancy))
                return call_not_found(c);
        if (rest)
                return streq(rest, "regionSubscriptions")
                               ? list_region_subscriptions(c)
                               : call_fail(c, 404, "NotFound", "No operation is there: %s", c->path);
        o = json_new_object();
        json_set_string(o, "id", c->sim->tenancy);
        json_set_string(o, "name", "tandem");
        json_set_string(o, "description", "tandem");
        json_set_string(o, "homeRegionKey", c->sim->regions[0].key);
        return call_reply(c, 200, o);
}

int identity_handle(Call *c, const char *collection, const char *id, const char *rest) {
        if (!streq(c->method, "GET"))
                return call_fail(c, 405, "MethodNotAllowed", "Identity is only read here.");
        if (streq(collection, "tenancies") && id)
                return get_tenancy(c, id, rest);
        if (streq(collection, "compartments") && id && !rest)
                return sim_compartment(c->sim, id)
                               ? call_reply(c, 200, compartment_json(sim_compartment(c->sim, id)))
                               : call_not_found(c);
        if (streq(collection, "compartments") && !id)
                return list_compartments(c);
        if (streq(collection, "regions") && !id)
                return list_regions(c);
        if (streq(collection, "availabilityDomains") && !id)
                return list_availability_domains(c);
        if (streq(collection, "faultDomains") && !id)
                return list_fault_domains(c);
        return call_fail(c, 404, "NotFound", "No operation is there: %s", c->path);
}
