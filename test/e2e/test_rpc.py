"""The link between the regions: whatever happens to the pair, it ends PEERED, with routes and DRG tables as declared, nothing doubled."""

import pytest
from simlib import ORD, SJC
from tandem import (GONE, PAIR, PATIENCE, Hand, Tandem, assert_guarded, assert_peered, assert_seed_stands, find, generous, live, once, seed,
                    settled, writes)

A, B = PAIR
PEERING = "Peering/primary-secondary"


@pytest.fixture()
def specs():
    """The seed with a DRG table of its own for the primary RPC's attachment, so that putting it back shows."""
    s = generous()
    s.drg()["drgRouteTables"].append({"name": "for-the-link", "importDrgRouteDistribution": "into-for-rpcs"})
    s.item("primary/DrgAttachment/primary-rpc-attachment")["drgRouteTable"] = "for-the-link"
    return s


@pytest.fixture()
def tandem(standing, specs, tmp_path):
    with Tandem.start(standing, specs.write(tmp_path)) as t:
        t.wait_in_sync()
        yield t


def network(sim):
    """What must be as before after a heal: routes and the attachments' tables."""
    return {o["freeformTags"]["tandem-address"]: settled(o)["routeRules"]
            for region in (SJC, ORD) for o in live(sim, region, "RouteTable") if "tandem-address" in (o["freeformTags"] or {})}


def assert_link_is_right(sim, tandem):
    tandem.wait_in_sync()
    assert_peered(sim)
    attachment = find(sim, "primary/DrgAttachment/primary-rpc-attachment")
    assert attachment["networkDetails"]["id"] == find(sim, A)["id"]
    assert attachment["drgRouteTableId"] == find(sim, "primary/DrgRouteTable/for-the-link")["id"]
    other = find(sim, "secondary/DrgAttachment/secondary-rpc-attachment")
    assert other["drgRouteTableId"] == find(sim, "secondary/DrgRouteTable/for-rpcs")["id"]
    for region in (SJC, ORD):
        assert len(live(sim, region, "RemotePeeringConnection")) == 1
        assert len(live(sim, region, "DrgAttachment")) == 2
    assert_guarded(sim.calls())


def connects(sim, since):
    return [c for c in writes(sim, since) if c["path"].endswith("/actions/connect")]


@pytest.mark.parametrize("victim", PAIR)
def test_peer_deleted(standing, tandem, victim):
    """One side is deleted: the other reads REVOKED; both are made anew and joined, from the requestor's side, once."""
    before = network(standing)
    n = standing.last_call()
    Hand(standing).delete(victim)
    tandem.wait(lambda: find(standing, victim) is None, "the deletion")
    tandem.wait(lambda: [p["state"] for p in tandem.status()["peerings"]] != ["PEERED"], "the broken link in the status")
    assert_link_is_right(standing, tandem)
    assert network(standing) == before
    assert [c["region"] for c in connects(standing, n)] == [SJC]


def test_both_deleted(standing, tandem):
    hand = Hand(standing)
    n = standing.last_call()
    gone = [find(standing, a) for a in PAIR]
    for o in gone:
        standing.hand(o["id"].split(".")[3], "DELETE", f"/20160918/remotePeeringConnections/{o['id']}")
    tandem.wait(lambda: all((find(standing, a) or o)["id"] != o["id"] for a, o in zip(PAIR, gone)), "two new connections")
    assert_link_is_right(standing, tandem)
    assert len(connects(standing, n)) == 1 and hand


@pytest.mark.parametrize("side", PAIR)
@pytest.mark.parametrize("state", ["REVOKED", "INVALID"])
def test_dead_state(standing, tandem, side, state):
    """REVOKED or INVALID carries nothing: that side is replaced without asking anybody."""
    o = find(standing, side)
    standing.set(o["id"].split(".")[3], "RemotePeeringConnection", o["id"], peeringStatus=state)
    tandem.wait(lambda: (find(standing, side) or o)["id"] != o["id"], "that side to be replaced")
    assert_link_is_right(standing, tandem)


def test_pending_for_long(standing, tandem):
    """PENDING is waited for, and after a while said; nothing is deleted; when it comes up, all is well."""
    ids = [find(standing, a)["id"] for a in PAIR]
    for ocid in ids:
        standing.set(ocid.split(".")[3], "RemotePeeringConnection", ocid, peeringStatus="PENDING")
    n = standing.last_call()
    tandem.wait(lambda: [p["state"] for p in tandem.status()["peerings"]] == ["PENDING"], "PENDING in the status")
    row = tandem.wait(lambda: (lambda r: r if r["verdict"] != "in-sync" and r["reason"] else None)(tandem.resource(PEERING)), "a reason")
    assert row["reason"]["message"]
    for _ in range(3):
        tandem.wait_new_view()
    assert not writes(standing, n), "PENDING is no reason to write"
    for ocid in ids:
        standing.set(ocid.split(".")[3], "RemotePeeringConnection", ocid, peeringStatus="PEERED")
    assert_link_is_right(standing, tandem)
    assert [find(standing, a)["id"] for a in PAIR] == ids


def test_wrong_peer_is_gated(standing, tandem):
    """PEERED with another peer carries somebody's traffic: replaced only after approval."""
    third = standing.create(ORD, "/remotePeeringConnections", drgId=find(standing, "secondary/Drg/multicluster-drg-secondary")["id"],
                            displayName="somebody's")
    a, b = find(standing, A), find(standing, B)
    standing.set(SJC, "RemotePeeringConnection", a["id"], peerId=third["id"])
    standing.set(ORD, "RemotePeeringConnection", third["id"], peerId=a["id"], peeringStatus="PEERED", peerRegionName=SJC)
    standing.set(ORD, "RemotePeeringConnection", b["id"], peerId=None, peeringStatus="REVOKED")

    def replacement():
        return next((x for x in tandem.plan()["actions"] if x["verb"] == "replace"), None)

    tandem.wait(lambda: (find(standing, B) or b)["id"] != b["id"] and replacement(), "a replacement in the plan")
    tandem.wait_new_view()
    assert find(standing, A)["id"] == a["id"], "replaced without approval"
    action = tandem.wait(replacement, "a replacement in the plan")
    assert tandem.ctl("approve", action["id"]).returncode == 0

    def joined():
        x, y = find(standing, A), find(standing, B)
        return x and y and x["peerId"] == y["id"] and x["peeringStatus"] == "PEERED"

    tandem.wait(joined, "the right pair", timeout=2 * PATIENCE)
    assert third["id"] in [o["id"] for o in live(standing, ORD, "RemotePeeringConnection")], "the stranger is not ours to delete"


@pytest.mark.parametrize("fault", [
    {"path": "/actions/connect", "action": "status", "status": 404, "code": "NotAuthorizedOrNotFound", "to": 2},
    {"path": "/actions/connect", "action": "lost-reply", "to": 1},
    {"path": "/actions/connect", "action": "status", "status": 400, "code": "InvalidParameter", "to": 1},
    {"path": "/remotePeeringConnections", "method": "POST", "action": "lost-reply", "to": 2},
    {"path": "/remotePeeringConnections", "method": "DELETE", "action": "lost-reply", "to": 1},
], ids=["connect-404", "connect-lost", "connect-400", "create-lost", "delete-lost"])
def test_heal_through_faults(standing, tandem, fault):
    """Any 4xx of a call without a guard means: look again before judging."""
    standing.faults([fault])
    Hand(standing).delete(B)
    tandem.wait(lambda: find(standing, B) is None, "the deletion")
    assert_link_is_right(standing, tandem)


def test_never_heal(standing, tmp_path):
    """Under `heal: never` a broken pair is left, and said."""
    Hand(standing).delete(B)
    result = once(standing, seed().policy(heal="never").write(tmp_path))
    assert result.returncode == 2, result.stdout + result.stderr
    assert not [c for c in writes(standing) if c["method"] == "DELETE"]


def test_broken_while_the_daemon_was_away(standing, tmp_path):
    """No memory is needed: a daemon that never saw the link heals it."""
    hand = Hand(standing)
    hand.delete(A)
    result = once(standing, seed().write(tmp_path))
    assert result.returncode == 0, result.stdout + result.stderr
    assert_seed_stands(standing)
    assert all(o["lifecycleState"] in GONE for o in standing.objects(SJC, "RemotePeeringConnection") if o["id"] != find(standing, A)["id"])
