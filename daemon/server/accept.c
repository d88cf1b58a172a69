/* Letting clients in. It is done here and not by libmicrohttpd, which keeps no places for those who may change something, and spins
 * when descriptors run out. */
#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "internal.h"

#define AT_ONCE         64 /* so many before the rest of the loop has its turn */
#define REST_USEC       USEC_PER_SEC
#define COMPLAIN_PERIOD (10 * USEC_PER_MINUTE)

static unsigned count_connections(const Server *s) {
        const union MHD_DaemonInfo *info = MHD_get_daemon_info(s->http, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);

        return info ? info->num_connections : 0;
}

/* Whoever crowds the socket, a person who may change something still gets in. */
static bool has_place(const Server *s, int fd) {
        _cleanup_peer_ Peer peer = {};
        unsigned n = count_connections(s);

        if (n < CONNECTIONS_MAX)
                return true;
        return n < CONNECTIONS_MAX + CONNECTIONS_RESERVED && peer_of_socket(fd, &peer) >= 0 &&
               peer_may_change(&s->rules, &peer);
}

/* Reads what the client has said by now, for unread bytes would turn the answer into a broken connection. */
static void turn_away(int fd) {
        static const char body[] =
                "{\"code\":\"busy\",\"message\":\"too many clients are connected, try again later\"}";
        _cleanup_free_ char *reply = xasprintf("HTTP/1.1 503 Service Unavailable\r\n"
                                               "Content-Type: application/json\r\n"
                                               "Content-Length: %zu\r\n"
                                               "Connection: close\r\n\r\n%s",
                                               sizeof body - 1, body);
        char heard[4096];

        (void) recv(fd, heard, sizeof heard, MSG_DONTWAIT);
        (void) send(fd, reply, strlen(reply), MSG_DONTWAIT | MSG_NOSIGNAL);
        (void) close(fd);
}

static void let_in(Server *s, int fd) {
        const struct sockaddr_un nobody = { .sun_family = AF_UNIX };

        if (!has_place(s, fd))
                turn_away(fd);
        else /* which takes the descriptor over, and closes it when it cannot use it */
                (void) MHD_add_connection(s->http, fd, (const struct sockaddr *) &nobody,
                                          sizeof nobody.sun_family);
}

static void on_rested(uv_timer_t *timer) {
        accept_start(timer->data);
}

/* Clients wait in the backlog meanwhile. */
static void rest(Server *s, int error) {
        usec_t now = now_monotonic();

        if (s->complained_at == 0 || now - s->complained_at >= COMPLAIN_PERIOD)
                log_warning("No client of %s can be let in, trying again: %s", s->path, strerror(error));
        s->complained_at = now;
        (void) uv_poll_stop(&s->listening);
        (void) uv_timer_start(&s->rest, on_rested, REST_USEC / USEC_PER_MSEC, 0);
}

static void on_connecting(uv_poll_t *poll, int status, int events) {
        Server *s = poll->data;

        (void) status;
        (void) events;
        for (unsigned i = 0; i < AT_ONCE; i++) {
                int fd = accept4(s->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

                if (fd >= 0)
                        let_in(s, fd);
                else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
                        rest(s, errno);
                        break;
                } else if (errno != EINTR && errno != ECONNABORTED)
                        break; /* nobody waits */
        }
        server_kick(s);
}

void accept_start(Server *s) {
        (void) uv_poll_start(&s->listening, UV_READABLE, on_connecting);
}
