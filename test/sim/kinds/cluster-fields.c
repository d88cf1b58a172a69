/* The fields of clusters. */
#include "cluster-fields.h"

#include "version.h"

static const char *const types[] = { "BASIC_CLUSTER", "ENHANCED_CLUSTER", NULL };
static const char *const cni_types[] = { "FLANNEL_OVERLAY", "OCI_VCN_IP_NATIVE", NULL };
static const char *const ip_families[] = { "IPv4", "IPv6", NULL };

static const Field cni_fields[] = {
        { .name = "cniType", .type = FIELD_STRING, .required = true, .words = cni_types },
        {},
};

static const Field endpoint_config_fields[] = {
        { .name = "subnetId", .type = FIELD_STRING },
        { .name = "nsgIds", .type = FIELD_STRINGS, .max = 5 },
        { .name = "isPublicIpEnabled", .type = FIELD_BOOL },
        { .name = "securityAttributes", .type = FIELD_OPEN },
        {},
};

static const Field network_fields[] = {
        { .name = "podsCidr", .type = FIELD_STRING, .is_valid = is_cidr_ipv4 },
        { .name = "servicesCidr", .type = FIELD_STRING, .is_valid = is_cidr_ipv4 },
        {},
};

static const Field add_on_fields[] = {
        { .name = "isKubernetesDashboardEnabled", .type = FIELD_BOOL },
        { .name = "isTillerEnabled", .type = FIELD_BOOL },
        {},
};

static const Field admission_fields[] = {
        { .name = "isPodSecurityPolicyEnabled", .type = FIELD_BOOL },
        {},
};

static const Field volume_fields[] = { FIELD_TAG_MAPS, {} };

static const Field balancer_fields[] = {
        { .name = "backendNsgIds", .type = FIELD_STRINGS, .max = 5 },
        FIELD_TAG_MAPS,
        {},
};

static const Field discovery_fields[] = {
        { .name = "isOpenIdConnectDiscoveryEnabled", .type = FIELD_BOOL },
        {},
};

static const Field claim_fields[] = {
        { .name = "key", .type = FIELD_STRING },
        { .name = "value", .type = FIELD_STRING },
        {},
};

static const Field token_fields[] = {
        { .name = "isOpenIdConnectAuthEnabled", .type = FIELD_BOOL, .required = true },
        { .name = "issuerUrl", .type = FIELD_STRING },
        { .name = "clientId", .type = FIELD_STRING },
        { .name = "usernameClaim", .type = FIELD_STRING },
        { .name = "usernamePrefix", .type = FIELD_STRING },
        { .name = "groupsClaim", .type = FIELD_STRING },
        { .name = "groupsPrefix", .type = FIELD_STRING },
        { .name = "requiredClaims", .type = FIELD_OBJECTS, .fields = claim_fields },
        { .name = "caCertificate", .type = FIELD_STRING, .min = 1, .max = 65536 },
        { .name = "signingAlgorithms", .type = FIELD_STRINGS },
        { .name = "configurationFile", .type = FIELD_STRING, .min = 1, .max = 65536 },
        {},
};

/* The first six can be changed. */
#define CHANGEABLE_OPTIONS                                                                                \
        { .name = "admissionControllerOptions", .type = FIELD_OBJECT, .fields = admission_fields },       \
                { .name = "persistentVolumeConfig", .type = FIELD_OBJECT, .fields = volume_fields },      \
                { .name = "serviceLbConfig", .type = FIELD_OBJECT, .fields = balancer_fields },           \
                { .name = "openIdConnectDiscovery", .type = FIELD_OBJECT, .fields = discovery_fields }, { \
                .name = "openIdConnectTokenAuthenticationConfig", .type = FIELD_OBJECT,                   \
                .fields = token_fields                                                                    \
        }

static const Field create_option_fields[] = {
        { .name = "serviceLbSubnetIds", .type = FIELD_STRINGS, .max = 2 },
        { .name = "kubernetesNetworkConfig", .type = FIELD_OBJECT, .fields = network_fields },
        { .name = "ipFamilies", .type = FIELD_STRINGS, .max = 2, .words = ip_families },
        { .name = "addOns", .type = FIELD_OBJECT, .fields = add_on_fields },
        CHANGEABLE_OPTIONS,
        {},
};

static const Field update_option_fields[] = { CHANGEABLE_OPTIONS, {} };

static const Field key_fields[] = {
        { .name = "kmsKeyId", .type = FIELD_STRING },
        {},
};

static const Field policy_fields[] = {
        { .name = "isPolicyEnabled", .type = FIELD_BOOL },
        { .name = "keyDetails", .type = FIELD_OBJECTS, .fields = key_fields },
        {},
};

const Field cluster_create_fields[] = {
        { .name = "compartmentId", .type = FIELD_STRING, .required = true },
        { .name = "name", .type = FIELD_STRING, .required = true },
        { .name = "vcnId", .type = FIELD_STRING, .required = true },
        { .name = "kubernetesVersion",
          .type = FIELD_STRING,
          .required = true,
          .is_valid = version_is_valid },
        { .name = "type", .type = FIELD_STRING, .words = types },
        { .name = "kmsKeyId", .type = FIELD_STRING },
        { .name = "clusterPodNetworkOptions", .type = FIELD_OBJECTS, .max = 1, .fields = cni_fields },
        { .name = "endpointConfig", .type = FIELD_OBJECT, .fields = endpoint_config_fields },
        { .name = "options", .type = FIELD_OBJECT, .fields = create_option_fields },
        { .name = "imagePolicyConfig", .type = FIELD_OBJECT, .fields = policy_fields },
        FIELD_TAG_MAPS,
        {},
};

const Field cluster_update_fields[] = {
        { .name = "name", .type = FIELD_STRING },
        { .name = "kubernetesVersion", .type = FIELD_STRING, .is_valid = version_is_valid },
        { .name = "type", .type = FIELD_STRING, .words = types },
        { .name = "options", .type = FIELD_OBJECT, .fields = update_option_fields },
        { .name = "imagePolicyConfig", .type = FIELD_OBJECT, .fields = policy_fields },
        FIELD_TAG_MAPS,
        {},
};

const Field cluster_endpoint_fields[] = {
        { .name = "nsgIds", .type = FIELD_STRINGS, .max = 5 },
        { .name = "isPublicIpEnabled", .type = FIELD_BOOL },
        { .name = "securityAttributes", .type = FIELD_OPEN },
        {},
};
