"""Memory, descriptors and threads stay flat however often the circle turns. A few hundred passes by default; the long way is

    TANDEM_PASSES=10000 /usr/bin/python3 -B -m pytest -q -s test/e2e/test_endurance.py
"""

import os
import pathlib

import pytest
from simlib import SJC
from tandem import PATIENCE, Hand, Tandem, find, seed

SPEED = 1000  # a pass every 15 ms, as far as the machine keeps up
PASSES = int(os.environ.get("TANDEM_PASSES", 500))
SAMPLES = 10
SPARE = 4  # kept connections come and go
GROWTH = 1 << 20  # bytes that the heap may wander; a leak of a hundred bytes a pass is as much after 10,000
TABLE = "primary/RouteTable/primary-private"


class Passes:
    """Counts the listings of a kind that every pass lists once a region."""

    def __init__(self, sim):
        self.sim = sim
        self.last = sim.last_call()
        self.n = 0

    def count(self):
        for c in self.sim.calls(self.last):
            self.last = c["n"]
            self.n += c["region"] == SJC and c["method"] == "GET" and c["path"].startswith("/20160918/drgAttachments?")
        return self.n


def descriptors(proc):
    for f in (proc / "fd").iterdir():
        try:
            yield os.readlink(f)
        except FileNotFoundError:
            pass  # closed meanwhile


def sample(pid):
    """What the kernel says of a process: bytes of its own memory, descriptors, threads."""
    proc = pathlib.Path(f"/proc/{pid}")
    rollup = dict(line.split(":", 1) for line in (proc / "smaps_rollup").read_text().splitlines()[1:])
    return {"anonymous": int(rollup["Anonymous"].split()[0]) << 10, "pss": int(rollup["Pss"].split()[0]) << 10,
            "descriptors": sorted(descriptors(proc)), "threads": len(list((proc / "task").iterdir()))}


def plain(row):
    """The descriptors that are no connections, by what they are."""
    return sorted(d.split(":[")[0] for d in row["descriptors"] if not d.startswith("socket:"))


@pytest.mark.long
def test_flat(cloud, seed_estate, tmp_path):
    sim = cloud("--estate", seed_estate, speed=SPEED)
    rows = []
    with Tandem.start(sim, seed().write(tmp_path)) as tandem:
        tandem.wait_in_sync()
        passes = Passes(sim)
        hand = Hand(sim)
        print(f"\n{'passes':>7} {'anonymous':>10} {'pss':>8} {'descriptors':>11} {'threads':>7}")
        for i in range(SAMPLES + 1):
            tandem.wait(lambda: passes.count() >= PASSES * i // SAMPLES, f"pass {PASSES * i // SAMPLES}", PATIENCE + PASSES)
            hand.update(TABLE, routeRules=[])  # some of the passes have something to do
            tandem.wait(lambda: len(find(sim, TABLE)["routeRules"]) == 3, "the correction")
            tandem.wait_verdict("in-sync")
            row = sample(tandem.process.pid)
            print(f"{passes.count():>7} {row['anonymous'] >> 10:>7} KiB {row['pss'] >> 10:>4} KiB {len(row['descriptors']):>7} {row['threads']:>7}")
            rows.append(row)
    warm, end = rows[SAMPLES // 2], rows[-1]
    assert end["anonymous"] - warm["anonymous"] < GROWTH
    assert plain(end) == plain(warm) and end["threads"] == warm["threads"]
    assert len(end["descriptors"]) <= len(warm["descriptors"]) + SPARE
