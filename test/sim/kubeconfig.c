/* kubeconfig as text. */
#include "kubeconfig.h"

#include <errno.h>

#include "base/encode.h"
#include "base/json.h"
#include "call.h"
#include "kinds/cluster.h"
#include "kube/kube.h"
#include "store.h"
#include "validate.h"

static const char *const token_versions[] = { "2.0.0", NULL };
static const char *const endpoint_words[] = { "LEGACY_KUBERNETES", "PUBLIC_ENDPOINT", "PRIVATE_ENDPOINT",
                                              "VCN_HOSTNAME", NULL };

static const Field body_fields[] = {
        { .name = "tokenVersion", .type = FIELD_STRING, .words = token_versions },
        { .name = "endpoint", .type = FIELD_STRING, .words = endpoint_words },
        { .name = "expiration", .type = FIELD_INT },
        {},
};

static char *ca_data(const Sim *sim) {
        return base64_encode(sim->ca_pem, strlen(sim->ca_pem));
}

/* Which member of the cluster's endpoints a word of the request means. */
static const char *endpoint_of(const Object *cluster, const char *word) {
        static const char *const fallback[] = { "publicEndpoint", "privateEndpoint" };

        if (streq_ptr(word, "PUBLIC_ENDPOINT"))
                return cluster_endpoint(cluster, "publicEndpoint");
        if (streq_ptr(word, "PRIVATE_ENDPOINT"))
                return cluster_endpoint(cluster, "privateEndpoint");
        if (streq_ptr(word, "VCN_HOSTNAME"))
                return cluster_endpoint(cluster, "vcnHostnameEndpoint");
        for (size_t i = 0; !word && i < ARRAY_SIZE(fallback); i++)
                if (cluster_endpoint(cluster, fallback[i]))
                        return cluster_endpoint(cluster, fallback[i]);
        return NULL; /* LEGACY_KUBERNETES too: clusters in a VCN have none */
}

int kubeconfig_reply(Call *c, Object *cluster, const cJSON *none) {
        const char *unique = strrchr(cluster->id, '.') + 1, *word, *endpoint, *tail;
        _cleanup_free_ char *ca = ca_data(c->sim), *text = NULL;
        _cleanup_json_ cJSON *in = NULL;

        if (call_parse_body(c, true, &in) < 0 || validate_object(c, in, body_fields) < 0)
                return -EBADMSG;
        word = json_string(in, "endpoint");
        endpoint = endpoint_of(cluster, word);
        if (!cluster_serves(cluster))
                return call_fail(c, 409, "IncorrectState", "The cluster %s is not active.", cluster->id);
        if (!endpoint)
                return call_fail(c, 400, "InvalidParameter", "The cluster has no endpoint %s.",
                                 word ? word : "");
        tail = unique + (strlen(unique) > 11 ? strlen(unique) - 11 : 0);
        text = xasprintf("---\n"
                         "apiVersion: v1\n"
                         "kind: \"\"\n"
                         "clusters:\n"
                         "- name: cluster-%s\n"
                         "  cluster:\n"
                         "    server: https://%s\n"
                         "    certificate-authority-data: %s\n"
                         "users:\n"
                         "- name: user-%s\n"
                         "  user:\n"
                         "    exec:\n"
                         "      apiVersion: client.authentication.k8s.io/v1beta1\n"
                         "      command: oci\n"
                         "      args:\n"
                         "      - ce\n"
                         "      - cluster\n"
                         "      - generate-token\n"
                         "      - --cluster-id\n"
                         "      - %s\n"
                         "      - --region\n"
                         "      - %s\n"
                         "      env: []\n"
                         "contexts:\n"
                         "- name: context-%s\n"
                         "  context:\n"
                         "    cluster: cluster-%s\n"
                         "    user: user-%s\n"
                         "current-context: context-%s\n",
                         tail, endpoint, ca, tail, cluster->id, cluster->region->name, tail, tail, tail,
                         tail);
        return call_reply_text(c, 200, "application/x-yaml", text);
}

static bool name_is_unique(Sim *sim, const char *name) {
        size_t n = 0;

        for (size_t i = 0; i < N_REGIONS; i++)
                for (Object *o = NULL; (o = cluster_next(&sim->regions[i], o));)
                        n += streq_ptr(json_string(o->body, "name"), name);
        return n == 1;
}

static char *context_name(Sim *sim, const Object *cluster) {
        const char *name = json_string(cluster->body, "name");

        return xstrdup(!isempty(name) && name_is_unique(sim, name) ? name : cluster->id);
}

/* Names of people's choice go in as JSON, which is YAML. */
static void add_quoted(Str *s, const char *format_before, const char *text, const char *after) {
        _cleanup_json_ cJSON *v = json_new_string(text);
        _cleanup_free_ char *quoted = json_text(v);

        str_addf(s, "%s%s%s", format_before, quoted, after);
}

char *kubeconfig_text(Sim *sim, const char *address, uint16_t port) {
        _cleanup_str_ Str clusters = {}, contexts = {}, all = {};
        _cleanup_free_ char *ca = ca_data(sim), *first = NULL;

        for (size_t i = 0; i < N_REGIONS; i++)
                for (Object *o = NULL; (o = cluster_next(&sim->regions[i], o));) {
                        _cleanup_free_ char *name = context_name(sim, o);

                        add_quoted(&clusters, "- name: ", name, "\n");
                        str_addf(&clusters,
                                 "  cluster:\n    server: https://%s:%u\n    tls-server-name: %s\n"
                                 "    certificate-authority-data: %s\n",
                                 address, port, kube_server_name(o), ca);
                        add_quoted(&contexts, "- name: ", name, "\n  context:\n");
                        add_quoted(&contexts, "    cluster: ", name, "\n    user: rehearsal\n");
                        if (!first)
                                first = TAKE_PTR(name);
                }
        str_add(&all, "apiVersion: v1\nkind: Config\n");
        str_addf(&all, "clusters:%s\n%s", first ? "" : " []", str_get(&clusters));
        str_addf(&all, "contexts:%s\n%s", first ? "" : " []", str_get(&contexts));
        str_addf(&all, "users:\n- name: rehearsal\n  user:\n    token: %s\n", sim->kube->rehearsal_token);
        add_quoted(&all, "current-context: ", first ? first : "", "\n");
        return str_take(&all);
}
