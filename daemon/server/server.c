/* libmicrohttpd inside the daemon's loop: its epoll descriptor is polled, its timeouts are a timer, and nothing of it runs
 * elsewhere. Every connection, body and reply is bounded, so that clients that never read cost little and hurt nobody. */
#include "server.h"

#include <errno.h>
#include <unistd.h>

#include "internal.h"

/* A reply's text while it is on its way. */
typedef struct Outgoing {
        Server *server;
        char *text;
        size_t size;
} Outgoing;

static void on_sent(void *cls) {
        Outgoing *o = cls;

        o->server->replies_size -= o->size;
        free(o->text);
        free(o);
}

static struct MHD_Response *response_new(Server *s, Reply *reply) {
        struct MHD_Response *response;
        Outgoing *o;

        if (reply->size == 0)
                return MHD_create_response_from_buffer(0, (void *) (uintptr_t) "", MHD_RESPMEM_PERSISTENT);
        o = xnew(Outgoing, 1);
        *o = (Outgoing){ .server = s, .text = TAKE_PTR(reply->text), .size = reply->size };
        response = MHD_create_response_from_buffer_with_free_callback_cls(o->size, o->text, on_sent, o);
        if (response)
                s->replies_size += o->size;
        return response;
}

static enum MHD_Result queue_reply(Server *s, struct MHD_Connection *connection, Reply *reply) {
        struct MHD_Response *response;
        enum MHD_Result r;

        if (reply->size > 0 && s->replies_size + reply->size > REPLIES_MAX)
                reply_error(reply, 503, "busy", "too many replies are waiting to be read");
        if (reply->follow && s->n_followers >= FOLLOWERS_MAX)
                reply_error(reply, 503, "busy", "%d clients follow the events already", FOLLOWERS_MAX);
        response = reply->follow ? follow_new(s, connection, reply->after) : response_new(s, reply);
        if (!response)
                abort(); /* out of memory */
        if (reply->type)
                (void) MHD_add_response_header(response, "Content-Type", reply->type);
        (void) MHD_add_response_header(response, "Cache-Control", "no-store");
        (void) MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
        r = MHD_queue_response(connection, reply->status, response);
        MHD_destroy_response(response);
        free(TAKE_PTR(reply->text));
        return r;
}

void reply_text(Reply *ret, unsigned status, const char *type, char *taken) {
        free(ret->text);
        *ret = (Reply){ .status = status, .type = type, .text = taken, .size = taken ? strlen(taken) : 0 };
}

void reply_json(Reply *ret, unsigned status, cJSON *taken) {
        char *text = json_text(taken);

        cJSON_Delete(taken);
        reply_text(ret, status, "application/json", text);
}

void reply_error(Reply *ret, unsigned status, const char *code, const char *format, ...) {
        cJSON *o = json_new_object();
        char *message;
        va_list ap;

        va_start(ap, format);
        message = xvasprintf(format, ap);
        va_end(ap);
        utf8_make_valid(message); /* it may quote the request, and cut what it quotes */
        json_set_string(o, "code", code);
        json_set_string(o, "message", message);
        free(message);
        reply_json(ret, status, o);
}

static void request_free(Request *q) {
        str_done(&q->text);
        cJSON_Delete(q->body);
        peer_done(&q->peer);
        free(q->refusal.text);
        free(q);
}

static int request_identify(Request *q) {
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(q->connection,
                                                                       MHD_CONNECTION_INFO_CONNECTION_FD);

        return info ? peer_of_socket(info->connect_fd, &q->peer) : -EBADF;
}

static uint64_t announced_size(const Request *q) {
        const char *length = MHD_lookup_connection_value(q->connection, MHD_HEADER_KIND,
                                                         MHD_HTTP_HEADER_CONTENT_LENGTH);
        int64_t n;

        if (!length)
                return 0;
        return parse_i64(length, 0, INT64_MAX, &n) < 0 ? UINT64_MAX : (uint64_t) n;
}

static void refuse_too_large(const Request *q, Reply *ret) {
        reply_error(ret, 413, "too-large", "the body has more than %zu bytes", q->route->body_max);
}

/* The request's head is there. What can be refused by it is decided now, and said when the body was read: a client that still
 * writes when the connection ends would lose the answer. Only a body without measure is cut off. */
static enum MHD_Result on_head(Server *s, struct MHD_Connection *connection, const char *method,
                               const char *path, void **state) {
        Request *q = xnew(Request, 1);

        *state = q;
        q->connection = connection;
        q->route = server_route_find(method, path, &q->refusal);
        if (q->route && request_identify(q) < 0)
                reply_error(&q->refusal, 403, "unknown-peer", "the peer's credentials cannot be read");
        else if (q->route && route_admits(s, q, &q->refusal) && announced_size(q) > q->route->body_max)
                refuse_too_large(q, &q->refusal);
        if (q->refusal.status && announced_size(q) > BODY_DROPPED_MAX)
                return queue_reply(s, connection, &q->refusal);
        return MHD_YES;
}

static enum MHD_Result on_body(Request *q, const char *data, size_t *size) {
        if (!q->refusal.status && q->text.size + *size > q->route->body_max)
                refuse_too_large(q, &q->refusal);
        if (q->refusal.status) {
                str_done(&q->text);
                q->dropped += *size;
                if (q->dropped > BODY_DROPPED_MAX)
                        return MHD_NO;
        } else
                str_add_n(&q->text, data, *size);
        *size = 0;
        return MHD_YES;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **state) {
        Server *s = cls;
        Request *q = *state;
        Reply reply = {};

        (void) version;
        if (!q)
                return on_head(s, connection, method, url, state);
        if (*upload_size > 0)
                return on_body(q, upload, upload_size);
        if (q->refusal.status)
                return queue_reply(s, connection, &q->refusal);
        route_handle(s, q, &reply);
        return queue_reply(s, connection, &reply);
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode code) {
        Request *q = *state;

        (void) cls;
        (void) connection;
        (void) code;
        if (q)
                request_free(q);
        *state = NULL;
}

static void on_timer(uv_timer_t *timer);

static void run(Server *s) {
        MHD_UNSIGNED_LONG_LONG wait_msec;

        if (s->stopping)
                return;
        (void) MHD_run(s->http);
        if (MHD_get_timeout(s->http, &wait_msec) == MHD_YES)
                (void) uv_timer_start(&s->timer, on_timer, wait_msec, 0);
        else
                (void) uv_timer_stop(&s->timer);
}

static void on_timer(uv_timer_t *timer) {
        run(timer->data);
}

static void on_readable(uv_poll_t *poll, int status, int events) {
        (void) status;
        (void) events;
        run(poll->data);
}

void server_kick(Server *s) {
        if (!s->stopping)
                (void) uv_timer_start(&s->timer, on_timer, 0, 0);
}

static struct MHD_Daemon *start_daemon(Server *s) {
        const unsigned flags = MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME;

        return MHD_start_daemon(
                flags, 0, NULL, NULL, on_request, s, MHD_OPTION_CONNECTION_LIMIT,
                (unsigned) (CONNECTIONS_MAX + CONNECTIONS_RESERVED), /* accept.c shares them out */
                MHD_OPTION_CONNECTION_TIMEOUT, (unsigned) CONNECTION_TIMEOUT_S, /* without progress */
                MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY,          /* heads */
                MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_END);
}

static int open_handles(Server *s) {
        const union MHD_DaemonInfo *info = MHD_get_daemon_info(s->http, MHD_DAEMON_INFO_EPOLL_FD);
        int r;

        if (!info)
                return -EIO;
        r = uv_poll_init(s->loop, &s->poll, info->epoll_fd);
        if (r < 0)
                return r;
        (void) uv_poll_init(s->loop, &s->listening, s->listen_fd); /* nor does this fail then */
        (void) uv_timer_init(s->loop, &s->timer);
        (void) uv_timer_init(s->loop, &s->heartbeat);
        (void) uv_timer_init(s->loop, &s->rest);
        s->poll.data = s->listening.data = s->timer.data = s->heartbeat.data = s->rest.data = s;
        s->n_handles = 5;
        accept_start(s);
        return uv_poll_start(&s->poll, UV_READABLE, on_readable);
}

static void stop_listening(Server *s) {
        (void) close(s->listen_fd);
        (void) unlink(s->path);
}

int server_new(uv_loop_t *loop, const ServerOptions *options, Server **ret, char **reterr) {
        _cleanup_(server_freep) Server *s = xnew(Server, 1);
        int r;

        *s = (Server){ .options = *options, .path = xstrdup(options->path), .loop = loop };
        peer_rules_init(&s->rules);
        r = listen_unix(s->path, &s->rules, &s->listen_fd, reterr);
        if (r < 0)
                return r;
        s->http = start_daemon(s);
        if (!s->http) {
                stop_listening(s);
                *reterr = xasprintf("%s: the HTTP server did not start", s->path);
                return -EIO;
        }
        r = open_handles(s);
        if (r < 0) {
                /* uv_poll_init() is what fails, before any handle is open. */
                MHD_stop_daemon(s->http);
                stop_listening(s);
                *reterr = xasprintf("%s: %s", s->path, uv_strerror(r));
                return r;
        }
        events_subscribe(options->events, follow_notify, s);
        *ret = TAKE_PTR(s);
        return 0;
}

static void on_closed(uv_handle_t *handle) {
        Server *s = handle->data;

        s->n_handles--;
}

void server_stop(Server *s) {
        uv_handle_t *const handles[] = {
                (uv_handle_t *) &s->poll,      (uv_handle_t *) &s->listening, (uv_handle_t *) &s->timer,
                (uv_handle_t *) &s->heartbeat, (uv_handle_t *) &s->rest,
        };

        if (s->stopping)
                return;
        s->stopping = true;
        events_subscribe(s->options.events, NULL, NULL);
        (void) uv_poll_stop(&s->listening);
        (void) uv_poll_stop(&s->poll);
        follow_end_all(s);
        MHD_stop_daemon(s->http); /* runs every connection's end, which lets go of what belongs to it */
        s->http = NULL;
        stop_listening(s);
        for (size_t i = 0; i < ARRAY_SIZE(handles); i++)
                uv_close(handles[i], on_closed);
}

Server *server_free(Server *s) {
        if (!s)
                return NULL;
        assert(s->n_handles == 0);
        free(s->path);
        free(s);
        return NULL;
}
