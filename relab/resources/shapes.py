"""botocore's shapes: what an input accepts, and values between JSON and what botocore takes.

A field can be put back if and only if the shape of a writing call accepts it.
"""

import base64
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

NOTHING: Any = object()
Split = tuple[Any, Any]


@cache
def _session() -> Any:
    from botocore.session import Session

    return Session()


@cache
def service_model(service: str) -> Any:
    """Return botocore's model of `service`."""
    return _session().get_service_model(service)


def operation_model(service: str, operation: str) -> Any:
    """Return the model of `operation` (its API name)."""
    return service_model(service).operation_model(operation)


@cache
def extra_model(service: str, kind: str) -> Mapping[str, Any]:
    """Return the `pagination` or `waiters` of `service`, empty when it has none."""
    from botocore.exceptions import UnknownServiceError

    name = {"pagination": "paginators-1", "waiters": "waiters-2"}[kind]
    try:
        found = _session().get_component("data_loader").load_service_model(service, name)
    except UnknownServiceError:
        return {}
    return dict(found[kind])


@cache
def members(service: str, operation: str) -> Mapping[str, Any]:
    """Return the input members of `operation` by name, without those that only guard a retry."""
    shape = operation_model(service, operation).input_shape
    found = shape.members if shape else {}
    return {name: s for name, s in found.items() if not s.metadata.get("idempotencyToken")}


def jsonable(value: Any) -> Any:
    """Return an answer's `value` with bytes as base64, times as ISO 8601, and no None."""
    if isinstance(value, Mapping):
        return {str(k): jsonable(v) for k, v in value.items() if v is not None}
    if isinstance(value, list | tuple):
        return [jsonable(item) for item in value if item is not None]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode("ascii")
    return value


def native(shape: Any, value: Any) -> Any:
    """Return the JSON-able `value` as botocore takes it for `shape`: the way back of `jsonable`."""
    kind = shape.type_name
    if kind == "structure" and isinstance(value, Mapping):
        known = shape.members
        return {k: native(known[k], v) if k in known else v for k, v in value.items()}
    if kind == "map" and isinstance(value, Mapping):
        return {k: native(shape.value, v) for k, v in value.items()}
    if kind == "list" and isinstance(value, list):
        return [native(shape.member, item) for item in value]
    if kind == "blob" and isinstance(value, str):
        return base64.b64decode(value)
    if kind == "timestamp" and isinstance(value, str):
        return datetime.fromisoformat(value)
    return value


def projection(shape: Any, value: Any) -> Split:
    """Return (what `shape` accepts of the JSON-able `value`, what it does not).

    Either is NOTHING when there is none of it. Ranges and required members count: a structure
    that would lack a required member is refused as a whole.
    """
    accepted, refused = _SPLITS.get(shape.type_name, _scalar)(shape, value)
    if accepted is not NOTHING and not _in_range(shape, accepted):
        return NOTHING, value
    return accepted, refused


def _structure(shape: Any, value: Any) -> Split:
    if not isinstance(value, Mapping):
        return NOTHING, value
    known = shape.members
    parts = {
        key: projection(known[key], item) if key in known else (NOTHING, item)
        for key, item in value.items()
    }
    accepted, refused = _sides(parts)
    lacks = any(name not in accepted for name in shape.required_members)
    if lacks or (value and not accepted):
        return NOTHING, value
    return accepted, refused or NOTHING


def _map(shape: Any, value: Any) -> Split:
    if not isinstance(value, Mapping):
        return NOTHING, value
    accepted, refused = _sides({key: projection(shape.value, item) for key, item in value.items()})
    return accepted, refused or NOTHING


def _sides(parts: Mapping[str, Split]) -> tuple[dict[str, Any], dict[str, Any]]:
    accepted = {key: part[0] for key, part in parts.items() if part[0] is not NOTHING}
    refused = {key: part[1] for key, part in parts.items() if part[1] is not NOTHING}
    return accepted, refused


def _list(shape: Any, value: Any) -> Split:
    if not isinstance(value, list):
        return NOTHING, value
    parts = [projection(shape.member, item) for item in value]
    accepted = [part[0] for part in parts if part[0] is not NOTHING]
    refused = [part[1] for part in parts if part[1] is not NOTHING]
    if value and not accepted:
        return NOTHING, value
    return accepted, refused or NOTHING


def _text(_: Any, value: Any) -> Split:
    if isinstance(value, Mapping):
        # botocore decodes IAM's policies; the call wants them as text again.
        return json.dumps(value, ensure_ascii=False), NOTHING
    return (value, NOTHING) if isinstance(value, str) else (NOTHING, value)


def _scalar(shape: Any, value: Any) -> Split:
    kinds = _KINDS.get(shape.type_name, ())
    fits = isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))
    return (value, NOTHING) if fits else (NOTHING, value)


def _in_range(shape: Any, value: Any) -> bool:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    size = value if isinstance(value, int | float) else len(value)
    if isinstance(value, bool) or shape.type_name in ("timestamp", "blob"):
        return True
    # botocore lets a service judge what is too long; only what is too small can not be meant.
    too_big = high is not None and size > high and isinstance(value, int | float)
    return not too_big and (low is None or size >= low)


_SPLITS: dict[str, Callable[[Any, Any], Split]] = {
    "structure": _structure,
    "map": _map,
    "list": _list,
    "string": _text,
    "character": _text,
}
_KINDS: dict[str, tuple[type, ...]] = {
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "timestamp": (str,),
    "blob": (str,),
}
