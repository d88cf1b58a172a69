/* control.sock: what tests ask and set. Not a part of the simulated cloud. */
#include "control.h"

#include <errno.h>

#include "base/json.h"
#include "call.h"
#include "calls.h"
#include "cloud.h"
#include "estate.h"
#include "faults.h"
#include "kind.h"
#include "kinds/nodes.h"
#include "lifecycle.h"
#include "options.h"
#include "resource.h"
#include "shape.h"
#include "store.h"

#define ADVANCE_MAX (100.0 * 365 * 86400)

static int get_estate(Call *c, const cJSON *in) {
        return call_reply(c, 200, estate_json(c->sim));
}

static int get_calls(Call *c, const cJSON *in) {
        const char *since = call_query(c, "since");
        int64_t n = 0;

        if (since && parse_i64(since, 0, INT64_MAX, &n) < 0)
                return call_fail(c, 400, "InvalidParameter", "since is a number.");
        return call_reply(c, 200, call_log_json(c->sim->log, (uint64_t) n));
}

static int put_faults(Call *c, const cJSON *in) {
        _cleanup_free_ char *why = NULL;

        if (faults_set(c->sim->faults, in, &why) < 0)
                return call_fail(c, 400, "InvalidParameter", "%s", why);
        return call_reply(c, 204, NULL);
}

static int get_faults(Call *c, const cJSON *in) {
        return call_reply(c, 200, faults_json(c->sim->faults));
}

static int put_options(Call *c, const cJSON *in) {
        const char *name = "";

        if (!cJSON_IsObject(in) || options_set(c->sim, in, &name) < 0)
                return call_fail(c, 400, "InvalidParameter",
                                 "'%s' is no option, or its value is of another type.", name);
        return call_reply(c, 204, NULL);
}

static int get_options(Call *c, const cJSON *in) {
        return call_reply(c, 200, json_copy(c->sim->options));
}

/* What happens to a node without its pool's doing. */
static int post_node(Call *c, const cJSON *in) {
        static const struct {
                const char *act, *mark;
                bool on;
        } act_table[] = {
                { "not-ready", "ready", false },
                { "ready", "ready", true },
                { "hang-drain", "drainHangs", true },
                { "free-drain", "drainHangs", false },
        };
        const char *id = json_string(in, "id"), *act = json_string(in, "act");
        Object *pool, *instance;

        if (!id || !act || nodes_find_any(c->sim, id, &pool) < 0)
                return call_fail(c, 404, "NotFound", "There is no such node.");
        if (streq(act, "kill")) {
                instance = store_get(c->sim, id);
                if (!instance)
                        return call_fail(c, 404, "NotFound", "The node has no instance.");
                lifecycle_end(instance);
                return call_reply(c, 204, NULL);
        }
        for (size_t i = 0; i < ARRAY_SIZE(act_table); i++)
                if (streq(act_table[i].act, act)) {
                        (void) nodes_mark(pool, id, act_table[i].mark, act_table[i].on); /* it was found */
                        return call_reply(c, 204, NULL);
                }
        return call_fail(c, 400, "InvalidParameter",
                         "act is kill, not-ready, ready, hang-drain or free-drain.");
}

static int post_advance(Call *c, const cJSON *in) {
        double seconds = json_number(in, "seconds", -1);

        if (!(seconds >= 0 && seconds <= ADVANCE_MAX))
                return call_fail(c, 400, "InvalidParameter", "seconds is a number from 0 on.");
        sim_advance(c->sim, (usec_t) (seconds * 1e6));
        return call_reply(c, 204, NULL);
}

static int post_set(Call *c, const cJSON *in) {
        Region *region = sim_region(c->sim, json_string(in, "region"));
        const char *kind = json_string(in, "kind");
        Object *o = store_get(c->sim, json_string(in, "id"));
        const cJSON *fields = json_get(in, "fields"), *v;
        _cleanup_json_ cJSON *after = NULL;
        _cleanup_free_ char *why = NULL;

        if (!o || (region && o->region != region) || (kind && !streq(o->kind->name, kind)))
                return call_fail(c, 404, "NotFound", "There is no such object.");
        if (!cJSON_IsObject(fields) || json_get(fields, "id"))
                return call_fail(c, 400, "InvalidParameter",
                                 "fields is an object, and does not change the id.");
        after = json_copy(o->body);
        cJSON_ArrayForEach (v, fields)
                json_set_copy(after, v->string, v);
        if (shape_check(o->kind, after, &why) < 0) /* the world may be hostile, not broken */
                return call_fail(c, 400, "InvalidParameter", "%s", why);
        object_touch(o, NULL);
        resource_overlay(o, fields);
        return call_reply(c, 200, json_copy(o->body));
}

/* The inner call's reply as JSON: {status, headers, body}. */
static cJSON *hand_reply(const Call *hand) {
        cJSON *reply = json_new_object(), *headers = json_new_object(),
              *body = hand->reply ? cJSON_Parse(hand->reply) : NULL;

        for (size_t i = 0; i < hand->n_reply_headers; i++)
                json_set_string(headers, hand->reply_headers[i].name, hand->reply_headers[i].value);
        json_set_string(headers, "opc-request-id", hand->request_id);
        json_set_number(reply, "status", hand->status);
        json_set(reply, "headers", headers);
        json_set(reply, "body", body ? body : cJSON_CreateNull());
        return reply;
}

static int post_hand(Call *c, const cJSON *in) {
        const char *region = json_string(in, "region"), *method = json_string(in, "method"),
                   *path = json_string(in, "path");
        const char *host = json_string(in, "host");
        const cJSON *body = json_get(in, "body"), *header;
        _cleanup_free_ char *text = NULL, *name = NULL;
        _cleanup_(call_done) Call hand = {};

        if (!region || !sim_region(c->sim, region) || isempty(method) || !path || path[0] != '/')
                return call_fail(c, 400, "InvalidParameter", "A hand needs region, method and path.");
        name = host && strchr(host, '.') ? xstrdup(host)
                                         : xasprintf("%s.%s.oraclecloud.com", host ? host : "iaas", region);
        text = !body ? xstrdup("") : cJSON_IsString(body) ? xstrdup(body->valuestring) : json_text(body);

        call_init(&hand, c->sim, method, path);
        hand.principal = "hand";
        cJSON_ArrayForEach (header, json_get(in, "headers"))
                if (cJSON_IsString(header))
                        call_add_header(&hand, header->string, header->valuestring);
        str_replace(&hand.host, name);
        hand.body = text;
        hand.body_size = strlen(text);
        if (cloud_route_host(&hand))
                cloud_handle(&hand);
        call_log_add(c->sim->log, &hand, hand.status);
        c->delay_usec = hand.delay_usec;
        return call_reply(c, 200, hand_reply(&hand));
}

static const struct {
        const char *method, *path;
        bool has_body;
        int (*run)(Call *c, const cJSON *in);
} route_table[] = {
        { "GET", "/estate", false, get_estate },    { "POST", "/snapshot", false, get_estate },
        { "GET", "/calls", false, get_calls },      { "GET", "/faults", false, get_faults },
        { "PUT", "/faults", true, put_faults },     { "GET", "/options", false, get_options },
        { "PUT", "/options", true, put_options },   { "POST", "/hand", true, post_hand },
        { "POST", "/advance", true, post_advance }, { "POST", "/set", true, post_set },
        { "POST", "/node", true, post_node },
};

void control_handle(Call *c) {
        _cleanup_json_ cJSON *in = NULL;
        bool there = false;
        size_t offset = 0;

        for (size_t i = 0; i < ARRAY_SIZE(route_table); i++) {
                if (!streq(route_table[i].path, c->path))
                        continue;
                there = true;
                if (!streq(route_table[i].method, c->method))
                        continue;
                if (route_table[i].has_body && json_parse(c->body, c->body_size, &in, &offset) < 0)
                        (void) call_fail(c, 400, "CannotParseRequest", "No JSON at offset %zu.", offset);
                else
                        (void) route_table[i].run(c, in);
                return;
        }
        (void) call_fail(c, there ? 405 : 404, there ? "MethodNotAllowed" : "NotFound", "There is no %s %s.",
                         c->method, c->path);
}
