/* The closed sets of words that the daemon's screens, sockets and specs share. */
#pragma once

#include "base/enum.h"

/* What an action does to the estate; the policy is said per verb. */
typedef enum Verb {
        VERB_ADOPT, /* put our tags on what was found by name or role; or take them off again: abandon */
        VERB_CREATE,
        VERB_UPDATE,  /* widens or mends, hurts nobody */
        VERB_HEAL,    /* replaces what carries nothing */
        VERB_DISRUPT, /* takes away */
        VERB_REPLACE,
        VERB_DELETE,
        _VERB_MAX,
        _VERB_INVALID = -1,
} Verb;
DECLARE_ENUM_STRINGS(verb, Verb);

typedef enum Gate {
        GATE_AUTOMATIC,
        GATE_APPROVE,
        GATE_NEVER,
        _GATE_INVALID = -1,
} Gate;
DECLARE_ENUM_STRINGS(gate, Gate);

typedef enum Mode {
        MODE_OBSERVE,
        MODE_ENFORCE,
        _MODE_INVALID = -1,
} Mode;
DECLARE_ENUM_STRINGS(mode, Mode);

/* A resource's verdict. The estate's is the worst, by verdict_rank(). */
typedef enum Verdict {
        VERDICT_IN_SYNC,
        VERDICT_PROGRESSING, /* a lifecycle runs, or a call of ours */
        VERDICT_WAITING,     /* for another resource */
        VERDICT_MISSING,
        VERDICT_DRIFTED,
        VERDICT_FOREIGN,  /* in sync, with rules of others that are kept */
        VERDICT_ORPHANED, /* ours, and no longer declared */
        VERDICT_PAUSED,
        VERDICT_BLOCKED,
        VERDICT_FIGHTING,
        VERDICT_NOT_CONVERGING,
        VERDICT_UNKNOWN,
        _VERDICT_INVALID = -1,
} Verdict;
DECLARE_ENUM_STRINGS(verdict, Verdict);

/* The word that a resource's verdict counts as for the estate: missing and orphaned are drifted, waiting is progressing,
 * foreign is in sync. The order is in-sync, progressing, drifted, paused, blocked, fighting, not-converging, unknown. */
Verdict verdict_for_estate(Verdict v);
unsigned verdict_rank(Verdict v);

/* What a lifecycle word of the API means to us. */
typedef enum Life {
        LIFE_READY,
        LIFE_COMING,   /* PROVISIONING, ATTACHING, CREATING */
        LIFE_CHANGING, /* UPDATING */
        LIFE_GOING,    /* TERMINATING, DETACHING */
        LIFE_GONE,     /* TERMINATED, DETACHED: lingers in lists, counts as absent */
        LIFE_FAILED,
        LIFE_UNKNOWN, /* a word that no table has: hold still */
        _LIFE_INVALID = -1,
} Life;
DECLARE_ENUM_STRINGS(life, Life);
