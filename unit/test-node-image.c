/* Which image is the newest of a version and a shape, and when a pool keeps the one that it has. */
#include "fixture.h"
#include "kinds/node-image.h"

static const struct {
        const char *id, *name;
} offered[] = {
        { "plain", "Oracle-Linux-8.10-2025.09.16-0" },
        { "old", "Oracle-Linux-8.10-2025.07.21-0-OKE-1.34.1-1200" },
        { "new", "Oracle-Linux-8.10-2025.09.16-0-OKE-1.34.1-1100" },
        { "newer", "Oracle-Linux-8.10-2025.09.16-0-OKE-1.34.1-1191" },
        { "ninth", "Oracle-Linux-8.10-2025.09.16-0-OKE-1.34.1-999" },
        { "other", "Oracle-Linux-8.10-2025.10.30-0-OKE-1.34.10-2000" },
        { "arm", "Oracle-Linux-8.10-aarch64-2025.09.16-0-OKE-1.34.1-1191" },
        { "gpu", "Oracle-Linux-8.10-Gen2-GPU-2025.09.16-0-OKE-1.34.1-1191" },
        { "before", "Oracle-Linux-8.10-2025.06.17-0-OKE-1.33.1-900" },
        { "junk", "Oracle-Linux-8.10-2025.09.16-0-OKE-1.34.1-x" },
        { NULL, "Oracle-Linux-8.10-2026.01.01-0-OKE-1.34.1-9999" },
        { "nameless", NULL },
};

/* What the region offers; the caller's. */
static cJSON *sources_new(void) {
        cJSON *sources = json_new_array();

        for (size_t i = 0; i < ARRAY_SIZE(offered); i++) {
                cJSON *source = json_new_object();

                json_set_string(source, "sourceType", "IMAGE");
                json_set_string(source, "imageId", offered[i].id);
                json_set_string(source, "sourceName", offered[i].name);
                json_append(sources, source);
        }
        json_append(sources, cJSON_CreateNumber(7));
        return sources;
}

static void test_newest(void **state) {
        static const struct {
                const char *version, *shape, *id;
        } cases[] = {
                { "v1.34.1", "VM.Standard.E4.Flex", "newer" },
                { "v1.34.1", "VM.Standard2.4", "newer" },
                { "v1.34.1", "BM.Standard3.64", "newer" },
                { "v1.34.1", "VM.Standard.A1.Flex", "arm" },
                { "v1.34.1", "VM.Standard.A2.Flex", "arm" },
                { "v1.34.1", "BM.Standard.A1.160", "arm" },
                { "v1.34.1", "VM.GPU.A10.1", "gpu" },
                { "v1.34.1", "BM.GPU4.8", "gpu" },
                { "v1.34.10", "VM.Standard.E4.Flex", "other" },
                { "v1.33.1", "VM.Standard.E4.Flex", "before" },
                { "v1.33.1", "VM.Standard.A1.Flex", NULL },
                { "v1.3.1", "VM.Standard.E4.Flex", NULL },
                { "v1.35.0", "VM.Standard.E4.Flex", NULL },
        };
        _cleanup_json_ cJSON *sources = sources_new();

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                const char *id = json_string(newest_image(sources, cases[i].version, cases[i].shape),
                                             "imageId");

                if (!streq_ptr(id, cases[i].id))
                        fail_msg("%s %s: %s", cases[i].version, cases[i].shape, id ? id : "none");
        }
        assert_null(newest_image(NULL, "v1.34.1", "VM.Standard.E4.Flex"));
}

#define WANT(version, shape) "{'kubernetesVersion':'" version "','nodeShape':'" shape "'}"
#define HAVE(version, shape, image)                                                                         \
        "{'kubernetesVersion':'" version "','nodeShape':'" shape "','nodeSourceDetails':{'imageId':'" image \
        "'}}"
#define E4 "VM.Standard.E4.Flex"

/* What the spec says, what the pool wants and has → the image. */
static void test_pick(void **state) {
        static const struct {
                const char *key, *want, *have, *id;
        } cases[] = {
                { "newest", WANT("v1.34.1", E4), "null", "newer" },
                { "newest", WANT("v1.34.1", E4), HAVE("v1.34.1", E4, "newer"), "newer" },
                /* a newer one is no reason to renew every node */
                { "newest", WANT("v1.34.1", E4), HAVE("v1.34.1", E4, "old"), "old" },
                /* nor is that it is no longer offered */
                { "newest", WANT("v1.34.1", E4), HAVE("v1.34.1", E4, "retired"), "retired" },
                /* picked when the version or the shape changes */
                { "newest", WANT("v1.34.1", E4), HAVE("v1.33.1", E4, "before"), "newer" },
                { "newest", WANT("v1.34.1", E4), HAVE("v1.33.1", E4, "retired"), "newer" },
                { "newest", WANT("v1.34.1", "VM.Standard.A1.Flex"), HAVE("v1.34.1", E4, "newer"), "arm" },
                /* the version came, and the image did not: somebody's hand */
                { "newest", WANT("v1.34.1", E4), HAVE("v1.34.1", E4, "before"), "newer" },
                { "newest", WANT("v1.34.1", E4), HAVE("v1.34.1", E4, "plain"), "newer" },
                /* half of an update: the version is the old one still, the image the right one */
                { "newest", WANT("v1.34.1", E4), HAVE("v1.33.1", E4, "newer"), "newer" },
                { "newest", WANT("v1.35.0", E4), HAVE("v1.34.1", E4, "newer"), NULL },
                { "Oracle-Linux-8.10-2025.07.21-0-OKE-1.34.1-1200", WANT("v1.34.1", E4),
                  HAVE("v1.34.1", E4, "newer"), "old" },
                { "Oracle-Linux-8.10-2025.07.21-0-OKE-1.34.1-120", WANT("v1.34.1", E4), "null", NULL },
        };
        const Kind *k = kind_find("NodeImage");
        _cleanup_json_ cJSON *item = json_new_object();

        json_set(item, "sources", sources_new());
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_json_ cJSON *want = json_of(cases[i].want), *have = json_of(cases[i].have);
                const char *id = k->lookup_pick(item, cases[i].key, want, have);

                if (!streq_ptr(id, cases[i].id))
                        fail_msg("case %zu: %s", i, id ? id : "none");
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_newest),
                cmocka_unit_test(test_pick),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
