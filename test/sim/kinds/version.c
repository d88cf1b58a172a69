/* Kubernetes versions: their order, and which upgrades there are. */
#include "version.h"

#include <errno.h>

#include "base/alloc.h"
#include "base/json.h"
#include "options.h"

static int version_parse(const char *v, int64_t ret[static 3]) {
        _cleanup_(strv_freep) char **parts = NULL;

        if (!v || v[0] != 'v')
                return -EINVAL;
        parts = str_split(v + 1, '.');
        if (strv_length(parts) != 3)
                return -EINVAL;
        for (size_t i = 0; i < 3; i++)
                if (parse_i64(parts[i], 0, 9999, &ret[i]) < 0)
                        return -EINVAL;
        return 0;
}

bool version_is_valid(const char *v) {
        int64_t n[3];

        return version_parse(v, n) >= 0;
}

int version_compare(const char *a, const char *b) {
        int64_t x[3] = {}, y[3] = {};

        (void) version_parse(a, x); /* what is none counts as the oldest */
        (void) version_parse(b, y);
        for (size_t i = 0; i < 3; i++)
                if (x[i] != y[i])
                        return x[i] < y[i] ? -1 : 1;
        return 0;
}

long version_minor(const char *v) {
        int64_t n[3] = {};

        (void) version_parse(v, n);
        return (long) n[1];
}

bool version_is_offered(const Sim *sim, const char *v) {
        const cJSON *item;

        cJSON_ArrayForEach (item, option_value(sim, "kubernetesVersions"))
                if (cJSON_IsString(item) && streq_ptr(item->valuestring, v))
                        return true;
        return false;
}

cJSON *version_upgrades(const Sim *sim, const char *v) {
        cJSON *list = json_new_array();
        const cJSON *item;

        cJSON_ArrayForEach (item, option_value(sim, "kubernetesVersions"))
                if (cJSON_IsString(item) && version_compare(item->valuestring, v) > 0 &&
                    version_minor(item->valuestring) <= version_minor(v) + 1)
                        json_append_string(list, item->valuestring);
        return list;
}

cJSON *version_list(const Sim *sim, bool all_patches) {
        const cJSON *versions = option_value(sim, "kubernetesVersions"), *item, *other;
        cJSON *list = json_new_array();

        cJSON_ArrayForEach (item, versions) {
                bool last = true;

                if (!cJSON_IsString(item))
                        continue;
                cJSON_ArrayForEach (other, versions)
                        last = last &&
                               !(version_minor(other->valuestring) == version_minor(item->valuestring) &&
                                 version_compare(other->valuestring, item->valuestring) > 0);
                if (all_patches || last)
                        json_append_string(list, item->valuestring);
        }
        return list;
}
