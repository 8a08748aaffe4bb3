"""Pods that somebody creates start to run, as soon as the claims they mount are there."""

import hashlib

from relab.sandbox.kube.api import Api
from relab.sandbox.kube.exec.machine import Words
from relab.sandbox.kube.kinds import Kind
from relab.sandbox.kube.model import Doc, ResourceId, dig, name_of, namespace_of, now
from relab.sandbox.kube.subresources import Logs

_PODS: ResourceId = ("", "pods")
_CLAIMS: ResourceId = ("", "persistentvolumeclaims")
_NODES: ResourceId = ("", "nodes")
_CONDITIONS = ("PodScheduled", "Initialized", "ContainersReady", "Ready")


class Kubelet:
    """Sets the status of new pods; those that were stored with a status are left alone.

    `words` are what containers say as they start; they go to `logs`.
    """

    def __init__(self, api: Api, logs: Logs, words: Words) -> None:
        self._api = api
        self._logs = logs
        self._words = words
        api.reactions.append(self._react)

    def _react(self, kind: Kind, before: Doc | None, after: Doc | None) -> None:
        if before is not None or after is None:
            return
        if kind.resource == _PODS:
            self._start(namespace_of(after), name_of(after))
        elif kind.resource == _CLAIMS:
            self._start_waiting(namespace_of(after))
        elif kind.resource == _NODES:
            self._start_waiting("")

    def _start_waiting(self, namespace: str) -> None:
        for entry in self._api.store.scan(_PODS, namespace):
            self._start(namespace_of(entry.doc), name_of(entry.doc))

    def _start(self, namespace: str, name: str) -> None:
        found = self._api.store.get(_PODS, namespace, name)
        nodes = self._api.store.scan(_NODES)
        pod = found.doc if found else {}
        if dig(pod, "status", "phase") != "Pending" or not nodes or self._lacks(pod):
            return
        node = self._api.store.get(_NODES, "", str(dig(pod, "spec", "nodeName"))) or nodes[0]
        spec = {**pod["spec"], "nodeName": dig(pod, "spec", "nodeName") or name_of(node.doc)}
        status = {**(pod.get("status") or {}), **_running(pod, node.doc)}
        self._say(pod)
        self._api.put(self._api.kind("v1", "Pod"), pod, {**pod, "spec": spec, "status": status})

    def _say(self, pod: Doc) -> None:
        containers = pod["spec"]["containers"]
        for container in containers:
            text = self._words(pod, container)
            name = container["name"] if len(containers) > 1 else ""
            if text:
                self._logs[namespace_of(pod), name_of(pod), name] = text

    def _lacks(self, pod: Doc) -> bool:
        wanted = (
            dig(volume, "persistentVolumeClaim", "claimName")
            for volume in dig(pod, "spec", "volumes") or ()
        )
        space = namespace_of(pod)
        return any(name and not self._api.store.get(_CLAIMS, space, str(name)) for name in wanted)


def _running(pod: Doc, node: Doc) -> Doc:
    when, containers = now(), pod["spec"]["containers"]
    uid = str(pod["metadata"]["uid"])
    digest = hashlib.sha256(uid.encode()).digest()
    address = f"10.0.{1 + digest[0] % 250}.{1 + digest[1] % 250}"
    homes = (
        one["address"]
        for one in dig(node, "status", "addresses") or ()
        if one.get("type") == "InternalIP"
    )
    return {
        "phase": "Running",
        "hostIP": next(homes, "10.0.1.21"),
        "podIP": address,
        "podIPs": [{"ip": address}],
        "startTime": when,
        "qosClass": "Burstable" if any(map(_asks, containers)) else "BestEffort",
        "conditions": [
            {"type": kind, "status": "True", "lastTransitionTime": when} for kind in _CONDITIONS
        ],
        "containerStatuses": [_container(uid, item, when) for item in containers],
    }


def _asks(container: Doc) -> bool:
    resources = container.get("resources") or {}
    return bool(resources.get("requests") or resources.get("limits"))


def _container(uid: str, item: Doc, when: str) -> Doc:
    image = item.get("image", "")
    return {
        "name": item["name"],
        "image": image,
        "imageID": f"{image}@sha256:{_hash(image)}",
        "containerID": f"containerd://{_hash(uid + item['name'])}",
        "ready": True,
        "started": True,
        "restartCount": 0,
        "state": {"running": {"startedAt": when}},
    }


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
