/* The client's side of the loop: libcurl says which sockets and which timeout it wants to hear of, libuv
 * says when, and what came of it is handed over only after libcurl has returned. */
#include "client.h"

#include <errno.h>
#include <signal.h>

#define CONNECTIONS_PER_HOST_DEFAULT 8
#define CONNECTIONS_KEPT             64

typedef struct Socket {
        uv_poll_t poll;
        HttpClient *client; /* held */
        curl_socket_t fd;
} Socket;

void client_hold(HttpClient *c) {
        c->n_hold++;
}

void client_release(HttpClient *c) {
        assert(c->n_hold > 0);
        if (--c->n_hold > 0 || c->n_ref > 0)
                return;
        route_table_done(&c->routes);
        free(c->ca_file);
        free(c->user_agent);
        free(c);
        curl_global_cleanup();
}

void client_make_ready(HttpCall *call) {
        if (call->is_ready)
                return;
        call->is_ready = true;
        TAILQ_INSERT_TAIL(&call->client->ready, call, ready_link);
}

static void call_hand_over(HttpCall *call) {
        call->n_hold++;
        if (call->on_data && call->body.size > 0 && call->reply.status / 100 == 2) {
                _cleanup_str_ Str data = call->body;

                call->body = (Str){};
                call->on_data(call, data.s, data.size, call->userdata);
        }
        if (call->state == CALL_ENDED) { /* on_data may have cancelled it */
                call->state = CALL_DEAD;
                call->reply.body = str_get(&call->body);
                call->reply.body_size = call->body.size;
                call->done(call, &call->reply, call->error, call->userdata);
        }
        call->n_hold--;
        call_free_if_unused(call);
}

void client_dispatch(HttpClient *c) {
        HttpCall *call;

        while ((call = TAILQ_FIRST(&c->ready))) {
                TAILQ_REMOVE(&c->ready, call, ready_link);
                call->is_ready = false;
                call_hand_over(call);
        }
}

/* To be run after every curl_multi_socket_action(), also when it reports that nothing runs any more. */
static void client_collect(HttpClient *c) {
        CURLMsg *message;
        int n_left;

        while ((message = curl_multi_info_read(c->multi, &n_left))) {
                CURLcode code = message->data.result; /* the message goes with the handle */
                CURL *easy = message->easy_handle;
                char *call = NULL;

                if (message->msg != CURLMSG_DONE)
                        continue;
                curl_easy_getinfo(easy, CURLINFO_PRIVATE, &call);
                call_end_by_curl((HttpCall *) (void *) call, code);
        }
}

static void client_act(HttpClient *c, curl_socket_t fd, int events) {
        int n_running;

        client_hold(c);
        if (curl_multi_socket_action(c->multi, fd, events, &n_running) != CURLM_OK)
                abort(); /* out of memory, or our own misuse */
        client_collect(c);
        client_dispatch(c);
        client_release(c);
}

static void on_poll(uv_poll_t *poll, int status, int events) {
        Socket *s = CONTAINER_OF(poll, Socket, poll);
        int flags = 0;

        if (status < 0) /* libuv's word for a socket in error, which reading it or writing to it will name */
                flags |= CURL_CSELECT_IN | CURL_CSELECT_OUT;
        if (events & UV_READABLE)
                flags |= CURL_CSELECT_IN;
        if (events & UV_WRITABLE)
                flags |= CURL_CSELECT_OUT;
        client_act(s->client, s->fd, flags);
}

static void on_curl_timer(uv_timer_t *timer) {
        client_act(CONTAINER_OF(timer, HttpClient, curl_timer), CURL_SOCKET_TIMEOUT, 0);
}

static int on_curl_wants_timer(CURLM *multi, long timeout_msec, void *userdata) {
        HttpClient *c = userdata;

        if (timeout_msec < 0)
                uv_timer_stop(&c->curl_timer);
        else {
                uv_update_time(c->loop); /* libcurl counts from now, not from when the loop woke up */
                uv_timer_start(&c->curl_timer, on_curl_timer, (uint64_t) timeout_msec, 0);
        }
        return 0;
}

static void on_socket_closed(uv_handle_t *handle) {
        Socket *s = CONTAINER_OF((uv_poll_t *) handle, Socket, poll);
        HttpClient *c = s->client;

        free(s);
        client_release(c);
}

static Socket *socket_new(HttpClient *c, curl_socket_t fd) {
        Socket *s = xnew(Socket, 1);

        s->client = c;
        s->fd = fd;
        if (uv_poll_init_socket(c->loop, &s->poll, fd) < 0)
                abort(); /* the kernel is out of memory or watches */
        client_hold(c);
        return s;
}

static int on_curl_wants_socket(CURL *easy, curl_socket_t fd, int what, void *userdata, void *socket_data) {
        HttpClient *c = userdata;
        Socket *s = socket_data;
        int events = 0;

        if (what == CURL_POLL_REMOVE) {
                if (s) {
                        curl_multi_assign(c->multi, fd, NULL);
                        uv_close((uv_handle_t *) &s->poll, on_socket_closed);
                }
                return 0;
        }
        if (!s) {
                s = socket_new(c, fd);
                curl_multi_assign(c->multi, fd, s);
        }
        if (what & CURL_POLL_IN)
                events |= UV_READABLE;
        if (what & CURL_POLL_OUT)
                events |= UV_WRITABLE;
        uv_poll_start(&s->poll, events, on_poll);
        return 0;
}

static void on_deadline(uv_timer_t *timer) {
        HttpClient *c = CONTAINER_OF(timer, HttpClient, deadline_timer);
        usec_t now = now_monotonic();
        HttpCall *call, *next;

        client_hold(c);
        for (call = TAILQ_FIRST(&c->active); call; call = next) {
                next = TAILQ_NEXT(call, active_link);
                if (call->deadline_usec <= now)
                        call_end(call, -ETIMEDOUT,
                                 call->state == CALL_RESOLVING ? "the name lookup took too long"
                                 : call->reply.sent            ? "no complete reply within the deadline"
                                                               : "no connection within the deadline");
        }
        client_arm_deadline(c);
        client_dispatch(c);
        client_release(c);
}

void client_arm_deadline(HttpClient *c) {
        usec_t first = USEC_INFINITY, now = now_monotonic();
        HttpCall *call;

        TAILQ_FOREACH(call, &c->active, active_link)
        first = MIN(first, call->deadline_usec);
        if (first == USEC_INFINITY) {
                uv_timer_stop(&c->deadline_timer);
                return;
        }
        uv_update_time(c->loop);
        uv_timer_start(&c->deadline_timer, on_deadline,
                       first > now ? (first - now + USEC_PER_MSEC - 1) / USEC_PER_MSEC : 0, 0);
}

static void sigpipe_ignore(void) {
        struct sigaction action;

        if (sigaction(SIGPIPE, NULL, &action) == 0 && action.sa_handler == SIG_DFL)
                signal(SIGPIPE, SIG_IGN);
}

static CURLM *multi_new(HttpClient *c, unsigned max_connections_per_host) {
        CURLM *multi = curl_multi_init();

        if (!multi)
                abort();
        curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_curl_wants_socket);
        curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, c);
        curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_curl_wants_timer);
        curl_multi_setopt(multi, CURLMOPT_TIMERDATA, c);
        curl_multi_setopt(multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
        curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long) CONNECTIONS_KEPT);
        curl_multi_setopt(
                multi, CURLMOPT_MAX_HOST_CONNECTIONS,
                (long) (max_connections_per_host ? max_connections_per_host : CONNECTIONS_PER_HOST_DEFAULT));
        return multi;
}

int http_client_new(uv_loop_t *loop, const HttpClientOptions *options, HttpClient **ret) {
        HttpClient *c = xnew(HttpClient, 1);
        int r;

        r = route_table_init(&c->routes, options->connect_to);
        if (r >= 0)
                r = resolver_new(loop, options->resolve, &c->resolver);
        if (r < 0) {
                route_table_done(&c->routes);
                free(c);
                return r;
        }

        sigpipe_ignore();
        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
                abort();
        c->n_ref = 1;
        c->loop = loop;
        c->ca_file = xstrdup(options->ca_file);
        c->user_agent = xstrdup(options->user_agent);
        TAILQ_INIT(&c->active);
        TAILQ_INIT(&c->ready);
        uv_timer_init(loop, &c->curl_timer);
        uv_timer_init(loop, &c->deadline_timer);
        c->n_hold = 2; /* the timers; the resolver looks after itself */
        c->multi = multi_new(c, options->max_connections_per_host);
        *ret = c;
        return 0;
}

static void on_timer_closed(uv_handle_t *handle) {
        client_release(handle->data);
}

void http_client_stop(HttpClient *c) {
        if (!c->multi)
                return;
        while (!TAILQ_EMPTY(&c->active))
                call_cancel(TAILQ_FIRST(&c->active));
        while (!TAILQ_EMPTY(&c->ready))
                call_cancel(TAILQ_FIRST(&c->ready));

        curl_multi_cleanup(c->multi); /* closes kept connections, and with them their poll handles */
        c->multi = NULL;
        resolver_close(TAKE_PTR(c->resolver));
        c->curl_timer.data = c->deadline_timer.data = c;
        uv_close((uv_handle_t *) &c->curl_timer, on_timer_closed);
        uv_close((uv_handle_t *) &c->deadline_timer, on_timer_closed);
}

HttpClient *http_client_ref(HttpClient *c) {
        c->n_ref++;
        return c;
}

HttpClient *http_client_unref(HttpClient *c) {
        if (!c)
                return NULL;
        assert(c->n_ref > 0);
        if (--c->n_ref == 0) {
                client_hold(c);
                http_client_stop(c);
                client_release(c);
        }
        return NULL;
}
