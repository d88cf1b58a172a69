/* tandemctl pause and resume: keep hands off one resource, or all, and the end of that. */
#include <stdio.h>

#include "ctl.h"

/* Exactly one of an address and --all. */
static bool target_is_clear(const Ctl *c) {
        if (c->all != (c->n_args == 1))
                return true;
        (void) fprintf(stderr, "tandemctl: say an ADDRESS, or --all\n");
        return false;
}

int verb_pause(const Ctl *c) {
        _cleanup_json_ cJSON *body = json_new_object();
        const char *what = c->all ? "everything" : c->n_args ? c->args[0] : "";
        _cleanup_free_ char *done = xasprintf("paused: %s%s%s; end it with: tandemctl resume %s", what,
                                              c->duration ? " for " : "", c->duration ? c->duration : "",
                                              c->all ? "--all" : what);

        if (!target_is_clear(c))
                return EXIT_USAGE;
        if (isempty(c->reason)) {
                (void) fprintf(stderr, "tandemctl: pause needs --reason TEXT\n");
                return EXIT_USAGE;
        }
        if (!c->all)
                json_set_string(body, "address", c->args[0]);
        json_set_string(body, "for", c->duration);
        json_set_string(body, "reason", c->reason);
        return ctl_change(c, "POST", "/pauses", body, done);
}

int verb_resume(const Ctl *c) {
        _cleanup_json_ cJSON *body = json_new_object();
        _cleanup_free_ char *done = NULL;

        if (!target_is_clear(c))
                return EXIT_USAGE;
        done = xasprintf("resumed: %s", c->all ? "everything" : c->args[0]);
        if (!c->all)
                json_set_string(body, "address", c->args[0]);
        return ctl_change(c, "DELETE", "/pauses", body, done);
}
