/* The addresses of subnets, counted from what the clusters and pools say each time: nothing has to be given back. */
#include "addresses.h"

#include <arpa/inet.h>

#include "base/cidr.h"
#include "base/json.h"
#include "store.h"

/* At the beginning of a block: the network and its router. The last one is reserved too. */
#define N_RESERVED 2

typedef struct Block {
        uint32_t first, size;
        bool *taken; /* per address; owned */
} Block;

static uint32_t address_number(const unsigned char *a) {
        return (uint32_t) a[0] << 24 | (uint32_t) a[1] << 16 | (uint32_t) a[2] << 8 | a[3];
}

static void block_mark(Block *b, const char *address) {
        unsigned char bytes[4];
        uint32_t n;

        if (!address || inet_pton(AF_INET, address, bytes) != 1)
                return;
        n = address_number(bytes);
        if (n >= b->first && n - b->first < b->size)
                b->taken[n - b->first] = true;
}

static void mark_nodes(Block *b, const Object *pool) {
        const cJSON *node, *pod;

        cJSON_ArrayForEach (node, pool->items) {
                if (streq_ptr(json_string(node, "lifecycleState"), "DELETED"))
                        continue;
                block_mark(b, json_string(node, "privateIp"));
                cJSON_ArrayForEach (pod, json_path(node, "inner.podIps"))
                        block_mark(b, pod->valuestring);
        }
}

/* Blocks of different VCNs may be the same, so only what is of this one counts. */
static void mark_vcn(Block *b, Region *region, const char *vcn_id) {
        const ObjectList *clusters = &region->lists[KIND_CLUSTER], *pools = &region->lists[KIND_NODE_POOL];

        for (size_t i = 0; i < clusters->n; i++)
                if (object_is_live(clusters->objects[i]) &&
                    streq_ptr(object_text(clusters->objects[i], "vcnId"), vcn_id))
                        block_mark(b, object_text(clusters->objects[i], "inner.privateIp"));
        for (size_t i = 0; i < pools->n; i++) {
                const Object *cluster = store_get(region->sim, object_text(pools->objects[i], "clusterId"));

                if (object_is_live(pools->objects[i]) && cluster &&
                    streq_ptr(object_text(cluster, "vcnId"), vcn_id))
                        mark_nodes(b, pools->objects[i]);
        }
}

cJSON *addresses_take(Region *region, const char *subnet_id, size_t n) {
        const Object *subnet = store_get_kind(region, KIND_SUBNET, subnet_id);
        cJSON *list = json_new_array();
        _cleanup_free_ bool *taken = NULL;
        Block b = {};
        Cidr cidr;

        if (!subnet || cidr_parse(object_text(subnet, "cidrBlock"), &cidr) < 0 || cidr.ipv6 ||
            cidr.prefix < 16 || cidr.prefix > 30) {
                cJSON_Delete(list);
                return NULL;
        }
        b.first = address_number(cidr.address);
        b.size = (uint32_t) 1 << (32 - cidr.prefix);
        b.taken = taken = xmalloc(b.size * sizeof(bool));
        memset(taken, 0, b.size * sizeof(bool));
        mark_vcn(&b, region, object_text(subnet, "vcnId"));
        for (uint32_t i = N_RESERVED; i < b.size - 1 && n > 0; i++) {
                uint32_t a = b.first + i;
                _cleanup_free_ char *text = NULL;

                if (taken[i])
                        continue;
                text = xasprintf("%u.%u.%u.%u", a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255);
                json_append_string(list, text);
                n--;
        }
        if (n > 0) {
                cJSON_Delete(list);
                return NULL;
        }
        return list;
}

static bool has_string(const cJSON *array, const char *s) {
        const cJSON *item;

        cJSON_ArrayForEach (item, array)
                if (cJSON_IsString(item) && streq(item->valuestring, s))
                        return true;
        return false;
}

static bool pool_holds_subnet(const Object *pool, const char *subnet_id) {
        const cJSON *item;

        cJSON_ArrayForEach (item, json_path(pool->body, "nodeConfigDetails.placementConfigs"))
                if (streq_ptr(json_string(item, "subnetId"), subnet_id))
                        return true;
        cJSON_ArrayForEach (item, pool->items)
                if (!streq_ptr(json_string(item, "lifecycleState"), "DELETED") &&
                    (streq_ptr(json_string(item, "subnetId"), subnet_id) ||
                     has_string(json_path(item, "inner.launch.podNetwork.podSubnetIds"), subnet_id)))
                        return true;
        return has_string(
                json_path(pool->body, "nodeConfigDetails.nodePoolPodNetworkOptionDetails.podSubnetIds"),
                subnet_id);
}

bool addresses_hold_subnet(const Region *region, const char *subnet_id) {
        const ObjectList *clusters = &region->lists[KIND_CLUSTER], *pools = &region->lists[KIND_NODE_POOL];

        for (size_t i = 0; i < clusters->n; i++)
                if (object_is_live(clusters->objects[i]) &&
                    streq_ptr(object_text(clusters->objects[i], "endpointConfig.subnetId"), subnet_id))
                        return true;
        for (size_t i = 0; i < pools->n; i++)
                if (object_is_live(pools->objects[i]) && pool_holds_subnet(pools->objects[i], subnet_id))
                        return true;
        return false;
}

bool addresses_hold_group(const Region *region, const char *group_id) {
        const ObjectList *clusters = &region->lists[KIND_CLUSTER], *pools = &region->lists[KIND_NODE_POOL];

        for (size_t i = 0; i < clusters->n; i++)
                if (object_is_live(clusters->objects[i]) &&
                    has_string(json_path(clusters->objects[i]->body, "endpointConfig.nsgIds"), group_id))
                        return true;
        for (size_t i = 0; i < pools->n; i++) {
                const cJSON *config = json_get(pools->objects[i]->body, "nodeConfigDetails");

                if (object_is_live(pools->objects[i]) &&
                    (has_string(json_get(config, "nsgIds"), group_id) ||
                     has_string(json_path(config, "nodePoolPodNetworkOptionDetails.podNsgIds"), group_id)))
                        return true;
        }
        return false;
}
