/* What the files of the server share about its inside. server.c speaks libmicrohttpd; accept.c lets clients in; route.c decides
 * who may ask what; read.c and change.c answer; follow.c streams. */
#pragma once

#include <microhttpd.h>

#include "peer.h"
#include "render.h"

#define CONNECTIONS_MAX      128
#define CONNECTIONS_RESERVED 32 /* on top, for those who may change something */
#define FOLLOWERS_MAX        64
#define CONNECTION_TIMEOUT_S 30
#define CONNECTION_MEMORY    ((size_t) 32 * 1024)
#define BODY_MAX             ((size_t) 64 * 1024)
#define BODY_PLAN_MAX        ((size_t) 8 * 1024 * 1024)
#define BODY_DROPPED_MAX \
        (2 * BODY_PLAN_MAX) /* so much of a refused body is read, for the client to read why */
#define REPLIES_MAX \
        ((size_t) 64 * 1024 * 1024) /* bytes that slow readers may keep us holding, all together */
#define HEARTBEAT_USEC (15 * USEC_PER_SEC)
#define REASON_MAX     500

typedef struct Follower Follower;
typedef struct Route Route;

struct Server {
        ServerOptions options;
        char *path;
        PeerRules rules;
        uv_loop_t *loop;
        struct MHD_Daemon *http;
        int listen_fd;
        uv_poll_t listening;
        uv_timer_t rest;      /* runs while no descriptor is left for a client */
        usec_t complained_at; /* monotonic: when that was last so */
        uv_poll_t poll;       /* libmicrohttpd's connections */
        uv_timer_t timer;     /* libmicrohttpd's own timeouts */
        uv_timer_t heartbeat; /* runs while somebody follows */
        unsigned n_handles;   /* open ones */
        bool stopping;
        size_t replies_size; /* bytes of replies that are not sent yet */
        Follower *followers; /* utlist */
        size_t n_followers;
};

/* What a handler answers. */
typedef struct Reply {
        unsigned status;
        const char *type; /* static */
        char *text;       /* NULL: no body */
        size_t size;
        bool follow; /* instead of a body: the events after 'after', and those to come */
        uint64_t after;
} Reply;

/* One request, from its first line to its end. */
typedef struct Request {
        struct MHD_Connection *connection;
        const Route *route;
        Str text;       /* the body */
        size_t dropped; /* bytes of a body that nobody wants */
        cJSON *body;    /* its object; NULL: there was none */
        Peer peer;
        Reply refusal; /* decided before the body came; status 0: go on */
} Request;

enum {
        ROUTE_CHANGES = 1 << 0, /* for those who may change */
        ROUTE_GUARDED = 1 << 1, /* wants the header and a local Host */
        ROUTE_ALWAYS = 1 << 2,  /* answers before a spec runs */
};

struct Route {
        const char *method, *path;
        unsigned flags;
        size_t body_max;
        const char *const *members; /* that a body may have, NULL-terminated; NULL: none */
        void (*handle)(Server *s, const Request *q, Reply *ret);
};

void reply_json(Reply *ret, unsigned status, cJSON *taken);
void reply_text(Reply *ret, unsigned status, const char *type, char *taken);
void reply_error(Reply *ret, unsigned status, const char *code, const char *format, ...) _printf_(4, 5);

/* route.c */
/* The route of a request; NULL and a refusal in *ret when there is none. */
const Route *server_route_find(const char *method, const char *path, Reply *ret);
/* Whether the peer may; a refusal in *ret when not. */
bool route_admits(const Server *s, const Request *q, Reply *ret);
/* Parses the body and answers. */
void route_handle(Server *s, Request *q, Reply *ret);

const char *request_argument(const Request *q,
                             const char *name); /* of the query; borrowed, NULL when absent */

/* read.c */
void read_index(Server *s, const Request *q, Reply *ret);
void read_healthz(Server *s, const Request *q, Reply *ret);
void read_readyz(Server *s, const Request *q, Reply *ret);
void read_status(Server *s, const Request *q, Reply *ret);
void read_plan(Server *s, const Request *q, Reply *ret);
void read_explain(Server *s, const Request *q, Reply *ret);
void read_events(Server *s, const Request *q, Reply *ret);
void read_candidate(Server *s, const Request *q, Reply *ret); /* POST /plan */
/* A resource by its address; NULL, and 404 with the nearest known one. */
const Resource *find_resource(Server *s, const char *address, Reply *ret);

/* change.c */
void change_approve(Server *s, const Request *q, Reply *ret);
void change_pause(Server *s, const Request *q, Reply *ret);
void change_resume(Server *s, const Request *q, Reply *ret);
void change_reload(Server *s, const Request *q, Reply *ret);
void change_reconcile(Server *s, const Request *q, Reply *ret);

/* follow.c */
struct MHD_Response *follow_new(Server *s, struct MHD_Connection *connection, uint64_t after);
void follow_notify(void *userdata); /* EventsNotify: userdata is the Server */
void follow_heartbeat(uv_timer_t *timer);
void follow_end_all(Server *s);

/* listen.c */
/* A listening socket; -EADDRINUSE when another process listens there. What a dead one left is removed. */
int listen_unix(const char *path, const PeerRules *rules, int *ret, char **reterr);

/* accept.c */
/* Waits for clients on the listening socket. */
void accept_start(Server *s);

/* server.c */
/* Lets libmicrohttpd run soon: something for a connection has changed. */
void server_kick(Server *s);
