/* One call: what libcurl is told about it, what libcurl tells back, and what its outcome means. */
#include "client.h"

#include <ctype.h>
#include <errno.h>
#include <strings.h>
#include <sys/socket.h>

/* A reply beyond these is no reply of an API. */
#define HEADERS_MAX      100
#define HEADERS_SIZE_MAX ((size_t) 64 * 1024)
/* Servers drop idle connections after a minute or so; to leave a little earlier avoids the race. */
#define IDLE_SECONDS_MAX 50L

/* Every option here is one that libcurl 7.88 has, so only memory can be missing. */
#define MUST_SETOPT(easy, option, value)                                   \
        do {                                                               \
                if (curl_easy_setopt((easy), option, (value)) != CURLE_OK) \
                        abort();                                           \
        } while (0)

/* Unknown codes are -EIO. COULDNT_CONNECT is looked into further. */
static const struct {
        CURLcode code;
        int error;
} curl_errors[] = {
        { CURLE_OK, 0 },
        { CURLE_COULDNT_RESOLVE_HOST, -EHOSTUNREACH },
        { CURLE_COULDNT_RESOLVE_PROXY, -EHOSTUNREACH },
        { CURLE_COULDNT_CONNECT, -ECONNREFUSED },
        { CURLE_OPERATION_TIMEDOUT, -ETIMEDOUT },
        { CURLE_SEND_ERROR, -EPIPE },
        { CURLE_RECV_ERROR, -ECONNRESET },
        { CURLE_GOT_NOTHING, -ECONNRESET },
        { CURLE_PARTIAL_FILE, -ECONNRESET },
        { CURLE_SSL_CONNECT_ERROR, -EPROTO },
        { CURLE_PEER_FAILED_VERIFICATION, -EPROTO },
        { CURLE_SSL_CERTPROBLEM, -EPROTO },
        { CURLE_SSL_CIPHER, -EPROTO },
        { CURLE_SSL_CACERT_BADFILE, -EPROTO },
        { CURLE_SSL_ISSUER_ERROR, -EPROTO },
        { CURLE_SSL_INVALIDCERTSTATUS, -EPROTO },
        { CURLE_PROXY, -EPROTO },
        { CURLE_WEIRD_SERVER_REPLY, -EPROTO },
        { CURLE_UNSUPPORTED_PROTOCOL, -EPROTO }, /* HTTP/0.9, that is: no HTTP */
        { CURLE_BAD_CONTENT_ENCODING, -EPROTO },
        { CURLE_HTTP_RETURNED_ERROR, -EPROTO },
};

static int error_of_connect(CURL *easy) {
        long os_error = 0;

        curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os_error);
        switch (os_error) {
        case ENETUNREACH:
        case EHOSTUNREACH:
        case ETIMEDOUT:
        case ECONNRESET:
                return (int) -os_error;
        default:
                return -ECONNREFUSED;
        }
}

static int error_of_curl(CURL *easy, CURLcode code) {
        if (code == CURLE_COULDNT_CONNECT)
                return error_of_connect(easy);
        for (size_t i = 0; i < ARRAY_SIZE(curl_errors); i++)
                if (curl_errors[i].code == code)
                        return curl_errors[i].error;
        return -EIO;
}

static void call_clear_headers(HttpCall *call) {
        for (size_t i = 0; i < call->reply.n_headers; i++) {
                free(call->headers[i].name);
                free(call->headers[i].value);
        }
        free(call->headers);
        call->headers = NULL;
        call->reply.headers = NULL;
        call->reply.n_headers = call->headers_size = 0;
        call->headers_are_complete = false;
}

static void call_free(HttpCall *call) {
        call_clear_headers(call);
        route_done(&call->route);
        str_done(&call->body);
        free(call->request_body);
        free(call->error_text);
        curl_easy_cleanup(call->easy);
        curl_slist_free_all(call->header_list);
        curl_slist_free_all(call->resolve_list);
        curl_slist_free_all(call->connect_to_list);
        free(call);
}

void call_free_if_unused(HttpCall *call) {
        if (call->n_ref == 0 && call->n_hold == 0)
                call_free(call);
}

/* From here on neither libcurl nor the resolver knows of the call. */
static void call_leave(HttpCall *call) {
        HttpClient *c = call->client;

        assert(call->state <= CALL_RUNNING);
        if (call->state == CALL_RUNNING)
                curl_multi_remove_handle(c->multi, call->easy);
        resolver_cancel(&call->waiter);
        curl_easy_cleanup(TAKE_PTR(call->easy));
        TAILQ_REMOVE(&c->active, call, active_link);
        client_arm_deadline(c);
}

void call_end(HttpCall *call, int error, const char *text) {
        if (!call->reply.sent && call->state == CALL_RUNNING && error < 0 && !call->route.host_is_address)
                resolver_forget(call->client->resolver, call->route.host);
        call_leave(call);
        call->error = error;
        if (error < 0)
                str_replace(&call->error_text, isempty(text) ? strerrordesc_np(-error) : text);
        call->reply.elapsed = now_monotonic() - call->started_usec;
        call->state = CALL_ENDED;
        client_make_ready(call);
}

/* Whether the end of the body is known to be the end that the server meant. */
static bool call_body_is_complete(HttpCall *call) {
        const char *encoding = http_reply_header(&call->reply, "transfer-encoding");
        curl_off_t announced = -1;

        if (call->has_no_body || call->reply.status == 204 || call->reply.status == 304)
                return true;
        curl_easy_getinfo(call->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
        return announced >= 0 || (encoding && strcasecmp(encoding, "chunked") == 0);
}

void call_end_by_curl(HttpCall *call, CURLcode code) {
        int error = call->refusal ? call->refusal : error_of_curl(call->easy, code);

        if (error == 0 && !call->headers_are_complete) { /* which libcurl takes for a reply without a body */
                error = -ECONNRESET;
                str_replace(&call->error_text, "the connection ended within the reply's headers");
        }
        if (error == 0)
                call->reply.body_is_complete = call_body_is_complete(call);
        call_end(call, error,
                 call->error_text    ? call->error_text
                 : *call->curl_error ? call->curl_error
                                     : curl_easy_strerror(code));
}

void call_cancel(HttpCall *call) {
        if (call->state == CALL_DEAD)
                return;
        if (call->state <= CALL_RUNNING)
                call_leave(call);
        if (call->is_ready) {
                TAILQ_REMOVE(&call->client->ready, call, ready_link);
                call->is_ready = false;
        }
        call->state = CALL_DEAD;
}

HttpCall *http_call_ref(HttpCall *call) {
        call->n_ref++;
        return call;
}

HttpCall *http_call_unref(HttpCall *call) {
        if (!call)
                return NULL;
        assert(call->n_ref > 0);
        if (--call->n_ref == 0) {
                call_cancel(call);
                call_free_if_unused(call);
        }
        return NULL;
}

const char *http_call_error_text(const HttpCall *call) {
        return call->error_text ? call->error_text : "";
}

const HttpReply *http_call_reply(const HttpCall *call) {
        return &call->reply;
}

const char *http_reply_header(const HttpReply *reply, const char *name) {
        for (size_t i = reply->n_headers; i > 0; i--)
                if (strcasecmp(reply->headers[i - 1].name, name) == 0)
                        return reply->headers[i - 1].value;
        return NULL;
}

/* Callbacks of libcurl: they note and return, no more. */

static void call_refuse(HttpCall *call, int error, const char *text) {
        call->refusal = error;
        str_replace(&call->error_text, text);
}

static void call_begin_reply(HttpCall *call, const char *line) {
        const char *space = strchr(line, ' ');
        _cleanup_free_ char *digits = space ? xstrndup(space + 1, 3) : NULL;
        int64_t status = 0;

        call_clear_headers(call);
        if (digits)
                (void) parse_i64(digits, 100, 999, &status); /* libcurl has checked the line */
        call->reply.status = status;
}

static bool call_add_header(HttpCall *call, char *line) {
        char *colon = strchr(line, ':');

        if (!colon)
                return true; /* nothing that can be looked up */
        if (call->reply.n_headers == HEADERS_MAX || strlen(line) > HEADERS_SIZE_MAX - call->headers_size) {
                call_refuse(call, -EPROTO, "the reply's headers are too many or too large");
                return false;
        }
        call->headers_size += strlen(line);
        *colon = '\0';
        array_push(call->headers, call->reply.n_headers,
                   ((HttpHeader){ .name = xstrdup(str_trim(line)), .value = xstrdup(str_trim(colon + 1)) }));
        call->reply.headers = call->headers;
        return true;
}

/* Gets whole lines, of a 1xx and of trailers too. Trailers are dropped: a body is done when they come. */
static size_t on_header(char *data, size_t one, size_t size, void *userdata) {
        _cleanup_free_ char *line = xstrndup(data, size);
        HttpCall *call = userdata;

        if (startswith(line, "HTTP/"))
                call_begin_reply(call, line);
        else if (*line == '\r' || *line == '\n')
                call->headers_are_complete = true;
        else if (!call->headers_are_complete && !call_add_header(call, line))
                return 0;
        return size;
}

static size_t on_body(char *data, size_t one, size_t size, void *userdata) {
        HttpCall *call = userdata;

        if (size > call->max_reply_size - call->n_received) {
                call_refuse(call, -EFBIG, "the reply is larger than the limit");
                return 0;
        }
        call->n_received += size;
        str_add_n(&call->body, data, size);
        if (call->on_data && call->reply.status / 100 == 2)
                client_make_ready(call);
        return size;
}

/* The connection stands, TLS and proxy included, and the request is about to go out. */
static int on_before_request(void *userdata, char *address, char *local_address, int port, int local_port) {
        HttpCall *call = userdata;

        if (call->reply.sent && !call->is_repeatable) {
                call_refuse(call, -ECONNRESET, "the connection ended before a reply came");
                return CURL_PREREQFUNC_ABORT;
        }
        if (call->reply.sent)
                call->is_repeatable =
                        false; /* once: who closes connections one after the other is not hammered */
        call->reply.sent = true;
        return CURL_PREREQFUNC_OK;
}

/* libcurl asks before it looks something up. Addresses it only parses; names it was given with their
 * addresses, so it does not ask for them. Whatever else it might want would block. */
static int on_before_lookup(void *state, void *reserved, void *userdata) {
        HttpCall *call = userdata;

        return call->route.host_is_address ? 0 : 1;
}

/* libcurl would say that the server could not be reached, whatever is missing here. */
static curl_socket_t on_open_socket(void *userdata, curlsocktype purpose, struct curl_sockaddr *address) {
        HttpCall *call = userdata;
        int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);

        (void) purpose;
        if (fd >= 0)
                return fd;
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
                call_refuse(call, -errno, strerrordesc_np(errno));
        return CURL_SOCKET_BAD;
}

static void slist_add(struct curl_slist **list, const char *text) {
        struct curl_slist *longer = curl_slist_append(*list, text);

        if (!longer)
                abort();
        *list = longer;
}

static bool header_name_is_valid(const char *name, size_t size) {
        for (size_t i = 0; i < size; i++)
                if (!isalnum((unsigned char) name[i]) && !strchr("!#$%&'*+-.^_`|~", name[i]))
                        return false;
        return size > 0;
}

/* libcurl reads "name:" as "leave that header out" and "name;" as "send it empty". */
static int call_add_request_header(HttpCall *call, const char *header, size_t body_size,
                                   bool *has_content_type) {
        size_t name_size = strcspn(header, ":");
        const char *value = header + name_size;
        _cleanup_free_ char *name = NULL;
        int64_t length;

        if (!*value || !header_name_is_valid(header, name_size))
                return -EINVAL;
        for (const char *c = ++value; *c; c++)
                if (((unsigned char) *c < ' ' && *c != '\t') || *c == 0x7f)
                        return -EINVAL;
        name = xstrndup(header, name_size);
        value += strspn(value, " \t");

        if (strcasecmp(name, "content-length") == 0 &&
            (parse_i64(value, 0, INT64_MAX, &length) < 0 || (uint64_t) length != body_size))
                return -EINVAL;
        if (strcasecmp(name, "content-type") == 0)
                *has_content_type = true;
        if (*value)
                slist_add(&call->header_list, header);
        else {
                _cleanup_free_ char *empty = xasprintf("%s;", name);

                slist_add(&call->header_list, empty);
        }
        return 0;
}

static int call_set_headers(HttpCall *call, const HttpRequest *q) {
        bool has_content_type = false;
        int r;

        for (const char *const *h = q->headers; h && *h; h++) {
                r = call_add_request_header(call, *h, q->body_size, &has_content_type);
                if (r < 0)
                        return r;
        }
        if (!has_content_type)
                slist_add(&call->header_list, "Content-Type:");
        slist_add(&call->header_list, "Expect:");
        MUST_SETOPT(call->easy, CURLOPT_HTTPHEADER, call->header_list);
        return 0;
}

static int call_set_method(HttpCall *call, const HttpRequest *q) {
        const char *m = q->method;
        bool is_head = streq(m, "HEAD");

        if (!*m || strspn(m, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != strlen(m) || (is_head && q->body_size > 0))
                return -EINVAL;
        call->is_repeatable = is_head || streq(m, "GET");
        call->has_no_body = is_head;
        if (q->body_size > 0 || streq(m, "POST") || streq(m, "PUT") || streq(m, "PATCH")) {
                call->request_body = xmalloc(q->body_size + 1);
                if (q->body_size > 0)
                        memcpy(call->request_body, q->body, q->body_size);
                MUST_SETOPT(call->easy, CURLOPT_POSTFIELDS, call->request_body);
                MUST_SETOPT(call->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) q->body_size);
        } else if (is_head)
                MUST_SETOPT(call->easy, CURLOPT_NOBODY, 1L);
        if (!is_head)
                MUST_SETOPT(call->easy, CURLOPT_CUSTOMREQUEST, m);
        return 0;
}

static void call_set_common(HttpCall *call, const char *url) {
        HttpClient *c = call->client;
        CURL *e = call->easy;

        MUST_SETOPT(e, CURLOPT_URL, url);
        MUST_SETOPT(e, CURLOPT_PROTOCOLS_STR, "http,https");
        MUST_SETOPT(e, CURLOPT_HTTP_VERSION, (long) CURL_HTTP_VERSION_1_1);
        MUST_SETOPT(e, CURLOPT_SSLVERSION, (long) CURL_SSLVERSION_TLSv1_2);
        if (c->ca_file) {
                MUST_SETOPT(e, CURLOPT_CAINFO, c->ca_file);
                MUST_SETOPT(e, CURLOPT_CAPATH, NULL); /* the system's directory would be trusted as well */
        }
        if (c->user_agent)
                MUST_SETOPT(e, CURLOPT_USERAGENT, c->user_agent);
        MUST_SETOPT(e, CURLOPT_PATH_AS_IS, 1L);
        MUST_SETOPT(e, CURLOPT_NOSIGNAL, 1L);
        MUST_SETOPT(e, CURLOPT_QUICK_EXIT, 1L);
        MUST_SETOPT(e, CURLOPT_TCP_KEEPALIVE, 1L);
        MUST_SETOPT(e, CURLOPT_MAXAGE_CONN, IDLE_SECONDS_MAX);
        MUST_SETOPT(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
        MUST_SETOPT(e, CURLOPT_PRIVATE, call);
        MUST_SETOPT(e, CURLOPT_ERRORBUFFER, call->curl_error);
        MUST_SETOPT(e, CURLOPT_HEADERFUNCTION, on_header);
        MUST_SETOPT(e, CURLOPT_HEADERDATA, call);
        MUST_SETOPT(e, CURLOPT_WRITEFUNCTION, on_body);
        MUST_SETOPT(e, CURLOPT_WRITEDATA, call);
        MUST_SETOPT(e, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
        MUST_SETOPT(e, CURLOPT_OPENSOCKETDATA, call);
        MUST_SETOPT(e, CURLOPT_PREREQFUNCTION, on_before_request);
        MUST_SETOPT(e, CURLOPT_PREREQDATA, call);
        MUST_SETOPT(e, CURLOPT_RESOLVER_START_FUNCTION, on_before_lookup);
        MUST_SETOPT(e, CURLOPT_RESOLVER_START_DATA, call);
}

static void call_set_route(HttpCall *call) {
        const Route *route = &call->route;

        /* Said in every case, or libcurl would ask the environment itself. */
        MUST_SETOPT(call->easy, CURLOPT_PROXY, route->proxy ? route->proxy : "");
        MUST_SETOPT(call->easy, CURLOPT_NOPROXY, "");
        if (route->is_moved) {
                _cleanup_free_ char *line = xasprintf(strchr(route->host, ':') ? "::[%s]:%u" : "::%s:%u",
                                                      route->host, (unsigned) route->port);

                slist_add(&call->connect_to_list, line);
                MUST_SETOPT(call->easy, CURLOPT_CONNECT_TO, call->connect_to_list);
        }
}

void call_begin(HttpCall *call, const char *addresses) {
        usec_t now = now_monotonic(), left = call->deadline_usec > now ? call->deadline_usec - now : 0;

        if (addresses) {
                _cleanup_free_ char *line = xasprintf("%s:%u:%s", call->route.host,
                                                      (unsigned) call->route.port, addresses);

                slist_add(&call->resolve_list, line);
                MUST_SETOPT(call->easy, CURLOPT_RESOLVE, call->resolve_list);
        }
        /* Lets libcurl share the time out among several addresses; the deadline itself is the client's. */
        MUST_SETOPT(call->easy, CURLOPT_CONNECTTIMEOUT_MS,
                    (long) MIN(left / USEC_PER_MSEC + 1, (usec_t) INT32_MAX));
        if (curl_multi_add_handle(call->client->multi, call->easy) != CURLM_OK)
                abort();
        call->state = CALL_RUNNING;
}

static void on_resolved(ResolverWaiter *w, const char *addresses, const char *error_text) {
        HttpCall *call = CONTAINER_OF(w, HttpCall, waiter);
        HttpClient *c = call->client;

        if (addresses) {
                call_begin(call, addresses);
                return;
        }
        _cleanup_free_ char *text = xasprintf("cannot resolve '%s': %s", call->route.host, error_text);

        client_hold(c);
        call_end(call, -EHOSTUNREACH, text);
        client_dispatch(c);
        client_release(c);
}

static int call_prepare(HttpCall *call, const HttpRequest *q) {
        int r;

        r = route_find(&call->client->routes, q->url, &call->route);
        if (r < 0)
                return r;
        r = call_set_method(call, q);
        if (r < 0)
                return r;
        r = call_set_headers(call, q);
        if (r < 0)
                return r;
        call_set_common(call, q->url);
        call_set_route(call);
        return 0;
}

static bool request_is_valid(const HttpRequest *q) {
        return q->method && q->url && (q->body || q->body_size == 0) && q->deadline_usec > 0 &&
               q->deadline_usec < INT64_MAX && (q->max_reply_size < SIZE_MAX || q->on_data);
}

int http_call_start(HttpClient *c, const HttpRequest *q, HttpDone done, void *userdata, HttpCall **ret) {
        const char *addresses;
        HttpCall *call;
        int r;

        if (!c->multi)
                return -ESHUTDOWN;
        if (!request_is_valid(q))
                return -EINVAL;

        call = xnew(HttpCall, 1);
        *call = (HttpCall){ .n_ref = 1, .client = c, .done = ASSERT_PTR(done), .userdata = userdata };
        call->on_data = q->on_data;
        call->max_reply_size = q->max_reply_size ? q->max_reply_size : HTTP_REPLY_SIZE_DEFAULT;
        call->reply.body = "";
        call->easy = curl_easy_init();
        if (!call->easy)
                abort();
        r = call_prepare(call, q);
        if (r < 0) {
                call_free(call);
                return r;
        }

        call->started_usec = now_monotonic();
        call->deadline_usec = call->started_usec + q->deadline_usec;
        TAILQ_INSERT_TAIL(&c->active, call, active_link);
        client_arm_deadline(c);
        addresses = call->route.host_is_address ? NULL : resolver_get(c->resolver, call->route.host);
        if (call->route.host_is_address || addresses)
                call_begin(call, addresses);
        else
                resolver_wait(c->resolver, call->route.host, &call->waiter, on_resolved);
        *ret = call;
        return 0;
}
