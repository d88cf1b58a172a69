/* The HTTP client against servers that answer well, badly and not at all. Every test ends with
 * uv_loop_close() giving 0. */
#include "http/http.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/str.h"
#include "http-fixture.h"

#define SOON  (20 * USEC_PER_SEC)   /* never reached unless something is broken */
#define SHORT (100 * USEC_PER_MSEC) /* reached on purpose */

typedef struct World {
        uv_loop_t loop;
        HttpClient *client;
} World;

typedef struct Outcome {
        HttpCall *call;
        unsigned n_done;
        int error;
        HttpReply reply; /* the numbers; body and etag are copied below */
        char *body;
        char *etag;
        char *text;
        Str streamed;
        World *world; /* to stop from inside a callback, or NULL */
        bool drop_in_data;
} Outcome;

static void world_init(World *w, const HttpClientOptions *options) {
        assert_int_equal(uv_loop_init(&w->loop), 0);
        assert_int_equal(http_client_new(&w->loop, options ? options : &(HttpClientOptions){}, &w->client),
                         0);
}

static void world_done(World *w) {
        w->client = http_client_unref(w->client);
        uv_run(&w->loop, UV_RUN_DEFAULT);
        assert_int_equal(uv_loop_close(&w->loop), 0);
}

static void outcome_done(Outcome *o) {
        o->call = http_call_unref(o->call);
        free(o->body);
        free(o->etag);
        free(o->text);
        str_done(&o->streamed);
        *o = (Outcome){};
}

static void on_done(HttpCall *call, const HttpReply *reply, int error, void *userdata) {
        Outcome *o = userdata;

        o->n_done++;
        o->error = error;
        o->reply = *reply;
        str_replace(&o->text, http_call_error_text(call));
        o->call = http_call_unref(o->call); /* as callers do; the reply must outlive it */
        str_replace(&o->body, reply->body);
        str_replace(&o->etag, http_reply_header(reply, "etag"));
        if (o->world)
                o->world->client = http_client_unref(o->world->client);
}

static void on_data(HttpCall *call, const char *data, size_t size, void *userdata) {
        Outcome *o = userdata;

        assert_int_equal(http_call_reply(call)->status, 200);
        str_add_n(&o->streamed, data, size);
        if (o->drop_in_data)
                o->call = http_call_unref(o->call);
        if (o->world)
                http_client_stop(o->world->client);
}

static int start(World *w, HttpRequest q, Outcome *o) {
        if (!q.deadline_usec)
                q.deadline_usec = SOON;
        if (!q.method)
                q.method = "GET";
        return http_call_start(w->client, &q, on_done, o, &o->call);
}

/* Runs one call to its end. */
static void run(World *w, HttpRequest q, Outcome *o) {
        outcome_done(o);
        assert_int_equal(start(w, q, o), 0);
        assert_int_equal(o->n_done, 0);
        uv_run(&w->loop, UV_RUN_DEFAULT);
        assert_int_equal(o->n_done, 1);
}

static char *url_of(unsigned port, const char *path) {
        return xasprintf("http://127.0.0.1:%u%s", port, path);
}

#define REPLY(status, body_size, rest) "HTTP/1.1 " status "\r\nContent-Length: " body_size "\r\n" rest
#define OK_HI                          REPLY("200 OK", "2", "ETag: e1\r\n\r\nhi")

static void test_sends_what_it_is_given(void **state) {
        static const char *const json[] = { "content-type: application/json", "x-one: 1",
                                            "Content-Length: 7", "x-empty:", NULL };
        static const struct {
                HttpRequest q;
                const char *head; /* after "METHOD /a/../b?x=%2f HTTP/1.1\r\nHost: …\r\n" */
        } cases[] = {
                { { .method = "GET" }, "Accept: */*\r\n\r\n" },
                { { .method = "HEAD" }, "Accept: */*\r\n\r\n" },
                { { .method = "DELETE" }, "Accept: */*\r\n\r\n" },
                { { .method = "DELETE", .body = "ab", .body_size = 2 },
                  "Accept: */*\r\nContent-Length: 2\r\n\r\nab" },
                { { .method = "POST" }, "Accept: */*\r\nContent-Length: 0\r\n\r\n" },
                { { .method = "PUT" }, "Accept: */*\r\nContent-Length: 0\r\n\r\n" },
                { { .method = "PATCH" }, "Accept: */*\r\nContent-Length: 0\r\n\r\n" },
                { { .method = "PUT", .body = "{\"a\":1}", .body_size = 7, .headers = json },
                  "Accept: */*\r\ncontent-type: application/json\r\nx-one: 1\r\nContent-Length: "
                  "7\r\nx-empty:\r\n\r\n"
                  "{\"a\":1}" },
        };
        RawStep steps[ARRAY_SIZE(cases)];
        Outcome o = {};
        World w;

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                steps[i] = (RawStep){ streq(cases[i].q.method, "HEAD") ? REPLY("200 OK", "5", "\r\n")
                                                                       : OK_HI,
                                      RAW_NEXT };
        _cleanup_(raw_server_freep) RawServer *s = raw_server_new(steps, ARRAY_SIZE(steps));
        _cleanup_free_ char *url = url_of(raw_server_port(s), "/a/../b?x=%2f");

        world_init(&w, NULL);
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_free_ char *expected = NULL, *got = NULL;
                HttpRequest q = cases[i].q;

                q.url = url;
                run(&w, q, &o);
                assert_int_equal(o.error, 0);
                assert_int_equal(o.reply.status, 200);
                assert_true(o.reply.body_is_complete && o.reply.sent);
                expected = xasprintf("%s /a/../b?x=%%2f HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n%s", q.method,
                                     raw_server_port(s), cases[i].head);
                got = raw_server_request(s, i);
                assert_string_equal(got, expected);
        }
        assert_int_equal(raw_server_connections(s), 1);
        outcome_done(&o);
        world_done(&w);
}

static void test_sends_a_large_body_without_asking(void **state) {
        static const RawStep steps[] = { { OK_HI, RAW_NEXT } };
        _cleanup_(raw_server_freep) RawServer *s = raw_server_new(steps, 1);
        _cleanup_free_ char *url = url_of(raw_server_port(s), "/"), *got = NULL, *big = xcalloc(3, 1 << 20);
        Outcome o = {};
        World w;

        world_init(&w, &(HttpClientOptions){ .user_agent = "tandem/0" });
        run(&w, (HttpRequest){ .method = "POST", .url = url, .body = big, .body_size = 3 << 20 }, &o);
        assert_int_equal(o.error, 0);
        got = raw_server_request(s, 0);
        assert_null(strcasestr(got, "expect:"));
        assert_non_null(strstr(got, "User-Agent: tandem/0\r\n"));
        outcome_done(&o);
        world_done(&w);
}

static void test_reads_replies(void **state) {
        static const struct {
                RawStep step;
                int error;
                long status;
                const char *body, *etag;
                bool complete;
        } cases[] = {
                { { OK_HI, RAW_CLOSE }, 0, 200, "hi", "e1", true },
                { { REPLY("404 Not Found", "2", "etag: a\r\nETAG:  b \r\n\r\nno"), RAW_CLOSE },
                  0,
                  404,
                  "no",
                  "b",
                  true },
                { { REPLY("302 Found", "0", "Location: /x\r\n\r\n"), RAW_CLOSE }, 0, 302, "", NULL, true },
                { { "HTTP/1.1 204 No Content\r\n\r\n", RAW_CLOSE }, 0, 204, "", NULL, true },
                { { "HTTP/1.1 100 Continue\r\nETag: no\r\n\r\n" OK_HI, RAW_CLOSE },
                  0,
                  200,
                  "hi",
                  "e1",
                  true },
                { { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nETag: "
                    "t\r\n\r\n",
                    RAW_CLOSE },
                  0,
                  200,
                  "abcde",
                  NULL,
                  true },
                { { "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc", RAW_CLOSE },
                  0,
                  200,
                  "abc",
                  NULL,
                  false },
                { { REPLY("200 OK", "10", "\r\nabc"), RAW_CLOSE }, -ECONNRESET, 200, "abc", NULL, false },
                { { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc", RAW_CLOSE },
                  -ECONNRESET,
                  200,
                  "abc",
                  NULL,
                  false },
                { { "HTTP/1.1 200 OK\r\nContent-Le", RAW_CLOSE }, -ECONNRESET, 200, "", NULL, false },
                { { "", RAW_CLOSE }, -ECONNRESET, 0, "", NULL, false },
                { { "", RAW_RESET }, -ECONNRESET, 0, "", NULL, false },
                { { REPLY("200 OK", "10", "\r\nabc"), RAW_RESET }, -ECONNRESET, 200, "abc", NULL, false },
                { { "SSH-2.0-what\r\n\r\n\r\n\r\n", RAW_CLOSE }, -EPROTO, 0, "", NULL, false },
                { { "", RAW_HOLD }, -ETIMEDOUT, 0, "", NULL, false },
        };
        Outcome o = {};
        World w;

        world_init(&w, NULL);
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_(raw_server_freep) RawServer *s = raw_server_new(&cases[i].step, 1);
                _cleanup_free_ char *url = url_of(raw_server_port(s), "/");

                run(&w,
                    (HttpRequest){ .url = url, .deadline_usec = cases[i].error == -ETIMEDOUT ? SHORT : 0 },
                    &o);
                assert_int_equal(o.error, cases[i].error);
                assert_int_equal(o.reply.status, cases[i].status);
                assert_string_equal(o.body, cases[i].body);
                assert_int_equal(o.reply.body_size, strlen(o.body));
                assert_true(streq_ptr(o.etag, cases[i].etag));
                assert_int_equal(o.reply.body_is_complete, cases[i].complete);
                assert_true(o.reply.sent);
                assert_int_equal(!*o.text, o.error == 0);
        }
        outcome_done(&o);
        world_done(&w);
}

static void test_refuses_absurd_headers(void **state) {
        _cleanup_str_ Str many = {}, large = {};
        Outcome o = {};
        World w;

        str_add(&many, "HTTP/1.1 200 OK\r\n");
        for (int i = 0; i < 101; i++)
                str_addf(&many, "x-%d: y\r\n", i);
        str_add(&many, "Content-Length: 0\r\n\r\n");
        str_add(&large, "HTTP/1.1 200 OK\r\n");
        for (int i = 0; i < 80; i++)
                str_addf(&large, "x: %01000d\r\n", i);
        str_add(&large, "Content-Length: 0\r\n\r\n");

        world_init(&w, NULL);
        for (int i = 0; i < 2; i++) {
                const RawStep step = { i ? large.s : many.s, RAW_CLOSE };
                _cleanup_(raw_server_freep) RawServer *s = raw_server_new(&step, 1);
                _cleanup_free_ char *url = url_of(raw_server_port(s), "/");

                run(&w, (HttpRequest){ .url = url }, &o);
                assert_int_equal(o.error, -EPROTO);
        }
        outcome_done(&o);
        world_done(&w);
}

static void test_limits_the_size(void **state) {
        _cleanup_(real_server_freep) RealServer *s = real_server_new(NULL, NULL);
        _cleanup_free_ char *url = url_of(real_server_port(s), "/100000");
        static const size_t limits[] = { 1, 99999, 100000, 0 };
        Outcome o = {};
        World w;

        world_init(&w, NULL);
        for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
                run(&w, (HttpRequest){ .url = url, .max_reply_size = limits[i] }, &o);
                assert_int_equal(o.error, limits[i] && limits[i] < 100000 ? -EFBIG : 0);
                assert_true(o.reply.body_size <= (limits[i] ? limits[i] : 100000));
        }
        run(&w, (HttpRequest){ .url = url, .max_reply_size = 5000, .on_data = on_data }, &o);
        assert_int_equal(o.error, -EFBIG);
        assert_true(o.streamed.size <= 5000);
        outcome_done(&o);
        world_done(&w);
}

static void test_keeps_connections(void **state) {
        _cleanup_(real_server_freep) RealServer *s = real_server_new(NULL, NULL);
        _cleanup_free_ char *url = url_of(real_server_port(s), "/10");
        Outcome one = {}, many[20] = {};
        World w;

        world_init(&w, &(HttpClientOptions){ .max_connections_per_host = 2 });
        for (int i = 0; i < 5; i++) {
                run(&w, (HttpRequest){ .url = url }, &one);
                assert_int_equal(one.error, 0);
        }
        assert_int_equal(real_server_connections(s), 1);

        for (size_t i = 0; i < ARRAY_SIZE(many); i++)
                assert_int_equal(start(&w, (HttpRequest){ .url = url }, &many[i]), 0);
        uv_run(&w.loop, UV_RUN_DEFAULT);
        for (size_t i = 0; i < ARRAY_SIZE(many); i++) {
                assert_int_equal(many[i].n_done, 1);
                assert_string_equal(many[i].body, "xxxxxxxxxx");
                outcome_done(&many[i]);
        }
        assert_true(real_server_connections(s) <= 2);
        outcome_done(&one);
        world_done(&w);
}

/* A kept connection that the server drops when the next request comes, as a lost reply looks. */
static void test_repeats_only_what_is_harmless(void **state) {
        static const RawStep steps[] = { { OK_HI, RAW_NEXT }, { "", RAW_CLOSE }, { OK_HI, RAW_NEXT } };
        Outcome o = {};
        World w;

        world_init(&w, NULL);
        for (int i = 0; i < 2; i++) {
                _cleanup_(raw_server_freep) RawServer *s = raw_server_new(steps, ARRAY_SIZE(steps));
                _cleanup_free_ char *url = url_of(raw_server_port(s), "/"), *third = NULL;

                run(&w, (HttpRequest){ .url = url }, &o);
                assert_int_equal(o.error, 0);
                run(&w, (HttpRequest){ .url = url, .method = i ? "POST" : "GET" }, &o);
                third = raw_server_request(s, 2);
                assert_int_equal(o.error, i ? -ECONNRESET : 0);
                assert_true(o.reply.sent);
                assert_int_equal(!third, i);
        }
        outcome_done(&o);
        world_done(&w);
}

static void test_deadline_strikes_through_a_drip(void **state) {
        static const RawStep steps[] = { { REPLY("200 OK", "1000000", "\r\n"), RAW_DRIP },
                                         { "", RAW_HOLD } };
        _cleanup_(raw_server_freep) RawServer *s = raw_server_new(steps, ARRAY_SIZE(steps));
        _cleanup_free_ char *url = url_of(raw_server_port(s), "/");
        Outcome first = {}, second = {};
        World w;

        world_init(&w, &(HttpClientOptions){ .max_connections_per_host = 1 });
        assert_int_equal(start(&w, (HttpRequest){ .url = url, .deadline_usec = 2 * SHORT }, &first), 0);
        assert_int_equal(start(&w, (HttpRequest){ .url = url, .deadline_usec = SHORT }, &second), 0);
        uv_run(&w.loop, UV_RUN_DEFAULT);

        assert_int_equal(first.error, -ETIMEDOUT);
        assert_true(first.reply.sent && first.reply.elapsed >= 2 * SHORT);
        assert_int_equal(first.reply.status, 200);
        assert_false(first.reply.body_is_complete);
        assert_int_equal(second.error, -ETIMEDOUT); /* it waited for the connection */
        assert_false(second.reply.sent);
        outcome_done(&first);
        outcome_done(&second);
        world_done(&w);
}

static void test_refused(void **state) {
        unsigned port;
        int fd = refusing_port(&port);
        _cleanup_free_ char *url = url_of(port, "/");
        Outcome o = {};
        World w;

        world_init(&w, NULL);
        run(&w, (HttpRequest){ .url = url, .method = "POST" }, &o);
        assert_int_equal(o.error, -ECONNREFUSED);
        assert_false(o.reply.sent);
        assert_int_equal(o.reply.status, 0);
        assert_true(*o.text);
        outcome_done(&o);
        world_done(&w);
        close(fd);
}

static void test_streams(void **state) {
        static const RawStep steps[] = {
                { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
                  RAW_CLOSE },
                { REPLY("410 Gone", "4", "\r\ngone"), RAW_CLOSE },
                { REPLY("200 OK", "10", "\r\nabc"), RAW_HOLD },
        };
        _cleanup_(raw_server_freep) RawServer *s = raw_server_new(steps, ARRAY_SIZE(steps));
        _cleanup_free_ char *url = url_of(raw_server_port(s), "/");
        HttpRequest q = { .url = url, .max_reply_size = SIZE_MAX, .on_data = on_data };
        Outcome o = {};
        World w;

        world_init(&w, NULL);
        run(&w, q, &o);
        assert_int_equal(o.error, 0);
        assert_string_equal(o.streamed.s, "abcde");
        assert_string_equal(o.body, "");
        run(&w, q, &o);
        assert_int_equal(o.reply.status, 410);
        assert_int_equal(o.streamed.size, 0);
        assert_string_equal(o.body, "gone");

        outcome_done(&o); /* what came is handed over at once; then the callback drops the call */
        o.drop_in_data = true;
        assert_int_equal(start(&w, q, &o), 0);
        uv_run(&w.loop, UV_RUN_DEFAULT);
        assert_int_equal(o.n_done, 0);
        assert_string_equal(o.streamed.s, "abc");
        outcome_done(&o);
        world_done(&w);
}

static void test_cancel_before_anything_happens(void **state) {
        static const RawStep steps[] = { { OK_HI, RAW_NEXT } };
        _cleanup_(raw_server_freep) RawServer *s = raw_server_new(steps, 1);
        _cleanup_free_ char *url = url_of(raw_server_port(s), "/");
        Outcome o = {};
        World w;

        world_init(&w, NULL);
        assert_int_equal(start(&w, (HttpRequest){ .url = url }, &o), 0);
        assert_ptr_equal(http_call_ref(o.call), o.call);
        http_call_unref(o.call);
        o.call = http_call_unref(o.call);
        uv_run(&w.loop, UV_RUN_DEFAULT);
        assert_int_equal(o.n_done, 0);
        world_done(&w);
}

static void test_cancel_while_it_runs(void **state) {
        static const RawStep steps[] = { { "", RAW_HOLD } };
        _cleanup_(raw_server_freep) RawServer *s = raw_server_new(steps, 1);
        _cleanup_free_ char *url = url_of(raw_server_port(s), "/");
        Outcome o = {};
        World w;

        world_init(&w, NULL);
        assert_int_equal(start(&w, (HttpRequest){ .url = url, .method = "PUT" }, &o), 0);
        for (bool is_there = false; !is_there;) {
                _cleanup_free_ char *request = NULL;

                uv_run(&w.loop, UV_RUN_NOWAIT);
                request = raw_server_request(s, 0);
                is_there = request;
        }
        assert_true(http_call_reply(o.call)->sent);
        o.call = http_call_unref(o.call);
        uv_run(&w.loop, UV_RUN_DEFAULT);
        assert_int_equal(o.n_done, 0);
        world_done(&w);
}

/* Two calls end at one instant, so that the first one's callback finds the second one ended and not yet
 * handed over. */
static void on_done_drops_the_other(HttpCall *call, const HttpReply *reply, int error, void *userdata) {
        Outcome *pair = userdata;

        pair[0].n_done++;
        for (int i = 0; i < 2; i++)
                pair[i].call = http_call_unref(pair[i].call);
}

static void test_cancel_after_the_end(void **state) {
        unsigned port;
        int fd = refusing_port(&port);
        _cleanup_free_ char *url = url_of(port, "/");
        const HttpRequest q = { .method = "GET", .url = url, .deadline_usec = 1 };
        Outcome pair[2] = {};
        World w;

        world_init(&w, NULL);
        for (int i = 0; i < 2; i++)
                assert_int_equal(http_call_start(w.client, &q, on_done_drops_the_other, pair, &pair[i].call),
                                 0);
        uv_run(&w.loop, UV_RUN_DEFAULT);
        assert_int_equal(pair[0].n_done, 1);
        world_done(&w);
        close(fd);
}

static void test_stop_anywhere(void **state) {
        static const RawStep whole[] = { { OK_HI, RAW_NEXT } },
                             part[] = { { REPLY("200 OK", "9", "\r\nabc"), RAW_HOLD } };

        for (int i = 0; i < 3; i++) {
                _cleanup_(raw_server_freep) RawServer *s = raw_server_new(i == 1 ? part : whole, 1);
                _cleanup_free_ char *url = url_of(raw_server_port(s), "/");
                HttpRequest q = { .url = url, .on_data = i == 1 ? on_data : NULL };
                Outcome o = {}, other = {};
                World w;

                world_init(&w, NULL);
                if (i < 2) /* 0: freed inside 'done'; 1: stopped inside on_data; 2: while starting */
                        o.world = &w;
                assert_int_equal(start(&w, q, &o), 0);
                assert_int_equal(start(&w, q, &other), 0);
                if (i == 2)
                        http_client_stop(w.client);
                uv_run(&w.loop, UV_RUN_DEFAULT);
                assert_int_equal(o.n_done, i == 0);
                assert_int_equal(other.n_done, 0);
                if (w.client) {
                        assert_int_equal(start(&w, q, &other), -ESHUTDOWN);
                        assert_int_equal(start(&w, (HttpRequest){}, &other), -ESHUTDOWN);
                }
                outcome_done(&o);
                outcome_done(&other);
                world_done(&w);
        }
}

static void test_refuses_bad_requests(void **state) {
        static const char *const newline[] = { "a: b\r\nc: d", NULL }, *const bare[] = { "nocolon", NULL },
                                 *const length[] = { "Content-Length: 3", NULL },
                                 *const name[] = { "a b: c", NULL };
        static const HttpRequest cases[] = {
                { .url = "ftp://a/" },
                { .url = "nonsense" },
                { .url = "http://u:p@a/" },
                { .url = "http://a/b c" },
                { .url = "http://\xc3\xa4/" },
                { .url = "http:///" },
                { .url = "http://a:99999/" },
                { .url = "http://a/", .method = "get" },
                { .url = "http://a/", .method = "" },
                { .url = "http://a/", .method = "HEAD", .body = "x", .body_size = 1 },
                { .url = "http://a/", .method = "POST", .body_size = 1 },
                { .url = "http://a/", .headers = newline },
                { .url = "http://a/", .headers = bare },
                { .url = "http://a/", .headers = name },
                { .url = "http://a/", .headers = length },
                { .url = "http://a/", .max_reply_size = SIZE_MAX },
                { .url = "http://a/", .deadline_usec = USEC_INFINITY },
                {},
        };
        static const char *const lines[] = { "a:443:b", "a:x:b:1", "a:1:b:1:2", "[::1:443:b:1",
                                             "a:70000:b:1" };
        HttpClient *c;
        Outcome o = {};
        World w;

        world_init(&w, NULL);
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                assert_int_equal(start(&w, cases[i], &o), -EINVAL);
        for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
                const char *const connect_to[] = { lines[i], NULL };

                assert_int_equal(
                        http_client_new(&w.loop, &(HttpClientOptions){ .connect_to = connect_to }, &c),
                        -EINVAL);
        }
        assert_null(o.call);
        world_done(&w);
}

static void test_tls(void **state) {
        _cleanup_free_ char *ca = NULL, *cert = NULL, *key = NULL, *other_ca = NULL, *x = NULL, *y = NULL;
        char directory[] = "/tmp/test-http-XXXXXX";

        assert_non_null(mkdtemp(directory));
        make_certificates("api.test", &ca, &cert, &key);
        make_certificates("api.test", &other_ca, &x, &y);
        _cleanup_free_ char *ca_file = path_join(directory, "ca.pem"),
                            *other_file = path_join(directory, "other.pem");
        assert_int_equal(file_write_atomic(ca_file, ca, strlen(ca), 0600), 0);
        assert_int_equal(file_write_atomic(other_file, other_ca, strlen(other_ca), 0600), 0);

        _cleanup_(real_server_freep) RealServer *s = real_server_new(cert, key);
        _cleanup_free_ char *good = xasprintf("api.test:443:127.0.0.1:%u", real_server_port(s)),
                            *bad = xasprintf("wrong.test:443:127.0.0.1:%u", real_server_port(s));
        const char *const connect_to[] = { good, bad, NULL };
        const struct {
                const char *ca_file, *url;
                int error;
        } cases[] = {
                { ca_file, "https://api.test/5", 0 },
                { ca_file, "https://wrong.test/5", -EPROTO },
                { other_file, "https://api.test/5", -EPROTO },
                { NULL, "https://api.test/5", -EPROTO },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Outcome o = {};
                World w;

                world_init(&w,
                           &(HttpClientOptions){ .ca_file = cases[i].ca_file, .connect_to = connect_to });
                for (int k = 0; k < 2; k++) {
                        run(&w, (HttpRequest){ .url = cases[i].url }, &o);
                        assert_int_equal(o.error, cases[i].error);
                        assert_int_equal(o.reply.sent, cases[i].error != -EPROTO);
                }
                outcome_done(&o);
                world_done(&w);
                if (i == 0)
                        assert_int_equal(real_server_connections(s), 1);
        }
        unlink(ca_file);
        unlink(other_file);
        rmdir(directory);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_sends_what_it_is_given),
                cmocka_unit_test(test_sends_a_large_body_without_asking),
                cmocka_unit_test(test_reads_replies),
                cmocka_unit_test(test_refuses_absurd_headers),
                cmocka_unit_test(test_limits_the_size),
                cmocka_unit_test(test_keeps_connections),
                cmocka_unit_test(test_repeats_only_what_is_harmless),
                cmocka_unit_test(test_deadline_strikes_through_a_drip),
                cmocka_unit_test(test_refused),
                cmocka_unit_test(test_streams),
                cmocka_unit_test(test_cancel_before_anything_happens),
                cmocka_unit_test(test_cancel_while_it_runs),
                cmocka_unit_test(test_cancel_after_the_end),
                cmocka_unit_test(test_stop_anywhere),
                cmocka_unit_test(test_refuses_bad_requests),
                cmocka_unit_test(test_tls),
        };

        /* The machine's own proxies are not part of the tests. */
        for (const char *const *v = (const char *const[]){ "http_proxy", "https_proxy", "HTTPS_PROXY",
                                                           "all_proxy", "ALL_PROXY", NULL };
             *v; v++)
                unsetenv(*v);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
