"""Each property holds of an honest run, and fails on a doctored one."""

import copy
import threading

import pytest
from properties import (SocketWatch, foreign_kept, guarded, instant, keyed_rules, not_hammered, nothing_destroyed, nothing_twice,
                        one_mutation_per_parent, one_node_at_a_time)
from simlib import wait_for

R = "us-sanjose-1"


def rule(port, description=None, **extra):
    return {"protocol": "6", "source": "10.1.0.0/16", "sourceType": "CIDR_BLOCK", "isStateless": False, "icmpOptions": None,
            "tcpOptions": {"destinationPortRange": {"min": port, "max": port}, "sourcePortRange": None}, "description": description, **extra}


def thing(kind, n, address=None, **extra):
    tags = {"tandem-estate": "e", "tandem-address": address, "tandem-origin": "created"} if address else {}
    return {"id": f"ocid1.{kind.lower()}.oc1.{R}.{n}", "displayName": f"{kind}-{n}", "lifecycleState": "AVAILABLE", "freeformTags": tags,
            "definedTags": {}, **extra}


VCN = thing("Vcn", 1, "primary/Vcn/a")
DRG = thing("Drg", 1, "primary/Drg/a")
VCN_ID, DRG_ID = VCN["id"], DRG["id"]
RPC = thing("RemotePeeringConnection", 1, "primary/RemotePeeringConnection/a", drgId=DRG_ID, peeringStatus="PEERED")


def estate():
    return copy.deepcopy({R: {
        "Vcn": [VCN],
        "Drg": [DRG],
        "Subnet": [thing("Subnet", 1, "primary/Subnet/a", vcnId=VCN_ID), thing("Subnet", 2, vcnId=VCN_ID)],
        "SecurityList": [thing("SecurityList", 1, "primary/SecurityList/a", vcnId=VCN_ID, egressSecurityRules=[], ingressSecurityRules=[
            rule(443, "mesh [tandem e]"), rule(22, "somebody's")])],
        "RouteTable": [thing("RouteTable", 1, "primary/RouteTable/a", vcnId=VCN_ID, routeRules=[
            {"destination": "10.1.0.0/16", "destinationType": "CIDR_BLOCK", "networkEntityId": DRG_ID, "description": "[tandem e]"},
            {"destination": "10.9.0.0/16", "networkEntityId": DRG_ID}])],
        "NetworkSecurityGroup": [thing("NetworkSecurityGroup", 1, "primary/NetworkSecurityGroup/a", vcnId=VCN_ID, rules=[
            rule(443, "[tandem e]", direction="INGRESS", id="1", isValid=True), rule(22, direction="INGRESS", id="2", isValid=True)])],
        "DrgRouteTable": [thing("DrgRouteTable", 1, "primary/DrgRouteTable/a", drgId=DRG_ID, rules=[
            {"id": "1", "routeType": "STATIC", "destination": "10.7.0.0/16", "nextHopDrgAttachmentId": "x", "isBlackhole": False},
            {"id": "2", "routeType": "DYNAMIC", "destination": "10.8.0.0/16", "nextHopDrgAttachmentId": "x", "isBlackhole": False},
            {"id": "3", "routeType": "DYNAMIC", "destination": "10.8.0.0/16", "nextHopDrgAttachmentId": "x", "isBlackhole": False}])],
        "DrgRouteDistribution": [thing("DrgRouteDistribution", 1, drgId=DRG_ID, statements=[
            {"id": "1", "priority": 1, "action": "ACCEPT", "matchCriteria": []}, {"id": "2", "priority": 2, "action": "ACCEPT", "matchCriteria": []}])],
        "RemotePeeringConnection": [RPC],
        "Cluster": [thing("Cluster", 1, "primary/Cluster/a", vcnId=VCN_ID)],
        "NodePool": [thing("NodePool", 1, "primary/NodePool/a", clusterId="c", nodeConfigDetails={"size": 2}, nodes=[
            {"id": "ocid1.instance.a", "name": "n-0", "lifecycleState": "ACTIVE"}, {"id": "ocid1.instance.b", "name": "n-1", "lifecycleState": "CREATING"},
            {"id": "ocid1.instance.c", "name": "n-0", "lifecycleState": "DELETED"}])],
    }})


def double_node(**change):
    def doctor(e):
        pool = one(e, "NodePool")
        pool["nodes"].append({**pool["nodes"][0], "id": "ocid1.instance.d", **change})
    return doctor


def call(n, method, path, status=200, msec=0, principal="tandem", **extra):
    return {"n": n, "at": f"2026-02-01T10:00:{msec // 1000:02}.{msec % 1000:03}Z", "region": R, "host": "iaas", "principal": principal,
            "method": method, "path": "/20160918/" + path, "status": status, "mutating": method != "GET", "ifMatch": None,
            "retryToken": None, **extra}


def fails(check, *args, match, **kw):
    with pytest.raises(AssertionError, match=match):
        check(*args, **kw)


def one(e, kind):
    return e[R][kind][0]


def double_address(e):
    e[R]["Vcn"].append({**VCN, "id": VCN_ID + "b", "displayName": "other"})


def double_name(e):
    e[R]["Subnet"].append({**one(e, "Subnet"), "id": "ocid1.subnet.b"})


def double_name_without_tags(e):
    one(e, "Subnet")["freeformTags"] = {}
    one(e, "Subnet")["definedTags"] = {"Oracle-Tags": {"CreatedBy": "default/tandem"}}
    e[R]["Subnet"].append({**one(e, "Subnet"), "id": "ocid1.subnet.b"})


def double_cluster(e):
    e[R]["Cluster"].append({**one(e, "Cluster"), "id": "ocid1.cluster.b"})


def double_rule(kind, member, **change):
    def doctor(e):
        first = one(e, kind)[member][0]
        one(e, kind)[member].append({**first, **change})
    return doctor


DOUBLED = {
    "address": double_address,
    "name": double_name,
    "name-without-tags": double_name_without_tags,
    "security-rule": double_rule("SecurityList", "ingressSecurityRules"),
    "security-rule-without-mark": double_rule("SecurityList", "ingressSecurityRules", description=None),
    "security-rule-spelled-otherwise": double_rule("SecurityList", "ingressSecurityRules", tcpOptions={
        "destinationPortRange": {"max": 443, "min": 443}}, icmpOptions={}, sourceType=None),
    "route": double_rule("RouteTable", "routeRules", networkEntityId="elsewhere", description=None),
    "group-rule": double_rule("NetworkSecurityGroup", "rules", id="9"),
    "static-rule": double_rule("DrgRouteTable", "rules", id="9"),
    "statement": double_rule("DrgRouteDistribution", "statements", id="9", action="REJECT"),
    "cluster": double_cluster,
    "node": double_node(name="n-2"),
    "node-name": lambda e: (double_node()(e), one(e, "NodePool")["nodeConfigDetails"].update(size=3)),
}


@pytest.mark.parametrize("name", DOUBLED)
def test_nothing_twice(name):
    e = estate()
    nothing_twice(e)
    DOUBLED[name](e)
    fails(nothing_twice, e, match="there twice")


def test_what_hands_doubled_is_theirs():
    e = estate()
    double_rule("SecurityList", "ingressSecurityRules")(e)
    o = one(e, "SecurityList")
    nothing_twice(e, by_hands={(o["id"], keyed_rules(o)[0][0])})
    e = estate()
    e[R]["Subnet"].append({**e[R]["Subnet"][1], "id": "ocid1.subnet.b"})  # nobody's: two of one name may be
    nothing_twice(e)


def test_an_attachment_goes_with_its_rpc():
    e = estate()
    old = {**RPC, "id": "ocid1.rpc.old", "lifecycleState": "TERMINATING"}
    e[R]["RemotePeeringConnection"].append(old)
    e[R]["DrgAttachment"] = [thing("DrgAttachment", n, "primary/DrgAttachment/a", lifecycleState="ATTACHED",
                                   networkDetails={"type": "REMOTE_PEERING_CONNECTION", "id": rpc["id"]}) for n, rpc in enumerate((old, RPC))]
    nothing_twice(e)
    old["lifecycleState"] = "AVAILABLE"
    fails(nothing_twice, e, match="there twice")


def lose_rule(kind, member, at=1):
    return lambda e: one(e, kind)[member].pop(at)


LOST = {
    "security-rule": lose_rule("SecurityList", "ingressSecurityRules"),
    "route": lose_rule("RouteTable", "routeRules"),
    "group-rule": lose_rule("NetworkSecurityGroup", "rules"),
    "statement": lose_rule("DrgRouteDistribution", "statements"),
    "thing": lambda e: e[R]["Subnet"].pop(1),
    "terminated-thing": lambda e: e[R]["Subnet"][1].update(lifecycleState="TERMINATED"),
    "tag": lambda e: one(e, "Vcn")["freeformTags"].pop("team"),
}


@pytest.mark.parametrize("name", LOST)
def test_foreign_kept(name):
    before = estate()
    one(before, "Vcn")["freeformTags"]["team"] = "mesh"
    after = copy.deepcopy(before)
    foreign_kept(before, after)
    LOST[name](after)
    fails(foreign_kept, before, after, match="of others was lost")


def test_ours_and_what_hands_took_is_no_loss():
    before, after = estate(), estate()
    one(after, "SecurityList")["ingressSecurityRules"].pop(0)
    one(after, "DrgRouteTable")["rules"].pop(0)  # in a table that tandem created
    foreign_kept(before, after)
    o = one(after, "SecurityList")
    key = keyed_rules(o)[0][0]
    o["ingressSecurityRules"] = []
    foreign_kept(before, after, hands={(o["id"], key)})
    gone = after[R]["Subnet"].pop(1)
    foreign_kept(before, after, hands={(o["id"], key), gone["id"]})
    before, after = estate(), estate()
    after[R]["Vcn"], after[R]["Subnet"] = [], []
    foreign_kept(before, after)


def test_nothing_destroyed():
    e = estate()
    subnet, group, rpc = one(e, "Subnet")["id"], one(e, "NetworkSecurityGroup")["id"], RPC["id"]
    delete = [call(1, "DELETE", f"subnets/{subnet}", 412)]
    remove = [call(1, "POST", f"networkSecurityGroups/{group}/actions/removeSecurityRules")]
    heal = [call(1, "DELETE", f"remotePeeringConnections/{rpc}", 204)]
    nothing_destroyed([call(1, "GET", f"subnets/{subnet}"), call(2, "PUT", f"subnets/{subnet}"), call(3, "POST", "subnets"),
                       call(4, "DELETE", f"subnets/{subnet}", principal="hand")], e)
    for calls in (delete, remove, heal):
        fails(nothing_destroyed, calls, e, match="never allowed")
    nothing_destroyed(delete, e, allowed={subnet})
    nothing_destroyed(remove, e, allowed={group})
    after = estate()
    one(after, "RemotePeeringConnection").update(peeringStatus="REVOKED", lifecycleState="TERMINATED")
    nothing_destroyed(heal, e, after=after)
    one(e, "NetworkSecurityGroup")["rules"][0]["isValid"] = False
    nothing_destroyed(remove, e)


def test_nodes_are_taken_away_by_name():
    """A node that is allowed does not allow its pool, nor the pool the node."""
    e = estate()
    pool, cluster = one(e, "NodePool")["id"], one(e, "Cluster")["id"]
    node = [call(1, "DELETE", f"nodePools/{pool}/node/ocid1.instance.a?isDecrementSize=false")]
    nothing_destroyed(node, e, allowed={"ocid1.instance.a"})
    for allowed in ((), {pool}, {"ocid1.instance.b"}):
        fails(nothing_destroyed, node, e, allowed=allowed, match="never allowed")
    for whole in (f"nodePools/{pool}", f"clusters/{cluster}"):
        fails(nothing_destroyed, [call(1, "DELETE", whole)], e, allowed={"ocid1.instance.a"}, match="never allowed")
    guarded([{**node[0], "ifMatch": "e"}])
    fails(guarded, node, match="without a guard")


def test_one_node_at_a_time():
    def give_back(n, node, msec, pool="ocid1.nodepool.a", status=202):
        return call(n, "DELETE", f"nodePools/{pool}/node/{node}?isDecrementSize=false", status, msec)

    first, whole = give_back(1, "a", 0), int(270_000 / 200)
    one_node_at_a_time([first, give_back(2, "b", whole)], 200)
    fails(one_node_at_a_time, [first, give_back(2, "b", whole - 50)], 200, match="two nodes")
    fails(one_node_at_a_time, [first, give_back(2, "b", 10, pool="ocid1.nodepool.b")], 200, match="two nodes")  # in the whole estate
    fails(one_node_at_a_time, [{**first, "status": 0}, give_back(2, "b", 10)], 200, match="two nodes")  # it may have been heard
    one_node_at_a_time([{**first, "status": 0}, give_back(2, "a", 10), give_back(3, "b", 10, status=409)], 200)
    one_node_at_a_time([first, {**give_back(2, "b", 10), "principal": "hand"}], 200)


def test_guarded():
    put, create = call(1, "PUT", "subnets/ocid1.a", ifMatch="e"), call(2, "POST", "subnets", retryToken="t")
    guarded([put, create, call(3, "POST", "networkSecurityGroups/ocid1.a/actions/addSecurityRules")])
    for c, guard in ((put, "ifMatch"), (create, "retryToken")):
        fails(guarded, [{**c, guard: None}], match="without a guard")


HAMMERED = {
    "read": [call(1, "GET", "vcns?limit=100", 500), call(2, "GET", "vcns?limit=100", 200, msec=400)],
    "no-reply": [call(1, "GET", "vcns?limit=100", 0), call(2, "GET", "vcns?limit=100", 0, msec=1), call(3, "GET", "vcns?limit=100", 200, msec=400)],
    "page": [call(1, "GET", "vcns?limit=100"), call(2, "GET", "vcns?limit=100&page=x", 500, msec=10),
             call(3, "GET", "vcns?limit=100", 200, msec=400)],
    "write": [call(1, "PUT", "vcns/ocid1.a", 409), call(2, "PUT", "vcns/ocid1.a", 200, msec=700)],
    "credential": [call(1, "PUT", "vcns/ocid1.a", 401), call(2, "PUT", "vcns/ocid1.a", 401, msec=5000)],
    "create": [call(1, "POST", "vcns", 500, retryToken="t"), call(2, "POST", "vcns", 200, msec=700, retryToken="t")],
    "grows": [call(n, "GET", "vcns/ocid1.a", 404, msec=(n - 1) * 600) for n in (1, 2, 3)],
}


@pytest.mark.parametrize("name", HAMMERED)
def test_not_hammered(name):
    calls = HAMMERED[name]
    fails(not_hammered, calls, 1, match="hammered")
    not_hammered(calls, 20)
    not_hammered([{**c, "principal": "hand"} for c in calls], 1)


def test_backoff_begins_anew():
    calls = HAMMERED["write"]
    not_hammered([calls[0], call(2, "PUT", "vcns/ocid1.a", 200, msec=600, principal="hand"), {**calls[1], "n": 3}], 1)
    not_hammered(HAMMERED["grows"], 1, growth=False)
    not_hammered(calls, 1, forgets=[instant(calls[1]) - 0.01])
    not_hammered([call(1, "POST", "subnets", 500, retryToken="t"), call(2, "POST", "subnets", 200, msec=7, retryToken="u")], 1)


def test_retry_after_is_obeyed():
    calls = [call(1, "GET", "vcns", 429), call(2, "GET", "drgs", 200, msec=20), call(3, "GET", "subnets", 200, msec=3100)]
    not_hammered(calls, 1, retry_after=3)
    fails(not_hammered, calls, 1, retry_after=4, match="asked to wait")


def test_one_mutation_per_parent():
    e = estate()
    subnet, table = one(e, "Subnet")["id"], one(e, "RouteTable")["id"]
    calls = [call(1, "PUT", f"subnets/{subnet}"), call(2, "PUT", f"routeTables/{table}", msec=400)]
    one_mutation_per_parent(calls, e, speed=1)
    fails(one_mutation_per_parent, [calls[0], {**calls[1], "at": calls[0]["at"]}], e, speed=1, match="two changes")
    one_mutation_per_parent([calls[0], {**calls[1], "at": calls[0]["at"], "status": 409}], e, speed=1)


class Answering:
    """A daemon that answers by a script: a delay, a status, or an error, the last one for ever."""

    def __init__(self, *script):
        self.script = list(script)

    def get(self, path, timeout):
        step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(step, OSError):
            raise step
        if isinstance(step, float):
            threading.Event().wait(step)
        return type("Reply", (), {"status": 200 if isinstance(step, float) else step})


@pytest.mark.parametrize("step", [0.2, 500, ConnectionRefusedError()], ids=["late", "error", "refused"])
def test_socket_watch(step):
    def watch(*script):
        with SocketWatch(Answering(*script), latest=0.1) as w:
            wait_for(lambda: w.n > len(script), what="the socket to be asked")

    watch(0.0)
    with pytest.raises(AssertionError, match="did not answer in time"):
        watch(0.0, step)


def test_socket_watch_while_away():
    with SocketWatch(Answering(0.0)) as w:
        wait_for(lambda: w.n > 1, what="the socket to be asked")
        with w.away():
            w.tandem.script, n = [ConnectionRefusedError()], w.n
            threading.Event().wait(0.2)  # long enough for it to have asked
            assert w.n == n
            w.tandem.script = [0.0]
