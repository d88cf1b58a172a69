"""The JSON Schema of a spec document, judged by a validator that knows nothing of tandem: it takes what the loader takes, and sees of
what the loader refuses whatever one document says by itself. Documents are read as YAML 1.2, as tandem and editors read them."""

import json
import re

import jsonschema
import pytest
import yaml
from simlib import ROOT
from tandem import full, minimal, seed, tandemctl

SHIPPED = ROOT / "specs" / "tandem.schema.json"
CASES = ROOT / "unit" / "data" / "spec"
DIAGNOSTIC = re.compile(r"(\S+):(\d+):(\d+): (error|warning): (.*)")

# What no schema of one document can see, by the loader's words. Each is why a line of a bad spec may look right to an editor.
UNSEEN = {
    "names: what they mean stands in other documents": [
        r"there is no \w+ '.*' in region", r"no Region is named", r"is in another region", r" belongs to .*, not to ",
        r"is declared twice", r"a name that is no longer declared", r"is the name that it has now", r"is region '\w+' already",
    ],
    "documents: how many of them there are": [r"a second Estate", r"no document is "],
    "places: what else stands there": [
        r"is pinned to this OCID already", r"a \w+ has one \w+, and ", r"says '.*' already", r"has the same ", r"attaches it already",
        r"has one of these ends already", r"has this rule twice",
    ],
    "blocks: arithmetic on them": [r"has bits set beyond its prefix", r" overlaps ", r" lies outside of "],
    "numbers: arithmetic on them": [r"from a higher to a lower port", r"stands for \d+ rules", r"'interval' takes 5s to 1h",
                                    r"'definedTags' takes up to \d+ tags", r"'evictionGraceDuration' takes a duration of"],
    "realms and regions: of OCIDs, by other documents": [r"this OCID is of ", r"an estate lies in one realm"],
    "kinds: what only they know of their members": [
        r"ports need protocol", r"icmp needs protocol", r"an (in|e)gress rule (needs|has)", r"goes with matchType", r"not both: the service",
        r"Service/all contains",
        r"an attachment of type", r"cannot be peered with itself", r"both ends are in the same region", r"an instance principal has no profile",
        r"attachment of an RPC (is not pinned|has neither)", r"a ServiceGateway leads to", r"(is|are) reached through a ",
    ],
    "OKE: what a cluster, its pools, its add-ons and its subnets have to agree on": [
        r"is a basic one", r"has the context '.*' already", r"is of (one|another) availability domain", r"is private: an endpoint", r" lies in .*, and the cluster",
        r"keyDetails", r"configurationFile", r"are the older way", r"no node can be renewed", r"a pool has the pod network of its cluster",
        r"needs? (podSubnets|nodePoolPodNetworkOptionDetails)", r"podSubnets and podNsgs go with", r"image (of which|is not for the pool's) version",
        r"lacks 'nodeConfigDetails'", r"two placements are for", r"nodeShapeConfig", r"nodes of v.* are (newer|too old)",
    ],
    "YAML itself": [r"duplicate key", r"a list without its", r"a tab cannot indent", r"what is no UTF-8"],
    "spellings: one value written in two ways": [r"'ports' has this twice", r"without leading zeros"],
}


class Loader(yaml.SafeLoader):
    """The core schema of YAML 1.2: `yes` is a text, and so is 1:30."""

    yaml_implicit_resolvers = {}


for tag, pattern, first in (("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"), ("null", r"~|null|Null|NULL|", "~nN\0"),
                            ("int", r"[-+]?[0-9]+", "-+0123456789"), ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789")):
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), [*first.replace("\0", "")] + ([""] if tag == "null" else []))


@pytest.fixture(scope="module")
def schema():
    printed = tandemctl("schema")
    assert printed.returncode == 0 and not printed.stderr
    return json.loads(printed.stdout)


@pytest.fixture(scope="module")
def validator(schema):
    return jsonschema.Draft7Validator(schema)


def read(text):
    """→ pairs of a document's value and its nodes, which know their lines."""
    nodes = [n for n in yaml.compose_all(text, Loader) if n is not None]
    values = [v for v in yaml.load_all(text, Loader)]
    return [(v, n) for v, n in zip([v for v in values if v is not None], [n for n in nodes if n.tag != "tag:yaml.org,2002:null"])]


def node_at(node, path):
    for step in path:
        if isinstance(node, yaml.MappingNode):
            node = next(v for k, v in node.value if k.value == step)
        else:
            node = node.value[step]
    return node


def spans(error, root):
    """Where an error is told: the lines of each key that should not be there with all below it, else of the value."""
    node = node_at(root, error.absolute_path)
    if error.validator == "additionalProperties" and error.validator_value is False:
        return [range(k.start_mark.line + 1, v.end_mark.line + 2) for k, v in node.value if k.value not in error.schema["properties"]]
    return [range(node.start_mark.line + 1, node.end_mark.line + 2)]


def refused(validator, text):
    """The parts of a text that the schema refuses, as ranges of lines."""
    return [span for value, root in read(text) for e in validator.iter_errors(value) for span in spans(e, root)]


def accepts(validator, documents):
    for document in documents:
        errors = [f"{list(e.absolute_path)}: {e.message}" for e in validator.iter_errors(document)]
        assert not errors, f"{document['kind']} {document['name']}: {errors}"


# The schema itself

def test_is_a_schema(schema):
    jsonschema.Draft7Validator.check_schema(schema)
    assert schema["$schema"] == jsonschema.Draft7Validator.META_SCHEMA["$schema"]


def test_shipped_as_printed():
    assert SHIPPED.read_text() == tandemctl("schema").stdout, "tandemctl schema >specs/tandem.schema.json"


def mappings(schema):
    """Every mapping of known keys, with where it stands."""
    def walk(path, node):
        if isinstance(node, dict):
            if node.get("type") == "object" and "properties" in node:
                yield path, node
            for key, value in node.items():
                yield from walk(f"{path}/{key}", value)
        elif isinstance(node, list):
            for i, value in enumerate(node):
                yield from walk(f"{path}/{i}", value)

    return list(walk("", schema["definitions"]))


def test_is_closed_and_explained(schema):
    """A typing mistake shows anywhere, and every key says what it is for."""
    assert len(mappings(schema)) > 25
    for path, node in mappings(schema):
        assert node["additionalProperties"] is False, path
        assert set(node.get("required", [])) <= set(node["properties"]), path
        for key, value in node["properties"].items():
            if "$ref" in value:
                value = schema["definitions"][value["$ref"].rsplit("/", 1)[1]]
            assert value.get("description"), f"{path}/{key} explains nothing"


def test_files_name_it():
    """Each document does, since an editor's language server takes them one by one."""
    for path in [*(ROOT / "specs").glob("*.yaml"), *(ROOT / "specs" / "minimal").glob("*.yaml")]:
        for document in re.split(r"^---\n", path.read_text(), flags=re.M):
            first = document.splitlines()[0]
            named = first.removeprefix("# yaml-language-server: $schema=")
            assert named != first and (path.parent / named).resolve() == SHIPPED, path


def test_lies_beside_specs_and_disturbs_nothing():
    told = tandemctl("validate", ROOT / "specs")
    assert told.returncode == 0 and told.stdout == "0 errors, 0 warnings in 3 files\n"


# What is right

@pytest.mark.parametrize("specs", [seed, minimal, full])
def test_takes_whole_estates(validator, specs):
    accepts(validator, specs().documents)


def test_takes_every_comfort(validator):
    """All ways to write a thing, as far as its kind can be declared."""
    text = """
kind: Region
name: primary
region: us-sanjose-1
vcns:
- name: v
  id: ocid1.vcn.oc1.sjc.aaaaexample
  compartment: ocid1.tenancy.oc1..aaaaother
  displayName: Größe
  cidrBlocks: [10.0.0.0/16, 10.2.0.0/30]
  ignore: [displayName, dnsLabel]
  formerly: old
  policy: {delete: never, create: automatic}
  freeformTags: {team: net, empty: ""}
  definedTags: {Operations: {CostCenter: "42"}}
  serviceGateways: [{name: g, services: [Service/all]}, {name: h, services: [objectstorage, ocid1.service.oc1.sjc.aaaaexample]}]
  routeTables:
  - name: rt
    defaultOf: vcn
    foreignRules: remove
    routeRules:
    - {destination: 0.0.0.0/0, networkEntity: NatGateway/nat}
    - {destination: Service/all, networkEntity: primary/ServiceGateway/g, description: ours}
    - {destination: secondary/Vcn/w, networkEntity: Drg/d}
    - {destination: "fd00::/56", networkEntity: ocid1.drg.oc1.us-sanjose-1.aaaaexample}
  securityLists:
  - name: sl
    ingressSecurityRules:
    - {protocol: tcp, source: Vcn/v, ports: [443, "8000-8080", 30000-32767], stateless: true}
    - {protocol: 6, source: Subnet/s, ports: 22, sourcePorts: 1024-65535}
    - {protocol: "47", source: secondary/Subnet/t}
    - {protocol: icmp, source: 10.9.0.0/16, icmp: {type: 3, code: 4}}
    egressSecurityRules: [{protocol: all, destination: Service/objectstorage}]
  networkSecurityGroups:
  - {name: nsg, securityRules: [{direction: INGRESS, protocol: udp, source: NetworkSecurityGroup/nsg}]}
  subnets:
  - {name: s, cidrBlock: 10.2.1.0/24, availabilityDomain: 2, routeTable: RouteTable/rt, securityLists: []}
  - {name: t, cidrBlock: 10.2.2.0/24, availabilityDomain: "Uocm:US-SANJOSE-1-AD-1", routeTable: ocid1.routetable.oc1..aaaaexample}
  - {name: u, cidrBlock: 10.2.3.0/24, availabilityDomain: AvailabilityDomain/3, securityLists: [sl, SecurityList/sm]}
---
kind: Estate
name: t
compartment: ocid1.compartment.oc1..aaaaexample
auth: {principal: session-token, profile: SOMEBODY}
interval: 1m30s
policy: {disrupt: never, disruptionsPerHour: 3600}
"""
    assert not refused(validator, text)


# What is wrong: the loader's own cases, line by line

def split(path):
    """A case's files by name."""
    text = path.read_bytes().decode(errors="surrogateescape")
    parts = re.split(r"^--- # file: (.*)\n", text, flags=re.M)
    return {"case.yaml": parts[0]} if len(parts) == 1 else dict(zip(parts[1::2], parts[2::2]))


def why_unseen(message):
    return next((why for why, patterns in UNSEEN.items() if any(re.search(p, message) for p in patterns)), None)


@pytest.mark.parametrize("path", sorted(CASES.glob("*.yaml")), ids=lambda p: p.stem)
def test_sees_what_the_loader_refuses(validator, path):
    told = [m.groups() for m in map(DIAGNOSTIC.match, path.with_suffix(".expected").read_text().splitlines()) if m]
    for name, text in split(path).items():
        errors = [(int(line), message) for file, line, _, level, message in told if file == name and level == "error"]
        try:
            seen = refused(validator, text)
        except yaml.YAMLError:
            assert {why_unseen(m) for _, m in errors} == {"YAML itself"}
            continue
        for span in seen:
            assert any(line in span for line, _ in errors), f"{name}:{span}: the schema refuses what the loader takes"
        for line, message in errors:
            assert any(line in span for span in seen) or why_unseen(message), f"{name}:{line}: unseen: {message}"


def test_every_reason_is_of_use():
    """No excuse outlives what it was made for."""
    told = "\n".join(p.read_text() for p in CASES.glob("*.expected"))
    for patterns in UNSEEN.values():
        for pattern in patterns:
            assert re.search(pattern, told), pattern


@pytest.mark.parametrize("change", [
    lambda s: s.estate.update(mode="enforced"),
    lambda s: s.estate.update(interval=15),
    lambda s: s.estate["policy"].update(destroy="never"),
    lambda s: s.estate.pop("compartment"),
    lambda s: s.document("Peering").update(requestor="primary-to-secondary-rpc"),
    lambda s: s.document("Peering").update(kind="Pering"),
    lambda s: s.document("Peering").pop("kind"),
    lambda s: s.region("primary").update(region="moonbase"),
    lambda s: s.region("primary").update(vnets=[]),
    lambda s: s.item("primary/Subnet/primary-nodes").update(routTable="primary-private"),
    lambda s: s.item("primary/Subnet/primary-nodes").update(routeTable="NatGateway/primary-nat"),
    lambda s: s.item("primary/Subnet/primary-nodes").update(cidrBlock="10.0.0.0/31"),
    lambda s: s.item("primary/Subnet/primary-nodes").update(cidrBlock="Vcn/primary-vcn"),
    lambda s: s.item("primary/Subnet/primary-nodes").update(availabilityDomain=4),
    lambda s: s.item("primary/RouteTable/primary-private")["routeRules"][0].update(destination="everywhere"),
    lambda s: s.item("primary/RouteTable/primary-private")["routeRules"][0].update(networkEntity="Subnet/primary-nodes"),
    lambda s: s.item("primary/RouteTable/primary-private")["routeRules"].append({"destination": "10.9.0.0/16"}),
    lambda s: s.item("primary/SecurityList/primary-nodes")["ingressSecurityRules"][0].update(ports=[0]),
    lambda s: s.item("primary/SecurityList/primary-nodes")["ingressSecurityRules"][0].update(ports=["https"]),
    lambda s: s.item("primary/SecurityList/primary-nodes")["ingressSecurityRules"][0].update(protocol="tpc"),
    lambda s: s.item("primary/RemotePeeringConnection/primary-to-secondary-rpc").update(id="ocid1.remotepeeringconnection.oc1.sjc.aaaaexample"),
    lambda s: s.vcn().update(freeformTags={"tandem-estate": "other"}),
    lambda s: s.vcn().update(dnsLabel="1st"),
    lambda s: s.vcn().update(ignore=["colour"]),
    lambda s: s.vcn().update(name="a/b"),
])
def test_refuses_one_mistake(validator, change, tmp_path):
    """Each single mistake in the seed, which the loader refuses too."""
    specs = seed()
    change(specs)
    assert [d for d in specs.documents if not validator.is_valid(d)]
    assert tandemctl("validate", specs.write(tmp_path)).returncode == 1
