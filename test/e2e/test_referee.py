"""The official CLI builds the estate that the record describes; tandem then adopts it and changes nothing but its tags and what was left
undone, each of which it named before."""

import concurrent.futures
import json

import pytest
from cli import Cli, Refused, start_sim, why_not
from simlib import ORD, SJC, wait_for
from tandem import (Tandem, all_live, assert_guarded, assert_seed_stands, live, once, seed, without_tags, writes)

reason = why_not()
pytestmark = [pytest.mark.referee, pytest.mark.long, pytest.mark.xdist_group("referee"), pytest.mark.skipif(bool(reason), reason=str(reason))]

C = "ocid1.compartment.oc1..aaaaaaaal7vn7wsy3qgizklrlfgo2vllfta3wkqlnfkvykoroite3lzxbnna"

# The commands of the record, in their order, with their options and line breaks; {words} stand for ids that a run makes anew.
STEPS = [
    ("drg1", """oci network drg create \\
  --compartment-id ocid1.compartment.oc1..aaaaaaaal7vn7wsy3qgizklrlfgo2vllfta3wkqlnfkvykoroite3lzxbnna \\
  --display-name "multicluster-drg" \\
  --wait-for-state AVAILABLE"""),
    ("drg2", """oci network drg create \\
  --compartment-id ocid1.compartment.oc1..aaaaaaaal7vn7wsy3qgizklrlfgo2vllfta3wkqlnfkvykoroite3lzxbnna \\
  --display-name "multicluster-drg-secondary" \\
  --region us-chicago-1 \\
  --wait-for-state AVAILABLE"""),
    ("attachment1", """oci network drg-attachment create \\
  --drg-id {drg1} \\
  --vcn-id {vcn1} \\
  --display-name "primary-vcn-attachment" \\
  --wait-for-state ATTACHED"""),
    ("attachment2", """oci network drg-attachment create \\
  --drg-id {drg2} \\
  --vcn-id {vcn2} \\
  --display-name "secondary-vcn-attachment" \\
  --region us-chicago-1 \\
  --wait-for-state ATTACHED"""),
    ("rpc1", """oci network remote-peering-connection create \\
  --compartment-id ocid1.compartment.oc1..aaaaaaaal7vn7wsy3qgizklrlfgo2vllfta3wkqlnfkvykoroite3lzxbnna \\
  --drg-id {drg1} \\
  --display-name "primary-to-secondary-rpc" \\
  --region us-sanjose-1"""),
    ("rpc2", """oci network remote-peering-connection create \\
  --compartment-id ocid1.compartment.oc1..aaaaaaaal7vn7wsy3qgizklrlfgo2vllfta3wkqlnfkvykoroite3lzxbnna \\
  --drg-id {drg2} \\
  --display-name "secondary-to-primary-rpc" \\
  --region us-chicago-1"""),
    ("connect", """oci network remote-peering-connection connect \\
  --remote-peering-connection-id {rpc1} \\
  --peer-id {rpc2} \\
  --peer-region-name us-chicago-1 \\
  --region us-sanjose-1"""),
    ("verify1", """oci network remote-peering-connection get \\
  --remote-peering-connection-id {rpc1} \\
  --region us-sanjose-1"""),
    ("verify2", """oci network remote-peering-connection get \\
  --remote-peering-connection-id {rpc2} \\
  --region us-chicago-1"""),
]

# What had been there before the record begins, by name, as the seed's specs assume it.
REGION = {
    SJC: dict(name="primary", cidr="10.0.0.0/16", other="10.1.0.0/16", drg="drg1", vcn="vcn1",
              subnets=[("api", "10.0.0.0/28", "private", "api"), ("nodes", "10.0.10.0/24", "private", "nodes"),
                       ("lb", "10.0.20.0/24", "public", "nodes")]),
    ORD: dict(name="secondary", cidr="10.1.0.0/16", other="10.0.0.0/16", drg="drg2", vcn="vcn2", subnets=None),
}


def wide(source):
    return {"protocol": "all", "source": source, "isStateless": False}


def egress():
    return [{"protocol": "all", "destination": "0.0.0.0/0", "isStateless": False}]


def tcp(source, port):
    return {"protocol": "6", "source": source, "isStateless": False, "tcpOptions": {"destinationPortRange": {"min": port, "max": port}}}


def before_by_cli(cli, region, ids):
    """VCN, lists, subnets and gateways, by the CLI: every kind that the record takes for granted."""
    r = REGION[region]
    n = r["name"]

    def create(kind, name, *args, **complex_args):
        more = [word for k, v in complex_args.items() for word in ("--" + k.replace("_", "-"), json.dumps(v))]
        return cli.run(["network", kind, "create", "--compartment-id", C, "--display-name", f"{n}-{name}", *args, *more,
                        "--wait-for-state", "AVAILABLE"], region)["id"]

    vcn = ids[r["vcn"]] = create("vcn", "vcn", cidr_blocks=[r["cidr"]])
    services = cli.run(["network", "service", "list"], region)
    everything = next(s for s in services if s["cidr-block"].startswith("all-"))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        made = {name: pool.submit(create, kind, name, "--vcn-id", vcn, *args, **more) for name, kind, args, more in [
            ("igw", "internet-gateway", ["--is-enabled", "true"], {}),
            ("nat", "nat-gateway", [], {}),
            ("sgw", "service-gateway", [], {"services": [{"serviceId": everything["id"]}]}),
            ("nodes", "security-list", [], {"ingress_security_rules": [wide(r["cidr"])], "egress_security_rules": egress()}),
            ("api", "security-list", [], {"ingress_security_rules": [wide(r["cidr"])], "egress_security_rules": egress()}),
            ("private", "route-table", [], {"route_rules": []}),
            ("public", "route-table", [], {"route_rules": []}),
        ]}
    ids.update({f"{n}-{name}": future.result() for name, future in made.items()})
    ids[f"{n}-service"] = everything["cidr-block"]


def subnets_by_cli(cli, region, ids):
    n = REGION[region]["name"]
    for name, cidr, table, rules in REGION[region]["subnets"] or [
            ("api", "10.1.0.0/28", "private", "api"), ("nodes", "10.1.1.0/24", "private", "nodes"), ("lb", "10.1.20.0/24", "public", "nodes")]:
        cli.run(["network", "subnet", "create", "--compartment-id", C, "--vcn-id", ids[REGION[region]["vcn"]], "--display-name",
                 f"{n}-{name}", "--cidr-block", cidr, "--route-table-id", ids[f"{n}-{table}"], "--security-list-ids",
                 [ids[f"{n}-{rules}"]], "--prohibit-public-ip-on-vnic", "false" if name == "lb" else "true", "--wait-for-state",
                 "AVAILABLE"], region)


def routes_by_cli(cli, region, ids):
    """The VCN route tables get their routes; the secondary's public one is forgotten, as such things are."""
    r = REGION[region]
    n = r["name"]
    over = {"destination": r["other"], "destinationType": "CIDR_BLOCK", "networkEntityId": ids[r["drg"]]}
    tables = {
        "private": [{"destination": "0.0.0.0/0", "destinationType": "CIDR_BLOCK", "networkEntityId": ids[f"{n}-nat"]},
                    {"destination": ids[f"{n}-service"], "destinationType": "SERVICE_CIDR_BLOCK", "networkEntityId": ids[f"{n}-sgw"]}, over],
        "public": [{"destination": "0.0.0.0/0", "destinationType": "CIDR_BLOCK", "networkEntityId": ids[f"{n}-igw"]}],
    }
    if n == "primary":
        tables["public"].append(over)
    for name, rules in tables.items():
        cli.run(["network", "route-table", "update", "--rt-id", ids[f"{n}-{name}"], "--route-rules", rules, "--force",
                 "--wait-for-state", "AVAILABLE"], region)


def istio_by_cli(cli, region, ids):
    """The record's security rules: 443, 15443 and 15012 from the other VCN, added to what was there."""
    r = REGION[region]
    rules = [wide(r["cidr"]), *[tcp(r["other"], p) for p in (443, 15443, 15012)]]
    data = cli.run(["network", "security-list", "update", "--security-list-id", ids[f"{r['name']}-nodes"], "--ingress-security-rules", rules,
                    "--force", "--wait-for-state", "AVAILABLE"], region)
    ports = {rule["tcp-options"]["destination-port-range"]["min"] for rule in data["ingress-security-rules"] if rule["tcp-options"]}
    assert ports == {443, 15443, 15012}


def match_all_by_cli(cli, region, ids):
    """The record's last word on routing: both import distributions are MATCH_ALL."""
    drg = cli.run(["network", "drg", "get", "--drg-id", ids[REGION[region]["drg"]]], region)
    for table in set(drg["default-drg-route-tables"].values()):
        found = cli.run(["network", "drg-route-table", "get", "--drg-route-table-id", table], region)
        distribution = found["import-drg-route-distribution-id"]
        for s in cli.run(["network", "drg-route-distribution-statement", "list", "--route-distribution-id", distribution, "--all"], region):
            if s["match-criteria"] and s["match-criteria"][0]["match-type"] != "MATCH_ALL":
                cli.run(["network", "drg-route-distribution-statement", "update", "--route-distribution-id", distribution, "--statements",
                         [{"id": s["id"], "priority": s["priority"], "matchCriteria": [{"matchType": "MATCH_ALL"}]}]], region)


def both_regions(step, cli, ids):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for future in [pool.submit(step, cli, region, ids) for region in (SJC, ORD)]:
            future.result()


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A cloud in which the CLI has run the whole record; → (sim, cli, ids)."""
    with start_sim(tmp_path_factory.mktemp("referee") / "sim", "--speed", 2000) as sim:
        cli, ids = Cli(sim), {}
        assert sim.compartment == C
        both_regions(before_by_cli, cli, ids)
        for name, command in STEPS:
            if name == "verify1":
                wait_for(lambda: cli.run(command.format(**ids))["peering-status"] == "PEERED", 60, what="the peering")
            data = cli.run(command.format(**ids))
            if data:
                ids[name] = data["id"]
            if name.startswith("verify"):
                assert (data["lifecycle-state"], data["peering-status"]) == ("AVAILABLE", "PEERED")
        for step in (subnets_by_cli, routes_by_cli, istio_by_cli, match_all_by_cli):
            both_regions(step, cli, ids)
        yield sim, cli, ids


def test_the_record_runs(recorded):
    """Every command of the record, --wait-for-state included, leaves what the record says it left."""
    sim, _, ids = recorded
    for region, states in ((SJC, ("rpc1", "rpc2")), (ORD, ("rpc2", "rpc1"))):
        assert [o["lifecycleState"] for o in live(sim, region, "DrgAttachment")] == ["ATTACHED", "ATTACHED"]
        rpc, = live(sim, region, "RemotePeeringConnection")
        assert (rpc["peeringStatus"], rpc["id"], rpc["peerId"]) == ("PEERED", *(ids[s] for s in states))
        matches = [s["matchCriteria"] for d in live(sim, region, "DrgRouteDistribution") for s in d["statements"]]
        assert all(m in ([], [{"matchType": "MATCH_ALL"}]) for m in matches) and len(matches) == 3


def test_issue_1(recorded):
    """A VCN of the other region cannot be attached: the record's Issue 1, word for word."""
    _, cli, ids = recorded
    with pytest.raises(Refused) as refused:
        cli.run(["network", "drg-attachment", "create", "--drg-id", ids["drg1"], "--vcn-id", ids["vcn2"]])
    assert refused.value.error["code"] == "NotAuthorizedOrNotFound"


def test_adopted(recorded, tmp_path):
    """tandem names what the record left undone, does that, puts its tags on the rest, and touches nothing else."""
    sim, cli, ids = recorded
    undone = {"primary/SecurityList/primary-nodes", "primary/SecurityList/primary-api", "secondary/SecurityList/secondary-nodes",
              "secondary/SecurityList/secondary-api", "secondary/RouteTable/secondary-public"}
    before = {o["id"]: o for _, _, o in all_live(sim.estate())}
    start = sim.last_call()

    # First it only looks.
    specs = seed()
    specs.estate["mode"] = "observe"
    with Tandem.start(sim, specs.write(tmp_path, "observe")) as tandem:
        tandem.wait(lambda: tandem.plan()["complete"], "a complete view")
        actions = tandem.plan()["actions"]
        tandem.wait(lambda: {a["verb"] for a in tandem.plan()["actions"]} == {"adopt", "update"}, "a plan that adopts and updates")
        actions = tandem.plan()["actions"]
    assert {a["address"] for a in actions if a["verb"] == "update"} == undone
    assert not writes(sim, start)

    # Then it acts.
    result = once(sim, seed().write(tmp_path))
    assert result.returncode == 0, result.stdout + result.stderr
    assert_guarded(sim.calls(start))
    assert_seed_stands(sim)
    assert not [c for c in writes(sim, start) if c["method"] in ("POST", "DELETE")], "adopting creates and deletes nothing"
    after = {o["id"]: o for _, _, o in all_live(sim.estate())}
    assert after.keys() == before.keys()
    changed = {o["freeformTags"]["tandem-address"] for i, o in after.items() if rules_aside(without_tags(o)) != rules_aside(without_tags(before[i]))
               and o["freeformTags"].get("tandem-address")}
    assert changed == undone
    for i, o in after.items():
        if not o["freeformTags"].get("tandem-address"):
            assert rules_aside(o) == rules_aside(before[i]), "touched what is not declared"
        else:
            assert o["freeformTags"]["tandem-origin"] == "adopted"

    # The CLI sees the tags, and a second run writes nothing.
    assert cli.run(["network", "vcn", "get", "--vcn-id", ids["vcn1"]])["freeform-tags"]["tandem-address"] == "primary/Vcn/primary-vcn"
    last = sim.last_call()
    assert once(sim, seed().write(tmp_path)).returncode == 0
    assert not writes(sim, last)


def rules_aside(o):
    """Lists in an order of their own: the service keeps none."""
    return {k: sorted(v, key=json.dumps) if isinstance(v, list) else v for k, v in o.items()}
