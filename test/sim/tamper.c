/* Makes a reply wrong on command: another type, another shape, another charset, a word that nobody knows, a header gone. */
#include "tamper.h"

#include <strings.h>

#include "base/json.h"
#include "call.h"

static void set_reply(Call *c, const cJSON *body) {
        free(c->reply);
        c->reply = json_text(body);
}

/* The same member with a value of another type. */
static cJSON *mistyped(const cJSON *v) {
        if (cJSON_IsString(v))
                return cJSON_CreateNumber((double) strlen(v->valuestring));
        if (cJSON_IsNumber(v))
                return json_new_string("12");
        if (cJSON_IsArray(v))
                return json_new_object();
        if (cJSON_IsObject(v))
                return json_new_array();
        return json_new_string("yes"); /* a bool or a null */
}

/* The id stays: what cannot be told apart would be dropped at once, and nothing of it would be tried. */
static cJSON *mistyped_members(const cJSON *o) {
        cJSON *out = json_new_object();
        const cJSON *v;

        cJSON_ArrayForEach (v, o)
                json_set(out, v->string, streq(v->string, "id") ? json_copy(v) : mistyped(v));
        return out;
}

static cJSON *unknown_word(const cJSON *o, const char *field) {
        cJSON *out = json_copy(o);

        if (json_get(out, field))
                json_set_string(out, field, "HIBERNATING");
        return out;
}

/* Each object of a list, or the one that the reply is. */
static cJSON *changed_objects(const cJSON *body, const Fault *fault) {
        const char *field = fault->field ? fault->field : "lifecycleState";
        cJSON *out = json_new_array();
        const cJSON *v;

        if (cJSON_IsObject(body)) {
                cJSON_Delete(out);
                return fault->action == FAULT_MISTYPE ? mistyped_members(body) : unknown_word(body, field);
        }
        cJSON_ArrayForEach (v, body)
                json_append(out, cJSON_IsObject(v) ? changed_objects(v, fault) : json_copy(v));
        return out;
}

/* A list becomes an object that holds it, an object a list of one. */
static cJSON *reshaped(const cJSON *body) {
        cJSON *out = cJSON_IsArray(body) ? json_new_object() : json_new_array();

        if (cJSON_IsArray(body))
                json_set(out, "items", json_copy(body));
        else
                json_append(out, json_copy(body));
        return out;
}

/* A letter that is one byte in Latin-1 and no UTF-8, in the first string of the body. */
static void spoil_charset(Call *c) {
        char *quote = strchr(c->reply, '"');

        if (quote && quote[1] && quote[1] != '"')
                quote[1] = (char) 0xe9;
}

static void drop_header(Call *c, const char *name) {
        for (size_t i = 0; i < c->n_reply_headers; i++) {
                ReplyHeader *h = &c->reply_headers[i];

                if (strcasecmp(h->name, name) != 0)
                        continue;
                free(h->name);
                free(h->value);
                *h = c->reply_headers[--c->n_reply_headers];
                return;
        }
}

static void tamper_json(Call *c, const Fault *fault) {
        _cleanup_json_ cJSON *body = c->reply ? cJSON_Parse(c->reply) : NULL, *out = NULL;

        if (!body)
                return;
        out = fault->action == FAULT_RESHAPE ? reshaped(body) : changed_objects(body, fault);
        set_reply(c, out);
}

void tamper_reply(Call *c, const Fault *fault) {
        if (c->status >= 400)
                return;
        switch (fault->action) {
        case FAULT_GARBAGE:
                free(c->reply);
                c->reply = xstrdup("<html><body><h1>Please sign in to this network</h1></body></html>");
                c->content_type = "text/html";
                break;
        case FAULT_CHARSET:
                if (!c->reply)
                        break;
                spoil_charset(c);
                c->content_type = fault->field; /* announced, or with NULL said to be as always */
                break;
        case FAULT_MISTYPE:
        case FAULT_RESHAPE:
        case FAULT_UNKNOWN_WORD:
                tamper_json(c, fault);
                break;
        case FAULT_NO_ETAG:
                drop_header(c, "etag");
                break;
        case FAULT_CUT_LIST:
                drop_header(c, "opc-next-page");
                break;
        case FAULT_NONE:
        case FAULT_STATUS:
        case FAULT_DELAY:
        case FAULT_RESET:
        case FAULT_TRUNCATE:
        case FAULT_STALE:
        case FAULT_LOST_REPLY:
        case FAULT_SILENT:
        case FAULT_REFUSE:
        case FAULT_DRIP:
        case FAULT_OVERSIZE:
        case FAULT_REPEAT_PAGE:
        case FAULT_SKEW:
        case _FAULT_MAX:
                break;
        }
}
