/* What client.c (the loop's side: sockets, timers, handing over) and call.c (one request: options,
 * headers, result) share. */
#pragma once

#include <curl/curl.h>
#include <sys/queue.h>

#include "base/str.h"
#include "http.h"
#include "resolver.h"
#include "route.h"

struct HttpClient {
        unsigned n_ref;  /* callers */
        unsigned n_hold; /* open handles, and dispatchers on the stack: the memory stays */
        uv_loop_t *loop;
        CURLM *multi; /* NULL once stopped */
        uv_timer_t curl_timer;
        uv_timer_t deadline_timer; /* the next deadline of all */
        Resolver *resolver;        /* closed with the multi */
        RouteTable routes;
        char *ca_file;
        char *user_agent;
        TAILQ_HEAD(, HttpCall) active; /* neither ended nor cancelled */
        TAILQ_HEAD(, HttpCall) ready;  /* with data or a result to hand over */
};

typedef enum CallState {
        CALL_RESOLVING, /* active, waits for the name */
        CALL_RUNNING,   /* active, the multi has it */
        CALL_ENDED,     /* ready: 'done' will run */
        CALL_DEAD,      /* 'done' ran, or never will */
} CallState;

struct HttpCall {
        unsigned n_ref;     /* callers */
        unsigned n_hold;    /* dispatchers on the stack */
        HttpClient *client; /* borrowed; not looked at once the call is dead, when it may be gone */
        CallState state;
        TAILQ_ENTRY(HttpCall) active_link; /* while RESOLVING or RUNNING */
        TAILQ_ENTRY(HttpCall) ready_link;  /* while is_ready */
        bool is_ready;

        CURL *easy; /* NULL once ended */
        Route route;
        ResolverWaiter waiter;
        struct curl_slist *header_list, *resolve_list, *connect_to_list; /* libcurl borrows these */
        void *request_body;
        bool is_repeatable;                 /* GET and HEAD: doing it twice does no harm; not a third time */
        bool has_no_body;                   /* HEAD */
        usec_t started_usec, deadline_usec; /* monotonic */

        HttpDone done;
        HttpData on_data;
        void *userdata;

        HttpReply reply; /* its pointers follow the fields below */
        HttpHeader *headers;
        size_t headers_size; /* bytes of all names and values */
        bool headers_are_complete;
        size_t max_reply_size;
        size_t n_received; /* bytes of the body, handed over or not */
        Str body;          /* collected; or not yet handed over to on_data */
        int refusal;       /* why a callback made libcurl give up, 0 when none did */
        int error;
        char *error_text;
        char curl_error[CURL_ERROR_SIZE];
};

/* call.c */
void call_begin(HttpCall *call,
                const char *addresses); /* gives it to the multi; addresses NULL: none are needed */
/* Takes the call out of the multi or the resolver and stores the outcome; it is not handed over yet. */
void call_end(HttpCall *call, int error, const char *text);
void call_end_by_curl(HttpCall *call, CURLcode code);
void call_cancel(HttpCall *call);
void call_free_if_unused(HttpCall *call);

/* client.c */
void client_make_ready(HttpCall *call);
void client_arm_deadline(HttpClient *c);
/* Hands over what is ready. Runs callers' code: the client may be stopped afterwards, and needs a hold to
 * be alive. */
void client_dispatch(HttpClient *c);
void client_hold(HttpClient *c);
void client_release(HttpClient *c);
