/* lib/oci config: good profiles, and every way in which one can be bad, with what is said about it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/encode.h"
#include "base/file.h"
#include "base/str.h"
#include "oci/config.h"
#include "oci/sign.h"

#define TENANCY             "ocid1.tenancy.oc1..aaaatenancy"
#define USER                "ocid1.user.oc1..aaaauser"
#define FINGERPRINT         "cc:f8:33:cc:f7:97:bf:35:69:ec:da:3d:39:f8:a4:e1"
#define SESSION_FINGERPRINT "cb:1e:f7:5f:11:93:b7:53:d9:e5:27:70:b1:13:4f:c9"
#define API_KEY             "[DEFAULT]\nuser=" USER "\ntenancy=" TENANCY "\nfingerprint=" FINGERPRINT "\nregion=iad\n"

static char home[] = "/tmp/test-oci-config-XXXXXX";

/* A file in the test's home, named from there. */
static char *in_home(const char *name) {
        return path_join(home, name);
}

static void write_file(const char *name, const char *text, mode_t mode) {
        _cleanup_free_ char *path = in_home(name);

        assert_int_equal(file_write_atomic(path, text, strlen(text), mode), 0);
}

static void copy_key(const char *from, const char *to, mode_t mode) {
        _cleanup_free_ char *path = xasprintf("%s/oci/%s", getenv("TEST_DATA"), from), *text = NULL;
        size_t size;

        assert_int_equal(file_read(path, 1 << 20, &text, &size, NULL), 0);
        write_file(to, text, mode);
}

static char *make_token(int64_t exp) {
        _cleanup_free_ char *claims = xasprintf("{\"exp\":%lld}", (long long) exp),
                            *payload = base64url_encode(claims, strlen(claims));

        return xasprintf("e30.%.*s.c2ln", (int) strcspn(payload, "="), payload);
}

static int set_up(void **state) {
        _cleanup_free_ char *oci = NULL, *token = make_token(2000000000),
                            *line = xasprintf("\n %s \n", token);

        assert_non_null(mkdtemp(home));
        oci = in_home(".oci");
        assert_int_equal(mkdir_parents(oci, 0700), 0);
        assert_int_equal(setenv("HOME", home, 1), 0);
        unsetenv("OCI_CLI_CONFIG_FILE");
        unsetenv("OCI_CLI_PROFILE");
        unsetenv("OCI_CONFIG_FILE");
        copy_key("TEST-ONLY-rsa2048.pem", "key.pem", 0600);
        copy_key("TEST-ONLY-rsa2048.pem", "open.pem", 0640);
        copy_key("TEST-ONLY-rsa2048-enc-pkcs8.pem", "encrypted.pem", 0400);
        copy_key("TEST-ONLY-session-rsa2048.pem", "session.pem", 0600);
        write_file("no-key.pem", "-----BEGIN NOTHING-----\n", 0600);
        write_file("token", line, 0600);
        write_file("open-token", line, 0644);
        write_file("bad-token", "not.a-token", 0600);
        return 0;
}

static int tear_down(void **state) {
        _cleanup_free_ char *command = xasprintf("rm -r %s", home);

        return system(command);
}

/* Replaces ~ by the home, so that the table need not know it. */
static char *with_home(const char *text) {
        Str b = {};

        for (; *text; text++)
                if (*text == '^')
                        str_add(&b, home);
                else
                        str_addc(&b, *text);
        return str_take(&b);
}

static int load(const OciProfileOptions *o, OciProfile **ret, char **reterr) {
        *ret = NULL;
        *reterr = NULL;
        return oci_profile_load(o, ret, reterr);
}

static void assert_signs_as(const OciProfile *p, const char *key_id) {
        _cleanup_(oci_headers_freep) char **headers = NULL;
        _cleanup_free_ char *expected = xasprintf("keyId=\"%s\"", key_id);
        const char *found = NULL;

        assert_int_equal(oci_sign(p->credential,
                                  &(OciSignInput){ .method = "GET", .host = "h", .target = "/" }, &headers),
                         0);
        for (char **h = headers; *h; h++)
                found = strstr(*h, expected) ?: found;
        assert_non_null(found);
}

static void test_api_key(void **state) {
        _cleanup_(oci_profile_freep) OciProfile *p = NULL;
        _cleanup_free_ char *error = NULL;

        write_file(".oci/config",
                   "\xef\xbb\xbf# comment\r\n; another\r\n[DEFAULT]\r\n  User = " USER
                   " \r\nTENANCY=" TENANCY "\r\nfingerprint=" FINGERPRINT
                   "\r\nkey_file=~/key.pem\r\nregion = "
                   "IAD\r\nunknown=a=b\r\n\r\n[OTHER]\r\nregion=eu-frankfurt-1",
                   0644);
        assert_int_equal(load(&(OciProfileOptions){}, &p, &error), 0);
        assert_int_equal(p->auth, OCI_AUTH_API_KEY);
        assert_string_equal(p->tenancy, TENANCY);
        assert_string_equal(p->user, USER);
        assert_string_equal(p->region, "us-ashburn-1");
        assert_string_equal(p->name, "DEFAULT");
        assert_null(p->token_file);
        assert_true(p->token_expiry_usec == USEC_INFINITY);
        assert_signs_as(p, TENANCY "/" USER "/" FINGERPRINT);
        assert_int_equal(oci_profile_refresh(p, USEC_PER_SEC, &error), 0);

        p = oci_profile_free(p);
        assert_int_equal(load(&(OciProfileOptions){ .profile = "OTHER" }, &p, &error), 0);
        assert_string_equal(p->region, "eu-frankfurt-1");
        assert_string_equal(p->user, USER); /* inherited */
}

static void test_encrypted_key(void **state) {
        _cleanup_(oci_profile_freep) OciProfile *p = NULL;
        _cleanup_free_ char *error = NULL;

        write_file("config", API_KEY "key_file=~/encrypted.pem\npass_phrase=test-pass-phrase\n", 0600);
        assert_int_equal(load(&(OciProfileOptions){ .file = "~/config" }, &p, &error), 0);
        p = oci_profile_free(p);
        write_file("config", API_KEY "key_file=~/encrypted.pem\n", 0644);
        assert_int_equal(load(&(OciProfileOptions){ .file = "~/config", .passphrase = "test-pass-phrase" },
                              &p, &error),
                         0);
}

/* What is said of '^', the home, is the same wherever it is. */
static void test_bad_configs(void **state) {
        static const struct {
                const char *config, *profile;
                OciAuth auth;
                int error;
                const char *message;
                mode_t mode; /* 0: 0600 */
        } cases[] = {
                { "user=x\n", NULL, 0, -EINVAL,
                  "^/config:1: 'user' stands before any profile: put [DEFAULT] above it" },
                { "[DEFAULT\n", NULL, 0, -EINVAL, "^/config:1: a profile begins with a line [NAME]" },
                { "\n[ ]\n", NULL, 0, -EINVAL, "^/config:2: a profile begins with a line [NAME]" },
                { "[A]\nnonsense\n", NULL, 0, -EINVAL,
                  "^/config:2: this is no [PROFILE], no comment and no key=value" },
                { "[A]\n=x\n", NULL, 0, -EINVAL, "^/config:2: there is no valid key before the '='" },
                { "[A]\nuser=a\nUser=b\n", NULL, 0, -EINVAL,
                  "^/config:3: 'user' is there twice in [A], first in line 2: remove one" },
                { "[A]\n[B]\n[A]\n", NULL, 0, -EINVAL,
                  "^/config:3: profile [A] is there twice, first in line 1: remove one" },
                { "[A]\nuser=a\x01\n", NULL, 0, -EINVAL,
                  "^/config:2: there is a control character in this line" },
                { API_KEY, "DEFALT", 0, -ENOENT,
                  "^/config: there is no profile [DEFALT]: did you mean [DEFAULT]?" },
                { API_KEY, "x", 0, -ENOENT, "^/config: there is no profile [x]" },
                { "", NULL, 0, -ENOENT, "^/config: there is no profile [DEFAULT]" },
                { "[DEFAULT]\n", NULL, 0, -EINVAL,
                  "^/config: profile [DEFAULT] has no 'tenancy', and [DEFAULT] has none to inherit: add "
                  "tenancy=…" },
                { "[DEFAULT]\ntenancy=\n", NULL, 0, -EINVAL, "^/config:2: 'tenancy' is empty" },
                { "[DEFAULT]\ntenancy=abc\n", NULL, 0, -EINVAL,
                  "^/config:2: 'tenancy' is no OCID: it does not begin with 'ocid1.'" },
                { "[DEFAULT]\ntenancy=" USER "\n", NULL, 0, -EINVAL,
                  "^/config:2: 'tenancy' is the OCID of another type: ocid1.user" },
                { "[DEFAULT]\ntenancy=" TENANCY "\nregion=a b\n", NULL, 0, -EINVAL,
                  "^/config:3: 'region' is no region: write it like us-ashburn-1" },
                { API_KEY, NULL, 0, -EINVAL,
                  "^/config: profile [DEFAULT] has no 'key_file', and [DEFAULT] has none to inherit: add "
                  "key_file=…" },
                { API_KEY "key_file=/nowhere/key.pem\n", NULL, 0, -ENOENT,
                  "^/config: profile [DEFAULT]: key_file /nowhere/key.pem cannot be read: No such file or "
                  "directory" },
                { API_KEY "key_file=~/\n", NULL, 0, -EISDIR,
                  "^/config: profile [DEFAULT]: key_file ^/ cannot be read: Is a directory" },
                { API_KEY "key_file=~/open.pem\n", NULL, 0, -EPERM,
                  "^/open.pem: its mode 0640 lets group or others at the key_file of profile [DEFAULT]: run "
                  "chmod 600 "
                  "^/open.pem" },
                { API_KEY "key_file=~/no-key.pem\n", NULL, 0, -EKEYREJECTED,
                  "^/config: profile [DEFAULT]: key_file ^/no-key.pem holds no private key in PEM form" },
                { API_KEY "key_file=~/encrypted.pem\n", NULL, 0, -EKEYREJECTED,
                  "^/config: profile [DEFAULT]: key_file ^/encrypted.pem is encrypted: add pass_phrase=… to "
                  "the profile" },
                { API_KEY "key_file=~/encrypted.pem\npassphrase=no\n", NULL, 0, -EKEYREJECTED,
                  "^/config: profile [DEFAULT]: key_file ^/encrypted.pem is encrypted, and the pass phrase "
                  "does not open "
                  "it" },
                { API_KEY "key_file=~/encrypted.pem\npass_phrase=test-pass-phrase\n", NULL, 0, -EPERM,
                  "^/config: its mode 0604 lets group or others at a pass phrase: run chmod 600 ^/config",
                  0604 },
                { API_KEY "key_file=~/session.pem\n", NULL, 0, -EKEYREJECTED,
                  "^/config:4: 'fingerprint' is " FINGERPRINT
                  ", but that of ^/session.pem is " SESSION_FINGERPRINT
                  ": name the other key, or correct the line" },
                { "[DEFAULT]\nuser=" USER "\ntenancy=" TENANCY
                  "\nfingerprint=CC:F8\nregion=iad\nkey_file=~/key.pem\n",
                  NULL, 0, -EINVAL,
                  "^/config:4: 'fingerprint' is not 16 pairs of lower-case hex digits joined by ':'" },
                { API_KEY "key_file=~/key.pem\nauthentication_type=instance_principal\n", NULL, 0, -EINVAL,
                  "^/config:7: 'authentication_type' instance_principal is not supported: use an API key or "
                  "a session "
                  "token",
                  0 },
                { API_KEY "key_content=x\n", NULL, 0, -EINVAL,
                  "^/config:6: 'key_content' does not belong in a file: put the key in a file of its own "
                  "and name it with "
                  "key_file" },
                { API_KEY "key_file=~/key.pem\n", NULL, OCI_AUTH_SESSION_TOKEN, -EINVAL,
                  "^/config: profile [DEFAULT] has no 'security_token_file', and [DEFAULT] has none to "
                  "inherit: add "
                  "security_token_file=…" },
                { API_KEY "key_file=~/key.pem\nsecurity_token_file=~/open-token\n", NULL, 0, -EPERM,
                  "^/open-token: its mode 0644 lets group or others at the security_token_file of profile "
                  "[DEFAULT]: run "
                  "chmod 600 ^/open-token" },
                { API_KEY "key_file=~/key.pem\nsecurity_token_file=~/bad-token\n", NULL, 0, -EINVAL,
                  "^/config: profile [DEFAULT]: security_token_file ^/bad-token holds no token with an "
                  "expiry: run 'oci "
                  "session authenticate --profile-name DEFAULT'" },
                { "[DEFAULT]\ntenancy=" TENANCY "\nregion=iad\nkey_file=~/key.pem\nfingerprint=" FINGERPRINT
                  "\n",
                  NULL, 0, -EINVAL,
                  "^/config: profile [DEFAULT] has no 'user', and [DEFAULT] has none to inherit: add "
                  "user=…" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_free_ char *error = NULL, *expected = with_home(cases[i].message);
                OciProfile *p;
                int r;

                write_file("config", cases[i].config, cases[i].mode ? cases[i].mode : 0600);
                r = load(&(OciProfileOptions){ .file = "~/config",
                                               .profile = cases[i].profile,
                                               .auth = cases[i].auth },
                         &p, &error);
                assert_null(p);
                assert_string_equal(error, expected);
                assert_int_equal(r, cases[i].error);
        }
}

static void test_bad_files(void **state) {
        _cleanup_free_ char *big = xmalloc(300001), *error = NULL, *expected = NULL,
                            *path = in_home("config");
        OciProfile *p;

        assert_int_equal(load(&(OciProfileOptions){ .file = "/nowhere/config" }, &p, &error), -ENOENT);
        assert_string_equal(
                error, "/nowhere/config: there is no such file: run 'oci setup config' or name another");
        free(error);
        memset(big, '\n', 300000);
        big[300000] = '\0';
        write_file("config", big, 0600);
        assert_int_equal(load(&(OciProfileOptions){ .file = path }, &p, &error), -EFBIG);
        expected = with_home("^/config: cannot be read: File too large");
        assert_string_equal(error, expected);
        free(error);
        free(expected);
        assert_int_equal(file_write_atomic(path, "[A]\na=b\0c\n", 10, 0600), 0);
        assert_int_equal(load(&(OciProfileOptions){ .file = path }, &p, &error), -EINVAL);
        expected = with_home("^/config:2: there is a NUL byte in this line");
        assert_string_equal(error, expected);
}

static void assert_found(const OciProfileOptions *o, const char *expected) {
        _cleanup_(oci_profile_freep) OciProfile *p = NULL;
        _cleanup_free_ char *error = NULL;

        assert_int_equal(load(o, &p, &error), 0);
        assert_string_equal(p->region, expected);
}

static void test_where_it_is_found(void **state) {
        _cleanup_free_ char *standard = in_home(".oci/config"), *legacy_directory = in_home(".oraclebmc");
        static const char body[] = "key_file=~/key.pem\n[P]\nregion=";

        assert_int_equal(mkdir_parents(legacy_directory, 0700), 0);
        for (const char *const *f =
                     (const char *const[]){ ".oraclebmc/config", "jed", ".oci/config", "fra", "sdk-config",
                                            "zrh", "cli-config", "lin", "given-config", "ams", NULL };
             *f; f += 2) {
                _cleanup_free_ char *text = xasprintf("%s%s%s\n", API_KEY, body, f[1]);

                write_file(f[0], text, 0600);
        }
        setenv("OCI_CLI_PROFILE", "P", 1);
        setenv("OCI_CONFIG_FILE", "~/sdk-config", 1);
        assert_found(&(OciProfileOptions){}, "eu-frankfurt-1"); /* the default file wins over it */
        assert_found(&(OciProfileOptions){ .profile = "DEFAULT" }, "us-ashburn-1");
        assert_int_equal(unlink(standard), 0);
        assert_found(&(OciProfileOptions){}, "eu-zurich-1");
        unsetenv("OCI_CONFIG_FILE");
        assert_found(&(OciProfileOptions){}, "me-jeddah-1");
        setenv("OCI_CLI_CONFIG_FILE", "~/cli-config", 1);
        assert_found(&(OciProfileOptions){}, "eu-milan-1");
        assert_found(&(OciProfileOptions){ .file = "~/given-config" }, "eu-amsterdam-1");
        unsetenv("OCI_CLI_CONFIG_FILE");
        unsetenv("OCI_CLI_PROFILE");
}

#define SESSION                                                                           \
        API_KEY "key_file=~/key.pem\n[S]\nkey_file=~/session.pem\nsecurity_token_file=~/" \
                "token\ntenancy=" TENANCY "\nregion=iad\n"

static void test_session_token(void **state) {
        _cleanup_free_ char *error = NULL, *token = make_token(2000000000),
                            *key_id = xasprintf("ST$%s", token);
        _cleanup_(oci_profile_freep) OciProfile *p = NULL;

        write_file("config", SESSION, 0600);
        assert_int_equal(load(&(OciProfileOptions){ .file = "~/config", .profile = "S" }, &p, &error), 0);
        assert_int_equal(p->auth, OCI_AUTH_SESSION_TOKEN);
        assert_null(p->user); /* not the one of DEFAULT, nor its fingerprint */
        assert_true(p->token_expiry_usec == 2000000000 * USEC_PER_SEC);
        assert_signs_as(p, key_id);
        p = oci_profile_free(p);

        /* Told to, it signs with the API key, which is checked against the fingerprint that is inherited. */
        assert_int_equal(
                load(&(OciProfileOptions){ .file = "~/config", .profile = "S", .auth = OCI_AUTH_API_KEY },
                     &p, &error),
                -EKEYREJECTED);
        free(error);

        /* A fingerprint of its own is checked. */
        write_file("config", SESSION "fingerprint=" FINGERPRINT "\n", 0600);
        assert_int_equal(load(&(OciProfileOptions){ .file = "~/config", .profile = "S" }, &p, &error),
                         -EKEYREJECTED);
        free(error);
        write_file("config", SESSION "fingerprint=" SESSION_FINGERPRINT "\n", 0600);
        assert_int_equal(load(&(OciProfileOptions){ .file = "~/config", .profile = "S" }, &p, &error), 0);
}

/* A profile does not become a session because DEFAULT is one. */
static void test_inherited_token(void **state) {
        _cleanup_(oci_profile_freep) OciProfile *p = NULL;
        _cleanup_free_ char *error = NULL;

        write_file("config", API_KEY "key_file=~/key.pem\nsecurity_token_file=~/token\n[A]\n", 0600);
        assert_int_equal(load(&(OciProfileOptions){ .file = "~/config", .profile = "A" }, &p, &error), 0);
        assert_int_equal(p->auth, OCI_AUTH_API_KEY);
}

static void test_refresh(void **state) {
        _cleanup_free_ char *renewed = make_token(2000001000), *over = make_token(1500000000),
                            *key_id = xasprintf("ST$%s", renewed), *error = NULL;
        _cleanup_(oci_profile_freep) OciProfile *p = NULL;
        const usec_t now = 1900000000 * USEC_PER_SEC;
        OciCredential *before;

        write_file("config", SESSION, 0600);
        assert_int_equal(load(&(OciProfileOptions){ .file = "~/config", .profile = "S" }, &p, &error), 0);
        before = p->credential;
        assert_int_equal(oci_profile_refresh(p, now, &error), 0);
        assert_ptr_equal(p->credential, before);

        write_file("token", renewed, 0600);
        assert_int_equal(oci_profile_refresh(p, now, &error), 1);
        assert_signs_as(p, key_id);
        assert_int_equal(oci_profile_refresh(p, now, &error), 0);

        /* Half written, open to others, over, or gone: the one that works stays, and it is tried again. */
        before = p->credential;
        for (int i = 0; i < 2; i++) {
                write_file("token", "e30.", 0600);
                assert_int_equal(oci_profile_refresh(p, now, &error), -EINVAL);
                free(TAKE_PTR(error));
                write_file("token", renewed, 0604);
                assert_int_equal(oci_profile_refresh(p, now, &error), -EPERM);
                free(TAKE_PTR(error));
                write_file("token", over, 0600);
                assert_int_equal(oci_profile_refresh(p, now, &error), -EKEYEXPIRED);
                free(TAKE_PTR(error));
        }
        assert_ptr_equal(p->credential, before);
        copy_key("TEST-ONLY-rsa2048.pem", "session.pem", 0600);
        write_file("token", renewed, 0600);
        assert_int_equal(oci_profile_refresh(p, now, &error), 1);

        /* Nothing changes, but time passes. */
        assert_int_equal(oci_profile_refresh(p, 2000001000 * USEC_PER_SEC, &error), -EKEYEXPIRED);
        assert_non_null(strstr(error, "run 'oci session authenticate --profile-name S'"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_api_key),           cmocka_unit_test(test_encrypted_key),
                cmocka_unit_test(test_bad_configs),       cmocka_unit_test(test_bad_files),
                cmocka_unit_test(test_where_it_is_found), cmocka_unit_test(test_session_token),
                cmocka_unit_test(test_inherited_token),   cmocka_unit_test(test_refresh),
        };

        return cmocka_run_group_tests(tests, set_up, tear_down);
}
