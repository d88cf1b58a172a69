/* Keys and certificates that are made at each start and protect nothing. */
#pragma once

#include "forward.h"

typedef struct Credentials {
        char *ca_pem, *server_pem, *server_key_pem; /* server_pem: the certificate alone */
        char *api_key_pem;
} Credentials;

/* Makes all of them, for 'hosts' (NULL-terminated) and the address; but for the API key where 'api_key_pem' (or NULL) holds a usable
 * one: it is used again. It goes into the simulator, too. Negative when OpenSSL refuses. */
int credentials_make(Sim *sim, char *const *hosts, const char *address, const char *api_key_pem,
                     Credentials *ret);
void credentials_done(Credentials *c);
