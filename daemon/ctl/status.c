/* tandemctl status: the estate at a glance. What is in sync is counted; everything else has a line that says why, and what
 * happens next. */
#include "ctl.h"

#include <errno.h>

#define LINES_MAX  40
#define NEXT_WIDTH 28

/* Counts as people read them: "37 ok  1 drifted". Words that mean the same to them are one. */
static void draw_counts(Screen *s, const cJSON *resources) {
        static const struct {
                const char *verdict, *shown;
                Tone tone;
        } words[] = {
                { "in-sync", "ok", TONE_GOOD },
                { "foreign", "ok", TONE_GOOD },
                { "progressing", "progressing", TONE_NOTE },
                { "waiting", "waiting", TONE_NOTE },
                { "missing", "missing", TONE_NOTE },
                { "drifted", "drifted", TONE_NOTE },
                { "orphaned", "orphaned", TONE_NOTE },
                { "paused", "paused", TONE_NOTE },
                { "blocked", "blocked", TONE_BAD },
                { "fighting", "fighting", TONE_BAD },
                { "not-converging", "not converging", TONE_BAD },
                { "unknown", "unknown", TONE_BAD },
        };
        size_t n = 0;
        const cJSON *r;

        for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
                cJSON_ArrayForEach (r, resources)
                        if (streq_ptr(json_string(r, "verdict"), words[i].verdict))
                                n++;
                if (i + 1 < ARRAY_SIZE(words) && streq(words[i].shown, words[i + 1].shown))
                        continue;
                if (n > 0)
                        screen_add(s, words[i].tone, "%zu %s", n, words[i].shown);
                if (n > 0)
                        screen_add(s, TONE_PLAIN, "  ");
                n = 0;
        }
}

static void draw_head(Screen *s, const cJSON *status) {
        const char *mode = json_string(status, "mode"), *now = json_string(status, "now");
        const char *name = json_string(status, "estate");
        usec_t at = 0;
        char text[TIME_TEXT_SIZE];
        int code = exit_of_verdict(json_string(status, "verdict"));

        if (now)
                (void) parse_rfc3339(now, &at);
        screen_add(s, TONE_BOLD, "%s", name ? name : "?");
        screen_add(s, TONE_PLAIN, "  %s   ", streq_ptr(mode, "enforce") ? "ENFORCE" : "OBSERVE");
        draw_counts(s, json_get(status, "resources"));
        screen_line(s, "   %s  exit %d", format_rfc3339(at, text), code);
}

/* "02-11 09:20" */
static void add_moment(Screen *s, const char *instant) {
        if (instant && strlen(instant) > 16)
                screen_add(s, TONE_PLAIN, "%.5s %.5s", instant + 5, instant + 11);
        else
                screen_add(s, TONE_PLAIN, "–");
}

static void draw_spec(Screen *s, const cJSON *status) {
        const char *digest = json_path_string(status, "spec.running.digest");
        const cJSON *rejected = json_path(status, "spec.rejected"), *errors = json_get(rejected, "errors");
        const cJSON *first = errors ? errors->child : NULL;

        screen_add(s, TONE_PLAIN, "spec    %s running since ", digest ? digest : "–");
        add_moment(s, json_path_string(status, "spec.running.loadedAt"));
        if (rejected) {
                const char *refused = json_string(rejected, "digest"), *file = json_string(first, "file");

                screen_add(s, TONE_BAD, ";  %s REJECTED", refused ? refused : "–");
                if (file)
                        screen_add(s, TONE_PLAIN, "  %s:%.0f:%.0f", file, json_number(first, "line", 0),
                                   json_number(first, "column", 0));
        }
        screen_end_line(s);
}

static void draw_budget(Screen *s, const cJSON *status) {
        const cJSON *r, *f;
        size_t n_foreign = 0, n_risky = 0;

        cJSON_ArrayForEach (r, json_get(status, "resources")) {
                cJSON_ArrayForEach (f, json_get(r, "foreign")) {
                        n_foreign++;
                        n_risky += json_string(f, "risk") != NULL;
                }
        }
        screen_add(s, TONE_PLAIN,
                   "budget  %.0f/%.0f disruptions this hour     approvals %d     paused %d     foreign %zu",
                   json_number(json_get(status, "budget"), "used", 0),
                   json_number(json_get(status, "budget"), "limit", 0),
                   cJSON_GetArraySize(json_get(status, "approvals")),
                   cJSON_GetArraySize(json_get(status, "paused")), n_foreign);
        if (n_risky > 0)
                screen_add(s, TONE_NOTE, " (%zu risky)", n_risky);
        screen_end_line(s);
}

/* "ok", or the first thing that is wrong with asking that region. */
static char *api_state(const cJSON *region) {
        const cJSON *error = json_get(region, "lastError");
        const char *code = json_string(error, "code"),
                   *throttled = json_bool(region, "throttled", false) ? ", halved" : "";
        double status = json_number(error, "status", 0), skew = json_number(region, "clockSkewSeconds", 0);

        if (!json_bool(region, "reachable", false))
                return xasprintf("no answer%s%s", code ? ": " : "", code ? code : "");
        if (skew > 60 || skew < -60)
                return xasprintf("our clock is %.0f s %s", skew < 0 ? -skew : skew,
                                 skew < 0 ? "ahead" : "behind");
        if (error && status > 0)
                return xasprintf("%.0f %s%s", status, code ? code : "", throttled);
        return xasprintf("ok%s", throttled);
}

static void draw_regions(Screen *s, const cJSON *status) {
        _cleanup_table_ Table t = { .n_columns = 4, .flexible = 3 };
        const char *now = json_string(status, "now");
        const cJSON *r;

        table_add(&t, TONE_DIM, (const char *const[]){ "REGION", "OCI", "VIEW", "API" });
        cJSON_ArrayForEach (r, json_get(status, "regions")) {
                bool complete = json_bool(r, "complete", false);
                char ago[TIME_TEXT_SIZE];
                _cleanup_free_ char *api = api_state(r), *view = NULL;

                view = xasprintf("%s %s", time_since(json_string(r, "lastComplete"), now, ago),
                                 complete ? "complete" : "PARTIAL");
                table_add(&t, complete && streq(api, "ok") ? TONE_GOOD : TONE_BAD,
                          (const char *const[]){ json_string(r, "name"), json_string(r, "region"), view,
                                                 api });
        }
        screen_end_line(s);
        table_print(&t, s);
}

static void draw_links(Screen *s, const cJSON *status) {
        const cJSON *p;

        cJSON_ArrayForEach (p, json_get(status, "peerings")) {
                const char *state = json_string(p, "state"), *address = json_string(p, "address");
                char ago[TIME_TEXT_SIZE];

                screen_add(s, TONE_PLAIN, "link    ");
                screen_add(s, streq_ptr(state, "PEERED") ? TONE_GOOD : TONE_BAD, "%s", state ? state : "?");
                screen_line(s, " %s   %s",
                            time_since(json_string(p, "since"), json_string(status, "now"), ago),
                            address ? address : "?");
        }
}

static const cJSON *first_action(const cJSON *plan, const char *address) {
        const cJSON *a;

        cJSON_ArrayForEach (a, json_get(plan, "actions"))
                if (streq_ptr(json_string(a, "address"), address))
                        return a;
        return NULL;
}

/* What happens next, or what a person has to do for it. */
static char *next_step(const cJSON *resource, const cJSON *action, const char *now) {
        const char *word = json_path_string(action, "decision.word"),
                   *text = json_path_string(action, "decision.message");
        const char *next = json_string(resource, "nextTry"), *verb = json_string(action, "verb");
        char in[TIME_TEXT_SIZE];

        if (json_string(resource, "inFlight"))
                return xstrdup("a call is running");
        if (!action)
                return xstrdup(next ? "tries again" : "");
        if (streq_ptr(word, "approval"))
                return xasprintf("YOU: approve %s", json_string(action, "id"));
        if (streq_ptr(word, "refused"))
                return xstrdup("refused; see plan");
        if (next)
                return xasprintf("%s in %s", verb, time_until(next, now, in));
        if (streq_ptr(word, "wait") && cJSON_GetArraySize(json_get(action, "waitsFor")) > 0)
                return xstrdup(""); /* the reason says it */
        if (streq_ptr(word, "go"))
                return xasprintf("%s now", verb);
        if (streq_ptr(word, "observe"))
                return xstrdup("none: mode observe");
        return text ? text_cut(text, NEXT_WIDTH) : xasprintf("%s, later", verb);
}

/* The risk of somebody else's rule, or NULL. */
static const char *risk_of(const cJSON *resource) {
        const cJSON *f;

        cJSON_ArrayForEach (f, json_get(resource, "foreign"))
                if (json_string(f, "risk"))
                        return json_string(f, "risk");
        return NULL;
}

static bool is_quiet(const cJSON *resource) {
        const char *verdict = json_string(resource, "verdict");

        return (streq_ptr(verdict, "in-sync") || streq_ptr(verdict, "foreign")) && !risk_of(resource);
}

/* "primary/" of "primary/Vcn/primary-vcn"; nothing of "Peering/primary-secondary". */
static size_t region_length(const char *address) {
        const char *first = strchr(address, '/');

        return first && strchr(first + 1, '/') ? (size_t) (first - address) + 1 : 0;
}

/* One line says it for both: the same region, verdict and reason, and nothing that a person has to do to each. */
static bool are_alike(const cJSON *a, const cJSON *b, const cJSON *plan) {
        const char *one = json_string(a, "address"), *two = json_string(b, "address");
        size_t n = one && two ? region_length(one) : 0;
        const char *reason = json_path_string(a, "reason.message");

        return n > 0 && n == region_length(two) && strncmp(one, two, n) == 0 && reason &&
               streq_ptr(json_string(a, "verdict"), json_string(b, "verdict")) &&
               streq(reason,
                     json_path_string(b, "reason.message") ? json_path_string(b, "reason.message") : "") &&
               !first_action(plan, one) && !first_action(plan, two);
}

/* What two addresses share, as a pattern: their region and kind, or their region. The caller frees. */
static char *common_pattern(const char *one, const char *two) {
        const char *slash = strrchr(one, '/');
        size_t n = slash ? (size_t) (slash - one) + 1 : 0;

        return strncmp(one, two, n) == 0 ? xasprintf("%.*s*", (int) n, one)
                                         : xasprintf("%.*s*", (int) region_length(one), one);
}

/* Whether a line before this one speaks for it already. */
static bool is_spoken_for(const cJSON *resources, const cJSON *resource, const cJSON *plan) {
        for (const cJSON *r = resources->child; r && r != resource; r = r->next)
                if (!is_quiet(r) && are_alike(r, resource, plan))
                        return true;
        return false;
}

static void add_line(Table *t, const cJSON *resource, const char *shown, const cJSON *status,
                     const cJSON *plan) {
        const char *verdict = json_string(resource, "verdict"), *now = json_string(status, "now"), *why;
        bool risky = streq_ptr(verdict, "foreign") || streq_ptr(verdict, "in-sync");
        _cleanup_free_ char *next = NULL;
        char ago[TIME_TEXT_SIZE];

        why = risky ? risk_of(resource) : json_path_string(resource, "reason.message");
        next = risky ? xstrdup("kept; see explain")
                     : next_step(resource, first_action(plan, json_string(resource, "address")), now);
        table_add(t, exit_of_verdict(verdict) == EXIT_STUCK && !risky ? TONE_BAD : TONE_NOTE,
                  (const char *const[]){ risky ? "risky" : verdict,
                                         time_since(json_string(resource, "since"), now, ago), shown, why,
                                         next });
}

/* The line's address: its own, or a pattern and how many it stands for. */
static char *shown_address(const cJSON *resource, const cJSON *plan) {
        const char *address = json_string(resource, "address");
        _cleanup_free_ char *pattern = NULL;
        size_t n = 1;

        for (const cJSON *other = resource->next; other; other = other->next) {
                if (is_quiet(other) || !are_alike(resource, other, plan))
                        continue;
                if (n++ == 1 || !pattern)
                        pattern = common_pattern(address, json_string(other, "address"));
                else {
                        _cleanup_free_ char *wider = common_pattern(address, json_string(other, "address"));

                        if (strlen(wider) < strlen(pattern))
                                str_replace(&pattern, wider);
                }
        }
        return n == 1 ? xstrdup(address) : xasprintf("%s (%zu)", pattern, n);
}

static void draw_resources(Screen *s, const cJSON *status, const cJSON *plan) {
        _cleanup_table_ Table t = { .n_columns = 5, .flexible = 3 };
        const cJSON *resources = json_get(status, "resources"), *r;
        size_t n_left = 0;

        table_add(&t, TONE_DIM, (const char *const[]){ "VERDICT", "FOR", "ADDRESS", "WHY", "NEXT" });
        cJSON_ArrayForEach (r, resources) {
                _cleanup_free_ char *shown = NULL;

                if (is_quiet(r))
                        continue;
                if (t.n_rows > LINES_MAX) {
                        n_left++;
                        continue;
                }
                if (is_spoken_for(resources, r, plan))
                        continue;
                shown = shown_address(r, plan);
                add_line(&t, r, shown, status, plan);
        }
        if (t.n_rows > 1) {
                screen_end_line(s);
                table_print(&t, s);
        }
        if (n_left > 0)
                screen_line(s, "and %zu more: tandemctl status --json", n_left);
}

void status_draw(Screen *s, const cJSON *status, const cJSON *plan) {
        draw_head(s, status);
        draw_spec(s, status);
        draw_budget(s, status);
        draw_links(s, status);
        draw_regions(s, status);
        draw_resources(s, status, plan);
}

int verb_status(const Ctl *c) {
        _cleanup_json_ cJSON *status = NULL, *plan = NULL;
        _cleanup_screen_ Screen s = screen_new(1);
        int r = ctl_get(c, "/status", &status);

        if (r >= 0 && !c->json)
                r = ctl_get(c, "/plan", &plan);
        if (r < 0)
                return r == -ENOTCONN ? EXIT_NO_DAEMON : EXIT_STUCK;
        if (c->json)
                ctl_print_json(status);
        else {
                status_draw(&s, status, plan);
                screen_show(&s);
        }
        return exit_of_verdict(json_string(status, "verdict"));
}
