/* The tables behind words.h. */
#include "words.h"

static const char *const verb_table[] = {
        [VERB_ADOPT] = "adopt",   [VERB_CREATE] = "create",   [VERB_UPDATE] = "update",
        [VERB_HEAL] = "heal",     [VERB_DISRUPT] = "disrupt", [VERB_REPLACE] = "replace",
        [VERB_DELETE] = "delete",
};
DEFINE_ENUM_STRINGS(verb, Verb, _VERB_INVALID);

static const char *const gate_table[] = {
        [GATE_AUTOMATIC] = "automatic",
        [GATE_APPROVE] = "approve",
        [GATE_NEVER] = "never",
};
DEFINE_ENUM_STRINGS(gate, Gate, _GATE_INVALID);

static const char *const mode_table[] = {
        [MODE_OBSERVE] = "observe",
        [MODE_ENFORCE] = "enforce",
};
DEFINE_ENUM_STRINGS(mode, Mode, _MODE_INVALID);

static const char *const verdict_table[] = {
        [VERDICT_IN_SYNC] = "in-sync",   [VERDICT_PROGRESSING] = "progressing",
        [VERDICT_WAITING] = "waiting",   [VERDICT_MISSING] = "missing",
        [VERDICT_DRIFTED] = "drifted",   [VERDICT_FOREIGN] = "foreign",
        [VERDICT_ORPHANED] = "orphaned", [VERDICT_PAUSED] = "paused",
        [VERDICT_BLOCKED] = "blocked",   [VERDICT_FIGHTING] = "fighting",
        [VERDICT_UNKNOWN] = "unknown",   [VERDICT_NOT_CONVERGING] = "not-converging",
};
DEFINE_ENUM_STRINGS(verdict, Verdict, _VERDICT_INVALID);

static const char *const life_table[] = {
        [LIFE_READY] = "ready",     [LIFE_COMING] = "coming", [LIFE_CHANGING] = "changing",
        [LIFE_GOING] = "going",     [LIFE_GONE] = "gone",     [LIFE_FAILED] = "failed",
        [LIFE_UNKNOWN] = "unknown",
};
DEFINE_ENUM_STRINGS(life, Life, _LIFE_INVALID);

Verdict verdict_for_estate(Verdict v) {
        switch (v) {
        case VERDICT_WAITING:
                return VERDICT_PROGRESSING;
        case VERDICT_MISSING:
        case VERDICT_ORPHANED:
                return VERDICT_DRIFTED;
        case VERDICT_FOREIGN:
                return VERDICT_IN_SYNC;
        case VERDICT_IN_SYNC:
        case VERDICT_PROGRESSING:
        case VERDICT_DRIFTED:
        case VERDICT_PAUSED:
        case VERDICT_BLOCKED:
        case VERDICT_FIGHTING:
        case VERDICT_NOT_CONVERGING:
        case VERDICT_UNKNOWN:
        case _VERDICT_INVALID:
                break;
        }
        return v;
}

unsigned verdict_rank(Verdict v) {
        static const Verdict order[] = {
                VERDICT_IN_SYNC, VERDICT_PROGRESSING, VERDICT_DRIFTED,        VERDICT_PAUSED,
                VERDICT_BLOCKED, VERDICT_FIGHTING,    VERDICT_NOT_CONVERGING, VERDICT_UNKNOWN,
        };
        Verdict word = verdict_for_estate(v);

        for (unsigned i = 0; i < ARRAY_SIZE(order); i++)
                if (order[i] == word)
                        return i;
        return 0;
}
