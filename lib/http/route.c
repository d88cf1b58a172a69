/* Routes: URL, connect_to lines and the environment's proxies to one host and port. The rules for the
 * proxy variables are libcurl's: http_proxy in lower case only, a web server's "Proxy:" header could set
 * the other; no_proxy holds domains, addresses and CIDR blocks. */
#include "route.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <strings.h>

#include "base/cidr.h"
#include "base/str.h"

/* What libcurl assumes for a proxy that names no port. */
#define PROXY_PORT_DEFAULT  1080
#define PROXY_PORT_HTTPS    443
#define NO_PROXY_TOKEN_SIZE 256

static void curl_url_cleanupp(CURLU **u) {
        curl_url_cleanup(*u);
}

static void curl_freep(char **p) {
        curl_free(*p);
}

static bool is_address(const char *host) {
        unsigned char buffer[sizeof(struct in6_addr)];

        return inet_pton(AF_INET, host, buffer) == 1 || inet_pton(AF_INET6, host, buffer) == 1;
}

/* Takes "name", "1.2.3.4" or "[::1]" up to the next colon or the end. */
static char *take_host(const char **at) {
        const char *begin = *at, *end;

        if (*begin == '[') {
                end = strchr(++begin, ']');
                if (!end)
                        return NULL;
                *at = end + 1;
        } else {
                end = begin + strcspn(begin, ":");
                *at = end;
        }
        return xstrndup(begin, (size_t) (end - begin));
}

/* Takes a port up to the next colon or the end; nothing there is 0. */
static int take_port(const char **at, uint16_t *ret) {
        size_t size = strcspn(*at, ":");
        _cleanup_free_ char *text = xstrndup(*at, size);
        int64_t port = 0;

        if (size > 0 && parse_i64(text, 1, 65535, &port) < 0)
                return -EINVAL;
        *at += size;
        *ret = (uint16_t) port;
        return 0;
}

static bool take_colon(const char **at) {
        if (**at != ':')
                return false;
        ++*at;
        return true;
}

static int connect_to_parse(const char *line, ConnectTo *c) {
        c->host = take_host(&line);
        if (!c->host || !take_colon(&line) || take_port(&line, &c->port) < 0 || !take_colon(&line))
                return -EINVAL;
        c->target_host = take_host(&line);
        if (!c->target_host || !take_colon(&line) || take_port(&line, &c->target_port) < 0 || *line)
                return -EINVAL;
        return 0;
}

static char *environment_get(const char *lower, const char *upper) {
        const char *v = getenv(lower);

        if (isempty(v) && upper)
                v = getenv(upper);
        return isempty(v) ? NULL : xstrdup(v);
}

int route_table_init(RouteTable *t, const char *const *connect_to) {
        *t = (RouteTable){
                .http_proxy = environment_get("http_proxy", NULL),
                .https_proxy = environment_get("https_proxy", "HTTPS_PROXY"),
                .all_proxy = environment_get("all_proxy", "ALL_PROXY"),
                .no_proxy = environment_get("no_proxy", "NO_PROXY"),
        };
        for (; connect_to && *connect_to; connect_to++) {
                array_push(t->connect_to, t->n_connect_to, (ConnectTo){});
                if (connect_to_parse(*connect_to, &t->connect_to[t->n_connect_to - 1]) < 0) {
                        route_table_done(t);
                        return -EINVAL;
                }
        }
        return 0;
}

void route_table_done(RouteTable *t) {
        for (size_t i = 0; i < t->n_connect_to; i++) {
                free(t->connect_to[i].host);
                free(t->connect_to[i].target_host);
        }
        free(t->connect_to);
        free(t->http_proxy);
        free(t->https_proxy);
        free(t->all_proxy);
        free(t->no_proxy);
        *t = (RouteTable){};
}

static bool address_is_in(const char *host, const char *block) {
        _cleanup_free_ char *one = NULL, *whole = NULL;
        Cidr a, b;

        one = xasprintf("%s/%d", host, strchr(host, ':') ? 128 : 32);
        whole = strchr(block, '/') ? xstrdup(block)
                                   : xasprintf("%s/%d", block, strchr(block, ':') ? 128 : 32);
        if (cidr_parse(one, &a) < 0 || cidr_parse(whole, &b) < 0)
                return false;
        cidr_mask(&b);
        return cidr_contains(&b, &a);
}

static bool domain_is_in(const char *host, const char *domain) {
        size_t n = strlen(host), m;

        domain += *domain == '.';
        m = strlen(domain);
        if (m == 0 || n < m || strcasecmp(host + n - m, domain) != 0)
                return false;
        return n == m || host[n - m - 1] == '.';
}

static bool no_proxy_covers(const char *no_proxy, const char *host) {
        char token[NO_PROXY_TOKEN_SIZE];

        for (const char *at = no_proxy; at && *at;) {
                size_t size = strcspn(at, ", ");

                if (size > 0 && size < sizeof token) {
                        snprintf(token, sizeof token, "%.*s", (int) size, at);
                        if (streq(token, "*") ||
                            (is_address(host) ? address_is_in(host, token) : domain_is_in(host, token)))
                                return true;
                }
                at += size;
                at += strspn(at, ", ");
        }
        return false;
}

static int port_of(CURLU *u, uint16_t fallback, uint16_t *ret) {
        _cleanup_(curl_freep) char *text = NULL;
        int64_t port;

        if (curl_url_get(u, CURLUPART_PORT, &text, 0) != CURLUE_OK) {
                *ret = fallback;
                return 0;
        }
        if (parse_i64(text, 1, 65535, &port) < 0)
                return -EINVAL;
        *ret = (uint16_t) port;
        return 0;
}

static int host_of(CURLU *u, char **ret) {
        _cleanup_(curl_freep) char *text = NULL;
        const char *at;

        if (curl_url_get(u, CURLUPART_HOST, &text, 0) != CURLUE_OK)
                return -EINVAL;
        at = text;
        *ret = take_host(&at);
        return *ret ? 0 : -EINVAL;
}

/* SOCKS comes in two kinds each: the plain one wants the name looked up on this side, by libcurl. The
 * other one passes the name on and is what every SOCKS proxy of today takes. */
static const char *proxy_scheme(const char *scheme) {
        return streq(scheme, "socks4") ? "socks4a" : streq(scheme, "socks5") ? "socks5h" : scheme;
}

static int route_by_proxy(const char *proxy, Route *r) {
        _cleanup_(curl_url_cleanupp) CURLU *u = curl_url();
        _cleanup_(curl_freep) char *scheme = NULL;
        _cleanup_free_ char *full = NULL;
        const char *rest = strstr(proxy, "://");

        full = rest ? xstrdup(proxy) : xasprintf("http://%s", proxy);
        rest = strstr(full, "://") + strlen("://");
        if (curl_url_set(u, CURLUPART_URL, full, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK ||
            curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK || host_of(u, &r->host) < 0 ||
            port_of(u, streq(scheme, "https") ? PROXY_PORT_HTTPS : PROXY_PORT_DEFAULT, &r->port) < 0)
                return -EINVAL;
        r->proxy = xasprintf("%s://%s", proxy_scheme(scheme), rest);
        return 0;
}

static const ConnectTo *connect_to_find(const RouteTable *t, const char *host, uint16_t port) {
        for (size_t i = 0; i < t->n_connect_to; i++) {
                const ConnectTo *c = &t->connect_to[i];

                if ((!*c->host || strcasecmp(c->host, host) == 0) && (!c->port || c->port == port))
                        return c;
        }
        return NULL;
}

static int route_for_host(const RouteTable *t, const char *host, uint16_t port, const char *proxy,
                          Route *r) {
        const ConnectTo *c = connect_to_find(t, host, port);

        if (!c && proxy && !no_proxy_covers(t->no_proxy, host))
                return route_by_proxy(proxy, r);
        r->host = xstrdup(c && *c->target_host ? c->target_host : host);
        r->port = c && c->target_port ? c->target_port : port;
        r->is_moved = c;
        return 0;
}

int route_find(const RouteTable *t, const char *url, Route *ret) {
        _cleanup_(curl_url_cleanupp) CURLU *u = curl_url();
        _cleanup_(curl_freep) char *scheme = NULL;
        _cleanup_free_ char *host = NULL;
        _cleanup_(route_done) Route route = {};
        bool is_https;
        uint16_t port;
        int r;

        for (const char *c = url; *c; c++)
                if (*c <= ' ' || *c >= 0x7f)
                        return -EINVAL;
        if (curl_url_set(u, CURLUPART_URL, url, CURLU_PATH_AS_IS | CURLU_DISALLOW_USER) != CURLUE_OK ||
            curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK)
                return -EINVAL;
        is_https = streq(scheme, "https");
        if ((!is_https && !streq(scheme, "http")) || host_of(u, &host) < 0 ||
            port_of(u, is_https ? 443 : 80, &port) < 0)
                return -EINVAL;

        r = route_for_host(t, host, port,
                           is_https && t->https_proxy   ? t->https_proxy
                           : !is_https && t->http_proxy ? t->http_proxy
                                                        : t->all_proxy,
                           &route);
        if (r < 0)
                return r;
        route.host_is_address = is_address(route.host);
        *ret = route;
        route = (Route){};
        return 0;
}

void route_done(Route *r) {
        free(r->host);
        free(r->proxy);
        *r = (Route){};
}
