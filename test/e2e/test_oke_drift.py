"""Drift of clusters, node pools and add-ons by a hand, in each field that the API lets change: mended by one guarded call; what takes
away waits for a person, what cannot be changed is said with what to do."""

import pytest
from clusters import CLUSTER, POOL, Console, furnished, in_sync, nodes, oke_writes, plain, seen_anew, start, why
from simlib import SJC
from tandem import find, live, writes


def put(**body):
    return lambda console, o: console.update(o["freeformTags"]["tandem-address"], **body)


def put_from(make):
    """A PUT whose body comes from the object and the cloud."""
    return lambda console, o: console.update(o["freeformTags"]["tandem-address"], **make(o, console.sim))


def config(**members):
    return put(nodeConfigDetails=members)


def options(**members):
    return put_from(lambda o, sim: {"options": {
        name: value for name, value in {**o["options"], **members}.items()
        if name not in ("serviceLbSubnetIds", "kubernetesNetworkConfig", "ipFamilies", "addOns")}})


def endpoint(**body):
    return lambda console, o: console.act(CLUSTER, "/actions/updateEndpointConfig", body=body)


def network_of(o, **members):
    return {"nodeConfigDetails": {"nodePoolPodNetworkOptionDetails": {
        **o["nodeConfigDetails"]["nodePoolPodNetworkOptionDetails"], **members}}}


# name → (address, what the hand does). The object must afterwards be what it was.
DRIFTS = {
    "Cluster.displayName": (CLUSTER, put(name="renamed")),
    "Cluster.freeformTags": (CLUSTER, put_from(lambda o, sim: {"freeformTags": {**o["freeformTags"], "team": "other"}})),
    "Cluster.imagePolicyConfig": (CLUSTER, put(imagePolicyConfig={"isPolicyEnabled": True, "keyDetails": []})),
    "Cluster.endpointConfig.nsgs": (CLUSTER, endpoint(nsgIds=[])),
    "Cluster.options.admissionControllerOptions": (CLUSTER, options(admissionControllerOptions={"isPodSecurityPolicyEnabled": True})),
    "Cluster.options.persistentVolumeConfig": (CLUSTER, options(persistentVolumeConfig={"freeformTags": {"of": "nobody"}})),
    "Cluster.options.serviceLbConfig": (CLUSTER, options(serviceLbConfig={"freeformTags": {"of": "a service"}, "backendNsgIds": []})),
    "Cluster.options.openIdConnectDiscovery": (CLUSTER, options(openIdConnectDiscovery={"isOpenIdConnectDiscoveryEnabled": False})),
    "Cluster.options.openIdConnectTokenAuthenticationConfig": (CLUSTER, options(openIdConnectTokenAuthenticationConfig={
        "isOpenIdConnectAuthEnabled": True, "issuerUrl": "https://elsewhere.example.com", "clientId": "kubernetes",
        "requiredClaims": [{"key": "team", "value": "mesh"}]})),
    "NodePool.displayName": (POOL, put(name="renamed")),
    "NodePool.freeformTags": (POOL, put_from(lambda o, sim: {"freeformTags": {**o["freeformTags"], "team": "other"}})),
    "NodePool.nodeShape": (POOL, put(nodeShape="VM.Standard.E5.Flex")),
    "NodePool.nodeShapeConfig.ocpus": (POOL, put(nodeShapeConfig={"ocpus": 4, "memoryInGBs": 16})),
    "NodePool.nodeShapeConfig.memoryInGBs": (POOL, put(nodeShapeConfig={"ocpus": 2, "memoryInGBs": 32})),
    "NodePool.nodeSourceDetails.bootVolumeSizeInGBs": (POOL, put_from(
        lambda o, sim: {"nodeSourceDetails": {**o["nodeSourceDetails"], "bootVolumeSizeInGBs": 200}})),
    "NodePool.nodeMetadata": (POOL, put(nodeMetadata={"user_data": "b3RoZXI="})),
    "NodePool.initialNodeLabels": (POOL, put(initialNodeLabels=[{"key": "tier", "value": "other"}])),
    "NodePool.sshPublicKey": (POOL, put(sshPublicKey="ssh-ed25519 AAAA somebody")),
    "NodePool.nodeEvictionNodePoolSettings.evictionGraceDuration": (POOL, put(
        nodeEvictionNodePoolSettings={"evictionGraceDuration": "PT1M"})),
    "NodePool.nodeEvictionNodePoolSettings.isForceDeleteAfterGraceDuration": (POOL, put(
        nodeEvictionNodePoolSettings={"isForceDeleteAfterGraceDuration": False})),
    "NodePool.nodeConfigDetails.nsgs": (POOL, config(nsgIds=[])),
    "NodePool.nodeConfigDetails.isPvEncryptionInTransitEnabled": (POOL, config(isPvEncryptionInTransitEnabled=False)),
    "NodePool.nodeConfigDetails.freeformTags": (POOL, config(freeformTags={"of": "nobody"})),
    "NodePool.nodeConfigDetails.podSubnets": (POOL, put_from(
        lambda o, sim: network_of(o, podSubnetIds=[find(sim, "primary/Subnet/primary-nodes")["id"]]))),
    "NodePool.nodeConfigDetails.podNsgs": (POOL, put_from(lambda o, sim: network_of(o, podNsgIds=[]))),
    "NodePool.nodeConfigDetails.maxPodsPerNode": (POOL, put_from(lambda o, sim: network_of(o, maxPodsPerNode=40))),
    "NodePool.nodeConfigDetails.placementConfigs": (POOL, put_from(lambda o, sim: {"nodeConfigDetails": {"placementConfigs": [
        {"availabilityDomain": o["nodeConfigDetails"]["placementConfigs"][0]["availabilityDomain"],
         "subnetId": find(sim, "primary/Subnet/primary-lb")["id"]}]}})),
    "NodePool.nodeConfigDetails.size": (POOL, config(size=2)),
}


@pytest.mark.parametrize("name", DRIFTS)
def test_drift(cloud, furnished_estate, tmp_path, name):
    sim = cloud("--estate", furnished_estate, speed=200)
    address, change = DRIFTS[name]
    console = Console(sim)
    before = plain(find(sim, address))
    machines = {n["id"] for n in nodes(find(sim, POOL))}
    with start(sim, furnished(), tmp_path) as tandem:
        in_sync(tandem)
        n = sim.last_call()
        change(console, find(sim, address))
        tandem.wait(lambda: writes(sim, n), f"{name} to be written")
        in_sync(tandem)
        if name == "NodePool.nodeConfigDetails.size":  # the node that went is made anew
            before["nodes"] = plain(find(sim, address))["nodes"]
        else:
            assert {x["id"] for x in nodes(find(sim, POOL))} == machines, "no node had to go"
        assert plain(find(sim, address)) == before
    correction, = writes(sim, n)
    assert correction["ifMatch"]
    assert correction["method"] == ("POST" if "endpoint" in name else "PUT")


def test_the_test_of_drift_drifts(cloud, furnished_estate):
    """Each hand of the table changes something."""
    sim = cloud("--estate", furnished_estate, speed=600)
    console = Console(sim)
    for name, (address, change) in DRIFTS.items():
        before = plain(find(sim, address))
        change(console, find(sim, address))
        assert plain(find(sim, address)) != before, name


def test_addon_drift(cloud, furnished_estate, tmp_path):
    """An add-on's settings, and its version where one is declared."""
    sim = cloud("--estate", furnished_estate, speed=200)
    console = Console(sim)

    def addon():
        return next(o for o in live(sim, SJC, "Addon") if o["name"] == "CertManager")

    with start(sim, furnished(), tmp_path) as tandem:
        in_sync(tandem)
        n = sim.last_call()
        console.act(CLUSTER, "/addons/CertManager", "PUT", {"configurations": [{"key": "numOfReplicas", "value": "5"}]})
        tandem.wait(lambda: addon()["configurations"] == [{"key": "numOfReplicas", "value": "2"}], "the setting to be what it was")
        in_sync(tandem)
        assert [method for method, _ in oke_writes(sim, n)] == ["PUT"]
        n = sim.last_call()
        console.act(CLUSTER, "/addons/CertManager?isRemoveExistingAddOn=true", "DELETE")
        in_sync(tandem)
        assert addon()["configurations"] == [{"key": "numOfReplicas", "value": "2"}]
        assert [method for method, _ in oke_writes(sim, n)] == ["POST"]


# What takes away: name → (address, what the hand does, what the plan says)
TAKES_AWAY = {
    "size": (POOL, config(size=4), "nodeConfigDetails.size"),
    "nsgs": (POOL, put_from(lambda o, sim: {"nodeConfigDetails": {"nsgIds": [
        *o["nodeConfigDetails"]["nsgIds"], find(sim, "primary/NetworkSecurityGroup/primary-pods")["id"]]}}), "nodeConfigDetails.nsgs"),
    "labels": (POOL, put(initialNodeLabels=[{"key": "tier", "value": "mesh"}, {"key": "more", "value": "x"}]), "initialNodeLabels"),
    "cycling": (POOL, put(nodePoolCyclingDetails={"isNodeCyclingEnabled": False, "maximumSurge": "2", "maximumUnavailable": "1"}), None),
    "isPublicIpEnabled": (CLUSTER, endpoint(isPublicIpEnabled=True), "endpointConfig.isPublicIpEnabled"),
}


@pytest.mark.parametrize("name", [n for n, (_, _, path) in TAKES_AWAY.items() if path])
def test_what_takes_away_waits(cloud, furnished_estate, tmp_path, name):
    """A pool scaled up by a hand, a group or label put on, an endpoint made public: taking it back waits for approval, and is one call."""
    sim = cloud("--estate", furnished_estate, speed=200)
    console = Console(sim)
    address, change, path = TAKES_AWAY[name]
    before = plain(find(sim, address))
    with start(sim, furnished(), tmp_path) as tandem:
        in_sync(tandem)
        n = sim.last_call()
        change(console, find(sim, address))
        action = tandem.wait_plan(address, "disrupt")
        assert action["gate"] == "approve" and [d["path"] for d in action["differences"]] == [path]
        seen_anew(tandem)
        assert not writes(sim, n), "done without approval"
        verdict, code, message = why(tandem, address)
        assert (verdict, code) == ("blocked", "approval") and "tandemctl approve" in message
        tandem.approve(address, "disrupt")
        in_sync(tandem)
        after = plain(find(sim, address))
        if name == "size":
            before["nodes"] = after["nodes"]
            assert len(after["nodes"]) == 3
        assert after == before
    correction, = writes(sim, n)
    assert correction["ifMatch"]


def test_cycling_is_left_off_and_alone(cloud, furnished_estate, tmp_path):
    """What the spec leaves out is not compared, nor ever written."""
    sim = cloud("--estate", furnished_estate, speed=200)
    console = Console(sim)
    with start(sim, furnished(), tmp_path) as tandem:
        in_sync(tandem)
        n = sim.last_call()
        TAKES_AWAY["cycling"][1](console, find(sim, POOL))
        in_sync(tandem)
        assert not writes(sim, n)
    assert not [c for c in sim.calls() if "ycling" in c["path"]]
    assert find(sim, POOL)["nodePoolCyclingDetails"]["maximumSurge"] == "2"
