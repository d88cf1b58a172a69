"""The official `oci` CLI, unmodified, as a client of the simulator: it finds the real host names through an /etc/hosts of its own, in a
mount namespace of its own, on port 443 of a loopback address that no other test uses."""

import functools
import itertools
import json
import os
import pathlib
import shlex
import shutil
import subprocess

from simlib import Sim


def venv():
    """Where packaging/check keeps the CLI."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
    found = sorted(cache.glob("tandem/oci-cli-*/complete"))
    return pathlib.Path(os.environ.get("TANDEM_OCI_CLI", found[-1].parent if found else "none"))


@functools.lru_cache(None)
def executable():
    ours = venv() / "bin" / "oci"
    return str(ours) if ours.exists() else shutil.which("oci")


@functools.lru_cache(None)
def why_not():
    """Why the CLI cannot be used here; None when it can."""
    if not executable():
        return "the official CLI is not installed: packaging/check oci-cli"
    if os.geteuid() != 0:
        return "binding port 443 and a mount namespace need root"
    if subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode != 0:
        return "unshare -m is not allowed here"
    return None


_addresses = itertools.count(1)


def start_sim(directory, *opts):
    """A simulator that the CLI can reach."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    address = f"127.43.{os.getpid() % 199 + 1}.{(worker * 16 + next(_addresses)) % 250 + 1}"
    return Sim.start(directory, "--address", address, "--port", "443", *opts)


class Refused(Exception):
    """The CLI ended with an error; .error is the service's own {code, message, status} where it printed one."""

    def __init__(self, result):
        super().__init__(f"exit {result.returncode}: {result.stderr}")
        self.error = {}
        start = result.stderr.find("{")
        if start >= 0:
            self.error = json.loads(result.stderr[start:])


class Cli:
    def __init__(self, sim):
        self.sim = sim
        self.env = {
            "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8",
            "HOME": str(sim.dir),
            "OCI_CLI_CONFIG_FILE": str(sim.dir / "oci-config"),
            "OCI_CLI_SUPPRESS_FILE_PERMISSIONS_WARNING": "True",
            "REQUESTS_CA_BUNDLE": str(sim.dir / "ca.pem"),
            "PYTHONWARNINGS": "ignore",
        }

    def run(self, command, region=None):
        """Runs a command line, or a list of arguments after `oci`; → its "data"."""
        args = shlex.split(command.replace("\\\n", " "))[1:] if isinstance(command, str) else list(command)
        if region:
            args += ["--region", region]
        result = subprocess.run(
            ["unshare", "-m", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', str(self.sim.dir / "hosts"), executable(),
             *[a if isinstance(a, str) else json.dumps(a) for a in args]],
            env=self.env, capture_output=True, text=True, timeout=300)
        if result.returncode != 0:
            raise Refused(result)
        return json.loads(result.stdout)["data"] if result.stdout.strip() else None
