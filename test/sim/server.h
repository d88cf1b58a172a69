/* Sockets: the TLS port that is the cloud, the control socket, and the loop that serves both together
 * with everybody's timers. One thread; a reply that takes its time holds up nobody else's. */
#pragma once

#include "forward.h"

typedef struct ServerConfig {
        const char *address;         /* numeric IPv4 */
        uint16_t port;               /* 0: any free one */
        const char *control_path;    /* of the control socket; replaced when it is there */
        const char *kubeconfig_path; /* written at start and whenever clusters come or go */
} ServerConfig;

/* Its certificates come from tls.c, to be opened before. 0, or a negative errno. */
int server_new(Sim *sim, const ServerConfig *config, Server **ret);
Server *server_free(Server *s);
uint16_t server_port(const Server *s);
/* Serves until SIGTERM or SIGINT. */
int server_run(Server *s);
