"""Tasks that list the objects of one kind, and list them again at the end."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from relab.clouds.kube import METADATA
from relab.clouds.outcome import Reply
from relab.resources.item import Item, digest
from relab.resources.kubernetes import left
from relab.resources.kubernetes.kinds import Scheme, Served
from relab.resources.kubernetes.objects import item_of, key_of
from relab.resources.kubernetes.secrets import pointers
from snapshot.collect.kubernetes_asking import PAGE, Listed, listing, state_of, why
from snapshot.collect.work import Asked, Forecast, Found, Task
from snapshot.collect.world import World
from snapshot.vault.model import Coverage, Covered, Entry

_NAMED = 5


@dataclass(frozen=True, slots=True)
class Sorted:
    """The objects of a list: those to keep, and the keys of those left out, by reason.

    `lines` are what else the ledger must know.
    """

    items: tuple[Item, ...]
    left: Mapping[str, list[str]]
    lines: tuple[Coverage, ...] = ()


@dataclass(frozen=True, slots=True)
class Lister(Task):
    """Lists `kind` in `namespace` (everywhere for none), which is `tenant`'s.

    `scheme` tells what owners are; `page` is how many objects are asked for at a time.
    """

    kind: Served
    scheme: Scheme
    namespace: str = ""
    tenant: str = ""
    page: int = PAGE

    @property
    def unit(self) -> str:
        """Return the place and the kind."""
        return f"kubernetes/{self.namespace or '*'}/{self.kind.type}"

    def sort(self, world: World, raws: Iterable[Mapping[str, Any]]) -> Sorted:
        """Return which of `raws` to keep."""
        raise NotImplementedError

    def read(self, world: World) -> Listed:
        """Return all objects with all they say."""
        return listing(world, self.kind, self.namespace, page=self.page)

    def run(self, world: World) -> Found:
        """List, and show the listing at the end."""
        found = self.read(world)
        if found.failure:
            return Found(coverage=(self.failed(world, found.failure),))
        chosen = self.sort(world, found.raws)
        again = Again(self, _stamp(found.raws), _digests(chosen.items))
        return Found(
            tuple(entry(world, item) for item in chosen.items),
            tuple(self._covered(world, chosen)),
            () if self.namespace else (Asked(self.kind.service, self.kind.type, world.cluster),),
            late=(again,),
        )

    def forecast(self, world: World) -> tuple[Forecast, ...]:
        """Return how many there are of each tenant, as a list of names tells."""
        items = self.sort(world, self.read(world).raws).items
        counts = Counter(item.tenant for item in items) or {self.tenant: 0}
        return tuple(
            Forecast(self.kind.service, self.kind.type, tenant, count)
            for tenant, count in counts.items()
        )

    def failed(self, world: World, reply: Reply) -> Coverage:
        """Return the line for a list that was refused with `reply`."""
        return line(world, self.kind, self.tenant, state_of(reply), 1, why(reply))

    def _covered(self, world: World, chosen: Sorted) -> Iterator[Coverage]:
        for tenant, count in Counter(item.tenant for item in chosen.items).items():
            yield line(world, self.kind, tenant, Covered.CAPTURED, count)
        if self.namespace and not chosen.items:
            yield line(world, self.kind, self.tenant, Covered.EMPTY)
        for reason, keys in chosen.left.items():
            detail = f"{len(keys)} left out ({_some(keys)}): {reason}"
            yield line(world, self.kind, self.tenant, Covered.UNSUPPORTED, 0, detail)
        yield from chosen.lines


class InNamespace(Lister):
    """Lists a kind in one namespace."""

    def sort(self, world: World, raws: Iterable[Mapping[str, Any]]) -> Sorted:
        """Keep all but what something else makes again."""
        items: list[Item] = []
        reasons: defaultdict[str, list[str]] = defaultdict(list)
        for raw in raws:
            reason = left.reason_of(self.kind, raw)
            if reason:
                reasons[reason].append(key_of(raw["metadata"]))
            else:
                items.append(item_of(self.kind, raw, self.scheme, world.cluster, self.tenant))
        return Sorted(tuple(items), reasons)


@dataclass(frozen=True, slots=True, repr=False)
class Again(Task):
    """List once more, names and versions only; what is not as `task` saw it is written down.

    `stamp` stands for all names and versions, `digests` for what can be put back. What changed in
    an object's status only, or in one that its owner makes again, is no change.
    """

    task: Lister
    stamp: str
    digests: tuple[tuple[str, str, str], ...]

    def __repr__(self) -> str:
        """Return the name under which a change is kept."""
        return f"again/{self.task.unit}"

    def run(self, world: World) -> Found:
        """Compare."""
        task = self.task
        seen = listing(world, task.kind, task.namespace, page=task.page, accept=METADATA)
        if not seen.failure and _stamp(seen.raws) == self.stamp:
            return Found()
        found = task.read(world)
        if found.failure:
            told = task.failed(world, found.failure)
            return Found(coverage=(replace(told, detail=f"to list it again: {told.detail}"),))
        return Found(coverage=tuple(self._changes(world, task.sort(world, found.raws).items)))

    def _changes(self, world: World, items: tuple[Item, ...]) -> Iterator[Coverage]:
        changed = set(self.digests) ^ set(_digests(items))
        for tenant in sorted({tenant for tenant, _, _ in changed}):
            keys = sorted({key for whose, key, _ in changed if whose == tenant})
            yield line(world, self.task.kind, tenant, Covered.CHANGED, len(keys), _some(keys))


def entry(world: World, item: Item) -> Entry:
    """Return `item` with its secrets sealed."""
    return world.sealer.entry(item, {}, pointers(item))


def line(
    world: World, kind: Served, tenant: str, state: Covered, count: int = 0, detail: str = ""
) -> Coverage:
    """Return a line of the ledger about `kind`."""
    return Coverage(kind.service, kind.type, world.cluster, tenant, state, count, detail)


def _some(keys: list[str]) -> str:
    more = f" and {len(keys) - _NAMED} more" if len(keys) > _NAMED else ""
    return f"{', '.join(keys[:_NAMED])}{more}"


def _stamp(raws: Iterable[Mapping[str, Any]]) -> str:
    rows = ((key_of(raw["metadata"]), raw["metadata"].get("resourceVersion")) for raw in raws)
    return digest(sorted(rows))


def _digests(items: Iterable[Item]) -> tuple[tuple[str, str, str], ...]:
    """Return tenant, key and digest of what can be put back, of items without an owner."""
    free = (item for item in items if not item.owner)
    return tuple((item.tenant, item.key, digest(item.document)) for item in free)
