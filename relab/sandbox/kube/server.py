"""The HTTP face: who asks, may they, and which handler answers."""

import logging

from aiohttp import web

from relab.sandbox.kube import discovery, reviews
from relab.sandbox.kube.bodies import LIMIT
from relab.sandbox.kube.builtin import BUILTIN, REVIEW_KINDS
from relab.sandbox.kube.call import Call, document_answer, failure, json_answer
from relab.sandbox.kube.core import Core
from relab.sandbox.kube.model import Incoming, User
from relab.sandbox.kube.paths import Asked, Route, asked, parse, verb_of
from relab.sandbox.kube.rbac import refusal
from relab.sandbox.kube.status import ApiError, method_not_allowed, no_resource
from relab.sandbox.kube.subresources import Handler

_LOG = logging.getLogger(__name__)
_HEALTH = ("/healthz", "/livez", "/readyz")
_BUILTIN_GROUPS = frozenset(kind.group for kind in BUILTIN)
_AGGREGATED = "g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


class Server:
    """Handles every request of one cluster."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request; failures become Status bodies, surprises a 500."""
        try:
            return await self._answer(request)
        except ApiError as error:
            return failure(error)
        except web.HTTPRequestEntityTooLarge:
            message = f"Request entity too large: limit is {LIMIT}"
            return failure(ApiError(413, "RequestEntityTooLarge", message))
        except (ConnectionResetError, web.HTTPException):
            raise
        except Exception as error:  # noqa: BLE001 - a surprise must answer 500, not drop the line
            _LOG.exception("%s %s", request.method, request.path)
            message = f"Internal error occurred: {error}"
            return failure(ApiError(500, "InternalError", message))

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.path
        if path in ("/version", "/version/"):
            return document_answer(discovery.VERSION)
        if path.startswith(_HEALTH):
            return web.Response(text="ok")
        user = self._core.authentication.identify(request.headers, self._core.authorizer)
        route = parse(path)
        if route is None:
            return await self._outside(request, user)
        verb = verb_of(request.method, route, request.query)
        await self._intercept(Incoming(user, verb, path, route.namespace, route.full_resource))
        self._permit(user, asked(verb, route, request.query))
        return await self._resource(request, route, user, verb)

    async def _intercept(self, incoming: Incoming) -> None:
        interceptor = self._core.interceptor
        denial = await interceptor(incoming) if interceptor is not None else None
        if denial is not None:
            raise ApiError(denial.status_code, denial.reason, denial.message)

    def _permit(self, user: User, wanted: Asked) -> None:
        if not self._core.authorizer.allows(user, wanted):
            raise refusal(user, wanted)

    async def _outside(self, request: web.BaseRequest, user: User) -> web.StreamResponse:
        path, verb = request.path, request.method.lower()
        await self._intercept(Incoming(user, verb, path, "", ""))
        self._permit(user, Asked(verb, path=path))
        accept = request.headers.get("Accept", "").replace("application/json;", "")
        found = self._discovery(
            path.rstrip("/"), aggregated=_AGGREGATED in accept, host=request.host
        )
        if found is None:
            return _not_found()
        return found

    def _discovery(self, path: str, *, aggregated: bool, host: str) -> web.Response | None:
        registry = self._core.api.registry
        if path in ("/api", "/apis"):
            core = path == "/api"
            if aggregated:
                answer = document_answer(discovery.aggregated(registry, core=core))
                answer.headers["Content-Type"] = f"application/json;{_AGGREGATED}"
                answer.headers["Vary"] = "Accept"
                return answer
            return document_answer(
                discovery.api_versions(host) if core else discovery.group_list(registry)
            )
        if path.startswith("/openapi/v3"):
            return self._openapi(path.removeprefix("/openapi/v3").strip("/"))
        return self._group(path.strip("/").split("/"))

    def _openapi(self, prefix: str) -> web.Response | None:
        found = self._core.openapi.document(prefix) if prefix else self._core.openapi.index()
        return json_answer(found) if found is not None else None

    def _group(self, parts: list[str]) -> web.Response | None:
        registry = self._core.api.registry
        versions = registry.group_versions()
        match parts:
            case ["api", version] if version in versions.get("", ()):
                group = ""
            case ["apis", group, version] if version in versions.get(group, ()):
                pass
            case ["apis", group] if group in versions:
                head = {"kind": "APIGroup", "apiVersion": "v1"}
                return document_answer(head | discovery.group_of(group, versions[group]))
            case _:
                return None
        kinds = [kind for kind in registry if (kind.group, kind.version) == (group, version)]
        return document_answer(discovery.resource_list(kinds, group, version))

    async def _resource(
        self, request: web.BaseRequest, route: Route, user: User, verb: str
    ) -> web.StreamResponse:
        kind = self._core.api.registry.at(route.group, route.version, route.plural)
        if kind is None:
            return _unserved(route)
        call = Call(request, route, kind, user, verb)
        if route.subresource:
            handler = self._core.subresources.handlers.get(route.subresource)
            if handler is None or route.subresource not in kind.subresources:
                raise no_resource()
            return await handler(call)
        if verb not in kind.verbs or (
            kind.namespaced and not route.namespace and verb in ("create", "get")
        ):
            raise method_not_allowed(verb)
        if kind.kind in REVIEW_KINDS and not kind.custom:
            body, _ = await call.body()
            core = self._core
            status = reviews.answer(kind, body, user, core.authorizer, core.authentication)
            return document_answer(status, 201)
        return await self._verb(call)

    async def _verb(self, call: Call) -> web.StreamResponse:
        core = self._core
        if call.verb == "get":
            return core.reader.get(call)
        if call.verb == "list":
            return core.reader.collection(call)
        handlers: dict[str, Handler] = {
            "watch": core.watcher.watch,
            "create": core.writer.create,
            "update": core.writer.update,
            "patch": core.writer.patch,
            "delete": core.writer.delete,
            "deletecollection": core.writer.delete_collection,
        }
        return await handlers[call.verb](call)


def _unserved(route: Route) -> web.Response:
    """Answer for a kind that is not there; groups of definitions know no Status for that."""
    if route.group in _BUILTIN_GROUPS:
        raise no_resource()
    return _not_found()


def _not_found() -> web.Response:
    return web.Response(status=404, text="404 page not found\n")
