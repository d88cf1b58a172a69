/* GET /status: the whole estate in one document. */
#include "render.h"

void json_set_string_or_null(cJSON *o, const char *name, const char *value) {
        json_set(o, name, value ? json_new_string(value) : cJSON_CreateNull());
}

void json_set_instant(cJSON *o, const char *name, usec_t realtime) {
        char text[TIME_TEXT_SIZE];

        json_set_string_or_null(
                o, name,
                realtime == 0 || realtime == USEC_INFINITY ? NULL : format_rfc3339_msec(realtime, text));
}

usec_t view_realtime(const View *v, usec_t monotonic) {
        if (monotonic == 0)
                return 0;
        return monotonic <= v->monotonic ? v->realtime - (v->monotonic - monotonic)
                                         : v->realtime + (monotonic - v->monotonic);
}

/* {code, message}, or null when there is neither. */
static cJSON *render_reason(const char *code, const char *message) {
        cJSON *o;

        if (!code && !message)
                return cJSON_CreateNull();
        o = json_new_object();
        json_set_string_or_null(o, "code", code);
        json_set_string_or_null(o, "message", message);
        return o;
}

static cJSON *render_strings(char *const *v) {
        cJSON *array = json_new_array();

        for (; v && *v; v++)
                json_append_string(array, *v);
        return array;
}

static cJSON *render_value(const cJSON *value, const char *text) {
        return value ? json_copy(value) : text ? json_new_string(text) : cJSON_CreateNull();
}

/* want and have are the API's values; the texts are for people. */
cJSON *render_differences(const Differences *ds) {
        cJSON *array = json_new_array();

        for (size_t i = 0; i < ds->n; i++) {
                const Difference *d = &ds->d[i];
                cJSON *o = json_new_object();

                json_set_string(o, "path", d->path);
                json_set(o, "want", render_value(d->want, d->want_text));
                json_set(o, "have", render_value(d->have, d->have_text));
                json_set_string_or_null(o, "wantText", d->want_text);
                json_set_string_or_null(o, "haveText", d->have_text);
                json_set_bool(o, "refused", d->refused);
                json_set_string_or_null(o, "source", d->source);
                json_set_string_or_null(o, "note", d->note);
                json_append(array, o);
        }
        return array;
}

static cJSON *render_foreign(const Assessment *a) {
        cJSON *array = json_new_array();

        for (size_t i = 0; i < a->n_foreign; i++) {
                const ForeignRule *f = &a->foreign[i];
                cJSON *o = json_new_object();

                json_set_string(o, "rule", f->rule);
                json_set_string(o, "likelyWriter", f->likely_writer ? f->likely_writer : "unknown");
                json_set_string_or_null(o, "risk", f->risk);
                json_append(array, o);
        }
        return array;
}

cJSON *render_resource(const View *v, const Resource *r) {
        const Assessment *a = &r->assessment;
        _cleanup_free_ char *source = r->desired ? estate_mark_text(v->context->estate, r->desired->mark)
                                                 : NULL;
        cJSON *o = json_new_object();

        json_set_string(o, "address", r->address);
        json_set_string(o, "kind", r->kind->name);
        json_set_string_or_null(o, "id", r->observed ? r->observed->id : NULL);
        json_set_string(o, "verdict", verdict_to_string(r->verdict));
        json_set(o, "reason", render_reason(a->code, a->message));
        json_set_instant(o, "since", r->since);
        json_set_instant(o, "observedAt", r->observed ? view_realtime(v, r->observed->begun) : 0);
        json_set(o, "differences", render_differences(&a->differences));
        json_set(o, "foreign", render_foreign(a));
        json_set(o, "waitsFor", render_strings(a->waits_for));
        json_set_string_or_null(o, "inFlight", r->call ? r->call_text : NULL);
        json_set_number(o, "attempts", r->attempts);
        json_set_instant(o, "nextTry", r->not_before > v->monotonic ? view_realtime(v, r->not_before) : 0);
        json_set_number(o, "fight", r->fight_rounds);
        json_set_string_or_null(o, "source", source);
        return o;
}

bool view_region_complete(const Context *c, unsigned region) {
        bool any = false;

        for (const Listing *l = c->world->listings; l; l = l->hh.next) {
                if (l->region != region || !l->needed)
                        continue;
                if (l->begun == 0 || l->begun < c->world->loaded || l->error.code)
                        return false;
                any = true;
        }
        return any;
}

static cJSON *render_api_error(const ApiError *e) {
        cJSON *o;

        if (!e->code && !e->message)
                return cJSON_CreateNull();
        o = json_new_object();
        json_set_number(o, "status", e->status);
        json_set_string_or_null(o, "code", e->code);
        json_set_string_or_null(o, "message", e->message);
        json_set_string_or_null(o, "opcRequestId", e->opc_request_id);
        return o;
}

static cJSON *render_regions(const View *v) {
        const Estate *e = v->context->estate;
        cJSON *array = json_new_array();

        for (unsigned i = 0; i < e->n_regions && i < v->context->world->n_regions; i++) {
                const RegionState *s = &v->context->world->regions[i];
                cJSON *o = json_new_object();

                json_set_string(o, "name", e->regions[i].name);
                json_set_string(o, "region", e->regions[i].region);
                json_set_bool(o, "reachable", s->reachable);
                json_set_bool(o, "complete", view_region_complete(v->context, i));
                json_set_instant(o, "lastComplete", s->last_complete);
                json_set(o, "lastError", render_api_error(&s->last_error));
                json_set_bool(o, "throttled", s->throttled);
                json_set_number(o, "requests", (double) s->requests);
                json_set(o, "credentialExpires", cJSON_CreateNull());
                json_set(o, "clockSkewSeconds",
                         s->skew_known
                                 ? cJSON_CreateNumber((double) s->clock_skew_usec / (double) USEC_PER_SEC)
                                 : cJSON_CreateNull());
                json_append(array, o);
        }
        return array;
}

static cJSON *render_spec(const View *v) {
        cJSON *o = json_new_object(), *running = json_new_object(), *rejected;

        json_set_string_or_null(running, "digest", v->spec.running);
        json_set_instant(running, "loadedAt", v->spec.loaded_at);
        json_set(o, "running", running);
        if (v->spec.rejected) {
                rejected = json_new_object();
                json_set_string(rejected, "digest", v->spec.rejected);
                json_set(rejected, "errors", v->spec.errors ? json_copy(v->spec.errors) : json_new_array());
        } else
                rejected = cJSON_CreateNull();
        json_set(o, "rejected", rejected);
        return o;
}

static cJSON *render_peerings(const View *v) {
        cJSON *array = json_new_array();

        for (size_t i = 0; i < v->n_resources; i++) {
                const Resource *r = v->resources[i];
                cJSON *o;

                if (!r->kind->link_state || !r->desired)
                        continue;
                o = json_new_object();
                json_set_string(o, "address", r->address);
                json_set_string(o, "state", r->kind->link_state(v->context, r));
                json_set_instant(o, "since", r->since);
                json_append(array, o);
        }
        return array;
}

static cJSON *render_approvals(const Words *w) {
        cJSON *array = json_new_array();

        for (size_t i = 0; i < w->n_approvals; i++) {
                const Approval *a = &w->approvals[i];
                cJSON *o = json_new_object();

                json_set_string(o, "id", a->id);
                json_set_string_or_null(o, "address", isempty(a->address) ? NULL : a->address);
                json_set_string(o, "verb", verb_to_string(a->verb));
                json_set_instant(o, "expires", a->expires);
                json_append(array, o);
        }
        return array;
}

static cJSON *render_pauses(const Words *w) {
        cJSON *array = json_new_array();

        for (size_t i = 0; i < w->n_pauses; i++) {
                const Pause *p = &w->pauses[i];
                cJSON *o = json_new_object();

                json_set_string_or_null(o, "address", p->address);
                json_set_instant(o, "until", p->until);
                json_set_string(o, "reason", p->reason);
                json_append(array, o);
        }
        return array;
}

/* A token that is not whole yet counts as used. */
static cJSON *render_budget(const Budget *b) {
        unsigned whole = b->available > 0 ? (unsigned) b->available : 0;
        cJSON *o = json_new_object();

        json_set_number(o, "used", b->limit > whole ? b->limit - whole : 0);
        json_set_number(o, "limit", b->limit);
        return o;
}

cJSON *render_status(const View *v) {
        const Estate *e = v->context->estate;
        cJSON *o = json_new_object(), *resources = json_new_array();

        json_set_number(o, "schema", DOCUMENT_SCHEMA);
        json_set_string(o, "version", v->version);
        json_set_instant(o, "now", v->realtime);
        json_set_instant(o, "startedAt", v->started_at);
        json_set_string(o, "estate", e->name);
        json_set_string(o, "mode", mode_to_string(e->mode));
        json_set_string(o, "verdict", verdict_to_string(v->verdict));
        json_set(o, "spec", render_spec(v));
        json_set(o, "regions", render_regions(v));
        for (size_t i = 0; i < v->n_resources; i++)
                json_append(resources, render_resource(v, v->resources[i]));
        json_set(o, "resources", resources);
        json_set(o, "peerings", render_peerings(v));
        json_set(o, "connectivity", json_new_array());
        json_set(o, "approvals", render_approvals(v->words));
        json_set(o, "paused", render_pauses(v->words));
        json_set(o, "budget", render_budget(v->budget));
        json_set_number(o, "lastEvent", (double) v->last_event);
        return o;
}
