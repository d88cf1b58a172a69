"""Lists of rules that several write: ours come back at once, theirs are kept and reported, and only what is marked as ours is taken out."""

import pytest
from simlib import wait_for
from tandem import PATIENCE, REGIONS, Hand, Tandem, assert_guarded, find, generous, live, once, seed, writes

LIST = "primary/SecurityList/primary-nodes"
TABLE = "primary/RouteTable/primary-private"
MARK = "[tandem multicluster]"


def theirs(port, source="10.9.0.0/16"):
    return {"protocol": "6", "source": source, "sourceType": "CIDR_BLOCK", "isStateless": False,
            "tcpOptions": {"destinationPortRange": {"min": port, "max": port}}, "description": "of the cloud controller"}


def ports(o):
    return sorted(r["tcpOptions"]["destinationPortRange"]["min"] for r in o["ingressSecurityRules"] if r.get("tcpOptions"))


def has(o, destination):
    return next((r for r in o["routeRules"] if r["destination"] == destination), None)


def test_list_replaced_by_a_hand(standing, tmp_path):
    """The whole list replaced by somebody else's rules: ours are back at once, theirs are kept."""
    hand = Hand(standing)
    with Tandem.start(standing, seed().write(tmp_path)) as tandem:
        tandem.wait_in_sync()
        n = standing.last_call()
        hand.update(LIST, ingressSecurityRules=[theirs(30080), theirs(10256)], egressSecurityRules=[])
        tandem.wait(lambda: ports(find(standing, LIST)) == [443, 10256, 15012, 15443, 30080], "ours and theirs")
        s = tandem.wait_in_sync()
        row = next(r for r in s["resources"] if r["address"] == LIST)
        assert len(row["foreign"]) == 2 and row["verdict"] in ("in-sync", "foreign")
        assert_guarded(writes(standing, n))
        now = find(standing, LIST)
        assert [r["description"] for r in now["ingressSecurityRules"] if ports({"ingressSecurityRules": [r]}) == [30080]] == ["of the cloud controller"]
        assert len(now["egressSecurityRules"]) == 1


def test_foreign_rule_is_reported_and_no_drift(standing, tmp_path):
    hand = Hand(standing)
    hand.update(LIST, ingressSecurityRules=find(standing, LIST)["ingressSecurityRules"] + [theirs(22, "0.0.0.0/0")])
    n = standing.last_call()
    with Tandem.start(standing, seed().write(tmp_path)) as tandem:
        s = tandem.wait_in_sync()
        row = next(r for r in s["resources"] if r["address"] == LIST)
        assert len(row["foreign"]) == 1 and "22" in row["foreign"][0]["rule"] and row["foreign"][0]["risk"]
        assert "foreign" in tandem.ctl("status").stdout
    assert not writes(standing, n)


@pytest.mark.parametrize("policy", ["approve", "automatic"])
def test_foreign_rules_removed_on_demand(hasty, tmp_path, policy):
    """Under `foreignRules: remove` they go, through the gate."""
    Hand(hasty).update(LIST, ingressSecurityRules=find(hasty, LIST)["ingressSecurityRules"] + [theirs(22)])
    specs = generous().policy(disrupt=policy)
    specs.item(LIST)["foreignRules"] = "remove"
    with Tandem.start(hasty, specs.write(tmp_path)) as tandem:
        if policy == "approve":
            action = tandem.wait_plan(LIST, "disrupt")
            assert action["gate"] != "automatic" and 22 in ports(find(hasty, LIST))
            tandem.approve(LIST, "disrupt")
        tandem.wait(lambda: ports(find(hasty, LIST)) == [443, 15012, 15443], "the foreign rule to go")
        tandem.wait_in_sync()


def test_route_retargeted(standing, tmp_path):
    """Ours back at once, a hand's own route kept, and the table is written once."""
    hand = Hand(standing)
    with Tandem.start(standing, seed().write(tmp_path)) as tandem:
        tandem.wait_in_sync()
        n = standing.last_call()
        rules = [{k: v for k, v in r.items() if k != "cidrBlock"} for r in find(standing, TABLE)["routeRules"]]
        nat = find(standing, "primary/NatGateway/primary-nat")["id"]
        for r in rules:
            if r["destination"] == "10.1.0.0/16":
                r["networkEntityId"] = nat
        rules.append({"destination": "192.168.0.0/24", "destinationType": "CIDR_BLOCK", "networkEntityId": nat, "description": "to the office"})
        hand.update(TABLE, routeRules=rules)
        drg = find(standing, "primary/Drg/multicluster-drg")["id"]
        tandem.wait(lambda: has(find(standing, TABLE), "10.1.0.0/16")["networkEntityId"] == drg, "our route to lead to the DRG again")
        tandem.wait_in_sync()
        assert has(find(standing, TABLE), "192.168.0.0/24")["description"] == "to the office"
        assert len([c for c in writes(standing, n) if "/routeTables/" in c["path"]]) == 1


@pytest.mark.parametrize("address,member,take", [
    (LIST, "ingressSecurityRules", lambda rules: [r for r in rules if r["protocol"] != "icmp"]),
    (TABLE, "routeRules", lambda rules: [r for r in rules if r["destination"] != "Service/all"]),
])
def test_rule_taken_out_of_the_spec(hasty, tmp_path, address, member, take):
    """It stays until somebody approves; then it goes, and nothing else does."""
    before = find(hasty, address)[member]
    specs = generous()
    item = specs.item(address)
    item[member] = take(item[member])
    with Tandem.start(hasty, specs.write(tmp_path)) as tandem:
        action = tandem.wait_plan(address, "disrupt")
        assert action["gate"] not in ("automatic", "auto")
        tandem.wait_new_view()
        assert len(find(hasty, address)[member]) == len(before), "taken away without approval"
        assert not writes(hasty)
        assert tandem.ctl("status").returncode == 2 or tandem.status()["verdict"] in ("drifted", "blocked")
        approved = tandem.ctl("approve", action["id"])
        assert approved.returncode == 0, approved.stderr
        tandem.wait(lambda: len(find(hasty, address)[member]) == len(before) - 1, "the rule to go")
        tandem.wait_in_sync()
    assert_guarded(writes(hasty))


def test_unmarked_rule_is_kept(standing, tmp_path):
    """A rule that a hand wrote before it was ever ours is not ours to remove, though the spec once declared it."""
    o = find(standing, LIST)
    bare = [{**r, "description": (r.get("description") or "").replace(MARK, "").strip() or None} for r in o["ingressSecurityRules"]]
    Hand(standing).update(LIST, ingressSecurityRules=[{k: v for k, v in r.items() if v is not None} for r in bare])
    n = standing.last_call()
    specs = seed()
    specs.item(LIST)["ingressSecurityRules"] = [r for r in specs.item(LIST)["ingressSecurityRules"] if r["protocol"] != "icmp"]
    with Tandem.start(standing, specs.write(tmp_path)) as tandem:
        s = tandem.wait_in_sync()
        row = next(r for r in s["resources"] if r["address"] == LIST)
        assert len(row["foreign"]) == 1 and "icmp" in row["foreign"][0]["rule"]
    assert not writes(standing, n)
    assert len(find(standing, LIST)["ingressSecurityRules"]) == len(bare)


def test_concurrent_writer_loses_nothing(standing, tmp_path):
    """The cloud controller writes between our look and our write: the etag catches it, both sides' rules survive."""
    hand = Hand(standing)
    with Tandem.start(standing, seed().write(tmp_path)) as tandem:
        tandem.wait_in_sync()
        for port in (30001, 30002, 30003, 30004, 30005):
            rules = [r for r in find(standing, LIST)["ingressSecurityRules"] if ports({"ingressSecurityRules": [r]}) != [443]]
            hand.update(LIST, ingressSecurityRules=rules + [theirs(port)])
            hand.update(LIST, freeformTags={**find(standing, LIST)["freeformTags"], "round": str(port)})
        tandem.wait(lambda: ports(find(standing, LIST)) == [443, 15012, 15443, 30001, 30002, 30003, 30004, 30005], "all rules of both")


@pytest.mark.parametrize("created", [True, False])
def test_statements_of_a_distribution(hasty, tmp_path, created):
    """In what we created all statements are ours; in what was adopted only those with a declared key."""
    hand = Hand(hasty)
    specs = seed().policy(disrupt="automatic")
    name = "into-for-vcns"
    if created:
        name = "made"
        specs.drg()["drgRouteDistributions"].append({"name": "made", "distributionType": "IMPORT", "statements": [
            {"priority": 1, "action": "ACCEPT", "matchCriteria": [{"matchType": "MATCH_ALL"}]}]})
    address = f"primary/DrgRouteDistribution/{name}"
    with Tandem.start(hasty, specs.write(tmp_path)) as tandem:
        tandem.wait_in_sync()
        hand.act(address, "addDrgRouteDistributionStatements", statements=[
            {"action": "ACCEPT", "priority": 9, "matchCriteria": [{"matchType": "DRG_ATTACHMENT_TYPE", "attachmentType": "VCN"}]}])

        def priorities():
            return sorted(s["priority"] for s in find(hasty, address)["statements"])

        if created:
            tandem.wait(lambda: priorities() == [1], "the statement of a hand to go")
        tandem.wait_in_sync()
        assert priorities() == ([1] if created else [1, 9])


def test_group_rule_changed_by_a_hand(hasty, tmp_path):
    """A hand edits our NSG rule in place: ours is added again, once; what it became carries our mark, so it is ours to remove."""
    specs = seed().policy(disrupt="automatic")
    specs.vcn()["networkSecurityGroups"] = [{"name": "primary-mesh", "securityRules": [
        {"direction": "INGRESS", "protocol": "tcp", "source": "10.1.0.0/16", "ports": [15443]}]}]
    address = "primary/NetworkSecurityGroup/primary-mesh"
    with Tandem.start(hasty, specs.write(tmp_path)) as tandem:
        tandem.wait(lambda: find(hasty, address) and find(hasty, address)["rules"], "the group")
        tandem.wait_in_sync()
        rule = {k: v for k, v in find(hasty, address)["rules"][0].items() if k not in ("timeCreated", "isValid")}
        rule["tcpOptions"] = {"destinationPortRange": {"min": 22, "max": 22}}
        Hand(hasty).act(address, "updateSecurityRules", securityRules=[rule])

        def open_ports():
            return [r["tcpOptions"]["destinationPortRange"]["min"] for r in find(hasty, address)["rules"]]

        tandem.wait(lambda: open_ports() == [15443], "our rule alone")
        tandem.wait_in_sync()


def test_order_and_spelling_are_no_drift(standing, tmp_path):
    """Rules in another order, defaults filled in or left out, protocol by number: a no-op pass writes nothing."""
    specs = seed()
    nodes = specs.item(LIST)
    nodes["ingressSecurityRules"].reverse()
    nodes["ingressSecurityRules"] = [{**r, "protocol": {"tcp": 6, "icmp": "icmp", "all": "all"}[r["protocol"]]} for r in nodes["ingressSecurityRules"]]
    specs.item(TABLE)["routeRules"].reverse()
    result = once(standing, specs.write(tmp_path))
    assert result.returncode == 0, result.stdout + result.stderr
    assert not writes(standing)


def test_default_lists_of_the_vcn(standing, tmp_path):
    """What OCI makes with a VCN can be declared by its role: adopted, its own rules kept."""
    specs = seed()
    specs.vcn()["securityLists"].append({"name": "primary-default", "defaultOf": "vcn", "ingressSecurityRules": [
        {"protocol": "tcp", "source": "10.1.0.0/16", "ports": [8443]}], "egressSecurityRules": []})
    vcn = live(standing, REGIONS["primary"], "Vcn")[0]
    result = once(standing, specs.write(tmp_path))
    assert result.returncode == 0, result.stdout + result.stderr
    o = wait_for(lambda: find(standing, "primary/SecurityList/primary-default"), PATIENCE)
    assert o["id"] == vcn["defaultSecurityListId"] and o["freeformTags"]["tandem-origin"] == "adopted"
    assert ports(o) == [22, 8443]
