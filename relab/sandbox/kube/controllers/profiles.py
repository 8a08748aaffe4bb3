"""Kubeflow's Profile: a cluster-scoped object that owns a tenant's namespace and what is in it."""

from collections.abc import Callable

from relab.sandbox.kube.api import Api
from relab.sandbox.kube.controllers.tools import ensure, set_status
from relab.sandbox.kube.kinds import Kind
from relab.sandbox.kube.model import Doc, ResourceId, dig, name_of, now
from relab.sandbox.kube.store import Entry

PROFILES: ResourceId = ("kubeflow.org", "profiles")
_API_VERSION = "kubeflow.org/v1"
_MANAGER = "profile-controller"
_RBAC = "rbac.authorization.k8s.io"
_LABELS = {
    "app.kubernetes.io/part-of": "kubeflow-profile",
    "istio-injection": "enabled",
    "katib.kubeflow.org/metrics-collector-injection": "enabled",
    "pipelines.kubeflow.org/enabled": "true",
    "serving.kubeflow.org/inferenceservice": "enabled",
}


class ProfileController:
    """Brings a profile's namespace to what the profile says, unless it is paused for it."""

    def __init__(self, api: Api, namespace_of: Callable[[str], str]) -> None:
        self._api = api
        self._namespace_of = namespace_of
        self._paused: set[str] = set()
        api.reactions.append(self._react)

    def pause(self, name: str) -> None:
        """Leave the profile and what it owns alone from now on."""
        self._paused.add(name)

    def resume(self, name: str) -> None:
        """Look after the profile again and repair it at once."""
        self._paused.discard(name)
        self._reconcile(name)

    def clear(self) -> None:
        """Forget what is paused."""
        self._paused.clear()

    def _react(self, kind: Kind, before: Doc | None, after: Doc | None) -> None:
        doc = after or before or {}
        if kind.resource == PROFILES:
            self._reconcile(name_of(doc))
            return
        for owner in dig(doc, "metadata", "ownerReferences") or ():
            if owner.get("kind") == "Profile" and before is not None:
                self._reconcile(str(owner.get("name")))

    def _reconcile(self, name: str) -> None:
        profile: Entry | None = self._api.store.get(PROFILES, "", name)
        if (
            profile is None
            or name in self._paused
            or "deletionTimestamp" in profile.doc["metadata"]
        ):
            return
        for doc in wanted(profile.doc, self._namespace_of(name)):
            ensure(self._api, doc, _MANAGER)
        held = dig(profile.doc, "status", "conditions") or ()
        if not any(one.get("type") == "Ready" and one.get("status") == "True" for one in held):
            ready = {"type": "Ready", "status": "True", "lastTransitionTime": now()}
            set_status(self._api, _API_VERSION, "Profile", profile.doc, {"conditions": [ready]})


def wanted(profile: Doc, namespace: str) -> list[Doc]:
    """Return all objects a profile stands for, in the order they are made."""
    owner = dig(profile, "spec", "owner") or {}
    reference = {
        "apiVersion": _API_VERSION,
        "kind": "Profile",
        "name": name_of(profile),
        "uid": profile["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }
    owned = {"ownerReferences": [reference]}
    there = owned | {"namespace": namespace}
    hard = dig(profile, "spec", "resourceQuotaSpec", "hard")
    docs = [
        _namespace(namespace, str(owner.get("name", "")), owned),
        *(_account(account, there) for account in ("default-editor", "default-viewer")),
        *(_account_binding(name, role, there) for name, role in _ACCOUNT_ROLES.items()),
        _admin_binding(owner, there),
    ]
    return docs + ([_quota(dig(profile, "spec", "resourceQuotaSpec"), there)] if hard else [])


_ACCOUNT_ROLES = {"default-editor": "kubeflow-edit", "default-viewer": "kubeflow-view"}


def _namespace(name: str, owner: str, owned: Doc) -> Doc:
    metadata = owned | {"name": name, "labels": dict(_LABELS), "annotations": {"owner": owner}}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def _account(name: str, there: Doc) -> Doc:
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": there | {"name": name}}


def _account_binding(account: str, role: str, there: Doc) -> Doc:
    subject = {"kind": "ServiceAccount", "name": account, "namespace": there["namespace"]}
    return _binding(there | {"name": account}, role, subject)


def _admin_binding(owner: Doc, there: Doc) -> Doc:
    annotations = {"role": "admin", "user": str(owner.get("name", ""))}
    kind = owner.get("kind") or "User"
    subject = {"kind": kind, "name": str(owner.get("name", ""))}
    if kind != "ServiceAccount":
        subject["apiGroup"] = _RBAC
    metadata = there | {"name": "namespaceAdmin", "annotations": annotations}
    return _binding(metadata, "kubeflow-admin", subject)


def _binding(metadata: Doc, role: str, subject: Doc) -> Doc:
    return {
        "apiVersion": f"{_RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": metadata,
        "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": role},
        "subjects": [subject],
    }


def _quota(spec: Doc, there: Doc) -> Doc:
    metadata = there | {"name": "kf-resource-quota"}
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata, "spec": spec}
