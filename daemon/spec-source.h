/* Where the running spec comes from: --specs, or the last good one in the state directory when what is there is broken. */
#pragma once

#include "model/estate.h"
#include "server/server.h"

typedef struct SpecSource {
        const char *path; /* borrowed */
        char *last_good;  /* the file in the state directory */
        char *running;    /* digest of the running estate */
        usec_t loaded_at; /* realtime */
        char *rejected;   /* digest of the refused text, or NULL */
        cJSON *errors;    /* of the refused one */
        cJSON *read;      /* the texts as read last and not accepted yet, or NULL */
        char *warnings;   /* about them, in a few words, or NULL */
        char *unkept;     /* the last good one that the disk did not take, or NULL */
} SpecSource;

void spec_source_init(SpecSource *s, const char *path, const char *state_directory);
void spec_source_done(SpecSource *s);

/* Reads the specs and prints what is wrong with them on stderr. On failure they are remembered as refused, *reterr is one sentence
 * for those who did not see stderr, and the running spec stays. */
int spec_source_read(SpecSource *s, Estate **ret, char **reterr);
/* The last good spec; -ENOENT when there is none. */
int spec_source_read_last_good(SpecSource *s, Estate **ret);
/* This estate, from the files as they were read last, is the running one: it is the last good one from now on. */
void spec_source_accept(SpecSource *s, const Estate *e);
/* To be called now and then: what the disk did not take it may take now. */
void spec_source_refresh(SpecSource *s);
/* The files as they were read last are not used after all. */
void spec_source_discard(SpecSource *s);
void spec_source_status(const SpecSource *s, SpecStatus *ret);
