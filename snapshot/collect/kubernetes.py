"""Reads a cluster: ask what kinds there are, which namespaces, and list each kind in each.

`tasks(scope)` are what a save begins with.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from relab.clouds.kube import JSON
from relab.clouds.outcome import Reply
from relab.resources.kubernetes import belongs, kinds, left
from relab.resources.kubernetes.kinds import Chosen, Scheme, Served
from snapshot.collect.kubernetes_asking import PAGE, ask, listing, state_of, why
from snapshot.collect.kubernetes_cluster import InCluster, NamedInCluster, space_tenant
from snapshot.collect.kubernetes_lists import InNamespace, line
from snapshot.collect.scope import Scope
from snapshot.collect.work import Asked, Found, Rank, Task
from snapshot.collect.world import World
from snapshot.vault.model import Coverage, Covered

PROVIDER = "kubernetes"
_DISCOVERY = ",".join(
    f"{JSON};g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
    for version in ("v2", "v2beta1")
)
_ACCEPT = f"{_DISCOVERY},{JSON}"
_NAMESPACE = Served("", "v1", "Namespace", "namespaces", namespaced=False, verbs=("list",))


def tasks(scope: Scope, page: int = PAGE) -> Iterator[Task]:
    """Yield the task that finds all others; none when `scope` wants nothing of a cluster."""
    # Every type here has a slash, and none of AWS.
    if not scope.only or any("/" in pattern or pattern == "*" for pattern in scope.only):
        yield FindKinds(page)


@dataclass(frozen=True, slots=True)
class FindKinds(Task):
    """Ask the cluster which kinds it serves; show the listing of each."""

    page: int = PAGE

    @property
    def unit(self) -> str:
        """Return the unit that holds which kinds are not read, and why."""
        return "kubernetes/kinds"

    @property
    def rank(self) -> Rank:
        """Return that it finds more work."""
        return Rank.LIST

    def run(self, world: World) -> Found:
        """Ask."""
        lines: list[Coverage] = []
        chosen = kinds.chosen([*discovered(world, lines)])
        wanted = [kind for kind in chosen.scheme.kinds if _wants(world, kind)]
        lines += _twins(world, chosen)
        spaces = tuple(kind for kind in wanted if kind.namespaced and not left.reason(kind))
        then: list[Task] = [FindNamespaces(spaces, chosen.scheme, self.page)] if wanted else []
        for kind in wanted:
            reason = left.reason(kind) or _no_rule(kind)
            if reason:
                lines.append(line(world, kind, "", Covered.UNSUPPORTED, 0, reason))
            elif not kind.namespaced:
                lister = NamedInCluster if belongs.is_named(kind) else InCluster
                then.append(lister(kind, chosen.scheme, page=self.page))
        return Found(coverage=tuple(lines), then=tuple(then))


@dataclass(frozen=True, slots=True)
class FindNamespaces(Task):
    """Find the namespaces of wanted tenants and of the platform; show the listing of `kinds`."""

    kinds: tuple[Served, ...]
    scheme: Scheme
    page: int = PAGE

    @property
    def unit(self) -> str:
        """Return the unit that holds which namespaces there are not."""
        return "kubernetes/namespaces"

    @property
    def rank(self) -> Rank:
        """Return that it finds more work."""
        return Rank.LIST

    def run(self, world: World) -> Found:
        """List the namespaces; when that is refused, each that the profile names is tried."""
        known = belongs.roster(world.profile)
        found = listing(world, _NAMESPACE, page=self.page)
        there = [raw["metadata"]["name"] for raw in found.raws]
        spaces = self._wanted(world, known, [*known.namespaces] if found.failure else there)
        if found.failure:
            lines = [_refused(world, found.failure)]
        else:
            lines = [*self._missing(world, known, spaces)]
        every = tuple(Asked(kind.service, kind.type, world.cluster) for kind in self.kinds)
        return Found(
            coverage=tuple(lines) if _wants(world, _NAMESPACE) or found.failure else (),
            asked=() if found.failure else every,
            then=tuple(self._lists(spaces)),
        )

    def _lists(self, spaces: dict[str, str]) -> Iterator[Task]:
        for space, tenant in spaces.items():
            for kind in self.kinds:
                yield InNamespace(kind, self.scheme, space, tenant, self.page)

    def _wanted(self, world: World, known: belongs.Roster, names: Iterable[str]) -> dict[str, str]:
        """Return the tenant of each of `names` that is wanted."""
        pairs = ((name, space_tenant(world, name, known)) for name in names)
        return {
            name: tenant
            for name, tenant in pairs
            if tenant is not None and world.scope.takes(tenant)
        }

    def _missing(
        self, world: World, known: belongs.Roster, spaces: dict[str, str]
    ) -> Iterator[Coverage]:
        """Yield a line for each tenant without a namespace, and each of the platform's."""
        for name, tenant in self._wanted(world, known, known.namespaces).items():
            alone = not tenant or tenant not in spaces.values()
            if name not in spaces and alone:
                detail = f"there is no namespace {name}"
                yield line(world, _NAMESPACE, tenant, Covered.EMPTY, 0, detail)


def discovered(world: World, lines: list[Coverage]) -> Iterator[Served]:
    """Yield every kind in every version; what does not answer becomes a line of the ledger."""
    for root in ("/api", "/apis"):
        reply = ask(world, root, _ACCEPT)
        if not reply.ok or not isinstance(reply.body, dict):
            lines.append(_silent(world, "core" if root == "/api" else "*", reply))
        elif reply.body.get("kind") == "APIGroupDiscoveryList":
            yield from kinds.aggregated(reply.body)
            for group, version in kinds.stale(reply.body):
                stale = Reply("503", detail=f"{group}/{version} does not answer just now")
                lines.append(_silent(world, group, stale))
        else:
            yield from _plainly(world, reply.body, lines)


def _plainly(world: World, body: kinds.Doc, lines: list[Coverage]) -> Iterator[Served]:
    """Yield what an elder cluster tells, which is asked for each group and version."""
    core = [("", version) for version in body.get("versions") or ()]
    for group, version in core or kinds.versions(body):
        path = f"/apis/{group}/{version}" if group else f"/api/{version}"
        reply = ask(world, path)
        if reply.ok and isinstance(reply.body, dict):
            yield from kinds.plain(group, version, reply.body)
        else:
            lines.append(_silent(world, group or "core", reply))


def _silent(world: World, service: str, reply: Reply) -> Coverage:
    state = Covered.FAILED if reply.ok else state_of(reply)
    detail = f"which kinds there are is not known: {why(reply)}"
    return Coverage(service, "*", world.cluster, "", state, 1, detail)


def _refused(world: World, reply: Reply) -> Coverage:
    return line(world, _NAMESPACE, "", state_of(reply), 1, why(reply))


def _twins(world: World, chosen: Chosen) -> Iterator[Coverage]:
    for kind, of in chosen.twins:
        if _wants(world, kind):
            detail = f"the same objects as {of}"
            yield line(world, kind, "", Covered.UNSUPPORTED, 0, detail)


def _no_rule(kind: Served) -> str:
    return "" if kind.namespaced or belongs.has_rule(kind) else belongs.NO_RULE


def _wants(world: World, kind: Served) -> bool:
    return world.scope.wants(PROVIDER, kind.type)
