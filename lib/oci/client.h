/* Calls to OCI's services. One OciClient stands for one principal; its calls are signed when they go out,
 * paced for each region (rate.h), and answered once. Nothing is repeated by itself: whether a call is made
 * again is the caller's decision, taken on what is observed then.
 *
 * Rules of the callbacks: 'done' runs once, from the loop, never from inside the function that started the
 * call. Dropping the last reference of the caller cancels: 'done' does not run after that. A callback may
 * start, cancel and free anything. 'userdata' is not owned. */
#pragma once

#include <uv.h>

#include "base/json.h"
#include "error.h"
#include "http/http.h"
#include "region.h"

typedef struct OciClientOptions {
        uv_loop_t *loop;            /* borrowed; outlives the client */
        HttpClient *http;           /* a reference is taken */
        OciSigner *signer;          /* a reference is taken; its credential may be swapped at any time */
        double requests_per_second; /* most that a region is asked for; 0: 10 */
        double burst;               /* 0: 20 */
        unsigned max_pages;         /* of one listing; 0: 1000 */
        /* Clocks; NULL: the system's. realtime dates requests, monotonic paces them and stamps lists. */
        usec_t (*realtime)(void);
        usec_t (*monotonic)(void);
} OciClientOptions;

OciClient *oci_client_new(const OciClientOptions *options);
OciClient *oci_client_ref(OciClient *c);
/* Calls hold references. With the last one go the timers; the loop must run once more for that. */
OciClient *oci_client_unref(OciClient *c);
DEFINE_CLEANUP(OciClient *, oci_client_unref);

/* Sends calls of a service in a region to another place, "http://127.0.0.1:8080". NULL goes back to the
 * table's. -EINVAL when 'url' is no http or https URL without a path. */
int oci_client_set_endpoint(OciClient *c, const char *region, OciService service, const char *url);

typedef enum OciExpect {
        OCI_EXPECT_OBJECT,   /* a 2xx carries a JSON object */
        OCI_EXPECT_ARRAY,    /* a 2xx carries a JSON array */
        OCI_EXPECT_OPTIONAL, /* a 2xx carries an object, an array or nothing */
} OciExpect;

/* Everything is borrowed for the length of oci_call_start(). */
struct OciRequest {
        const char *region; /* identifier */
        OciService service;
        const char *method; /* GET, POST, PUT, PATCH, DELETE */
        const char *path; /* with the version, escaped, with its query: "/20160918/vcns?compartmentId=…" */
        const cJSON *body; /* NULL: none; for POST, PUT and PATCH then an empty one is sent and signed */
        OciExpect expect;
        const char *if_match;    /* an etag; NULL: no condition */
        const char *retry_token; /* 1..64 characters; NULL: none */
        usec_t deadline_usec;    /* for one attempt, counted from its sending; 0: 60 s */
        size_t max_reply_size;   /* 0: 16 MiB */
        bool one_object; /* of a listing: what comes is one object and no array, and counts as its only item */
};

struct OciReply {
        int status;  /* 0 when none came */
        cJSON *json; /* what was expected, on success; NULL when it was optional and empty. Take it with
                      * TAKE_PTR. */
        const char *etag, *opc_request_id, *next_page, *work_request_id; /* NULL when absent */
        usec_t retry_after_usec;                                         /* from now; 0 when absent */
        bool has_skew;                                                   /* the reply was dated */
        int64_t skew_usec; /* the service's clock less ours, to a second */
        usec_t begun_usec; /* monotonic: when it was sent, which may be later than when it was started */
        usec_t ended_usec;
        bool ambiguous; /* a mutating call that may have had its effect although no usable answer came:
                         * look before calling again */
        ApiError error; /* when 'error' is negative */
};

/* 'error' is 0 for a 2xx with the expected body, else the errno of the error table; reply->error explains
 * it. 'reply' lives for the length of the callback. */
typedef void (*OciDone)(OciCall *call, OciReply *reply, int error, void *userdata);

/* -EINVAL for a request that cannot be sent (region, path or headers with bytes that do not belong there). A
 * call that has to wait for its turn does so in the order of starting, but what changes something goes
 * before what only looks. */
int oci_call_start(OciClient *c, const OciRequest *q, OciDone done, void *userdata, OciCall **ret);
OciCall *oci_call_ref(OciCall *call);
OciCall *oci_call_unref(OciCall *call);
DEFINE_CLEANUP(OciCall *, oci_call_unref);

/* A listing to its end: opc-next-page is followed, all else unchanged, until a page has none; that an item
 * count says nothing about the end is how the API pages. */
typedef struct OciListReply {
        cJSON *items;      /* all of them, without an error; take it with TAKE_PTR. Of two with the same "id"
                            * the later stays. */
        unsigned n_pages;  /* that came */
        usec_t begun_usec; /* monotonic: when the first page was sent for; what happened after it may be
                            * missing */
        usec_t ended_usec;
        int status; /* of the last page */
        usec_t retry_after_usec;
        bool has_skew;
        int64_t skew_usec;
        ApiError error; /* when 'error' is negative */
} OciListReply;

/* 'error' is 0 only for a complete listing: every page was a 2xx with a JSON array, and no page token came
 * twice. A listing that is not complete delivers no items: absence must not be concluded from it. */
typedef void (*OciListDone)(OciList *list, OciListReply *reply, int error, void *userdata);

/* 'q' is a GET whose query has no "page"; 'expect' is not looked at; deadline and size count for each
 * page. */
int oci_list_start(OciClient *c, const OciRequest *q, OciListDone done, void *userdata, OciList **ret);
OciList *oci_list_ref(OciList *list);
OciList *oci_list_unref(OciList *list);
DEFINE_CLEANUP(OciList *, oci_list_unref);

/* How a region is doing, for status documents. */
typedef struct OciTraffic {
        uint64_t n_requests; /* sent so far */
        size_t n_waiting;    /* calls that wait for their turn */
        double rate;         /* requests per second that are allowed now */
        bool throttled;      /* less than the configured rate: the service said 429 lately */
        bool has_skew;
        int64_t skew_usec;
} OciTraffic;

OciTraffic oci_client_traffic(const OciClient *c, const char *region);
