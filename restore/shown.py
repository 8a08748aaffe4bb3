"""The values at which two items differ, as a diff shows them; sealed values stay sealed."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from relab.resources.pointers import find
from snapshot.compare import Field, Kind
from snapshot.vault.seal import TOKEN
from snapshot.vault.store import Blob

DATA = "(data)"
_NEVER = object()


def fields(saved: Any, live: Any, pointers: Iterable[str]) -> Iterator[Field]:
    """Yield what stands at `pointers` of two documents whose secrets are tokens.

    A pointer into a secret gives a sealed field without values.
    """
    for pointer in pointers:
        before, after = _at(saved, pointer), _at(live, pointer)
        if before is _NEVER and after is _NEVER:
            yield Field(pointer, Kind.CHANGED, sealed=True)
        elif before is _NEVER:
            yield Field(pointer, Kind.ADDED, None, after, _is_sealed(after))
        elif after is _NEVER:
            yield Field(pointer, Kind.REMOVED, before, None, _is_sealed(before))
        else:
            sealed = _is_sealed(before) or _is_sealed(after)
            yield Field(pointer, Kind.CHANGED, before, after, sealed)


def data(saved: Mapping[str, Blob], live: Mapping[str, Blob]) -> Field:
    """Return how the data of two items differs: digest and size (bytes) of each part."""
    return Field(DATA, Kind.CHANGED, _parts(saved), _parts(live))


def _parts(blobs: Mapping[str, Blob]) -> dict[str, Any]:
    return {name: {"digest": b.digest, "size": b.size} for name, b in blobs.items()}


def _at(node: Any, pointer: str) -> Any:
    try:
        return find(node, pointer)
    except (LookupError, TypeError, ValueError):
        return _NEVER


def _is_sealed(value: Any) -> bool:
    return isinstance(value, Mapping) and TOKEN in value
