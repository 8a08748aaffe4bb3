"""Check JMESPath expressions against botocore's shapes: every member that one names must exist."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from relab.resources.document import own_members, taken
from relab.resources.expressions import compiled, fields
from relab.resources.model import Listing, Reading, ResourceType
from relab.resources.shapes import members, operation_model


@dataclass(frozen=True)
class Struct:
    """An object of known members."""

    members: Mapping[str, Any]


@dataclass(frozen=True)
class Many:
    """A list of one kind of element."""

    member: Any


@dataclass(frozen=True)
class Leaf:
    """A scalar, or something that is only looked at as a whole."""


LEAF = Leaf()
SURROUNDINGS = {"partition": LEAF, "region": LEAF, "account": LEAF}


class Unknown(AssertionError):
    """An expression names a member that is not there."""


def type_of(expression: str, scope: Any) -> Any:
    """Return the type that `expression` has over `scope`; Unknown for a member that is not."""
    return _walk(compiled(expression).parsed, lifted(scope))


def check_template(template: str, scope: Struct) -> None:
    """Check every expression of `template`."""
    for expression in fields(template):
        type_of(expression, scope)


def lifted(shape: Any) -> Any:
    """Return a botocore shape as one of ours, one level deep."""
    kind = getattr(shape, "type_name", None)
    if kind == "structure":
        return Struct(shape.members)
    if kind == "list":
        return Many(shape.member)
    if kind == "map":
        return Many(shape.value) if shape.value.type_name == "structure" else Open()
    return LEAF if kind else shape


@dataclass(frozen=True)
class Open:
    """A map whose keys botocore does not know, such as the attributes of a queue."""


def facts_of(kind: ResourceType) -> Struct:
    """Return the type of all facts of `kind`, checking its listings and readings on the way."""
    known: dict[str, Any] = {}
    for listing in kind.lists:
        element = lifted(_elements(_answer(kind, listing, known)))
        known |= element.members
    check_template(kind.key, Struct({**known, **SURROUNDINGS}))
    for reading in kind.reads:
        found = _answer(kind, reading, _scope_of(reading, known))
        if reading.into:
            known[reading.into] = Many(found) if reading.over else found
        else:
            known |= lifted(found).members
    return Struct(known)


def document_of(kind: ResourceType) -> Struct:
    """Return the type of the document of `kind`."""
    known: dict[str, Any] = {"Tags": Open()} if kind.tags else {}
    for step in kind.steps:
        inputs = members(kind.service, step.operation)
        known |= {name: inputs[member] for member, name in taken(kind, step).items()}
        if step.each:
            own = own_members(kind, step)
            rows = {name: shape for name, shape in inputs.items() if name not in own}
            known[step.each] = Many(Struct(rows))
    return Struct(known)


def check_path(path: str, scope: Any) -> None:
    """Check a dotted path with `*` over `scope`."""
    here = lifted(scope)
    for step in path.split("."):
        if isinstance(here, Open):
            return
        if step == "*":
            inner = here.members.values() if isinstance(here, Struct) else [here.member]
            here = lifted(next(iter([i for i in inner if lifted(i) != LEAF] or inner)))
        else:
            here = lifted(_field(here, step))


def _answer(kind: ResourceType, call: Listing | Reading, scope: Any) -> Any:
    for expression in call.args.values():
        type_of(expression, Struct(scope))
    return type_of(call.take, operation_model(kind.service, call.operation).output_shape)


def _scope_of(reading: Reading, known: Mapping[str, Any]) -> Mapping[str, Any]:
    if not reading.over:
        return known
    element = lifted(_elements(type_of(reading.over, Struct(known))))
    return {**known, **(element.members if isinstance(element, Struct) else {"element": LEAF})}


def _elements(scope: Any) -> Any:
    scope = lifted(scope)
    if isinstance(scope, Many):
        return scope.member
    raise Unknown(f"not a list: {scope}")


def _field(scope: Any, name: str) -> Any:
    if isinstance(scope, Open):
        return LEAF
    if isinstance(scope, Struct) and name in scope.members:
        return lifted(scope.members[name])
    raise Unknown(f"no member {name!r} in {sorted(getattr(scope, 'members', ()))}")


def _walk(node: Mapping[str, Any], scope: Any) -> Any:
    return _NODES[node["type"]](node, scope)


def _chain(node: Mapping[str, Any], scope: Any) -> Any:
    for child in node["children"]:
        scope = _walk(child, scope)
    return scope


def _projection(node: Mapping[str, Any], scope: Any) -> Any:
    element = lifted(_elements(_walk(node["children"][0], scope)))
    for condition in node["children"][2:]:
        _walk(condition, element)
    return Many(_walk(node["children"][1], element))


def _flatten(node: Mapping[str, Any], scope: Any) -> Any:
    element = lifted(_elements(_walk(node["children"][0], scope)))
    return element if isinstance(element, Many) else Many(element)


def _parts(node: Mapping[str, Any], scope: Any) -> list[Any]:
    return [_walk(child, scope) for child in node["children"]]


def _either(node: Mapping[str, Any], scope: Any) -> Any:
    return next((kind for kind in _parts(node, scope) if kind != LEAF), LEAF)


def _function(node: Mapping[str, Any], scope: Any) -> Any:
    found = _parts(node, scope)
    return found[0] if node["value"] in ("not_null", "without") else LEAF


def _dict(node: Mapping[str, Any], scope: Any) -> Any:
    return Struct({c["value"]: _walk(c["children"][0], scope) for c in node["children"]})


def _all(node: Mapping[str, Any], scope: Any) -> Any:
    _parts(node, scope)
    return LEAF


_NODES: dict[str, Callable[[Mapping[str, Any], Any], Any]] = {
    "field": lambda node, scope: _field(scope, node["value"]),
    "subexpression": _chain,
    "index_expression": _chain,
    "pipe": _chain,
    "identity": lambda _, scope: scope,
    "current": lambda _, scope: scope,
    "literal": lambda *_: LEAF,
    "index": lambda _, scope: lifted(_elements(scope)),
    "projection": _projection,
    "filter_projection": _projection,
    "flatten": _flatten,
    "multi_select_dict": _dict,
    "multi_select_list": lambda node, scope: Many(_parts(node, scope)[0]),
    "comparator": _all,
    "not_expression": _all,
    "and_expression": lambda node, scope: _parts(node, scope)[1],
    "or_expression": _either,
    "function_expression": _function,
}
