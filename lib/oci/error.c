/* One table from (status, code) to what to do, and the taming of what the other side wrote. */
#include "error.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>

#include "base/json.h"

#define CODE_MAX       64
#define REQUEST_ID_MAX 128
#define BODY_MAX       ((size_t) 64 * 1024) /* of an error's body that is looked at */

static const char *const error_meaning_table[] = {
        [ERROR_NONE] = "none",
        [ERROR_INVALID] = "invalid",
        [ERROR_LIMIT] = "limit",
        [ERROR_AUTH] = "not-authenticated",
        [ERROR_FORBIDDEN] = "forbidden",
        [ERROR_UNKNOWN_OR_FORBIDDEN] = "unknown-or-forbidden",
        [ERROR_RELATED_UNKNOWN] = "related-unknown-or-forbidden",
        [ERROR_NO_SUCH_CALL] = "no-such-call",
        [ERROR_BUSY] = "busy",
        [ERROR_CONFLICT] = "conflict",
        [ERROR_EXISTS] = "exists",
        [ERROR_ETAG] = "changed-meanwhile",
        [ERROR_TOKEN_USED] = "retry-token-used",
        [ERROR_THROTTLED] = "throttled",
        [ERROR_SERVER] = "server-error",
        [ERROR_GARBLED] = "garbled",
        [ERROR_TRANSPORT] = "no-answer",
};

const char *error_meaning_to_string(ErrorMeaning m) {
        assert((size_t) m < ARRAY_SIZE(error_meaning_table));
        return error_meaning_table[m];
}

static const char *const retry_class_table[] = {
        [RETRY_NEVER] = "never",
        [RETRY_BACKOFF] = "backoff",
        [RETRY_LOOK_AGAIN] = "look-again",
        [RETRY_NEW_TOKEN] = "new-token",
        [RETRY_FIX_CREDENTIAL] = "fix-credential",
};

const char *retry_class_to_string(RetryClass r) {
        assert((size_t) r < ARRAY_SIZE(retry_class_table));
        return retry_class_table[r];
}

/* Exact pairs, then each status without a code; a row of a full hundred serves the rest of it. */
/* clang-format off */
static const ErrorClass classes[] = {
        {   0, NULL,                                   -EIO,          ERROR_TRANSPORT,            RETRY_BACKOFF },
        { 200, NULL,                                   0,             ERROR_NONE,                 RETRY_NEVER },
        { 300, NULL,                                   -EBADMSG,      ERROR_GARBLED,              RETRY_BACKOFF },
        { 400, "InsufficientServicePermissions",       -EPERM,        ERROR_FORBIDDEN,            RETRY_LOOK_AGAIN },
        { 400, "LimitExceeded",                        -EDQUOT,       ERROR_LIMIT,                RETRY_NEVER },
        { 400, "QuotaExceeded",                        -EDQUOT,       ERROR_LIMIT,                RETRY_NEVER },
        { 400, "RelatedResourceNotAuthorizedOrNotFound", -ENXIO,      ERROR_RELATED_UNKNOWN,      RETRY_LOOK_AGAIN },
        { 400, "ResourceDisabled",                     -ENOTEMPTY,    ERROR_CONFLICT,             RETRY_LOOK_AGAIN },
        { 400, NULL,                                   -EINVAL,       ERROR_INVALID,              RETRY_NEVER },
        { 401, NULL,                                   -EKEYREJECTED, ERROR_AUTH,                 RETRY_FIX_CREDENTIAL },
        { 402, NULL,                                   -EPERM,        ERROR_FORBIDDEN,            RETRY_NEVER },
        { 403, NULL,                                   -EPERM,        ERROR_FORBIDDEN,            RETRY_NEVER },
        { 404, "InvalidParameter",                     -EINVAL,       ERROR_INVALID,              RETRY_NEVER },
        { 404, "NotFound",                             -EOPNOTSUPP,   ERROR_NO_SUCH_CALL,         RETRY_NEVER },
        { 404, NULL,                                   -ENOENT,       ERROR_UNKNOWN_OR_FORBIDDEN, RETRY_LOOK_AGAIN },
        { 405, NULL,                                   -EOPNOTSUPP,   ERROR_NO_SUCH_CALL,         RETRY_NEVER },
        { 407, NULL,                                   -EIO,          ERROR_TRANSPORT,            RETRY_BACKOFF },
        { 408, NULL,                                   -ETIMEDOUT,    ERROR_TRANSPORT,            RETRY_BACKOFF },
        { 409, "ExternalServerIncorrectState",         -EBUSY,        ERROR_BUSY,                 RETRY_BACKOFF },
        { 409, "IncorrectState",                       -EBUSY,        ERROR_BUSY,                 RETRY_BACKOFF },
        { 409, "InvalidatedRetryToken",                -EALREADY,     ERROR_TOKEN_USED,           RETRY_NEW_TOKEN },
        { 409, "LockConflict",                         -EBUSY,        ERROR_BUSY,                 RETRY_BACKOFF },
        { 409, "NotAuthorizedOrResourceAlreadyExists", -EEXIST,       ERROR_EXISTS,               RETRY_LOOK_AGAIN },
        { 409, "ResourceAlreadyExists",                -EEXIST,       ERROR_EXISTS,               RETRY_LOOK_AGAIN },
        { 409, "ResourceLocked",                       -ENOTEMPTY,    ERROR_CONFLICT,             RETRY_NEVER },
        { 409, NULL,                                   -ENOTEMPTY,    ERROR_CONFLICT,             RETRY_LOOK_AGAIN },
        { 412, NULL,                                   -ESTALE,       ERROR_ETAG,                 RETRY_LOOK_AGAIN },
        { 429, NULL,                                   -EAGAIN,       ERROR_THROTTLED,            RETRY_BACKOFF },
        { 500, NULL,                                   -EREMOTEIO,    ERROR_SERVER,               RETRY_BACKOFF },
        { 501, NULL,                                   -EOPNOTSUPP,   ERROR_NO_SUCH_CALL,         RETRY_NEVER },
};
/* clang-format on */

const ErrorClass *error_class_table(size_t *ret_n) {
        *ret_n = ARRAY_SIZE(classes);
        return classes;
}

static const ErrorClass *find_class(int status, const char *code) {
        for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
                if (classes[i].status == status && streq_ptr(classes[i].code, code))
                        return &classes[i];
        return NULL;
}

const ErrorClass *error_classify(int status, const char *code) {
        const ErrorClass *c = find_class(status, code);

        if (!c)
                c = find_class(status, NULL);
        if (!c && status >= 200 && status < 600)
                c = find_class(status / 100 * 100, NULL);
        return c ? c : find_class(300, NULL);
}

void api_error_done(ApiError *e) {
        free(e->code);
        free(e->message);
        free(e->opc_request_id);
        *e = (ApiError){};
}

ApiError api_error_copy(const ApiError *e) {
        ApiError copy = *e;

        copy.code = xstrdup(e->code);
        copy.message = xstrdup(e->message);
        copy.opc_request_id = xstrdup(e->opc_request_id);
        return copy;
}

static bool is_control(uint32_t c) {
        return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 ||
               (c >= 0x202a && c <= 0x202e) ||
               (c >= 0x2066 && c <= 0x2069); /* reorder what a screen shows */
}

/* One line of valid UTF-8 within API_MESSAGE_MAX bytes, white space folded. */
static char *tame(const char *text, size_t size) {
        static const char cut[] = "…";
        Str b = {};
        size_t n;

        for (; size > 0; text += n, size -= n) {
                uint32_t c = 0;
                size_t length = utf8_next(text, size, &c);

                n = MAX(length, (size_t) 1);
                if (b.size + n > API_MESSAGE_MAX - (sizeof cut - 1)) {
                        str_add(&b, cut);
                        break;
                }
                if (length == 0)
                        str_addc(&b, '?');
                else if (c != ' ' && !is_control(c))
                        str_add_n(&b, text, n);
                else if (b.size > 0 && b.s[b.size - 1] != ' ')
                        str_addc(&b, ' ');
        }
        if (b.size > 0 && b.s[b.size - 1] == ' ')
                b.s[--b.size] = '\0';
        return str_take(&b);
}

/* A word of the API: what is in it beyond letters, digits and some marks is left out. NULL when nothing
 * remains. */
static char *tame_word(const char *s, const char *marks, size_t max) {
        Str b = {};

        for (; s && *s && b.size < max; s++)
                if (isalnum((unsigned char) *s) || strchr(marks, *s))
                        str_addc(&b, *s);
        return b.size > 0 ? str_take(&b) : NULL;
}

static void fill_error(ApiError *e, int status, const char *opc_request_id, const ErrorClass *c) {
        e->status = status;
        e->opc_request_id = tame_word(opc_request_id, "-_./", REQUEST_ID_MAX);
        if (!e->code)
                e->code = xstrdup("None");
        e->meaning = c->meaning;
        e->retry = c->retry;
}

int api_error_from_reply(int status, const char *body, size_t body_size, const char *opc_request_id,
                         ApiError *reterr) {
        _cleanup_json_ cJSON *json = NULL;
        const char *message = NULL;
        const ErrorClass *c;

        body_size = MIN(body_size, BODY_MAX);
        *reterr = (ApiError){};
        if (body_size > 0 && json_parse(body, body_size, &json, NULL) == 0) {
                reterr->code = tame_word(json_string(json, "code"), "-_.", CODE_MAX);
                message = json_string(json, "message");
        }
        if (message)
                reterr->message = tame(message, strlen(message));
        else if (body_size > 0)
                reterr->message = tame(body, body_size);
        if (isempty(reterr->message)) {
                free(reterr->message);
                reterr->message = xasprintf("HTTP status %d without an explanation", status);
        }
        c = error_classify(status, reterr->code);
        assert(c->error < 0);
        fill_error(reterr, status, opc_request_id, c);
        return c->error;
}

static const ErrorClass *find_meaning(ErrorMeaning meaning) {
        size_t i = 0;

        while (classes[i].meaning != meaning)
                i++; /* every meaning has a row */
        return &classes[i];
}

int api_error_set(ApiError *e, int status, const char *opc_request_id, ErrorMeaning meaning, int error,
                  const char *format, ...) {
        _cleanup_free_ char *text = NULL;
        va_list ap;

        assert(error < 0);
        va_start(ap, format);
        text = xvasprintf(format, ap);
        va_end(ap);
        *e = (ApiError){ .message = tame(text, strlen(text)) };
        fill_error(e, status, opc_request_id, find_meaning(meaning));
        return error;
}
