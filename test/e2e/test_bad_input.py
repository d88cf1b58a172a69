"""Bad options, files, keys and specs: one clear error each, the exit status that the contract says, and nothing done or lost."""

import base64
import os
import shutil
import subprocess
import time

import pytest
from simlib import ROOT, SJC
from tandem import PATIENCE, Tandem, live, minimal, once, program, seed, tandemctl, tandemd, writes

SPEED = 200
KEYS = ROOT / "unit" / "data" / "oci"
LB = "primary/Subnet/primary-lb"


@pytest.fixture()
def sim(cloud):
    return cloud(speed=SPEED)


@pytest.fixture()
def specs(tmp_path):
    return seed().write(tmp_path)


def is_one_error(result, status, *words):
    """It ended with this status, and said in one line what is wrong."""
    assert result.returncode == status, result
    lines = result.stderr.splitlines()
    assert len(lines) == 1, result.stderr
    for word in words:
        assert word in lines[0], f"no {word!r} in: {lines[0]}"


# The profile file and the key

class Config:
    """The simulator's profile, to be damaged."""

    def __init__(self, sim, directory):
        self.path = directory / "oci-config"
        self.key = directory / "key.pem"
        shutil.copy(sim.dir / "key.pem", self.key)
        self.key.chmod(0o600)
        self.values = {**sim.config(), "key_file": str(self.key)}

    def write(self, head="[DEFAULT]", **changes):
        values = {k: v for k, v in {**self.values, **changes}.items() if v is not None}
        self.path.write_text(head + "\n" + "".join(f"{k}={v}\n" for k, v in values.items()))
        self.path.chmod(0o600)
        return self

    def use_key(self, name):
        self.key.write_bytes((KEYS / name).read_bytes())
        return self.write()


@pytest.fixture()
def config(sim, tmp_path):
    return Config(sim, tmp_path)


def fingerprint_of(key):
    der = subprocess.run(["openssl", "rsa", "-in", str(key), "-pubout", "-outform", "DER"], capture_output=True, check=True).stdout
    md5 = subprocess.run(["openssl", "md5", "-binary"], input=der, capture_output=True, check=True).stdout
    return ":".join(f"{b:02x}" for b in md5)


def ec_key(c):
    subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", str(c.key)], check=True)
    c.write()


def short_key(c):
    subprocess.run(["openssl", "genrsa", "-traditional", "-out", str(c.key), "1024"], check=True, capture_output=True)
    c.write()


def encrypt(c, phrase):
    plain = c.key.read_bytes()
    subprocess.run(["openssl", "pkcs8", "-topk8", "-v2", "aes-256-cbc", "-passout", f"pass:{phrase}", "-out", str(c.key)], input=plain, check=True)


def a_directory(path):
    path.unlink()
    path.mkdir()


CONFIGS = {
    "no-file": (lambda c: None, ["oci-config", "no such file"]),
    "empty": (lambda c: c.path.write_text(""), ["oci-config", "no profile [DEFAULT]"]),
    "directory": (lambda c: c.path.mkdir(), ["oci-config"]),
    "zeros": (lambda c: c.path.write_bytes(b"\0" * 1000), ["oci-config"]),
    "no-ini": (lambda c: c.path.write_text("[DEFAULT]\nuser\n"), ["oci-config:2"]),
    "before-a-profile": (lambda c: c.path.write_text("user=x\n[DEFAULT]\n"), ["oci-config:1"]),
    "other-profile": (lambda c: c.write("[DEFAUL]"), ["no profile [DEFAULT]", "did you mean [DEFAUL]?"]),
    "no-user": (lambda c: c.write(user=None), ["oci-config", "no 'user'"]),
    "no-tenancy": (lambda c: c.write(tenancy=None), ["oci-config", "no 'tenancy'"]),
    "no-fingerprint": (lambda c: c.write(fingerprint=None), ["oci-config", "no 'fingerprint'"]),
    "no-key": (lambda c: c.write(key_file=None), ["oci-config", "no 'key_file'"]),
    "no-region": (lambda c: c.write(region=None), ["oci-config", "no 'region'"]),
    "empty-user": (lambda c: c.write(user=""), ["oci-config:", "'user' is empty"]),
    "user-no-ocid": (lambda c: c.write(user="alice"), ["oci-config:", "'user' is no OCID"]),
    "user-is-tenancy": (lambda c: c.write(user=c.values["tenancy"]), ["oci-config:", "another type"]),
    "region-unknown": (lambda c: c.write(region="San Jose"), ["oci-config:", "region"]),
    "fingerprint-form": (lambda c: c.write(fingerprint="AA:BB"), ["oci-config:", "fingerprint"]),
    "fingerprint-of-another": (lambda c: c.write(fingerprint=":".join(["00"] * 16)), ["oci-config:", "fingerprint", "00:00"]),
    "key-missing": (lambda c: (c.write(), c.key.unlink()), ["key_file", "key.pem"]),
    "key-a-directory": (lambda c: (c.write(), a_directory(c.key)), ["key_file", "key.pem"]),
    "key-empty": (lambda c: (c.write(), c.key.write_text("")), ["key_file", "key.pem"]),
    "key-garbage": (lambda c: (c.write(), c.key.write_bytes(os.urandom(4000))), ["key_file", "no private key"]),
    "key-huge": (lambda c: (c.write(), c.key.write_bytes(b"x" * (10 << 20))), ["key_file", "key.pem"]),
    "key-public": (lambda c: (c.write(), c.key.write_text("-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n")), ["no private key"]),
    "key-ec": (ec_key, ["not RSA"]),
    "key-short": (short_key, ["2048"]),
    "key-open-to-group": (lambda c: (c.write(), c.key.chmod(0o640)), ["key.pem", "0640", "chmod 600"]),
    "key-open-to-all": (lambda c: (c.write(), c.key.chmod(0o604)), ["key.pem", "0604", "chmod 600"]),
    "phrase-missing": (lambda c: c.use_key("TEST-ONLY-rsa2048-enc-pkcs8.pem"), ["is encrypted", "pass_phrase"]),
    "phrase-missing-pkcs1": (lambda c: c.use_key("TEST-ONLY-rsa2048-enc-pkcs1.pem"), ["is encrypted", "pass_phrase"]),
    "phrase-wrong": (lambda c: (encrypt(c, "right"), c.write(pass_phrase="xyzzy")), ["pass phrase does not open it"]),
    "phrase-for-all": (lambda c: (encrypt(c, "right"), c.write(pass_phrase="right"), c.path.chmod(0o644)), ["oci-config", "chmod 600"]),
    "instance": (lambda c: c.write(authentication_type="instance_principal"), ["authentication_type"]),
    "key-in-file": (lambda c: c.write(key_content="x"), ["key_content"]),
}


@pytest.mark.parametrize("damage, words", CONFIGS.values(), ids=CONFIGS)
def test_bad_config(sim, config, specs, damage, words):
    damage(config)
    r = once(sim, specs, "--bootstrap", "--oci-config", config.path)
    is_one_error(r, 64, *words)
    secret = "".join((sim.dir / "key.pem").read_text().splitlines()[1:3])
    assert secret not in r.stderr and "xyzzy" not in r.stderr
    assert not sim.calls()


def test_encrypted_key(sim, config, tmp_path):
    encrypt(config, "open sesame")
    config.write(pass_phrase="open sesame")
    specs = seed()
    specs.estate["mode"] = "observe"
    r = once(sim, specs.write(tmp_path), "--oci-config", config.path)
    assert r.returncode == 1 and {c["status"] for c in sim.calls()} == {200}, r


def test_profile_is_named(sim, config, specs):
    """The option goes before the specs' word, and both are looked for in the file."""
    config.write("[MESH]", region=None)
    config.path.write_text(config.path.read_text() + "region=us-sanjose-1\n[OTHER]\n")
    r = once(sim, specs, "--bootstrap", "--oci-config", config.path, "--profile", "MESH")
    assert r.returncode == 0, r
    is_one_error(once(sim, specs, "--oci-config", config.path, "--profile", "MES"), 64, "no profile [MES]", "did you mean [MESH]?")
    is_one_error(once(sim, specs, "--oci-config", config.path), 64, "no profile [DEFAULT]")


def test_key_that_the_cloud_does_not_know(sim, config, specs):
    """A whole profile of somebody unknown: 401 on all calls is unknown, not empty; nothing is built."""
    config.use_key("TEST-ONLY-rsa2048.pem")
    config.write(fingerprint=fingerprint_of(config.key))
    r = once(sim, specs, "--bootstrap", "--oci-config", config.path)
    assert r.returncode == 2, r
    assert "to complete authentication" in r.stderr
    assert sim.calls() and {c["status"] for c in sim.calls()} == {401} and not writes(sim)


def token(expires):
    def part(text):
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    return f'{part("{}")}.{part(chr(123) + chr(34) + "exp" + chr(34) + ":" + str(expires) + chr(125))}.c2ln'


def session(config, tmp_path, text):
    """Specs for a session profile with this token."""
    path = tmp_path / "token"
    path.write_text(text)
    path.chmod(0o600)
    config.write(security_token_file=str(path))
    documents = seed()
    documents.estate["auth"] = {"principal": "session-token", "profile": "DEFAULT"}
    return documents.write(tmp_path, "session")


@pytest.mark.parametrize("text", ["", "garbage", "a.b.c", "\0" * 100])
def test_bad_session_token(sim, config, tmp_path, text):
    is_one_error(once(sim, session(config, tmp_path, text), "--oci-config", config.path), 64, "token", "oci session authenticate")
    assert not sim.calls()


def test_session_is_over(sim, config, tmp_path):
    """That is nobody's mistake, and ends with the next login: it is said at once, and the estate is unknown meanwhile."""
    r = once(sim, session(config, tmp_path, token(1000)), "--bootstrap", "--oci-config", config.path)
    assert r.returncode == 2, r
    assert "is over" in r.stderr.splitlines()[0] and "oci session authenticate" in r.stderr.splitlines()[0]
    assert not writes(sim)


def test_instance_principal_is_said_to_be_missing(sim, tmp_path):
    documents = seed()
    documents.estate["auth"] = {"principal": "instance"}
    is_one_error(once(sim, documents.write(tmp_path)), 64, "instance is not supported yet")


# Options of tandemd

@pytest.mark.parametrize("arguments, words", [
    ([], ["--specs PATH is missing"]),
    (["--specs"], ["--specs"]),
    (["--specs", ""], ["empty"]),
    (["--spec", "x", "y"], ["unexpected argument 'y'"]),
    (["--nothing"], ["--nothing"]),
    (["--once=yes", "--specs", "x"], ["--once"]),
    (["-x"], ["x"]),
    (["verb"], ["unexpected argument 'verb'"]),
], ids=lambda v: " ".join(v)[:20] or "none")
def test_bad_usage(arguments, words):
    r = tandemd(*arguments)
    assert r.returncode == 64 and r.stdout == ""
    assert r.stderr.splitlines()[-1] == "Try 'tandemd --help'." and len(r.stderr.splitlines()) == 2
    for word in words:
        assert word in r.stderr


def test_help_and_version():
    for name in ("daemon/tandemd", "daemon/tandemctl"):
        for option in ("--help", "--version"):
            r = subprocess.run([str(program(name)), option], capture_output=True, text=True, timeout=PATIENCE)
            assert r.returncode == 0 and r.stdout and not r.stderr


def rehearsal(tmp_path, **files):
    directory = tmp_path / "rehearsal"
    directory.mkdir()
    for name, text in {"connect-to": "h:443:127.0.0.1:1\n", "speed": "60\n", **files}.items():
        if text is not None:
            (directory / name.replace("_", "-")).write_text(text)
    return directory


@pytest.mark.parametrize("files, words", [
    ({"connect-to": None}, ["connect-to", "is a tandem-sim serving from"]),
    ({"connect-to": ""}, ["connect-to is empty"]),
    ({"speed": None}, ["speed"]),
    ({"speed": "fast"}, ["speed is no number"]),
    ({"speed": "-1"}, ["speed is no number"]),
    ({"speed": "nan"}, ["speed is no number"]),
    ({"speed": "1e9"}, ["speed is no number"]),
    ({}, ["oci-config"]),
], ids=lambda v: str(v)[:24])
def test_bad_rehearsal(tmp_path, specs, files, words):
    is_one_error(tandemd("--specs", specs, "--rehearse", rehearsal(tmp_path, **files), "--once"), 64, *words)


def test_no_rehearsal(tmp_path, specs):
    is_one_error(tandemd("--specs", specs, "--rehearse", tmp_path / "nowhere", "--once"), 64, "nowhere", "is a tandem-sim serving from")
    (tmp_path / "file").write_text("")
    is_one_error(tandemd("--specs", specs, "--rehearse", tmp_path / "file", "--once"), 64, "file")


def test_simulator_is_gone(sim, specs):
    """A cloud that nobody answers for is unknown, not empty: nothing is built, and it ends."""
    sim.stop()
    r = once(sim, specs, "--bootstrap")
    assert r.returncode == 2, r
    assert "unknown" in r.stderr


def test_without_the_simulators_authority(sim, specs):
    """A server that the certificate authority does not vouch for is not spoken to."""
    (sim.dir / "ca.pem").write_text("")
    r = once(sim, specs, "--bootstrap")
    assert r.returncode in (2, 64) and r.stderr
    assert not sim.calls()


# The state directory and the socket

def test_second_daemon(sim, specs, tmp_path):
    with Tandem.start(sim, specs, "--bootstrap") as tandem:
        tandem.wait_in_sync()
        n = len(writes(sim))
        is_one_error(once(sim, specs, "--socket", tmp_path / "other.sock"), 1, "another tandemd holds", str(sim.dir / "state"))
        is_one_error(once(sim, specs, "--state", tmp_path / "other"), 64, "another process listens there", str(tandem.socket))
        assert tandem.status()["verdict"] == "in-sync" and len(writes(sim)) == n


def test_state_is_no_directory(sim, specs, tmp_path):
    (tmp_path / "file").write_text("kept")
    is_one_error(once(sim, specs, "--state", tmp_path / "file"), 64, str(tmp_path / "file"))
    is_one_error(once(sim, specs, "--state", tmp_path / "file" / "below"), 64, "below")
    assert (tmp_path / "file").read_text() == "kept"


def test_socket_is_something_else(sim, specs, tmp_path):
    """What lies where the socket should be is never removed, unless it is a dead socket."""
    (tmp_path / "file").write_text("kept")
    is_one_error(once(sim, specs, "--socket", tmp_path / "file"), 64, "is no socket")
    assert (tmp_path / "file").read_text() == "kept"
    is_one_error(once(sim, specs, "--socket", tmp_path), 64, "is no socket")
    is_one_error(once(sim, specs, "--socket", "/" + "x" * 200), 64, "at most")
    assert not sim.calls()


# Specs

SPECS = {
    "missing": (lambda p: None, ["specs"]),
    "empty-directory": (lambda p: p.mkdir(), ["specs"]),
    "no-yaml": (lambda p: (p.mkdir(), (p / "notes.txt").write_text("hello")), ["specs"]),
    "fifo": (lambda p: (p.mkdir(), os.mkfifo(p / "a.yaml")), ["a.yaml"]),
    "directory-inside": (lambda p: (p / "a.yaml").mkdir(parents=True), ["specs"]),
    "dangling-link": (lambda p: (p.mkdir(), (p / "a.yaml").symlink_to("nowhere")), ["a.yaml"]),
    "device": (lambda p: (p.mkdir(), (p / "a.yaml").symlink_to("/dev/zero")), ["a.yaml"]),
    "huge": (lambda p: (p.mkdir(), (p / "a.yaml").write_bytes(b"# " + b"x" * (64 << 20))), ["a.yaml"]),
}

TEXTS = {
    "empty": b"",
    "only-comments": b"# nothing\n",
    "zeros": b"\0" * 1000,
    "latin-1": "kind: Estate\nname: m\xfcller\n".encode("latin-1"),
    "no-yaml": b"kind: Estate\nname: [a\n",
    "tabs": b"kind: Estate\n\tname: a\n",
    "list": b"- kind: Estate\n",
    "scalar": b"hello\n",
    "kind-missing": b"name: a\n",
    "doubled": b"kind: Estate\nname: a\nname: b\n",
    "deep": b"kind: Estate\nname: " + b"[" * 5000 + b"]" * 5000 + b"\n",
    "laughs": b"a: &a [x, x, x, x, x, x, x, x, x, x]\n" + b"".join(
        b"%c: &%c [" % (98 + i, 98 + i) + b", ".join([b"*%c" % (97 + i)] * 10) + b"]\n" for i in range(9)),
    "unknown-alias": b"kind: Estate\nname: *nobody\n",
    "self-alias": b"kind: Estate\nname: &a [*a]\n",
    "long-line": b"kind: Estate\nname: " + b"x" * 500000 + b"\n",
    "control": b"kind: Estate\nname: \"a\\e[2Jb\"\n",
}


@pytest.mark.parametrize("make, words", SPECS.values(), ids=SPECS)
def test_specs_that_cannot_be_read(sim, tmp_path, make, words):
    """The daemon and `validate` say the same, at once."""
    path = tmp_path / "specs"
    make(path)
    start = time.monotonic()
    told = tandemctl("validate", path)
    is_one_error(told, 1, *words)
    r = once(sim, path, "--bootstrap")
    is_one_error(r, 64, *words)
    assert time.monotonic() - start < 20
    assert r.stderr.split(": ", 1)[1] == told.stderr.split(": ", 1)[1]
    assert not sim.calls()


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_specs_that_are_no_specs(sim, tmp_path, text):
    """file:line:column for each error, no control characters, a count; nothing is asked of the cloud."""
    path = tmp_path / "specs"
    path.mkdir()
    (path / "a.yaml").write_bytes(text)
    told = tandemctl("validate", path)
    assert told.returncode == 1, told
    lines = told.stdout.splitlines()
    assert any("a.yaml:" in line and ": error: " in line for line in lines), told.stdout
    assert lines[-1].split()[1].startswith("error") and lines[-1].endswith("in 1 file")
    assert len(told.stdout) < 100000 and not [c for c in told.stdout if ord(c) < 32 and c != "\n"]
    r = once(sim, path, "--bootstrap")
    assert r.returncode == 64 and r.stderr == told.stdout
    assert not sim.calls()


def test_all_errors_at_once(tmp_path):
    """Each with its place, a caret and the nearest valid word; `--json` has them all."""
    specs = seed()
    specs.item(LB)["routTable"] = specs.item(LB).pop("routeTable")
    specs.item(LB)["securityLists"] = ["primary-node"]
    specs.vcn("secondary")["cidrBlocks"] = ["10.0.0.0/15"]
    specs.item("primary/Subnet/primary-api")["cidrBlock"] = "10.0.0.1/28"
    path = specs.write(tmp_path)
    r = tandemctl("validate", path)
    assert r.returncode == 1
    for words in ("unknown key 'routTable' in Subnet", "did you mean 'routeTable'?", "did you mean 'primary-nodes'?", "10.0.0.0/15",
                  "10.0.0.1/28", "^~"):
        assert words in r.stdout, r.stdout
    count = int(r.stdout.splitlines()[-1].split()[0])
    assert count >= 4 == len([w for w in ("routTable", "primary-node", "10.0.0.0/15", "10.0.0.1/28") if w in r.stdout])
    assert r.stdout.count(": error: ") == count
    assert tandemctl("--json", "validate", path).stdout.count('"line"') == count


def test_good_specs(tmp_path):
    for specs in (seed(), minimal()):
        r = tandemctl("validate", specs.write(tmp_path))
        assert r.returncode == 0 and "0 errors" in r.stdout, r


# Usage of tandemctl

@pytest.mark.parametrize("arguments", [
    [], ["nothing"], ["statsu"], ["status", "extra"], ["--nothing", "status"], ["status", "--plan", "x"], ["validate"], ["validate", "a", "b"],
    ["explain"], ["approve"], ["approve", "x", "--override"], ["pause"], ["pause", "a", "--all", "--reason", "x"], ["pause", "a"],
    ["pause", "--all"], ["resume"], ["reload", "extra"], ["plan", "-f"], ["events", "extra"], ["health", "--follow"], ["--socket"],
], ids=lambda v: " ".join(v) or "none")
def test_bad_usage_of_tandemctl(tmp_path, arguments):
    """64, before anything is asked of a daemon."""
    r = tandemctl(*arguments, socket=tmp_path / "nobody.sock") if arguments != ["--socket"] else tandemctl(*arguments)
    assert r.returncode == 64, r
    assert r.stderr and r.stdout == "" and "nobody.sock" not in r.stderr
    if arguments == ["statsu"]:
        assert "did you mean 'status'?" in r.stderr


def test_nothing_is_lost(sim, specs, tmp_path):
    """After all that can be wrong, the running daemon and its estate are as before."""
    with Tandem.start(sim, specs, "--bootstrap") as tandem:
        tandem.wait_in_sync()
        n, before = len(writes(sim)), tandem.status()["spec"]["running"]["digest"]
        (sim.dir / "oci-config").rename(tmp_path / "moved")
        assert tandem.ctl("reload").returncode == 1
        assert tandem.ctl("plan", "-f", tmp_path / "nowhere").returncode == 1
        assert tandem.ctl("approve", "nothing").returncode == 1
        (tmp_path / "moved").rename(sim.dir / "oci-config")
        assert tandem.ctl("reload").returncode == 0
        tandem.wait_in_sync()
        assert tandem.status()["spec"]["running"]["digest"] == before and len(writes(sim)) == n
        assert len(live(sim, SJC, "Vcn")) == 1
