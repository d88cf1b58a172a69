/* lib/oci calls against a scripted server: what goes out, what comes of every kind of answer, turns,
 * cancelling. Every test ends with uv_loop_close() giving 0. */
#include "oci/client.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "http-fixture.h"
#include "oci/sign.h"

#define REGION    "us-sanjose-1"
#define SOON      (20 * USEC_PER_SEC) /* never reached unless something is broken */
#define NOW       ((usec_t) 1768381687 * USEC_PER_SEC)
#define PAGES_MAX 8
#define DATE      "Wed, 14 Jan 2026 09:08:07 GMT"

typedef struct World {
        uv_loop_t loop;
        RawServer *server;
        RawStep *steps;
        char **replies;
        size_t n_steps;
        HttpClient *http;
        OciSigner *signer;
        OciClient *client;
} World;

/* What a call or a list came to. */
typedef struct Outcome {
        World *world; /* to tear down from inside the callback, or NULL */
        OciCall *call;
        OciList *list;
        unsigned n_done;
        int error;
        OciReply reply; /* the numbers */
        char *etag, *work_request, *request_id;
        cJSON *json;
        ApiError why;
        unsigned n_pages;
        usec_t begun_usec, ended_usec;
        unsigned order;       /* the how-manieth that was done */
        struct Outcome *drop; /* dropped from inside the callback, or NULL */
} Outcome;

static unsigned n_done_in_all;

static usec_t stopped_clock; /* 0: the clock runs */

static usec_t monotonic(void) {
        return stopped_clock > 0 ? stopped_clock : now_monotonic();
}

static usec_t fixed_realtime(void) {
        return NOW;
}

static OciCredential *make_credential(const char *key_id) {
        _cleanup_free_ char *path = xasprintf("%s/oci/TEST-ONLY-rsa2048.pem", getenv("TEST_DATA")),
                            *pem = NULL;
        _cleanup_(oci_key_unrefp) OciKey *key = NULL;
        size_t size;

        assert_int_equal(file_read(path, 1 << 20, &pem, &size, NULL), 0);
        assert_int_equal(oci_key_from_pem(pem, size, NULL, &key), 0);
        return oci_credential_new(key_id, key, NULL);
}

static void add_raw(World *w, const char *text, RawThen then) {
        char *reply = xstrdup(text);
        size_t n = w->n_steps;

        array_push(w->replies, n, reply);
        array_push(w->steps, w->n_steps, ((RawStep){ reply, then }));
}

/* 'headers' are lines that end in \r\n, or "". */
static void add_reply(World *w, int status, const char *headers, const char *body) {
        _cleanup_free_ char *text = xasprintf(
                "HTTP/1.1 %d X\r\nContent-Type: application/json\r\n%sContent-Length: %zu\r\n\r\n%s", status,
                headers, strlen(body), body);

        add_raw(w, text, RAW_NEXT);
}

/* Starts the server with the steps added so far, and a client that is sent to it. */
static void world_start(World *w, double per_second, double burst) {
        _cleanup_(oci_credential_unrefp) OciCredential *credential = make_credential("a/b/c");
        _cleanup_free_ char *url = NULL;

        assert_int_equal(uv_loop_init(&w->loop), 0);
        w->server = raw_server_new(w->steps, w->n_steps);
        assert_int_equal(
                http_client_new(&w->loop, &(HttpClientOptions){ .max_connections_per_host = 1 }, &w->http),
                0);
        w->signer = oci_signer_new(credential);
        w->client = oci_client_new(&(OciClientOptions){ .loop = &w->loop,
                                                        .http = w->http,
                                                        .signer = w->signer,
                                                        .requests_per_second = per_second,
                                                        .burst = burst,
                                                        .max_pages = PAGES_MAX,
                                                        .realtime = fixed_realtime,
                                                        .monotonic = monotonic });
        url = xasprintf("http://127.0.0.1:%u", raw_server_port(w->server));
        assert_int_equal(oci_client_set_endpoint(w->client, REGION, OCI_SERVICE_CORE, url), 0);
        n_done_in_all = 0;
}

static void drop_client(World *w) {
        w->client = oci_client_unref(w->client);
        w->signer = oci_signer_unref(w->signer);
        w->http = http_client_unref(w->http);
}

static void world_done(World *w) {
        drop_client(w);
        uv_run(&w->loop, UV_RUN_DEFAULT);
        assert_int_equal(uv_loop_close(&w->loop), 0);
        raw_server_free(w->server);
        for (size_t i = 0; i < w->n_steps; i++)
                free(w->replies[i]);
        free(w->replies);
        free(w->steps);
        *w = (World){};
}

static void outcome_done(Outcome *o) {
        oci_call_unref(o->call);
        oci_list_unref(o->list);
        free(o->etag);
        free(o->work_request);
        free(o->request_id);
        cJSON_Delete(o->json);
        api_error_done(&o->why);
        *o = (Outcome){};
}

static void note_done(Outcome *o, int error, cJSON **json, const ApiError *why) {
        o->n_done++;
        o->order = ++n_done_in_all;
        o->error = error;
        o->json = TAKE_PTR(*json);
        o->why = api_error_copy(why);
        o->call = oci_call_unref(o->call);
        o->list = oci_list_unref(o->list);
        if (o->drop) {
                o->drop->call = oci_call_unref(o->drop->call);
                o->drop->list = oci_list_unref(o->drop->list);
        }
        if (o->world)
                drop_client(o->world);
}

static void on_done(OciCall *call, OciReply *reply, int error, void *userdata) {
        Outcome *o = userdata;

        o->reply = *reply;
        note_done(o, error, &reply->json, &reply->error);
        o->etag = xstrdup(reply->etag); /* lives although the call was dropped */
        o->work_request = xstrdup(reply->work_request_id);
        o->request_id = xstrdup(reply->opc_request_id);
}

static void on_list_done(OciList *list, OciListReply *reply, int error, void *userdata) {
        Outcome *o = userdata;

        o->n_pages = reply->n_pages;
        o->begun_usec = reply->begun_usec;
        o->ended_usec = reply->ended_usec;
        o->reply.status = reply->status;
        note_done(o, error, &reply->items, &reply->error);
}

static OciRequest get(const char *path) {
        return (OciRequest){ .region = REGION, .method = "GET", .path = path, .deadline_usec = SOON };
}

static void start(World *w, OciRequest q, Outcome *o) {
        assert_int_equal(oci_call_start(w->client, &q, on_done, o, &o->call), 0);
        assert_int_equal(o->n_done, 0); /* never from inside */
}

static void run_until_done(World *w, const Outcome *o) {
        while (o->n_done == 0)
                assert_true(uv_run(&w->loop, UV_RUN_ONCE) != 0 || o->n_done > 0);
        assert_int_equal(o->n_done, 1);
}

/* The i-th request has this line, exactly once. */
static void assert_request_has(World *w, size_t i, const char *line) {
        _cleanup_free_ char *request = raw_server_request(w->server, i),
                            *wanted = xasprintf("\r\n%s\r\n", line);
        const char *at = request ? strcasestr(request, wanted) : NULL;

        assert_non_null(at);
        if (at) /* which linters do not take the line above to say */
                assert_null(strcasestr(at + 2, wanted));
}

static void assert_request_line(World *w, size_t i, const char *line) {
        _cleanup_free_ char *request = raw_server_request(w->server, i);

        assert_non_null(request);
        assert_non_null(startswith(request, line));
        assert_non_null(startswith(request + strlen(line), " HTTP/1.1\r\n"));
}

/* The request carries what signing it once more gives. */
static void assert_signed(World *w, size_t i, const char *method, const char *target, const char *body) {
        _cleanup_free_ char *host = xasprintf("127.0.0.1:%u", raw_server_port(w->server)),
                            *host_line = xasprintf("Host: %s", host);
        _cleanup_(oci_headers_freep) char **headers = NULL;

        assert_int_equal(oci_sign(oci_signer_credential(w->signer),
                                  &(OciSignInput){ .method = method,
                                                   .host = host,
                                                   .target = target,
                                                   .date_usec = NOW,
                                                   .body = body,
                                                   .body_size = body ? strlen(body) : 0 },
                                  &headers),
                         0);
        assert_request_has(w, i, host_line);
        for (char **h = headers; *h; h++)
                assert_request_has(w, i, *h);
}

#define BODY "{\"displayName\":\"Pr\xc3\xbc\x66\"}" /* \x66: an f as such would belong to \xbc */

static void test_what_is_sent(void **state) {
        _cleanup_json_ cJSON *body = NULL;
        Outcome a = {}, b = {}, c = {}, d = {};
        OciRequest q;
        World w = {};

        add_reply(&w, 200, "ETag: e1\r\nopc-request-id: r1\r\nDate: " DATE "\r\n", "{\"id\":\"x\"}");
        add_reply(&w, 200, "opc-work-request-id: w1\r\n", "{}");
        add_raw(&w, "HTTP/1.1 204 X\r\n\r\n", RAW_NEXT);
        add_raw(&w, "HTTP/1.1 202 X\r\nContent-Length: 0\r\n\r\n", RAW_NEXT);
        world_start(&w, 0, 0);

        start(&w, get("/20160918/vcns/x?a=b%20c"), &a);
        run_until_done(&w, &a);
        assert_int_equal(a.error, 0);
        assert_int_equal(a.reply.status, 200);
        assert_string_equal(json_string(a.json, "id"), "x");
        assert_string_equal(a.etag, "e1");
        assert_string_equal(a.request_id, "r1");
        assert_true(a.reply.has_skew && a.reply.skew_usec < 2000000 && a.reply.skew_usec > -2000000);
        assert_true(a.reply.begun_usec <= a.reply.ended_usec);
        assert_request_line(&w, 0, "GET /20160918/vcns/x?a=b%20c");
        assert_request_has(&w, 0, "accept: application/json");
        assert_signed(&w, 0, "GET", "/20160918/vcns/x?a=b%20c", NULL);

        assert_int_equal(json_parse(BODY, strlen(BODY), &body, NULL), 0);
        q = get("/20160918/vcns");
        q.method = "POST";
        q.body = body;
        q.retry_token = "tandem-1";
        start(&w, q, &b);
        body = (cJSON_Delete(body), NULL); /* was borrowed for the start only */
        run_until_done(&w, &b);
        assert_int_equal(b.error, 0);
        assert_string_equal(b.work_request, "w1");
        assert_request_has(&w, 1, "opc-retry-token: tandem-1");
        assert_request_has(&w, 1, "Content-Length: 23");
        assert_signed(&w, 1, "POST", "/20160918/vcns", BODY);

        q = get("/20160918/vcns/x");
        q.method = "DELETE";
        q.if_match = "e1";
        q.expect = OCI_EXPECT_OPTIONAL;
        start(&w, q, &c);
        run_until_done(&w, &c);
        assert_int_equal(c.error, 0);
        assert_null(c.json);
        assert_request_has(&w, 2, "if-match: e1");
        assert_signed(&w, 2, "DELETE", "/20160918/vcns/x", NULL);

        q.method = "POST";
        q.if_match = NULL;
        start(&w, q, &d);
        run_until_done(&w, &d);
        assert_int_equal(d.error, 0);
        assert_request_has(&w, 3, "Content-Length: 0");
        assert_signed(&w, 3, "POST", "/20160918/vcns/x", NULL);

        assert_int_equal(oci_client_traffic(w.client, REGION).n_requests, 4);
        assert_int_equal(raw_server_connections(w.server), 1);
        outcome_done(&a);
        outcome_done(&b);
        outcome_done(&c);
        outcome_done(&d);
        world_done(&w);
}

#define JSON_TYPE "Content-Type: application/json\r\n"

static void test_answers(void **state) {
        static const struct {
                const char *method;
                OciExpect expect;
                const char *reply; /* without Content-Length, which is added */
                const char *body;
                int error;
                ErrorMeaning meaning;
                bool ambiguous;
                const char *message; /* the beginning */
        } cases[] = {
                { "GET", OCI_EXPECT_ARRAY, "200 X\r\n" JSON_TYPE, " [1] ", 0, ERROR_NONE, false, NULL },
                { "GET", OCI_EXPECT_OPTIONAL, "200 X\r\n" JSON_TYPE, "[1]", 0, ERROR_NONE, false, NULL },
                { "PUT", OCI_EXPECT_OPTIONAL, "202 X\r\n", "", 0, ERROR_NONE, false, NULL },
                { "GET", OCI_EXPECT_OBJECT, "200 X\r\nContent-Type: Application/JSON;charset=UTF-8\r\n",
                  "{}", 0, ERROR_NONE, false, NULL },
                { "GET", OCI_EXPECT_OBJECT, "200 X\r\nContent-Type: application/json; charset=latin1\r\n",
                  "{}", -EBADMSG, ERROR_GARBLED, false,
                  "the answer's body is not JSON by its content type" },
                { "GET", OCI_EXPECT_OBJECT, "200 X\r\nContent-Type: application/jsonx\r\n", "{}", -EBADMSG,
                  ERROR_GARBLED, false, "the answer's body is not JSON by its content type" },
                { "GET", OCI_EXPECT_OBJECT, "200 X\r\nContent-Type: text/html\r\n", "<html>", -EBADMSG,
                  ERROR_GARBLED, false, "the answer's body is not JSON by its content type" },
                { "GET", OCI_EXPECT_OBJECT, "200 X\r\n", "{}", -EBADMSG, ERROR_GARBLED, false,
                  "the answer's body is not JSON by its content type" },
                { "GET", OCI_EXPECT_OBJECT, "200 X\r\n" JSON_TYPE, "[]", -EBADMSG, ERROR_GARBLED, false,
                  "the answer's body is no JSON object" },
                { "GET", OCI_EXPECT_ARRAY, "200 X\r\n" JSON_TYPE, "{}", -EBADMSG, ERROR_GARBLED, false,
                  "the answer's body is no JSON array" },
                { "GET", OCI_EXPECT_OPTIONAL, "200 X\r\n" JSON_TYPE, "7", -EBADMSG, ERROR_GARBLED, false,
                  "the answer's body is neither" },
                { "GET", OCI_EXPECT_ARRAY, "200 X\r\n" JSON_TYPE, "[1", -EBADMSG, ERROR_GARBLED, false,
                  "the answer's body is not JSON" },
                { "GET", OCI_EXPECT_OBJECT, "200 X\r\n" JSON_TYPE, "{\"a\":\"\xff\"}", -EBADMSG,
                  ERROR_GARBLED, false, "the answer's body is not UTF-8" },
                { "PUT", OCI_EXPECT_OBJECT, "200 X\r\n" JSON_TYPE, "", -EBADMSG, ERROR_GARBLED, true,
                  "the answer's body is empty" },
                { "POST", OCI_EXPECT_OBJECT, "409 X\r\n" JSON_TYPE,
                  "{\"code\":\"IncorrectState\",\"message\":\"busy\"}", -EBUSY, ERROR_BUSY, false, "busy" },
                { "POST", OCI_EXPECT_OBJECT, "500 X\r\n" JSON_TYPE,
                  "{\"code\":\"InternalServerError\",\"message\":\"m\"}", -EREMOTEIO, ERROR_SERVER, true,
                  "m" },
                { "GET", OCI_EXPECT_OBJECT, "502 X\r\nContent-Type: text/html\r\n", "<b>no</b>", -EREMOTEIO,
                  ERROR_SERVER, false, "<b>no</b>" },
                { "DELETE", OCI_EXPECT_OPTIONAL, "408 X\r\n", "", -ETIMEDOUT, ERROR_TRANSPORT, true,
                  "HTTP status 408" },
                { "DELETE", OCI_EXPECT_OPTIONAL, "302 X\r\nLocation: http://127.0.0.1/\r\n", "", -EBADMSG,
                  ERROR_GARBLED, true, "HTTP status 302" },
                { "GET", OCI_EXPECT_OBJECT, "404 X\r\n" JSON_TYPE,
                  "{\"code\":\"NotAuthorizedOrNotFound\",\"message\":\"n\"}", -ENOENT,
                  ERROR_UNKNOWN_OR_FORBIDDEN, false, "n" },
                { "GET", OCI_EXPECT_OBJECT, "401 X\r\nDate: Wed, 14 Jan 2026 09:15:07 GMT\r\n",
                  "{\"code\":\"NotAuthenticated\",\"message\":\"no\"}", -EKEYREJECTED, ERROR_AUTH, false,
                  "this host's clock is 420 s behind the service's, which allows 300: no" },
                { "GET", OCI_EXPECT_OBJECT, "401 X\r\nDate: Wed, 14 Jan 2026 09:01:07 GMT\r\n", "",
                  -EKEYREJECTED, ERROR_AUTH, false,
                  "this host's clock is 419 s ahead of the service's, which allows 300: HTTP" },
                { "GET", OCI_EXPECT_OBJECT, "401 X\r\nDate: Wed, 14 Jan 2026 09:09:07 GMT\r\n",
                  "{\"code\":\"NotAuthenticated\",\"message\":\"no\"}", -EKEYREJECTED, ERROR_AUTH, false,
                  "no" },
                { "GET", OCI_EXPECT_OBJECT, "429 X\r\nRetry-After: 3\r\n", "{}", -EAGAIN, ERROR_THROTTLED,
                  false, "{}" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                OciRequest q = get("/x");
                _cleanup_free_ char *text = xasprintf("HTTP/1.1 %sContent-Length: %zu\r\n\r\n%s",
                                                      cases[i].reply, strlen(cases[i].body), cases[i].body);
                Outcome o = {};
                World w = {};

                add_raw(&w, text, RAW_NEXT);
                world_start(&w, 0, 0);
                q.method = cases[i].method;
                q.expect = cases[i].expect;
                start(&w, q, &o);
                run_until_done(&w, &o);
                assert_int_equal(o.error, cases[i].error);
                assert_int_equal(o.why.meaning, cases[i].meaning);
                assert_int_equal(o.reply.ambiguous, cases[i].ambiguous);
                assert_int_equal(o.why.message != NULL, cases[i].message != NULL);
                if (cases[i].message)
                        assert_non_null(startswith(o.why.message, cases[i].message));
                assert_int_equal(oci_client_traffic(w.client, REGION).throttled, o.reply.status == 429);
                assert_true(o.reply.retry_after_usec == (o.reply.status == 429 ? 3 * USEC_PER_SEC : 0));
                outcome_done(&o);
                world_done(&w);
        }
}

static void test_no_answers(void **state) {
        static const struct {
                const char *method, *reply;
                RawThen then;
                usec_t deadline_usec;
                int error;
                bool ambiguous;
        } cases[] = {
                { "POST", "", RAW_RESET, SOON, -ECONNRESET, true },
                { "GET", "", RAW_RESET, SOON, -ECONNRESET, false },
                { "PUT", "HTTP/1.1 200 X\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{",
                  RAW_CLOSE, SOON, -ECONNRESET, true },
                { "DELETE", "", RAW_HOLD, USEC_PER_SEC / 5, -ETIMEDOUT, true },
                { "PUT",
                  "HTTP/1.1 200 X\r\nContent-Type: application/json\r\nContent-Length: 2000\r\n\r\n" BODY,
                  RAW_HOLD, SOON, -EFBIG, true },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                OciRequest q = get("/x");
                Outcome o = {};
                World w = {};

                /* libcurl looks once more for a GET on a connection that died; it dies again. */
                add_raw(&w, cases[i].reply, cases[i].then);
                add_raw(&w, cases[i].reply, cases[i].then);
                world_start(&w, 0, 0);
                q.method = cases[i].method;
                q.deadline_usec = cases[i].deadline_usec;
                q.max_reply_size = 10;
                start(&w, q, &o);
                run_until_done(&w, &o);
                assert_int_equal(o.error, cases[i].error);
                assert_int_equal(o.reply.ambiguous, cases[i].ambiguous);
                assert_int_equal(o.why.meaning, o.error == -EFBIG ? ERROR_GARBLED : ERROR_TRANSPORT);
                assert_false(isempty(o.why.message));
                assert_null(o.json);
                outcome_done(&o);
                world_done(&w);
        }
}

static void test_never_sent(void **state) {
        _cleanup_free_ char *url = NULL;
        OciRequest q = get("/x");
        Outcome o = {};
        unsigned port;
        World w = {};
        int fd;

        world_start(&w, 0, 0);
        fd = refusing_port(&port);
        url = xasprintf("http://127.0.0.1:%u/", port);
        assert_int_equal(oci_client_set_endpoint(w.client, REGION, OCI_SERVICE_CORE, url), 0);
        q.method = "PUT";
        start(&w, q, &o);
        run_until_done(&w, &o);
        assert_int_equal(o.error, -ECONNREFUSED);
        assert_false(o.reply.ambiguous);
        assert_int_equal(o.reply.status, 0);
        close(fd);
        outcome_done(&o);
        world_done(&w);
}

static void test_refused_requests(void **state) {
        _cleanup_json_ cJSON *body = json_new_object();
        const OciRequest good = get("/x");
        OciRequest bad[12];
        size_t n = 0;
        World w = {};

        for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
                bad[i] = good;
        bad[n++].path = "x";
        bad[n++].path = "/x y";
        bad[n++].path = "/x\r\nhost: y";
        bad[n++].path = "/\xc3\xbc";
        bad[n++].path = "/x#y";
        bad[n++].path = "/x?";
        bad[n++].method = "HEAD";
        bad[n++].region = "a/b";
        bad[n++].if_match = "a\r\nb: c";
        bad[n++].retry_token = "";
        bad[n++].retry_token = "01234567890123456789012345678901234567890123456789012345678901234";
        bad[n++].body = body;
        assert_int_equal(n, ARRAY_SIZE(bad));
        world_start(&w, 0, 0);
        for (size_t i = 0; i < n; i++) {
                OciCall *call = NULL;

                assert_int_equal(oci_call_start(w.client, &bad[i], on_done, NULL, &call), -EINVAL);
                assert_null(call);
        }
        for (const char *const *url = (const char *const[]){ "ftp://x", "http://x/y", "http://", NULL };
             *url; url++)
                assert_int_equal(oci_client_set_endpoint(w.client, REGION, OCI_SERVICE_CORE, *url), -EINVAL);
        assert_int_equal(oci_client_traffic(w.client, REGION).n_requests, 0);
        world_done(&w);
}

static void test_credentials_are_swapped(void **state) {
        _cleanup_(oci_credential_unrefp) OciCredential *token = make_credential("ST$token");
        OciRequest q = get("/x");
        Outcome o = {};
        World w = {};

        add_reply(&w, 200, "", "{}");
        add_reply(&w, 200, "", "{}");
        world_start(&w, 0, 0);
        oci_signer_set_credential(w.signer, NULL);
        assert_int_equal(oci_call_start(w.client, &q, on_done, &o, &o.call), -ENOKEY);
        oci_signer_set_credential(w.signer, token);
        start(&w, q, &o);
        run_until_done(&w, &o);
        assert_int_equal(o.error, 0);
        assert_signed(&w, 0, "GET", "/x", NULL);
        outcome_done(&o);
        world_done(&w);
}

/* One goes at once, the rest waits; what changes something goes first; what is dropped never goes. */
static void test_turns(void **state) {
        static const size_t turns[] = { 0, 4, 1, 3 };
        Outcome o[5] = {};
        OciRequest q = get("/put");
        World w = {};

        for (size_t i = 0; i < ARRAY_SIZE(o); i++)
                add_reply(&w, 200, "", "{}");
        stopped_clock = USEC_PER_HOUR;
        world_start(&w, 100, 1);
        start(&w, get("/0"), &o[0]);
        start(&w, get("/1"), &o[1]);
        start(&w, get("/2"), &o[2]);
        start(&w, get("/3"), &o[3]);
        q.method = "PUT";
        start(&w, q, &o[4]);
        assert_int_equal(oci_client_traffic(w.client, REGION).n_waiting, 4);
        o[2].call = oci_call_unref(o[2].call);
        assert_int_equal(oci_client_traffic(w.client, REGION).n_waiting, 3);
        for (size_t i = 0; i < ARRAY_SIZE(turns); i++) {
                run_until_done(&w, &o[turns[i]]);
                assert_int_equal(n_done_in_all, i + 1);
                assert_true(o[turns[i]].reply.begun_usec == stopped_clock);
                stopped_clock += 11 * USEC_PER_MSEC; /* enough for one more */
        }
        assert_request_line(&w, 1, "PUT /put");
        assert_int_equal(o[2].n_done, 0);
        assert_int_equal(oci_client_traffic(w.client, REGION).n_requests, ARRAY_SIZE(turns));
        world_done(&w);
        for (size_t i = 0; i < ARRAY_SIZE(o); i++)
                outcome_done(&o[i]);
        stopped_clock = 0;
}

/* A call that was accepted and cannot be sent any more is answered, not forgotten. */
static void test_waiting_when_it_ends(void **state) {
        _cleanup_(oci_credential_unrefp) OciCredential *credential = make_credential("a/b/c");
        Outcome o[3] = {};
        World w = {};

        add_reply(&w, 200, "", "{}");
        stopped_clock = USEC_PER_HOUR;
        world_start(&w, 100, 1);
        start(&w, get("/0"), &o[0]);
        start(&w, get("/1"), &o[1]);
        start(&w, get("/2"), &o[2]);
        oci_signer_set_credential(w.signer, NULL);
        stopped_clock += 11 * USEC_PER_MSEC;
        run_until_done(&w, &o[1]);
        assert_int_equal(o[1].error, -ENOKEY);
        assert_int_equal(o[1].why.meaning, ERROR_AUTH);
        assert_false(o[1].reply.ambiguous);
        oci_signer_set_credential(w.signer, credential);
        http_client_stop(w.http);
        stopped_clock += 11 * USEC_PER_MSEC;
        run_until_done(&w, &o[2]);
        assert_int_equal(o[2].error, -ESHUTDOWN);
        assert_int_equal(o[2].why.meaning, ERROR_TRANSPORT);
        for (size_t i = 0; i < ARRAY_SIZE(o); i++)
                outcome_done(&o[i]);
        world_done(&w);
        stopped_clock = 0;
}

/* Before it is sent, while it is answered, from inside another's callback; and all of the client from inside
 * its own. */
static void test_dropping(void **state) {
        Outcome a = {}, b = {}, c = {};
        World w = {};

        add_reply(&w, 200, "ETag: e\r\n", "{}");
        add_reply(&w, 200, "ETag: e\r\n", "{}");
        world_start(&w, 0, 0);
        start(&w, get("/a"), &a);
        a.call = oci_call_unref(a.call);
        start(&w, get("/b"), &b);
        start(&w, get("/c"), &c);
        b.drop = &c;
        b.world = &w;
        run_until_done(&w, &b);
        assert_string_equal(b.etag, "e");
        world_done(&w);
        assert_int_equal(a.n_done + c.n_done, 0);
        outcome_done(&a);
        outcome_done(&b);
        outcome_done(&c);
}

static void start_list(World *w, const char *path, Outcome *o) {
        OciRequest q = get(path);

        assert_int_equal(oci_list_start(w->client, &q, on_list_done, o, &o->list), 0);
}

static void test_list(void **state) {
        _cleanup_free_ char *text = NULL;
        Outcome o = {};
        World w = {};

        add_reply(&w, 200, "opc-next-page: p/1+x\r\n",
                  "[{\"id\":\"a\",\"v\":1},{\"id\":\"b\",\"v\":1},{\"name\":\"n\"},{\"id\":\"c\",\"v\":1}]");
        add_reply(&w, 200, "opc-next-page: p2\r\n", "[]");
        add_reply(&w, 200, "opc-next-page: p3\r\n", "[{\"id\":\"b\",\"v\":2},{\"name\":\"n\"}]");
        add_reply(&w, 200, "", "[{\"id\":\"b\",\"v\":3},{\"id\":\"d\",\"v\":1}]");
        world_start(&w, 1000, 1); /* its pages wait their turns as well */
        start_list(&w, "/20160918/vcns?compartmentId=x&limit=100", &o);
        run_until_done(&w, &o);
        assert_int_equal(o.error, 0);
        assert_int_equal(o.n_pages, 4);
        assert_true(o.begun_usec > 0 && o.begun_usec < o.ended_usec);
        text = json_text(o.json);
        assert_string_equal(
                text, "[{\"id\":\"a\",\"v\":1},{\"name\":\"n\"},{\"id\":\"c\",\"v\":1},{\"name\":\"n\"},"
                      "{\"id\":\"b\",\"v\":3},{\"id\":\"d\",\"v\":1}]");
        assert_request_line(&w, 0, "GET /20160918/vcns?compartmentId=x&limit=100");
        assert_request_line(&w, 1, "GET /20160918/vcns?compartmentId=x&limit=100&page=p%2F1%2Bx");
        assert_request_line(&w, 3, "GET /20160918/vcns?compartmentId=x&limit=100&page=p3");
        assert_signed(&w, 3, "GET", "/20160918/vcns?compartmentId=x&limit=100&page=p3", NULL);
        outcome_done(&o);
        world_done(&w);
}

/* The second page decides: nothing but a complete listing has items. */
static void test_incomplete_lists(void **state) {
        static const struct {
                int status;
                const char *headers, *body;
                int error;
                const char *message;
        } cases[] = {
                { 200, "opc-next-page: p1\r\n", "[]", -EBADMSG,
                  "the listing runs in a circle: a page token came twice" },
                { 200, "", "{}", -EBADMSG, "the answer's body is no JSON array" },
                { 200, "", "", -EBADMSG, "the answer's body is empty" },
                { 202, "", "[]", -EBADMSG, "a page of the listing came with a status other than 200" },
                { 404, "", "{\"code\":\"NotAuthorizedOrNotFound\",\"message\":\"n\"}", -ENOENT, "n" },
                { 429, "retry-after: 1\r\n", "{\"code\":\"TooManyRequests\",\"message\":\"t\"}", -EAGAIN,
                  "t" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Outcome o = {};
                World w = {};

                add_reply(&w, 200, "opc-next-page: p1\r\n", "[{\"id\":\"a\"}]");
                add_reply(&w, cases[i].status, cases[i].headers, cases[i].body);
                world_start(&w, 0, 0);
                start_list(&w, "/x", &o);
                run_until_done(&w, &o);
                assert_request_line(&w, 1, "GET /x?page=p1");
                assert_int_equal(o.error, cases[i].error);
                assert_string_equal(o.why.message, cases[i].message);
                assert_int_equal(o.reply.status, cases[i].status);
                assert_null(o.json);
                outcome_done(&o);
                world_done(&w);
        }
}

static void test_endless_list(void **state) {
        Outcome o = {};
        World w = {};

        for (int i = 0; i < 10; i++) {
                _cleanup_free_ char *header = xasprintf("opc-next-page: p%d\r\n", i);

                add_reply(&w, 200, header, "[]");
        }
        world_start(&w, 0, 0);
        start_list(&w, "/x", &o);
        run_until_done(&w, &o);
        assert_int_equal(o.error, -EBADMSG);
        assert_string_equal(o.why.message, "the listing has too many pages");
        assert_int_equal(o.n_pages, PAGES_MAX);
        outcome_done(&o);
        world_done(&w);
}

static void test_dropped_lists(void **state) {
        Outcome list = {}, call = {};
        OciRequest q = get("/x");
        World w = {};

        add_reply(&w, 200, "opc-next-page: p1\r\n", "[]");
        add_reply(&w, 200, "", "{}");
        add_reply(&w, 200, "", "[]");
        add_reply(&w, 200, "", "[]");
        world_start(&w, 0, 0);
        q.method = "PUT";
        assert_int_equal(oci_list_start(w.client, &q, on_list_done, &list, &list.list), -EINVAL);
        start_list(&w, "/l", &list); /* its second page is under way when the call is answered */
        start(&w, get("/c"), &call);
        call.drop = &list;
        run_until_done(&w, &call);
        outcome_done(&call);
        assert_int_equal(list.n_done, 0);

        start_list(&w, "/m", &list);
        list.world = &w;
        run_until_done(&w, &list);
        outcome_done(&list);
        world_done(&w);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_what_is_sent),
                cmocka_unit_test(test_answers),
                cmocka_unit_test(test_no_answers),
                cmocka_unit_test(test_never_sent),
                cmocka_unit_test(test_refused_requests),
                cmocka_unit_test(test_credentials_are_swapped),
                cmocka_unit_test(test_turns),
                cmocka_unit_test(test_waiting_when_it_ends),
                cmocka_unit_test(test_dropping),
                cmocka_unit_test(test_list),
                cmocka_unit_test(test_incomplete_lists),
                cmocka_unit_test(test_endless_list),
                cmocka_unit_test(test_dropped_lists),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
