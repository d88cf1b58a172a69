/* opc-retry-token: the same token gives the same result, until what it made is gone. */
#include "retry-token.h"

#include <uthash.h>

#include "base/encode.h"
#include "call.h"
#include "kind.h"
#include "store.h"

struct RetryToken {
        char *key;    /* region, path and token */
        char *digest; /* of the body */
        char *id;     /* of what was made; NULL: 'reply' is repeated instead */
        char *reply;
        char *work_request; /* of a 202 without a body; NULL: none */
        unsigned status;
        usec_t until; /* sim_time() */
        UT_hash_handle hh;
};

static char *retry_token_key(const Call *c) {
        return xasprintf("%s %s %s", c->region->name, c->path, c->retry_token);
}

static void retry_token_free(RetryToken *t) {
        free(t->key);
        free(t->digest);
        free(t->id);
        free(t->reply);
        free(t->work_request);
        free(t);
}

static void retry_token_drop(Sim *sim, RetryToken *t) {
        HASH_DEL(sim->retry_tokens, t);
        retry_token_free(t);
}

int retry_token_check(Call *c) {
        _cleanup_free_ char *key = NULL, *digest = NULL;
        RetryToken *t;
        Object *o;

        if (!c->retry_token)
                return 0;
        if (strlen(c->retry_token) < 1 || strlen(c->retry_token) > 64)
                return call_fail(c, 400, "InvalidParameter",
                                 "opc-retry-token size must be between 1 and 64");
        key = retry_token_key(c);
        HASH_FIND_STR(c->sim->retry_tokens, key, t);
        if (t && t->until < sim_time(c->sim)) {
                retry_token_drop(c->sim, t);
                t = NULL;
        }
        if (!t)
                return 0;

        digest = sha256_hex(c->body, c->body_size);
        if (!streq(digest, t->digest))
                return call_fail_option(c, "retryTokenMismatch",
                                        "The retry token was used with different request parameters.");
        if (!t->id) {
                c->status = t->status;
                str_replace(&c->reply, t->reply);
                if (t->work_request)
                        call_add_reply_header(c, "opc-work-request-id", t->work_request);
                return 1;
        }
        o = store_get(c->sim, t->id);
        if (!o || !object_is_live(o) || streq(object_state(o), kind_going(o->kind)))
                return call_fail(c, 409, "InvalidatedRetryToken",
                                 "The resource that was created with this retry token was since deleted.");
        if (o->kind->is_async) {
                call_add_reply_header(c, "opc-work-request-id", t->work_request);
                call_reply(c, 202, NULL);
        } else
                call_reply_object(c, 200, o, !o->kind->no_create_etag);
        return 1;
}

void retry_token_keep(Call *c, const Object *o) {
        RetryToken *t;

        if (!c->retry_token)
                return;
        t = xnew(RetryToken, 1);
        *t = (RetryToken){
                .key = retry_token_key(c),
                .digest = sha256_hex(c->body, c->body_size),
                .id = o ? xstrdup(o->id) : NULL,
                .reply = o ? NULL : xstrdup(c->reply),
                .work_request = xstrdup(call_reply_header(c, "opc-work-request-id")),
                .status = c->status,
                .until = sim_time(c->sim) + USEC_PER_DAY,
        };
        HASH_ADD_KEYPTR(hh, c->sim->retry_tokens, t->key, strlen(t->key), t);
}

void retry_tokens_done(Sim *sim) {
        RetryToken *t, *next;

        HASH_ITER (hh, sim->retry_tokens, t, next)
                retry_token_drop(sim, t);
}
