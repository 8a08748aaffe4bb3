"""ResourceQuota: what is used in a namespace, and the refusal of pods that would exceed it."""

from collections.abc import Iterable
from decimal import Decimal

from relab.sandbox.kube.api import Api
from relab.sandbox.kube.controllers.tools import set_status
from relab.sandbox.kube.kinds import Kind
from relab.sandbox.kube.model import Doc, ResourceId, dig, name_of, namespace_of
from relab.sandbox.kube.quantities import amount, total, written
from relab.sandbox.kube.status import forbidden
from relab.sandbox.kube.writes import Write

_QUOTAS: ResourceId = ("", "resourcequotas")
_PODS: ResourceId = ("", "pods")
_CLAIMS: ResourceId = ("", "persistentvolumeclaims")
# Quota names that count objects, besides `count/PLURAL[.GROUP]`.
_COUNTED: dict[str, ResourceId] = {
    "pods": _PODS,
    "services": ("", "services"),
    "configmaps": ("", "configmaps"),
    "secrets": ("", "secrets"),
    "persistentvolumeclaims": _CLAIMS,
    "replicationcontrollers": ("", "replicationcontrollers"),
    "resourcequotas": _QUOTAS,
}


class QuotaController:
    """Keeps the status of quotas in step with their namespace, and guards new pods."""

    def __init__(self, api: Api) -> None:
        self._api = api
        api.reactions.append(self._react)
        api.admission.append(self._admit)

    def _react(self, kind: Kind, before: Doc | None, after: Doc | None) -> None:
        if (
            kind.namespaced
            and not kind.custom
            and (
                kind.resource == _QUOTAS
                or before is None
                or after is None
                or kind.resource == _PODS
            )
        ):
            self._refresh(namespace_of(after or before or {}))

    def _refresh(self, namespace: str) -> None:
        for entry in self._api.store.scan(_QUOTAS, namespace):
            hard = dict(dig(entry.doc, "spec", "hard") or {})
            used = {name: self._used(name, namespace) for name in hard}
            set_status(self._api, "v1", "ResourceQuota", entry.doc, {"hard": hard, "used": used})

    def _used(self, name: str, namespace: str) -> str:
        counted = _COUNTED.get(name) or _count_name(name)
        if counted:
            docs = (entry.doc for entry in self._api.store.scan(counted, namespace))
            return str(sum(counted != _PODS or _alive(doc) for doc in docs))
        if name == "requests.storage":
            claims = self._api.store.scan(_CLAIMS, namespace)
            asked = (dig(entry.doc, "spec", "resources", "requests", "storage") for entry in claims)
            return total(one for one in asked if one)
        pods = (entry.doc for entry in self._api.store.scan(_PODS, namespace))
        return total(part for pod in pods if _alive(pod) for part in _asked(pod, name))

    def _admit(self, kind: Kind, before: Doc | None, doc: Doc, write: Write) -> None:
        if kind.resource != _PODS or before is not None or write.trusted:
            return
        for entry in self._api.store.scan(_QUOTAS, namespace_of(doc)):
            self._check(entry.doc, doc)

    def _check(self, quota: Doc, pod: Doc) -> None:
        hard = dig(quota, "spec", "hard") or {}
        computed = [name for name in hard if name not in _COUNTED and not _count_name(name)]
        missing = [name for name in computed if _is_compute(name) and not any(_asked(pod, name))]
        if missing:
            why = f"failed quota: {name_of(quota)}: must specify {','.join(sorted(missing))}"
            raise forbidden(_PODS, name_of(pod), why)
        for name in sorted(hard):
            extra = "1" if name in ("pods", "count/pods") else total(_asked(pod, name))
            used = self._used(name, namespace_of(pod))
            if extra != "0" and amount(used) + amount(extra) > amount(hard[name]):
                why = (
                    f"exceeded quota: {name_of(quota)}, requested: {name}={extra},"
                    f" used: {name}={used}, limited: {name}={hard[name]}"
                )
                raise forbidden(_PODS, name_of(pod), why)


def _count_name(name: str) -> ResourceId | None:
    if not name.startswith("count/"):
        return None
    plural, _, group = name.removeprefix("count/").partition(".")
    return group, plural


def _is_compute(name: str) -> bool:
    return name in ("cpu", "memory") or (
        name.startswith(("requests.", "limits.")) and not name.endswith("storage")
    )


def _alive(pod: Doc) -> bool:
    return dig(pod, "status", "phase") not in ("Succeeded", "Failed")


def _asked(pod: Doc, name: str) -> Iterable[str]:
    """Return what containers ask of a quota's resource; init containers count by their most."""
    section, _, resource = (
        name.rpartition(".")
        if name.startswith(("requests.", "limits."))
        else ("requests", "", name)
    )
    spec = pod.get("spec") or {}
    running = list(_of(spec.get("containers"), section, resource))
    most = max(
        (amount(one) for one in _of(spec.get("initContainers"), section, resource)),
        default=Decimal(0),
    )
    if most > sum((amount(one) for one in running), Decimal(0)):
        return [written(most, binary=resource != "cpu")]
    return running


def _of(containers: list[Doc] | None, section: str, resource: str) -> Iterable[str]:
    for container in containers or ():
        resources = container.get("resources") or {}
        found = dig(resources, section, resource)
        if found is None and section == "requests":
            found = dig(resources, "limits", resource)
        if found is not None:
            yield str(found)
