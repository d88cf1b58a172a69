"""A part of the view is missing: the primary region, one kind's listing, one side of the link. What hangs on it is left alone, the rest
is built and healed, nothing is destroyed."""

import threading
import time

import pytest
from simlib import ORD, SJC
from tandem import (REGIONS, Hand, Tandem, all_live, assert_guarded, assert_nothing_doubled, assert_seed_stands, find, live, seed,
                    settled, writes)

LATEST = 1.0  # what a reply of the socket may take


class Clock:
    """Asks the socket all the time, and keeps the longest that it took."""

    def __init__(self, tandem):
        self.tandem = tandem
        self.longest = 0.0
        self.n = 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.over.wait(0.05):
            start = time.monotonic()
            assert self.tandem.get("/status").status == 200
            self.longest = max(self.longest, time.monotonic() - start)
            self.n += 1

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


AWAY = {
    "refuse": {"action": "refuse"},
    "reset": {"action": "reset"},
    "500": {"action": "status", "status": 500, "code": "InternalServerError"},
    "429": {"action": "status", "status": 429, "code": "TooManyRequests"},
    "401": {"action": "status", "status": 401, "code": "NotAuthenticated"},
    "404": {"action": "status", "status": 404, "code": "NotAuthorizedOrNotFound"},
    "truncate": {"action": "truncate"},
    "empty-pages-that-fail": {"action": "status", "status": 500, "code": "InternalServerError", "path": "page="},
}

# What the primary region can have while the secondary is away; the peering needs both.
ALONE = {"Vcn": 1, "Subnet": 3, "RouteTable": 3, "SecurityList": 3, "InternetGateway": 1, "NatGateway": 1, "ServiceGateway": 1,
         "Drg": 1, "DrgRouteTable": 2, "DrgRouteDistribution": 3}


@pytest.mark.parametrize("way", ["refuse", "500"])
def test_built_alone(empty, tmp_path, way):
    """The secondary region is away for the whole build. The primary converges as far as it can; then the other comes, and all does."""
    empty.faults([{"region": ORD, **AWAY[way]}])
    with Tandem.start(empty, seed().write(tmp_path), "--bootstrap") as tandem:
        with Clock(tandem) as clock:
            tandem.wait(lambda: {k: len(live(empty, SJC, k)) for k in ALONE} == ALONE, "the primary region's network")
            s = tandem.wait(lambda: (lambda s: s if not unfinished(s) else None)(tandem.status()), "the primary region in sync")
        assert clock.n > 5 and clock.longest < LATEST, f"the socket took {clock.longest:.2f} s"
        region = {r["name"]: r for r in s["regions"]}
        assert region["primary"]["complete"] and not region["secondary"]["complete"]
        assert region["secondary"]["lastError"]
        assert tandem.ctl("status").returncode == 2
        assert not [c for c in writes(empty) if c["region"] == ORD and c["status"] == 200]
        assert not [c for c in writes(empty) if c["method"] == "DELETE"]
        empty.faults([])
        tandem.wait_verdict("in-sync")
    assert_seed_stands(empty)
    assert_guarded(empty.calls())


def unfinished(status):
    """What of the primary region is neither in sync nor waits for the other region."""
    return [r for r in status["resources"] if r["address"].startswith("primary/") and r["verdict"] not in ("in-sync", "foreign")]


@pytest.mark.parametrize("way", AWAY)
def test_primary_away(standing, tmp_path, way):
    """The requestor's region goes away. In the other one drift is healed, and in neither is anything built anew or destroyed."""
    region, other = SJC, ORD
    hand = Hand(standing)
    address = "secondary/SecurityList/secondary-nodes"
    if way == "empty-pages-that-fail":
        standing.options(pageSize=1)
    with Tandem.start(standing, seed().write(tmp_path)) as tandem:
        tandem.wait_in_sync()
        before = {o["id"]: settled(o) for _, _, o in all_live(standing.estate())}
        standing.faults([{"region": region, **AWAY[way]}])
        n = standing.last_call()
        with Clock(tandem) as clock:
            tandem.wait(lambda: not row(tandem, region)["complete"] or row(tandem, region)["lastError"], "the region to be seen away")
            hand.update(address, ingressSecurityRules=[])
            tandem.wait(lambda: len(find(standing, address)["ingressSecurityRules"]) == 5, "the other region to be healed")
        assert clock.longest < LATEST, f"the socket took {clock.longest:.2f} s"
        assert {c["region"] for c in writes(standing, n)} == {other}
        assert not [c for c in writes(standing, n) if c["method"] != "PUT"]
        standing.faults([])
        tandem.wait_verdict("in-sync")
        after = {o["id"]: settled(o) for _, _, o in all_live(standing.estate())}
        assert after.keys() == before.keys()
    assert_nothing_doubled(standing)


def row(tandem, region):
    return next(r for r in tandem.status()["regions"] if r["region"] == region)


@pytest.mark.parametrize("kind", ["vcns", "subnets", "drgs", "drgAttachments", "remotePeeringConnections", "drgRouteTables", "services"])
def test_one_listing_away(standing, tmp_path, kind):
    """One kind's listing fails in one region: what hangs on it is unknown and left alone, the rest is healed."""
    hand = Hand(standing)
    with Tandem.start(standing, seed().write(tmp_path)) as tandem:
        tandem.wait_in_sync()
        standing.faults([{"region": SJC, "method": "GET", "path": f"/20160918/{kind}", "action": "status", "status": 500,
                          "code": "InternalServerError"}])
        n = standing.last_call()
        hand.update("secondary/SecurityList/secondary-nodes", ingressSecurityRules=[])
        tandem.wait(lambda: len(find(standing, "secondary/SecurityList/secondary-nodes")["ingressSecurityRules"]) == 5, "the heal")
        assert not [c for c in writes(standing, n) if c["method"] != "PUT"]
        standing.faults([])
        tandem.wait_in_sync()
    assert_seed_stands(standing)


@pytest.mark.long
def test_the_link_is_not_judged_from_one_side(standing, tmp_path):
    """While the other region is silent, an RPC that reads REVOKED is replaced only as far as that needs no guess about the other side;
    afterwards the pair is one pair again."""
    with Tandem.start(standing, seed().write(tmp_path)) as tandem:
        tandem.wait_in_sync()
        standing.faults([{"region": ORD, "action": "silent"}])
        rpc = find(standing, "primary/RemotePeeringConnection/primary-to-secondary-rpc")
        other = live(standing, REGIONS["secondary"], "RemotePeeringConnection")[0]
        standing.set(SJC, "RemotePeeringConnection", rpc["id"], peeringStatus="REVOKED")
        tandem.wait(lambda: [p["state"] for p in tandem.status()["peerings"]] != ["PEERED"], "the broken link in the status")
        standing.faults([])
        tandem.wait_in_sync()
    assert_seed_stands(standing)
    assert other["id"] in [o["id"] for o in standing.objects(ORD, "RemotePeeringConnection")]
