/* What an answer of the API means. The pair (status, code) decides, never the message: services reuse
 * statuses, and a 404 means gone *or* not yours to see. An errno tells the program what happens next, an
 * ApiError tells a person why. */
#pragma once

#include <cjson/cJSON.h>

#include "base/time-util.h"
#include "forward.h"

typedef enum ErrorMeaning {
        ERROR_NONE,
        ERROR_INVALID,              /* the request itself is refused: no repetition helps */
        ERROR_LIMIT,                /* a service limit or quota: people must act */
        ERROR_AUTH,                 /* 401: key, token or clock */
        ERROR_FORBIDDEN,            /* 403: seen, but not allowed */
        ERROR_UNKNOWN_OR_FORBIDDEN, /* 404: absent or hidden; never a proof of absence */
        ERROR_RELATED_UNKNOWN,      /* the same for something that the body names */
        ERROR_NO_SUCH_CALL,         /* no such path or method */
        ERROR_BUSY,                 /* the state stands against it and will change by itself */
        ERROR_CONFLICT,             /* the state stands against it and stays */
        ERROR_EXISTS,               /* a create met something that exists, or is hidden */
        ERROR_ETAG,                 /* 412: somebody was faster */
        ERROR_TOKEN_USED,           /* the retry token is used up */
        ERROR_THROTTLED,
        ERROR_SERVER,
        ERROR_GARBLED,   /* an answer that cannot be an answer of the API */
        ERROR_TRANSPORT, /* no answer */
        _ERROR_MEANING_MAX,
} ErrorMeaning;

typedef enum RetryClass {
        RETRY_NEVER,          /* until the spec, a policy or a limit changes */
        RETRY_BACKOFF,        /* the same call again, later */
        RETRY_LOOK_AGAIN,     /* observe and decide anew */
        RETRY_NEW_TOKEN,      /* observe; when it is still missing, with another retry token */
        RETRY_FIX_CREDENTIAL, /* not before key, token or clock are mended */
        _RETRY_CLASS_MAX,
} RetryClass;

typedef struct ErrorClass {
        int status;       /* 0: no status; of a full hundred: also for the rest of it */
        const char *code; /* NULL: any other */
        int error;        /* negative errno; 0 for success */
        ErrorMeaning meaning;
        RetryClass retry;
} ErrorClass;

struct ApiError {
        int status;    /* HTTP status; 0 when there was none */
        char *code;    /* "NotAuthenticated"; "None" when the answer named none; NULL without an error */
        char *message; /* for people: valid UTF-8, one line, at most API_MESSAGE_MAX bytes */
        char *opc_request_id; /* for a support request; NULL when absent */
        ErrorMeaning meaning;
        RetryClass retry;
};

#define API_MESSAGE_MAX 512

void api_error_done(ApiError *e);
/* A copy of its own. */
ApiError api_error_copy(const ApiError *e);

/* Words for status documents and logs: "unknown-or-forbidden", "look-again". Static. */
const char *error_meaning_to_string(ErrorMeaning m);
const char *retry_class_to_string(RetryClass r);

/* The table's row for a reply; never NULL: unknown codes get their status' row, unknown statuses their
 * hundred's. A 2xx is ERROR_NONE. 'code' may be NULL. */
const ErrorClass *error_classify(int status, const char *code);
/* The rows, for tests and documentation. */
const ErrorClass *error_class_table(size_t *ret_n);

/* Fills *reterr (zeroed before) from a reply that is no success. 'body' is what came, JSON or not, and need
 * not be terminated; 'opc_request_id' may be NULL. What the other side wrote is made harmless: cut, one
 * line, no control characters. Returns the row's errno, always negative. */
int api_error_from_reply(int status, const char *body, size_t body_size, const char *opc_request_id,
                         ApiError *reterr);

/* For what went wrong without a usable answer: no answer, a garbled one, nothing to sign with. The retry
 * class is that of the meaning's first row. Returns 'error' (negative). */
int api_error_set(ApiError *e, int status, const char *opc_request_id, ErrorMeaning meaning, int error,
                  const char *format, ...) _printf_(6, 7);
