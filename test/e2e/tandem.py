"""Runs tandemd and tandemctl against a simulator, edits specs, and says what an estate should look like. Shared by the suites.

    with Tandem.start(sim, seed().write(tmp_path)) as tandem:
        tandem.wait_in_sync()
        assert tandem.ctl("status").returncode == 0
"""

import copy
import json
import pathlib
import re
import signal
import subprocess

import yaml
from simlib import ORD, ROOT, SJC, Reply, UnixConnection, program, wait_for

REGIONS = {"primary": SJC, "secondary": ORD}
GONE = ("TERMINATED", "DETACHED", "TERMINATING", "DETACHING", "DELETED", "DELETING")
PATIENCE = 60  # what a test waits at most for one thing; a loaded machine with sanitizers needs it, no test sleeps it away


class Specs:
    """The documents of a spec directory as plain data, to be changed and written."""

    def __init__(self, documents):
        self.documents = documents

    @classmethod
    def load(cls, directory):
        return cls([d for f in sorted(pathlib.Path(directory).glob("*.yaml")) for d in yaml.safe_load_all(f.read_text())])

    def copy(self):
        return Specs(copy.deepcopy(self.documents))

    def document(self, kind, name=None):
        return next(d for d in self.documents if d["kind"] == kind and name in (None, d["name"]))

    @property
    def estate(self):
        return self.document("Estate")

    def region(self, name):
        return self.document("Region", name)

    def vcn(self, region="primary"):
        return self.region(region)["vcns"][0]

    def drg(self, region="primary"):
        return self.region(region)["drgs"][0]

    def item(self, address):
        """The mapping that an address names: primary/Subnet/primary-lb."""
        region, kind, name = address.split("/")
        section = kind[0].lower() + kind[1:] + "s"

        def search(node):
            for child in node.get(section, []):
                if child["name"] == name:
                    return child
            for value in node.values():
                for child in value if isinstance(value, list) else []:
                    found = search(child) if isinstance(child, dict) else None
                    if found:
                        return found
            return None

        found = search(self.region(region))
        assert found, f"no {address} in the specs"
        return found

    def drop(self, address):
        """Takes an item out."""
        gone = self.item(address)

        def search(node):
            for value in node.values():
                if isinstance(value, list):
                    value[:] = [v for v in value if v is not gone]
                    for child in value:
                        if isinstance(child, dict):
                            search(child)

        search(self.region(address.split("/")[0]))
        return self

    def policy(self, **values):
        self.estate.setdefault("policy", {}).update(values)
        return self

    def text(self):
        return yaml.safe_dump_all(self.documents, sort_keys=False)

    def write(self, directory, name="specs"):
        """Writes them as one file of a directory of their own; → that directory."""
        path = pathlib.Path(directory) / name
        path.mkdir(parents=True, exist_ok=True)
        temporary = path / "estate.yaml.new"
        temporary.write_text(self.text())
        temporary.rename(path / "estate.yaml")
        return path


def estate():
    """The seed estate: the network of both regions, and the clusters on it."""
    return Specs.load(ROOT / "specs")


def seed():
    """The network of the seed estate, which is there in a moment: what is about the network is tried on this."""
    specs = estate()
    for region in ("primary", "secondary"):
        del specs.region(region)["clusters"]
    return specs


def generous():
    """The seed with a budget of disruptions that never holds anything up, so that only the gate that a test is about can."""
    return seed().policy(disruptionsPerHour=1000)


def minimal():
    return Specs.load(ROOT / "specs" / "minimal")


def tandemctl(*args, socket=None, stdin=None):
    options = ["--socket", str(socket)] if socket else []
    return subprocess.run([str(program("daemon/tandemctl")), *options, *map(str, args)],
                          input=stdin, capture_output=True, text=True, timeout=PATIENCE)


def tandemd(*args, timeout=3 * PATIENCE):
    """Runs it to its end; → CompletedProcess."""
    return subprocess.run([str(program("daemon/tandemd")), *map(str, args)],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout)


def once(sim, specs, *opts, timeout=3 * PATIENCE):
    return tandemd("--specs", specs, "--rehearse", sim.dir, "--once", *opts, timeout=timeout)


class Tandem:
    def __init__(self, sim, specs, opts, wrapper=()):
        self.sim = sim
        self.specs = specs
        self.opts = opts
        self.wrapper = wrapper  # a command that runs another one in its own place
        self.socket = pathlib.Path(opts[opts.index("--socket") + 1]) if "--socket" in opts else sim.dir / "tandemd.sock"
        self.process = None

    @classmethod
    def start(cls, sim, specs, *opts, wrapper=()):
        tandem = cls(sim, specs, opts, wrapper)
        tandem.launch()
        try:
            tandem.wait_ready()
        except BaseException:
            tandem.kill()
            raise
        return tandem

    def launch(self):
        with open(self.sim.dir / "tandemd.log", "ab") as log:
            self.process = subprocess.Popen(
                [*self.wrapper, str(program("daemon/tandemd")), "--specs", str(self.specs), "--rehearse", str(self.sim.dir),
                 *map(str, self.opts)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def log(self):
        return (self.sim.dir / "tandemd.log").read_text(errors="replace")

    def wait_ready(self):
        def ready():
            assert self.process.poll() is None, f"tandemd ended with {self.process.returncode}: {self.log()[-4000:]}"
            try:
                return self.get("/healthz").status
            except OSError:
                return None

        wait_for(ready, PATIENCE, what="tandemd's socket")

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process = None

    def stop(self):
        """SIGTERM; it must end cleanly."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("tandemd did not stop: " + self.log()[-4000:]) from None
        self.process = None
        assert status == 0, f"tandemd ended with {status}: {self.log()[-6000:]}"

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind:
            self.kill()  # the test's own failure is the one to read
        else:
            self.stop()

    # The socket
    def request(self, method, path, body=None, headers=None, timeout=PATIENCE):
        c = UnixConnection(self.socket, timeout)
        try:
            data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
            c.request(method, path, data, {"Host": "localhost", **(headers or {})})
            r = c.getresponse()
            return Reply(r.status, dict(r.getheaders()), r.read())
        finally:
            c.close()

    def get(self, path, **kw):
        return self.request("GET", path, **kw)

    def change(self, method, path, body=None):
        """A change as tandemctl would ask for it; → Reply."""
        return self.request(method, path, body, {"X-Tandem-Request": "1", "Content-Type": "application/json"})

    def status(self):
        r = self.get("/status")
        assert r.status == 200, r
        return r.body

    def plan(self):
        r = self.get("/plan")
        assert r.status == 200, r
        return r.body

    def resource(self, address):
        return next((r for r in self.status()["resources"] if r["address"] == address), None)

    def verdict(self, address):
        r = self.resource(address)
        return r and r["verdict"]

    def ctl(self, *args, **kw):
        return tandemctl(*args, socket=self.socket, **kw)

    def events(self):
        return self.get("/events").body

    # Waiting
    def wait(self, condition, what, timeout=PATIENCE):
        def checked():
            assert self.process.poll() is None, f"tandemd ended with {self.process.returncode}: {self.log()[-4000:]}"
            return condition()

        try:
            return wait_for(checked, timeout, every=0.05, what=what)
        except AssertionError as e:
            raise AssertionError(f"{e}\n{self.describe()}") from None

    def describe(self):
        """What is not in sync, for the message of a failed test."""
        try:
            s = self.status()
        except (OSError, AssertionError) as e:
            return f"(no status: {e})\n" + self.log()[-3000:]
        rows = [f"{r['address']}: {r['verdict']} {r.get('reason')} {r.get('differences')} waits {r.get('waitsFor')}"
                for r in s["resources"] if r["verdict"] != "in-sync"]
        plan = [f"plan: {a['verb']} {a['gate']} {a['address']}: {a.get('reason')}" for a in self.plan()["actions"]]
        return "\n".join([f"verdict {s['verdict']}", *rows, *plan, self.log()[-2500:]])

    def wait_verdict(self, verdict, timeout=PATIENCE):
        return self.wait(lambda: (lambda s: s if s["verdict"] == verdict else None)(self.status()), f"the verdict {verdict}", timeout)

    def wait_in_sync(self, timeout=PATIENCE):
        """In sync over a view that began after this call: an older one may not have seen what the test just broke."""
        self.wait_new_view()
        return self.wait_verdict("in-sync", timeout)

    def wait_new_view(self):
        """Every region has been listed completely once more, slow kinds too."""
        n = self.sim.last_call()

        def listed():
            paths = {(c["region"], c["path"].split("?")[0]) for c in self.sim.calls(n) if c["method"] == "GET" and c["status"] == 200}
            return all((region, f"/20160918/{kind}") in paths for region in REGIONS.values() for kind in ("vcns", "drgAttachments"))

        self.wait(listed, "a new view of both regions")
        m = self.sim.last_call()
        self.wait(lambda: self.sim.last_call() > m, "the engine to go on")

    def wait_plan(self, address, verb=None):
        """The plan's action for an address."""
        def planned():
            return next((a for a in self.plan()["actions"] if a["address"] == address and verb in (None, a["verb"])), None)

        return self.wait(planned, f"{verb or 'an action'} for {address} in the plan")

    def approve(self, address, verb=None):
        """Says yes to the plan's action for an address; → the action. The plan may change between the look and the word: then the next one is
        asked."""
        def approved():
            action = self.wait_plan(address, verb)
            r = self.change("POST", "/approvals", {"id": action["id"]})
            assert r.status in (204, 404), r
            return action if r.status == 204 else None

        return self.wait(approved, f"the approval of {verb or 'an action'} for {address}")


# What the cloud should look like
def live(sim, region, kind):
    return [o for o in sim.objects(region, kind) if o["lifecycleState"] not in GONE]


def all_live(estate):
    return [(region, kind, o) for region, kinds in estate.items() if isinstance(kinds, dict)
            for kind, objects in kinds.items() for o in objects
            if isinstance(o, dict) and o.get("lifecycleState") not in (None, *GONE)]


def find(sim, address):
    """The live object that carries an address in its tags."""
    region, kind, _ = address.split("/")
    found = [o for o in live(sim, REGIONS[region], kind) if (o.get("freeformTags") or {}).get("tandem-address") == address]
    assert len(found) <= 1, f"{address} was made twice: {[o['id'] for o in found]}"
    return found[0] if found else None


def path_of(address_or_object):
    kind = {"vcn": "vcns", "subnet": "subnets", "routetable": "routeTables", "securitylist": "securityLists",
            "networksecuritygroup": "networkSecurityGroups", "internetgateway": "internetGateways", "natgateway": "natGateways",
            "servicegateway": "serviceGateways", "drg": "drgs", "drgattachment": "drgAttachments",
            "drgroutetable": "drgRouteTables", "drgroutedistribution": "drgRouteDistributions",
            "remotepeeringconnection": "remotePeeringConnections"}
    ocid = address_or_object["id"]
    return f"/20160918/{kind[ocid.split('.')[1]]}/{ocid}"


def region_of(ocid):
    return ocid.split(".")[3]


class Hand:
    """Somebody at the console, who changes things by address. Each call must succeed, unless told which status to expect."""

    def __init__(self, sim):
        self.sim = sim

    def call(self, method, o, suffix="", body=None, expect=(200, 204)):
        # A busy parent refuses for a moment, as it would refuse a person: try again.
        def once_more():
            r = self.sim.hand(region_of(o["id"]), method, path_of(o) + suffix, body)
            return None if r.status == 409 and r.code == "IncorrectState" and 409 not in expect else r

        r = wait_for(once_more, PATIENCE, what=f"{method} {path_of(o)} by a hand")
        assert r.status in expect or r.status == 202, r
        return r

    def object(self, address):
        o = find(self.sim, address)
        assert o, f"no live {address}"
        return o

    def update(self, address, **body):
        return self.call("PUT", self.object(address), body=body)

    def delete(self, address):
        return self.call("DELETE", self.object(address))

    def act(self, address, action, **body):
        return self.call("POST", self.object(address), "/actions/" + action, body)


PAIR = ("primary/RemotePeeringConnection/primary-to-secondary-rpc", "secondary/RemotePeeringConnection/secondary-to-primary-rpc")
SEED_COUNTS = {"Vcn": 1, "Subnet": 3, "RouteTable": 3, "SecurityList": 3, "InternetGateway": 1, "NatGateway": 1, "ServiceGateway": 1,
               "Drg": 1, "DrgAttachment": 2, "DrgRouteTable": 2, "DrgRouteDistribution": 3, "RemotePeeringConnection": 1}


def assert_seed_stands(sim):
    """The seed estate, whole, once, its link up."""
    for region in REGIONS.values():
        counts = {kind: len(live(sim, region, kind)) for kind in SEED_COUNTS}
        assert counts == SEED_COUNTS, f"{region}: {counts}"
    assert_nothing_doubled(sim)
    assert_peered(sim)


def nodes(sim, address):
    """A pool's nodes that are not gone."""
    return [n for n in find(sim, address)["nodes"] if n["lifecycleState"] != "DELETED"]


def moving_nodes(sim):
    """Nodes of the whole estate that come or go: (region, name, state)."""
    estate = sim.estate()
    return [(region, n["name"], n["lifecycleState"]) for region in REGIONS.values() for o in estate[region].get("NodePool", [])
            for n in o["nodes"] if n["lifecycleState"] in ("CREATING", "UPDATING", "DELETING")]


def assert_clusters_stand(sim, **versions):
    """A cluster and its pool of three in each region, once, at v1.34.1 or as told; each node is what its pool says, and no machine is left."""
    for name, region in REGIONS.items():
        version, (cluster,), (pool,) = versions.get(name, "v1.34.1"), live(sim, region, "Cluster"), live(sim, region, "NodePool")
        there = nodes(sim, pool["freeformTags"]["tandem-address"])
        assert (cluster["lifecycleState"], cluster["kubernetesVersion"]) == ("ACTIVE", version), cluster
        assert (pool["lifecycleState"], pool["kubernetesVersion"], len(there)) == ("ACTIVE", version, 3), pool
        assert {(n["lifecycleState"], n["kubernetesVersion"]) for n in there} == {("ACTIVE", version)}, there
        machines = live(sim, region, "Instance")
        assert {m["id"] for m in machines} == {n["id"] for n in there}
        assert {m["sourceDetails"]["imageId"] for m in machines} == {pool["nodeSourceDetails"]["imageId"]}


def assert_nothing_doubled(sim):
    seen = {}
    for region, kind, o in all_live(sim.estate()):
        address = (o.get("freeformTags") or {}).get("tandem-address")
        if address:
            assert address not in seen, f"{address}: {seen[address]} and {o['id']}"
            seen[address] = o["id"]


def assert_peered(sim, pair=PAIR):
    a, b = find(sim, pair[0]), find(sim, pair[1])
    assert a and b, "an RPC is missing"
    assert (a["peeringStatus"], b["peeringStatus"]) == ("PEERED", "PEERED")
    assert (a["peerId"], b["peerId"]) == (b["id"], a["id"])


# Mutations that the API lets nobody guard: neither etag nor retry token.
UNGUARDED = re.compile(r"/actions/(connect|(add|update|remove)(SecurityRules|DrgRouteDistributionStatements)|(update|remove)DrgRouteRules)$")


def assert_guarded(calls):
    """Every write has the guard that its operation takes."""
    for c in calls:
        if not c["mutating"] or c["principal"] == "hand":
            continue
        path = c["path"].split("?")[0]
        if UNGUARDED.search(path):
            continue
        creates = c["method"] == "POST" and ("/actions/" not in path or path.endswith("addDrgRouteRules"))
        guard = c.get("retryToken") if creates else c.get("ifMatch")
        assert guard, f"written without a guard: {c}"


def writes(sim, since=0):
    return [c for c in sim.calls(since) if c["mutating"] and c["principal"] != "hand"]


def without_tags(o):
    """An object as it was but for our tags, our marks on rules and who wrote last."""
    text = re.sub(r" ?\[tandem [\w-]+\]", "", json.dumps(o))
    o = json.loads(text)
    o["freeformTags"] = {k: v for k, v in (o.get("freeformTags") or {}).items() if not k.startswith("tandem-")}
    o.pop("lastWriter", None)
    o.pop("etag", None)
    return o


# A spec that says every field of every kind
def full():
    specs = seed()
    vcn, drg = specs.vcn(), specs.drg()
    vcn.update(displayName="the primary VCN", freeformTags={"team": "mesh"}, cidrBlocks=["10.0.0.0/16", "10.2.0.0/16"], dnsLabel="primary")
    vcn["routeTables"] += [
        {"name": "primary-default", "defaultOf": "vcn", "routeRules": []},
        {"name": "primary-inbound", "routeRules": []},
        {"name": "primary-transit", "displayName": "for what comes through the DRG", "routeRules": []},
    ]
    vcn["securityLists"].append({"name": "primary-default", "defaultOf": "vcn", "ingressSecurityRules": [], "egressSecurityRules": [
        {"protocol": "udp", "destination": "10.9.0.0/16", "ports": [53], "sourcePorts": ["1024-65535"], "stateless": True}]})
    vcn["networkSecurityGroups"] = [
        {"name": "primary-mesh", "displayName": "mesh", "securityRules": [
            {"direction": "INGRESS", "protocol": "tcp", "source": "secondary/Vcn/secondary-vcn", "ports": [15443], "description": "mesh"},
            {"direction": "INGRESS", "protocol": "icmp", "source": "Subnet/primary-nodes", "icmp": {"type": 3, "code": 4}},
            {"direction": "EGRESS", "protocol": "all", "destination": "NetworkSecurityGroup/primary-peers"}]},
        {"name": "primary-peers"},
    ]
    vcn["internetGateways"][0].update(displayName="way out", routeTable="primary-inbound")
    vcn["natGateways"][0].update(displayName="nat", blockTraffic=False, routeTable="primary-inbound")
    vcn["serviceGateways"][0].update(displayName="services", blockTraffic=False, routeTable="primary-inbound")
    vcn["subnets"][2].update(displayName="load balancers", dnsLabel="lb")
    drg.update(displayName="the DRG")
    drg["drgRouteDistributions"].append(
        {"name": "primary-spare", "displayName": "spare imports", "distributionType": "IMPORT", "statements": [
            {"priority": 5, "action": "ACCEPT", "matchCriteria": [{"matchType": "DRG_ATTACHMENT_TYPE", "attachmentType": "VCN"}]},
            {"priority": 7, "action": "ACCEPT",
             "matchCriteria": [{"matchType": "DRG_ATTACHMENT_ID", "drgAttachment": "primary-rpc-attachment"}]}]})
    drg["drgRouteTables"].append(
        {"name": "primary-spare", "displayName": "spare", "isEcmpEnabled": True, "importDrgRouteDistribution": "primary-spare",
         "routeRules": [{"destination": "10.200.0.0/16", "nextHopDrgAttachment": "primary-rpc-attachment"}]})
    specs.item("primary/DrgAttachment/primary-vcn-attachment").update(
        displayName="VCN", networkDetails={"type": "VCN", "id": "Vcn/primary-vcn", "routeTable": "primary-transit", "vcnRouteType": "VCN_CIDRS"})
    specs.item("primary/DrgAttachment/primary-rpc-attachment")["drgRouteTable"] = "primary-spare"
    specs.item("primary/RemotePeeringConnection/primary-to-secondary-rpc")["displayName"] = "to the other side"
    return specs


def settled(o):
    """What of an object must be the same again after a correction: rules as sets, without what is made anew with them."""
    def plain(v):
        if isinstance(v, dict):
            return {k: plain(x) for k, x in v.items() if k not in ("timeCreated", "lastWriter", "etag")}
        return v

    o = plain(o)
    for name, value in o.items():
        if isinstance(value, list):
            o[name] = sorted((json.dumps({k: x for k, x in v.items() if k not in ("id", "timeCreated")}, sort_keys=True) if isinstance(v, dict) else str(v))
                             for v in value)
    return o
