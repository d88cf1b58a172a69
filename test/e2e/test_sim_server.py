"""tandem-sim: what it writes, whom it believes, and that nothing makes it fall over."""

import json
import os
import random
import socket
import ssl
import stat
import subprocess
import time
from email.utils import parsedate_to_datetime

import pytest
from signing import Client
from simlib import ORD, SJC, Sim, UnixConnection, program


@pytest.fixture(scope="module")
def sim(tmp_path_factory):
    with Sim.start(tmp_path_factory.mktemp("sim"), "--speed", "1000") as s:
        yield s


@pytest.fixture()
def client(sim):
    with Client(sim) as c:
        yield c


def vcns(sim):
    return f"/vcns?compartmentId={sim.compartment}"


def test_files(sim):
    names = {"ca.pem", "oci-config", "key.pem", "compartment", "speed", "hosts", "connect-to", "kubeconfig", "control.sock", "ready"}
    assert names <= set(os.listdir(sim.dir))
    assert stat.S_IMODE((sim.dir / "key.pem").stat().st_mode) == 0o600
    assert stat.S_IMODE((sim.dir / "oci-config").stat().st_mode) & 0o177 == 0
    assert sim.config()["region"] == SJC
    assert float((sim.dir / "speed").read_text()) == 1000
    assert sim.compartment.startswith("ocid1.compartment.oc1..aaaaaaaal7vn7wsy3q")
    hosts = (sim.dir / "hosts").read_text()
    connect = (sim.dir / "connect-to").read_text().splitlines()
    for region in (SJC, ORD):
        for host in (f"iaas.{region}.oraclecloud.com", f"identity.{region}.oci.oraclecloud.com",
                     f"containerengine.{region}.oci.oraclecloud.com", f"containerengine.{region}.oraclecloud.com",
                     f"auth.{region}.oraclecloud.com", f"objectstorage.{region}.oraclecloud.com"):
            assert f"127.0.0.1 {host}" in hosts
            assert f"{host}:443:127.0.0.1:{sim.address[1]}" in connect


def test_bad_options(tmp_path):
    for opts in ([], ["--dir"], ["--dir", "x", "--speed", "0"], ["--dir", "x", "--port", "70000"], ["--dir", "x", "y"], ["--no"]):
        r = subprocess.run([program("test/sim/tandem-sim"), *opts], cwd=tmp_path, capture_output=True)
        assert r.returncode == 64, opts
        assert b"Usage" in r.stderr


def test_bad_estate(tmp_path):
    for text in ("", "[1", '{"mars-1": {}}', '{"us-sanjose-1": {"Vcns": []}}', '{"us-sanjose-1": {"Vcn": [{}]}}', '{"us-sanjose-1": 1}'):
        (tmp_path / "e.json").write_text(text)
        r = subprocess.run([program("test/sim/tandem-sim"), "--dir", tmp_path / "d", "--estate", tmp_path / "e.json"], capture_output=True)
        assert r.returncode == 64, (text, r)


def test_signed_get(sim, client):
    r = client.get(SJC, vcns(sim))
    assert r.status == 200 and isinstance(r.body, list)
    assert r.headers["opc-request-id"] and parsedate_to_datetime(r.headers["date"])
    assert client.get(SJC, vcns(sim), date_header="x-date").status == 200
    assert sim.calls()[-1]["principal"] == "tandem"


def test_headers_in_any_order(sim, client):
    assert client.get(SJC, vcns(sim), signed=["host", "(request-target)", "date"]).status == 200


def test_both_regions_by_host(sim, client):
    r = client.post(ORD, "/drgs", {"compartmentId": sim.compartment, "displayName": "in chicago"})
    assert r.status == 200 and r.headers["etag"] and ".us-chicago-1." in r.body["id"]
    assert client.get(ORD, "/drgs/" + r.body["id"]).status == 200
    assert client.get(SJC, "/drgs/" + r.body["id"]).status == 404


@pytest.mark.parametrize("spoil", [
    {"date": 1},
    {"skew": -400},
    {"skew": 400},
    {"key_id": "a/b/c"},
    {"algorithm": "rsa-sha1"},
    {"sign_target": "/20160918/drgs"},
    {"sign_host": "iaas.us-chicago-1.oraclecloud.com"},
    {"signed": ["date", "(request-target)"]},
    {"signed": ["(request-target)", "host"]},
    {"signed": ["date", "host"]},
    {"extra": {"authorization": "Signature"}},
    {"extra": {"authorization": 'Signature version="1",keyId="x"'}},
    {"extra": {"authorization": "Basic eDp5"}},
    {"extra": {"authorization": ""}},
    {"extra": {"date": ["Wed, 14 Jan 2026 09:08:07 GMT", "Wed, 14 Jan 2026 09:08:08 GMT"]}},
], ids=" ".join)
def test_refused_signatures(sim, client, spoil):
    if "skew" in spoil:  # from when it is sent, not from when the tests were collected
        spoil = {"date": time.time() + spoil["skew"]}
    r = client.get(SJC, vcns(sim), **spoil)
    assert (r.status, r.code) == (401, "NotAuthenticated")
    assert r.headers["date"] and r.headers["opc-request-id"]


@pytest.mark.parametrize("spoil", [
    {"send_data": b'{"compartmentId": "another" }'},
    {"signed": ["date", "(request-target)", "host"]},
    {"signed": ["date", "(request-target)", "host", "content-length", "content-type"]},
    {"extra": {"x-content-sha256": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="}},
], ids=repr)
def test_refused_bodies(sim, client, spoil):
    body = b'{"compartmentId":"something"}'
    r = client.request(SJC, "POST", "/20160918/drgs", body, **spoil)
    assert (r.status, r.code) == (401, "NotAuthenticated")


def test_wrong_key(sim, tmp_path):
    key = tmp_path / "other.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-out", key], check=True, capture_output=True)
    with Client(sim, key) as c:
        assert c.get(SJC, vcns(sim)).status == 401


def test_skewed_server_clock(sim, client):
    sim.options(clockSkewSeconds=3600)
    try:
        r = client.get(SJC, vcns(sim))
        assert r.status == 401
        assert 3500 < parsedate_to_datetime(r.headers["date"]).timestamp() - time.time() < 3700
        assert client.get(SJC, vcns(sim), date=time.time() + 3600).status == 200
    finally:
        sim.options(clockSkewSeconds=0)


def test_unknown_paths_and_methods(sim, client):
    for path in ("/", "/20160918", "/20160918/", "/20160918/nothing", "/20160918/vcns/", "/20160918/vcns/x/", "/20180222/vcns", "/20160918//"):
        r = client.request(SJC, "GET", path)
        assert (r.status, r.code) == (404, "NotFound"), path
    assert client.request(SJC, "DELETE", "/20160918/vcns").status == 405
    assert client.request(SJC, "PATCH", "/20160918/drgs", b"{}").status == 405
    r = client.request(SJC, "GET", "/20160918/vcns/ocid1.vcn.oc1.us-sanjose-1.nope")
    assert (r.status, r.code) == (404, "NotAuthorizedOrNotFound")
    assert client.request(SJC, "GET", vcns(sim), host=f"objectstorage.{SJC}.oraclecloud.com").status == 404


def test_identity(sim, client):
    p = sim.config()
    for region, ads in ((SJC, 1), (ORD, 3)):
        host = f"identity.{region}.oci.oraclecloud.com"
        r = client.get(region, f"/availabilityDomains?compartmentId={p['tenancy']}", host=host)
        assert r.status == 200 and len(r.body) == ads
        ad = r.body[0]["name"]
        assert ad.endswith(f":{region.upper()}-AD-1")
        r = client.get(region, f"/faultDomains?compartmentId={sim.compartment}&availabilityDomain={ad}", host=host)
        assert [f["name"] for f in r.body] == ["FAULT-DOMAIN-1", "FAULT-DOMAIN-2", "FAULT-DOMAIN-3"]
        subs = client.get(region, f"/tenancies/{p['tenancy']}/regionSubscriptions", host=host).body
        assert {(s["regionKey"], s["regionName"], s["isHomeRegion"]) for s in subs} == {("SJC", SJC, True), ("ORD", ORD, False)}
    assert client.get(SJC, f"/compartments/{sim.compartment}", host=f"identity.{SJC}.oci.oraclecloud.com").body["lifecycleState"] == "ACTIVE"
    sim.options(pageSize=10, emptyPages=0)
    r = client.get(SJC, f"/compartments?compartmentId={p['tenancy']}", host=f"identity.{SJC}.oci.oraclecloud.com")
    assert len(r.body) == 3
    labels = {s["cidrBlock"] for s in client.get(ORD, "/services").body}
    assert labels == {"oci-ord-objectstorage", "all-ord-services-in-oracle-services-network"}
    assert client.get(ORD, f"/images?compartmentId={sim.compartment}").body == []


def test_request_id_is_echoed(sim, client):
    assert client.get(SJC, vcns(sim), headers={"opc-request-id": "abc-1"}).headers["opc-request-id"].startswith("abc-1/")


def garbage(rng, n):
    return bytes(rng.randrange(256) for _ in range(n))


def test_garbage_on_the_tls_port(sim):
    rng = random.Random(7)
    context = ssl.create_default_context(cafile=str(sim.dir / "ca.pem"))
    lines = [b"\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"POST /20160918/vcns HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
             b"POST / HTTP/1.1\r\nHost: iaas.us-sanjose-1.oraclecloud.com\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
             b"GET /" + b"a" * 200000 + b" HTTP/1.1\r\n\r\n", b"GET /%zz?%&=&&&a=%41%4 HTTP/1.1\r\nHost: iaas.us-sanjose-1.oraclecloud.com\r\n\r\n"]
    for data in lines + [garbage(rng, 300) for _ in range(20)]:
        with socket.create_connection(sim.address, timeout=10) as raw:
            with context.wrap_socket(raw, server_hostname=f"iaas.{SJC}.oraclecloud.com") as s:
                try:
                    s.sendall(data)
                    s.shutdown(socket.SHUT_WR)
                    s.recv(65536)
                except OSError:
                    pass
    with socket.create_connection(sim.address) as raw:  # no TLS at all
        raw.sendall(garbage(rng, 500))
    assert sim.control("GET", "/estate").status == 200


WORDS = ["compartmentId", "vcnId", "drgId", "cidrBlocks", "routeRules", "networkDetails", "definedTags", "services", "statements", "peerId"]


def junk(rng, depth=0):
    kind = rng.randrange(8 if depth < 4 else 5)
    if kind < 5:
        return [None, True, rng.randrange(-10**6, 10**20), 1.5, rng.choice(["", "x", "10.0.0.0/16", "é\u0000", "ocid1." * 60])][kind]
    if kind == 5:
        return [junk(rng, depth + 1) for _ in range(rng.randrange(4))]
    return {rng.choice(WORDS): junk(rng, depth + 1) for _ in range(rng.randrange(5))}


def test_garbage_bodies(sim):
    """Whatever a body says: a 4xx, and the next call is served."""
    rng = random.Random(11)
    kinds = ["vcns", "subnets", "routeTables", "securityLists", "networkSecurityGroups", "internetGateways", "natGateways",
             "serviceGateways", "drgs", "drgAttachments", "remotePeeringConnections", "drgRouteTables", "drgRouteDistributions"]
    drg = sim.create(SJC, "/drgs")
    table = sim.list(SJC, "/drgRouteTables", compartmentId=None, drgId=drg["id"])[0]
    import_id = table["importDrgRouteDistributionId"]
    paths = [("POST", k) for k in kinds] + [
        ("PUT", f"drgs/{drg['id']}"), ("PUT", f"drgRouteTables/{table['id']}"),
        ("POST", f"drgRouteTables/{table['id']}/actions/addDrgRouteRules"),
        ("POST", f"drgRouteDistributions/{import_id}/actions/addDrgRouteDistributionStatements"),
        ("POST", f"drgRouteDistributions/{import_id}/actions/updateDrgRouteDistributionStatements")]
    for _ in range(600):
        method, path = rng.choice(paths)
        r = sim.hand(SJC, method, f"/20160918/{path}", junk(rng))
        assert r.status < 500, (method, path, r)
    for text in ("", "{", "[]", '"x"', "{\"a\":1,\"a\":2}", "[" * 1000, "{}x"):
        r = sim.hand(SJC, "POST", "/20160918/vcns", text)
        assert (r.status, r.code) in ((400, "CannotParseRequest"), (400, "MissingParameter")), text


def test_garbage_on_the_control_socket(sim):
    rng = random.Random(3)
    for method, path in [("PUT", "/faults"), ("PUT", "/options"), ("POST", "/hand"), ("POST", "/set"), ("POST", "/advance")]:
        for body in [b"", b"{", garbage(rng, 50)] + [json.dumps(junk(rng)).encode() for _ in range(40)]:
            assert sim.control(method, path, body).status < 500
    assert sim.control("PUT", "/faults", [{"path": "(", "action": "reset"}]).status == 400
    assert sim.control("PUT", "/faults", [{"action": "explode"}]).status == 400
    assert sim.control("PUT", "/options", {"noSuchOption": 1}).status == 400
    assert sim.control("PUT", "/options", {"pageSize": "1"}).status == 400
    assert sim.control("GET", "/nothing").status == 404
    assert sim.control("DELETE", "/estate").status == 405
    sim.faults([])


def test_large_body_is_refused(sim, client):
    r = client.request(SJC, "POST", "/20160918/vcns", b"{" + b" " * (5 << 20))
    assert r.status == 413


def test_many_connections_and_a_restart(tmp_path):
    """SIGTERM ends it while replies are still owed, and leaves no socket behind."""
    with Sim.start(tmp_path) as s:
        s.hand(SJC, "GET", "/20160918/services")
        s.faults([{"action": "silent"}])
        clients = [Client(s) for _ in range(20)]
        for c in clients:
            with pytest.raises(OSError):
                c.get(SJC, "/services", timeout=0.3)
        s.stop()
        assert not (tmp_path / "ready").exists() and not (tmp_path / "control.sock").exists()
        with Sim.start(tmp_path) as again:
            assert again.hand(SJC, "GET", "/20160918/services").status == 200


def test_control_socket_keeps_connections(sim):
    c = UnixConnection(sim.dir / "control.sock")
    for _ in range(3):
        c.request("GET", "/options")
        r = c.getresponse()
        assert r.status == 200 and r.read()
    c.close()
