"""A whole cluster behind one small interface: start it, seed it, break it, stop it."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import trustme
from aiohttp import web

from relab.sandbox.kube import backends, portforward
from relab.sandbox.kube.api import Api
from relab.sandbox.kube.auth import Authenticator
from relab.sandbox.kube.bodies import LIMIT
from relab.sandbox.kube.controllers.endpoints import EndpointsController
from relab.sandbox.kube.controllers.kubelet import Kubelet
from relab.sandbox.kube.controllers.makers import Makers
from relab.sandbox.kube.controllers.provisioner import Provisioner
from relab.sandbox.kube.core import Core, Interceptor, Settings
from relab.sandbox.kube.crd import CRDS
from relab.sandbox.kube.deletion import Deletion
from relab.sandbox.kube.exec.disks import Disks
from relab.sandbox.kube.exec.handler import Exec
from relab.sandbox.kube.exec.machine import Machine
from relab.sandbox.kube.kinds import Kind
from relab.sandbox.kube.model import Doc, User, clone, name_of, namespace_of
from relab.sandbox.kube.server import Server
from relab.sandbox.kube.status import ApiError
from relab.sandbox.kube.subresources import Logs
from relab.sandbox.kube.tls import context
from relab.sandbox.kube.writes import Write

Docs = list[Doc]


def _same_name(profile: str) -> str:
    return profile


def _request(*parts: Any) -> web.BaseRequest:
    make: Any = web.BaseRequest
    made: web.BaseRequest = make(*parts, asyncio.get_running_loop(), client_max_size=LIMIT)
    return made


class Cluster:
    """An in-memory Kubernetes API; the synchronous calls are for the event loop's own thread.

    Those calls go through the same admission and controllers as HTTP, with all rights, and may set
    an object's status. They raise `ApiError` where HTTP would answer a failure.
    """

    def __init__(
        self,
        *,
        tokens: Mapping[str, User],
        authenticators: Sequence[Authenticator] = (),
        interceptor: Interceptor | None = None,
        namespace_of: Callable[[str], str] = _same_name,
        machine: Machine | None = None,
    ) -> None:
        self._ca = trustme.CA(organization_name="relab sandbox")
        self.ca_pem: str = self._ca.cert_pem.bytes().decode()
        settings = Settings(tokens, authenticators, interceptor, namespace_of, self.ca_pem)
        self._core = Core(settings)
        self._backends = backends.Backends(self._core.api)
        forward = portforward.handler(self._backends)
        machine = machine or Machine()
        self._exec = Exec(self._core.api, machine)
        if machine.runs_pods:
            Provisioner(self._core.api)
            Makers(self._core.api, self._core.deleter)
            Kubelet(self._core.api, self._core.subresources.logs, machine.words)
            EndpointsController(self._core.api)
        self._core.subresources.handlers |= {"proxy": self._backends.proxy, "portforward": forward}
        self._core.subresources.handlers["exec"] = self._exec.handle
        self._runner: web.ServerRunner | None = None
        self.url = ""

    @property
    def api(self) -> Api:
        """The verbs and the store below, for changes that are to be taken back exactly."""
        return self._core.api

    def create(self, doc: Doc) -> Doc:
        """Create an object and return it as stored."""
        kind = self._kind(doc)
        return self._core.api.create(kind, self._space(kind, doc), clone(doc), self._write())

    def apply(self, doc: Doc) -> Doc:
        """Create an object or lay `doc` over the live one, whoever owns the fields."""
        kind = self._kind(doc)
        write = self._write()
        return self._core.api.apply(kind, self._space(kind, doc), name_of(doc), clone(doc), write)

    def delete(self, api_version: str, kind: str, name: str, namespace: str | None = None) -> None:
        """Delete an object and what it owns."""
        found = self._core.api.kind(api_version, kind)
        self._core.deleter.delete(found, self._given(found, namespace), name, Deletion())

    def get(
        self, api_version: str, kind: str, name: str, namespace: str | None = None
    ) -> Doc | None:
        """Return a copy of an object, or None."""
        found = self._core.api.kind(api_version, kind)
        try:
            return self._core.api.get(found, self._given(found, namespace), name)
        except ApiError as error:
            if error.code == 404:
                return None
            raise

    def list(self, api_version: str, kind: str, namespace: str | None = None) -> Docs:
        """Return copies of all objects of a kind, in one namespace or in all."""
        found = self._core.api.kind(api_version, kind)
        entries = self._core.api.store.scan(found.resource, namespace or "")
        return [self._core.api.versioned(entry.doc, found) for entry in entries]

    def patch_status(
        self, api_version: str, kind: str, name: str, status: Doc, namespace: str | None = None
    ) -> Doc:
        """Merge `status` (RFC 7386) into an object's status and return the object."""
        found = self._core.api.kind(api_version, kind)
        space = self._given(found, namespace)
        merge = "application/merge-patch+json"
        body: dict[str, Any] = {"status": clone(status)}
        return self._core.api.patch(found, space, name, body, merge, self._write(), "status")

    @property
    def disks(self) -> Disks:
        """The folders behind volumes."""
        return self._exec.disks

    @property
    def logs(self) -> Logs:
        """What `kubectl logs` shows, by namespace, pod and container; "" is every container."""
        return self._core.subresources.logs

    def set_log(self, namespace: str, pod: str, text: str, container: str = "") -> None:
        """Store what `kubectl logs` shows for a pod, or for one of its containers."""
        self.logs[namespace, pod, container] = text

    def service_backend(
        self, namespace: str, service: str, port: int, target: tuple[str, int]
    ) -> None:
        """Send what reaches a service's port, or its pods', to a local address (host, port)."""
        self._backends.add(namespace, service, port, target)

    def pause_profile(self, name: str) -> None:
        """Keep the Profile controller from repairing what belongs to one profile."""
        self._core.profiles.pause(name)

    def resume_profile(self, name: str) -> None:
        """Let the Profile controller look after a profile again; it repairs at once."""
        self._core.profiles.resume(name)

    def reset(self, keep_crds: bool) -> None:
        """Delete everything but what every new cluster has, and the CRDs where they are kept."""
        core = self._core
        core.profiles.clear()
        self.disks.wipe()
        core.subresources.logs.clear()
        self._backends.clear()
        kinds = [kind for kind in core.api.registry if not (keep_crds and kind.resource == CRDS)]
        # Owners first: what they own is not made again then.
        for kind in sorted(kinds, key=lambda one: (not one.custom, not one.group)):
            for entry in core.api.store.scan(kind.resource):
                core.api.forget(kind, entry.doc)
        core.bootstrap()

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen with TLS; port 0 picks a free one. Afterwards `url` says where."""
        server = web.Server(Server(self._core).handle, request_factory=_request, access_log=None)
        self._runner = web.ServerRunner(server, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port, ssl_context=context(self._ca, host))
        await site.start()
        address = self._runner.addresses[0]
        self.url = f"https://{host}:{address[1]}"

    async def stop(self) -> None:
        """End all watches and connections and close the port."""
        self._core.watcher.close()
        await self._backends.close()
        if self._runner is not None:
            with contextlib.suppress(ConnectionResetError):
                await self._runner.cleanup()
            self._runner = None
        self.disks.wipe()

    def _kind(self, doc: Doc) -> Kind:
        return self._core.api.kind(str(doc.get("apiVersion")), str(doc.get("kind")))

    def _space(self, kind: Kind, doc: Doc) -> str:
        return self._given(kind, namespace_of(doc) or None)

    def _given(self, kind: Kind, namespace: str | None) -> str:
        return (namespace or "default") if kind.namespaced else ""

    def _write(self) -> Write:
        return Write(trusted=True, force=True)
