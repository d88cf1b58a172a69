"""A bastion as the team has one: a host in whose network the private addresses of the clusters exist, with the official CLI and kubectl on it, both
unmodified. It is a network namespace of its own; the simulator serves in it on port 443, and each endpoint's address leads there by a small
forwarder. OCI's host names are found through an /etc/hosts of its own, as in cli.py. Nothing in a kubeconfig is changed for it."""

import functools
import pathlib
import shlex
import shutil
import subprocess
import sys

import cli
from simlib import Sim

FORWARD = pathlib.Path(__file__).with_name("forward.py")


@functools.lru_cache(None)
def why_not():
    """Why there can be none here; None when there can."""
    if cli.why_not():
        return cli.why_not()
    for tool in ("kubectl", "ip", "nsenter"):
        if not shutil.which(tool):
            return f"{tool} is not installed"
    if subprocess.run(["unshare", "-n", "ip", "link", "set", "lo", "up"], capture_output=True).returncode != 0:
        return "unshare -n is not allowed here"
    return None


class Bastion:
    def __init__(self, directory, *opts):
        self.sim = Sim.start(directory, "--port", "443", *opts,
                             inside=["unshare", "-n", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"])
        self.forwarders = []
        self.hosts = self.sim.dir / "bastion-hosts"
        shutil.copy(self.sim.dir / "hosts", self.hosts)
        self.env = {
            "PATH": f"{pathlib.Path(cli.executable()).parent}:/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": str(self.sim.dir),
            "OCI_CLI_CONFIG_FILE": str(self.sim.dir / "oci-config"), "OCI_CLI_SUPPRESS_FILE_PERMISSIONS_WARNING": "True",
            "REQUESTS_CA_BUNDLE": str(self.sim.dir / "ca.pem"), "PYTHONWARNINGS": "ignore",
        }

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for f in self.forwarders:
            f.kill()
            f.wait()
            f.stdout.close()
        self.sim.stop()

    def inside(self):
        return ["nsenter", "-t", str(self.sim.process.pid), "-n"]

    def reach(self, cluster):
        """Makes the addresses of the cluster's endpoints exist, and its host name."""
        endpoints = cluster["endpoints"]
        for which in ("privateEndpoint", "publicEndpoint"):
            if not endpoints.get(which):
                continue
            address, port = endpoints[which].split(":")
            subprocess.run([*self.inside(), "ip", "addr", "add", f"{address}/32", "dev", "lo"], check=True)
            f = subprocess.Popen([*self.inside(), sys.executable, "-B", str(FORWARD), address, port, "127.0.0.1", "443"], stdout=subprocess.PIPE)
            self.forwarders.append(f)
            assert f.stdout.readline(), "the forwarder did not start"
        if endpoints.get("vcnHostnameEndpoint"):
            with open(self.hosts, "a") as hosts:
                hosts.write(f"{endpoints['privateEndpoint'].split(':')[0]} {endpoints['vcnHostnameEndpoint'].split(':')[0]}\n")

    def command(self, line):
        args = shlex.split(line.replace("\\\n", " ")) if isinstance(line, str) else list(line)
        return [*self.inside(), "unshare", "-m", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', str(self.hosts), *args]

    def run(self, line, check=True):
        """Runs a command line there; → what it printed. With check=False → the CompletedProcess."""
        result = subprocess.run(self.command(line), env=self.env, capture_output=True, text=True, timeout=120)
        if not check:
            return result
        assert result.returncode == 0, f"{line}: exit {result.returncode}: {result.stderr}{result.stdout}"
        return result.stdout

    def start(self, line):
        return subprocess.Popen(self.command(line), env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
