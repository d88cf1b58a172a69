"""What goes over the link: however the pair of connections broke, afterwards routes to the other side are there, and no rule leads nowhere."""

import pytest
from simlib import ORD, SJC, wait_for
from tandem import GONE, PAIR, PATIENCE, Hand, assert_guarded, assert_peered, find, live, once, seed, settled, writes

A, B = PAIR
SPEED = 200
ATTACHMENT = {SJC: "primary/DrgAttachment/primary-rpc-attachment", ORD: "secondary/DrgAttachment/secondary-rpc-attachment"}
TABLES = {SJC: "primary/DrgRouteTable/for-vcns", ORD: "secondary/DrgRouteTable/for-vcns"}
BLOCKS = {SJC: "10.0.", ORD: "10.1."}


def specs():
    """The seed, with a static rule over the link, and a distribution that names the link's attachment."""
    s = seed()
    drg = s.drg()
    drg["drgRouteTables"][0]["routeRules"] = [{"destination": "10.200.0.0/16", "nextHopDrgAttachment": "primary-rpc-attachment"}]
    drg["drgRouteDistributions"].append({"name": "from-the-link", "distributionType": "IMPORT", "statements": [
        {"priority": 3, "action": "ACCEPT", "matchCriteria": [{"matchType": "DRG_ATTACHMENT_ID", "drgAttachment": "primary-rpc-attachment"}]}]})
    return s


@pytest.fixture()
def linked(cloud, tmp_path):
    sim = cloud(speed=SPEED)
    built = once(sim, specs().write(tmp_path), "--bootstrap")
    assert built.returncode == 0, built.stdout + built.stderr
    assert_routes(sim)
    return sim


def assert_routes(sim):
    for region, other in ((SJC, ORD), (ORD, SJC)):
        attachment = find(sim, ATTACHMENT[region])["id"]
        for table in live(sim, region, "DrgRouteTable"):
            assert not [r for r in table["rules"] if r["isBlackhole"] or r["isConflict"]], table
        rules = find(sim, TABLES[region])["rules"]
        over = {r["destination"] for r in rules if r["routeType"] == "DYNAMIC" and r["nextHopDrgAttachmentId"] == attachment}
        assert len(over) == 3 and all(d.startswith(BLOCKS[other]) for d in over), over
    static, = [r for r in find(sim, TABLES[SJC])["rules"] if r["routeType"] == "STATIC"]
    assert (static["destination"], static["nextHopDrgAttachmentId"]) == ("10.200.0.0/16", find(sim, ATTACHMENT[SJC])["id"])
    statement, = find(sim, "primary/DrgRouteDistribution/from-the-link")["statements"]
    assert statement["matchCriteria"][0]["drgAttachmentId"] == find(sim, ATTACHMENT[SJC])["id"]


def vcn_routes(sim):
    return {(region, o["displayName"]): settled(o)["routeRules"] for region in (SJC, ORD) for o in live(sim, region, "RouteTable")}


def delete(sim, *addresses):
    hand = Hand(sim)
    gone = [find(sim, a) for a in addresses]
    for o in gone:
        hand.call("DELETE", o)
    for o in gone:
        wait_for(lambda o=o: sim.get(o["id"].split(".")[3], f"/remotePeeringConnections/{o['id']}").body["lifecycleState"] in GONE, PATIENCE)


BREAKS = {
    "requestor": lambda sim: delete(sim, A),
    "acceptor": lambda sim: delete(sim, B),
    "both": lambda sim: delete(sim, A, B),
    "revoked": lambda sim: sim.set(SJC, "RemotePeeringConnection", find(sim, A)["id"], peeringStatus="REVOKED"),
    "invalid": lambda sim: sim.set(ORD, "RemotePeeringConnection", find(sim, B)["id"], peeringStatus="INVALID"),
}


@pytest.mark.parametrize("how", BREAKS)
def test_routes_after_a_heal(linked, tmp_path, how):
    before = vcn_routes(linked)
    n = linked.last_call()
    BREAKS[how](linked)
    path = specs().write(tmp_path)
    healed = once(linked, path)
    assert healed.returncode == 0, healed.stdout + healed.stderr
    assert_peered(linked)
    assert_routes(linked)
    assert vcn_routes(linked) == before
    assert not [c for c in writes(linked, n) if "/routeTables" in c["path"] or "/vcns" in c["path"] or "/subnets" in c["path"]]
    assert_guarded(linked.calls())
    m = linked.last_call()
    assert once(linked, path).returncode == 0
    assert not writes(linked, m), "a second run writes nothing"
