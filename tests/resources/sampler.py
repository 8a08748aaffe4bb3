"""Make up the fullest answer that a botocore shape allows; always the same one."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from relab.clouds import AwsTarget
from relab.clouds.outcome import Reply
from relab.resources.paging import tokens
from relab.resources.shapes import operation_model

DEPTH = 6
# Most rules look at a state: what stands here is the one that makes a type do all its calls.
STATES: Mapping[str, Any] = {
    "CidrBlockAssociationSet": [
        {"CidrBlock": "10.1.0.0/16", "CidrBlockState": {"State": "associated"}}
    ],
    "DestinationPrefixListId": None,
    "Grants": [{"Permission": "READ"}, {"Permission": "WRITE"}],
    "IsDefaultVersion": False,
    "KeyState": "Disabled",
    "LogDestination": None,
    "Main": False,
    "Origin": "CreateRoute",
    "TimeToLiveStatus": "ENABLED",
}


def sample(shape: Any, name: str = "x", depth: int = DEPTH) -> Any:
    """Return a value for `shape` with every member set, nested ones down to `depth`."""
    make: Callable[..., Any] = _MADE.get(shape.type_name, _text)
    return make(shape, name, depth)


def answer(service: str, operation: str) -> dict[str, Any]:
    """Return the fullest answer of `operation`, as the last page."""
    shape = operation_model(service, operation).output_shape
    made: dict[str, Any] = sample(shape) if shape else {}
    roots = {expression.split(".")[0] for expression in tokens(service, operation).values()}
    return {key: value for key, value in made.items() if key not in roots}


class Fullest:
    """A caller that gives the fullest answer to everything."""

    def call(
        self, target: AwsTarget, service: str, operation: str, params: Mapping[str, Any]
    ) -> Reply:
        return Reply("200", answer(service, operation))


def _structure(shape: Any, _: str, depth: int) -> Any:
    chosen = shape.members
    if getattr(shape, "is_tagged_union", False):
        chosen = dict(list(shape.members.items())[:1])
    return {
        name: STATES[name] if name in STATES else sample(member, name, depth - 1)
        for name, member in chosen.items()
        if depth > 0 or name in shape.required_members
    }


def _list(shape: Any, name: str, depth: int) -> Any:
    return [sample(shape.member, name, depth - 1)] if depth > 0 else []


def _map(shape: Any, name: str, depth: int) -> Any:
    key = sample(shape.key, name, depth)
    return {key: sample(shape.value, name, depth - 1)} if depth > 0 else {}


def _number(shape: Any, *_: Any) -> Any:
    return max(int(shape.metadata.get("min", 1)), 1)


def _text(shape: Any, name: str, _: int) -> Any:
    enum = shape.metadata.get("enum")
    return enum[0] if enum else name.ljust(int(shape.metadata.get("min", 1)), "x")


_MADE: dict[str, Callable[..., Any]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "boolean": lambda *_: True,
    "integer": _number,
    "long": _number,
    "float": _number,
    "double": _number,
    "timestamp": lambda *_: datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
    "blob": lambda *_: b"\x00\xffbytes",
}
