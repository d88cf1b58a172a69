/* What a rehearsal needs to connect: a throw-away CA and server certificate, the API key, and the files
 * in DIR that name them. */
#include "credentials.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "base/str.h"
#include "sim.h"

void credentials_done(Credentials *c) {
        free(c->ca_pem);
        free(c->server_key_pem);
        free(c->api_key_pem);
        EVP_PKEY_free(c->ca_key);
        EVP_PKEY_free(c->server_key);
        X509_free(c->ca);
        *c = (Credentials){};
}

static char *bio_text(BIO *bio) {
        char *data;
        long n = BIO_get_mem_data(bio, &data);
        char *text = xstrndup(data, (size_t) n);

        BIO_free(bio);
        return text;
}

static char *key_pem(EVP_PKEY *key) {
        BIO *bio = BIO_new(BIO_s_mem());

        PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
        return bio_text(bio);
}

static char *certificate_pem(X509 *x) {
        BIO *bio = BIO_new(BIO_s_mem());

        PEM_write_bio_X509(bio, x);
        return bio_text(bio);
}

/* MD5 of the DER SubjectPublicKeyInfo, as 16 pairs. */
static char *key_fingerprint(EVP_PKEY *key) {
        unsigned char *der = NULL, digest[EVP_MAX_MD_SIZE];
        unsigned n_digest = 0;
        _cleanup_str_ Str s = {};
        int n;

        n = i2d_PUBKEY(key, &der);
        if (n < 0 || EVP_Digest(der, (size_t) n, digest, &n_digest, EVP_md5(), NULL) != 1)
                n_digest = 0;
        OPENSSL_free(der);
        for (unsigned i = 0; i < n_digest; i++)
                str_addf(&s, "%s%02x", i > 0 ? ":" : "", digest[i]);
        return str_take(&s);
}

static int add_extension(X509 *x, X509 *issuer, int nid, const char *value) {
        X509V3_CTX ctx;
        X509_EXTENSION *e;
        int r;

        X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
        X509V3_set_ctx_nodb(&ctx);
        e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
        if (!e)
                return -EINVAL;
        r = X509_add_ext(x, e, -1);
        X509_EXTENSION_free(e);
        return r == 1 ? 0 : -EINVAL;
}

static X509 *certificate_new(EVP_PKEY *key, const char *name, X509 *issuer, long serial) {
        X509 *x = X509_new();
        X509_NAME *subject = X509_get_subject_name(x);

        X509_set_version(x, X509_VERSION_3);
        ASN1_INTEGER_set(X509_get_serialNumber(x), serial);
        X509_gmtime_adj(X509_getm_notBefore(x), -86400);
        X509_gmtime_adj(X509_getm_notAfter(x), 365L * 86400);
        X509_set_pubkey(x, key);
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *) name, -1, -1, 0);
        X509_set_issuer_name(x, issuer ? X509_get_subject_name(issuer) : subject);
        return x;
}

static char *alternative_names(char *const *names) {
        _cleanup_str_ Str s = {};
        unsigned char address[16];

        for (size_t i = 0; names[i]; i++) {
                bool numeric = inet_pton(AF_INET, names[i], address) == 1 ||
                               inet_pton(AF_INET6, names[i], address) == 1;

                str_addf(&s, "%s%s:%s", i > 0 ? "," : "", numeric ? "IP" : "DNS", names[i]);
        }
        return str_take(&s);
}

char *credentials_issue(Credentials *c, char *const *names) {
        _cleanup_free_ char *alternatives = alternative_names(names);
        X509 *x = certificate_new(c->server_key, "tandem-sim", c->ca, ++c->serial);
        char *pem = NULL;

        if (add_extension(x, c->ca, NID_basic_constraints, "critical,CA:FALSE") >= 0 &&
            add_extension(x, c->ca, NID_key_usage, "critical,digitalSignature") >= 0 &&
            add_extension(x, c->ca, NID_ext_key_usage, "serverAuth") >= 0 &&
            add_extension(x, c->ca, NID_subject_key_identifier, "hash") >= 0 &&
            add_extension(x, c->ca, NID_authority_key_identifier, "keyid") >= 0 &&
            add_extension(x, c->ca, NID_subject_alt_name, alternatives) >= 0 &&
            X509_sign(x, c->ca_key, EVP_sha256()) != 0)
                pem = certificate_pem(x);
        X509_free(x);
        return pem;
}

static int make_tls(Credentials *c) {
        c->ca_key = EVP_EC_gen("P-256");
        c->server_key = EVP_EC_gen("P-256");
        if (!c->ca_key || !c->server_key)
                return -EIO;
        c->ca = certificate_new(c->ca_key, "tandem-sim throw-away CA", NULL, ++c->serial);
        if (add_extension(c->ca, c->ca, NID_basic_constraints, "critical,CA:TRUE") < 0 ||
            add_extension(c->ca, c->ca, NID_key_usage, "critical,keyCertSign,cRLSign") < 0 ||
            add_extension(c->ca, c->ca, NID_subject_key_identifier, "hash") < 0 ||
            X509_sign(c->ca, c->ca_key, EVP_sha256()) == 0)
                return -EIO;
        c->ca_pem = certificate_pem(c->ca);
        c->server_key_pem = key_pem(c->server_key);
        return 0;
}

static EVP_PKEY *key_from_pem(const char *pem) {
        BIO *bio = BIO_new_mem_buf(pem, -1);
        EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);

        BIO_free(bio);
        return key;
}

int credentials_make(Sim *sim, const char *api_key_pem, Credentials *ret) {
        _cleanup_(credentials_done) Credentials c = {};
        int r;

        r = make_tls(&c);
        if (r < 0)
                return r;
        if (api_key_pem)
                sim->key = key_from_pem(api_key_pem);
        if (!sim->key)
                sim->key = EVP_RSA_gen(2048);
        if (!sim->key)
                return -EIO;
        sim->key_fingerprint = key_fingerprint(sim->key);
        c.api_key_pem = key_pem(sim->key);
        *ret = c;
        c = (Credentials){};
        return 0;
}
