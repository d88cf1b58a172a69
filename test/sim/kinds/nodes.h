/* The nodes of a pool. nodes.c decides what has to happen to them, node-life.c lets it happen, node-place.c says where. A node is
 * an element of the pool's items: what the API shows, and 'inner' (cluster.h, and here):
 *
 *   inner.joined                 its kubelet has registered, and its instance is there
 *   inner.doom                   {code, message, status}: the instance will not come to be
 *   inner.phase                  while DELETING: drain or terminate
 *   inner.grace, inner.spent     seconds that a drain may take, and that it has taken
 *   inner.force                  after that it goes anyway
 *   inner.decrement              the pool's size went down for it
 *   inner.stuck                  its drain was given up in the operation that is under way */
#pragma once

#include "kind.h"

/* Looks at a pool that is CREATING, UPDATING or DELETING, starts what can be started, and settles it when nothing is left. */
void nodes_turn(Object *pool);
/* The same after so many seconds of the real cloud. */
void nodes_turn_later(Object *pool, double seconds);
/* What is under way goes on: timers are not in a snapshot. */
void nodes_resume(Object *pool);
/* All of them are gone, at once. */
void nodes_end(Object *pool);
/* Nodes that failed or were lost are dropped, so that the next turn makes others. */
void nodes_drop_broken(Object *pool);
/* The instance is gone: by order, or terminated from outside. */
void nodes_on_instance_gone(Region *region, const char *instance_id);
/* Sets a switch of 'inner' and tells of it. -ENOENT: no such node. */
int nodes_mark(Object *pool, const char *id, const char *mark, bool on);

/* The live node with that id, of any pool. -ENOENT: none. */
int nodes_find_any(Sim *sim, const char *id, Object **ret_pool);

cJSON *node_find(const Object *pool, const char *id); /* NULL if there is none, or it is DELETED */
bool node_is(const cJSON *node, const char *state);
bool node_is_broken(const cJSON *node); /* failed to come, or lost */
size_t nodes_count(const Object *pool, const char *state);

/* Settings of the pool that its nodes are made with. Owned. */
cJSON *node_launch_settings(const Object *pool);

/* node-life.c */
void node_launch(Object *pool);
void node_remove(Object *pool, cJSON *node, double grace_seconds, bool force);
void node_replace_boot_volume(Object *pool, cJSON *node);
void node_reboot(Object *pool, cJSON *node);
void node_resume(Object *pool, cJSON *node);
void node_gone(Object *pool, cJSON *node);

/* node-place.c */
const cJSON *node_place(const Object *pool); /* the placement with the fewest nodes; borrowed */
bool node_is_placed(const Object *pool, const cJSON *node); /* where the pool wants nodes at all */
cJSON *node_surplus(const Object *pool);                    /* the one to go first; NULL: none can */
/* Gives the node a name, a fault domain and addresses in the placement; or a doom, when it cannot have them. */
void node_settle_in(Object *pool, cJSON *node, const cJSON *placement);

/* node-actions.c: POST /clusters/{id}/nodes/{nodeId}/actions/…, for the kind cluster */
extern const Field node_action_fields[];
int node_run_action(Call *c, Object *cluster, const cJSON *in);
