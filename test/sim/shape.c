/* Refuses objects from outside (snapshots, POST /set) that no cloud could hold. */
#include "shape.h"

#include <errno.h>

#include "base/json.h"
#include "kind.h"

typedef enum ShapeType {
        SHAPE_STRING,
        SHAPE_STRINGS,
        SHAPE_OBJECT,
        SHAPE_OBJECTS,
} ShapeType;

/* The same names mean the same in all kinds. Null is always allowed, but for what a kind or an element needs. */
static const struct {
        const char *name;
        ShapeType type;
        const char *needs[3]; /* strings, in each element of SHAPE_OBJECTS or in SHAPE_OBJECT */
} shape_table[] = {
        { "compartmentId", SHAPE_STRING },
        { "lifecycleState", SHAPE_STRING },
        { "displayName", SHAPE_STRING },
        { "vcnId", SHAPE_STRING },
        { "drgId", SHAPE_STRING },
        { "cidrBlock", SHAPE_STRING },
        { "freeformTags", SHAPE_OBJECT },
        { "definedTags", SHAPE_OBJECT },
        { "networkDetails", SHAPE_OBJECT, { "type", "id" } },
        { "defaultDrgRouteTables", SHAPE_OBJECT },
        { "name", SHAPE_STRING },
        { "clusterId", SHAPE_STRING },
        { "kubernetesVersion", SHAPE_STRING },
        { "nodeShape", SHAPE_STRING },
        { "inner", SHAPE_OBJECT },
        { "metadata", SHAPE_OBJECT },
        { "endpoints", SHAPE_OBJECT },
        { "endpointConfig", SHAPE_OBJECT },
        { "nodeConfigDetails", SHAPE_OBJECT },
        { "nodeEvictionNodePoolSettings", SHAPE_OBJECT },
        { "nodePoolCyclingDetails", SHAPE_OBJECT },
        { "nodeSourceDetails", SHAPE_OBJECT },
        { "sourceDetails", SHAPE_OBJECT },
        { "cidrBlocks", SHAPE_STRINGS },
        { "ipv4CidrBlocks", SHAPE_STRINGS },
        { "securityListIds", SHAPE_STRINGS },
        { "routeRules", SHAPE_OBJECTS, { "destination", "networkEntityId" } },
        { "ingressSecurityRules", SHAPE_OBJECTS, { "source", "protocol" } },
        { "egressSecurityRules", SHAPE_OBJECTS, { "destination", "protocol" } },
        { "nodes", SHAPE_OBJECTS, { "id", "name", "lifecycleState" } },
        { "services", SHAPE_OBJECTS, { "serviceId" } },
        { "rules", SHAPE_OBJECTS, { "id" } },
        { "statements", SHAPE_OBJECTS, { "id" } },
};

static bool has_needs(const cJSON *o, const char *const *needs, size_t n) {
        if (!cJSON_IsObject(o))
                return false;
        for (size_t i = 0; i < n && needs[i]; i++)
                if (!json_string(o, needs[i]))
                        return false;
        return true;
}

static bool member_fits(const cJSON *v, size_t row) {
        const char *const *needs = shape_table[row].needs;
        const size_t n = ARRAY_SIZE(shape_table[row].needs);
        const cJSON *item;

        switch (shape_table[row].type) {
        case SHAPE_STRING:
                return cJSON_IsString(v);
        case SHAPE_OBJECT:
                return has_needs(v, needs, n);
        case SHAPE_STRINGS:
                cJSON_ArrayForEach (item, v)
                        if (!cJSON_IsString(item))
                                return false;
                return cJSON_IsArray(v);
        case SHAPE_OBJECTS:
                cJSON_ArrayForEach (item, v)
                        if (!has_needs(item, needs, n))
                                return false;
                return cJSON_IsArray(v);
        }
        return false;
}

int shape_check(const Kind *kind, const cJSON *body, char **reterr) {
        for (size_t i = 0; i < ARRAY_SIZE(shape_table); i++) {
                const cJSON *v = json_get(body, shape_table[i].name);

                if (v && !member_fits(v, i)) {
                        *reterr = xasprintf("%s: %s is not as it should be", kind->name,
                                            shape_table[i].name);
                        return -EINVAL;
                }
        }
        for (size_t i = 0; i < ARRAY_SIZE(kind->essential) && kind->essential[i]; i++) {
                const cJSON *v = json_get(body, kind->essential[i]);

                if (!v || (cJSON_IsArray(v) && cJSON_GetArraySize(v) == 0)) {
                        *reterr = xasprintf("%s: %s is missing", kind->name, kind->essential[i]);
                        return -EINVAL;
                }
        }
        return 0;
}
