"""The official CLI builds the whole estate of the record, clusters and all; tandem takes it over by name: it writes its tags and what the
record left undone in the network, and to the clusters nothing but the tags."""

import concurrent.futures

import pytest
from cli import why_not
from clusters import CLUSTER, OTHER_CLUSTER, OTHER_POOL, POOL, SLOW, assert_clusters_stand, in_sync, oke_writes
from simlib import ORD, SJC
from tandem import REGIONS, Tandem, assert_guarded, estate, find, live, once, without_tags, writes
from test_referee import recorded  # noqa: F401: a fixture
from test_referee_oke import CLUSTER as CREATE_CLUSTER
from test_referee_oke import POOL as CREATE_POOL
from test_referee_oke import made, newest, run

reason = why_not()
pytestmark = [pytest.mark.referee, pytest.mark.long, pytest.mark.xdist_group("referee"), pytest.mark.skipif(bool(reason), reason=str(reason))]

SERVICES = {"primary": "10.96.0.0/16", "secondary": "10.97.0.0/16"}


def clusters_by_cli(sim, cli, name):
    """One region's cluster and pool1, named as in the record."""
    region = REGIONS[name]
    subnets = {o["displayName"]: o["id"] for o in live(sim, region, "Subnet")}
    words = {"c": sim.compartment, "vcn": live(sim, region, "Vcn")[0]["id"], "api": subnets[f"{name}-api"]}
    create = (CREATE_CLUSTER.replace("primary-cluster", f"{name}-cluster").replace("10.96.0.0/16", SERVICES[name])
              .replace("--endpoint-public-ip-enabled true", "--endpoint-public-ip-enabled false"))
    cluster = made(run(cli, region, create, cni=[{"cniType": "OCI_VCN_IP_NATIVE"}], lbs=[subnets[f"{name}-lb"]], **words))
    options = run(cli, region, f"oci ce node-pool-options get --node-pool-option-id all --compartment-id {sim.compartment}")
    nodes = subnets[f"{name}-nodes"]
    domains = [d["name"] for d in run(cli, region, f"oci iam availability-domain list --compartment-id {sim.compartment}")]
    made(run(cli, region, CREATE_POOL, cluster=cluster, shape={"ocpus": 2, "memoryInGBs": 16}, podsubnets=[nodes],
             source={"sourceType": "IMAGE", "imageId": newest(options, "1.34.1")},
             placements=[{"availabilityDomain": d, "subnetId": nodes} for d in sorted(domains)], **words))
    return cluster


@pytest.fixture(scope="module")
def taken(recorded):  # noqa: F811
    sim, cli, _ = recorded
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for future in [pool.submit(clusters_by_cli, sim, cli, name) for name in REGIONS]:
            future.result()
    return sim, cli


def plain(o):
    return {k: v for k, v in without_tags(o).items() if k != "metadata"}


def test_adopted_with_its_clusters(taken, tmp_path):
    sim, cli = taken
    assert_clusters_stand(sim)
    before = {o["id"]: o for region in (SJC, ORD) for kind in ("Cluster", "NodePool") for o in live(sim, region, kind)}
    n = sim.last_call()
    result = once(sim, estate().write(tmp_path))
    assert result.returncode == 0, result.stdout + result.stderr
    assert_guarded(sim.calls(n))
    assert not [c for c in writes(sim, n) if c["method"] in ("POST", "DELETE")], "adopting creates and deletes nothing"
    assert [m for m, _ in oke_writes(sim, n)] == ["PUT"] * 4
    after = {o["id"]: o for region in (SJC, ORD) for kind in ("Cluster", "NodePool") for o in live(sim, region, kind)}
    assert after.keys() == before.keys()
    for address in (CLUSTER, POOL, OTHER_CLUSTER, OTHER_POOL):
        o = find(sim, address)
        assert o["freeformTags"]["tandem-origin"] == "adopted"
        assert plain(o) == plain(before[o["id"]]), "changed more than its tags"
    got = run(cli, SJC, f"oci ce cluster get --cluster-id {find(sim, CLUSTER)['id']}")
    assert got["freeform-tags"]["tandem-address"] == CLUSTER
    n = sim.last_call()
    with Tandem.start(sim, tmp_path / "specs") as tandem:
        in_sync(tandem, SLOW)
        assert tandem.plan()["actions"] == []
    assert not writes(sim, n)
