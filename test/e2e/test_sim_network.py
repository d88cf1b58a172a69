"""tandem-sim: VCNs and what is in them. Each test has a VCN of its own."""

import itertools

import pytest
from simlib import ORD, SJC, Sim, wait_for

blocks = (f"10.{i}.0.0/16" for i in itertools.count())


@pytest.fixture(scope="module")
def sim(tmp_path_factory):
    with Sim.start(tmp_path_factory.mktemp("sim"), "--speed", "1000") as s:
        yield s


@pytest.fixture()
def vcn(sim):
    return sim.create(SJC, "/vcns", cidrBlocks=["10.0.0.0/16"], dnsLabel="main", displayName="v")


def refused(sim, status, code, method, path, body=None, headers=None):
    r = sim.hand(SJC, method, "/20160918" + path, body, headers=headers)
    assert (r.status, r.code) == (status, code), r
    assert r.body["message"]
    return r


def bad(sim, code, path, **body):
    body.setdefault("compartmentId", sim.compartment)
    return refused(sim, 400, code, "POST", path, body)


def gone(sim, path, id):
    """Deletes (waiting while a parent is busy) and waits until it is gone."""
    def once():
        r = sim.hand(SJC, "DELETE", f"/20160918{path}/{id}")
        return None if r.status == 409 and r.code == "IncorrectState" else r

    r = wait_for(once, what="delete")
    assert r.status == 204, r
    wait_for(lambda: sim.get(SJC, f"{path}/{id}").body.get("lifecycleState") in ("TERMINATED", "DETACHED", None), what="gone")


def update(sim, path, id, **body):
    def once():
        r = sim.hand(SJC, "PUT", f"/20160918{path}/{id}", body)
        return None if r.status == 409 else r

    return wait_for(once, what="update")


def attach(sim, vcn):
    drg = sim.create(SJC, "/drgs")
    r = wait_for(lambda: (lambda x: x if x.status != 409 else None)(
        sim.hand(SJC, "POST", "/20160918/drgAttachments", {"drgId": drg["id"], "networkDetails": {"type": "VCN", "id": vcn["id"]}})))
    assert r.status == 200, r
    sim.settled(SJC, "/drgAttachments", r.body["id"])
    return drg, r.body


# VCN


def test_vcn_brings_its_defaults(sim, vcn):
    assert vcn["cidrBlock"] == "10.0.0.0/16" and vcn["vcnDomainName"] == "main.oraclevcn.com"
    table = sim.get(SJC, f"/routeTables/{vcn['defaultRouteTableId']}").body
    assert table["routeRules"] == [] and table["vcnId"] == vcn["id"] and table["displayName"] == "Default Route Table for v"
    rules = sim.get(SJC, f"/securityLists/{vcn['defaultSecurityListId']}").body
    assert sorted(r["protocol"] for r in rules["ingressSecurityRules"]) == ["1", "1", "6"]
    assert [r["destination"] for r in rules["egressSecurityRules"]] == ["0.0.0.0/0"]
    assert sim.get(SJC, f"/dhcps/{vcn['defaultDhcpOptionsId']}").status == 200
    assert [d["id"] for d in sim.list(SJC, "/dhcps", vcnId=vcn["id"])] == [vcn["defaultDhcpOptionsId"]]
    for kind in ("RouteTable", "SecurityList", "DhcpOptions"):
        assert [o["lastWriter"] for o in sim.objects(SJC, kind) if o["vcnId"] == vcn["id"]] == [None]
    refused(sim, 409, "IncorrectState", "DELETE", f"/routeTables/{vcn['defaultRouteTableId']}")
    refused(sim, 409, "IncorrectState", "DELETE", f"/securityLists/{vcn['defaultSecurityListId']}")
    refused(sim, 405, "MethodNotAllowed", "DELETE", f"/dhcps/{vcn['defaultDhcpOptionsId']}")


def test_vcn_create_is_checked(sim):
    for body, code in [
        ({}, "MissingParameter"),
        ({"cidrBlocks": []}, "InvalidParameter"),
        ({"cidrBlocks": ["10.0.0.0/15"]}, "InvalidParameter"),
        ({"cidrBlocks": ["10.0.0.0/31"]}, "InvalidParameter"),
        ({"cidrBlocks": ["10.0.0.1/16"]}, "InvalidParameter"),
        ({"cidrBlocks": ["10.0.0.0"]}, "InvalidParameter"),
        ({"cidrBlocks": "10.0.0.0/16"}, "CannotParseRequest"),
        ({"cidrBlocks": ["10.0.0.0/16", "10.0.128.0/17"]}, "InvalidParameter"),
        ({"cidrBlocks": ["10.0.0.0/16"], "cidrBlock": "10.0.0.0/16"}, "InvalidParameter"),
        ({"cidrBlock": "10.0.0.0/16", "dnsLabel": "1abc"}, "InvalidParameter"),
        ({"cidrBlock": "10.0.0.0/16", "dnsLabel": "a" * 16}, "InvalidParameter"),
        ({"cidrBlock": "10.0.0.0/16", "dnsLabel": "a-b"}, "InvalidParameter"),
        ({"cidrBlock": "10.0.0.0/16", "displayName": ""}, "InvalidParameter"),
        ({"cidrBlock": "10.0.0.0/16", "displayName": "x" * 256}, "InvalidParameter"),
        ({"cidrBlock": "10.0.0.0/16", "nonsense": 1}, "CannotParseRequest"),
        ({"cidrBlock": "10.0.0.0/16", "isIpv6Enabled": "true"}, "CannotParseRequest"),
        ({"cidrBlock": "10.0.0.0/16", "freeformTags": {"a": 1}}, "CannotParseRequest"),
        ({"cidrBlock": "10.0.0.0/16", "definedTags": {"a": "b"}}, "CannotParseRequest"),
    ]:
        bad(sim, code, "/vcns", **body)
    refused(sim, 400, "MissingParameter", "POST", "/vcns", {"cidrBlock": "10.0.0.0/16"})
    refused(sim, 404, "NotAuthorizedOrNotFound", "POST", "/vcns", {"cidrBlock": "10.0.0.0/16", "compartmentId": "ocid1.compartment.oc1..x"})


def test_vcn_immutable_fields(sim, vcn):
    for body in ({"dnsLabel": "x"}, {"cidrBlocks": ["10.0.0.0/16"]}, {"id": vcn["id"]}, {"lifecycleState": "AVAILABLE"}):
        refused(sim, 400, "CannotParseRequest", "PUT", f"/vcns/{vcn['id']}", body)


def test_generated_name_and_tags(sim):
    v = sim.create(SJC, "/vcns", cidrBlock="10.0.0.0/16", freeformTags={"a": "b"}, definedTags={"ns": {"k": "v"}})
    assert v["displayName"].startswith("vcn20") and v["freeformTags"] == {"a": "b"}
    assert v["definedTags"]["ns"] == {"k": "v"} and v["definedTags"]["Oracle-Tags"]["CreatedBy"] == "default/hand"
    r = update(sim, "/vcns", v["id"], definedTags={})  # a map in a PUT replaces the whole value
    assert r.body["definedTags"] == {} and r.body["freeformTags"] == {"a": "b"}


def test_etags(sim, vcn):
    path = f"/vcns/{vcn['id']}"
    first = sim.get(SJC, path).headers["etag"]
    assert "etag" not in sim.get(SJC, f"/vcns?compartmentId={sim.compartment}").headers
    r = sim.hand(SJC, "PUT", "/20160918" + path, {"displayName": "w"}, headers={"if-match": first})
    assert r.status == 200 and r.headers["etag"] != first
    refused(sim, 412, "NoEtagMatch", "PUT", path, {"displayName": "x"}, headers={"if-match": first})
    refused(sim, 412, "NoEtagMatch", "DELETE", path, headers={"if-match": first})
    assert sim.get(SJC, path).body["displayName"] == "w"


def test_retry_tokens(sim):
    def create(token, name, path="/20160918/vcns"):
        return sim.hand(SJC, "POST", path, {"compartmentId": sim.compartment, "cidrBlock": "10.0.0.0/16", "displayName": name},
                        headers={"opc-retry-token": token})

    one = create("t1", "a")
    assert create("t1", "a").body["id"] == one.body["id"] != create("t2", "a").body["id"]
    assert (create("t1", "b").status, create("t1", "b").code) == (409, "InvalidatedRetryToken")
    sim.options(retryTokenMismatch=[400, "InvalidParameter"])
    assert (create("t1", "b").status, create("t1", "b").code) == (400, "InvalidParameter")
    sim.settled(SJC, "/vcns", one.body["id"])
    gone(sim, "/vcns", one.body["id"])
    assert (create("t1", "a").status, create("t1", "a").code) == (409, "InvalidatedRetryToken")
    sim.advance(86401)
    assert create("t1", "a").status == 200
    assert create("x" * 65, "a").status == 400


def test_cidr_actions(sim, vcn):
    path = f"/vcns/{vcn['id']}"

    def act(name, status=202, **body):
        r = wait_for(lambda: (lambda x: None if x.status == 409 else x)(sim.hand(SJC, "POST", f"/20160918{path}/actions/{name}", body)))
        assert r.status == status, r
        return r

    r = act("addCidr", cidrBlock="10.5.0.0/16")
    work = r.headers["opc-work-request-id"]
    assert sim.get(SJC, f"/workRequests/{work}").body["resources"][0]["identifier"] == vcn["id"]
    wait_for(lambda: sim.get(SJC, f"/workRequests/{work}").body["status"] == "SUCCEEDED")
    assert sim.get(SJC, f"/workRequests/{work}/errors").body == [] == sim.get(SJC, f"/workRequests/{work}/logs").body
    assert work in [w["id"] for w in sim.list(SJC, "/workRequests", resourceId=vcn["id"])]
    assert sim.settled(SJC, "/vcns", vcn["id"])["cidrBlocks"] == ["10.0.0.0/16", "10.5.0.0/16"]
    act("addCidr", 400, cidrBlock="10.5.1.0/24")
    act("removeCidr", 400, cidrBlock="10.9.0.0/16")
    act("modifyCidr", originalCidrBlock="10.5.0.0/16", newCidrBlock="10.6.0.0/16")
    sim.settled(SJC, "/vcns", vcn["id"])
    sim.create(SJC, "/subnets", vcnId=vcn["id"], cidrBlock="10.6.0.0/24")
    r = sim.hand(SJC, "POST", f"/20160918{path}/actions/removeCidr", {"cidrBlock": "10.6.0.0/16"})
    assert r.status == 409 and "used by a subnet" in r.body["message"]


def test_updating_vcn_is_busy(sim, vcn):
    sim.options(processingMsec=0)
    assert sim.hand(SJC, "POST", f"/20160918/vcns/{vcn['id']}/actions/addCidr", {"cidrBlock": "10.5.0.0/16"}).status == 202
    r = sim.hand(SJC, "POST", "/20160918/subnets", {"compartmentId": sim.compartment, "vcnId": vcn["id"], "cidrBlock": "10.0.0.0/24"})
    assert (r.status, r.code) in ((409, "IncorrectState"), (200, None))  # 10 ms may have passed
    sim.options(processingMsec=300)


# Subnets


def test_subnet_defaults(sim, vcn):
    s = sim.create(SJC, "/subnets", vcnId=vcn["id"], cidrBlock="10.0.10.0/24", dnsLabel="nodes", prohibitPublicIpOnVnic=True)
    assert s["ipv4CidrBlocks"] == ["10.0.10.0/24"] and s["availabilityDomain"] is None
    assert s["routeTableId"] == vcn["defaultRouteTableId"] and s["securityListIds"] == [vcn["defaultSecurityListId"]]
    assert s["dhcpOptionsId"] == vcn["defaultDhcpOptionsId"] and s["prohibitInternetIngress"] is True
    assert s["virtualRouterIp"] == "10.0.10.1" and s["subnetDomainName"] == "nodes.main.oraclevcn.com"


def test_subnet_is_checked(sim, vcn):
    sim.create(SJC, "/subnets", vcnId=vcn["id"], cidrBlock="10.0.0.0/24", dnsLabel="one")
    other = sim.create(SJC, "/vcns", cidrBlock="10.0.0.0/16")
    for body, code in [
        ({"cidrBlock": "10.0.0.0/25"}, "InvalidParameter"),
        ({"cidrBlock": "10.1.0.0/24"}, "InvalidParameter"),
        ({"cidrBlock": "10.0.1.1/24"}, "InvalidParameter"),
        ({}, "MissingParameter"),
        ({"cidrBlock": "10.0.1.0/24", "dnsLabel": "one"}, "InvalidParameter"),
        ({"cidrBlock": "10.0.1.0/24", "prohibitPublicIpOnVnic": True, "prohibitInternetIngress": True}, "InvalidParameter"),
        ({"cidrBlock": "10.0.1.0/24", "routeTableId": ""}, "InvalidParameter"),
        ({"cidrBlock": "10.0.1.0/24", "routeTableId": other["defaultRouteTableId"]}, "InvalidParameter"),
        ({"cidrBlock": "10.0.1.0/24", "securityListIds": [f"l{i}" for i in range(6)]}, "InvalidParameter"),
        ({"cidrBlock": "10.0.1.0/24", "securityListIds": [vcn["defaultSecurityListId"]] * 2}, "InvalidParameter"),
    ]:
        def once():
            r = sim.hand(SJC, "POST", "/20160918/subnets", {"compartmentId": sim.compartment, "vcnId": vcn["id"], **body})
            return None if r.status == 409 else r
        r = wait_for(once)
        assert (r.status, r.code) == (400, code), (body, r)
    refused(sim, 404, "NotAuthorizedOrNotFound", "POST", "/subnets",
            {"compartmentId": sim.compartment, "vcnId": "ocid1.vcn.oc1.us-sanjose-1.none", "cidrBlock": "10.0.1.0/24"})
    there = sim.create(ORD, "/vcns", cidrBlock="10.0.0.0/16")
    refused(sim, 404, "NotAuthorizedOrNotFound", "POST", "/subnets",
            {"compartmentId": sim.compartment, "vcnId": there["id"], "cidrBlock": "10.0.1.0/24"})


def test_subnet_update(sim, vcn):
    s = sim.create(SJC, "/subnets", vcnId=vcn["id"], cidrBlock="10.0.10.0/24")
    table = sim.create(SJC, "/routeTables", vcnId=vcn["id"], routeRules=[])
    assert update(sim, "/subnets", s["id"], routeTableId=table["id"]).body["routeTableId"] == table["id"]
    r = update(sim, "/subnets", s["id"], cidrBlock="10.0.10.0/23")
    assert r.body["cidrBlock"] == "10.0.10.0/23" and r.body["ipv4CidrBlocks"] == ["10.0.10.0/23"]
    sim.settled(SJC, "/subnets", s["id"])
    assert update(sim, "/subnets", s["id"], cidrBlock="10.0.20.0/24").status == 400
    refused(sim, 400, "CannotParseRequest", "PUT", f"/subnets/{s['id']}", {"prohibitPublicIpOnVnic": True})
    refused(sim, 409, "IncorrectState", "DELETE", f"/routeTables/{table['id']}")
    sim.options(subnetsInUse=[s["id"]])
    wait_for(lambda: sim.hand(SJC, "DELETE", f"/20160918/subnets/{s['id']}").code == "Conflict")
    sim.options(subnetDeleteFallsBack=True)
    wait_for(lambda: sim.hand(SJC, "DELETE", f"/20160918/subnets/{s['id']}").status == 204)
    assert sim.settled(SJC, "/subnets", s["id"])["lifecycleState"] == "AVAILABLE"
    sim.options(subnetsInUse=[], subnetDeleteFallsBack=False)
    gone(sim, "/subnets", s["id"])
    gone(sim, "/routeTables", table["id"])


# Routes and gateways


def test_route_rules(sim, vcn):
    nat = sim.create(SJC, "/natGateways", vcnId=vcn["id"])
    igw = sim.create(SJC, "/internetGateways", vcnId=vcn["id"], isEnabled=True)
    services = {s["cidrBlock"]: s["id"] for s in sim.list(SJC, "/services", compartmentId=None)}
    label = "all-sjc-services-in-oracle-services-network"
    sgw = sim.create(SJC, "/serviceGateways", vcnId=vcn["id"], services=[{"serviceId": services[label]}])
    drg, attachment = attach(sim, vcn)
    table = sim.create(SJC, "/routeTables", vcnId=vcn["id"], routeRules=[
        {"destination": "0.0.0.0/0", "networkEntityId": nat["id"]},
        {"destination": label, "destinationType": "SERVICE_CIDR_BLOCK", "networkEntityId": sgw["id"]},
        {"cidrBlock": "10.1.0.0/16", "networkEntityId": drg["id"], "description": "peer"}])
    rules = {r["destination"]: r for r in table["routeRules"]}
    assert rules["0.0.0.0/0"]["cidrBlock"] == "0.0.0.0/0" and rules["0.0.0.0/0"]["destinationType"] == "CIDR_BLOCK"
    assert rules["10.1.0.0/16"]["routeType"] == "STATIC" and rules["10.1.0.0/16"]["description"] == "peer"
    assert "cidrBlock" not in rules[label]
    for rule in (
        {"destination": "10.2.0.0/16", "networkEntityId": attachment["id"]},
        {"destination": "10.2.0.0/16"},
        {"networkEntityId": nat["id"]},
        {"destination": "10.2.0.1/16", "networkEntityId": nat["id"]},
        {"destination": label, "networkEntityId": sgw["id"]},
        {"destination": "10.2.0.0/16", "networkEntityId": sgw["id"]},
        {"destination": label, "destinationType": "SERVICE_CIDR_BLOCK", "networkEntityId": nat["id"]},
        {"destination": "10.2.0.0/16", "cidrBlock": "10.2.0.0/16", "networkEntityId": nat["id"]},
        {"destination": "10.2.0.0/16", "networkEntityId": drg["id"], "colour": "red"},
        {"destination": "10.2.0.0/16", "networkEntityId": sim.create(SJC, "/drgs")["id"]},
    ):
        assert update(sim, "/routeTables", table["id"], routeRules=[rule]).status == 400, rule
    assert update(sim, "/routeTables", table["id"], routeRules=[{"destination": "1.0.0.0/8", "networkEntityId": "ocid1.drg.oc1..none"}]).status == 404
    many = [{"destination": f"20.{i}.0.0/16", "networkEntityId": nat["id"]} for i in range(201)]
    assert update(sim, "/routeTables", table["id"], routeRules=many).code == "LimitExceeded"
    assert update(sim, "/routeTables", table["id"], routeRules=many[:1] * 2).code == "InvalidParameter"
    for path, o in (("/natGateways", nat), ("/serviceGateways", sgw)):
        wait_for(lambda: sim.hand(SJC, "DELETE", f"/20160918{path}/{o['id']}").body["message"].find("route rule") > 0)
    r = update(sim, "/routeTables", table["id"], routeRules=[])
    assert r.body["routeRules"] == []
    for path, o in (("/natGateways", nat), ("/serviceGateways", sgw), ("/internetGateways", igw)):
        gone(sim, path, o["id"])


def test_order_of_rules_means_nothing(sim, vcn):
    nat = sim.create(SJC, "/natGateways", vcnId=vcn["id"])
    table = sim.create(SJC, "/routeTables", vcnId=vcn["id"],
                       routeRules=[{"destination": f"20.{i}.0.0/16", "networkEntityId": nat["id"]} for i in range(12)])
    orders = {tuple(r["destination"] for r in sim.get(SJC, f"/routeTables/{table['id']}").body["routeRules"]) for _ in range(5)}
    assert len(orders) > 1 and len({frozenset(o) for o in orders}) == 1


def test_one_of_a_kind(sim, vcn):
    sim.create(SJC, "/internetGateways", vcnId=vcn["id"], isEnabled=True)
    wait_for(lambda: sim.hand(SJC, "POST", "/20160918/internetGateways",
                              {"compartmentId": sim.compartment, "vcnId": vcn["id"], "isEnabled": True}).code == "LimitExceeded")
    bad(sim, "MissingParameter", "/internetGateways", vcnId=vcn["id"])


def test_service_gateway(sim, vcn):
    services = [s["id"] for s in sim.list(SJC, "/services", compartmentId=None)]
    r = sim.hand(SJC, "POST", "/20160918/serviceGateways",
                 {"compartmentId": sim.compartment, "vcnId": vcn["id"], "services": [{"serviceId": services[0]}]})
    assert r.status == 200 and "etag" not in r.headers and r.body["blockTraffic"] is False
    assert r.body["services"][0]["serviceName"]
    sim.settled(SJC, "/serviceGateways", r.body["id"])
    id = r.body["id"]
    assert sim.get(SJC, f"/serviceGateways/{id}").headers["etag"]
    assert update(sim, "/serviceGateways", id, services=[{"serviceId": s} for s in services]).status == 400
    assert update(sim, "/serviceGateways", id, services=[{"serviceId": "ocid1.service.oc1.us-sanjose-1.none"}]).status == 404
    assert update(sim, "/serviceGateways", id, displayName="g").body["services"]
    assert update(sim, "/serviceGateways", id, services=[]).body["services"] == []
    sim.options(sgwBlocksUnlessTold=True)
    assert update(sim, "/serviceGateways", id, displayName="h").body["blockTraffic"] is True
    sim.options(sgwBlocksUnlessTold=False)
    assert update(sim, "/serviceGateways", id, displayName="h", blockTraffic=False).body["blockTraffic"] is False
    r = sim.hand(SJC, "POST", f"/20160918/serviceGateways/{id}/actions/attachService", {"serviceId": services[1]})
    assert r.status == 200 and "etag" not in r.headers and len(r.body["services"]) == 1
    r = sim.get(SJC, f"/serviceGateways?compartmentId={sim.compartment}&displayName=h")
    assert (r.status, r.code) == (400, "InvalidParameter")


# Security


def test_security_list(sim, vcn):
    body = {"vcnId": vcn["id"], "ingressSecurityRules": [
        {"protocol": "6", "source": "10.1.0.0/16", "tcpOptions": {"destinationPortRange": {"min": 443, "max": 443}}}],
        "egressSecurityRules": [{"protocol": "all", "destination": "0.0.0.0/0"}]}
    s = sim.create(SJC, "/securityLists", **body)
    assert s["ingressSecurityRules"][0]["isStateless"] is False and s["ingressSecurityRules"][0]["sourceType"] == "CIDR_BLOCK"
    r = update(sim, "/securityLists", s["id"], ingressSecurityRules=[])  # the array left out stays
    assert r.body["ingressSecurityRules"] == [] and len(r.body["egressSecurityRules"]) == 1
    for rule in (
        {"protocol": "tcp", "source": "10.0.0.0/16"},
        {"protocol": 6, "source": "10.0.0.0/16"},
        {"protocol": "6", "source": "10.0.0.1/16"},
        {"protocol": "6", "source": "Vcn/x"},
        {"protocol": "6"},
        {"protocol": "17", "source": "10.0.0.0/16", "tcpOptions": {}},
        {"protocol": "all", "source": "10.0.0.0/16", "tcpOptions": {}},
        {"protocol": "6", "source": "10.0.0.0/16", "tcpOptions": {"destinationPortRange": {"min": 2, "max": 1}}},
        {"protocol": "6", "source": "10.0.0.0/16", "tcpOptions": {"destinationPortRange": {"min": 0, "max": 1}}},
        {"protocol": "6", "source": "10.0.0.0/16", "tcpOptions": {"destinationPortRange": {"min": 1}}},
        {"protocol": "1", "source": "10.0.0.0/16", "icmpOptions": {"code": 4}},
        {"protocol": "6", "source": "10.0.0.0/16", "description": ""},
        {"protocol": "6", "source": "10.0.0.0/16", "id": "x"},
        {"protocol": "6", "source": "oci-ord-objectstorage", "sourceType": "SERVICE_CIDR_BLOCK"},
        {"protocol": "6", "source": "10.0.0.0/16", "sourceType": "NETWORK_SECURITY_GROUP"},
    ):
        assert update(sim, "/securityLists", s["id"], ingressSecurityRules=[rule]).status == 400, rule
    many = [{"protocol": "6", "source": f"10.{i}.0.0/16"} for i in range(201)]
    assert update(sim, "/securityLists", s["id"], ingressSecurityRules=many).code == "LimitExceeded"
    assert update(sim, "/securityLists", s["id"], ingressSecurityRules=many[:200]).status == 200
    sub = sim.create(SJC, "/subnets", vcnId=vcn["id"], cidrBlock="10.0.9.0/24", securityListIds=[s["id"]])
    refused(sim, 409, "IncorrectState", "DELETE", f"/securityLists/{s['id']}")
    gone(sim, "/subnets", sub["id"])
    gone(sim, "/securityLists", s["id"])


def test_network_security_group(sim, vcn):
    g = sim.create(SJC, "/networkSecurityGroups", vcnId=vcn["id"])
    other = sim.create(SJC, "/networkSecurityGroups", vcnId=vcn["id"])
    path = f"/networkSecurityGroups/{g['id']}"

    def act(name, **body):
        return wait_for(lambda: (lambda x: None if x.status == 409 else x)(sim.hand(SJC, "POST", f"/20160918{path}/actions/{name}", body)))

    rule = {"direction": "INGRESS", "protocol": "6", "source": other["id"], "sourceType": "NETWORK_SECURITY_GROUP"}
    egress = {"direction": "EGRESS", "protocol": "all", "destination": "0.0.0.0/0", "destinationType": "CIDR_BLOCK"}
    made = act("addSecurityRules", securityRules=[rule, egress]).body["securityRules"]
    assert all(r["id"] and r["isValid"] and r["timeCreated"] for r in made)
    assert {r["id"] for r in sim.list(SJC, path + "/securityRules", compartmentId=None)} == {r["id"] for r in made}
    only = sim.list(SJC, path + "/securityRules", compartmentId=None, direction="EGRESS")
    assert [r["destination"] for r in only] == ["0.0.0.0/0"]
    assert act("addSecurityRules", securityRules=[egress] * 26).status == 400
    assert act("addSecurityRules", securityRules=[{**rule, "sourceType": None}]).code == "MissingParameter"
    for _ in range(4):
        assert act("addSecurityRules", securityRules=[egress] * 25).status == 200
    assert act("addSecurityRules", securityRules=[egress] * 25).code == "LimitExceeded"
    changed = {**egress, "id": only[0]["id"], "protocol": "17"}
    assert act("updateSecurityRules", securityRules=[changed]).body["securityRules"][0]["protocol"] == "17"
    assert act("removeSecurityRules", securityRuleIds=[only[0]["id"]]).status == 204
    assert act("removeSecurityRules", securityRuleIds=[only[0]["id"]]).status == 404
    gone(sim, "/networkSecurityGroups", other["id"])
    broken = [r for r in sim.list(SJC, path + "/securityRules", compartmentId=None) if not r["isValid"]]
    assert [r["source"] for r in broken] == [other["id"]]
    estate = [o for o in sim.objects(SJC, "NetworkSecurityGroup") if o["id"] == g["id"]][0]
    assert len(estate["rules"]) == 101


# Lists, moves, ends


def test_lists(sim):
    names = [f"list-{i}" for i in range(25)]
    for n in names:
        sim.create(SJC, "/vcns", wait=False, cidrBlock="10.0.0.0/16", displayName=n)
    for size, empty in ((1, 0), (3, 50), (0, 5), (7, 90)):
        sim.options(pageSize=size, emptyPages=empty)
        assert {v["displayName"] for v in sim.list(SJC, "/vcns")} >= set(names)
        ordered = [v["displayName"] for v in sim.list(SJC, "/vcns", sortBy="DISPLAYNAME") if v["displayName"].startswith("list-")]
        assert ordered == sorted(names)
        ordered = [v["displayName"] for v in sim.list(SJC, "/vcns", sortBy="TIMECREATED") if v["displayName"].startswith("list-")]
        assert ordered == names[::-1]
    sim.options(pageSize=0, emptyPages=5)
    assert [v["displayName"] for v in sim.list(SJC, "/vcns", displayName="list-3")] == ["list-3"]
    assert sim.list(SJC, "/vcns", lifecycleState="terminating") == []
    for query in ("displayname=x", "lifecycleState=SLEEPING", "limit=0", "limit=x", "page=nonsense", "sortBy=COLOUR", "sortOrder=UP"):
        r = sim.get(SJC, f"/vcns?compartmentId={sim.compartment}&{query}")
        assert (r.status, r.code) == (400, "InvalidParameter"), query
    assert sim.get(SJC, "/vcns").code == "MissingParameter"
    assert sim.get(SJC, "/vcns?compartmentId=ocid1.compartment.oc1..x").status == 404
    sim.options(emptyPages=0, pageSize=2)
    token = sim.get(SJC, f"/vcns?compartmentId={sim.compartment}").headers["opc-next-page"]
    assert sim.get(SJC, f"/vcns?compartmentId={sim.compartment}&page={token}").status == 200
    assert sim.get(SJC, f"/vcns?compartmentId={sim.compartment}&displayName=x&page={token}").status == 400
    assert sim.hand(ORD, "GET", f"/20160918/vcns?compartmentId={sim.compartment}&page={token}").status == 400
    sim.options(emptyPages=5, pageSize=0)


def test_change_compartment(sim, vcn):
    other = sim.config()["tenancy"]
    r = sim.hand(SJC, "POST", f"/20160918/vcns/{vcn['id']}/actions/changeCompartment", {"compartmentId": other})
    assert r.status == 202 and r.headers["opc-work-request-id"]
    assert vcn["id"] not in [v["id"] for v in sim.list(SJC, "/vcns")]
    assert vcn["id"] in [v["id"] for v in sim.list(SJC, "/vcns", compartmentId=other)]
    table = f"/20160918/routeTables/{vcn['defaultRouteTableId']}/actions/changeCompartment"
    wait_for(lambda: sim.hand(SJC, "POST", table, {"compartmentId": other}).status == 204)
    assert sim.hand(SJC, "POST", table, {"compartmentId": "x"}).status == 404


def test_delete_order(sim, vcn):
    s = sim.create(SJC, "/subnets", vcnId=vcn["id"], cidrBlock="10.0.0.0/24")
    r = refused(sim, 409, "IncorrectState", "DELETE", f"/vcns/{vcn['id']}")
    gone(sim, "/subnets", s["id"])
    sim.options(deleteVcn=[409, "Conflict"])
    gone(sim, "/vcns", vcn["id"])
    sim.options(deleteVcn=[409, "IncorrectState"])
    assert sim.get(SJC, f"/routeTables/{vcn['defaultRouteTableId']}").body["lifecycleState"] == "TERMINATED"
    refused(sim, 404, "NotAuthorizedOrNotFound", "PUT", f"/vcns/{vcn['id']}", {"displayName": "x"})
    refused(sim, 404, "NotAuthorizedOrNotFound", "DELETE", f"/vcns/{vcn['id']}")
    wait_for(lambda: sim.get(SJC, f"/vcns/{vcn['id']}").status == 404, what="the linger to end")
    assert r.body["message"].find(s["id"]) < 0


def test_busy_while_processing(tmp_path):
    """A second mutation on a VCN whose first one still waits for its reply is refused; readers are not held up."""
    import threading
    import time

    with Sim.start(tmp_path, "--speed", "10") as sim:
        v = sim.create(SJC, "/vcns", cidrBlock="10.0.0.0/16")
        w = sim.create(SJC, "/vcns", cidrBlock="10.0.0.0/16")
        sim.options(processingMsec=10000)
        seen = sim.last_call()
        t = threading.Thread(target=sim.hand, args=(SJC, "PUT", f"/20160918/vcns/{v['id']}", {"displayName": "slow"}))
        t.start()
        wait_for(lambda: sim.calls(seen))
        began = time.monotonic()
        table = f"/20160918/routeTables/{v['defaultRouteTableId']}"
        assert sim.hand(SJC, "PUT", table, {"displayName": "x"}).code == "IncorrectState"
        assert sim.get(SJC, f"/vcns/{v['id']}").body["displayName"] == "slow"
        assert time.monotonic() - began < 0.9
        sim.options(processingMsec=0)
        assert sim.hand(SJC, "PUT", f"/20160918/vcns/{w['id']}", {"displayName": "free"}).status == 200
        t.join()
        assert sim.hand(SJC, "PUT", table, {"displayName": "x"}).status == 200
