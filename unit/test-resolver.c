/* Names: who is looked up, how often, and that a lookup which never ends holds up nothing, neither the
 * loop nor the exit. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"
#include "http-fixture.h"
#include "http/http.h"

#define SOON  (20 * USEC_PER_SEC)
#define SHORT (100 * USEC_PER_MSEC)

/* A name service of our own. "hang…" answers when the gate opens; "none…" does not exist; "both…" has an
 * IPv6 address first that nobody listens at; all others are 127.0.0.1. */
static struct {
        pthread_mutex_t mutex;
        pthread_cond_t changed;
        bool is_open;
        unsigned n_inside;
        unsigned n_lookups;
        char *asked; /* "name name …", in order */
} names = { .mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static void names_reset(void) {
        pthread_mutex_lock(&names.mutex);
        names.is_open = true; /* lets the last test's threads out */
        pthread_cond_broadcast(&names.changed);
        while (names.n_inside > 0)
                pthread_cond_wait(&names.changed, &names.mutex);
        names.is_open = false;
        names.n_lookups = 0;
        str_replace(&names.asked, NULL);
        pthread_mutex_unlock(&names.mutex);
}

static int names_resolve(const char *node, const char *service, const struct addrinfo *hints,
                         struct addrinfo **ret) {
        struct addrinfo numeric = *hints;
        char *asked;
        int r;

        pthread_mutex_lock(&names.mutex);
        names.n_lookups++;
        names.n_inside++;
        asked = names.asked ? xasprintf("%s %s", names.asked, node) : xstrdup(node);
        free(names.asked);
        names.asked = asked;
        pthread_cond_broadcast(&names.changed);
        while (startswith(node, "hang") && !names.is_open)
                pthread_cond_wait(&names.changed, &names.mutex);
        names.n_inside--;
        pthread_cond_broadcast(&names.changed);
        pthread_mutex_unlock(&names.mutex);

        if (startswith(node, "none"))
                return EAI_NONAME;
        numeric.ai_flags |= AI_NUMERICHOST;
        r = getaddrinfo(startswith(node, "both") ? "::1" : "127.0.0.1", service, &numeric, ret);
        if (r == 0 && startswith(node, "both"))
                r = getaddrinfo("127.0.0.1", service, &numeric, &(*ret)->ai_next);
        return r;
}

static void names_wait_for(unsigned n_lookups) {
        pthread_mutex_lock(&names.mutex);
        while (names.n_lookups < n_lookups)
                pthread_cond_wait(&names.changed, &names.mutex);
        pthread_mutex_unlock(&names.mutex);
}

typedef struct Outcome {
        HttpCall *call;
        unsigned n_done;
        int error;
        bool sent;
        char *text;
} Outcome;

static void outcome_done(Outcome *o) {
        http_call_unref(o->call);
        free(o->text);
        *o = (Outcome){};
}

static void on_done(HttpCall *call, const HttpReply *reply, int error, void *userdata) {
        Outcome *o = userdata;

        o->n_done++;
        o->error = error;
        o->sent = reply->sent;
        str_replace(&o->text, http_call_error_text(call));
}

typedef struct World {
        uv_loop_t loop;
        HttpClient *client;
} World;

static void world_init(World *w, const char *const *connect_to) {
        names_reset();
        assert_int_equal(uv_loop_init(&w->loop), 0);
        assert_int_equal(
                http_client_new(&w->loop,
                                &(HttpClientOptions){ .resolve = names_resolve, .connect_to = connect_to },
                                &w->client),
                0);
}

static void world_done(World *w) {
        w->client = http_client_unref(w->client);
        uv_run(&w->loop, UV_RUN_DEFAULT);
        assert_int_equal(uv_loop_close(&w->loop), 0);
        names_reset();
}

static void start(World *w, const char *url, usec_t deadline_usec, Outcome *o) {
        const HttpRequest q = { .method = "GET", .url = url, .deadline_usec = deadline_usec };

        outcome_done(o);
        assert_int_equal(http_call_start(w->client, &q, on_done, o, &o->call), 0);
}

static void run(World *w, const char *url, Outcome *o) {
        start(w, url, SOON, o);
        uv_run(&w->loop, UV_RUN_DEFAULT);
        assert_int_equal(o->n_done, 1);
}

static void test_one_lookup_for_all(void **state) {
        _cleanup_(real_server_freep) RealServer *s = real_server_new(NULL, NULL);
        _cleanup_free_ char *url = xasprintf("http://Good.test:%u/3", real_server_port(s));
        Outcome many[5] = {};
        World w;

        world_init(&w, NULL);
        for (int round = 0; round < 2; round++) {
                for (size_t i = 0; i < ARRAY_SIZE(many); i++)
                        start(&w, url, SOON, &many[i]);
                uv_run(&w.loop, UV_RUN_DEFAULT);
                for (size_t i = 0; i < ARRAY_SIZE(many); i++)
                        assert_int_equal(many[i].n_done == 1 ? many[i].error : -EINVAL, 0);
        }
        assert_string_equal(names.asked, "Good.test");
        for (size_t i = 0; i < ARRAY_SIZE(many); i++)
                outcome_done(&many[i]);
        world_done(&w);
}

static void test_unknown_name(void **state) {
        Outcome o = {};
        World w;

        world_init(&w, NULL);
        for (int i = 0; i < 2; i++) {
                run(&w, "https://none.test/", &o);
                assert_int_equal(o.error, -EHOSTUNREACH);
                assert_false(o.sent);
                assert_non_null(strstr(o.text, "'none.test'"));
        }
        assert_int_equal(names.n_lookups, 2); /* a failure is not kept */
        outcome_done(&o);
        world_done(&w);
}

static void test_second_address(void **state) {
        _cleanup_(real_server_freep) RealServer *s = real_server_new(NULL, NULL);
        _cleanup_free_ char *url = xasprintf("http://both.test:%u/3", real_server_port(s));
        Outcome o = {};
        World w;

        world_init(&w, NULL);
        run(&w, url, &o);
        assert_int_equal(o.error, 0);
        outcome_done(&o);
        world_done(&w);
}

static void test_addresses_that_lead_nowhere_are_forgotten(void **state) {
        unsigned port;
        int fd = refusing_port(&port);
        _cleanup_free_ char *url = xasprintf("http://good.test:%u/", port);
        Outcome o = {};
        World w;

        world_init(&w, NULL);
        for (int i = 0; i < 2; i++) {
                run(&w, url, &o);
                assert_int_equal(o.error, -ECONNREFUSED);
        }
        assert_int_equal(names.n_lookups, 2);
        outcome_done(&o);
        world_done(&w);
        close(fd);
}

static void test_hanging_name_holds_up_nothing(void **state) {
        _cleanup_(real_server_freep) RealServer *s = real_server_new(NULL, NULL);
        _cleanup_free_ char *url = xasprintf("http://good.test:%u/3", real_server_port(s));
        Outcome hanging[8] = {}, good = {}, dropped = {}, left = {};
        World w;

        world_init(&w, NULL);
        for (size_t i = 0; i < ARRAY_SIZE(hanging); i++) { /* more than libuv's pool has threads */
                _cleanup_free_ char *hang = xasprintf("http://hang%zu.test/", i);

                start(&w, hang, SHORT, &hanging[i]);
        }
        start(&w, "http://hang0.test/", SOON, &dropped);
        start(&w, url, SOON, &good);
        names_wait_for(9);
        dropped.call = http_call_unref(dropped.call);
        uv_run(&w.loop, UV_RUN_DEFAULT);

        assert_int_equal(good.n_done, 1);
        assert_int_equal(good.error, 0);
        assert_int_equal(dropped.n_done, 0);
        for (size_t i = 0; i < ARRAY_SIZE(hanging); i++) {
                assert_int_equal(hanging[i].n_done, 1);
                assert_int_equal(hanging[i].error, -ETIMEDOUT);
                assert_false(hanging[i].sent);
                outcome_done(&hanging[i]);
        }

        start(&w, "http://hang0.test/", SOON, &left); /* still the first lookup of that name */
        assert_int_equal(names.n_lookups, 9);
        http_client_stop(w.client);
        uv_run(&w.loop, UV_RUN_DEFAULT);
        assert_int_equal(left.n_done, 0);
        assert_int_equal(names.n_inside, 8); /* they hang on, and the loop closes */
        outcome_done(&good);
        outcome_done(&left);
        world_done(&w);
}

static void test_late_answer_serves_who_still_waits(void **state) {
        _cleanup_(real_server_freep) RealServer *s = real_server_new(NULL, NULL);
        _cleanup_free_ char *url = xasprintf("http://hang.test:%u/3", real_server_port(s));
        Outcome early = {}, late = {};
        World w;

        world_init(&w, NULL);
        start(&w, url, SHORT, &early);
        uv_run(&w.loop, UV_RUN_DEFAULT);
        assert_int_equal(early.error, -ETIMEDOUT);
        start(&w, url, SOON, &late);
        pthread_mutex_lock(&names.mutex);
        names.is_open = true;
        pthread_cond_broadcast(&names.changed);
        pthread_mutex_unlock(&names.mutex);
        uv_run(&w.loop, UV_RUN_DEFAULT);
        assert_int_equal(late.n_done, 1);
        assert_int_equal(late.error, 0);
        assert_int_equal(names.n_lookups, 1);
        outcome_done(&early);
        outcome_done(&late);
        world_done(&w);
}

/* The child says through a pipe that its loop closed; how it ends is left to memory checkers, but it must
 * end by itself. */
static void test_exit_waits_for_no_name(void **state) {
        int fds[2], status;
        char said = 0;
        pid_t child;

        names_reset();
        assert_int_equal(pipe(fds), 0);
        child = fork();
        assert_true(child >= 0);
        if (child == 0) {
                Outcome o = {};
                World w;

                alarm(20); /* what would tell */
                world_init(&w, NULL);
                start(&w, "https://hang.test/", SOON, &o);
                names_wait_for(1);
                uv_run(&w.loop, UV_RUN_NOWAIT);
                outcome_done(&o);
                http_client_unref(w.client);
                uv_run(&w.loop, UV_RUN_DEFAULT);
                if (uv_loop_close(&w.loop) == 0 && names.n_inside == 1 && write(fds[1], "y", 1) == 1)
                        exit(0);
                _exit(1);
        }
        close(fds[1]);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        assert_int_equal(read(fds[0], &said, 1), 1);
        assert_int_equal(said, 'y');
        close(fds[0]);
}

static void test_connect_to(void **state) {
        _cleanup_(real_server_freep) RealServer *s = real_server_new(NULL, NULL);
        unsigned port = real_server_port(s);
        _cleanup_free_ char *address = xasprintf("API.test:80:127.0.0.1:%u", port),
                            *name = xasprintf("name.test:80:target.test:%u", port),
                            *any_port = xasprintf("any.test::127.0.0.1:%u", port),
                            *same_host = xasprintf("same.test:80::%u", port),
                            *literal = xasprintf("http://127.0.0.1:%u/3", port);
        const char *const connect_to[] = { address, name, any_port, same_host, NULL };
        const struct {
                const char *url, *asked;
        } cases[] = {
                { "http://api.test/3", NULL },         { literal, NULL },
                { "http://any.test:1234/3", NULL },    { "http://name.test/3", "target.test" },
                { "http://same.test/3", "same.test" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Outcome o = {};
                World w;

                setenv("http_proxy", "http://none.test:1", 1);
                setenv("no_proxy", "127.0.0.0/8", 1);
                world_init(&w, connect_to);
                run(&w, cases[i].url, &o);
                assert_int_equal(o.error, 0);
                assert_true(streq_ptr(names.asked, cases[i].asked));
                outcome_done(&o);
                world_done(&w);
        }
        unsetenv("http_proxy");
        unsetenv("no_proxy");
}

static void test_proxy(void **state) {
        static const RawStep steps[] = { { "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
                                           RAW_CLOSE } };
        static const struct {
                const char *variable, *proxy, *no_proxy, *url;
                const char *asked; /* whose name; all are the proxy's address */
                const char *line;  /* what it is sent; NULL: not checked */
                bool is_through, is_http;
        } cases[] = {
                { "http_proxy", "http://proxy.test", "", "http://a.test/x", "proxy.test",
                  "GET http://a.test/x HTTP/1.1\r\n", true, true },
                { "http_proxy", "proxy.test", "b.test,x.a.test", "http://a.test/x", "proxy.test",
                  "GET http://a.test/x HTTP/1.1\r\n", true, true },
                { "https_proxy", "http://proxy.test", "", "https://a.test/x", "proxy.test",
                  "CONNECT a.test:443 HTTP/1.1\r\n", true, false },
                { "ALL_PROXY", "http://127.0.0.1", "", "https://a.test/x", NULL,
                  "CONNECT a.test:443 HTTP/1.1\r\n", true, false },
                { "https_proxy", "http://proxy.test", "b.test a.test", "https://a.test:1/x", "a.test", NULL,
                  false, false },
                { "https_proxy", "http://proxy.test", ".test", "https://a.test:1/x", "a.test", NULL, false,
                  false },
                { "https_proxy", "http://proxy.test", "*", "https://a.test:1/x", "a.test", NULL, false,
                  false },
                { "https_proxy", "http://proxy.test", "127.0.0.0/8", "https://127.0.0.1:1/x", NULL, NULL,
                  false, false },
                { "HTTP_PROXY", "http://proxy.test", "", "http://a.test:1/x", "a.test", NULL, false, false },
                { "https_proxy", "socks5://proxy.test", "", "https://a.test/x", "proxy.test", NULL, true,
                  false },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_(raw_server_freep) RawServer *s = raw_server_new(steps, 1);
                _cleanup_free_ char *proxy = xasprintf("%s:%u", cases[i].proxy, raw_server_port(s)),
                                    *request = NULL;
                Outcome o = {};
                World w;

                setenv(cases[i].variable, proxy, 1);
                setenv("no_proxy", cases[i].no_proxy, 1);
                world_init(&w, NULL);
                start(&w, cases[i].url, startswith(cases[i].proxy, "socks") ? SHORT : SOON, &o);
                uv_run(&w.loop, UV_RUN_DEFAULT);
                assert_int_equal(o.n_done, 1);
                assert_true(streq_ptr(names.asked, cases[i].asked));
                assert_int_equal(raw_server_connections(s) > 0, cases[i].is_through);
                assert_int_equal(o.error == 0, cases[i].is_http);
                assert_int_equal(o.sent, cases[i].is_http);
                request = raw_server_request(s, 0);
                if (cases[i].line)
                        assert_non_null(startswith(request, cases[i].line));
                unsetenv(cases[i].variable);
                unsetenv("no_proxy");
                outcome_done(&o);
                world_done(&w);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_one_lookup_for_all),
                cmocka_unit_test(test_unknown_name),
                cmocka_unit_test(test_second_address),
                cmocka_unit_test(test_addresses_that_lead_nowhere_are_forgotten),
                cmocka_unit_test(test_hanging_name_holds_up_nothing),
                cmocka_unit_test(test_late_answer_serves_who_still_waits),
                cmocka_unit_test(test_exit_waits_for_no_name),
                cmocka_unit_test(test_connect_to),
                cmocka_unit_test(test_proxy),
        };
        int r;

        /* The machine's own proxies are not part of the tests. */
        for (const char *const *v =
                     (const char *const[]){ "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                            "ALL_PROXY", "no_proxy", "NO_PROXY", NULL };
             *v; v++)
                unsetenv(*v);
        r = cmocka_run_group_tests(tests, NULL, NULL);
        names_reset();
        return r;
}
