/* Where a node goes, and what it finds there: the placement with the fewest, a fault domain, addresses, room. */
#include "addresses.h"
#include "base/json.h"
#include "nodes.h"
#include "options.h"
#include "store.h"

static bool is_at(const cJSON *node, const cJSON *placement) {
        return streq_ptr(json_string(node, "availabilityDomain"),
                         json_string(placement, "availabilityDomain")) &&
               streq_ptr(json_string(node, "subnetId"), json_string(placement, "subnetId"));
}

static bool stays(const cJSON *node) {
        return !node_is(node, "DELETED") && !node_is(node, "DELETING");
}

static size_t count_at(const Object *pool, const cJSON *placement) {
        const cJSON *node;
        size_t n = 0;

        cJSON_ArrayForEach (node, pool->items)
                n += stays(node) && is_at(node, placement);
        return n;
}

const cJSON *node_place(const Object *pool) {
        const cJSON *placement, *best = NULL;

        cJSON_ArrayForEach (placement, json_path(pool->body, "nodeConfigDetails.placementConfigs"))
                if (!best || count_at(pool, placement) < count_at(pool, best))
                        best = placement;
        return best;
}

static const cJSON *placement_of(const Object *pool, const cJSON *node) {
        const cJSON *placement;

        cJSON_ArrayForEach (placement, json_path(pool->body, "nodeConfigDetails.placementConfigs"))
                if (is_at(node, placement))
                        return placement;
        return NULL;
}

bool node_is_placed(const Object *pool, const cJSON *node) {
        return placement_of(pool, node);
}

/* How many stay at each placement, in the order of the settings. Owned. */
static size_t *count_placements(const Object *pool) {
        const cJSON *placements = json_path(pool->body, "nodeConfigDetails.placementConfigs"), *placement;
        size_t *counts = xnew(size_t, (size_t) cJSON_GetArraySize(placements) + 1), i = 0;

        cJSON_ArrayForEach (placement, placements)
                counts[i++] = count_at(pool, placement);
        return counts;
}

/* How much a node is in the way: broken ones first, then those out of place, then the newest where most are. */
static size_t weight(const Object *pool, const cJSON *node, const size_t *counts) {
        const cJSON *placement;
        size_t i = 0;

        if (node_is_broken(node))
                return SIZE_MAX;
        cJSON_ArrayForEach (placement, json_path(pool->body, "nodeConfigDetails.placementConfigs")) {
                if (is_at(node, placement))
                        return counts[i];
                i++;
        }
        return SIZE_MAX - 1;
}

cJSON *node_surplus(const Object *pool) {
        _cleanup_free_ size_t *counts = count_placements(pool);
        cJSON *node, *best = NULL;
        size_t most = 0;

        cJSON_ArrayForEach (node, pool->items) {
                size_t w = weight(pool, node, counts);

                if (!stays(node) || json_path(node, "inner.stuck") || w < most)
                        continue;
                best = node;
                most = w;
        }
        return best;
}

static void set_fault_domain(const Object *pool, cJSON *node, const cJSON *placement) {
        _cleanup_json_ cJSON *all = cJSON_Parse(
                "[\"FAULT-DOMAIN-1\",\"FAULT-DOMAIN-2\",\"FAULT-DOMAIN-3\"]");
        const cJSON *wanted = json_get(placement, "faultDomains"), *domain, *other;
        size_t least = SIZE_MAX;

        if (cJSON_GetArraySize(wanted) == 0)
                wanted = all;
        cJSON_ArrayForEach (domain, wanted) {
                size_t n = 0;

                cJSON_ArrayForEach (other, pool->items)
                        n += other != node && stays(other) && is_at(other, placement) &&
                             streq_ptr(json_string(other, "faultDomain"), domain->valuestring);
                if (n < least)
                        json_set_string(node, "faultDomain", domain->valuestring);
                least = MIN(least, n);
        }
}

static const char *tail(const char *ocid) {
        size_t n = ocid ? strlen(ocid) : 0;

        return !ocid ? "" : n > 11 ? ocid + n - 11 : ocid;
}

/* "oke-cCLUSTER-nPOOL-sSUBNET-0": the last figure is free again when its node is gone. */
static void set_name(const Object *pool, cJSON *node) {
        for (unsigned i = 0;; i++) {
                _cleanup_free_ char *name = xasprintf("oke-c%s-n%s-s%s-%u",
                                                      tail(object_text(pool, "clusterId")), tail(pool->id),
                                                      tail(json_string(node, "subnetId")), i);
                const cJSON *other;
                bool used = false;

                cJSON_ArrayForEach (other, pool->items)
                        used = used || (other != node && !node_is(other, "DELETED") &&
                                        streq_ptr(json_string(other, "name"), name));
                if (used)
                        continue;
                json_set_string(node, "name", name);
                return;
        }
}

static void set_doom(cJSON *node, const char *code, const char *message, const char *status) {
        cJSON *doom = json_new_object();

        json_set_string(doom, "code", code);
        json_set_string(doom, "message", message);
        json_set_string(doom, "status", status);
        json_set(json_get(node, "inner"), "doom", doom);
}

static bool rule_names(const cJSON *rule, const char *member, const char *value) {
        const char *wanted = json_string(rule, member);

        return !wanted || streq_ptr(value, wanted);
}

/* The first rule of the option exhausted that meets the node. */
static const cJSON *exhausted(const Object *pool, const cJSON *node) {
        const cJSON *rule;

        cJSON_ArrayForEach (rule, option_value(pool->region->sim, "exhausted"))
                if (rule_names(rule, "region", pool->region->name) &&
                    rule_names(rule, "availabilityDomain", json_string(node, "availabilityDomain")) &&
                    rule_names(rule, "shape", object_text(pool, "nodeShape")))
                        return rule;
        return NULL;
}

static size_t count_nodes(const Region *region) {
        const ObjectList *pools = &region->lists[KIND_NODE_POOL];
        size_t n = 0;

        for (size_t i = 0; i < pools->n; i++) {
                const cJSON *node;

                cJSON_ArrayForEach (node, pools->objects[i]->items)
                        n += !node_is(node, "DELETED") && !json_path(node, "inner.doom");
        }
        return n;
}

/* All pods' addresses out of the first pod subnet that has them. */
static cJSON *take_pod_addresses(const Object *pool) {
        const cJSON *network = json_path(pool->body, "nodeConfigDetails.nodePoolPodNetworkOptionDetails"),
                    *id;
        size_t n = (size_t) json_number(network, "maxPodsPerNode", 31);

        if (!streq_ptr(json_string(network, "cniType"), "OCI_VCN_IP_NATIVE"))
                return json_new_array();
        cJSON_ArrayForEach (id, json_get(network, "podSubnetIds")) {
                cJSON *list = addresses_take(pool->region, id->valuestring, n);

                if (list)
                        return list;
        }
        return NULL;
}

static void set_addresses(Object *pool, cJSON *node) {
        const cJSON *pair = option_value(pool->region->sim, "subnetFull");
        _cleanup_json_ cJSON *own = addresses_take(pool->region, json_string(node, "subnetId"), 1);
        cJSON *pods;

        if (own)
                json_set_copy(node, "privateIp", own->child);
        pods = own ? take_pod_addresses(pool) : NULL;
        if (pods)
                json_set(json_get(node, "inner"), "podIps", pods);
        else {
                _cleanup_free_ char *status = xasprintf(
                        "%.0f",
                        cJSON_GetArrayItem(pair, 0) ? cJSON_GetArrayItem(pair, 0)->valuedouble : 400.0);
                const cJSON *code = cJSON_GetArrayItem(pair, 1);

                json_remove(node, "privateIp");
                set_doom(node, cJSON_IsString(code) ? code->valuestring : "LimitExceeded",
                         own ? "The pod subnet does not have enough free addresses."
                             : "The subnet has no free address.",
                         status);
        }
}

void node_settle_in(Object *pool, cJSON *node, const cJSON *placement) {
        const cJSON *rule;

        json_set_copy(node, "availabilityDomain", json_get(placement, "availabilityDomain"));
        json_set_copy(node, "subnetId", json_get(placement, "subnetId"));
        set_name(pool, node);
        set_fault_domain(pool, node, placement);
        rule = exhausted(pool, node);
        if (rule) {
                const char *code = json_string(rule, "code"), *message = json_string(rule, "message");

                code = code ? code : "OutOfHostCapacity";
                set_doom(node, code, message ? message : "Out of host capacity.",
                         streq(code, "LimitExceeded") ? "400" : "500");
        } else if ((double) count_nodes(pool->region) >
                   json_number(option_value(pool->region->sim, "limits"), "nodes", 1e9))
                set_doom(node, "LimitExceeded", "The following service limits were exceeded: nodes.", "400");
        else
                set_addresses(pool, node);
}
