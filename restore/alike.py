"""Which live item may be a saved one under another id, and what of it can be made as it was."""

from collections.abc import Iterator, Sequence

from relab.resources.document import taken
from relab.resources.item import Item
from relab.resources.model import ResourceType, Step
from relab.resources.tagging import tagging
from relab.resources.tags import MEMBER
from relab.resources.writing import creation
from restore.calls import within
from restore.equal import differences


def same_call(kind: ResourceType, here: Item, one: Item) -> bool:
    """Tell whether the call that would make `here` may have made `one`."""
    wanted, theirs = creation(kind, here), creation(kind, one)
    return wanted is not None and theirs is not None and within(wanted.params, theirs.params)


def made_alike(kind: ResourceType, here: Item, one: Item) -> bool:
    """Tell whether that call, and none for another item, has made `one`."""
    tagged = kind.create is not None and bool(kind.create.tags)
    same_tags = here.document.get(MEMBER) == one.document.get(MEMBER)
    return (same_tags or not tagged) and same_call(kind, here, one)


def nearest(here: Item, found: Sequence[Item]) -> Item | None:
    """Return which of `found` differs least from `here`; None when there is none."""
    return min(found, key=lambda one: len(differences(here.document, one.document)), default=None)


def renewable(kind: ResourceType) -> bool:
    """Tell whether the call that makes an item may be made again to change it: a `Put...`."""
    return kind.create is not None and kind.create.operation.startswith("Put")


def settable(kind: ResourceType, pointers: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return which of the JSON `pointers` into a document calls can set later, and the others."""
    steps = [
        *kind.configure,
        *kind.updates,
        *([kind.create] if kind.create and renewable(kind) else []),
    ]
    known = {name for step in steps for name in _sets(kind, step)}
    known |= {MEMBER} if tagging(kind) else set()
    good = [one for one in pointers if one.split("/")[1:2] and one.split("/")[1] in known]
    return good, [one for one in pointers if one not in good]


def _sets(kind: ResourceType, step: Step) -> Iterator[str]:
    """Yield the members of a document that `step` sends."""
    yield from (step.each,) if step.each else taken(kind, step).values()
    if step.tags:
        yield MEMBER
