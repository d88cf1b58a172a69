/* GnuTLS asks for the certificate at each handshake, and hands its callback nothing of ours: hence the one static. */
#include "tls.h"

#include <gnutls/gnutls.h>

#include "base/alloc.h"
#include "kube/kube.h"

static struct {
        Sim *sim;
        Credentials *credentials;
        char *const *hosts;
        const char *address;
        char **names; /* of 'pem' */
        char *pem;
} tls;

void tls_open(Sim *sim, Credentials *credentials, char *const *hosts, const char *address) {
        tls.sim = sim;
        tls.credentials = credentials;
        tls.hosts = hosts;
        tls.address = address;
}

void tls_close(void) {
        strv_free(tls.names);
        free(tls.pem);
        memset(&tls, 0, sizeof tls);
}

static bool strv_equal(char *const *a, char *const *b) {
        size_t n = strv_length(a);

        if (n != strv_length(b))
                return false;
        for (size_t i = 0; i < n; i++)
                if (!streq(a[i], b[i]))
                        return false;
        return true;
}

/* The certificate for what is there now. Borrowed; NULL when OpenSSL refuses. */
static const char *current_pem(void) {
        _cleanup_(strv_freep) char **names = NULL;

        strv_push(&names, tls.address);
        strv_push(&names, "localhost");
        for (size_t i = 0; tls.hosts[i]; i++)
                strv_push(&names, tls.hosts[i]);
        kube_add_names(tls.sim, &names);
        if (tls.pem && strv_equal(names, tls.names))
                return tls.pem;
        free(tls.pem);
        strv_free(tls.names);
        tls.pem = credentials_issue(tls.credentials, names);
        tls.names = TAKE_PTR(names);
        return tls.pem;
}

static gnutls_datum_t datum(const char *text) {
        return (gnutls_datum_t){ .data = (unsigned char *) text, .size = (unsigned) strlen(text) };
}

int tls_retrieve(gnutls_session_t session, const struct gnutls_cert_retr_st *info,
                 gnutls_pcert_st **certificates, unsigned *n_certificates, gnutls_ocsp_data_st **ocsp,
                 unsigned *n_ocsp, gnutls_privkey_t *key, unsigned *flags) {
        const char *pem = current_pem();
        gnutls_datum_t certificate, secret = datum(tls.credentials->server_key_pem);
        gnutls_pcert_st *c;

        if (!pem)
                return -1;
        certificate = datum(pem);
        c = gnutls_malloc(sizeof *c); /* GnuTLS frees it: a later handshake may have another */
        if (!c)
                return -1;
        if (gnutls_pcert_import_x509_raw(c, &certificate, GNUTLS_X509_FMT_PEM, 0) < 0) {
                gnutls_free(c);
                return -1;
        }
        if (gnutls_privkey_init(key) < 0 ||
            gnutls_privkey_import_x509_raw(*key, &secret, GNUTLS_X509_FMT_PEM, NULL, 0) < 0) {
                gnutls_pcert_deinit(c);
                gnutls_free(c);
                return -1;
        }
        *certificates = c;
        *n_certificates = 1;
        *ocsp = NULL;
        *n_ocsp = 0;
        *flags = GNUTLS_CERT_RETR_DEINIT_ALL;
        return 0;
}

char *tls_server_name(gnutls_session_t session) {
        char name[256];
        size_t size = sizeof name;
        unsigned type;

        if (gnutls_server_name_get(session, name, &size, &type, 0) < 0 || type != GNUTLS_NAME_DNS)
                return NULL;
        return xstrndup(name, size);
}
