/* GET /events?follow=1: one JSON line an event, as they happen. A follower keeps no queue of its own, only its place in the kept
 * events; one that reads so slowly that its place is overwritten is cut off. An empty line now and then finds dead ones out. */
#include <utlist.h>

#include "internal.h"

#define BLOCK_SIZE ((size_t) 16 * 1024)

struct Follower {
        Follower *prev, *next;
        Server *server;
        struct MHD_Connection *connection; /* not owned */
        uint64_t after;                    /* number of the last event that it was given */
        Str lines;                         /* rendered and not sent yet */
        size_t sent;
        bool suspended, beat;
};

/* False when events were lost to it. */
static bool follower_fill(Follower *f) {
        const Event *e;

        str_done(&f->lines);
        f->sent = 0;
        while (f->lines.size < BLOCK_SIZE && (e = events_after(f->server->options.events, f->after))) {
                _cleanup_json_ cJSON *o = NULL;
                _cleanup_free_ char *line = NULL;

                if (e->n != f->after + 1)
                        return false;
                o = render_event(e);
                line = json_text(o);
                str_add(&f->lines, line);
                str_addc(&f->lines, '\n');
                f->after = e->n;
        }
        if (f->lines.size == 0 && f->beat)
                str_addc(&f->lines, '\n');
        f->beat = false;
        return true;
}

static ssize_t on_read(void *cls, uint64_t position, char *buffer, size_t max) {
        Follower *f = cls;
        size_t n;

        (void) position;
        if (f->sent == f->lines.size) {
                if (!follower_fill(f))
                        return MHD_CONTENT_READER_END_WITH_ERROR;
                if (f->lines.size == 0) {
                        if (f->server->stopping)
                                return MHD_CONTENT_READER_END_OF_STREAM;
                        f->suspended = true;
                        MHD_suspend_connection(f->connection);
                        return 0;
                }
        }
        n = MIN(max, f->lines.size - f->sent);
        memcpy(buffer, f->lines.s + f->sent, n);
        f->sent += n;
        return (ssize_t) n;
}

static void on_free(void *cls) {
        Follower *f = cls;
        Server *s = f->server;

        DL_DELETE(s->followers, f);
        s->n_followers--;
        if (s->n_followers == 0 && !s->stopping)
                (void) uv_timer_stop(&s->heartbeat);
        str_done(&f->lines);
        free(f);
}

struct MHD_Response *follow_new(Server *s, struct MHD_Connection *connection, uint64_t after) {
        uint64_t last = events_last(s->options.events);
        const Event *first = events_after(s->options.events, after);
        Follower *f = xnew(Follower, 1);
        struct MHD_Response *response;

        *f = (Follower){
                .server = s,
                .connection = connection,
                .after = first ? first->n - 1 : last, /* what is kept no more was never promised */
        };
        response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_SIZE, on_read, f, on_free);
        if (!response)
                abort(); /* out of memory */
        DL_APPEND(s->followers, f);
        if (s->n_followers++ == 0)
                (void) uv_timer_start(&s->heartbeat, follow_heartbeat, HEARTBEAT_USEC / USEC_PER_MSEC,
                                      HEARTBEAT_USEC / USEC_PER_MSEC);
        return response;
}

static void wake_all(Server *s, bool beat) {
        bool any = false;

        for (Follower *f = s->followers; f; f = f->next) {
                f->beat = beat;
                if (!f->suspended)
                        continue;
                f->suspended = false;
                MHD_resume_connection(f->connection);
                any = true;
        }
        if (any)
                server_kick(s);
}

void follow_notify(void *userdata) {
        wake_all(userdata, false);
}

void follow_heartbeat(uv_timer_t *timer) {
        wake_all(timer->data, true);
}

void follow_end_all(Server *s) {
        wake_all(s, false);
}
