/* Status objects. */
#include "status.h"

#include <errno.h>

#include "../call.h"
#include "base/json.h"
#include "resource.h"

cJSON *kube_status(unsigned code, const char *reason, cJSON *details, const char *message) {
        cJSON *o = json_new_object();

        json_set_string(o, "kind", "Status");
        json_set_string(o, "apiVersion", "v1");
        json_set(o, "metadata", json_new_object());
        json_set_string(o, "status", "Failure");
        json_set_string(o, "message", message);
        json_set_string(o, "reason", reason);
        if (details)
                json_set(o, "details", details);
        json_set_number(o, "code", code);
        return o;
}

const char *kube_reason(unsigned code) {
        static const struct {
                unsigned code;
                const char *reason;
        } table[] = {
                { 401, "Unauthorized" }, { 403, "Forbidden" },       { 404, "NotFound" },
                { 409, "Conflict" },     { 410, "Expired" },         { 422, "Invalid" },
                { 504, "Timeout" },      { 429, "TooManyRequests" }, { 503, "ServiceUnavailable" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(table); i++)
                if (table[i].code == code)
                        return table[i].reason;
        return "InternalError";
}

int kube_fail(Call *c, unsigned code, const char *reason, cJSON *details, const char *format, ...) {
        _cleanup_free_ char *message = NULL;
        va_list ap;

        if (c->status >= 400) {
                cJSON_Delete(details);
                return -EBADMSG;
        }
        va_start(ap, format);
        message = xvasprintf(format, ap);
        va_end(ap);
        call_reply(c, code, kube_status(code, reason, details, message));
        return -EBADMSG;
}

int kube_fail_unauthorized(Call *c, const char *why) {
        call_add_reply_header(c, "tandem-sim-reason", why);
        return kube_fail(c, 401, "Unauthorized", NULL, "Unauthorized");
}

int kube_fail_not_found(Call *c, const KubeResource *resource, const char *name) {
        cJSON *details = json_new_object();

        json_set_string(details, "name", name);
        if (*resource->group)
                json_set_string(details, "group", resource->group);
        json_set_string(details, "kind", resource->plural);
        return kube_fail(c, 404, "NotFound", details, "%s%s%s \"%s\" not found", resource->plural,
                         *resource->group ? "." : "", resource->group, name);
}

int kube_fail_no_path(Call *c) {
        if (c->status < 400)
                call_reply_text(c, 404, "text/plain; charset=utf-8", "404 page not found\n");
        return -EBADMSG;
}

int kube_fail_method(Call *c) {
        return kube_fail(c, 405, "MethodNotAllowed", json_new_object(),
                         "the server does not allow this method on the requested resource");
}

int kube_fail_expired(Call *c, const char *message) {
        return kube_fail(c, 410, "Expired", NULL, "%s", message);
}
