/* One request on a connection, from its first byte to the last of its reply: faults, delays and streams. Those that wait hold up
 * nobody else. */
#pragma once

#include <microhttpd.h>

#include "forward.h"

typedef struct Exchange Exchange;

/* What all of them share; the server's. */
typedef struct Exchanges {
        Sim *sim;          /* not owned */
        TimerHeap *timers; /* monotonic; not owned */
        Exchange *waiting; /* those that are suspended */
        bool stopping;     /* nothing is answered any more */
} Exchanges;

/* libmicrohttpd's callbacks; 'userdata' is the Exchanges. */
void *exchange_on_cloud_uri(void *userdata, const char *uri, struct MHD_Connection *connection);
void *exchange_on_control_uri(void *userdata, const char *uri, struct MHD_Connection *connection);
enum MHD_Result exchange_on_request(void *userdata, struct MHD_Connection *connection, const char *url,
                                    const char *method, const char *version, const char *data, size_t *size,
                                    void **state);
void exchange_on_completed(void *userdata, struct MHD_Connection *connection, void **state,
                           enum MHD_RequestTerminationCode why);

/* Lets watches go on that have something to send. */
void exchanges_resume_watches(Exchanges *all, usec_t now);
/* When the next one has, by 'now' or later; USEC_INFINITY: none by itself. */
usec_t exchanges_next_watch(const Exchanges *all, usec_t now);
/* Ends all that wait: a daemon cannot stop while a connection of its is suspended. */
void exchanges_stop(Exchanges *all);
