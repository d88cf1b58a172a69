/* References and defaults of clusters and pools. */
#include "oke.h"

#include "base/json.h"
#include "call.h"
#include "resource.h"
#include "store.h"

int oke_check_member(Call *c, KindId kind, const char *id, const char *vcn_id) {
        Object *o;
        int r;

        r = resource_resolve(c, kind, id, "relatedMissing", &o);
        if (r < 0)
                return r;
        return streq_ptr(object_text(o, "vcnId"), vcn_id)
                       ? 0
                       : call_fail(c, 400, "InvalidParameter", "%s is of another VCN than the cluster.", id);
}

int oke_check_members(Call *c, KindId kind, const cJSON *ids, const char *vcn_id) {
        const cJSON *id;
        int r;

        cJSON_ArrayForEach (id, ids) {
                r = oke_check_member(c, kind, id->valuestring, vcn_id);
                if (r < 0)
                        return r;
        }
        return 0;
}

void oke_merge(cJSON *o, const char *name, const cJSON *over) {
        const cJSON *v;

        if (!over)
                return;
        if (!cJSON_IsObject(json_get(o, name)))
                json_set(o, name, json_new_object());
        cJSON_ArrayForEach (v, over)
                json_set_copy(json_get(o, name), v->string, v);
}

void oke_default(cJSON *o, const char *name, cJSON *value) {
        if (json_get(o, name))
                cJSON_Delete(value);
        else
                json_set(o, name, value);
}
