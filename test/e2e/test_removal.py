"""What is no longer declared: deleted through the gate when we made it, let go when we found it, never without a person's word."""

import pytest
from simlib import ORD, SJC, wait_for
from tandem import PATIENCE, Hand, Tandem, assert_guarded, assert_peered, find, generous, live, once, seed, without_tags, writes

LB = "primary/Subnet/primary-lb"


def test_subnet_taken_out_of_the_spec(hasty, tmp_path):
    specs = generous().drop(LB)
    with Tandem.start(hasty, specs.write(tmp_path)) as tandem:
        action = tandem.wait_plan(LB, "delete")
        assert tandem.verdict(LB) in ("orphaned", "blocked")
        tandem.wait_new_view()
        assert find(hasty, LB) and not writes(hasty), "deleted without approval"
        assert "primary-lb" in tandem.ctl("plan").stdout
        assert tandem.ctl("approve", action["id"]).returncode == 0
        tandem.wait(lambda: not find(hasty, LB), "the subnet to go")
        tandem.wait_in_sync()
    gone, = writes(hasty)
    assert gone["method"] == "DELETE" and gone["ifMatch"]


def test_approval_names_one_thing(hasty, tmp_path):
    """Approving one deletion lets nothing else through."""
    specs = generous().drop(LB).drop("secondary/Subnet/secondary-lb")
    with Tandem.start(hasty, specs.write(tmp_path)) as tandem:
        tandem.wait_plan("secondary/Subnet/secondary-lb", "delete")
        tandem.approve(LB, "delete")
        tandem.wait(lambda: not find(hasty, LB), "the approved one to go")
        tandem.wait_new_view()
        assert find(hasty, "secondary/Subnet/secondary-lb")


def test_never_means_never(standing, tmp_path):
    specs = generous().drop(LB).policy(delete="never")
    result = once(standing, specs.write(tmp_path))
    assert result.returncode == 2, result.stdout + result.stderr
    assert find(standing, LB) and not writes(standing)


def test_delete_automatic(hasty, tmp_path):
    specs = generous().drop(LB).policy(delete="automatic")
    result = once(hasty, specs.write(tmp_path))
    assert result.returncode == 0, result.stdout + result.stderr
    assert not find(hasty, LB)
    assert_guarded(writes(hasty))
    assert_peered(hasty)


def test_a_branch_goes_leaf_first(standing, tmp_path):
    """A subnet with its own table and list: each goes when nothing depends on it any more; no delete is refused for ever."""
    specs = generous()
    vcn = specs.vcn()
    vcn["routeTables"].append({"name": "extra", "routeRules": [{"destination": "0.0.0.0/0", "networkEntity": "NatGateway/primary-nat"}]})
    vcn["securityLists"].append({"name": "extra", "ingressSecurityRules": [], "egressSecurityRules": []})
    vcn["subnets"].append({"name": "extra", "cidrBlock": "10.0.99.0/24", "routeTable": "extra", "securityLists": ["extra"]})
    path = specs.write(tmp_path)
    assert once(standing, path).returncode == 0
    generous().policy(delete="automatic", disrupt="automatic", disruptionsPerHour=100).write(tmp_path)
    result = once(standing, path)
    assert result.returncode == 0, result.stdout + result.stderr
    for kind in ("Subnet", "RouteTable", "SecurityList"):
        assert len(live(standing, SJC, kind)) == 3


def test_adopted_is_abandoned(empty, tmp_path):
    """What a person made and the spec once named: our tags come off, the thing stays."""
    hand = Hand(empty)
    path = generous().write(tmp_path)
    assert once(empty, path, "--bootstrap").returncode == 0
    vcn = find(empty, "primary/Vcn/primary-vcn")
    group = empty.create(SJC, "/networkSecurityGroups", vcnId=vcn["id"], displayName="by-hand", freeformTags={"made": "by hand"})
    specs = generous()
    specs.vcn()["networkSecurityGroups"] = [{"name": "by-hand"}]
    specs.write(tmp_path)
    assert once(empty, path).returncode == 0
    adopted = find(empty, "primary/NetworkSecurityGroup/by-hand")
    assert adopted["id"] == group["id"] and adopted["freeformTags"]["tandem-origin"] == "adopted"

    generous().write(tmp_path)
    n = empty.last_call()
    assert once(empty, path).returncode == 0
    after = next(o for o in live(empty, SJC, "NetworkSecurityGroup") if o["id"] == group["id"])
    assert after["freeformTags"] == {"made": "by hand"}
    assert without_tags(after) == without_tags(adopted)
    assert [c["method"] for c in writes(empty, n)] == ["PUT"]
    assert hand


def test_undeclared_without_our_tags_is_never_touched(standing, tmp_path):
    vcn = find(standing, "primary/Vcn/primary-vcn")
    standing.create(SJC, "/networkSecurityGroups", vcnId=vcn["id"], displayName="somebody's")
    standing.create(ORD, "/vcns", cidrBlocks=["172.16.0.0/16"], displayName="somebody's VCN")
    n = standing.last_call()
    assert once(standing, generous().policy(delete="automatic").write(tmp_path)).returncode == 0
    assert not writes(standing, n)


def test_tags_of_another_estate_are_not_ours(standing, tmp_path):
    """A thing tagged by another estate of the same compartment is neither adopted nor deleted."""
    vcn = find(standing, "primary/Vcn/primary-vcn")
    other = standing.create(SJC, "/networkSecurityGroups", vcnId=vcn["id"], displayName="x", freeformTags={
        "tandem-estate": "another", "tandem-address": "primary/NetworkSecurityGroup/x", "tandem-origin": "created"})
    n = standing.last_call()
    assert once(standing, generous().policy(delete="automatic").write(tmp_path)).returncode == 0
    assert not writes(standing, n)
    assert other["id"] in [o["id"] for o in live(standing, SJC, "NetworkSecurityGroup")]


def test_nothing_destroyed_while_the_other_region_is_unproven(standing, tmp_path):
    """Even with approval: while the other region does not answer, nothing is deleted; a person's override goes ahead."""
    standing.faults([{"region": ORD, "action": "silent"}])
    specs = generous().drop(LB)
    with Tandem.start(standing, specs.write(tmp_path)) as tandem:
        tandem.approve(LB, "delete")
        for _ in range(3):
            primary_view(standing, tandem)
        assert find(standing, LB), "deleted while the other region was silent"
        action = tandem.wait_plan(LB, "delete")
        r = tandem.change("POST", "/approvals", {"id": action["id"], "override": True, "reason": "the other region is down for the day"})
        assert r.status == 204, r
        tandem.wait(lambda: not find(standing, LB), "the override")
        standing.faults([])


def primary_view(sim, tandem):
    n = sim.last_call()
    tandem.wait(lambda: [c for c in sim.calls(n) if c["region"] == SJC and "/vcns" in c["path"]], "another view of the primary region")


@pytest.mark.long
def test_budget_of_disruptions(hasty, tmp_path):
    """With one disruption an hour, the second waits for the hour's refill, though both are allowed."""
    specs = seed().drop(LB).drop("secondary/Subnet/secondary-lb").policy(delete="automatic", disruptionsPerHour=1)
    with Tandem.start(hasty, specs.write(tmp_path)) as tandem:
        tandem.wait(lambda: len(deletes(hasty)) == 1, "the first deletion")
        tandem.wait_new_view()
        assert len(deletes(hasty)) == 1
        assert tandem.status()["budget"] == {"used": 1, "limit": 1}
        tandem.wait(lambda: len(deletes(hasty)) == 2, "the refill", timeout=2 * PATIENCE)


def deletes(sim):
    return [c for c in writes(sim) if c["method"] == "DELETE"]


def test_a_whole_region_taken_out_is_gated(standing, tmp_path):
    """Dropping a region from the spec deletes nothing by itself."""
    specs = generous()
    specs.documents = [d for d in specs.documents if d["kind"] != "Peering" and d["name"] != "secondary"]
    for table in specs.vcn()["routeTables"]:
        table["routeRules"] = [r for r in table["routeRules"] if not str(r["destination"]).startswith("secondary")]
    for rules in specs.vcn()["securityLists"]:
        rules["ingressSecurityRules"] = [r for r in rules["ingressSecurityRules"] if not r["source"].startswith("secondary")]
    result = once(standing, specs.write(tmp_path))
    assert result.returncode in (0, 2), result.stdout + result.stderr
    assert not deletes(standing)
    assert_peered(standing)


@pytest.mark.parametrize("refusal", [[409, "IncorrectState"], [400, "InvalidParameter"], [412, "NoEtagMatch"]], ids=lambda r: r[1])
def test_refused_delete_is_reported(hasty, tmp_path, refusal):
    """A subnet that still holds a VNIC: the refusal is kept as the reason, and it goes when the VNIC is gone."""
    ocid = find(hasty, LB)["id"]
    hasty.options(subnetsInUse=[ocid], deleteSubnet=refusal)
    with Tandem.start(hasty, generous().drop(LB).policy(delete="automatic").write(tmp_path)) as tandem:
        wait_for(lambda: deletes(hasty), PATIENCE, what="a refused delete")
        tandem.wait(lambda: tandem.resource(LB)["attempts"] > 0, "the refusal in the status")
        assert find(hasty, LB)
        hasty.options(subnetsInUse=[])
        tandem.wait(lambda: not find(hasty, LB), "the subnet to go")
