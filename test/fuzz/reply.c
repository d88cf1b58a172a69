/* What the API may answer: listings page by page, single objects, errors, through lib/oci into the world and to a plan of the seed
 * estate. lib/http is a stand-in that answers from the input. The input's first part is one line, "empty" or "built": a complete
 * view of a cloud without anything of the estate, or with all that is declared; "bootstrap" behind it lets it be built. Each further
 * part is an answer:
 *
 *   list REGION KIND [SCOPE]       or: get REGION KIND ID, rules REGION KIND ID FIELD, put REGION KIND ID
 *   STATUS
 *   header: value
 *
 *   body
 *
 * Of a listing the parts that follow "page" are its further pages. Everything is gated as automatic, and still nothing may be let
 * through that takes away what does not carry our tags. */
#include <errno.h>
#include <strings.h>
#include <sys/queue.h>

#include "engine/internal.h"
#include "fuzz.h"
#include "model/rules.h"
#include "oci/call.h"
#include "oci/sign.h"
#include "server/render.h"
#include "spec/spec.h"

#define TENANCY  "ocid1.tenancy.oc1..a"
#define REALTIME (1770866000 * USEC_PER_SEC)

/* The stand-in for lib/http: calls wait until the input answers them. */

#define HEADERS_MAX 32

struct HttpCall {
        unsigned n_ref;
        HttpDone done;
        void *userdata;
        TAILQ_ENTRY(HttpCall) link;
};

static TAILQ_HEAD(, HttpCall) waiting = TAILQ_HEAD_INITIALIZER(waiting);

HttpClient *http_client_ref(HttpClient *c) {
        return c;
}

HttpClient *http_client_unref(HttpClient *c) {
        return NULL;
}

int http_call_start(HttpClient *c, const HttpRequest *q, HttpDone done, void *userdata, HttpCall **ret) {
        HttpCall *call = xnew(HttpCall, 1);

        assert(startswith(q->url, "https://") && !str_has_control(q->url));
        *call = (HttpCall){ .n_ref = 1, .done = done, .userdata = userdata };
        TAILQ_INSERT_TAIL(&waiting, call, link);
        *ret = call;
        return 0;
}

HttpCall *http_call_unref(HttpCall *call) {
        if (!call || --call->n_ref > 0)
                return NULL;
        if (call->done)
                TAILQ_REMOVE(&waiting, call, link);
        free(call);
        return NULL;
}

const char *http_call_error_text(const HttpCall *call) {
        return "cut off";
}

const char *http_reply_header(const HttpReply *reply, const char *name) {
        for (size_t i = reply->n_headers; i > 0; i--)
                if (strcasecmp(reply->headers[i - 1].name, name) == 0)
                        return reply->headers[i - 1].value;
        return NULL;
}

/* Answers the call that waits longest: status, headers and body as in a part. A status below 100 is no answer at all. */
static void answer(char *text) {
        HttpCall *call = TAILQ_FIRST(&waiting);
        HttpHeader headers[HEADERS_MAX];
        HttpReply reply = { .headers = headers, .sent = true, .body_is_complete = true };
        const char *line = input_line(&text);
        int64_t status = 0;
        HttpDone done;

        if (line)
                (void) parse_i64(line, 0, 999, &status);
        for (char *h; (h = input_line(&text)) && *h && reply.n_headers < HEADERS_MAX;) {
                char *colon = strchr(h, ':');

                if (!colon)
                        continue;
                *colon = '\0';
                headers[reply.n_headers++] = (HttpHeader){ .name = str_trim(h),
                                                           .value = str_trim(colon + 1) };
        }
        reply.status = status >= 100 ? (long) status : 0;
        reply.body = text;
        reply.body_size = strlen(text);
        reply.body_is_complete = !http_reply_header(&reply, "cut");
        TAILQ_REMOVE(&waiting, call, link);
        call->n_ref++;
        done = call->done;
        call->done = NULL;
        done(call, &reply, reply.status == 0 ? -ECONNRESET : 0, call->userdata);
        http_call_unref(call);
}

/* One cloud: an engine that is nothing but what a plan is made of. */

typedef struct Cloud {
        Engine engine;
        Words words;
        OciClient *client;
        /* What the answer that is awaited is about. */
        const Kind *kind;
        unsigned region;
        const char *id;
        const Field *field;
        bool ended;
} Cloud;

static uv_loop_t loop;
static usec_t now_usec;

static usec_t realtime(void) {
        return REALTIME;
}

static usec_t monotonic(void) {
        return ++now_usec;
}

static Estate *seed_estate(void) {
        static Estate *estate;
        _cleanup_spec_diagnostics_ SpecDiagnostics ds = {};
        _cleanup_free_ char *error = NULL;
        SpecText *files;
        size_t n;

        if (estate)
                return estate;
        if (uv_loop_init(&loop) < 0 || spec_read_path(SPECS, &files, &n, &error) < 0)
                abort();
        estate = spec_load(files, n, &ds);
        spec_texts_free(files, n);
        if (!estate)
                abort();
        for (size_t i = 0; i < estate->n_resources; i++)
                for (Verb v = 0; v < _VERB_MAX; v++)
                        estate->resources[i]->policy[v] = estate->policy[v] = GATE_AUTOMATIC;
        return estate;
}

static char *id_of(const Estate *e, const Desired *d) {
        return xasprintf("ocid1.%s.oc1.%s.%s", d->kind->ocid_type, e->regions[d->region].region, d->name);
}

/* A wanted value as the cloud has it: references by their OCIDs, lookups by any word. */
static cJSON *as_built(const Estate *e, const cJSON *want) {
        const Desired *d = symbol_ref(want) ? estate_find(e, symbol_ref(want)) : NULL;
        cJSON *copy;

        if (d && !(d->kind->flags & KIND_NOT_CLOUD)) {
                _cleanup_free_ char *id = id_of(e, d);

                return json_new_string(id);
        }
        if (is_symbol(want))
                return json_new_string("all-services");
        if (!cJSON_IsObject(want) && !cJSON_IsArray(want))
                return json_copy(want);
        copy = cJSON_IsObject(want) ? json_new_object() : json_new_array();
        for (const cJSON *m = want->child; m; m = m->next) {
                if (cJSON_IsArray(want))
                        json_append(copy, as_built(e, m));
                else if (m->string[0] != '$')
                        json_set(copy, m->string, as_built(e, m));
        }
        return copy;
}

static cJSON *body_of(const Estate *e, const Desired *d) {
        cJSON *body = as_built(e, d->want), *tags = json_new_object();
        _cleanup_free_ char *id = id_of(e, d), *parent = d->parent ? id_of(e, d->parent) : NULL;

        json_set_string(body, "id", id);
        json_set_string(body, "compartmentId", d->compartment ? d->compartment : e->compartment);
        json_set_string(body, "displayName", d->displayName ? d->displayName : d->name);
        if (d->kind->lifecycle_field)
                json_set_string(body, d->kind->lifecycle_field, "AVAILABLE");
        if (d->kind->parent_field)
                json_set_string(body, d->kind->parent_field, parent);
        json_set_string(tags, TAG_ESTATE, e->name);
        json_set_string(tags, TAG_ADDRESS, d->address);
        json_set_string(tags, TAG_ORIGIN, "created");
        json_set(body, "freeformTags", tags);
        return body;
}

/* Where things of that kind are listed: below 'parent', or in the estate's compartment. */
static const char *scope_of(const Estate *e, const Kind *k, const char *parent) {
        switch (k->scope) {
        case SCOPE_COMPARTMENT:
                return e->compartment;
        case SCOPE_PARENT:
                return parent;
        case SCOPE_TENANCY:
                return TENANCY;
        case SCOPE_NONE:
                break;
        }
        return "";
}

/* What may be a declared thing is looked for by its OCID before it counts as gone. */
static bool is_bound(const Observed *o, void *userdata) {
        return observed_tag(o, TAG_ADDRESS);
}

static void see_listing(Cloud *cloud, const Kind *k, unsigned region, const Desired *parent, bool built) {
        const Estate *e = cloud->engine.estate;
        _cleanup_free_ char *parent_id = parent ? id_of(e, parent) : NULL;
        Listing *l = world_need_listing(cloud->engine.world, k, NULL, region, scope_of(e, k, parent_id));
        cJSON *items = json_new_array();
        usec_t begun = monotonic();

        for (size_t i = 0; built && i < e->n_resources; i++) {
                const Desired *d = e->resources[i];

                if (d->kind == k && d->region == region && (!parent || d->parent == parent))
                        json_append(items, body_of(e, d));
        }
        world_see_listing(cloud->engine.world, l, items, begun, monotonic(), is_bound, NULL);
}

static void see_all(Cloud *cloud, bool built) {
        const Estate *e = cloud->engine.estate;
        Observed *o;

        for (const Kind *const *k = kinds; *k; k++)
                for (unsigned region = 0; region < e->n_regions && !((*k)->flags & KIND_NOT_CLOUD);
                     region++) {
                        if ((*k)->scope != SCOPE_PARENT)
                                see_listing(cloud, *k, region, NULL, built);
                        for (size_t i = 0; built && (*k)->scope == SCOPE_PARENT && i < e->n_resources; i++)
                                if (streq(e->resources[i]->kind->name, (*k)->parent) &&
                                    e->resources[i]->region == region)
                                        see_listing(cloud, *k, region, e->resources[i], true);
                }
        for (o = cloud->engine.world->objects; o; o = o->hh.next) {
                o->etag = xstrdup("built");
                o->from = READ_GET;
        }
}

static void cloud_init(Cloud *cloud, const char *how) {
        Estate *e = seed_estate();

        now_usec = 1000;
        *cloud = (Cloud){
                .engine = { .options = { .speed = 1,
                                         .words = &cloud->words,
                                         .bootstrap = how && strstr(how, "bootstrap") },
                            .tenancy = (char *) (uintptr_t) TENANCY,
                            .estate = e,
                            .world = world_new(e->n_regions),
                            .budget = { .available = 6, .limit = 6 } },
        };
        for (size_t i = 0; i < e->n_regions; i++)
                cloud->engine.world->regions[i].reachable = true;
        cloud->engine.world->loaded = now_usec;
        if (how && (startswith(how, "built") || startswith(how, "empty")))
                see_all(cloud, startswith(how, "built"));
        cloud->client = oci_client_new(&(OciClientOptions){ .loop = &loop,
                                                            .signer = oci_signer_new(NULL),
                                                            .requests_per_second = 1e9,
                                                            .burst = 1e6,
                                                            .max_pages = 8,
                                                            .realtime = realtime,
                                                            .monotonic = monotonic });
}

static void cloud_done(Cloud *cloud) {
        OciSigner *signer = oci_client_signer(cloud->client);

        oci_client_unref(cloud->client);
        oci_signer_unref(signer);
        (void) uv_run(&loop, UV_RUN_DEFAULT);
        world_free(cloud->engine.world);
        words_done(&cloud->words);
}

/* Answers on their way into the world, as observe.c, reread.c and act.c take them in. */

static void on_listed(OciList *list, OciListReply *reply, int error, void *userdata) {
        Cloud *cloud = userdata;
        World *w = cloud->engine.world;
        Listing *l = world_need_listing(w, cloud->kind, cloud->field, cloud->region, cloud->id);
        Observed *owner = world_find(w, cloud->id);

        cloud->ended = true;
        if (error < 0) {
                l->attempts++;
                api_error_done(&l->error);
                l->error = reply->error;
                reply->error = (ApiError){};
        } else if (!cloud->field)
                world_see_listing(w, l, TAKE_PTR(reply->items), reply->begun_usec, reply->ended_usec,
                                  is_bound, NULL);
        else if (owner && owner->kind == cloud->kind)
                world_see_sub(w, owner, cloud->field, TAKE_PTR(reply->items), reply->begun_usec);
}

static void on_read(OciCall *call, OciReply *reply, int error, void *userdata) {
        Cloud *cloud = userdata;

        cloud->ended = true;
        if (error == 0)
                world_see(cloud->engine.world, cloud->kind, cloud->region, TAKE_PTR(reply->json),
                          reply->etag, READ_GET, reply->begun_usec, reply->ended_usec);
        else if (reply->error.meaning == ERROR_UNKNOWN_OR_FORBIDDEN)
                world_see_missing(cloud->engine.world, cloud->id, reply->begun_usec);
}

static void on_written(OciCall *call, OciReply *reply, int error, void *userdata) {
        Cloud *cloud = userdata;

        cloud->ended = true;
        assert(reply->ambiguous || error == 0 || reply->status != 0);
        world_wrote(cloud->engine.world, cloud->kind, cloud->region, cloud->id, NULL, reply->ended_usec);
        if (error == 0 && reply->json)
                world_see(cloud->engine.world, cloud->kind, cloud->region, TAKE_PTR(reply->json),
                          reply->etag, READ_REPLY, reply->ended_usec, reply->ended_usec);
}

static const Field *rules_field(const Kind *k, const char *name) {
        const Field *f = name ? kind_field(k, name) : NULL;

        return f && f->rules && f->rules->sub ? f : NULL;
}

/* "list primary Vcn …": false when there is no such thing to be answered. */
static bool read_subject(Cloud *cloud, char **words) {
        const Estate *e = cloud->engine.estate;
        size_t n = strv_length(words);

        if (n < 3)
                return false;
        cloud->region = streq(words[1], e->regions[0].name) ? 0 : 1;
        cloud->kind = kind_find(words[2]);
        if (!cloud->kind || cloud->kind->flags & KIND_NOT_CLOUD)
                return false;
        cloud->id = n > 3 ? words[3] : scope_of(e, cloud->kind, "");
        cloud->field = n > 4 ? rules_field(cloud->kind, words[4]) : NULL;
        cloud->ended = false;
        return cloud->region < e->n_regions && (!streq(words[0], "rules") || cloud->field);
}

/* Answers one request, and with the parts that follow its further pages. */
static void exchange(Cloud *cloud, const char *how, char *text, Input *in) {
        OciRequest q = { .region = cloud->engine.estate->regions[cloud->region].region,
                         .method = "GET",
                         .path = "/a" };
        _cleanup_(oci_list_unrefp) OciList *list = NULL;
        _cleanup_(oci_call_unrefp) OciCall *call = NULL;
        int r = 0;

        if (streq(how, "list") || streq(how, "rules"))
                r = oci_list_start(cloud->client, &q, on_listed, cloud, &list);
        else if (streq(how, "get"))
                r = oci_call_start(cloud->client, &q, on_read, cloud, &call);
        else {
                q.method = "PUT";
                q.expect = OCI_EXPECT_OPTIONAL;
                r = oci_call_start(cloud->client, &q, on_written, cloud, &call);
        }
        if (r < 0 || TAILQ_EMPTY(&waiting))
                return; /* the service asked for a pause */
        answer(text);
        while (!cloud->ended && !TAILQ_EMPTY(&waiting)) {
                _cleanup_free_ char *page = input_part(in, NULL);
                char *rest = page;

                if (!page)
                        return;
                answer(rest);
        }
}

static void take_part(Cloud *cloud, char *text, Input *in) {
        char *line = input_line(&text);
        char **words;

        if (!line)
                return;
        words = str_split(line, ' ');
        if (read_subject(cloud, words)) {
                if (!streq(words[0], "rules") && !streq(words[0], "list"))
                        cloud->field = NULL;
                exchange(cloud, words[0], text, in);
        }
        cloud->id = NULL;
        strv_free(words);
}

/* What must hold of whatever was planned. */

static bool carries_our_tags(const Context *c, const Observed *o) {
        return o && streq_ptr(observed_tag(o, TAG_ESTATE), c->estate->name);
}

static void check_removed_rule(const Context *c, const Action *a, const Difference *d) {
        _cleanup_free_ char *plain = NULL;
        const Resource *r = a->resource;

        if (!d->field || !d->field->rules || d->want || !d->have ||
            (r->desired && r->desired->remove_foreign))
                return;
        if (d->field->rules->marked)
                assert(rule_unmark(c->estate, json_string(d->have, "description"), &plain));
        else
                assert(streq_ptr(observed_tag(r->observed, TAG_ORIGIN), "created"));
}

static void check_action(const Context *c, const Action *a) {
        const Observed *target = world_find(c->world, a->call.target);

        assert(a->call.method && a->call.path && a->call.kind && *a->id);
        assert(!a->call.target ||
               (target && target->kind == a->call.kind && target->region == a->call.region));
        assert(!str_has_control(a->call.path));
        if (a->call.deletes) {
                assert(target && a->call.takes_if_match);
                assert(carries_our_tags(c, target) || (a->resource->desired && a->decision != DECISION_GO));
        }
        if (a->call.creates)
                assert(a->resource->absent && !a->resource->observed);
        for (size_t i = 0; i < a->differences.n; i++)
                check_removed_rule(c, a, &a->differences.d[i]);
}

static void check_document(cJSON *o) {
        _cleanup_free_ char *text = json_text(o);

        assert(utf8_is_valid(text, strlen(text)));
        cJSON_Delete(o);
}

static void decide(Cloud *cloud) {
        _cleanup_(candidate_freep) Candidate *candidate = NULL;
        const Estate *e = cloud->engine.estate;
        const Context *c;
        const Plan *p;
        View view;

        if (engine_plan_candidate(&cloud->engine, e, &candidate) < 0)
                abort();
        c = candidate_context(candidate);
        p = candidate_plan(candidate);
        for (size_t i = 0; i < p->n_actions; i++)
                check_action(c, p->actions[i]);
        view = (View){ .context = c,
                       .resources = c->resources,
                       .n_resources = e->n_resources,
                       .plan = p,
                       .budget = &cloud->engine.budget,
                       .words = &cloud->words,
                       .verdict = VERDICT_UNKNOWN,
                       .version = "1",
                       .realtime = REALTIME,
                       .monotonic = now_usec };
        check_document(render_plan(&view, c, p));
        check_document(render_status(&view));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        Input in = input_of(data, size);
        _cleanup_free_ char *first = input_part(&in, NULL);
        Cloud cloud;
        char *part;

        cloud_init(&cloud, first);
        while ((part = input_part(&in, NULL))) {
                take_part(&cloud, part, &in);
                free(part);
        }
        decide(&cloud);
        world_bury(cloud.engine.world);
        cloud_done(&cloud);
        return 0;
}
