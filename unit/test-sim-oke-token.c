/* Tokens that the official SDK made are taken by the cluster that they are for, while they are good, and by none other. How broken
 * ones are refused is shown end to end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/file.h"
#include "base/json.h"
#include "oke-token.h"
#include "sim.h"

#define MAX_SIZE ((size_t) 4 << 20)

typedef struct World {
        Sim sim;
        Region region;
        char *tenancy, *user;
} World;

static char *read_data(const char *name) {
        _cleanup_free_ char *path = xasprintf("%s/%s", getenv("TEST_DATA"), name);
        char *text;
        size_t size;

        assert_int_equal(file_read(path, MAX_SIZE, &text, &size, NULL), 0);
        return text;
}

/* A simulator whose one user has the vector's key. */
static void world_init(World *w, const cJSON *input) {
        _cleanup_free_ char *name = xasprintf("oci/%s", json_string(input, "keyFile")),
                            *pem = read_data(name);
        _cleanup_(strv_freep) char **parts = str_split(json_string(input, "keyId"), '/');
        BIO *bio = BIO_new_mem_buf(pem, -1);

        assert_int_equal(strv_length(parts), 3);
        sim_init(&w->sim, 1, 1);
        w->sim.key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
        BIO_free(bio);
        assert_non_null(w->sim.key);
        w->sim.tenancy = w->tenancy = xstrdup(parts[0]);
        w->sim.user = w->user = xstrdup(parts[1]);
        w->sim.key_fingerprint = xstrdup(parts[2]);
        w->region = (Region){ .sim = &w->sim, .name = json_string(input, "region") };
}

static void world_done(World *w) {
        sim_done(&w->sim);
        free(w->tenancy);
        free(w->user);
}

static bool takes(World *w, const char *token, const char *cluster, usec_t now) {
        _cleanup_free_ char *why = NULL;
        const char *user = oke_token_verify(&w->sim, token, &w->region, cluster, now, &why);

        assert_true((user != NULL) == (why == NULL));
        return user != NULL;
}

static void check_vector(const cJSON *vector) {
        const cJSON *input = json_get(vector, "input");
        const char *token = json_path_string(vector, "expected.token"),
                   *cluster = json_string(input, "clusterId");
        usec_t made = (usec_t) json_number(input, "epoch", 0) * USEC_PER_SEC;
        World w;

        world_init(&w, input);
        assert_true(takes(&w, token, cluster, made));
        assert_true(takes(&w, token, cluster, made + 240 * USEC_PER_SEC));
        assert_false(takes(&w, token, cluster, made + 241 * USEC_PER_SEC));
        assert_true(takes(&w, token, cluster, made - 300 * USEC_PER_SEC));
        assert_false(takes(&w, token, cluster, made - 301 * USEC_PER_SEC));
        assert_false(takes(&w, token, "ocid1.cluster.oc1.iad.another", made));
        w.region.name = "us-phoenix-1";
        assert_false(takes(&w, token, cluster, made));
        world_done(&w);
}

/* Those of API keys: the simulator has no other principals. */
static void test_takes_tokens_of_the_sdk(void **state) {
        _cleanup_free_ char *text = read_data("oci/oci-signing.json");
        _cleanup_json_ cJSON *all = NULL;
        const cJSON *vector;
        size_t offset, n = 0;

        assert_int_equal(json_parse(text, strlen(text), &all, &offset), 0);
        cJSON_ArrayForEach (vector, json_get(all, "okeTokens")) {
                if (startswith(json_path_string(vector, "input.keyId"), "ST$"))
                        continue;
                check_vector(vector);
                n++;
        }
        assert_true(n >= 4);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_takes_tokens_of_the_sdk),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
