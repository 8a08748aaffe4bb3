"""Which fields of an object can not be put back: they move from `document` to `observed`.

Nothing is lost by it but `metadata.managedFields`, the server's bookkeeping of who wrote what.
A moved field stands in `observed` at the same path, with the number of a list's element as a name;
elements that move as a whole stand there as a list.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from relab.resources.kubernetes.kinds import Served

Doc = dict[str, Any]
When = Callable[[Mapping[str, Any], Any], bool]

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
LEFT_OUT = ("metadata", "managedFields")
NO_STATUS_BUT = {
    # Without its status the controller would run it again.
    "Workflow.argoproj.io",
}
_METADATA = frozenset(
    {
        "uid",
        "resourceVersion",
        "generation",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "selfLink",
    }
)
_JOB_LABELS = (
    "controller-uid",
    "job-name",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-name",
)
_BOUND = (
    "pv.kubernetes.io/bind-completed",
    "pv.kubernetes.io/bound-by-controller",
    "volume.beta.kubernetes.io/storage-provisioner",
    "volume.kubernetes.io/storage-provisioner",
    "volume.kubernetes.io/selected-node",
)
# On every claim and volume, by the server itself.
_PROTECTION = frozenset({"kubernetes.io/pvc-protection", "kubernetes.io/pv-protection"})
_GENERATION = "deprecated.daemonset.template.generation"
CLUSTER_CA = "kube-root-ca.crt"
_BUILT_IN_FINALIZER = re.compile(r"([a-z0-9.-]+\.)?(kubernetes|k8s)\.io(/.*)?")
SERVICE_ACCOUNT_TOKEN = "kubernetes.io/service-account-token"  # noqa: S105 - a type of Secret


@dataclass(frozen=True, slots=True)
class Move:
    """A field of kind `name` (`*`: of any kind); `*` in the path is every element.

    `when` is asked with the whole object and the value.
    """

    name: str
    path: tuple[str, ...]
    when: When | None = None


def _is_assigned_address(_raw: Mapping[str, Any], value: Any) -> bool:
    return value not in ("None", ["None"], "", [])


def _written_specs(raw: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield what persons wrote of the spec: what was applied, and the fields that are managed."""
    meta = raw["metadata"]
    applied = (meta.get("annotations") or {}).get(LAST_APPLIED, "")
    with suppress(ValueError, RecursionError):
        yield _member(json.loads(applied), "spec")
    for row in meta.get("managedFields") or ():
        yield (row.get("fieldsV1") or {}).get("f:spec") or {}


def _member(node: Any, name: str) -> Mapping[str, Any]:
    found = node.get(name) if isinstance(node, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _node_ports(spec: Mapping[str, Any]) -> list[Any]:
    rows = spec.get("ports")
    rows = rows if isinstance(rows, list) else []
    return [row.get("nodePort") for row in rows if isinstance(row, Mapping)]


def _is_auto_port(raw: Mapping[str, Any], value: Any) -> bool:
    rows = [row for row in raw["spec"]["ports"] if row.get("nodePort") == value]
    mine = tuple(f'k:{{"port":{row["port"]},' for row in rows)
    for spec in _written_specs(raw):
        if value in _node_ports(spec):
            return False
        fields = (spec.get("f:ports") or {}).items()
        if any(key.startswith(mine) and "f:nodePort" in row for key, row in fields):
            return False
    return True


def _is_auto_health_port(raw: Mapping[str, Any], _value: Any) -> bool:
    names = ("healthCheckNodePort", "f:healthCheckNodePort")
    return not any(name in spec for spec in _written_specs(raw) for name in names)


def _is_generated_selector(raw: Mapping[str, Any], _value: Any) -> bool:
    return not raw["spec"].get("manualSelector")


def _is_provisioned(raw: Mapping[str, Any], _value: Any) -> bool:
    notes = raw["metadata"].get("annotations") or {}
    return "volume.kubernetes.io/storage-provisioner" in notes or (
        "volume.beta.kubernetes.io/storage-provisioner" in notes
    )


def _is_service_account_token(raw: Mapping[str, Any], _value: Any) -> bool:
    return raw.get("type") == SERVICE_ACCOUNT_TOKEN


def _is_generated_token(raw: Mapping[str, Any], value: Any) -> bool:
    name = re.escape(raw["metadata"]["name"])
    return bool(re.fullmatch(rf"{name}-(token|dockercfg)-[a-z0-9]{{5}}", value.get("name", "")))


def _is_set_again(_raw: Mapping[str, Any], value: Any) -> bool:
    return value in _PROTECTION or not _BUILT_IN_FINALIZER.fullmatch(value)


def _is_cluster_ca(raw: Mapping[str, Any], _value: Any) -> bool:
    return bool(raw["metadata"]["name"] == CLUSTER_CA)


def _is_aggregated(raw: Mapping[str, Any], _value: Any) -> bool:
    return bool(raw.get("aggregationRule"))


MOVES: tuple[Move, ...] = (
    # Its controller, or the server, sets it again; without them it would never be deleted.
    Move("*", ("metadata", "finalizers", "*"), _is_set_again),
    Move("*", ("metadata", "annotations", "control-plane.alpha.kubernetes.io/leader")),
    Move("Namespace", ("spec", "finalizers")),
    Move("Namespace", ("metadata", "labels", "kubernetes.io/metadata.name")),
    Move("Deployment.apps", ("metadata", "annotations", "deployment.kubernetes.io/revision")),
    # The server counts the changes of the template.
    Move("DaemonSet.apps", ("metadata", "annotations", _GENERATION)),
    Move("Service", ("spec", "clusterIP"), _is_assigned_address),
    Move("Service", ("spec", "clusterIPs"), _is_assigned_address),
    Move("Service", ("spec", "ports", "*", "nodePort"), _is_auto_port),
    Move("Service", ("spec", "healthCheckNodePort"), _is_auto_health_port),
    Move("Job.batch", ("spec", "selector"), _is_generated_selector),
    *(
        Move("Job.batch", (*where, "labels", label), _is_generated_selector)
        for where in (("metadata",), ("spec", "template", "metadata"))
        for label in _JOB_LABELS
    ),
    *(Move("PersistentVolumeClaim", ("metadata", "annotations", note)) for note in _BOUND),
    # The provisioner makes another volume.
    Move("PersistentVolumeClaim", ("spec", "volumeName"), _is_provisioned),
    Move("PersistentVolume", ("spec", "claimRef", "uid")),
    Move("PersistentVolume", ("spec", "claimRef", "resourceVersion")),
    Move("PersistentVolume", ("metadata", "annotations", "pv.kubernetes.io/bound-by-controller")),
    Move("Pod", ("spec", "nodeName")),
    Move("Pod", ("spec", "priority")),
    # Only this cluster's key makes such a token good: the next cluster fills in its own.
    Move("Secret", ("data",), _is_service_account_token),
    Move("Secret", ("metadata", "annotations", "kubernetes.io/service-account.uid")),
    Move("Secret", ("metadata", "labels", "kubernetes.io/legacy-token-last-used")),
    Move("ServiceAccount", ("secrets", "*"), _is_generated_token),
    # Another cluster has another certificate, and puts it there whatever we say.
    Move("ConfigMap", ("data",), _is_cluster_ca),
    Move("ConfigMap", ("metadata", "annotations", "kubernetes.io/description"), _is_cluster_ca),
    Move("ClusterRole.rbac.authorization.k8s.io", ("rules",), _is_aggregated),
)
_NOTHING = object()


def divided(kind: Served, raw: Mapping[str, Any]) -> tuple[Doc, Doc]:
    """Return what of `raw`, an object of `kind`, can be put back, and what else was read."""
    meta = {key: value for key, value in raw["metadata"].items() if key != LEFT_OUT[1]}
    seen = {key: meta.pop(key) for key in _METADATA & meta.keys()}
    head = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": meta}
    document: Doc = {**raw, **head}
    observed: Doc = {"metadata": seen} if seen else {}
    if not kind.custom:
        document, nulls = _told(document)
        observed = _joined(observed, nulls)
    if "status" in document and kind.name not in NO_STATUS_BUT:
        observed["status"] = document.pop("status")
    for move in MOVES:
        if move.name in ("*", kind.name):
            document, taken = _take(document, move.path, raw, move.when)
            observed = observed if taken is _NOTHING else _joined(observed, taken)
    return document, observed


def _told(node: Any) -> tuple[Any, Any]:
    """Return `node` without members that are null, and those: to built-in kinds they say nothing.

    Servers write some of them, others leave them out.
    """
    if isinstance(node, Mapping):
        told = {key: _told(value) for key, value in node.items() if value is not None}
        nulls = {key: found for key, (_, found) in told.items() if found}
        nulls |= dict.fromkeys(node.keys() - told.keys())
        # What held nulls only goes: an object that never had them looks the same.
        rest = {key: kept for key, (kept, found) in told.items() if kept or not found}
        return (rest if nulls else node), nulls
    if isinstance(node, list):
        rows = [_told(value) for value in node]
        nulls = {str(at): found for at, (_, found) in enumerate(rows) if found}
        return ([kept for kept, _ in rows] if nulls else node), nulls
    return node, {}


def _take(
    node: Any, path: tuple[str, ...], raw: Mapping[str, Any], when: When | None
) -> tuple[Any, Any]:
    if not path:
        moves = when is None or when(raw, node)
        return (_NOTHING, node) if moves else (node, _NOTHING)
    step = path[0]
    if step == "*":
        return _take_each(node, path[1:], raw, when)
    if not isinstance(node, Mapping) or node.get(step) is None:
        return node, _NOTHING
    rest, taken = _take(node[step], path[1:], raw, when)
    if taken is _NOTHING:
        return node, _NOTHING
    left = {key: value for key, value in node.items() if key != step}
    # What a move has emptied goes: an object that never had it looks the same.
    kept = left if rest is _NOTHING or rest in ({}, []) else {**node, step: rest}
    return kept, {step: taken}


def _take_each(
    node: Any, path: tuple[str, ...], raw: Mapping[str, Any], when: When | None
) -> tuple[Any, Any]:
    if not isinstance(node, list):
        return node, _NOTHING
    pairs = [_take(item, path, raw, when) for item in node]
    rest = [kept for kept, _ in pairs if kept is not _NOTHING]
    taken = {str(at): found for at, (_, found) in enumerate(pairs) if found is not _NOTHING}
    if not taken:
        return node, _NOTHING
    return rest, taken if path else list(taken.values())


def _joined(left: Any, right: Any) -> Any:
    if not isinstance(left, Mapping) or not isinstance(right, Mapping):
        return right
    both = {key: _joined(left[key], right[key]) for key in left.keys() & right.keys()}
    return {**left, **right, **both}
