/* The server's certificate. Its names change while it serves: clusters, and with them addresses that clients verify, come and
 * go, and a client that connects to an address does not say to which. So there is one certificate for all names, issued anew
 * when a handshake finds that they are others than before. */
#pragma once

#include <gnutls/abstract.h>

#include "credentials.h"

/* For MHD_OPTION_HTTPS_CERT_CALLBACK2; tls_open() before. */
int tls_retrieve(gnutls_session_t session, const struct gnutls_cert_retr_st *info,
                 gnutls_pcert_st **certificates, unsigned *n_certificates, gnutls_ocsp_data_st **ocsp,
                 unsigned *n_ocsp, gnutls_privkey_t *key, unsigned *flags);

/* 'hosts' are the names that are always there. All borrowed until tls_close(). */
void tls_open(Sim *sim, Credentials *credentials, char *const *hosts, const char *address);
void tls_close(void);

/* The name that the client gave in its hello; NULL when it gave none. The caller frees. */
char *tls_server_name(gnutls_session_t session);
