"""Clusters of the simulator for tests, and a client of their Kubernetes API that shares nothing with the program under test, nor with
the simulator: it makes OKE's bearer tokens itself and streams watches.

    _, cluster = standing_cluster(sim, SJC)
    with Kube(sim, cluster) as k:
        assert k.get("/api/v1/nodes").body["items"]
"""

import base64
import http.client
import json
import socket
import ssl
import time
from email.utils import formatdate
from urllib.parse import quote_plus

from okelib import Oke
from signing import rsa_sign
from simlib import SJC, Reply, wait_for

VERSION = "v1.34.1"


def standing_cluster(sim, region=SJC, size=2, **how):
    """A cluster with a pool of that size, whose nodes are ACTIVE; → where it is, and the cluster."""
    oke = Oke(sim, region, "10.0" if region == SJC else "10.1")
    cluster = oke.cluster(**how)
    oke.pool(cluster, size=size, initialNodeLabels=[{"key": "team", "value": "blue"}], config=None if is_native(cluster) else {
        "nodePoolPodNetworkOptionDetails": {"cniType": "FLANNEL_OVERLAY"}})
    return oke, cluster


def is_native(cluster):
    return cluster["clusterPodNetworkOptions"][0]["cniType"] == "OCI_VCN_IP_NATIVE"


def endpoint(cluster, which="privateEndpoint"):
    return cluster["endpoints"][which]


def cluster_region(cluster):
    return cluster["id"].split(".")[3]


def token(sim, cluster, date=None, host=None, path=None, key_file=None, key_id=None, algorithm="rsa-sha256", signed=None, query=None):
    """The bearer token that `oci ce cluster generate-token` would print, or one that is wrong in one point."""
    profile = sim.config()
    host = host or f"containerengine.{cluster_region(cluster)}.oraclecloud.com"
    path = path or f"/cluster_request/{cluster['id']}"
    when = formatdate(time.time() if date is None else date, usegmt=True)
    lines = {"date": f"date: {when}", "(request-target)": f"(request-target): get {path}", "host": f"host: {host}"}
    names = signed or list(lines)
    signature = base64.b64encode(rsa_sign(key_file or profile["key_file"], "\n".join(lines[n] for n in names))).decode()
    key_id = key_id or "/".join(profile[k] for k in ("tenancy", "user", "fingerprint"))
    authorization = f'Signature algorithm="{algorithm}",headers="{" ".join(names)}",keyId="{key_id}",signature="{signature}",version="1"'
    query = query or f"authorization={quote_plus(authorization)}&date={quote_plus(when)}"
    return base64.urlsafe_b64encode(f"https://{host}{path}?{query}".encode()).decode()


class Kube:
    """A client of one cluster, by the name and certificate of its endpoint."""

    def __init__(self, sim, cluster, which="privateEndpoint"):
        self.sim = sim
        self.cluster = cluster
        self.host, self.port = endpoint(cluster, which).rsplit(":", 1)
        self.token = token(sim, cluster)
        self.connections = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for c in self.connections:
            c.close()

    def connect(self, timeout=20):
        context = ssl.create_default_context(cafile=str(self.sim.dir / "ca.pem"))
        c = http.client.HTTPSConnection(self.host, int(self.port), timeout=timeout, context=context)
        address = self.sim.address
        c._create_connection = lambda _, *a, **k: socket.create_connection(address, *a, **k)
        self.connections.append(c)
        return c

    def send(self, method, path, body=None, headers=None, bearer=None, timeout=20):
        c = self.connect(timeout)
        h = {"Accept": "application/json"}
        if bearer is None:
            bearer = self.token
        if bearer:
            h["Authorization"] = "Bearer " + bearer
        h.update(headers or {})
        c.request(method, path, body if body is None or isinstance(body, (str, bytes)) else json.dumps(body), h)
        return c.getresponse()

    def request(self, *args, **kw):
        r = self.send(*args, **kw)
        return Reply(r.status, dict(r.getheaders()), r.read())

    def get(self, path, **kw):
        return self.request("GET", path, **kw)

    def patch(self, path, body, kind="application/strategic-merge-patch+json", **kw):
        return self.request("PATCH", path, body, headers={"Content-Type": kind}, **kw)

    def nodes(self):
        r = self.get("/api/v1/nodes")
        assert r.status == 200, r
        return r.body["items"]

    def node(self, name):
        r = self.get(f"/api/v1/nodes/{name}")
        assert r.status == 200, r
        return r.body

    def watch(self, path="/api/v1/nodes", **query):
        """Begins to watch; → what yields events until the stream ends."""
        q = "&".join(f"{k}={v}" for k, v in {"watch": "1", **query}.items())
        r = self.send("GET", f"{path}?{q}")
        assert r.status == 200, r.read()
        return (json.loads(line) for line in r)


def condition(node, kind="Ready"):
    return next((c for c in node["status"]["conditions"] if c["type"] == kind), {})


def is_ready(node):
    return condition(node).get("status") == "True"


def wait_ready(k, n):
    def ready():
        nodes = k.nodes()
        return nodes if len(nodes) == n and all(map(is_ready, nodes)) else None

    return wait_for(ready, what=f"{n} nodes to be Ready")
