/* tandemctl events [--since N] [--follow]: one line a fact. */
#include <errno.h>
#include <stdio.h>

#include "ctl.h"

static void draw_event(Screen *s, const cJSON *e) {
        const char *address = json_string(e, "address"), *region = json_string(e, "region");
        const char *by = json_string(e, "by"), *call = json_string(e, "call"),
                   *text = json_string(e, "text");
        const char *at = json_string(e, "at"), *what = json_string(e, "what"),
                   *request = json_string(e, "requestId");

        screen_add(s, TONE_DIM, "%5.0f  %s", json_number(e, "n", 0), at ? at : "–");
        screen_add(s, TONE_BOLD, "  %s", address ? address : region ? region : "estate");
        screen_add(s, TONE_PLAIN, "  %s", what ? what : "");
        if (text)
                screen_add(s, TONE_PLAIN, "  %s", text);
        if (by)
                screen_add(s, TONE_PLAIN, "  by %s", by);
        if (call)
                screen_add(s, TONE_DIM, "  %s %.0f", call, json_number(e, "status", 0));
        if (request)
                screen_add(s, TONE_DIM, "  req %s", request);
        screen_end_line(s);
}

static bool show_line(const char *line, void *userdata) {
        const Ctl *c = userdata;
        _cleanup_json_ cJSON *e = NULL;
        _cleanup_screen_ Screen s = screen_new(1);

        if (!*line || json_parse(line, strlen(line), &e, NULL) < 0)
                return true;
        if (c->json)
                (void) printf("%s\n", line);
        else
                draw_event(&s, e);
        screen_show(&s);
        return !ferror(stdout);
}

int verb_events(const Ctl *c) {
        _cleanup_free_ char *since = c->since ? url_escape(c->since) : xstrdup("0"), *error = NULL;
        _cleanup_free_ char *path = xasprintf("/events?since=%s%s", since, c->follow ? "&follow=1" : "");
        _cleanup_json_ cJSON *refusal = NULL;
        const char *message;
        int r = client_follow(c->socket, path, show_line, (void *) (uintptr_t) c, &error);

        if (r >= 0 || (r == -EPIPE && !c->follow))
                return EXIT_SUCCESS;
        if (r == -EREMOTEIO)
                (void) json_parse(error, strlen(error), &refusal, NULL);
        message = json_string(refusal, "message");
        (void) fprintf(stderr, "tandemctl: %s\n", message ? message : error);
        return EXIT_FAILURE;
}
