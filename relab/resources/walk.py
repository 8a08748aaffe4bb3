"""Dotted paths into a document, `*` for every element or value: find, sort, take away."""

from collections.abc import Iterator, Mapping
from typing import Any

from relab.resources.item import canonical

Steps = tuple[str | int, ...]


def paths(node: Any, path: str) -> Iterator[Steps]:
    """Yield the steps to every place in `node` that `path` names."""
    yield from _walk(node, tuple(path.split(".")), ())


def at(node: Any, steps: Steps) -> Any:
    """Return what stands in `node` at `steps`; KeyError or IndexError when nothing does."""
    for step in steps:
        node = node[step]
    return node


def without(node: Any, steps: tuple[str, ...]) -> Any:
    """Return `node` without what stands at `steps`, nor the mappings that this leaves empty."""
    if not isinstance(node, Mapping) or steps[0] not in node:
        return node
    rest = {key: value for key, value in node.items() if key != steps[0]}
    if not steps[1:]:
        return rest
    inner = without(node[steps[0]], steps[1:])
    return rest if inner == {} else {**rest, steps[0]: inner}


def put(node: Mapping[str, Any], steps: tuple[str, ...], value: Any) -> dict[str, Any]:
    """Return `node` with `value` at `steps`."""
    if not steps[1:]:
        return {**node, steps[0]: value}
    inner = node.get(steps[0])
    return {**node, steps[0]: put(inner if isinstance(inner, Mapping) else {}, steps[1:], value)}


def ordered(node: Any, path: str) -> None:
    """Sort, in place, every list of `node` that `path` names."""
    for steps in list(paths(node, path)):
        found = at(node, steps)
        if isinstance(found, list):
            found.sort(key=canonical)


def _walk(node: Any, left: tuple[str, ...], done: Steps) -> Iterator[Steps]:
    if not left:
        yield done
        return
    head, rest = left[0], left[1:]
    keys: list[str | int] = [head]
    if head == "*":
        keys = list(node) if isinstance(node, Mapping) else []
        keys = list(range(len(node))) if isinstance(node, list) else keys
    for key in keys:
        if isinstance(key, int) or (isinstance(node, Mapping) and key in node):
            yield from _walk(node[key], rest, (*done, key))
