/* One call: copied, signed when it goes out, its reply checked and classified. */
#include "call.h"

#include <errno.h>
#include <inttypes.h>
#include <strings.h>

#include "backoff.h"
#include "sign.h"

#define DEADLINE_DEFAULT   (60 * USEC_PER_SEC)
#define REPLY_SIZE_DEFAULT ((size_t) 16 * 1024 * 1024)
#define PATH_SIZE_MAX      ((size_t) 32 * 1024)
#define HEADER_VALUE_MAX   1024
#define JSON_VALUES_MAX    1000000 /* each costs 64 bytes or more, however short it is written */
#define SKEW_MAX           (5 * USEC_PER_MINUTE) /* beyond it the service refuses what is signed */

static bool is_visible(const char *s, size_t max) {
        size_t n = strlen(s);

        if (n == 0 || n > max)
                return false;
        for (; *s; s++)
                if (*s <= 0x20 || *s >= 0x7f)
                        return false;
        return true;
}

static bool is_sendable(const OciRequest *q) {
        static const char *const methods[] = { "GET", "POST", "PUT", "PATCH", "DELETE" };
        bool known = false;

        for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
                known = known || streq(q->method, methods[i]);
        return known && q->service < _OCI_SERVICE_MAX && q->path[0] == '/' &&
               is_visible(q->path, PATH_SIZE_MAX) && !strchr(q->path, '#') && !endswith(q->path, "?") &&
               (!q->if_match || is_visible(q->if_match, HEADER_VALUE_MAX)) &&
               (!q->retry_token || is_visible(q->retry_token, 64)) &&
               !(q->body && (streq(q->method, "GET") || streq(q->method, "DELETE")));
}

int oci_call_start(OciClient *c, const OciRequest *q, OciDone done, void *userdata, OciCall **ret) {
        _cleanup_(oci_call_unrefp) OciCall *call = NULL;
        Lane *lane = is_sendable(q) ? oci_client_lane(c, q->region) : NULL;
        int r;

        if (!lane)
                return -EINVAL;
        call = xnew(OciCall, 1);
        *call = (OciCall){
                .n_ref = 1,
                .client = oci_client_ref(c),
                .lane = lane,
                .is_mutating = !streq(q->method, "GET"),
                .done = done,
                .userdata = userdata,
                .method = xstrdup(q->method),
                .path = xstrdup(q->path),
                .body = q->body ? json_text(q->body) : NULL,
                .if_match = xstrdup(q->if_match),
                .retry_token = xstrdup(q->retry_token),
                .service = q->service,
                .expect = q->expect,
                .deadline_usec = q->deadline_usec > 0 ? q->deadline_usec : DEADLINE_DEFAULT,
                .max_reply_size = q->max_reply_size > 0 ? q->max_reply_size : REPLY_SIZE_DEFAULT,
        };
        r = oci_client_submit(c, call);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(call);
        return 0;
}

OciCall *oci_call_ref(OciCall *call) {
        call->n_ref++;
        return call;
}

OciCall *oci_call_unref(OciCall *call) {
        if (!call || --call->n_ref > 0)
                return NULL;
        if (call->is_waiting)
                oci_client_withdraw(call);
        http_call_unref(call->http);
        free(call->method);
        free(call->path);
        free(call->body);
        free(call->if_match);
        free(call->retry_token);
        oci_client_unref(call->client);
        free(call);
        return NULL;
}

static void on_http_done(HttpCall *http, const HttpReply *answer, int error, void *userdata);

static int start_http(OciCall *call, const OciUrl *url, char *const *signed_headers) {
        _cleanup_free_ char *text = oci_url_text(url), *if_match = NULL, *retry_token = NULL;
        _cleanup_free_ const char **headers = NULL;
        size_t n = 0;

        array_push(headers, n, "accept: application/json");
        for (; *signed_headers; signed_headers++)
                array_push(headers, n, *signed_headers);
        if (call->if_match) {
                if_match = xasprintf("if-match: %s", call->if_match);
                array_push(headers, n, if_match);
        }
        if (call->retry_token) {
                retry_token = xasprintf("opc-retry-token: %s", call->retry_token);
                array_push(headers, n, retry_token);
        }
        array_push(headers, n, NULL);
        return http_call_start(oci_client_http(call->client),
                               &(HttpRequest){
                                       .method = call->method,
                                       .url = text,
                                       .headers = headers,
                                       .body = call->body,
                                       .body_size = call->body ? strlen(call->body) : 0,
                                       .deadline_usec = call->deadline_usec,
                                       .max_reply_size = call->max_reply_size,
                               },
                               on_http_done, call, &call->http);
}

int oci_call_send(OciCall *call) {
        _cleanup_free_ char *text = xasprintf("%s%s", oci_lane_endpoint(call->lane, call->service),
                                              call->path);
        _cleanup_(oci_headers_freep) char **headers = NULL;
        _cleanup_(oci_url_done) OciUrl url = {};
        int r;

        r = oci_url_parse(text, &url);
        if (r < 0)
                return r;
        r = oci_sign(oci_signer_credential(oci_client_signer(call->client)),
                     &(OciSignInput){
                             .method = call->method,
                             .host = url.host,
                             .target = url.target,
                             .date_usec = oci_client_realtime(call->client),
                             .body = call->body,
                             .body_size = call->body ? strlen(call->body) : 0,
                     },
                     &headers);
        if (r < 0)
                return r;
        r = start_http(call, &url, headers);
        if (r < 0)
                return r;
        call->begun_usec = oci_client_monotonic(call->client);
        call->lane->n_requests++;
        return 0;
}

static void finish(OciCall *call, OciReply *reply, int error) {
        _cleanup_(oci_call_unrefp) _unused_ OciCall *keep = oci_call_ref(call);

        call->done(call, reply, error, call->userdata);
        cJSON_Delete(reply->json);
        api_error_done(&reply->error);
}

void oci_call_fail(OciCall *call, int error) {
        OciReply reply = { .begun_usec = oci_client_monotonic(call->client) };

        reply.ended_usec = reply.begun_usec;
        if (error == -ENOKEY)
                (void) api_error_set(&reply.error, 0, NULL, ERROR_AUTH, error,
                                     "there is no credential to sign with");
        else
                (void) api_error_set(&reply.error, 0, NULL, ERROR_TRANSPORT, error, "not sent: %s",
                                     strerror(-error));
        finish(call, &reply, error);
}

/* "application/json", with no other charset than UTF-8. */
static bool is_json_type(const char *type) {
        const char *rest, *charset;

        if (!type || strncasecmp(type, "application/json", 16) != 0)
                return false;
        rest = type + 16 + strspn(type + 16, " \t");
        if (*rest && *rest != ';')
                return false;
        charset = strcasestr(rest, "charset=");
        if (!charset)
                return true;
        charset += 8 + (charset[8] == '"');
        return strncasecmp(charset, "utf-8", 5) == 0;
}

static bool is_costly(const char *body, size_t size) {
        size_t n = 0;

        for (size_t i = 0; i < size; i++)
                n += body[i] == ',' || body[i] == '[' || body[i] == '{';
        return n > JSON_VALUES_MAX;
}

/* The body of a 2xx. NULL in *reterr_why when it is what was expected. */
static cJSON *parse_body(const OciCall *call, const HttpReply *answer, const char **reterr_why) {
        _cleanup_json_ cJSON *json = NULL;

        *reterr_why = NULL;
        if (!answer->body_is_complete)
                *reterr_why = "is not complete";
        else if (answer->body_size == 0)
                *reterr_why = call->expect == OCI_EXPECT_OPTIONAL ? NULL : "is empty";
        else if (!is_json_type(http_reply_header(answer, "content-type")))
                *reterr_why = "is not JSON by its content type";
        else if (!utf8_is_valid(answer->body, answer->body_size))
                *reterr_why = "is not UTF-8";
        else if (is_costly(answer->body, answer->body_size))
                *reterr_why = "has too many values";
        else if (json_parse(answer->body, answer->body_size, &json, NULL) < 0)
                *reterr_why = "is not JSON";
        else if (call->expect == OCI_EXPECT_OBJECT && !cJSON_IsObject(json))
                *reterr_why = "is no JSON object";
        else if (call->expect == OCI_EXPECT_ARRAY && !cJSON_IsArray(json))
                *reterr_why = "is no JSON array";
        else if (!cJSON_IsObject(json) && !cJSON_IsArray(json))
                *reterr_why = "is neither a JSON object nor an array";
        return *reterr_why ? NULL : TAKE_PTR(json);
}

static void read_headers(OciCall *call, const HttpReply *answer, OciReply *reply) {
        usec_t now = oci_client_realtime(call->client), date;
        const char *value;

        reply->etag = http_reply_header(answer, "etag");
        if (reply->etag && !is_visible(reply->etag, HEADER_VALUE_MAX))
                reply->etag = NULL; /* it could not be sent back in an if-match */
        reply->opc_request_id = http_reply_header(answer, "opc-request-id");
        reply->next_page = http_reply_header(answer, "opc-next-page");
        reply->work_request_id = http_reply_header(answer, "opc-work-request-id");
        value = http_reply_header(answer, "retry-after");
        if (value)
                (void) parse_retry_after(value, now, &reply->retry_after_usec); /* garbage is ignored */
        value = http_reply_header(answer, "date");
        if (value && parse_http_date(value, &date) == 0) {
                /* The date has no fraction: on average it is half a second old when it is written. */
                reply->skew_usec = (int64_t) (date + USEC_PER_SEC / 2) - (int64_t) now;
                reply->has_skew = true;
                call->lane->has_skew = true;
                call->lane->skew_usec = reply->skew_usec;
        }
}

static void explain_skew(OciReply *reply) {
        int64_t skew = reply->has_skew ? reply->skew_usec : 0;
        uint64_t seconds = (uint64_t) (skew < 0 ? -skew : skew) / USEC_PER_SEC;
        char *text;

        if (seconds <= SKEW_MAX / USEC_PER_SEC)
                return;
        text = xasprintf("this host's clock is %" PRIu64 " s %s the service's, which allows %" PRIu64 ": %s",
                         seconds, skew > 0 ? "behind" : "ahead of", SKEW_MAX / USEC_PER_SEC,
                         reply->error.message);
        if (strlen(text) <= API_MESSAGE_MAX) {
                free(reply->error.message);
                reply->error.message = text;
        } else
                free(text);
}

/* No answer at all, or one that was cut off. */
static int judge_transport(OciCall *call, const HttpReply *answer, int error, OciReply *reply) {
        const char *text = http_call_error_text(call->http);

        reply->ambiguous = call->is_mutating && answer->sent;
        return api_error_set(&reply->error, reply->status, reply->opc_request_id,
                             error == -EFBIG ? ERROR_GARBLED : ERROR_TRANSPORT, error, "%s",
                             isempty(text) ? strerror(-error) : text);
}

/* A status other than 2xx. A 4xx was decided before anything happened; a 5xx says nothing about that, and a
 * 408 no more. */
static int judge_refusal(OciCall *call, const HttpReply *answer, OciReply *reply) {
        bool decided = reply->status >= 400 && reply->status < 500 && reply->status != 408;
        int r = api_error_from_reply(reply->status, answer->body, answer->body_size, reply->opc_request_id,
                                     &reply->error);

        reply->ambiguous = call->is_mutating && !decided;
        if (reply->error.meaning == ERROR_AUTH)
                explain_skew(reply);
        if (reply->error.meaning == ERROR_THROTTLED)
                rate_on_throttled(&call->lane->rate, oci_client_monotonic(call->client),
                                  reply->retry_after_usec);
        return r;
}

static int judge_success(OciCall *call, const HttpReply *answer, OciReply *reply) {
        const char *why;

        reply->json = parse_body(call, answer, &why);
        rate_on_success(&call->lane->rate);
        if (!why)
                return 0;
        reply->ambiguous = call->is_mutating;
        return api_error_set(&reply->error, reply->status, reply->opc_request_id, ERROR_GARBLED, -EBADMSG,
                             "the answer's body %s", why);
}

static void on_http_done(HttpCall *http, const HttpReply *answer, int error, void *userdata) {
        OciCall *call = ASSERT_PTR(userdata);
        OciReply reply = {
                .status = (int) answer->status,
                .begun_usec = call->begun_usec,
                .ended_usec = oci_client_monotonic(call->client),
        };
        int r;

        read_headers(call, answer, &reply);
        if (error < 0)
                r = judge_transport(call, answer, error, &reply);
        else if (reply.status >= 200 && reply.status < 300)
                r = judge_success(call, answer, &reply);
        else
                r = judge_refusal(call, answer, &reply);
        finish(call, &reply, r);
}
