"""Estates of any size for the figures: the same N gives the same text, in proportions that a landing zone has.

A region has hubs (a DRG with its tables, distributions, one RPC to the other region's hub) and VCNs around them, each with its
gateways, route tables, security lists, subnets and a group. Half of the N resources lie in each region; the peerings count too.
"""

import ipaddress

import yaml
from tandem import Specs, seed

PER_HUB = 250   # resources of a region to one hub
PER_VCN = 24
HUB = 9         # DRG, three tables, three distributions, RPC, its attachment
VCN = 13        # VCN, three gateways, attachment, two route tables, two security lists, three subnets, one group
SMALLEST = 2 * (HUB + VCN) + 1
REGIONS = (("primary", "us-sanjose-1"), ("secondary", "us-chicago-1"))
MORE = ("subnet", "list", "subnet", "table", "subnet", "list", "subnet", "subnet", "table", "subnet", "list", "group")
BLOCKS = list(ipaddress.ip_network("10.0.0.0/8").subnets(new_prefix=18))


def security_list(name, other, size):
    ingress = [{"protocol": "tcp", "source": f"{other[0]}/Vcn/{other[1]}", "ports": [443, 15443, 15012], "description": "mesh"},
               {"protocol": "icmp", "source": f"{other[0]}/Vcn/{other[1]}", "icmp": {"type": 3, "code": 4}}]
    ingress += [{"protocol": "tcp", "source": f"192.168.{i}.0/24", "ports": [8000 + i], "description": f"office {i}"}
                for i in range(size)]
    return {"name": name, "ingressSecurityRules": ingress, "egressSecurityRules": [{"protocol": "all", "destination": "0.0.0.0/0"}]}


def route_table(name, vcn, hub, others):
    rules = [{"destination": "0.0.0.0/0", "networkEntity": f"NatGateway/{vcn}-nat"},
             {"destination": "Service/all", "networkEntity": f"ServiceGateway/{vcn}-sgw"}]
    rules += [{"destination": f"{region}/Vcn/{name}", "networkEntity": f"Drg/{hub}"} for region, name in others]
    return {"name": name, "routeRules": rules}


def group(name, vcn):
    return {"name": name, "securityRules": [
        {"direction": "INGRESS", "protocol": "tcp", "source": f"Vcn/{vcn}", "ports": [port]} for port in (443, 8080, 9090)] + [
        {"direction": "EGRESS", "protocol": "all", "destination": "0.0.0.0/0"}]}


class Network:
    """One VCN and what lies in it, growing by one thing at a time."""

    def __init__(self, region, name, block, hub, others):
        self.name, self.block, self.hub, self.others = name, block, hub, others
        self.spec = {
            "name": name, "cidrBlocks": [str(block)],
            "internetGateways": [{"name": f"{name}-igw", "isEnabled": True}],
            "natGateways": [{"name": f"{name}-nat"}],
            "serviceGateways": [{"name": f"{name}-sgw", "services": ["Service/all"]}],
            "routeTables": [], "securityLists": [], "subnets": [], "networkSecurityGroups": []}
        for what in ("table", "table", "list", "list", "subnet", "subnet", "subnet", "group"):
            self.add(what)

    def add(self, what):
        s, name = self.spec, self.name
        if what == "table":
            s["routeTables"].append(route_table(f"{name}-routes{len(s['routeTables'])}", name, self.hub, self.others))
        elif what == "list":
            n = len(s["securityLists"])
            s["securityLists"].append(security_list(f"{name}-list{n}", self.others[0], 4 + n % 8))
        elif what == "group":
            s["networkSecurityGroups"].append(group(f"{name}-group{len(s['networkSecurityGroups'])}", name))
        else:
            n = len(s["subnets"])
            s["subnets"].append({
                "name": f"{name}-subnet{n}", "cidrBlock": str(list(self.block.subnets(new_prefix=26))[n]),
                "routeTable": s["routeTables"][n % len(s["routeTables"])]["name"],
                "securityLists": [s["securityLists"][n % len(s["securityLists"])]["name"]], "prohibitPublicIpOnVnic": True})


def hub(region, name, networks, rpc):
    tables = [{"name": f"{name}-for-vcns", "defaultFor": "vcn", "importDrgRouteDistribution": f"{name}-into-for-vcns"},
              {"name": f"{name}-for-rpcs", "defaultFor": "remotePeeringConnection", "importDrgRouteDistribution": f"{name}-into-for-rpcs"},
              {"name": f"{name}-spokes", "importDrgRouteDistribution": f"{name}-into-spokes", "routeRules": []}]
    everything = [{"priority": 1, "action": "ACCEPT", "matchCriteria": [{"matchType": "MATCH_ALL"}]}]
    distributions = [
        {"name": f"{name}-into-for-vcns", "distributionType": "IMPORT", "defaultOf": f"{name}-for-vcns", "statements": everything},
        {"name": f"{name}-into-for-rpcs", "distributionType": "IMPORT", "defaultOf": f"{name}-for-rpcs", "statements": everything},
        {"name": f"{name}-into-spokes", "distributionType": "IMPORT", "statements": everything}]
    attachments = [{"name": f"{n.name}-attachment", "networkDetails": {"type": "VCN", "id": f"Vcn/{n.name}"},
                    "drgRouteTable": f"{name}-spokes" if i % 2 else f"{name}-for-vcns"} for i, n in enumerate(networks)]
    attachments.append({"name": f"{name}-rpc-attachment", "drgRouteTable": f"{name}-for-rpcs",
                        "networkDetails": {"type": "REMOTE_PEERING_CONNECTION", "id": f"RemotePeeringConnection/{rpc}"}})
    return {"name": name, "drgRouteTables": tables, "drgRouteDistributions": distributions, "drgAttachments": attachments,
            "remotePeeringConnections": [{"name": rpc}]}


def region(number, size, n_hubs):
    """One Region document of so many resources."""
    name, place = REGIONS[number]
    other = REGIONS[1 - number][0]
    n_vcns = max(n_hubs, (size - HUB * n_hubs) // PER_VCN)
    networks = []
    for i in range(n_vcns):
        h = i % n_hubs
        around = [j for j in range(h, n_vcns, n_hubs)][:4]
        networks.append(Network(name, f"{name}-v{i}", BLOCKS[number * n_vcns + i], f"{name}-hub{h}", [(other, f"{other}-v{j}") for j in around]))
    for i in range(size - HUB * n_hubs - VCN * n_vcns):
        networks[i % n_vcns].add(MORE[i // n_vcns % len(MORE)])
    hubs = [hub(name, f"{name}-hub{h}", networks[h::n_hubs], f"{name}-rpc{h}") for h in range(n_hubs)]
    return {"kind": "Region", "name": name, "region": place, "vcns": [n.spec for n in networks], "drgs": hubs}


def generate(n):
    """Specs of exactly n resources, in a compartment of the simulator."""
    assert n >= SMALLEST, f"the smallest estate has {SMALLEST} resources"
    n_hubs = max(1, n // 2 // PER_HUB)
    each = (n - n_hubs) // 2
    peerings = [{"kind": "Peering", "name": f"hub{h}", "requestor": f"primary/RemotePeeringConnection/primary-rpc{h}",
                 "acceptor": f"secondary/RemotePeeringConnection/secondary-rpc{h}"} for h in range(n_hubs)]
    # The rounding of odd sizes goes to the first region; both have the same VCNs, so routes find their other side.
    return Specs([{**seed().estate, "name": "bench"}, *peerings, region(0, n - n_hubs - each, n_hubs), region(1, each, n_hubs)])


def write(specs, directory):
    """One file a document, as a person would; libyaml's own emitter, since thousands of resources take the other one a minute."""
    directory.mkdir(parents=True, exist_ok=True)
    for i, document in enumerate(specs.documents):
        text = yaml.dump(document, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), sort_keys=False, width=140)
        (directory / f"{i:02}-{document['kind'].lower()}.yaml").write_text(text)
    return directory


def count(specs):
    """How many resources a spec declares: everything below a document of it that has a name of its own."""
    def named(node):
        children = [c for v in node.values() if isinstance(v, list) for c in v if isinstance(c, dict)]
        return sum(("name" in c) + named(c) for c in children)

    return sum(named(d) + (d["kind"] == "Peering") for d in specs.documents)
