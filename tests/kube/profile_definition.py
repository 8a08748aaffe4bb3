"""Kubeflow's Profile as a CustomResourceDefinition, as far as its controller needs it."""

from typing import Any

_OWNER = {
    "type": "object",
    "required": ["kind", "name"],
    "properties": {name: {"type": "string"} for name in ("apiGroup", "kind", "name", "namespace")},
}
_ANY = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
_SPEC = {"type": "object", "properties": {"owner": _OWNER, "resourceQuotaSpec": _ANY}}
_SCHEMA = {"type": "object", "properties": {"spec": _SPEC, "status": _ANY}}

PROFILE_CRD: dict[str, Any] = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "profiles.kubeflow.org"},
    "spec": {
        "group": "kubeflow.org",
        "scope": "Cluster",
        "names": {"kind": "Profile", "plural": "profiles", "singular": "profile"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": _SCHEMA},
                "subresources": {"status": {}},
            }
        ],
    },
}


def profile(name: str, owner: str, **hard: str) -> dict[str, Any]:
    """Return a Profile owned by a user, with a quota where `hard` names limits."""
    spec: dict[str, Any] = {"owner": {"kind": "User", "name": owner}}
    if hard:
        spec["resourceQuotaSpec"] = {"hard": hard}
    return {
        "apiVersion": "kubeflow.org/v1",
        "kind": "Profile",
        "metadata": {"name": name},
        "spec": spec,
    }
