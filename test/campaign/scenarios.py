"""What the daemon is doing while a call goes wrong. A scenario prepares a cloud and specs, begins, and says what must be so in the end.

Each is run once without a fault, to learn which calls it makes, and then once per call and fault."""

import functools
import json

from simlib import ORD, SJC, Sim
from tandem import PAIR, assert_clusters_stand, assert_seed_stands, estate, find, moving_nodes, once, path_of, seed

LIST = "secondary/SecurityList/secondary-nodes"
SUBNET, TABLE = "primary/Subnet/primary-extra", "primary/RouteTable/primary-private"
ROUTE = "10.77.0.0/16"


def patient(specs):
    """A budget that never holds anything up: what is asked for here is another matter."""
    return specs.policy(disruptionsPerHour=1000)


def extended():
    """The seed with a subnet and a route more, which the scenario of removals takes away."""
    specs = patient(seed())
    specs.vcn()["subnets"].append({"name": "primary-extra", "cidrBlock": "10.0.77.0/24", "routeTable": "primary-private",
                                   "securityLists": ["primary-nodes"]})
    specs.item(TABLE)["routeRules"].append({"destination": ROUTE, "networkEntity": "NatGateway/primary-nat"})
    return specs


@functools.cache
def standing(specs_of, directory):
    """An estate as tandemd built it from empty: a file for --estate."""
    path = directory / f"{specs_of.__name__}.json"
    if not path.exists():
        with Sim.start(directory / f"{specs_of.__name__}-sim", "--speed", 200) as sim:
            built = once(sim, specs_of().write(directory, specs_of.__name__), "--bootstrap")
            assert built.returncode == 0, built.stdout + built.stderr
            path.write_text(json.dumps(sim.snapshot()))
    return path


class Scenario:
    options = ()  # of tandemd
    estate = None  # the specs whose estate stands at first; None: an empty cloud
    background = ()  # faults of the scenario itself, after the one that the case is about
    from_start = True  # the fault can hit the very first call
    reads = (1,)  # which call of each kind of reading suffers: the k-th, or the one at a share of as many as there are

    def specs(self):
        return patient(seed())

    def prepare(self, run):
        """What happens before the daemon runs."""

    def go(self, run):
        """What happens besides; runs once the daemon runs (from_start) or when it was in sync."""

    def tick(self, run):
        """Called again and again while the run waits."""

    def is_done(self, run):
        return True

    def allowed(self, run):
        """OCIDs that may be destroyed."""
        return set()

    def foreign(self, run):
        """Pairs (address, rule's description) of rules that others wrote and that must be there in the end."""
        return []

    def check(self, run):
        assert_seed_stands(run.sim)


class Build(Scenario):
    """Both regions from an empty cloud."""
    options = ("--bootstrap",)
    reads = (0.5,)  # in the middle of it: the first of each is what Start sees


class ComesAndGoes(Build):
    """Both regions from an empty cloud, while one of them comes and goes."""
    reads = ()  # as in Build
    background = ({"region": ORD, "action": "refuse", "from": 8, "to": 20},
                  {"region": ORD, "action": "status", "status": 500, "code": "InternalServerError", "from": 45, "to": 60},
                  {"region": ORD, "action": "reset", "from": 90, "to": 100})


class Reload(Build):
    """A build that is told in the middle to build something else."""
    reads = ()  # as in Build
    enough = 10  # writes, then the specs change

    def specs(self):
        first = patient(seed())
        first.documents.remove(first.document("Peering"))
        first.drop("primary/Subnet/primary-lb").drop("secondary/RouteTable/secondary-public")
        del first.item("secondary/Subnet/secondary-lb")["routeTable"]
        first.item("primary/RouteTable/primary-private")["routeRules"].pop()
        first.item("primary/SecurityList/primary-nodes")["ingressSecurityRules"].pop(0)
        return first

    def tick(self, run):
        if not run.memo.get("reloaded") and sum(c["mutating"] for c in run.calls()) >= self.enough:
            run.write_specs(patient(seed()))
            run.reload()
            run.memo["reloaded"] = True

    def is_done(self, run):
        return run.memo.get("reloaded")


class Start(Scenario):
    """The daemon starts where everything stands: it looks, and has nothing to do."""
    estate = staticmethod(lambda: standing_seed())

    def check(self, run):
        assert_seed_stands(run.sim)
        written = [c for c in run.calls() if c["mutating"] and c["principal"] != "hand"]
        assert not written, f"nothing was to be done: {written}"


def standing_seed():
    return patient(seed())


class HealPeering(Scenario):
    """One side of the link is deleted by a hand, so that the other is REVOKED."""
    estate = staticmethod(standing_seed)
    from_start = False

    def go(self, run):
        run.memo["before"] = [find(run.sim, a)["id"] for a in PAIR]
        run.hand("DELETE", find(run.sim, PAIR[0]))

    def is_done(self, run):
        return all(o and o["id"] not in run.memo["before"] for o in (find(run.sim, a) for a in PAIR))

    def allowed(self, run):
        return {run.memo["before"][1]}


class RestoreList(Scenario):
    """A hand empties a security list, while a cloud controller goes on writing rules of its own into it."""
    estate = staticmethod(standing_seed)
    from_start = False
    most = 3  # rules of the controller

    def go(self, run):
        run.memo["theirs"] = []
        run.hand("PUT", find(run.sim, LIST), {"ingressSecurityRules": []})

    def tick(self, run):
        """One rule more as soon as the daemon wrote, or looked long enough; guarded by the etag, as a controller does it."""
        n = len(run.memo.get("theirs", ()))
        if n >= self.most or "theirs" not in run.memo:
            return
        o = find(run.sim, LIST)
        got = run.sim.hand(ORD, "GET", path_of(o))
        if got.status != 200:
            return
        rule = {"protocol": "6", "source": "10.1.0.0/16", "description": f"load balancer {n}",
                "tcpOptions": {"destinationPortRange": {"min": 30000 + n, "max": 30000 + n}}}
        put = run.sim.hand(ORD, "PUT", path_of(o), {"ingressSecurityRules": got.body["ingressSecurityRules"] + [rule]},
                           headers={"if-match": got.headers["etag"]})
        if put.status == 200:
            run.memo["theirs"].append(rule["description"])

    def is_done(self, run):
        return len(run.memo["theirs"]) == self.most

    def foreign(self, run):
        return [(LIST, text) for text in run.memo["theirs"]]


class Removal(Scenario):
    """A subnet and a route are declared no longer; a person approves both."""
    estate = staticmethod(extended)
    from_start = False

    def go(self, run):
        run.memo["subnet"] = find(run.sim, SUBNET)["id"]
        run.write_specs(patient(seed()))
        run.reload()

    def specs(self):
        return extended()

    def tick(self, run):
        for action in run.plan()["actions"]:
            if action["address"] in (SUBNET, TABLE) and action["gate"] == "approve" and action["verb"] in ("delete", "disrupt"):
                run.approve(action["id"])

    def is_done(self, run):
        return not find(run.sim, SUBNET) and not self.routes(run)

    def routes(self, run):
        return [r for r in find(run.sim, TABLE)["routeRules"] if r["destination"] == ROUTE]

    def allowed(self, run):
        return {run.memo["subnet"]}


class BuildOke(Build):
    """The whole estate from an empty cloud: the network of both regions, and a cluster with its pool on each."""

    def specs(self):
        return patient(estate())

    def check(self, run):
        assert_seed_stands(run.sim)
        assert_clusters_stand(run.sim)


def standing_estate():
    return patient(estate()).policy(disrupt="automatic")


class Renewal(Scenario):
    """Nodes are given back, one at a time in the whole estate."""
    estate = staticmethod(standing_estate)

    def specs(self):
        return standing_estate()

    def tick(self, run):
        moving = moving_nodes(run.sim)
        assert len(moving) <= 1, f"more than one node is on its way: {moving}"

    def check(self, run):
        assert_seed_stands(run.sim)
        assert_clusters_stand(run.sim)


CLUSTER, POOL = "primary/Cluster/primary-cluster", "primary/NodePool/primary-pool1"
NEXT = "v1.35.0"


class VersionStep(Renewal):
    """A cluster and its pool of three are to be one minor version newer."""
    from_start = False
    reads = (0.3,)  # in the middle of it: how many there are differs from run to run

    def go(self, run):
        run.memo["old"] = {n["id"] for n in find(run.sim, POOL)["nodes"]}
        specs = standing_estate()
        specs.item(CLUSTER)["kubernetesVersion"] = specs.item(POOL)["kubernetesVersion"] = NEXT
        run.write_specs(specs)
        run.reload()

    def is_done(self, run):
        return find(run.sim, POOL)["kubernetesVersion"] == NEXT

    def allowed(self, run):
        return run.memo["old"]

    def check(self, run):
        assert_seed_stands(run.sim)
        assert_clusters_stand(run.sim, primary=NEXT)


class Renew(Renewal):
    """The machine of one node is not what its pool says: it alone is given back."""

    def prepare(self, run):
        node = run.memo["node"] = find(run.sim, POOL)["nodes"][1]["id"]
        instance = next(o for o in run.sim.objects(SJC, "Instance") if o["id"] == node)
        run.sim.set(SJC, "Instance", node, sourceDetails={**instance["sourceDetails"], "imageId": "ocid1.image.oc1.us-sanjose-1.other"})

    def is_done(self, run):
        return run.memo["node"] not in {n["id"] for n in find(run.sim, POOL)["nodes"] if n["lifecycleState"] != "DELETED"}

    def allowed(self, run):
        return {run.memo["node"]}


SCENARIOS = {"build": Build(), "heal-peering": HealPeering(), "restore-list": RestoreList(), "removal": Removal(),
             "comes-and-goes": ComesAndGoes(), "reload": Reload(), "start": Start(),
             "build-oke": BuildOke(), "version-step": VersionStep(), "renew": Renew()}


