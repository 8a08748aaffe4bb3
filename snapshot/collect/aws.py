"""Tasks that read the account's configuration: list a type, read its items, list it again."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from relab.resources.hidden import pointers
from relab.resources.item import Item, digest
from relab.resources.model import ResourceType
from relab.resources.model import Scope as Reach
from relab.resources.reading import Listed, Place, detailed, listed
from relab.resources.record import Gap, Skipped
from relab.resources.registry import by_name
from relab.resources.tags import MEMBER
from snapshot.collect.inside import inside
from snapshot.collect.states import OF_WHY
from snapshot.collect.work import Asked, Forecast, Found, Rank, Task
from snapshot.collect.world import World
from snapshot.vault.model import Coverage, Covered, Entry

_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class ListType(Task):
    """List all resources of the type called `type`; show the reading of each."""

    type: str

    @property
    def unit(self) -> str:
        """Return the unit that holds what the listing itself could not tell."""
        return f"aws/{self.type}"

    @property
    def rank(self) -> Rank:
        """Return that it finds more work."""
        return Rank.LIST

    def run(self, world: World) -> Found:
        """List it."""
        kind = by_name()[self.type]
        found = list(listed(kind, _place(world)))
        rows = tuple(one for one in found if isinstance(one, Listed))
        lines = tuple(_lines(found, world))
        wanted = world.scope.wants(kind.provider, kind.type)
        reads = _parts(kind, rows) if wanted else ()
        whole = wanted and not any(isinstance(one, Gap) for one in found) and bool(kind.lists)
        return Found(
            coverage=lines if wanted else (),
            asked=(Asked(kind.service, kind.type, _region(kind, world)),) if whole else (),
            then=(*reads, *inside(kind, rows, world)),
            late=(ListAgain(self.type, tuple(one.key for one in rows)),) if whole else (),
        )


@dataclass(frozen=True, slots=True)
class ReadItems(Task):
    """Read the configuration of some resources of a type."""

    type: str
    rows: tuple[Listed, ...]

    @property
    def unit(self) -> str:
        """Return a name that holds which resources these are."""
        return f"aws/{self.type}/{digest([row.key for row in self.rows])}"

    def forecast(self, world: World) -> tuple[Forecast, ...]:
        """Return how many there are of each tenant."""
        kind = by_name()[self.type]
        owners = Counter(world.tenant_of(row.key) for row in self.rows)
        return tuple(
            Forecast(kind.service, kind.type, tenant, count)
            for tenant, count in owners.items()
            if world.scope.takes(tenant)
        )

    def run(self, world: World) -> Found:
        """Read them."""
        kind, place = by_name()[self.type], _place(world)
        entries: list[Entry] = []
        lines: list[Coverage] = []
        for row in self.rows:
            for one in detailed(kind, place, row):
                if isinstance(one, Item):
                    entries += _entry(kind, one, world)
                else:
                    lines += _lines([one], world)
        return Found(tuple(entries), (*_captured(kind, entries, world), *lines))


@dataclass(frozen=True, slots=True)
class ListAgain(Task):
    """List a type once more: what came or went while the save was going on is written down."""

    type: str
    keys: tuple[str, ...]

    @property
    def unit(self) -> str:
        """Return the unit that holds what has changed."""
        return f"again/aws/{self.type}"

    @property
    def repeated(self) -> bool:
        """Return that every try looks again."""
        return True

    def run(self, world: World) -> Found:
        """Compare."""
        kind = by_name()[self.type]
        found = list(listed(kind, _place(world)))
        if any(isinstance(one, Gap) for one in found):
            return Found(coverage=tuple(_lines(found, world)))
        now = {one.key for one in found if isinstance(one, Listed)}
        lines = [*_changed(kind, now - {*self.keys}, "came while the save ran", world)]
        lines += _changed(kind, {*self.keys} - now, "went while the save ran", world)
        return Found(coverage=tuple(lines))


def _place(world: World) -> Place:
    return Place(world.aws, world.target, world.account)


def _region(kind: ResourceType, world: World) -> str:
    return "" if kind.scope is Reach.GLOBAL else world.target.region


def _parts(kind: ResourceType, rows: tuple[Listed, ...]) -> tuple[ReadItems, ...]:
    starts = range(0, len(rows), _AT_ONCE)
    return tuple(ReadItems(kind.type, rows[at : at + _AT_ONCE]) for at in starts)


def _entry(kind: ResourceType, item: Item, world: World) -> Iterator[Entry]:
    """Yield the sealed entry of `item`, unless its tenant is not wanted."""
    tags = item.document.get(MEMBER) or {}
    tenant = world.tenant_of(item.key, *map(str, tags.values()))
    if world.scope.takes(tenant):
        yield world.sealer.entry(replace(item, tenant=tenant), {}, pointers(kind, item))


def _captured(kind: ResourceType, entries: list[Entry], world: World) -> Iterator[Coverage]:
    counts = Counter(entry.item.tenant for entry in entries)
    for tenant, count in counts.items():
        region = _region(kind, world)
        yield Coverage(kind.service, kind.type, region, tenant, Covered.CAPTURED, count)


def _lines(found: Iterable[Item | Listed | Gap | Skipped], world: World) -> Iterator[Coverage]:
    """Yield the ledger's lines for what is no item, of wanted tenants."""
    for one in found:
        if isinstance(one, Gap | Skipped) and world.scope.takes(world.tenant_of(one.key)):
            yield _line(one, world)


def _line(one: Gap | Skipped, world: World) -> Coverage:
    head = f"{one.key}: " if one.key else ""
    if isinstance(one, Skipped):
        state, count, detail = Covered.UNSUPPORTED, 0, head + one.reason
    else:
        state, count, detail = OF_WHY[one.reason], 1, head + one.detail
    tenant = world.tenant_of(one.key)
    return Coverage(one.service, one.type, one.region, tenant, state, count, detail)


def _changed(kind: ResourceType, keys: set[str], what: str, world: World) -> Iterator[Coverage]:
    region = _region(kind, world)
    for key in sorted(keys):
        tenant = world.tenant_of(key)
        if world.scope.takes(tenant):
            detail = f"{key} {what}"
            yield Coverage(kind.service, kind.type, region, tenant, Covered.CHANGED, 1, detail)
