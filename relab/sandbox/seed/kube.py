"""Fill the embedded Kubernetes: kinds and roles, the platform, and each tenant's namespace."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from profiles.model import Profile
from relab.sandbox.kube import Cluster
from relab.sandbox.seed.aws import tenant_words
from relab.sandbox.seed.template import fill, read
from relab.sandbox.seed.volumes import plant_files
from relab.sandbox.seed.workloads import Doc, workload

_OPEN_SCHEMA = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def plant_kinds(cluster: Cluster) -> None:
    """Create the custom kinds; they outlive `reset --empty`."""
    for row in read("crds"):
        cluster.create(_definition(row))


def plant_platform(cluster: Cluster, profile: Profile) -> None:
    """Create nodes, roles, and the platform's namespaces with their workloads."""
    data, words = read("platform"), {"region": profile.aws.region}
    plant_nodes(cluster, profile)
    _create(cluster, [_storage_class(), *read("roles")])
    _create(cluster, [_namespace(name) for name in data["namespaces"]])
    _create(cluster, [_reader_binding(name) for name in data["readable"]])
    for row in data["workloads"]:
        _run(cluster, row, words)


def plant_nodes(cluster: Cluster, profile: Profile) -> None:
    """Create the nodes; as machines they outlive `reset --empty`."""
    data = read("platform")
    rows = (_node(node, data["machine"], profile.aws.region) for node in data["nodes"])
    _create(cluster, rows)


def plant_tenant(cluster: Cluster, profile: Profile, tenant: str) -> None:
    """Create the tenant's Profile, whose controller makes the namespace, and what stands in it."""
    data, words = read("tenant"), _words(profile, tenant)
    _create(cluster, [fill(data["profile"], words), *fill(data["objects"], words)])
    _run(cluster, data["workload"], words)
    plant_files(cluster, words)


def crash_log(profile: Profile, name: str, tenant: str | None) -> str:
    """Return the last words of workload `name`, of a tenant or of the platform (None)."""
    if tenant is not None:
        return str(fill(read("tenant")["workload"]["crash"], _words(profile, tenant)))
    rows = (row for row in read("platform")["workloads"] if "crash" in row)
    return str(next(row["crash"] for row in rows if row["name"] == name))


def startup_log(image: str) -> str:
    """Return what a container of `image` says as it starts; empty for an image not known here."""
    return _startup_logs().get(_bare(image), "")


@cache
def _startup_logs() -> Mapping[str, str]:
    rows = [*read("platform")["workloads"], read("tenant")["workload"]]
    return {_bare(row["image"]): row["log"] for row in rows}


def _bare(image: str) -> str:
    return image.rpartition("/")[2].partition(":")[0]


def _words(profile: Profile, tenant: str) -> dict[str, str]:
    words = tenant_words(profile, tenant)
    digest = hashlib.sha256(words["user"].encode()).hexdigest()
    return {**words, "password": f"mlflow-{digest[40:52]}"}


def _run(cluster: Cluster, row: Mapping[str, Any], words: Mapping[str, str]) -> None:
    _create(cluster, workload(fill(dict(row), words)))


def _create(cluster: Cluster, documents: Iterable[Doc]) -> None:
    for document in documents:
        cluster.create(document)


def _definition(row: Mapping[str, Any]) -> Doc:
    names = {"kind": row["kind"], "plural": row["plural"], "singular": row["kind"].lower()}
    schema = {
        "type": "object",
        "properties": {"spec": row.get("spec", _OPEN_SCHEMA), "status": _OPEN_SCHEMA},
    }
    version = {
        "name": row["version"],
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "schema": {"openAPIV3Schema": schema},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{row['plural']}.{row['group']}"},
        "spec": {
            "group": row["group"],
            "scope": row["scope"],
            "names": names | {"shortNames": row["short"]} if "short" in row else names,
            "versions": [version],
        },
    }


def _namespace(name: str) -> Doc:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def _storage_class() -> Doc:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {
            "name": "gp3",
            "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
        },
        "provisioner": "ebs.csi.aws.com",
        "parameters": {"type": "gp3"},
        "volumeBindingMode": "WaitForFirstConsumer",
    }


def _reader_binding(namespace: str) -> Doc:
    group = "rbac.authorization.k8s.io"
    return {
        "apiVersion": f"{group}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "mlops-students", "namespace": namespace},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "mlops-platform-reader"},
        "subjects": [{"apiGroup": group, "kind": "Group", "name": "mlops-students"}],
    }


def _node(row: Mapping[str, str], machine: Mapping[str, str], region: str) -> Doc:
    name = f"{row['name']}.{region}.compute.internal"
    labels = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "node.kubernetes.io/instance-type": machine["type"],
        "topology.kubernetes.io/region": region,
        "topology.kubernetes.io/zone": f"{region}{row['zone']}",
    }
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "providerID": f"aws:///{region}{row['zone']}/i-0{row['name'][3:].replace('-', '')}"
        },
        "status": _node_status(name, row["address"], machine),
    }


def _node_status(name: str, address: str, machine: Mapping[str, str]) -> Doc:
    size = {key: machine[key] for key in ("cpu", "memory", "pods")}
    return {
        "capacity": size,
        "allocatable": size,
        "addresses": [
            {"type": "InternalIP", "address": address},
            {"type": "Hostname", "address": name},
        ],
        "conditions": [_ready()],
        "nodeInfo": _node_info(),
    }


def _ready() -> Doc:
    return {
        "type": "Ready",
        "status": "True",
        "reason": "KubeletReady",
        "message": "kubelet is posting ready status",
        "lastHeartbeatTime": _now(),
        "lastTransitionTime": _now(),
    }


def _node_info() -> Doc:
    return {
        "architecture": "amd64",
        "operatingSystem": "linux",
        "osImage": "Amazon Linux 2023",
        "kernelVersion": "6.1.119-129.201.amzn2023.x86_64",
        "containerRuntimeVersion": "containerd://1.7.23",
        "kubeletVersion": "v1.32.1-eks-5d632ec",
        "kubeProxyVersion": "v1.32.1-eks-5d632ec",
        "machineID": "",
        "systemUUID": "",
        "bootID": "",
    }


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
