"""Objects as a cluster gives them, and items of them."""

from typing import Any

from relab.resources.item import Item
from relab.resources.kubernetes.kinds import Scheme, Served
from relab.resources.kubernetes.objects import item_of

VERBS = ("get", "list")


def kind(name: str, *, namespaced: bool = True, version: str = "v1") -> Served:
    """Return the kind called `name`, such as `Deployment.apps`."""
    called, _, group = name.partition(".")
    return Served(group, version, called, f"{called.lower()}s", namespaced, VERBS)


SCHEME = Scheme(
    (
        kind("Namespace", namespaced=False),
        kind("Profile.kubeflow.org", namespaced=False),
        kind("PersistentVolume", namespaced=False),
        *map(kind, ("Service", "Pod", "Secret", "ConfigMap", "ServiceAccount")),
        *map(kind, ("PersistentVolumeClaim", "ReplicaSet.apps", "Deployment.apps", "Job.batch")),
        kind("Workflow.argoproj.io", version="v1alpha1"),
    )
)


def obj(meta: dict[str, Any] | None = None, **rest: Any) -> dict[str, Any]:
    """Return an object as a list gives it: what a server adds to `meta` included."""
    added = {
        "name": "x",
        "namespace": "ns",
        "uid": "u-1",
        "resourceVersion": "7",
        "generation": 2,
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "managedFields": [{"manager": "kubectl", "fieldsV1": {}}],
    }
    return {"metadata": {**added, **(meta or {})}, **rest}


def item(name: str, raw: dict[str, Any]) -> Item:
    """Return `raw` as an item of kind `name` in cluster `c`, tenant 07."""
    served = SCHEME.find(name) or kind(name)
    return item_of(served, raw, SCHEME, "c", "07")
