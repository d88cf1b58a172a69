"""The Kubernetes API of the simulator's clusters: whom it believes, what it serves, and how its Nodes follow the pools'."""

import base64
import http.client
import itertools
import json
import shutil
import ssl
import stat
import subprocess
import time

import pytest
import yaml
from kubelib import VERSION, Kube, condition, endpoint, is_ready, standing_cluster, token, wait_ready
from okelib import Oke
from signing import Client
from simlib import ORD, SJC, Sim, wait_for


@pytest.fixture(scope="module")
def sim(tmp_path_factory):
    with Sim.start(tmp_path_factory.mktemp("sim"), "--speed", "1000") as s:
        yield s


@pytest.fixture(scope="module")
def standing(sim):
    return standing_cluster(sim, SJC, size=2)


@pytest.fixture(scope="module")
def cluster(standing):
    return standing[1]


@pytest.fixture(scope="module")
def other(sim):
    return standing_cluster(sim, ORD, size=1, name="two", clusterPodNetworkOptions=[{"cniType": "FLANNEL_OVERLAY"}])[1]


@pytest.fixture()
def kube(sim, cluster):
    with Kube(sim, cluster) as k:
        wait_ready(k, 2)
        yield k


def refused(kube, bearer):
    """The 401 of a token, as a Kubernetes API says it; → the reason, which only the simulator tells."""
    r = kube.get("/api/v1/nodes", bearer=bearer)
    assert r.status == 401, r
    assert r.body == {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": "Unauthorized",
                      "reason": "Unauthorized", "code": 401}
    return r.headers["tandem-sim-reason"]


# Tokens

def test_a_token_is_good_for_four_minutes(sim, cluster, kube):
    now = time.time()
    for date in (now, now - 230, now + 290):
        assert kube.get("/api/v1/nodes", bearer=token(sim, cluster, date=date)).status == 200
    assert "expired" in refused(kube, token(sim, cluster, date=now - 245))
    assert "5 minutes" in refused(kube, token(sim, cluster, date=now + 305))
    assert sim.calls()[-1]["principal"] is None and sim.calls()[-1]["status"] == 401


def test_a_token_is_for_one_cluster_in_one_region(sim, cluster, other, kube):
    assert "another cluster" in refused(kube, token(sim, cluster, path="/cluster_request/" + cluster["id"] + "x"))
    assert "another cluster" in refused(kube, token(sim, cluster, path=f"/cluster_request/{other['id']}"))
    assert "another host or region" in refused(kube, token(sim, other))
    for host in (f"containerengine.{ORD}.oraclecloud.com", f"containerengine.{SJC}.oci.oraclecloud.com", f"iaas.{SJC}.oraclecloud.com"):
        assert "another host or region" in refused(kube, token(sim, cluster, host=host))
    with Kube(sim, other) as k:
        assert k.get("/version").status == 200


def test_a_token_is_signed_by_the_user(sim, cluster, kube, tmp_path):
    key = tmp_path / "other.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-out", key], check=True, capture_output=True)
    assert "does not verify" in refused(kube, token(sim, cluster, key_file=key))
    assert "unknown keyId" in refused(kube, token(sim, cluster, key_id="a/b/c"))
    assert "no usable Authorization" in refused(kube, token(sim, cluster, algorithm="rsa-sha1"))
    assert "not signed" in refused(kube, token(sim, cluster, signed=["date", "host"]))
    assert "not signed" in refused(kube, token(sim, cluster, signed=["(request-target)", "host"]))
    url = base64.urlsafe_b64decode(token(sim, cluster)).decode()
    for broken in (url.replace("signature%3D%22", "signature%3D%22AAAA"), url[:-3] + "XXX", url + "&more=1", url.split("&date")[0],
                   url.replace("https:", "http:"), "", "https://", "https://" + "/" * 50):
        assert refused(kube, base64.urlsafe_b64encode(broken.encode()).decode())


def test_what_is_no_token(sim, cluster, kube):
    good = token(sim, cluster)
    for bad in ("x", "###", good[:-9] + "*", base64.b64encode(b"\xff\xfe\xfd" * 30).decode(), "eyJhbGciOiJSUzI1NiJ9.e30.c2ln", good.rstrip("=") + "A"):
        assert refused(kube, bad)
    assert kube.get("/api/v1/nodes", bearer=good.rstrip("=")).status == 200
    for headers in ({"Authorization": ""}, {"Authorization": "Basic eDp5"}, {"Authorization": good}):
        r = kube.get("/api/v1/nodes", bearer="", headers=headers)
        assert r.status == 401 and r.body["kind"] == "Status"
    for path in ("/version", "/readyz", "/api", "/nothing"):
        assert kube.get(path, bearer="").status == 401


def test_a_skewed_clock(sim, cluster, kube):
    sim.options(clockSkewSeconds=3600)
    try:
        assert "expired" in refused(kube, token(sim, cluster))
        assert kube.get("/version", bearer=token(sim, cluster, date=time.time() + 3600)).status == 200
    finally:
        sim.options(clockSkewSeconds=0)


# Endpoints and certificates

def test_every_endpoint_has_a_certificate_for_its_name(sim, cluster):
    for which in ("privateEndpoint", "publicEndpoint", "vcnHostnameEndpoint"):
        if cluster["endpoints"].get(which):
            with Kube(sim, cluster, which) as k:
                assert k.get("/version").body["gitVersion"] == VERSION
    with Kube(sim, cluster) as k:
        k.host = "10.9.9.9"
        with pytest.raises(ssl.SSLCertVerificationError):
            k.get("/version")


def test_connect_to_covers_any_endpoint(sim, cluster, tmp_path):
    """As libcurl reads the lines, the last one leads to every cluster there is and will be."""
    args = [word for line in (sim.dir / "connect-to").read_text().splitlines() for word in ("--connect-to", line)]
    r = subprocess.run(["curl", "-sS", "--noproxy", "*", "--cacert", sim.dir / "ca.pem", *args, "-H", "Authorization: Bearer " + token(sim, cluster),
                        f"https://{endpoint(cluster)}/readyz"], capture_output=True, text=True)
    assert (r.returncode, r.stdout) == (0, "ok"), r.stderr


def test_kubeconfig_content(sim, cluster):
    path = f"/clusters/{cluster['id']}/kubeconfig/content"
    for body, which in (({"tokenVersion": "2.0.0", "endpoint": "PRIVATE_ENDPOINT"}, "privateEndpoint"),
                        ({"endpoint": "PUBLIC_ENDPOINT", "expiration": 0}, "publicEndpoint"), ({}, "publicEndpoint")):
        r = raw_hand(sim, path, body)
        assert r["status"] == 200, r
        config = yaml.safe_load(r["text"])
        assert config["clusters"][0]["cluster"]["server"] == "https://" + endpoint(cluster, which)
        assert base64.b64decode(config["clusters"][0]["cluster"]["certificate-authority-data"]) == (sim.dir / "ca.pem").read_bytes()
        run = config["users"][0]["user"]["exec"]
        assert [run["command"], *run["args"]] == ["oci", "ce", "cluster", "generate-token", "--cluster-id", cluster["id"], "--region", SJC]
        context = next(c["context"] for c in config["contexts"] if c["name"] == config["current-context"])
        assert (context["cluster"], context["user"]) == (config["clusters"][0]["name"], config["users"][0]["name"])
    assert "exec" in yaml.safe_load(raw_hand(sim, path, b"")["text"])["users"][0]["user"]
    for body in ({"endpoint": "LEGACY_KUBERNETES"}, {"endpoint": "MOON"}, {"tokenVersion": "1.0.0"}, {"nothing": 1}):
        assert raw_hand(sim, path, body)["status"] == 400, body
    assert raw_hand(sim, path + "x", {})["status"] == 404
    assert raw_hand(sim, f"/clusters/{cluster['id']}x/kubeconfig/content", {})["status"] == 404


def raw_hand(sim, path, body):
    with Client(sim) as c:
        r = c.request(SJC, "POST", "/20180222" + path, body, host=f"containerengine.{SJC}.oci.oraclecloud.com")
        return {"status": r.status, "text": r.raw.decode()}


# What is served

def test_version_health_and_paths(kube):
    v = kube.get("/version").body
    assert (v["major"], v["minor"], v["gitVersion"]) == ("1", "34", VERSION)
    for path in ("/livez", "/readyz", "/healthz", "/readyz/etcd"):
        r = kube.get(path)
        assert (r.status, r.raw) == (200, b"ok"), path
    assert b"[+]ping ok" in kube.get("/readyz?verbose").raw
    for path in ("/", "/api/v2", "/api/v1/", "/api/v1/pods", "/apis/apps/v1", "/apis//v1/nodes", "/api/v1/nodes/", "/api/v1/nodes/x/status",
                 "/api/v1/namespaces/default/nodes", "/apis/v1", "/readyz/nothing"):
        r = kube.get(path)
        assert (r.status, r.raw) == (404, b"404 page not found\n"), path
    r = kube.get("/api/v1/nodes/nothing")
    assert (r.status, r.body["message"], r.body["reason"]) == (404, 'nodes "nothing" not found', "NotFound")
    assert r.body["details"] == {"name": "nothing", "kind": "nodes"}
    for method, path in (("DELETE", "/api/v1/nodes"), ("POST", "/api/v1/nodes"), ("PUT", "/api/v1/nodes/x"), ("PATCH", "/api/v1/nodes"),
                         ("PATCH", "/api/v1/namespaces/default")):
        r = kube.request(method, path, "{}")
        assert (r.status, r.body["reason"]) == (405, "MethodNotAllowed"), (method, path)


def test_discovery(kube):
    assert kube.get("/api").body["versions"] == ["v1"]
    assert kube.get("/apis").body["kind"] == "APIGroupList"
    core = {r["name"]: r for r in kube.get("/api/v1").body["resources"]}
    assert core["nodes"]["kind"] == "Node" and not core["nodes"]["namespaced"] and {"get", "list", "watch", "patch"} <= set(core["nodes"]["verbs"])
    accept = {"Accept": "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"}
    r = kube.get("/api", headers=accept)
    assert "as=APIGroupDiscoveryList" in r.headers["content-type"]
    version = r.body["items"][0]["versions"][0]
    assert version["version"] == "v1" and {x["resource"] for x in version["resources"]} == set(core)
    assert kube.get("/apis", headers=accept).body["items"] == []


def test_namespaces(kube):
    names = [n["metadata"]["name"] for n in kube.get("/api/v1/namespaces").body["items"]]
    assert {"default", "kube-system"} <= set(names) and names == sorted(names)
    assert kube.get("/api/v1/namespaces/kube-system").body["status"]["phase"] == "Active"


def test_nodes_say_what_oke_says(standing, cluster, kube):
    pool = standing[0].get("/nodePools/" + standing[0].list("/nodePools", clusterId=cluster["id"])[0]["id"])
    nodes = {n["metadata"]["name"]: n for n in kube.nodes()}
    assert nodes.keys() == {n["privateIp"] for n in pool["nodes"]}
    for n in pool["nodes"]:
        node = nodes[n["privateIp"]]
        labels, status = node["metadata"]["labels"], node["status"]
        assert "kind" not in node, "items of a list do not say what they are"
        assert node["spec"]["providerID"] == n["id"] and "podCIDRs" not in node["spec"]
        assert labels["topology.kubernetes.io/region"] == SJC and labels["topology.kubernetes.io/zone"] == "US-SANJOSE-1-AD-1"
        assert labels["oci.oraclecloud.com/fault-domain"] == n["faultDomain"] and labels["displayName"] == n["name"]
        assert labels["node.kubernetes.io/instance-type"] == pool["nodeShape"] and labels["kubernetes.io/hostname"] == n["privateIp"]
        assert labels["team"] == "blue" and labels["oci.oraclecloud.com/vcn-native-ip-cni"] == "true"
        assert node["metadata"]["annotations"]["oci.oraclecloud.com/node-pool-id"] == pool["id"]
        assert {"type": "InternalIP", "address": n["privateIp"]} in status["addresses"]
        assert status["nodeInfo"]["kubeletVersion"] == VERSION and status["nodeInfo"]["containerRuntimeVersion"].startswith("cri-o://")
        assert status["capacity"]["cpu"] == "4" and status["capacity"]["pods"] == "31"
        assert is_ready(node) and condition(node, "DiskPressure")["status"] == "False" and "taints" not in node["spec"]
    assert len({n["metadata"]["uid"] for n in nodes.values()}) == 2


def test_overlay_nodes_have_blocks(sim, other):
    with Kube(sim, other) as k:
        node = wait_ready(k, 1)[0]
    assert node["spec"]["podCIDRs"] == [node["spec"]["podCIDR"]] and node["spec"]["podCIDR"].startswith("10.244.")
    assert node["status"]["capacity"]["pods"] == "110" and "oci.oraclecloud.com/vcn-native-ip-cni" not in node["metadata"]["labels"]


def test_pages_show_one_moment(sim, kube):
    names = [n["metadata"]["name"] for n in kube.nodes()]
    first = kube.get("/api/v1/nodes?limit=1").body
    assert first["metadata"]["remainingItemCount"] == 1 and [n["metadata"]["name"] for n in first["items"]] == names[:1]
    kube.patch(f"/api/v1/nodes/{names[1]}", {"metadata": {"labels": {"later": "yes"}}})
    second = kube.get(f"/api/v1/nodes?limit=1&continue={first['metadata']['continue']}").body
    assert [n["metadata"]["name"] for n in second["items"]] == names[1:] and "continue" not in second["metadata"]
    assert "later" not in second["items"][0]["metadata"]["labels"], "a page from another moment"
    assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
    assert kube.node(names[1])["metadata"]["labels"]["later"] == "yes"
    exact = kube.get(f"/api/v1/nodes?resourceVersionMatch=Exact&resourceVersion={first['metadata']['resourceVersion']}").body
    assert all("later" not in n["metadata"]["labels"] for n in exact["items"])
    kube.patch(f"/api/v1/nodes/{names[1]}", {"metadata": {"labels": {"later": None}}}, kind="application/merge-patch+json")
    sim.options(watchHistory=0)
    try:
        r = kube.get(f"/api/v1/nodes?limit=1&continue={first['metadata']['continue']}")
        assert (r.status, r.body["reason"]) == (410, "Expired")
    finally:
        sim.options(watchHistory=1000)
    for query, status in (("continue=%25%25", 400), ("continue=eA", 400), ("limit=x", 400), ("resourceVersion=x", 400), ("resourceVersion=99999999999999", 504)):
        r = kube.get(f"/api/v1/nodes?{query}")
        assert (r.status, r.body["kind"]) == (status, "Status"), query


def test_selectors(kube):
    names = [n["metadata"]["name"] for n in kube.nodes()]

    def select(query):
        r = kube.get(f"/api/v1/nodes?{query}")
        return [n["metadata"]["name"] for n in r.body["items"]] if r.status == 200 else r.status

    assert select(f"fieldSelector=metadata.name%3D{names[1]}") == names[1:]
    assert select(f"fieldSelector=metadata.name!%3D{names[1]}") == names[:1]
    assert select("fieldSelector=spec.unschedulable%3Dfalse") == names and select("fieldSelector=spec.unschedulable%3Dtrue") == []
    assert select("labelSelector=team%3Dblue,kubernetes.io/os") == names and select("labelSelector=!team") == [] == select("labelSelector=team!%3Dblue")
    assert select("labelSelector=team%3D%3Dblue,absent!%3Dx") == names
    assert select("fieldSelector=status.phase%3Dx") == 400 == select("labelSelector=team%20in%20(blue)") == select("labelSelector=%3D")


def test_tables(kube):
    accept = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json"}
    t = kube.get("/api/v1/nodes", headers=accept).body
    assert t["kind"] == "Table" and len(t["rows"]) == 2
    columns = [c["name"] for c in t["columnDefinitions"]]
    row = dict(zip(columns, t["rows"][0]["cells"]))
    assert row["Status"] == "Ready" and row["Roles"] == "node" and row["Version"] == VERSION and row["Name"] == row["Internal-IP"]
    assert t["rows"][0]["object"]["kind"] == "PartialObjectMetadata" and t["metadata"]["resourceVersion"]


# Changes

def test_cordon(kube):
    name = kube.nodes()[0]["metadata"]["name"]
    path = f"/api/v1/nodes/{name}"
    before = kube.node(name)
    r = kube.patch(path + "?dryRun=All", {"spec": {"unschedulable": True}})
    assert r.body["spec"]["unschedulable"] and kube.node(name) == before
    r = kube.patch(path + "?fieldManager=kubectl-cordon", {"spec": {"unschedulable": True}})
    assert r.status == 200 and r.body["spec"]["unschedulable"] is True and r.body["kind"] == "Node"
    assert "node.kubernetes.io/unschedulable" in [t["key"] for t in wait_for(lambda: kube.node(name)["spec"].get("taints"), what="the taint")]
    assert kube.patch(path, {"spec": {"unschedulable": None}}).status == 200
    wait_for(lambda: "taints" not in kube.node(name)["spec"], what="the taint to go")
    after = kube.node(name)
    assert "unschedulable" not in after["spec"]
    # What is not a client's to change stays as it is.
    r = kube.patch(path, {"spec": {"providerID": "x"}, "status": {"conditions": []}, "metadata": {"name": "x", "uid": "x"}})
    assert r.status == 200 and r.body["spec"] == after["spec"] and r.body["metadata"]["uid"] == after["metadata"]["uid"]
    for body, kind, status in (("[]", "application/merge-patch+json", 400), ("{", "application/merge-patch+json", 400), ({}, "application/json", 415),
                               ({}, "application/json-patch+json", 415), ({"$patch": "delete"}, "application/strategic-merge-patch+json", 400),
                               ({"metadata": {"resourceVersion": "1"}}, "application/merge-patch+json", 409)):
        r = kube.patch(path, body, kind=kind)
        assert (r.status, r.body["kind"]) == (status, "Status"), (body, kind)
    assert kube.patch("/api/v1/nodes/nothing", {}).status == 404


def test_a_hand_at_kubectl(sim, cluster, kube):
    """Somebody else's change needs no token, and is logged as his."""
    name = kube.nodes()[0]["metadata"]["name"]
    r = sim.hand(SJC, "PATCH", f"/api/v1/nodes/{name}", {"spec": {"unschedulable": True}}, host=endpoint(cluster),
                 headers={"Content-Type": "application/merge-patch+json"})
    assert r.status == 200 and kube.node(name)["spec"]["unschedulable"]
    assert [c["principal"] for c in sim.calls() if c["method"] == "PATCH" and c["host"] == endpoint(cluster)][-1] == "hand"
    sim.hand(SJC, "PATCH", f"/api/v1/nodes/{name}", {"spec": {"unschedulable": None}}, host=endpoint(cluster),
             headers={"Content-Type": "application/merge-patch+json"})
    assert sim.hand(SJC, "GET", "/api/v1/nodes?watch=1", host=endpoint(cluster)).status == 400


def heartless(events):
    """Events but for bookmarks and heartbeats."""
    return (e for e in events if e["type"] != "BOOKMARK")


def test_watch(kube):
    body = kube.get("/api/v1/nodes").body
    name = body["items"][0]["metadata"]["name"]
    path = f"/api/v1/nodes/{name}"
    events = heartless(kube.watch(resourceVersion=body["metadata"]["resourceVersion"], timeoutSeconds=30))
    kube.patch(path, {"metadata": {"labels": {"seen": "1"}}})
    event = next(e for e in events if e["object"]["metadata"]["labels"].get("seen"))
    assert event["type"] == "MODIFIED" and event["object"]["kind"] == "Node" and event["object"]["metadata"]["name"] == name
    # From the beginning: what there is, then what comes.
    events = heartless(kube.watch(timeoutSeconds=30, fieldSelector=f"metadata.name%3D{name}"))
    assert next(events)["type"] == "ADDED"
    kube.patch(path, {"metadata": {"labels": {"seen": None}}}, kind="application/merge-patch+json")
    assert next(e for e in events if "seen" not in e["object"]["metadata"]["labels"])["type"] == "MODIFIED"
    # What ceases to match is deleted for who watches.
    events = heartless(kube.watch(timeoutSeconds=30, labelSelector="seen"))
    kube.patch(path, {"metadata": {"labels": {"seen": "2"}}})
    assert next(events)["type"] == "ADDED"
    kube.patch(path, {"metadata": {"labels": {"seen": None}}}, kind="application/merge-patch+json")
    assert next(e for e in events if e["type"] != "MODIFIED")["type"] == "DELETED"


def test_watch_ends_and_says_where_it_was(kube):
    version = kube.get("/api/v1/nodes").body["metadata"]["resourceVersion"]
    events = list(kube.watch(resourceVersion=version, timeoutSeconds=1, allowWatchBookmarks="true"))
    assert events[-1]["type"] == "BOOKMARK" and int(events[-1]["object"]["metadata"]["resourceVersion"]) >= int(version)
    assert len([e for e in events if e["type"] == "BOOKMARK"]) >= 2
    assert all(e["type"] != "BOOKMARK" for e in kube.watch(resourceVersion=version, timeoutSeconds=1))
    first = list(itertools.takewhile(lambda e: e["type"] != "BOOKMARK", kube.watch(
        sendInitialEvents="true", resourceVersionMatch="NotOlderThan", allowWatchBookmarks="true", timeoutSeconds=5)))
    assert [e["type"] for e in first] == ["ADDED", "ADDED"]
    assert kube.get("/api/v1/nodes?watch=1&sendInitialEvents=true").status == 422


def test_too_old_to_watch(sim, kube):
    body = kube.get("/api/v1/nodes").body
    version, name = body["metadata"]["resourceVersion"], body["items"][0]["metadata"]["name"]
    sim.options(watchHistory=0)
    try:
        for value in ("1", None):
            kube.patch(f"/api/v1/nodes/{name}", {"metadata": {"labels": {"old": value}}}, kind="application/merge-patch+json")
        event = next(kube.watch(resourceVersion=version))
        assert (event["type"], event["object"]["code"], event["object"]["reason"]) == ("ERROR", 410, "Expired")
        sim.options(watchGoneAsEvent=False)
        r = kube.get(f"/api/v1/nodes?watch=1&resourceVersion={version}")
        assert (r.status, r.body["reason"]) == (410, "Expired")
    finally:
        sim.options(watchHistory=1000, watchGoneAsEvent=True)
    assert kube.get("/api/v1/nodes?watch=1&resourceVersion=99999999999999").status == 504


def test_faults(sim, cluster, kube):
    for status, code, said in ((500, "InternalError", "InternalError"), (429, None, "TooManyRequests")):
        sim.faults([{"region": SJC, "path": "^/api/v1/nodes", "to": 1, "action": "status", "status": status, **({"code": code} if code else {})}])
        r = kube.get("/api/v1/nodes")
        assert (r.status, r.body["kind"], r.body["code"], r.body["reason"]) == (status, "Status", status, said)
    sim.faults([{"path": "^/api/v1/nodes.*watch", "action": "truncate"}])
    with pytest.raises(http.client.IncompleteRead):
        kube.get("/api/v1/nodes?watch=1&timeoutSeconds=5")
    sim.faults([])
    assert len(kube.nodes()) == 2


def test_garbage(kube):
    for path in ("/api/v1/nodes?" + "&".join(["a=b"] * 60), "/api//v1", "//", "/api/v1/nodes?labelSelector=%00%ff", "/apis/a/b/c/d/e/f/g",
                 "/api/v1/nodes?watch=1&timeoutSeconds=-1", "/api/v1/nodes?watch=1&labelSelector=)", "/api/v1/namespaces/%2e%2e/nodes"):
        assert kube.get(path).status in (200, 400, 404), path
    for body in (b"\xff", b"[" * 3000, b'{"a":' * 100, b'{"metadata":1}', b'{"metadata":{"labels":[1]}}', b'{"spec":{"taints":{"a":1}}}', b'{"spec":null}'):
        r = kube.patch("/api/v1/nodes/" + kube.nodes()[0]["metadata"]["name"] + "?dryRun=All", body, kind="application/merge-patch+json")
        assert r.status in (200, 400, 422), body


# Nodes and clusters come and go. These have a simulator of their own.

def test_nodes_follow_the_pool(tmp_path):
    with Sim.start(tmp_path, "--speed", "200") as sim:
        oke = Oke(sim)
        cluster = oke.cluster()
        with Kube(sim, cluster) as k:
            seen = k.watch(timeoutSeconds=60)
            pool = oke.pool(cluster, size=1)
            event = next(seen)
            assert event["type"] == "ADDED" and condition(event["object"])["status"] == "False"
            assert [t["key"] for t in event["object"]["spec"]["taints"]] == ["node.kubernetes.io/not-ready"]
            name = event["object"]["metadata"]["name"]
            event = next(seen)
            assert event["type"] == "MODIFIED" and is_ready(event["object"]) and "taints" not in event["object"]["spec"]
            # Its kubelet falls silent, and comes back.
            node = pool["nodes"][0]
            oke.node(node["id"], "not-ready")
            wait_for(lambda: condition(k.node(name))["status"] == "Unknown", what="a silent node to be Unknown")
            silent = k.node(name)
            assert condition(silent)["reason"] == "NodeStatusUnknown" and {t["key"] for t in silent["spec"]["taints"]} == {"node.kubernetes.io/unreachable"}
            oke.node(node["id"], "ready")
            wait_for(lambda: is_ready(k.node(name)) and "taints" not in k.node(name)["spec"], what="the node to be Ready again")
            # It is taken away: cordoned first, then gone.
            assert oke.call("DELETE", f"/nodePools/{pool['id']}").status == 202
            types = []
            for event in seen:
                types.append((event["type"], event["object"]["spec"].get("unschedulable", False)))
                if event["type"] == "DELETED":
                    break
            assert types[-1] == ("DELETED", True) and ("MODIFIED", True) in types
            assert k.nodes() == []


def test_an_estate_is_taken_up_again(tmp_path):
    """After a restart with a snapshot: the same nodes, Ready at once, the same tokens of the rehearsal; and old versions are 410."""
    with Sim.start(tmp_path / "a", "--speed", "500") as sim:
        _, cluster = standing_cluster(sim, SJC, size=2)
        with Kube(sim, cluster) as k:
            before = {n["metadata"]["uid"] for n in wait_ready(k, 2)}
            version = k.get("/api/v1/nodes").body["metadata"]["resourceVersion"]
        (tmp_path / "estate.json").write_text(json.dumps(sim.snapshot()))
    with Sim.start(tmp_path / "b", "--speed", "500", "--estate", tmp_path / "estate.json") as sim:
        with Kube(sim, cluster) as k:
            nodes = k.nodes()
            assert {n["metadata"]["uid"] for n in nodes} == before and all(map(is_ready, nodes))
            event = next(k.watch(resourceVersion=version))
            assert (event["type"], event["object"]["code"]) == ("ERROR", 410)


def test_a_silent_node_is_given_time(tmp_path):
    """A kubelet that falls silent is missed after 40 s, not before; told by the simulator's own clock."""
    with Sim.start(tmp_path / "a", "--speed", "500") as sim:
        _, cluster = standing_cluster(sim, SJC, size=1)
        (tmp_path / "estate.json").write_text(json.dumps(sim.snapshot()))
    with Sim.start(tmp_path / "b", "--estate", tmp_path / "estate.json") as sim:
        with Kube(sim, cluster) as k:
            node = k.nodes()[0]
            assert sim.control("POST", "/node", {"id": node["spec"]["providerID"], "act": "not-ready"}).status == 204
            assert is_ready(k.nodes()[0])
            sim.advance(20)
            assert is_ready(k.nodes()[0])
            sim.advance(21)
            silent = k.nodes()[0]
            assert {c["status"] for c in silent["status"]["conditions"]} == {"Unknown"}
            assert condition(silent)["lastHeartbeatTime"] == condition(node)["lastHeartbeatTime"]


def test_another_machine_at_the_same_address(tmp_path):
    with Sim.start(tmp_path, "--speed", "500") as sim:
        oke, cluster = standing_cluster(sim, SJC, size=1)
        with Kube(sim, cluster) as k:
            before = wait_ready(k, 1)[0]
            events = k.watch(timeoutSeconds=30)
            pool = oke.list("/nodePools", clusterId=cluster["id"])[0]["id"]
            assert oke.call("DELETE", f"/nodePools/{pool}/node/{before['spec']['providerID']}?isDecrementSize=false").status == 202
            sim.advance(7200)  # all of it between two looks
            after = wait_for(lambda: [n for n in k.nodes() if n["spec"]["providerID"] != before["spec"]["providerID"]], what="another machine")[0]
            assert after["metadata"]["name"] == before["metadata"]["name"] and after["metadata"]["uid"] != before["metadata"]["uid"]
            assert "unschedulable" not in after["spec"]
            assert next(e for e in events if e["type"] == "DELETED")["object"]["metadata"]["uid"] == before["metadata"]["uid"]
            assert next(events)["object"]["metadata"]["uid"] == after["metadata"]["uid"]


def rehearsal(sim):
    return yaml.safe_load((sim.dir / "kubeconfig").read_text())


def test_the_rehearsals_kubeconfig(tmp_path):
    with Sim.start(tmp_path, "--speed", "500") as sim:
        path = sim.dir / "kubeconfig"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600 and rehearsal(sim)["contexts"] == []
        oke = Oke(sim)
        first = oke.cluster()
        assert [c["name"] for c in wait_for(lambda: rehearsal(sim)["contexts"], what="a context")] == ["one"]
        with Kube(sim, first) as k:
            assert k.get("/version").status == 200  # the certificate of now will not do for the next cluster
        second = Oke(sim, ORD, "10.1").cluster()
        wait_for(lambda: {c["name"] for c in rehearsal(sim)["contexts"]} == {first["id"], second["id"]}, what="two contexts of equal name, told apart")
        assert oke.call("PUT", f"/clusters/{first['id']}", {"name": "first"}).status == 202
        wait_for(lambda: [c["name"] for c in rehearsal(sim)["contexts"]] == ["first", "one"], what="a new name")
        config = rehearsal(sim)
        for c, cluster in zip(config["clusters"], (first, second)):
            address = "https://%s:%d" % sim.address
            assert (c["cluster"]["server"], c["cluster"]["tls-server-name"]) == (address, cluster["id"])
            if not shutil.which("kubectl"):
                continue
            r = subprocess.run(["kubectl", "--kubeconfig", path, "--context", c["name"], "get", "ns", "-o", "name"], capture_output=True, text=True,
                               env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"})
            assert r.returncode == 0 and "namespace/kube-system" in r.stdout, r.stderr
        with Kube(sim, first) as k:
            events = k.watch("/api/v1/namespaces")
            assert oke.call("DELETE", f"/clusters/{first['id']}").status == 202
            assert [e["type"] for e in events] == ["ADDED"] * 4, "a watch ends with its cluster"
        wait_for(lambda: [c["name"] for c in rehearsal(sim)["contexts"]] == ["one"], what="the context to go")
        # The token of that file is good for nothing but this API.
        with Kube(sim, second) as k:
            assert k.get("/version", bearer=config["users"][0]["user"]["token"]).status == 200
            assert sim.calls()[-1]["principal"] == "rehearsal"
            assert k.get("/version", bearer=config["users"][0]["user"]["token"] + "0").status == 401
