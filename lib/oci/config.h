/* The file ~/.oci/config: profiles of API keys and of session tokens, as the CLI and the SDKs read it.
 *
 * INI text: sections [NAME], names in their case; a line splits at its first '='; both sides are trimmed;
 * '#' and ';' begin a comment in the first column only; there is no quoting and no interpolation; keys in
 * any case; unknown keys are ignored; what a profile lacks it takes from [DEFAULT]. A section or key that is
 * there twice is an error, for it is never meant.
 *
 * Where it is looked for: OciProfileOptions.file, OCI_CLI_CONFIG_FILE, ~/.oci/config if it exists,
 * OCI_CONFIG_FILE (which does not beat an existing default file), ~/.oraclebmc/config. The profile:
 * OciProfileOptions.profile, OCI_CLI_PROFILE, DEFAULT. No other variable is read: what a service does must
 * not hang on an operator's shell.
 *
 * Files with secrets in them (the key, the token, the file itself when it holds a pass phrase) are refused
 * when group or others have any access; a symbolic link is followed and the file judged. */
#pragma once

#include <sys/stat.h>

#include "base/alloc.h"
#include "base/time-util.h"
#include "forward.h"

typedef enum OciAuth {
        /* security_token_file in the profile's own section: a session token; else an API key. What DEFAULT
         * says about it does not count, or every profile would inherit its kind. */
        OCI_AUTH_DECLARED,
        OCI_AUTH_API_KEY,
        OCI_AUTH_SESSION_TOKEN,
} OciAuth;

typedef struct OciProfileOptions {
        const char *file;    /* NULL: look it up */
        const char *profile; /* NULL: look it up */
        OciAuth auth;
        const char *passphrase; /* for an encrypted key; NULL: pass_phrase of the file */
} OciProfileOptions;

/* Read-only for its users. */
struct OciProfile {
        char *file, *name;
        OciAuth auth; /* one of the two kinds */
        char *tenancy;
        char *user;   /* NULL with a session token */
        char *region; /* identifier */
        char *key_file;
        char *token_file;                 /* NULL with an API key */
        usec_t token_expiry_usec;         /* since the epoch; USEC_INFINITY with an API key */
        OciCredential *credential;        /* what signs now */
        char *passphrase;                 /* kept to read the key again; wiped with the profile */
        struct stat key_stat, token_stat; /* as they were when they were read */
};

/* *reterr is one sentence that names file and line or key, and what to do; the caller's. A token that is
 * over is no error here: compare token_expiry_usec. Errors: -ENOENT (file or profile), -EACCES and -EPERM
 * (permissions), -EINVAL (content), -EKEYREJECTED (key, pass phrase or fingerprint), others from reading
 * files. */
int oci_profile_load(const OciProfileOptions *options, OciProfile **ret, char **reterr);
OciProfile *oci_profile_free(OciProfile *p);
DEFINE_CLEANUP(OciProfile *, oci_profile_free);

/* Reads token and key again when one of the two files changed, since another process may have renewed the
 * session: then returns 1 and 'credential' is a new one for the signer. 0: as before; always so with an API
 * key. Negative: the old credential stays, *reterr says why, and the next call tries again; -EKEYEXPIRED
 * when the token that is there is over at 'now' (since the epoch), also right after reading it: somebody has
 * to log in. */
int oci_profile_refresh(OciProfile *p, usec_t now, char **reterr);
