/* The files that a principal is made of. The input's parts are an oci config, a private key, a session token and a pass phrase;
 * what is left out is an empty file. They are given as files in memory with fixed numbers, so that a config can name them:
 * key_file=/proc/self/fd/201, security_token_file=/proc/self/fd/202. Both [DEFAULT] and [SESSION] are loaded, and sign. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/str.h"
#include "fuzz.h"
#include "oci/config.h"
#include "oci/jwt.h"
#include "oci/sign.h"

#define CONFIG_FD 200
#define KEY_FD    201
#define TOKEN_FD  202
#define NOW       (1770866000 * USEC_PER_SEC)

static void open_files(void) {
        static bool done;

        if (done)
                return;
        for (int to = CONFIG_FD; to <= TOKEN_FD; to++) {
                int fd = memfd_create("fuzz", MFD_CLOEXEC);

                if (fd < 0 || fchmod(fd, 0600) < 0 || dup3(fd, to, O_CLOEXEC) < 0)
                        abort();
                (void) close(fd);
        }
        done = true;
}

static void fill_file(int fd, const char *text, size_t size) {
        if (ftruncate(fd, 0) < 0 || pwrite(fd, text, size, 0) != (ssize_t) size)
                abort();
}

/* Whatever loads must be fit to sign with; whatever does not says why, in one line. */
static void check_profile(const OciProfile *p) {
        _cleanup_(oci_headers_freep) char **headers = NULL;
        int r;

        assert(p->tenancy && p->region && p->key_file && p->credential);
        assert((p->auth == OCI_AUTH_SESSION_TOKEN) == !!p->token_file);
        r = oci_sign(p->credential,
                     &(OciSignInput){ .method = "GET",
                                      .host = "iaas.us-ashburn-1.oraclecloud.com",
                                      .target = "/",
                                      .date_usec = NOW },
                     &headers);
        assert(r == 0 ? strv_length(headers) > 0 : r == -EIO);
        for (char **h = headers; h && *h; h++)
                assert(!str_has_control(*h));
}

static void load_profile(const char *name, const char *passphrase) {
        _cleanup_(oci_profile_freep) OciProfile *p = NULL;
        _cleanup_free_ char *error = NULL, *file = xasprintf("/proc/self/fd/%d", CONFIG_FD);
        int r;

        r = oci_profile_load(&(OciProfileOptions){ .file = file, .profile = name, .passphrase = passphrase },
                             &p, &error);
        assert(r < 0 ? !p && !isempty(error) : p && !error);
        if (!p)
                return;
        check_profile(p);
        r = oci_profile_refresh(p, NOW, &error);
        assert(r < 0 ? !isempty(error) : !error);
        check_profile(p);
}

static void read_key(const char *pem, size_t size, const char *passphrase) {
        _cleanup_(oci_key_unrefp) OciKey *key = NULL;
        char fingerprint[OCI_FINGERPRINT_SIZE];

        if (oci_key_from_pem(pem, size, passphrase, &key) == 0 && oci_key_fingerprint(key, fingerprint) == 0)
                assert(strlen(fingerprint) == OCI_FINGERPRINT_SIZE - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        Input in = input_of(data, size);
        size_t config_size = 0, key_size = 0, token_size = 0;
        _cleanup_free_ char *config = input_part(&in, &config_size), *key = input_part(&in, &key_size),
                            *token = input_part(&in, &token_size), *passphrase = input_part(&in, NULL);
        usec_t expiry;

        open_files();
        fill_file(CONFIG_FD, config, config_size);
        fill_file(KEY_FD, key ? key : "", key_size);
        fill_file(TOKEN_FD, token ? token : "", token_size);
        load_profile("DEFAULT", passphrase);
        load_profile("SESSION", NULL);
        if (key)
                read_key(key, key_size, passphrase);
        if (token && jwt_expiry(token, &expiry) == 0)
                assert(expiry > 0 && expiry < 40000000000 * USEC_PER_SEC);
        return 0;
}
