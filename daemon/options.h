/* What tandemd is told on its command line, and what a rehearsal directory adds to it. */
#pragma once

#include "base/alloc.h"

typedef struct Options {
        char *specs; /* a file or a directory */
        char *state; /* directory */
        char *socket;
        char *oci_config; /* NULL: looked up */
        char *profile;    /* NULL: the spec's, or looked up */
        bool once;
        bool bootstrap;

        /* Of a rehearsal: */
        char *rehearse;    /* directory; NULL: the real cloud */
        char *ca_file;     /* NULL: the system's */
        char **connect_to; /* strv or NULL: libcurl's HOST:PORT:HOST2:PORT2 */
        double speed;      /* divides the daemon's waits; 1 in the real cloud */
} Options;

void options_done(Options *o);

/* Exit status as sysexits.h has it: bad options, specs or files. */
#define EXIT_USAGE 64

/* 1: go on. Else the program ends: 0 after --help or --version, negative for what is wrong, which was said on stderr. */
int options_parse(int argc, char *argv[], Options *ret);

/* Reads what tandem-sim wrote into its directory. */
int rehearsal_read(const char *directory, Options *o, char **reterr);
