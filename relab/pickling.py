"""Quick pickling of small dataclasses, of which many go from one process to another."""

from collections.abc import Callable
from dataclasses import fields
from operator import attrgetter
from typing import Any, TypeVar

T = TypeVar("T")


def by_position(kind: type[T]) -> type[T]:
    """Let the instances of a dataclass be pickled as the arguments that make them again.

    One with slots looks its fields up for each, and sets them one by one: thrice as long. All
    fields, at least two, must be arguments of `__init__`.
    """
    values: Callable[[object], Any] = attrgetter(*[one.name for one in fields(kind)])  # type: ignore[arg-type]  # a dataclass

    def reduced(self: object) -> tuple[type[T], Any]:
        return kind, values(self)

    kind.__reduce__ = reduced  # type: ignore[method-assign]  # what pickle asks for
    return kind
