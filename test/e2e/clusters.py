"""Clusters and node pools for tests of tandemd: the specs of an estate that says all their fields, a hand at Container Engine by
address, and a view of both regions that has clusters in it."""

import json

from simlib import ORD, SJC, wait_for
from tandem import PATIENCE, REGIONS, Tandem, estate, find, live, region_of, writes

CLUSTER, POOL = "primary/Cluster/primary-cluster", "primary/NodePool/primary-pool1"
OTHER_CLUSTER, OTHER_POOL = "secondary/Cluster/secondary-cluster", "secondary/NodePool/secondary-pool1"

COLLECTIONS = {"cluster": "clusters", "nodepool": "nodePools"}
SLOW = tuple(f"/20180222/{kind}" for kind in ("clusters", "nodePools"))


def generous(**policy):
    """The seed estate, clusters and all, with a budget of disruptions that never holds anything up."""
    return estate().policy(disruptionsPerHour=1000, **policy)


def furnished(**policy):
    """The same with groups, subnets and an add-on, where the primary cluster and its pool say every field that can change."""
    specs = generous(**policy)
    vcn, cluster, pool = specs.vcn(), specs.item(CLUSTER), specs.item(POOL)
    vcn["networkSecurityGroups"] = [{"name": name} for name in ("primary-endpoint", "primary-machines", "primary-pods")]
    vcn["subnets"].append({"name": "primary-pods", "cidrBlock": "10.0.64.0/20", "routeTable": "primary-private",
                           "securityLists": ["primary-nodes"], "prohibitPublicIpOnVnic": True})
    cluster.update(displayName="the cluster", freeformTags={"team": "mesh"}, imagePolicyConfig={"isPolicyEnabled": False})
    cluster["endpointConfig"].update(subnet="primary-lb", nsgs=["primary-endpoint"])
    cluster["options"].update(
        admissionControllerOptions={"isPodSecurityPolicyEnabled": False},
        persistentVolumeConfig={"freeformTags": {"of": "a claim"}},
        serviceLbConfig={"freeformTags": {"of": "a service"}, "backendNsgs": ["primary-machines"]},
        openIdConnectDiscovery={"isOpenIdConnectDiscoveryEnabled": True},
        openIdConnectTokenAuthenticationConfig={"isOpenIdConnectAuthEnabled": True, "issuerUrl": "https://login.example.com",
                                                "clientId": "kubernetes", "requiredClaims": [{"key": "team", "value": "mesh"}]})
    cluster["addons"] = [{"name": "CertManager", "configurations": [{"key": "numOfReplicas", "value": "2"}]}]
    pool.update(
        freeformTags={"team": "mesh"}, initialNodeLabels=[{"key": "tier", "value": "mesh"}], sshPublicKey="ssh-ed25519 AAAA operator",
        nodeMetadata={"user_data": "IyEvYmluL3NoCg=="},
        nodeEvictionNodePoolSettings={"evictionGraceDuration": "PT20M", "isForceDeleteAfterGraceDuration": True})
    pool["nodeSourceDetails"]["bootVolumeSizeInGBs"] = 100
    pool["nodeConfigDetails"].update(nsgs=["primary-machines"], isPvEncryptionInTransitEnabled=True, freeformTags={"of": "a node"})
    pool["nodeConfigDetails"]["nodePoolPodNetworkOptionDetails"].update(podSubnets=["primary-pods"], podNsgs=["primary-pods"])
    return specs


class Console:
    """Somebody at the console of Container Engine, who names things by address and waits until each is done."""

    def __init__(self, sim):
        self.sim = sim

    def call(self, region, method, path, body=None):
        return self.sim.hand(region, method, "/20180222" + path, body, host="containerengine")

    def path(self, o):
        return f"/{COLLECTIONS[o['id'].split('.')[1]]}/{o['id']}"

    def ask(self, region, method, path, body=None):
        """As soon as nothing else is under way there; → the work request, not waited for."""
        def once_more():
            r = self.call(region, method, path, body)
            return None if r.status == 409 and r.code == "IncorrectState" else r

        r = wait_for(once_more, PATIENCE, what=f"{method} {path} by a hand")
        assert r.status == 202, r
        return r.headers["opc-work-request-id"]

    def wait(self, region, work, status="SUCCEEDED"):
        def ended():
            w = self.call(region, "GET", f"/workRequests/{work}").body
            return w if w["status"] in ("SUCCEEDED", "FAILED", "CANCELED") else None

        w = wait_for(ended, PATIENCE, what=work)
        assert w["status"] == status, w
        return w

    def object(self, address):
        o = find(self.sim, address)
        assert o, f"no live {address}"
        return o

    def update(self, address, **body):
        o = self.object(address)
        return self.wait(region_of(o["id"]), self.ask(region_of(o["id"]), "PUT", self.path(o), body))

    def act(self, address, suffix, method="POST", body=None):
        o = self.object(address)
        return self.wait(region_of(o["id"]), self.ask(region_of(o["id"]), method, self.path(o) + suffix, body))

    def delete(self, address):
        return self.act(address, "", "DELETE")

    def node(self, id, act):
        r = self.sim.control("POST", "/node", {"id": id, "act": act})
        assert r.status == 204, r

    def last_failure(self, region=SJC):
        """The OCID of the last work request that failed."""
        path, page, found = f"/workRequests?compartmentId={self.sim.compartment}&status=FAILED", None, []
        while True:
            r = self.call(region, "GET", path + (f"&page={page}" if page else ""))
            assert r.status == 200, r
            found += r.body
            page = r.headers.get("opc-next-page")
            if not page:
                return max(found, key=lambda w: w["timeAccepted"])["id"]

    def image(self, version, region=SJC):
        """Node images of a version, the newest last."""
        r = self.call(region, "GET", f"/nodePoolOptions/all?nodePoolK8sVersion={version}&nodePoolOsArch=X86_64")
        assert r.status == 200, r
        return [s["imageId"] for s in sorted((s for s in r.body["sources"] if "GPU" not in s["sourceName"]), key=lambda s: s["sourceName"])]


def cluster_body(sim, region, **more):
    """What a person would ask for in order to have a region's declared cluster, on the network that is there."""
    here = lambda kind, what: find(sim, f"{region}/{kind}/{region}-{what}")["id"]
    services = {"primary": "10.96.0.0/16", "secondary": "10.97.0.0/16"}[region]
    return {"compartmentId": sim.compartment, "name": f"{region}-cluster", "vcnId": here("Vcn", "vcn"), "kubernetesVersion": "v1.34.1",
            "type": "ENHANCED_CLUSTER", "clusterPodNetworkOptions": [{"cniType": "OCI_VCN_IP_NATIVE"}],
            "endpointConfig": {"subnetId": here("Subnet", "api"), "isPublicIpEnabled": False},
            "options": {"serviceLbSubnetIds": [here("Subnet", "lb")], "kubernetesNetworkConfig": {"servicesCidr": services}}, **more}


def pool_body(sim, region, cluster, **more):
    code = REGIONS[region]
    subnet = find(sim, f"{region}/Subnet/{region}-nodes")["id"]
    domains = range(1, {"primary": 2, "secondary": 4}[region])
    return {"compartmentId": sim.compartment, "clusterId": cluster, "name": "pool1", "kubernetesVersion": "v1.34.1",
            "nodeShape": "VM.Standard.E4.Flex", "nodeShapeConfig": {"ocpus": 2, "memoryInGBs": 16},
            "nodeSourceDetails": {"sourceType": "IMAGE", "imageId": Console(sim).image("v1.34.1", code)[-1]},
            "nodeConfigDetails": {
                "size": 3,
                "placementConfigs": [{"availabilityDomain": f"Qzkv:{code.upper()}-AD-{n}", "subnetId": subnet} for n in domains],
                "nodePoolPodNetworkOptionDetails": {"cniType": "OCI_VCN_IP_NATIVE", "podSubnetIds": [subnet]}}, **more}


def seen_anew(tandem, paths=SLOW):
    """Both regions' clusters and pools were listed once more."""
    n = tandem.sim.last_call()

    def listed():
        seen = {(c["region"], c["path"].split("?")[0]) for c in tandem.sim.calls(n) if c["method"] == "GET" and c["status"] == 200}
        return all((region, path) in seen for region in REGIONS.values() for path in paths)

    tandem.wait(listed, "a new view of both regions' clusters")
    m = tandem.sim.last_call()
    tandem.wait(lambda: tandem.sim.last_call() > m, "the engine to go on")


def in_sync(tandem, paths=SLOW):
    seen_anew(tandem, paths)
    return tandem.wait_verdict("in-sync")


def why(tandem, address):
    """The verdict of a resource and its reason's code and message."""
    r = tandem.resource(address)
    reason = r["reason"] or {}
    return r["verdict"], reason.get("code"), reason.get("message") or ""


def wait_why(tandem, address, verdict, code):
    """→ the message."""
    return tandem.wait(lambda: (lambda w: w[2] or "-" if w[:2] == (verdict, code) else None)(why(tandem, address)),
                       f"{address} to be {verdict} for {code}")


def nodes(pool):
    return [n for n in pool["nodes"] if n["lifecycleState"] != "DELETED"]


def oke_writes(sim, since=0):
    """tandem's writes to Container Engine, as (method, path without its version)."""
    return [(c["method"], c["path"].removeprefix("/20180222")) for c in writes(sim, since) if c["path"].startswith("/20180222")]


def assert_clusters_stand(sim):
    """One cluster and one pool in each region, each ACTIVE with three nodes."""
    for region in (SJC, ORD):
        assert [o["lifecycleState"] for o in live(sim, region, "Cluster")] == ["ACTIVE"]
        pool, = live(sim, region, "NodePool")
        assert [n["lifecycleState"] for n in nodes(pool)] == ["ACTIVE"] * 3, pool
        assert pool["clusterId"] == live(sim, region, "Cluster")[0]["id"]


def start(sim, specs, directory, *opts):
    return Tandem.start(sim, specs.write(directory), *opts)


def plain(o):
    """What of a cluster, a pool or an add-on must be the same again after a correction."""
    o = json.loads(json.dumps(o))
    for name in ("lastWriter", "etag", "inner", "lifecycleDetails"):
        o.pop(name, None)
    (o.get("metadata") or {}).pop("timeUpdated", None)
    for name in [n for n in (o.get("metadata") or {}) if n.startswith("updatedBy")]:
        del o["metadata"][name]
    o["nodes"] = sorted(n["id"] for n in nodes(o)) if "nodes" in o else None
    return o
