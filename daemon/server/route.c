/* Who may ask what: the table of routes, and the checks that come before every answer. */
#include "internal.h"

static const char *const approval_members[] = { "id", "override", "reason", NULL };
static const char *const pause_members[] = { "address", "for", "reason", NULL };
static const char *const address_members[] = { "address", NULL };
static const char *const reload_members[] = { "plan", NULL };
static const char *const plan_members[] = { "files", NULL };

static const Route routes[] = {
        { "GET", "/", ROUTE_ALWAYS, BODY_MAX, NULL, read_index },
        { "GET", "/healthz", ROUTE_ALWAYS, BODY_MAX, NULL, read_healthz },
        { "GET", "/readyz", ROUTE_ALWAYS, BODY_MAX, NULL, read_readyz },
        { "GET", "/status", 0, BODY_MAX, NULL, read_status },
        { "GET", "/plan", 0, BODY_MAX, NULL, read_plan },
        { "GET", "/explain", 0, BODY_MAX, NULL, read_explain },
        { "GET", "/events", ROUTE_ALWAYS, BODY_MAX, NULL, read_events },
        { "POST", "/plan", ROUTE_GUARDED, BODY_PLAN_MAX, plan_members, read_candidate },
        { "POST", "/approvals", ROUTE_CHANGES | ROUTE_GUARDED, BODY_MAX, approval_members, change_approve },
        { "POST", "/pauses", ROUTE_CHANGES | ROUTE_GUARDED, BODY_MAX, pause_members, change_pause },
        { "DELETE", "/pauses", ROUTE_CHANGES | ROUTE_GUARDED, BODY_MAX, address_members, change_resume },
        { "POST", "/reload", ROUTE_CHANGES | ROUTE_GUARDED | ROUTE_ALWAYS, BODY_MAX, reload_members,
          change_reload },
        { "POST", "/reconcile", ROUTE_CHANGES | ROUTE_GUARDED, BODY_MAX, address_members, change_reconcile },
};

const Route *server_route_find(const char *method, const char *path, Reply *ret) {
        bool is_path = false;

        if (streq(method, "HEAD"))
                method = "GET"; /* libmicrohttpd leaves the body out */
        for (size_t i = 0; i < ARRAY_SIZE(routes); i++) {
                if (!streq(routes[i].path, path))
                        continue;
                if (streq(routes[i].method, method))
                        return &routes[i];
                is_path = true;
        }
        if (is_path)
                reply_error(ret, 405, "no-such-method", "%s does not take this method", path);
        else
                reply_error(ret, 404, "no-such-path", "nothing is here; GET / says what there is");
        return NULL;
}

static const char *header(const Request *q, const char *name) {
        return MHD_lookup_connection_value(q->connection, MHD_HEADER_KIND, name);
}

const char *request_argument(const Request *q, const char *name) {
        return MHD_lookup_connection_value(q->connection, MHD_GET_ARGUMENT_KIND, name);
}

bool route_admits(const Server *s, const Request *q, Reply *ret) {
        const Route *route = q->route;

        if (!peer_may_read(&s->rules, &q->peer)) {
                reply_error(ret, 403, "not-allowed", "reading is for the groups tandem and tandem-admin");
                return false;
        }
        if (route->flags & ROUTE_CHANGES && !peer_may_change(&s->rules, &q->peer)) {
                reply_error(ret, 403, "not-allowed", "changing is for root and the group tandem-admin");
                return false;
        }
        if (!(route->flags & ROUTE_GUARDED))
                return true;
        if (!streq_ptr(header(q, "X-Tandem-Request"), "1")) {
                reply_error(ret, 403, "no-header", "this needs the header X-Tandem-Request: 1");
                return false;
        }
        if (!host_is_local(header(q, "Host"))) {
                reply_error(ret, 403, "not-local", "this needs a local Host: localhost, 127.0.0.1 or [::1]");
                return false;
        }
        return true;
}

static bool is_member(const Route *route, const char *name) {
        for (const char *const *m = route->members; m && *m; m++)
                if (streq(*m, name))
                        return true;
        return false;
}

/* A body is an object with members that the route knows: a mistyped one must not be taken for one left out. */
static bool parse_body(Request *q, Reply *ret) {
        const cJSON *m;
        size_t offset;

        if (q->text.size == 0)
                return true;
        if (!utf8_is_valid(q->text.s, q->text.size)) {
                reply_error(ret, 400, "bad-json", "the body is not UTF-8");
                return false;
        }
        if (json_parse(q->text.s, q->text.size, &q->body, &offset) < 0) {
                reply_error(ret, 400, "bad-json", "the body is no JSON, at byte %zu", offset);
                return false;
        }
        if (!cJSON_IsObject(q->body)) {
                reply_error(ret, 400, "bad-json", "the body is no JSON object");
                return false;
        }
        cJSON_ArrayForEach (m, q->body) {
                if (!is_member(q->route, m->string)) {
                        reply_error(ret, 400, "unknown-member",
                                    "the body has a member that is not known here: %.64s", m->string);
                        return false;
                }
        }
        return true;
}

void route_handle(Server *s, Request *q, Reply *ret) {
        if (!parse_body(q, ret))
                return;
        if (!(q->route->flags & ROUTE_ALWAYS) && !engine_context(s->options.engine)->estate) {
                reply_error(ret, 503, "not-ready", "no spec runs yet");
                return;
        }
        q->route->handle(s, q, ret);
}
