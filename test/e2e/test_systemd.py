"""The daemon under real systemd: a Debian in a container, the project installed in it as on a bastion, and a simulated cloud outside. All tests
share one boot."""

import fcntl
import json
import os
import pathlib
import shutil
import signal
import subprocess

import pytest
from simlib import ORD, SJC, Sim, wait_for
from tandem import PATIENCE, Hand, Tandem, find, program, seed, writes

SPEED = 200
TABLE = "primary/RouteTable/primary-private"
OTHER = "secondary/RouteTable/secondary-private"
RESOURCES = 39
TREE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "tandem/systemd-tree-1"
UNIT = "tandemd.service"
DROP_INS = f"/etc/systemd/system/{UNIT}.d"


def missing():
    if os.geteuid() != 0:
        return "needs root, to boot a container"
    for name in ("systemd-nspawn", "meson", "nsenter", "unshare"):
        if not shutil.which(name):
            return f"{name} is missing: packaging/check packages"
    if not (TREE / "complete").exists():
        return "there is no Debian to boot: packaging/systemd-tree makes it"
    if subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True).returncode != 0:
        return "mounting is not allowed here"
    return None


reason = missing()
pytestmark = [pytest.mark.referee, pytest.mark.long, pytest.mark.xdist_group("systemd"), pytest.mark.skipif(bool(reason), reason=str(reason))]

# All mounts are in a namespace that ends with the container. What nspawn leaves in /run goes with it, too.
BOOT = """set -e
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs "$2"
mkdir "$2/upper" "$2/work" "$2/root"
mount -t overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" overlay "$2/root"
DESTDIR=$2/root meson install --quiet --no-rebuild -C "$3"
exec systemd-nspawn --quiet --boot --directory="$2/root" --machine=tandem --register=no --keep-unit --console=pipe \\
        --link-journal=no --resolv-conf=off --timezone=off
"""
WITH_US = ["setpriv", "--pdeathsig", "TERM"]  # nspawn's word for an orderly halt; should we be killed, nothing is left


class Bastion(Tandem):
    """The machine, and the daemon on it."""

    def __init__(self, sim, directory):
        super().__init__(sim, None, ())
        self.directory = directory
        directory.mkdir()
        with open(directory.parent / "console.log", "wb") as log:
            self.process = subprocess.Popen(
                [*WITH_US, "unshare", "-m", "--propagation", "private", "sh", "-c", BOOT, "sh", TREE / "root", directory, program(".")],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            self.leader = self.wait_for_leader()
            wait_for(lambda: self.run("systemctl", "is-system-running", "--wait", check=False).stdout.strip() in ("running", "degraded"),
                     PATIENCE, what="the boot")
        except BaseException:
            self.power_off()
            raise
        self.socket = self.path("/run/tandemd/tandemd.sock")

    def wait_for_leader(self):
        """The process that is number 1 inside."""
        self.leader = None
        pid = self.process.pid

        def leader():
            assert self.process.poll() is None, (self.directory.parent / "console.log").read_text(errors="replace")
            for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
                try:
                    ids = next(line for line in pathlib.Path(f"/proc/{child}/status").read_text().splitlines() if line.startswith("NSpid:"))
                except OSError:
                    continue
                if ids.split()[2:] == ["1"]:
                    return int(child)
            return None

        return wait_for(leader, PATIENCE, what="the container")

    def power_off(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            if self.leader:
                os.kill(self.leader, signal.SIGKILL)
            self.process.kill()
            self.process.wait()
            raise AssertionError("the container did not halt") from None

    # Inside
    def run(self, *command, check=True, stdin=None):
        """A command inside as root; → CompletedProcess."""
        r = subprocess.run(["nsenter", "-t", str(self.leader), "-m", "-u", "-i", "-n", "-p", "-r", "-w", *map(str, command)], input=stdin,
                           capture_output=True, text=True, timeout=PATIENCE,
                           env={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "PAGER": "cat"})
        assert not check or r.returncode == 0, f"{command}: {r.returncode}\n{r.stdout}{r.stderr}"
        return r

    def path(self, path):
        """A file inside as seen from here."""
        return pathlib.Path(f"/proc/{self.leader}/root{path}")

    def put(self, path, text, owner="root", mode="0640"):
        self.run("install", "-D", "-o", owner, "-g", "tandemd", "-m", mode, "/dev/stdin", path, stdin=text)

    def systemctl(self, *args, **kw):
        return self.run("systemctl", *args, **kw)

    def kill(self, name, pid):
        self.run("sh", "-c", f"kill -{name} {pid}")

    def show(self, name):
        """A property of the unit."""
        return self.systemctl("show", "--value", "-p", name, UNIT).stdout.strip()

    def journal(self, *args):
        """What this start of the daemon said, as systemd's journal keeps it."""
        self.run("journalctl", "--sync")
        text = self.run("journalctl", "-o", "json", "-u", UNIT, f"_SYSTEMD_INVOCATION_ID={self.invocation}", *args).stdout
        return [json.loads(line) for line in text.splitlines()]

    @property
    def invocation(self):
        return self.show("InvocationID")

    def log(self):
        return self.run("journalctl", "-u", UNIT, "-n", 40, "--no-pager", check=False).stdout

    def ctl(self, *args, user=None):
        become = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"] if user else []
        return self.run(*become, "tandemctl", *args, check=False)

    # The service
    def drop_in(self, name, text):
        self.put(f"{DROP_INS}/{name}.conf", text, mode="0644")
        self.systemctl("daemon-reload")

    def rehearse(self, sim, *opts):
        """The daemon's own command line, and a simulated cloud."""
        shipped = next(line for line in self.run("systemctl", "cat", UNIT).stdout.splitlines() if line.startswith("ExecStart=/"))
        for name in ("ca.pem", "connect-to", "speed"):
            self.put(f"/etc/tandem/rehearsal/{name}", (sim.dir / name).read_text())
        self.run("chmod", "0755", "/etc/tandem/rehearsal")
        self.put("/etc/tandem/oci-config", (sim.dir / "oci-config").read_text().replace(str(sim.dir), "/etc/tandem"))
        self.put("/etc/tandem/key.pem", (sim.dir / "key.pem").read_text(), owner="tandemd", mode="0400")
        self.drop_in("rehearse", f"[Service]\nExecStart=\n{shipped} --rehearse /etc/tandem/rehearsal --state /var/lib/tandemd "
                                 f"--socket /run/tandemd/tandemd.sock {' '.join(opts)}\n")

    def declare(self, specs):
        self.put("/etc/tandem/estate.yaml", specs.text() if specs else "")

    def clean(self):
        """As after the installation."""
        self.systemctl("stop", UNIT)
        self.systemctl("reset-failed", UNIT, check=False)
        self.run("sh", "-c", f"rm -rf {DROP_INS} /var/lib/tandemd /etc/tandem/*")


@pytest.fixture(scope="module")
def sim(seed_estate, tmp_path_factory):
    with Sim.start(tmp_path_factory.mktemp("cloud") / "sim", "--speed", SPEED, "--estate", seed_estate) as sim:
        yield sim


@pytest.fixture(scope="module")
def machine(sim, tmp_path_factory):
    """Booted, the project installed with the commands that README names."""
    with open(TREE / "lock", "w") as lock:  # two of them would share a control group
        fcntl.flock(lock, fcntl.LOCK_EX)
        machine = Bastion(sim, tmp_path_factory.mktemp("systemd") / "machine")
        try:
            machine.run("systemd-sysusers")
            machine.run("systemd-tmpfiles", "--create")
            machine.run("journalctl", "--update-catalog")
            machine.systemctl("daemon-reload")
            for user, groups in {"reader": "tandem", "admin": "tandem-admin", "outsider": ""}.items():
                machine.run("useradd", "-U", "-G", groups, user)
            yield machine
        finally:
            halted = machine.power_off()
        assert halted == 0


@pytest.fixture()
def bastion(machine, sim):
    """Everything in place to start the daemon."""
    sim.faults([])
    machine.clean()
    machine.rehearse(sim)
    machine.declare(seed())
    return machine


@pytest.fixture()
def running(bastion):
    bastion.systemctl("start", UNIT)
    bastion.wait_verdict("in-sync")
    return bastion


def broken():
    specs = seed()
    specs.estate["nme"] = "x"
    return specs


def stat(machine, path):
    return machine.run("stat", "-c", "%U:%G %a", path).stdout.strip()


# What is installed

def test_users_and_places(running):
    assert running.run("id", "-nG", "tandemd").stdout.split() == ["tandemd", "tandem"]
    assert running.run("getent", "group", "tandem-admin").stdout
    assert stat(running, "/etc/tandem") == "root:tandemd 750"
    assert stat(running, "/var/lib/tandemd") == "tandemd:tandemd 750"
    assert stat(running, "/var/lib/tandemd/last-good.json") == "tandemd:tandemd 600"
    assert stat(running, "/run/tandemd") == "tandemd:tandemd 755"
    assert stat(running, "/run/tandemd/tandemd.sock") == "tandemd:tandem 660"


def test_sandbox(running):
    """Every other test shows that the daemon works in it."""
    r = running.run("systemd-analyze", "security", "--no-pager", "--threshold=15", UNIT, check=False)
    assert r.returncode == 0, r.stdout
    pid = running.show("MainPID")
    status = running.run("cat", f"/proc/{pid}/status").stdout
    assert "NoNewPrivs:\t1" in status and "Seccomp:\t2" in status and "CapBnd:\t0000000000000000" in status
    assert running.run("systemd-analyze", "verify", "--man=no", UNIT).stderr == ""


def test_as_shipped(bastion, sim):
    """The unit without our drop-in, where the names of the regions lead to a machine on which nobody listens."""
    bastion.run("rm", "-r", DROP_INS)
    bastion.systemctl("daemon-reload")
    bastion.put("/etc/hosts", (sim.dir / "hosts").read_text(), mode="0644")
    bastion.systemctl("start", UNIT)
    bastion.wait_verdict("unknown")
    bastion.wait(lambda: all(r["lastError"] for r in bastion.status()["regions"]), "an error from each region")
    for region in bastion.status()["regions"]:
        assert not region["reachable"] and "connect" in region["lastError"]["message"], region
    bastion.systemctl("stop", UNIT)
    assert bastion.show("Result") == "success"


# Its life

def test_ready(bastion):
    """Active when it says so, and not when it merely runs; then it answers at once."""
    command = bastion.run("sh", "-c", f"sed -n 's/^ExecStart=//p' {DROP_INS}/rehearse.conf").stdout.strip()
    bastion.drop_in("slow", f"[Service]\nExecStart=\nExecStart=/bin/sh -c 'kill -STOP $$$$; exec {command}'\n")
    bastion.systemctl("start", "--no-block", UNIT)

    def stopped():
        pid = bastion.show("MainPID")
        return pid if pid != "0" and bastion.path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T" else None

    pid = bastion.wait(stopped, "the stop before the start")
    assert bastion.show("ActiveState") == "activating"
    bastion.kill("CONT", pid)
    bastion.systemctl("start", UNIT)  # joins the job that is there
    assert bastion.show("ActiveState") == "active" and bastion.show("MainPID") == pid and bastion.get("/healthz").status == 200
    bastion.wait(lambda: f"{RESOURCES} of {RESOURCES} in sync" in bastion.show("StatusText"), "the status text")
    assert "multicluster enforce" in bastion.systemctl("status", "--no-pager", UNIT).stdout


def test_reload(running, sim):
    """It ends when the new specs run; broken ones fail it and change nothing."""
    pid, digest = running.show("MainPID"), running.status()["spec"]["running"]["digest"]
    specs = seed()
    specs.vcn()["freeformTags"] = {"team": "mesh"}
    running.declare(specs)
    running.systemctl("reload", UNIT)
    changed = running.status()["spec"]["running"]["digest"]
    assert changed != digest
    running.wait(lambda: find(sim, "primary/Vcn/primary-vcn")["freeformTags"].get("team") == "mesh", "the new tag")
    running.declare(broken())
    assert running.systemctl("reload", UNIT, check=False).returncode != 0
    assert running.show("ActiveState") == "active" and running.show("MainPID") == pid
    assert running.status()["spec"]["running"]["digest"] == changed and running.status()["spec"]["rejected"]
    running.wait(lambda: "REJECTED" in running.show("StatusText"), "the status text")
    refused = next(e for e in running.journal() if e.get("MESSAGE_ID") == "b7f11cfd40bb4277bb99e43b383a4929")
    assert "nme" in refused["MESSAGE"]
    running.declare(specs)
    running.systemctl("reload", UNIT)
    running.wait(lambda: "REJECTED" not in running.show("StatusText"), "the status text")


def test_watchdog(running):
    """A daemon that hangs is killed and started again."""
    assert running.show("WatchdogUSec") == "1min"
    running.systemctl("stop", UNIT)
    running.drop_in("watchdog", "[Service]\nWatchdogSec=2s\nRestartSec=100ms\n")
    running.systemctl("start", UNIT)
    running.wait_verdict("in-sync")
    pid = running.show("MainPID")
    running.kill("STOP", pid)
    running.wait(lambda: int(running.show("NRestarts")) > 0 and running.show("ActiveState") == "active", "the restart")
    assert running.show("MainPID") != pid
    running.wait_verdict("in-sync")
    assert "Watchdog timeout" in running.log()


def test_crash(running):
    """One that dies is started again, and the socket that it left is in nobody's way."""
    running.drop_in("crash", "[Service]\nRestartSec=100ms\n")
    pid = running.show("MainPID")
    running.kill("KILL", pid)
    running.wait(lambda: int(running.show("NRestarts")) > 0 and running.show("ActiveState") == "active", "the restart")
    running.wait_verdict("in-sync")
    assert running.ctl("health", user="reader").returncode == 0


def test_stop_while_building(bastion, cloud):
    sim = cloud(speed=20)
    bastion.rehearse(sim, "--bootstrap")
    bastion.drop_in("stop", "[Service]\nTimeoutStopSec=5s\n")
    bastion.systemctl("start", UNIT)
    bastion.wait(lambda: len(writes(sim)) > 5, "the build")
    assert bastion.status()["verdict"] != "in-sync"
    bastion.systemctl("stop", UNIT)
    assert (bastion.show("Result"), bastion.show("ExecMainStatus"), bastion.show("ActiveState")) == ("success", "0", "inactive")
    assert not bastion.socket.exists()


# Specs that are not right

def test_start_on_the_last_good_specs(running):
    digest = running.status()["spec"]["running"]["digest"]
    running.declare(broken())
    running.systemctl("restart", UNIT)
    spec = running.status()["spec"]
    assert spec["running"]["digest"] == digest and spec["rejected"]["errors"]
    said = next(e for e in running.journal() if "last good" in e["MESSAGE"])
    assert "nme" in said["MESSAGE"] and said["MESSAGE_ID"] == "b7f11cfd40bb4277bb99e43b383a4929"
    running.wait(lambda: "REJECTED" in running.show("StatusText"), "the status text")
    running.wait_verdict("in-sync")


def test_start_without_specs(bastion):
    """It says why, and is not tried over and over again."""
    bastion.run("rm", "/etc/tandem/estate.yaml")
    assert bastion.systemctl("start", UNIT, check=False).returncode != 0
    assert bastion.show("ActiveState") == "failed"
    assert (bastion.show("Result"), bastion.show("ExecMainStatus"), bastion.show("NRestarts")) == ("exit-code", "64", "0")
    assert "/etc/tandem" in bastion.log() and "no last good one" in bastion.log()


# Who may do what

def test_people(running):
    assert running.ctl("status", user="reader").returncode == 0
    r = running.ctl("pause", TABLE, "--reason", "reader", user="reader")
    assert r.returncode == 1 and "tandem-admin" in r.stderr and not running.status()["paused"]
    assert running.ctl("status", user="admin").returncode == 0
    assert running.ctl("pause", TABLE, "--reason", "admin", user="admin").returncode == 0
    assert [p["address"] for p in running.status()["paused"]] == [TABLE]
    assert running.ctl("resume", TABLE, user="admin").returncode == 0 and not running.status()["paused"]
    r = running.ctl("status", user="outsider")
    assert r.returncode == 3 and "permission denied" in r.stderr


# What the journal holds

def test_journal(running, sim):
    """Fields to search by, and what to do."""
    Hand(sim).update(TABLE, routeRules=[])
    running.wait(lambda: any(e.get("RESOURCE") == TABLE for e in running.journal()), "the drift in the journal")
    entry = next(e for e in running.journal() if e.get("RESOURCE") == TABLE)
    assert (entry["REGION"], entry["KIND"], entry["OCID"]) == ("primary", "RouteTable", find(sim, TABLE)["id"])
    assert (entry["SYSLOG_IDENTIFIER"], entry["_SYSTEMD_UNIT"]) == ("tandemd", UNIT)
    running.wait_verdict("in-sync")
    sim.faults([{"region": ORD, "action": "refuse"}])
    entry = running.wait(lambda: next((e for e in running.journal() if e.get("MESSAGE_ID") == "cb932179cc9b41a5b6825f1241e68325"), None),
                         "the silence in the journal")
    assert (entry["REGION"], entry["PRIORITY"]) == ("secondary", "4")
    explained = running.run("journalctl", "-x", "--no-pager", "-u", UNIT, f"MESSAGE_ID={entry['MESSAGE_ID']}").stdout
    assert "A region does not answer" in explained and "The API of region secondary gave no usable answer" in explained
    listed = running.run("journalctl", "--list-catalog").stdout
    assert listed.count("tandemd:") == 5
