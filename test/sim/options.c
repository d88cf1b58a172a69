/* The simulator's options: every fact that is unverified, and every hostile habit, with its default. */
#include "options.h"

#include <errno.h>

#include "base/json.h"

/* name, default as JSON. What each means:
 *
 * clockSkewSeconds              the servers' clock is ahead of ours by so much (Date, signatures, timeCreated)
 * processingMsec                how long a mutation takes, divided by the speed; its parents are busy meanwhile
 * lingerSeconds                 how long a TERMINATED thing stays readable, divided by the speed
 * pageSize                      0: odd sizes drawn anew for each page; else the size of every page
 * emptyPages                    percent of the pages that are empty though more follow
 * limitMax, limitMaxOke         the largest limit that a list takes; and that of Container Engine
 * shuffleLists, shuffleRules    an unsorted list, and the rules inside an object, come in no useful order
 * ratePerSecond, retryAfter     429 above so many a second and region (0: off); seconds to say (0: no header)
 * tagDefaults                   Oracle-Tags.CreatedBy and CreatedOn appear at create
 * tagMapsClearEachOther         a PUT with one of the two tag maps clears the other, where that was seen
 * drgDefaultsNullUntilAttached  defaultDrgRouteTables read null for a type until such an attachment exists
 * rpcPendingWithoutPeer         a new RPC says PENDING, not NEW, though nobody connected it
 * rpcAttachmentCompartment      an RPC's attachment lands in the compartment of the "drg" or of the "rpc"
 * vcnRouteType                  the default that the service fills into a VCN attachment
 * attachmentVcnMissing          [status, code] for an attachment to a VCN that is not in the region
 * relatedMissing                [status, code] for another absent thing that a body names
 * deleteVcn … deleteDrgRouteDistribution   [status, code] when something still depends on what is to be deleted
 * retryTokenMismatch            [status, code] for a retry token that comes again with another body
 * sgwBlocksUnlessTold           a service gateway PUT without blockTraffic sets it (the API document's default)
 * rpcReconnect                  [status, code] for a connect of an RPC that was connected before
 * limits                        the numbers behind 400 LimitExceeded
 * subnetsInUse                  [OCID]: subnets that hold a VNIC, and so cannot be deleted
 * subnetDeleteFallsBack         their delete is answered 204, and they are AVAILABLE again a little later
 * ignoreField                   [{kind, field, echo}]: accepted in a PUT and dropped; with echo: true the reply shows it as if applied
 * unknownLifecycle              {KIND: word}: what objects of the kind show as lifecycleState
 * failCreate                    [KIND]: a create is accepted, and the thing then ends TERMINATED; a cluster, pool or add-on FAILED
 *
 * Container Engine:
 * kubernetesVersions            what clusters and pools can have
 * imageBuilds                   how many builds of each node image there are: one more, and a newer image has appeared
 * imageMustMatchVersion         a pool's image is one of its Kubernetes version, else 400
 * deleteCluster                 [status, code] for the delete of a cluster that has pools
 * clusterDeleteTakesPools       … unless its delete takes them along
 * essentialAddons               a new cluster's add-ons show those that every cluster needs
 * addonsNeedEnhanced, cyclingNeedsEnhanced   400 where the cluster is a basic one
 * exhausted                     [{region, availabilityDomain, shape, code, message}], each but what it names for all: nodes that
 *                               fail with nodeError; code OutOfHostCapacity unless told
 * subnetFull                    [status, code] of the nodeError when a subnet has no address left
 * lostNode                      a node whose instance was terminated from outside stays "INACTIVE" and is replaced with the next
 *                               change of its pool; or it is "GONE" and missed by nobody until then; or it is "REPLACED" at once
 * nodeLingerSeconds             how long a DELETED node is shown in its pool, divided by the speed
 *
 * Kubernetes:
 * tokenSeconds                  how long after its date an OKE token is good
 * watchHistory                  so many changes of a Kubernetes cluster are remembered: a watch or page from before them is 410
 * watchGoneAsEvent              a watch from before them is told so inside its stream, else by the reply's status */
static const struct {
        const char *name;
        const char *value;
} option_table[] = {
        { "clockSkewSeconds", "0" },
        { "processingMsec", "300" },
        { "lingerSeconds", "3600" },
        { "pageSize", "0" },
        { "emptyPages", "5" },
        { "limitMax", "100" },
        { "limitMaxOke", "1000" },
        { "shuffleLists", "true" },
        { "shuffleRules", "true" },
        { "ratePerSecond", "0" },
        { "retryAfter", "0" },
        { "tagDefaults", "true" },
        { "tagMapsClearEachOther", "true" },
        { "drgDefaultsNullUntilAttached", "false" },
        { "rpcPendingWithoutPeer", "false" },
        { "rpcAttachmentCompartment", "\"drg\"" },
        { "vcnRouteType", "\"SUBNET_CIDRS\"" },
        { "attachmentVcnMissing", "[404, \"NotAuthorizedOrNotFound\"]" },
        { "relatedMissing", "[404, \"NotAuthorizedOrNotFound\"]" },
        { "deleteVcn", "[409, \"IncorrectState\"]" },
        { "deleteSubnet", "[409, \"Conflict\"]" },
        { "deleteRouteTable", "[409, \"IncorrectState\"]" },
        { "deleteSecurityList", "[409, \"IncorrectState\"]" },
        { "deleteNetworkSecurityGroup", "[409, \"IncorrectState\"]" },
        { "deleteGateway", "[409, \"IncorrectState\"]" },
        { "deleteDrg", "[409, \"IncorrectState\"]" },
        { "deleteDrgRouteTable", "[409, \"IncorrectState\"]" },
        { "deleteDrgRouteDistribution", "[409, \"IncorrectState\"]" },
        { "retryTokenMismatch", "[409, \"InvalidatedRetryToken\"]" },
        { "sgwBlocksUnlessTold", "false" },
        { "rpcReconnect", "[400, \"InvalidParameter\"]" },
        { "limits", "{\"vcns\": 10000, \"drgs\": 10000, \"subnetsPerVcn\": 300, \"routeTablesPerVcn\": 300, "
                    "\"securityListsPerVcn\": 300, \"networkSecurityGroupsPerVcn\": 1000, "
                    "\"internetGatewaysPerVcn\": 1, "
                    "\"natGatewaysPerVcn\": 1, \"serviceGatewaysPerVcn\": 1, \"routeRules\": 200, "
                    "\"ingressRules\": 200, "
                    "\"egressRules\": 200, \"networkSecurityGroupRules\": 120, "
                    "\"remotePeeringConnectionsPerDrg\": 10, "
                    "\"drgRouteTablesPerDrg\": 100, \"drgRouteDistributionsPerDrg\": 100, "
                    "\"drgAttachmentsPerDrg\": 300, "
                    "\"staticRoutesPerDrgRouteTable\": 300, \"clusters\": 100, \"nodePoolsPerCluster\": 50, "
                    "\"nodes\": 10000}" },
        { "subnetsInUse", "[]" },
        { "subnetDeleteFallsBack", "false" },
        { "ignoreField", "[]" },
        { "unknownLifecycle", "{}" },
        { "failCreate", "[]" },
        { "kubernetesVersions",
          "[\"v1.32.1\", \"v1.33.1\", \"v1.33.10\", \"v1.34.1\", \"v1.34.2\", \"v1.35.0\"]" },
        { "imageBuilds", "1" },
        { "imageMustMatchVersion", "true" },
        { "deleteCluster", "[409, \"IncorrectState\"]" },
        { "clusterDeleteTakesPools", "false" },
        { "essentialAddons", "true" },
        { "addonsNeedEnhanced", "true" },
        { "cyclingNeedsEnhanced", "true" },
        { "exhausted", "[]" },
        { "subnetFull", "[400, \"LimitExceeded\"]" },
        { "lostNode", "\"INACTIVE\"" },
        { "nodeLingerSeconds", "300" },
        { "tokenSeconds", "240" },
        { "watchHistory", "1000" },
        { "watchGoneAsEvent", "true" },
};

cJSON *options_new(void) {
        cJSON *o = json_new_object();

        for (size_t i = 0; i < ARRAY_SIZE(option_table); i++) {
                cJSON *value = cJSON_Parse(option_table[i].value);

                assert(value);
                json_set(o, option_table[i].name, value);
        }
        return o;
}

static int json_kind(const cJSON *v) {
        return cJSON_IsBool(v) ? cJSON_True : v->type & 0xff;
}

int options_set(Sim *sim, const cJSON *values, const char **reterr_name) {
        const cJSON *v;

        cJSON_ArrayForEach (v, values) {
                const cJSON *have = json_get(sim->options, v->string);

                if (!have || json_kind(have) != json_kind(v)) {
                        *reterr_name = v->string;
                        return -EINVAL;
                }
        }
        cJSON_ArrayForEach (v, values) {
                const cJSON *have = json_get(sim->options, v->string), *member;

                if (!streq(v->string, "limits")) {
                        json_set_copy(sim->options, v->string, v);
                        continue;
                }
                cJSON_ArrayForEach (member, v) /* one limit at a time may be named */
                        json_set_copy((cJSON *) have, member->string, member);
        }
        return 0;
}

const cJSON *option_value(const Sim *sim, const char *name) {
        return ASSERT_PTR(json_get(sim->options, name));
}

bool option_bool(const Sim *sim, const char *name) {
        return cJSON_IsTrue(option_value(sim, name));
}

double option_number(const Sim *sim, const char *name) {
        return option_value(sim, name)->valuedouble;
}

const char *option_string(const Sim *sim, const char *name) {
        return ASSERT_PTR(option_value(sim, name)->valuestring);
}
