/* Owns the loop and everything on it; loads the spec, serves signals and the service manager, and stops
 * in order. */
#include "manager.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>
#include <uv.h>

#include "base/file.h"
#include "base/log.h"
#include "engine/engine.h"
#include "message-id.h"
#include "once.h"
#include "principal.h"
#include "server/server.h"
#include "spec-source.h"

#define STOP_WITHIN    (5 * USEC_PER_SEC)
#define REFRESH_PERIOD (10 * USEC_PER_SEC)
#define ONCE_PERIOD    (500 * USEC_PER_MSEC)
/* More than the engine asks of a region at once. In a rehearsal all regions are one host to libcurl, and a silent one must not take
 * the others' connections. */
#define CONNECTIONS_PER_HOST 64
#define DESCRIPTORS_MIN      256u /* connections to both regions and of the socket, and some */
#define RATE_PER_REGION      10.0 /* requests per second; bursts are twice that */

struct Manager {
        const Options *options;
        uv_loop_t loop;
        bool has_loop;
        int lock; /* of the state directory */
        SpecSource source;
        Principal principal;
        HttpClient *http;
        OciClient *client;
        Words words;
        Events *events;
        Engine *engine;
        Server *server;
        Once *once;
        uv_signal_t on_hangup, on_terminate, on_interrupt;
        uv_timer_t watchdog, refresh, reload, progress, giving_up;
        bool has_handles, stopping;
        int status; /* to exit with */
        usec_t started_at;
        char *told; /* the STATUS= that the service manager heard last */
};

static int fail(int status, const char *format, ...) _printf_(2, 3);
static int fail(int status, const char *format, ...) {
        _cleanup_free_ char *text = NULL;
        va_list ap;

        va_start(ap, format);
        text = xvasprintf(format, ap);
        va_end(ap);
        log_error("%s", text);
        return status;
}

/* Starting. */

/* With less than these it could not even begin; a limit is raised as far as it may be. */
static int check_descriptors(void) {
        struct rlimit limit;

        if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= DESCRIPTORS_MIN)
                return 0;
        limit.rlim_cur = MIN(limit.rlim_max, DESCRIPTORS_MIN);
        (void) setrlimit(RLIMIT_NOFILE, &limit);
        if (limit.rlim_cur >= DESCRIPTORS_MIN)
                return 0;
        return fail(EXIT_USAGE,
                    "%u open files are allowed, tandemd needs %u: raise LimitNOFILE= or ulimit -n",
                    (unsigned) limit.rlim_cur, DESCRIPTORS_MIN);
}

/* The directory itself is locked: that works on a full disk and on a read-only one, too. */
static int lock_state(Manager *m) {
        const char *state = m->options->state;
        int r;

        r = mkdir_parents(state, 0750);
        if (r < 0)
                return fail(EXIT_USAGE, "%s cannot be made: %s", state, strerror(-r));
        m->lock = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (m->lock < 0)
                return fail(EXIT_USAGE, "%s cannot be opened: %s", state, strerror(errno));
        if (flock(m->lock, LOCK_EX | LOCK_NB) == 0)
                return 0;
        if (errno == EWOULDBLOCK)
                return fail(EXIT_FAILURE, "another tandemd holds %s", state);
        return fail(EXIT_USAGE, "%s cannot be locked: %s", state, strerror(errno));
}

static int load_first_estate(Manager *m, Estate **ret) {
        _cleanup_free_ char *error = NULL;

        if (spec_source_read(&m->source, ret, &error) == 0)
                return 0;
        if (m->options->once)
                return EXIT_USAGE; /* everything was said */
        if (spec_source_read_last_good(&m->source, ret) == 0) {
                log_fields(LOG_WARNING, (LogField[]){ { "MESSAGE_ID", MESSAGE_SPEC_REJECTED } }, 1,
                           "The specs in %s are refused (%s); running on the last good ones",
                           m->options->specs, error);
                return 0;
        }
        return fail(EXIT_USAGE, "the specs in %s are refused, and there is no last good one",
                    m->options->specs);
}

static int load_principal(Manager *m, const Estate *e) {
        _cleanup_free_ char *error = NULL;

        principal_init(&m->principal, m->options->oci_config, m->options->profile);
        if (principal_load(&m->principal, e, &error) == 0)
                return 0;
        return fail(EXIT_USAGE, "%s", error);
}

static int make_clients(Manager *m) {
        const Options *o = m->options;
        int r;

        r = http_client_new(&m->loop,
                            &(HttpClientOptions){
                                    .ca_file = o->ca_file,
                                    .connect_to = (const char *const *) o->connect_to,
                                    .user_agent = "tandemd/" TANDEM_VERSION,
                                    .max_connections_per_host = CONNECTIONS_PER_HOST,
                            },
                            &m->http);
        if (r < 0)
                return fail(EXIT_USAGE, "connect-to: %s", strerror(-r));
        m->client = oci_client_new(&(OciClientOptions){
                .loop = &m->loop,
                .http = m->http,
                .signer = m->principal.signer,
                .requests_per_second = RATE_PER_REGION * MAX(o->speed, 1.0),
                .burst = 2 * RATE_PER_REGION * MAX(o->speed, 1.0),
        });
        return 0;
}

/* Damaged words are gone. Those that only cannot be read now may be a pause, so nothing is done without them. */
static int load_words(Manager *m) {
        _cleanup_free_ char *error = NULL;
        int r;

        m->words.hour = MAX((usec_t) ((double) USEC_PER_HOUR / m->options->speed), USEC_PER_SEC);
        r = words_load(&m->words, m->options->state, &error);
        if (r == -EBADMSG)
                log_warning("%s; going on without", error);
        else if (r < 0)
                return fail(EXIT_USAGE, "%s", error);
        return 0;
}

static void on_turn(Engine *e, void *userdata);
static int on_reload(const char *plan, const char **ret_code, char **reterr, void *userdata);

static void on_spec_status(SpecStatus *ret, void *userdata) {
        const Manager *m = userdata;

        spec_source_status(&m->source, ret);
}

static int make_server(Manager *m) {
        _cleanup_free_ char *error = NULL;
        int r;

        r = server_new(&m->loop,
                       &(ServerOptions){
                               .path = m->options->socket,
                               .version = TANDEM_VERSION,
                               .engine = m->engine,
                               .words = &m->words,
                               .events = m->events,
                               .started_at = m->started_at,
                               .spec_status = on_spec_status,
                               .reload = on_reload,
                               .userdata = m,
                       },
                       &m->server, &error);
        return r < 0 ? fail(EXIT_USAGE, "%s", error) : 0;
}

/* The service manager, the watchdog, signals. */

static void on_watchdog(uv_timer_t *timer) {
        (void) timer;
        (void) sd_notify(0, "WATCHDOG=1");
}

static void on_refresh(uv_timer_t *timer) {
        Manager *m = timer->data;

        principal_refresh(&m->principal);
        spec_source_refresh(&m->source);
}

static void stop(Manager *m, int status);

static void check_once(Manager *m) {
        int status = m->once && !m->stopping ? once_show(m->once) : -1;

        if (status >= 0)
                stop(m, status);
}

static void on_progress(uv_timer_t *timer) {
        check_once(timer->data);
}

static void on_stop_signal(uv_signal_t *handle, int number) {
        Manager *m = handle->data;

        (void) number;
        stop(m, m->once ? EXIT_FAILURE : EXIT_SUCCESS); /* cut short, --once has come to no end */
}

static void on_reload_due(uv_timer_t *timer) {
        _cleanup_free_ char *error = NULL;
        const char *code;

        (void) sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, uv_hrtime() / 1000);
        (void) on_reload(NULL, &code, &error, timer->data);
        (void) sd_notify(0, "READY=1");
}

/* Of many at a time the last one counts, for all of them mean what is on disk now. */
static void on_reload_signal(uv_signal_t *handle, int number) {
        Manager *m = handle->data;

        (void) number;
        if (!m->stopping)
                (void) uv_timer_start(&m->reload, on_reload_due, 0, 0);
}

static void on_giving_up(uv_timer_t *timer) {
        Manager *m = timer->data;

        log_error("Could not stop within %u s, giving up", (unsigned) (STOP_WITHIN / USEC_PER_SEC));
        _exit(m->status);
}

static void start_timer(Manager *m, uv_timer_t *timer, uv_timer_cb callback, usec_t period) {
        timer->data = m;
        (void) uv_timer_init(&m->loop, timer); /* cannot fail, nor can the next */
        if (callback)
                (void) uv_timer_start(timer, callback, period / USEC_PER_MSEC, period / USEC_PER_MSEC);
}

/* Those that have a handler later wait for it from the first moment on: who is told to stop while it starts ends cleanly, too. */
static void hold_signals(int how) {
        sigset_t set;

        (void) sigemptyset(&set);
        (void) sigaddset(&set, SIGHUP);
        (void) sigaddset(&set, SIGTERM);
        (void) sigaddset(&set, SIGINT);
        (void) sigprocmask(how, &set, NULL);
}

static void start_signal(Manager *m, uv_signal_t *handle, uv_signal_cb callback, int number) {
        (void) uv_signal_init(&m->loop, handle);
        handle->data = m;
        (void) uv_signal_start(handle, callback, number);
}

static void start_handles(Manager *m) {
        uint64_t watchdog = 0;

        (void) sd_watchdog_enabled(0, &watchdog);
        start_timer(m, &m->watchdog, watchdog > 0 ? on_watchdog : NULL, watchdog / 2);
        start_timer(m, &m->refresh, on_refresh, REFRESH_PERIOD);
        principal_refresh(&m->principal); /* a session that is over already is said at once */
        start_timer(m, &m->reload, NULL, 0);
        start_timer(m, &m->progress, m->once ? on_progress : NULL, ONCE_PERIOD);
        start_timer(m, &m->giving_up, NULL, 0);
        start_signal(m, &m->on_hangup, on_reload_signal, SIGHUP);
        start_signal(m, &m->on_terminate, on_stop_signal, SIGTERM);
        start_signal(m, &m->on_interrupt, on_stop_signal, SIGINT);
        (void) signal(SIGPIPE, SIG_IGN);
        hold_signals(SIG_UNBLOCK);
        m->has_handles = true;
}

static void stop_handles(Manager *m) {
        uv_handle_t *const handles[] = {
                (uv_handle_t *) &m->watchdog,     (uv_handle_t *) &m->refresh,
                (uv_handle_t *) &m->progress,     (uv_handle_t *) &m->reload,
                (uv_handle_t *) &m->on_hangup,    (uv_handle_t *) &m->on_terminate,
                (uv_handle_t *) &m->on_interrupt,
        };

        for (size_t i = 0; i < ARRAY_SIZE(handles); i++)
                uv_close(handles[i], NULL);
        /* With their handles gone these would kill: whoever asks twice to stop is stopping already. */
        (void) signal(SIGTERM, SIG_IGN);
        (void) signal(SIGINT, SIG_IGN);
        (void) signal(SIGHUP, SIG_IGN);
        /* Does not keep the loop alive: it rings only while something else does. */
        (void) uv_timer_start(&m->giving_up, on_giving_up, STOP_WITHIN / USEC_PER_MSEC, 0);
        uv_unref((uv_handle_t *) &m->giving_up);
}

/* Stopping is a state: nothing new begins, calls are dropped, handles close, and the loop runs dry. */
static void stop(Manager *m, int status) {
        if (m->stopping)
                return;
        m->stopping = true;
        m->status = status;
        (void) sd_notify(0, "STOPPING=1");
        if (m->server)
                server_stop(m->server);
        if (m->engine)
                engine_stop(m->engine);
        m->client = oci_client_unref(m->client);
        if (m->http)
                http_client_stop(m->http);
        if (m->has_handles)
                stop_handles(m);
}

/* Reloading. */

/* The plan that a person read is the one to be carried out, or none. */
static bool plan_is_still(Manager *m, const Estate *e, const char *plan) {
        _cleanup_(candidate_freep) Candidate *c = NULL;

        return engine_plan_candidate(m->engine, e, &c) == 0 && streq_ptr(candidate_plan(c)->digest, plan);
}

static void add_spec_event(Manager *m, const char *text) {
        events_add(m->events,
                   &(Event){ .what = (char *) "spec", .by = (char *) "a person", .text = (char *) text });
}

static int on_reload(const char *plan, const char **ret_code, char **reterr, void *userdata) {
        Manager *m = userdata;
        _cleanup_(estate_freep) Estate *e = NULL;
        _cleanup_free_ char *text = NULL;
        int r;

        *ret_code = "spec-rejected";
        r = spec_source_read(&m->source, &e, reterr);
        if (r == 0) {
                r = principal_load(&m->principal, e, reterr);
                if (r < 0)
                        spec_source_discard(&m->source);
        }
        if (r < 0) {
                text = xasprintf("The specs are refused, the running ones stay: %s", *reterr);
                log_fields(LOG_WARNING, (LogField[]){ { "MESSAGE_ID", MESSAGE_SPEC_REJECTED } }, 1, "%s",
                           text);
                add_spec_event(m, text);
                return r;
        }
        if (plan && !plan_is_still(m, e, plan)) {
                spec_source_discard(&m->source);
                *ret_code = "plan-changed";
                *reterr = xasprintf("the plan is not %s any more; read the new one with tandemctl plan -f",
                                    plan);
                return -ESTALE;
        }
        spec_source_accept(&m->source, e);
        text = xasprintf("Loaded the specs %s: %zu resources%s%s", e->digest, e->n_resources,
                         m->source.warnings ? ", " : "", m->source.warnings ? m->source.warnings : "");
        if (m->source.warnings)
                log_notice("%s", text);
        else
                log_info("%s", text);
        add_spec_event(m, text);
        engine_load(m->engine, TAKE_PTR(e));
        return 0;
}

/* Telling the service manager in one line. */
static char *status_line(const Manager *m) {
        const Context *c = engine_context(m->engine);
        _cleanup_free_ Resource **v = NULL;
        size_t n = engine_resources(m->engine, &v), in_sync = 0, progressing = 0, stuck = 0;

        for (size_t i = 0; i < n; i++)
                if (verdict_for_estate(v[i]->verdict) == VERDICT_IN_SYNC)
                        in_sync++;
                else if (verdict_for_estate(v[i]->verdict) == VERDICT_PROGRESSING)
                        progressing++;
                else if (verdict_rank(v[i]->verdict) > verdict_rank(VERDICT_PAUSED))
                        stuck++;
        return xasprintf("%s %s%s: %zu of %zu in sync, %zu progressing, %zu blocked or unknown",
                         c->estate->name, mode_to_string(c->estate->mode),
                         m->source.rejected ? ", new specs REJECTED" : "", in_sync, n, progressing, stuck);
}

static void tell_status(Manager *m) {
        _cleanup_free_ char *line = status_line(m);

        if (streq_ptr(line, m->told))
                return;
        (void) sd_notifyf(0, "STATUS=%s", line);
        str_replace(&m->told, line);
}

static void on_turn(Engine *e, void *userdata) {
        Manager *m = userdata;

        (void) e;
        tell_status(m);
        if (m->once && !m->stopping) /* from the loop, not from within whoever made the turn */
                (void) uv_timer_start(&m->progress, on_progress, 0, ONCE_PERIOD / USEC_PER_MSEC);
}

/* Life. */

static int make_engine(Manager *m, Estate **estate) {
        int r;

        m->events = events_new();
        r = load_words(m);
        if (r != 0)
                return r;
        r = engine_new(&m->loop,
                       &(EngineOptions){
                               .client = m->client,
                               .tenancy = m->principal.profile->tenancy,
                               .speed = m->options->speed,
                               .bootstrap = m->options->bootstrap,
                               .words = &m->words,
                               .events = m->events,
                               .on_turn = on_turn,
                               .userdata = m,
                       },
                       &m->engine);
        if (r < 0)
                return fail(EXIT_FAILURE, "the engine does not start: %s", strerror(-r));
        r = make_server(m);
        if (r != 0)
                return r;
        if (m->options->once)
                m->once = once_new(m->engine);
        start_handles(m);
        spec_source_accept(&m->source, *estate);
        engine_load(m->engine, TAKE_PTR(*estate));
        return 0;
}

int manager_new(const Options *options, Manager **ret) {
        _cleanup_(manager_freep) Manager *m = xnew(Manager, 1);
        _cleanup_(estate_freep) Estate *estate = NULL;
        int r;

        *m = (Manager){ .options = options, .lock = -1, .started_at = now_realtime() };
        hold_signals(SIG_BLOCK);
        r = check_descriptors();
        if (r == 0)
                r = lock_state(m);
        if (r != 0)
                return r;
        spec_source_init(&m->source, options->specs, options->state);
        r = load_first_estate(m, &estate);
        if (r == 0)
                r = load_principal(m, estate);
        if (r != 0)
                return r;
        if (uv_loop_init(&m->loop) < 0)
                return fail(EXIT_FAILURE, "there is no event loop");
        m->has_loop = true;
        r = make_clients(m);
        if (r == 0)
                r = make_engine(m, &estate);
        if (r != 0)
                return r;
        *ret = TAKE_PTR(m);
        return 0;
}

int manager_run(Manager *m) {
        (void) sd_notify(0, "READY=1");
        (void) uv_run(&m->loop, UV_RUN_DEFAULT);
        return m->status;
}

static void close_loop(Manager *m) {
        int r;

        stop(m, m->status);
        (void) uv_run(&m->loop, UV_RUN_DEFAULT);
        if (m->has_handles) {
                uv_close((uv_handle_t *) &m->giving_up, NULL);
                (void) uv_run(&m->loop, UV_RUN_DEFAULT);
        }
        m->once = once_free(m->once);
        m->server = server_free(m->server);
        m->engine = engine_free(m->engine);
        m->http = http_client_unref(m->http);
        (void) uv_run(&m->loop, UV_RUN_DEFAULT);
        r = uv_loop_close(&m->loop);
        assert(r == 0);
        (void) r;
}

Manager *manager_free(Manager *m) {
        if (!m)
                return NULL;
        if (m->has_loop)
                close_loop(m);
        events_free(m->events);
        words_done(&m->words);
        principal_done(&m->principal);
        spec_source_done(&m->source);
        if (m->lock >= 0)
                (void) close(m->lock);
        free(m->told);
        free(m);
        return NULL;
}
