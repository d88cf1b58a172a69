/* Where the connection for a URL goes: to its host, to where a connect_to line leads, or to a proxy.
 * libcurl would find the same by itself, but then it would also look the name up by itself; so it is
 * decided here and libcurl is told. */
#pragma once

#include "base/alloc.h"

/* One line of CURLOPT_CONNECT_TO. Empty strings and port 0 match any, or keep the URL's. */
typedef struct ConnectTo {
        char *host;
        char *target_host;
        uint16_t port;
        uint16_t target_port;
} ConnectTo;

typedef struct RouteTable {
        ConnectTo *connect_to;
        size_t n_connect_to;
        char *http_proxy; /* these four: NULL when not set */
        char *https_proxy;
        char *all_proxy;
        char *no_proxy;
} RouteTable;

typedef struct Route {
        char *host; /* the connection's other end, without brackets */
        uint16_t port;
        bool host_is_address; /* nothing to look up */
        bool is_moved;        /* by a connect_to line */
        char *proxy;          /* for CURLOPT_PROXY; NULL: none */
} Route;

/* Reads the lines (may be NULL) and the environment's proxy variables. -EINVAL for a malformed line. */
int route_table_init(RouteTable *t, const char *const *connect_to);
void route_table_done(RouteTable *t);

/* -EINVAL for a URL that is not one of ours, or a proxy setting that is none. */
int route_find(const RouteTable *t, const char *url, Route *ret);
void route_done(Route *r);
