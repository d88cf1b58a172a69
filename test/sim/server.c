/* The sockets, and the loop that serves both together. */
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/log.h"
#include "exchange.h"
#include "kube/kube.h"
#include "kubeconfig.h"
#include "timer.h"
#include "tls.h"

#define CONNECTION_MEMORY ((size_t) 64 << 10)

struct Server {
        Sim *sim; /* not owned */
        struct MHD_Daemon *cloud, *control;
        int epoll_fd, signal_fd;
        TimerHeap *timers; /* monotonic */
        Exchanges exchanges;
        char *control_path, *address, *kubeconfig_path;
        char *kubeconfig;           /* as last written */
        uint64_t kubeconfig_change; /* how many changes of objects there were by then */
};

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
                config->port, NULL, NULL, exchange_on_request, &s->exchanges, MHD_OPTION_SOCK_ADDR, &address,
                MHD_OPTION_HTTPS_PRIORITIES, "NORMAL:-VERS-TLS1.0:-VERS-TLS1.1",
                MHD_OPTION_HTTPS_CERT_CALLBACK2, tls_retrieve, MHD_OPTION_URI_LOG_CALLBACK,
                exchange_on_cloud_uri, &s->exchanges, MHD_OPTION_NOTIFY_COMPLETED, exchange_on_completed,
                &s->exchanges, MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY,
                MHD_OPTION_CONNECTION_LIMIT, 4000u, MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_END);
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
                exchange_on_request, &s->exchanges, MHD_OPTION_LISTEN_SOCKET, fd,
                MHD_OPTION_URI_LOG_CALLBACK, exchange_on_control_uri, &s->exchanges,
                MHD_OPTION_NOTIFY_COMPLETED, exchange_on_completed, &s->exchanges,
                MHD_OPTION_CONNECTION_LIMIT, 1000u, MHD_OPTION_END);
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

/* Keeps DIR/kubeconfig at what the clusters are. A failure is not fatal, and said once for what could not be written. */
static void write_kubeconfig(Server *s) {
        char *text;
        int r;

        if (s->kubeconfig && s->kubeconfig_change == s->sim->n_changes)
                return;
        s->kubeconfig_change = s->sim->n_changes;
        text = kubeconfig_text(s->sim, s->address, server_port(s));
        if (streq_ptr(text, s->kubeconfig)) {
                free(text);
                return;
        }
        free(s->kubeconfig);
        s->kubeconfig = text;
        r = file_write_atomic(s->kubeconfig_path, text, strlen(text), 0600);
        if (r < 0)
                log_error("Failed to write %s, ignoring: %s", s->kubeconfig_path, strerror(-r));
}

int server_new(Sim *sim, const ServerConfig *config, Server **ret) {
        Server *s = xnew(Server, 1);
        int r;

        *s = (Server){
                .sim = sim,
                .timers = timer_heap_new(),
                .signal_fd = -1,
                .address = xstrdup(config->address),
                .kubeconfig_path = xstrdup(config->kubeconfig_path),
        };
        s->exchanges = (Exchanges){ .sim = sim, .timers = s->timers };
        s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
        r = s->epoll_fd < 0 ? -errno : start_signals(s);
        if (r >= 0)
                r = start_cloud(s, config);
        if (r >= 0)
                r = start_control(s, config);
        if (r >= 0)
                write_kubeconfig(s);
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
        exchanges_stop(&s->exchanges);
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
        free(s->address);
        free(s->kubeconfig_path);
        free(s->kubeconfig);
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
        usec_t due = MIN(timer_heap_next(s->timers), exchanges_next_watch(&s->exchanges, now)),
               wait = USEC_INFINITY, lifecycle = MIN(timer_heap_next(s->sim->lifecycles), s->sim->kube->due);
        MHD_UNSIGNED_LONG_LONG msec;

        if (s->sim->kube->stale)
                due = now;
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
                kube_run(s->sim->kube);
                write_kubeconfig(s);
                timer_heap_run(s->timers, now_monotonic());
                exchanges_resume_watches(&s->exchanges, now_monotonic());
                MHD_run(s->cloud);
                MHD_run(s->control);
        }
}
