"""Nodes are renewed one at a time in the whole estate, and control planes step by step: a version that the spec moves up, machines that are
not what their pool says, and all that holds this still."""

import json
import pathlib
import signal
import sys
import threading

import pytest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "campaign"))

from case import Case, run  # noqa: E402: found only after the line above
from simlib import ORD, SJC, Sim  # noqa: E402
from tandem import (PATIENCE, REGIONS, Tandem, assert_clusters_stand, assert_guarded, assert_seed_stands, estate, find, moving_nodes,  # noqa: E402
                    nodes, once, writes)

pytestmark = pytest.mark.long

SPEED = 200
RENEWAL = (30 + 60 + 180) / SPEED  # seconds that the simulator takes to drain, terminate and launch
UPGRADE = 600 / SPEED  # … and for a control plane
NEXT = "v1.35.0"
CLUSTERS = {"primary": "primary/Cluster/primary-cluster", "secondary": "secondary/Cluster/secondary-cluster"}
POOLS = {"primary": "primary/NodePool/primary-pool1", "secondary": "secondary/NodePool/secondary-pool1"}
CLUSTER, POOL, FAR = CLUSTERS["primary"], POOLS["primary"], POOLS["secondary"]


def automatic(**policy):
    return estate().policy(**{"disrupt": "automatic", "disruptionsPerHour": 1000, **policy})


def asked():
    return estate().policy(disruptionsPerHour=1000)


def move(specs, version, *regions):
    for name in regions:
        specs.item(CLUSTERS[name])["kubernetesVersion"] = specs.item(POOLS[name])["kubernetesVersion"] = version
    return specs


def build(directory, specs):
    """An estate as tandemd builds it: a file for --estate."""
    with Sim.start(directory / "sim", "--speed", 200) as sim:
        built = once(sim, specs.write(directory), "--bootstrap")
        assert built.returncode == 0, built.stdout + built.stderr
        path = directory / "estate.json"
        path.write_text(json.dumps(sim.snapshot()))
    return path


@pytest.fixture(scope="session")
def clusters_estate(tmp_path_factory):
    return build(tmp_path_factory.mktemp("clusters"), automatic())


@pytest.fixture(scope="session")
def old_estate(tmp_path_factory):
    """The same, and the primary is two minor versions behind."""
    return build(tmp_path_factory.mktemp("old"), move(automatic(), "v1.32.1", "primary"))


@pytest.fixture()
def sim(cloud, clusters_estate):
    return cloud("--estate", clusters_estate, speed=SPEED)


class Watch:
    """Looks at the nodes of the estate all the time: never may two of them be on their way."""

    def __init__(self, sim):
        self.sim, self.most, self.looks, self.seen = sim, [], 0, set()
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        while not self.over.is_set():
            moving = moving_nodes(self.sim)
            self.most = max(self.most, moving, key=len)
            self.seen |= {region for region, _, _ in moving}
            self.looks += 1

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, *_):
        self.over.set()
        self.thread.join()
        if not kind:
            assert self.looks > 10
            assert len(self.most) <= 1, f"on their way at once: {self.most}"


def done(sim, since=0):
    """tandem's writes that were accepted. Others may be refused: a node that vanishes at last changes its pool's etag, too."""
    return [c for c in writes(sim, since) if c["status"] < 400]


def given_back(sim, since=0):
    """The nodes that tandem gave back, by the log: [(region, OCID)]. It deletes nothing else, and leaves the size alone."""
    calls = [c for c in done(sim, since) if c["method"] == "DELETE"]
    assert all("/node/" in c["path"] and c["path"].endswith("?isDecrementSize=false") for c in calls), calls
    return [(c["region"], c["path"].split("/node/")[1].split("?")[0]) for c in calls]


def assert_one_after_the_other(sim, since=0):
    """What takes away, a node or a control plane's step, begins when the one before it is over; and every write was guarded."""
    calls = [c for c in done(sim, since) if "/node/" in c["path"] or (c["method"] == "PUT" and "/clusters/" in c["path"])]
    for a, b in zip(calls, calls[1:]):
        assert instant(b) - instant(a) > (RENEWAL if "/node/" in a["path"] else UPGRADE) - 0.01, (a, b)
    assert_guarded(sim.calls(since))


def instant(c):
    hours, minutes, seconds = c["at"][11:-1].split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def puts(sim, since=0):
    """The kinds of what was written in place, in order."""
    return [c["path"].split("/")[2] for c in done(sim, since) if c["method"] == "PUT"]


def reload(tandem, specs, tmp_path):
    specs.write(tmp_path)
    tandem.process.send_signal(signal.SIGHUP)


def age(sim, address, *which, **source):
    """The machines of these nodes were made from something else than their pool says."""
    region = REGIONS[address.split("/")[0]]
    aged = []
    for i in which:
        id = nodes(sim, address)[i]["id"]
        machine = next(o for o in sim.objects(region, "Instance") if o["id"] == id)
        sim.set(region, "Instance", id, sourceDetails={**machine["sourceDetails"], **(source or {"imageId": "ocid1.image.oc1..other"})})
        aged.append((region, id))
    return aged


def node_action(tandem, address=POOL):
    return next((a for a in tandem.plan()["actions"] if a["address"] == address and a["verb"] == "disrupt"), None)


def wait_done(tandem, sim, **versions):
    def done():
        return all(find(sim, POOLS[name])["kubernetesVersion"] == version for name, version in versions.items()) \
            and tandem.status()["verdict"] == "in-sync" and not tandem.plan()["actions"]

    tandem.wait(done, "the new versions")
    assert_clusters_stand(sim, **versions)
    assert_seed_stands(sim)


# A version step

def test_version_step(sim, tmp_path):
    """The control plane, the pool, then its three nodes; the other region is left alone."""
    old = {(SJC, n["id"]) for n in nodes(sim, POOL)}
    with Tandem.start(sim, automatic().write(tmp_path)) as tandem:
        tandem.wait_in_sync()
        n = sim.last_call()
        with Watch(sim) as watch:
            reload(tandem, move(automatic(), NEXT, "primary"), tmp_path)
            wait_done(tandem, sim, primary=NEXT)
        assert [c["method"] for c in done(sim, n)] == ["PUT", "PUT", "DELETE", "DELETE", "DELETE"]
        assert puts(sim, n) == ["clusters", "nodePools"]
        assert {c["region"] for c in writes(sim, n)} == {SJC} and watch.seen == {SJC}
        assert set(given_back(sim, n)) == old
        assert_one_after_the_other(sim, n)


def test_version_step_by_approvals(sim, tmp_path):
    """One word for the control plane and one for the nodes: it holds while three that are behind become two, and one."""
    with Tandem.start(sim, asked().write(tmp_path)) as tandem:
        tandem.wait_in_sync()
        n = sim.last_call()
        with Watch(sim):
            reload(tandem, move(asked(), NEXT, "primary"), tmp_path)
            tandem.wait(lambda: tandem.verdict(CLUSTER) == "blocked", "the question")
            assert not writes(sim, n)
            tandem.approve(CLUSTER, "disrupt")
            tandem.wait(lambda: tandem.verdict(POOL) == "blocked", "the question for the nodes")
            assert puts(sim, n) == ["clusters", "nodePools"] and not given_back(sim, n)
            action = tandem.approve(POOL, "disrupt")
            assert len({d["path"].split("]")[0] for d in action["differences"]}) == 3, "it is for all that are behind"
            wait_done(tandem, sim, primary=NEXT)
        assert len(given_back(sim, n)) == 3
        assert_one_after_the_other(sim, n)


def test_approval_lapses(sim, tmp_path):
    """Whatever else changes makes another decision of it: a spec with another key is not what was approved."""
    with Tandem.start(sim, move(asked(), NEXT, "primary").write(tmp_path)) as tandem:
        tandem.approve(CLUSTER, "disrupt")
        tandem.wait(lambda: tandem.verdict(POOL) == "blocked", "the question for the nodes")
        tandem.approve(POOL, "disrupt")
        tandem.wait(lambda: len(given_back(sim)) == 1, "the first node")
        specs = move(asked(), NEXT, "primary")
        specs.item(POOL)["sshPublicKey"] = "ssh-ed25519 AAAA"
        reload(tandem, specs, tmp_path)
        tandem.wait(lambda: (find(sim, POOL).get("sshPublicKey") and tandem.verdict(POOL) == "blocked"), "the question once more")
        assert len(given_back(sim)) == 1
        tandem.approve(POOL, "disrupt")
        wait_done(tandem, sim, primary=NEXT)
        assert len(given_back(sim)) == 3
        assert_one_after_the_other(sim)


def test_no_minor_version_is_left_out(cloud, old_estate, tmp_path):
    """From v1.32.1 to v1.34.1 by the newest of v1.33, and the plan says so; the nodes follow when the control plane has arrived."""
    sim = cloud("--estate", old_estate, speed=SPEED)
    with Tandem.start(sim, asked().write(tmp_path)) as tandem, Watch(sim):
        action = tandem.wait_plan(CLUSTER, "disrupt")
        assert action["reason"] == "v1.32.1 to v1.34.1 goes by v1.33.10 first: no minor version is left out"
        assert action["reason"] in tandem.ctl("plan").stdout
        assert '"kubernetesVersion":"v1.33.10"' in tandem.ctl("plan", "--commands").stdout.replace(" ", "")
        tandem.approve(CLUSTER, "disrupt")
        tandem.wait(lambda: find(sim, CLUSTER)["kubernetesVersion"] == "v1.33.10", "the first step")
        tandem.wait(lambda: tandem.verdict(CLUSTER) == "blocked", "the question for the second step")
        assert find(sim, POOL)["kubernetesVersion"] == "v1.32.1", "nodes never lead"
        tandem.approve(CLUSTER, "disrupt")
        tandem.wait(lambda: tandem.verdict(POOL) == "blocked", "the question for the nodes")
        assert find(sim, CLUSTER)["kubernetesVersion"] == "v1.34.1"
        tandem.approve(POOL, "disrupt")
        wait_done(tandem, sim, primary="v1.34.1")
        assert puts(sim) == ["clusters", "clusters", "nodePools"]
        assert len(given_back(sim)) == 3
        assert_one_after_the_other(sim)


def test_both_regions_at_once(sim, tmp_path):
    """Strictly one node in the whole estate, and no control plane changes while one is on its way; that the other region has enough nodes
    is another gate, which is as good as open here."""
    specs = move(automatic(provenNodes="1%"), NEXT, "primary", "secondary")
    with Watch(sim) as watch, Tandem.start(sim, specs.write(tmp_path)) as tandem:
        wait_done(tandem, sim, primary=NEXT, secondary=NEXT)
        assert watch.seen == {SJC, ORD}
        assert sorted(r for r, _ in given_back(sim)) == [ORD] * 3 + [SJC] * 3
        assert_one_after_the_other(sim)


def test_domains_take_turns(sim, tmp_path):
    """Two nodes in each of three domains: none gives its second before all gave their first."""
    specs = automatic()
    specs.item(FAR)["nodeConfigDetails"]["size"] = 6
    with Tandem.start(sim, specs.write(tmp_path)) as tandem:
        tandem.wait(lambda: len(nodes(sim, FAR)) == 6 and tandem.status()["verdict"] == "in-sync", "six nodes")
        where = {n["id"]: n["availabilityDomain"] for n in nodes(sim, FAR)}
        assert sorted(where.values()).count(where[nodes(sim, FAR)[0]["id"]]) == 2
        n = sim.last_call()
        reload(tandem, move(specs, NEXT, "secondary"), tmp_path)
        tandem.wait(lambda: len(given_back(sim, n)) == 6 and tandem.status()["verdict"] == "in-sync", "six new nodes")
        turns = [where[id] for _, id in given_back(sim, n)]
        assert len(set(turns[:3])) == 3 and len(set(turns[3:])) == 3, turns
        assert_one_after_the_other(sim, n)


STEP = ["PUT /20180222/clusters/{id} 1", "PUT /20180222/nodePools/{id} 1", *(f"DELETE /20180222/nodePools/{{id}}/node/{{id}} {n}" for n in (1, 2, 3))]


@pytest.fixture(scope="session")
def estates(tmp_path_factory):
    """Where cases of a campaign find what stands at first."""
    return tmp_path_factory.mktemp("estates")


@pytest.mark.parametrize("fault", ["kill-before", "kill-after"])
@pytest.mark.parametrize("call", STEP)
def test_killed_at_each_call(tmp_path, estates, call, fault):
    """kill -9 before a call of the step is heard, or after its effect: the next tandemd ends it, and gives back no node more."""
    outcome = run(Case.parse(f"version-step {SJC} {call} {fault}"), tmp_path / "c", estates)
    assert not outcome.trouble, outcome.trouble
    assert outcome.met, "the call never came: the test is wrong"


# What differs by itself

def test_changed_by_hand(sim, tmp_path):
    """The machine that is another than the pool says is given back, and no other."""
    aged = age(sim, POOL, 1)
    with Watch(sim), Tandem.start(sim, automatic().write(tmp_path)) as tandem:
        tandem.wait(lambda: given_back(sim) == aged, "the node to be given back")
        wait_done(tandem, sim)
        assert given_back(sim) == aged
        assert_one_after_the_other(sim)


def test_machine_gone(sim, tmp_path):
    """A node whose machine is gone carries nothing: it is replaced though nothing may be taken away."""
    id = nodes(sim, POOL)[2]["id"]
    with Tandem.start(sim, estate().policy(disrupt="never").write(tmp_path)) as tandem:
        tandem.wait_in_sync()
        assert sim.control("POST", "/node", {"id": id, "act": "kill"}).status == 204
        tandem.wait(lambda: given_back(sim) == [(SJC, id)], "the node to be given back")
        wait_done(tandem, sim)
        assert len(given_back(sim)) == 1


# What holds it

def held_by(tandem):
    action = node_action(tandem)
    return action and action["decision"]["code"]


def assert_held(tandem, sim, *codes):
    """The node stays where it is over some more views of its own region, and the plan says why."""
    tandem.wait(lambda: held_by(tandem) in codes, f"a node that is held by {codes}")
    for _ in range(3):
        n = sim.last_call()
        tandem.wait(lambda: any(c["region"] == SJC and "/vcns" in c["path"] and c["status"] == 200 for c in sim.calls(n)), "another view")
    assert not given_back(sim)


@pytest.mark.parametrize("how", ["silent", "refuse"])
def test_other_region_does_not_answer(sim, tmp_path, how):
    aged = age(sim, POOL, 0)
    sim.faults([{"region": ORD, "action": how}])
    with Tandem.start(sim, automatic().write(tmp_path)) as tandem:
        assert_held(tandem, sim, "partial-view", "region-unproven")
        if how == "silent":
            return  # it may take a request's deadline to notice the return
        sim.faults([])
        tandem.wait(lambda: given_back(sim) == aged, "the node to be given back")
        wait_done(tandem, sim)


def test_other_region_lacks_nodes(sim, tmp_path):
    """A third of them is more than may be missing, when all are wanted; and when capacity is back, so is this."""
    aged = age(sim, POOL, 0)
    sim.options(exhausted=[{"region": ORD}])
    lost = nodes(sim, FAR)[0]["id"]
    assert sim.control("POST", "/node", {"id": lost, "act": "kill"}).status == 204
    with Tandem.start(sim, automatic(provenNodes="100%").write(tmp_path)) as tandem:
        tandem.wait(lambda: tandem.verdict(FAR) == "blocked", "no capacity over there")
        tandem.wait(lambda: held_by(tandem) == "region-unproven", "the node to be held")
        assert "2 of 3 nodes up" in node_action(tandem)["decision"]["message"]
        n = sim.last_call()
        tandem.wait(lambda: any(c["region"] == ORD and "/node/" in c["path"] for c in sim.calls(n)), "another try over there", 2 * PATIENCE)
        assert not [id for region, id in given_back(sim) if region == SJC]
        sim.options(exhausted=[])
        tandem.wait(lambda: aged[0] in given_back(sim), "the node to be given back")
        wait_done(tandem, sim)


def test_hung_drain(sim, tmp_path):
    """What cannot be drained is over when its grace is, and nothing else is taken away meanwhile, in neither region."""
    specs = automatic(provenNodes="1%")
    for pool in POOLS.values():
        specs.item(pool)["nodeEvictionNodePoolSettings"] = {"evictionGraceDuration": "PT20M", "isForceDeleteAfterGraceDuration": True}
    with Tandem.start(sim, specs.write(tmp_path)) as tandem, Watch(sim):
        tandem.wait(lambda: find(sim, POOL).get("nodeEvictionNodePoolSettings") and tandem.status()["verdict"] == "in-sync", "the settings")
        for n in nodes(sim, POOL):
            assert sim.control("POST", "/node", {"id": n["id"], "act": "hang-drain"}).status == 204
        reload(tandem, move(specs, NEXT, "primary", "secondary"), tmp_path)
        wait_done(tandem, sim, primary=NEXT, secondary=NEXT)
        calls = [c for c in done(sim) if "/node/" in c["path"]]
        assert len(calls) == 6
        grace = 1200 / SPEED
        for a, b in zip(calls, calls[1:]):
            assert instant(b) - instant(a) > (grace if a["region"] == SJC else 0) + RENEWAL - 30 / SPEED - 0.01, (a, b)


def test_drain_that_is_given_up(sim, tmp_path):
    """Without force the node stays: the reason is told, and when it lets go it is renewed."""
    specs = automatic()
    specs.item(POOL)["nodeEvictionNodePoolSettings"] = {"evictionGraceDuration": "PT5M"}
    aged = age(sim, POOL, 0)
    held = nodes(sim, POOL)[0]["id"]
    assert sim.control("POST", "/node", {"id": held, "act": "hang-drain"}).status == 204
    with Tandem.start(sim, specs.write(tmp_path)) as tandem, Watch(sim):
        tandem.wait(lambda: "EvictionGraceDurationExceeded" in json.dumps(tandem.resource(POOL)), "the reason")
        assert set(given_back(sim)) == set(aged)
        assert sim.control("POST", "/node", {"id": held, "act": "free-drain"}).status == 204
        wait_done(tandem, sim)
        assert set(given_back(sim)) == set(aged)


def test_hourly_budget(sim, tmp_path):
    """One an hour: the second waits for the next hour's."""
    age(sim, POOL, 0, 1)
    with Tandem.start(sim, automatic(disruptionsPerHour=1).write(tmp_path)) as tandem:
        tandem.wait(lambda: len(given_back(sim)) == 1, "the first node")
        tandem.wait(lambda: held_by(tandem) == "budget", "the second to be held")
        wait_done(tandem, sim)
        first, second = (instant(c) for c in done(sim) if "/node/" in c["path"])
        assert second - first > 3600 / SPEED * 0.95
