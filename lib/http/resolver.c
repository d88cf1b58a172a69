/* The resolver. Loop side and threads meet in the mailbox only: a job belongs to its thread until it is
 * posted. */
#include "resolver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <strings.h>

#include "base/str.h"

/* Names come from configuration and a hanging one takes one thread, so this is far away; names beyond it
 * wait. */
#define THREADS_MAX       32
#define THREAD_STACK_SIZE ((size_t) 1024 * 1024)
#define ADDRESSES_MAX     16
#define FRESH_MSEC        60000

typedef struct Mailbox Mailbox;

typedef struct Job {
        SLIST_ENTRY(Job) link;
        Mailbox *mailbox; /* counted */
        HttpResolve resolve;
        char *host;
        char *addresses; /* NULL when it failed */
        char *error_text;
} Job;

struct Mailbox {
        pthread_mutex_t mutex;
        unsigned n_ref;    /* under the mutex, like all below: the resolver and each thread */
        uv_async_t *async; /* NULL once closed; borrowed from the resolver */
        SLIST_HEAD(, Job) posted;
};

typedef struct Name {
        LIST_ENTRY(Name) link;
        char *host;
        char *addresses;       /* NULL: not known */
        uint64_t checked_msec; /* loop time of the last answer, good or bad */
        bool is_queued;        /* to be looked up as soon as there is a thread for it */
        bool is_running;
        LIST_HEAD(, ResolverWaiter) waiters;
} Name;

struct Resolver {
        uv_loop_t *loop;
        HttpResolve resolve;
        Mailbox *mailbox;
        uv_async_t async;
        unsigned n_hold; /* the open handle, and callbacks that are on the stack */
        unsigned n_threads;
        unsigned n_waiters;
        bool is_closed;
        LIST_HEAD(, Name) names;
};

static Job *job_free(Job *j) {
        free(j->host);
        free(j->addresses);
        free(j->error_text);
        free(j);
        return NULL;
}

/* Called with the mutex held, releases it. */
static void mailbox_unlock_unref(Mailbox *m) {
        unsigned n = --m->n_ref;

        pthread_mutex_unlock(&m->mutex);
        if (n > 0)
                return;
        pthread_mutex_destroy(&m->mutex);
        free(m);
}

static char *addresses_text(const struct addrinfo *list) {
        Str b = {};
        size_t n = 0;

        for (; list && n < ADDRESSES_MAX; list = list->ai_next) {
                char text[INET6_ADDRSTRLEN];
                bool is_v6 = list->ai_family == AF_INET6;
                const void *address;

                if (!is_v6 && list->ai_family != AF_INET)
                        continue;
                address = is_v6 ? (const void *) &((const struct sockaddr_in6 *) list->ai_addr)->sin6_addr
                                : (const void *) &((const struct sockaddr_in *) list->ai_addr)->sin_addr;
                if (!inet_ntop(list->ai_family, address, text, sizeof text))
                        continue;
                str_addf(&b, is_v6 ? "%s[%s]" : "%s%s", n++ > 0 ? "," : "", text);
        }
        return n > 0 ? str_take(&b) : NULL;
}

static void *lookup_thread(void *userdata) {
        static const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
        Job *j = userdata;
        Mailbox *m = j->mailbox;
        struct addrinfo *list = NULL;
        int r;

        r = j->resolve(j->host, NULL, &hints, &list);
        if (r == 0) {
                j->addresses = addresses_text(list);
                freeaddrinfo(list);
        }
        if (!j->addresses)
                j->error_text = r == EAI_SYSTEM ? xasprintf("%m")
                                                : xstrdup(gai_strerror(r ? r : EAI_NONAME));

        pthread_mutex_lock(&m->mutex);
        if (m->async) {
                SLIST_INSERT_HEAD(&m->posted, j, link);
                uv_async_send(m->async); /* under the mutex: the handle cannot be closing */
        } else
                job_free(j);
        mailbox_unlock_unref(m);
        return NULL;
}

/* Signals stay with the threads that expect them. */
static int thread_start(Job *j) {
        pthread_attr_t attr;
        sigset_t all, old;
        pthread_t thread;
        int r;

        pthread_attr_init(&attr);
        pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
        pthread_attr_setstacksize(&attr, THREAD_STACK_SIZE);
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &old);
        r = pthread_create(&thread, &attr, lookup_thread, j);
        pthread_sigmask(SIG_SETMASK, &old, NULL);
        pthread_attr_destroy(&attr);
        return -r;
}

/* When no thread can be had, the name stays queued, for the next lookup's end or the next who asks; who
 * waits has a deadline. */
static void resolver_start_queued(Resolver *r) {
        Name *n;

        LIST_FOREACH(n, &r->names, link) {
                Job *j;

                if (r->n_threads >= THREADS_MAX)
                        return;
                if (!n->is_queued || n->is_running)
                        continue;

                j = xnew(Job, 1);
                *j = (Job){ .mailbox = r->mailbox, .resolve = r->resolve, .host = xstrdup(n->host) };
                pthread_mutex_lock(&r->mailbox->mutex);
                r->mailbox->n_ref++;
                pthread_mutex_unlock(&r->mailbox->mutex);
                if (thread_start(j) < 0) {
                        job_free(j);
                        pthread_mutex_lock(&r->mailbox->mutex);
                        mailbox_unlock_unref(r->mailbox);
                        return;
                }
                n->is_queued = false;
                n->is_running = true;
                r->n_threads++;
        }
}

static Name *name_find(Resolver *r, const char *host) {
        Name *n;

        LIST_FOREACH(n, &r->names, link)
        if (strcasecmp(n->host, host) == 0)
                return n;
        return NULL;
}

/* Only those who wait keep the loop alive; a refresh that nobody waits for does not. */
static void resolver_count_waiter(Resolver *r, int change) {
        r->n_waiters = (unsigned) ((int) r->n_waiters + change);
        if (r->is_closed)
                return;
        if (r->n_waiters > 0)
                uv_ref((uv_handle_t *) &r->async);
        else
                uv_unref((uv_handle_t *) &r->async);
}

static void resolver_release(Resolver *r) {
        if (--r->n_hold > 0)
                return;
        while (!LIST_EMPTY(&r->names)) {
                Name *n = LIST_FIRST(&r->names);

                LIST_REMOVE(n, link);
                free(n->host);
                free(n->addresses);
                free(n);
        }
        free(r);
}

/* A waiter may cancel others and close the resolver, so the list is read afresh after each; one who comes
 * to wait anew for a failed name is served by the next lookup, not by this one, or it would never end. */
static void name_tell_waiters(Resolver *r, Name *n, const char *error_text) {
        LIST_HEAD(, ResolverWaiter) told = LIST_HEAD_INITIALIZER(told);
        _cleanup_free_ char *addresses = xstrdup(
                n->addresses); /* a waiter may make the resolver forget them */
        ResolverWaiter *w;

        while ((w = LIST_FIRST(&n->waiters))) {
                LIST_REMOVE(w, link);
                LIST_INSERT_HEAD(&told, w, link);
        }
        while ((w = LIST_FIRST(&told))) {
                ResolverDone done = w->done;

                resolver_cancel(w);
                done(w, addresses, error_text);
        }
}

static void resolver_on_job(Resolver *r, Job *j) {
        Name *n = ASSERT_PTR(name_find(r, j->host));

        n->is_running = false;
        n->checked_msec = uv_now(r->loop);
        if (j->addresses) {
                free(n->addresses);
                n->addresses = TAKE_PTR(j->addresses);
        }
        name_tell_waiters(r, n, j->error_text);
}

static void resolver_on_async(uv_async_t *async) {
        Resolver *r = CONTAINER_OF(async, Resolver, async);
        SLIST_HEAD(, Job) posted;

        pthread_mutex_lock(&r->mailbox->mutex);
        posted.slh_first = SLIST_FIRST(&r->mailbox->posted);
        SLIST_INIT(&r->mailbox->posted);
        pthread_mutex_unlock(&r->mailbox->mutex);

        r->n_hold++;
        while (!SLIST_EMPTY(&posted)) {
                Job *j = SLIST_FIRST(&posted);

                SLIST_REMOVE_HEAD(&posted, link);
                r->n_threads--;
                if (!r->is_closed)
                        resolver_on_job(r, j);
                job_free(j);
        }
        if (!r->is_closed)
                resolver_start_queued(r);
        resolver_release(r);
}

int resolver_new(uv_loop_t *loop, HttpResolve resolve, Resolver **ret) {
        Resolver *r = xnew(Resolver, 1);
        int k;

        r->loop = loop;
        r->resolve = resolve ? resolve : getaddrinfo;
        k = uv_async_init(loop, &r->async, resolver_on_async);
        if (k < 0) {
                free(r);
                return k;
        }
        uv_unref((uv_handle_t *) &r->async);
        r->n_hold = 1;
        r->mailbox = xnew(Mailbox, 1);
        r->mailbox->n_ref = 1;
        r->mailbox->async = &r->async;
        pthread_mutex_init(&r->mailbox->mutex, NULL);
        *ret = r;
        return 0;
}

static void resolver_on_closed(uv_handle_t *handle) {
        resolver_release(CONTAINER_OF(handle, Resolver, async));
}

void resolver_close(Resolver *r) {
        Mailbox *m = TAKE_PTR(r->mailbox);

        assert(r->n_waiters == 0);
        r->is_closed = true;
        pthread_mutex_lock(&m->mutex);
        m->async = NULL;
        while (!SLIST_EMPTY(&m->posted)) {
                Job *j = SLIST_FIRST(&m->posted);

                SLIST_REMOVE_HEAD(&m->posted, link);
                job_free(j);
        }
        mailbox_unlock_unref(m);
        uv_close((uv_handle_t *) &r->async, resolver_on_closed);
}

const char *resolver_get(Resolver *r, const char *host) {
        Name *n = name_find(r, host);

        if (!n || !n->addresses)
                return NULL;
        if (uv_now(r->loop) - n->checked_msec >= FRESH_MSEC) {
                n->is_queued = !n->is_running;
                resolver_start_queued(r);
        }
        return n->addresses;
}

void resolver_wait(Resolver *r, const char *host, ResolverWaiter *w, ResolverDone done) {
        Name *n = name_find(r, host);

        if (!n) {
                n = xnew(Name, 1);
                n->host = xstrdup(host);
                LIST_INSERT_HEAD(&r->names, n, link);
        }
        *w = (ResolverWaiter){ .done = done, .resolver = r };
        LIST_INSERT_HEAD(&n->waiters, w, link);
        resolver_count_waiter(r, +1);
        n->is_queued = !n->is_running;
        resolver_start_queued(r);
}

void resolver_cancel(ResolverWaiter *w) {
        if (!w->done)
                return;
        LIST_REMOVE(w, link);
        w->done = NULL;
        resolver_count_waiter(w->resolver, -1);
}

void resolver_forget(Resolver *r, const char *host) {
        Name *n = name_find(r, host);

        if (n) {
                free(n->addresses);
                n->addresses = NULL;
        }
}
