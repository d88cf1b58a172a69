/* A ring of the latest facts. Numbers are consecutive, so a reader's place is one number. */
#include "events.h"

struct Events {
        Event kept[EVENTS_KEPT]; /* number n lies at (n - 1) % EVENTS_KEPT */
        uint64_t last;           /* number of the newest; 0: none yet */
        EventsNotify notify;
        void *userdata;
};

Events *events_new(void) {
        return xnew(Events, 1);
}

static void event_done(Event *e) {
        free(e->region);
        free(e->address);
        free(e->what);
        free(e->by);
        free(e->text);
        free(e->call);
        free(e->request_id);
        *e = (Event){};
}

Events *events_free(Events *e) {
        if (!e)
                return NULL;
        for (size_t i = 0; i < EVENTS_KEPT; i++)
                event_done(&e->kept[i]);
        free(e);
        return NULL;
}

void events_add(Events *e, const Event *event) {
        Event *slot = &e->kept[e->last % EVENTS_KEPT];
        Event copy = {
                .n = e->last + 1,
                .at = event->at ? event->at : now_realtime(),
                .region = xstrdup(event->region),
                .address = xstrdup(event->address),
                .what = xstrdup(event->what),
                .by = xstrdup(event->by),
                .text = xstrdup(event->text),
                .call = xstrdup(event->call),
                .status = event->status,
                .request_id = xstrdup(event->request_id),
        };

        event_done(slot);
        *slot = copy;
        e->last++;
        if (e->notify)
                e->notify(e->userdata);
}

const Event *events_after(const Events *e, uint64_t n) {
        uint64_t oldest = e->last > EVENTS_KEPT ? e->last - EVENTS_KEPT + 1 : 1;

        if (n >= e->last)
                return NULL;
        return &e->kept[(MAX(n + 1, oldest) - 1) % EVENTS_KEPT];
}

uint64_t events_last(const Events *e) {
        return e->last;
}

void events_subscribe(Events *e, EventsNotify notify, void *userdata) {
        e->notify = notify;
        e->userdata = userdata;
}
