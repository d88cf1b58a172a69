"""From an empty cloud to an estate in sync: whole, once, guarded, in parallel; and then quiet."""

import time

import pytest
from simlib import ORD, SJC
from tandem import (REGIONS, Specs, Tandem, assert_guarded, assert_nothing_doubled, assert_peered, assert_seed_stands, find, full, live,
                    minimal, once, seed, writes)

# The longest chain of the seed's lifecycles in the simulator's seconds: DRG 30, RPC 40, peering 15.
LONGEST_CHAIN = 85


def test_seed_from_empty(empty, tmp_path):
    specs = seed().write(tmp_path)
    built = once(empty, specs, "--bootstrap")
    assert built.returncode == 0, built.stdout + built.stderr
    assert_seed_stands(empty)
    assert_guarded(empty.calls())

    last = empty.last_call()
    again = once(empty, specs)
    assert again.returncode == 0, again.stdout + again.stderr
    assert not writes(empty, last), "a second run writes nothing"


def test_minimal_from_empty(empty, tmp_path):
    built = once(empty, minimal().write(tmp_path), "--bootstrap")
    assert built.returncode == 0, built.stdout + built.stderr
    assert_peered(empty, ("primary/RemotePeeringConnection/primary-rpc", "secondary/RemotePeeringConnection/secondary-rpc"))
    assert_guarded(empty.calls())


def test_everything_from_empty(cloud, full_estate, tmp_path):
    """Every field of every kind; and tandem sees what it built as what was asked for."""
    sim = cloud("--estate", full_estate)
    assert once(sim, full().write(tmp_path)).returncode == 0
    assert not writes(sim)
    assert find(sim, "primary/Vcn/primary-vcn")["cidrBlocks"] == ["10.0.0.0/16", "10.2.0.0/16"]
    spare = find(sim, "primary/DrgRouteTable/primary-spare")
    rpc = find(sim, "primary/DrgAttachment/primary-rpc-attachment")
    assert rpc["drgRouteTableId"] == spare["id"] and spare["isEcmpEnabled"] is True
    assert_peered(sim)


@pytest.mark.long
def test_as_long_as_its_longest_chain(cloud, tmp_path):
    """Work runs side by side: one after the other these lifecycles would take more than three times as long."""
    speed = 10
    sim = cloud(speed=speed)
    start = time.monotonic()
    assert once(sim, seed().write(tmp_path), "--bootstrap").returncode == 0
    took = (time.monotonic() - start) * speed
    assert took < 2 * LONGEST_CHAIN, f"{took:.0f} s of the cloud's time"


def test_calls_grow_as_the_estate(cloud, tmp_path):
    """Many siblings, which the API takes one after the other: none of them has the others looked at again. Counted, not timed."""
    def calls(n):
        specs = minimal()
        specs.vcn()["securityLists"] = specs.vcn().get("securityLists", []) + [{
            "name": f"primary-more{i}", "ingressSecurityRules": [{"protocol": "tcp", "source": f"10.{i}.0.0/16", "ports": [443]}],
            "egressSecurityRules": []} for i in range(n)]
        sim = cloud(name=f"sim{n}")
        sim.options(pageSize=100, emptyPages=0)
        assert once(sim, specs.write(tmp_path / f"{n}"), "--bootstrap").returncode == 0
        return len(sim.calls())

    more = 60
    few, many = calls(1), calls(1 + more)
    assert many - few <= 3 * more, f"{(many - few) / more:.1f} calls for each further security list"


@pytest.mark.parametrize("options", [
    {"pageSize": 1, "emptyPages": 50},
    {"drgDefaultsNullUntilAttached": True, "rpcPendingWithoutPeer": True},
    {"rpcAttachmentCompartment": "rpc", "vcnRouteType": "VCN_CIDRS"},
    {"tagDefaults": False, "tagMapsClearEachOther": False},
    {"sgwBlocksUnlessTold": True, "relatedMissing": [400, "InvalidParameter"]},
    {"processingMsec": 3000},
], ids=lambda o: next(iter(o)))
def test_whatever_the_service_does(empty, tmp_path, options):
    """The API's open points are options of the simulator: the end is the same."""
    empty.options(**options)
    specs = seed().write(tmp_path)
    built = once(empty, specs, "--bootstrap")
    assert built.returncode == 0, built.stdout + built.stderr
    assert_seed_stands(empty)
    assert_guarded(empty.calls())
    last = empty.last_call()
    assert once(empty, specs).returncode == 0
    assert not writes(empty, last)


@pytest.mark.parametrize("faults", [
    [{"action": "status", "status": 429, "code": "TooManyRequests", "from": 10, "to": 40}],
    [{"action": "status", "status": 500, "code": "InternalServerError", "from": 5, "to": 25, "method": "POST"}],
    [{"action": "reset", "from": 20, "to": 30}],
    [{"action": "truncate", "from": 15, "to": 25, "method": "GET"}],
    [{"action": "stale", "from": 30, "to": 60, "method": "GET"}],
    [{"action": "lost-reply", "from": 3, "to": 6, "method": "POST"}],
    [{"action": "status", "status": 412, "code": "NoEtagMatch", "from": 1, "to": 2, "method": "PUT"},
     {"action": "status", "status": 409, "code": "IncorrectState", "from": 3, "to": 4, "method": "PUT"}],
    [{"action": "status", "status": 404, "code": "NotAuthorizedOrNotFound", "from": 10, "to": 20, "method": "GET"}],
], ids=["429", "500", "reset", "truncate", "stale", "lost-reply", "412-409", "404"])
def test_through_faults(empty, tmp_path, faults):
    empty.faults(faults)
    built = once(empty, seed().write(tmp_path), "--bootstrap")
    assert built.returncode == 0, built.stdout + built.stderr
    assert_seed_stands(empty)
    assert_guarded(empty.calls())


def test_rate_limited(cloud, tmp_path):
    """Above the service's rate the pace halves; the estate is built all the same."""
    sim = cloud()
    sim.options(ratePerSecond=30, retryAfter=1)
    built = once(sim, minimal().write(tmp_path), "--bootstrap")
    assert built.returncode == 0, built.stdout + built.stderr


def test_build_shown_in_status(empty, tmp_path):
    """While it builds, status says what progresses and what waits for what; afterwards all is in sync and exit codes agree."""
    with Tandem.start(empty, seed().write(tmp_path), "--bootstrap") as tandem:
        tandem.wait(lambda: any(r["verdict"] == "progressing" for r in tandem.status()["resources"]), "something in progress")
        tandem.wait(lambda: any(r["waitsFor"] for r in tandem.status()["resources"]), "something that waits")
        # What was not listed yet is unknown for a moment, and that is another exit code.
        tandem.wait(lambda: tandem.ctl("status").returncode == 1, "an exit code that says work is left")
        s = tandem.wait_verdict("in-sync")
        assert {r["verdict"] for r in s["resources"]} == {"in-sync"}
        assert [p["state"] for p in s["peerings"]] == ["PEERED"]
        assert all(r["reachable"] and r["complete"] for r in s["regions"])
        assert tandem.ctl("status").returncode == 0 and tandem.ctl("health").returncode == 0
        assert tandem.plan()["actions"] == []


def test_a_kind_joins_a_running_estate(standing, tmp_path):
    """Something declared later is built into what stands; nothing else is written."""
    specs = seed()
    specs.vcn()["networkSecurityGroups"] = [{"name": "primary-new", "securityRules": [
        {"direction": "INGRESS", "protocol": "tcp", "source": "10.0.0.0/16", "ports": [443]}]}]
    result = once(standing, specs.write(tmp_path))
    assert result.returncode == 0, result.stdout + result.stderr
    group = find(standing, "primary/NetworkSecurityGroup/primary-new")
    assert len(group["rules"]) == 1
    assert {c["path"].split("?")[0].split("/")[2] for c in writes(standing)} == {"networkSecurityGroups"}


def test_more_rules_than_one_call_takes(standing, tmp_path):
    """NSG rules go 25 to a call; each is there once."""
    specs = seed()
    specs.vcn()["networkSecurityGroups"] = [{"name": "primary-new", "securityRules": [
        {"direction": "INGRESS", "protocol": "tcp", "source": "10.0.0.0/16", "ports": list(range(1000, 1060))}]}]
    result = once(standing, specs.write(tmp_path))
    assert result.returncode == 0, result.stdout + result.stderr
    rules = find(standing, "primary/NetworkSecurityGroup/primary-new")["rules"]
    assert sorted(r["tcpOptions"]["destinationPortRange"]["min"] for r in rules) == list(range(1000, 1060))


def test_cidr_added_to_a_vcn(standing, tmp_path):
    """By action, with its work request, in place."""
    specs = seed()
    specs.vcn()["cidrBlocks"].append("10.2.0.0/16")
    specs.vcn()["subnets"].append({"name": "primary-more", "cidrBlock": "10.2.1.0/24"})
    result = once(standing, specs.write(tmp_path))
    assert result.returncode == 0, result.stdout + result.stderr
    assert find(standing, "primary/Vcn/primary-vcn")["cidrBlocks"] == ["10.0.0.0/16", "10.2.0.0/16"]
    assert find(standing, "primary/Subnet/primary-more")["cidrBlock"] == "10.2.1.0/24"
    assert_guarded(standing.calls())


def test_one_region_only(empty, tmp_path):
    """An estate need not have two regions."""
    specs = Specs([d for d in minimal().documents if d["kind"] != "Peering" and d["name"] != "secondary"])
    assert once(empty, specs.write(tmp_path), "--bootstrap").returncode == 0
    assert live(empty, SJC, "Vcn") and not live(empty, ORD, "Vcn")
    assert_nothing_doubled(empty)
    assert not [c for c in empty.calls() if c["region"] == REGIONS["secondary"] and c["mutating"]]
