/* The daemon's HTTP server on its Unix socket: what is known may be read, what people say may be written. It runs inside the
 * daemon's loop (libmicrohttpd's epoll descriptor is one more handle there), never waits for the cloud, and holds no state but
 * its connections. Who may do what is decided per request from the peer's credentials; see peer.h. */
#pragma once

#include <uv.h>

#include "engine/engine.h"

typedef struct Server Server;

/* What the running spec is, and what was refused since. Texts are borrowed. */
typedef struct SpecStatus {
        const char *running;  /* digest */
        usec_t loaded_at;     /* realtime */
        const char *rejected; /* digest of the refused text; NULL: the spec on disk is the running one */
        const cJSON *errors;  /* [{file, line, column, message}] of the refused one */
} SpecStatus;

typedef struct ServerOptions {
        const char *path;    /* of the socket; copied. Its directory is made when it is missing */
        const char *version; /* static */
        Engine *engine; /* not owned, like the next two; it must not be freed before the server is stopped */
        Words *words;
        Events *events;    /* the server is its subscriber until it is stopped */
        usec_t started_at; /* realtime */

        void (*spec_status)(SpecStatus *ret, void *userdata);
        /* Loads --specs again. With 'plan' only when what is on disk now would still give the plan with that digest. On failure
         * *ret_code is a static word for programs ("spec-rejected", "plan-changed") and *reterr the reason, the caller's. */
        int (*reload)(const char *plan, const char **ret_code, char **reterr, void *userdata);
        void *userdata;
} ServerOptions;

/* Begins to listen. -EADDRINUSE when somebody listens there already; *reterr says what went wrong and is the caller's. */
int server_new(uv_loop_t *loop, const ServerOptions *options, Server **ret, char **reterr);
/* Closes every connection and the handles, and removes the socket; the loop must run dry before server_free(). */
void server_stop(Server *s);
Server *server_free(Server *s);
DEFINE_CLEANUP(Server *, server_free);
