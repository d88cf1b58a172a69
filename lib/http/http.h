/* HTTP/1.1 requests on libcurl and libuv: one client per loop, any number of calls. Everything runs on
 * the loop's thread and nothing here blocks it: names are looked up aside (resolver.h), and no callback
 * of a caller runs from inside libcurl, so callbacks may start, cancel and free anything, the client
 * included.
 *
 * A request goes out as it is given, because it may be signed: no redirect is followed, the path is not
 * tidied, no header is added but Host, Accept, User-Agent and Content-Length. TLS is 1.2 or newer.
 * Proxies come from the environment. */
#pragma once

#include <netdb.h>
#include <uv.h>

#include "base/time-util.h"

typedef struct HttpClient HttpClient;
typedef struct HttpCall HttpCall;

#define HTTP_REPLY_SIZE_DEFAULT ((size_t) 16 * 1024 * 1024)

/* getaddrinfo(), or what stands in for it: it runs on a thread of its own and may take for ever. */
typedef int (*HttpResolve)(const char *node, const char *service, const struct addrinfo *hints,
                           struct addrinfo **ret);

/* All of it is copied; {} is a good client of the public internet.
 *
 * connect_to holds lines HOST:PORT:HOST2:PORT2, as CURLOPT_CONNECT_TO takes them: an empty HOST or PORT
 * matches any, an empty HOST2 or PORT2 keeps the URL's. The first that matches counts, and what it
 * matches is reached without a proxy. */
typedef struct HttpClientOptions {
        const char *ca_file;               /* PEM; the only certificates trusted. NULL: the system's */
        const char *const *connect_to;     /* NULL-terminated; may be NULL */
        const char *user_agent;            /* NULL: no User-Agent header */
        unsigned max_connections_per_host; /* further calls wait their turn; 0: 8 */
        HttpResolve resolve;               /* NULL: getaddrinfo */
} HttpClientOptions;

typedef struct HttpHeader {
        char *name;
        char *value;
} HttpHeader;

/* What came back, complete or not; 'status' is 0 when not even that arrived.
 *
 * body_is_complete: as much came as was announced. It is false, without an error, when nothing was
 * announced and the end of the connection ended the body: a truncated one would look the same.
 *
 * sent: the request may have reached the server; a connection stood and sending had begun. False means
 * that it certainly has not. */
typedef struct HttpReply {
        long status;
        const HttpHeader *headers; /* in the order received; of the last reply, not of a 1xx before it */
        size_t n_headers;
        const char *body; /* terminated beyond body_size, never NULL; empty when it went to on_data */
        size_t body_size;
        bool body_is_complete;
        bool sent;
        usec_t elapsed; /* since http_call_start() */
} HttpReply;

/* Runs at most once for a call. 'error' is 0 whatever the status is, or
 *
 *   -ETIMEDOUT                            the deadline passed, or no connection came about in time
 *   -EFBIG                                the body is larger than max_reply_size
 *   -ECONNREFUSED, -ENETUNREACH           nobody listens there; no way there
 *   -EHOSTUNREACH                         the name does not resolve, or no way there
 *   -ECONNRESET, -EPIPE                   the connection broke, or ended before the reply did
 *   -EPROTO                               TLS failed or is not trusted, or the answer is no sane HTTP
 *   -EIO                                  anything else
 *
 * and http_call_error_text() says more. 'reply' is never NULL, is borrowed, and lives as long as the call
 * is referenced, at least until this function returns. */
typedef void (*HttpDone)(HttpCall *call, const HttpReply *reply, int error, void *userdata);

/* A piece of the body of a 2xx reply, as it came; other replies' bodies are collected. Runs before
 * HttpDone, never after. */
typedef void (*HttpData)(HttpCall *call, const char *data, size_t size, void *userdata);

/* All of it is copied. */
typedef struct HttpRequest {
        const char *method;         /* upper case */
        const char *url;            /* http or https, ASCII, escaped, without user:password */
        const char *const *headers; /* NULL-terminated "name: value", sent in this order; may be NULL */
        const void *body;           /* NULL and 0: none. POST, PUT and PATCH then say Content-Length: 0 */
        size_t body_size;
        usec_t deadline_usec;  /* for the whole call, name lookup and queueing included; from now */
        size_t max_reply_size; /* of the body; 0: HTTP_REPLY_SIZE_DEFAULT; SIZE_MAX with on_data only */
        HttpData on_data;      /* NULL: the body is collected in the reply */
} HttpRequest;

/* The loop must outlive the client, and run until the client's handles are closed. SIGPIPE is set to be
 * ignored unless the program handles it: OpenSSL writes to sockets that may be gone. -EINVAL for a
 * malformed connect_to. */
int http_client_new(uv_loop_t *loop, const HttpClientOptions *options, HttpClient **ret);
HttpClient *http_client_ref(HttpClient *c);
HttpClient *http_client_unref(HttpClient *c); /* the last one stops it; returns NULL */
DEFINE_CLEANUP(HttpClient *, http_client_unref);

/* Cancels every call (their HttpDone does not run), closes connections and handles; new calls get
 * -ESHUTDOWN. Once the loop ran dry, uv_loop_close() gives 0, whatever a name lookup still does. An idle
 * client does not keep the loop alive. */
void http_client_stop(HttpClient *c);

/* Starts a call. 'done' runs once, from the loop, never from inside this function. Dropping the last
 * reference cancels: neither 'done' nor on_data runs after that. 'userdata' is not owned. -EINVAL for a
 * request that cannot be sent as given: a bad URL, a control character in a header, a Content-Length that
 * is not the body's size, no deadline.
 *
 * libcurl repeats a request by itself when a kept connection turns out to be dead. That is left to it for
 * GET and HEAD only, and once; for other methods the call ends with -ECONNRESET and 'sent', since the first copy
 * may have been acted upon. */
int http_call_start(HttpClient *c, const HttpRequest *q, HttpDone done, void *userdata, HttpCall **ret);
HttpCall *http_call_ref(HttpCall *call);
HttpCall *http_call_unref(HttpCall *call); /* NULL is fine; returns NULL */
DEFINE_CLEANUP(HttpCall *, http_call_unref);

/* What went wrong, for people; "" while nothing did. Borrowed. */
const char *http_call_error_text(const HttpCall *call);
/* The reply so far, for on_data; borrowed. */
const HttpReply *http_call_reply(const HttpCall *call);

/* The last value under that name, in any case; NULL when there is none. Borrowed. */
const char *http_reply_header(const HttpReply *reply, const char *name);
