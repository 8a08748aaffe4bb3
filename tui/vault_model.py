"""What `relab snapshot ... --json` tells of a vault, as frozen dataclasses.

Every field has a default, so that an older or newer relab's answer is still shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar

SHARED = ""
_COMPLETE = "complete"
_NO_GAP = frozenset({"captured", "empty"})


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A finished snapshot; `bytes` counts equal data once, times are UTC in ISO 8601."""

    name: str = ""
    state: str = ""
    cohort: str = ""
    finished_at: str = ""
    items: int = 0
    tenants: int = 0
    bytes: int = 0
    gaps: int = 0
    pinned: bool = False
    verified_at: str = ""
    verified_deep: bool = False

    @property
    def is_complete(self) -> bool:
        """Tell whether nothing of what was asked for is missing."""
        return self.state == _COMPLETE


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A save that can be resumed in the same `scope`; `units` of its work are done."""

    name: str = ""
    cohort: str = ""
    started_at: str = ""
    units: int = 0
    scope: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """How many items of a type a tenant has; an empty tenant stands for what is nobody's."""

    tenant: str = SHARED
    provider: str = ""
    type: str = ""
    items: int = 0


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a snapshot; `bytes` is the size of its data."""

    provider: str = ""
    type: str = ""
    region: str = ""
    key: str = ""
    tenant: str = SHARED
    bytes: int = 0
    sealed: int = 0

    @property
    def identity(self) -> str:
        """Return the name that no other item of the snapshot has."""
        return f"{self.provider}:{self.type}:{self.region}:{self.key}"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the coverage ledger: what was asked, and what became of it."""

    service: str = ""
    type: str = ""
    region: str = ""
    tenant: str = SHARED
    state: str = ""
    count: int = 0
    detail: str = ""

    @property
    def is_gap(self) -> bool:
        """Tell whether something is missing because of it, or may be."""
        return self.state not in _NO_GAP


@dataclass(frozen=True, slots=True)
class Field:
    """A value that differs, by JSON pointer into the item; sealed values are tokens."""

    pointer: str = ""
    change: str = ""
    before: Any = None
    after: Any = None
    sealed: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """An item that differs between two snapshots; `bytes` is the size of its data."""

    tenant: str = SHARED
    provider: str = ""
    type: str = ""
    region: str = ""
    key: str = ""
    change: str = ""
    bytes: int = 0
    fields: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong that a verification found."""

    kind: str = ""
    what: str = ""
    harmful: bool = True


Row = TypeVar("Row")


def rows(kind: type[Row], raw: Any) -> tuple[Row, ...]:
    """Return each object of the JSON array `raw` as a `kind`; TypeError when it is none."""
    if not isinstance(raw, list) or not all(isinstance(one, Mapping) for one in raw):
        raise TypeError(f"no list of {kind.__name__}")
    defaults = {one.name: one.default for one in fields(kind)}  # type: ignore[arg-type] # a dataclass
    return tuple(
        kind(**{name: _value(defaults[name], one[name]) for name in defaults if name in one})
        for one in raw
    )


def _value(default: Any, value: Any) -> Any:
    if default is None:
        return value
    if value is None:
        return default
    return rows(Field, value) if isinstance(default, tuple) else type(default)(value)
