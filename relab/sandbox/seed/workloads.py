"""One row of a template made into a workload: its controller's document, and its service."""

import hashlib
from collections.abc import Mapping
from typing import Any

Doc = dict[str, Any]


def workload(row: Mapping[str, Any]) -> list[Doc]:
    """Return the documents of a filled-in `row`; the cluster's controllers make the rest."""
    stateful = row.get("kind") == "StatefulSet"
    return [_service(row), _stateful_set(row) if stateful else _deployment(row)]


def _labels(row: Mapping[str, Any]) -> Doc:
    return dict(row.get("labels") or {"app": row["name"]})


def _meta(row: Mapping[str, Any], name: str, labels: Doc) -> Doc:
    return {"name": name, "namespace": row["namespace"], "labels": labels}


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
