"""kill -9 at any instant needs no recovery: before a request is heard, or after its effect with the reply lost; twenty random calls of a
build, and calls of an RPC heal."""

import random

import pytest
from simlib import wait_for
from tandem import PAIR, PATIENCE, Hand, Tandem, assert_guarded, assert_seed_stands, find, once, seed

HEARD = {"silent": "before the request is heard", "lost-reply": "after the effect"}


def kill_at(sim, specs, action, n, *opts):
    """Runs tandemd until its n-th write, which the fault swallows, and kills it there; False: it was in sync before."""
    sim.faults([{"method": m, "action": action, "from": n, "to": n} for m in ("POST", "PUT", "DELETE")])
    tandem = Tandem(sim, specs, opts)
    tandem.launch()

    def hit():
        if any(rule["matched"] >= n for rule in sim.control("GET", "/faults").body):
            return "hit"
        assert tandem.process.poll() is None, tandem.log()[-3000:]
        try:
            return "done" if tandem.status()["verdict"] == "in-sync" else None
        except (OSError, AssertionError):
            return None  # the socket is not there yet

    try:
        return wait_for(hit, PATIENCE, every=0.005, what=f"write {n}") == "hit"
    finally:
        tandem.kill()
        sim.faults([])


@pytest.mark.parametrize("seed_number", range(4))
def test_killed_while_building(empty, tmp_path, seed_number):
    """Five kills a build, four builds."""
    rng = random.Random(seed_number)
    specs = seed().write(tmp_path)
    kills = 0
    for _ in range(5):
        kills += kill_at(empty, specs, rng.choice(list(HEARD)), rng.randint(1, 6), "--bootstrap")
    assert kills >= 3, "the build was over before it was disturbed: the test is wrong"
    built = once(empty, specs, "--bootstrap")
    assert built.returncode == 0, built.stdout + built.stderr
    assert_seed_stands(empty)
    assert_guarded(empty.calls())


@pytest.mark.parametrize("action", HEARD)
@pytest.mark.parametrize("victim", PAIR)
def test_killed_while_healing(standing, tmp_path, action, victim):
    specs = seed().write(tmp_path)
    for n in (1, 2, 3):
        before = find(standing, victim)["id"]
        Hand(standing).delete(victim)
        assert kill_at(standing, specs, action, n) or n > 1
        healed = once(standing, specs)
        assert healed.returncode == 0, healed.stdout + healed.stderr
        assert_seed_stands(standing)
        assert find(standing, victim)["id"] != before
    assert_guarded(standing.calls())


def test_terminated_while_building(empty, tmp_path):
    """SIGTERM in the middle ends it cleanly and soon; the next run finishes the work."""
    specs = seed().write(tmp_path)
    tandem = Tandem.start(empty, specs, "--bootstrap")
    wait_for(lambda: len([c for c in empty.calls() if c["mutating"]]) >= 5, PATIENCE)
    tandem.stop()
    assert once(empty, specs, "--bootstrap").returncode == 0
    assert_seed_stands(empty)


def test_state_lost(standing, tmp_path):
    """The state directory holds only people's words: without it nothing is doubled or destroyed."""
    specs = seed().write(tmp_path)
    with Tandem.start(standing, specs) as tandem:
        tandem.wait_in_sync()
    for f in sorted((standing.dir / "state").rglob("*"), reverse=True):
        f.rmdir() if f.is_dir() else f.unlink()
    n = standing.last_call()
    assert once(standing, specs).returncode == 0
    assert not [c for c in standing.calls(n) if c["mutating"]]


def test_two_daemons(standing, tmp_path):
    """One per state directory."""
    specs = seed().write(tmp_path)
    with Tandem.start(standing, specs) as tandem:
        tandem.wait_in_sync()
        second = once(standing, specs, "--socket", tmp_path / "other.sock")
        assert second.returncode not in (0, 2)
        assert "lock" in second.stderr.lower() or "another" in second.stderr.lower()
        assert tandem.status()["verdict"] == "in-sync"
