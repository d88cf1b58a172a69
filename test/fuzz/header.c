/* What a server may answer, byte by byte, over a real connection: status line, headers and body through libcurl and lib/http into
 * lib/oci. The input's parts are the replies to the requests of one listing and, after it, of one write, in their order; a request
 * beyond them finds the connection closed. Clocks stand still. */
#include <stdio.h>

#include "base/str.h"
#include "fuzz.h"
#include "oci/backoff.h"
#include "oci/client.h"
#include "oci/sign.h"

#define REGION   "us-ashburn-1"
#define REALTIME (1770866000 * USEC_PER_SEC)

/* The server and the client, one loop for the whole process. */
static struct {
        uv_loop_t loop;
        uv_tcp_t listener;
        HttpClient *http;
        OciSigner *signer;
        char *url;
        Input replies;
        unsigned n_ended;
} host;

typedef struct Peer {
        uv_tcp_t stream;
        uv_write_t write;
        char buffer[4096];
        Str request;
        char *reply;
} Peer;

static usec_t realtime(void) {
        return REALTIME;
}

static usec_t monotonic(void) {
        return USEC_PER_DAY;
}

static void on_peer_closed(uv_handle_t *handle) {
        Peer *p = handle->data;

        str_done(&p->request);
        free(p->reply);
        free(p);
}

static void peer_close(Peer *p) {
        if (!uv_is_closing((uv_handle_t *) &p->stream))
                uv_close((uv_handle_t *) &p->stream, on_peer_closed);
}

static void on_replied(uv_write_t *write, int status) {
        peer_close(write->data);
}

static void peer_reply(Peer *p) {
        uv_buf_t buffer;
        size_t size;

        p->reply = input_part(&host.replies, &size);
        if (!p->reply) {
                peer_close(p);
                return;
        }
        (void) uv_read_stop((uv_stream_t *) &p->stream);
        buffer = uv_buf_init(p->reply, (unsigned) size);
        p->write.data = p;
        if (uv_write(&p->write, (uv_stream_t *) &p->stream, &buffer, 1, on_replied) < 0)
                peer_close(p);
}

static void on_allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *ret) {
        Peer *p = handle->data;

        *ret = uv_buf_init(p->buffer, sizeof p->buffer);
}

/* Requests have no body that matters: the head is awaited, for unread bytes would make the kernel drop the reply. */
static void on_request(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer) {
        Peer *p = stream->data;

        if (n < 0) {
                peer_close(p);
                return;
        }
        str_add_n(&p->request, buffer->base, (size_t) n);
        if (strstr(str_get(&p->request), "\r\n\r\n"))
                peer_reply(p);
}

static void on_connection(uv_stream_t *listener, int status) {
        Peer *p = xnew(Peer, 1);

        if (uv_tcp_init(&host.loop, &p->stream) < 0 || uv_accept(listener, (uv_stream_t *) &p->stream) < 0)
                abort();
        p->stream.data = p;
        if (uv_read_start((uv_stream_t *) &p->stream, on_allocate, on_request) < 0)
                abort();
}

static void set_up(void) {
        struct sockaddr_in address;
        int size = sizeof address;

        if (host.http)
                return;
        if (uv_loop_init(&host.loop) < 0 || uv_tcp_init(&host.loop, &host.listener) < 0 ||
            uv_ip4_addr("127.0.0.1", 0, &address) < 0 ||
            uv_tcp_bind(&host.listener, (const struct sockaddr *) &address, 0) < 0 ||
            uv_listen((uv_stream_t *) &host.listener, 16, on_connection) < 0 ||
            uv_tcp_getsockname(&host.listener, (struct sockaddr *) &address, &size) < 0 ||
            http_client_new(&host.loop, &(HttpClientOptions){}, &host.http) < 0)
                abort();
        uv_unref((uv_handle_t *) &host.listener);
        host.url = xasprintf("http://127.0.0.1:%u", (unsigned) ntohs(address.sin_port));
        host.signer = oci_signer_new(NULL);
}

static void check_error(const ApiError *e, int error) {
        if (error == 0) {
                assert(!e->message);
                return;
        }
        assert(!isempty(e->message) && strlen(e->message) <= API_MESSAGE_MAX &&
               !str_has_control(e->message));
        assert(utf8_is_valid(e->message, strlen(e->message)) && !isempty(e->code) &&
               !str_has_control(e->code));
        assert(!e->opc_request_id || !str_has_control(e->opc_request_id));
}

static void on_listed(OciList *list, OciListReply *reply, int error, void *userdata) {
        host.n_ended++;
        check_error(&reply->error, error);
        assert((error == 0) == cJSON_IsArray(reply->items) && reply->retry_after_usec <= RETRY_AFTER_MAX);
        assert(error < 0 || (reply->status == 200 && reply->n_pages > 0));
}

static void on_written(OciCall *call, OciReply *reply, int error, void *userdata) {
        host.n_ended++;
        check_error(&reply->error, error);
        assert(error < 0 || (reply->status >= 200 && reply->status < 300));
        assert(error == 0 || !reply->json);
        assert(reply->retry_after_usec <= RETRY_AFTER_MAX);
}

/* What the loop has left to do ends by itself: the server closes every connection. */
static void run_until(unsigned n_ended) {
        while (host.n_ended < n_ended)
                (void) uv_run(&host.loop, UV_RUN_ONCE);
}

/* One for each exchange: a 429 makes a client hold its next call back, and clocks stand still here. */
static OciClient *new_client(void) {
        OciClient *c = oci_client_new(&(OciClientOptions){ .loop = &host.loop,
                                                           .http = host.http,
                                                           .signer = host.signer,
                                                           .max_pages = 8,
                                                           .realtime = realtime,
                                                           .monotonic = monotonic });

        if (oci_client_set_endpoint(c, REGION, OCI_SERVICE_CORE, host.url) < 0)
                abort();
        return c;
}

static void do_list(void) {
        static const OciRequest q = { .region = REGION,
                                      .method = "GET",
                                      .path = "/20160918/vcns?compartmentId=a" };
        _cleanup_(oci_client_unrefp) OciClient *c = new_client();
        _cleanup_(oci_list_unrefp) OciList *list = NULL;

        if (oci_list_start(c, &q, on_listed, NULL, &list) < 0)
                abort();
        run_until(1);
}

static void do_write(void) {
        static const OciRequest q = { .region = REGION,
                                      .method = "DELETE",
                                      .path = "/20160918/vcns/a",
                                      .expect = OCI_EXPECT_OPTIONAL };
        _cleanup_(oci_client_unrefp) OciClient *c = new_client();
        _cleanup_(oci_call_unrefp) OciCall *call = NULL;

        if (oci_call_start(c, &q, on_written, NULL, &call) < 0)
                abort();
        run_until(2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        set_up();
        host.replies = input_of(data, size);
        host.n_ended = 0;
        do_list();
        do_write();
        (void) uv_run(&host.loop, UV_RUN_DEFAULT); /* timers and connections close */
        assert(host.n_ended == 2);
        return 0;
}
