/* One principal's traffic: a lane for each region paces what goes out. What a call is and how it is
 * answered: call.c. */
#include "client.h"

#include <errno.h>
#include <utlist.h>

#include "call.h"
#include "sign.h"

#define REQUESTS_PER_SECOND 10.0
#define BURST               20.0
#define PAGES_MAX           1000

/* The timer's memory lives until its close callback, longer than the client's. */
typedef struct Ticker {
        uv_timer_t timer;
        OciClient *client; /* borrowed; the client closes the timer before it goes */
} Ticker;

struct OciClient {
        unsigned n_ref;
        HttpClient *http;
        OciSigner *signer;
        double requests_per_second, burst;
        unsigned max_pages;
        usec_t (*realtime)(void);
        usec_t (*monotonic)(void);
        Lane **lanes;
        size_t n_lanes;
        Ticker *ticker;
};

HttpClient *oci_client_http(const OciClient *c) {
        return c->http;
}

unsigned oci_client_max_pages(const OciClient *c) {
        return c->max_pages;
}

OciSigner *oci_client_signer(const OciClient *c) {
        return c->signer;
}

usec_t oci_client_realtime(const OciClient *c) {
        return c->realtime();
}

usec_t oci_client_monotonic(const OciClient *c) {
        return c->monotonic();
}

OciClient *oci_client_new(const OciClientOptions *o) {
        OciClient *c = xnew(OciClient, 1);

        *c = (OciClient){
                .n_ref = 1,
                .http = http_client_ref(o->http),
                .signer = oci_signer_ref(o->signer),
                .requests_per_second = o->requests_per_second > 0 ? o->requests_per_second
                                                                  : REQUESTS_PER_SECOND,
                .burst = o->burst >= 1 ? o->burst : BURST,
                .max_pages = o->max_pages > 0 ? o->max_pages : PAGES_MAX,
                .realtime = o->realtime ?: now_realtime,
                .monotonic = o->monotonic ?: now_monotonic,
                .ticker = xnew(Ticker, 1),
        };
        c->ticker->client = c;
        (void) uv_timer_init(o->loop, &c->ticker->timer); /* cannot fail */
        c->ticker->timer.data = c->ticker;
        return c;
}

OciClient *oci_client_ref(OciClient *c) {
        c->n_ref++;
        return c;
}

static void lane_free(Lane *lane) {
        assert(!lane->waiting); /* a waiting call holds the client */
        for (size_t i = 0; i < ARRAY_SIZE(lane->endpoint); i++)
                free(lane->endpoint[i]);
        free(lane->region);
        free(lane);
}

static void on_ticker_closed(uv_handle_t *handle) {
        free(handle->data);
}

OciClient *oci_client_unref(OciClient *c) {
        if (!c || --c->n_ref > 0)
                return NULL;
        c->ticker->client = NULL;
        uv_close((uv_handle_t *) &c->ticker->timer, on_ticker_closed);
        for (size_t i = 0; i < c->n_lanes; i++)
                lane_free(c->lanes[i]);
        free(c->lanes);
        http_client_unref(c->http);
        oci_signer_unref(c->signer);
        free(c);
        return NULL;
}

static Lane *find_lane(const OciClient *c, const char *region) {
        for (size_t i = 0; i < c->n_lanes; i++)
                if (streq(c->lanes[i]->region, region))
                        return c->lanes[i];
        return NULL;
}

Lane *oci_client_lane(OciClient *c, const char *region) {
        Lane *lane = find_lane(c, region);

        if (lane || !oci_region_is_valid(region))
                return lane;
        lane = xnew(Lane, 1);
        lane->region = xstrdup(region);
        rate_init(&lane->rate, c->requests_per_second, c->burst, c->monotonic());
        array_push(c->lanes, c->n_lanes, lane);
        return lane;
}

const char *oci_lane_endpoint(Lane *lane, OciService service) {
        if (!lane->endpoint[service])
                lane->endpoint[service] = oci_endpoint(lane->region, service);
        return lane->endpoint[service];
}

int oci_client_set_endpoint(OciClient *c, const char *region, OciService service, const char *url) {
        _cleanup_(oci_url_done) OciUrl u = {};
        Lane *lane = oci_client_lane(c, region);

        if (!lane || (url && (oci_url_parse(url, &u) < 0 || !streq(u.target, "/"))))
                return -EINVAL;
        free(lane->endpoint[service]);
        lane->endpoint[service] = url ? xasprintf("%s://%s", u.plain ? "http" : "https", u.host) : NULL;
        return 0;
}

static void on_tick(uv_timer_t *timer);

static void arm(OciClient *c) {
        usec_t now = c->monotonic(), next = USEC_INFINITY;

        for (size_t i = 0; i < c->n_lanes; i++)
                if (c->lanes[i]->waiting)
                        next = MIN(next, c->lanes[i]->ready_usec);
        if (next == USEC_INFINITY) {
                (void) uv_timer_stop(&c->ticker->timer);
                return;
        }
        /* Rounded up, or the timer would fire a little early and find nothing to do. The loop's idea of now
         * may be old. */
        uv_update_time(c->ticker->timer.loop);
        (void) uv_timer_start(&c->ticker->timer, on_tick, next > now ? (next - now) / USEC_PER_MSEC + 1 : 0,
                              0);
}

static void withdraw(OciCall *call) {
        DL_DELETE(call->lane->waiting, call);
        call->lane->n_waiting--;
        call->is_waiting = false;
}

static bool may_send(OciClient *c, Lane *lane) {
        usec_t now = c->monotonic(), wait = rate_take(&lane->rate, now);

        lane->ready_usec = now + wait;
        return wait == 0;
}

static void on_tick(uv_timer_t *timer) {
        _cleanup_(oci_client_unrefp) OciClient *c = oci_client_ref(((Ticker *) timer->data)->client);

        /* By index, since a callback may start a call in a region that is new. */
        for (size_t i = 0; i < c->n_lanes; i++) {
                Lane *lane = c->lanes[i];

                while (lane->waiting && may_send(c, lane)) {
                        OciCall *call = lane->waiting;
                        int r;

                        withdraw(call);
                        r = oci_call_send(call);
                        if (r < 0)
                                oci_call_fail(call, r);
                }
        }
        arm(c);
}

void oci_client_withdraw(OciCall *call) {
        withdraw(call);
        arm(call->client);
}

/* What changes something goes first: it was decided on what was just seen, and that ages. */
static void enqueue(Lane *lane, OciCall *call) {
        OciCall *at = lane->waiting;

        while (at && (!call->is_mutating || at->is_mutating))
                at = at->next;
        if (at)
                DL_PREPEND_ELEM(lane->waiting, at, call);
        else
                DL_APPEND(lane->waiting, call);
        lane->n_waiting++;
        call->is_waiting = true;
}

int oci_client_submit(OciClient *c, OciCall *call) {
        if (!call->lane->waiting && may_send(c, call->lane))
                return oci_call_send(call);
        enqueue(call->lane, call);
        arm(c);
        return 0;
}

OciTraffic oci_client_traffic(const OciClient *c, const char *region) {
        const Lane *lane = find_lane(c, region);

        if (!lane)
                return (OciTraffic){ .rate = c->requests_per_second };
        return (OciTraffic){
                .n_requests = lane->n_requests,
                .n_waiting = lane->n_waiting,
                .rate = lane->rate.rate,
                .throttled = rate_is_throttled(&lane->rate),
                .has_skew = lane->has_skew,
                .skew_usec = lane->skew_usec,
        };
}
