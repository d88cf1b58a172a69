/* Requests and replies over libmicrohttpd: what a fault does to one, and bodies that take their time. */
#include "exchange.h"

#include <sys/socket.h>

#include "base/str.h"
#include "call.h"
#include "calls.h"
#include "cloud.h"
#include "control.h"
#include "faults.h"
#include "kube/watch.h"
#include "tamper.h"
#include "timer.h"
#include "tls.h"

#define BODY_MAX         ((size_t) 4 << 20)
#define CONTROL_BODY_MAX ((size_t) 64 << 20)
#define SILENCE_USEC     (30 * USEC_PER_MINUTE) /* then even a silent connection is closed */
#define SKEW_USEC        USEC_PER_HOUR
#define DRIP_PIECES      100
#define OVERSIZE         ((size_t) 64 << 20)

/* One request and its reply, from the request line on. */
struct Exchange {
        Exchanges *all; /* not owned */
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
        bool watching;          /* suspended until its watch has something to send */
        usec_t next_piece;      /* monotonic: when the body goes on */
        Exchange *next, **prev; /* of those that wait */
};

static void *on_uri(void *userdata, const char *uri, struct MHD_Connection *connection, bool control) {
        Exchange *e = xnew(Exchange, 1);

        *e = (Exchange){
                .all = userdata, .connection = connection, .target = xstrdup(uri), .control = control
        };
        return e;
}

void *exchange_on_cloud_uri(void *userdata, const char *uri, struct MHD_Connection *connection) {
        return on_uri(userdata, uri, connection, false);
}

void *exchange_on_control_uri(void *userdata, const char *uri, struct MHD_Connection *connection) {
        return on_uri(userdata, uri, connection, true);
}

void exchange_on_completed(void *userdata, struct MHD_Connection *connection, void **state,
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

static char *server_name(struct MHD_Connection *connection) {
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection,
                                                                       MHD_CONNECTION_INFO_GNUTLS_SESSION);

        return info ? tls_server_name(info->tls_session) : NULL;
}

static enum MHD_Result exchange_begin(Exchange *e, const char *method) {
        Call *c = &e->call;
        Sim *sim = e->all->sim;

        e->began = true;
        call_init(c, sim, method, e->target);
        c->server_name = e->control ? NULL : server_name(e->connection);
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

static void exchange_park(Exchange *e);
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

/* A watch that is to be truncated breaks off in the middle of what it first had to say. */
static ssize_t on_read_watch(void *userdata, uint64_t offset, char *buffer, size_t max) {
        Exchange *e = userdata;
        bool cut = e->fault.action == FAULT_TRUNCATE;
        ptrdiff_t n;

        if (e->all->stopping || (cut && offset > 0))
                return MHD_CONTENT_READER_END_WITH_ERROR;
        n = kube_watch_read(e->call.watch, now_monotonic(), buffer, max);
        if (n < 0)
                return MHD_CONTENT_READER_END_OF_STREAM;
        if (n == 0) {
                e->watching = true;
                exchange_park(e);
        }
        return cut ? (n + 1) / 2 : n;
}

static struct MHD_Response *response_new(Exchange *e) {
        const char *text = e->call.reply ? e->call.reply : "";
        size_t size = strlen(text);

        if (e->call.watch && !e->call.reply)
                return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, on_read_watch, e, NULL);
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
            e->fault.action == FAULT_LOST_REPLY || e->all->stopping)
                return MHD_NO; /* closes the connection */

        response = response_new(e);
        if (!response)
                return MHD_NO;
        format_http_date(call_wall_clock(c), date);
        MHD_add_response_header(response, "Date", date);
        if (c->reply || c->watch)
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
        e->waiting = e->watching = false;
        *e->prev = e->next;
        if (e->next)
                e->next->prev = e->prev;
        MHD_resume_connection(e->connection);
}

static void on_due(void *userdata, char *subject) {
        exchange_resume(userdata);
}

static void exchange_park(Exchange *e) {
        Exchanges *all = e->all;

        MHD_suspend_connection(e->connection);
        e->waiting = true;
        e->next = all->waiting;
        e->prev = &all->waiting;
        if (e->next)
                e->next->prev = &e->next;
        all->waiting = e;
}

static void exchange_suspend(Exchange *e, usec_t usec) {
        exchange_park(e);
        timer_heap_add(e->all->timers, now_monotonic() + usec, on_due, e, NULL);
}

void exchanges_resume_watches(Exchanges *all, usec_t now) {
        for (Exchange *e = all->waiting, *next; e; e = next) {
                next = e->next;
                if (e->watching && kube_watch_is_due(e->call.watch, now))
                        exchange_resume(e);
        }
}

usec_t exchanges_next_watch(const Exchanges *all, usec_t now) {
        usec_t next = USEC_INFINITY;

        for (const Exchange *e = all->waiting; e; e = e->next)
                if (e->watching)
                        next = MIN(next, kube_watch_is_due(e->call.watch, now)
                                                 ? now
                                                 : kube_watch_next(e->call.watch));
        return next;
}

void exchanges_stop(Exchanges *all) {
        all->stopping = true;
        while (all->waiting)
                exchange_resume(all->waiting);
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

enum MHD_Result exchange_on_request(void *userdata, struct MHD_Connection *connection, const char *url,
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
