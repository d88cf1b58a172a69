/* Clusters, node pools and add-ons: what counts as a difference, what may mend it, and with which body. */
#include "fixture.h"
#include "server/render.h"

#define NET     "primary/Vcn/net"
#define API     "primary/Subnet/api"
#define NODES   "primary/Subnet/nodes"
#define GUARD   "primary/NetworkSecurityGroup/guard"
#define CLUSTER "primary/Cluster/c"
#define POOL    "primary/NodePool/p"
#define ADDON   "primary/Addon/CoreDNS"

#define API_ID   "ocid1.subnet.oc1..primary-api"
#define NODES_ID "ocid1.subnet.oc1..primary-nodes"
#define GUARD_ID "ocid1.networksecuritygroup.oc1..primary-guard"

#define REF(address) "{'$ref':'" address "'}"
#define DOMAIN(n)    "{'$lookup':'AvailabilityDomain','key':'" n "','member':'name'}"
#define DOMAIN_ID(n) "'Uocm:US-SANJOSE-1-AD-" n "'"
#define NEWEST       "{'$lookup':'NodeImage','key':'newest','member':'imageId'}"

/* Kind.field, wanted, found → equal? What the service spells its own way, or fills in. */
static void test_equal_values(void **state) {
        static const struct {
                const char *kind, *field, *want, *have;
                bool equal;
        } cases[] = {
                { "Cluster", "type", "'BASIC_CLUSTER'", "null", true },
                { "Cluster", "imagePolicyConfig", "{'isPolicyEnabled':false}",
                  "{'isPolicyEnabled':null,'keyDetails':[]}", true },
                { "Cluster", "options.kubernetesNetworkConfig.servicesCidr", "'10.96.0.0/16'", "null",
                  true },
                { "Cluster", "options.kubernetesNetworkConfig.podsCidr", "'10.244.0.0/16'", "null", true },
                { "Cluster", "options.ipFamilies", "['IPv4','IPv6']", "['IPv6','IPv4']", false },
                { "Cluster", "options.ipFamilies", "['IPv4']", "[]", true },
                { "Cluster", "options.serviceLbSubnets", "['a','b']", "['b','a']", true },
                { "Cluster", "endpointConfig.nsgs", "[]", "null", true },
                { "Cluster", "options.serviceLbConfig.backendNsgs", "['a','b']", "['b','a']", true },
                { "NodePool", "nodeShapeConfig.memoryInGBs", "13.3", "13.300000190734863", true },
                { "NodePool", "nodeShapeConfig.memoryInGBs", "16", "16.0", true },
                { "NodePool", "nodeShapeConfig.memoryInGBs", "16", "17", false },
                { "NodePool", "nodeSourceDetails.bootVolumeSizeInGBs", "50", "50.0", true },
                { "NodePool", "nodeEvictionNodePoolSettings.evictionGraceDuration", "'PT60M'", "'PT1H'",
                  true },
                { "NodePool", "nodeEvictionNodePoolSettings.evictionGraceDuration", "'PT1H'", "null", true },
                { "NodePool", "nodeEvictionNodePoolSettings.evictionGraceDuration", "'PT20M'", "'PT1200S'",
                  true },
                { "NodePool", "nodeEvictionNodePoolSettings.evictionGraceDuration", "'PT20M'", "'PT60M'",
                  false },
                { "NodePool", "nodeEvictionNodePoolSettings.evictionGraceDuration", "'PT20M'", "'soon'",
                  false },
                { "NodePool", "nodeConfigDetails.nodePoolPodNetworkOptionDetails.maxPodsPerNode", "31",
                  "null", true },
                { "NodePool", "nodePoolCyclingDetails.maximumSurge", "'1'", "null", true },
                { "NodePool", "initialNodeLabels", "[{'key':'a','value':'1'},{'key':'b','value':'2'}]",
                  "[{'key':'b','value':'2'},{'key':'a','value':'1'}]", true },
                { "NodePool", "initialNodeLabels", "[]", "null", true },
                { "NodePool", "nodeConfigDetails.placementConfigs",
                  "[{'availabilityDomain':'x-1','subnetId':'s'},{'availabilityDomain':'x-2','subnetId':'s'}"
                  "]",
                  "[{'availabilityDomain':'X-2','subnetId':'s','faultDomains':[],'preemptibleNodeConfig':"
                  "null},"
                  "{'availabilityDomain':'X-1','subnetId':'s','faultDomains':null}]",
                  true },
                { "NodePool", "nodeConfigDetails.placementConfigs",
                  "[{'availabilityDomain':'x-1','subnetId':'s'}]",
                  "[{'availabilityDomain':'x-1','subnetId':'t'}]", false },
                { "NodePool", "nodeConfigDetails.placementConfigs",
                  "[{'availabilityDomain':'x','subnetId':'s','preemptibleNodeConfig':{'preemptionAction':{'"
                  "type':'TERMINATE'}}}]",
                  "[{'availabilityDomain':'x','subnetId':'s','preemptibleNodeConfig':{'preemptionAction':{'"
                  "type':'TERMINATE',"
                  "'isPreserveBootVolume':false}}}]",
                  true },
                { "Addon", "configurations", "[{'key':'a','value':'1'},{'key':'b','value':'2'}]",
                  "[{'key':'b','value':'2'},{'key':'a','value':'1'}]", true },
                { "Addon", "configurations", "[{'key':'a','value':'1'}]", "[{'key':'a','value':'2'}]",
                  false },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                const Field *f = kind_field_path(kind_find(cases[i].kind), cases[i].field);
                _cleanup_json_ cJSON *want = json_of(cases[i].want), *have = json_of(cases[i].have);

                if (!f)
                        fail_msg("%s has no %s", cases[i].kind, cases[i].field);
                if (field_equal(f, want, have) != cases[i].equal)
                        fail_msg("%s.%s: %s and %s", cases[i].kind, cases[i].field, cases[i].want,
                                 cases[i].have);
        }
}

/* A network, a cluster that is as wanted, and whatever 'address' wants and has. */
static Fixture *estate(const char *address, const char *want, const char *have) {
        Fixture *f = fixture_new();

        declare(f, NET, NULL, "{}");
        declare(f, API, NET, "{}");
        declare(f, NODES, NET, "{}");
        declare(f, GUARD, NET, "{}");
        declare(f, CLUSTER, NULL, streq(address, CLUSTER) ? want : "{}");
        if (!streq(address, CLUSTER))
                declare(f, address, CLUSTER, want);
        exists(f, NET, NULL);
        exists(f, API, NULL);
        exists(f, NODES, NULL);
        exists(f, GUARD, NULL);
        exists(f, CLUSTER, streq(address, CLUSTER) ? have : NULL);
        put(f, "AvailabilityDomain", PRIMARY,
            "{'id':'ocid1.availabilitydomain.oc1..1','name':" DOMAIN_ID("1") "}");
        put(f, "NodeImage", PRIMARY,
            "{'id':'primary-images','sources':[{'sourceName':'Oracle-Linux-8.10-2025.09.16-0-OKE-1.34.1-"
            "1191',"
            "'imageId':'ocid1.image.oc1..new'}]}");
        if (!streq(address, CLUSTER))
                exists(f, address, have);
        turn(f);
        return f;
}

typedef struct Case {
        const char *want, *have; /* members */
        const char *differences, *actions;
        const char *body; /* of the last action, less name and tags */
} Case;

static void check(const char *address, const Case *cases, size_t n) {
        for (size_t i = 0; i < n; i++) {
                _cleanup_fixture_ Fixture *f = estate(address, cases[i].want, cases[i].have);
                _cleanup_json_ cJSON *body = NULL;
                const Assessment *a = &resource(f, address)->assessment;

                assert_differences(f, address, cases[i].differences);
                assert_actions(f, address, cases[i].actions);
                if (!cases[i].body)
                        continue;
                body = json_copy(a->actions[a->n_actions - 1]->call.body);
                json_remove(body, "name");
                json_remove(body, "freeformTags");
                json_remove(body, "definedTags");
                assert_json(body, cases[i].body);
        }
}

static void test_cluster(void **state) {
        static const Case cases[] = {
                { "{'kubernetesVersion':'v1.34.1'}",
                  "{'kubernetesVersion':'v1.34.1','endpoints':{'privateEndpoint':'10.0.0.5:6443'},'"
                  "availableKubernetesUpgrades':[]}",
                  "", "", NULL },
                /* an upgrade goes one way */
                { "{'kubernetesVersion':'v1.34.1','type':'ENHANCED_CLUSTER'}",
                  "{'kubernetesVersion':'v1.33.9','type':'ENHANCED_CLUSTER'}", "disrupt kubernetesVersion",
                  "disrupt PUT clusters/*", "{'kubernetesVersion':'v1.34.1'}" },
                { "{'kubernetesVersion':'v1.9.0'}", "{'kubernetesVersion':'v1.10.0'}",
                  "disrupt kubernetesVersion!", "", NULL },
                { "{'type':'ENHANCED_CLUSTER'}", "{'type':null}", "update type", "update PUT clusters/*",
                  "{'type':'ENHANCED_CLUSTER'}" },
                { "{'type':'BASIC_CLUSTER'}", "{'type':'ENHANCED_CLUSTER'}", "update type!", "", NULL },
                /* each verb's PUT carries its own */
                { "{'kubernetesVersion':'v1.34.1','type':'ENHANCED_CLUSTER'}",
                  "{'kubernetesVersion':'v1.33.9','type':'BASIC_CLUSTER'}",
                  "disrupt kubernetesVersion; update type", "update PUT clusters/*; disrupt PUT clusters/*",
                  "{'kubernetesVersion':'v1.34.1'}" },
                /* for life */
                { "{'clusterPodNetworkOptions':[{'cniType':'OCI_VCN_IP_NATIVE'}]}",
                  "{'clusterPodNetworkOptions':[{'cniType':'FLANNEL_OVERLAY'}]}",
                  "update clusterPodNetworkOptions!", "", NULL },
                { "{'vcnId':" REF(NET) "}", "{'vcnId':'ocid1.vcn.oc1..other'}", "update vcn!", "", NULL },
                { "{'endpointConfig':{'subnetId':" REF(API) "}}", "{'endpointConfig':{'subnetId':'x'}}",
                  "update endpointConfig.subnet!", "", NULL },
                { "{'options':{'kubernetesNetworkConfig':{'servicesCidr':'10.97.0.0/16'}}}",
                  "{'options':{'kubernetesNetworkConfig':null}}",
                  "update options.kubernetesNetworkConfig.servicesCidr!", "", NULL },
                { "{'options':{'kubernetesNetworkConfig':{'servicesCidr':'10.96.0.0/16'}}}",
                  "{'options':{'kubernetesNetworkConfig':null}}", "", "", NULL },
                /* the endpoint changes by an action, and what takes away by one of its own */
                { "{'endpointConfig':{'subnetId':" REF(API) ",'nsgIds':[" REF(
                          GUARD) "],'isPublicIpEnabled':true}}",
                  "{'endpointConfig':{'subnetId':'" API_ID "','nsgIds':null,'isPublicIpEnabled':false}}",
                  "update endpointConfig.nsgs; update endpointConfig.isPublicIpEnabled",
                  "update POST clusters/*/actions/updateEndpointConfig",
                  "{'nsgIds':['" GUARD_ID "'],'isPublicIpEnabled':true}" },
                { "{'endpointConfig':{'subnetId':" REF(API) ",'isPublicIpEnabled':false}}",
                  "{'endpointConfig':{'subnetId':'" API_ID "','nsgIds':['x'],'isPublicIpEnabled':true}}",
                  "disrupt endpointConfig.isPublicIpEnabled",
                  "disrupt POST clusters/*/actions/updateEndpointConfig",
                  "{'nsgIds':['x'],'isPublicIpEnabled':false}" },
                { "{'endpointConfig':{'nsgIds':[" REF(GUARD) "],'isPublicIpEnabled':false}}",
                  "{'endpointConfig':{'nsgIds':['x'],'isPublicIpEnabled':true}}",
                  "update endpointConfig.nsgs; disrupt endpointConfig.isPublicIpEnabled",
                  "update POST clusters/*/actions/updateEndpointConfig; disrupt POST "
                  "clusters/*/actions/updateEndpointConfig",
                  "{'nsgIds':['x'],'isPublicIpEnabled':false}" },
                { "{'endpointConfig':{'nsgIds':[" REF(GUARD) "]}}",
                  "{'endpointConfig':{'nsgIds':['" GUARD_ID "','x']}}", "disrupt endpointConfig.nsgs",
                  "disrupt POST clusters/*/actions/updateEndpointConfig", "{'nsgIds':['" GUARD_ID "']}" },
                /* options: what a PUT refuses is left out, what is not declared survives */
                { "{'options':{'serviceLbConfig':{'freeformTags':{'a':'2'}}}}",
                  "{'options':{'serviceLbSubnetIds':['s'],'kubernetesNetworkConfig':{'podsCidr':'p'},'"
                  "addOns':{'isTillerEnabled':false},"
                  "'ipFamilies':['IPv4'],'persistentVolumeConfig':{'freeformTags':{'v':'1'}},"
                  "'serviceLbConfig':{'freeformTags':{'a':'1','b':'1'},'backendNsgIds':['n']}}}",
                  "update options.serviceLbConfig.freeformTags.a", "update PUT clusters/*",
                  "{'options':{'persistentVolumeConfig':{'freeformTags':{'v':'1'}},"
                  "'serviceLbConfig':{'freeformTags':{'a':'2','b':'1'},'backendNsgIds':['n']}}}" },
                { "{'options':{'admissionControllerOptions':{'isPodSecurityPolicyEnabled':true}}}",
                  "{'options':null}", "update options.admissionControllerOptions.isPodSecurityPolicyEnabled",
                  "update PUT clusters/*",
                  "{'options':{'admissionControllerOptions':{'isPodSecurityPolicyEnabled':true}}}" },
                { "{'options':{'serviceLbSubnetIds':[],'serviceLbConfig':{'backendNsgIds':[" REF(
                          GUARD) "]}}}",
                  "{'options':null}", "update options.serviceLbConfig.backendNsgs", "update PUT clusters/*",
                  "{'options':{'serviceLbConfig':{'backendNsgIds':['" GUARD_ID "']}}}" },
                { "{'options':{'serviceLbConfig':{'backendNsgIds':[" REF(GUARD) "]}}}",
                  "{'options':{'serviceLbConfig':null}}", "update options.serviceLbConfig.backendNsgs",
                  "update PUT clusters/*",
                  "{'options':{'serviceLbConfig':{'backendNsgIds':['" GUARD_ID "']}}}" },
                /* for the daemon alone */
                { "{'context':'here'}", "{'context':null}", "", "", NULL },
        };

        check(CLUSTER, cases, ARRAY_SIZE(cases));
}

#define PLACEMENT "{'availabilityDomain':" DOMAIN_ID("1") ",'subnetId':'" NODES_ID "'}"
#define ELSEWHERE "{'availabilityDomain':'Uocm:US-SANJOSE-1-AD-2','subnetId':'" NODES_ID "'}"
#define PLACED    "[{'availabilityDomain':" DOMAIN("1") ",'subnetId':" REF(NODES) "}]"

static void test_pool(void **state) {
        static const Case cases[] = {
                { "{'nodeConfigDetails':{'size':3,'placementConfigs':" PLACED "}}",
                  "{'nodeConfigDetails':{'size':3,'placementConfigs':[" PLACEMENT
                  "],'nsgIds':null},'quantityPerSubnet':1,'subnetIds':['x'],"
                  "'nodeSource':{'imageId':'y'}}",
                  "", "", NULL },
                /* more is more, less takes away */
                { "{'nodeConfigDetails':{'size':4}}",
                  "{'nodeConfigDetails':{'size':3,'placementConfigs':[" PLACEMENT "]}}",
                  "update nodeConfigDetails.size", "update PUT nodePools/*",
                  "{'nodeConfigDetails':{'size':4,'placementConfigs':[" PLACEMENT "]}}" },
                { "{'nodeConfigDetails':{'size':2}}",
                  "{'nodeConfigDetails':{'size':3,'computeClusterId':'c','kmsKeyId':null}}",
                  "disrupt nodeConfigDetails.size", "disrupt PUT nodePools/*",
                  "{'nodeConfigDetails':{'size':2}}" },
                /* and one does not carry the other: the update leaves the size alone */
                { "{'nodeConfigDetails':{'size':2,'placementConfigs':" PLACED "}}",
                  "{'nodeConfigDetails':{'size':3,'placementConfigs':[" ELSEWHERE "]}}",
                  "disrupt nodeConfigDetails.size; update nodeConfigDetails.placementConfigs",
                  "update PUT nodePools/*; disrupt PUT nodePools/*",
                  "{'nodeConfigDetails':{'size':2,'placementConfigs':[" ELSEWHERE "]}}" },
                { "{'nodeConfigDetails':{'placementConfigs':" PLACED "}}",
                  "{'nodeConfigDetails':{'placementConfigs':[" ELSEWHERE "," PLACEMENT "]}}",
                  "disrupt nodeConfigDetails.placementConfigs", "disrupt PUT nodePools/*",
                  "{'nodeConfigDetails':{'placementConfigs':[" PLACEMENT "]}}" },
                { "{'nodeConfigDetails':{'nodePoolPodNetworkOptionDetails':{'cniType':'OCI_VCN_IP_NATIVE','"
                  "podSubnetIds':[" REF(NODES) "]}}}",
                  "{'nodeConfigDetails':{'size':3,'nodePoolPodNetworkOptionDetails':{'cniType':'OCI_VCN_IP_"
                  "NATIVE','podSubnetIds':['x'],"
                  "'maxPodsPerNode':31,'podNsgIds':null}}}",
                  "update nodeConfigDetails.nodePoolPodNetworkOptionDetails.podSubnets",
                  "update PUT nodePools/*",
                  "{'nodeConfigDetails':{'size':3,'nodePoolPodNetworkOptionDetails':{'cniType':'OCI_VCN_IP_"
                  "NATIVE','podSubnetIds':['" NODES_ID "'],"
                  "'maxPodsPerNode':31}}}" },
                { "{'nodeConfigDetails':{'nodePoolPodNetworkOptionDetails':{'cniType':'OCI_VCN_IP_NATIVE'}}"
                  "}",
                  "{'nodeConfigDetails':{'nodePoolPodNetworkOptionDetails':{'cniType':'FLANNEL_OVERLAY'}}}",
                  "update nodeConfigDetails.nodePoolPodNetworkOptionDetails.cniType!", "", NULL },
                /* the newest image is picked with the version */
                { "{'kubernetesVersion':'v1.34.1','nodeShape':'VM.Standard.E4.Flex','nodeSourceDetails':{'"
                  "sourceType':'IMAGE','imageId':" NEWEST "}}",
                  "{'kubernetesVersion':'v1.33.1','nodeShape':'VM.Standard.E4.Flex','nodeSourceDetails':{'"
                  "sourceType':'IMAGE','imageId':'old',"
                  "'bootVolumeSizeInGBs':null}}",
                  "update kubernetesVersion; update nodeSourceDetails.image", "update PUT nodePools/*",
                  "{'kubernetesVersion':'v1.34.1','nodeSourceDetails':{'sourceType':'IMAGE','imageId':'"
                  "ocid1.image.oc1..new'}}" },
                { "{'kubernetesVersion':'v1.34.1','nodeShape':'VM.Standard.E4.Flex','nodeSourceDetails':{'"
                  "sourceType':'IMAGE','imageId':" NEWEST "}}",
                  "{'kubernetesVersion':'v1.34.1','nodeShape':'VM.Standard.E4.Flex','nodeSourceDetails':{'"
                  "sourceType':'IMAGE','imageId':'retired'}}",
                  "", "", NULL },
                /* placement and cycling never in one call */
                { "{'nodeConfigDetails':{'size':4},'nodePoolCyclingDetails':{'maximumSurge':'2'}}",
                  "{'nodeConfigDetails':{'size':3},'nodePoolCyclingDetails':{'maximumSurge':'1'}}",
                  "update nodeConfigDetails.size; update nodePoolCyclingDetails.maximumSurge",
                  "update PUT nodePools/*", "{'nodeConfigDetails':{'size':4}}" },
                { "{'nodePoolCyclingDetails':{'maximumSurge':'2'}}",
                  "{'nodePoolCyclingDetails':null,'nodeConfigDetails':{'size':3}}",
                  "update nodePoolCyclingDetails.maximumSurge", "update PUT nodePools/*",
                  "{'nodePoolCyclingDetails':{'maximumSurge':'2'}}" },
                { "{'nodePoolCyclingDetails':{'isNodeCyclingEnabled':true}}",
                  "{'nodePoolCyclingDetails':null}", "disrupt nodePoolCyclingDetails.isNodeCyclingEnabled",
                  "disrupt PUT nodePools/*", "{'nodePoolCyclingDetails':{'isNodeCyclingEnabled':true}}" },
                /* where nothing is there all goes along, but for what another verb is for */
                { "{'nodePoolCyclingDetails':{'isNodeCyclingEnabled':true,'maximumSurge':'2','"
                  "maximumUnavailable':'0'}}",
                  "{'nodePoolCyclingDetails':null}",
                  "disrupt nodePoolCyclingDetails.isNodeCyclingEnabled; update "
                  "nodePoolCyclingDetails.maximumSurge",
                  "update PUT nodePools/*; disrupt PUT nodePools/*",
                  "{'nodePoolCyclingDetails':{'isNodeCyclingEnabled':true,'maximumUnavailable':'0'}}" },
                { "{'nodePoolCyclingDetails':{'isNodeCyclingEnabled':false,'maximumSurge':'2'}}",
                  "{'nodePoolCyclingDetails':null}", "update nodePoolCyclingDetails.maximumSurge",
                  "update PUT nodePools/*",
                  "{'nodePoolCyclingDetails':{'isNodeCyclingEnabled':false,'maximumSurge':'2'}}" },
                { "{'nodeEvictionNodePoolSettings':{'evictionGraceDuration':'PT60M'}}",
                  "{'nodeEvictionNodePoolSettings':{'evictionGraceDuration':'PT1H'}}", "", "", NULL },
                { "{'nodeMetadata':{'user_data':'YQ=='}}",
                  "{'nodeMetadata':{'user_data':'Yg==','other':'x'}}", "update nodeMetadata.user_data",
                  "update PUT nodePools/*", "{'nodeMetadata':{'user_data':'YQ==','other':'x'}}" },
        };

        check(POOL, cases, ARRAY_SIZE(cases));
}

static void test_addon(void **state) {
        static const Case cases[] = {
                { "{}", "{'version':null,'currentInstalledVersion':'v1.11.1','configurations':null}", "", "",
                  NULL },
                { "{'version':'v1.11.1'}", "{'version':null}", "update version", "update PUT clusters/*",
                  "{'version':'v1.11.1'}" },
                { "{'configurations':[{'key':'a','value':'2'}]}",
                  "{'version':'v1','configurations':[{'key':'a','value':'1'}]}", "update configurations",
                  "update PUT clusters/*", "{'configurations':[{'key':'a','value':'2'}]}" },
        };

        check(ADDON, cases, ARRAY_SIZE(cases));
}

/* No tags go on what has none. */
static void test_addon_has_no_tags(void **state) {
        _cleanup_fixture_ Fixture *f = estate(ADDON, "{'version':'v1.11.1'}",
                                              "{'version':null,'freeformTags':{}}");

        assert_null(body_of(f, ADDON, "freeformTags"));
        assert_null(body_of(f, ADDON, "definedTags"));
        assert_null(body_of(f, ADDON, "name"));
}

/* Why it is blocked, and what a person can do about it; who says so at the cluster itself has it made again. */
static void test_made_again_only_when_asked(void **state) {
        static const char want[] = "{'clusterPodNetworkOptions':[{'cniType':'OCI_VCN_IP_NATIVE'}]}";
        static const char have[] = "{'clusterPodNetworkOptions':[{'cniType':'FLANNEL_OVERLAY'}]}";
        _cleanup_fixture_ Fixture *f = estate(CLUSTER, want, have);
        Desired *d = estate_find(f->estate, CLUSTER);

        assert_verdict(f, CLUSTER, "blocked immutable");
        assert_non_null(
                strstr(resource(f, CLUSTER)->assessment.message, "cannot be reached from the other region"));
        assert_non_null(strstr(resource(f, CLUSTER)->assessment.message, "policy: {replace: approve}"));
        d->policy_is_own[VERB_REPLACE] = true;
        d->policy[VERB_REPLACE] = GATE_NEVER;
        f->world->changes++;
        decide(f);
        assert_verdict(f, CLUSTER, "blocked immutable");
        d->policy[VERB_REPLACE] = GATE_APPROVE;
        f->world->changes++;
        decide(f);
        assert_differences(f, CLUSTER, "replace clusterPodNetworkOptions");
        assert_actions(f, CLUSTER, "replace DELETE clusters/*");
}

/* It is there, so what differs is mended; what it lacks is told before that. */
static void test_needs_attention(void **state) {
        _cleanup_fixture_ Fixture *f = estate(
                POOL, "{'sshPublicKey':'a'}",
                "{'sshPublicKey':'b','lifecycleState':'NEEDS_ATTENTION','lifecycleDetails':'1 of 3',"
                "'nodes':[{'nodeError':null},{'nodeError':{'code':'LimitExceeded','message':'no more of "
                "this shape'}}]}");

        assert_verdict(f, POOL, "blocked no-capacity");
        assert_non_null(strstr(resource(f, POOL)->assessment.message, "no more of this shape"));
        assert_actions(f, POOL, "update PUT nodePools/*");
        change(f, "ocid1.nodepool.oc1..primary-p", "{'sshPublicKey':'a','nodes':[]}");
        turn(f);
        assert_non_null(strstr(resource(f, POOL)->assessment.message, "1 of 3"));
        change(f, "ocid1.nodepool.oc1..primary-p", "{'lifecycleState':'ACTIVE'}");
        turn(f);
        assert_verdict(f, POOL, "in-sync");
}

static void test_ignored_members(void **state) {
        static const char want[] =
                "{'nodeConfigDetails':{'size':3,'isPvEncryptionInTransitEnabled':true,"
                "'nodePoolPodNetworkOptionDetails':{'cniType':'OCI_VCN_IP_NATIVE','maxPodsPerNode':20}}}";
        static const char have[] =
                "{'nodeConfigDetails':{'size':7,'isPvEncryptionInTransitEnabled':false,"
                "'nodePoolPodNetworkOptionDetails':{'cniType':'OCI_VCN_IP_NATIVE','maxPodsPerNode':31}}}";
        _cleanup_fixture_ Fixture *f = estate(POOL, want, have);
        Desired *d = estate_find(f->estate, POOL);
        _cleanup_json_ cJSON *create = NULL;
        _cleanup_(strv_freep) char **waits = NULL;

        strv_push(&d->ignore, "nodeConfigDetails.size");
        strv_push(&d->ignore, "nodeConfigDetails.nodePoolPodNetworkOptionDetails.maxPodsPerNode");
        strv_push(&d->ignore, "nodeConfigDetails.si");
        f->world->changes++;
        decide(f);
        assert_differences(f, POOL, "update nodeConfigDetails.isPvEncryptionInTransitEnabled");
        assert_json(body_of(f, POOL, "nodeConfigDetails.size"), "7"); /* an autoscaler's stays */
        create = resolve_want(&f->c, resource(f, POOL), RESOLVE_CREATE, &waits);
        assert_json(json_path(create, "nodeConfigDetails.size"), "3"); /* a pool has to begin with some */
}

/* Names are `name`, the parent is said in the body, and the daemon's own words stay at home. */
static void test_creates(void **state) {
        _cleanup_fixture_ Fixture *f = estate(
                CLUSTER,
                "{'vcnId':" REF(NET) ",'kubernetesVersion':'v1.34.1','context':'here',"
                                     "'endpointConfig':{'subnetId':" REF(API) ",'nsgIds':[" REF(GUARD) "]}}",
                NULL);
        _cleanup_json_ cJSON *want = NULL, *body = NULL;
        _cleanup_(strv_freep) char **waits = NULL;

        want = resolve_want(&f->c, resource(f, CLUSTER), RESOLVE_CREATE, &waits);
        body = body_for_create(&f->c, resource(f, CLUSTER), want);
        json_remove(body, "freeformTags");
        assert_json(body, "{'compartmentId':'" COMPARTMENT
                          "','name':'c','vcnId':'ocid1.vcn.oc1..primary-net','kubernetesVersion':'v1.34.1',"
                          "'endpointConfig':{'subnetId':'" API_ID "','nsgIds':['" GUARD_ID "']}}");
}

static void test_creates_of_children(void **state) {
        _cleanup_fixture_ Fixture *f = estate(
                POOL, "{'nodeConfigDetails':{'size':1,'placementConfigs':" PLACED "}}", NULL);
        _cleanup_fixture_ Fixture *g = estate(ADDON, "{'version':'v1.11.1'}", NULL);
        _cleanup_json_ cJSON *want = NULL, *body = NULL, *addon = NULL, *addon_body = NULL;
        _cleanup_(strv_freep) char **waits = NULL;

        want = resolve_want(&f->c, resource(f, POOL), RESOLVE_CREATE, &waits);
        body = body_for_create(&f->c, resource(f, POOL), want);
        assert_string_equal(json_path_string(body, "freeformTags.tandem-address"), POOL);
        json_remove(body, "freeformTags");
        assert_json(body, "{'compartmentId':'" COMPARTMENT
                          "','name':'p','clusterId':'ocid1.cluster.oc1..primary-c',"
                          "'nodeConfigDetails':{'size':1,'placementConfigs':[" PLACEMENT "]}}");
        addon = resolve_want(&g->c, resource(g, ADDON), RESOLVE_CREATE, &waits);
        addon_body = body_for_create(&g->c, resource(g, ADDON), addon);
        assert_json(addon_body,
                    "{'addonName':'CoreDNS','version':'v1.11.1'}"); /* its path says the cluster */
}

/* An image or a domain that is not known yet is waited for, and a version and a shape go with their image or not at all. */
static void test_waits_for_lookups(void **state) {
        _cleanup_fixture_ Fixture *f = estate(
                POOL,
                "{'kubernetesVersion':'v1.35.0','nodeShape':'VM.Standard.E4.Flex',"
                "'nodeSourceDetails':{'sourceType':'IMAGE','imageId':" NEWEST "},'sshPublicKey':'l',"
                "'nodeConfigDetails':{'placementConfigs':[{'availabilityDomain':" DOMAIN(
                        "2") ",'subnetId':'x'}]}}",
                "{'kubernetesVersion':'v1.35.0','nodeShape':'VM.Standard.E2.1','nodeSourceDetails':{'"
                "sourceType':'IMAGE','imageId':'old'},'sshPublicKey':'k',"
                "'nodeConfigDetails':{'placementConfigs':[]}}");
        char **waits = resource(f, POOL)->assessment.waits_for;

        assert_differences(f, POOL, "update sshPublicKey"); /* what has nothing to do with them is mended */
        assert_int_equal(strv_length(waits), 2);
        assert_string_equal(waits[0], "primary/NodeImage/newest");
        assert_string_equal(waits[1], "primary/AvailabilityDomain/2");
}

/* What the official CLI has words for is shown in them; a create's and an add-on's are others than the API's. */
static void test_commands(void **state) {
        static const struct {
                const char *address, *want, *have, *command;
        } cases[] = {
                { CLUSTER, "{'type':'ENHANCED_CLUSTER'}", "{'type':null}",
                  "oci ce cluster update --cluster-id ocid1.cluster.oc1..primary-c " },
                { POOL, "{'sshPublicKey':'a'}", "{'sshPublicKey':'b'}",
                  "oci ce node-pool update --node-pool-id ocid1.nodepool.oc1..primary-p " },
                { ADDON, "{'version':'v1'}", "{'version':null}",
                  "oci raw-request --http-method PUT --target-uri "
                  "https://containerengine.us-sanjose-1.oci.oraclecloud.com/20180222/clusters/" },
                { CLUSTER, "{'endpointConfig':{'isPublicIpEnabled':true}}", "{'endpointConfig':null}",
                  "oci raw-request --http-method POST --target-uri "
                  "https://containerengine.us-sanjose-1.oci.oraclecloud.com/20180222/clusters/"
                  "ocid1.cluster.oc1..primary-c/actions/"
                  "updateEndpointConfig " },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_fixture_ Fixture *f = estate(cases[i].address, cases[i].want, cases[i].have);
                _cleanup_free_ char *command = render_command(
                        &f->c, resource(f, cases[i].address)->assessment.actions[0]);

                if (!startswith(command, cases[i].command))
                        fail_msg("%s", command);
        }
}

static void test_create_command(void **state) {
        _cleanup_fixture_ Fixture *f = fixture_new();
        _cleanup_free_ char *command = NULL;

        declare(f, NET, NULL, "{}");
        declare(f, CLUSTER, NULL, "{'vcnId':" REF(NET) ",'context':'here'}");
        turn(f);
        command = render_command(&f->c, action_of(f, CLUSTER, VERB_CREATE));
        assert_non_null(strstr(
                command, "oci raw-request --http-method POST --target-uri "
                         "https://containerengine.us-sanjose-1.oci.oraclecloud.com/20180222/clusters "));
        assert_non_null(strstr(command, "\"vcnId\":\"<primary/Vcn/net>\""));
        assert_null(strstr(command, "here"));
}

static void test_lifecycles(void **state) {
        static const struct {
                const char *word;
                Life life;
        } cases[] = {
                { "CREATING", LIFE_COMING },       { "ACTIVE", LIFE_READY },
                { "UPDATING", LIFE_CHANGING },     { "DELETING", LIFE_GOING },
                { "DELETED", LIFE_GONE },          { "FAILED", LIFE_FAILED },
                { "NEEDS_ATTENTION", LIFE_READY }, { "INACTIVE", LIFE_FAILED },
                { "AVAILABLE", LIFE_UNKNOWN },
        };
        static const char *const names[] = { "Cluster", "NodePool", "Addon" };

        for (size_t k = 0; k < ARRAY_SIZE(names); k++)
                for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                        _cleanup_json_ cJSON *body = json_new_object();

                        json_set_string(body, "lifecycleState", cases[i].word);
                        assert_int_equal(kind_life(kind_find(names[k]), body), cases[i].life);
                }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_equal_values),
                cmocka_unit_test(test_cluster),
                cmocka_unit_test(test_pool),
                cmocka_unit_test(test_addon),
                cmocka_unit_test(test_addon_has_no_tags),
                cmocka_unit_test(test_made_again_only_when_asked),
                cmocka_unit_test(test_needs_attention),
                cmocka_unit_test(test_ignored_members),
                cmocka_unit_test(test_creates),
                cmocka_unit_test(test_creates_of_children),
                cmocka_unit_test(test_waits_for_lookups),
                cmocka_unit_test(test_commands),
                cmocka_unit_test(test_create_command),
                cmocka_unit_test(test_lifecycles),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
