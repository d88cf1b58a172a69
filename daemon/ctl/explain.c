/* tandemctl explain ADDRESS: what is wanted, what is there, what was tried, what it waits for, and what a person can do. */
#include "ctl.h"

#include "oci/ocid.h"

#define LABEL_WIDTH 7

/* "WANT   ": what a line is about, once. */
static void label(Screen *s, const char **word) {
        screen_add(s, TONE_BOLD, "%-7s", *word);
        *word = "";
}

static const char *identity_text(const char *identity) {
        if (streq_ptr(identity, "pin"))
                return "pinned";
        if (streq_ptr(identity, "tag"))
                return "found by tag";
        if (streq_ptr(identity, "role"))
                return "found by role";
        if (streq_ptr(identity, "name"))
                return "found by name";
        return "not found";
}

static void draw_head(Screen *s, const cJSON *o) {
        const cJSON *r = json_get(o, "resource"), *seen = json_get(o, "seen");
        const char *id = json_string(r, "id"), *source = json_string(r, "source"),
                   *etag = json_string(seen, "etag");
        const char *verdict = json_string(r, "verdict"), *by = json_string(seen, "by");
        _cleanup_free_ char *word = str_lower(xstrdup(verdict ? verdict : "?")),
                            *brief = id ? ocid_shorten(id) : NULL;
        char ago[TIME_TEXT_SIZE], seen_ago[TIME_TEXT_SIZE];

        for (char *c = word; *c; c++)
                if (*c >= 'a' && *c <= 'z')
                        *c = (char) (*c - 'a' + 'A');
        screen_add(s, exit_of_verdict(verdict) == EXIT_STUCK ? TONE_BAD : TONE_BOLD, "%s", word);
        screen_add(s, TONE_PLAIN, " %s", time_since(json_string(r, "since"), json_string(o, "now"), ago));
        if (brief)
                screen_add(s, TONE_PLAIN, "   %s", brief);
        if (json_bool(o, "hasObject", true))
                screen_add(s, TONE_PLAIN, "   %s", identity_text(json_string(o, "identity")));
        screen_add(s, TONE_PLAIN, "   %s", source ? source : "not declared");
        if (seen)
                screen_add(s, TONE_PLAIN, "   %s %s ago",
                           streq_ptr(by, "list")  ? "listed"
                           : streq_ptr(by, "get") ? "GET"
                                                  : "reply",
                           time_since(json_string(seen, "at"), json_string(o, "now"), seen_ago));
        if (etag)
                screen_add(s, TONE_PLAIN, ", etag %.12s", etag);
        screen_end_line(s);
}

static void draw_reason(Screen *s, const cJSON *r) {
        const char *message = json_path_string(r, "reason.message"), *word = "WHY";

        if (!message)
                return;
        label(s, &word);
        screen_wrap(s, LABEL_WIDTH, message);
}

static void draw_differences(Screen *s, const cJSON *o) {
        const cJSON *d, *r = json_get(o, "resource");

        if (json_bool(o, "absent", false)) {
                const char *word = "HAVE";

                label(s, &word);
                screen_line(s, "nothing: a complete listing lacks it");
        }
        cJSON_ArrayForEach (d, json_get(r, "differences")) {
                const char *want = json_string(d, "wantText"), *have = json_string(d, "haveText");
                const char *path = json_string(d, "path"), *source = json_string(d, "source"),
                           *note = json_string(d, "note");
                const char *want_word = "WANT", *have_word = "HAVE";

                label(s, &want_word);
                screen_line(s, "%s: %s   %s", path ? path : "?", want ? want : "absent",
                            source ? source : "");
                label(s, &have_word);
                screen_line(s, "%s", have ? have : "absent");
                if (note) {
                        screen_add(s, TONE_PLAIN, "       ! ");
                        screen_wrap(s, LABEL_WIDTH + 2, note);
                }
        }
}

static void draw_foreign(Screen *s, const cJSON *r) {
        const char *word = "OTHERS";
        const cJSON *f;

        cJSON_ArrayForEach (f, json_get(r, "foreign")) {
                const char *risk = json_string(f, "risk"), *writer = json_string(f, "likelyWriter");

                label(s, &word);
                screen_line(s, "%s; writer %s%s%s", json_string(f, "rule"), writer ? writer : "unknown",
                            risk ? "; RISKY: " : "", risk ? risk : "");
        }
}

/* Who made the difference is not in anything that is read: only OCI's audit log knows. */
static void draw_who(Screen *s, const cJSON *o) {
        const cJSON *r = json_get(o, "resource"), *differences = json_get(r, "differences");
        const char *region = json_string(o, "region"), *word = "WHO";
        double rounds = json_number(r, "fight", 0);

        if (!differences || !differences->child)
                return;
        label(s, &word);
        if (rounds > 0)
                screen_line(s,
                            "changed back %.0f times after tandem mended it; writer unknown: OCI's audit "
                            "log%s%s says who",
                            rounds, region ? " of " : "", region ? region : "");
        else
                screen_line(s,
                            "writer unknown: the spec may have changed, or the cloud; OCI's audit log%s%s "
                            "says who",
                            region ? " of " : "", region ? region : "");
}

static void draw_tried(Screen *s, const cJSON *o) {
        const char *word = "TRIED";
        const cJSON *t;

        cJSON_ArrayForEach (t, json_get(o, "tried")) {
                const char *at = json_string(t, "at"), *code = json_string(t, "code"),
                           *request = json_string(t, "requestId");
                const char *message = json_string(t, "message");

                label(s, &word);
                screen_line(s, "%.8s %s %.0f %s%s%s", at && strlen(at) > 19 ? at + 11 : "–",
                            json_string(t, "method"), json_number(t, "status", 0), code ? code : "",
                            request ? "   req " : "", request ? request : "");
                if (message) {
                        screen_add(s, TONE_PLAIN, "       ");
                        screen_wrap(s, LABEL_WIDTH, message);
                }
        }
}

static void draw_waits(Screen *s, const cJSON *o) {
        const cJSON *r = json_get(o, "resource"), *paused = json_get(o, "paused"), *one;
        const char *word = "WAITS", *running = json_string(r, "inFlight");

        cJSON_ArrayForEach (one, json_get(r, "waitsFor")) {
                label(s, &word);
                screen_line(s, "for %s", cJSON_IsString(one) ? one->valuestring : "?");
        }
        cJSON_ArrayForEach (one, json_get(o, "candidates")) {
                label(s, &word);
                screen_line(s, "for you: it could be %s; say which with id: in the spec",
                            cJSON_IsString(one) ? one->valuestring : "?");
        }
        if (paused) {
                label(s, &word);
                screen_line(s, "paused%s: %s", json_string(paused, "address") ? "" : " with everything else",
                            json_string(paused, "reason"));
        }
        if (running) {
                label(s, &word);
                screen_line(s, "for the answer to %s", running);
        }
        if (*word && json_string(r, "nextTry")) {
                label(s, &word);
                screen_line(s, "backoff only: no approval, region or dependency");
        }
}

/* What the first action will do, and when. */
static void draw_next(Screen *s, const cJSON *o, const cJSON *action) {
        const cJSON *r = json_get(o, "resource");
        const char *word = "NEXT", *decision = json_path_string(action, "decision.word");
        const char *message = json_path_string(action, "decision.message"),
                   *next = json_string(r, "nextTry");
        char in[TIME_TEXT_SIZE];

        if (!action)
                return;
        label(s, &word);
        screen_add(s, TONE_PLAIN, "%s", json_string(action, "verb"));
        if (next)
                screen_add(s, TONE_PLAIN, " in %s", time_until(next, json_string(o, "now"), in));
        else if (streq_ptr(decision, "approval"))
                screen_add(s, TONE_NOTE, ": YOU: tandemctl approve %s", json_string(action, "id"));
        else if (message)
                screen_add(s, TONE_PLAIN, ": %s", message);
        if (json_number(r, "attempts", 0) > 0)
                screen_add(s, TONE_PLAIN, "; attempt %.0f", json_number(r, "attempts", 0) + 1);
        if (json_number(r, "fight", 0) > 0)
                screen_add(s, TONE_PLAIN, "; fight %.0f/3", json_number(r, "fight", 0));
        screen_end_line(s);
}

static void draw_hand(Screen *s, const cJSON *o, const cJSON *action) {
        const char *address = json_path_string(o, "resource.address"), *hand = "HAND", *stop = "STOP";
        const cJSON *call;

        cJSON_ArrayForEach (call, json_get(action, "calls")) {
                label(s, &hand);
                screen_line(s, "%s", cJSON_IsString(call) ? call->valuestring : "");
        }
        label(s, &stop);
        screen_line(s, "tandemctl pause %s --for 1h --reason TEXT", address ? address : "ADDRESS");
}

int verb_explain(const Ctl *c) {
        _cleanup_free_ char *escaped = url_escape(c->args[0]),
                            *path = xasprintf("/explain?address=%s", escaped);
        _cleanup_json_ cJSON *o = NULL;
        _cleanup_screen_ Screen s = screen_new(1);
        const cJSON *actions, *action;

        if (ctl_get(c, path, &o) < 0)
                return EXIT_FAILURE;
        if (c->json) {
                ctl_print_json(o);
                return EXIT_SUCCESS;
        }
        actions = json_get(o, "actions");
        action = actions ? actions->child : NULL;
        draw_head(&s, o);
        draw_reason(&s, json_get(o, "resource"));
        draw_differences(&s, o);
        draw_foreign(&s, json_get(o, "resource"));
        draw_who(&s, o);
        draw_tried(&s, o);
        draw_waits(&s, o);
        draw_next(&s, o, action);
        draw_hand(&s, o, action);
        screen_show(&s);
        return EXIT_SUCCESS;
}
