/* tandemctl reconcile [ADDRESS]: the daemon looks again at once. */
#include "ctl.h"

int verb_reconcile(const Ctl *c) {
        _cleanup_json_ cJSON *body = json_new_object();
        _cleanup_free_ char *done = xasprintf("looking again at %s", c->n_args ? c->args[0] : "everything");

        if (c->n_args)
                json_set_string(body, "address", c->args[0]);
        return ctl_change(c, "POST", "/reconcile", body, done);
}
