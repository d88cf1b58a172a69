"""Other specs for a running daemon: taken whole or not at all; and what people said outlives a restart."""

import json
import re
import signal

import pytest
from simlib import wait_for
from tandem import (PATIENCE, Hand, Tandem, all_live, assert_guarded, assert_nothing_doubled, assert_seed_stands, find, once, seed, tandemd,
                    writes)

SPEED = 200
GROUP = "primary/NetworkSecurityGroup/primary-new"
LB = "primary/Subnet/primary-lb"
TABLE = "primary/RouteTable/primary-private"


@pytest.fixture()
def sim(cloud, seed_estate):
    return cloud("--estate", seed_estate, speed=SPEED)


@pytest.fixture()
def tandem(sim, tmp_path):
    with Tandem.start(sim, seed().write(tmp_path)) as t:
        t.wait_in_sync()
        yield t


def with_group():
    specs = seed()
    specs.vcn()["networkSecurityGroups"] = [{"name": "primary-new", "securityRules": [
        {"direction": "INGRESS", "protocol": "tcp", "source": "10.0.0.0/16", "ports": [443]}]}]
    return specs


def with_error(specs=None):
    """Specs with one mistake; → (specs, the line and column where it is)."""
    specs = specs or seed()
    text = specs.text().replace("routeTable: primary-private", "routTable: primary-private", 1)

    class Broken:
        def write(self, directory):
            path = specs.write(directory)
            (path / "estate.yaml").write_text(text)
            return path

    before = text[:text.index("routTable")]
    return Broken(), before.count("\n") + 1, len(before) - before.rfind("\n")


def running(tandem):
    return tandem.status()["spec"]["running"]["digest"]


# Taking new specs

def by_signal(tandem):
    tandem.process.send_signal(signal.SIGHUP)


def by_tandemctl(tandem):
    assert tandem.ctl("reload").returncode == 0


@pytest.mark.parametrize("way", [by_signal, by_tandemctl])
def test_reload(sim, tandem, tmp_path, way):
    before = running(tandem)
    with_group().write(tmp_path)
    assert running(tandem) == before, "nothing is taken before it is asked for"
    way(tandem)
    tandem.wait(lambda: running(tandem) != before, "the new specs")
    tandem.wait(lambda: find(sim, GROUP), "the new group")
    tandem.wait_in_sync()
    assert {c["path"].split("?")[0].split("/")[2] for c in writes(sim)} == {"networkSecurityGroups"}
    assert_guarded(sim.calls())


def test_reload_tells_of_warnings(tandem, tmp_path):
    """Its answer says nothing about them, so the log does: how many, and the first."""
    specs = seed()
    specs.vcn()["routeTables"].append({"name": "primary-spare", "routeRules": []})
    specs.write(tmp_path)
    by_tandemctl(tandem)
    assert re.search(r"Loaded the specs \w+: 40 resources, 1 warning: \S+\.yaml:\d+:\d+: nothing uses primary/RouteTable/primary-spare\n",
                     tandem.log())


def test_reload_of_the_same(sim, tandem):
    before = running(tandem)
    for _ in range(5):
        by_tandemctl(tandem)
    tandem.wait_in_sync()
    assert running(tandem) == before and not writes(sim)


def test_reload_by_plan(sim, tandem, tmp_path):
    """What was read is what is done: another plan than the one that was read is refused."""
    path = with_group().write(tmp_path)
    told = tandem.ctl("plan", "-f", path)
    assert told.returncode == 0 and GROUP in told.stdout
    digest = re.search(r"tandemctl reload --plan (\w+)", told.stdout).group(1)
    assert json.loads(tandem.ctl("--json", "plan", "-f", path).stdout)["digest"] == digest

    before = running(tandem)
    with_group().drop(LB).write(tmp_path)
    refused = tandem.ctl("reload", "--plan", digest)
    assert refused.returncode == 1 and digest in refused.stderr and "plan -f" in refused.stderr
    assert running(tandem) == before and tandem.status()["spec"]["rejected"] is None and not writes(sim)

    with_group().write(tmp_path)
    assert tandem.ctl("reload", "--plan", digest).returncode == 0
    tandem.wait(lambda: find(sim, GROUP), "the new group")
    tandem.wait_in_sync()


def test_plan_changes_with_the_world(sim, tandem, tmp_path):
    """The same specs on another world are another plan."""
    assert tandem.ctl("pause", "--all", "--reason", "look first").returncode == 0
    path = with_group().write(tmp_path)
    digest = json.loads(tandem.ctl("--json", "plan", "-f", path).stdout)["digest"]
    Hand(sim).update(TABLE, routeRules=[])
    tandem.wait(lambda: tandem.verdict(TABLE) == "paused", "the drift")
    assert tandem.ctl("reload", "--plan", digest).returncode == 1
    assert not writes(sim)


# Refusing bad ones

@pytest.mark.parametrize("way", ["signal", "tandemctl"])
def test_bad_specs_keep_the_running_ones(sim, tandem, tmp_path, way):
    before = running(tandem)
    broken, line, column = with_error()
    path = broken.write(tmp_path)
    if way == "signal":
        by_signal(tandem)
    else:
        told = tandem.ctl("reload")
        assert told.returncode == 1 and f"estate.yaml:{line}:{column}" in told.stderr and "routTable" in told.stderr
    rejected = tandem.wait(lambda: tandem.status()["spec"]["rejected"], "the refusal in the status")
    error, = rejected["errors"]
    assert (error["line"], error["column"]) == (line, column) and error["file"].endswith("estate.yaml") and "routTable" in error["message"]
    assert running(tandem) == before != rejected["digest"]
    screen = tandem.ctl("status").stdout
    assert "REJECTED" in screen and f"{line}:{column}" in screen
    assert "refused" in tandem.ctl("events").stdout

    Hand(sim).update(TABLE, routeRules=[])
    tandem.wait(lambda: writes(sim), "the running specs to go on")
    tandem.wait_in_sync()
    assert len(find(sim, TABLE)["routeRules"]) == 3

    with_group().write(tmp_path)
    by_tandemctl(tandem)
    assert tandem.status()["spec"]["rejected"] is None, "good ones end it"
    tandem.wait(lambda: find(sim, GROUP), "the new group")
    assert path.exists()


def emptied(path):
    (path / "estate.yaml").write_text("")


def removed(path):
    (path / "estate.yaml").unlink()
    path.rmdir()


def without_files(path):
    (path / "estate.yaml").unlink()


def of_another_profile(path):
    text = (path / "estate.yaml").read_text()
    (path / "estate.yaml").write_text(text.replace("profile: DEFAULT", "profile: NOBODY"))


@pytest.mark.parametrize("damage", [emptied, removed, without_files, of_another_profile])
def test_lost_specs_keep_the_running_ones(sim, tandem, damage):
    """An estate is never emptied because its files are."""
    before = running(tandem)
    damage(tandem.specs)
    told = tandem.ctl("reload")
    assert told.returncode == 1 and told.stderr.strip()
    assert running(tandem) == before
    tandem.wait_in_sync()
    assert not writes(sim) and tandem.plan()["actions"] == []
    assert_seed_stands(sim)


def test_start_on_the_last_good_specs(sim, tmp_path):
    path = seed().write(tmp_path)
    with Tandem.start(sim, path) as tandem:
        tandem.wait_in_sync()
        good = running(tandem)
    broken, line, column = with_error(with_group())
    broken.write(tmp_path)
    with Tandem.start(sim, path) as tandem:
        tandem.wait_in_sync()
        assert running(tandem) == good
        error, = tandem.status()["spec"]["rejected"]["errors"]
        assert (error["line"], error["column"]) == (line, column)
        assert "last good" in tandem.log()
        Hand(sim).update(TABLE, routeRules=[])
        tandem.wait(lambda: writes(sim), "the last good specs at work")
        tandem.wait_in_sync()
        with_group().write(tmp_path)
        by_tandemctl(tandem)
        tandem.wait(lambda: find(sim, GROUP), "the mended specs at work")


def test_no_last_good_specs(sim, tmp_path):
    broken, line, column = with_error()
    path = broken.write(tmp_path)
    r = tandemd("--specs", path, "--rehearse", sim.dir)
    assert r.returncode == 64 and f"estate.yaml:{line}:{column}: error:" in r.stderr and "last good" in r.stderr
    assert not sim.calls()


def test_once_never_takes_the_last_good_specs(sim, tmp_path):
    path = seed().write(tmp_path)
    assert once(sim, path).returncode == 0
    broken, line, column = with_error()
    broken.write(tmp_path)
    n = sim.last_call()
    r = once(sim, path)
    assert r.returncode == 64 and f"estate.yaml:{line}:{column}: error:" in r.stderr
    assert sim.last_call() == n


def test_damaged_last_good_specs(sim, tmp_path):
    """What is kept may be damaged too: then there is none."""
    path = seed().write(tmp_path)
    assert once(sim, path).returncode == 0
    kept = sim.dir / "state" / "last-good.json"
    broken, _, _ = with_error()
    broken.write(tmp_path)
    for text in ("", "{", '{"version": 1, "files": [{}]}', '{"version": 99, "files": []}', "\0" * 100):
        kept.write_text(text)
        r = tandemd("--specs", path, "--rehearse", sim.dir)
        assert r.returncode == 64, r
    assert not writes(sim)


# In the middle of work

def test_reload_while_building(cloud, tmp_path):
    """A build whose specs change on its way ends at what they say last, nothing doubled."""
    sim = cloud(speed=SPEED / 2)
    with Tandem.start(sim, seed().write(tmp_path), "--bootstrap") as tandem:
        for n, specs in ((4, with_group()), (15, seed()), (25, with_group()), (35, seed().drop(LB)), (40, with_group())):
            wait_for(lambda n=n: len(writes(sim)) >= n or tandem.status()["verdict"] == "in-sync", PATIENCE, what=f"{n} writes")
            specs.write(tmp_path)
            by_signal(tandem)
        by_tandemctl(tandem)
        # What was made for specs that were then withdrawn waits for approval, or is wanted again.
        tandem.wait_in_sync()
    assert find(sim, GROUP) and find(sim, LB)
    assert_seed_stands(sim)
    assert_guarded(sim.calls())
    again = once(sim, with_group().write(tmp_path))
    assert again.returncode == 0, again.stdout + again.stderr


def test_reload_storm(sim, tandem, tmp_path):
    """A hundred reloads in a row: the last one counts, nothing leaks into the cloud."""
    for i in range(100):
        (with_group() if i % 2 else seed()).write(tmp_path)
        by_signal(tandem)
    with_group().write(tmp_path)
    by_tandemctl(tandem)
    tandem.wait(lambda: find(sim, GROUP), "the new group")
    tandem.wait_in_sync()
    assert_nothing_doubled(sim)
    assert len([o for _, kind, o in all_live(sim.estate()) if kind == "NetworkSecurityGroup"]) == 1


def test_observe_and_enforce(sim, tandem, tmp_path):
    """The mode is a line of the specs: it may change while the daemon runs."""
    specs = seed()
    specs.estate["mode"] = "observe"
    specs.write(tmp_path)
    by_tandemctl(tandem)
    Hand(sim).update(TABLE, routeRules=[])
    tandem.wait_verdict("drifted")
    for _ in range(2):
        tandem.wait_new_view()
    assert not writes(sim)
    seed().write(tmp_path)
    by_tandemctl(tandem)
    tandem.wait(lambda: writes(sim), "the correction")
    tandem.wait_in_sync()


# What people said

def restart(tandem, how):
    if how == "kill":
        tandem.kill()
    else:
        tandem.stop()
    tandem.launch()
    tandem.wait_ready()


@pytest.mark.parametrize("how", ["kill", "stop"])
def test_pause_survives_a_restart(sim, tandem, how):
    assert tandem.ctl("pause", TABLE, "--for", "2h", "--reason", "the auditor looks").returncode == 0
    before = tandem.status()["paused"]
    restart(tandem, how)
    assert tandem.status()["paused"] == before
    Hand(sim).update(TABLE, routeRules=[])
    tandem.wait(lambda: tandem.verdict(TABLE) == "paused", "the drift")
    tandem.wait_new_view()
    assert not writes(sim)
    assert tandem.ctl("resume", TABLE).returncode == 0
    tandem.wait(lambda: writes(sim), "the correction")
    restart(tandem, how)
    assert tandem.status()["paused"] == []
    tandem.wait_in_sync()


def test_pause_of_one_holds_no_other(sim, tandem):
    other = "secondary/RouteTable/secondary-private"
    assert tandem.ctl("pause", TABLE, "--reason", "hands off").returncode == 0
    hand = Hand(sim)
    hand.update(TABLE, routeRules=[])
    hand.update(other, routeRules=[])
    tandem.wait(lambda: len(find(sim, other)["routeRules"]) == 3, "the other one's correction")
    tandem.wait(lambda: tandem.verdict(TABLE) == "paused", "the pause")
    assert find(sim, TABLE)["routeRules"] == []


def test_pause_ends_by_itself(sim, tandem):
    assert tandem.ctl("pause", "--all", "--for", "2s", "--reason", "a moment").returncode == 0
    Hand(sim).update(TABLE, routeRules=[])
    tandem.wait(lambda: writes(sim), "the correction")
    assert tandem.status()["paused"] == []


@pytest.mark.parametrize("how", ["kill", "stop"])
def test_approval_survives_a_restart(cloud, seed_estate, tmp_path, how):
    """It holds when the daemon that heard it is gone, and is used up by what it was given for."""
    sim = cloud("--estate", seed_estate, speed=100)  # an approval's hour is divided too
    with Tandem.start(sim, seed().drop(LB).write(tmp_path)) as tandem:
        action = tandem.wait_plan(LB, "delete")
        assert tandem.ctl("pause", "--all", "--reason", "not yet").returncode == 0
        assert tandem.ctl("approve", action["id"]).returncode == 0
        approvals = tandem.status()["approvals"]
        assert [(a["address"], a["verb"]) for a in approvals] == [(LB, "delete")]
        restart(tandem, how)
        assert tandem.status()["approvals"] == approvals
        tandem.wait_new_view()
        assert find(sim, LB) and not writes(sim)
        assert tandem.ctl("resume", "--all").returncode == 0
        tandem.wait(lambda: not find(sim, LB), "the approved deletion")
        tandem.wait_in_sync()


def test_approval_lapses(cloud, seed_estate, tmp_path):
    """After its hour it is as if it had not been given."""
    sim = cloud("--estate", seed_estate, speed=1000)
    with Tandem.start(sim, seed().drop(LB).write(tmp_path)) as tandem:
        action = tandem.wait_plan(LB, "delete")
        assert tandem.ctl("pause", "--all", "--reason", "not yet").returncode == 0
        assert tandem.ctl("approve", action["id"]).returncode == 0
        tandem.wait(lambda: tandem.status()["approvals"] == [], "the hour to pass")
        assert tandem.ctl("resume", "--all").returncode == 0
        tandem.wait(lambda: tandem.verdict(LB) == "blocked", "the gate")
        tandem.wait_new_view()
        assert find(sim, LB) and not writes(sim)


def test_approval_is_for_what_was_seen(sim, tmp_path):
    """Approved is what a person read: when it is another thing by then, it is asked for again."""
    specs = seed()
    rules = specs.item(TABLE)["routeRules"]
    specs.item(TABLE)["routeRules"] = rules[1:]
    with Tandem.start(sim, specs.write(tmp_path)) as tandem:
        action = tandem.wait_plan(TABLE, "disrupt")
        assert tandem.ctl("pause", "--all", "--reason", "not yet").returncode == 0
        assert tandem.ctl("approve", action["id"]).returncode == 0
        specs.item(TABLE)["routeRules"] = []
        specs.write(tmp_path)
        by_tandemctl(tandem)
        tandem.wait(lambda: (lambda a: a and a["id"] != action["id"])(tandem.wait_plan(TABLE, "disrupt")), "another action")
        assert tandem.ctl("resume", "--all").returncode == 0
        tandem.wait(lambda: tandem.verdict(TABLE) == "blocked", "the gate")
        tandem.wait_new_view()
        assert len(find(sim, TABLE)["routeRules"]) == 3 and not writes(sim)


def test_damaged_words(sim, tmp_path):
    """Losing what people said adds caution, and is said; the file is set aside."""
    path = seed().write(tmp_path)
    with Tandem.start(sim, path) as tandem:
        tandem.wait_in_sync()
        tandem.ctl("pause", TABLE, "--reason", "x")
    words = sim.dir / "state" / "words.json"
    words.write_text(words.read_text()[:-20])
    with Tandem.start(sim, path) as tandem:
        tandem.wait_in_sync()
        assert "words.json" in tandem.log()
        assert tandem.status()["paused"] == []
    assert words.with_suffix(".json.bad").exists()
    assert not writes(sim)


def test_asked_to_stop_again_and_again(sim, tmp_path):
    """More signals while it stops are no reason to die of one."""
    tandem = Tandem.start(sim, seed().write(tmp_path))
    tandem.wait_verdict("in-sync")
    for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGTERM) * 20:
        tandem.process.send_signal(number)
    assert tandem.process.wait(PATIENCE) == 0
