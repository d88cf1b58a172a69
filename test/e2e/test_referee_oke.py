"""The official CLI, unmodified, builds, changes and removes clusters, node pools and add-ons in the simulator, and waits by its own means for
each to be done."""

import json

import pytest
from cli import Cli, Refused, start_sim, why_not
from simlib import ORD, SJC

reason = why_not()
pytestmark = [pytest.mark.referee, pytest.mark.long, pytest.mark.xdist_group("referee"), pytest.mark.skipif(bool(reason), reason=str(reason))]

# Waiting ends by the work request; the CLI would look every half minute only.
WAIT = "--wait-for-state SUCCEEDED --wait-for-state FAILED --wait-interval-seconds 1"


@pytest.fixture()
def sim(tmp_path):
    with start_sim(tmp_path, "--speed", "600") as s:
        s.options(nodeLingerSeconds=0)
        yield s


@pytest.fixture()
def world(sim):
    """What a cluster needs, by name, in each region."""
    def region(name, net):
        vcn = sim.create(name, "/vcns", cidrBlock=f"10.{net}.0.0/16", dnsLabel="primary")["id"]
        subnet = lambda block, **kw: sim.create(name, "/subnets", vcnId=vcn, cidrBlock=f"10.{net}.{block}", **kw)["id"]
        return {"vcn": vcn, "api": subnet("0.0/28", dnsLabel="api"), "nodes": subnet("10.0/24"), "pods": subnet("64.0/18"),
                "lb": subnet("20.0/24"), "ad": f"Qzkv:{name.upper()}-AD-1", "c": sim.compartment}

    return {SJC: region(SJC, 0), ORD: region(ORD, 1)}


def run(cli, region, command, **words):
    for name, value in words.items():
        command = command.replace("{" + name + "}", value if isinstance(value, str) else "'" + json.dumps(value) + "'")
    return cli.run(command, region)


def made(work):
    assert work["status"] == "SUCCEEDED", work
    return work["resources"][0]["identifier"]


CLUSTER = """oci ce cluster create \\
  --compartment-id {c} --name primary-cluster --vcn-id {vcn} \\
  --kubernetes-version v1.34.1 --type ENHANCED_CLUSTER \\
  --cluster-pod-network-options {cni} \\
  --endpoint-subnet-id {api} --endpoint-public-ip-enabled true \\
  --service-lb-subnet-ids {lbs} --services-cidr 10.96.0.0/16 """ + WAIT

POOL = """oci ce node-pool create \\
  --compartment-id {c} --cluster-id {cluster} --name pool1 \\
  --node-shape VM.Standard.E4.Flex --node-shape-config {shape} --kubernetes-version v1.34.1 \\
  --node-source-details {source} --size 3 --placement-configs {placements} \\
  --cni-type OCI_VCN_IP_NATIVE --pod-subnet-ids {podsubnets} """ + WAIT


def newest(options, version, arch=""):
    fits = [s for s in options["sources"] if f"OKE-{version}-" in s["source-name"] and "GPU" not in s["source-name"] and
            ("aarch64" in s["source-name"]) == (arch == "aarch64")]
    return sorted(fits, key=lambda s: s["source-name"])[-1]["image-id"]


def test_life_of_a_cluster(sim, world):
    cli, region = Cli(sim), ORD
    w = world[region]
    cluster = made(run(cli, region, CLUSTER, cni=[{"cniType": "OCI_VCN_IP_NATIVE"}], lbs=[w["lb"]], **w))
    got = run(cli, region, f"oci ce cluster get --cluster-id {cluster}")
    assert got["lifecycle-state"] == "ACTIVE" and got["kubernetes-version"] == "v1.34.1"
    assert got["endpoints"]["public-endpoint"].endswith(":6443") and "v1.34.2" in got["available-kubernetes-upgrades"]
    listed = run(cli, region, f"oci ce cluster list --compartment-id {w['c']} --lifecycle-state ACTIVE --lifecycle-state CREATING --all")
    assert [x["id"] for x in listed] == [cluster]

    options = run(cli, region, f"oci ce node-pool-options get --node-pool-option-id {cluster} --compartment-id {w['c']}")
    assert "VM.Standard.E4.Flex" in options["shapes"]
    pool = made(run(cli, region, POOL, cluster=cluster, shape={"ocpus": 2, "memoryInGBs": 16}, podsubnets=[w["pods"]],
                    source={"sourceType": "IMAGE", "imageId": newest(options, "1.34.1"), "bootVolumeSizeInGBs": 100},
                    placements=[{"availabilityDomain": w["ad"], "subnetId": w["nodes"]}], **w))
    got = run(cli, region, f"oci ce node-pool get --node-pool-id {pool}")
    assert got["lifecycle-state"] == "ACTIVE" and [n["lifecycle-state"] for n in got["nodes"]] == ["ACTIVE"] * 3
    assert got["node-config-details"]["size"] == 3
    node = got["nodes"][0]["id"]
    assert run(cli, region, f"oci compute instance get --instance-id {node}")["source-details"]["boot-volume-size-in-gbs"] == 100
    listed = run(cli, region, f"oci ce node-pool list --compartment-id {w['c']} --cluster-id {cluster} --all")
    assert [x["name"] for x in listed] == ["pool1"]

    with pytest.raises(Refused) as e:
        run(cli, region, f"oci ce cluster delete --cluster-id {cluster} --force")
    assert e.value.error["status"] == 409
    made(run(cli, region, f"oci ce node-pool delete-node --node-pool-id {pool} --node-id {node} --force {WAIT}"))
    got = run(cli, region, f"oci ce node-pool get --node-pool-id {pool}")
    assert node not in [n["id"] for n in got["nodes"]] and got["node-config-details"]["size"] == 2
    node = got["nodes"][0]["id"]
    made(run(cli, region, f"oci ce node-pool delete-node --node-pool-id {pool} --node-id {node} --is-decrement-size false "
                          f"--override-eviction-grace-duration PT5M --force {WAIT}"))
    made(run(cli, region, f"oci ce node-pool update --node-pool-id {pool} --size 1 --force {WAIT}"))
    assert len(run(cli, region, f"oci ce node-pool get --node-pool-id {pool}")["nodes"]) == 1

    made(run(cli, region, f"oci ce node-pool delete --node-pool-id {pool} --force {WAIT}"))
    made(run(cli, region, f"oci ce cluster delete --cluster-id {cluster} --force {WAIT}"))
    assert run(cli, region, f"oci ce cluster get --cluster-id {cluster}")["lifecycle-state"] == "DELETED"


def test_changes(sim, world):
    cli, w = Cli(sim), world[SJC]
    cluster = made(run(cli, SJC, CLUSTER, cni=[{"cniType": "OCI_VCN_IP_NATIVE"}], lbs=[w["lb"]], **w))
    made(run(cli, SJC, f"oci ce cluster update --cluster-id {cluster} --kubernetes-version v1.34.2 --force {WAIT}"))
    made(run(cli, SJC, f"oci ce cluster update-endpoint-config --cluster-id {cluster} --is-public-ip-enabled false {WAIT}"))
    got = run(cli, SJC, f"oci ce cluster get --cluster-id {cluster}")
    assert got["kubernetes-version"] == "v1.34.2" and got["endpoints"]["public-endpoint"] is None
    with pytest.raises(Refused) as e:
        run(cli, SJC, f"oci ce cluster update --cluster-id {cluster} --kubernetes-version v1.33.1 --force")
    assert e.value.error["code"] == "InvalidParameter"

    assert "v1.34.1" in run(cli, SJC, f"oci ce cluster-options get --cluster-option-id all --compartment-id {w['c']}")["kubernetes-versions"]
    addons = run(cli, SJC, "oci ce addon-option list --kubernetes-version v1.34.2 --addon-name CertManager")
    assert [a["name"] for a in addons] == ["CertManager"]
    run(cli, SJC, f"oci ce cluster install-addon --cluster-id {cluster} --addon-name CertManager {WAIT}")
    run(cli, SJC, f"oci ce cluster update-addon --cluster-id {cluster} --addon-name CertManager "
                  f"--configurations {{config}} --force {WAIT}", config=[{"key": "numOfReplicas", "value": "2"}])
    got = run(cli, SJC, f"oci ce cluster get-addon --cluster-id {cluster} --addon-name CertManager")
    assert got["lifecycle-state"] == "ACTIVE" and got["configurations"][0]["value"] == "2"
    assert "CertManager" in [a["name"] for a in run(cli, SJC, f"oci ce cluster list-addons --cluster-id {cluster} --all")]
    run(cli, SJC, f"oci ce cluster disable-addon --cluster-id {cluster} --addon-name CertManager --is-remove-existing-add-on true --force {WAIT}")


def test_work_requests(sim, world):
    cli, w = Cli(sim), world[SJC]
    cluster = made(run(cli, SJC, CLUSTER, cni=[{"cniType": "OCI_VCN_IP_NATIVE"}], lbs=[w["lb"]], **w))
    sim.options(exhausted=[{"region": SJC}])
    options = run(cli, SJC, f"oci ce node-pool-options get --node-pool-option-id all --node-pool-k8s-version v1.34.1")
    work = run(cli, SJC, POOL, cluster=cluster, shape={"ocpus": 2, "memoryInGBs": 16}, podsubnets=[w["pods"]],
               source={"sourceType": "IMAGE", "imageId": newest(options, "1.34.1")},
               placements=[{"availabilityDomain": w["ad"], "subnetId": w["nodes"]}], **w)
    assert work["status"] == "FAILED"
    got = run(cli, SJC, f"oci ce work-request get --work-request-id {work['id']}")
    assert got["operation-type"] == "NODEPOOL_CREATE" and got["resources"][0]["action-type"] == "FAILED"
    errors = run(cli, SJC, f"oci ce work-request-error list --compartment-id {w['c']} --work-request-id {work['id']}")
    assert {e["code"] for e in errors} == {"OutOfHostCapacity"}
    assert run(cli, SJC, f"oci ce work-request-log-entry list --compartment-id {w['c']} --work-request-id {work['id']}")
    listed = run(cli, SJC, f"oci ce work-request list --compartment-id {w['c']} --cluster-id {cluster} --status FAILED --status SUCCEEDED --all")
    assert sorted(x["status"] for x in listed) == ["FAILED", "SUCCEEDED"]
    pool = got["resources"][0]["identifier"]
    assert run(cli, SJC, f"oci ce node-pool get --node-pool-id {pool}")["lifecycle-state"] == "NEEDS_ATTENTION"
