/* What happened, one line a fact, newest last: kept in memory, bounded; the journal keeps the rest. */
#pragma once

#include "base/json.h"
#include "base/time-util.h"

#define EVENTS_KEPT 2000

typedef struct Event {
        uint64_t n;    /* 1, 2, 3, … */
        usec_t at;     /* realtime */
        char *region;  /* the spec's name of it, or NULL */
        char *address; /* or NULL */
        char *what;    /* "update", "drift", "verdict", "call", "approved", "spec" … */
        char *by;      /* "tandem", "a person", "OCI", "unknown" */
        char *text;    /* for people */
        char *call;    /* "PUT /20160918/…" or NULL */
        int status;    /* of the call, 0 when none */
        char *request_id;
} Event;

typedef struct Events Events;

Events *events_new(void);
Events *events_free(Events *e);
DEFINE_CLEANUP(Events *, events_free);

/* Copies what it is given (n and, when 0, at are filled in). Subscribers are called from here. */
void events_add(Events *e, const Event *event);
const Event *events_after(const Events *e,
                          uint64_t n); /* the oldest kept one with a number over n, or NULL; borrowed */
uint64_t events_last(const Events *e); /* the newest one's number, 0 when there is none */

typedef void (*EventsNotify)(void *userdata);
void events_subscribe(Events *e, EventsNotify notify,
                      void *userdata); /* one subscriber: the server; NULL: none */
