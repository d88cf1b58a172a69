/* Who the daemon is in the cloud: the profile that its calls are signed with, kept fresh while it runs. */
#pragma once

#include "model/estate.h"
#include "oci/config.h"
#include "oci/sign.h"

typedef struct Principal {
        OciProfile *profile;
        OciSigner *signer;
        const char *config_file; /* of the command line, borrowed; NULL: looked up */
        const char *name;        /* of the profile, the same */
        char *complaint;         /* what was said last about a refresh, so that it is said once */
} Principal;

void principal_init(Principal *p, const char *config_file, const char *name);
void principal_done(Principal *p);
/* Reads the profile that the estate and the command line say, and signs with it from now on. On failure what was there stays, and
 * *reterr says why. -EXDEV: that profile is of another tenancy than the running one. */
int principal_load(Principal *p, const Estate *e, char **reterr);
/* A session's token may have been renewed by somebody else: looks, and says once when there is something to say. */
void principal_refresh(Principal *p);
