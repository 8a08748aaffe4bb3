"""JSON pointers (RFC 6901): where in a document a value stands."""

from collections.abc import Iterable
from typing import Any


def steps(pointer: str) -> list[str]:
    """Return the members and indices that `pointer` names, outermost first."""
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def joined(pointer: str, step: object) -> str:
    """Return the pointer to member or index `step` of what stands at `pointer`."""
    return f"{pointer}/{str(step).replace('~', '~0').replace('/', '~1')}"


def written(path: Iterable[object]) -> str:
    """Return the pointer to what stands at the end of `path` (members and indices)."""
    pointer = ""
    for step in path:
        pointer = joined(pointer, step)
    return pointer


def find(node: Any, pointer: str) -> Any:
    """Return the value at `pointer`.

    LookupError, TypeError or ValueError when it leads nowhere.
    """
    for step in steps(pointer):
        node = node[int(step)] if isinstance(node, list) else node[step]
    return node
