/* The daemon as a whole: it owns the loop, the way to the cloud, the engine, people's words and the server, loads the specs, and
 * answers to signals and the service manager. */
#pragma once

#include "options.h"

typedef struct Manager Manager;

/* 0, or the status to exit with; what is wrong was said on stderr. The options are borrowed and outlive the manager. */
int manager_new(const Options *options, Manager **ret);
/* Runs until a signal, or with --once until there is an end to it; returns the exit status. */
int manager_run(Manager *m);
Manager *manager_free(Manager *m);
DEFINE_CLEANUP(Manager *, manager_free);
