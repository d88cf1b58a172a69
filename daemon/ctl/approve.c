/* tandemctl approve ID|bootstrap [--override --reason TEXT]: a person lets an action of the plan through. */
#include <stdio.h>

#include "ctl.h"

int verb_approve(const Ctl *c) {
        _cleanup_json_ cJSON *body = json_new_object();
        _cleanup_free_ char *done = xasprintf(
                "approved: %s; it lapses after an hour, or when anything else changes", c->args[0]);

        if (c->override && !c->reason) {
                (void) fprintf(stderr, "tandemctl: --override needs --reason TEXT\n");
                return EXIT_USAGE;
        }
        json_set_string(body, "id", c->args[0]);
        if (c->override)
                json_set_bool(body, "override", true);
        json_set_string(body, "reason", c->reason);
        return ctl_change(c, "POST", "/approvals", body, done);
}
