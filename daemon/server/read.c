/* The routes that only read. */
#include "internal.h"

#include "spec/spec.h"

static const char index_text[] =
        "tandemd\n"
        "\n"
        "GET    /healthz             the loop turns\n"
        "GET    /readyz              every region was seen completely\n"
        "GET    /status              the estate, one document\n"
        "GET    /plan                what is to be done\n"
        "GET    /explain?address=A   everything about one resource\n"
        "GET    /events?since=N      what happened, one JSON line each; follow=1 stays\n"
        "POST   /plan                {files: [{name, text}]}: a candidate's plan\n"
        "POST   /approvals           {id, override?, reason?}\n"
        "POST   /pauses              {address?, for?, reason}\n"
        "DELETE /pauses              {address?}\n"
        "POST   /reload              {plan?}\n"
        "POST   /reconcile           {address?}\n"
        "\n"
        "What changes something needs the header X-Tandem-Request: 1.\n";

/* 'ret_resources' keeps the view's array alive; the caller frees it. */
static View server_view(Server *s, Resource ***ret_resources) {
        const ServerOptions *o = &s->options;
        View v = {
                .context = engine_context(o->engine),
                .plan = engine_plan(o->engine),
                .budget = engine_budget(o->engine),
                .words = o->words,
                .last_event = events_last(o->events),
                .verdict = engine_verdict(o->engine),
                .version = o->version,
                .started_at = o->started_at,
                .realtime = now_realtime(),
                .monotonic = now_monotonic(),
        };

        v.n_resources = engine_resources(o->engine, ret_resources);
        v.resources = *ret_resources;
        o->spec_status(&v.spec, o->userdata);
        return v;
}

void read_index(Server *s, const Request *q, Reply *ret) {
        (void) s;
        (void) q;
        reply_text(ret, 200, "text/plain; charset=utf-8", xstrdup(index_text));
}

void read_healthz(Server *s, const Request *q, Reply *ret) {
        (void) s;
        (void) q;
        reply_text(ret, 200, "text/plain; charset=utf-8", xstrdup("ok\n"));
}

void read_readyz(Server *s, const Request *q, Reply *ret) {
        (void) q;
        if (engine_context(s->options.engine)->estate && engine_seen_all(s->options.engine))
                reply_text(ret, 200, "text/plain; charset=utf-8", xstrdup("ready\n"));
        else
                reply_error(ret, 503, "not-ready", "not every region was seen completely yet");
}

void read_status(Server *s, const Request *q, Reply *ret) {
        _cleanup_free_ Resource **resources = NULL;
        View v = server_view(s, &resources);

        (void) q;
        reply_json(ret, 200, render_status(&v));
}

void read_plan(Server *s, const Request *q, Reply *ret) {
        _cleanup_free_ Resource **resources = NULL;
        View v = server_view(s, &resources);

        (void) q;
        reply_json(ret, 200, render_plan(&v, v.context, v.plan));
}

const Resource *find_resource(Server *s, const char *address, Reply *ret) {
        _cleanup_free_ Resource **resources = NULL;
        _cleanup_free_ const char **addresses = NULL;
        size_t n = engine_resources(s->options.engine, &resources);
        const char *nearest;

        for (size_t i = 0; i < n; i++)
                if (streq(resources[i]->address, address))
                        return resources[i];
        addresses = xnew(const char *, n + 1);
        for (size_t i = 0; i < n; i++)
                addresses[i] = resources[i]->address;
        nearest = str_nearest(address, addresses, n);
        if (nearest)
                reply_error(ret, 404, "unknown-address",
                            "no resource has the address %.200s; did you mean %s?", address, nearest);
        else
                reply_error(ret, 404, "unknown-address", "no resource has the address %.200s", address);
        return NULL;
}

void read_explain(Server *s, const Request *q, Reply *ret) {
        _cleanup_free_ Resource **resources = NULL;
        const char *address = request_argument(q, "address");
        const Resource *r;
        View v;

        if (!address) {
                reply_error(ret, 400, "no-address", "which one? /explain?address=ADDRESS");
                return;
        }
        r = find_resource(s, address, ret);
        if (!r)
                return;
        v = server_view(s, &resources);
        reply_json(ret, 200, render_explain(&v, r));
}

/* "since=N": after the N-th; "since=now": only what comes. */
static int parse_since(const Server *s, const char *text, uint64_t *ret) {
        int64_t n = 0;
        int r = 0;

        if (streq_ptr(text, "now"))
                n = (int64_t) events_last(s->options.events);
        else if (text)
                r = parse_i64(text, 0, INT64_MAX, &n);
        if (r >= 0)
                *ret = (uint64_t) n;
        return r;
}

void read_events(Server *s, const Request *q, Reply *ret) {
        const char *follow = request_argument(q, "follow");
        uint64_t after;
        const Event *e;
        Str lines = {};

        if (parse_since(s, request_argument(q, "since"), &after) < 0) {
                reply_error(ret, 400, "bad-since", "since is the number of an event");
                return;
        }
        if (follow && !streq(follow, "0")) {
                *ret = (Reply){
                        .status = 200, .type = "application/x-ndjson", .follow = true, .after = after
                };
                return;
        }
        while ((e = events_after(s->options.events, after))) {
                _cleanup_json_ cJSON *o = render_event(e);
                _cleanup_free_ char *line = json_text(o);

                str_add(&lines, line);
                str_addc(&lines, '\n');
                after = e->n;
        }
        reply_text(ret, 200, "application/x-ndjson", str_take(&lines));
}

/* NULL, and a refusal, when the body does not hold files. */
static SpecText *files_of_body(const cJSON *body, size_t *ret_n, Reply *ret) {
        const cJSON *files = json_get(body, "files"), *file;
        SpecText *texts = NULL;
        size_t n = 0;

        if (!cJSON_IsArray(files) || !files->child || cJSON_GetArraySize(files) > SPEC_FILES_MAX) {
                reply_error(ret, 400, "no-files", "files is an array of 1 to %d {name, text}",
                            SPEC_FILES_MAX);
                return NULL;
        }
        cJSON_ArrayForEach (file, files) {
                const char *name = json_string(file, "name"), *text = json_string(file, "text");
                SpecText t;

                if (isempty(name) || strlen(name) > 255 || !text || strlen(text) > SPEC_FILE_SIZE_MAX) {
                        reply_error(ret, 400, "bad-file", "a file is {name, text}, of at most %zu bytes",
                                    SPEC_FILE_SIZE_MAX);
                        spec_texts_free(texts, n);
                        return NULL;
                }
                t = (SpecText){ .name = xstrdup(name), .text = xstrdup(text), .size = strlen(text) };
                array_push(texts, n, t);
        }
        *ret_n = n;
        return texts;
}

static void reply_diagnostics(Reply *ret, const SpecDiagnostics *ds, const SpecText *texts, size_t n) {
        cJSON *o = json_new_object();
        _cleanup_free_ char *message = xasprintf("the spec has %zu error%s", ds->n_errors,
                                                 ds->n_errors == 1 ? "" : "s");
        Str text = {};

        spec_print_diagnostics(&text, ds, texts, n);
        json_set_string(o, "code", "spec-rejected");
        json_set_string(o, "message", message);
        json_set(o, "errors", spec_diagnostics_json(ds, texts, n));
        json_set_string(o, "text", str_get(&text));
        str_done(&text);
        reply_json(ret, 422, o);
}

void read_candidate(Server *s, const Request *q, Reply *ret) {
        _cleanup_(estate_freep) Estate *estate = NULL;
        _cleanup_(candidate_freep) Candidate *candidate = NULL;
        _cleanup_free_ Resource **resources = NULL;
        _cleanup_spec_diagnostics_ SpecDiagnostics ds = {};
        SpecText *texts;
        size_t n;

        texts = files_of_body(q->body, &n, ret);
        if (!texts)
                return;
        estate = spec_load(texts, n, &ds);
        if (!estate)
                reply_diagnostics(ret, &ds, texts, n);
        else if (engine_plan_candidate(s->options.engine, estate, &candidate) < 0)
                reply_error(ret, 409, "no-plan",
                            "this spec cannot be planned on what is observed now: its regions differ");
        else {
                View v = server_view(s, &resources);

                reply_json(ret, 200,
                           render_plan(&v, candidate_context(candidate), candidate_plan(candidate)));
        }
        spec_texts_free(texts, n);
}
