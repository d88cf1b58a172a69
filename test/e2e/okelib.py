"""Clusters and node pools for tests of the simulator: the network under them, and calls to Container Engine as somebody at the console."""

from urllib.parse import quote

from simlib import SJC, wait_for


class Oke:
    """One region's Container Engine, with a VCN, four subnets and a group to put things in."""

    def __init__(self, sim, region=SJC, cidr="10.0"):
        self.sim, self.region = sim, region
        self.vcn = sim.create(region, "/vcns", cidrBlock=f"{cidr}.0.0/16", dnsLabel="primary")
        self.ad = f"Qzkv:{region.upper()}-AD-1"
        self.endpoint = self.subnet(f"{cidr}.0.0/28", dnsLabel="api")
        self.nodes = self.subnet(f"{cidr}.1.0/24", dnsLabel="nodes", prohibitPublicIpOnVnic=True)
        self.pods = self.subnet(f"{cidr}.8.0/21", prohibitPublicIpOnVnic=True)

    def subnet(self, block, **kw):
        return self.sim.create(self.region, "/subnets", vcnId=self.vcn["id"], cidrBlock=block, **kw)["id"]

    def call(self, method, path, body=None, **headers):
        return self.sim.hand(self.region, method, "/20180222" + path, body, host="containerengine",
                             headers={k.replace("_", "-"): v for k, v in headers.items()})

    def get(self, path):
        r = self.call("GET", path)
        assert r.status == 200, r
        return r.body

    def list(self, path, **query):
        """Every page; a value may be a list, for a parameter that comes several times."""
        query.setdefault("compartmentId", self.sim.compartment)
        items, page = [], None
        while True:
            pairs = [(k, v) for k, value in query.items() for v in (value if isinstance(value, list) else [value])]
            text = "&".join(f"{k}={quote(str(v), safe='')}" for k, v in pairs + ([("page", page)] if page else []))
            r = self.call("GET", f"{path}?{text}")
            assert r.status == 200, r
            items += r.body
            page = r.headers.get("opc-next-page")
            if not page:
                return items

    def work(self, id):
        return self.get(f"/workRequests/{id}")

    def done(self, reply, status="SUCCEEDED"):
        """Waits for the work request of a 202; → that."""
        assert reply.status == 202 and reply.body is None, reply
        id = reply.headers["opc-work-request-id"]
        ended = wait_for(lambda: (w := self.work(id))["status"] in ("SUCCEEDED", "FAILED", "CANCELED") and w, what=f"work request {id}")
        assert ended["status"] == status, (ended, self.get(f"/workRequests/{id}/errors?compartmentId={self.sim.compartment}"))
        return ended

    def errors(self, work):
        return self.get(f"/workRequests/{work['id']}/errors?compartmentId={self.sim.compartment}")

    def cluster_body(self, **kw):
        body = {"compartmentId": self.sim.compartment, "name": "one", "vcnId": self.vcn["id"], "kubernetesVersion": "v1.34.1",
                "type": "ENHANCED_CLUSTER", "clusterPodNetworkOptions": [{"cniType": "OCI_VCN_IP_NATIVE"}],
                "endpointConfig": {"subnetId": self.endpoint, "isPublicIpEnabled": True}}
        body.update(kw)
        return {k: v for k, v in body.items() if v is not None}

    def cluster(self, **kw):
        """Creates one and waits; → the cluster."""
        made = self.done(self.call("POST", "/clusters", self.cluster_body(**kw)))
        return self.get("/clusters/" + made["resources"][0]["identifier"])

    def image(self, version="v1.34.1", arch="X86_64"):
        r = self.get(f"/nodePoolOptions/all?nodePoolK8sVersion={version}&nodePoolOsArch={arch}")
        return sorted((s for s in r["sources"] if "GPU" not in s["sourceName"]), key=lambda s: s["sourceName"])[-1]["imageId"]

    def pool_body(self, cluster, size=3, version="v1.34.1", config=None, **kw):
        body = {"compartmentId": self.sim.compartment, "clusterId": cluster["id"], "name": "pool1", "kubernetesVersion": version,
                "nodeShape": "VM.Standard.E4.Flex", "nodeShapeConfig": {"ocpus": 2, "memoryInGBs": 16},
                "nodeSourceDetails": {"sourceType": "IMAGE", "imageId": self.image(version), "bootVolumeSizeInGBs": 100},
                "nodeConfigDetails": {
                    "size": size, "placementConfigs": [{"availabilityDomain": self.ad, "subnetId": self.nodes}],
                    "nodePoolPodNetworkOptionDetails": {"cniType": "OCI_VCN_IP_NATIVE", "podSubnetIds": [self.pods]}, **(config or {})}}
        body.update(kw)
        return {k: v for k, v in body.items() if v is not None}

    def pool(self, cluster, status="SUCCEEDED", **kw):
        made = self.done(self.call("POST", "/nodePools", self.pool_body(cluster, **kw)), status)
        return self.get("/nodePools/" + made["resources"][0]["identifier"])

    def live(self, pool):
        """The pool's nodes that are not gone."""
        return [n for n in self.get("/nodePools/" + pool["id"])["nodes"] if n["lifecycleState"] != "DELETED"]

    def node(self, id, act):
        r = self.sim.control("POST", "/node", {"id": id, "act": act})
        assert r.status == 204, r
