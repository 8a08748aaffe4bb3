"""Deployments, ReplicaSets, StatefulSets and Jobs bring about the pods they stand for."""

from relab.sandbox.kube.api import Api
from relab.sandbox.kube.controllers.offspring import (
    REVISION,
    claims,
    loose_pod,
    numbered_pod,
    replica_set,
    template_hash,
)
from relab.sandbox.kube.controllers.tools import ensure, set_status
from relab.sandbox.kube.controllers.workloads import is_ready
from relab.sandbox.kube.deletion import Deleter, Deletion
from relab.sandbox.kube.kinds import Kind
from relab.sandbox.kube.model import Doc, ResourceId, dig, name_of, namespace_of, now
from relab.sandbox.kube.status import ApiError
from relab.sandbox.kube.writes import Write

_MANAGER = "kube-controller-manager"
_PODS: ResourceId = ("", "pods")
_QUOTAS: ResourceId = ("", "resourcequotas")
_CLAIMS: ResourceId = ("", "persistentvolumeclaims")
_DEPLOYMENTS: ResourceId = ("apps", "deployments")
_SETS: ResourceId = ("apps", "replicasets")
_STATEFUL: ResourceId = ("apps", "statefulsets")
_JOBS: ResourceId = ("batch", "jobs")
_RESOURCES: dict[str, ResourceId] = {
    "Deployment": _DEPLOYMENTS,
    "ReplicaSet": _SETS,
    "StatefulSet": _STATEFUL,
    "Job": _JOBS,
}


class Makers:
    """Looks at an owner when it, what it owns, or a quota that was in its way has changed."""

    def __init__(self, api: Api, deleter: Deleter) -> None:
        self._api = api
        self._deleter = deleter
        self._makers = {
            _DEPLOYMENTS: self._deployment,
            _SETS: self._replica_set,
            _STATEFUL: self._stateful_set,
            _JOBS: self._job,
        }
        api.reactions.append(self._react)

    def _react(self, kind: Kind, before: Doc | None, after: Doc | None) -> None:
        if kind.resource in self._makers and after is not None:
            self._look(kind.resource, namespace_of(after), name_of(after))
        space = namespace_of(after or before or {})
        owners = {(str(one.get("kind")), str(one.get("name"))) for one in _owners(before, after)}
        for owner, name in sorted(owners):
            if owner in _RESOURCES:
                self._look(_RESOURCES[owner], space, name)
        if kind.resource == _QUOTAS and before is not None:
            self._look_again(space)

    def _look(self, resource: ResourceId, namespace: str, name: str) -> None:
        found = self._api.store.get(resource, namespace, name)
        if found is not None and "deletionTimestamp" not in found.doc["metadata"]:
            self._makers[resource](found.doc)

    def _look_again(self, namespace: str) -> None:
        for resource in (_SETS, _STATEFUL, _JOBS):
            for entry in self._api.store.scan(resource, namespace):
                self._look(resource, namespace, name_of(entry.doc))

    def _deployment(self, doc: Doc) -> None:
        space, name = namespace_of(doc), f"{name_of(doc)}-{template_hash(doc)}"
        held = self._api.store.get(_SETS, space, name)
        if held is None or _replicas(held.doc) != _replicas(doc):
            ensure(self._api, replica_set(doc), _MANAGER)
        for old in self._owned(_SETS, doc):
            if name_of(old) != name and _replicas(old):
                ensure(self._api, _without_replicas(old), _MANAGER)

    def _replica_set(self, doc: Doc) -> None:
        pods = sorted(filter(_alive, self._owned(_PODS, doc)), key=is_ready, reverse=True)
        wanted = _replicas(doc)
        for pod in pods[wanted:]:
            self._delete(pod)
        for _ in range(wanted - len(pods)):
            self._create(loose_pod(doc, {}))

    def _stateful_set(self, doc: Doc) -> None:
        names = [f"{name_of(doc)}-{number}" for number in range(_replicas(doc))]
        revision = f"{name_of(doc)}-{template_hash(doc)}"
        for pod in self._owned(_PODS, doc):
            if name_of(pod) not in names or pod["metadata"]["labels"].get(REVISION) != revision:
                self._delete(pod)
        for number, name in enumerate(names):
            if self._api.store.get(_PODS, namespace_of(doc), name) is None:
                self._claim(doc, number)
                self._create(numbered_pod(doc, number))

    def _claim(self, doc: Doc, number: int) -> None:
        for claim in claims(doc, number):
            if self._api.store.get(_CLAIMS, namespace_of(doc), name_of(claim)) is None:
                self._create(claim)

    def _job(self, doc: Doc) -> None:
        spec, status = doc["spec"], doc.get("status") or {}
        if spec.get("suspend") or _has_ended(status):
            return
        pods = self._owned(_PODS, doc)
        done = sum(dig(pod, "status", "phase") == "Succeeded" for pod in pods)
        active = [pod for pod in pods if _alive(pod)]
        left = int(spec.get("completions") or 1) - done - len(active)
        for _ in range(min(left, int(spec.get("parallelism") or 1) - len(active))):
            self._create(loose_pod(doc, _job_labels(doc)))
        told = _job_status(doc, self._owned(_PODS, doc), done)
        set_status(self._api, "batch/v1", "Job", doc, told)

    def _owned(self, resource: ResourceId, owner: Doc) -> list[Doc]:
        uid = owner["metadata"]["uid"]
        entries = self._api.store.scan(resource, namespace_of(owner))
        return [
            entry.doc for entry in entries if any(o.get("uid") == uid for o in _owners(entry.doc))
        ]

    def _create(self, doc: Doc) -> None:
        """Create `doc` with a controller's rights; a quota or an ending namespace may refuse it."""
        kind = self._api.kind(doc["apiVersion"], doc["kind"])
        try:
            self._api.create(kind, namespace_of(doc), doc, Write(manager=_MANAGER))
        except ApiError as error:
            if error.code not in (403, 404):
                raise

    def _delete(self, pod: Doc) -> None:
        kind = self._api.kind("v1", "Pod")
        self._deleter.delete(kind, namespace_of(pod), name_of(pod), Deletion())


def _owners(*docs: Doc | None) -> list[Doc]:
    return [owner for doc in docs for owner in dig(doc, "metadata", "ownerReferences") or ()]


def _replicas(doc: Doc) -> int:
    return int(dig(doc, "spec", "replicas") or 0)


def _without_replicas(old: Doc) -> Doc:
    metadata = {"namespace": namespace_of(old), "name": name_of(old)}
    head = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": metadata}
    return head | {"spec": {"replicas": 0}}


def _alive(pod: Doc) -> bool:
    return dig(pod, "status", "phase") not in ("Succeeded", "Failed")


def _has_ended(status: Doc) -> bool:
    return any(
        item.get("type") in ("Complete", "Failed") and item.get("status") == "True"
        for item in status.get("conditions") or ()
    )


def _job_labels(doc: Doc) -> dict[str, str]:
    known = {"job-name": name_of(doc), "controller-uid": str(doc["metadata"]["uid"])}
    return known | {f"batch.kubernetes.io/{key}": value for key, value in known.items()}


def _job_status(doc: Doc, pods: list[Doc], done: int) -> Doc:
    started = dig(doc, "status", "startTime") or now()
    counts = {"active": sum(map(_alive, pods)), "ready": sum(map(is_ready, pods))}
    counts |= {"succeeded": done} if done else {}
    if done < int(doc["spec"].get("completions") or 1):
        return {"startTime": started, **counts}
    when = now()
    ended = {"type": "Complete", "status": "True", "lastTransitionTime": when}
    return {"startTime": started, "completionTime": when, "conditions": [ended], **counts}
