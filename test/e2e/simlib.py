"""Runs tandem-sim and talks to its control socket. Shared by every end-to-end test.

    with Sim.start(tmp_path, "--speed", "200") as sim:
        sim.hand("us-sanjose-1", "POST", "/20160918/drgs", {"compartmentId": sim.compartment})
        assert sim.estate()["us-sanjose-1"]["Drg"]
"""

import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time
from urllib.parse import quote

ROOT = pathlib.Path(__file__).resolve().parents[2]
SJC = "us-sanjose-1"
ORD = "us-chicago-1"


def program(name):
    """Where a program of the build tree is; TANDEM_BUILD names another tree than build/."""
    return pathlib.Path(os.environ.get("TANDEM_BUILD", ROOT / "build")) / name


def wait_for(condition, timeout=20.0, every=0.02, what="the condition"):
    """Calls condition() until it returns something true, and returns that."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"timed out after {timeout} s waiting for {what}")
        time.sleep(every)


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout=30):
        super().__init__("localhost", timeout=timeout)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Reply:
    """status, headers (lower-case names), body (parsed JSON, or text, or None)."""

    def __init__(self, status, headers, raw):
        self.status = status
        self.headers = {k.lower(): v for k, v in headers.items()}
        self.raw = raw
        try:
            self.body = json.loads(raw) if raw else None
        except ValueError:
            self.body = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw

    @property
    def code(self):
        return self.body.get("code") if isinstance(self.body, dict) else None

    def __repr__(self):
        return f"<Reply {self.status} {self.body!r}>"


def lend_key(path):
    """One API key serves every simulator of a build tree: making it costs more than many a test."""
    if not path.exists() and program("e2e-key.pem").exists():
        shutil.copy(program("e2e-key.pem"), path)


def keep_key(path):
    kept = program("e2e-key.pem")
    if not kept.exists() and path.exists():
        new = kept.with_suffix(f".{os.getpid()}")
        shutil.copy(path, new)
        new.rename(kept)


class Sim:
    def __init__(self, directory, process=None):
        self.dir = pathlib.Path(directory)
        self.process = process

    @classmethod
    def start(cls, directory, *opts, timeout=30, inside=()):
        """Starts tandem-sim --dir DIRECTORY OPTS… and waits for its `ready` file. 'inside' is a command that runs it, as the same process."""
        directory = pathlib.Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        lend_key(directory / "key.pem")
        ready = directory / "ready"
        ready.unlink(missing_ok=True)
        with open(directory / "sim.log", "wb") as log:
            process = subprocess.Popen(
                [*inside, str(program("test/sim/tandem-sim")), "--dir", str(directory), *map(str, opts)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        sim = cls(directory, process)

        def is_ready():
            if process.poll() is not None:
                raise AssertionError(f"tandem-sim ended with {process.returncode}: {sim.log()}")
            return ready.exists()

        try:
            wait_for(is_ready, timeout, what="tandem-sim to be ready")
        except BaseException:
            sim.stop()
            raise
        keep_key(directory / "key.pem")
        return sim

    def log(self):
        return (self.dir / "sim.log").read_text(errors="replace")

    def stop(self):
        """Ends it with SIGTERM; an exit status other than 0 fails the test (a sanitizer's report, say)."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        self.process = None
        assert status == 0, f"tandem-sim ended with {status}: {self.log()}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    # What it wrote
    @property
    def compartment(self):
        return (self.dir / "compartment").read_text().strip()

    @property
    def address(self):
        """(host, port) of the TLS port, out of connect-to."""
        host, port = (self.dir / "connect-to").read_text().splitlines()[0].rsplit(":", 2)[1:]
        return host, int(port)

    def config(self):
        """The profile in oci-config as a dict."""
        lines = (self.dir / "oci-config").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)

    # The control socket
    def control(self, method, path, body=None, timeout=60):
        c = UnixConnection(self.dir / "control.sock", timeout)
        try:
            data = None if body is None else (body if isinstance(body, bytes) else json.dumps(body).encode())
            c.request(method, path, data, {"Content-Type": "application/json"} if data is not None else {})
            r = c.getresponse()
            return Reply(r.status, dict(r.getheaders()), r.read())
        finally:
            c.close()

    def _ok(self, *args):
        r = self.control(*args)
        assert 200 <= r.status < 300, r
        return r.body

    def hand(self, region, method, path, body=None, host=None, headers=None):
        """A call of somebody else at the console; → Reply."""
        q = {"region": region, "method": method, "path": path}
        if body is not None:
            q["body"] = body
        if host:
            q["host"] = host
        if headers:
            q["headers"] = headers
        r = self._ok("POST", "/hand", q)
        reply = Reply(r["status"], r.get("headers") or {}, b"")
        reply.body = r.get("body")
        return reply

    def estate(self):
        return self._ok("GET", "/estate")

    def objects(self, region, kind):
        return self.estate().get(region, {}).get(kind, [])

    def calls(self, since=0):
        return self._ok("GET", f"/calls?since={since}")

    def last_call(self):
        calls = self.calls()
        return calls[-1]["n"] if calls else 0

    def faults(self, rules):
        return self._ok("PUT", "/faults", rules)

    def options(self, **values):
        """Sets options; returns all of them."""
        if values:
            self._ok("PUT", "/options", values)
        return self._ok("GET", "/options")

    def advance(self, seconds):
        return self._ok("POST", "/advance", {"seconds": seconds})

    def set(self, region, kind, id, **fields):
        """Overwrites raw fields of an object, as a hostile world would."""
        return self._ok("POST", "/set", {"region": region, "kind": kind, "id": id, "fields": fields})

    def snapshot(self):
        return self._ok("POST", "/snapshot")

    # Comforts over hand()
    def get(self, region, path):
        return self.hand(region, "GET", "/20160918" + path)

    def list(self, region, path, **query):
        """Every page of a list."""
        query.setdefault("compartmentId", self.compartment)
        items, page = [], None
        while True:
            q = {k: v for k, v in query.items() if v is not None}
            if page:
                q["page"] = page
            r = self.get(region, path + "?" + "&".join(f"{k}={quote(str(v), safe='')}" for k, v in q.items()))
            assert r.status == 200, r
            items += r.body
            page = r.headers.get("opc-next-page")
            if not page:
                return items

    def create(self, region, path, wait=True, **body):
        """Creates and (unless told otherwise) waits until it is there for good; → the object."""
        body.setdefault("compartmentId", self.compartment)

        def once():
            r = self.hand(region, "POST", "/20160918" + path, body)
            if r.status == 409 and r.code == "IncorrectState":
                return None
            return r

        r = wait_for(once, what=f"POST {path}")
        assert r.status == 200, r
        return self.settled(region, path, r.body["id"]) if wait else r.body

    def settled(self, region, path, id):
        def once():
            r = self.get(region, f"{path}/{id}")
            assert r.status == 200, r
            state = r.body["lifecycleState"]
            return r.body if state in ("AVAILABLE", "ATTACHED", "TERMINATED", "DETACHED") else None

        return wait_for(once, what=f"{id} to settle")
