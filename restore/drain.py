"""What taking extra data out of a holder may use, and what it is to do."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from snapshot.collect.world import World
from snapshot.vault.model import Entry


@dataclass(frozen=True, slots=True)
class Inside:
    """The inside of one holder: its `key` in the world, and `entries`, its data as it was saved."""

    world: World
    key: str
    entries: Callable[[], Iterator[Entry]]
    blob: Callable[[str], Iterator[bytes]]


# Removes what is inside and was not saved, and returns how much that is; when `dry` only counts.
# NotDone says why not.
Drain = Callable[[Inside, bool], int]
