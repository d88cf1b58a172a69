/* What client.c (whose turn it is), call.c (one call) and list.c (many) know of each other. */
#pragma once

#include "client.h"
#include "rate.h"

/* Everything that is kept for one region. */
typedef struct Lane {
        char *region;
        char *endpoint[_OCI_SERVICE_MAX]; /* made on first use, or set */
        Rate rate;
        OciCall *waiting; /* utlist, mutating calls first; not owned: one that is dropped leaves it */
        size_t n_waiting;
        usec_t ready_usec; /* monotonic: when the first of them may go */
        uint64_t n_requests;
        bool has_skew;
        int64_t skew_usec;
} Lane;

struct OciCall {
        unsigned n_ref;
        OciClient *client; /* a reference */
        Lane *lane;        /* the client's */
        OciCall *prev, *next;
        bool is_waiting, is_mutating;
        HttpCall *http; /* once it is sent */
        OciDone done;
        void *userdata;

        char *method, *path, *body; /* the request, copied */
        char *if_match, *retry_token;
        OciService service;
        OciExpect expect;
        usec_t deadline_usec, begun_usec;
        size_t max_reply_size;
};

HttpClient *oci_client_http(const OciClient *c);
unsigned oci_client_max_pages(const OciClient *c);
OciSigner *oci_client_signer(const OciClient *c);
usec_t oci_client_realtime(const OciClient *c);
usec_t oci_client_monotonic(const OciClient *c);

/* The lane of a region, made when there is none; NULL when the region is not valid. */
Lane *oci_client_lane(OciClient *c, const char *region);
const char *oci_lane_endpoint(Lane *lane, OciService service); /* borrowed */

/* Sends the call now if it is its turn, else lets it wait. */
int oci_client_submit(OciClient *c, OciCall *call);
void oci_client_withdraw(OciCall *call); /* a waiting call leaves */

/* Signs and sends. An error means that it was not sent. */
int oci_call_send(OciCall *call);
/* Reports a call that could not be sent although it was accepted before. */
void oci_call_fail(OciCall *call, int error);
