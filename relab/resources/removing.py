"""The calls that take an item away, or what of it should not be there; making them is for others.

    for one in loosening(kind, item, place):  ->  Taking(Request(...)) | Reply
    for one in removal(kind, item, place): ...
    undoing(kind, saved, stands, handles)  ->  (Taking(...), ...)

A reply stands for a question that was not answered: what it should have told is not known then.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from relab.clouds.outcome import Reply
from relab.resources.document import joined, taken
from relab.resources.expressions import search
from relab.resources.item import Item, canonical
from relab.resources.model import Removal, ResourceType, Step
from relab.resources.reading import Place, fill
from relab.resources.shapes import members, native
from relab.resources.tags import MEMBER
from relab.resources.writing import Request, known_handles

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Taking:
    """A call that takes something away; `refused` finds in its answer what it did not take."""

    request: Request
    refused: str = ""

    def left(self, answer: Facts) -> Any:
        """Return what a good `answer` says was not taken away; nothing when all was."""
        return search(self.refused, answer) if self.refused else None


def loosening(kind: ResourceType, item: Item, place: Place) -> Iterator[Taking | Reply]:
    """Yield what must be done before `item`, and what it hangs on, can be removed."""
    yield from _takings(kind, kind.loosen, item, place)


def removal(kind: ResourceType, item: Item, place: Place) -> Iterator[Taking | Reply]:
    """Yield the calls that remove `item`."""
    yield from _takings(kind, kind.remove, item, place)


def undoing(
    kind: ResourceType, here: Item, stands: Item, handles: Facts, *, late: bool
) -> tuple[Taking, ...]:
    """Return what takes away all that `stands` has and `here` has not, of late steps or others."""
    found: dict[bytes, Taking] = {}
    for step in (*kind.configure, *kind.updates):
        if step.undo is None or step.late != late:
            continue
        wanted, standing = (
            [
                _params(step.undo, {**item.document, **handles}, row)
                for row in _rows(kind, step, item)
            ]
            for item in (here, stands)
        )
        for params in standing:
            if params not in wanted:
                key = canonical([step.undo.operation, params])
                found[key] = _taking(kind, step.undo, params)
    return tuple(found.values())


def _takings(
    kind: ResourceType, removals: Iterable[Removal], item: Item, place: Place
) -> Iterator[Taking | Reply]:
    known = joined(kind, item.document, item.observed) | known_handles(kind, item)
    for one in removals:
        facts = dict(known)
        failed = next((r for asked in one.asks if (r := fill(kind, place, facts, asked))), None)
        if failed is not None:
            yield failed
            continue
        for row in (search(one.over, facts) or []) if one.over else [{}]:
            yield _taking(kind, one, _params(one, facts, row))


def _rows(kind: ResourceType, step: Step, item: Item) -> list[Any]:
    """Return what a call each would undo, of all that `item` has of `step`."""
    over = step.undo.over if step.undo else ""
    if over or step.each:
        return search(over or step.each, item.document) or []
    if step.tags:
        return [{"Key": name} for name in item.document.get(MEMBER) or {}]
    return [{}] if any(name in item.document for name in taken(kind, step).values()) else []


def _params(removal_: Removal, facts: Facts, row: Any) -> dict[str, Any]:
    inner = row if isinstance(row, Mapping) else {"element": row}
    told = {name: search(e, {**facts, **inner}) for name, e in removal_.args.items()}
    return {**removal_.constants, **{name: v for name, v in told.items() if v is not None}}


def _taking(kind: ResourceType, removal_: Removal, params: Facts) -> Taking:
    known = members(kind.service, removal_.operation)
    sent = {name: native(known[name], value) for name, value in params.items()}
    return Taking(Request(kind.service, removal_.operation, sent), removal_.refused)
