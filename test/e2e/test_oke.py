"""The clusters of both regions: built from an empty cloud with their network, once; taken over where somebody made them before; and
nothing is done to them that is not declared."""

import pytest
from clusters import (CLUSTER, OTHER_CLUSTER, OTHER_POOL, POOL, Console, assert_clusters_stand, cluster_body, furnished, generous, in_sync,
                      oke_writes, pool_body, seen_anew, start, wait_why)
from simlib import ORD, SJC
from tandem import REGIONS, assert_guarded, assert_nothing_doubled, assert_peered, estate, find, live, once, without_tags, writes


def test_everything_from_empty(cloud, tmp_path):
    """Network and clusters, once each; afterwards there is nothing to do, and tandem says so everywhere."""
    sim = cloud(speed=200)
    specs = estate()
    built = once(sim, specs.write(tmp_path), "--bootstrap")
    assert built.returncode == 0, built.stdout + built.stderr
    assert_clusters_stand(sim)
    assert_peered(sim)
    assert_nothing_doubled(sim)
    assert_guarded(sim.calls())
    creates = [c["path"] for c in writes(sim) if c["method"] == "POST" and c["path"] in ("/20180222/clusters", "/20180222/nodePools")]
    assert sorted(creates) == ["/20180222/clusters"] * 2 + ["/20180222/nodePools"] * 2

    n = sim.last_call()
    with start(sim, specs, tmp_path) as tandem:
        in_sync(tandem)
        assert tandem.plan()["actions"] == []
        assert {r["verdict"] for r in tandem.status()["resources"]} == {"in-sync"}
        for address in (CLUSTER, POOL, OTHER_CLUSTER, OTHER_POOL):
            said = tandem.ctl("explain", address)
            assert said.returncode == 0 and "IN SYNC" in said.stdout.upper().replace("-", " "), said
        assert tandem.ctl("status").returncode == 0
    assert not writes(sim, n), "a second run writes nothing"


def test_every_field_from_empty(cloud, furnished_estate, tmp_path):
    """What tandem built is what was asked for."""
    sim = cloud("--estate", furnished_estate, speed=200)
    assert once(sim, furnished().write(tmp_path)).returncode == 0
    assert not writes(sim)
    pool, cluster = find(sim, POOL), find(sim, CLUSTER)
    assert cluster["name"] == "the cluster" and len(cluster["endpointConfig"]["nsgIds"]) == 1
    assert pool["name"] == "pool1" and pool["initialNodeLabels"] == [{"key": "tier", "value": "mesh"}]
    assert pool["nodeSourceDetails"]["bootVolumeSizeInGBs"] == 100
    assert {o["name"] for o in live(sim, SJC, "Addon")} >= {"CertManager", "CoreDNS"}


def by_hand(sim):
    """Both regions' clusters and pools, as somebody else made them on the network that is there: → their ids by address."""
    console, ids = Console(sim), {}
    for name, region in REGIONS.items():
        work = console.ask(region, "POST", "/clusters", cluster_body(sim, name))
        ids[f"{name}/Cluster/{name}-cluster"] = console.wait(region, work)["resources"][0]["identifier"]
        work = console.ask(region, "POST", "/nodePools", pool_body(sim, name, ids[f"{name}/Cluster/{name}-cluster"]))
        ids[f"{name}/NodePool/{name}-pool1"] = console.wait(region, work)["resources"][0]["identifier"]
    return ids


def objects(sim):
    return {o["id"]: o for region in (SJC, ORD) for kind in ("Cluster", "NodePool") for o in live(sim, region, kind)}


@pytest.mark.parametrize("pinned", [False, True], ids=["by name", "pinned"])
def test_adopted(cloud, seed_estate, tmp_path, pinned):
    """What carries no tags is found by its name, or whatever its name is by its OCID: only the tags are written, then all is in sync."""
    sim = cloud("--estate", seed_estate, speed=200)
    ids = by_hand(sim)
    specs = generous()
    if pinned:
        for address, ocid in ids.items():
            specs.item(address)["id"] = ocid
            specs.item(address).pop("displayName", None)
        console = Console(sim)
        console.wait(SJC, console.ask(SJC, "PUT", f"/clusters/{ids[CLUSTER]}", {"name": "what the console calls it"}))
    before = objects(sim)
    path = specs.write(tmp_path)
    result = once(sim, path)
    assert result.returncode == 0, result.stdout + result.stderr
    after = objects(sim)
    for address, ocid in ids.items():
        assert find(sim, address)["id"] == ocid and after[ocid]["freeformTags"]["tandem-origin"] == "adopted"
        assert changes(before[ocid]) == changes(after[ocid])
    assert after.keys() == before.keys()
    assert [m for m, _ in oke_writes(sim)] == ["PUT"] * 4
    assert_guarded(sim.calls())
    n = sim.last_call()
    assert once(sim, path).returncode == 0 and not writes(sim, n)

    # Declared no longer, it is let go: the tags come off, and nothing else happens to it.
    for address in (CLUSTER, OTHER_CLUSTER):
        specs.drop(address)
    specs.write(tmp_path)
    result = once(sim, path)
    assert result.returncode == 0, result.stdout + result.stderr
    assert [m for m, _ in oke_writes(sim, n)] == ["PUT"] * 4
    assert not [o for o in objects(sim).values() if any(tag.startswith("tandem-") for tag in o["freeformTags"])]
    assert objects(sim).keys() == before.keys()


def changes(o):
    """What of it a change would show in: all but our tags and who wrote last."""
    return {k: v for k, v in without_tags(o).items() if k not in ("metadata", "inner")}


def test_two_of_one_name(cloud, seed_estate, tmp_path):
    """Names of clusters are not unique: where two could be it, tandem asks which."""
    sim = cloud("--estate", seed_estate, speed=200)
    ids, console = by_hand(sim), Console(sim)
    other = console.wait(SJC, console.ask(SJC, "POST", "/clusters", cluster_body(sim, "primary")))["resources"][0]["identifier"]
    with start(sim, generous(), tmp_path) as tandem:
        message = wait_why(tandem, CLUSTER, "blocked", "ambiguous")
        assert ids[CLUSTER] in message and other in message and "`id:`" in message
        seen_anew(tandem)
        assert CLUSTER not in [(o["freeformTags"] or {}).get("tandem-address") for o in objects(sim).values()]
    assert not [c for c in writes(sim) if c["method"] != "PUT"]
