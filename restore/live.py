"""The world as it stands: what is there of what a snapshot holds."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from relab.resources.item import Item
from snapshot.vault.model import Coverage


class Live:
    """Items of the live world, found by identity or type; each may be taken once.

    `names` are old identifier -> new identifier of all that was matched, `gaps` the questions to
    the world that were not answered whole. `opened` are items whose secrets are in clear.
    """

    def __init__(self, items: Iterable[Item], gaps: Iterable[Coverage] = ()) -> None:
        self._gaps = tuple(gaps)
        self.names: Mapping[str, str] = {}
        self.opened: Mapping[str, Item] = {}
        self._by_identity: dict[str, Item] = {}
        self._by_type: dict[str, list[Item]] = defaultdict(list)
        self._taken: set[str] = set()
        for item in items:
            self._by_identity[item.identity] = item
            self._by_type[item.type].append(item)

    def get(self, identity: str) -> Item | None:
        """Return the item called `identity`, taken or not; None when there is none."""
        return self._by_identity.get(identity)

    def everything(self) -> Iterator[Item]:
        """Yield all items that stand there."""
        yield from self._by_identity.values()

    def untaken(self) -> list[Item]:
        """Return the items that stand for no saved one."""
        return [i for name, i in self._by_identity.items() if name not in self._taken]

    def free(self, kind: str) -> list[Item]:
        """Return the items of a type that nobody has taken, and that no other item owns."""
        return [
            item
            for item in self._by_type[kind]
            if item.identity not in self._taken and not item.owner
        ]

    def owned(self, kind: str, owner: str) -> list[Item]:
        """Return the items of a type that the item called `owner` brought and nobody has taken."""
        return [
            item
            for item in self._by_type[kind]
            if item.owner == owner and item.identity not in self._taken
        ]

    def unread(self, item: Item) -> str:
        """Return why what stands for `item` may not have been read whole; empty if it was."""
        for gap in self._gaps:
            same = gap.type in (item.type, "*") and gap.service in (_service(item), "*")
            if same and gap.region == item.region:
                return f"{gap.state.value}: {gap.detail}"
        return ""

    def take(self, item: Item) -> None:
        """Say that `item` stands for a saved one."""
        self._taken.add(item.identity)

    def keys(self) -> dict[str, frozenset[str]]:
        """Return the keys of each type that stand there."""
        return {kind: frozenset(one.key for one in items) for kind, items in self._by_type.items()}


def _service(item: Item) -> str:
    """Return what the ledger calls the service, or the group of a cluster's kinds, of `item`."""
    if item.provider == "aws":
        return item.type.partition(".")[0]
    return item.type.rpartition("/")[0].rpartition("/")[0] or "core"
