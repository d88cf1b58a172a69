/* --once: progress for people, and the moment and the code to exit with. */
#include "once.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"

#define BAR_WIDTH     30
#define UNKNOWN_LEAST (5 * USEC_PER_SEC) /* however fast time goes, a request takes as long as it takes */
#define STUCK_LEAST   (USEC_PER_SEC / 2)
#define LINE_WIDTH    100

typedef struct Shown {
        char *address;
        Verdict verdict;
} Shown;

struct Once {
        const Engine *engine;
        usec_t begun;
        bool terminal, colour;
        bool drawn;   /* two lines of progress are on the screen */
        Shown *shown; /* what was said last, by resource in the order of the estate */
        size_t n_shown;
};

Once *once_new(const Engine *e) {
        Once *o = xnew(Once, 1);

        *o = (Once){ .engine = e, .begun = now_monotonic(), .terminal = isatty(STDOUT_FILENO) };
        o->colour = o->terminal && isempty(getenv("NO_COLOR"));
        if (o->terminal &&
            isatty(STDERR_FILENO)) /* the two lines tell it; what is redrawn must not wipe out others */
                log_set_max_level(LOG_ERR);
        return o;
}

Once *once_free(Once *o) {
        if (!o)
                return NULL;
        for (size_t i = 0; i < o->n_shown; i++)
                free(o->shown[i].address);
        free(o->shown);
        free(o);
        return NULL;
}

typedef struct Counts {
        size_t all, in_sync, progressing, waiting, other;
} Counts;

static Counts count(Resource *const *v, size_t n) {
        Counts c = { .all = n };

        for (size_t i = 0; i < n; i++)
                if (verdict_for_estate(v[i]->verdict) == VERDICT_IN_SYNC)
                        c.in_sync++;
                else if (v[i]->verdict == VERDICT_PROGRESSING)
                        c.progressing++;
                else if (v[i]->verdict == VERDICT_WAITING)
                        c.waiting++;
                else
                        c.other++;
        return c;
}

static void draw_counts(const Once *o, Str *b, const Counts *c) {
        unsigned full = c->all > 0 ? (unsigned) (c->in_sync * BAR_WIDTH / c->all) : BAR_WIDTH;
        char buffer[TIME_TEXT_SIZE];

        str_addf(b, "%5s  ", format_ago(now_monotonic() - o->begun, buffer));
        str_add(b, o->colour ? "\033[32m" : "");
        for (unsigned i = 0; i < BAR_WIDTH; i++)
                str_add(b, i < full ? "█" : "░");
        str_add(b, o->colour ? "\033[0m" : "");
        str_addf(b, "  %zu/%zu in sync", c->in_sync, c->all);
        if (c->progressing > 0)
                str_addf(b, "   %zu progressing", c->progressing);
        if (c->waiting > 0)
                str_addf(b, "   %zu waiting", c->waiting);
        if (c->other > 0)
                str_addf(b, "   %zu other", c->other);
}

/* "primary/Drg/multicluster-drg PROVISIONING 4 s"; the caller frees. */
static char *going_on(const Resource *r, usec_t now) {
        const char *what = r->call ? verb_to_string(r->call_verb) : r->assessment.message;
        char buffer[TIME_TEXT_SIZE];

        return xasprintf("%s %s %s", r->address, what ? what : "",
                         format_ago(now > r->since ? now - r->since : 0, buffer));
}

/* What is going on, within what fits into one line. */
static void draw_going_on(Str *b, Resource *const *v, size_t n) {
        usec_t now = now_realtime();
        size_t indent;

        str_add(b, "       ");
        indent = b->size;
        for (size_t i = 0; i < n; i++) {
                _cleanup_free_ char *text = v[i]->verdict == VERDICT_PROGRESSING ? going_on(v[i], now)
                                                                                 : NULL;

                if (text && b->size + strlen(text) + 3 <= LINE_WIDTH)
                        str_addf(b, "%s%s", b->size > indent ? " · " : "", text);
        }
}

static void draw(Once *o, Resource *const *v, size_t n) {
        _cleanup_str_ Str b = {}, line = {};
        Counts c = count(v, n);

        if (o->drawn)
                str_add(&b, "\033[2F\033[J"); /* two lines up, and clear what is below */
        draw_counts(o, &b, &c);
        str_addc(&b, '\n');
        draw_going_on(&line, v, n);
        str_addf(&b, "%s\n", str_get(&line));
        o->drawn = true;
        fputs(str_get(&b), stdout);
        fflush(stdout);
}

static Shown *shown_of(Once *o, size_t i, const Resource *r) {
        while (o->n_shown <= i)
                array_push(o->shown, o->n_shown, ((Shown){ .verdict = VERDICT_UNKNOWN }));
        if (!streq_ptr(o->shown[i].address, r->address)) {
                str_replace(&o->shown[i].address, r->address);
                o->shown[i].verdict = VERDICT_UNKNOWN;
        }
        return &o->shown[i];
}

/* One line for each change of a verdict. */
static void print_changes(Once *o, Resource *const *v, size_t n) {
        double seconds = (double) (now_monotonic() - o->begun) / (double) USEC_PER_SEC;

        for (size_t i = 0; i < n; i++) {
                Shown *s = shown_of(o, i, v[i]);
                const Assessment *a = &v[i]->assessment;

                if (s->verdict == v[i]->verdict)
                        continue;
                printf("%7.1f s  %s: %s%s%s\n", seconds, v[i]->address, verdict_to_string(v[i]->verdict),
                       a->message ? ", " : "", a->message ? a->message : "");
                s->verdict = v[i]->verdict;
        }
        fflush(stdout);
}

/* What a person types next, or NULL where only looking helps. */
static char *command_for(const Resource *r) {
        for (size_t i = 0; i < r->assessment.n_actions; i++)
                if (r->assessment.actions[i]->decision == DECISION_APPROVAL)
                        return xasprintf("tandemctl approve %s", r->assessment.actions[i]->id);
        if (streq_ptr(r->assessment.code, "bootstrap"))
                return xstrdup("tandemctl approve bootstrap");
        if (r->verdict == VERDICT_PAUSED)
                return xasprintf("tandemctl resume %s", r->address);
        return xasprintf("tandemctl explain %s", r->address);
}

static void print_rest(Resource *const *v, size_t n) {
        for (size_t i = 0; i < n; i++) {
                _cleanup_free_ char *command = NULL;

                if (verdict_for_estate(v[i]->verdict) == VERDICT_IN_SYNC)
                        continue;
                command = command_for(v[i]);
                fprintf(stderr, "%s: %s, %s    %s\n", v[i]->address, verdict_to_string(v[i]->verdict),
                        v[i]->assessment.message ? v[i]->assessment.message : "?", command);
        }
}

static int judge_observing(const Engine *e, usec_t quiet, usec_t interval) {
        if (engine_seen_all(e))
                return engine_verdict(e) == VERDICT_IN_SYNC ? 0 : 1;
        return quiet >= MAX(3 * interval, UNKNOWN_LEAST) ? 2 : -1;
}

static int judge(const Once *o, Resource *const *v, size_t n) {
        const Engine *e = o->engine;
        const Context *c = engine_context(e);
        usec_t interval = (usec_t) ((double) c->estate->interval / c->speed), now = now_monotonic();
        usec_t since = engine_quiet_since(e), quiet = since > 0 && now > since ? now - since : 0;
        bool unknown = !engine_seen_all(e);

        if (c->estate->mode == MODE_OBSERVE)
                return judge_observing(e, quiet, interval);
        if (!unknown && engine_verdict(e) == VERDICT_IN_SYNC)
                return 0;
        for (size_t i = 0; i < n; i++)
                unknown = unknown || v[i]->verdict == VERDICT_UNKNOWN;
        if (quiet >= (unknown ? MAX(3 * interval, UNKNOWN_LEAST) : MAX(interval, STUCK_LEAST)))
                return 2;
        return -1;
}

int once_show(Once *o) {
        _cleanup_free_ Resource **v = NULL;
        size_t n = engine_resources(o->engine, &v);
        int status;

        if (o->terminal)
                draw(o, v, n);
        else
                print_changes(o, v, n);
        status = judge(o, v, n);
        if (status > 0)
                print_rest(v, n);
        return status;
}
