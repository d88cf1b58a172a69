"""The machine under the daemon: disk, descriptors, signals, a watchdog. It goes on with what it has, says once what is missing, and
loses nothing."""

import contextlib
import json
import os
import pathlib
import re
import resource
import signal
import socket
import subprocess
import threading
import time

import pytest
import yaml
from simlib import wait_for
from tandem import PATIENCE, Hand, Specs, Tandem, find, program, seed, tandemd, writes

SPEED = 200
TABLE = "primary/RouteTable/primary-private"
WITHIN = 5  # seconds to stop in


@pytest.fixture()
def sim(cloud, seed_estate):
    return cloud("--estate", seed_estate, speed=SPEED)


def heals(sim, tandem):
    Hand(sim).update(TABLE, routeRules=[])
    tandem.wait(lambda: len(find(sim, TABLE)["routeRules"]) == 3, "the correction")


# Disk

def may_mount():
    return os.geteuid() == 0 and subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0


class SmallDisk:
    """A state directory on a file system of its own, which only the daemon's mount namespace has."""

    def __init__(self, path):
        self.path = path
        path.mkdir()
        self.wrapper = ["unshare", "-m", "--propagation", "private", "sh", "-c", f'mount -t tmpfs -o size=256k tmpfs {path} && exec "$@"', "sh"]

    def inside(self, tandem, script):
        subprocess.run(["nsenter", "-m", "-t", str(tandem.process.pid), "sh", "-c", script, "sh", str(self.path)], check=True, capture_output=True)


FAIL = {"full": ("cat /dev/zero > $1/fill 2>/dev/null || true", "rm $1/fill", "No space left on device"),
        "read-only": ("mount -o remount,ro $1", "mount -o remount,rw $1", "Read-only file system")}


@pytest.mark.skipif(not may_mount(), reason="needs root and unshare -m, for a disk of its own")
@pytest.mark.parametrize("way", FAIL)
def test_disk(sim, tmp_path, way):
    """Work goes on; what cannot be kept is refused and was kept as it was; when the disk is good again, so is everything."""
    fail, mend, words = FAIL[way]
    disk = SmallDisk(tmp_path / "state")
    specs = seed()
    with Tandem.start(sim, specs.write(tmp_path), "--state", disk.path, wrapper=disk.wrapper) as tandem:
        tandem.wait_in_sync()
        kept = pathlib.Path(f"/proc/{tandem.process.pid}/root{disk.path}")
        other = "secondary/RouteTable/secondary-private"
        assert tandem.change("POST", "/pauses", {"address": other, "reason": "kept"}).status == 204
        before = (kept / "words.json").read_bytes()
        disk.inside(tandem, fail)
        refused = tandem.change("POST", "/pauses", {"address": TABLE, "reason": "lost"})
        assert refused.status == 500 and words in refused.body["message"]
        specs.vcn()["freeformTags"] = {"team": "mesh"}
        specs.write(tmp_path)
        for _ in range(3):
            assert tandem.ctl("reload").returncode == 0, "the disk is no reason to run old specs"
        heals(sim, tandem)
        assert [p["address"] for p in tandem.status()["paused"]] == [other]
        assert (kept / "words.json").read_bytes() == before
        assert tandem.log().count(words) == 1, "said once"
        disk.inside(tandem, mend)
        tandem.wait(lambda: "again" in tandem.log() and b"team: mesh" in (kept / "last-good.json").read_bytes(), "the last good specs on the disk")
        assert tandem.change("DELETE", "/pauses").status == 204
        assert sorted(p.name for p in kept.iterdir()) == ["last-good.json", "words.json"]


@pytest.mark.skipif(not may_mount(), reason="needs root and unshare -m, for a disk of its own")
def test_start_on_a_read_only_disk(sim, tmp_path):
    """A pause said before still holds."""
    path = seed().write(tmp_path)
    state = tmp_path / "state"
    with Tandem.start(sim, path, "--state", state) as tandem:
        assert tandem.change("POST", "/pauses", {"address": TABLE, "reason": "kept"}).status == 204
    wrapper = ["unshare", "-m", "sh", "-c", f'mount --bind -o ro {state} {state} && exec "$@"', "sh"]
    with Tandem.start(sim, path, "--state", state, wrapper=wrapper) as tandem:
        tandem.wait_in_sync()
        assert "Read-only file system" in tandem.log() and [p["address"] for p in tandem.status()["paused"]] == [TABLE]


def test_words_that_cannot_be_read(sim, tmp_path):
    """They may be a pause: nothing is done without them, and they stay."""
    words = tmp_path / "state" / "words.json"
    words.mkdir(parents=True)
    r = tandemd("--specs", seed().write(tmp_path), "--rehearse", sim.dir, "--state", words.parent)
    assert r.returncode == 64 and "words.json cannot be read" in r.stderr and words.is_dir() and not sim.calls()


# Descriptors

def cpu_ticks(pid):
    return sum(map(int, pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]))


def test_no_descriptors(sim, tmp_path):
    """Clients wait, the log says why, nothing spins, and all is well once there are some again."""
    with Tandem.start(sim, seed().write(tmp_path)) as tandem:
        tandem.wait_in_sync()
        pid = tandem.process.pid
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (8, 4096))
        ticks = cpu_ticks(pid)
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(PATIENCE)
            s.connect(str(tandem.socket))
            s.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
            n = sim.last_call()
            wait_for(lambda: sim.last_call() > n + 200, PATIENCE, what="passes over the connections that are left")
            spent = cpu_ticks(pid) - ticks
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (1024, 4096))
            assert b"200" in s.recv(4096), "who waited is answered"
        assert spent < 400, "it spins"
        assert tandem.log().count("Too many open files") == 1
        heals(sim, tandem)


@pytest.mark.parametrize("limit", [5, 8, 30, 255])
def test_too_few_descriptors(sim, tmp_path, limit):
    path = seed().write(tmp_path)
    r = subprocess.run([str(program("daemon/tandemd")), "--specs", str(path), "--rehearse", str(sim.dir)], capture_output=True, text=True,
                       timeout=PATIENCE, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit)))
    assert r.returncode == 64 and ("LimitNOFILE" in r.stderr or "Too many open files" in r.stderr) and not sim.calls()


# Signals

def blocked(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"SigBlk:\s*(\w+)", status)[1], 16) >> (signal.SIGTERM - 1) & 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stop_while_starting(sim, tmp_path, number):
    tandem = Tandem(sim, seed().write(tmp_path), ())
    tandem.launch()
    wait_for(lambda: tandem.process.poll() is not None or blocked(tandem.process.pid) or tandem.socket.exists(), every=0.0001)
    tandem.process.send_signal(number)
    assert tandem.process.wait(WITHIN) == 0 and not writes(sim)


PHASES = {"listing": [{"action": "silent"}], "refused": [{"action": "refuse"}], "late": [{"action": "delay", "delayMs": 20000}]}


@pytest.mark.parametrize("phase", PHASES)
def test_stop_in_a_phase(sim, tmp_path, phase):
    sim.faults(PHASES[phase])
    tandem = Tandem.start(sim, seed().write(tmp_path))
    tandem.wait(lambda: any(rule["matched"] for rule in sim.control("GET", "/faults").body), "the fault")
    tandem.process.send_signal(signal.SIGTERM)
    assert tandem.process.wait(WITHIN) == 0 and not writes(sim)


@pytest.mark.parametrize("action", ["silent", "lost-reply", "delay"])
def test_stop_while_writing(sim, tmp_path, action):
    tandem = Tandem.start(sim, seed().write(tmp_path))
    tandem.wait_in_sync()
    sim.faults([{"method": "PUT", "action": action, "delayMs": 20000}])
    Hand(sim).update(TABLE, routeRules=[])
    tandem.wait(lambda: sim.control("GET", "/faults").body[0]["matched"], "the write")
    tandem.process.send_signal(signal.SIGTERM)
    assert tandem.process.wait(WITHIN) == 0


@pytest.mark.skipif(not may_mount(), reason="needs root and unshare -m, for a name server of its own")
def test_stop_while_a_name_does_not_resolve(sim, tmp_path):
    """The name server is there and says nothing; who waits for it is not waited for."""
    address = f"127.53.{os.getpid() // 256 % 256}.{os.getpid() % 256}"
    (tmp_path / "resolv.conf").write_text(f"nameserver {address}\noptions timeout:30 attempts:5\n")
    (tmp_path / "nsswitch.conf").write_text("hosts: files dns\n")
    script = f'mount --bind {tmp_path}/resolv.conf /etc/resolv.conf && mount --bind {tmp_path}/nsswitch.conf /etc/nsswitch.conf && exec "$@"'
    environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server, open(tmp_path / "log", "wb") as log:
        server.bind((address, 53))
        server.settimeout(PATIENCE)
        process = subprocess.Popen(["unshare", "-m", "sh", "-c", script, "sh", str(program("daemon/tandemd")), "--specs", str(seed().write(tmp_path)),
                                    "--oci-config", str(sim.dir / "oci-config"), "--state", str(tmp_path / "state"),
                                    "--socket", str(tmp_path / "tandemd.sock")], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)
        try:
            asked = {server.recv(4096)[12:] for _ in range(3)}
            assert any(b"oraclecloud" in name for name in asked)
            process.send_signal(signal.SIGTERM)
            assert process.wait(WITHIN) == 0, (tmp_path / "log").read_text()
        finally:
            process.kill()
            process.wait()
    assert not (tmp_path / "tandemd.sock").exists()


@pytest.mark.parametrize("numbers", [[signal.SIGHUP, signal.SIGTERM], [signal.SIGTERM, signal.SIGHUP], [signal.SIGHUP] * 50 + [signal.SIGINT]],
                         ids=["before", "after", "many"])
@pytest.mark.parametrize("good", [True, False], ids=["good", "broken"])
def test_stop_during_a_reload(sim, tmp_path, numbers, good):
    """Whichever comes first, it ends cleanly, and the last good specs are whole."""
    specs = seed()
    state = tmp_path / "state"
    with Tandem.start(sim, specs.write(tmp_path), "--state", state) as tandem:
        tandem.wait_in_sync()
        specs.vcn()["freeformTags" if good else "freeform"] = {"team": "mesh"}
        specs.write(tmp_path)
        for number in numbers:
            tandem.process.send_signal(number)
        assert tandem.process.wait(WITHIN) == 0
    assert [p.name for p in state.iterdir()] == ["last-good.json"]
    (kept,) = json.loads((state / "last-good.json").read_text())["files"]
    assert Specs(list(yaml.safe_load_all(kept["text"]))).documents in ([seed().documents, specs.documents] if good else [seed().documents])


def test_stop_with_followers(sim, tmp_path):
    """Those who follow the events and those who never read them see the end; none holds it up."""
    with Tandem.start(sim, seed().write(tmp_path)) as tandem, contextlib.ExitStack() as stack:
        tandem.wait_in_sync()
        followers = [stack.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(8)]
        for s in followers:
            s.settimeout(PATIENCE)
            s.connect(str(tandem.socket))
            s.sendall(b"GET /events?follow=1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        for s in followers:
            assert s.recv(12) == b"HTTP/1.1 200"
        heals(sim, tandem)  # there is something to tell
        tandem.process.send_signal(signal.SIGTERM)
        assert tandem.process.wait(WITHIN) == 0
        for s in followers[:4]:
            assert TABLE.encode() in b"".join(iter(lambda: s.recv(65536), b""))


class Manager:
    """What a service manager hears."""

    def __init__(self, path, monkeypatch, **env):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        for name, value in {"NOTIFY_SOCKET": str(path), **env}.items():
            monkeypatch.setenv(name, value)

        self.taken = 0
        self.said = []  # a queue of a dozen words would hold the daemon up
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            try:
                self.said.append(self.socket.recv(4096).decode())
            except OSError:
                return

    def waiting(self):
        """What was said since the last call."""
        n, self.taken = self.taken, len(self.said)
        return self.said[n:self.taken]


def test_reload_signals_without_end(sim, tmp_path, monkeypatch):
    """A thousand while the specs change: the last ones run, and every RELOADING is followed by READY."""
    specs = seed()
    manager = Manager(tmp_path / "notify", monkeypatch)
    with Tandem.start(sim, specs.write(tmp_path)) as tandem:
        tandem.wait_in_sync()
        for i in range(1000):
            if i % 100 == 0:
                specs.vcn()["freeformTags"] = {"round": str(i)}
                specs.write(tmp_path)
            tandem.process.send_signal(signal.SIGHUP)
        tandem.wait(lambda: find(sim, "primary/Vcn/primary-vcn")["freeformTags"].get("round") == "900", "the last specs")
        tandem.wait_in_sync()
    words = [line for line in "\n".join(manager.said).splitlines() if line == "RELOADING=1" or line == "READY=1"]
    assert words[0] == "READY=1" and "RELOADING=1" in words
    assert words[1:] == ["RELOADING=1", "READY=1"] * (len(words) // 2)


def test_watchdog(sim, tmp_path, monkeypatch):
    """Fed while the loop turns, and not while it hangs."""
    manager = Manager(tmp_path / "notify", monkeypatch, WATCHDOG_USEC="200000")
    with Tandem.start(sim, seed().write(tmp_path)) as tandem:
        wait_for(lambda: "WATCHDOG=1" in manager.waiting(), PATIENCE, what="a sign of life")
        tandem.process.send_signal(signal.SIGSTOP)
        wait_for(lambda: pathlib.Path(f"/proc/{tandem.process.pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T", what="the stop")
        manager.waiting()
        frozen = time.monotonic()
        wait_for(lambda: time.monotonic() - frozen > 1, what="five times what a sign of life may take")
        assert manager.waiting() == []
        tandem.process.send_signal(signal.SIGCONT)
        wait_for(lambda: "WATCHDOG=1" in manager.waiting(), PATIENCE, what="a sign of life again")
