/* What the gateways of a VCN have in common: a place in it, a route table, and routes that keep them. */
#include "gateway.h"

#include "base/json.h"
#include "call.h"
#include "resource.h"
#include "store.h"

int gateway_check_route_table(Call *c, const char *id, const char *vcn_id) {
        Object *table;
        int r;

        if (!id)
                return 0;
        r = resource_resolve(c, KIND_ROUTE_TABLE, id, "relatedMissing", &table);
        if (r < 0)
                return r;
        return streq_ptr(object_text(table, "vcnId"), vcn_id)
                       ? 0
                       : call_fail(c, 400, "InvalidParameter", "The route table %s is of another VCN.", id);
}

int gateway_check_delete(Call *c, Object *o) {
        const ObjectList *tables = &o->region->lists[KIND_ROUTE_TABLE];
        const cJSON *rule;

        for (size_t i = 0; i < tables->n; i++) {
                if (!object_is_live(tables->objects[i]))
                        continue;
                cJSON_ArrayForEach (rule, json_get(tables->objects[i]->body, "routeRules"))
                        if (streq_ptr(json_string(rule, "networkEntityId"), o->id))
                                return call_fail_option(c, "deleteGateway",
                                                        "The gateway %s is the target of a route rule.",
                                                        o->id);
        }
        return 0;
}
