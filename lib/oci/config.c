/* Profiles out of ~/.oci/config: found, inherited, checked, and turned into something that signs. */
#include "config.h"

#include <errno.h>
#include <pwd.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "ini.h"
#include "jwt.h"
#include "ocid.h"
#include "region.h"
#include "secret.h"
#include "sign.h"

#define CONFIG_SIZE_MAX ((size_t) 256 * 1024)
#define KEY_SIZE_MAX    ((size_t) 64 * 1024)

/* A profile on its way from text to OciProfile. */
typedef struct Loader {
        Ini ini;
        OciProfile *p;
        char **reterr;
} Loader;

static int fail(char **reterr, int error, const char *format, ...) _printf_(3, 4);

static int fail(char **reterr, int error, const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        *reterr = xvasprintf(format, ap);
        va_end(ap);
        return error;
}

static char *home_path(const char *name) {
        const char *home = getenv("HOME");

        if (isempty(home)) {
                const struct passwd *pw = getpwuid(geteuid());

                home = pw && pw->pw_dir ? pw->pw_dir : "/";
        }
        return path_join(home, name);
}

/* "~" and "~/x"; "~name" is a file name like any other, as for the SDKs. */
static char *expand_home(const char *path) {
        if (streq(path, "~"))
                return home_path("");
        return startswith(path, "~/") ? home_path(path + 2) : xstrdup(path);
}

static char *find_file(const OciProfileOptions *o) {
        const char *cli = getenv("OCI_CLI_CONFIG_FILE"), *sdk = getenv("OCI_CONFIG_FILE");
        _cleanup_free_ char *standard = home_path(".oci/config"), *legacy = home_path(".oraclebmc/config");

        if (o->file || !isempty(cli))
                return expand_home(o->file ?: cli);
        if (access(standard, F_OK) == 0)
                return TAKE_PTR(standard);
        if (!isempty(sdk))
                return expand_home(sdk);
        return access(legacy, F_OK) == 0 ? TAKE_PTR(legacy) : TAKE_PTR(standard);
}

static int check_mode(const char *path, const struct stat *st, const char *what, char **reterr) {
        if ((st->st_mode & 077) == 0)
                return 0;
        return fail(reterr, -EPERM, "%s: its mode %04o lets group or others at %s: run chmod 600 %s", path,
                    st->st_mode & 07777, what, path);
}

static bool holds_passphrase(const Ini *ini) {
        for (size_t i = 0; i < ini->n_entries; i++)
                if ((streq(ini->entries[i].key, "pass_phrase") ||
                     streq(ini->entries[i].key, "passphrase")) &&
                    *ini->entries[i].value)
                        return true;
        return false;
}

static int read_ini(const char *path, Ini *ret, char **reterr) {
        _cleanup_(ini_done) Ini ini = {};
        _cleanup_free_ char *text = NULL;
        struct stat st;
        size_t size;
        int r;

        r = file_read(path, CONFIG_SIZE_MAX, &text, &size, &st);
        if (r == -ENOENT)
                return fail(reterr, r, "%s: there is no such file: run 'oci setup config' or name another",
                            path);
        if (r < 0)
                return fail(reterr, r, "%s: cannot be read: %s", path, strerror(-r));
        r = ini_parse(path, text, size, &ini, reterr);
        OPENSSL_cleanse(text, size);
        if (r == 0 && holds_passphrase(&ini))
                r = check_mode(path, &st, "a pass phrase", reterr);
        if (r < 0)
                return r;
        *ret = ini;
        ini = (Ini){};
        return 0;
}

static const IniEntry *own_entry(const Loader *l, const char *key) {
        return ini_get(&l->ini, l->p->name, key);
}

static const IniEntry *entry(const Loader *l, const char *key) {
        return own_entry(l, key) ?: ini_get(&l->ini, "DEFAULT", key);
}

/* The value of a key that must be there. */
static int require(const Loader *l, const char *key, const IniEntry **ret) {
        const IniEntry *e = entry(l, key);

        if (!e)
                return fail(l->reterr, -EINVAL,
                            "%s: profile [%s] has no '%s', and [DEFAULT] has none to inherit: add %s=…",
                            l->p->file, l->p->name, key, key);
        if (!*e->value)
                return fail(l->reterr, -EINVAL, "%s:%u: '%s' is empty", l->p->file, e->line, key);
        *ret = e;
        return 0;
}

static int require_ocid(const Loader *l, const char *key, char **ret) {
        const char *why = "";
        const IniEntry *e = NULL;
        Ocid o;
        int r;

        r = require(l, key, &e);
        if (r < 0)
                return r;
        if (ocid_parse(e->value, &o, &why) < 0)
                return fail(l->reterr, -EINVAL, "%s:%u: '%s' is no OCID: it %s", l->p->file, e->line, key,
                            why);
        if (!streq(o.type, key))
                return fail(l->reterr, -EINVAL, "%s:%u: '%s' is the OCID of another type: ocid1.%s",
                            l->p->file, e->line, key, o.type);
        *ret = xstrdup(e->value);
        return 0;
}

static int require_region(const Loader *l, char **ret) {
        _cleanup_free_ char *lower = NULL;
        const char *known;
        const IniEntry *e;
        int r;

        r = require(l, "region", &e);
        if (r < 0)
                return r;
        known = oci_region_identifier(e->value);
        lower = str_lower(xstrdup(e->value));
        if (!known && !oci_region_is_valid(lower))
                return fail(l->reterr, -EINVAL, "%s:%u: 'region' is no region: write it like us-ashburn-1",
                            l->p->file, e->line);
        *ret = xstrdup(known ?: lower);
        return 0;
}

static int require_path(const Loader *l, const char *key, char **ret) {
        const IniEntry *e;
        int r;

        r = require(l, key, &e);
        if (r == 0)
                *ret = expand_home(e->value);
        return r;
}

/* Reads a file with a secret in it; 'key' is the config's word for it. */
static int read_secret(const OciProfile *p, const char *key, const char *path, size_t max, char **ret,
                       size_t *ret_size, struct stat *ret_stat, char **reterr) {
        _cleanup_free_ char *what = xasprintf("the %s of profile [%s]", key, p->name);
        _cleanup_secret_ char *text = NULL;
        int r;

        r = file_read(path, max, &text, ret_size, ret_stat);
        if (r < 0)
                return fail(reterr, r, "%s: profile [%s]: %s %s cannot be read: %s", p->file, p->name, key,
                            path, strerror(-r));
        r = check_mode(path, ret_stat, what, reterr);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(text);
        return 0;
}

static int read_key(const OciProfile *p, OciKey **ret, struct stat *ret_stat, char **reterr) {
        _cleanup_secret_ char *pem = NULL;
        const char *why;
        size_t size;
        int r;

        r = read_secret(p, "key_file", p->key_file, KEY_SIZE_MAX, &pem, &size, ret_stat, reterr);
        if (r < 0)
                return r;
        r = oci_key_from_pem(pem, size, p->passphrase, ret);
        if (r == 0)
                return 0;
        why = r == -ENOKEY            ? "is encrypted: add pass_phrase=… to the profile"
              : r == -EKEYREJECTED    ? "is encrypted, and the pass phrase does not open it"
              : r == -EPROTONOSUPPORT ? "holds a key that is not RSA: OCI signs with RSA only"
              : r == -ERANGE          ? "holds an RSA key of less than 2048 bits or more than 16384"
                                      : "holds no private key in PEM form";
        return fail(reterr, -EKEYREJECTED, "%s: profile [%s]: key_file %s %s", p->file, p->name, p->key_file,
                    why);
}

static int read_token(const OciProfile *p, char **ret, usec_t *ret_expiry, struct stat *ret_stat,
                      char **reterr) {
        _cleanup_secret_ char *text = NULL;
        size_t size;
        int r;

        r = read_secret(p, "security_token_file", p->token_file, JWT_SIZE_MAX, &text, &size, ret_stat,
                        reterr);
        if (r < 0)
                return r;
        r = strlen(text) == size ? jwt_expiry(str_trim(text), ret_expiry) : -EBADMSG;
        if (r < 0)
                return fail(reterr, -EINVAL,
                            "%s: profile [%s]: security_token_file %s holds no token with an expiry: run "
                            "'oci session "
                            "authenticate --profile-name %s'",
                            p->file, p->name, p->token_file, p->name);
        *ret = xstrdup(str_trim(text));
        return 0;
}

static int bad_key_id(const OciProfile *p, char **reterr) {
        return fail(reterr, -EINVAL, "%s: profile [%s] has a token with characters that no token has",
                    p->file, p->name);
}

/* Reads key and token, and replaces what the profile holds of them. Nothing changes on errors. */
static int read_session(OciProfile *p, usec_t now, char **reterr) {
        _cleanup_(oci_credential_unrefp) OciCredential *credential = NULL;
        _cleanup_(oci_key_unrefp) OciKey *key = NULL;
        _cleanup_secret_ char *token = NULL, *key_id = NULL;
        struct stat key_stat, token_stat;
        usec_t expiry;
        int r;

        r = read_token(p, &token, &expiry, &token_stat, reterr);
        if (r < 0)
                return r;
        r = read_key(p, &key, &key_stat, reterr);
        if (r < 0)
                return r;
        if (expiry <= now)
                return fail(reterr, -EKEYEXPIRED,
                            "%s: the session of profile [%s] is over: run 'oci session authenticate "
                            "--profile-name %s'",
                            p->file, p->name, p->name);
        key_id = xasprintf("ST$%s", token);
        credential = oci_credential_new(key_id, key, NULL);
        if (!credential)
                return bad_key_id(p, reterr);
        oci_credential_unref(p->credential);
        p->credential = TAKE_PTR(credential);
        p->token_expiry_usec = expiry;
        p->key_stat = key_stat;
        p->token_stat = token_stat;
        return 0;
}

/* A wrong fingerprint would only show as a 401, and not say why. Where there is no MD5 it cannot be
 * checked. */
static int check_fingerprint(const Loader *l, const IniEntry *e, const OciKey *key) {
        char actual[OCI_FINGERPRINT_SIZE];
        size_t n = strlen(e->value);
        bool ok = n == OCI_FINGERPRINT_SIZE - 1;

        for (size_t i = 0; ok && i < n; i++)
                ok = i % 3 == 2 ? e->value[i] == ':' : strchr("0123456789abcdef", e->value[i]) != NULL;
        if (!ok)
                return fail(l->reterr, -EINVAL,
                            "%s:%u: 'fingerprint' is not 16 pairs of lower-case hex digits joined by ':'",
                            l->p->file, e->line);
        if (oci_key_fingerprint(key, actual) == 0 && !streq(actual, e->value))
                return fail(l->reterr, -EKEYREJECTED,
                            "%s:%u: 'fingerprint' is %s, but that of %s is %s: name the other key, or "
                            "correct the line",
                            l->p->file, e->line, e->value, l->p->key_file, actual);
        return 0;
}

static int load_api_key(Loader *l) {
        _cleanup_(oci_key_unrefp) OciKey *key = NULL;
        _cleanup_secret_ char *key_id = NULL;
        const IniEntry *fingerprint;
        OciProfile *p = l->p;
        int r;

        r = require_ocid(l, "user", &p->user);
        if (r < 0)
                return r;
        r = require(l, "fingerprint", &fingerprint);
        if (r < 0)
                return r;
        r = read_key(p, &key, &p->key_stat, l->reterr);
        if (r < 0)
                return r;
        r = check_fingerprint(l, fingerprint, key);
        if (r < 0)
                return r;
        key_id = xasprintf("%s/%s/%s", p->tenancy, p->user, fingerprint->value);
        p->credential = oci_credential_new(key_id, key, NULL);
        p->token_expiry_usec = USEC_INFINITY;
        return p->credential ? 0 : bad_key_id(p, l->reterr);
}

static int load_session(Loader *l) {
        _cleanup_(oci_key_unrefp) OciKey *key = NULL;
        /* One that is inherited belongs to the API key of [DEFAULT]. */
        const IniEntry *fingerprint = own_entry(l, "fingerprint");
        OciProfile *p = l->p;
        int r;

        r = require_path(l, "security_token_file", &p->token_file);
        if (r < 0)
                return r;
        if (fingerprint && *fingerprint->value) {
                r = read_key(p, &key, &p->key_stat, l->reterr);
                if (r < 0)
                        return r;
                r = check_fingerprint(l, fingerprint, key);
                if (r < 0)
                        return r;
        }
        return read_session(p, 0, l->reterr);
}

static int check_profile_exists(const Loader *l) {
        _cleanup_free_ const char **names = NULL;
        const char *near;
        size_t n = 0;

        if (ini_has_section(&l->ini, l->p->name))
                return 0;
        for (size_t i = 0; i < l->ini.n_sections; i++)
                array_push(names, n, l->ini.sections[i].name);
        near = str_nearest(l->p->name, names, n);
        return fail(l->reterr, -ENOENT, "%s: there is no profile [%s]%s%s%s", l->p->file, l->p->name,
                    near ? ": did you mean [" : "", near ?: "", near ? "]?" : "");
}

static int check_kind(const Loader *l) {
        const IniEntry *type = entry(l, "authentication_type"), *content = entry(l, "key_content");

        if (type && *type->value)
                return fail(l->reterr, -EINVAL,
                            "%s:%u: 'authentication_type' %s is not supported: use an API key or a session "
                            "token",
                            l->p->file, type->line, type->value);
        if (content)
                return fail(l->reterr, -EINVAL,
                            "%s:%u: 'key_content' does not belong in a file: put the key in a file of its "
                            "own and name it "
                            "with key_file",
                            l->p->file, content->line);
        return 0;
}

static void set_passphrase(Loader *l, const char *given) {
        const IniEntry *e = entry(l, "pass_phrase") ?: entry(l, "passphrase");

        if (given)
                l->p->passphrase = xstrdup(given);
        else if (e && *e->value)
                l->p->passphrase = xstrdup(e->value);
}

static int load(Loader *l, const OciProfileOptions *o) {
        OciProfile *p = l->p;
        int r;

        r = read_ini(p->file, &l->ini, l->reterr);
        if (r < 0)
                return r;
        r = check_profile_exists(l);
        if (r < 0)
                return r;
        r = check_kind(l);
        if (r < 0)
                return r;
        set_passphrase(l, o->passphrase);
        p->auth = o->auth != OCI_AUTH_DECLARED          ? o->auth
                  : own_entry(l, "security_token_file") ? OCI_AUTH_SESSION_TOKEN
                                                        : OCI_AUTH_API_KEY;
        r = require_ocid(l, "tenancy", &p->tenancy);
        if (r < 0)
                return r;
        r = require_region(l, &p->region);
        if (r < 0)
                return r;
        r = require_path(l, "key_file", &p->key_file);
        if (r < 0)
                return r;
        return p->auth == OCI_AUTH_SESSION_TOKEN ? load_session(l) : load_api_key(l);
}

int oci_profile_load(const OciProfileOptions *o, OciProfile **ret, char **reterr) {
        _cleanup_(oci_profile_freep) OciProfile *p = xnew(OciProfile, 1);
        const char *name = o->profile ?: getenv("OCI_CLI_PROFILE");
        Loader l = { .p = p, .reterr = reterr };
        int r;

        p->file = find_file(o);
        p->name = xstrdup(isempty(name) ? "DEFAULT" : name);
        r = load(&l, o);
        ini_done(&l.ini);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(p);
        return 0;
}

OciProfile *oci_profile_free(OciProfile *p) {
        if (!p)
                return NULL;
        oci_credential_unref(p->credential);
        secret_free(p->passphrase);
        free(p->file);
        free(p->name);
        free(p->tenancy);
        free(p->user);
        free(p->region);
        free(p->key_file);
        free(p->token_file);
        free(p);
        return NULL;
}

/* True also when it cannot be looked at: reading it says why. */
static bool file_changed(const char *path, const struct stat *was) {
        struct stat is;

        return stat(path, &is) < 0 || is.st_ino != was->st_ino || is.st_dev != was->st_dev ||
               is.st_size != was->st_size || is.st_mtim.tv_sec != was->st_mtim.tv_sec ||
               is.st_mtim.tv_nsec != was->st_mtim.tv_nsec;
}

int oci_profile_refresh(OciProfile *p, usec_t now, char **reterr) {
        int r;

        if (p->auth == OCI_AUTH_API_KEY)
                return 0;
        /* The key too: a new login makes a new pair, and the two files are not written at once. */
        if (!file_changed(p->token_file, &p->token_stat) && !file_changed(p->key_file, &p->key_stat) &&
            p->token_expiry_usec > now)
                return 0;
        r = read_session(p, now, reterr);
        return r < 0 ? r : 1;
}
