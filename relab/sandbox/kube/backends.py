"""Where a service's traffic really goes: local addresses that stand in for pods."""

from dataclasses import dataclass

import aiohttp
from aiohttp import web

from relab.sandbox.kube.api import Api
from relab.sandbox.kube.call import Call
from relab.sandbox.kube.controllers.workloads import is_ready
from relab.sandbox.kube.kinds import Kind
from relab.sandbox.kube.model import Doc, dig
from relab.sandbox.kube.selectors import matches
from relab.sandbox.kube.status import ApiError, bad_request, unavailable

Address = tuple[str, int]
_PODS, _SERVICES = ("", "pods"), ("", "services")
_HOP = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "upgrade", "host", "authorization"}
    | {"content-encoding", "content-length", "accept-encoding"}
)


@dataclass(frozen=True, slots=True)
class Backend:
    """One service port and the local address behind it."""

    namespace: str
    service: str
    port: int
    target: Address


class Backends:
    """Finds the local address behind a service or a pod, and proxies HTTP to it."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._known: dict[tuple[str, str, int], Backend] = {}
        self._session: aiohttp.ClientSession | None = None

    def add(self, namespace: str, service: str, port: int, target: Address) -> None:
        """Remember where a service port leads."""
        self._known[namespace, service, port] = Backend(namespace, service, port, target)

    def clear(self) -> None:
        """Forget all addresses."""
        self._known.clear()

    async def close(self) -> None:
        """Close connections to back ends."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def of_service(self, namespace: str, service: Doc, port: str) -> Address:
        """Return the address of a service's port, given by name or number; raises 503."""
        name = service["metadata"]["name"]
        ports = dig(service, "spec", "ports") or ()
        numbers = [
            item["port"]
            for item in ports
            if not port or port in (str(item["port"]), item.get("name"))
        ]
        backend = self._known.get((namespace, name, numbers[0])) if numbers else None
        if not numbers:
            raise unavailable(f'no service port "{port}" found for service "{name}"')
        if backend is None or not self._has_ready_pod(namespace, service):
            raise unavailable(f'no endpoints available for service "{name}"')
        return backend.target

    def _has_ready_pod(self, namespace: str, service: Doc) -> bool:
        selector = dig(service, "spec", "selector")
        if not selector:
            return True
        pods = self._api.store.scan(_PODS, namespace)
        return any(is_ready(entry.doc) and _selects(selector, entry.doc) for entry in pods)

    def of_pod(self, namespace: str, pod: Doc, port: int) -> Address | None:
        """Return the address behind a pod's port, found through the services that select it.

        None when none leads there, or when the pod's containers have ended: nothing listens then.
        """
        held = self._api.store.get(_PODS, namespace, pod["metadata"]["name"])
        if held is None or _has_ended(held.doc):
            return None
        for entry in self._api.store.scan(_SERVICES, namespace):
            selector = dig(entry.doc, "spec", "selector")
            if not selector or not _selects(selector, pod):
                continue
            for item in dig(entry.doc, "spec", "ports") or ():
                backend = self._known.get((namespace, entry.doc["metadata"]["name"], item["port"]))
                if backend and port == _pod_port(item, pod):
                    return backend.target
        return None

    def running_pod(self, kind: Kind, namespace: str, name: str) -> Doc:
        """Return a pod that takes connections; raises 404, or 400 for one that does not run."""
        pod = self._api.get(kind, namespace, name)
        phase = dig(pod, "status", "phase")
        if phase != "Running":
            raise bad_request(
                f"unable to forward port because pod is not running. Current status={phase}"
            )
        return pod

    async def proxy(self, call: Call) -> web.StreamResponse:
        """Answer services/NAME:PORT/proxy/... and pods/NAME:PORT/proxy/... from the back end."""
        host, port = self._target(call)
        query = call.request.query_string
        url = f"http://{host}:{port}/{call.route.rest}" + (f"?{query}" if query else "")
        headers = {
            key: value for key, value in call.request.headers.items() if key.lower() not in _HOP
        }
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=30)
            self._session = aiohttp.ClientSession(timeout=timeout, trust_env=False)
        body = await call.request.read()
        try:
            async with self._session.request(
                call.request.method, url, headers=headers, data=body, allow_redirects=False
            ) as answer:
                kept = {
                    key: value for key, value in answer.headers.items() if key.lower() not in _HOP
                }
                return web.Response(body=await answer.read(), status=answer.status, headers=kept)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise unavailable(f"error trying to reach service: {error}") from error

    def _target(self, call: Call) -> Address:
        parts = call.route.name.split(":")
        name, port = (parts[1], parts[2]) if len(parts) == 3 else (parts[0], (*parts, "")[1])
        entry = self._api.entry(call.kind, call.route.namespace, name)
        if call.kind.resource == _SERVICES:
            return self.of_service(call.route.namespace, entry.doc, port)
        number = port or str(_first_port(entry.doc))
        if not number.isdigit():
            raise bad_request(f'invalid port "{port}"')
        found = self.of_pod(call.route.namespace, entry.doc, int(number))
        if found is None or not is_ready(entry.doc):
            raise ApiError(
                503, "ServiceUnavailable", f"error trying to reach service: port {number} refused"
            )
        return found


def _has_ended(pod: Doc) -> bool:
    states = [item.get("state") or {} for item in dig(pod, "status", "containerStatuses") or ()]
    return bool(states) and not any("running" in state for state in states)


def _selects(selector: dict[str, str], pod: Doc) -> bool:
    return matches({"matchLabels": selector}, pod["metadata"].get("labels") or {})


def _first_port(pod: Doc) -> int:
    containers = dig(pod, "spec", "containers") or ()
    ports = (item for one in containers for item in one.get("ports") or ())
    return int(next((item["containerPort"] for item in ports), 80))


def _pod_port(item: Doc, pod: Doc) -> int:
    """Return the number of a service port's target on a pod; names are looked up there."""
    target = item.get("targetPort", item["port"])
    if isinstance(target, int):
        return target
    containers = dig(pod, "spec", "containers") or ()
    ports = (port for one in containers for port in one.get("ports") or ())
    return int(next((port["containerPort"] for port in ports if port.get("name") == target), 0))
