/* Writing: one call of an action, and what its reply says about the world and the resource. */
#include "act.h"

#include <errno.h>
#include <utlist.h>

#include "converge.h"
#include "internal.h"
#include "observe.h"

#include "base/encode.h"
#include "model/shape.h"

#define DEADLINE   (30 * USEC_PER_SEC) /* real time, whatever the speed */
#define SHOWN_MOST 3                   /* differences named in a sentence */

/* One call in flight. */
struct Write {
        Write *prev, *next;
        Engine *engine;
        Resource *resource; /* borrowed: a resource with a call in flight stays */
        OciCall *call;
        const Kind *kind;
        unsigned region;
        char *target;
        const Field *sub;
        bool creates, deletes, abandons;
        Verb verb;
        char *method, *path; /* the path without its query */
        char *name;          /* of a create: the display name that it gives */
        char *what; /* for people: "RouteTable primary/RouteTable/primary-private: routeRules[…]" */
        Differences differences;
};

static void write_free(Write *w) {
        DL_DELETE(w->engine->writes, w);
        w->resource->call = NULL;
        w->resource->call_serialized = strv_free(w->resource->call_serialized);
        free(TAKE_PTR(w->resource->call_text));
        oci_call_unref(w->call);
        free(w->target);
        free(w->method);
        free(w->path);
        free(w->name);
        free(w->what);
        differences_done(&w->differences);
        free(w);
}

void act_cancel_all(Engine *e) {
        Write *w, *next;

        DL_FOREACH_SAFE(e->writes, w, next)
        write_free(w);
}

char *act_retry_token(const Estate *e, const Resource *r, const cJSON *body) {
        const char *parent = r->kind->parent_field ? json_string(body, r->kind->parent_field) : NULL;
        _cleanup_free_ char *canonical = json_canonical(body), *text = NULL;
        char *token;

        text = xasprintf("%s\n%s\n%s\n%s\n%u", e->name, r->address, parent ? parent : "", canonical,
                         r->token_round);
        token = sha256_hex(text, strlen(text));
        token[32] = '\0';
        return token;
}

/* Telling. */

static char *describe(const Resource *r, const Differences *ds) {
        Str b = {};

        str_add(&b, r->address);
        for (size_t i = 0; i < ds->n && i < SHOWN_MOST; i++)
                str_addf(&b, "%s%s", i ? ", " : ": ", ds->d[i].path);
        if (ds->n > SHOWN_MOST)
                str_addf(&b, " and %zu more", ds->n - SHOWN_MOST);
        return str_take(&b);
}

static const char *past_tense(const Write *w) {
        if (w->creates)
                return "Created";
        if (w->deletes)
                return "Deleted";
        if (w->verb == VERB_ADOPT)
                return w->abandons ? "Abandoned" : "Adopted";
        return "Updated";
}

static const char *infinitive(const Write *w) {
        if (w->creates)
                return "create";
        if (w->deletes)
                return "delete";
        if (w->verb == VERB_ADOPT)
                return w->abandons ? "abandon" : "adopt";
        return "update";
}

static void add_event(Engine *e, const Write *w, const OciReply *reply, const char *request_id,
                      const char *text) {
        _cleanup_free_ char *call = xasprintf("%s %s", w->method, w->path);

        events_add(e->options.events, &(Event){
                                              .region = (char *) engine_region_name(e, w->region),
                                              .address = w->resource->address,
                                              .what = (char *) verb_to_string(w->verb),
                                              .by = (char *) "tandem",
                                              .text = (char *) text,
                                              .call = call,
                                              .status = reply->status,
                                              .request_id = (char *) request_id,
                                      });
}

static void add_attempt(const Write *w, const OciReply *reply, const char *request_id) {
        Resource *r = w->resource;
        Attempt *last = &r->tried[ATTEMPTS_KEPT - 1];

        free(last->method);
        free(last->path);
        free(last->code);
        free(last->message);
        free(last->request_id);
        memmove(&r->tried[1], &r->tried[0], (ATTEMPTS_KEPT - 1) * sizeof r->tried[0]);
        r->tried[0] = (Attempt){
                .at = now_realtime(),
                .method = xstrdup(w->method),
                .path = xstrdup(w->path),
                .status = reply->status,
                .code = xstrdup(reply->error.code),
                .message = xstrdup(reply->error.message),
                .request_id = xstrdup(request_id),
        };
}

/* Replies. */

/* The reply of a create or an update is the thing itself; that of an action on rules, or of a delete, is not. One that makes no
 * sense says nothing: the thing is looked at again. */
static bool reply_is_object(const Write *w, const cJSON *json) {
        const char *id = json_string(json, "id");
        _cleanup_free_ char *why = NULL;

        if (!id || w->sub || w->deletes || (w->target && !streq(w->target, id)))
                return false;
        why = shape_error(w->kind, json);
        return !why;
}

/* A create that was answered with the thing itself is known with all that it did: it makes no other thing's absence doubtful, or
 * each of a thousand creates in one scope would cost a listing of that scope. Every other outcome leaves something unknown. */
static bool take_created(Engine *e, const Write *w, OciReply *reply, int error) {
        return error == 0 && w->creates && reply_is_object(w, reply->json) &&
               world_see_created(e->world, w->kind, w->region, TAKE_PTR(reply->json), reply->etag,
                                 reply->ended_usec);
}

/* The thing has come to rest, so its etag changes only when somebody writes. */
static const char *lasting_etag(const Engine *e, const Write *w) {
        const Observed *o = w->sub ? NULL : world_find(e->world, w->target);

        return o && o->from == READ_REPLY && o->life == LIFE_READY ? o->etag : NULL;
}

/* A create that is answered with something of another name and without our tags: its token once made that, and somebody made it
 * his own. Another one is needed. */
static bool token_made_another(const Write *w, const cJSON *made) {
        const char *address = json_string(json_get(made, "freeformTags"), TAG_ADDRESS);

        return w->creates && json_string(made, "id") && !streq_ptr(address, w->resource->address) &&
               !streq_ptr(json_string(made, kind_name_field(w->kind)), w->name);
}

/* Answered once more with the work request of the create before it, of which nothing came that is there: the token is used up. */
static bool is_replayed(const Write *w, const OciReply *reply) {
        Resource *r = w->resource;
        bool again;

        if (!w->creates || !(w->kind->flags & KIND_NO_CREATE_BODY) || !reply->work_request_id)
                return false;
        again = streq_ptr(r->made_by, reply->work_request_id);
        str_replace(&r->made_by, reply->work_request_id);
        return again;
}

static void take_success(Engine *e, Write *w, OciReply *reply) {
        Resource *r = w->resource;
        _cleanup_free_ char *text = NULL;

        if (reply_is_object(w, reply->json))
                world_see(e->world, w->kind, w->region, TAKE_PTR(reply->json), reply->etag, READ_REPLY,
                          reply->ended_usec, reply->ended_usec);
        if (w->sub)
                observe_listings_now(e->observer, w->kind, w->region, w->sub, w->target);
        converge_note_write(r, w->creates, &w->differences, lasting_etag(e, w), reply->ended_usec);
        api_error_done(&r->last_error);
        r->not_before = 0;
        /* Something that was made, or taken away, and is seen again as it was before must not be tried in a tight circle. */
        if (w->creates || w->deletes)
                r->not_before = engine_now(e) + engine_wait(e, converge_delay(ERROR_NONE, ++r->attempts));
        else
                r->attempts = 0;
        text = xasprintf("%s %s", past_tense(w), w->what);
        resource_log(e, r, LOG_NOTICE, "%s%s%s%s", text, reply->opc_request_id ? " (request " : "",
                     reply->opc_request_id ? reply->opc_request_id : "", reply->opc_request_id ? ")" : "");
        add_event(e, w, reply, reply->opc_request_id, text);
}

static bool is_news(const ApiError *before, const ApiError *now) {
        return before->status != now->status || !streq_ptr(before->code, now->code);
}

static void tell_failure(Engine *e, const Write *w, const OciReply *reply, bool news) {
        const ApiError *error = &reply->error;
        _cleanup_free_ char *text = NULL;

        if (error->status > 0)
                text = xasprintf("Could not %s %s: %d %s, %s", infinitive(w), w->what, error->status,
                                 error->code, error->message);
        else
                text = xasprintf("Could not %s %s: %s", infinitive(w), w->what, error->message);
        resource_log(e, w->resource,
                     !news                         ? LOG_DEBUG
                     : error->retry == RETRY_NEVER ? LOG_WARNING
                                                   : LOG_INFO,
                     "%s", text);
        add_event(e, w, reply, error->opc_request_id, text);
}

static void look_again(Engine *e, const Write *w, const OciReply *reply) {
        switch (reply->error.meaning) {
        case ERROR_UNKNOWN_OR_FORBIDDEN: /* what the call names may have gone */
        case ERROR_RELATED_UNKNOWN:
                observe_region_now(e->observer, w->region);
                break;
        case ERROR_TOKEN_USED:
        case ERROR_EXISTS:
        case ERROR_CONFLICT:
        case ERROR_SERVER:
        case ERROR_GARBLED:
        case ERROR_TRANSPORT:
                observe_listings_now(e->observer, w->kind, w->region, w->sub, w->target);
                break;
        case ERROR_NONE:
        case ERROR_INVALID:
        case ERROR_LIMIT:
        case ERROR_AUTH:
        case ERROR_FORBIDDEN:
        case ERROR_NO_SUCH_CALL:
        case ERROR_BUSY:
        case ERROR_ETAG:
        case ERROR_THROTTLED:
        case _ERROR_MEANING_MAX:
                break;
        }
}

static void take_failure(Engine *e, Write *w, OciReply *reply) {
        Resource *r = w->resource;
        bool news = is_news(&r->last_error, &reply->error);
        usec_t wait;

        if (reply->error.meaning == ERROR_TOKEN_USED)
                r->token_round++;
        r->attempts++;
        wait = MAX(converge_delay(reply->error.meaning, r->attempts), reply->retry_after_usec);
        r->not_before = engine_now(e) + engine_wait(e, wait - wait / 4 + rng_below(&e->rng, wait / 4 + 1));
        tell_failure(e, w, reply, news);
        api_error_done(&r->last_error);
        r->last_error = api_error_copy(&reply->error);
        look_again(e, w, reply);
}

/* A refusal before anything happened leaves what is known as it is; all else makes it old, whatever was answered. */
static bool changes_nothing(const OciReply *reply, int error) {
        return error < 0 && !reply->ambiguous &&
               (reply->error.meaning == ERROR_AUTH || reply->error.meaning == ERROR_THROTTLED ||
                reply->status == 0);
}

static void on_written(OciCall *call, OciReply *reply, int error, void *userdata) {
        Write *w = userdata;
        Engine *e = w->engine;

        (void) call;
        observe_region_reply(e, w->region, reply->status, error < 0 ? &reply->error : NULL);
        add_attempt(w, reply, error < 0 ? reply->error.opc_request_id : reply->opc_request_id);
        if (error == 0 && (token_made_another(w, reply->json) || is_replayed(w, reply)))
                w->resource->token_round++;
        if (!take_created(e, w, reply, error) && !changes_nothing(reply, error))
                world_wrote(e->world, w->kind, w->region, w->target, w->sub, reply->ended_usec);
        if (error < 0)
                take_failure(e, w, reply);
        else
                take_success(e, w, reply);
        write_free(w);
        engine_wake(e);
}

/* Starting. */

static Write *write_new(Engine *e, const Action *a) {
        const Call *call = &a->call;
        const char *query = strchr(call->path, '?');
        Write *w = xnew(Write, 1);

        *w = (Write){
                .engine = e,
                .resource = a->resource,
                .kind = call->kind,
                .region = call->region,
                .target = xstrdup(call->target),
                .sub = call->sub,
                .creates = call->creates,
                .deletes = call->deletes,
                .abandons = a->abandon,
                .verb = a->verb,
                .method = xstrdup(call->method),
                .path = query ? xstrndup(call->path, (size_t) (query - call->path)) : xstrdup(call->path),
                .name = call->creates ? xstrdup(json_string(call->body, kind_create_name(call->kind)))
                                      : NULL,
        };
        for (size_t i = 0; i < a->differences.n; i++)
                if (!a->mends || startswith(a->differences.d[i].path, a->mends))
                        differences_copy(&w->differences, &a->differences.d[i]);
        w->what = describe(a->resource, &w->differences);
        DL_APPEND(e->writes, w);
        return w;
}

static void occupy(Resource *r, Write *w, const Action *a, usec_t now) {
        r->call = w;
        r->call_verb = a->verb;
        r->call_started = now;
        for (char **id = a->serialized; id && *id; id++)
                strv_push(&r->call_serialized, *id);
        r->call_text = xasprintf("%s %s", w->method, w->path);
}

static bool takes_from_budget(Verb v) {
        return v == VERB_DISRUPT || v == VERB_REPLACE || v == VERB_DELETE;
}

void act_start(Engine *e, const Context *c, Action *a) {
        _cleanup_free_ char *token = a->call.takes_token
                                             ? act_retry_token(c->estate, a->resource, a->call.body)
                                             : NULL;
        Write *w = write_new(e, a);
        int r;

        occupy(a->resource, w, a, c->now);
        r = oci_call_start(e->options.client,
                           &(OciRequest){
                                   .region = c->estate->regions[w->region].region,
                                   .service = kind_oci_service(w->kind),
                                   .method = a->call.method,
                                   .path = a->call.path,
                                   .body = a->call.body,
                                   .expect = OCI_EXPECT_OPTIONAL,
                                   .if_match = a->call.takes_if_match ? a->call.if_match : NULL,
                                   .retry_token = token,
                                   .deadline_usec = DEADLINE,
                           },
                           on_written, w, &w->call);
        if (r < 0) {
                OciReply reply = {};

                (void) api_error_set(&reply.error, 0, NULL, ERROR_INVALID, r, "not sent: %s", strerror(-r));
                add_attempt(w, &reply, NULL);
                take_failure(e, w, &reply);
                api_error_done(&reply.error);
                write_free(w);
                return;
        }
        if (takes_from_budget(a->verb))
                budget_take(&e->budget);
        resource_log(e, a->resource, LOG_DEBUG, "%s %s for %s", w->method, w->path, w->what);
}
