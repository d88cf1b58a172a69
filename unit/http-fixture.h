/* What the HTTP tests talk to: a scripted server that answers with exact bytes and can hold, drip,
 * truncate and reset; and a real one (libmicrohttpd), plain or with TLS. Both listen on any free port of
 * loopback and run on threads of their own. */
#pragma once

#include "base/alloc.h"

typedef enum RawThen {
        RAW_NEXT,  /* the next step answers the next request, on this connection while it lasts */
        RAW_CLOSE, /* the next step answers the next connection */
        RAW_RESET,
        RAW_HOLD, /* silent until the server is freed */
        RAW_DRIP, /* one byte every few milliseconds until the client goes away */
} RawThen;

/* Reads one request with its body, answers, goes on. */
typedef struct RawStep {
        const char *reply;
        RawThen then;
} RawStep;

typedef struct RawServer RawServer;

RawServer *raw_server_new(const RawStep *steps,
                          size_t n); /* borrows the steps; after the last one it holds */
RawServer *raw_server_free(RawServer *s);
DEFINE_CLEANUP(RawServer *, raw_server_free);
unsigned raw_server_port(const RawServer *s);
unsigned raw_server_connections(RawServer *s);
char *raw_server_request(RawServer *s,
                         size_t i); /* the i-th request's text, NULL when there was none; the caller frees */

typedef struct RealServer RealServer;

/* Answers GET /n with n bytes 'x', anything else with the request's body. 'certificate' and 'key' (PEM):
 * TLS. */
RealServer *real_server_new(const char *certificate, const char *key);
RealServer *real_server_free(RealServer *s);
DEFINE_CLEANUP(RealServer *, real_server_free);
unsigned real_server_port(const RealServer *s);
unsigned real_server_connections(const RealServer *s);

/* A port where nobody listens, as long as the returned descriptor is open. */
int refusing_port(unsigned *ret_port);

/* An authority and a server certificate that it signed for the DNS name, valid now; PEM, the caller
 * frees. */
void make_certificates(const char *name, char **ret_ca, char **ret_certificate, char **ret_key);
