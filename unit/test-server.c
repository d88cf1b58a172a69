/* The server whole, on a real socket: who may do what, what a request may carry, and that clients who never read hurt nobody.
 * The clients are threads. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "hand-engine.h"
#include "server/internal.h"

#define DEADLINE_MS 20000

typedef struct Fixture {
        char directory[64];
        char *path;
        uv_loop_t loop;
        uv_async_t done;
        Events *events;
        Server *server;
} Fixture;

static void on_done(uv_async_t *async) {
        uv_stop(async->loop);
}

static int setup(void **state) {
        Fixture *f = xnew(Fixture, 1);
        ServerOptions options;
        char *error = NULL;

        hand_engine_init();
        (void) snprintf(f->directory, sizeof f->directory, "/tmp/test-server-XXXXXX");
        assert_non_null(mkdtemp(f->directory));
        f->path = xasprintf("%s/run/tandemd.sock", f->directory);
        f->events = events_new();
        assert_int_equal(uv_loop_init(&f->loop), 0);
        assert_int_equal(uv_async_init(&f->loop, &f->done, on_done), 0);
        options = hand_engine_server_options(f->path, f->events);
        assert_int_equal(server_new(&f->loop, &options, &f->server, &error), 0);
        *state = f;
        return 0;
}

static int teardown(void **state) {
        Fixture *f = *state;
        _cleanup_free_ char *run = xasprintf("%s/run", f->directory);

        server_stop(f->server);
        uv_close((uv_handle_t *) &f->done, NULL);
        (void) uv_run(&f->loop, UV_RUN_DEFAULT);
        assert_int_equal(f->server->replies_size, 0);
        assert_int_equal(f->server->n_followers, 0);
        server_free(f->server);
        assert_int_equal(uv_loop_close(&f->loop), 0);
        assert_int_equal(access(f->path, F_OK), -1);
        assert_int_equal(rmdir(run), 0);
        assert_int_equal(rmdir(f->directory), 0);
        events_free(f->events);
        hand_engine_done();
        free(f->path);
        free(f);
        return 0;
}

static int dial(const char *path) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        (void) snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
        if (connect(fd, (const struct sockaddr *) &address, sizeof address) < 0) {
                (void) close(fd);
                return -1;
        }
        return fd;
}

/* One exchange in a thread of its own, while the loop serves it. */
typedef struct Exchange {
        Fixture *fixture;
        Str request;
        Str reply;         /* head and body */
        const char *until; /* enough is read once the reply has this; NULL: the end */
} Exchange;

static void send_all(int fd, const Str *request) {
        for (size_t sent = 0; sent < request->size;) {
                ssize_t n = send(fd, request->s + sent, request->size - sent, MSG_NOSIGNAL);

                if (n <= 0)
                        return; /* refused by the head: the reply says why */
                sent += (size_t) n;
        }
}

static void *exchange_thread(void *userdata) {
        Exchange *x = userdata;
        int fd = dial(x->fixture->path);
        char buffer[4096];
        struct pollfd p = { .fd = fd, .events = POLLIN };
        ssize_t n;

        if (fd >= 0) {
                send_all(fd, &x->request);
                while (poll(&p, 1, DEADLINE_MS) > 0 && (n = recv(fd, buffer, sizeof buffer, 0)) > 0) {
                        str_add_n(&x->reply, buffer, (size_t) n);
                        if (x->until && strstr(x->reply.s, x->until))
                                break;
                }
                (void) close(fd);
        }
        (void) uv_async_send(&x->fixture->done);
        return NULL;
}

static void exchange_run(Exchange *x) {
        pthread_t thread;

        assert_int_equal(pthread_create(&thread, NULL, exchange_thread, x), 0);
        (void) uv_run(&x->fixture->loop, UV_RUN_DEFAULT);
        assert_int_equal(pthread_join(thread, NULL), 0);
}

static unsigned reply_status(const Str *reply) {
        const char *text = startswith(str_get(reply), "HTTP/1.1 ");
        int64_t status = 0;
        char digits[4] = "";

        if (text)
                (void) snprintf(digits, sizeof digits, "%.3s", text);
        (void) parse_i64(digits, 100, 599, &status);
        return (unsigned) status;
}

static const char *reply_body(const Str *reply) {
        const char *end = strstr(str_get(reply), "\r\n\r\n");

        return end ? end + 4 : "";
}

/* Asks with these header lines, each ended by \r\n. Returns the status; *ret_json (or NULL) is the body, when it is JSON. */
static unsigned ask(Fixture *f, const char *method, const char *path, const char *headers, const char *body,
                    cJSON **ret_json) {
        Exchange x = { .fixture = f };
        unsigned status;

        str_addf(&x.request, "%s %s HTTP/1.1\r\nConnection: close\r\n%s", method, path, headers);
        if (body)
                str_addf(&x.request, "Content-Length: %zu\r\n\r\n", strlen(body));
        else
                str_add(&x.request, "\r\n");
        str_add(&x.request, body ? body : "");
        exchange_run(&x);
        status = reply_status(&x.reply);
        if (ret_json) {
                *ret_json = NULL;
                (void) json_parse(reply_body(&x.reply), strlen(reply_body(&x.reply)), ret_json, NULL);
        }
        str_done(&x.request);
        str_done(&x.reply);
        return status;
}

#define GUARDED "Host: localhost\r\nX-Tandem-Request: 1\r\n"

/* Asks to change something; asserts the status, and the code of a refusal. */
static void assert_change(Fixture *f, const char *method, const char *path, const char *body,
                          unsigned status, const char *code) {
        _cleanup_json_ cJSON *o = NULL;
        unsigned got = ask(f, method, path, GUARDED, body, &o);

        if (got != status || !streq_ptr(json_string(o, "code"), code))
                fail_msg("%s %s %s: %u %s", method, path, body ? body : "", got, json_string(o, "code"));
        if (code)
                assert_non_null(json_string(o, "message"));
}

static void test_reading(void **state) {
        static const struct {
                const char *method, *path;
                unsigned status;
        } cases[] = {
                { "GET", "/", 200 },
                { "GET", "/healthz", 200 },
                { "HEAD", "/healthz", 200 },
                { "GET", "/readyz", 503 },
                { "GET", "/status", 200 },
                { "GET", "/plan", 200 },
                { "GET", "/events", 200 },
                { "GET", "/events?since=x", 400 },
                { "GET", "/explain", 400 },
                { "GET", "/explain?address=primary/Vcn/primary-vcn", 200 },
                { "GET", "/explain?address=primary%2FVcn%2Fnone", 404 },
                { "GET", "/statu", 404 },
                { "PUT", "/status", 405 },
                { "GET", "/reload", 405 },
        };
        Fixture *f = *state;
        _cleanup_json_ cJSON *status = NULL;

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                unsigned got = ask(f, cases[i].method, cases[i].path, "Host: x\r\n", NULL, NULL);

                if (got != cases[i].status)
                        fail_msg("%s %s: %u", cases[i].method, cases[i].path, got);
        }
        hand_engine.seen_all = true;
        assert_int_equal(ask(f, "GET", "/readyz", "", NULL, NULL), 200);
        assert_int_equal(ask(f, "GET", "/status", "", NULL, &status), 200);
        assert_string_equal(json_string(status, "estate"), "hand");
        assert_string_equal(json_string(status, "version"), "1.2.3");
}

static void test_before_a_spec_runs(void **state) {
        Fixture *f = *state;

        hand_engine.hand.context.estate = NULL;
        assert_int_equal(ask(f, "GET", "/healthz", "", NULL, NULL), 200);
        assert_int_equal(ask(f, "GET", "/readyz", "", NULL, NULL), 503);
        assert_int_equal(ask(f, "GET", "/status", "", NULL, NULL), 503);
        assert_change(f, "POST", "/reload", "{}", 204, NULL);
        hand_engine.hand.context.estate = hand_engine.hand.estate;
}

static void test_changing_is_guarded(void **state) {
        static const struct {
                const char *headers;
                unsigned status;
        } cases[] = {
                { "Host: localhost\r\n", 403 },
                { "Host: localhost\r\nX-Tandem-Request: 2\r\n", 403 },
                { "Host: evil.example\r\nX-Tandem-Request: 1\r\n", 403 },
                { "Host: localhost.evil.example\r\nX-Tandem-Request: 1\r\n", 403 },
                { "Host: localhost:8080x\r\nX-Tandem-Request: 1\r\n", 403 },
                { "Host: LocalHost:8080\r\nX-Tandem-Request: 1\r\n", 204 },
                { "Host: 127.0.0.1:1\r\nX-Tandem-Request: 1\r\n", 204 },
                { "Host: [::1]:8080\r\nX-Tandem-Request: 1\r\n", 204 },
        };
        Fixture *f = *state;

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                unsigned got = ask(f, "POST", "/reconcile", cases[i].headers, "{}", NULL);

                if (got != cases[i].status)
                        fail_msg("%s: %u", cases[i].headers, got);
        }
        assert_int_equal(hand_engine.n_reconciles, 3);
        assert_true(host_is_local(NULL));
}

static void test_bodies(void **state) {
        Fixture *f = *state;
        _cleanup_free_ char *large = xmalloc(BODY_MAX + 2);

        memset(large, ' ', BODY_MAX + 1);
        large[BODY_MAX + 1] = '\0';
        assert_change(f, "POST", "/reconcile", large, 413, "too-large");
        assert_change(f, "POST", "/reconcile", "{", 400, "bad-json");
        assert_change(f, "POST", "/reconcile", "[]", 400, "bad-json");
        assert_change(f, "POST", "/pauses", "{\"reason\":\"\xff\"}", 400, "bad-json");
        assert_change(f, "POST", "/reconcile", "{\"adress\":\"x\"}", 400, "unknown-member");
        assert_change(f, "POST", "/reconcile", "{\"address\":5}", 400, "bad-address");
        assert_change(f, "POST", "/reconcile", "{\"address\":\"primary/Vcn/x\"}", 404, "unknown-address");
        assert_change(f, "POST", "/reconcile", "{\"address\":\"" HAND_VCN "\"}", 204, NULL);
        assert_change(f, "POST", "/reconcile", "", 204, NULL);
}

/* The size is not announced, and still bounded. */
static void test_chunked_body_is_bounded(void **state) {
        Fixture *f = *state;
        Exchange x = { .fixture = f };
        _cleanup_free_ char *chunk = xmalloc(4097);

        memset(chunk, 'x', 4096);
        chunk[4096] = '\0';
        str_add(&x.request,
                "POST /reconcile HTTP/1.1\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n" GUARDED
                "\r\n");
        for (size_t sent = 0; sent <= BODY_MAX + 4096; sent += 4096)
                str_addf(&x.request, "1000\r\n%s\r\n", chunk);
        str_add(&x.request, "0\r\n\r\n");
        exchange_run(&x);
        assert_int_equal(reply_status(&x.reply), 413);
        str_done(&x.request);
        str_done(&x.reply);
}

static void test_approvals(void **state) {
        Fixture *f = *state;

        assert_change(f, "POST", "/approvals", "{}", 400, "no-id");
        assert_change(f, "POST", "/approvals", "{\"id\":\"nothing\"}", 404, "unknown-action");
        assert_change(f, "POST", "/approvals", "{\"id\":\"5e0\"}", 404, "unknown-action");
        assert_change(f, "POST", "/approvals", "{\"id\":\"00c0ffee\"}", 409, "not-needed");
        assert_change(f, "POST", "/approvals", "{\"id\":\"5e0c12ab\",\"override\":true}", 400, "no-reason");
        assert_change(f, "POST", "/approvals", "{\"id\":\"5e0c12ab\",\"reason\":\"a\\nb\"}", 400,
                      "bad-reason");
        assert_int_equal(hand_engine.hand.words.n_approvals, 0);
        assert_change(f, "POST", "/approvals", "{\"id\":\"5e0c12\"}", 204, NULL);
        assert_non_null(words_approval(&hand_engine.hand.words, hand_engine.hand.disrupt, now_realtime()));
        assert_change(f, "POST", "/approvals",
                      "{\"id\":\"5e0c12ab\",\"override\":true,\"reason\":\"night\"}", 204, NULL);
        assert_true(hand_engine.hand.words.approvals[0].override);
        assert_change(f, "POST", "/approvals", "{\"id\":\"bootstrap\"}", 204, NULL);
        assert_true(words_bootstrap(&hand_engine.hand.words, now_realtime()));
        assert_int_equal(hand_engine.n_wakes, 3);
        assert_string_equal(events_after(f->events, 0)->what, "approved");
        assert_string_equal(events_after(f->events, 0)->address, HAND_TABLE);
        hand_engine.hand.disrupt->decision = DECISION_REFUSED;
        assert_change(f, "POST", "/approvals", "{\"id\":\"5e0c12ab\"}", 409, "refused");
}

static void test_pauses(void **state) {
        Fixture *f = *state;
        usec_t now = now_realtime();

        assert_change(f, "POST", "/pauses", "{}", 400, "no-reason");
        assert_change(f, "POST", "/pauses", "{\"reason\":\"r\",\"for\":\"2 hours\"}", 400, "bad-duration");
        assert_change(f, "POST", "/pauses", "{\"reason\":\"r\",\"address\":\"primary/Vcn/x\"}", 404,
                      "unknown-address");
        assert_change(f, "DELETE", "/pauses", "{}", 404, "not-paused");
        assert_change(f, "POST", "/pauses", "{\"reason\":\"r\",\"address\":\"" HAND_VCN "\",\"for\":\"2h\"}",
                      204, NULL);
        assert_non_null(words_paused(&hand_engine.hand.words, HAND_VCN, now + USEC_PER_HOUR));
        assert_null(words_paused(&hand_engine.hand.words, HAND_VCN, now + 3 * USEC_PER_HOUR));
        assert_change(f, "POST", "/pauses", "{\"reason\":\"all\"}", 204, NULL);
        assert_change(f, "DELETE", "/pauses", "{\"address\":\"" HAND_TABLE "\"}", 404, "not-paused");
        assert_change(f, "DELETE", "/pauses?address=" HAND_VCN, NULL, 204, NULL);
        assert_change(f, "DELETE", "/pauses", NULL, 204, NULL);
        assert_int_equal(hand_engine.hand.words.n_pauses, 0);
}

static void test_reload(void **state) {
        Fixture *f = *state;

        assert_change(f, "POST", "/reload", NULL, 204, NULL);
        assert_string_equal(hand_engine.reloaded, "any");
        hand_engine.reload_result = -ESTALE;
        assert_change(f, "POST", "/reload", "{\"plan\":\"3f9a1c\"}", 409, "plan-changed");
        assert_string_equal(hand_engine.reloaded, "3f9a1c");
        assert_change(f, "POST", "/reload", "{\"plan\":5}", 400, "bad-plan");
}

static void test_candidate(void **state) {
        Fixture *f = *state;
        _cleanup_json_ cJSON *body = json_new_object(), *files = json_new_array(), *file = json_new_object(),
                             *plan = NULL;
        _cleanup_free_ char *text = NULL;

        json_set_string(file, "name", "hand.yaml");
        json_set_string(file, "text", hand_spec);
        json_append(files, TAKE_PTR(file));
        json_set(body, "files", TAKE_PTR(files));
        text = json_text(body);
        assert_int_equal(ask(f, "POST", "/plan", GUARDED, text, &plan), 200);
        assert_string_equal(json_string(plan, "digest"), "3f9a1c");
        hand_engine.candidate_result = -EINVAL;
        assert_change(f, "POST", "/plan", text, 409, "no-plan");
        assert_change(f, "POST", "/plan", "{}", 400, "no-files");
        assert_change(f, "POST", "/plan", "{\"files\":[{\"name\":\"a\"}]}", 400, "bad-file");
        assert_change(f, "POST", "/plan", "{\"files\":[{\"name\":\"a\",\"text\":\"kind: Estat\"}]}", 422,
                      "spec-rejected");
        assert_int_equal(ask(f, "POST", "/plan", "Host: localhost\r\n", text, NULL), 403);
}

static void add_event(Fixture *f, const char *text) {
        events_add(f->events, &(Event){ .text = (char *) (uintptr_t) text });
}

static void test_events(void **state) {
        Fixture *f = *state;
        Exchange x = { .fixture = f };

        add_event(f, "one");
        add_event(f, "two");
        str_add(&x.request, "GET /events?since=1 HTTP/1.1\r\nConnection: close\r\n\r\n");
        exchange_run(&x);
        assert_null(strstr(x.reply.s, "\"one\""));
        assert_non_null(strstr(x.reply.s, "\"two\""));
        str_done(&x.request);
        str_done(&x.reply);
}

/* Adds one event a time from the loop, for a follower to find. */
static void on_tick(uv_timer_t *timer) {
        Fixture *f = timer->data;
        _cleanup_free_ char *text = xasprintf("tick %llu", (unsigned long long) events_last(f->events));

        add_event(f, text);
}

static void test_following(void **state) {
        Fixture *f = *state;
        Exchange x = { .fixture = f, .until = "tick 4" };
        uv_timer_t timer = { .data = f };

        add_event(f, "old");
        (void) uv_timer_init(&f->loop, &timer);
        (void) uv_timer_start(&timer, on_tick, 5, 5);
        str_add(&x.request, "GET /events?since=now&follow=1 HTTP/1.1\r\n\r\n");
        exchange_run(&x);
        uv_close((uv_handle_t *) &timer, NULL);
        (void) uv_run(&f->loop, UV_RUN_NOWAIT);
        assert_null(strstr(x.reply.s, "\"old\""));
        assert_non_null(strstr(x.reply.s, "tick 4"));
        str_done(&x.request);
        str_done(&x.reply);
}

/* One that does not read while more happens than is kept is cut off; and a heartbeat finds the dead. */
static void test_slow_follower_is_cut_off(void **state) {
        Fixture *f = *state;
        int fd = dial(f->path);
        static const char request[] = "GET /events?follow=1 HTTP/1.1\r\n\r\n";
        _cleanup_free_ char *text = xmalloc(1001);

        memset(text, 'x', 1000);
        text[1000] = '\0';
        assert_true(fd >= 0);
        assert_int_equal(send(fd, request, sizeof request - 1, MSG_NOSIGNAL), sizeof request - 1);
        while (f->server->n_followers == 0)
                (void) uv_run(&f->loop, UV_RUN_ONCE);
        for (unsigned i = 0; i < 2 * EVENTS_KEPT; i++) {
                add_event(f, text);
                (void) uv_run(&f->loop, UV_RUN_NOWAIT);
        }
        /* It reads now, and gets what was on its way; then the end. */
        for (char buffer[65536]; recv(fd, buffer, sizeof buffer, MSG_DONTWAIT) != 0;) {
                (void) uv_run(&f->loop, UV_RUN_NOWAIT);
                if (f->server->n_followers == 0)
                        break;
        }
        assert_int_equal(f->server->n_followers, 0);
        (void) close(fd);

        fd = dial(f->path);
        assert_int_equal(send(fd, request, sizeof request - 1, MSG_NOSIGNAL), sizeof request - 1);
        while (f->server->n_followers == 0)
                (void) uv_run(&f->loop, UV_RUN_ONCE);
        (void) close(fd);
        while (f->server->n_followers > 0) {
                follow_heartbeat(&f->server->heartbeat);
                (void) uv_run(&f->loop, UV_RUN_NOWAIT);
        }
}

/* A follower and a half-read reply are there when the server stops; teardown looks for what is left. */
static void test_stopping_with_clients(void **state) {
        static const char follow[] = "GET /events?follow=1 HTTP/1.1\r\n\r\n",
                          half[] = "POST /plan HTTP/1.1\r\nContent-Le";
        Fixture *f = *state;
        int one = dial(f->path), two = dial(f->path);

        assert_int_equal(send(one, follow, sizeof follow - 1, MSG_NOSIGNAL), sizeof follow - 1);
        assert_int_equal(send(two, half, sizeof half - 1, MSG_NOSIGNAL), sizeof half - 1);
        while (f->server->n_followers == 0)
                (void) uv_run(&f->loop, UV_RUN_ONCE);
        server_stop(f->server);
        (void) close(one);
        (void) close(two);
}

static void test_silent_clients_hurt_nobody(void **state) {
        static const char request[] = "GET /status HTTP/1.1\r\n\r\n";
        Fixture *f = *state;
        int fds[100];

        for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
                fds[i] = dial(f->path);
                assert_true(fds[i] >= 0);
                if (i % 2)
                        assert_int_equal(send(fds[i], request, sizeof request - 1, MSG_NOSIGNAL),
                                         sizeof request - 1);
        }
        assert_int_equal(ask(f, "GET", "/status", "", NULL, NULL), 200);
        for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
                (void) close(fds[i]);
}

static void test_socket_file(void **state) {
        Fixture *f = *state;
        ServerOptions options = hand_engine_server_options(f->path, f->events);
        _cleanup_free_ char *error = NULL, *run = xasprintf("%s/run", f->directory);
        struct stat st;
        Server *second;

        assert_int_equal(stat(f->path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0660);
        assert_int_equal(stat(run, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0750);
        assert_int_equal(server_new(&f->loop, &options, &second, &error), -EADDRINUSE);
        assert_non_null(strstr(error, f->path));
        assert_int_equal(ask(f, "GET", "/healthz", "", NULL, NULL), 200);
}

/* What a dead daemon left is taken over; what is no socket is not. */
static void test_stale_socket(void **state) {
        Fixture *f = *state;
        ServerOptions options = hand_engine_server_options(f->path, f->events);
        _cleanup_free_ char *path = xasprintf("%s/run/other.sock", f->directory), *error = NULL;
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        Server *second;
        FILE *file;

        (void) snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
        assert_int_equal(bind(fd, (const struct sockaddr *) &address, sizeof address), 0);
        (void) close(fd);
        options.path = path;
        assert_int_equal(server_new(&f->loop, &options, &second, &error), 0);
        server_stop(second);
        while (second->n_handles > 0)
                (void) uv_run(&f->loop, UV_RUN_NOWAIT);
        server_free(second);
        file = fopen(path, "w");
        assert_non_null(file);
        (void) fclose(file);
        assert_int_equal(server_new(&f->loop, &options, &second, &error), -EEXIST);
        assert_int_equal(unlink(path), 0);
}

static void test_peer_rules(void **state) {
        const PeerRules rules = {
                .own = 990, .readers = 100, .admins = 200, .has_readers = true, .has_admins = true
        };
        const PeerRules none = { .own = 990 };
        gid_t readers[] = { 5, 100 }, admins[] = { 200 }, others[] = { 0, 5 };
        const struct {
                Peer peer;
                bool read, change;
        } cases[] = {
                { { .uid = 0 }, true, true },          { { .uid = 990 }, true, true },
                { { 1000, readers, 2 }, true, false }, { { 1000, admins, 1 }, true, true },
                { { 1000, others, 2 }, false, false }, { { .uid = 1000 }, false, false },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                assert_int_equal(peer_may_read(&rules, &cases[i].peer), cases[i].read);
                assert_int_equal(peer_may_change(&rules, &cases[i].peer), cases[i].change);
        }
        assert_false(peer_may_read(&none, &cases[4].peer)); /* group 0 is no group that exists */
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_reading, setup, teardown),
                cmocka_unit_test_setup_teardown(test_before_a_spec_runs, setup, teardown),
                cmocka_unit_test_setup_teardown(test_changing_is_guarded, setup, teardown),
                cmocka_unit_test_setup_teardown(test_bodies, setup, teardown),
                cmocka_unit_test_setup_teardown(test_chunked_body_is_bounded, setup, teardown),
                cmocka_unit_test_setup_teardown(test_approvals, setup, teardown),
                cmocka_unit_test_setup_teardown(test_pauses, setup, teardown),
                cmocka_unit_test_setup_teardown(test_reload, setup, teardown),
                cmocka_unit_test_setup_teardown(test_candidate, setup, teardown),
                cmocka_unit_test_setup_teardown(test_events, setup, teardown),
                cmocka_unit_test_setup_teardown(test_following, setup, teardown),
                cmocka_unit_test_setup_teardown(test_slow_follower_is_cut_off, setup, teardown),
                cmocka_unit_test_setup_teardown(test_stopping_with_clients, setup, teardown),
                cmocka_unit_test_setup_teardown(test_silent_clients_hurt_nobody, setup, teardown),
                cmocka_unit_test_setup_teardown(test_socket_file, setup, teardown),
                cmocka_unit_test_setup_teardown(test_stale_socket, setup, teardown),
                cmocka_unit_test(test_peer_rules),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
