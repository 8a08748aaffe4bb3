"""What putting data back into a holder may use, and what comes of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from relab.resources.item import Item
from restore.journal import Journal
from snapshot.collect.world import World
from snapshot.vault.model import Entry


@dataclass(frozen=True, slots=True)
class Poured:
    """What came of putting data back: how much was made, and what could not be (key, why)."""

    made: int = 0
    failed: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Vessel:
    """What putting data back into one holder may use.

    `key` is the holder's key in the new world, `entries` the data as it was saved, in the order of
    their keys; `blob` yields the bytes of a blob by its digest. `saying` gives by tenant what says
    a text as things are called here; None when that is as they were called.
    """

    world: World
    journal: Journal
    key: str
    entries: Callable[[], Iterator[Entry]]
    blob: Callable[[str], Iterator[bytes]]
    unsealed: Callable[[Entry], Item]
    saying: Callable[[str], Callable[[str], str] | None] = lambda _: None


Pour = Callable[[Vessel], Poured]
