"""tandem-sim: faults on command, options, snapshots, time, chance and size."""

import json
import threading
import time

import pytest
from signing import Client
from simlib import ORD, SJC, Sim, wait_for


@pytest.fixture()
def sim(tmp_path):
    with Sim.start(tmp_path, "--speed", "1000") as s:
        s.options(emptyPages=0)
        yield s


@pytest.fixture()
def client(sim):
    with Client(sim) as c:
        yield c


def drgs(sim):
    return f"/drgs?compartmentId={sim.compartment}"


def body(sim, **kw):
    return {"compartmentId": sim.compartment, **kw}


# Faults


def test_status_fault_has_no_effect(sim, client):
    sim.faults([{"region": SJC, "method": "POST", "path": "/drgs$", "from": 2, "to": 3, "action": "status", "status": 429,
                 "code": "TooManyRequests", "headers": {"retry-after": "7"}}])
    got = [client.post(SJC, "/drgs", body(sim)) for _ in range(4)]
    assert [r.status for r in got] == [200, 429, 429, 200]
    assert got[1].headers["retry-after"] == "7" and got[1].code == "TooManyRequests" and got[1].headers["opc-request-id"]
    assert client.post(ORD, "/drgs", body(sim)).status == 200
    assert len(sim.objects(SJC, "Drg")) == 2
    sim.faults([{"action": "status", "status": 503, "body": {"odd": True}}])
    r = client.get(ORD, drgs(sim))
    assert r.status == 503 and r.body == {"odd": True}
    assert sim.get(ORD, drgs(sim)).status == 200  # hands are spared
    assert sim.control("GET", "/faults").body[0]["matched"] == 1


def test_replacing_the_rules_zeroes_the_counters(sim, client):
    rule = [{"path": "drgs", "to": 1, "action": "status", "status": 500}]
    for _ in range(2):
        sim.faults(rule)
        assert [client.get(SJC, drgs(sim)).status for _ in range(2)] == [500, 200]


@pytest.mark.parametrize("action,happens", [("reset", False), ("refuse", False), ("lost-reply", True), ("silent", False)])
def test_replies_that_never_come(sim, client, action, happens):
    sim.faults([{"method": "POST", "action": action}])
    seen = sim.last_call()
    with pytest.raises(OSError) if action != "lost-reply" else pytest.raises(Exception):
        client.post(SJC, "/drgs", body(sim), timeout=1)
    sim.faults([])
    call = sim.calls(seen)[0]
    assert call["status"] == 0 and call["mutating"] is True
    assert len(sim.objects(SJC, "Drg")) == int(happens)
    assert client.get(SJC, drgs(sim)).status == 200


def test_truncated(sim, client):
    sim.create(SJC, "/drgs")
    sim.faults([{"action": "truncate"}])
    with pytest.raises(Exception) as e:
        client.get(SJC, drgs(sim))
    assert "IncompleteRead" in repr(e.value) or isinstance(e.value, OSError)
    assert sim.calls()[-1]["status"] == 200


def test_delay_holds_up_nobody_else(sim, client):
    sim.faults([{"path": "drgs", "to": 1, "action": "delay", "delayMs": 1500}])
    began = time.monotonic()
    took = []
    t = threading.Thread(target=lambda: (client.get(SJC, drgs(sim)), took.append(time.monotonic() - began)))
    t.start()
    wait_for(lambda: sim.control("GET", "/faults").body[0]["matched"] == 1)
    with Client(sim) as other:
        assert other.get(SJC, "/services").status == 200
    assert time.monotonic() - began < 1.4
    t.join()
    assert took[0] >= 1.5


def test_stale(sim, client):
    a = sim.create(SJC, "/drgs", displayName="a")
    sim.faults([{"method": "GET", "action": "stale"}])
    assert client.post(SJC, "/drgs", body(sim, displayName="b")).status == 200
    assert [d["displayName"] for d in client.get(SJC, drgs(sim)).body] == ["a"]  # as before the create
    client.put(SJC, f"/drgs/{a['id']}", {"displayName": "c"})
    r = client.get(SJC, f"/drgs/{a['id']}")
    assert r.body["displayName"] == "a"
    assert client.put(SJC, f"/drgs/{a['id']}", {"displayName": "d"}, headers={"if-match": r.headers["etag"]}).status == 412
    assert sorted(d["displayName"] for d in client.get(SJC, drgs(sim)).body) == ["a", "b"]
    assert client.put(SJC, f"/drgs/{a['id']}", {"displayName": ""}).status == 400  # changes nothing, hides nothing
    assert client.get(SJC, f"/drgs/{a['id']}").body["displayName"] == "a"
    sim.faults([])
    assert client.get(SJC, f"/drgs/{a['id']}").body["displayName"] == "c"


# Who did it, and the call log


def test_principals_and_calls(sim, client):
    r = client.post(SJC, "/drgs", body(sim), headers={"opc-retry-token": "tok"})
    sim.settled(SJC, "/drgs", r.body["id"])
    assert sim.objects(SJC, "Drg")[0]["lastWriter"] == "tandem"
    call = [c for c in sim.calls() if c["method"] == "POST"][0]
    assert call["retryToken"] == "tok" and call["principal"] == "tandem" and call["mutating"] and call["region"] == SJC
    assert call["path"] == "/20160918/drgs" and call["host"] == f"iaas.{SJC}.oraclecloud.com" and call["status"] == 200
    sim.hand(SJC, "PUT", f"/20160918/drgs/{r.body['id']}", {"displayName": "x"}, headers={"if-match": sim.get(SJC, "/drgs/" + r.body["id"]).headers["etag"]})
    assert sim.objects(SJC, "Drg")[0]["lastWriter"] == "hand"
    last = sim.calls()[-1]
    assert last["principal"] == "hand" and last["ifMatch"] and last["status"] == 200
    n = last["n"]
    assert sim.calls(n) == []
    client.get(SJC, "/services")
    assert [c["n"] for c in sim.calls(n)] == [n + 1] and sim.calls(n)[0]["mutating"] is False
    assert sim.control("GET", "/calls?since=x").status == 400


# Options


def test_rate(sim, client):
    sim.options(ratePerSecond=2, retryAfter=3)
    got = [client.get(SJC, "/services") for _ in range(6)]
    refused = [r for r in got if r.status == 429]
    assert refused and refused[0].code == "TooManyRequests" and refused[0].headers["retry-after"] == "3"
    assert client.get(ORD, "/services").status == 200  # per region
    sim.options(ratePerSecond=0)
    assert client.get(SJC, "/services").status == 200


def test_ignored_fields_and_unknown_words(sim):
    g = sim.create(SJC, "/drgs", displayName="a")
    sim.options(ignoreField=[{"kind": "Drg", "field": "displayName"}])
    r = sim.hand(SJC, "PUT", f"/20160918/drgs/{g['id']}", {"displayName": "b"})
    assert r.status == 200 and r.body["displayName"] == "a"
    sim.options(unknownLifecycle={"Drg": "MIGRATING"})
    assert sim.get(SJC, f"/drgs/{g['id']}").body["lifecycleState"] == "MIGRATING"
    assert sim.get(SJC, drgs(sim)).body[0]["lifecycleState"] == "MIGRATING"


def test_failed_creates(sim):
    sim.options(failCreate=["Vcn"])
    r = sim.hand(SJC, "POST", "/20160918/vcns", body(sim, cidrBlock="10.0.0.0/16"))
    assert r.status == 200
    wait_for(lambda: sim.get(SJC, f"/vcns/{r.body['id']}").body["lifecycleState"] == "TERMINATED")


def test_rpc_attachment_compartment(sim):
    sim.options(rpcAttachmentCompartment="rpc")
    g = sim.create(SJC, "/drgs")
    tenancy = sim.config()["tenancy"]
    rpc = sim.create(SJC, "/remotePeeringConnections", drgId=g["id"], compartmentId=tenancy)
    assert sim.list(SJC, "/drgAttachments", attachmentType="ALL") == []
    assert [a["networkDetails"]["id"] for a in sim.list(SJC, "/drgAttachments", compartmentId=tenancy, attachmentType="ALL")] == [rpc["id"]]


def test_set(sim):
    g = sim.create(SJC, "/drgs")
    rpc = sim.create(SJC, "/remotePeeringConnections", drgId=g["id"])
    etag = sim.get(SJC, f"/remotePeeringConnections/{rpc['id']}").headers["etag"]
    sim.set(SJC, "RemotePeeringConnection", rpc["id"], peeringStatus="INVALID")
    r = sim.get(SJC, f"/remotePeeringConnections/{rpc['id']}")
    assert r.body["peeringStatus"] == "INVALID" and r.headers["etag"] != etag
    assert sim.control("POST", "/set", {"id": "none", "fields": {}}).status == 404
    assert sim.control("POST", "/set", {"id": rpc["id"], "fields": {"displayName": 1}}).status == 400


# Time, chance, size, and round trips


def test_advance(tmp_path):
    with Sim.start(tmp_path, "--speed", "1") as sim:
        g = sim.create(SJC, "/drgs", wait=False)
        assert g["lifecycleState"] == "PROVISIONING"
        sim.advance(31)
        assert sim.get(SJC, f"/drgs/{g['id']}").body["lifecycleState"] == "AVAILABLE"
        sim.hand(SJC, "DELETE", f"/20160918/drgs/{g['id']}")
        assert sim.get(SJC, f"/drgs/{g['id']}").body["lifecycleState"] == "TERMINATING"
        sim.advance(31)
        assert sim.get(SJC, f"/drgs/{g['id']}").body["lifecycleState"] == "TERMINATED"
        sim.advance(3601)
        assert sim.get(SJC, f"/drgs/{g['id']}").status == 404


def story(tmp_path, seed):
    with Sim.start(tmp_path / str(seed) / str(time.monotonic()), "--speed", "1000", "--seed", seed) as sim:
        for i in range(12):
            sim.hand(SJC, "POST", "/20160918/vcns", body(sim, cidrBlock=f"10.{i}.0.0/16"))
        pages, page = [], None
        while True:
            r = sim.get(SJC, f"/vcns?compartmentId={sim.compartment}&limit=5" + (f"&page={page}" if page else ""))
            pages.append([v["id"] for v in r.body])
            page = r.headers.get("opc-next-page")
            if not page:
                return pages


def test_seeds(tmp_path):
    one = story(tmp_path, 7)
    assert one == story(tmp_path, 7) != story(tmp_path, 8)


def test_snapshot_round_trip(sim, tmp_path):
    sides = {}
    for region, block in ((SJC, "10.0.0.0/16"), (ORD, "10.1.0.0/16")):
        v = sim.create(region, "/vcns", cidrBlock=block)
        g = sim.create(region, "/drgs")
        a = sim.hand(region, "POST", "/20160918/drgAttachments", {"drgId": g["id"], "vcnId": v["id"]}).body
        sim.settled(region, "/drgAttachments", a["id"])
        sim.create(region, "/networkSecurityGroups", vcnId=v["id"])
        sim.create(region, "/subnets", vcnId=v["id"], cidrBlock=block.replace("/16", "/24"))
        sides[region] = (v, g, a, sim.create(region, "/remotePeeringConnections", drgId=g["id"]))
    v, g, a, rpc = sides[SJC]
    table = g["defaultDrgRouteTables"]["vcn"]
    rule = {"destinationType": "CIDR_BLOCK", "destination": "10.9.0.0/16", "nextHopDrgAttachmentId": a["id"]}
    assert sim.hand(SJC, "POST", f"/20160918/drgRouteTables/{table}/actions/addDrgRouteRules", {"routeRules": [rule]}).status == 200
    group = sim.objects(SJC, "NetworkSecurityGroup")[0]
    ingress = {"direction": "INGRESS", "protocol": "all", "source": "10.0.0.0/8", "sourceType": "CIDR_BLOCK"}
    assert sim.hand(SJC, "POST", f"/20160918/networkSecurityGroups/{group['id']}/actions/addSecurityRules", {"securityRules": [ingress]}).status == 200
    r = sim.hand(SJC, "POST", f"/20160918/remotePeeringConnections/{rpc['id']}/actions/connect",
                 {"peerId": sides[ORD][3]["id"], "peerRegionName": ORD})
    assert r.status == 204, r
    wait_for(lambda: sim.get(SJC, f"/remotePeeringConnections/{rpc['id']}").body["peeringStatus"] == "PEERED")
    sim.hand(ORD, "DELETE", f"/20160918/subnets/{sim.objects(ORD, 'Subnet')[0]['id']}")
    snapshot = sim.snapshot()
    file = tmp_path / "estate.json"
    file.write_text(json.dumps(snapshot))
    with Sim.start(tmp_path / "again", "--speed", "1", "--estate", file) as again:
        assert again.estate() == snapshot
        again.advance(100)
        assert again.get(SJC, f"/vcns/{v['id']}").body == v
        assert again.get(SJC, f"/vcns/{v['id']}").headers["etag"]
        assert {s["lifecycleState"] for s in again.objects(ORD, "Subnet")} == {"TERMINATED"}  # what was under way went on
        assert again.create(SJC, "/subnets", wait=False, vcnId=v["id"], cidrBlock="10.0.7.0/24")["vcnId"] == v["id"]


def test_pending_peering_goes_on_after_loading(tmp_path):
    with Sim.start(tmp_path / "a", "--speed", "1") as sim:
        g = {r: sim.create(r, "/drgs", wait=False) for r in (SJC, ORD)}
        sim.advance(40)
        rpc = {r: sim.create(r, "/remotePeeringConnections", wait=False, drgId=g[r]["id"]) for r in (SJC, ORD)}
        sim.advance(50)
        sim.hand(SJC, "POST", f"/20160918/remotePeeringConnections/{rpc[SJC]['id']}/actions/connect", {"peerId": rpc[ORD]["id"], "peerRegionName": ORD})
        (tmp_path / "e.json").write_text(json.dumps(sim.snapshot()))
    with Sim.start(tmp_path / "b", "--speed", "1", "--estate", tmp_path / "e.json") as sim:
        assert sim.get(ORD, f"/remotePeeringConnections/{rpc[ORD]['id']}").body["peeringStatus"] == "PENDING"
        sim.advance(20)
        assert sim.get(ORD, f"/remotePeeringConnections/{rpc[ORD]['id']}").body["peeringStatus"] == "PEERED"


def test_five_thousand(tmp_path):
    """Large estates are not slow: a page of a list costs milliseconds."""
    with Sim.start(tmp_path, "--speed", "1000") as sim:
        sim.options(emptyPages=0, pageSize=100)
        v = sim.create(SJC, "/vcns", cidrBlock="10.0.0.0/16")
        estate = sim.snapshot()
        one = sim.get(SJC, f"/routeTables/{v['defaultRouteTableId']}").body
        estate[SJC]["RouteTable"] += [{**one, "id": f"{one['id'][:-6]}{i:06d}", "displayName": f"t{i}", "lastWriter": None} for i in range(5000)]
        (tmp_path / "e.json").write_text(json.dumps(estate))
    with Sim.start(tmp_path / "big", "--speed", "1000", "--estate", tmp_path / "e.json") as sim:
        sim.options(emptyPages=0, pageSize=100)
        began = time.monotonic()
        assert len({t["id"] for t in sim.list(SJC, "/routeTables", limit=100)}) == 5001
        took = time.monotonic() - began
        assert took < 10, f"51 pages took {took:.1f} s"
        assert [t["displayName"] for t in sim.list(SJC, "/routeTables", displayName="t77")] == ["t77"]
