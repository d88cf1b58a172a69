"""The real kubectl, signed in by the official CLI, at the simulator's Kubernetes API: on a bastion (bastion.py) in whose network a cluster's private
address answers on 6443, with the kubeconfig that the CLI wrote and nothing else. What kubectl refuses is wrong."""

import datetime
import json

import pytest
import yaml
from bastion import Bastion, why_not
from kubelib import VERSION, condition, endpoint, standing_cluster
from simlib import ORD, SJC, wait_for

reason = why_not()
pytestmark = [pytest.mark.referee, pytest.mark.xdist_group("referee"), pytest.mark.skipif(bool(reason), reason=str(reason))]

CREATE = """oci ce cluster create-kubeconfig --cluster-id {id} --file $HOME/.kube/config --region {region} \\
  --token-version 2.0.0 --kube-endpoint {endpoint}"""


def create_kubeconfig(bastion, cluster, region, which="PRIVATE_ENDPOINT"):
    line = CREATE.format(id=cluster["id"], region=region, endpoint=which).replace("$HOME", str(bastion.sim.dir))
    assert "onfig" in bastion.run(line)
    return yaml.safe_load((bastion.sim.dir / ".kube/config").read_text())


@pytest.fixture(scope="module")
def bastion(tmp_path_factory):
    with Bastion(tmp_path_factory.mktemp("sim"), "--speed", "300") as b:
        yield b


@pytest.fixture(scope="module")
def primary(bastion):
    oke, cluster = standing_cluster(bastion.sim, SJC, size=2, name="primary-cluster")
    bastion.reach(cluster)
    create_kubeconfig(bastion, cluster, SJC)
    return oke, cluster


@pytest.fixture()
def cluster(primary):
    return primary[1]


def by_hand(bastion, cluster):
    """The nodes, asked for through the control socket."""
    r = bastion.sim.hand(SJC, "GET", "/api/v1/nodes", host=endpoint(cluster))
    assert r.status == 200, r
    return r.body["items"]


def test_create_kubeconfig(bastion, cluster):
    config = yaml.safe_load((bastion.sim.dir / ".kube/config").read_text())
    assert config["clusters"][0]["cluster"]["server"] == "https://" + endpoint(cluster)
    run = config["users"][0]["user"]["exec"]
    assert [run["command"], *run["args"]] == ["oci", "ce", "cluster", "generate-token", "--cluster-id", cluster["id"], "--region", SJC]


def test_generate_token(bastion, cluster):
    said = json.loads(bastion.run(f"oci ce cluster generate-token --cluster-id {cluster['id']} --region {SJC}"))
    assert said["kind"] == "ExecCredential" and said["apiVersion"] == "client.authentication.k8s.io/v1beta1"
    until = datetime.datetime.fromisoformat(said["status"]["expirationTimestamp"].replace("Z", "+00:00"))
    assert 180 < (until - datetime.datetime.now(datetime.timezone.utc)).total_seconds() <= 240
    assert bastion.run(["curl", "-sS", "--cacert", bastion.sim.dir / "ca.pem", "-H", "Authorization: Bearer " + said["status"]["token"],
                        f"https://{endpoint(cluster)}/readyz"]) == "ok"


def test_get_nodes(bastion, cluster):
    bastion.run("kubectl wait --for=condition=Ready node --all --timeout=60s")
    nodes = json.loads(bastion.run("kubectl get nodes -o json"))["items"]
    assert [n["metadata"]["name"] for n in nodes] == [n["metadata"]["name"] for n in by_hand(bastion, cluster)]
    assert all(condition(n)["status"] == "True" and n["spec"]["providerID"].startswith("ocid1.instance.") for n in nodes)
    lines = bastion.run("kubectl get nodes").splitlines()
    assert lines[0].split() == ["NAME", "STATUS", "ROLES", "AGE", "VERSION"]
    assert [line.split()[1:3] + line.split()[-1:] for line in lines[1:]] == [["Ready", "node", VERSION]] * 2
    assert "INTERNAL-IP" in bastion.run("kubectl get nodes -o wide")
    assert len(bastion.run("kubectl get nodes --chunk-size=1 -o name").splitlines()) == 2
    assert bastion.run("kubectl get nodes -l team=blue --field-selector spec.unschedulable=false -o name").count("node/") == 2
    gone = bastion.run("kubectl get node 10.9.9.9", check=False)
    assert gone.returncode == 1 and 'nodes "10.9.9.9" not found' in gone.stderr


def test_the_rest_of_the_api(bastion, cluster):
    assert f"Server Version: {VERSION}" in bastion.run("kubectl version")
    assert ["kube-system", "Active"] in [line.split()[:2] for line in bastion.run("kubectl get namespaces").splitlines()]
    resources = bastion.run("kubectl api-resources")
    assert "nodes" in resources and "namespaces" in resources
    assert bastion.run("kubectl get --raw /readyz") == "ok"


def test_wait_sees_a_node_come_back(bastion, primary):
    oke, cluster = primary
    node = by_hand(bastion, cluster)[0]
    oke.node(node["spec"]["providerID"], "not-ready")
    wait_for(lambda: condition(by_hand(bastion, cluster)[0])["status"] == "Unknown", what="the node to be Unknown")
    assert "NotReady" in bastion.run("kubectl get nodes")
    since = bastion.sim.last_call()
    waiting = bastion.start("kubectl wait --for=condition=Ready node --all --timeout=60s")
    wait_for(lambda: [c for c in bastion.sim.calls(since) if "watch=true" in c["path"]], what="kubectl to watch")
    oke.node(node["spec"]["providerID"], "ready")
    said, _ = waiting.communicate(timeout=60)
    assert waiting.returncode == 0 and said.count("condition met") == 2, said


def test_cordon(bastion, cluster):
    name = by_hand(bastion, cluster)[0]["metadata"]["name"]
    assert bastion.run(f"kubectl cordon {name}") == f"node/{name} cordoned\n"
    assert by_hand(bastion, cluster)[0]["spec"]["unschedulable"] is True
    assert "Ready,SchedulingDisabled" in bastion.run("kubectl get nodes")
    assert bastion.run(f"kubectl uncordon {name}") == f"node/{name} uncordoned\n"
    assert "unschedulable" not in by_hand(bastion, cluster)[0]["spec"]
    assert bastion.run(f"kubectl label node {name} seen=yes") and by_hand(bastion, cluster)[0]["metadata"]["labels"]["seen"] == "yes"


def test_a_stale_token_is_refused(bastion, cluster):
    bastion.sim.options(clockSkewSeconds=600)
    try:
        r = bastion.run("kubectl get nodes", check=False)
        assert r.returncode == 1 and "Unauthorized" in r.stderr, r
    finally:
        bastion.sim.options(clockSkewSeconds=0)
    assert "Ready" in bastion.run("kubectl get nodes")


def test_both_regions_in_one_file(bastion, primary):
    """The CLI merges the second cluster into the file; the host name of its endpoint works as well."""
    _, second = standing_cluster(bastion.sim, ORD, size=1, name="secondary-cluster")
    bastion.reach(second)
    config = create_kubeconfig(bastion, second, ORD, "VCN_HOSTNAME")
    assert len(config["contexts"]) == 2
    assert config["clusters"][1]["cluster"]["server"] == "https://" + endpoint(second, "vcnHostnameEndpoint")
    bastion.run("kubectl wait --for=condition=Ready node --all --timeout=60s")
    assert len(bastion.run("kubectl get nodes -o name").splitlines()) == 1
    assert len(bastion.run(f"kubectl get nodes -o name --context {config['contexts'][0]['name']}").splitlines()) == 2
