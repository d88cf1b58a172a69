/* A request as the simulator serves it: its parsed path and query, and the reply that is being made for
 * it. */
#include "call.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>

#include "base/json.h"
#include "kind.h"
#include "kube/watch.h"
#include "options.h"
#include "store.h"

static int hex_digit(char ch) {
        if (ch >= '0' && ch <= '9')
                return ch - '0';
        if (ch >= 'a' && ch <= 'f')
                return ch - 'a' + 10;
        if (ch >= 'A' && ch <= 'F')
                return ch - 'A' + 10;
        return -1;
}

/* '+' is a space in a query: some clients send it so. A broken escape stays as it is. */
static char *query_decode(const char *s, size_t n) {
        _cleanup_str_ Str out = {};

        for (size_t i = 0; i < n; i++)
                if (s[i] == '%' && i + 2 < n && hex_digit(s[i + 1]) >= 0 && hex_digit(s[i + 2]) >= 0) {
                        char ch = (char) (hex_digit(s[i + 1]) * 16 + hex_digit(s[i + 2]));

                        str_addc(&out, ch ? ch : '?');
                        i += 2;
                } else
                        str_addc(&out, s[i] == '+' ? ' ' : s[i]);
        return str_take(&out);
}

static void call_parse_query(Call *c, const char *query) {
        while (*query && c->n_query < N_QUERY_MAX) {
                size_t n = strcspn(query, "&"), eq = strcspn(query, "=");

                if (eq > n)
                        eq = n;
                if (n > 0)
                        c->query[c->n_query++] = (QueryParam){
                                .name = query_decode(query, eq),
                                .value = eq < n ? query_decode(query + eq + 1, n - eq - 1) : xstrdup(""),
                        };
                query += n;
                query += *query == '&';
        }
}

void call_init(Call *c, Sim *sim, const char *method, const char *target) {
        size_t n = strcspn(target, "?");

        *c = (Call){
                .sim = sim,
                .method = xstrdup(method),
                .target = xstrdup(target),
                .path = xstrndup(target, n),
                .headers = json_new_object(),
        };
        if (target[n])
                call_parse_query(c, target + n + 1);
}

void call_done(Call *c) {
        for (size_t i = 0; i < c->n_query; i++) {
                free(c->query[i].name);
                free(c->query[i].value);
        }
        for (size_t i = 0; i < c->n_reply_headers; i++) {
                free(c->reply_headers[i].name);
                free(c->reply_headers[i].value);
        }
        cJSON_Delete(c->headers);
        free(c->method);
        free(c->target);
        free(c->path);
        free(c->host);
        free(c->server_name);
        free(c->reply);
        kube_watch_free(c->watch);
        *c = (Call){};
}

void call_add_header(Call *c, const char *name, const char *value) {
        _cleanup_free_ char *lower = str_lower(xstrdup(name));
        cJSON *have = json_get(c->headers, lower);

        if (cJSON_GetArraySize(c->headers) >= 100)
                return;
        if (have) {
                cJSON *both = cJSON_IsArray(have) ? NULL : json_new_array();

                if (!both)
                        return;
                json_append(both, json_copy(have));
                json_append_string(both, value);
                json_set(c->headers, lower, both);
        } else
                json_set_string(c->headers, lower, value);
        c->if_match = call_header(c, "if-match");
        c->retry_token = call_header(c, "opc-retry-token");
        if (streq(lower, "host"))
                str_replace(&c->host, value);
}

const char *call_header(const Call *c, const char *lower_name) {
        return json_string(c->headers, lower_name);
}

usec_t call_wall_clock(const Call *c) {
        return sim_wall_clock(c->sim) + c->skew_usec;
}

bool call_is_mutating(const Call *c) {
        return !streq(c->method, "GET") && !streq(c->method, "HEAD") &&
               !endswith(c->path, "/actions/getAllDrgAttachments") &&
               !endswith(c->path, "/kubeconfig/content");
}

const char *call_query(const Call *c, const char *name) {
        for (size_t i = 0; i < c->n_query; i++)
                if (streq(c->query[i].name, name))
                        return c->query[i].value;
        return NULL;
}

_printf_(4, 0) static int call_failv(Call *c, unsigned status, const char *code, const char *format,
                                     va_list ap) {
        _cleanup_free_ char *message = xvasprintf(format, ap);
        cJSON *body;

        if (c->status >= 400)
                return -EBADMSG;
        body = json_new_object();
        json_set_string(body, "code", code);
        json_set_string(body, "message", message);
        call_reply(c, status, body);
        return -EBADMSG;
}

int call_fail(Call *c, unsigned status, const char *code, const char *format, ...) {
        va_list ap;
        int r;

        va_start(ap, format);
        r = call_failv(c, status, code, format, ap);
        va_end(ap);
        return r;
}

int call_fail_option(Call *c, const char *option, const char *format, ...) {
        const cJSON *pair = option_value(c->sim, option);
        const cJSON *status = cJSON_GetArrayItem(pair, 0), *code = cJSON_GetArrayItem(pair, 1);
        va_list ap;
        int r;

        va_start(ap, format);
        r = call_failv(c, cJSON_IsNumber(status) ? (unsigned) status->valueint : 409,
                       cJSON_IsString(code) ? code->valuestring : "IncorrectState", format, ap);
        va_end(ap);
        return r;
}

int call_not_found(Call *c) {
        return call_fail(c, 404, "NotAuthorizedOrNotFound",
                         "Authorization failed or requested resource not found.");
}

int call_reply(Call *c, unsigned status, cJSON *body) {
        free(c->reply);
        c->reply = body ? json_text(body) : NULL;
        c->status = status;
        cJSON_Delete(body);
        return 0;
}

int call_reply_text(Call *c, unsigned status, const char *content_type, const char *text) {
        str_replace(&c->reply, text);
        c->content_type = content_type;
        c->status = status;
        return 0;
}

void call_add_reply_header(Call *c, const char *name, const char *value) {
        if (c->n_reply_headers < N_HEADERS_MAX)
                c->reply_headers[c->n_reply_headers++] = (ReplyHeader){ .name = xstrdup(name),
                                                                        .value = xstrdup(value) };
}

const char *call_reply_header(const Call *c, const char *name) {
        for (size_t i = 0; i < c->n_reply_headers; i++)
                if (streq(c->reply_headers[i].name, name))
                        return c->reply_headers[i].value;
        return NULL;
}

/* The reply hides what the region's last mutating request did, and that touched the object. */
static bool is_stale(const Call *c, const Object *o) {
        return c->stale && o->old_epoch == o->region->epoch;
}

/* Fisher and Yates, on the linked list that cJSON keeps. */
void call_shuffle(Call *c, cJSON *array) {
        for (int n = cJSON_GetArraySize(array); n > 1; n--)
                cJSON_AddItemToArray(array, cJSON_DetachItemFromArray(
                                                    array, (int) rng_below(&c->sim->orders, (uint64_t) n)));
}

static cJSON *render(Call *c, const Object *o, const cJSON *body) {
        cJSON *copy = json_copy(body);
        const char *word = json_string(option_value(c->sim, "unknownLifecycle"), o->kind->name);

        if (option_bool(c->sim, "shuffleRules"))
                for (size_t i = 0; i < ARRAY_SIZE(o->kind->unordered) && o->kind->unordered[i]; i++)
                        call_shuffle(c, json_get(copy, o->kind->unordered[i]));
        json_remove(copy, "inner");
        if (o->kind->render)
                o->kind->render(o, copy);
        if (word)
                json_set_string(copy, "lifecycleState", word);
        return copy;
}

int call_reply_object(Call *c, unsigned status, Object *o, bool with_etag) {
        const cJSON *view = call_view(c, o);
        char seconds[24];
        cJSON *shown;

        if (!view)
                return call_not_found(c);
        if (with_etag)
                call_add_reply_header(c, "etag", is_stale(c, o) ? o->old_etag : o->etag);
        if (o->kind->retry_after > 0) {
                snprintf(seconds, sizeof seconds, "%.0f", MAX(1.0, o->kind->retry_after / c->sim->speed));
                call_add_reply_header(c, "retry-after", seconds);
        }
        shown = render(c, o, view);
        if (o->kind->render_items)
                o->kind->render_items(shown, call_view_items(c, o));
        return call_reply(c, status, shown);
}

const cJSON *call_view(const Call *c, const Object *o) {
        return is_stale(c, o) ? o->old_body : o->body;
}

const cJSON *call_view_items(const Call *c, const Object *o) {
        return is_stale(c, o) ? o->old_items : o->items;
}

cJSON *call_render(Call *c, const Object *o, const cJSON *body) {
        cJSON *copy = render(c, o, body);

        for (size_t i = 0; i < ARRAY_SIZE(o->kind->summary_lacks) && o->kind->summary_lacks[i]; i++)
                json_remove(copy, o->kind->summary_lacks[i]);
        return copy;
}

int call_claim(Call *c, Object *o) {
        for (size_t i = 0; i < c->n_claims; i++)
                if (c->claims[i] == o)
                        return 0;
        if (!object_is_live(o))
                return call_not_found(c);
        if (!object_is_ready(o) && !(streq(object_state(o), "FAILED") && streq(c->method, "DELETE")))
                return call_fail(c, 409, "IncorrectState", "The %s %s is in state %s.", o->kind->name, o->id,
                                 object_state(o));
        if (o->busy_until > now_monotonic())
                return call_fail(c, 409, "IncorrectState", "The %s %s is being modified by another request.",
                                 o->kind->name, o->id);
        assert(c->n_claims < N_CLAIMS_MAX);
        c->claims[c->n_claims++] = o;
        return 0;
}

int call_check_etag(Call *c, const Object *o) {
        if (!c->if_match || streq(c->if_match, o->etag) || streq(c->if_match, "*"))
                return 0;
        return call_fail(c, 412, "NoEtagMatch", "The etag '%s' does not match the current etag of %s.",
                         c->if_match, o->id);
}

int call_parse_body(Call *c, bool optional, cJSON **ret) {
        _cleanup_json_ cJSON *body = NULL;
        size_t offset = 0;

        if (c->body_size == 0 && optional) {
                *ret = json_new_object();
                return 0;
        }
        if (json_parse(c->body ? c->body : "", c->body_size, &body, &offset) < 0)
                return call_fail(c, 400, "CannotParseRequest",
                                 "Incorrectly formatted request: no JSON at offset %zu.", offset);
        if (!cJSON_IsObject(body))
                return call_fail(c, 400, "CannotParseRequest",
                                 "Incorrectly formatted request: an object is expected.");
        *ret = TAKE_PTR(body);
        return 0;
}
