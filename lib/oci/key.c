/* RSA keys out of PEM text, and the credentials made of them. */
#include "sign.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "credential.h"

#define BITS_MIN 2048
#define BITS_MAX 16384

struct OciKey {
        unsigned n_ref;
        EVP_PKEY *pkey; /* OpenSSL wipes the private parts when it is freed */
};

struct OciSigner {
        unsigned n_ref;
        OciCredential *credential;
};

typedef struct Passphrase {
        const char *text; /* may be NULL */
        bool asked;
} Passphrase;

/* OpenSSL asks on the terminal when there is no callback, so there always is one. */
static int on_passphrase(char *buffer, int size, int writing, void *userdata) {
        Passphrase *p = userdata;
        size_t n;

        p->asked = true;
        if (!p->text)
                return -1;
        n = strlen(p->text);
        if (n > (size_t) size)
                return -1;
        memcpy(buffer, p->text, n);
        return (int) n;
}

static EVP_PKEY *read_pem(const char *pem, size_t size, Passphrase *passphrase) {
        EVP_PKEY *pkey;
        BIO *bio;

        if (size > INT32_MAX)
                return NULL;
        bio = BIO_new_mem_buf(pem, (int) size);
        if (!bio)
                abort();
        pkey = PEM_read_bio_PrivateKey(bio, NULL, on_passphrase, passphrase);
        BIO_free(bio);
        ERR_clear_error();
        return pkey;
}

int oci_key_from_pem(const char *pem, size_t size, const char *passphrase, OciKey **ret) {
        Passphrase p = { .text = passphrase };
        EVP_PKEY *pkey = read_pem(pem, size, &p);
        OciKey *key;
        int bits;

        if (!pkey)
                return !p.asked ? -EBADMSG : passphrase ? -EKEYREJECTED : -ENOKEY;
        bits = EVP_PKEY_get_bits(pkey);
        if (!EVP_PKEY_is_a(pkey, "RSA") || bits < BITS_MIN || bits > BITS_MAX) {
                bool is_rsa = EVP_PKEY_is_a(pkey, "RSA");

                EVP_PKEY_free(pkey);
                return is_rsa ? -ERANGE : -EPROTONOSUPPORT;
        }
        key = xnew(OciKey, 1);
        *key = (OciKey){ .n_ref = 1, .pkey = pkey };
        *ret = key;
        return 0;
}

OciKey *oci_key_ref(OciKey *key) {
        key->n_ref++;
        return key;
}

OciKey *oci_key_unref(OciKey *key) {
        if (key && --key->n_ref == 0) {
                EVP_PKEY_free(key->pkey);
                free(key);
        }
        return NULL;
}

int oci_key_fingerprint(const OciKey *key, char ret[static OCI_FINGERPRINT_SIZE]) {
        static const char hex[] = "0123456789abcdef";
        unsigned char digest[EVP_MAX_MD_SIZE], *der = NULL;
        unsigned size = 0;
        int n = i2d_PUBKEY(key->pkey, &der), ok;

        if (n < 0)
                abort();
        ok = EVP_Digest(der, (size_t) n, digest, &size, EVP_md5(), NULL);
        OPENSSL_free(der);
        ERR_clear_error();
        if (!ok)
                return -EOPNOTSUPP;
        assert(size * 3 == OCI_FINGERPRINT_SIZE);
        for (unsigned i = 0; i < size; i++) {
                ret[3 * i] = hex[digest[i] >> 4];
                ret[3 * i + 1] = hex[digest[i] & 15];
                ret[3 * i + 2] = i + 1 < size ? ':' : '\0';
        }
        return 0;
}

int oci_key_sign(const OciKey *key, const void *data, size_t size, unsigned char **ret, size_t *ret_size) {
        EVP_MD_CTX *context = EVP_MD_CTX_new();
        size_t n = (size_t) EVP_PKEY_get_size(key->pkey);
        unsigned char *signature = xmalloc(n);
        bool ok;

        if (!context)
                abort();
        ok = EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key->pkey) == 1 &&
             EVP_DigestSign(context, signature, &n, data, size) == 1;
        EVP_MD_CTX_free(context);
        ERR_clear_error();
        if (!ok) {
                free(signature);
                return -EIO;
        }
        *ret = signature;
        *ret_size = n;
        return 0;
}

static bool fits_header(const char *s) {
        for (; *s; s++)
                if (*s <= 0x20 || *s >= 0x7f || *s == '"')
                        return false;
        return true;
}

OciCredential *oci_credential_new(const char *key_id, OciKey *key, const char *delegation_token) {
        OciCredential *c;

        if (isempty(key_id) || !fits_header(key_id))
                return NULL;
        if (delegation_token && (!*delegation_token || !fits_header(delegation_token)))
                return NULL;
        c = xnew(OciCredential, 1);
        *c = (OciCredential){
                .n_ref = 1,
                .key_id = xstrdup(key_id),
                .delegation_token = xstrdup(delegation_token),
                .key = oci_key_ref(key),
        };
        return c;
}

OciCredential *oci_credential_ref(OciCredential *c) {
        c->n_ref++;
        return c;
}

OciCredential *oci_credential_unref(OciCredential *c) {
        if (c && --c->n_ref == 0) {
                secret_free(c->key_id);
                secret_free(c->delegation_token);
                oci_key_unref(c->key);
                free(c);
        }
        return NULL;
}

OciSigner *oci_signer_new(OciCredential *credential) {
        OciSigner *s = xnew(OciSigner, 1);

        *s = (OciSigner){ .n_ref = 1, .credential = credential ? oci_credential_ref(credential) : NULL };
        return s;
}

OciSigner *oci_signer_ref(OciSigner *s) {
        s->n_ref++;
        return s;
}

OciSigner *oci_signer_unref(OciSigner *s) {
        if (s && --s->n_ref == 0) {
                oci_credential_unref(s->credential);
                free(s);
        }
        return NULL;
}

void oci_signer_set_credential(OciSigner *s, OciCredential *credential) {
        OciCredential *old = s->credential;

        s->credential = credential ? oci_credential_ref(credential) : NULL;
        oci_credential_unref(old);
}

OciCredential *oci_signer_credential(const OciSigner *s) {
        return s->credential;
}
