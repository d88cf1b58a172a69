"""Clusters and pools that OKE cannot make, or not now: said in its own words, made good by itself where that harms nobody, and never
hammered."""

from datetime import datetime

import pytest
from clusters import (CLUSTER, OTHER_CLUSTER, OTHER_POOL, POOL, Console, assert_clusters_stand, cluster_body, generous, in_sync, nodes,
                      oke_writes, pool_body, seen_anew, start, wait_why, why)
from simlib import ORD, SJC
from tandem import Tandem, assert_guarded, assert_nothing_doubled, find, live, once, writes


def bare(**policy):
    """The seed estate without the pools."""
    specs = generous(**policy)
    for address in (CLUSTER, OTHER_CLUSTER):
        del specs.item(address)["nodePools"]
    return specs


@pytest.fixture()
def networked(cloud, seed_estate):
    """A cloud with the network of the seed estate, and no cluster."""
    return cloud("--estate", seed_estate, speed=200)


@pytest.mark.parametrize("kind", ["Cluster", "NodePool"])
def test_a_create_that_fails_is_made_anew(networked, tmp_path, kind):
    """FAILED, and nothing is in it: deleted and made again, with the work request's reason in the status until then."""
    networked.options(failCreate=[kind])
    address = {"Cluster": CLUSTER, "NodePool": POOL}[kind]
    with start(networked, generous(), tmp_path) as tandem:
        tandem.wait(lambda: any(o["lifecycleState"] == "FAILED" for o in networked.objects(SJC, kind)), "a create that failed")
        tandem.wait(lambda: "CREATE, ocid1.clustersworkrequest." in why(tandem, address)[2], "the reason")
        networked.options(failCreate=[])
        in_sync(tandem)
    assert_clusters_stand(networked)
    assert_nothing_doubled(networked)
    assert_guarded(networked.calls())


def pause(resource, now):
    """Seconds until the next try."""
    return (datetime.fromisoformat(resource["nextTry"]) - datetime.fromisoformat(now)).total_seconds() if resource["nextTry"] else 0


@pytest.mark.long
@pytest.mark.parametrize("kind", ["Cluster", "NodePool"])
def test_a_create_that_fails_for_ever(networked, tmp_path, kind):
    """After three rounds it is said to be not converging, and the rounds grow rare; it is made when it can be made again."""
    networked.options(failCreate=[kind])
    address = {"Cluster": CLUSTER, "NodePool": POOL}[kind]
    with start(networked, generous(), tmp_path) as tandem:
        def given_up():
            return tandem.verdict(address) == "not-converging" and why(tandem, address)[2]

        message = tandem.wait(given_up, "not-converging")
        assert "created 3 times" in message and "could not be provisioned" in message
        assert f"CREATE, {Console(networked).last_failure()}" in message
        assert tandem.ctl("status").returncode == 2

        def rare():
            s = tandem.status()
            return pause(next(r for r in s["resources"] if r["address"] == address), s["now"]) > 150 / 200

        tandem.wait(rare, "a pause of more than 150 seconds")
        assert len(live(networked, SJC, kind)) <= 1
        networked.options(failCreate=[])
        assert tandem.ctl("reconcile", address).returncode == 0
        in_sync(tandem)
    assert_clusters_stand(networked)


def test_a_failed_cluster_with_a_pool_is_left_alone(running, tmp_path):
    """What carries something is a person's to judge."""
    running.set(SJC, "Cluster", find(running, CLUSTER)["id"], lifecycleState="FAILED")
    with start(running, generous(heal="automatic", replace="automatic", delete="automatic"), tmp_path) as tandem:
        wait_why(tandem, CLUSTER, "blocked", "failed")
        seen_anew(tandem)
    assert not writes(running)


def test_no_capacity(running, tmp_path):
    """Said with the error's own words; tried once in a while; made good when there is some again."""
    console = Console(running)
    with start(running, generous(), tmp_path) as tandem:
        in_sync(tandem)
        running.options(exhausted=[{"region": SJC}])
        gone = nodes(find(running, POOL))[0]["id"]
        console.node(gone, "kill")
        message = tandem.wait(lambda: (lambda w: w[2] if w[1] == "no-capacity" else None)(why(tandem, POOL)), "no-capacity")
        assert "OutOfHostCapacity" in message and "2 of 3 nodes" in message and console.last_failure() in why(tandem, POOL)[2]
        assert tandem.ctl("status").returncode in (1, 2)
        n = len(oke_writes(running))
        for _ in range(3):
            seen_anew(tandem)
        assert len(oke_writes(running)) <= n + 2, "it hammers"
        running.options(exhausted=[])
        in_sync(tandem)
    assert_clusters_stand(running)
    assert len({x["id"] for x in nodes(find(running, POOL))}) == 3


def test_no_capacity_from_the_start(networked, tmp_path):
    """One domain has none: the rest stands, the pool says which and why, and nothing else is held up by it."""
    networked.options(exhausted=[{"region": ORD, "availabilityDomain": "Qzkv:US-CHICAGO-1-AD-2", "code": "LimitExceeded",
                                  "message": "The standard-e4-core-count limit is 0."}])
    with start(networked, generous(), tmp_path) as tandem:
        message = wait_why(tandem, OTHER_POOL, "blocked", "no-capacity")
        assert "LimitExceeded" in message and "standard-e4-core-count" in message and "2 of 3" in message
        tandem.wait(lambda: tandem.verdict(POOL) == "in-sync", "the other region's pool")
        assert tandem.verdict(OTHER_CLUSTER) == "in-sync"
        networked.options(exhausted=[])
        in_sync(tandem)
    assert_clusters_stand(networked)


@pytest.mark.parametrize("limit", ["clusters", "nodePoolsPerCluster"])
def test_quota(networked, tmp_path, limit):
    """400 LimitExceeded is for a person; it is tried again now and then, and goes on when the limit is raised."""
    address = {"clusters": CLUSTER, "nodePoolsPerCluster": POOL}[limit]
    networked.options(limits={limit: 0})
    with start(networked, generous(), tmp_path) as tandem:
        message = tandem.wait(lambda: (lambda w: w[2] if "LimitExceeded" in w[2] else None)(why(tandem, address)), "the limit")
        assert tandem.verdict(address) == "blocked" and limit in message, message
        n = len(oke_writes(networked))
        seen_anew(tandem)
        assert len(oke_writes(networked)) <= n + 4, "it hammers"
        networked.options(limits={limit: 10})
        in_sync(tandem)
    assert_clusters_stand(networked)


def test_subnet_full(networked, tmp_path):
    """Pods take their addresses with the node: a subnet that is too small is named, and nothing loops."""
    specs = generous()
    specs.vcn()["subnets"].append({"name": "primary-small", "cidrBlock": "10.0.90.0/26", "routeTable": "primary-private",
                                   "securityLists": ["primary-nodes"], "prohibitPublicIpOnVnic": True})
    specs.item(POOL)["nodeConfigDetails"]["nodePoolPodNetworkOptionDetails"]["podSubnets"] = ["primary-small"]
    specs.item(POOL)["nodeConfigDetails"]["size"] = 1
    path = specs.write(tmp_path)
    with Tandem.start(networked, path) as tandem:
        in_sync(tandem)
        console = Console(networked)
        console.ask(SJC, "PUT", console.path(find(networked, POOL)), {"nodeConfigDetails": {"size": 3}})
        message = tandem.wait(lambda: (lambda w: w[2] if "addresses" in w[2] else None)(why(tandem, POOL)), "the full subnet")
        assert "The pod subnet does not have enough free addresses." in message
        tandem.approve(POOL, "disrupt")
        in_sync(tandem)
        assert len(nodes(find(networked, POOL))) == 1


@pytest.mark.parametrize("variant", ["INACTIVE", "GONE", "REPLACED"])
def test_lost_node(running, tmp_path, variant):
    """An instance that was terminated from outside: whatever OKE makes of that, three nodes are up again, and no healthy one went."""
    running.options(lostNode=variant)
    console = Console(running)
    before = {x["id"] for x in nodes(find(running, POOL))}
    with start(running, generous(), tmp_path) as tandem:
        in_sync(tandem)
        lost = sorted(before)[0]
        console.node(lost, "kill")
        tandem.wait(lambda: lost not in {x["id"] for x in nodes(find(running, POOL))} and len(nodes(find(running, POOL))) == 3,
                    "another node in its place")
        in_sync(tandem)
    assert_clusters_stand(running)
    assert before - {x["id"] for x in nodes(find(running, POOL))} == {lost}
    assert [m for m, _ in oke_writes(running)] == {"INACTIVE": ["DELETE"], "GONE": ["PUT"], "REPLACED": []}[variant]


@pytest.mark.long
def test_a_failed_update_says_why(running, tmp_path):
    """A drain that hangs fails its work request: the node stays, OKE's words are the reason, and after three rounds tandem is patient."""
    specs = generous()
    specs.item(POOL)["nodeEvictionNodePoolSettings"] = {"evictionGraceDuration": "PT2M"}
    specs.item(POOL)["nodeShapeConfig"] = {"ocpus": 4, "memoryInGBs": 16}
    console = Console(running)
    stuck = {x["id"] for x in nodes(find(running, POOL))}
    for id in stuck:
        console.node(id, "hang-drain")
    with start(running, specs, tmp_path) as tandem:
        tandem.approve(POOL, "disrupt")
        message = wait_why(tandem, POOL, "not-converging", "not-converging")
        assert "The node could not be drained within the eviction grace duration. (NODEPOOL_UPDATE, " in message
        assert tandem.resource(POOL)["fight"] == 0, "nobody fights: OKE could not"

        def rare():
            s = tandem.status()
            return pause(next(r for r in s["resources"] if r["address"] == POOL), s["now"]) > 70 / 200

        tandem.wait(rare, "a pause of more than 70 seconds")
        assert {x["id"] for x in nodes(find(running, POOL))} == stuck
        assert len({path for method, path in oke_writes(running) if method == "DELETE"}) == 1, "one node at a time, and the same"
        for id in stuck:
            console.node(id, "free-drain")
        assert tandem.ctl("reconcile", POOL).returncode == 0
        tandem.wait(lambda: not {x["id"] for x in nodes(find(running, POOL))} & stuck, "the renewal")
        in_sync(tandem)
    assert_clusters_stand(running)


@pytest.mark.parametrize("kind", ["Cluster", "NodePool"])
def test_somebody_is_making_it(networked, tmp_path, kind):
    """tandem comes up in the middle of a create: there is no second one, and what comes is adopted by its name."""
    console = Console(networked)
    if kind == "Cluster":
        work = console.ask(SJC, "POST", "/clusters", cluster_body(networked, "primary"))
    else:
        assert once(networked, bare().write(tmp_path)).returncode == 0
        work = console.ask(SJC, "POST", "/nodePools", pool_body(networked, "primary", find(networked, CLUSTER)["id"]))
    result = once(networked, generous().write(tmp_path))
    assert result.returncode == 0, result.stdout + result.stderr
    assert_clusters_stand(networked)
    made = console.wait(SJC, work)["resources"][0]["identifier"]
    adopted, = networked.objects(SJC, kind)
    assert adopted["id"] == made and adopted["freeformTags"]["tandem-origin"] == "adopted"


def test_an_addon_that_fails(cloud, clusters_estate, tmp_path):
    """It is said with OKE's reason, and left as it is: what it did to the cluster is a person's to judge."""
    sim = cloud("--estate", clusters_estate, speed=200)
    sim.options(failCreate=["Addon"])
    specs = generous()
    specs.item(CLUSTER)["addons"] = [{"name": "CertManager"}]
    with start(sim, specs, tmp_path) as tandem:
        message = wait_why(tandem, "primary/Addon/CertManager", "blocked", "failed")
        assert "The add-on could not be installed." in message
        seen_anew(tandem)
        assert tandem.verdict(CLUSTER) == "in-sync" and tandem.verdict(POOL) == "in-sync"
        assert [m for m, _ in oke_writes(sim)] == ["POST"]
        sim.options(failCreate=[])
        Console(sim).act(CLUSTER, "/addons/CertManager?isRemoveExistingAddOn=true", "DELETE")
        in_sync(tandem)
    made = [c["retryToken"] for c in writes(sim)]
    assert len(made) <= 3 and len(set(made)) == 2, "the token of what is gone again is used up, and another one is taken"
