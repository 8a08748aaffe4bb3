"""Tasks for what stands in no namespace: whose it is decides, or that something taken names it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from relab.resources.item import Item
from relab.resources.kubernetes import belongs
from relab.resources.kubernetes.belongs import SHARED, Naming, Roster
from relab.resources.kubernetes.kinds import Served
from relab.resources.kubernetes.objects import item_of, key_of
from snapshot.collect.kubernetes_asking import listing
from snapshot.collect.kubernetes_lists import Lister, Sorted, line
from snapshot.collect.world import World
from snapshot.vault.model import Coverage, Covered

_NOBODYS = "of no wanted tenant and no platform namespace"
_UNNAMED = "nothing that is taken names it"
_Doc = Mapping[str, Any]


class InCluster(Lister):
    """Lists a cluster-scoped kind and keeps what belongs to a wanted tenant or the platform."""

    def sort(self, world: World, raws: Iterable[_Doc]) -> Sorted:
        """Keep what the rules of `belongs` give to somebody."""
        known = belongs.roster(world.profile)

        def judged(raw: _Doc) -> str:
            return "" if is_taken(world, self.kind, raw, known) else _NOBODYS

        return _sorted(self, world, raws, judged)


class NamedInCluster(Lister):
    """Lists a cluster-scoped kind and keeps what something that is taken names."""

    def sort(self, world: World, raws: Iterable[_Doc]) -> Sorted:
        """Keep what is named, and what that selects in turn."""
        rule = next(row for row in belongs.NAMINGS if row.target == self.kind.name)
        lines: list[Coverage] = []
        names = frozenset(self._named(world, rule, lines))
        every = {raw["metadata"]["name"]: raw for raw in raws}
        kept = belongs.with_selected(rule, names, every)
        found = _sorted(
            self,
            world,
            every.values(),
            lambda raw: "" if raw["metadata"]["name"] in kept else _UNNAMED,
        )
        for name in sorted(names - every.keys()):
            detail = f"{name} is named and not there"
            lines.append(line(world, self.kind, SHARED, Covered.EMPTY, 0, detail))
        return Sorted(found.items, found.left, tuple(lines))

    def _named(self, world: World, rule: Naming, lines: list[Coverage]) -> Iterator[str]:
        known = belongs.roster(world.profile)
        for source, expression in rule.sources.items():
            kind = self.scheme.find(source)
            if kind is None:
                continue
            found = listing(world, kind, page=self.page)
            if found.failure:
                lines.append(self.failed(world, found.failure))
            for raw in found.raws:
                if is_taken(world, kind, raw, known):
                    yield from belongs.named(expression, raw)


def owners(world: World, kind: Served, raw: _Doc, known: Roster) -> frozenset[str]:
    """Return the tenants, `SHARED` among them, whose `raw` is."""
    meta = raw["metadata"]
    space = meta["name"] if kind.name == "Namespace" else meta.get("namespace")
    if space:
        tenant = space_tenant(world, space, known)
        return frozenset() if tenant is None else frozenset({tenant})
    if kind.name not in belongs.CLAIMS:
        return frozenset({world.tenant_of(meta["name"])})
    return belongs.owners(kind, raw, known)


def space_tenant(world: World, namespace: str, known: Roster) -> str | None:
    """Return whose `namespace` is, None when the profile does not know.

    The profile names it, or a tenant's user stands in its name as a word.
    """
    return known.namespaces.get(namespace, world.tenant_of(namespace) or None)


def is_taken(world: World, kind: Served, raw: _Doc, known: Roster) -> bool:
    """Tell whether `raw` belongs to somebody who is wanted."""
    if kind.name in belongs.NEEDED:
        return True
    return any(world.scope.takes(tenant) for tenant in owners(world, kind, raw, known))


def _sorted(
    task: Lister, world: World, raws: Iterable[_Doc], judged: Callable[[_Doc], str]
) -> Sorted:
    known = belongs.roster(world.profile)
    items: list[Item] = []
    reasons: defaultdict[str, list[str]] = defaultdict(list)
    for raw in raws:
        reason = belongs.own(task.kind, raw) or judged(raw)
        if reason:
            reasons[reason].append(key_of(raw["metadata"]))
        else:
            tenants = owners(world, task.kind, raw, known)
            tenant = next(iter(tenants)) if len(tenants) == 1 else SHARED
            items.append(item_of(task.kind, raw, task.scheme, world.cluster, tenant))
    return Sorted(tuple(items), reasons)
