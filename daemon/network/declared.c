/* What a declared resource would look like in the API is put together first: names in place of the OCIDs that nobody knows yet, and
 * in whatever points to a thing that OCI makes by itself, the declared one. Then its kind says what a packet sees of it. */
#include "network/declared.h"

#include "model/estate.h"

cJSON *json_without_symbols(const cJSON *v) {
        const char *address = symbol_ref(v), *kind = json_string(v, "$lookup");
        _cleanup_free_ char *word = NULL;
        cJSON *ret, *m;

        if (address)
                return json_new_string(address);
        if (kind) {
                word = xasprintf("%s/%s", kind, json_string(v, "key"));
                return json_new_string(word);
        }
        if (cJSON_IsArray(v)) {
                ret = json_new_array();
                cJSON_ArrayForEach (m, v)
                        json_append(ret, json_without_symbols(m));
                return ret;
        }
        if (!cJSON_IsObject(v))
                return json_copy(v);
        ret = json_new_object();
        cJSON_ArrayForEach (m, v)
                json_set(ret, m->string, json_without_symbols(m));
        return ret;
}

static cJSON *body_of(const Desired *d) {
        cJSON *body = json_without_symbols(d->want);

        if (d->parent && d->kind->parent_field)
                json_set_string(body, d->kind->parent_field, d->parent->address);
        return body;
}

/* The holder of a role's pointer points to the resource that claims the role, unless it says itself where to. */
static void point_from_holder(const Estate *e, cJSON *const *bodies, const Desired *d) {
        const Role *role = d->role;
        _cleanup_free_ char *address = NULL, *path = NULL;
        const Desired *holder = d->parent;

        if (!role || !role->pointer)
                return;
        if (role->holder_kind) {
                address = estate_address(e, d->region, kind_find(role->holder_kind), d->role_value);
                holder = estate_find(e, address);
        }
        path = xasprintf("%s%s", role->pointer, endswith(role->pointer, ".") ? d->role_value : "");
        if (holder && !json_path(bodies[holder->index], path))
                json_set_path(bodies[holder->index], path, json_new_string(d->address));
}

Topology *topology_declared(const Estate *e) {
        cJSON **bodies = xnew(cJSON *, e->n_resources + 1);
        Topology *t = xnew(Topology, 1);

        for (size_t i = 0; i < e->n_resources; i++)
                bodies[i] = body_of(e->resources[i]);
        for (size_t i = 0; i < e->n_resources; i++)
                point_from_holder(e, bodies, e->resources[i]);
        for (size_t i = 0; i < e->n_resources; i++) {
                const Desired *d = e->resources[i];

                if (d->kind->network)
                        d->kind->network(topology_add(t, d->address), bodies[i]);
        }
        topology_link(t);
        for (size_t i = 0; i < e->n_resources; i++)
                cJSON_Delete(bodies[i]);
        free(bodies);
        return t;
}
