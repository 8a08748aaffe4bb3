"""One row of a template made into a running workload: controller, pod, service, endpoints."""

import hashlib
from collections.abc import Mapping
from typing import Any

Doc = dict[str, Any]
_POD_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
_NODE = "ip-10-0-1-21"


def workload(row: Mapping[str, Any], region: str, now: str) -> list[Doc]:
    """Return the documents of a filled-in `row`, owners before what they own; `now` is RFC 3339.

    An owner reference has no uid yet. Controllers report for themselves; the pod says that it runs.
    """
    stateful = row.get("kind") == "StatefulSet"
    controllers = [_stateful_set(row)] if stateful else [_deployment(row), _replica_set(row)]
    pod = _pod(row, controllers[-1], f"{_NODE}.{region}.compute.internal", now)
    return [*controllers, pod, _service(row), _endpoints(row, pod)]


def pod_name(row: Mapping[str, Any]) -> str:
    """Return the name of the workload's only pod."""
    if row.get("kind") == "StatefulSet":
        return f"{row['name']}-0"
    return f"{_replica_set_name(row)}-{_letters(row, 'pod', 5)}"


def _replica_set_name(row: Mapping[str, Any]) -> str:
    return f"{row['name']}-{_letters(row, 'template', 10)}"


def _letters(row: Mapping[str, Any], what: str, length: int) -> str:
    digest = hashlib.sha256(f"{row['namespace']}/{row['name']} {what}".encode()).digest()
    return "".join(_POD_LETTERS[byte % len(_POD_LETTERS)] for byte in digest[:length])


def _labels(row: Mapping[str, Any]) -> Doc:
    return dict(row.get("labels") or {"app": row["name"]})


def _meta(row: Mapping[str, Any], name: str, labels: Doc, owner: Doc | None = None) -> Doc:
    found: Doc = {"name": name, "namespace": row["namespace"], "labels": labels}
    if owner:
        link = {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "controller": True}
        found["ownerReferences"] = [link | {"name": owner["metadata"]["name"]}]
    return found


def _template(row: Mapping[str, Any], labels: Doc) -> Doc:
    container = {
        "name": row["name"],
        "image": row["image"],
        "ports": [{"name": key, "containerPort": port} for key, port in row["ports"].items()],
        "env": [{"name": key, "value": value} for key, value in row.get("env", {}).items()],
        "resources": {"requests": row["requests"]} if "requests" in row else {},
    }
    spec: Doc = {"containers": [container]}
    if volume := row.get("volume"):
        container["volumeMounts"] = [{"name": volume["name"], "mountPath": volume["path"]}]
        claim = {"claimName": volume["claim"]}
        spec["volumes"] = [{"name": volume["name"], "persistentVolumeClaim": claim}]
    return {"metadata": {"labels": labels}, "spec": spec}


def _deployment(row: Mapping[str, Any]) -> Doc:
    labels = _labels(row)
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": _meta(row, row["name"], labels),
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "template": _template(row, labels),
        },
    }


def _replica_set(row: Mapping[str, Any]) -> Doc:
    labels = _labels(row) | {"pod-template-hash": _letters(row, "template", 10)}
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": _meta(row, _replica_set_name(row), labels, _deployment(row)),
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "template": _template(row, labels),
        },
    }


def _stateful_set(row: Mapping[str, Any]) -> Doc:
    labels = _labels(row)
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": _meta(row, row["name"], labels),
        "spec": {
            "replicas": 1,
            "serviceName": row["name"],
            "selector": {"matchLabels": labels},
            "template": _template(row, labels),
        },
    }


def _pod(row: Mapping[str, Any], owner: Doc, node: str, now: str) -> Doc:
    template = owner["spec"]["template"]
    meta = _meta(row, pod_name(row), dict(template["metadata"]["labels"]), owner)
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": meta,
        "spec": {**template["spec"], "nodeName": node, "serviceAccountName": "default"},
        "status": _running(row, now),
    }


def _running(row: Mapping[str, Any], now: str) -> Doc:
    kinds = ("PodScheduled", "Initialized", "ContainersReady", "Ready")
    return {
        "phase": "Running",
        "hostIP": "10.0.1.21",
        "podIP": _address(row, "10.0"),
        "podIPs": [{"ip": _address(row, "10.0")}],
        "startTime": now,
        "qosClass": "Burstable" if "requests" in row else "BestEffort",
        "conditions": [
            {"type": kind, "status": "True", "lastTransitionTime": now} for kind in kinds
        ],
        "containerStatuses": [_container_status(row, now)],
    }


def _container_status(row: Mapping[str, Any], now: str) -> Doc:
    return {
        "name": row["name"],
        "image": row["image"],
        "imageID": f"{row['image']}@sha256:{_hash(row['image'])}",
        "containerID": f"containerd://{_hash(pod_name(row))}",
        "ready": True,
        "started": True,
        "restartCount": 0,
        "state": {"running": {"startedAt": now}},
    }


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _address(row: Mapping[str, Any], network: str) -> str:
    digest = hashlib.sha256(f"{network} {row['namespace']}/{row['name']}".encode()).digest()
    return f"{network}.{1 + digest[0] % 250}.{1 + digest[1] % 250}"


def _service(row: Mapping[str, Any]) -> Doc:
    labels = row.get("service_labels") or _labels(row)
    ports = [{"name": key, "port": port, "targetPort": port} for key, port in row["ports"].items()]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _meta(row, row.get("service", row["name"]), labels),
        "spec": {
            "type": "ClusterIP",
            "clusterIP": _address(row, "172.20"),
            "clusterIPs": [_address(row, "172.20")],
            "selector": _labels(row),
            "ports": ports,
        },
    }


def _endpoints(row: Mapping[str, Any], pod: Doc) -> Doc:
    target = {"kind": "Pod", "name": pod["metadata"]["name"], "namespace": row["namespace"]}
    address = {"ip": pod["status"]["podIP"], "targetRef": target}
    ports = [{"name": key, "port": port, "protocol": "TCP"} for key, port in row["ports"].items()]
    return {
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": _meta(row, row.get("service", row["name"]), {}),
        "subsets": [{"addresses": [address], "ports": ports}],
    }
