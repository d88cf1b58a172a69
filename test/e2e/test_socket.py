"""The socket and tandemctl: every route, whoever asks and however; each refusal says why and changes nothing."""

import http.client
import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import pytest
from simlib import ORD, SJC, Sim, wait_for
from tandem import PATIENCE, Hand, Tandem, once, program, seed, tandemctl, writes

SPEED = 200
CHANGE = {"X-Tandem-Request": "1"}
LB = "primary/Subnet/primary-lb"
TABLE = "primary/RouteTable/primary-private"


@pytest.fixture()
def sim(cloud, seed_estate):
    return cloud("--estate", seed_estate, speed=SPEED)


@pytest.fixture()
def tandem(sim, tmp_path):
    with Tandem.start(sim, seed().write(tmp_path)) as t:
        t.wait_in_sync()
        yield t


@pytest.fixture(scope="module")
def steady(seed_estate, tmp_path_factory):
    """One daemon for all tests after which nothing may have changed."""
    directory = tmp_path_factory.mktemp("steady")
    with Sim.start(directory / "sim", "--speed", SPEED, "--estate", seed_estate) as sim:
        with Tandem.start(sim, seed().write(directory)) as t:
            t.wait_in_sync()
            yield t
        assert not writes(sim)


def facts(tandem, since=0):
    """The events after one, as documents."""
    return [json.loads(line) for line in tandem.get(f"/events?since={since}").raw.splitlines()]


def refused(reply, status, code):
    """One clear answer: the status, a word for programs, a sentence for people."""
    assert reply.status == status and reply.code == code, reply
    assert reply.body["message"] and "\n" not in reply.body["message"]


# What the routes say

def test_reading(tandem):
    index = tandem.get("/")
    assert index.status == 200 and "POST   /approvals" in index.raw.decode()
    assert tandem.get("/healthz").status == 200 and tandem.get("/readyz").status == 200
    status = tandem.status()
    assert {"schema", "version", "now", "startedAt", "estate", "mode", "verdict", "spec", "regions", "resources", "peerings", "connectivity",
            "approvals", "paused", "budget"} <= set(status)
    assert (status["estate"], status["mode"], status["verdict"]) == ("multicluster", "enforce", "in-sync")
    assert status["spec"]["rejected"] is None and status["spec"]["running"]["digest"]
    for r in status["regions"]:
        assert {"name", "region", "reachable", "complete", "lastComplete", "lastError", "throttled", "requests", "credentialExpires",
                "clockSkewSeconds"} <= set(r)
    for r in status["resources"]:
        assert {"address", "kind", "id", "verdict", "reason", "since", "observedAt", "differences", "foreign", "waitsFor", "inFlight", "attempts",
                "nextTry", "fight", "source"} <= set(r)
        assert r["source"].startswith("estate.yaml:") or "estate.yaml:" in r["source"]
    plan = tandem.plan()
    assert plan["digest"] and plan["complete"] and plan["actions"] == []
    explained = tandem.get(f"/explain?address={TABLE}")
    assert explained.status == 200 and TABLE in explained.raw.decode()
    assert [e["n"] for e in facts(tandem)] == sorted(e["n"] for e in facts(tandem))
    head = tandem.request("HEAD", "/status")
    assert head.status == 200 and head.raw == b""


def test_changing(sim, tandem):
    """Each change is answered 204, does what it says, and is an event by a person."""
    assert tandem.change("POST", "/pauses", {"address": TABLE, "for": "2h", "reason": "maintenance"}).status == 204
    pause, = tandem.status()["paused"]
    assert (pause["address"], pause["reason"]) == (TABLE, "maintenance") and pause["until"]
    assert tandem.change("DELETE", "/pauses", {"address": TABLE}).status == 204
    assert tandem.status()["paused"] == []
    assert tandem.change("POST", "/pauses", {"reason": "all of it"}).status == 204
    assert [p["address"] for p in tandem.status()["paused"]] == [None]
    assert tandem.change("DELETE", "/pauses").status == 204
    assert tandem.change("POST", "/reload").status == 204
    n = sim.last_call()
    assert tandem.change("POST", "/reconcile", {"address": TABLE}).status == 204
    tandem.wait(lambda: sim.last_call() > n, "another look")
    assert tandem.change("POST", "/approvals", {"id": "bootstrap"}).status == 204
    assert {e["what"] for e in facts(tandem) if "a person" in (e.get("by") or "")} >= {"paused", "resumed", "approved", "spec"}
    assert not writes(sim)


def test_candidate_plan(sim, tandem, tmp_path):
    """POST /plan plans without doing; the socket's and tandemctl's answers are one."""
    candidate = seed().drop(LB).write(tmp_path, "candidate")
    files = [{"name": "estate.yaml", "text": (candidate / "estate.yaml").read_text()}]
    r = tandem.change("POST", "/plan", {"files": files})
    assert r.status == 200, r
    action, = r.body["actions"]
    assert (action["address"], action["verb"], action["gate"]) == (LB, "delete", "approve")
    assert action["calls"] and action["calls"][0].startswith("oci network subnet delete")
    told = tandem.ctl("--json", "plan", "-f", candidate)
    assert told.returncode == 0 and json.loads(told.stdout)["digest"] == r.body["digest"]
    assert tandem.plan()["actions"] == [] and not writes(sim)

    files[0]["text"] = files[0]["text"].replace("kind: Region", "kind: Regoin", 1)
    r = tandem.change("POST", "/plan", {"files": files})
    refused(r, 422, "spec-rejected")
    error = r.body["errors"][0]
    assert error["file"] == "estate.yaml" and error["line"] > 0 and error["column"] > 0 and "Regoin" in error["message"]


# What is refused

@pytest.mark.parametrize("method, path, status, code", [
    ("GET", "/nothing", 404, "no-such-path"),
    ("GET", "/../etc/passwd", 404, "no-such-path"),
    ("GET", "/status/", 404, "no-such-path"),
    ("GET", "/" + "x" * 5000, 404, "no-such-path"),
    ("PUT", "/status", 405, "no-such-method"),
    ("DELETE", "/status", 405, "no-such-method"),
    ("GET", "/approvals", 405, "no-such-method"),
    ("PATCH", "/pauses", 405, "no-such-method"),
    ("GET", "/explain", 400, "no-address"),
    ("GET", "/explain?address=primary/Drg/nobody", 404, "unknown-address"),
    ("GET", "/events?since=x", 400, "bad-since"),
    ("GET", "/events?since=-1", 400, "bad-since"),
    ("GET", "/events?since=99999999999999999999", 400, "bad-since"),
], ids=lambda v: str(v)[:24])
def test_bad_paths(steady, method, path, status, code):
    refused(steady.request(method, path), status, code)


@pytest.mark.parametrize("method, path, body, status, code", [
    ("POST", "/approvals", b"{", 400, "bad-json"),
    ("POST", "/approvals", b"[]", 400, "bad-json"),
    ("POST", "/approvals", b'"x"', 400, "bad-json"),
    ("POST", "/approvals", b"\xff\xfe\x00", 400, "bad-json"),
    ("POST", "/approvals", b"[" * 60000, 400, "bad-json"),
    ("POST", "/approvals", None, 400, "no-id"),
    ("POST", "/approvals", {"id": 7}, 400, "no-id"),
    ("POST", "/approvals", {"id": "ffffff"}, 404, "unknown-action"),
    ("POST", "/approvals", {"id": "x" * 2000}, 404, "unknown-action"),
    ("POST", "/approvals", {"idd": "ffffff"}, 400, "unknown-member"),
    ("POST", "/approvals", {"id": "ffffff", "override": True}, 400, "no-reason"),
    ("POST", "/approvals", {"id": "ffffff", "reason": "two\nlines"}, 400, "bad-reason"),
    ("POST", "/pauses", {"address": TABLE}, 400, "no-reason"),
    ("POST", "/pauses", {"address": TABLE, "reason": ""}, 400, "no-reason"),
    ("POST", "/pauses", {"address": TABLE, "reason": "r" * 501}, 400, "bad-reason"),
    ("POST", "/pauses", {"address": TABLE, "reason": "r", "for": "soon"}, 400, "bad-duration"),
    ("POST", "/pauses", {"address": TABLE, "reason": "r", "for": "-1h"}, 400, "bad-duration"),
    ("POST", "/pauses", {"address": TABLE, "reason": "r", "for": 7}, 400, "bad-duration"),
    ("POST", "/pauses", {"address": 7, "reason": "r"}, 400, "bad-address"),
    ("POST", "/pauses", {"address": TABLE + "x", "reason": "r"}, 404, "unknown-address"),
    ("DELETE", "/pauses", {"address": TABLE}, 404, "not-paused"),
    ("DELETE", "/pauses", None, 404, "not-paused"),
    ("POST", "/reload", {"plan": ""}, 400, "bad-plan"),
    ("POST", "/reload", {"plan": "000000"}, 409, "plan-changed"),
    ("POST", "/reconcile", {"address": "nobody"}, 404, "unknown-address"),
    ("POST", "/plan", {}, 400, "no-files"),
    ("POST", "/plan", {"files": []}, 400, "no-files"),
    ("POST", "/plan", {"files": [{"name": "x"}]}, 400, "bad-file"),
    ("POST", "/plan", {"files": [{"name": "x", "text": ""}]}, 422, "spec-rejected"),
], ids=lambda v: str(v)[:24])
def test_bad_bodies(steady, method, path, body, status, code):
    refused(steady.change(method, path, body), status, code)
    after = steady.status()
    assert (after["verdict"], after["paused"], after["approvals"], after["spec"]["rejected"]) == ("in-sync", [], [], None)


def test_near_address_is_named(steady):
    r = steady.get(f"/explain?address={TABLE}x")
    assert f"did you mean {TABLE}?" in r.body["message"]
    told = steady.ctl("explain", TABLE + "x")
    assert told.returncode == 1 and f"did you mean {TABLE}?" in told.stderr


@pytest.mark.parametrize("method, path", [("POST", "/plan"), ("POST", "/approvals"), ("POST", "/pauses"), ("DELETE", "/pauses"),
                                          ("POST", "/reload"), ("POST", "/reconcile")])
def test_a_web_page_through_a_tunnel_changes_nothing(steady, method, path):
    refused(steady.request(method, path, {}), 403, "no-header")
    refused(steady.request(method, path, {}, {"X-Tandem-Request": "yes"}), 403, "no-header")
    for host in ("example.com", "localhost.example.com", "127.0.0.1.example.com", "[::2]", "10.0.0.1:8080"):
        refused(steady.request(method, path, {}, {**CHANGE, "Host": host}), 403, "not-local")
    for host in ("localhost", "localhost:8080", "127.0.0.1:1", "[::1]:8080"):
        assert steady.request(method, path, {"no-such-member": 1}, {**CHANGE, "Host": host}).code == "unknown-member"


@pytest.mark.parametrize("path, size", [("/approvals", 64 << 10), ("/pauses", 64 << 10), ("/plan", 8 << 20)])
def test_huge_bodies(steady, path, size):
    """Announced or not, a body above the bound is refused, and costs nothing that lasts."""
    refused(steady.request("POST", path, b" " * (size + 1), CHANGE), 413, "too-large")
    c = http.client.HTTPConnection("localhost", timeout=PATIENCE)
    c.sock = socket.socket(socket.AF_UNIX)
    c.sock.connect(str(steady.socket))
    try:
        c.request("POST", path, iter([b" " * 65536] * (size // 65536 + 2)), {**CHANGE, "Host": "localhost"}, encode_chunked=True)
        r = c.getresponse()
        assert r.status == 413, r.read()
    finally:
        c.close()
    refused(steady.request("POST", path, None, {**CHANGE, "Content-Length": "99999999999999"}), 413, "too-large")
    assert steady.get("/healthz").status == 200


@pytest.mark.parametrize("garbage", [
    b"\0" * 4096, b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00" * 100, b"GET /status HTTP/1.1\r\n" + b"X: " + b"y" * 200000,
    b"POST /approvals HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n", b"GET /status HTTP/9.9\r\n\r\n",
], ids=["zeros", "short", "tls", "long-header", "length", "version"])
def test_what_is_no_request(steady, garbage):
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(PATIENCE)
        s.connect(str(steady.socket))
        try:
            s.sendall(garbage)
        except OSError:
            pass  # it was cut off, as it should be
    assert steady.status()["verdict"] == "in-sync"


# Who asks

GROUPS = {"tandem": 64001, "tandem-admin": 64002}


def spaced_mounts():
    return os.geteuid() == 0 and subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0


@pytest.fixture()
def shared_place():
    """A directory that every user can reach, unlike those of the tests."""
    path = Path(tempfile.mkdtemp(prefix="tandem-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def ask_as(socket_path, method, path, groups, uid=65534):
    """A request by another user; → (status, text), or the error's number."""
    client = ("import socket, sys\n"
              "s = socket.socket(socket.AF_UNIX)\n"
              "try: s.connect(sys.argv[1])\n"
              "except OSError as e: print(e.errno); sys.exit()\n"
              "s.sendall(f'{sys.argv[2]} {sys.argv[3]} HTTP/1.0\\r\\nX-Tandem-Request: 1\\r\\nHost: localhost\\r\\n\\r\\n'.encode())\n"
              "print(b''.join(iter(lambda: s.recv(65536), b'')).decode())\n")
    r = subprocess.run(["/usr/bin/python3", "-I", "-c", client, str(socket_path), method, path], user=uid, group=groups[0], extra_groups=groups[1:],
                       cwd="/", capture_output=True, timeout=PATIENCE)
    assert r.returncode == 0, r.stderr
    if not r.stdout.startswith(b"HTTP/"):
        return int(r.stdout), ""
    head, _, body = r.stdout.decode().partition("\r\n\r\n")
    return int(head.split()[1]), body


@pytest.mark.skipif(not spaced_mounts(), reason="needs root and unshare -m, for groups of its own")
def test_other_users(sim, shared_place, tmp_path):
    """Reading is for tandem and tandem-admin, changing for tandem-admin; for others the socket is shut, and if it were not, the daemon is."""
    own = tmp_path / "group"
    own.write_text(Path("/etc/group").read_text() + "".join(f"{name}:x:{gid}:\n" for name, gid in GROUPS.items()))
    wrapper = ["unshare", "-m", "sh", "-c", f'mount --bind {own} /etc/group && exec "$@"', "sh"]
    path = shared_place / "tandemd.sock"
    reader, admin, nobody = [GROUPS["tandem"]], [65534, GROUPS["tandem"], GROUPS["tandem-admin"]], [65534]
    with Tandem.start(sim, seed().write(tmp_path), "--socket", path, wrapper=wrapper) as tandem:
        tandem.wait_in_sync()
        assert path.stat().st_gid == GROUPS["tandem"] and path.stat().st_mode & 0o777 == 0o660
        assert ask_as(path, "GET", "/status", nobody) == (13, "")
        path.chmod(0o666)
        status, body = ask_as(path, "GET", "/status", nobody)
        assert status == 403 and json.loads(body)["code"] == "not-allowed"
        assert ask_as(path, "GET", "/status", reader)[0] == 200
        status, body = ask_as(path, "POST", "/reconcile", reader)
        assert status == 403 and "tandem-admin" in json.loads(body)["message"]
        assert ask_as(path, "GET", "/status", admin)[0] == 200
        assert ask_as(path, "POST", "/reconcile", admin)[0] == 204


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become another user")
def test_tandemctl_of_another_user(sim, shared_place, tmp_path):
    shutil.copy(program("daemon/tandemctl"), shared_place / "tandemctl")
    with Tandem.start(sim, seed().write(tmp_path), "--socket", shared_place / "tandemd.sock"):
        r = subprocess.run([str(shared_place / "tandemctl"), "--socket", str(shared_place / "tandemd.sock"), "status"], user=65534, group=65534,
                           extra_groups=[], cwd="/", capture_output=True, text=True, timeout=PATIENCE)
    assert r.returncode == 3 and "permission denied" in r.stderr and len(r.stderr.splitlines()) == 1


# How they ask

def test_hundred_silent_clients(sim, tandem):
    """Some say nothing, some half a request, some never read their answer: everybody else is answered at once, and work goes on."""
    clients = []
    for i in range(100):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(PATIENCE)
        s.connect(str(tandem.socket))
        s.sendall([b"", b"GET /sta", b"GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20,
                   b"GET /events?follow=1 HTTP/1.1\r\nHost: localhost\r\n\r\n"][i % 4])
        clients.append(s)
    try:
        Hand(sim).update(TABLE, routeRules=[])
        tandem.wait(lambda: writes(sim), "the correction")
        tandem.wait_in_sync()
        slowest = 0
        for _ in range(20):
            start = time.monotonic()
            assert tandem.get("/status", timeout=PATIENCE).status == 200
            slowest = max(slowest, time.monotonic() - start)
        assert slowest < 1, f"an answer took {slowest:.1f} s"
    finally:
        for s in clients:
            s.close()
    assert tandem.get("/healthz").status == 200


def test_events_follow(sim, tandem):
    """A follower is told each event as it happens; when the daemon ends, so does the stream."""
    follower = subprocess.Popen([str(program("daemon/tandemctl")), "--socket", str(tandem.socket), "--json", "events", "--follow"],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    lines = []
    reader = threading.Thread(target=lambda: lines.extend(follower.stdout), daemon=True)
    reader.start()
    try:
        tandem.change("POST", "/pauses", {"address": TABLE, "reason": "see whether it is told"})
        tandem.wait(lambda: any("see whether it is told" in line for line in lines), "the event in the stream")
        tandem.change("DELETE", "/pauses", {"address": TABLE})
        Hand(sim).update(TABLE, routeRules=[])
        tandem.wait(lambda: any('"call"' in line and TABLE in line and "PUT" in line for line in lines), "the correction in the stream")
        told = [json.loads(line) for line in lines]
        assert [e["n"] for e in told] == sorted({e["n"] for e in told})
        tandem.process.terminate()
        follower.wait(PATIENCE)
        assert len(follower.stderr.read().splitlines()) == 1
    finally:
        follower.kill()
        follower.wait()


def test_events_since(tandem):
    last = facts(tandem)[-1]["n"]
    assert facts(tandem, last) == []
    tandem.change("POST", "/pauses", {"reason": "one more"})
    assert [e["what"] for e in facts(tandem, last)][0] == "paused"
    shown = tandem.ctl("events", "--since", last)
    assert shown.returncode == 0 and "one more" in shown.stdout
    assert tandem.ctl("events", "--since", "x").returncode == 1


# What monitors see

def verdict_exits(tandem, verdict, status):
    for verb in ("status", "health"):
        r = tandem.ctl(verb)
        assert r.returncode == status, (verb, r.returncode, r.stdout, r.stderr)
    assert json.loads(tandem.ctl("--json", "status").stdout)["verdict"] == verdict
    assert verdict in tandem.ctl("health").stdout


def test_exit_in_sync(tandem):
    verdict_exits(tandem, "in-sync", 0)


def test_exit_paused(tandem, sim):
    assert tandem.ctl("pause", "--all", "--reason", "hands off").returncode == 0
    Hand(sim).update(TABLE, routeRules=[])
    tandem.wait_verdict("paused")
    verdict_exits(tandem, "paused", 1)
    assert not writes(sim)
    assert "hands off" in tandem.ctl("explain", TABLE).stdout
    assert tandem.ctl("resume", "--all").returncode == 0
    tandem.wait_in_sync()


def test_exit_drifted(sim, tmp_path):
    Hand(sim).update(TABLE, routeRules=[])
    specs = seed()
    specs.estate["mode"] = "observe"
    with Tandem.start(sim, specs.write(tmp_path)) as tandem:
        tandem.wait_verdict("drifted")
        verdict_exits(tandem, "drifted", 1)
        assert not writes(sim)


def test_exit_blocked(sim, tmp_path):
    with Tandem.start(sim, seed().drop(LB).write(tmp_path)) as tandem:
        tandem.wait_verdict("blocked")
        verdict_exits(tandem, "blocked", 2)


def test_exit_unknown(sim, tmp_path):
    sim.faults([{"region": ORD, "action": "status", "status": 500, "code": "InternalServerError"}])
    with Tandem.start(sim, seed().write(tmp_path)) as tandem:
        tandem.wait(lambda: tandem.verdict(TABLE) == "in-sync", "the other region")
        verdict_exits(tandem, "unknown", 2)


def test_exit_not_converging(sim, tandem):
    sim.options(ignoreField=[{"kind": "RouteTable", "field": "routeRules"}])
    table = Hand(sim).object(TABLE)
    sim.set(SJC, "RouteTable", table["id"], routeRules=[])
    tandem.wait_verdict("not-converging")
    verdict_exits(tandem, "not-converging", 2)


def test_exit_fighting(cloud, seed_estate, tmp_path):
    """Somebody who sets it back after each correction: tandem stops, and says so, until a person looks."""
    sim = cloud("--estate", seed_estate, speed=30)
    table = Hand(sim).object(TABLE)

    seen = set()

    def fight():
        row = tandem.resource(TABLE)
        if row["verdict"] == "in-sync":
            seen.add(row["observedAt"])
        if len(seen) > 2:  # the correction's own reply, and what was seen since
            seen.clear()
            sim.set(SJC, "RouteTable", table["id"], routeRules=[])
        return row["verdict"] == "fighting"

    with Tandem.start(sim, seed().write(tmp_path)) as tandem:
        tandem.wait_in_sync()
        tandem.wait(fight, "the fight to be called one")
        verdict_exits(tandem, "fighting", 2)
        n = sim.last_call()
        tandem.wait_new_view()
        assert not writes(sim, n), "it goes on fighting"
        assert tandem.ctl("reconcile", TABLE).returncode == 0
        tandem.wait_in_sync()


def test_no_daemon(tmp_path):
    """3 for monitors, 1 for all else, and one line."""
    left = tmp_path / "left.sock"
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(left))
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "nothing.sock", left, tmp_path / "file"):
        for verb, status in (["status"], 3), (["health"], 3), (["plan"], 1), (["reload"], 1), (["approve", "abcdef"], 1), (["events"], 1), \
                            (["explain", TABLE], 1), (["pause", "--all", "--reason", "x"], 1), (["resume", "--all"], 1), (["reconcile"], 1):
            r = tandemctl(*verb, socket=path)
            assert r.returncode == status, (verb, r)
            assert str(path) in r.stderr and len(r.stderr.splitlines()) == 1 and r.stdout == ""


def test_a_daemon_that_does_not_answer(tmp_path):
    """A process that holds the socket and says nothing is told from no daemon, within the deadline."""
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(tmp_path / "mute.sock"))
        s.listen()
        start = time.monotonic()
        r = tandemctl("health", socket=tmp_path / "mute.sock")
        assert r.returncode == 3 and "no answer" in r.stderr
        assert time.monotonic() - start < 20


def test_ready_only_after_a_whole_view(sim, tmp_path):
    sim.faults([{"region": ORD, "path": "/vcns", "action": "status", "status": 500}])
    with Tandem.start(sim, seed().write(tmp_path)) as tandem:
        tandem.wait(lambda: tandem.verdict(TABLE) == "in-sync", "the other region")
        refused(tandem.get("/readyz"), 503, "not-ready")
        sim.faults([])
        wait_for(lambda: tandem.get("/readyz").status == 200, PATIENCE, what="the whole view")


def test_socket_is_taken_away_at_the_end(sim, tmp_path):
    specs = seed().write(tmp_path)
    with Tandem.start(sim, specs) as tandem:
        assert tandem.socket.exists()
    assert not tandem.socket.exists()
    with Tandem.start(sim, specs) as tandem:
        tandem.kill()
        assert tandem.socket.exists(), "a killed daemon leaves it"
        assert once(sim, specs).returncode == 0, "and the next one takes its place"
