/* Names to addresses without ever making anybody wait who does not wait for that name. getaddrinfo()
 * cannot be cancelled, and it may hang for as long as a name server is silent, so each lookup has a
 * detached thread of its own, which the end of the loop or of the process does not wait for: libuv's pool
 * has few threads, shared with everything else, and joins them at exit; libcurl joins its own when a
 * transfer is cancelled. A thread that comes too late finds the mailbox closed and goes.
 *
 * One name is looked up once at a time, however many wait. Answers are kept; one that is old is still
 * given out while a fresh one is fetched, so a name server's outage does not stop calls on connections
 * that are up. */
#pragma once

#include <sys/queue.h>

#include "http.h"

typedef struct Resolver Resolver;
typedef struct ResolverWaiter ResolverWaiter;

/* 'addresses' is "1.2.3.4,[2001:db8::1]", or NULL with the reason in 'error_text'. Both are borrowed for
 * the call. */
typedef void (*ResolverDone)(ResolverWaiter *w, const char *addresses, const char *error_text);

/* Belongs to who waits; {} waits for nothing. */
struct ResolverWaiter {
        LIST_ENTRY(ResolverWaiter) link;
        ResolverDone done; /* NULL when not waiting */
        Resolver *resolver;
};

int resolver_new(uv_loop_t *loop, HttpResolve resolve, Resolver **ret);
/* No waiter may be left. The memory goes when libuv has closed the handle. */
void resolver_close(Resolver *r);

/* What is known about the host, or NULL: then wait. Borrowed until the loop runs on. */
const char *resolver_get(Resolver *r, const char *host);
/* 'done' runs once, from the loop. */
void resolver_wait(Resolver *r, const char *host, ResolverWaiter *w, ResolverDone done);
void resolver_cancel(ResolverWaiter *w);
/* The addresses led nowhere: the next one who asks gets fresh ones. */
void resolver_forget(Resolver *r, const char *host);
