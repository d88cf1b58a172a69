/* What a client may send to the Unix socket, byte by byte, through libmicrohttpd into the routes; the engine is a stand-in. Whatever
 * is said there is answered in UTF-8, what says that it is JSON is JSON, and every connection comes to its end. */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"
#include "fuzz.h"
#include "hand-engine.h"
#include "server/internal.h"

#define ROUNDS_IDLE 4    /* of the loop, without anything sent or received: nothing will come by itself */
#define ROUNDS_MOST 1000 /* until all connections have ended */

typedef struct Session {
        uv_loop_t loop;
        Events *events;
        Server *server;
        char *path;
        int fd;
        Str reply;
} Session;

static void session_begin(Session *s) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        ServerOptions options;
        char *error = NULL;

        hand_engine_init();
        s->path = path_join(scratch_directory(), "socket");
        s->events = events_new();
        events_add(s->events,
                   &(Event){ .what = (char *) (uintptr_t) "paused", .text = (char *) (uintptr_t) "x" });
        options = hand_engine_server_options(s->path, s->events);
        if (uv_loop_init(&s->loop) < 0 || server_new(&s->loop, &options, &s->server, &error) < 0)
                abort();
        (void) snprintf(address.sun_path, sizeof address.sun_path, "%s", s->path);
        s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (s->fd < 0 || connect(s->fd, (const struct sockaddr *) &address, sizeof address) < 0)
                abort();
}

/* True when anything came. */
static bool session_receive(Session *s) {
        char buffer[16384];
        ssize_t n = recv(s->fd, buffer, sizeof buffer, 0);

        if (n > 0)
                str_add_n(&s->reply, buffer, (size_t) n);
        return n > 0;
}

/* Sends it all, says that no more will come, and reads until nothing comes any more. */
static void session_exchange(Session *s, const uint8_t *data, size_t size) {
        bool open = true;

        for (unsigned idle = 0; idle < ROUNDS_IDLE; idle++) {
                ssize_t n = size > 0 ? send(s->fd, data, size, MSG_NOSIGNAL) : 0;

                if (n > 0) {
                        data += n;
                        size -= (size_t) n;
                        idle = 0;
                } else if (n < 0 && errno != EAGAIN)
                        size = 0; /* refused by its head */
                if (size == 0 && open) {
                        (void) shutdown(s->fd, SHUT_WR);
                        open = false;
                        idle = 0;
                }
                (void) uv_run(&s->loop, UV_RUN_NOWAIT);
                while (session_receive(s))
                        idle = 0;
        }
}

static unsigned n_connections(const Session *s) {
        return MHD_get_daemon_info(s->server->http, MHD_DAEMON_INFO_CURRENT_CONNECTIONS)->num_connections;
}

/* The client goes; one that followed the events is found out by the next of them. */
static void session_hang_up(Session *s) {
        (void) close(s->fd);
        for (unsigned i = 0; n_connections(s) > 0; i++) {
                assert(i < ROUNDS_MOST);
                if (i % 8 == 0)
                        events_add(s->events, &(Event){ .what = (char *) (uintptr_t) "paused",
                                                        .text = (char *) (uintptr_t) "x" });
                (void) uv_run(&s->loop, UV_RUN_NOWAIT);
        }
        assert(s->server->replies_size == 0 && s->server->n_followers == 0);
}

static void session_end(Session *s) {
        server_stop(s->server);
        (void) uv_run(&s->loop, UV_RUN_DEFAULT);
        server_free(s->server);
        assert(uv_loop_close(&s->loop) == 0);
        events_free(s->events);
        hand_engine_done();
        free(s->path);
        str_done(&s->reply);
}

static const char *reply_header(const char *head, const char *name) {
        const char *at = strcasestr(head, name);

        return at ? at + strlen(name) : NULL;
}

/* Of the first reply. */
static void check_json(const Str *reply) {
        const char *end = strstr(str_get(reply), "\r\n\r\n"), *length, *type;
        _cleanup_free_ char *head = end ? xstrndup(reply->s, (size_t) (end - reply->s)) : NULL,
                            *digits = NULL;
        _cleanup_json_ cJSON *json = NULL;
        int64_t size;

        if (!head)
                return;
        type = reply_header(head, "\r\nContent-Type: ");
        length = reply_header(head, "\r\nContent-Length: ");
        if (!type || !length || !startswith(type, "application/json"))
                return;
        digits = xstrndup(length, strspn(length, "0123456789"));
        assert(parse_i64(digits, 1, INT32_MAX, &size) == 0);
        end += 4;
        if (reply->s + reply->size - end >= size)
                assert(json_parse(end, (size_t) size, &json, NULL) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        Session s = {};

        session_begin(&s);
        session_exchange(&s, data, size);
        assert(utf8_is_valid(str_get(&s.reply), s.reply.size));
        if (size < 4 ||
            memcmp(data, "HEAD", 4) != 0) /* whose reply has no body, and another one may follow */
                check_json(&s.reply);
        session_hang_up(&s);
        session_end(&s);
        return 0;
}
