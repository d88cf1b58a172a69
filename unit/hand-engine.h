/* A stand-in for the engine, with the functions of engine.h that the server calls: it holds the estate made by hand, and counts what
 * it is asked to do. Whoever links it must not need the real one. There is one for the process. */
#pragma once

#include "hand-estate.h"

extern struct HandEngine {
        HandEstate hand;
        unsigned n_wakes, n_reconciles;
        bool seen_all;
        int candidate_result;
        char *reloaded; /* the plan that reload was asked for */
        int reload_result;
} hand_engine;

void hand_engine_init(void);
void hand_engine_done(void);
/* For a server over it; both arguments are borrowed. */
ServerOptions hand_engine_server_options(const char *path, Events *events);
