"""Pods that somebody creates start to run, as soon as the claims they mount are there."""

from relab.sandbox.kube.api import Api
from relab.sandbox.kube.kinds import Kind
from relab.sandbox.kube.model import Doc, ResourceId, dig, name_of, namespace_of, now

_PODS: ResourceId = ("", "pods")
_CLAIMS: ResourceId = ("", "persistentvolumeclaims")
_NODES: ResourceId = ("", "nodes")
_CONDITIONS = ("PodScheduled", "Initialized", "ContainersReady", "Ready")


class Kubelet:
    """Sets the status of new pods; those that were stored with a status are left alone."""

    def __init__(self, api: Api) -> None:
        self._api = api
        api.reactions.append(self._react)

    def _react(self, kind: Kind, before: Doc | None, after: Doc | None) -> None:
        if before is not None or after is None:
            return
        if kind.resource == _PODS:
            self._start(after)
        elif kind.resource == _CLAIMS:
            for entry in self._api.store.scan(_PODS, namespace_of(after)):
                self._start(entry.doc)

    def _start(self, pod: Doc) -> None:
        nodes = self._api.store.scan(_NODES)
        if dig(pod, "status", "phase") != "Pending" or not nodes or self._lacks(pod):
            return
        node = dig(pod, "spec", "nodeName") or name_of(nodes[0].doc)
        spec = {**pod["spec"], "nodeName": node}
        status = {**(pod.get("status") or {}), **_running(pod)}
        self._api.put(self._api.kind("v1", "Pod"), pod, {**pod, "spec": spec, "status": status})

    def _lacks(self, pod: Doc) -> bool:
        wanted = (
            dig(volume, "persistentVolumeClaim", "claimName")
            for volume in dig(pod, "spec", "volumes") or ()
        )
        space = namespace_of(pod)
        return any(name and not self._api.store.get(_CLAIMS, space, str(name)) for name in wanted)


def _running(pod: Doc) -> Doc:
    when = now()
    number = sum(str(pod["metadata"]["uid"]).encode()) % 250
    address = f"10.0.3.{number}"
    return {
        "phase": "Running",
        "hostIP": "10.0.1.21",
        "podIP": address,
        "podIPs": [{"ip": address}],
        "startTime": when,
        "conditions": [
            {"type": kind, "status": "True", "lastTransitionTime": when} for kind in _CONDITIONS
        ],
        "containerStatuses": [_container(item, when) for item in pod["spec"]["containers"]],
    }


def _container(item: Doc, when: str) -> Doc:
    return {
        "name": item["name"],
        "image": item.get("image", ""),
        "imageID": "",
        "ready": True,
        "started": True,
        "restartCount": 0,
        "state": {"running": {"startedAt": when}},
    }
