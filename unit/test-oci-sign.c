/* lib/oci signing: every golden vector, key forms, credentials. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/encode.h"
#include "base/file.h"
#include "base/json.h"
#include "oci/sign.h"

#define N_SIGNING    123
#define N_FEDERATION 4
#define N_OKE_TOKENS 8

static char *data_path(const char *name) {
        _cleanup_free_ char *directory = path_join(getenv("TEST_DATA"), "oci");

        return path_join(directory, name);
}

static char *read_data(const char *name, size_t *ret_size) {
        _cleanup_free_ char *path = data_path(name);
        char *text;

        assert_int_equal(file_read(path, 1 << 20, &text, ret_size, NULL), 0);
        return text;
}

static cJSON *vectors(void) {
        _cleanup_free_ char *text = NULL;
        cJSON *v;
        size_t size;

        text = read_data("oci-signing.json", &size);
        assert_int_equal(json_parse(text, size, &v, NULL), 0);
        return v;
}

static OciKey *read_key(const char *file, const char *passphrase) {
        _cleanup_free_ char *pem = NULL;
        OciKey *key = NULL;
        size_t size;

        pem = read_data(file, &size);
        assert_int_equal(oci_key_from_pem(pem, size, passphrase, &key), 0);
        return key;
}

static OciCredential *make_credential(const cJSON *input, const char *default_key) {
        _cleanup_(oci_key_unrefp) OciKey *key = read_key(json_string(input, "keyFile") ?: default_key,
                                                         json_string(input, "passphrase"));
        OciCredential *c = oci_credential_new(json_string(input, "keyId"), key,
                                              json_string(input, "delegationToken"));

        assert_non_null(c);
        return c;
}

/* The bytes of body, bodyBase64 or bodyRepeat. */
static char *make_body(const cJSON *input, size_t *ret_size) {
        const cJSON *repeat = json_get(input, "bodyRepeat");
        unsigned char *bytes;
        Str b = {};

        if (json_string(input, "bodyBase64")) {
                assert_int_equal(base64_decode(json_string(input, "bodyBase64"), &bytes, ret_size), 0);
                return (char *) bytes;
        }
        for (double i = json_number(repeat, "count", 0); i > 0; i--)
                str_add(&b, json_string(repeat, "text"));
        str_add(&b, json_string(input, "body") ?: "");
        *ret_size = b.size;
        return str_take(&b);
}

static size_t read_order(const cJSON *input, const char *order[static 9]) {
        size_t n = 0;

        for (const cJSON *e = json_get(input, "headerOrder")->child; e; e = e->next) {
                assert_true(n < 8);
                order[n++] = e->valuestring;
        }
        order[n] = NULL;
        return n;
}

/* The value of a header in what oci_sign() made, exactly once there; NULL when it is not. */
static const char *find_header(char *const *headers, const char *name) {
        const char *found = NULL;

        for (; *headers; headers++) {
                const char *rest = startswith(*headers, name);

                if (rest && startswith(rest, ": ")) {
                        assert_null(found);
                        found = rest + 2;
                }
        }
        return found;
}

/* "name="value"" of an Authorization header; the caller frees. */
static char *parameter(const char *authorization, const char *name) {
        _cleanup_free_ char *start = xasprintf("%s=\"", name);
        const char *at = strstr(authorization, start);

        assert_non_null(at);
        at += strlen(start);
        return xstrndup(at, strcspn(at, "\""));
}

static void check_authorization(const char *actual, const char *expected) {
        static const char *const names[] = { "version", "keyId", "algorithm", "headers", "signature" };

        assert_non_null(startswith(actual, "Signature "));
        for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
                _cleanup_free_ char *a = parameter(actual, names[i]), *e = parameter(expected, names[i]);

                assert_string_equal(a, e);
        }
}

/* Each signed header is sent with the value that was signed, but for the two that the transport writes. */
static void check_headers(char *const *headers, const cJSON *expected, const OciSignInput *in) {
        for (const cJSON *h = json_get(expected, "signedHeaders")->child; h; h = h->next) {
                _cleanup_free_ char *name = str_lower(xstrdup(h->string));
                int64_t length;

                if (streq(name, "host"))
                        assert_string_equal(in->host, h->valuestring);
                else if (streq(name, "content-length")) {
                        assert_int_equal(parse_i64(h->valuestring, 0, INT64_MAX, &length), 0);
                        assert_int_equal(length, in->body_size);
                } else
                        assert_string_equal(find_header(headers, name), h->valuestring);
        }
}

static void check_vector(const cJSON *v, const char *default_key, bool default_order) {
        const cJSON *input = json_get(v, "input"), *expected = json_get(v, "expected");
        _cleanup_(oci_credential_unrefp) OciCredential *c = make_credential(input, default_key);
        _cleanup_(oci_headers_freep) char **headers = NULL;
        _cleanup_free_ char *body = NULL, *text = NULL;
        _cleanup_(oci_url_done) OciUrl url = {};
        const char *order[9];
        OciSignInput in;
        size_t size;

        assert_int_equal(oci_url_parse(json_string(input, "url"), &url), 0);
        assert_string_equal(url.host, json_string(expected, "host"));
        assert_string_equal(url.target, json_string(expected, "requestTarget"));
        body = make_body(input, &size);
        (void) read_order(input, order);
        in = (OciSignInput){
                .method = json_string(input, "method"),
                .host = url.host,
                .target = url.target,
                .date_usec = (usec_t) json_number(input, "epoch", 0) * USEC_PER_SEC,
                .content_type = json_string(json_get(input, "headers"), "content-type"),
                .body = body,
                .body_size = size,
                .exclude_body = json_bool(input, "excludeBody", false),
                .order = default_order ? NULL : order,
        };
        assert_int_equal(oci_signing_string(c, &in, &text), 0);
        assert_string_equal(text, json_string(expected, "signingString"));
        assert_int_equal(oci_sign(c, &in, &headers), 0);
        check_authorization(find_header(headers, "authorization"), json_string(expected, "authorization"));
        check_headers(headers, expected, &in);
}

static void test_signing_vectors(void **state) {
        _cleanup_json_ cJSON *all = vectors();
        size_t n = 0, n_default = 0;

        for (const cJSON *v = json_get(all, "signing")->child; v; v = v->next, n++) {
                check_vector(v, NULL, false);
                if (streq(json_string(json_get(v, "input"), "dateHeader"), "date")) {
                        check_vector(v, NULL, true); /* our own order is the one of this kind */
                        n_default++;
                }
        }
        assert_int_equal(n, N_SIGNING);
        assert_int_equal(n_default, 62);
}

/* The call that instance principals make, as four SDKs order its headers. */
static void test_federation_vectors(void **state) {
        _cleanup_json_ cJSON *all = vectors();
        _cleanup_(oci_key_unrefp) OciKey *key = read_key("TEST-ONLY-leaf-key.pem", NULL);
        size_t n = 0;

        for (const cJSON *q = json_get(json_get(all, "federation"), "requests")->child; q;
             q = q->next, n++) {
                _cleanup_(oci_credential_unrefp)
                        OciCredential *c = oci_credential_new(json_string(q, "keyId"), key, NULL);
                _cleanup_(oci_headers_freep) char **headers = NULL;
                _cleanup_(oci_url_done) OciUrl url = {};
                const char *order[9], *body = json_string(q, "body");
                usec_t date;

                (void) read_order(q, order);
                assert_int_equal(oci_url_parse(json_string(q, "url"), &url), 0);
                assert_int_equal(parse_http_date(json_string(q, "date"), &date), 0);
                assert_int_equal(oci_sign(c,
                                          &(OciSignInput){ .method = "POST",
                                                           .host = url.host,
                                                           .target = url.target,
                                                           .date_usec = date,
                                                           .body = body,
                                                           .body_size = strlen(body),
                                                           .order = order },
                                          &headers),
                                 0);
                check_authorization(find_header(headers, "authorization"), json_string(q, "authorization"));
        }
        assert_int_equal(n, N_FEDERATION);
}

static void test_oke_tokens(void **state) {
        _cleanup_json_ cJSON *all = vectors();
        size_t n = 0;

        for (const cJSON *v = json_get(all, "okeTokens")->child; v; v = v->next, n++) {
                const cJSON *input = json_get(v, "input"), *expected = json_get(v, "expected");
                _cleanup_(oci_credential_unrefp) OciCredential *c = make_credential(input, NULL);
                _cleanup_free_ char *url = NULL, *token = NULL;

                assert_int_equal(oci_presign_url(c, json_string(expected, "signedUrl"),
                                                 (usec_t) json_number(input, "epoch", 0) * USEC_PER_SEC,
                                                 &url),
                                 0);
                assert_string_equal(url, json_string(expected, "decodedUrl"));
                token = base64url_encode(url, strlen(url));
                assert_string_equal(token, json_string(expected, "token"));
        }
        assert_int_equal(n, N_OKE_TOKENS);
}

static void test_fingerprints(void **state) {
        _cleanup_json_ cJSON *all = vectors();
        size_t n = 0;

        for (const cJSON *k = json_get(all, "keys")->child; k; k = k->next, n++) {
                _cleanup_(oci_key_unrefp)
                        OciKey *key = read_key(json_string(k, "file"), json_string(k, "passphrase"));
                char fingerprint[OCI_FINGERPRINT_SIZE];

                assert_int_equal(oci_key_fingerprint(key, fingerprint), 0);
                assert_string_equal(fingerprint, json_string(k, "fingerprintMd5"));
        }
        assert_int_equal(n, 8);
}

static char *generate_pem(const char *type, unsigned bits) {
        EVP_PKEY *key = streq(type, "EC") ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256")
                                          : EVP_PKEY_Q_keygen(NULL, NULL, type, (size_t) bits);
        BIO *bio = BIO_new(BIO_s_mem());
        char *data, *pem;
        long n;

        assert_non_null(key);
        assert_int_equal(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
        n = BIO_get_mem_data(bio, &data);
        pem = xstrndup(data, (size_t) n);
        BIO_free(bio);
        EVP_PKEY_free(key);
        return pem;
}

static void test_refused_keys(void **state) {
        static const struct {
                const char *file, *passphrase;
                int error;
        } cases[] = {
                { "TEST-ONLY-rsa2048-enc-pkcs8.pem", NULL, -ENOKEY },
                { "TEST-ONLY-rsa2048-enc-pkcs1.pem", NULL, -ENOKEY },
                { "TEST-ONLY-rsa2048-enc-pkcs8.pem", "wrong", -EKEYREJECTED },
                { "TEST-ONLY-rsa2048-enc-pkcs1.pem", "wrong", -EKEYREJECTED },
                { "TEST-ONLY-rsa2048-enc-pkcs8.pem", "", -EKEYREJECTED },
                { "oci-signing.json", NULL, -EBADMSG },
                { "TEST-ONLY-rsa2048.pem", "needless", 0 },
        };
        _cleanup_free_ char *ec = generate_pem("EC", 0), *small = generate_pem("RSA", 1024);
        OciKey *key;

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_free_ char *pem = NULL;
                size_t size;

                key = NULL;
                pem = read_data(cases[i].file, &size);
                assert_int_equal(oci_key_from_pem(pem, size, cases[i].passphrase, &key), cases[i].error);
                oci_key_unref(key);
        }
        assert_int_equal(oci_key_from_pem(ec, strlen(ec), NULL, &key), -EPROTONOSUPPORT);
        assert_int_equal(oci_key_from_pem(small, strlen(small), NULL, &key), -ERANGE);
        assert_int_equal(oci_key_from_pem("", 0, NULL, &key), -EBADMSG);
}

static void test_credentials(void **state) {
        _cleanup_(oci_key_unrefp) OciKey *key = read_key("TEST-ONLY-rsa2048.pem", NULL);
        _cleanup_(oci_credential_unrefp) OciCredential *a = oci_credential_new("a/b/c", key, NULL),
                                                       *b = oci_credential_new("ST$x", key, "obo");
        _cleanup_(oci_signer_unrefp) OciSigner *signer = oci_signer_new(NULL);
        OciSignInput in = { .method = "GET", .host = "h", .target = "/" };
        char **headers = NULL, *text = NULL;

        assert_null(oci_credential_new("", key, NULL));
        assert_null(oci_credential_new("a b", key, NULL));
        assert_null(oci_credential_new("a\"b", key, NULL));
        assert_null(oci_credential_new("a\r\nx: y", key, NULL));
        assert_null(oci_credential_new("a", key, "b\n"));

        assert_int_equal(oci_sign(oci_signer_credential(signer), &in, &headers), -ENOKEY);
        oci_signer_set_credential(signer, a);
        assert_ptr_equal(oci_signer_credential(signer), a);
        oci_signer_set_credential(signer, a); /* itself again: no use after free */
        oci_signer_set_credential(signer, b);
        assert_ptr_equal(oci_signer_credential(signer), b);

        in.order = (const char *const[]){ "date", "user-agent", NULL };
        assert_int_equal(oci_sign(b, &in, &headers), -EINVAL);
        assert_null(headers);
        assert_int_equal(oci_signing_string(b, &in, &text), -EINVAL);
        assert_null(text);
}

static void test_urls(void **state) {
        static const struct {
                const char *url, *host, *target;
        } cases[] = {
                { "https://h.example", "h.example", "/" },
                { "https://h.example?a=1", "h.example", "/?a=1" },
                { "https://H.example:443/x?", "h.example", "/x" },
                { "http://h.example:80/x#y", "h.example", "/x" },
                { "http://127.0.0.1:8080/a/../b?x=?", "127.0.0.1:8080", "/a/../b?x=?" },
                { "http://[::1]:8080/", "[::1]:8080", "/" },
                { "https://h/\xc3\xbc z", "h", "/%C3%BC%20z" },
                { "ftp://h/", NULL, NULL },
                { "https:///x", NULL, NULL },
                { "https://user@h/", NULL, NULL },
                { "https://h\r\n/", NULL, NULL },
                { "/x", NULL, NULL },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_(oci_url_done) OciUrl u = {};

                assert_int_equal(oci_url_parse(cases[i].url, &u), cases[i].host ? 0 : -EINVAL);
                if (cases[i].host) {
                        assert_string_equal(u.host, cases[i].host);
                        assert_string_equal(u.target, cases[i].target);
                }
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_signing_vectors),
                cmocka_unit_test(test_federation_vectors),
                cmocka_unit_test(test_oke_tokens),
                cmocka_unit_test(test_fingerprints),
                cmocka_unit_test(test_refused_keys),
                cmocka_unit_test(test_credentials),
                cmocka_unit_test(test_urls),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
