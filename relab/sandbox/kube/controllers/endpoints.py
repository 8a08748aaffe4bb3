"""A service with a selector gets Endpoints: the addresses of the pods it chooses."""

from relab.sandbox.kube.api import Api
from relab.sandbox.kube.controllers.tools import ensure
from relab.sandbox.kube.controllers.workloads import is_ready
from relab.sandbox.kube.kinds import Kind
from relab.sandbox.kube.model import Doc, ResourceId, dig, name_of, namespace_of
from relab.sandbox.kube.selectors import matches

_PODS: ResourceId = ("", "pods")
_SERVICES: ResourceId = ("", "services")
_ENDPOINTS: ResourceId = ("", "endpoints")


class EndpointsController:
    """Keeps Endpoints in step with services and pods, and removes them with their service."""

    def __init__(self, api: Api) -> None:
        self._api = api
        api.reactions.append(self._react)

    def _react(self, kind: Kind, before: Doc | None, after: Doc | None) -> None:
        space = namespace_of(after or before or {})
        if kind.resource == _PODS:
            for entry in self._api.store.scan(_SERVICES, space):
                if any(_selects(entry.doc, pod) for pod in (before, after) if pod):
                    self._tell(entry.doc)
        elif kind.resource == _SERVICES and after is not None:
            self._tell(after)
        elif kind.resource == _SERVICES and before is not None:
            held = self._api.store.get(_ENDPOINTS, space, name_of(before))
            if held and dig(before, "spec", "selector"):
                self._api.forget(self._api.kind("v1", "Endpoints"), held.doc)

    def _tell(self, service: Doc) -> None:
        if not dig(service, "spec", "selector"):
            return
        space, name = namespace_of(service), name_of(service)
        pods = [entry.doc for entry in self._api.store.scan(_PODS, space)]
        subsets = _subsets(service, [pod for pod in pods if _selects(service, pod)])
        held = self._api.store.get(_ENDPOINTS, space, name)
        if held is None or (held.doc.get("subsets") or []) != subsets:
            ensure(self._api, _endpoints(service, subsets), "kube-controller-manager")


def _selects(service: Doc, pod: Doc) -> bool:
    selector = dig(service, "spec", "selector")
    labels = pod["metadata"].get("labels") or {}
    return bool(selector) and matches({"matchLabels": selector}, labels)


def _endpoints(service: Doc, subsets: list[Doc]) -> Doc:
    labels = dict(service["metadata"].get("labels") or {})
    metadata = {"namespace": namespace_of(service), "name": name_of(service), "labels": labels}
    return {"apiVersion": "v1", "kind": "Endpoints", "metadata": metadata, "subsets": subsets}


def _subsets(service: Doc, pods: list[Doc]) -> list[Doc]:
    """Return one subset with the ready and the other addresses; none while no pod has one."""
    placed = [pod for pod in pods if dig(pod, "status", "podIP")]
    ports = [
        {
            **({"name": port["name"]} if port.get("name") else {}),
            "port": _number(port, placed),
            "protocol": port.get("protocol", "TCP"),
        }
        for port in dig(service, "spec", "ports") or ()
    ]
    sides = {
        "addresses": [_address(pod) for pod in placed if is_ready(pod)],
        "notReadyAddresses": [_address(pod) for pod in placed if not is_ready(pod)],
    }
    found: Doc = {side: addresses for side, addresses in sides.items() if addresses}
    return [found | {"ports": ports}] if found else []


def _number(port: Doc, pods: list[Doc]) -> int:
    target = port.get("targetPort", port["port"])
    if isinstance(target, int):
        return target
    containers = (one for pod in pods for one in dig(pod, "spec", "containers") or ())
    named = (item for one in containers for item in one.get("ports") or ())
    return int(
        next((item["containerPort"] for item in named if item.get("name") == target), port["port"])
    )


def _address(pod: Doc) -> Doc:
    reference = {"kind": "Pod", "namespace": namespace_of(pod), "name": name_of(pod)}
    reference["uid"] = str(pod["metadata"]["uid"])
    node = dig(pod, "spec", "nodeName")
    place = {"nodeName": node} if node else {}
    return {"ip": pod["status"]["podIP"], **place, "targetRef": reference}
