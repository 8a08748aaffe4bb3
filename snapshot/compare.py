"""What is different between two streams of entries: items, and the values inside them.

Both streams come in the order of `identity_order`, as a vault's reader yields them, so memory does
not grow with them. Nothing is opened: sealed values are compared by their fingerprints.
"""

from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from relab.errors import RelabError
from relab.resources.item import canonical
from relab.resources.pointers import joined, steps
from snapshot.vault.model import Entry
from snapshot.vault.seal import TOKEN

_NEVER = object()


class Kind(StrEnum):
    """What became of an item, or of a value in it, on the way from left to right."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Field:
    """A value that differs, by JSON pointer into the item.

    A removed element of a list is named by where it stood on the left, any other by where it stands
    on the right. `sealed` values are given as their tokens.
    """

    pointer: str
    change: Kind
    before: Any = None
    after: Any = None
    sealed: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """An item that differs; `bytes` is the size of its data, on the right unless it is removed."""

    tenant: str
    provider: str
    type: str
    region: str
    key: str
    change: Kind
    bytes: int = 0
    fields: tuple[Field, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class _Sealed:
    fingerprint: str


def identity_order(entry: Entry) -> tuple[str, str, str, str]:
    """Return what both sides are ordered by."""
    item = entry.item
    return item.provider, item.type, item.region, item.key


def compare(
    left: Iterable[Entry], right: Iterable[Entry], *, observed: bool = False
) -> Iterator[Change]:
    """Yield what is different on the right, in the order of identity.

    What was only observed counts when `observed`. RelabError when a side is not in order.
    """
    old, new = _ordered(left), _ordered(right)
    before, after = next(old, None), next(new, None)
    while before is not None or after is not None:
        if after is None or (before and identity_order(before) < identity_order(after)):
            assert before is not None  # noqa: S101 - for the type checker: the loop's condition
            yield _whole(before, Kind.REMOVED)
            before = next(old, None)
        elif before is None or identity_order(after) < identity_order(before):
            yield _whole(after, Kind.ADDED)
            after = next(new, None)
        else:
            yield from _inside(before, after, observed)
            before, after = next(old, None), next(new, None)


def _ordered(entries: Iterable[Entry]) -> Iterator[Entry]:
    last: tuple[str, ...] = ()
    for entry in entries:
        order = identity_order(entry)
        if order <= last:
            raise RelabError("items come twice or out of order", where=entry.item.identity)
        last = order
        yield entry


def _whole(entry: Entry, change: Kind) -> Change:
    item = entry.item
    return Change(
        item.tenant, item.provider, item.type, item.region, item.key, change, _size(entry)
    )


def _size(entry: Entry) -> int:
    return sum(blob.size for blob in entry.blobs.values())


def _inside(before: Entry, after: Entry, observed: bool) -> Iterator[Change]:
    if _alike(before, after) and not (observed and _seen(before) != _seen(after)):
        return
    fields = tuple(_fields("", _view(before, observed), _view(after, observed)))
    if fields:
        item = after.item
        names = (item.tenant, item.provider, item.type, item.region, item.key)
        yield Change(*names, Kind.CHANGED, _size(after), fields)


def _alike(before: Entry, after: Entry) -> bool:
    """Tell quickly whether all that can be put back, and every sealed value, is equal."""
    return _names(before) == _names(after) and canonical(before.item.document) == canonical(
        after.item.document
    )


def _names(entry: Entry) -> tuple[Any, ...]:
    item = entry.item
    boxes = {pointer: box.fingerprint for pointer, box in entry.sealed.items()}
    return item.tenant, item.owner, sorted(item.identifiers), dict(entry.blobs), boxes


def _seen(entry: Entry) -> bytes:
    return canonical(entry.item.observed)


def _view(entry: Entry, observed: bool) -> dict[str, Any]:
    """Return all of an entry that is compared, as one tree; sealed values are leaves of it."""
    item = entry.item
    view: dict[str, Any] = {
        "tenant": item.tenant,
        "owner": item.owner,
        "identifiers": sorted(item.identifiers),
        "document": deepcopy(item.document),
        "blobs": {
            name: {"digest": blob.digest, "size": blob.size} for name, blob in entry.blobs.items()
        },
    }
    if observed:
        view["observed"] = deepcopy(item.observed)
    for pointer, box in entry.sealed.items():
        if steps(pointer)[0] in view:
            _place(view, steps(pointer), _Sealed(box.fingerprint))
    return view


def _place(node: Any, path: list[str], value: _Sealed) -> None:
    for step in path[:-1]:
        node = node[int(step) if isinstance(node, list) else step]
    node[int(path[-1]) if isinstance(node, list) else path[-1]] = value


def _fields(pointer: str, before: Any, after: Any) -> Iterator[Field]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted(before.keys() | after.keys()):
            values = (before.get(name, _NEVER), after.get(name, _NEVER))
            yield from _fields(joined(pointer, name), *values)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _elements(pointer, before, after)
    elif not _same(before, after):
        yield _field(pointer, before, after)


def _elements(pointer: str, before: list[Any], after: list[Any]) -> Iterator[Field]:
    """Compare lists without the elements that are equal at both ends."""
    head = _shared(before, after)
    tail = _shared(before[head:][::-1], after[head:][::-1])
    old, new = before[head : len(before) - tail], after[head : len(after) - tail]
    for at in range(max(len(old), len(new))):
        values = (old[at] if at < len(old) else _NEVER, new[at] if at < len(new) else _NEVER)
        yield from _fields(joined(pointer, head + at), *values)


def _shared(before: list[Any], after: list[Any]) -> int:
    pairs = zip(before, after, strict=False)
    return next((at for at, pair in enumerate(pairs) if not _same(*pair)), _shorter(before, after))


def _shorter(before: list[Any], after: list[Any]) -> int:
    return min(len(before), len(after))


def _same(before: Any, after: Any) -> bool:
    """Tell whether two values are written alike; 1, 1.0 and true are not."""
    if before is _NEVER or after is _NEVER or isinstance(before, _Sealed | str):
        return bool(before == after)
    if isinstance(after, _Sealed):
        return False
    return canonical(_plain(before)) == canonical(_plain(after))


def _field(pointer: str, before: Any, after: Any) -> Field:
    sealed = isinstance(before, _Sealed) or isinstance(after, _Sealed)
    if before is _NEVER:
        return Field(pointer, Kind.ADDED, None, _plain(after), sealed)
    if after is _NEVER:
        return Field(pointer, Kind.REMOVED, _plain(before), None, sealed)
    return Field(pointer, Kind.CHANGED, _plain(before), _plain(after), sealed)


def _plain(node: Any) -> Any:
    if isinstance(node, _Sealed):
        return {TOKEN: node.fingerprint}
    if isinstance(node, dict):
        return {name: _plain(value) for name, value in node.items()}
    return [_plain(value) for value in node] if isinstance(node, list) else node
