/* The fields of node pools. */
#include "node-pool-fields.h"

#include "base/str.h"
#include "version.h"

#define GRACE_MAX 3600

static const char *const source_types[] = { "IMAGE", NULL };
static const char *const cni_types[] = { "FLANNEL_OVERLAY", "OCI_VCN_IP_NATIVE", NULL };
static const char *const cycle_modes[] = { "BOOT_VOLUME_REPLACE", "INSTANCE_REPLACE", NULL };
static const char *const fault_domains[] = { "FAULT-DOMAIN-1", "FAULT-DOMAIN-2", "FAULT-DOMAIN-3", NULL };
static const char *const preemption_types[] = { "TERMINATE", NULL };

/* PT, then numbers with H, M or S. */
static bool parse_grace(const char *value, double *ret) {
        const char *p = startswith(value, "PT");
        double seconds = 0;

        if (!p || !*p)
                return false;
        while (*p) {
                size_t n = strspn(p, "0123456789");
                _cleanup_free_ char *digits = xstrndup(p, n);
                int64_t number;

                if (parse_i64(digits, 0, GRACE_MAX, &number) < 0)
                        return false;
                switch (p[n]) {
                case 'H':
                        seconds += (double) number * 3600;
                        break;
                case 'M':
                        seconds += (double) number * 60;
                        break;
                case 'S':
                        seconds += (double) number;
                        break;
                default:
                        return false;
                }
                p += n + 1;
        }
        *ret = seconds;
        return seconds <= GRACE_MAX;
}

bool is_eviction_grace(const char *value) {
        double seconds;

        return parse_grace(value, &seconds);
}

double eviction_grace_seconds(const char *value) {
        double seconds = GRACE_MAX;

        (void) parse_grace(value, &seconds);
        return seconds;
}

/* A count or a percentage. */
static bool is_surge(const char *value) {
        size_t n = strspn(value, "0123456789");

        return n > 0 && (value[n] == '\0' || streq(value + n, "%"));
}

static const Field shape_fields[] = {
        { .name = "ocpus", .type = FIELD_NUMBER },
        { .name = "memoryInGBs", .type = FIELD_NUMBER },
        {},
};

static const Field source_fields[] = {
        { .name = "sourceType", .type = FIELD_STRING, .required = true, .words = source_types },
        { .name = "imageId", .type = FIELD_STRING, .required = true, .is_valid = is_ocid },
        { .name = "bootVolumeSizeInGBs", .type = FIELD_INT, .min = 50, .max = 32768 },
        {},
};

static const Field label_fields[] = {
        { .name = "key", .type = FIELD_STRING },
        { .name = "value", .type = FIELD_STRING, .min = 0, .max = 255 },
        {},
};

static const Field action_fields[] = {
        { .name = "type", .type = FIELD_STRING, .required = true, .words = preemption_types },
        { .name = "isPreserveBootVolume", .type = FIELD_BOOL },
        {},
};

static const Field preemptible_fields[] = {
        { .name = "preemptionAction", .type = FIELD_OBJECT, .required = true, .fields = action_fields },
        {},
};

static const Field placement_fields[] = {
        { .name = "availabilityDomain", .type = FIELD_STRING, .required = true },
        { .name = "subnetId", .type = FIELD_STRING, .required = true },
        { .name = "capacityReservationId", .type = FIELD_STRING },
        { .name = "hostGroupId", .type = FIELD_STRING },
        { .name = "preemptibleNodeConfig", .type = FIELD_OBJECT, .fields = preemptible_fields },
        { .name = "faultDomains", .type = FIELD_STRINGS, .max = 3, .words = fault_domains },
        {},
};

static const Field pod_network_fields[] = {
        { .name = "cniType", .type = FIELD_STRING, .required = true, .words = cni_types },
        { .name = "podSubnetIds", .type = FIELD_STRINGS },
        { .name = "podNsgIds", .type = FIELD_STRINGS, .max = 5 },
        { .name = "maxPodsPerNode", .type = FIELD_INT, .min = 1, .max = 110 },
        {},
};

#define NODE_CONFIG                                                               \
        { .name = "nsgIds", .type = FIELD_STRINGS, .max = 5 },                    \
                { .name = "kmsKeyId", .type = FIELD_STRING },                     \
                { .name = "isPvEncryptionInTransitEnabled", .type = FIELD_BOOL }, \
                { .name = "nodePoolPodNetworkOptionDetails",                      \
                  .type = FIELD_OBJECT,                                           \
                  .fields = pod_network_fields },                                 \
                FIELD_TAG_MAPS

static const Field create_config_fields[] = {
        { .name = "size", .type = FIELD_INT, .required = true, .min = 0, .max = 1000 },
        { .name = "placementConfigs",
          .type = FIELD_OBJECTS,
          .required = true,
          .min = 1,
          .max = 16,
          .fields = placement_fields },
        { .name = "computeClusterId", .type = FIELD_STRING },
        NODE_CONFIG,
        {},
};

static const Field update_config_fields[] = {
        { .name = "size", .type = FIELD_INT, .min = 0, .max = 1000 },
        { .name = "placementConfigs",
          .type = FIELD_OBJECTS,
          .min = 1,
          .max = 16,
          .fields = placement_fields },
        NODE_CONFIG,
        {},
};

static const Field eviction_fields[] = {
        { .name = "evictionGraceDuration", .type = FIELD_STRING, .is_valid = is_eviction_grace },
        { .name = "isForceDeleteAfterGraceDuration", .type = FIELD_BOOL },
        { .name = "isForceActionAfterGraceDuration", .type = FIELD_BOOL },
        {},
};

static const Field cycling_fields[] = {
        { .name = "isNodeCyclingEnabled", .type = FIELD_BOOL },
        { .name = "maximumSurge", .type = FIELD_STRING, .min = 1, .max = 4, .is_valid = is_surge },
        { .name = "maximumUnavailable", .type = FIELD_STRING, .min = 1, .max = 4, .is_valid = is_surge },
        { .name = "cycleModes", .type = FIELD_STRINGS, .max = 1, .words = cycle_modes },
        {},
};

static const Field vnic_fields[] = {
        { .name = "createVnicDetails", .type = FIELD_OPEN, .required = true },
        { .name = "displayName", .type = FIELD_STRING },
        { .name = "nicIndex", .type = FIELD_INT, .min = 0, .max = 31 },
        {},
};

static const Field primary_vnic_fields[] = {
        { .name = "securityAttributes", .type = FIELD_OPEN },
        {},
};

static const char *const launch_types[] = { "VFIO", "E1000", "PARAVIRTUALIZED", NULL };

#define CHANGEABLE                                                                                     \
        { .name = "nodeShapeConfig", .type = FIELD_OBJECT, .fields = shape_fields },                   \
                { .name = "kubernetesVersion", .type = FIELD_STRING, .is_valid = version_is_valid },   \
                { .name = "nodeSourceDetails", .type = FIELD_OBJECT, .fields = source_fields },        \
                { .name = "nodeMetadata", .type = FIELD_OPEN },                                        \
                { .name = "initialNodeLabels", .type = FIELD_OBJECTS, .fields = label_fields },        \
                { .name = "sshPublicKey", .type = FIELD_STRING, .min = 1, .max = 65536 },              \
                { .name = "nodeEvictionNodePoolSettings",                                              \
                  .type = FIELD_OBJECT,                                                                \
                  .fields = eviction_fields },                                                         \
                { .name = "nodePoolCyclingDetails", .type = FIELD_OBJECT, .fields = cycling_fields },  \
                { .name = "quantityPerSubnet", .type = FIELD_INT },                                    \
                { .name = "subnetIds", .type = FIELD_STRINGS },                                        \
                { .name = "secondaryVnics", .type = FIELD_OBJECTS, .max = 64, .fields = vnic_fields }, \
                { .name = "networkLaunchType", .type = FIELD_STRING, .words = launch_types },          \
                { .name = "primaryVnic", .type = FIELD_OBJECT, .fields = primary_vnic_fields },        \
                FIELD_TAG_MAPS

const Field node_pool_create_fields[] = {
        { .name = "compartmentId", .type = FIELD_STRING, .required = true },
        { .name = "clusterId", .type = FIELD_STRING, .required = true },
        { .name = "name", .type = FIELD_STRING, .required = true },
        { .name = "nodeShape", .type = FIELD_STRING, .required = true },
        { .name = "nodeImageName", .type = FIELD_STRING },
        { .name = "nodeConfigDetails", .type = FIELD_OBJECT, .fields = create_config_fields },
        CHANGEABLE,
        {},
};

const Field node_pool_update_fields[] = {
        { .name = "name", .type = FIELD_STRING },
        { .name = "nodeShape", .type = FIELD_STRING },
        { .name = "nodeConfigDetails", .type = FIELD_OBJECT, .fields = update_config_fields },
        CHANGEABLE,
        {},
};
