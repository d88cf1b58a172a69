/* tandemctl plan [-f PATH] [--commands]: what is to be done, what waits for a person, and what will not be done. */
#include <errno.h>
#include <stdio.h>

#include "ctl.h"

#include "spec/spec.h"

typedef struct Counts {
        size_t automatic, approve, refused, blocked, abandoned;
} Counts;

/* The API cannot do it, rather than that something stands in its way. */
static bool has_refused_difference(const cJSON *blocked) {
        const cJSON *d;

        cJSON_ArrayForEach (d, json_get(blocked, "differences"))
                if (json_bool(d, "refused", false))
                        return true;
        return false;
}

static bool is_refused(const cJSON *action) {
        return streq_ptr(json_string(action, "gate"), "never") ||
               streq_ptr(json_path_string(action, "decision.word"), "refused");
}

static bool awaits_person(const cJSON *action) {
        return streq_ptr(json_string(action, "gate"), "approve") && !json_bool(action, "approved", false) &&
               !is_refused(action);
}

static const char *gate_shown(const cJSON *action) {
        if (is_refused(action))
                return "REFUSED";
        if (awaits_person(action))
                return "APPROVE";
        return streq_ptr(json_string(action, "gate"), "approve") ? "approved" : "auto";
}

static Counts count_actions(const cJSON *plan) {
        Counts n = {};
        const cJSON *a;

        cJSON_ArrayForEach (a, json_get(plan, "actions")) {
                if (is_refused(a))
                        n.refused++;
                else if (streq_ptr(json_string(a, "gate"), "approve"))
                        n.approve++;
                else
                        n.automatic++;
                n.abandoned += json_bool(a, "abandon", false);
        }
        cJSON_ArrayForEach (a, json_get(plan, "blocked")) {
                if (has_refused_difference(a))
                        n.refused++;
                else
                        n.blocked++;
        }
        return n;
}

static void draw_head(Screen *s, const cJSON *plan) {
        const char *digest = json_string(plan, "digest"), *running = json_string(plan, "running");
        const char *spec = json_string(plan, "spec"), *now = json_string(plan, "now");
        const cJSON *v;

        screen_add(s, TONE_BOLD, "plan %s", digest ? digest : "–");
        screen_add(s, TONE_PLAIN, "   %s", running ? running : "–");
        if (!streq_ptr(running, spec))
                screen_add(s, TONE_PLAIN, " → %s", spec ? spec : "–");
        screen_add(s, TONE_PLAIN, "   views: ");
        cJSON_ArrayForEach (v, json_get(plan, "views")) {
                char ago[TIME_TEXT_SIZE];

                screen_add(s, TONE_PLAIN, "%s %s, ", json_string(v, "name"),
                           time_since(json_string(v, "lastComplete"), now, ago));
        }
        if (json_bool(plan, "complete", false))
                screen_add(s, TONE_PLAIN, "complete");
        else
                screen_add(s, TONE_BAD, "PARTIAL: what is not seen is not in it");
        screen_end_line(s);
}

static void draw_counts(Screen *s, const cJSON *plan) {
        Counts n = count_actions(plan);

        screen_add(s, TONE_PLAIN,
                   "%.0f resources: %.0f unchanged, %zu automatic, %zu to approve, %zu refused",
                   json_number(plan, "resources", 0), json_number(plan, "unchanged", 0), n.automatic,
                   n.approve, n.refused);
        if (n.blocked > 0)
                screen_add(s, TONE_BAD, ", %zu blocked", n.blocked);
        screen_line(s, ";  %zu abandoned", n.abandoned);
}

/* The path, or only the list's name where a rule's text names the rule. */
static char *shown_path(const char *path) {
        const char *bracket = path && endswith(path, "]") ? strchr(path, '[') : NULL;

        return bracket ? xstrndup(path, (size_t) (bracket - path)) : xstrdup(path ? path : "?");
}

static void draw_note(Screen *s, const char *text) {
        screen_add(s, TONE_PLAIN, "     ! ");
        screen_wrap(s, 7, text);
}

static void draw_difference(Screen *s, const cJSON *d) {
        const char *want = json_string(d, "wantText"), *have = json_string(d, "haveText");
        const char *source = json_string(d, "source"), *note = json_string(d, "note");
        _cleanup_free_ char *path = shown_path(json_string(d, "path")), *text = NULL, *cut = NULL;

        if (want && have)
                text = xasprintf("~ %s %s → %s", path, have, want);
        else if (want)
                text = xasprintf("+ %s %s", path, want);
        else
                text = xasprintf("- %s %s", path, have ? have : "");
        cut = text_cut(text, source ? 70 : SCREEN_WIDTH - 5);
        screen_add(s, TONE_PLAIN, "     %s", cut);
        for (size_t n = text_width(cut); source && n < 70; n++)
                screen_add(s, TONE_PLAIN, " ");
        screen_line(s, "  %s", source ? source : "");
        if (note)
                draw_note(s, note);
}

static void draw_differences(Screen *s, const cJSON *owner) {
        const cJSON *d;

        cJSON_ArrayForEach (d, json_get(owner, "differences"))
                draw_difference(s, d);
}

static char *joined(const cJSON *strings) {
        Str b = {};
        const cJSON *one;

        cJSON_ArrayForEach (one, strings) {
                if (b.size > 0)
                        str_add(&b, ", ");
                if (cJSON_IsString(one))
                        str_add(&b, one->valuestring);
        }
        return str_take(&b);
}

static void draw_action(Screen *s, const Ctl *c, size_t number, const cJSON *a) {
        const char *message = json_path_string(a, "decision.message"), *reason = json_string(a, "reason");
        const char *id = json_string(a, "id"), *word = json_path_string(a, "decision.word");
        _cleanup_free_ char *waits = joined(json_get(a, "waitsFor"));
        Tone tone = is_refused(a) ? TONE_BAD : awaits_person(a) ? TONE_NOTE : TONE_PLAIN;

        screen_add(s, TONE_PLAIN, "%-3zu", number);
        screen_add(s, tone, "%-9s", gate_shown(a));
        screen_add(s, TONE_PLAIN, "%-9s",
                   json_bool(a, "abandon", false) ? "abandon" : json_string(a, "verb"));
        screen_add(s, TONE_BOLD, "%s", json_string(a, "address"));
        screen_line(s, "   %s", reason ? reason : "");
        draw_differences(s, a);
        if (*waits)
                screen_line(s, "     after %s", waits);
        if (message && !streq_ptr(word, "approval") && !(streq_ptr(word, "wait") && *waits))
                draw_note(s, message);
        if (awaits_person(a))
                screen_line(s, "     %standemctl approve %s", c->file ? "after the reload: " : "", id);
}

/* A message that the next one has as well is said once, after the last of them. */
static void draw_blocked(Screen *s, size_t number, const cJSON *b) {
        const char *message = json_string(b, "message");

        screen_add(s, TONE_PLAIN, "%-3zu", number);
        screen_add(s, TONE_BAD, "%-9s", has_refused_difference(b) ? "REFUSED" : "BLOCKED");
        screen_add(s, TONE_PLAIN, "–        ");
        screen_add(s, TONE_BOLD, "%s", json_string(b, "address"));
        screen_end_line(s);
        draw_differences(s, b);
        if (message && !(b->next && streq_ptr(message, json_string(b->next, "message"))))
                draw_note(s, message);
}

static void draw_plan(Screen *s, const Ctl *c, const cJSON *plan) {
        size_t number = 0;
        const cJSON *a;

        draw_head(s, plan);
        draw_counts(s, plan);
        if (cJSON_GetArraySize(json_get(plan, "actions")) + cJSON_GetArraySize(json_get(plan, "blocked")) >
            0) {
                screen_end_line(s);
                screen_add(s, TONE_DIM, "#  GATE     VERB     ADDRESS");
                screen_end_line(s);
        }
        cJSON_ArrayForEach (a, json_get(plan, "actions"))
                draw_action(s, c, ++number, a);
        cJSON_ArrayForEach (a, json_get(plan, "blocked"))
                draw_blocked(s, ++number, a);
        if (c->file)
                screen_line(s,
                            "use it: tandemctl reload --plan %s     as oci commands: tandemctl plan -f %s "
                            "--commands",
                            json_string(plan, "digest"), c->file);
        else if (number > 0)
                screen_line(s, "as oci commands: tandemctl plan --commands");
}

static void draw_commands(Screen *s, const cJSON *plan) {
        const cJSON *a, *call;

        cJSON_ArrayForEach (a, json_get(plan, "actions")) {
                screen_line(s, "# %s %s (%s)", json_string(a, "verb"), json_string(a, "address"),
                            gate_shown(a));
                cJSON_ArrayForEach (call, json_get(a, "calls"))
                        screen_line(s, "%s", cJSON_IsString(call) ? call->valuestring : "");
        }
}

/* The body of POST /plan. */
static int read_files(const char *path, cJSON **ret) {
        cJSON *body = json_new_object(), *array = json_new_array();
        _cleanup_free_ char *error = NULL;
        SpecText *files;
        size_t n;

        json_set(body, "files", array);
        if (spec_read_path(path, &files, &n, &error) < 0) {
                (void) fprintf(stderr, "tandemctl: %s\n", error);
                cJSON_Delete(body);
                return -EIO;
        }
        for (size_t i = 0; i < n; i++) {
                cJSON *file = json_new_object();

                json_set_string(file, "name", files[i].name);
                json_set_string(file, "text", files[i].text);
                json_append(array, file);
        }
        spec_texts_free(files, n);
        *ret = body;
        return 0;
}

int verb_plan(const Ctl *c) {
        _cleanup_json_ cJSON *plan = NULL, *files = NULL;
        _cleanup_screen_ Screen s = screen_new(1);
        int r = 0;

        if (c->file)
                r = read_files(c->file, &files);
        if (r >= 0)
                r = c->file ? ctl_post(c, "/plan", files, &plan) : ctl_get(c, "/plan", &plan);
        if (r < 0)
                return EXIT_FAILURE;
        if (c->json)
                ctl_print_json(plan);
        else if (c->commands)
                draw_commands(&s, plan);
        else
                draw_plan(&s, c, plan);
        screen_show(&s);
        return EXIT_SUCCESS;
}
