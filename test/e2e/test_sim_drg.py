"""tandem-sim: DRGs, attachments, remote peering, and the routes that follow."""

import pytest
from simlib import ORD, SJC, Sim, wait_for


@pytest.fixture()
def sim(tmp_path):
    with Sim.start(tmp_path, "--speed", "1000") as s:
        yield s


def call(sim, region, method, path, body=None, headers=None):
    """Again while the parent is busy."""
    return wait_for(lambda: (lambda r: None if r.code == "IncorrectState" and "being modified" in r.body["message"] else r)(
        sim.hand(region, method, "/20160918" + path, body, headers=headers)))


def build(sim, region, block, route_type="VCN_CIDRS"):
    v = sim.create(region, "/vcns", cidrBlocks=[block])
    g = sim.create(region, "/drgs", displayName="drg")
    a = call(sim, region, "POST", "/drgAttachments",
             {"drgId": g["id"], "networkDetails": {"type": "VCN", "id": v["id"], "vcnRouteType": route_type}})
    assert a.status == 200, a
    sim.settled(region, "/drgAttachments", a.body["id"])
    r = sim.create(region, "/remotePeeringConnections", drgId=g["id"])
    return {"vcn": v, "drg": g, "attachment": sim.get(region, "/drgAttachments/" + a.body["id"]).body, "rpc": r}


@pytest.fixture()
def pair(sim):
    return build(sim, SJC, "10.0.0.0/16"), build(sim, ORD, "10.1.0.0/16")


def connect(sim, region, rpc, peer, peer_region):
    body = {"peerId": peer["id"]}
    if peer_region:
        body["peerRegionName"] = peer_region
    return call(sim, region, "POST", f"/remotePeeringConnections/{rpc['id']}/actions/connect", body)


def rpc_of(sim, region, side):
    return sim.get(region, f"/remotePeeringConnections/{side['rpc']['id']}").body


def peer(sim, pair):
    a, b = pair
    assert connect(sim, SJC, a["rpc"], b["rpc"], ORD).status == 204
    wait_for(lambda: rpc_of(sim, ORD, b)["peeringStatus"] == "PEERED")


def test_drg_brings_its_tables(sim):
    g = sim.create(SJC, "/drgs")
    defaults = g["defaultDrgRouteTables"]
    assert set(defaults) == {"vcn", "remotePeeringConnection", "ipsecTunnel", "virtualCircuit"}
    assert defaults["remotePeeringConnection"] == defaults["ipsecTunnel"] == defaults["virtualCircuit"] != defaults["vcn"]
    tables = {t["id"]: t for t in sim.list(SJC, "/drgRouteTables", compartmentId=None, drgId=g["id"])}
    assert set(tables) == set(defaults.values())
    dists = {d["id"]: d for d in sim.list(SJC, "/drgRouteDistributions", compartmentId=None, drgId=g["id"])}
    assert sorted(d["distributionType"] for d in dists.values()) == ["EXPORT", "IMPORT", "IMPORT"]
    assert dists[g["defaultExportDrgRouteDistributionId"]]["distributionType"] == "EXPORT"

    def statements(table):
        path = f"/drgRouteDistributions/{tables[table]['importDrgRouteDistributionId']}/drgRouteDistributionStatements"
        return [s["matchCriteria"] for s in sim.list(SJC, path, compartmentId=None)]

    assert statements(defaults["vcn"]) == [[{"matchType": "MATCH_ALL"}]]
    assert statements(defaults["remotePeeringConnection"]) == [[{"matchType": "DRG_ATTACHMENT_TYPE", "attachmentType": "VCN"}]]
    assert sim.get(SJC, f"/drgRouteTables?compartmentId={sim.compartment}").status == 400
    assert sim.get(SJC, "/drgRouteTables").code == "MissingParameter"
    assert sim.get(SJC, "/drgRouteTables?drgId=x").status == 404
    assert sim.get(SJC, f"/drgs?compartmentId={sim.compartment}&displayName=x").code == "InvalidParameter"
    assert sim.get(SJC, f"/drgs/{g['id']}/redundancyStatus").body["status"] == "NOT_REDUNDANT_NO_CONNECTION"


def test_defaults_null_until_attached(sim):
    sim.options(drgDefaultsNullUntilAttached=True)
    g = sim.create(SJC, "/drgs")
    assert set(g["defaultDrgRouteTables"].values()) == {None}
    sim.create(SJC, "/remotePeeringConnections", drgId=g["id"])
    d = sim.get(SJC, f"/drgs/{g['id']}").body["defaultDrgRouteTables"]
    assert d["remotePeeringConnection"] and d["vcn"] is None


def test_attachment(sim, pair):
    a, b = pair
    at = a["attachment"]
    assert at["vcnId"] == at["networkDetails"]["id"] == a["vcn"]["id"] and at["exportDrgRouteDistributionId"] is None
    assert at["drgRouteTableId"] == a["drg"]["defaultDrgRouteTables"]["vcn"] and at["lifecycleState"] == "ATTACHED"
    g = sim.create(SJC, "/drgs")
    r = call(sim, SJC, "POST", "/drgAttachments", {"drgId": g["id"], "vcnId": a["vcn"]["id"]})
    assert (r.status, r.code) == (409, "Conflict")  # one DRG per VCN
    r = call(sim, SJC, "POST", "/drgAttachments", {"drgId": g["id"], "networkDetails": {"type": "VCN", "id": b["vcn"]["id"]}})
    assert (r.status, r.code) == (404, "NotAuthorizedOrNotFound")  # the VCN of the other region
    sim.options(attachmentVcnMissing=[400, "RelatedResourceNotAuthorizedOrNotFound"])
    r = call(sim, SJC, "POST", "/drgAttachments", {"drgId": g["id"], "networkDetails": {"type": "VCN", "id": b["vcn"]["id"]}})
    assert (r.status, r.code) == (400, "RelatedResourceNotAuthorizedOrNotFound")
    r = call(sim, SJC, "POST", "/drgAttachments", {"drgId": g["id"], "networkDetails": {"type": "REMOTE_PEERING_CONNECTION", "id": "x"}})
    assert r.status == 400
    r = call(sim, SJC, "PUT", f"/drgAttachments/{at['id']}", {"networkDetails": {"type": "VCN", "routeTableId": ""}})
    assert (r.status, r.code) == (400, "InvalidParameter")
    table = a["vcn"]["defaultRouteTableId"]
    r = call(sim, SJC, "PUT", f"/drgAttachments/{at['id']}", {"networkDetails": {"type": "VCN", "routeTableId": table}})
    assert r.body["routeTableId"] == table == r.body["networkDetails"]["routeTableId"]
    assert r.body["networkDetails"]["vcnRouteType"] == "VCN_CIDRS"


def test_attachment_lists(sim, pair):
    a, _ = pair

    def ids(**q):
        return {x["id"] for x in sim.list(SJC, "/drgAttachments", **q)}

    rpc_attachment = ids(attachmentType="REMOTE_PEERING_CONNECTION", networkId=a["rpc"]["id"])
    assert len(rpc_attachment) == 1 and ids() == {a["attachment"]["id"]}
    assert ids(attachmentType="ALL") == rpc_attachment | {a["attachment"]["id"]}
    assert ids(vcnId=a["vcn"]["id"]) == ids(drgId=a["drg"]["id"]) == {a["attachment"]["id"]}
    r = sim.hand(SJC, "POST", f"/20160918/drgs/{a['drg']['id']}/actions/getAllDrgAttachments?attachmentType=ALL&limit=50")
    assert r.status == 202 and {x["id"] for x in r.body} <= ids(attachmentType="ALL")
    assert all(set(x) == {"id"} for x in r.body)
    r = call(sim, SJC, "DELETE", f"/drgAttachments/{rpc_attachment.pop()}")
    assert r.status == 400


def test_tag_maps_clear_each_other(sim, pair):
    path = f"/drgAttachments/{pair[0]['attachment']['id']}"
    call(sim, SJC, "PUT", path, {"freeformTags": {"a": "b"}, "definedTags": {"n": {"k": "v"}}})
    r = call(sim, SJC, "PUT", path, {"freeformTags": {"a": "c"}})
    assert r.body["definedTags"] == {} and r.body["freeformTags"] == {"a": "c"}
    r = call(sim, SJC, "PUT", path, {"displayName": "x"})
    assert r.body["freeformTags"] == {"a": "c"}


def test_connect(sim, pair):
    a, b = pair
    assert rpc_of(sim, SJC, a)["peeringStatus"] == "NEW"
    r = connect(sim, SJC, a["rpc"], b["rpc"], None)
    assert (r.status, r.code) == (400, "InvalidParameter") and "peerRegionName" in r.body["message"]
    assert connect(sim, SJC, a["rpc"], b["rpc"], SJC).status == 404
    assert connect(sim, SJC, a["rpc"], b["rpc"], "us-mars-1").status == 404
    assert connect(sim, SJC, a["rpc"], {"id": "x"}, ORD).status == 404
    assert connect(sim, SJC, a["rpc"], a["rpc"], SJC).status == 400
    r = sim.hand(SJC, "POST", f"/20160918/remotePeeringConnections/{a['rpc']['id']}/actions/connect?x=1", {})
    assert r.status == 400
    peer(sim, pair)
    for region, me, other, other_region in ((SJC, a, b, ORD), (ORD, b, a, SJC)):
        r = rpc_of(sim, region, me)
        assert (r["peeringStatus"], r["peerId"], r["peerRegionName"]) == ("PEERED", other["rpc"]["id"], other_region)
        assert r["peerTenancyId"] == sim.config()["tenancy"]
    r = connect(sim, SJC, a["rpc"], b["rpc"], ORD)
    assert (r.status, r.code) == (400, "InvalidParameter") and "already been connected" in r.body["message"]
    assert connect(sim, ORD, b["rpc"], a["rpc"], SJC).status == 400


def test_pending_takes_time(tmp_path):
    with Sim.start(tmp_path, "--speed", "1000") as sim:
        pair = build(sim, SJC, "10.0.0.0/16"), build(sim, ORD, "10.1.0.0/16")
        sim.stop()
    with Sim.start(tmp_path / "slow", "--speed", "1") as sim:
        g = {r: sim.create(r, "/drgs", wait=False) for r in (SJC, ORD)}
        r = sim.hand(SJC, "POST", "/20160918/remotePeeringConnections", {"compartmentId": sim.compartment, "drgId": g[SJC]["id"]})
        assert (r.status, r.code) == (409, "IncorrectState")  # the DRG is still PROVISIONING
        sim.advance(31)
        rpc = {r: sim.create(r, "/remotePeeringConnections", wait=False, drgId=g[r]["id"]) for r in (SJC, ORD)}
        assert connect(sim, SJC, rpc[SJC], rpc[ORD], ORD).code == "IncorrectState"
        sim.advance(41)
        assert connect(sim, SJC, rpc[SJC], rpc[ORD], ORD).status == 204
        for r in (SJC, ORD):
            assert sim.get(r, f"/remotePeeringConnections/{rpc[r]['id']}").body["peeringStatus"] == "PENDING"
        sim.advance(16)
        for r in (SJC, ORD):
            assert sim.get(r, f"/remotePeeringConnections/{rpc[r]['id']}").body["peeringStatus"] == "PEERED"
    assert pair


def test_revoked(sim, pair):
    a, b = pair
    peer(sim, pair)
    assert call(sim, ORD, "DELETE", f"/remotePeeringConnections/{b['rpc']['id']}").status == 204
    wait_for(lambda: rpc_of(sim, SJC, a)["peeringStatus"] == "REVOKED")
    assert sim.list(ORD, "/drgAttachments", attachmentType="REMOTE_PEERING_CONNECTION", lifecycleState="ATTACHED") == []
    fresh = sim.create(ORD, "/remotePeeringConnections", drgId=b["drg"]["id"])
    assert connect(sim, SJC, a["rpc"], fresh, ORD).status == 400
    assert connect(sim, ORD, fresh, a["rpc"], SJC).status == 400
    assert call(sim, SJC, "DELETE", f"/remotePeeringConnections/{a['rpc']['id']}").status == 204
    again = sim.create(SJC, "/remotePeeringConnections", drgId=a["drg"]["id"])
    assert connect(sim, SJC, again, fresh, ORD).status == 204
    wait_for(lambda: sim.get(ORD, f"/remotePeeringConnections/{fresh['id']}").body["peeringStatus"] == "PEERED")


def test_deleted_while_pending(sim):
    with_time = {r: sim.create(r, "/drgs") for r in (SJC, ORD)}
    rpc = {r: sim.create(r, "/remotePeeringConnections", drgId=with_time[r]["id"]) for r in (SJC, ORD)}
    connect(sim, SJC, rpc[SJC], rpc[ORD], ORD)
    call(sim, SJC, "DELETE", f"/remotePeeringConnections/{rpc[SJC]['id']}")
    wait_for(lambda: sim.get(ORD, f"/remotePeeringConnections/{rpc[ORD]['id']}").body["peeringStatus"] == "REVOKED")


def test_pending_from_the_start(sim):
    """As the estate's log shows it: PENDING right after create, with no peer. It can be connected."""
    sim.options(rpcPendingWithoutPeer=True)
    pair = build(sim, SJC, "10.0.0.0/16"), build(sim, ORD, "10.1.0.0/16")
    r = rpc_of(sim, SJC, pair[0])
    assert r["peeringStatus"] == "PENDING" and r["peerId"] is None
    peer(sim, pair)


def routes(sim, region, table, **q):
    return {(r["destination"], r["routeType"]): r
            for r in sim.list(region, f"/drgRouteTables/{table}/drgRouteRules", compartmentId=None, **q)}


def test_dynamic_routes(sim, pair):
    a, b = pair
    vcns, others = (a["drg"]["defaultDrgRouteTables"][k] for k in ("vcn", "remotePeeringConnection"))
    assert set(routes(sim, SJC, vcns)) == {("10.0.0.0/16", "DYNAMIC")}
    peer(sim, pair)
    assert set(routes(sim, SJC, vcns)) == {("10.0.0.0/16", "DYNAMIC"), ("10.1.0.0/16", "DYNAMIC")}
    assert set(routes(sim, SJC, others)) == {("10.0.0.0/16", "DYNAMIC")}
    assert routes(sim, SJC, vcns)[("10.1.0.0/16", "DYNAMIC")]["routeProvenance"] == "VCN"
    # what the other side exports is what the table of its RPC attachment holds
    table = sim.get(ORD, f"/drgRouteTables/{b['drg']['defaultDrgRouteTables']['remotePeeringConnection']}").body
    r = call(sim, ORD, "POST", f"/drgRouteTables/{table['id']}/actions/removeImportDrgRouteDistribution")
    assert r.status == 200 and r.body["importDrgRouteDistributionId"] is None
    assert set(routes(sim, SJC, vcns)) == {("10.0.0.0/16", "DYNAMIC")}


def test_subnet_routes(sim):
    side = build(sim, SJC, "10.0.0.0/16", "SUBNET_CIDRS")
    table = side["drg"]["defaultDrgRouteTables"]["vcn"]
    assert routes(sim, SJC, table) == {}
    sim.create(SJC, "/subnets", vcnId=side["vcn"]["id"], cidrBlock="10.0.3.0/24")
    assert set(routes(sim, SJC, table)) == {("10.0.3.0/24", "DYNAMIC")}


def test_static_rules(sim, pair):
    a, b = pair
    table = a["drg"]["defaultDrgRouteTables"]["vcn"]
    path = f"/drgRouteTables/{table}"
    rule = {"destinationType": "CIDR_BLOCK", "destination": "10.20.0.0/16", "nextHopDrgAttachmentId": a["attachment"]["id"]}
    etag = sim.get(SJC, path).headers["etag"]
    r = call(sim, SJC, "POST", path + "/actions/addDrgRouteRules", {"routeRules": [rule]}, headers={"opc-retry-token": "once"})
    assert r.status == 200 and r.body[0]["routeType"] == "STATIC" and r.body[0]["isBlackhole"] is False
    again = call(sim, SJC, "POST", path + "/actions/addDrgRouteRules", {"routeRules": [rule]}, headers={"opc-retry-token": "once"})
    assert again.body == r.body and len(routes(sim, SJC, table, routeType="STATIC")) == 1
    assert sim.get(SJC, path).headers["etag"] != etag
    for spoiled in ({**rule, "destination": "10.20.0.1/16"}, {**rule, "destination": None}, {**rule, "colour": "x"}):
        assert call(sim, SJC, "POST", path + "/actions/addDrgRouteRules", {"routeRules": [spoiled]}).status == 400
    assert call(sim, SJC, "POST", path + "/actions/addDrgRouteRules", {"routeRules": []}).status == 400
    elsewhere = {**rule, "nextHopDrgAttachmentId": b["attachment"]["id"]}
    assert call(sim, SJC, "POST", path + "/actions/addDrgRouteRules", {"routeRules": [elsewhere]}).status == 404
    id = r.body[0]["id"]
    changed = call(sim, SJC, "POST", path + "/actions/updateDrgRouteRules", {"routeRules": [{"id": id, "destination": "10.21.0.0/16"}]})
    assert changed.body[0]["destination"] == "10.21.0.0/16"
    call(sim, SJC, "DELETE", f"/drgAttachments/{a['attachment']['id']}")
    wait_for(lambda: routes(sim, SJC, table, routeType="STATIC")[("10.21.0.0/16", "STATIC")]["isBlackhole"])
    assert call(sim, SJC, "POST", path + "/actions/removeDrgRouteRules", {"routeRuleIds": [id]}).status == 200
    assert call(sim, SJC, "POST", path + "/actions/removeDrgRouteRules", {"routeRuleIds": [id]}).status == 404
    assert routes(sim, SJC, table, routeType="STATIC") == {}


def test_statements(sim, pair):
    a, _ = pair
    d = call(sim, SJC, "POST", "/drgRouteDistributions", {"drgId": a["drg"]["id"], "distributionType": "IMPORT"}).body
    sim.settled(SJC, "/drgRouteDistributions", d["id"])
    path = f"/drgRouteDistributions/{d['id']}"

    def act(verb, **body):
        return call(sim, SJC, "POST", f"{path}/actions/{verb}DrgRouteDistributionStatements", body)

    def statement(priority, *criteria):
        return {"action": "ACCEPT", "priority": priority, "matchCriteria": list(criteria)}

    vcn = {"matchType": "DRG_ATTACHMENT_TYPE", "attachmentType": "VCN"}
    one = {"matchType": "DRG_ATTACHMENT_ID", "drgAttachmentId": a["attachment"]["id"]}
    assert act("add", statements=[statement(10, vcn), statement(20, one)]).status == 200
    assert len(act("add", statements=[statement(30)]).body) == 3  # more than the one just added
    for s in (statement(10, vcn), statement(0, vcn), statement(65536), statement(40, vcn, one), {**statement(41), "action": "REJECT"},
              statement(42, {"matchType": "DRG_ATTACHMENT_TYPE"}), statement(43, {"matchType": "MATCH_ALL", "attachmentType": "VCN"}),
              statement(44, {"matchType": "DRG_ATTACHMENT_ID"}), {"action": "ACCEPT", "priority": 45}):
        assert act("add", statements=[s]).status == 400, s
    have = {s["priority"]: s for s in sim.list(SJC, path + "/drgRouteDistributionStatements", compartmentId=None)}
    assert set(have) == {10, 20, 30}
    assert act("update", statements=[{"id": have[10]["id"], "priority": 20}]).status == 400
    swapped = act("update", statements=[{"id": have[10]["id"], "priority": 20}, {"id": have[20]["id"], "priority": 10}])
    assert {s["id"]: s["priority"] for s in swapped.body}[have[10]["id"]] == 20
    assert act("update", statements=[{"id": "nope", "priority": 1}]).status == 404
    assert act("remove", statementIds=[have[30]["id"]]).status == 200
    estate = [o for o in sim.objects(SJC, "DrgRouteDistribution") if o["id"] == d["id"]][0]
    assert {s["priority"] for s in estate["statements"]} == {10, 20} and estate["lastWriter"] == "hand"
    # a table that imports by it, assigned, cannot go; nor can the distribution
    t = call(sim, SJC, "POST", "/drgRouteTables", {"drgId": a["drg"]["id"], "importDrgRouteDistributionId": d["id"]}).body
    sim.settled(SJC, "/drgRouteTables", t["id"])
    assert set(routes(sim, SJC, t["id"])) == {("10.0.0.0/16", "DYNAMIC")}
    call(sim, SJC, "PUT", f"/drgAttachments/{a['attachment']['id']}", {"drgRouteTableId": t["id"]})
    assert call(sim, SJC, "DELETE", f"/drgRouteTables/{t['id']}").status == 409
    assert call(sim, SJC, "DELETE", path).status == 409
    r = call(sim, SJC, "POST", "/drgRouteDistributions", {"drgId": a["drg"]["id"], "distributionType": "EXPORT"})
    assert r.status == 400


def test_default_tables_move(sim):
    g = sim.create(SJC, "/drgs")
    t = call(sim, SJC, "POST", "/drgRouteTables", {"drgId": g["id"]}).body
    sim.settled(SJC, "/drgRouteTables", t["id"])
    r = call(sim, SJC, "PUT", f"/drgs/{g['id']}", {"defaultDrgRouteTables": {"remotePeeringConnection": t["id"]}})
    assert r.body["defaultDrgRouteTables"]["remotePeeringConnection"] == t["id"]
    assert r.body["defaultDrgRouteTables"]["vcn"] == g["defaultDrgRouteTables"]["vcn"]
    rpc = sim.create(SJC, "/remotePeeringConnections", drgId=g["id"])
    at = sim.list(SJC, "/drgAttachments", attachmentType="ALL", networkId=rpc["id"])[0]
    assert at["drgRouteTableId"] == t["id"] and at["exportDrgRouteDistributionId"] == g["defaultExportDrgRouteDistributionId"]
    assert call(sim, SJC, "PUT", f"/drgs/{g['id']}", {"defaultDrgRouteTables": {"vcn": "x"}}).status == 404


def test_delete_drg(sim, pair):
    a, _ = pair
    drg = f"/drgs/{a['drg']['id']}"
    r = call(sim, SJC, "DELETE", drg)
    assert (r.status, r.code) == (409, "IncorrectState")
    assert call(sim, SJC, "DELETE", f"/remotePeeringConnections/{a['rpc']['id']}").status == 204
    assert call(sim, SJC, "DELETE", f"/drgAttachments/{a['attachment']['id']}").status == 204
    wait_for(lambda: sim.hand(SJC, "DELETE", "/20160918" + drg).status == 204)
    wait_for(lambda: sim.get(SJC, drg).body.get("lifecycleState") in ("TERMINATED", None))
    assert {t["lifecycleState"] for t in sim.objects(SJC, "DrgRouteTable")} <= {"TERMINATED"}


def test_move_drg(sim, pair):
    a, _ = pair
    tenancy = sim.config()["tenancy"]
    r = call(sim, SJC, "POST", f"/drgs/{a['drg']['id']}/actions/changeCompartment", {"compartmentId": tenancy})
    assert r.status == 202 and r.headers["opc-work-request-id"]
    for kind in ("DrgRouteTable", "DrgRouteDistribution"):
        assert {o["compartmentId"] for o in sim.objects(SJC, kind)} == {tenancy}
    assert [x["id"] for x in sim.list(SJC, "/drgAttachments", compartmentId=tenancy)] == [a["attachment"]["id"]]
    assert sim.list(SJC, "/drgAttachments") == []


def test_limit_of_rpcs(sim):
    g = sim.create(SJC, "/drgs")
    for _ in range(10):
        sim.create(SJC, "/remotePeeringConnections", wait=False, drgId=g["id"])
    r = call(sim, SJC, "POST", "/remotePeeringConnections", {"compartmentId": sim.compartment, "drgId": g["id"]})
    assert (r.status, r.code) == (400, "LimitExceeded")
