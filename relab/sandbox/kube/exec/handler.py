"""From a request for pods/NAME/exec to a running command."""

import threading
from collections.abc import Mapping

from aiohttp import web

from relab.sandbox.kube.api import Api
from relab.sandbox.kube.call import Call
from relab.sandbox.kube.exec.commands import TABLE
from relab.sandbox.kube.exec.disks import Disks
from relab.sandbox.kube.exec.machine import Machine
from relab.sandbox.kube.exec.outcome import no_container
from relab.sandbox.kube.exec.process import Process
from relab.sandbox.kube.exec.sessions import V4, V5, Session
from relab.sandbox.kube.exec.streams import Lines, Sink
from relab.sandbox.kube.kinds import Kind
from relab.sandbox.kube.model import Doc, dig, name_of, namespace_of
from relab.sandbox.kube.status import bad_request
from relab.sandbox.kube.subresources import container_of

_MAX_MESSAGE = 16 * 1024 * 1024
_STREAMS = ("stdin", "stdout", "stderr", "tty")
_PODS, _CLAIMS = ("", "pods"), ("", "persistentvolumeclaims")
_DEFAULTS = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "KUBERNETES_SERVICE_HOST": "10.100.0.1",
    "KUBERNETES_SERVICE_PORT": "443",
}


class Exec:
    """Runs commands in pods; what a pod alone had is removed with it."""

    def __init__(self, api: Api, machine: Machine) -> None:
        self._api, self._machine = api, machine
        self.disks = Disks(machine.folder)
        api.reactions.append(self._react)

    async def handle(self, call: Call) -> web.StreamResponse:
        """Answer a request; raises 404, 400, or 500 for a container that does not run."""
        pod = self._api.get(call.kind, call.route.namespace, call.route.name)
        query = call.request.query
        container = self._container(pod, query.get("container", ""))
        argv = list(query.getall("command", []))
        if not argv:
            raise bad_request("you must specify at least 1 command for the container")
        socket = web.WebSocketResponse(protocols=(V5, V4), max_msg_size=_MAX_MESSAGE)
        if not socket.can_prepare(call.request).ok:
            raise bad_request("exec is answered over websockets only: use kubectl 1.31 or newer")
        streams = {name: query.get(name) in ("true", "1") for name in _STREAMS}
        await socket.prepare(call.request)

        def start(stdin: Lines, stdout: Sink, stderr: Sink, gone: threading.Event) -> Process:
            table = {**TABLE, **self._machine.programs(pod, container)}
            tree = self.disks.tree(pod, container, self._claims(pod))
            env, cwd = _env(pod, container), str(container.get("workingDir") or "/")
            words = (argv[0], tuple(argv[1:]))
            return Process(*words, tree, table, stdin, stdout, stderr, gone, env, cwd)

        await Session(socket, streams).run(start, argv)
        return socket

    def _container(self, pod: Doc, wanted: str) -> Doc:
        name = container_of(pod, wanted)
        if not dig(pod, "spec", "nodeName") and dig(pod, "status", "phase") == "Pending":
            raise bad_request(f"pod {name_of(pod)} does not have a host assigned")
        if not is_running(pod, name):
            raise no_container(name)
        spec = pod["spec"]
        both = [*(spec.get("initContainers") or ()), *spec["containers"]]
        found: Doc = next(item for item in both if item["name"] == name)
        return found

    def _claims(self, pod: Doc) -> Mapping[str, str]:
        entries = self._api.store.scan(_CLAIMS, namespace_of(pod))
        return {name_of(entry.doc): str(entry.doc["metadata"]["uid"]) for entry in entries}

    def _react(self, kind: Kind, before: Doc | None, after: Doc | None) -> None:
        if kind.resource == _PODS and after is None and before is not None:
            self.disks.forget_pod(str(before["metadata"]["uid"]))


def is_running(pod: Doc, container: str) -> bool:
    """Tell whether a pod's container runs."""
    if dig(pod, "status", "phase") != "Running":
        return False
    statuses = dig(pod, "status", "containerStatuses") or ()
    state = next((item.get("state") for item in statuses if item["name"] == container), None)
    return state is None or "running" in state


def _env(pod: Doc, container: Doc) -> dict[str, str]:
    own = {
        item["name"]: str(item["value"]) for item in container.get("env") or () if "value" in item
    }
    return {**_DEFAULTS, "HOSTNAME": name_of(pod), **own}
