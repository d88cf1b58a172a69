/* Objects and how OCI shows them: making, reading, changing and deleting one, with its etag and its
 * tags. */
#include "cloud.h"

#include <stdio.h>

#include "base/json.h"
#include "call.h"
#include "faults.h"
#include "identity.h"
#include "kind.h"
#include "kinds/oke-options.h"
#include "kube/api.h"
#include "kube/kube.h"
#include "kube/status.h"
#include "options.h"
#include "resource.h"
#include "services.h"
#include "signature.h"
#include "store.h"

#define DOMAIN "oraclecloud.com"

/* Which services are reachable under which domain. Both forms of identity and containerengine exist: the
 * second is the one in cluster tokens. */
static const struct {
        const char *service;
        const char *domain;
} host_table[] = {
        { "iaas", DOMAIN },       { "iaas", "ds.oci." DOMAIN },         { "identity", "oci." DOMAIN },
        { "identity", DOMAIN },   { "containerengine", "oci." DOMAIN }, { "containerengine", DOMAIN },
        { "auth", DOMAIN },       { "objectstorage", DOMAIN },          { "audit", DOMAIN },
        { "dns", "oci." DOMAIN }, { "healthchecks", "oci." DOMAIN },
};

static const char *const region_names[N_REGIONS] = { "us-sanjose-1", "us-chicago-1" };

char **cloud_hosts(void) {
        char **hosts = NULL;

        for (size_t r = 0; r < N_REGIONS; r++)
                for (size_t i = 0; i < ARRAY_SIZE(host_table); i++) {
                        _cleanup_free_ char *host = xasprintf("%s.%s.%s", host_table[i].service,
                                                              region_names[r], host_table[i].domain);

                        strv_push(&hosts, host);
                }
        return hosts;
}

bool cloud_route_host(Call *c) {
        _cleanup_free_ char *host = c->host ? str_lower(xstrndup(c->host, strcspn(c->host, ":")))
                                            : xstrdup("");
        const Object *cluster;

        for (size_t r = 0; r < N_REGIONS; r++)
                for (size_t i = 0; i < ARRAY_SIZE(host_table); i++) {
                        _cleanup_free_ char *name = xasprintf("%s.%s.%s", host_table[i].service,
                                                              region_names[r], host_table[i].domain);

                        if (streq(host, name)) {
                                c->region = sim_region(c->sim, region_names[r]);
                                c->service = host_table[i].service;
                                return true;
                        }
                }
        cluster = kube_match(c, NULL);
        if (cluster) {
                c->is_kube = true;
                c->region = cluster->region;
                return true;
        }
        call_fail(c, 404, "NotFound", "No service answers to the host '%s'.", host);
        return false;
}

/* A bucket of one second's worth per region. */
static int check_rate(Call *c) {
        double rate = option_number(c->sim, "ratePerSecond"), wait = option_number(c->sim, "retryAfter");
        Region *region = c->region;
        usec_t now = now_monotonic();
        char text[24];

        if (rate <= 0)
                return 0;
        region->rate_tokens = MIN(rate, region->rate_tokens +
                                                rate * (double) (now - region->rate_last_usec) / 1e6);
        region->rate_last_usec = now;
        if (region->rate_tokens >= 1) {
                region->rate_tokens -= 1;
                return 0;
        }
        if (wait > 0) {
                snprintf(text, sizeof text, "%.0f", wait);
                call_add_reply_header(c, "retry-after", text);
        }
        return call_fail(c, 429, "TooManyRequests", "Too many requests for the user.");
}

static int route_core(Call *c, const char *collection, const char *id, const char *rest) {
        const Kind *kind = kind_by_collection("iaas", collection);

        if (kind)
                return resource_handle(c, kind, id, rest);
        if (streq(collection, "services"))
                return services_handle(c, id, rest);
        if (streq(collection, "allowedPeerRegionsForRemotePeering") && !id)
                return identity_allowed_peer_regions(c);
        if ((streq(collection, "images") || streq(collection, "vnicAttachments")) && !id)
                return streq(c->method, "GET") ? call_reply(c, 200, json_new_array())
                                               : call_fail(c, 405, "MethodNotAllowed",
                                                           "%s cannot be changed here.", collection);
        return call_fail(c, 404, "NotFound", "No operation is there: %s %s", c->method, c->path);
}

static int route_container_engine(Call *c, const char *collection, const char *id, const char *rest) {
        const Kind *kind = kind_by_collection("containerengine", collection);

        return kind ? resource_handle(c, kind, id, rest) : oke_options_handle(c, collection, id, rest);
}

static const struct {
        const char *service, *prefix;
        int (*route)(Call *c, const char *collection, const char *id, const char *rest);
} service_table[] = {
        { "iaas", "/20160918/", route_core },
        { "identity", "/20160918/", identity_handle },
        { "containerengine", "/20180222/", route_container_engine },
};

static int route_path(Call *c) {
        _cleanup_free_ char *path = xstrdup(c->path);
        char *collection = NULL, *id = NULL, *rest = NULL;
        size_t i;

        for (i = 0; i < ARRAY_SIZE(service_table); i++)
                if (streq(service_table[i].service, c->service)) {
                        collection = (char *) startswith(path, service_table[i].prefix);
                        break;
                }
        if (!collection || !*collection)
                return call_fail(c, 404, "NotFound", "No operation is there: %s %s", c->method, c->path);
        id = strchr(collection, '/');
        if (id) {
                *id++ = '\0';
                rest = strchr(id, '/');
        }
        if (rest)
                *rest++ = '\0';
        if ((id && !*id) || (rest && !*rest))
                return call_fail(c, 404, "NotFound", "No operation is there: %s %s", c->method, c->path);
        return service_table[i].route(c, collection, id, rest);
}

/* The reply's id: the request's own when it has a usable one, in front of ours. */
static void set_request_id(Call *c) {
        const char *given = call_header(c, "opc-request-id");

        if (given && (strlen(given) > 48 ||
                      strspn(given, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.") !=
                              strlen(given)))
                given = NULL;
        snprintf(c->request_id, sizeof c->request_id, "%s%s%016llX", given ? given : "", given ? "/" : "",
                 (unsigned long long) rng_next(&c->sim->etags));
}

void cloud_answer_fault(Call *c, const Fault *fault) {
        const char *code = fault->code            ? fault->code
                           : fault->status == 429 ? "TooManyRequests"
                                                  : "InternalServerError";
        const cJSON *header;

        if (!c->is_kube)
                set_request_id(c);
        if (fault->body)
                call_reply(c, fault->status, json_copy(fault->body));
        else if (fault->status >= 400 && c->is_kube)
                kube_fail(c, fault->status, fault->code ? fault->code : kube_reason(fault->status), NULL,
                          "A fault was asked for here.");
        else if (fault->status >= 400)
                call_fail(c, fault->status, code, "A fault was asked for here.");
        else
                call_reply(c, fault->status, NULL);
        cJSON_ArrayForEach (header, fault->headers)
                if (cJSON_IsString(header))
                        call_add_reply_header(c, header->string, header->valuestring);
}

void cloud_handle(Call *c) {
        Region *region = c->region;
        int r;

        if (c->is_kube) {
                kube_handle(c);
                assert(c->status != 0);
                return;
        }
        set_request_id(c);
        if (c->status == 0 && !c->principal)
                c->principal = signature_verify(c);
        if (c->status != 0 || check_rate(c) < 0)
                return;

        /* What changes from here on belongs to this request's epoch. A refused one changed nothing: it
         * takes its epoch back, and what a stale reply shows stays what it was. */
        region->epoch += call_is_mutating(c);
        r = route_path(c);
        assert(c->status != 0);
        if (r < 0 || c->status >= 400) {
                region->epoch -= call_is_mutating(c);
                return;
        }
        if (!call_is_mutating(c))
                return;
        c->delay_usec = sim_scaled(c->sim, option_number(c->sim, "processingMsec") / 1000);
        for (size_t i = 0; i < c->n_claims; i++)
                c->claims[i]->busy_until = now_monotonic() + c->delay_usec;
}
