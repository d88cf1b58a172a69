/* tandemctl reload [--plan DIGEST]: the daemon loads its spec files again. */
#include "ctl.h"

int verb_reload(const Ctl *c) {
        _cleanup_json_ cJSON *body = json_new_object();

        json_set_string(body, "plan", c->plan);
        return ctl_change(c, "POST", "/reload", body, "reloaded");
}
