"""Bad weather: a region that says nothing, throttling, errors, lists that lie, clocks that differ. Unknown builds and destroys nothing,
and the rest goes on."""

import threading
import time

import pytest
from simlib import ORD, SJC, wait_for
from tandem import (PATIENCE, Hand, Tandem, all_live, assert_guarded, assert_nothing_doubled, assert_seed_stands, find, live, minimal, once,
                    seed, writes)

SPEED = 200
TABLE = "primary/RouteTable/primary-private"
FAR = "secondary/RouteTable/secondary-private"


@pytest.fixture()
def sim(cloud, seed_estate):
    return cloud("--estate", seed_estate, speed=SPEED)


@pytest.fixture()
def bare(cloud):
    """An empty cloud."""
    return cloud(speed=SPEED)


class Sampler:
    """Asks the socket again and again, and remembers how long the slowest answer took."""

    def __init__(self, tandem):
        self.tandem = tandem
        self.slowest = 0
        self.count = 0
        self.errors = []
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.ask, daemon=True)

    def ask(self):
        while not self.over.is_set():
            for path in ("/status", "/plan", "/healthz"):
                start = time.monotonic()
                try:
                    assert self.tandem.get(path, timeout=30).status == 200
                except (OSError, AssertionError) as e:
                    self.errors.append(e)
                self.slowest = max(self.slowest, time.monotonic() - start)
                self.count += 1
            self.over.wait(0.05)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, *_):
        if not kind:
            wait_for(lambda: self.count > 30, PATIENCE, what="thirty answers")
        self.over.set()
        self.thread.join()
        if not kind:
            assert not self.errors, self.errors
            assert self.slowest < 1, f"the slowest of {self.count} answers took {self.slowest:.2f} s"


def region_row(tandem, name):
    return next(r for r in tandem.status()["regions"] if r["name"] == name)


def ids(sim, region):
    return sorted(o["id"] for r, _, o in all_live(sim.estate()) if r == region)


def nothing_destroyed(sim):
    return not [c for c in writes(sim) if c["method"] == "DELETE" or "remove" in c["path"].rsplit("/", 1)[-1]]


def changes_in(sim, region):
    return [c for c in writes(sim) if c["region"] == region]


DEAD = {
    "silent": {"action": "silent"},
    "reset": {"action": "reset"},
    "500": {"action": "status", "status": 500, "code": "InternalServerError"},
    "404": {"action": "status", "status": 404, "code": "NotAuthorizedOrNotFound"},
    "401": {"action": "status", "status": 401, "code": "NotAuthenticated"},
    "429": {"action": "status", "status": 429, "code": "TooManyRequests"},
    "truncated": {"action": "truncate"},
    "no-json": {"action": "status", "status": 200, "body": "<html>proxy</html>"},
    "redirect": {"action": "status", "status": 302, "headers": {"location": "https://example.com/"}},
}


# One region does not answer

@pytest.mark.parametrize("how", DEAD)
def test_one_region_does_not_answer(sim, tmp_path, how):
    """All the while the other one is kept at what is declared, nothing is destroyed, and everybody is told; then the region comes back."""
    before = ids(sim, ORD)
    sim.faults([{"region": ORD, **DEAD[how]}])
    hand = Hand(sim)
    sim.set(ORD, "RouteTable", find(sim, FAR)["id"], routeRules=[])
    with Tandem.start(sim, seed().write(tmp_path)) as tandem:
        with Sampler(tandem):
            hand.update(TABLE, routeRules=[])
            tandem.wait(lambda: len(find(sim, TABLE)["routeRules"]) == 3, "the correction in the other region")
            tandem.wait(lambda: tandem.verdict(TABLE) == "in-sync", "the other region in sync")
            status = tandem.status()
            assert status["verdict"] == "unknown"
            assert {r["verdict"] for r in status["resources"] if r["address"].startswith("secondary/")} <= {"unknown", "waiting"}
            row = region_row(tandem, "secondary")
            assert not row["complete"] and region_row(tandem, "primary")["complete"]
            assert how == "silent" or row["lastError"]["message"]
            assert tandem.ctl("health").returncode == 2
            assert not tandem.plan()["complete"]
        assert not changes_in(sim, ORD) and nothing_destroyed(sim)
        assert ids(sim, ORD) == before
        if how == "silent":
            return  # it may take a request's deadline to notice the return: the next test
        sim.faults([])
        tandem.wait(lambda: len(find(sim, FAR)["routeRules"]) == 3, "the region's own drift mended")
        tandem.wait_in_sync()
        assert region_row(tandem, "secondary")["reachable"]
    assert_seed_stands(sim)
    assert_guarded(sim.calls())


def test_silent_region_for_a_whole_run(bare, tmp_path):
    """A build with one region silent: the other is built, `--once` says 2 and what is left; when the region speaks, the rest is built."""
    bare.faults([{"region": ORD, "action": "silent"}])
    path = seed().write(tmp_path)
    result = once(bare, path, "--bootstrap")
    assert result.returncode == 2, result.stdout + result.stderr
    assert "secondary/Vcn/secondary-vcn: unknown" in result.stderr
    for kind, n in (("Vcn", 1), ("Subnet", 3), ("Drg", 1), ("RemotePeeringConnection", 1), ("DrgAttachment", 2)):
        assert len(live(bare, SJC, kind)) == n, kind
    assert not changes_in(bare, ORD) and nothing_destroyed(bare)
    bare.faults([])
    result = once(bare, path, "--bootstrap")
    assert result.returncode == 0, result.stdout + result.stderr
    assert_seed_stands(bare)
    assert_guarded(bare.calls())


@pytest.mark.long
def test_region_comes_back_from_silence(sim, tmp_path):
    """A running daemon finds out by itself, within a request's deadline and its next look."""
    sim.faults([{"region": ORD, "action": "silent"}])
    with Tandem.start(sim, seed().write(tmp_path)) as tandem, Sampler(tandem):
        tandem.wait(lambda: tandem.verdict(TABLE) == "in-sync", "the other region")
        tandem.wait(lambda: not region_row(tandem, "secondary")["reachable"], "the silence to be noticed")
        tandem.wait(lambda: region_row(tandem, "secondary")["lastError"], "the reason in the status")
        sim.faults([])
        tandem.wait_verdict("in-sync")
    assert not writes(sim)


def test_region_goes_silent_in_the_middle(bare, tmp_path):
    """Half-way through a build: what is there stays, what is unknown waits."""
    path = seed().write(tmp_path)
    with Tandem.start(bare, path, "--bootstrap") as tandem:
        wait_for(lambda: len(changes_in(bare, ORD)) >= 6, PATIENCE, what="half of the build")
        bare.faults([{"region": ORD, "action": "refuse"}])
        with Sampler(tandem):
            tandem.wait(lambda: tandem.verdict("primary/Subnet/primary-lb") == "in-sync", "the other region")
            tandem.wait_verdict("unknown")
            there = ids(bare, ORD)
            tandem.wait(lambda: not region_row(tandem, "secondary")["reachable"], "it to be noticed")
        assert ids(bare, ORD) == there
        bare.faults([])
        tandem.wait_in_sync()
    assert_seed_stands(bare)
    assert_guarded(bare.calls())


def test_both_regions_gone(sim, tmp_path):
    """Nobody answers: all is unknown, the daemon stays up and answers."""
    with Tandem.start(sim, seed().write(tmp_path)) as tandem:
        tandem.wait_in_sync()
        sim.faults([{"action": "refuse"}])
        with Sampler(tandem):
            tandem.wait_verdict("unknown")
            assert tandem.ctl("status").returncode == 2
            tandem.wait(lambda: not any(r["reachable"] for r in tandem.status()["regions"]), "both to be noticed")
        sim.faults([])
        tandem.wait_in_sync()
    assert not writes(sim)


def test_harm_waits_for_the_other_region(sim, tmp_path):
    """What takes away is not done in one region while the other is not proven well, approved or not."""
    lb = "primary/Subnet/primary-lb"
    with Tandem.start(sim, seed().drop(lb).write(tmp_path)) as tandem:
        action = tandem.wait_plan(lb, "delete")
        sim.faults([{"region": ORD, "action": "refuse"}])
        tandem.wait(lambda: not region_row(tandem, "secondary")["reachable"], "it to be noticed")
        assert tandem.ctl("approve", action["id"]).returncode == 0
        n = sim.last_call()
        tandem.wait(lambda: [c for c in sim.calls(n) if c["region"] == SJC and "/vcns" in c["path"]], "another look")
        assert find(sim, lb) and nothing_destroyed(sim)
        sim.faults([])
        tandem.wait(lambda: not find(sim, lb), "the approved deletion")
        tandem.wait_in_sync()


# Everything answers, badly

STORMS = {
    "429": [{"action": "status", "status": 429, "code": "TooManyRequests", "from": 5, "to": 60}],
    "429-retry-after": [{"action": "status", "status": 429, "code": "TooManyRequests", "headers": {"retry-after": "1"}, "from": 10, "to": 14}],
    "500": [{"action": "status", "status": 500, "code": "InternalServerError", "from": 3, "to": 60}],
    "503-html": [{"action": "status", "status": 503, "body": "<html>busy</html>", "from": 3, "to": 40}],
    "truncated": [{"action": "truncate", "method": "GET", "from": 2, "to": 60}],
    "stale": [{"action": "stale", "method": "GET", "from": 5, "to": 90}],
    "stale-lists": [{"action": "stale", "method": "GET", "path": "[?]", "from": 5, "to": 120}],
    "slow": [{"action": "delay", "delayMs": 150, "from": 1, "to": 60}],
    "reset": [{"action": "reset", "from": 4, "to": 50}],
    "404": [{"action": "status", "status": 404, "code": "NotAuthorizedOrNotFound", "method": "GET", "from": 10, "to": 60}],
    "409": [{"action": "status", "status": 409, "code": "IncorrectState", "method": "POST", "from": 2, "to": 12},
            {"action": "status", "status": 409, "code": "IncorrectState", "method": "PUT", "from": 1, "to": 8}],
    "412": [{"action": "status", "status": 412, "code": "NoEtagMatch", "method": "PUT", "from": 1, "to": 8}],
    "token-used": [{"action": "status", "status": 409, "code": "InvalidatedRetryToken", "method": "POST", "from": 2, "to": 6}],
    "lost-replies": [{"action": "lost-reply", "method": "POST", "from": 2, "to": 8}, {"action": "lost-reply", "method": "PUT", "to": 4}],
}


@pytest.mark.parametrize("storm", STORMS)
def test_build_through_a_storm(bare, tmp_path, storm):
    bare.faults(STORMS[storm])
    result = once(bare, minimal().write(tmp_path), "--bootstrap")
    assert result.returncode == 0, result.stdout + result.stderr
    for region in (SJC, ORD):
        counts = {kind: len(live(bare, region, kind)) for kind in ("Vcn", "Drg", "DrgAttachment", "RemotePeeringConnection")}
        assert counts == {"Vcn": 1, "Drg": 1, "DrgAttachment": 2, "RemotePeeringConnection": 1}, counts
    assert_nothing_doubled(bare)
    assert_guarded(bare.calls())


@pytest.mark.parametrize("storm", ["429", "500", "truncated", "stale", "404", "reset", "slow"])
def test_storm_over_a_standing_estate(sim, tmp_path, storm):
    """Nothing is wrong with the estate, so nothing is written, whatever the answers look like; the socket answers throughout."""
    with Tandem.start(sim, seed().write(tmp_path)) as tandem:
        tandem.wait_in_sync()
        for _ in range(2):
            sim.faults(STORMS[storm])
            with Sampler(tandem):
                wait_for(lambda: all(r["matched"] >= r["to"] for r in sim.control("GET", "/faults").body), PATIENCE, what="the storm to pass")
                tandem.wait_in_sync()
    assert not writes(sim)


@pytest.mark.parametrize("storm", ["stale", "stale-lists", "truncated", "404"])
def test_drift_behind_lying_lists(sim, tmp_path, storm):
    """A hand's change is found, and corrected once, though the lists lag behind."""
    with Tandem.start(sim, seed().write(tmp_path)) as tandem:
        tandem.wait_in_sync()
        sim.faults([{**r, "from": 1} for r in STORMS[storm]])
        Hand(sim).update(TABLE, routeRules=[])
        tandem.wait(lambda: len(find(sim, TABLE)["routeRules"]) == 3, "the correction")
        tandem.wait_in_sync()
    assert {c["path"].split("?")[0].rsplit("/", 1)[1] for c in writes(sim)} == {find(sim, TABLE)["id"]}
    assert_guarded(sim.calls())


@pytest.mark.parametrize("options", [{"emptyPages": 90, "pageSize": 1}, {"emptyPages": 60}, {"pageSize": 2}],
                         ids=lambda o: "-".join(o))
def test_pages(sim, tmp_path, options):
    """Empty pages with more to follow, pages of one: a list ends where it says so, and nothing in it is missing."""
    sim.options(**options)
    result = once(sim, seed().write(tmp_path))
    assert result.returncode == 0, result.stdout + result.stderr
    assert not writes(sim)


def test_a_page_fails(sim, tmp_path):
    """A list of which one page fails is no list: what stands on the missing page is unknown, never absent."""
    sim.options(pageSize=1)
    sim.faults([{"region": SJC, "path": "[?&]page=", "action": "status", "status": 500, "code": "InternalServerError"}])
    with Tandem.start(sim, seed().write(tmp_path)) as tandem:
        tandem.wait(lambda: tandem.verdict(FAR) == "in-sync", "the other region")
        tandem.wait(lambda: region_row(tandem, "primary")["lastError"], "the failure in the status")
        assert tandem.verdict("primary/Subnet/primary-lb") in ("unknown", "waiting")
        assert not writes(sim)
        sim.faults([])
        tandem.wait_in_sync()
    assert not writes(sim)


def test_throttling_is_shown(sim, tmp_path):
    """429 slows the pace in that region alone, is shown, and passes."""
    with Tandem.start(sim, seed().write(tmp_path)) as tandem:
        tandem.wait_in_sync()
        sim.faults([{"region": ORD, "action": "status", "status": 429, "code": "TooManyRequests"}])
        tandem.wait(lambda: region_row(tandem, "secondary")["throttled"], "the throttling in the status")
        assert not region_row(tandem, "primary")["throttled"]
        sim.faults([])
        tandem.wait(lambda: not region_row(tandem, "secondary")["throttled"], "the pace to be restored")
        tandem.wait_in_sync()
    assert not writes(sim)


# Clocks

@pytest.mark.parametrize("skew", [-900, 900])
def test_clock_skew(sim, tmp_path, skew):
    """A 401 because of the clock says by how much it is off; nothing is built or lost meanwhile."""
    sim.options(clockSkewSeconds=skew)
    path = seed().write(tmp_path)
    result = once(sim, path, "--bootstrap")
    assert result.returncode == 2, result.stdout + result.stderr
    assert "clock" in result.stderr and ("15 m" in result.stderr or "900" in result.stderr or "899" in result.stderr), result.stderr[:2000]
    with Tandem.start(sim, path) as tandem:
        row = tandem.wait(lambda: (lambda r: r if r["clockSkewSeconds"] is not None else None)(region_row(tandem, "primary")), "the skew")
        assert abs(abs(row["clockSkewSeconds"]) - 900) < 5
        assert "clock" in row["lastError"]["message"]
        assert "clock" in tandem.ctl("status").stdout
        assert not writes(sim)
        sim.options(clockSkewSeconds=0)
        tandem.wait_in_sync()
    assert not writes(sim)


def test_small_skew_does_not_matter(bare, tmp_path):
    bare.options(clockSkewSeconds=200)
    result = once(bare, minimal().write(tmp_path), "--bootstrap")
    assert result.returncode == 0, result.stdout + result.stderr
