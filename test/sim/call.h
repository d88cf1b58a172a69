/* One request on its way through the simulator, and the reply that it gets. Knows nothing of sockets: TLS
 * clients and console hands come in the same way. */
#pragma once

#include "base/str.h"
#include "sim.h"

#define N_QUERY_MAX   32
#define N_CLAIMS_MAX  4
#define N_HEADERS_MAX 24

typedef struct QueryParam {
        char *name, *value; /* decoded */
} QueryParam;

typedef struct ReplyHeader {
        char *name, *value;
} ReplyHeader;

struct Call {
        Sim *sim;
        Region *region;        /* NULL until the host was understood */
        const char *service;   /* "iaas", "identity" …, of that host */
        const char *principal; /* name of the user; NULL until known. Lives as long as the simulator. */

        bool is_kube;      /* the host is a cluster's endpoint */
        char *server_name; /* of the TLS connection, as the client gave it; NULL when it gave none */

        char *method, *target, *path, *host; /* target = path[?query] as sent */
        QueryParam query[N_QUERY_MAX];
        size_t n_query;
        cJSON *headers; /* request headers, lower-case name → value; an array when it came twice */
        const char *if_match, *retry_token; /* borrowed from 'headers' */
        const char *body;                   /* borrowed, body_size bytes */
        size_t body_size;
        bool stale;       /* show things as before the region's last mutating request */
        bool repeat_page; /* a list leads to the same page again */
        usec_t skew_usec; /* how far the clock that judges this call is ahead of the others */

        const char *
                tail; /* of an action whose name ends in '*': what stood there. Borrowed from route_path(). */

        Object *claims[N_CLAIMS_MAX]; /* what is busy while this is processed; borrowed */
        size_t n_claims;

        unsigned status;          /* 0: not decided */
        char *reply;              /* NULL: no body */
        const char *content_type; /* NULL: as always. Borrowed. */
        KubeWatch *watch;         /* the body is its stream; NULL: it is 'reply' */
        char request_id[97];
        ReplyHeader reply_headers[N_HEADERS_MAX];
        size_t n_reply_headers;
        usec_t delay_usec; /* how long the reply takes */
};

/* 'target' is what the request line says. A malformed one is answered when the call is handled. */
void call_init(Call *c, Sim *sim, const char *method, const char *target);
void call_done(Call *c);
/* Adds a request header; more than a hundred are ignored (the server's memory limit is hit first). */
void call_add_header(Call *c, const char *name, const char *value);
const char *call_header(const Call *c, const char *lower_name); /* NULL when absent or there twice */

usec_t call_wall_clock(const Call *c); /* sim_wall_clock(), as this call meets it */
bool call_is_mutating(const Call *c);  /* not GET or HEAD, and not one of the POSTs that only read */
const char *call_query(const Call *c, const char *name); /* NULL when absent */

/* Replies. call_fail() returns -EBADMSG so that a handler can 'return call_fail(…)'; it keeps the first
 * failure. */
int call_fail(Call *c, unsigned status, const char *code, const char *format, ...) _printf_(4, 5);
/* The pair [status, code] of an option decides. */
int call_fail_option(Call *c, const char *option, const char *format, ...) _printf_(3, 4);
int call_not_found(Call *c); /* 404 NotAuthorizedOrNotFound, as the service words it */
int call_reply(Call *c, unsigned status, cJSON *body); /* takes 'body' over; NULL: none. Returns 0. */
int call_reply_text(Call *c, unsigned status, const char *content_type, const char *text); /* returns 0 */
void call_add_reply_header(Call *c, const char *name, const char *value);
/* A header of the reply that was set, or NULL. */
const char *call_reply_header(const Call *c, const char *name);
/* The object as the API shows it to this call, with an etag where the operation returns one. Returns 0. */
int call_reply_object(Call *c, unsigned status, Object *o, bool with_etag);

/* The object's body or items as this call sees them, NULL when it did not exist yet (stale). Borrowed. */
const cJSON *call_view(const Call *c, const Object *o);
const cJSON *call_view_items(const Call *c, const Object *o);
/* A copy of a body made ready for the wire, for a list: rules in another order, options applied. */
cJSON *call_render(Call *c, const Object *o, const cJSON *body);
void call_shuffle(Call *c, cJSON *array);

/* Busy parents: claims 'o' for a mutation. 409 IncorrectState when it is in transition, or when another
 * mutation of it or of a child is still being processed. A call that succeeds keeps it busy until its
 * reply. */
int call_claim(Call *c, Object *o);
/* 412 when the request has an if-match that is not the object's etag. */
int call_check_etag(Call *c, const Object *o);
/* Parses the body into *ret (the caller deletes): an object, or a 400. An empty body is {} if 'optional'. */
int call_parse_body(Call *c, bool optional, cJSON **ret);
