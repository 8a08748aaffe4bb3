"""From an HTTP request line to what is asked of which resource."""

from collections.abc import Mapping
from dataclasses import dataclass

_WRITES = {"POST": "create", "PUT": "update", "PATCH": "patch"}
_NAMESPACE_SUBS = frozenset({"status", "finalize"})


@dataclass(frozen=True, slots=True)
class Route:
    """A path below /api/v1 or /apis/GROUP/VERSION; `rest` is what follows a proxy subresource."""

    group: str
    version: str
    plural: str
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    rest: str = ""

    @property
    def full_resource(self) -> str:
        """Return `plural` or `plural/subresource`, as rules name it."""
        return f"{self.plural}/{self.subresource}" if self.subresource else self.plural


@dataclass(frozen=True, slots=True)
class Asked:
    """What an authorizer decides on; `path` is set for requests outside the resources."""

    verb: str
    group: str = ""
    resource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""


def parse(path: str) -> Route | None:
    """Return the resource a path names, or None for paths outside the resources."""
    parts = path.strip("/").split("/")
    if parts[0] == "api" and len(parts) > 2:
        group, version, parts = "", parts[1], parts[2:]
    elif parts[0] == "apis" and len(parts) > 3:
        group, version, parts = parts[1], parts[2], parts[3:]
    else:
        return None
    namespace = ""
    if parts[0] == "namespaces" and len(parts) > 2 and parts[2] not in _NAMESPACE_SUBS:
        namespace, parts = parts[1], parts[2:]
    elif parts[0] == "namespaces" and len(parts) > 1:
        namespace = parts[1]
    return Route(group, version, parts[0], namespace, *_named(parts[1:]))


def _named(parts: list[str]) -> tuple[str, str, str]:
    name, subresource, *rest = [*parts, "", ""][: max(len(parts), 2)]
    return name, subresource, "/".join(rest)


def verb_of(method: str, route: Route, query: Mapping[str, str]) -> str:
    """Return the API verb of a request for a resource."""
    if method in ("GET", "HEAD"):
        if route.name:
            return "get"
        return "watch" if query.get("watch") in ("true", "1") else "list"
    if method == "DELETE":
        return "delete" if route.name else "deletecollection"
    return _WRITES.get(method, "get")


def asked(verb: str, route: Route, query: Mapping[str, str]) -> Asked:
    """Return what the authorizer must decide; a selector on one name counts as that name."""
    name = route.name
    if not name and verb in ("list", "watch", "deletecollection"):
        terms = dict(
            term.split("=", 1) for term in query.get("fieldSelector", "").split(",") if "=" in term
        )
        name = terms.get("metadata.name", "").lstrip("=")
    return Asked(verb, route.group, route.full_resource, route.namespace, name)
