/* Cluster: an OKE control plane. What its pods' network is, and where its endpoint and services live, is chosen when it is made and
 * for life; the estate's record shows why that matters: both clusters were made on an overlay first, nothing reached a pod of the
 * other region, and both had to be made again. Its endpoint changes by an action of its own, its version by an upgrade that never
 * goes back. */
#include "kinds.h"
#include "oke.h"

static const char *const cluster_types[] = { "BASIC_CLUSTER", "ENHANCED_CLUSTER", NULL }; /* it only rises */
static const char *const ip_families[] = { "IPv4", "IPv6", NULL };

static const Field pod_network_fields[] = {
        { .name = "cniType",
          .type = FIELD_ENUM,
          .change = CHANGE_NEVER,
          .flags = FIELD_REPLACE_IF_ASKED | FIELD_REQUIRED,
          .words = cni_types,
          .never_text = CNI_NEVER MAKE_IT_AGAIN,
          .doc = "OCI_VCN_IP_NATIVE gives pods addresses of the VCN, which another region can reach; "
                 "FLANNEL_OVERLAY does not" },
        {},
};

static const Field endpoint_fields[] = {
        { .name = "subnet",
          .api = "subnetId",
          .type = FIELD_REF,
          .change = CHANGE_NEVER,
          .flags = FIELD_REPLACE_IF_ASKED | FIELD_REQUIRED,
          .ref_kind = "Subnet",
          .never_text = "the API endpoint stays in its subnet" MAKE_IT_AGAIN,
          .doc = "a regional subnet of the cluster's VCN" },
        { .name = "nsgs",
          .api = "nsgIds",
          .type = FIELD_REFS,
          .change = CHANGE_ACTION,
          .fallback = "[]",
          .max = 5,
          .ref_kind = "NetworkSecurityGroup",
          .doc = "security groups of the API endpoint" },
        { .name = "isPublicIpEnabled",
          .type = FIELD_BOOL,
          .change = CHANGE_ACTION,
          .fallback = "false",
          .takes_away = "false",
          .doc = "whether the API has a public address, which a private subnet cannot give" },
        {},
};

static const Field kubernetes_network_fields[] = {
        { .name = "podsCidr",
          .type = FIELD_CIDR,
          .change = CHANGE_NEVER,
          .flags = FIELD_REPLACE_IF_ASKED | FIELD_NOT_IN_PUT,
          .fallback = "\"10.244.0.0/16\"",
          .never_text = "the addresses of an overlay's pods are for life" MAKE_IT_AGAIN,
          .doc = "addresses of pods on an overlay; left out: 10.244.0.0/16" },
        { .name = "servicesCidr",
          .type = FIELD_CIDR,
          .change = CHANGE_NEVER,
          .flags = FIELD_REPLACE_IF_ASKED | FIELD_NOT_IN_PUT,
          .fallback = "\"10.96.0.0/16\"",
          .never_text = "the addresses of a cluster's services are for life" MAKE_IT_AGAIN,
          .doc = "addresses of services; left out: 10.96.0.0/16" },
        {},
};

#define FOR_LIFE "it is chosen when a cluster is made" MAKE_IT_AGAIN

static const Field add_ons_fields[] = {
        { .name = "isKubernetesDashboardEnabled",
          .type = FIELD_BOOL,
          .change = CHANGE_NEVER,
          .flags = FIELD_REPLACE_IF_ASKED,
          .fallback = "false",
          .never_text = FOR_LIFE,
          .doc = "install the dashboard with the cluster" },
        { .name = "isTillerEnabled",
          .type = FIELD_BOOL,
          .change = CHANGE_NEVER,
          .flags = FIELD_REPLACE_IF_ASKED,
          .fallback = "false",
          .never_text = FOR_LIFE,
          .doc = "install Tiller with the cluster" },
        {},
};

static const Field admission_fields[] = {
        { .name = "isPodSecurityPolicyEnabled",
          .type = FIELD_BOOL,
          .change = CHANGE_UPDATE,
          .fallback = "false",
          .doc = "the pod security policy admission controller" },
        {},
};

#define TAG_MEMBERS(what)                                                                             \
        { .name = "freeformTags",                                                                     \
          .type = FIELD_MAP,                                                                          \
          .change = CHANGE_UPDATE,                                                                    \
          .fallback = "{}",                                                                           \
          .max = 10,                                                                                  \
          .doc = "tags of " what ", up to 10; those that are not declared survive" },                 \
        {                                                                                             \
                .name = "definedTags", .type = FIELD_TAGS, .change = CHANGE_UPDATE, .fallback = "{}", \
                .max = 64, .doc = "tags of " what " by namespace, up to 64",                          \
        }

static const Field volume_fields[] = {
        TAG_MEMBERS("block volumes that pods claim"),
        {},
};

static const Field load_balancer_fields[] = {
        TAG_MEMBERS("load balancers of services"),
        { .name = "backendNsgs",
          .api = "backendNsgIds",
          .type = FIELD_REFS,
          .change = CHANGE_UPDATE,
          .fallback = "[]",
          .max = 5,
          .ref_kind = "NetworkSecurityGroup",
          .doc = "security groups whose rules the cloud controller keeps for load balancers" },
        {},
};

static const Field discovery_fields[] = {
        { .name = "isOpenIdConnectDiscoveryEnabled",
          .type = FIELD_BOOL,
          .change = CHANGE_UPDATE,
          .fallback = "false",
          .doc = "publish the keys of service account tokens" },
        {},
};

static const Field claim_fields[] = {
        { .name = "key", .type = FIELD_STRING, .flags = FIELD_REQUIRED, .doc = "the claim" },
        { .name = "value", .type = FIELD_STRING, .flags = FIELD_REQUIRED, .doc = "what it has to be" },
        {},
};

#define TEXT(key, longest, text)                                                                          \
        {                                                                                                 \
                .name = (key), .type = FIELD_STRING, .change = CHANGE_UPDATE, .min = 1, .max = (longest), \
                .doc = (text)                                                                             \
        }

static const Field authentication_fields[] = {
        { .name = "isOpenIdConnectAuthEnabled",
          .type = FIELD_BOOL,
          .change = CHANGE_UPDATE,
          .flags = FIELD_REQUIRED,
          .fallback = "false",
          .doc = "whether the API takes tokens of an OpenID provider" },
        TEXT("issuerUrl", 2048, "the provider"),
        TEXT("clientId", 255, "whom its tokens are made out to"),
        TEXT("usernameClaim", 255, "the claim that is the user's name"),
        TEXT("usernamePrefix", 255, "what stands before it"),
        TEXT("groupsClaim", 255, "the claim that is the user's groups"),
        TEXT("groupsPrefix", 255, "what stands before them"),
        { .name = "requiredClaims",
          .type = FIELD_OBJECTS,
          .change = CHANGE_UPDATE,
          .fallback = "[]",
          .max = 64,
          .fields = claim_fields,
          .doc = "claims that a token has to carry" },
        TEXT("caCertificate", 65535, "base64 of the PEM certificate that signs the provider's"),
        { .name = "signingAlgorithms",
          .type = FIELD_STRINGS,
          .change = CHANGE_UPDATE,
          .fallback = "[]",
          .max = 16,
          .doc = "how a token may be signed, such as RS256" },
        TEXT("configurationFile", 65535,
             "base64 of an authentication configuration, instead of all of the above"),
        {},
};

static const Field options_fields[] = {
        { .name = "serviceLbSubnets",
          .api = "serviceLbSubnetIds",
          .type = FIELD_REFS,
          .change = CHANGE_NEVER,
          .flags = FIELD_NOT_IN_PUT,
          .fallback = "[]",
          .max = 2,
          .ref_kind = "Subnet",
          .never_text = "say the subnet at the service instead: the annotation "
                        "service.beta.kubernetes.io/oci-load-balancer-subnet1",
          .doc = "where load balancers of services stand, up to two" },
        { .name = "kubernetesNetworkConfig",
          .type = FIELD_OBJECT,
          .change = CHANGE_UPDATE,
          .flags = FIELD_NOT_IN_PUT,
          .fields = kubernetes_network_fields,
          .doc = "addresses inside of the cluster" },
        { .name = "ipFamilies",
          .type = FIELD_STRINGS,
          .change = CHANGE_NEVER,
          .flags = FIELD_REPLACE_IF_ASKED | FIELD_NOT_IN_PUT | FIELD_ORDERED | FIELD_EMPTY_IS_FALLBACK,
          .fallback = "[\"IPv4\"]",
          .max = 2,
          .words = ip_families,
          .never_text = FOR_LIFE,
          .doc = "the first is the main one; left out: IPv4" },
        { .name = "addOns",
          .type = FIELD_OBJECT,
          .change = CHANGE_UPDATE,
          .flags = FIELD_NOT_IN_PUT,
          .fields = add_ons_fields,
          .doc = "what is installed when the cluster is made; see `addons` for all others" },
        { .name = "admissionControllerOptions",
          .type = FIELD_OBJECT,
          .change = CHANGE_UPDATE,
          .fields = admission_fields,
          .doc = "what the API server checks" },
        { .name = "persistentVolumeConfig",
          .type = FIELD_OBJECT,
          .change = CHANGE_UPDATE,
          .fields = volume_fields,
          .doc = "block volumes that pods claim" },
        { .name = "serviceLbConfig",
          .type = FIELD_OBJECT,
          .change = CHANGE_UPDATE,
          .fields = load_balancer_fields,
          .doc = "load balancers of services" },
        { .name = "openIdConnectDiscovery",
          .type = FIELD_OBJECT,
          .change = CHANGE_UPDATE,
          .fields = discovery_fields,
          .doc = "the cluster as a provider of identities" },
        { .name = "openIdConnectTokenAuthenticationConfig",
          .type = FIELD_OBJECT,
          .change = CHANGE_UPDATE,
          .fields = authentication_fields,
          .doc = "users of another provider" },
        {},
};

static const Field key_fields[] = {
        { .name = "kmsKeyId",
          .type = FIELD_STRING,
          .flags = FIELD_REQUIRED,
          .pattern = "^ocid1[.]key[.].+$",
          .pattern_text = "the OCID of a key",
          .doc = "OCID of a key that images may be signed with" },
        {},
};

static const Field image_policy_fields[] = {
        { .name = "isPolicyEnabled",
          .type = FIELD_BOOL,
          .change = CHANGE_UPDATE,
          .flags = FIELD_REQUIRED,
          .fallback = "false",
          .doc = "run signed images only" },
        { .name = "keyDetails",
          .type = FIELD_OBJECTS,
          .change = CHANGE_UPDATE,
          .fallback = "[]",
          .max = 5,
          .fields = key_fields,
          .doc = "the keys that count" },
        {},
};

static const Field cluster_fields[] = {
        { .name = "vcn",
          .api = "vcnId",
          .type = FIELD_REF,
          .change = CHANGE_NEVER,
          .flags = FIELD_REPLACE_IF_ASKED | FIELD_REQUIRED,
          .ref_kind = "Vcn",
          .never_text = "a cluster stays in its VCN" MAKE_IT_AGAIN,
          .doc = "where its nodes live" },
        { .name = "kubernetesVersion",
          .type = FIELD_STRING,
          .change = CHANGE_DISRUPT,
          .flags = FIELD_REQUIRED | FIELD_ONLY_RISES | FIELD_SEND_CHANGED,
          .min = 1,
          .max = 32,
          .pattern = OKE_VERSION_PATTERN,
          .pattern_text = OKE_VERSION_TEXT,
          .never_text = "a control plane is upgraded and never goes back: declare the version that is there",
          .doc = "such as v1.34.1" },
        { .name = "type",
          .type = FIELD_ENUM,
          .change = CHANGE_UPDATE,
          .flags = FIELD_ONLY_RISES | FIELD_SEND_CHANGED,
          .fallback = "\"BASIC_CLUSTER\"",
          .words = cluster_types,
          .never_text = "an enhanced cluster does not become a basic one: declare ENHANCED_CLUSTER",
          .doc = "ENHANCED_CLUSTER is for add-ons and the cycling of nodes" },
        { .name = "kmsKeyId",
          .type = FIELD_STRING,
          .change = CHANGE_NEVER,
          .flags = FIELD_REPLACE_IF_ASKED,
          .pattern = "^ocid1[.]key[.].+$",
          .pattern_text = "the OCID of a key",
          .never_text = "the key that encrypts secrets is for life" MAKE_IT_AGAIN,
          .doc = "OCID of the key that encrypts its secrets" },
        { .name = "clusterPodNetworkOptions",
          .type = FIELD_OBJECTS,
          .change = CHANGE_NEVER,
          .flags = FIELD_REPLACE_IF_ASKED,
          .max = 1,
          .fields = pod_network_fields,
          .never_text = CNI_NEVER MAKE_IT_AGAIN,
          .doc = "how pods are connected" },
        { .name = "endpointConfig",
          .type = FIELD_OBJECT,
          .change = CHANGE_ACTION,
          .flags = FIELD_REQUIRED,
          .fields = endpoint_fields,
          .object_action = "updateEndpointConfig",
          .doc = "where its API is reached" },
        { .name = "options",
          .type = FIELD_OBJECT,
          .change = CHANGE_UPDATE,
          .flags = FIELD_SEND_CHANGED,
          .fields = options_fields,
          .doc = "its services, addresses and admission" },
        { .name = "imagePolicyConfig",
          .type = FIELD_OBJECT,
          .change = CHANGE_UPDATE,
          .flags = FIELD_SEND_CHANGED,
          .fields = image_policy_fields,
          .doc = "which images may run" },
        { .name = "context",
          .type = FIELD_STRING,
          .change = CHANGE_UPDATE,
          .flags = FIELD_LOCAL | FIELD_NOT_IN_CREATE | FIELD_NOT_IN_PUT,
          .doc = "its name in the kubeconfig that tandemctl writes; left out: the tandem name" },
        {},
};

const char *cluster_cni(const Desired *cluster) {
        const cJSON *options = json_get(cluster->want, "clusterPodNetworkOptions");
        const char *said = options && options->child ? json_string(options->child, "cniType") : NULL;

        return said ? said : CNI_FLANNEL;
}

bool cluster_is_enhanced(const Desired *cluster) {
        return streq_ptr(json_string(cluster->want, "type"), "ENHANCED_CLUSTER");
}

static const char *const cluster_serialized[] = { "id", NULL };

const Kind kind_cluster = {
        .name = "Cluster",
        .section = "clusters",
        .ocid_type = "cluster",
        .path = "/20180222/clusters",
        .name_field = "name",
        .cli = "ce cluster",
        .cli_id = "--cluster-id",
        .doc = "An OKE cluster",
        .service = SERVICE_CONTAINER_ENGINE,
        .scope = SCOPE_COMPARTMENT,
        .cadence = CADENCE_SLOW,
        .whole = CADENCE_ONCE, /* what its summary lacks is for life */
        .flags = KIND_CLI_NO_CREATE | KIND_SUMMARY | KIND_NO_CREATE_BODY,
        .fields = cluster_fields,
        .life = life_oke,
        .serialized = cluster_serialized,
        .lifecycle_field = "lifecycleState",
        .next_step = cluster_next_step,
        .when_failed = cluster_when_failed,
        .work_creates = "CLUSTER_CREATE",
        .lint = cluster_lint,
};
