"""tandem-sim: Container Engine. Clusters, node pools, nodes, add-ons and their work requests, seen through raw calls."""

import json

import pytest
from okelib import Oke
from signing import Client
from simlib import ORD, SJC, Sim, wait_for


@pytest.fixture()
def sim(tmp_path):
    with Sim.start(tmp_path, "--speed", "2000") as s:
        s.options(emptyPages=0, nodeLingerSeconds=0)
        yield s


@pytest.fixture()
def oke(sim):
    return Oke(sim)


@pytest.fixture()
def slow(tmp_path):
    """Time passes only when it is told to."""
    with Sim.start(tmp_path / "slow", "--speed", "1") as s:
        s.options(emptyPages=0, nodeLingerSeconds=0, processingMsec=0)
        yield s


def slow_oke(slow):
    slow_create = slow.create

    def create(region, path, **body):
        made = slow_create(region, path, wait=False, **body)
        slow.advance(60)
        return slow.get(region, f"{path}/{made['id']}").body

    slow.create = create
    return Oke(slow)


def come(oke, path, body, seconds):
    """What a create has come to after so many seconds of the simulator's."""
    r = oke.call("POST", path, body)
    oke.sim.advance(seconds)
    return oke.get(f"{path}/" + oke.work(r.headers["opc-work-request-id"])["resources"][0]["identifier"])


# Clusters


def test_cluster_life(sim, oke):
    r = oke.call("POST", "/clusters", oke.cluster_body())
    assert r.status == 202 and r.body is None and "etag" not in r.headers
    made = oke.done(r)
    assert made["operationType"] == "CLUSTER_CREATE"
    assert [(x["actionType"], x["entityType"]) for x in made["resources"]] == [("CREATED", "cluster")]
    got = oke.call("GET", "/clusters/" + made["resources"][0]["identifier"])
    c = got.body
    assert got.headers["etag"] and c["lifecycleState"] == "ACTIVE" and c["name"] == "one"
    assert "displayName" not in c and "inner" not in c and "timeCreated" not in c
    assert c["metadata"]["createdByWorkRequestId"] == made["id"]
    assert c["endpoints"]["privateEndpoint"] == "10.0.0.2:6443" and c["endpoints"]["publicEndpoint"].endswith(":6443")
    host = c["endpoints"]["vcnHostnameEndpoint"]
    assert host == f"c{c['id'][-12:]}.api.primary.oraclevcn.com:6443"
    assert c["availableKubernetesUpgrades"] == ["v1.34.2", "v1.35.0"]
    assert c["options"]["kubernetesNetworkConfig"] == {"podsCidr": "10.244.0.0/16", "servicesCidr": "10.96.0.0/16"}
    assert c["imagePolicyConfig"] == {"isPolicyEnabled": False, "keyDetails": []}

    ended = oke.done(oke.call("DELETE", "/clusters/" + c["id"]))
    assert ended["resources"][0]["actionType"] == "DELETED"
    assert oke.get("/clusters/" + c["id"])["lifecycleState"] == "DELETED"
    assert [x["lifecycleState"] for x in oke.list("/clusters")] == ["DELETED"]  # it lingers
    assert oke.list("/clusters", lifecycleState=["ACTIVE", "CREATING"]) == []
    assert len(oke.list("/clusters", lifecycleState=["ACTIVE", "DELETED"])) == 1


def test_cluster_durations(slow):
    oke = slow_oke(slow)
    r = oke.call("POST", "/clusters", oke.cluster_body())
    work = r.headers["opc-work-request-id"]
    assert oke.work(work)["status"] == "ACCEPTED" and oke.work(work)["resources"] == []
    slow.advance(3)
    w = oke.call("GET", f"/workRequests/{work}")
    assert w.body["status"] == "IN_PROGRESS" and w.body["resources"][0]["actionType"] == "IN_PROGRESS"
    assert w.headers["etag"] and int(w.headers["retry-after"]) > 0 and "percentComplete" not in w.body
    path = "/clusters/" + w.body["resources"][0]["identifier"]
    slow.advance(400)
    assert oke.get(path)["lifecycleState"] == "CREATING" and oke.get(path)["endpoints"] == {}
    assert oke.call("PUT", path, {"name": "x"}).status == 409
    slow.advance(30)
    assert oke.get(path)["lifecycleState"] == "ACTIVE" and oke.work(work)["status"] == "SUCCEEDED"
    for body, action, seconds in [({"kubernetesVersion": "v1.34.2"}, "", 600),
                                  ({"isPublicIpEnabled": False}, "/actions/updateEndpointConfig", 120)]:
        r = oke.call("POST" if action else "PUT", path + action, body)
        assert r.status == 202 and oke.get(path)["lifecycleState"] == "UPDATING"
        slow.advance(seconds - 10)
        assert oke.get(path)["lifecycleState"] == "UPDATING"
        assert oke.call("DELETE", path).code == "IncorrectState"
        slow.advance(20)
        assert oke.get(path)["lifecycleState"] == "ACTIVE"
    assert oke.get(path)["kubernetesVersion"] == "v1.34.2" and oke.get(path)["endpoints"]["publicEndpoint"] is None
    oke.call("DELETE", path)
    slow.advance(230)
    assert oke.get(path)["lifecycleState"] == "DELETING"
    slow.advance(20)
    assert oke.get(path)["lifecycleState"] == "DELETED"


@pytest.mark.parametrize("change,status,code", [
    ({"name": None}, 400, "MissingParameter"),
    ({"vcnId": None}, 400, "MissingParameter"),
    ({"kubernetesVersion": None}, 400, "MissingParameter"),
    ({"kubernetesVersion": "v1.12.0"}, 400, "InvalidParameter"),
    ({"kubernetesVersion": "1.34.1"}, 400, "InvalidParameter"),
    ({"type": "HUGE_CLUSTER"}, 400, "InvalidParameter"),
    ({"displayName": "x"}, 400, "CannotParseRequest"),
    ({"endpointConfig": {"subnetId": "ocid1.subnet.oc1..none"}}, 404, "NotAuthorizedOrNotFound"),
    ({"clusterPodNetworkOptions": [{"cniType": "CALICO"}]}, 400, "InvalidParameter"),
    ({"options": {"kubernetesNetworkConfig": {"servicesCidr": "10.0.128.0/17"}}}, 400, "InvalidParameter"),
    ({"options": {"serviceLbSubnetIds": "x"}}, 400, "CannotParseRequest"),
])
def test_cluster_create_refused(oke, change, status, code):
    r = oke.call("POST", "/clusters", oke.cluster_body(**change))
    assert (r.status, r.code) == (status, code)
    assert oke.list("/clusters") == [] and oke.list("/workRequests") == []


def test_cluster_update(oke):
    c = oke.cluster(options={"kubernetesNetworkConfig": {"servicesCidr": "10.97.0.0/16"}})
    path = "/clusters/" + c["id"]
    for body in [{"vcnId": c["vcnId"]}, {"kmsKeyId": "x"}, {"options": {"serviceLbSubnetIds": []}}, {"endpointConfig": {}}]:
        assert oke.call("PUT", path, body).code == "CannotParseRequest"
    for body in [{"kubernetesVersion": "v1.33.1"}, {"kubernetesVersion": "v1.36.0"}, {"type": "BASIC_CLUSTER"}]:
        assert oke.call("PUT", path, body).code == "InvalidParameter"
    etag = oke.call("GET", path).headers["etag"]
    oke.done(oke.call("PUT", path, {"name": "two", "options": {"admissionControllerOptions": {"isPodSecurityPolicyEnabled": True}},
                                    "freeformTags": {"a": "b"}}, if_match=etag))
    after = oke.get(path)
    assert after["name"] == "two" and after["freeformTags"] == {"a": "b"}
    assert after["options"]["kubernetesNetworkConfig"]["servicesCidr"] == "10.97.0.0/16"  # the rest stays
    assert after["options"]["admissionControllerOptions"] == {"isPodSecurityPolicyEnabled": True}
    assert oke.call("PUT", path, {"name": "x"}, if_match=etag).status == 412
    oke.done(oke.call("PUT", path, {"kubernetesVersion": "v1.35.0"}))
    assert oke.get(path)["availableKubernetesUpgrades"] == []


def test_no_minor_version_is_skipped(oke):
    c = oke.cluster(kubernetesVersion="v1.32.1")
    assert c["availableKubernetesUpgrades"] == ["v1.33.1", "v1.33.10"]
    assert oke.call("PUT", "/clusters/" + c["id"], {"kubernetesVersion": "v1.34.1"}).code == "InvalidParameter"
    oke.done(oke.call("PUT", "/clusters/" + c["id"], {"kubernetesVersion": "v1.33.10"}))


def test_failing_creates(sim, oke):
    made = oke.done(oke.call("POST", "/clusters", oke.cluster_body(
        endpointConfig={"subnetId": oke.nodes, "isPublicIpEnabled": True})), "FAILED")
    assert made["resources"][0]["actionType"] == "FAILED" and oke.errors(made)[0]["code"] == "InvalidParameter"
    path = "/clusters/" + made["resources"][0]["identifier"]
    assert oke.get(path)["lifecycleState"] == "FAILED" and oke.get(path)["lifecycleDetails"]
    assert oke.call("PUT", path, {"name": "x"}).code == "IncorrectState"
    oke.done(oke.call("DELETE", path))
    sim.options(failCreate=["Cluster"])
    made = oke.done(oke.call("POST", "/clusters", oke.cluster_body()), "FAILED")
    sim.options(failCreate=[])
    assert oke.get("/clusters/" + made["resources"][0]["identifier"])["lifecycleState"] == "FAILED"
    c = oke.cluster()
    sim.options(failCreate=["NodePool"])
    pool = oke.pool(c, status="FAILED")
    sim.options(failCreate=[])
    assert pool["lifecycleState"] == "FAILED"
    assert oke.call("PUT", "/nodePools/" + pool["id"], {"name": "x"}).status == 409
    oke.done(oke.call("DELETE", "/nodePools/" + pool["id"]))


def test_summaries_leave_out_what_a_get_shows(oke):
    c = oke.cluster(kmsKeyId="ocid1.key.oc1..x")
    pool = oke.pool(c, size=1)
    assert oke.get("/clusters/" + c["id"])["kmsKeyId"] and "kmsKeyId" not in oke.list("/clusters")[0]
    assert len(pool["nodes"]) == 1 and "nodes" not in oke.list("/nodePools")[0]
    assert "inner" not in pool and "inner" not in pool["nodes"][0] and "inner" not in oke.list("/nodePools")[0]


def test_lists(sim, oke):
    for name in ("b", "a", "c"):
        oke.done(oke.call("POST", "/clusters", oke.cluster_body(name=name)))
    assert [c["name"] for c in oke.list("/clusters", sortBy="NAME")] == ["a", "b", "c"]
    assert [c["name"] for c in oke.list("/clusters", sortBy="TIME_CREATED")] == ["c", "a", "b"]
    assert [c["name"] for c in oke.list("/clusters", sortBy="TIME_CREATED", sortOrder="ASC")] == ["b", "a", "c"]
    ids = [c["id"] for c in oke.list("/clusters", sortBy="ID")]
    assert ids == sorted(ids)
    assert [c["name"] for c in oke.list("/clusters", name="c")] == ["c"]
    sim.options(pageSize=1)
    assert len(oke.list("/clusters")) == 3
    scope = f"compartmentId={sim.compartment}"
    for query, status in [("", 400), (f"?{scope}&limit=1000", 200), (f"?{scope}&limit=1001", 400), (f"?{scope}&sortBy=DISPLAYNAME", 400),
                          (f"?{scope}&lifecycleState=AVAILABLE", 400), (f"?{scope}&displayName=x", 400)]:
        assert oke.call("GET", "/clusters" + query).status == status, query
    assert oke.call("GET", "/clusters/none").status == 404


def test_retry_token(oke):
    one = oke.call("POST", "/clusters", oke.cluster_body(), opc_retry_token="t")
    two = oke.call("POST", "/clusters", oke.cluster_body(), opc_retry_token="t")
    assert two.status == 202 and two.body is None
    assert one.headers["opc-work-request-id"] == two.headers["opc-work-request-id"]
    assert oke.call("POST", "/clusters", oke.cluster_body(name="other"), opc_retry_token="t").code == "InvalidatedRetryToken"
    made = oke.done(one)
    assert len(oke.list("/clusters")) == 1
    oke.done(oke.call("DELETE", "/clusters/" + made["resources"][0]["identifier"]))
    assert oke.call("POST", "/clusters", oke.cluster_body(), opc_retry_token="t").code == "InvalidatedRetryToken"


# Work requests


def test_work_requests(sim, oke):
    c = oke.cluster()
    pool = oke.pool(c, size=1)
    other = oke.cluster(name="two")
    kinds = [w["operationType"] for w in oke.list("/workRequests", sortBy="TIME_ACCEPTED", sortOrder="ASC")]
    assert kinds == ["CLUSTER_CREATE", "NODEPOOL_CREATE", "CLUSTER_CREATE"]
    assert len(oke.list("/workRequests", clusterId=c["id"])) == 2
    assert [w["resources"][0]["identifier"] for w in oke.list("/workRequests", resourceId=pool["id"])] == [pool["id"]]
    assert len(oke.list("/workRequests", resourceType="CLUSTER")) == 2
    assert len(oke.list("/workRequests", status=["FAILED", "SUCCEEDED"])) == 3 and oke.list("/workRequests", status="FAILED") == []
    w = oke.list("/workRequests", resourceId=other["id"])[0]
    assert oke.call("GET", f"/workRequests/{w['id']}/errors").code == "MissingParameter"
    assert oke.errors(w) == []
    logs = oke.get(f"/workRequests/{w['id']}/logs?compartmentId={sim.compartment}")
    assert len(logs) == 2 and set(logs[0]) == {"message", "timestamp"}
    assert w["timeAccepted"] <= w["timeStarted"] <= w["timeFinished"]
    assert oke.call("DELETE", f"/workRequests/{w['id']}").code == "IncorrectState"


def test_what_has_not_begun_can_be_called_off(slow):
    oke = slow_oke(slow)
    r = oke.call("POST", "/clusters", oke.cluster_body())
    id = r.headers["opc-work-request-id"]
    etag = oke.call("GET", f"/workRequests/{id}").headers["etag"]
    assert oke.call("DELETE", f"/workRequests/{id}", if_match="no").status == 412
    assert oke.call("DELETE", f"/workRequests/{id}", if_match=etag).status == 204
    assert oke.work(id)["status"] == "CANCELED" and oke.work(id)["resources"][0]["actionType"] == "CANCELED_CREATE"
    assert [c["lifecycleState"] for c in oke.list("/clusters")] == ["DELETED"]
    r = oke.call("POST", "/clusters", oke.cluster_body())
    slow.advance(5)
    assert oke.call("DELETE", f"/workRequests/{r.headers['opc-work-request-id']}").status == 409


# Node pools and nodes


def test_pool_life(sim, oke):
    c = oke.cluster()
    pool = oke.pool(c)
    assert pool["lifecycleState"] == "ACTIVE" and pool["nodeConfigDetails"]["size"] == 3
    nodes = pool["nodes"]
    assert {n["lifecycleState"] for n in nodes} == {"ACTIVE"} and {n["kubernetesVersion"] for n in nodes} == {"v1.34.1"}
    assert [n["privateIp"] for n in nodes] == ["10.0.1.2", "10.0.1.3", "10.0.1.4"]
    assert sorted(n["faultDomain"] for n in nodes) == ["FAULT-DOMAIN-1", "FAULT-DOMAIN-2", "FAULT-DOMAIN-3"]
    assert len({n["name"] for n in nodes}) == 3 and all(n["name"].startswith("oke-c" + c["id"][-11:] + "-n") for n in nodes)
    assert all(n["nodePoolId"] == pool["id"] and n["subnetId"] == oke.nodes and n["availabilityDomain"] == oke.ad for n in nodes)
    # What the service fills in, and the legacy mirror
    assert pool["nodeConfigDetails"]["nodePoolPodNetworkOptionDetails"]["maxPodsPerNode"] == 31
    assert pool["nodeEvictionNodePoolSettings"] == {"evictionGraceDuration": "PT60M", "isForceDeleteAfterGraceDuration": False,
                                                    "isForceActionAfterGraceDuration": False}
    assert pool["nodePoolCyclingDetails"] == {"isNodeCyclingEnabled": False, "maximumSurge": "1", "maximumUnavailable": "0"}
    assert pool["subnetIds"] == [oke.nodes] and pool["nodeSource"]["imageId"] == pool["nodeSourceDetails"]["imageId"]
    assert "OKE-1.34.1-" in pool["nodeSource"]["sourceName"]
    assert oke.call("DELETE", "/clusters/" + c["id"]).code == "IncorrectState"  # it has a pool
    ended = oke.done(oke.call("DELETE", "/nodePools/" + pool["id"]))
    assert ended["operationType"] == "NODEPOOL_DELETE"
    gone = oke.get("/nodePools/" + pool["id"])
    assert gone["lifecycleState"] == "DELETED" and oke.live(gone) == []
    oke.done(oke.call("DELETE", "/clusters/" + c["id"]))


def test_node_durations(slow):
    oke = slow_oke(slow)
    c = come(oke, "/clusters", oke.cluster_body(), 430)
    pool = come(oke, "/nodePools", oke.pool_body(c), 6)
    assert pool["lifecycleState"] == "CREATING" and {n["lifecycleState"] for n in pool["nodes"]} == {"CREATING"}
    assert slow.get(SJC, "/instances/" + pool["nodes"][0]["id"]).body["lifecycleState"] == "PROVISIONING"
    slow.advance(170)
    assert slow.get(SJC, "/instances/" + pool["nodes"][0]["id"]).body["lifecycleState"] == "RUNNING"
    assert oke.get("/nodePools/" + pool["id"])["lifecycleState"] == "CREATING"
    slow.advance(15)
    pool = oke.get("/nodePools/" + pool["id"])
    assert pool["lifecycleState"] == "ACTIVE"
    gone = pool["nodes"][1]["id"]
    r = oke.call("DELETE", f"/nodePools/{pool['id']}/node/{gone}")
    assert r.status == 202 and oke.get("/nodePools/" + pool["id"])["lifecycleState"] == "UPDATING"
    assert [n["id"] for n in oke.live(pool) if n["lifecycleState"] == "DELETING"] == [gone]
    assert oke.get("/nodePools/" + pool["id"])["nodeConfigDetails"]["size"] == 2
    assert oke.call("PUT", "/nodePools/" + pool["id"], {"name": "x"}).code == "IncorrectState"
    slow.advance(80)
    assert len(oke.live(pool)) == 3
    slow.advance(15)
    assert len(oke.live(pool)) == 2 and oke.get("/nodePools/" + pool["id"])["lifecycleState"] == "ACTIVE"
    assert oke.work(r.headers["opc-work-request-id"])["status"] == "SUCCEEDED"
    assert slow.get(SJC, "/instances/" + gone).body["lifecycleState"] == "TERMINATED"


def test_node_replaced(slow):
    """isDecrementSize=false: the other one comes only when the old one is gone."""
    oke = slow_oke(slow)
    c = come(oke, "/clusters", oke.cluster_body(), 430)
    pool = come(oke, "/nodePools", oke.pool_body(c, size=2), 200)
    old = [n["id"] for n in pool["nodes"]]
    assert oke.call("DELETE", f"/nodePools/{pool['id']}/node/{old[0]}?isDecrementSize=false").status == 202
    slow.advance(85)
    assert sorted(n["id"] for n in oke.live(pool)) == sorted(old)
    slow.advance(10)
    assert [n["lifecycleState"] for n in oke.live(pool) if n["id"] not in old] == ["CREATING"]
    assert old[0] not in [n["id"] for n in oke.live(pool)]
    slow.advance(190)
    after = oke.get("/nodePools/" + pool["id"])
    assert after["lifecycleState"] == "ACTIVE" and after["nodeConfigDetails"]["size"] == 2 and len(oke.live(pool)) == 2


def test_spread_over_domains(sim):
    oke = Oke(sim, ORD, "10.1")
    c = oke.cluster()
    ads = [f"Qzkv:US-CHICAGO-1-AD-{i}" for i in (1, 2, 3)]
    placements = [{"availabilityDomain": ad, "subnetId": oke.nodes, "faultDomains": ["FAULT-DOMAIN-2"]} for ad in ads]
    pool = oke.pool(c, size=7, config={"placementConfigs": placements})
    count = lambda: sorted(sum(n["availabilityDomain"] == ad for n in oke.live(pool)) for ad in ads)
    assert count() == [2, 2, 3] and {n["faultDomain"] for n in pool["nodes"]} == {"FAULT-DOMAIN-2"}
    oke.done(oke.call("PUT", "/nodePools/" + pool["id"], {"nodeConfigDetails": {"size": 3}}))
    assert count() == [1, 1, 1]
    # A domain that is given up: with fewer nodes asked for, those there go first.
    oke.done(oke.call("PUT", "/nodePools/" + pool["id"], {"nodeConfigDetails": {"size": 2, "placementConfigs": placements[:2]}}))
    assert count() == [0, 1, 1]


@pytest.mark.parametrize("change,status,code", [
    ({"name": None}, 400, "MissingParameter"),
    ({"clusterId": None}, 400, "MissingParameter"),
    ({"nodeShape": None}, 400, "MissingParameter"),
    ({"nodeConfigDetails": None}, 400, "MissingParameter"),
    ({"nodeShape": "VM.Odd"}, 400, "InvalidParameter"),
    ({"nodeShapeConfig": None}, 400, "InvalidParameter"),
    ({"nodeShape": "VM.Standard2.1"}, 400, "InvalidParameter"),
    ({"nodeShape": "VM.Standard.A1.Flex"}, 400, "InvalidParameter"),  # another architecture than the image's
    ({"kubernetesVersion": "v1.34.2"}, 400, "InvalidParameter"),      # ahead of the control plane
    ({"kubernetesVersion": "v1.33.1"}, 400, "InvalidParameter"),      # not the image's
    ({"clusterId": "ocid1.cluster.oc1..none"}, 404, "NotAuthorizedOrNotFound"),
    ({"nodeSourceDetails": {"sourceType": "IMAGE", "imageId": "ocid1.image.oc1..none"}}, 400, "InvalidParameter"),
    ({"nodeSourceDetails": {"sourceType": "IMAGE"}}, 400, "MissingParameter"),
    ({"nodeEvictionNodePoolSettings": {"evictionGraceDuration": "PT61M"}}, 400, "InvalidParameter"),
    ({"secondaryVnics": [{"displayName": "x"}]}, 400, "MissingParameter"),
    ({"networkLaunchType": "TOKENRING"}, 400, "InvalidParameter"),
    ({"nodePoolCyclingDetails": {"isNodeCyclingEnabled": True, "maximumSurge": "0"}}, 400, "InvalidParameter"),
])
def test_pool_create_refused(oke, change, status, code):
    c = oke.cluster()
    r = oke.call("POST", "/nodePools", {k: v for k, v in {**oke.pool_body(c), **change}.items() if v is not None})
    assert (r.status, r.code) == (status, code)
    assert oke.list("/nodePools") == []


def test_pool_config_refused(oke):
    c = oke.cluster()
    place = {"availabilityDomain": oke.ad, "subnetId": oke.nodes}
    for config, status in [({"placementConfigs": []}, 400), ({"placementConfigs": [place, place]}, 400),
                           ({"placementConfigs": [{**place, "availabilityDomain": "X:NOWHERE-AD-1"}]}, 400),
                           ({"placementConfigs": [{**place, "subnetId": "none"}]}, 404),
                           ({"placementConfigs": [{**place, "faultDomains": ["FAULT-DOMAIN-9"]}]}, 400), ({"size": -1}, 400),
                           ({"nodePoolPodNetworkOptionDetails": {"cniType": "FLANNEL_OVERLAY"}}, 400),
                           ({"nodePoolPodNetworkOptionDetails": {"cniType": "OCI_VCN_IP_NATIVE"}}, 400),
                           ({"nsgIds": ["none"]}, 404)]:
        assert oke.call("POST", "/nodePools", oke.pool_body(c, config=config)).status == status, config


def test_changes_reach_new_nodes_only(sim, oke):
    c = oke.cluster()
    oke.done(oke.call("PUT", "/clusters/" + c["id"], {"kubernetesVersion": "v1.34.2"}))
    pool = oke.pool(c, size=2)
    path = "/nodePools/" + pool["id"]
    new = oke.image("v1.34.2")
    oke.done(oke.call("PUT", path, {"kubernetesVersion": "v1.34.2", "nodeSourceDetails": {"sourceType": "IMAGE", "imageId": new},
                                    "initialNodeLabels": [{"key": "a", "value": "b"}]}))
    assert {n["kubernetesVersion"] for n in oke.live(pool)} == {"v1.34.1"} and oke.get(path)["kubernetesVersion"] == "v1.34.2"
    assert oke.call("PUT", path, {"kubernetesVersion": "v1.34.1", "nodeSourceDetails": pool["nodeSourceDetails"]}).code == "InvalidParameter"
    oke.done(oke.call("PUT", path, {"nodeConfigDetails": {"size": 3}}))
    assert sorted(n["kubernetesVersion"] for n in oke.live(pool)) == ["v1.34.1", "v1.34.1", "v1.34.2"]
    by_version = {n["kubernetesVersion"]: sim.get(SJC, "/instances/" + n["id"]).body for n in oke.live(pool)}
    assert by_version["v1.34.2"]["sourceDetails"] == {"sourceType": "image", "imageId": new, "bootVolumeSizeInGBs": 47}
    assert by_version["v1.34.1"]["sourceDetails"]["imageId"] == pool["nodeSourceDetails"]["imageId"]
    assert by_version["v1.34.1"]["sourceDetails"]["bootVolumeSizeInGBs"] == 100


@pytest.mark.parametrize("mode", ["INSTANCE_REPLACE", "BOOT_VOLUME_REPLACE"])
def test_cycling(sim, oke, mode):
    c = oke.cluster(kubernetesVersion="v1.34.2")
    pool = oke.pool(c, size=3)
    path = "/nodePools/" + pool["id"]
    cycling = {"isNodeCyclingEnabled": True, "maximumSurge": "1", "maximumUnavailable": "0", "cycleModes": [mode]}
    assert oke.call("PUT", path, {"nodePoolCyclingDetails": cycling, "nodeConfigDetails": {
        "placementConfigs": pool["nodeConfigDetails"]["placementConfigs"]}}).code == "InvalidParameter"
    before = {n["id"] for n in pool["nodes"]}
    oke.done(oke.call("PUT", path, {"kubernetesVersion": "v1.34.2", "nodePoolCyclingDetails": cycling, "nodeSourceDetails": {
        "sourceType": "IMAGE", "imageId": oke.image("v1.34.2")}}))
    after = {n["id"] for n in oke.live(pool)}
    assert {n["kubernetesVersion"] for n in oke.live(pool)} == {"v1.34.2"} and len(after) == 3
    assert after == before if mode == "BOOT_VOLUME_REPLACE" else not after & before
    assert sim.get(SJC, "/instances/" + max(after)).body["imageId"] == oke.image("v1.34.2")


def test_cycling_keeps_the_size_up(slow):
    oke = slow_oke(slow)
    c = come(oke, "/clusters", oke.cluster_body(), 430)
    pool = come(oke, "/nodePools", oke.pool_body(c, size=2), 200)
    oke.call("PUT", "/nodePools/" + pool["id"], {"nodePoolCyclingDetails": {"isNodeCyclingEnabled": True}, "sshPublicKey": "ssh-rsa x"})
    seen = []
    for _ in range(80):
        slow.advance(15)
        states = [n["lifecycleState"] for n in oke.live(pool)]
        seen.append((states.count("ACTIVE"), len(states)))
        if oke.get("/nodePools/" + pool["id"])["lifecycleState"] == "ACTIVE":
            break
    assert min(up for up, _ in seen) == 2 and max(n for _, n in seen) == 3
    assert not {n["id"] for n in pool["nodes"]} & {n["id"] for n in oke.live(pool)}


def test_a_drain_that_hangs(slow):
    oke = slow_oke(slow)
    c = come(oke, "/clusters", oke.cluster_body(), 430)
    pool = come(oke, "/nodePools", oke.pool_body(c), 200)
    path, ids = "/nodePools/" + pool["id"], [n["id"] for n in pool["nodes"]]
    for id in ids:
        oke.node(id, "hang-drain")
    # Given up after the grace: the node stays.
    r = oke.call("DELETE", f"{path}/node/{ids[0]}?overrideEvictionGraceDuration=PT10M")
    slow.advance(595)
    assert oke.get(path)["lifecycleState"] == "UPDATING"
    slow.advance(10)
    w = oke.work(r.headers["opc-work-request-id"])
    assert w["status"] == "FAILED" and oke.errors(w) and oke.get(path)["lifecycleState"] == "NEEDS_ATTENTION"
    assert len(oke.live(pool)) == 3 and oke.get(path)["nodeConfigDetails"]["size"] == 3
    # By force
    oke.call("DELETE", f"{path}/node/{ids[0]}?overrideEvictionGraceDuration=PT5M&isForceDeletionAfterOverrideGraceDuration=true")
    slow.advance(350)
    assert len(oke.live(pool)) == 3
    slow.advance(15)
    assert sorted(n["id"] for n in oke.live(pool)) == sorted(ids[1:]) and oke.get(path)["lifecycleState"] == "ACTIVE"
    # A smaller size: what was to go and could not stays, and nobody goes in its place.
    r = oke.call("PUT", path + "?overrideEvictionGraceDuration=PT1M", {"nodeConfigDetails": {"size": 1}})
    slow.advance(70)
    assert oke.work(r.headers["opc-work-request-id"])["status"] == "FAILED"
    assert len(oke.live(pool)) == 2 and oke.get(path)["nodeConfigDetails"]["size"] == 1
    # Without grace nothing is asked.
    left = [n["id"] for n in oke.live(pool)]
    oke.call("PUT", path, {"nodeConfigDetails": {"size": 2}})
    slow.advance(10)
    oke.call("DELETE", f"{path}/node/{left[0]}?overrideEvictionGraceDuration=PT0M")
    slow.advance(65)
    assert [n["id"] for n in oke.live(pool)] == left[1:]
    # And it ends when what held it is gone.
    for id in left[1:]:
        oke.node(id, "free-drain")
    oke.call("DELETE", path)
    slow.advance(200)
    assert oke.get(path)["lifecycleState"] == "DELETED"
    for query in ["overrideEvictionGraceDuration=1h", "isDecrementSize=no", "isForceDeletionAfterOverrideGraceDuration=1", "x=1"]:
        assert oke.call("DELETE", f"{path}/node/{ids[0]}?{query}").status in (400, 404)


@pytest.mark.parametrize("rule,code,status", [
    ({}, "OutOfHostCapacity", "500"),
    ({"code": "LimitExceeded", "message": "vm-standard-e4-core-count"}, "LimitExceeded", "400"),
])
def test_no_capacity(sim, oke, rule, code, status):
    c = oke.cluster()
    sim.options(exhausted=[{"region": ORD}, {"region": SJC, "shape": "VM.Standard.E4.Flex", "availabilityDomain": oke.ad, **rule}])
    pool = oke.pool(c, size=2, status="FAILED")
    assert pool["lifecycleState"] == "NEEDS_ATTENTION"
    assert [n["nodeError"]["code"] for n in pool["nodes"]] == [code] * 2 and pool["nodes"][0]["nodeError"]["status"] == status
    assert {n["lifecycleState"] for n in pool["nodes"]} == {"FAILING"}
    assert sim.get(SJC, "/instances/" + pool["nodes"][0]["id"]).status == 404
    w = oke.list("/workRequests", resourceId=pool["id"])[0]
    assert w["status"] == "FAILED" and {e["code"] for e in oke.errors(w)} == {code}
    sim.options(exhausted=[])
    oke.done(oke.call("PUT", "/nodePools/" + pool["id"], {"name": "again"}))  # the next change tries again
    assert oke.get("/nodePools/" + pool["id"])["lifecycleState"] == "ACTIVE" and len(oke.live(pool)) == 2


def test_quota_of_nodes(sim, oke):
    sim.options(limits={"nodes": 2})
    pool = oke.pool(oke.cluster(), status="FAILED")
    assert sorted(n.get("nodeError", {}).get("code", "") for n in pool["nodes"]) == ["", "", "LimitExceeded"]
    assert pool["lifecycleState"] == "NEEDS_ATTENTION"


def test_full_subnets(sim, oke):
    c = oke.cluster()
    small, pods = oke.subnet("10.0.2.0/30"), oke.subnet("10.0.3.0/26")
    pool = oke.pool(c, size=2, status="FAILED", config={"placementConfigs": [{"availabilityDomain": oke.ad, "subnetId": small}]})
    assert sorted("nodeError" in n for n in pool["nodes"]) == [False, True] and pool["lifecycleState"] == "NEEDS_ATTENTION"
    pool = oke.pool(c, size=2, status="FAILED", config={"nodePoolPodNetworkOptionDetails": {
        "cniType": "OCI_VCN_IP_NATIVE", "podSubnetIds": [pods]}})  # 61 addresses, two nodes of 31 pods
    assert [n["nodeError"]["code"] for n in pool["nodes"] if "nodeError" in n] == ["LimitExceeded"]
    oke.done(oke.call("DELETE", f"/nodePools/{pool['id']}/node/{[n['id'] for n in pool['nodes'] if 'nodeError' in n][0]}"))
    assert oke.get("/nodePools/" + pool["id"])["lifecycleState"] == "ACTIVE"


@pytest.mark.parametrize("then", ["INACTIVE", "GONE", "REPLACED"])
def test_a_node_is_lost(sim, oke, then):
    sim.options(lostNode=then)
    pool = oke.pool(oke.cluster())
    path, lost = "/nodePools/" + pool["id"], pool["nodes"][0]["id"]
    oke.node(lost, "kill")
    assert sim.get(SJC, "/instances/" + lost).body["lifecycleState"] == "TERMINATED"
    if then == "REPLACED":
        wait_for(lambda: oke.get(path)["lifecycleState"] == "ACTIVE" and len(oke.live(pool)) == 3)
        assert "NODEPOOL_RECONCILE" in [w["operationType"] for w in oke.list("/workRequests")]
        return
    assert oke.get(path)["lifecycleState"] == ("NEEDS_ATTENTION" if then == "INACTIVE" else "ACTIVE")
    assert {n["id"]: n["lifecycleState"] for n in oke.live(pool)}.get(lost) == ("INACTIVE" if then == "INACTIVE" else None)
    oke.done(oke.call("PUT", path, {"freeformTags": {"a": "b"}}))
    assert len(oke.live(pool)) == 3 and {n["lifecycleState"] for n in oke.live(pool)} == {"ACTIVE"}
    assert lost not in [n["id"] for n in oke.live(pool)]


def test_an_instance_terminated_at_the_console(sim, oke):
    pool = oke.pool(oke.cluster(), size=1)
    id = pool["nodes"][0]["id"]
    assert sim.hand(SJC, "DELETE", f"/20160918/instances/{id}").status == 204
    wait_for(lambda: [n["lifecycleState"] for n in oke.live(pool)] == ["INACTIVE"])


def test_deleted_nodes_linger(sim, oke):
    sim.options(nodeLingerSeconds=3600)
    pool = oke.pool(oke.cluster(), size=2)
    oke.done(oke.call("PUT", "/nodePools/" + pool["id"], {"nodeConfigDetails": {"size": 1}}))
    assert sorted(n["lifecycleState"] for n in oke.get("/nodePools/" + pool["id"])["nodes"]) == ["ACTIVE", "DELETED"]
    sim.advance(3700)
    assert [n["lifecycleState"] for n in oke.get("/nodePools/" + pool["id"])["nodes"]] == ["ACTIVE"]


def test_control_of_nodes(sim, oke):
    pool = oke.pool(oke.cluster(), size=1)
    id = pool["nodes"][0]["id"]
    oke.node(id, "not-ready")
    assert sim.objects(SJC, "NodePool")[0]["nodes"][0]["inner"]["ready"] is False
    oke.node(id, "ready")
    assert sim.objects(SJC, "NodePool")[0]["nodes"][0]["inner"]["ready"] is True
    assert len(sim.objects(SJC, "NodePool")[0]["nodes"][0]["inner"]["podIps"]) == 31
    assert sim.control("POST", "/node", {"id": id, "act": "dance"}).status == 400
    assert sim.control("POST", "/node", {"id": "none", "act": "kill"}).status == 404
    assert sim.control("POST", "/node", {}).status == 404


def test_basic_clusters_do_less(sim, oke):
    c = oke.cluster(type=None, clusterPodNetworkOptions=None)
    assert c["type"] == "BASIC_CLUSTER" and c["clusterPodNetworkOptions"] == [{"cniType": "FLANNEL_OVERLAY"}]
    config = {"nodePoolPodNetworkOptionDetails": {"cniType": "FLANNEL_OVERLAY"}}
    refused = oke.call("POST", "/nodePools", oke.pool_body(c, config=config, nodePoolCyclingDetails={"isNodeCyclingEnabled": True}))
    assert refused.code == "InvalidParameter"
    assert oke.call("POST", f"/clusters/{c['id']}/addons", {"addonName": "CertManager"}).code == "InvalidParameter"
    pool = oke.pool(c, size=1, config=config)
    assert pool["nodeConfigDetails"]["nodePoolPodNetworkOptionDetails"] == {"cniType": "FLANNEL_OVERLAY"}
    sim.options(clusterDeleteTakesPools=True)
    oke.done(oke.call("DELETE", "/clusters/" + c["id"]))
    assert oke.get("/nodePools/" + pool["id"])["lifecycleState"] == "DELETED"
    assert {i["lifecycleState"] for i in sim.list(SJC, "/instances")} == {"TERMINATED"}


def test_one_node_at_a_time(sim, oke):
    """A reboot, and a boot volume with what the pool says now."""
    c = oke.cluster(kubernetesVersion="v1.34.2")
    pool = oke.pool(c, size=2)
    path, node = "/nodePools/" + pool["id"], pool["nodes"][0]["id"]
    oke.done(oke.call("PUT", path, {"kubernetesVersion": "v1.34.2", "nodeSourceDetails": {"sourceType": "IMAGE", "imageId": oke.image("v1.34.2")}}))
    act = f"/clusters/{c['id']}/nodes/{node}/actions/"
    assert oke.done(oke.call("POST", act + "reboot", {}))["operationType"] == "CLUSTER_NODE_REBOOT"
    assert {n["kubernetesVersion"] for n in oke.live(pool)} == {"v1.34.1"}
    oke.done(oke.call("POST", act + "replaceBootVolume", {"nodeEvictionSettings": {"evictionGraceDuration": "PT10M"}}))
    assert {n["id"]: n["kubernetesVersion"] for n in oke.live(pool)}[node] == "v1.34.2"
    assert sorted(n["kubernetesVersion"] for n in oke.live(pool)) == ["v1.34.1", "v1.34.2"]
    assert sim.get(SJC, "/instances/" + node).body["imageId"] == oke.image("v1.34.2")
    assert oke.call("POST", act + "dance", {}).status == 404
    assert oke.call("POST", f"/clusters/{c['id']}/nodes/none/actions/reboot", {}).status == 404


# What hangs together with the network


def test_network_in_use_stays(sim, oke):
    group = sim.create(SJC, "/networkSecurityGroups", vcnId=oke.vcn["id"])["id"]
    c = oke.cluster(endpointConfig={"subnetId": oke.endpoint, "nsgIds": [group]})
    pool = oke.pool(c, size=1)
    for path, code in [(f"/subnets/{oke.endpoint}", "Conflict"), (f"/subnets/{oke.nodes}", "Conflict"), (f"/subnets/{oke.pods}", "Conflict"),
                       (f"/networkSecurityGroups/{group}", "IncorrectState"), (f"/vcns/{oke.vcn['id']}", "IncorrectState")]:
        r = sim.hand(SJC, "DELETE", "/20160918" + path)
        assert (r.status, r.code) == (409, code), path
    oke.done(oke.call("DELETE", "/nodePools/" + pool["id"]))
    assert sim.hand(SJC, "DELETE", f"/20160918/subnets/{oke.nodes}").status == 204
    assert sim.hand(SJC, "DELETE", f"/20160918/subnets/{oke.endpoint}").status == 409
    oke.done(oke.call("DELETE", "/clusters/" + c["id"]))
    assert sim.hand(SJC, "DELETE", f"/20160918/subnets/{oke.endpoint}").status == 204


# Add-ons and options


def test_addons(sim, oke):
    c = oke.cluster()
    path = f"/clusters/{c['id']}/addons"
    names = lambda: sorted(a["name"] for a in oke.get(path) if a["lifecycleState"] == "ACTIVE")
    assert names() == ["CoreDNS", "KubeProxy", "OciVcnIpNative"]
    assert [a["name"] for a in oke.get(path + "?sortBy=NAME&sortOrder=DESC")] == ["OciVcnIpNative", "KubeProxy", "CoreDNS"]
    assert oke.call("GET", path + "?sortBy=ID").status == 400
    r = oke.call("POST", path, {"addonName": "CertManager", "configurations": [{"key": "numOfReplicas", "value": "2"}]})
    w = oke.done(r)
    assert w["operationType"] == "ENABLE_ADDON" and w["resources"][0]["identifier"] == "CertManager"
    got = oke.call("GET", path + "/CertManager")
    assert got.headers["etag"] and got.body["version"] is None and got.body["currentInstalledVersion"].startswith("v1.17")
    assert "id" not in got.body and got.body["configurations"] == [{"key": "numOfReplicas", "value": "2"}]
    assert oke.call("POST", path, {"addonName": "CertManager"}).code == "Conflict"
    assert oke.call("POST", path, {"addonName": "Nothing"}).code == "InvalidParameter"
    assert oke.call("POST", path, {"addonName": "CertManager", "version": "v9"}).code == "InvalidParameter"
    oke.done(oke.call("PUT", path + "/CertManager", {"version": "v1.16.2-1"}, if_match=got.headers["etag"]))
    assert oke.get(path + "/CertManager")["currentInstalledVersion"] == "v1.16.2-1"
    assert oke.call("PUT", path + "/CertManager", {"version": "v1.16.2-1"}, if_match=got.headers["etag"]).status == 412
    assert oke.call("DELETE", path + "/CertManager").code == "MissingParameter"
    assert oke.done(oke.call("DELETE", path + "/CertManager?isRemoveExistingAddOn=true"))["operationType"] == "DISABLE_ADDON"
    assert oke.call("GET", path + "/CertManager").status == 404
    assert names() == ["CoreDNS", "KubeProxy", "OciVcnIpNative"]
    assert {a["name"] for a in sim.objects(SJC, "Addon")} == {"CertManager", "CoreDNS", "KubeProxy", "OciVcnIpNative"}


def test_options(sim, oke):
    assert "v1.34.1" in oke.get("/clusterOptions/all")["kubernetesVersions"]
    assert oke.get("/clusterOptions/all?shouldListAllPatchVersions=false")["kubernetesVersions"] == ["v1.32.1", "v1.33.10", "v1.34.2", "v1.35.0"]
    c = oke.cluster()
    mine = oke.get(f"/nodePoolOptions/{c['id']}")
    assert "v1.34.1" in mine["kubernetesVersions"] and "v1.34.2" not in mine["kubernetesVersions"]  # never ahead of it
    assert "VM.Standard.E4.Flex" in mine["shapes"]
    arm = oke.get("/nodePoolOptions/all?nodePoolOsArch=AARCH64&nodePoolK8sVersion=v1.34.1")["sources"]
    assert [("aarch64" in s["sourceName"], "OKE-1.34.1-" in s["sourceName"]) for s in arm] == [(True, True)]
    assert set(arm[0]) == {"sourceType", "sourceName", "imageId"}
    assert oke.get("/nodePoolOptions/all?nodePoolOsType=UBUNTU")["sources"] == []
    before = oke.image()
    sim.options(imageBuilds=2)
    assert oke.image() != before and oke.image() in {s["imageId"] for s in oke.get("/nodePoolOptions/all")["sources"]}
    assert before in {s["imageId"] for s in oke.get("/nodePoolOptions/all")["sources"]}
    assert oke.call("GET", "/nodePoolOptions/none").status == 404 and oke.call("GET", "/clusterOptions/all?x=1").status == 400
    addons = oke.get("/addonOptions?kubernetesVersion=v1.34.1&addonName=CertManager")
    assert [a["name"] for a in addons] == ["CertManager"] and len(addons[0]["versions"]) == 2
    assert oke.call("GET", "/addonOptions").code == "MissingParameter"


# Snapshots, faults, and the calls as they are signed


def test_snapshot(tmp_path, slow):
    oke = slow_oke(slow)
    c = come(oke, "/clusters", oke.cluster_body(), 430)
    oke.call("POST", "/clusters", oke.cluster_body(name="coming"))
    pool = come(oke, "/nodePools", oke.pool_body(c, size=2), 200)
    oke.call("DELETE", f"/nodePools/{pool['id']}/node/{pool['nodes'][0]['id']}?isDecrementSize=false")
    oke.call("POST", f"/clusters/{c['id']}/addons", {"addonName": "CertManager"})
    path = tmp_path / "estate.json"
    path.write_text(json.dumps(slow.snapshot()))
    with Sim.start(tmp_path / "again", "--speed", "2000", "--estate", path) as sim:
        assert sim.snapshot().keys() == slow.snapshot().keys()
        oke.sim = sim
        wait_for(lambda: {c["lifecycleState"] for c in oke.list("/clusters")} == {"ACTIVE"})
        wait_for(lambda: oke.get("/nodePools/" + pool["id"])["lifecycleState"] == "ACTIVE")
        wait_for(lambda: oke.get(f"/clusters/{c['id']}/addons/CertManager")["lifecycleState"] == "ACTIVE")
        assert len(oke.live(pool)) == 2 and pool["nodes"][0]["id"] not in [n["id"] for n in oke.live(pool)]
        assert sim.get(SJC, "/instances/" + pool["nodes"][1]["id"]).body["lifecycleState"] == "RUNNING"


def test_faults(sim, oke):
    c = oke.cluster()
    scope = f"/20180222/clusters?compartmentId={sim.compartment}"
    host = f"containerengine.{SJC}.oci.oraclecloud.com"
    with Client(sim) as client:
        get = lambda path: client.request(SJC, "GET", path, host=host)
        assert get(scope).body[0]["id"] == c["id"]
        assert client.request(SJC, "GET", scope, host=f"containerengine.{SJC}.oraclecloud.com").status == 200
        assert client.request(SJC, "GET", f"/20160918/clusters?compartmentId={sim.compartment}", host=host).status == 404
        for fault, look in [({"action": "status", "status": 503}, lambda r: r.status == 503),
                            ({"action": "mistype"}, lambda r: isinstance(r.body[0]["name"], int)),
                            ({"action": "unknown-word"}, lambda r: r.body[0]["lifecycleState"] == "HIBERNATING"),
                            ({"action": "unknown-word", "field": "type"}, lambda r: r.body[0]["type"] == "HIBERNATING"),
                            ({"action": "reshape"}, lambda r: isinstance(r.body, dict)),
                            ({"action": "garbage"}, lambda r: "<html>" in str(r.body))]:
            sim.faults([{"path": "/clusters", **fault}])
            assert look(get(scope)), fault
        sim.faults([{"path": "/clusters/", "action": "no-etag"}])
        assert "etag" not in get(f"/20180222/clusters/{c['id']}").headers
        sim.faults([{"path": "/clusters/", "action": "unknown-word", "field": "lifecycleState"}])
        assert get(f"/20180222/clusters/{c['id']}").body["lifecycleState"] == "HIBERNATING"
        sim.faults([{"method": "GET", "action": "stale"}])
        r = client.request(SJC, "PUT", f"/20180222/clusters/{c['id']}", {"name": "two"}, host=host)
        assert r.status == 202 and r.raw == b"" and r.headers["opc-work-request-id"]
        assert get(f"/20180222/clusters/{c['id']}").body["name"] == "one"
        sim.faults([])
    wait_for(lambda: oke.get(f"/clusters/{c['id']}")["lifecycleState"] == "ACTIVE")
    call = [x for x in sim.calls() if x["method"] == "PUT"][-1]
    assert call["host"] == host and call["status"] == 202 and call["mutating"] and call["principal"] == "tandem"
    sim.options(unknownLifecycle={"NodePool": "RESTING"})
    assert oke.pool(c, size=0)["lifecycleState"] == "RESTING"


def test_instances(sim, oke):
    pool = oke.pool(oke.cluster(), size=2, nodeMetadata={"user_data": "eA=="}, config={"freeformTags": {"team": "a"}})
    got = sim.get(SJC, "/instances/" + pool["nodes"][0]["id"])
    i = got.body
    assert got.headers["etag"] and i["lifecycleState"] == "RUNNING" and i["displayName"] == pool["nodes"][0]["name"]
    assert i["shape"] == "VM.Standard.E4.Flex" and i["shapeConfig"] == {"ocpus": 2, "memoryInGBs": 16}
    assert i["availabilityDomain"] == oke.ad and i["faultDomain"] == pool["nodes"][0]["faultDomain"]
    assert i["metadata"]["user_data"] == "eA==" and i["freeformTags"] == {"team": "a"} and i["imageId"] == i["sourceDetails"]["imageId"]
    assert len(sim.list(SJC, "/instances", lifecycleState="RUNNING")) == 2
    assert len(sim.list(SJC, "/instances", displayName=i["displayName"])) == 1
    assert sim.list(SJC, "/instances", availabilityDomain="other") == []


def test_a_hostile_snapshot(tmp_path, sim, oke):
    """What a snapshot leaves out does no harm; what cannot be is refused."""
    c = oke.cluster()
    pool = oke.pool(c, size=2)
    estate = sim.snapshot()
    for o in estate[SJC]["NodePool"]:
        for member in ("nodeEvictionNodePoolSettings", "nodePoolCyclingDetails", "nodeMetadata"):
            del o[member]
        for node in o["nodes"]:
            del node["inner"], node["subnetId"]
    path = tmp_path / "estate.json"
    path.write_text(json.dumps(estate))
    with Sim.start(tmp_path / "again", "--speed", "2000", "--estate", path) as again:
        oke.sim = again
        oke.done(oke.call("PUT", "/nodePools/" + pool["id"], {"nodePoolCyclingDetails": {"isNodeCyclingEnabled": True}, "sshPublicKey": "x"}))
        assert len([n for n in oke.live(pool) if n["lifecycleState"] == "ACTIVE"]) == 2
    for kind, member, value in [("Cluster", "inner", []), ("NodePool", "nodeConfigDetails", "x"), ("NodePool", "nodes", [{"id": 1}])]:
        spoiled = json.loads(json.dumps(sim.snapshot()))
        spoiled[SJC][kind][0][member] = value
        path.write_text(json.dumps(spoiled))
        with pytest.raises(AssertionError, match=f"{member} is not as it should be"):
            Sim.start(tmp_path / "refused", "--estate", path)
