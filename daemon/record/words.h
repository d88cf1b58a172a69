/* What people said: approvals and pauses. The only thing besides the last good spec that is kept on disk; losing it adds
 * caution and nothing else. Instants are realtime. */
#pragma once

#include "model/resource.h"

#define APPROVAL_BOOTSTRAP "bootstrap"
#define WORDS_MAX          1000 /* approvals, and pauses */

typedef struct Approval {
        char *id; /* the action's, or "bootstrap" */
        char *address;
        char *ocid; /* NULL: none was there */
        Verb verb;
        char *want;  /* Desired.digest, or "" */
        char **seen; /* strv: one text per difference that was seen; it holds while they only get fewer */
        usec_t expires;
        bool override; /* of budget, proof and one-at-a-time, with a reason */
        char *reason;  /* or NULL */
} Approval;

typedef struct Pause {
        char *address; /* NULL: everything */
        usec_t until;  /* USEC_INFINITY: until resumed */
        char *reason;
} Pause;

typedef struct Words {
        Approval *approvals;
        size_t n_approvals;
        Pause *pauses;
        size_t n_pauses;
        char *path;  /* words.json in the state directory; NULL: not kept */
        usec_t hour; /* how long an approval holds; 0: an hour. Rehearsals divide it by their speed */
} Words;

/* Reads what is there; no file is no words. -EBADMSG: it was damaged and is set aside as words.json.bad, there are no words now.
 * Another negative errno: it cannot be read and lies there as it was. *reterr (the caller's) says it in a sentence. */
int words_load(Words *w, const char *state_directory, char **reterr);
void words_done(Words *w);

/* Each saves at once; a negative errno when the disk refuses, and then nothing has changed. -ENOSPC: more than WORDS_MAX. */
int words_approve(Words *w, const Action *a, bool override, const char *reason, usec_t now);
int words_approve_bootstrap(Words *w, usec_t now);
int words_pause(Words *w, const char *address, usec_t until, const char *reason);
int words_resume(Words *w, const char *address); /* NULL: everything; -ENOENT when nothing was paused */
bool words_expire(Words *w, usec_t now);         /* true when something ran out */

const Approval *words_approval(const Words *w, const Action *a,
                               usec_t now); /* the one that covers this action, or NULL */
bool words_bootstrap(const Words *w, usec_t now);
const Pause *words_paused(const Words *w, const char *address, usec_t now);

/* One text per difference, as approvals hold them; the caller frees with strv_free(). */
char **words_seen(const Differences *ds);
