"""Never a second estate by mistake: nothing is built where something may be there already, and nothing else is taken for ours."""

import json

import pytest
from simlib import ORD, SJC, wait_for
from tandem import (PATIENCE, Hand, Tandem, all_live, assert_guarded, assert_nothing_doubled, assert_seed_stands, find, live, minimal, once,
                    path_of, region_of, seed, without_tags, writes)

SPEED = 200
VCN = "primary/Vcn/primary-vcn"
DRG = "primary/Drg/multicluster-drg"
LB = "primary/Subnet/primary-lb"


@pytest.fixture()
def sim(cloud, seed_estate):
    return cloud("--estate", seed_estate, speed=SPEED)


@pytest.fixture()
def bare(cloud):
    """An empty cloud."""
    return cloud(speed=SPEED)


def untag(o, **changed):
    """Freeform tags without ours, or with some of them changed."""
    tags = {k: v for k, v in (o.get("freeformTags") or {}).items() if not k.startswith("tandem-")}
    return {**tags, **{k.replace("_", "-"): v for k, v in changed.items()}}


def created(sim, since=0):
    """What tandem created."""
    return [c for c in writes(sim, since) if c["method"] == "POST" and "/actions/" not in c["path"]]


def reason(tandem, address, verdict="blocked"):
    """A resource's reason once it has this verdict over a view of its own."""
    row = tandem.wait(lambda: (lambda r: r if r and r["verdict"] == verdict else None)(tandem.resource(address)), f"{address} to be {verdict}")
    tandem.wait_new_view()
    row = tandem.resource(address)
    assert row["verdict"] == verdict, row
    return row["reason"]


# An empty cloud

def test_empty_cloud_is_not_built(bare, tmp_path):
    r = once(bare, seed().write(tmp_path))
    assert r.returncode == 2
    assert "nothing of this estate was found" in r.stderr and "tandemctl approve bootstrap" in r.stderr
    assert not writes(bare)


def test_bootstrap_approved(bare, tmp_path):
    with Tandem.start(bare, seed().write(tmp_path)) as tandem:
        tandem.wait_verdict("blocked")
        tandem.wait_new_view()
        assert {r["reason"]["code"] for r in tandem.status()["resources"] if r["verdict"] == "blocked"} == {"bootstrap"}
        assert not writes(bare)
        assert tandem.ctl("approve", "bootstrap").returncode == 0
        tandem.wait_in_sync()
    assert_seed_stands(bare)
    assert_guarded(bare.calls())


def test_bootstrap_approval_survives_a_kill(bare, tmp_path):
    tandem = Tandem.start(bare, minimal().write(tmp_path))
    tandem.wait_verdict("blocked")
    assert tandem.ctl("approve", "bootstrap").returncode == 0
    tandem.kill()
    tandem.launch()
    tandem.wait_ready()
    with tandem:
        tandem.wait_in_sync()
    assert_nothing_doubled(bare)


def test_create_waits_for_approval(bare, tmp_path):
    """Where the specs say nothing of it, even an approved bootstrap builds nothing by itself."""
    specs = minimal()
    del specs.estate["policy"]
    r = once(bare, specs.write(tmp_path), "--bootstrap")
    assert r.returncode == 2 and "tandemctl approve" in r.stderr
    assert not writes(bare)


def test_observe_builds_nothing(bare, tmp_path):
    """Left out, the mode is observe."""
    specs = minimal()
    del specs.estate["mode"]
    assert once(bare, specs.write(tmp_path), "--bootstrap").returncode == 1
    assert not writes(bare)


@pytest.mark.parametrize("options", [[], ["--bootstrap"]], ids=["plain", "bootstrap"])
def test_wrong_compartment(sim, tmp_path, options):
    """One that is not there, or is forbidden, is unknown: nothing is built in it, not even with --bootstrap."""
    specs = seed()
    specs.estate["compartment"] = sim.compartment[:-4] + "aaaa"
    r = once(sim, specs.write(tmp_path), *options)
    assert r.returncode == 2, r
    assert not writes(sim)


def test_another_compartment(sim, tmp_path):
    """One that is there and empty looks like an empty cloud."""
    specs = seed()
    specs.estate["compartment"] = sim.config()["tenancy"]
    try:
        path = specs.write(tmp_path)
        r = once(sim, path)
    finally:
        assert not writes(sim)
    assert r.returncode in (2, 64), r


def test_another_tenancy(sim, cloud, tmp_path):
    """The profile of somewhere else: that cloud is empty, so nothing is built there."""
    other = cloud("--seed", 7, speed=SPEED, name="other")
    r = once(other, seed().write(tmp_path))
    assert r.returncode == 2 and not writes(other)
    assert not writes(sim)


# Things that are there under another guise

def move(sim, o, tmp_path):
    """Into another compartment, by a hand; → its OCID."""
    other = sim.config()["tenancy"]
    wait_for(lambda: sim.hand(region_of(o["id"]), "POST", path_of(o) + "/actions/changeCompartment", {"compartmentId": other}).status == 204
             or sim.get(region_of(o["id"]), path_of(o).removeprefix("/20160918")).body["compartmentId"] == other, PATIENCE, what="the move")


def renamed(sim, o, _):
    Hand(sim).call("PUT", o, body={"displayName": "by a hand"})


def untagged(sim, o, _):
    Hand(sim).call("PUT", o, body={"freeformTags": untag(o)})


def untagged_and_renamed(sim, o, _):
    Hand(sim).call("PUT", o, body={"freeformTags": untag(o), "displayName": "by a hand"})


def retagged(sim, o, _):
    Hand(sim).call("PUT", o, body={"freeformTags": untag(o, tandem_estate="somebody-elses", tandem_address="x/y/z")})


@pytest.mark.parametrize("address", [VCN, DRG])
@pytest.mark.parametrize("change", [renamed, untagged, untagged_and_renamed, retagged, move])
def test_never_built_again(sim, tmp_path, address, change):
    """Whatever a hand did to its name, tags or place, there is no second one, and nothing in it is lost."""
    change(sim, find(sim, address), tmp_path)
    before = sorted(o["id"] for _, _, o in all_live(sim.estate()))
    result = once(sim, seed().write(tmp_path), "--bootstrap")
    assert not created(sim), created(sim)
    assert not [c for c in writes(sim) if c["method"] == "DELETE"]
    assert sorted(o["id"] for _, _, o in all_live(sim.estate())) == before
    if change in (renamed, untagged):  # its tags find it, or its name
        assert result.returncode == 0, result.stdout + result.stderr
        assert find(sim, address)
    else:
        assert result.returncode == 2, result.stdout + result.stderr
        assert address in result.stderr


@pytest.mark.parametrize("change", [untagged_and_renamed, retagged, move])
def test_why_it_is_not_built(sim, tmp_path, change):
    """The reason names what stands there, and `explain` says it."""
    o = find(sim, VCN)
    change(sim, o, tmp_path)
    word = "compartment" if change is move else o["id"]
    with Tandem.start(sim, seed().write(tmp_path)) as tandem:
        # Until all is listed there are other reasons.
        tandem.wait(lambda: (lambda r: r["verdict"] in ("blocked", "unknown") and word in r["reason"]["message"])(tandem.resource(VCN)),
                    "the reason")
        assert word in tandem.ctl("explain", VCN).stdout.replace("\n       ", "")
        tandem.wait_new_view()
        assert not created(sim)


def test_all_gone_is_an_empty_cloud(sim, tmp_path):
    """All tags and names changed at once, in both regions: still nothing is built."""
    for region, kind, o in all_live(sim.estate()):
        if kind in ("Vcn", "Drg", "RemotePeeringConnection", "Subnet", "RouteTable", "SecurityList"):
            sim.set(region, kind, o["id"], freeformTags={}, displayName="x")
    assert once(sim, seed().write(tmp_path), "--bootstrap").returncode == 2
    assert not created(sim)


def test_two_of_a_name(bare, tmp_path):
    """Two that could be it: neither is taken, both are listed, nothing is built; `id:` decides."""
    pair = [bare.create(SJC, "/vcns", cidrBlocks=[f"10.{n}.0.0/16"], displayName="primary-vcn") for n in (0, 50)]
    specs = seed()
    path = specs.write(tmp_path)
    with Tandem.start(bare, path, "--bootstrap") as tandem:
        why = reason(tandem, VCN)
        assert why["code"] == "ambiguous" and all(v["id"] in why["message"] for v in pair)
        assert not [c for c in writes(bare) if "/vcns" in c["path"] and c["region"] == SJC]
        specs.vcn()["id"] = pair[0]["id"]
        specs.write(tmp_path)
        assert tandem.ctl("reload").returncode == 0
        tandem.wait_in_sync()
    assert find(bare, VCN)["id"] == pair[0]["id"]
    assert without_tags([v for v in live(bare, SJC, "Vcn") if v["id"] == pair[1]["id"]][0])["displayName"] == "primary-vcn"


def test_two_with_our_tags(sim, tmp_path):
    """A copy that carries our tags as well: which one is it?"""
    o = find(sim, VCN)
    copy = sim.create(SJC, "/vcns", cidrBlocks=["10.60.0.0/16"], displayName="copy", freeformTags=o["freeformTags"])
    with Tandem.start(sim, seed().write(tmp_path)) as tandem:
        why = reason(tandem, VCN)
        assert why["code"] == "ambiguous" and o["id"] in why["message"] and copy["id"] in why["message"]
        assert not writes(sim)
        Hand(sim).call("PUT", copy, body={"freeformTags": {}})
        tandem.wait_in_sync()
    assert not writes(sim)


# Pins

def test_pinned_is_gone(sim, tmp_path):
    """A pinned thing that is gone is never made anew: a person decides."""
    specs = seed()
    ocid = find(sim, LB)["id"]
    specs.item(LB)["id"] = ocid
    path = specs.write(tmp_path)
    assert once(sim, path).returncode == 0
    Hand(sim).delete(LB)
    with Tandem.start(sim, path) as tandem:
        why = reason(tandem, LB)
        assert why["code"] == "pinned-gone" and ocid in why["message"]
        assert not created(sim)
        seed().write(tmp_path)
        assert tandem.ctl("reload").returncode == 0
        tandem.wait_in_sync()
    assert find(sim, LB)["id"] != ocid


def test_pin_of_something_never_seen(sim, tmp_path):
    """A mistyped pin builds nothing."""
    specs = seed()
    ocid = find(sim, VCN)["id"]
    specs.vcn()["id"] = ocid[:-6] + "aaaaaa"
    r = once(sim, specs.write(tmp_path), "--bootstrap")
    assert r.returncode == 2 and VCN in r.stderr
    assert not created(sim) and find(sim, VCN)["id"] == ocid


def test_pin_takes_what_it_names(sim, tmp_path):
    """Whatever its name is; what lies in it stays, and the one that had the address before is let go, not deleted."""
    stranger = sim.create(SJC, "/subnets", vcnId=find(sim, VCN)["id"], cidrBlock="10.0.30.0/24", displayName="by a hand")
    specs = seed()
    vcn = specs.vcn()
    vcn["subnets"].append({"name": "primary-more", "cidrBlock": "10.0.30.0/24", "id": stranger["id"]})
    r = once(sim, specs.write(tmp_path))
    assert r.returncode == 0, r.stdout + r.stderr
    assert find(sim, "primary/Subnet/primary-more")["id"] == stranger["id"]
    assert not created(sim)


# Names that change

def test_formerly(sim, tmp_path):
    """A new name in the specs, with `formerly:`, moves the tag and nothing else."""
    specs = seed()
    item = specs.item(LB)
    item.update(name="primary-front", formerly="primary-lb", displayName="primary-lb")
    ocid = find(sim, LB)["id"]
    path = specs.write(tmp_path)
    r = once(sim, path)
    assert r.returncode == 0, r.stdout + r.stderr
    assert find(sim, "primary/Subnet/primary-front")["id"] == ocid and not find(sim, LB)
    only, = writes(sim)
    assert only["method"] == "PUT" and only["ifMatch"]
    n = sim.last_call()
    assert once(sim, path).returncode == 0
    assert not writes(sim, n)


def test_renamed_without_formerly(sim, tmp_path):
    """Without it the new one is not built beside the old one, whose place it would take, and the old one is not deleted."""
    specs = seed()
    specs.item(LB)["name"] = "primary-front"
    ocid = find(sim, LB)["id"]
    with Tandem.start(sim, specs.write(tmp_path)) as tandem:
        why = reason(tandem, "primary/Subnet/primary-front")
        assert ocid in why["message"] and "formerly" in why["message"]
        assert not writes(sim)


# Others

def test_another_estate_is_not_touched(sim, tmp_path):
    """Two estates in one compartment: what carries the other's tags is not ours, even under our names."""
    specs = seed()
    specs.estate["name"] = "another"
    before = json.dumps(sim.estate(), sort_keys=True)
    with Tandem.start(sim, specs.write(tmp_path), "--bootstrap") as tandem:
        tandem.wait_verdict("blocked")
        why = reason(tandem, VCN)
        assert find(sim, VCN)["id"] in why["message"]
        tandem.wait_new_view()
        assert not writes(sim)
    assert json.dumps(sim.estate(), sort_keys=True) == before


@pytest.mark.parametrize("blocks", [["10.0.0.0/16"], ["10.0.128.0/17"], ["10.90.0.0/16", "10.0.5.0/24"]], ids=lambda b: b[-1])
def test_same_blocks_in_an_undeclared_vcn(bare, tmp_path, blocks):
    """Built beside it, traffic of one would end in the other."""
    stranger = bare.create(SJC, "/vcns", cidrBlocks=blocks, displayName="somebody's")
    with Tandem.start(bare, seed().write(tmp_path), "--bootstrap") as tandem:
        why = reason(tandem, VCN)
        assert why["code"] == "place-taken" and stranger["id"] in why["message"]
        tandem.wait(lambda: tandem.verdict("secondary/Vcn/secondary-vcn") == "in-sync", "the other region")
        assert len(live(bare, SJC, "Vcn")) == 1
        assert without_tags(live(bare, SJC, "Vcn")[0])["freeformTags"] == {}


def test_unique_place_is_taken(sim, tmp_path):
    """One internet gateway per VCN: somebody else's is said, not replaced."""
    gateway = find(sim, "primary/InternetGateway/primary-igw")
    sim.set(SJC, "InternetGateway", gateway["id"], displayName="somebody's", freeformTags={})
    with Tandem.start(sim, seed().write(tmp_path)) as tandem:
        why = reason(tandem, "primary/InternetGateway/primary-igw")
        assert why["code"] == "place-taken" and gateway["id"] in why["message"]
        assert not created(sim)


# What is no longer declared

def test_orphans(sim, tmp_path):
    """What we made is deleted after approval; what we found is let go: its tags come off, and it stays as it was."""
    stranger = sim.create(SJC, "/subnets", vcnId=find(sim, VCN)["id"], cidrBlock="10.0.30.0/24", displayName="primary-found")
    specs = seed()
    for subnet in ({"name": "primary-found", "cidrBlock": "10.0.30.0/24"}, {"name": "primary-made", "cidrBlock": "10.0.31.0/24"}):
        specs.vcn()["subnets"].append(subnet)
    path = specs.write(tmp_path)
    with Tandem.start(sim, path) as tandem:
        tandem.wait_in_sync()
        made = find(sim, "primary/Subnet/primary-made")
        found = find(sim, "primary/Subnet/primary-found")
        assert (made["freeformTags"]["tandem-origin"], found["freeformTags"]["tandem-origin"]) == ("created", "adopted")
        assert found["id"] == stranger["id"]

        seed().write(tmp_path)
        plan = json.loads(tandem.ctl("--json", "plan", "-f", path).stdout)
        assert {(a["address"].split("-")[-1], a["verb"], a["abandon"]) for a in plan["actions"]} == {("made", "delete", False), ("found", "adopt", True)}
        assert tandem.ctl("reload").returncode == 0
        action = tandem.wait_plan("primary/Subnet/primary-made", "delete")
        tandem.wait(lambda: not find(sim, "primary/Subnet/primary-found"), "the tags to come off")
        tandem.wait_new_view()
        assert find(sim, "primary/Subnet/primary-made"), "deleted without approval"
        assert tandem.ctl("approve", action["id"]).returncode == 0
        tandem.wait(lambda: not find(sim, "primary/Subnet/primary-made"), "the deletion")
        tandem.wait_in_sync()
    left = next(s for s in live(sim, ORD, "Subnet") + live(sim, SJC, "Subnet") if s["id"] == stranger["id"])
    assert without_tags(left) == without_tags(stranger) and left["freeformTags"] == stranger["freeformTags"]


def test_estate_reduced_to_nothing(sim, tmp_path):
    """A spec from which nearly all is gone deletes nothing by itself, and lists every deletion."""
    specs = seed()
    for name in ("primary", "secondary"):
        region = specs.region(name)
        region.pop("drgs")
        region["vcns"] = [{"name": f"{name}-vcn", "cidrBlocks": specs.vcn(name)["cidrBlocks"]}]
    specs.documents = [d for d in specs.documents if d["kind"] != "Peering"]
    with Tandem.start(sim, specs.write(tmp_path)) as tandem:
        tandem.wait_verdict("blocked")
        tandem.wait_new_view()
        deletions = [a for a in tandem.plan()["actions"] if a["verb"] == "delete"]
        assert len(deletions) > 15 and {a["gate"] for a in deletions} == {"approve"}
        assert not [c for c in writes(sim) if c["method"] == "DELETE"]
    assert_seed_stands_live(sim)


def assert_seed_stands_live(sim):
    for region in (SJC, ORD):
        assert len(live(sim, region, "Subnet")) == 3 and len(live(sim, region, "RemotePeeringConnection")) == 1
