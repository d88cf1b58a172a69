"""What people do to clusters and pools, in the spec and past it: versions and images, sizes, nodes and whole pools that somebody took
away, and what the API cannot take back."""

import pytest
from clusters import (CLUSTER, OTHER_POOL, POOL, Console, assert_clusters_stand, generous, in_sync, nodes, oke_writes, seen_anew, start,
                      wait_why, why)
from simlib import SJC
from tandem import Tandem, assert_guarded, find, live, once, writes


def ids(sim, address=POOL):
    return {n["id"] for n in nodes(find(sim, address))}


def renewals(sim, since=0):
    return [path for method, path in oke_writes(sim, since) if method == "DELETE" and "/node/" in path]


def test_pool_upgraded_by_the_spec(running, tmp_path):
    """The control plane first, then the pool, then its nodes, one at a time, each under the approval that was given for all."""
    specs = generous()
    specs.item(CLUSTER)["kubernetesVersion"] = specs.item(POOL)["kubernetesVersion"] = "v1.34.2"
    before = ids(running)
    with start(running, specs, tmp_path) as tandem:
        tandem.approve(CLUSTER, "disrupt")
        tandem.wait(lambda: find(running, CLUSTER)["kubernetesVersion"] == "v1.34.2", "the control plane")
        tandem.wait(lambda: find(running, POOL)["kubernetesVersion"] == "v1.34.2", "the pool")
        action = tandem.approve(POOL, "disrupt")
        assert "3 nodes behind" in action["reason"]
        in_sync(tandem)
    assert_clusters_stand(running)
    assert {n["kubernetesVersion"] for n in nodes(find(running, POOL))} == {"v1.34.2"}
    assert not before & ids(running) and len(renewals(running)) == 3
    assert [m for m, p in oke_writes(running)] == ["PUT", "PUT", "DELETE", "DELETE", "DELETE"]
    assert_guarded(running.calls())


def test_size_left_to_an_autoscaler(running, tmp_path):
    specs = generous()
    specs.item(POOL)["ignore"] = ["nodeConfigDetails.size"]
    console = Console(running)
    with start(running, specs, tmp_path) as tandem:
        in_sync(tandem)
        for size in (5, 2):
            console.update(POOL, nodeConfigDetails={"size": size})
            in_sync(tandem)
            assert find(running, POOL)["nodeConfigDetails"]["size"] == size == len(ids(running))
    assert not writes(running)


def test_newer_image_is_said_and_not_picked(running, tmp_path):
    """`newest` is picked when version or shape change; until then a newer one is no drift, but no secret either."""
    console = Console(running)
    have = find(running, POOL)["nodeSourceDetails"]["imageId"]
    running.options(imageBuilds=3)
    newest = console.image("v1.34.1")[-1]
    assert newest != have
    specs = generous()
    with start(running, specs, tmp_path) as tandem:
        in_sync(tandem)
        verdict, code, message = why(tandem, POOL)
        assert (verdict, code) == ("in-sync", "newer-image") and "OKE-1.34.1-" in message
        assert "newer image" in tandem.ctl("explain", POOL).stdout
        assert tandem.ctl("status").returncode == 0 and tandem.plan()["actions"] == []
        assert not writes(running)

        specs.item(POOL).update(nodeShape="VM.Standard.E5.Flex")
        specs.write(tmp_path)
        n = running.last_call()
        assert tandem.change("POST", "/reload").status == 204
        tandem.wait(lambda: find(running, POOL)["nodeShape"] == "VM.Standard.E5.Flex", "the new shape")
        # The image that is there runs on the new shape too, so nothing had to be picked.
        assert find(running, POOL)["nodeSourceDetails"]["imageId"] == have
        tandem.approve(POOL, "disrupt")
        in_sync(tandem)
    assert [m for m, p in oke_writes(running, n)] == ["PUT", "DELETE", "DELETE", "DELETE"]


def test_newest_image_comes_with_the_version(running, tmp_path):
    running.options(imageBuilds=3)
    specs = generous(disrupt="automatic")
    specs.item(CLUSTER)["kubernetesVersion"] = specs.item(POOL)["kubernetesVersion"] = "v1.34.2"
    result = once(running, specs.write(tmp_path))
    assert result.returncode == 0, result.stdout + result.stderr
    assert find(running, POOL)["nodeSourceDetails"]["imageId"] == Console(running).image("v1.34.2")[-1]
    assert {i["sourceDetails"]["imageId"] for i in running.objects(SJC, "Instance") if i["id"] in ids(running)} == {
        Console(running).image("v1.34.2")[-1]}


def test_scaled_by_a_hand(running, tmp_path):
    """Down: made good at once. Up: nothing is taken away before a person says so."""
    console = Console(running)
    with start(running, generous(), tmp_path) as tandem:
        in_sync(tandem)
        console.update(POOL, nodeConfigDetails={"size": 1})
        in_sync(tandem)
        assert len(ids(running)) == 3 and oke_writes(running)[0][0] == "PUT" and len(oke_writes(running)) == 1
        console.update(OTHER_POOL, nodeConfigDetails={"size": 6})
        tandem.approve(OTHER_POOL, "disrupt")
        in_sync(tandem)
        assert len(ids(running, OTHER_POOL)) == 3 and len(oke_writes(running)) == 2
    assert_guarded(running.calls())


@pytest.mark.parametrize("decrement", ["true", "false"])
def test_node_deleted_by_a_hand(running, tmp_path, decrement):
    console = Console(running)
    with start(running, generous(), tmp_path) as tandem:
        in_sync(tandem)
        gone = sorted(ids(running))[0]
        console.act(POOL, f"/node/{gone}?isDecrementSize={decrement}", "DELETE")
        in_sync(tandem)
        assert gone not in ids(running)
    assert_clusters_stand(running)
    assert [m for m, _ in oke_writes(running)] == (["PUT"] if decrement == "true" else [])


def test_pool_deleted_by_a_hand(running, tmp_path):
    """What was ours and is gone is made again, once, with all that was declared."""
    console = Console(running)
    before = find(running, POOL)
    with start(running, generous(), tmp_path) as tandem:
        in_sync(tandem)
        console.delete(POOL)
        in_sync(tandem)
    after = find(running, POOL)
    assert after["id"] != before["id"]
    for name in ("kubernetesVersion", "nodeShape", "nodeShapeConfig", "nodeSourceDetails", "nodeConfigDetails"):
        assert after[name] == before[name]
    assert_clusters_stand(running)
    assert oke_writes(running) == [("POST", "/nodePools")]


def test_control_plane_upgraded_by_a_hand(running, tmp_path):
    """It never goes back: tandem says so, and what to do; a spec that says what is there brings the estate in sync."""
    console = Console(running)
    specs = generous()
    with start(running, specs, tmp_path) as tandem:
        in_sync(tandem)
        console.update(CLUSTER, kubernetesVersion="v1.34.2")
        message = wait_why(tandem, CLUSTER, "blocked", "immutable")
        assert "never goes back" in message and "declare the version that is there" in message
        assert tandem.ctl("status").returncode == 2
        assert tandem.plan()["actions"] == [] and "REFUSED" in tandem.ctl("plan").stdout
        seen_anew(tandem)
        assert not writes(running)
        specs.item(CLUSTER)["kubernetesVersion"] = "v1.34.2"
        specs.write(tmp_path)
        assert tandem.change("POST", "/reload").status == 204
        in_sync(tandem)
        assert not writes(running)


def test_pool_upgraded_by_a_hand(running, tmp_path):
    """Nor does a pool: the API's own words are the reason, it is asked for once in a while only, and no node is taken for it."""
    console = Console(running)
    specs = generous()
    before = ids(running)
    with start(running, specs, tmp_path) as tandem:
        in_sync(tandem)
        console.update(CLUSTER, kubernetesVersion="v1.34.2")
        console.update(POOL, kubernetesVersion="v1.34.2",
                       nodeSourceDetails={"sourceType": "IMAGE", "imageId": console.image("v1.34.2")[-1]})
        message = tandem.wait(lambda: (lambda w: w[2] if w[:2] == ("blocked", "refused") else None)(why(tandem, POOL)), "the refusal")
        assert "older than the pool's v1.34.2" in message
        n = len(oke_writes(running))
        seen_anew(tandem)
        assert len(oke_writes(running)) <= n + 2, "it hammers"
        assert ids(running) == before
        specs.item(CLUSTER)["kubernetesVersion"] = specs.item(POOL)["kubernetesVersion"] = "v1.34.2"
        specs.write(tmp_path)
        assert tandem.change("POST", "/reload").status == 204
        tandem.approve(POOL, "disrupt")
        in_sync(tandem)
    assert_clusters_stand(running)


def test_image_changed_by_a_hand(running, tmp_path):
    """Another image of the pool's version is no drift of `newest`: but the nodes of the old one are behind the pool then."""
    running.options(imageBuilds=2)
    console = Console(running)
    before = ids(running)
    with start(running, generous(), tmp_path) as tandem:
        in_sync(tandem)
        console.update(POOL, nodeSourceDetails={"sourceType": "IMAGE", "imageId": console.image("v1.34.1")[-1]})
        action = tandem.approve(POOL, "disrupt")
        assert "3 nodes behind" in action["reason"] and all(d["path"].endswith(".image") for d in action["differences"])
        in_sync(tandem)
    assert not before & ids(running)
    assert [m for m, _ in oke_writes(running)] == ["DELETE"] * 3


def test_named_image_changed_by_a_hand(running, tmp_path):
    """An image that the spec names is put back, and no node has to go for it."""
    console = Console(running)
    specs = generous()
    have = find(running, POOL)["nodeSourceDetails"]["imageId"]
    specs.item(POOL)["nodeSourceDetails"]["image"] = have
    running.options(imageBuilds=2)
    before = ids(running)
    with start(running, specs, tmp_path) as tandem:
        in_sync(tandem)
        console.update(POOL, nodeSourceDetails={"sourceType": "IMAGE", "imageId": console.image("v1.34.1")[-1]})
        tandem.wait(lambda: find(running, POOL)["nodeSourceDetails"]["imageId"] == have, "the declared image")
        in_sync(tandem)
    assert ids(running) == before
    assert [m for m, _ in oke_writes(running)] == ["PUT"]


def test_basic_becomes_enhanced(running, tmp_path):
    """It only rises: BASIC to ENHANCED is one update, the way back is explained."""
    cluster = find(running, CLUSTER)
    running.set(SJC, "Cluster", cluster["id"], type="BASIC_CLUSTER")
    path = generous().write(tmp_path)
    assert once(running, path).returncode == 0
    assert find(running, CLUSTER)["type"] == "ENHANCED_CLUSTER"
    assert [m for m, _ in oke_writes(running)] == ["PUT"]
    specs = generous()
    specs.item(CLUSTER)["type"] = "BASIC_CLUSTER"
    specs.write(tmp_path)
    n = running.last_call()
    with Tandem.start(running, path) as tandem:
        assert "declare ENHANCED_CLUSTER" in wait_why(tandem, CLUSTER, "blocked", "immutable")
    assert not writes(running, n)


# What is for life: name → (address, how the spec changes, what the explanation says)
FOR_LIFE = {
    "endpointConfig.subnet": (CLUSTER, lambda o: o["endpointConfig"].update(subnet="primary-lb"), "stays in its subnet"),
    "servicesCidr": (CLUSTER, lambda o: o["options"]["kubernetesNetworkConfig"].update(servicesCidr="10.98.0.0/16"), "for life"),
    "serviceLbSubnets": (CLUSTER, lambda o: o["options"].update(serviceLbSubnets=["primary-nodes"]), "oci-load-balancer-subnet1"),
    "addOns": (CLUSTER, lambda o: o["options"].update(addOns={"isTillerEnabled": True}), "chosen when a cluster is made"),
    "kmsKeyId": (CLUSTER, lambda o: o.update(kmsKeyId="ocid1.key.oc1.us-sanjose-1.a"), "for life"),
}


@pytest.mark.parametrize("name", FOR_LIFE)
def test_for_life(running, tmp_path, name):
    address, change, text = FOR_LIFE[name]
    specs = generous()
    change(specs.item(address))
    with start(running, specs, tmp_path) as tandem:
        assert text in wait_why(tandem, address, "blocked", "immutable")
        seen_anew(tandem)
        assert text in " ".join(tandem.ctl("explain", address).stdout.split())
        assert tandem.ctl("status").returncode == 2
    assert not writes(running)
    assert live(running, SJC, "Cluster")
