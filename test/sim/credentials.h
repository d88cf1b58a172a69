/* Keys and certificates that are made at each start and protect nothing. */
#pragma once

#include "forward.h"

typedef struct Credentials {
        char *ca_pem, *server_key_pem;
        char *api_key_pem;
        EVP_PKEY *ca_key, *server_key;
        X509 *ca;
        long serial; /* of the last certificate */
} Credentials;

/* Makes all of them; but for the API key where 'api_key_pem' (or NULL) holds a usable one: it is used again. It goes into
 * the simulator, too. Negative when OpenSSL refuses. */
int credentials_make(Sim *sim, const char *api_key_pem, Credentials *ret);
void credentials_done(Credentials *c);

/* A certificate of the server's key for these names and numeric addresses (NULL-terminated), as PEM; NULL when OpenSSL
 * refuses. The caller frees. */
char *credentials_issue(Credentials *c, char *const *names);
