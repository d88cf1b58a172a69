/* NodeImage: what a region offers node pools to boot (GET /nodePoolOptions/all: {sources: [{sourceName, imageId}]}). Read only. A
 * pool says `image: newest`, an image's exact name or its OCID.
 *
 * "newest" is picked when there is something to pick for. A pool keeps its image while
 *   it is offered and of the pool's version and shape       however much newer ones are
 *   it is no longer offered                                 and the pool's version and shape are as declared */
#include "node-image.h"

#include <ctype.h>

#include "kinds.h"

typedef enum Architecture {
        ARCHITECTURE_X86_64,
        ARCHITECTURE_AARCH64,
        ARCHITECTURE_GPU,
} Architecture;

/* VM.Standard.A1.Flex, BM.Standard.A4.48: Ampere's; VM.GPU3.1, BM.GPU.A10.4: with a GPU. */
static Architecture architecture_of_shape(const char *shape) {
        static const char *const ampere[] = { "VM.Standard.A", "BM.Standard.A" };

        if (strstr(shape, ".GPU"))
                return ARCHITECTURE_GPU;
        for (size_t i = 0; i < ARRAY_SIZE(ampere); i++) {
                const char *rest = startswith(shape, ampere[i]);

                if (rest && isdigit((unsigned char) *rest))
                        return ARCHITECTURE_AARCH64;
        }
        return ARCHITECTURE_X86_64;
}

static Architecture architecture_of_image(const char *name) {
        return strstr(name, "-GPU-")       ? ARCHITECTURE_GPU
               : strstr(name, "-aarch64-") ? ARCHITECTURE_AARCH64
                                           : ARCHITECTURE_X86_64;
}

/* "…-OKE-1.34.1-1191": the build, or -1 when it is no image of OKE for this version. */
static int64_t build_of(const char *name, const char *version) {
        _cleanup_free_ char *mark = xasprintf("-OKE-%s-", *version == 'v' ? version + 1 : version);
        const char *at = strstr(name, mark);
        int64_t build;

        return at && parse_i64(at + strlen(mark), 0, INT32_MAX, &build) == 0 ? build : -1;
}

/* "Oracle-Linux-8.10-2025.09.16-0-OKE-…": the day as a number, 20250916; 0: the name has none. */
static int64_t day_of(const char *name) {
        static const char digits[] = "0123456789";

        for (const char *p = strchr(name, '-'); p; p = strchr(p + 1, '-')) {
                const char *s = p + 1;
                int64_t year, month, day;
                _cleanup_free_ char *y = NULL, *m = NULL, *d = NULL;

                if (strspn(s, digits) != 4 || s[4] != '.' || strspn(s + 5, digits) != 2 || s[7] != '.' ||
                    strspn(s + 8, digits) != 2)
                        continue;
                y = xstrndup(s, 4);
                m = xstrndup(s + 5, 2);
                d = xstrndup(s + 8, 2);
                if (parse_i64(y, 0, 9999, &year) == 0 && parse_i64(m, 1, 12, &month) == 0 &&
                    parse_i64(d, 1, 31, &day) == 0)
                        return year * 10000 + month * 100 + day;
        }
        return 0;
}

static bool fits(const char *name, const char *version, const char *shape) {
        return build_of(name, version) >= 0 && architecture_of_image(name) == architecture_of_shape(shape);
}

/* By the day first: builds are counted for each version and operating system. */
static bool is_newer(const char *a, const char *b, const char *version) {
        int64_t one = day_of(a), two = day_of(b);

        return one != two ? one > two : build_of(a, version) > build_of(b, version);
}

const cJSON *newest_image(const cJSON *sources, const char *version, const char *shape) {
        const cJSON *source, *best = NULL;

        cJSON_ArrayForEach (source, sources) {
                const char *name = json_string(source, "sourceName");

                if (!name || !json_string(source, "imageId") || !fits(name, version, shape))
                        continue;
                if (!best || is_newer(name, json_string(best, "sourceName"), version))
                        best = source;
        }
        return best;
}

static const cJSON *find_image(const cJSON *sources, const char *member, const char *text) {
        const cJSON *source;

        cJSON_ArrayForEach (source, sources)
                if (streq_ptr(json_string(source, member), text))
                        return source;
        return NULL;
}

static bool keeps(const cJSON *sources, const char *id, const char *version, const char *shape,
                  const cJSON *have) {
        const cJSON *offered = find_image(sources, "imageId", id);
        const char *name = json_string(offered, "sourceName");

        if (name)
                return fits(name, version, shape);
        return !offered && streq_ptr(json_string(have, "kubernetesVersion"), version) &&
               streq_ptr(json_string(have, "nodeShape"), shape);
}

/* The version is the cluster's where the pool says none: what is there then, or nothing to go by. */
static const char *pick(const cJSON *item, const char *key, const cJSON *want, const cJSON *have) {
        const cJSON *sources = json_get(item, "sources");
        const char *version = json_string(want, "kubernetesVersion"),
                   *shape = json_string(want, "nodeShape");
        const char *there = json_path_string(have, "nodeSourceDetails.imageId");

        if (!streq(key, "newest"))
                return json_string(find_image(sources, "sourceName", key), "imageId");
        if (!version)
                version = json_string(have, "kubernetesVersion");
        if (!version || !shape)
                return there;
        if (there && keeps(sources, there, version, shape, have))
                return there;
        return json_string(newest_image(sources, version, shape), "imageId");
}

static const char *const image_keys[] = { "newest", NULL };

const Kind kind_node_image = {
        .name = "NodeImage",
        .ocid_type = "image",
        .path = "/20180222/nodePoolOptions/all",
        .doc = "What node pools may boot in a region",
        .service = SERVICE_CONTAINER_ENGINE,
        .scope = SCOPE_COMPARTMENT,
        .cadence = CADENCE_ONCE,
        .flags = KIND_LOOKUP | KIND_LIST_IS_OBJECT,
        .lookup_keys = image_keys,
        .lookup_pattern = "^[A-Za-z][A-Za-z0-9._]*-[A-Za-z0-9._-]*[0-9]$",
        .lookup_pattern_text = "an image's exact name or OCID",
        .lookup_pick = pick,
};
