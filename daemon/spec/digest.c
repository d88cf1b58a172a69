/* Digests: what decides something counts, and nothing else. Comments, order of keys and files, and where a rule stands do not. */
#include "loader.h"

#include "base/encode.h"

#define DESIRED_DIGITS 12
#define ESTATE_DIGITS  6

/* A copy without the marks of where rules were written. */
static cJSON *without_marks(const cJSON *v) {
        cJSON *copy = json_copy(v), *rule;

        for (cJSON *member = copy->child; member; member = member->next)
                if (cJSON_IsArray(member))
                        cJSON_ArrayForEach (rule, member)
                                if (cJSON_IsObject(rule))
                                        json_remove(rule, "$at");
        return copy;
}

static char *digest_of(const cJSON *v, size_t digits) {
        _cleanup_free_ char *text = json_canonical(v), *hex = sha256_hex(text, strlen(text));

        return xstrndup(hex, digits);
}

static cJSON *strings(char *const *v) {
        cJSON *array = json_new_array();

        for (; v && *v; v++)
                json_append_string(array, *v);
        return array;
}

static cJSON *describe_desired(const Desired *d) {
        cJSON *o = json_new_object();

        json_set_string(o, "kind", d->kind->name);
        json_set_string(o, "address", d->address);
        json_set_string(o, "parent", d->parent ? d->parent->address : NULL);
        json_set_string(o, "displayName", d->displayName);
        json_set_string(o, "pin", d->pin);
        json_set_string(o, "compartment", d->compartment);
        json_set_string(o, "formerly", d->formerly);
        json_set(o, "ignore", strings(d->ignore));
        json_set_bool(o, "removeForeign", d->remove_foreign);
        json_set_string(o, "role", d->role ? d->role->key : NULL);
        json_set_string(o, "roleValue", d->role_value);
        json_set(o, "want", without_marks(d->want));
        return o;
}

static cJSON *describe_policy(const Gate policy[static _VERB_MAX]) {
        cJSON *o = json_new_object();

        for (Verb v = 0; v < _VERB_MAX; v++)
                json_set_string(o, verb_to_string(v), gate_to_string(policy[v]));
        return o;
}

static cJSON *describe_estate(const Estate *e) {
        cJSON *o = json_new_object(), *regions = json_new_object(), *resources = json_new_object();

        json_set_string(o, "name", e->name);
        json_set_string(o, "compartment", e->compartment);
        json_set_string(o, "mode", mode_to_string(e->mode));
        json_set_number(o, "principal", e->principal);
        json_set_string(o, "profile", e->profile);
        json_set_number(o, "interval", (double) e->interval);
        json_set_number(o, "disruptionsPerHour", e->disruptions_per_hour);
        json_set_number(o, "provenNodes", e->proven_nodes);
        json_set(o, "policy", describe_policy(e->policy));
        for (size_t i = 0; i < e->n_regions; i++)
                json_set_string(regions, e->regions[i].name, e->regions[i].region);
        json_set(o, "regions", regions);
        for (size_t i = 0; i < e->n_resources; i++) {
                cJSON *r = describe_desired(e->resources[i]);

                json_set(r, "policy", describe_policy(e->resources[i]->policy));
                cJSON_AddItemToObject(resources, e->resources[i]->address, r);
        }
        json_set(o, "resources", resources);
        return o;
}

void make_digests(Estate *e) {
        _cleanup_json_ cJSON *all = describe_estate(e);

        for (size_t i = 0; i < e->n_resources; i++) {
                _cleanup_json_ cJSON *o = describe_desired(e->resources[i]);

                e->resources[i]->digest = digest_of(o, DESIRED_DIGITS);
        }
        e->digest = digest_of(all, ESTATE_DIGITS);
}
