/* The TLS server: one port for every host of both regions, with delays that hold up nobody else. */
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "call.h"
#include "calls.h"
#include "cloud.h"
#include "control.h"
#include "faults.h"
#include "tamper.h"
#include "timer.h"

#define BODY_MAX          ((size_t) 4 << 20)
#define CONTROL_BODY_MAX  ((size_t) 64 << 20)
#define SILENCE_USEC      (30 * USEC_PER_MINUTE) /* then even a silent connection is closed */
#define CONNECTION_MEMORY ((size_t) 64 << 10)
#define SKEW_USEC         USEC_PER_HOUR
#define DRIP_PIECES       100
#define OVERSIZE          ((size_t) 64 << 20)

typedef struct Exchange Exchange;

/* One request and its reply, from the request line on. */
struct Exchange {
        Server *server; /* not owned */
        struct MHD_Connection *connection;
        char *target;
        Call call;
        Str body;
        Fault fault;
        bool control;
        bool began; /* the head was read */
        bool too_large;
        bool decided;           /* the call was handled */
        bool waiting;           /* suspended until its time */
        usec_t next_piece;      /* monotonic: when the body goes on */
        Exchange *next, **prev; /* of those that wait */
};

struct Server {
        Sim *sim; /* not owned */
        struct MHD_Daemon *cloud, *control;
        int epoll_fd, signal_fd;
        TimerHeap *timers; /* monotonic */
        Exchange *waiting;
        char *control_path;
        bool stopping;
};

static void *on_uri(void *userdata, const char *uri, struct MHD_Connection *connection, bool control) {
        Exchange *e = xnew(Exchange, 1);

        *e = (Exchange){
                .server = userdata, .connection = connection, .target = xstrdup(uri), .control = control
        };
        return e;
}

static void *on_cloud_uri(void *userdata, const char *uri, struct MHD_Connection *connection) {
        return on_uri(userdata, uri, connection, false);
}

static void *on_control_uri(void *userdata, const char *uri, struct MHD_Connection *connection) {
        return on_uri(userdata, uri, connection, true);
}

static void on_completed(void *userdata, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode why) {
        Exchange *e = *state;

        *state = NULL;
        if (!e)
                return;
        if (e->began)
                call_done(&e->call);
        str_done(&e->body);
        free(e->target);
        free(e);
}

static enum MHD_Result on_header(void *userdata, enum MHD_ValueKind kind, const char *name,
                                 const char *value) {
        call_add_header(userdata, name, value ? value : "");
        return MHD_YES;
}

/* Makes the close that follows a reset instead of an orderly end. */
static void linger_none(struct MHD_Connection *connection) {
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection,
                                                                       MHD_CONNECTION_INFO_CONNECTION_FD);
        const struct linger none = { .l_onoff = 1 };

        if (info)
                (void) setsockopt(info->connect_fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
}

static enum MHD_Result exchange_begin(Exchange *e, const char *method) {
        Call *c = &e->call;
        Sim *sim = e->server->sim;

        e->began = true;
        call_init(c, sim, method, e->target);
        MHD_get_connection_values(e->connection, MHD_HEADER_KIND, on_header, c);
        if (e->control || !cloud_route_host(c))
                return MHD_YES;
        e->fault = faults_match(sim->faults, c->region->name, c->method, c->target);
        if (e->fault.action != FAULT_REFUSE)
                return MHD_YES;
        call_log_add(sim->log, c, 0);
        linger_none(e->connection);
        return MHD_NO;
}

static enum MHD_Result exchange_upload(Exchange *e, const char *data, size_t *size) {
        if (e->body.size + *size > (e->control ? CONTROL_BODY_MAX : BODY_MAX)) {
                e->too_large = true;
                str_done(&e->body);
        } else if (!e->too_large)
                str_add_n(&e->body, data, *size);
        *size = 0;
        return MHD_YES;
}

static ssize_t on_read_cut(void *userdata, uint64_t offset, char *buffer, size_t max) {
        const Exchange *e = userdata;
        size_t size = strlen(e->call.reply) / 2, n;

        if (offset >= size)
                return MHD_CONTENT_READER_END_WITH_ERROR;
        n = MIN(size - (size_t) offset, max);
        memcpy(buffer, e->call.reply + offset, n);
        return (ssize_t) n;
}

static void exchange_suspend(Exchange *e, usec_t usec);

static ssize_t on_read_drip(void *userdata, uint64_t offset, char *buffer, size_t max) {
        Exchange *e = userdata;
        size_t size = strlen(e->call.reply), n = MIN(MAX(size / DRIP_PIECES, (size_t) 1), max);
        usec_t now = now_monotonic();

        if (now < e->next_piece) {
                exchange_suspend(e, e->next_piece - now);
                return 0;
        }
        e->next_piece = now + e->fault.delay_usec;
        n = MIN(n, size - (size_t) offset);
        memcpy(buffer, e->call.reply + offset, n);
        return (ssize_t) n;
}

/* The size is not told beforehand: who takes it has to count. */
static ssize_t on_read_oversize(void *userdata, uint64_t offset, char *buffer, size_t max) {
        const Exchange *e = userdata;
        size_t size = strlen(e->call.reply), n;

        if (offset >= OVERSIZE)
                return MHD_CONTENT_READER_END_OF_STREAM;
        if (offset < size) {
                n = MIN(size - (size_t) offset, max);
                memcpy(buffer, e->call.reply + offset, n);
                return (ssize_t) n;
        }
        memset(buffer, ' ', max);
        return (ssize_t) max;
}

static struct MHD_Response *response_new(Exchange *e) {
        const char *text = e->call.reply ? e->call.reply : "";
        size_t size = strlen(text);

        if (size > 0 && e->fault.action == FAULT_TRUNCATE)
                return MHD_create_response_from_callback(size, 4096, on_read_cut, e, NULL);
        if (size > 0 && e->fault.action == FAULT_DRIP)
                return MHD_create_response_from_callback(size, 4096, on_read_drip, e, NULL);
        if (size > 0 && e->fault.action == FAULT_OVERSIZE)
                return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 32768, on_read_oversize, e, NULL);
        return MHD_create_response_from_buffer(size, (void *) text, MHD_RESPMEM_MUST_COPY);
}

static enum MHD_Result exchange_reply(Exchange *e) {
        Call *c = &e->call;
        struct MHD_Response *response;
        char date[TIME_TEXT_SIZE];
        enum MHD_Result r;

        if (e->fault.action == FAULT_RESET || e->fault.action == FAULT_SILENT ||
            e->fault.action == FAULT_LOST_REPLY || e->server->stopping)
                return MHD_NO; /* closes the connection */

        response = response_new(e);
        if (!response)
                return MHD_NO;
        format_http_date(call_wall_clock(c), date);
        MHD_add_response_header(response, "Date", date);
        if (c->reply)
                MHD_add_response_header(response, "Content-Type",
                                        c->content_type ? c->content_type : "application/json");
        if (*c->request_id)
                MHD_add_response_header(response, "opc-request-id", c->request_id);
        for (size_t i = 0; i < c->n_reply_headers; i++)
                MHD_add_response_header(response, c->reply_headers[i].name, c->reply_headers[i].value);
        r = MHD_queue_response(e->connection, c->status, response);
        MHD_destroy_response(response);
        return r;
}

static void exchange_resume(Exchange *e) {
        if (!e->waiting)
                return;
        e->waiting = false;
        *e->prev = e->next;
        if (e->next)
                e->next->prev = e->prev;
        MHD_resume_connection(e->connection);
}

static void on_due(void *userdata, char *subject) {
        exchange_resume(userdata);
}

static void exchange_suspend(Exchange *e, usec_t usec) {
        Server *s = e->server;

        MHD_suspend_connection(e->connection);
        e->waiting = true;
        e->next = s->waiting;
        e->prev = &s->waiting;
        if (e->next)
                e->next->prev = &e->next;
        s->waiting = e;
        timer_heap_add(s->timers, now_monotonic() + usec, on_due, e, NULL);
}

/* Lets the fault, or the cloud, decide. */
static void exchange_decide_cloud(Exchange *e) {
        Call *c = &e->call;
        FaultAction action = e->fault.action;
        bool is_heard = action != FAULT_RESET && action != FAULT_SILENT,
             is_answered = is_heard && action != FAULT_LOST_REPLY;

        c->stale = action == FAULT_STALE;
        c->repeat_page = action == FAULT_REPEAT_PAGE;
        c->skew_usec = action == FAULT_SKEW ? SKEW_USEC : 0;
        if (action == FAULT_STATUS)
                cloud_answer_fault(c, &e->fault);
        else if (e->too_large)
                call_fail(c, 413, "PayloadTooLarge", "The body is too large.");
        else if (is_heard)
                cloud_handle(c);
        tamper_reply(c, &e->fault);
        call_log_add(c->sim->log, c, is_answered ? c->status : 0);
        if (action == FAULT_DELAY)
                c->delay_usec += e->fault.delay_usec;
        if (action == FAULT_SILENT)
                c->delay_usec = SILENCE_USEC;
}

static enum MHD_Result exchange_decide(Exchange *e) {
        Call *c = &e->call;

        e->decided = true;
        c->body = str_get(&e->body);
        c->body_size = e->body.size;
        if (!e->control)
                exchange_decide_cloud(e);
        else if (e->too_large)
                call_fail(c, 413, "PayloadTooLarge", "The body is too large.");
        else
                control_handle(c);
        str_done(&e->body);
        c->body = NULL;
        if (c->delay_usec == 0)
                return exchange_reply(e);
        exchange_suspend(e, c->delay_usec);
        return MHD_YES;
}

static enum MHD_Result on_request(void *userdata, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data, size_t *size,
                                  void **state) {
        Exchange *e = *state;

        if (!e)
                return MHD_NO;
        if (!e->began)
                return exchange_begin(e, method);
        if (*size > 0)
                return exchange_upload(e, data, size);
        return e->decided ? exchange_reply(e) : exchange_decide(e);
}

static int listen_unix(const char *path) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd, r;

        if (strlen(path) >= sizeof address.sun_path)
                return -ENAMETOOLONG;
        memcpy(address.sun_path, path, strlen(path) + 1);
        (void) unlink(path);
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return -errno;
        if (bind(fd, (struct sockaddr *) &address, sizeof address) < 0 || listen(fd, 64) < 0) {
                r = -errno;
                close(fd);
                return r;
        }
        return fd;
}

static int watch(Server *s, int fd) {
        struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

        return epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static int watch_daemon(Server *s, struct MHD_Daemon *daemon) {
        const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);

        return info ? watch(s, info->epoll_fd) : -EINVAL;
}

static int start_cloud(Server *s, const ServerConfig *config) {
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(config->port) };

        if (inet_pton(AF_INET, config->address, &address.sin_addr) != 1)
                return -EINVAL;
        errno = 0;
        s->cloud = MHD_start_daemon(
                MHD_USE_EPOLL | MHD_USE_TLS | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_SUPPRESS_DATE_NO_CLOCK,
                config->port, NULL, NULL, on_request, s, MHD_OPTION_SOCK_ADDR, &address,
                MHD_OPTION_HTTPS_PRIORITIES, "NORMAL:-VERS-TLS1.0:-VERS-TLS1.1", MHD_OPTION_HTTPS_MEM_CERT,
                config->certificate, MHD_OPTION_HTTPS_MEM_KEY, config->key, MHD_OPTION_URI_LOG_CALLBACK,
                on_cloud_uri, s, MHD_OPTION_NOTIFY_COMPLETED, on_completed, s,
                MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, MHD_OPTION_CONNECTION_LIMIT, 4000u,
                MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_END);
        if (!s->cloud)
                return errno > 0 ? -errno : -EADDRINUSE;
        return watch_daemon(s, s->cloud);
}

static int start_control(Server *s, const ServerConfig *config) {
        int fd;

        fd = listen_unix(config->control_path);
        if (fd < 0)
                return fd;
        s->control_path = xstrdup(config->control_path);
        s->control = MHD_start_daemon(
                MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_SUPPRESS_DATE_NO_CLOCK, 0, NULL, NULL,
                on_request, s, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_URI_LOG_CALLBACK, on_control_uri, s,
                MHD_OPTION_NOTIFY_COMPLETED, on_completed, s, MHD_OPTION_CONNECTION_LIMIT, 1000u,
                MHD_OPTION_END);
        if (!s->control) {
                close(fd);
                return -EIO;
        }
        return watch_daemon(s, s->control);
}

static int start_signals(Server *s) {
        sigset_t set;

        sigemptyset(&set);
        sigaddset(&set, SIGTERM);
        sigaddset(&set, SIGINT);
        if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
                return -errno;
        s->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
        if (s->signal_fd < 0)
                return -errno;
        return watch(s, s->signal_fd);
}

int server_new(Sim *sim, const ServerConfig *config, Server **ret) {
        Server *s = xnew(Server, 1);
        int r;

        *s = (Server){ .sim = sim, .timers = timer_heap_new(), .signal_fd = -1 };
        s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
        r = s->epoll_fd < 0 ? -errno : start_signals(s);
        if (r >= 0)
                r = start_cloud(s, config);
        if (r >= 0)
                r = start_control(s, config);
        if (r < 0) {
                server_free(s);
                return r;
        }
        *ret = s;
        return 0;
}

Server *server_free(Server *s) {
        if (!s)
                return NULL;
        s->stopping = true;
        while (s->waiting) /* a daemon cannot stop while a connection of its is suspended */
                exchange_resume(s->waiting);
        if (s->cloud)
                MHD_stop_daemon(s->cloud);
        if (s->control)
                MHD_stop_daemon(s->control);
        if (s->control_path)
                (void) unlink(s->control_path);
        if (s->signal_fd >= 0)
                close(s->signal_fd);
        if (s->epoll_fd >= 0)
                close(s->epoll_fd);
        timer_heap_free(s->timers);
        free(s->control_path);
        free(s);
        return NULL;
}

uint16_t server_port(const Server *s) {
        const union MHD_DaemonInfo *info = MHD_get_daemon_info(s->cloud, MHD_DAEMON_INFO_BIND_PORT);

        return info ? info->port : 0;
}

/* Until the next thing that is due, in milliseconds, rounded up; -1: nothing is. */
static int next_timeout(const Server *s) {
        usec_t now = now_monotonic(), sim_now = sim_time(s->sim);
        usec_t due = timer_heap_next(s->timers), lifecycle = timer_heap_next(s->sim->lifecycles),
               wait = USEC_INFINITY;
        MHD_UNSIGNED_LONG_LONG msec;

        if (due != USEC_INFINITY)
                wait = due > now ? due - now : 0;
        if (lifecycle != USEC_INFINITY)
                wait = MIN(wait, lifecycle > sim_now ? lifecycle - sim_now : 0);
        if (MHD_get_timeout(s->cloud, &msec) == MHD_YES)
                wait = MIN(wait, (usec_t) msec * USEC_PER_MSEC);
        if (MHD_get_timeout(s->control, &msec) == MHD_YES)
                wait = MIN(wait, (usec_t) msec * USEC_PER_MSEC);
        if (wait == USEC_INFINITY)
                return -1;
        return (int) MIN((wait + USEC_PER_MSEC - 1) / USEC_PER_MSEC, (usec_t) 60000);
}

int server_run(Server *s) {
        struct signalfd_siginfo info;
        struct epoll_event events[8];

        for (;;) {
                if (epoll_wait(s->epoll_fd, events, ARRAY_SIZE(events), next_timeout(s)) < 0 &&
                    errno != EINTR)
                        return -errno;
                if (read(s->signal_fd, &info, sizeof info) == sizeof info)
                        return 0;
                timer_heap_run(s->sim->lifecycles, sim_time(s->sim));
                timer_heap_run(s->timers, now_monotonic());
                MHD_run(s->cloud);
                MHD_run(s->control);
        }
}
