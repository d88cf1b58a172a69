"""What takes clusters, pools and add-ons away: making a cluster anew, taking one out of the spec. Never by itself, the pool before its
cluster, one thing at a time, while the other region is proven, and not without a person's word that is on record."""

import json

import pytest
from clusters import (CLUSTER, OTHER_CLUSTER, OTHER_POOL, POOL, SLOW, Console, assert_clusters_stand, furnished, generous, in_sync, nodes,
                      oke_writes, seen_anew, start, wait_why, why)
from simlib import ORD, SJC
from tandem import assert_guarded, assert_nothing_doubled, assert_peered, find, live, once, writes

AGAIN = {
    "servicesCidr": (lambda cluster, pool: cluster["options"]["kubernetesNetworkConfig"].update(servicesCidr="10.98.0.0/16"),
                     "addresses of a cluster's services are for life"),
    "cniType": (lambda cluster, pool: (
        cluster.update(clusterPodNetworkOptions=[{"cniType": "FLANNEL_OVERLAY"}]),
        pool["nodeConfigDetails"].update(nodePoolPodNetworkOptionDetails={"cniType": "FLANNEL_OVERLAY"})),
        "the pod network is chosen when a cluster is made, and pods on an overlay cannot be reached from the other region"),
}


def changed(name, **policy):
    specs = generous(**policy)
    AGAIN[name][0](specs.item(CLUSTER), specs.item(POOL))
    return specs


@pytest.mark.parametrize("name", AGAIN)
def test_not_without_being_asked_for(running, tmp_path, name):
    """What the estate's policy allows is not enough: at the cluster itself it has to be said, and tandem says how."""
    with start(running, changed(name, replace="automatic", disrupt="automatic", delete="automatic"), tmp_path) as tandem:
        message = wait_why(tandem, CLUSTER, "blocked", "immutable")
        assert AGAIN[name][1] in message and "policy: {replace: approve}" in message
        seen_anew(tandem)
        said = tandem.ctl("plan").stdout
        assert "REFUSED" in said and CLUSTER in said
        assert tandem.ctl("status").returncode == 2
    assert not writes(running)


@pytest.mark.long
@pytest.mark.parametrize("name", AGAIN)
def test_made_again_by_approval(running, tmp_path, name):
    """The record's own story: the pool goes, then the cluster, each by its own approval; then both are made as declared."""
    specs = changed(name)
    specs.item(CLUSTER)["policy"] = {"replace": "approve"}
    before = {address: find(running, address)["id"] for address in (CLUSTER, POOL)}
    with start(running, specs, tmp_path) as tandem:
        action = tandem.wait_plan(CLUSTER, "replace")
        assert action["gate"] == "approve" and action["waitsFor"] == [POOL]
        assert tandem.wait_plan(POOL, "replace")["gate"] == "approve"
        assert "replace" in tandem.ctl("plan").stdout
        seen_anew(tandem)
        assert not writes(running), "done without approval"

        tandem.approve(CLUSTER, "replace")  # the cluster's waits for the pool all the same
        seen_anew(tandem)
        assert not writes(running)
        tandem.approve(POOL, "replace")
        tandem.wait(lambda: before[CLUSTER] not in [o["id"] for o in live(running, SJC, "Cluster")], "the cluster to go")
        in_sync(tandem)
    assert [m + " " + p.split("/")[1] for m, p in oke_writes(running)] == [
        "DELETE nodePools", "DELETE clusters", "POST clusters", "POST nodePools"]
    assert_clusters_stand(running)
    assert_nothing_doubled(running)
    assert_guarded(running.calls())
    assert_peered(running)
    for address, id in before.items():
        assert find(running, address)["id"] != id
    n = running.last_call()
    assert once(running, specs.write(tmp_path)).returncode == 0
    assert not writes(running, n)


def test_made_again_only_while_the_other_region_is_proven(running, tmp_path):
    """With two of three nodes down over there, an approval waits; it goes on when they are up."""
    specs = changed("servicesCidr")
    specs.item(CLUSTER)["policy"] = {"replace": "approve"}
    running.options(exhausted=[{"region": ORD}])
    console = Console(running)
    for node in nodes(find(running, OTHER_POOL))[:2]:
        console.node(node["id"], "kill")
    with start(running, specs, tmp_path) as tandem:
        tandem.wait(lambda: why(tandem, OTHER_POOL)[1] == "no-capacity", "the other region to lack nodes")
        tandem.approve(POOL, "replace")
        for _ in range(3):
            seen_anew(tandem)
        assert find(running, POOL), "deleted while the other region has one node of three"
        assert "not while secondary has 1 of 3 nodes up" in " ".join(tandem.ctl("explain", POOL).stdout.split())
        running.options(exhausted=[])
        tandem.wait(lambda: not find(running, POOL), "the pool to go")
    assert [m for m, p in oke_writes(running) if "nodepool.oc1.us-sanjose" in p] == ["DELETE"]


def test_override_with_a_reason(running, tmp_path):
    """A person may go ahead all the same, with a reason; that is in the events and in the journal."""
    running.faults([{"region": ORD, "action": "silent"}])
    specs = generous().drop(POOL)
    with start(running, specs, tmp_path) as tandem:
        action = tandem.approve(POOL, "delete")
        assert tandem.change("POST", "/approvals", {"id": action["id"], "override": True}).status == 400, "a reason is needed"
        assert find(running, POOL)
        done = tandem.ctl("approve", action["id"], "--override", "--reason", "Chicago is down for the day")
        assert done.returncode == 0, done
        tandem.wait(lambda: not find(running, POOL), "the override")
        said = [json.loads(line) for line in tandem.events().splitlines() if "Chicago is down for the day" in line]
        assert said and said[0]["address"] == POOL, tandem.events()[-2000:]
        assert "Chicago is down for the day" in tandem.log()
        running.faults([])


def test_an_approval_lapses_when_the_world_changes(running, tmp_path):
    """It was given for what was seen then: a pool that somebody scales up meanwhile is another matter."""
    specs = generous()
    console = Console(running)
    console.update(POOL, nodeConfigDetails={"size": 4})
    running.faults([{"region": ORD, "action": "silent"}])  # so that the approval waits
    with start(running, specs, tmp_path) as tandem:
        first = tandem.approve(POOL, "disrupt")
        tandem.wait(lambda: [a["address"] for a in tandem.status()["approvals"]] == [POOL], "the approval in the status")
        console.update(POOL, nodeConfigDetails={"size": 5})
        tandem.wait(lambda: tandem.wait_plan(POOL, "disrupt")["id"] != first["id"], "another action")
        running.faults([])
        seen_anew(tandem)
        assert why(tandem, POOL)[:2] == ("blocked", "approval")
        assert find(running, POOL)["nodeConfigDetails"]["size"] == 5 and not writes(running)
        tandem.approve(POOL, "disrupt")
        in_sync(tandem)
    assert_clusters_stand(running)


def test_pool_taken_out_of_the_spec(running, tmp_path):
    with start(running, generous().drop(POOL), tmp_path) as tandem:
        tandem.wait_plan(POOL, "delete")
        seen_anew(tandem)
        assert not writes(running), "deleted without approval"
        tandem.approve(POOL, "delete")
        in_sync(tandem)
    assert not live(running, SJC, "NodePool")
    (method, path), = oke_writes(running)
    assert method == "DELETE" and writes(running)[0]["ifMatch"]


def test_cluster_taken_out_of_the_spec(running, tmp_path):
    """The pool goes first, whatever is approved first; the network stays."""
    with start(running, generous().drop(CLUSTER), tmp_path) as tandem:
        tandem.approve(CLUSTER, "delete")
        seen_anew(tandem, SLOW[:2])  # what is not declared has no work requests either
        assert not writes(running), "the cluster is not empty"
        tandem.approve(POOL, "delete")
        tandem.wait(lambda: not live(running, SJC, "Cluster"), "the cluster to go")
        in_sync(tandem, SLOW[:2])
    assert [m + " " + p.split("/")[1] for m, p in oke_writes(running)] == ["DELETE nodePools", "DELETE clusters"]
    assert all(c["status"] == 202 for c in writes(running)), "nothing was refused"
    assert live(running, SJC, "Subnet") and find(running, OTHER_CLUSTER) and find(running, OTHER_POOL)
    assert_peered(running)


def test_everything_of_a_region_taken_out(running, tmp_path):
    """Cluster and network, leaf first, when all of it is allowed."""
    specs = generous(delete="automatic", disrupt="automatic").drop(CLUSTER)
    specs.vcn()["subnets"] = [s for s in specs.vcn()["subnets"] if s["name"] == "primary-lb"]
    result = once(running, specs.write(tmp_path))
    assert result.returncode == 0, result.stdout + result.stderr
    assert not live(running, SJC, "Cluster") and not live(running, SJC, "NodePool")
    assert [o["displayName"] for o in live(running, SJC, "Subnet")] == ["primary-lb"]


def test_addon_no_longer_declared_is_left_alone(cloud, furnished_estate, tmp_path):
    """It has no tags, so nobody can tell that it was ours: it stays, as OKE's own do."""
    sim = cloud("--estate", furnished_estate, speed=200)
    specs = furnished(delete="automatic")
    del specs.item(CLUSTER)["addons"]
    result = once(sim, specs.write(tmp_path))
    assert result.returncode == 0, result.stdout + result.stderr
    assert not writes(sim)
    assert "CertManager" in [o["name"] for o in live(sim, SJC, "Addon")]


def test_undeclared_without_our_tags(running, tmp_path):
    """Somebody's pool in our cluster, and somebody's cluster in our VCN, are nobody's business."""
    console = Console(running)
    pool = dict(find(running, POOL))
    body = {k: pool[k] for k in ("compartmentId", "clusterId", "kubernetesVersion", "nodeShape", "nodeShapeConfig", "nodeSourceDetails",
                                 "nodeConfigDetails")}
    console.wait(SJC, console.ask(SJC, "POST", "/nodePools", {**body, "name": "somebody's", "nodeConfigDetails": {
        **body["nodeConfigDetails"], "size": 1}}))
    assert once(running, generous(delete="automatic").write(tmp_path)).returncode == 0
    assert not writes(running)
    assert len(live(running, SJC, "NodePool")) == 2
