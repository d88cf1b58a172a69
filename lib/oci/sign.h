/* Request signing, version 1: RSA PKCS#1 v1.5 with SHA-256 over chosen headers. RSA only, 2048 bits or more.
 *
 * Keys, tokens and signed headers are secrets. Their types are opaque and nothing here prints them; what had
 * to be text for a while is wiped before it is freed. */
#pragma once

#include "base/alloc.h"
#include "base/time-util.h"
#include "forward.h"

/* Reads a private key: PKCS#8 or PKCS#1, plain or encrypted; what stands before or after the PEM block is
 * ignored. 'passphrase' may be NULL; one for a key that is not encrypted is ignored, and nobody is ever
 * asked on a terminal.
 *   -EBADMSG          no private key in PEM form in it
 *   -ENOKEY           encrypted, and there is no pass phrase
 *   -EKEYREJECTED     the pass phrase does not fit (or the block is damaged)
 *   -EPROTONOSUPPORT  no RSA key
 *   -ERANGE           shorter than 2048 bits or longer than 16384 */
int oci_key_from_pem(const char *pem, size_t size, const char *passphrase, OciKey **ret);
OciKey *oci_key_ref(OciKey *key);
OciKey *oci_key_unref(OciKey *key);
DEFINE_CLEANUP(OciKey *, oci_key_unref);

/* MD5 of the public key's DER: "cc:f8:…", 47 characters. -EOPNOTSUPP where MD5 is switched off (FIPS). */
#define OCI_FINGERPRINT_SIZE 48
int oci_key_fingerprint(const OciKey *key, char ret[static OCI_FINGERPRINT_SIZE]);

/* A key together with the name that it signs under: "TENANCY/USER/FINGERPRINT" or "ST$TOKEN"; immutable, so
 * that no request meets a new token with an old key. 'delegation_token' (opc-obo-token) may be NULL. Takes a
 * reference on the key. NULL when the name or the token holds a character that would break a header:
 * anything but visible ASCII, or a '"'. */
OciCredential *oci_credential_new(const char *key_id, OciKey *key, const char *delegation_token);
OciCredential *oci_credential_ref(OciCredential *c);
OciCredential *oci_credential_unref(OciCredential *c);
DEFINE_CLEANUP(OciCredential *, oci_credential_unref);

/* Holds the credential of a principal and lets it be swapped while calls run: each attempt signs with what
 * is there then. */
OciSigner *oci_signer_new(OciCredential *credential); /* takes a reference; NULL: none yet */
OciSigner *oci_signer_ref(OciSigner *s);
OciSigner *oci_signer_unref(OciSigner *s);
DEFINE_CLEANUP(OciSigner *, oci_signer_unref);
void oci_signer_set_credential(OciSigner *s, OciCredential *credential);
OciCredential *oci_signer_credential(
        const OciSigner *s); /* borrowed until the next swap; NULL when there is none */

/* An URL in the parts that are signed. Host: lower case, the port only when it is not the scheme's own.
 * Target: path and query as they go out; an empty path is "/", bytes that no request line may hold are
 * escaped, all else is left as it is. */
typedef struct OciUrl {
        bool plain; /* http instead of https */
        char *host;
        char *target;
} OciUrl;

int oci_url_parse(const char *url, OciUrl *ret); /* -EINVAL */
void oci_url_done(OciUrl *u);
char *oci_url_text(const OciUrl *u); /* what is to be requested; the caller frees */

/* What is signed. Everything is borrowed. The body is hashed as it is: it must go out unchanged. */
typedef struct OciSignInput {
        const char *method; /* upper case */
        const char *host;
        const char *target;
        usec_t date_usec;         /* since the epoch; more than 5 minutes off is a 401 */
        const char *content_type; /* NULL: application/json; used with POST, PUT, PATCH */
        const void *body;
        size_t body_size;
        bool exclude_body; /* PutObject, UploadPart: only the general headers are signed */
        /* The headers to sign, in order; NULL: as the SDKs for Go, Python and Java have them: date
         * (request-target) host [opc-obo-token] [content-length content-type x-content-sha256]. "x-date"
         * instead of "date" is possible. */
        const char *const *order;
} OciSignInput;

/* The text that is signed, for tests and for looking into a 401; the caller frees. -EINVAL when 'order'
 * names something else. */
int oci_signing_string(const OciCredential *c, const OciSignInput *in, char **ret);

/* The header lines "name: value" that must be sent with the request: date, those of the body, opc-obo-token,
 * authorization. Host and Content-Length are signed too but left to the transport, which sends what was
 * signed. Free with oci_headers_free(), which wipes. -ENOKEY without a credential, -EIO when OpenSSL
 * refuses. */
int oci_sign(const OciCredential *c, const OciSignInput *in, char ***ret);
char **oci_headers_free(char **headers);
DEFINE_CLEANUP(char **, oci_headers_free);

/* A signed GET as one URL, with the signature in its query: OKE's bearer tokens are made of it. The caller
 * wipes and frees it. */
int oci_presign_url(const OciCredential *c, const char *url, usec_t date_usec, char **ret);
