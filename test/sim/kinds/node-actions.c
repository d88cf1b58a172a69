/* What can be asked of one node through its cluster: a reboot, or a new boot volume with the pool's settings of now. */
#include <errno.h>

#include "base/json.h"
#include "call.h"
#include "node-pool-fields.h"
#include "nodes.h"
#include "oke-work-request.h"
#include "store.h"

static const Field eviction_fields[] = {
        { .name = "evictionGraceDuration", .type = FIELD_STRING, .is_valid = is_eviction_grace },
        { .name = "isForceActionAfterGraceDuration", .type = FIELD_BOOL },
        {},
};

const Field node_action_fields[] = {
        { .name = "nodeEvictionSettings", .type = FIELD_OBJECT, .fields = eviction_fields },
        {},
};

static const struct {
        const char *name, *operation;
        void (*start)(Object *pool, cJSON *node);
} action_table[] = {
        { "actions/reboot", "CLUSTER_NODE_REBOOT", node_reboot },
        { "actions/replaceBootVolume", "CLUSTER_NODE_REPLACE_BOOT_VOLUME", node_replace_boot_volume },
};

int node_run_action(Call *c, Object *cluster, const cJSON *in) {
        const char *name = strchr(c->tail, '/');
        _cleanup_free_ char *id = xstrndup(c->tail, name ? (size_t) (name - c->tail) : 0);
        Object *pool;
        cJSON *node;

        for (size_t i = 0; name && i < ARRAY_SIZE(action_table); i++) {
                if (!streq(action_table[i].name, name + 1))
                        continue;
                if (nodes_find_any(c->sim, id, &pool) < 0 ||
                    !streq_ptr(object_text(pool, "clusterId"), cluster->id))
                        return call_not_found(c);
                if (call_claim(c, pool) < 0)
                        return -EBADMSG;
                node = node_find(pool, id);
                if (!node_is(node, "ACTIVE"))
                        return call_fail(c, 409, "IncorrectState", "The node %s is not active.", id);
                object_touch(pool, c->principal);
                object_set_state(pool, "UPDATING");
                oke_work_reply(c, pool, action_table[i].operation);
                action_table[i].start(pool, node);
                return call_reply(c, 202, NULL);
        }
        return call_fail(c, 404, "NotFound", "No operation is there: %s", c->path);
}
