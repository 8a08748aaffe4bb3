"""The few words the whole emulator shares: users, requests, denials and JSON documents."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Doc = dict[str, Any]
ResourceId = tuple[str, str]  # (group, plural)

MASTERS = "system:masters"
AUTHENTICATED = "system:authenticated"


@dataclass(frozen=True, slots=True)
class User:
    """An authenticated caller, as a bearer token or impersonation names it."""

    name: str
    uid: str
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Incoming:
    """What an interceptor sees; `namespace` and `resource` are "" where none applies."""

    user: User
    verb: str
    path: str
    namespace: str
    resource: str


@dataclass(frozen=True, slots=True)
class Denial:
    """A fault to answer instead of the truth, such as `Denial(429, "TooManyRequests", "...")`."""

    status_code: int
    reason: str
    message: str


def clone(value: Any) -> Any:
    """Return a copy of a JSON value that shares nothing with it; faster than `copy.deepcopy`."""
    if isinstance(value, dict):
        return {key: clone(item) for key, item in value.items()}
    if isinstance(value, list):
        return [clone(item) for item in value]
    return value


def now() -> str:
    """Return the current time as Kubernetes writes it, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def dig(doc: Any, *path: str) -> Any:
    """Return the value at `path` inside nested objects, or None where any part is missing."""
    for part in path:
        if not isinstance(doc, dict):
            return None
        doc = doc.get(part)
    return doc


def name_of(doc: Doc) -> str:
    """Return `metadata.name`, or "" for an object that has none yet."""
    return str(dig(doc, "metadata", "name") or "")


def namespace_of(doc: Doc) -> str:
    """Return `metadata.namespace`, or "" for cluster-scoped objects."""
    return str(dig(doc, "metadata", "namespace") or "")
