"""What workloads bring about: ReplicaSets, pods, claims and endpoints, and their end."""

from typing import Any

import pytest

from relab.sandbox.kube import Cluster
from relab.sandbox.kube.exec.machine import Machine

_SPACE = "default"
_LABELS = {"app": "web"}


@pytest.fixture
def cluster() -> Cluster:
    made = Cluster(tokens={}, machine=Machine(runs_pods=True, words=lambda *_: "hello\n"))
    made.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "one"}})
    return made


def workload(kind: str, *, version: str = "apps/v1", image: str = "web:1", **spec: Any) -> Any:
    container = {"name": "web", "image": image, "ports": [{"name": "http", "containerPort": 80}]}
    template = {"metadata": {"labels": _LABELS}, "spec": {"containers": [container]}}
    selector = {"selector": {"matchLabels": _LABELS}} if version == "apps/v1" else {}
    metadata = {"name": "web", "namespace": _SPACE}
    body = selector | {"template": template} | spec
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": body}


def names(cluster: Cluster, kind: str, version: str = "v1") -> list[str]:
    return [doc["metadata"]["name"] for doc in cluster.list(version, kind, _SPACE)]


def status(cluster: Cluster, kind: str, version: str = "apps/v1") -> Any:
    return (cluster.get(version, kind, "web", _SPACE) or {})["status"]


def test_a_deployment_runs_as_many_pods_as_it_says(cluster: Cluster) -> None:
    cluster.create(workload("Deployment", replicas=2))
    (made,) = cluster.list("apps/v1", "ReplicaSet", _SPACE)
    mark = made["metadata"]["labels"]["pod-template-hash"]
    assert made["metadata"]["name"] == f"web-{mark}"
    assert made["metadata"]["ownerReferences"][0]["kind"] == "Deployment"
    for pod in cluster.list("v1", "Pod", _SPACE):
        assert pod["metadata"]["name"].startswith(f"web-{mark}-")
        assert pod["metadata"]["labels"] == {**_LABELS, "pod-template-hash": mark}
        assert pod["status"]["phase"] == "Running"
        assert cluster.logs[_SPACE, pod["metadata"]["name"], ""] == "hello\n"
    told = status(cluster, "Deployment")
    assert (told["replicas"], told["readyReplicas"], told["updatedReplicas"]) == (2, 2, 2)
    assert {row["type"]: row["status"] for row in told["conditions"]}["Available"] == "True"


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet"])
@pytest.mark.parametrize("wanted", [0, 1, 3])
def test_scaling_makes_and_ends_pods(cluster: Cluster, kind: str, wanted: int) -> None:
    cluster.create(workload(kind, replicas=2))
    before = names(cluster, "Pod")
    cluster.apply(workload(kind, replicas=wanted))
    after = names(cluster, "Pod")
    assert len(after) == wanted
    assert set(before) <= set(after) or set(after) <= set(before)
    assert status(cluster, kind).get("readyReplicas", 0) == wanted


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet"])
def test_another_template_replaces_the_pods(cluster: Cluster, kind: str) -> None:
    cluster.create(workload(kind))
    before = [doc["metadata"]["uid"] for doc in cluster.list("v1", "Pod", _SPACE)]
    cluster.apply(workload(kind, image="web:2"))
    (pod,) = cluster.list("v1", "Pod", _SPACE)
    assert pod["spec"]["containers"][0]["image"] == "web:2"
    assert pod["metadata"]["uid"] not in before
    if kind == "Deployment":
        sets = cluster.list("apps/v1", "ReplicaSet", _SPACE)
        assert sorted(doc["spec"]["replicas"] for doc in sets) == [0, 1]
        cluster.apply(workload(kind))
        assert len(cluster.list("apps/v1", "ReplicaSet", _SPACE)) == 2


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet"])
def test_a_lost_pod_comes_back_and_all_end_with_their_owner(cluster: Cluster, kind: str) -> None:
    cluster.create(workload(kind))
    (lost,) = cluster.list("v1", "Pod", _SPACE)
    cluster.delete("v1", "Pod", lost["metadata"]["name"], _SPACE)
    (pod,) = cluster.list("v1", "Pod", _SPACE)
    assert pod["metadata"]["uid"] != lost["metadata"]["uid"]
    assert pod["status"]["phase"] == "Running"
    cluster.delete("apps/v1", kind, "web", _SPACE)
    assert names(cluster, "Pod") == names(cluster, "ReplicaSet", "apps/v1") == []
    assert not cluster.logs


def test_a_deleted_namespace_takes_workloads_with_it(cluster: Cluster) -> None:
    cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "gone"}})
    made = workload("Deployment")
    made["metadata"]["namespace"] = "gone"
    cluster.create(made)
    assert len(cluster.list("v1", "Pod", "gone")) == 1
    cluster.delete("v1", "Namespace", "gone")
    assert cluster.get("v1", "Namespace", "gone") is None
    assert cluster.list("v1", "Pod") == []


def test_pods_of_a_stateful_set_have_numbers_and_keep_their_claims(cluster: Cluster) -> None:
    claim = {
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    cluster.create(workload("StatefulSet", replicas=2, volumeClaimTemplates=[claim]))
    assert names(cluster, "Pod") == ["web-0", "web-1"]
    assert names(cluster, "PersistentVolumeClaim") == ["data-web-0", "data-web-1"]
    pod = cluster.get("v1", "Pod", "web-1", _SPACE) or {}
    source = {"persistentVolumeClaim": {"claimName": "data-web-1"}}
    assert pod["spec"]["volumes"] == [{"name": "data", **source}]
    assert pod["status"]["phase"] == "Running"
    cluster.delete("apps/v1", "StatefulSet", "web", _SPACE)
    assert names(cluster, "Pod") == []
    assert names(cluster, "PersistentVolumeClaim") == ["data-web-0", "data-web-1"]


def test_a_job_ends_with_its_pod_and_is_not_run_again(cluster: Cluster) -> None:
    cluster.create(workload("Job", version="batch/v1"))
    (pod,) = names(cluster, "Pod")
    assert status(cluster, "Job", "batch/v1")["active"] == 1
    cluster.patch_status("v1", "Pod", pod, {"phase": "Succeeded"}, _SPACE)
    told = status(cluster, "Job", "batch/v1")
    assert (told["active"], told["succeeded"]) == (0, 1)
    assert told["conditions"][0]["type"] == "Complete"
    cluster.delete("v1", "Pod", pod, _SPACE)
    assert names(cluster, "Pod") == []


def test_a_quota_holds_pods_back_until_it_is_raised(cluster: Cluster) -> None:
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "few", "namespace": _SPACE},
        "spec": {"hard": {"pods": "1"}},
    }
    cluster.create(quota)
    cluster.create(workload("Deployment", replicas=2))
    assert len(names(cluster, "Pod")) == 1
    assert status(cluster, "Deployment")["unavailableReplicas"] == 1
    cluster.apply(quota | {"spec": {"hard": {"pods": "3"}}})
    assert len(names(cluster, "Pod")) == 2


def test_pods_wait_for_a_node(cluster: Cluster) -> None:
    cluster.delete("v1", "Node", "one")
    cluster.create(workload("Deployment"))
    assert status(cluster, "Deployment").get("readyReplicas", 0) == 0
    cluster.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "two"}})
    (pod,) = cluster.list("v1", "Pod", _SPACE)
    assert pod["spec"]["nodeName"] == "two"
    assert status(cluster, "Deployment")["readyReplicas"] == 1


def test_endpoints_follow_pods_and_go_with_their_service(cluster: Cluster) -> None:
    def subsets() -> Any:
        return (cluster.get("v1", "Endpoints", "web", _SPACE) or {}).get("subsets")

    service = {"selector": _LABELS, "ports": [{"port": 8080, "targetPort": "http"}]}
    metadata = {"name": "web", "namespace": _SPACE}
    cluster.create({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": service})
    assert not subsets()
    cluster.create(workload("Deployment"))
    (pod,) = cluster.list("v1", "Pod", _SPACE)
    (only,) = subsets()
    assert only["ports"] == [{"port": 80, "protocol": "TCP"}]
    assert [row["ip"] for row in only["addresses"]] == [pod["status"]["podIP"]]
    down = {"conditions": [{"type": "Ready", "status": "False"}]}
    cluster.patch_status("v1", "Pod", pod["metadata"]["name"], down, _SPACE)
    assert "addresses" not in subsets()[0]
    assert subsets()[0]["notReadyAddresses"][0]["targetRef"]["name"] == pod["metadata"]["name"]
    cluster.delete("v1", "Service", "web", _SPACE)
    assert cluster.get("v1", "Endpoints", "web", _SPACE) is None
