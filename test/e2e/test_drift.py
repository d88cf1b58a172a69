"""Drift by a hand, in each kind and each field that a spec can say: found, corrected with a guard, and what the spec leaves out survives."""

from datetime import datetime

import pytest
from simlib import wait_for
from tandem import PATIENCE, Hand, Tandem, assert_guarded, find, full, live, once, path_of, region_of, settled, writes

VCN = "primary/Vcn/primary-vcn"
DRG = "primary/Drg/multicluster-drg"


def put(**body):
    return lambda hand, o: hand.call("PUT", o, body=body)


def put_from(make):
    """A PUT whose body comes from the object and the cloud."""
    return lambda hand, o: hand.call("PUT", o, body=make(o, hand.sim))


def act(action, make):
    return lambda hand, o: hand.call("POST", o, "/actions/" + action, make(o, hand.sim))


def id_of(address):
    return lambda sim: find(sim, address)["id"]


def other_table(o, sim):
    return {"routeTableId": find(sim, "primary/RouteTable/primary-public")["id"]}


def first_rules(member, request):
    return lambda o, sim: {request: [o[member][0]["id"]]}


def retargeted(o, sim):
    rules = [dict(r) for r in o["routeRules"]]
    for r in rules:
        r.pop("cidrBlock", None)
        if r["destination"] == "10.1.0.0/16":
            r["networkEntityId"] = find(sim, "primary/NatGateway/primary-nat")["id"]
    return {"routeRules": rules}


# name → (address, what the hand does). The object must afterwards be what it was, and carry the hand's own tag still.
DRIFTS = {
    "Vcn.displayName": (VCN, put(displayName="renamed")),
    "Vcn.freeformTags": (VCN, put_from(lambda o, sim: {"freeformTags": {**o["freeformTags"], "team": "other"}})),
    "Vcn.cidrBlocks": (VCN, act("removeCidr", lambda o, sim: {"cidrBlock": "10.2.0.0/16"})),
    "Subnet.displayName": ("primary/Subnet/primary-lb", put(displayName="renamed")),
    "Subnet.routeTable": ("primary/Subnet/primary-nodes", put_from(other_table)),
    "Subnet.securityLists": ("primary/Subnet/primary-nodes",
                             put_from(lambda o, sim: {"securityListIds": [find(sim, "primary/SecurityList/primary-api")["id"]]})),
    "RouteTable.routeRules": ("primary/RouteTable/primary-private", put(routeRules=[])),
    "RouteTable.routeRules.networkEntity": ("primary/RouteTable/primary-private", put_from(retargeted)),
    "RouteTable.displayName": ("primary/RouteTable/primary-transit", put(displayName="renamed")),
    "SecurityList.ingressSecurityRules": ("primary/SecurityList/primary-nodes", put(ingressSecurityRules=[])),
    "SecurityList.egressSecurityRules": ("primary/SecurityList/primary-nodes", put(egressSecurityRules=[])),
    "SecurityList.defaultOf": ("primary/SecurityList/primary-default", put_from(
        lambda o, sim: {"egressSecurityRules": [r for r in o["egressSecurityRules"] if r["protocol"] != "17"]})),
    "NetworkSecurityGroup.displayName": ("primary/NetworkSecurityGroup/primary-mesh", put(displayName="renamed")),
    "NetworkSecurityGroup.securityRules": ("primary/NetworkSecurityGroup/primary-mesh",
                                           act("removeSecurityRules", first_rules("rules", "securityRuleIds"))),
    "InternetGateway.isEnabled": ("primary/InternetGateway/primary-igw", put(isEnabled=False)),
    "InternetGateway.displayName": ("primary/InternetGateway/primary-igw", put(displayName="renamed")),
    "InternetGateway.routeTable": ("primary/InternetGateway/primary-igw", put_from(
        lambda o, sim: {"routeTableId": find(sim, "primary/RouteTable/primary-transit")["id"]})),
    "NatGateway.blockTraffic": ("primary/NatGateway/primary-nat", put(blockTraffic=True)),
    "NatGateway.displayName": ("primary/NatGateway/primary-nat", put(displayName="renamed")),
    "NatGateway.routeTable": ("primary/NatGateway/primary-nat", put_from(
        lambda o, sim: {"routeTableId": find(sim, "primary/RouteTable/primary-transit")["id"]})),
    "ServiceGateway.blockTraffic": ("primary/ServiceGateway/primary-sgw", put(blockTraffic=True)),
    "ServiceGateway.displayName": ("primary/ServiceGateway/primary-sgw", put(displayName="renamed", blockTraffic=False)),
    "ServiceGateway.services": ("primary/ServiceGateway/primary-sgw",
                                act("detachService", lambda o, sim: {"serviceId": o["services"][0]["serviceId"]})),
    "ServiceGateway.routeTable": ("primary/ServiceGateway/primary-sgw", put_from(
        lambda o, sim: {"routeTableId": find(sim, "primary/RouteTable/primary-transit")["id"], "blockTraffic": False})),
    "Drg.displayName": (DRG, put(displayName="renamed")),
    "DrgRouteTable.defaultFor": (DRG, put_from(lambda o, sim: {"defaultDrgRouteTables": {
        **o["defaultDrgRouteTables"], "vcn": find(sim, "primary/DrgRouteTable/primary-spare")["id"]}})),
    "DrgRouteTable.displayName": ("primary/DrgRouteTable/primary-spare", put(displayName="renamed")),
    "DrgRouteTable.importDrgRouteDistribution": ("primary/DrgRouteTable/for-vcns", put_from(
        lambda o, sim: {"importDrgRouteDistributionId": find(sim, "primary/DrgRouteDistribution/primary-spare")["id"]})),
    "DrgRouteTable.importDrgRouteDistribution.removed": ("primary/DrgRouteTable/primary-spare",
                                                         act("removeImportDrgRouteDistribution", lambda o, sim: None)),
    "DrgRouteTable.isEcmpEnabled": ("primary/DrgRouteTable/primary-spare", put(isEcmpEnabled=False)),
    "DrgRouteTable.routeRules": ("primary/DrgRouteTable/primary-spare", act("removeDrgRouteRules", lambda o, sim: {
        "routeRuleIds": [r["id"] for r in o["rules"] if r["routeType"] == "STATIC"]})),
    "DrgRouteDistribution.displayName": ("primary/DrgRouteDistribution/primary-spare", put(displayName="renamed")),
    "DrgRouteDistribution.statements": ("primary/DrgRouteDistribution/into-for-vcns", act(
        "removeDrgRouteDistributionStatements", first_rules("statements", "statementIds"))),
    "DrgRouteDistribution.statements.matchCriteria": ("primary/DrgRouteDistribution/into-for-rpcs", act(
        "updateDrgRouteDistributionStatements", lambda o, sim: {"statements": [{"id": o["statements"][0]["id"], "matchCriteria": [
            {"matchType": "DRG_ATTACHMENT_TYPE", "attachmentType": "VCN"}]}]})),
    "DrgAttachment.displayName": ("primary/DrgAttachment/primary-vcn-attachment", put(displayName="renamed")),
    "DrgAttachment.drgRouteTable": ("primary/DrgAttachment/primary-vcn-attachment", put_from(
        lambda o, sim: {"drgRouteTableId": find(sim, "primary/DrgRouteTable/primary-spare")["id"]})),
    "DrgAttachment.drgRouteTable.rpc": ("primary/DrgAttachment/primary-rpc-attachment", put_from(
        lambda o, sim: {"drgRouteTableId": find(sim, "primary/DrgRouteTable/for-rpcs")["id"]})),
    "DrgAttachment.networkDetails.vcnRouteType": ("primary/DrgAttachment/primary-vcn-attachment", put_from(lambda o, sim: {
        "networkDetails": {"type": "VCN", "id": o["networkDetails"]["id"], "vcnRouteType": "SUBNET_CIDRS"}})),
    "DrgAttachment.networkDetails.routeTable": ("primary/DrgAttachment/primary-vcn-attachment", put_from(lambda o, sim: {
        "networkDetails": {"type": "VCN", "id": o["networkDetails"]["id"],
                           "routeTableId": find(sim, "primary/RouteTable/primary-default")["id"]}})),
    "RemotePeeringConnection.displayName": ("primary/RemotePeeringConnection/primary-to-secondary-rpc", put(displayName="renamed")),
}


@pytest.mark.parametrize("name", DRIFTS)
def test_drift(cloud, full_estate, tmp_path, name):
    sim = cloud("--estate", full_estate)
    address, change = DRIFTS[name]
    hand = Hand(sim)
    mine = {"hands": "off"}
    o = find(sim, address)
    hand.call("PUT", o, body={"freeformTags": {**o["freeformTags"], **mine}, "definedTags": o["definedTags"],
                              **({"blockTraffic": False} if "ServiceGateway" in name else {})})
    before = wait_for(lambda: quiet(sim, o["id"]), PATIENCE)
    specs = full().write(tmp_path)
    with Tandem.start(sim, specs) as tandem:
        tandem.wait_in_sync()
        n = sim.last_call()
        change(hand, find(sim, address))
        tandem.wait(lambda: writes(sim, n), f"a correction of {name}")  # without a drift there is none
        tandem.wait(lambda: same(quiet(sim, o["id"]), before), f"{name} to be what it was")
        tandem.wait_in_sync()
        corrections = writes(sim, n)
    assert_guarded(corrections)
    assert settled(by_id(sim, o["id"]))["freeformTags"]["hands"] == "off"


def same(now, before):
    if not now:
        return None
    now, before = settled(without_marks(now)), settled(without_marks(before))
    return now == before


def without_marks(o):
    """A rule that is written again carries our mark; the one that was there before may not have."""
    o = dict(o)
    for name, value in o.items():
        if isinstance(value, list):
            o[name] = [{k: x for k, x in v.items() if k != "description"} if isinstance(v, dict) else v for v in value]
    return o


def by_id(sim, ocid):
    return next(o for objects in sim.estate()[region_of(ocid)].values() for o in objects if o["id"] == ocid)


def quiet(sim, ocid):
    o = by_id(sim, ocid)
    return o if o["lifecycleState"] in ("AVAILABLE", "ATTACHED") else None


@pytest.mark.parametrize("address", [
    "primary/Subnet/primary-lb",
    "primary/NetworkSecurityGroup/primary-mesh",
    "primary/RouteTable/primary-public",
    "secondary/SecurityList/secondary-api",
])
def test_deleted_by_a_hand(cloud, full_estate, tmp_path, address):
    """What was ours and is gone, seen so by a complete listing, is made again with all that it had."""
    sim = cloud("--estate", full_estate)
    hand = Hand(sim)
    o = find(sim, address)
    region = region_of(o["id"])
    with Tandem.start(sim, full().write(tmp_path)) as tandem:
        tandem.wait_in_sync()
        detach(sim, hand, o)
        hand.call("DELETE", o)
        made = tandem.wait(lambda: find(sim, address), f"{address} to be there again")
        tandem.wait_in_sync()
        assert made["id"] != o["id"] and region_of(made["id"]) == region
        assert_guarded(writes(sim))
        if "Subnet" in address:
            assert made["cidrBlock"] == o["cidrBlock"]
        elif "Group" in address:
            assert len(find(sim, address)["rules"]) == len(o["rules"])


def detach(sim, hand, o):
    """A hand that wants something gone first takes away what holds it: the subnets that use it."""
    ours = region_of(o["id"])
    for subnet in live(sim, ours, "Subnet"):
        vcn = next(v for v in live(sim, ours, "Vcn") if v["id"] == subnet["vcnId"])
        if subnet["routeTableId"] == o["id"]:
            hand.call("PUT", subnet, body={"routeTableId": vcn["defaultRouteTableId"]})
        if o["id"] in subnet["securityListIds"]:
            hand.call("PUT", subnet, body={"securityListIds": [vcn["defaultSecurityListId"]]})


def test_renamed_by_a_hand_is_no_drift(standing, tmp_path):
    """Where the spec leaves displayName out, a rename in the console is nobody's business."""
    from tandem import seed

    Hand(standing).update(VCN, displayName="what the console calls it")
    n = standing.last_call()
    assert once(standing, seed().write(tmp_path)).returncode == 0
    assert not writes(standing, n)
    assert find(standing, VCN)["displayName"] == "what the console calls it"


def test_not_converging(standing, tmp_path):
    """A field that the service takes and drops is reported and left in peace, not hammered."""
    from tandem import seed

    standing.options(ignoreField=[{"kind": "InternetGateway", "field": "isEnabled"}])
    specs = seed()
    specs.item("primary/InternetGateway/primary-igw")["isEnabled"] = False
    specs.policy(disrupt="automatic", disruptionsPerHour=100)
    with Tandem.start(standing, specs.write(tmp_path)) as tandem:
        tandem.wait(lambda: tandem.verdict("primary/InternetGateway/primary-igw") == "not-converging", "not-converging")
        assert tandem.ctl("status").returncode == 2

        def times():
            return [datetime.fromisoformat(c["at"]) for c in writes(standing) if "/internetGateways/" in c["path"]]

        tandem.wait(lambda: len(times()) >= 6, "six tries")
        at = times()[:6]
        gaps = [(b - a).total_seconds() for a, b in zip(at, at[1:])]
        assert gaps[-1] > 4 * gaps[0], f"it hammers: {gaps}"


def test_fight(standing, tmp_path):
    """Somebody who undoes our correction again and again: after three rounds we stop and say so."""
    from tandem import seed

    hand = Hand(standing)
    address = "primary/NatGateway/primary-nat"
    specs = seed()
    specs.item(address)["blockTraffic"] = False
    with Tandem.start(standing, specs.write(tmp_path)) as tandem:
        tandem.wait_in_sync()

        def fought():
            if tandem.verdict(address) == "fighting":
                return True
            if find(standing, address)["blockTraffic"] is False:
                hand.update(address, blockTraffic=True)
            return False

        tandem.wait(fought, "the verdict fighting")
        n = standing.last_call()
        tandem.wait_new_view()
        tandem.wait_new_view()
        assert not [c for c in writes(standing, n) if path_of(find(standing, address)) in c["path"]]
        assert tandem.ctl("status").returncode == 2
