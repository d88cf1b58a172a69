/* tandemctl health: one line and an exit code, for monitors. */
#include <errno.h>
#include <stdio.h>

#include "ctl.h"

static size_t count_verdict(const cJSON *resources, const char *verdict) {
        const cJSON *r;
        size_t n = 0;

        cJSON_ArrayForEach (r, resources)
                if (streq_ptr(json_string(r, "verdict"), verdict))
                        n++;
        return n;
}

int verb_health(const Ctl *c) {
        static const char *const bad[] = { "missing",  "drifted",        "orphaned", "blocked",
                                           "fighting", "not-converging", "unknown",  "paused" };
        _cleanup_json_ cJSON *status = NULL, *o = json_new_object();
        _cleanup_screen_ Screen s = screen_new(1);
        const char *verdict;
        int r = ctl_get(c, "/status", &status);

        if (r < 0)
                return r == -ENOTCONN ? EXIT_NO_DAEMON : EXIT_STUCK;
        verdict = json_string(status, "verdict");
        if (c->json) {
                json_set_copy(o, "estate", json_get(status, "estate"));
                json_set_copy(o, "verdict", json_get(status, "verdict"));
                ctl_print_json(o);
                return exit_of_verdict(verdict);
        }
        screen_add(&s, TONE_PLAIN, "%s: %s", json_string(status, "estate"), verdict);
        for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
                size_t n = count_verdict(json_get(status, "resources"), bad[i]);

                if (n > 0)
                        screen_add(&s, TONE_PLAIN, ", %zu %s", n, bad[i]);
        }
        screen_end_line(&s);
        screen_show(&s);
        return exit_of_verdict(verdict);
}
