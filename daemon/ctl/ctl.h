/* tandemctl: the SRE's hand. One file per verb; each takes what main.c parsed and returns the exit code. */
#pragma once

#include "client.h"
#include "screen.h"

#define DEFAULT_SOCKET "/run/tandemd/tandemd.sock"

enum {
        EXIT_IN_SYNC = 0,
        EXIT_WORK_LEFT = 1, /* drifted, progressing, paused; any failure of the other verbs */
        EXIT_STUCK = 2,     /* blocked, fighting, not converging, unknown */
        EXIT_NO_DAEMON = 3, /* status and health alone */
        EXIT_USAGE = 64,
};

typedef struct Ctl {
        const char *socket;
        bool json, commands, override, all, follow;
        const char *file, *format, *reason, *duration, *plan, *since; /* NULL: not given */
        char **args;                                                  /* what follows the verb */
        int n_args;
} Ctl;

int verb_approve(const Ctl *c);
int verb_events(const Ctl *c);
int verb_explain(const Ctl *c);
int verb_health(const Ctl *c);
int verb_pause(const Ctl *c);
int verb_plan(const Ctl *c);
int verb_reconcile(const Ctl *c);
int verb_reload(const Ctl *c);
int verb_resume(const Ctl *c);
int verb_schema(const Ctl *c);
int verb_status(const Ctl *c);
int verb_validate(const Ctl *c);
int verb_watch(const Ctl *c);

/* One request whose success is 200 with an object. 0 and *ret (the caller's); -ENOTCONN when nobody answers, -EREMOTEIO when the
 * answer is a refusal; both have been said on stderr, and a refusal on stdout with --json. */
int ctl_get(const Ctl *c, const char *path, cJSON **ret);
int ctl_post(const Ctl *c, const char *path, const cJSON *body, cJSON **ret);
/* One request that changes something. Prints 'done' on success (not with --json); returns the exit code, 0 or 1. */
int ctl_change(const Ctl *c, const char *method, const char *path, const cJSON *body, const char *done);
void ctl_print_json(const cJSON *v);

/* The exit code of an estate's verdict. */
int exit_of_verdict(const char *verdict);
/* status.c: the whole screen of /status, with what /plan (or NULL) adds to it. */
void status_draw(Screen *s, const cJSON *status, const cJSON *plan);
