"""What is answered below an object's name: status, scale, log, eviction, tokens and the like."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from relab.sandbox.kube.api import JSON_PATCH, Api
from relab.sandbox.kube.auth import Authentication
from relab.sandbox.kube.call import Call, document_answer
from relab.sandbox.kube.deletion import Deleter
from relab.sandbox.kube.kinds import Kind
from relab.sandbox.kube.model import Doc, dig, name_of, namespace_of, now
from relab.sandbox.kube.patch import json_patch, merge_patch
from relab.sandbox.kube.reading import Reader
from relab.sandbox.kube.status import bad_request, method_not_allowed
from relab.sandbox.kube.writing import Writer, deletion_of, with_type

Handler = Callable[[Call], Awaitable[web.StreamResponse]]
Logs = dict[tuple[str, str, str], str]

_OBJECT_SUBS = frozenset({"status", "ephemeralcontainers", "approval"})


class Subresources:
    """Handlers by subresource name; proxies and port-forwards are added by the server."""

    def __init__(self, api: Api, reader: Reader, writer: Writer, deleter: Deleter) -> None:
        self._api, self._reader, self._writer, self._deleter = api, reader, writer, deleter
        self.logs: Logs = {}
        self.handlers: dict[str, Handler] = {
            "scale": self._scale,
            "log": self._log,
            "eviction": self._evict,
            "binding": self._bind,
            "finalize": self._finalize,
        }
        api.reactions.append(self._forget_logs)
        self.handlers |= dict.fromkeys(_OBJECT_SUBS, self._object)

    def _forget_logs(self, kind: Kind, before: Doc | None, after: Doc | None) -> None:
        if kind.resource != ("", "pods") or after is not None or before is None:
            return
        gone = (namespace_of(before), name_of(before))
        for key in [key for key in self.logs if key[:2] == gone]:
            del self.logs[key]

    async def _object(self, call: Call) -> web.StreamResponse:
        sub = call.route.subresource
        match call.verb:
            case "get":
                return self._reader.get(call)
            case "update":
                return await self._writer.update(call, sub)
            case "patch":
                return await self._writer.patch(call, sub)
        raise method_not_allowed(call.verb)

    async def _scale(self, call: Call) -> web.StreamResponse:
        route, kind = call.route, call.kind
        doc = self._api.get(kind, route.namespace, route.name)
        if call.verb == "get":
            return document_answer(_scale_of(doc))
        body, repeated = await call.body()
        wanted = _scaled(_scale_of(doc), body, call)
        doc["spec"] = doc["spec"] | {"replicas": wanted}
        made = self._api.update(kind, route.namespace, route.name, doc, call.write(repeated))
        return document_answer(_scale_of(made))

    async def _log(self, call: Call) -> web.StreamResponse:
        namespace, name = call.route.namespace, call.route.name
        pod = self._api.get(call.kind, namespace, name)
        container = container_of(pod, call.query.get("container", ""))
        _started(pod, container)
        found = self.logs.get((namespace, name, container))
        text = self.logs.get((namespace, name, ""), "") if found is None else found
        lines = text.splitlines(keepends=True)
        if tail := call.query.get("tailLines", ""):
            lines = lines[-int(tail) :] if tail.isdigit() and int(tail) else []
        return web.Response(body="".join(lines).encode(), content_type="text/plain")

    async def _evict(self, call: Call) -> web.StreamResponse:
        how = await deletion_of(call)
        self._deleter.delete(call.kind, call.route.namespace, call.route.name, how)
        return _created()

    async def _bind(self, call: Call) -> web.StreamResponse:
        body, _ = await call.body()
        pod = self._api.entry(call.kind, call.route.namespace, call.route.name).doc
        node = str(dig(body, "target", "name") or "")
        self._api.put(call.kind, pod, pod | {"spec": pod["spec"] | {"nodeName": node}})
        return _created()

    async def _finalize(self, call: Call) -> web.StreamResponse:
        body, _ = await call.body()
        return document_answer(self._deleter.finalize(call.route.name, with_type(body, call.kind)))


def tokens(api: Api, authentication: Authentication) -> Handler:
    """Return the handler of serviceaccounts/NAME/token."""

    async def issue(call: Call) -> web.StreamResponse:
        namespace, name = call.route.namespace, call.route.name
        account = api.get(call.kind, namespace, name)
        body, _ = await call.body()
        seconds = int(dig(body, "spec", "expirationSeconds") or 3600)
        if seconds < 600:
            raise bad_request(
                "spec.expirationSeconds: may not specify a duration less than 10 minutes"
            )
        token = authentication.issue(namespace, name, account["metadata"]["uid"], seconds)
        end = (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
        return document_answer(_token_request(namespace, name, token, seconds, end), 201)

    return issue


def _token_request(namespace: str, name: str, token: str, seconds: int, end: str) -> Doc:
    return {
        "kind": "TokenRequest",
        "apiVersion": "authentication.k8s.io/v1",
        "metadata": {"name": name, "namespace": namespace, "creationTimestamp": now()},
        "spec": {
            "audiences": ["relab-sandbox"],
            "expirationSeconds": seconds,
            "boundObjectRef": None,
        },
        "status": {"token": token, "expirationTimestamp": end},
    }


def _scale_of(doc: Doc) -> Doc:
    metadata = doc["metadata"]
    keys = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    labels: Any = dig(doc, "spec", "selector", "matchLabels") or {}
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {key: metadata[key] for key in keys if key in metadata},
        "spec": {"replicas": dig(doc, "spec", "replicas") or 0},
        "status": {
            "replicas": dig(doc, "status", "replicas") or 0,
            "selector": ",".join(f"{key}={value}" for key, value in sorted(labels.items())),
        },
    }


def _scaled(scale: Doc, body: Any, call: Call) -> int:
    if call.verb == "update":
        wanted = dig(body, "spec", "replicas") or 0
    elif call.media == JSON_PATCH:
        wanted = dig(json_patch(scale, body), "spec", "replicas")
    else:
        wanted = dig(merge_patch(scale, body), "spec", "replicas")
    if not isinstance(wanted, int) or wanted < 0:
        raise bad_request("spec.replicas: Invalid value: must be greater than or equal to 0")
    return wanted


def container_of(pod: Doc, wanted: str) -> str:
    """Return the name of the container that is meant: `wanted`, or the only one; raises 400."""
    spec = pod["spec"]
    everything = [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]
    name = pod["metadata"]["name"]
    if wanted:
        if all(item["name"] != wanted for item in everything):
            raise bad_request(f"container {wanted} is not valid for pod {name}")
        return wanted
    names = [str(item["name"]) for item in spec["containers"]]
    if len(names) > 1:
        listed = " ".join(names)
        raise bad_request(
            f"a container name must be specified for pod {name}, choose one of: [{listed}]"
        )
    return names[0]


def _started(pod: Doc, container: str) -> None:
    statuses = dig(pod, "status", "containerStatuses") or ()
    state = next(
        (item.get("state") or {} for item in statuses if item.get("name") == container), {}
    )
    reason = dig(state, "waiting", "reason")
    if reason and reason not in ("CrashLoopBackOff",):
        name = pod["metadata"]["name"]
        raise bad_request(f'container "{container}" in pod "{name}" is waiting to start: {reason}')


def _created() -> web.Response:
    status = {"status": "Success", "code": 201}
    return document_answer({"kind": "Status", "apiVersion": "v1", "metadata": {}, **status}, 201)
