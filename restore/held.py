"""The data of a snapshot, gathered by what holds it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from relab.resources.item import Item
from restore.aws_needs import Directory
from restore.inside import holder, holder_of
from snapshot.data.dumps import DUMP


@dataclass(frozen=True, slots=True)
class Held:
    """The data inside one holder: its type, how many things and how many bytes.

    It is `shared` when some of it is another tenant's.
    """

    type: str
    tenant: str
    count: int
    size: int
    shared: bool = False


@dataclass(slots=True)
class Inside:
    """Takes note of data that is `wanted`: by the identity of its holder, or as `lost`.

    `origins` are the keys under which the snapshot holds what is inside, where they are others.
    """

    directory: Directory
    wanted: Callable[[Item], bool]
    held: dict[str, Held] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    lost: list[Item] = field(default_factory=list)

    def add(self, saved: Item, item: Item, size: int) -> None:
        """Take note of `size` bytes of data, called `saved` in the snapshot and `item` here."""
        if not self.wanted(item):
            return
        name = holder(item, self.directory) or _elsewhere(item)
        if not name:
            self.lost.append(item)
            return
        before = self.held.get(name, Held(item.type, item.tenant, 0, 0))
        shared = before.shared or before.tenant != item.tenant
        total = before.size + size
        self.held[name] = replace(before, count=before.count + 1, size=total, shared=shared)
        self.origins[name] = holder_of(saved)[1]


def _elsewhere(item: Item) -> str:
    """Return what holds `item` though it is no part of the snapshot: the platform's databases."""
    if item.type != DUMP:
        return ""
    kind, key = holder_of(item)
    return f"{item.provider}:{kind}:{item.region}:{key}"
