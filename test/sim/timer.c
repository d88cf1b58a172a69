/* A heap of things that happen later. */
#include "timer.h"

#include "base/alloc.h"

typedef struct Timer {
        usec_t at;
        uint64_t order;
        TimerFunc func;
        void *userdata; /* not owned */
        char *subject;  /* owned */
} Timer;

struct TimerHeap {
        Timer *timers;
        size_t n;
        uint64_t last_order;
};

TimerHeap *timer_heap_new(void) {
        return xnew(TimerHeap, 1);
}

TimerHeap *timer_heap_free(TimerHeap *h) {
        if (!h)
                return NULL;
        for (size_t i = 0; i < h->n; i++)
                free(h->timers[i].subject);
        free(h->timers);
        free(h);
        return NULL;
}

static bool timer_before(const Timer *a, const Timer *b) {
        return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void timer_swap(Timer *a, Timer *b) {
        Timer t = *a;

        *a = *b;
        *b = t;
}

void timer_heap_add(TimerHeap *h, usec_t at, TimerFunc func, void *userdata, const char *subject) {
        Timer t = { .at = at,
                    .order = ++h->last_order,
                    .func = func,
                    .userdata = userdata,
                    .subject = xstrdup(subject) };

        array_push(h->timers, h->n, t);
        for (size_t i = h->n - 1; i > 0 && timer_before(&h->timers[i], &h->timers[(i - 1) / 2]);
             i = (i - 1) / 2)
                timer_swap(&h->timers[i], &h->timers[(i - 1) / 2]);
}

usec_t timer_heap_next(const TimerHeap *h) {
        return h->n > 0 ? h->timers[0].at : USEC_INFINITY;
}

static Timer timer_heap_pop(TimerHeap *h) {
        Timer top = h->timers[0];

        h->timers[0] = h->timers[--h->n];
        for (size_t i = 0;;) {
                size_t l = 2 * i + 1, r = l + 1, least = i;

                if (l < h->n && timer_before(&h->timers[l], &h->timers[least]))
                        least = l;
                if (r < h->n && timer_before(&h->timers[r], &h->timers[least]))
                        least = r;
                if (least == i)
                        return top;
                timer_swap(&h->timers[i], &h->timers[least]);
                i = least;
        }
}

void timer_heap_run(TimerHeap *h, usec_t now) {
        while (h->n > 0 && h->timers[0].at <= now) {
                Timer t = timer_heap_pop(h);

                t.func(t.userdata, t.subject);
                free(t.subject);
        }
}
