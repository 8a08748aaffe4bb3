"""How what was saved is said where it is restored: at another home, then for other tenants."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from relab.resources.item import Item
from relab.resources.pointers import steps
from restore.relocate import Relocation
from restore.rename import Renaming
from restore.rewrite import Rewriting
from snapshot.vault.model import Entry


@dataclass(frozen=True)
class Moves:
    """First the `relocation`, then `source` under the names of each of the `clones` by tenant.

    `kept` says that the source is wanted, too. What the snapshot holds of the others is left out.
    """

    relocation: Relocation | None = None
    clones: Mapping[str, Renaming] = field(default_factory=dict)
    source: str = ""
    kept: bool = True

    def of(self, entry: Entry) -> Iterator[Entry]:
        """Yield what becomes of `entry`: itself, several clones of it, or nothing."""
        here = self.relocation.entry(entry) if self.relocation else entry
        tenant = here.item.tenant
        if self.clones and tenant == self.source:
            yield from (one.entry(here) for one in self.clones.values())
        if tenant not in self.clones and (self.kept or tenant != self.source):
            yield here

    def every(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Yield what becomes of each of `entries`."""
        for entry in entries:
            yield from self.of(entry)

    def entry(self, entry: Entry, tenant: str) -> Entry:
        """Return what becomes of `entry` for `tenant`."""
        for one in self.rewritings(tenant):
            entry = one.entry(entry)
        return entry

    def opened(self, entry: Entry, item: Item) -> Item:
        """Return `item`, which is `entry` with its secrets in clear, with these said anew, too."""
        for pointer in entry.sealed:
            part, *path = steps(pointer)
            for one in self.rewritings(item.tenant) if part == "document" else ():
                item = one.opened(item, path)
        return item

    def text(self, text: str, tenant: str) -> str:
        """Return `text`, found in something of `tenant`, said anew."""
        for one in self.rewritings(tenant):
            text = one.text(text)
        return text

    def rewritings(self, tenant: str) -> tuple[Rewriting, ...]:
        """Return by what the things of `tenant` are said anew, in order."""
        clone = self.clones.get(tenant)
        return tuple(one for one in (self.relocation, clone) if one is not None)
