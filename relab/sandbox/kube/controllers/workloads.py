"""Deployments, ReplicaSets and StatefulSets report the pods they select; services get addresses."""

import json
from itertools import count

from relab.sandbox.kube.api import Api
from relab.sandbox.kube.controllers.tools import set_status
from relab.sandbox.kube.kinds import Kind
from relab.sandbox.kube.model import Doc, ResourceId, dig, name_of, namespace_of, now
from relab.sandbox.kube.selectors import matches
from relab.sandbox.kube.status import cause, invalid
from relab.sandbox.kube.writes import Write

_PODS: ResourceId = ("", "pods")
_WORKLOADS: dict[ResourceId, str] = {
    ("apps", "deployments"): "Deployment",
    ("apps", "replicasets"): "ReplicaSet",
    ("apps", "statefulsets"): "StatefulSet",
}


def is_ready(pod: Doc) -> bool:
    """Return whether a pod's Ready condition is true."""
    return any(
        item.get("type") == "Ready" and item.get("status") == "True"
        for item in dig(pod, "status", "conditions") or ()
    )


class WorkloadController:
    """Counts pods for workloads; one that never had pods keeps its stored status."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._addresses = count(1)
        api.reactions.append(self._react)
        api.admission.append(self._admit)

    def _react(self, kind: Kind, before: Doc | None, after: Doc | None) -> None:
        if kind.resource == _PODS:
            namespace = namespace_of(after or before or {})
            for resource in _WORKLOADS:
                for entry in self._api.store.scan(resource, namespace):
                    self._report(resource, entry.doc, known=True)
        elif kind.resource in _WORKLOADS and after is not None:
            # What is told of may be older than what stands by now.
            live = self._api.store.get(kind.resource, namespace_of(after), name_of(after))
            if live is not None:
                self._report(kind.resource, live.doc, known=False)

    def _report(self, resource: ResourceId, doc: Doc, *, known: bool) -> None:
        pods = [
            entry.doc
            for entry in self._api.store.scan(_PODS, namespace_of(doc))
            if matches(dig(doc, "spec", "selector"), entry.doc["metadata"].get("labels") or {})
        ]
        counted = known and bool(dig(doc, "status", "replicas"))
        if not pods and not counted and dig(doc, "status", "replicas"):
            seen = doc["status"] | {"observedGeneration": doc["metadata"].get("generation", 1)}
            set_status(self._api, "apps/v1", _WORKLOADS[resource], doc, seen)
        else:
            status = _status(doc, len(pods), sum(map(is_ready, pods)), resource)
            set_status(self._api, "apps/v1", _WORKLOADS[resource], doc, status)

    def _admit(self, kind: Kind, before: Doc | None, doc: Doc, write: Write) -> None:
        if kind.resource in _WORKLOADS and not _selects_itself(doc):
            where = "spec.template.metadata.labels"
            labels = dig(doc, *where.split(".")) or {}
            message = (
                f"Invalid value: {json.dumps(labels)}: `selector` does not match template `labels`"
            )
            fault = cause("FieldValueInvalid", where, message)
            raise invalid(kind.group, kind.kind, name_of(doc), [fault])
        self._address(kind, before, doc, write)

    def _address(self, kind: Kind, before: Doc | None, doc: Doc, write: Write) -> None:
        if kind.resource != ("", "services") or dig(doc, "spec", "type") == "ExternalName":
            return
        spec = doc["spec"] = dict(doc["spec"])
        held = dig(before, "spec", "clusterIP")
        if not spec.get("clusterIP"):
            number = next(self._addresses) if not held and not write.dry_run else 0
            spec["clusterIP"] = held or f"10.100.{number // 250 % 250}.{number % 250 + 1}"
        spec.setdefault("clusterIPs", [spec["clusterIP"]])
        # Whoever writes the endpoints of a service without address may write any.
        both = spec["clusterIP"] == "None" and not spec.get("selector")
        spec.setdefault("ipFamilies", ["IPv4", "IPv6"] if both else ["IPv4"])
        spec.setdefault("ipFamilyPolicy", "RequireDualStack" if both else "SingleStack")
        spec.setdefault("internalTrafficPolicy", "Cluster")


def _selects_itself(doc: Doc) -> bool:
    labels = dig(doc, "spec", "template", "metadata", "labels") or {}
    return matches(dig(doc, "spec", "selector"), labels)


def _status(doc: Doc, present: int, ready: int, resource: ResourceId) -> Doc:
    wanted = dig(doc, "spec", "replicas") or 0
    counts = {
        "observedGeneration": doc["metadata"].get("generation", 1),
        "replicas": present,
        "readyReplicas": ready,
        "availableReplicas": ready,
    }
    if resource == ("apps", "replicasets"):
        return {key: value for key, value in counts.items() if value or key == "replicas"}
    counts |= {"updatedReplicas": present}
    status: Doc = {key: value for key, value in counts.items() if value or key == "replicas"}
    if resource == ("apps", "deployments"):
        if wanted > ready:
            status["unavailableReplicas"] = wanted - ready
        status["conditions"] = _conditions(doc, available=ready >= wanted)
    return status


def _conditions(doc: Doc, *, available: bool) -> list[Doc]:
    words = (
        ("MinimumReplicasAvailable", "Deployment has minimum availability.")
        if available
        else ("MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
    )
    progress = ("NewReplicaSetAvailable", "ReplicaSet has successfully progressed.")
    return [
        _condition(doc, "Available", str(available), words),
        _condition(doc, "Progressing", "True", progress),
    ]


def _condition(doc: Doc, kind: str, value: str, words: tuple[str, str]) -> Doc:
    held: Doc = next(
        (item for item in dig(doc, "status", "conditions") or () if item.get("type") == kind), {}
    )
    same = held.get("status") == value
    since = held.get("lastTransitionTime") if same else None
    stamp = since or now()
    update = held.get("lastUpdateTime") if same else None
    return {
        "type": kind,
        "status": value,
        "lastUpdateTime": update or stamp,
        "lastTransitionTime": stamp,
        "reason": words[0],
        "message": words[1],
    }
