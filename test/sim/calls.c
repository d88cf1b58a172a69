/* The log of every call that was served or lost, for GET /calls. */
#include "calls.h"

#include "base/json.h"
#include "call.h"
#include "sim.h"

#define CALLS_KEPT ((size_t) 200000)

typedef struct Entry {
        usec_t at;                      /* epoch, real clock */
        const char *region, *principal; /* not owned: they live as long as the simulator */
        char *host, *method, *path, *if_match, *retry_token;
        unsigned status;
        bool mutating;
} Entry;

struct CallLog {
        Entry *entries;
        size_t n;
        uint64_t dropped; /* entries[0] is number dropped + 1 */
};

CallLog *call_log_new(void) {
        return xnew(CallLog, 1);
}

static void entry_done(Entry *e) {
        free(e->host);
        free(e->method);
        free(e->path);
        free(e->if_match);
        free(e->retry_token);
}

CallLog *call_log_free(CallLog *log) {
        if (!log)
                return NULL;
        for (size_t i = 0; i < log->n; i++)
                entry_done(&log->entries[i]);
        free(log->entries);
        free(log);
        return NULL;
}

static void call_log_shrink(CallLog *log) {
        size_t n = log->n / 2;

        for (size_t i = 0; i < n; i++)
                entry_done(&log->entries[i]);
        memmove(log->entries, log->entries + n, (log->n - n) * sizeof(Entry));
        log->n -= n;
        log->dropped += n;
}

void call_log_add(CallLog *log, const Call *c, unsigned status) {
        Entry e = {
                .at = now_realtime(),
                .region = c->region ? c->region->name : NULL,
                .principal = c->principal,
                .host = xstrdup(c->host),
                .method = xstrdup(c->method),
                .path = xstrdup(c->target),
                .if_match = xstrdup(c->if_match),
                .retry_token = xstrdup(c->retry_token),
                .status = status,
                .mutating = call_is_mutating(c),
        };

        if (log->n >= 2 * CALLS_KEPT)
                call_log_shrink(log);
        array_push(log->entries, log->n, e);
}

static void set_string_or_null(cJSON *o, const char *name, const char *value) {
        json_set(o, name, value ? json_new_string(value) : cJSON_CreateNull());
}

cJSON *call_log_json(const CallLog *log, uint64_t since) {
        cJSON *a = json_new_array();
        char text[TIME_TEXT_SIZE];

        for (size_t i = since > log->dropped ? since - log->dropped : 0; i < log->n; i++) {
                const Entry *e = &log->entries[i];
                cJSON *o = json_new_object();

                json_set_number(o, "n", (double) (log->dropped + i + 1));
                json_set_string(o, "at", format_rfc3339_msec(e->at, text));
                set_string_or_null(o, "region", e->region);
                set_string_or_null(o, "host", e->host);
                set_string_or_null(o, "principal", e->principal);
                json_set_string(o, "method", e->method);
                json_set_string(o, "path", e->path);
                json_set_number(o, "status", e->status);
                json_set_bool(o, "mutating", e->mutating);
                set_string_or_null(o, "ifMatch", e->if_match);
                set_string_or_null(o, "retryToken", e->retry_token);
                json_append(a, o);
        }
        return a;
}
