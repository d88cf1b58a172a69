/* tandemctl watch: the status, drawn again at each event and at the daemon's heartbeat. A burst of events is drawn once. */
#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "ctl.h"

#define REDRAW_NSEC 250000000L

/* Draws, and says which event was the last before. */
static int draw(const Ctl *c, uint64_t *ret_last) {
        _cleanup_json_ cJSON *status = NULL, *plan = NULL;
        _cleanup_screen_ Screen s = screen_new(1);
        int r = ctl_get(c, "/status", &status);

        if (r >= 0)
                r = ctl_get(c, "/plan", &plan);
        if (r < 0)
                return r;
        *ret_last = (uint64_t) json_number(status, "lastEvent", 0);
        if (c->json) {
                _cleanup_free_ char *text = json_text(status);

                (void) printf("%s\n", text);
                return fflush(stdout) == 0 ? 0 : -EPIPE;
        }
        if (isatty(1))
                (void) fputs("\033[H\033[2J", stdout);
        status_draw(&s, status, plan);
        screen_show(&s);
        return ferror(stdout) ? -EPIPE : 0;
}

static bool on_line(const char *line, void *userdata) {
        (void) line;
        (void) userdata;
        return false; /* one is enough: the next drawing shows what they all did */
}

int verb_watch(const Ctl *c) {
        for (;;) {
                _cleanup_free_ char *path = NULL, *error = NULL;
                uint64_t last;

                if (draw(c, &last) < 0)
                        return EXIT_FAILURE;
                path = xasprintf("/events?since=%llu&follow=1", (unsigned long long) last);
                if (client_follow(c->socket, path, on_line, NULL, &error) < 0) {
                        (void) fprintf(stderr, "tandemctl: %s\n", error);
                        return EXIT_FAILURE;
                }
                (void) nanosleep(&(struct timespec){ .tv_nsec = REDRAW_NSEC }, NULL);
        }
}
