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
