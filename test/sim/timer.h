/* A heap of things to do at a time. */
#pragma once

#include "forward.h"

typedef void (*TimerFunc)(void *userdata, char *subject);

TimerHeap *timer_heap_new(void);
TimerHeap *timer_heap_free(TimerHeap *h);
/* 'func' runs once, at or after 'at' on the heap's own clock. 'subject' is copied (NULL stays NULL).
 * Equal times run in the order of adding. 'userdata' is not owned. */
void timer_heap_add(TimerHeap *h, usec_t at, TimerFunc func, void *userdata, const char *subject);
usec_t timer_heap_next(const TimerHeap *h); /* USEC_INFINITY when empty */
void timer_heap_run(TimerHeap *h, usec_t now);
