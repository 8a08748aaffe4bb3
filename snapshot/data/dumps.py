"""Databases in pods: each dump that the profile declares, taken by its command in a running pod."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from profiles.model import Dump, Profile
from profiles.naming import fill
from relab.clouds.exec import Container
from relab.resources.item import Item
from snapshot.collect.scope import SHARED, Scope
from snapshot.collect.work import Asked, Forecast, Found, Rank, Task
from snapshot.collect.world import World
from snapshot.data.pods import PROVIDER, SERVICE, Broken, Ledger, is_running, pods, taken
from snapshot.data.restrict import key_for, steady
from snapshot.vault.model import Covered

DUMP = "data/Dump"


def tasks(scope: Scope) -> Iterator[Task]:
    """Yield the task that knows all dumps; none when `scope` wants no data of this sort."""
    if scope.data and scope.wants(PROVIDER, DUMP):
        yield FindDumps()


@dataclass(frozen=True, slots=True)
class FindDumps(Task):
    """Show the taking of each dump that the profile declares for whom it is wanted."""

    @property
    def unit(self) -> str:
        """Return the unit that holds which tenants have no dump."""
        return "data/dumps"

    @property
    def rank(self) -> Rank:
        """Return that it finds more work."""
        return Rank.LIST

    def run(self, world: World) -> Found:
        """Ask the profile."""
        found = declared(world.profile)
        then = tuple(task for task in found if world.scope.takes(task.tenant))
        return Found(asked=(Asked(SERVICE, DUMP, world.cluster),), then=then)


def declared(profile: Profile) -> Iterator["TakeDump"]:
    """Yield every dump of a profile, one a tenant where it holds a placeholder."""
    for dump in profile.dumps:
        yield from (_for(profile, dump, tenant) for tenant in dump.tenants(profile.tenants))


def _for(profile: Profile, dump: Dump, tenant: str) -> "TakeDump":
    def filled(words: Iterable[str]) -> tuple[str, ...]:
        return tuple(fill(word, profile, tenant) if tenant else word for word in words)

    (name,) = filled([dump.name])
    where = (dump.namespace, name, dump.selector, dump.container)
    return TakeDump(*where, filled(dump.dump), filled(dump.load), tenant)


@dataclass(frozen=True, slots=True)
class TakeDump(Task):
    """Run the command `dump` in the first running pod that `selector` chooses; keep all it says."""

    namespace: str
    name: str
    selector: str
    container: str
    dump: tuple[str, ...]
    load: tuple[str, ...]
    tenant: str = SHARED

    @property
    def key(self) -> str:
        """Return the key of the item."""
        return f"{self.namespace}/{self.name}"

    @property
    def unit(self) -> str:
        """Return the unit of this dump."""
        return f"{DUMP}/{self.key}"

    @property
    def rank(self) -> Rank:
        """Return that it reads data."""
        return Rank.DATA

    def forecast(self, world: World) -> tuple[Forecast, ...]:
        """Return that it is one dump."""
        return (Forecast(SERVICE, DUMP, self.tenant, 1),)

    def run(self, world: World) -> Found:
        """Take the dump; whatever is not whole becomes a line of the ledger."""
        ledger = Ledger(world, DUMP, self.tenant)
        try:
            where = self.where(world)
            key = key_for(world.sealer.fingerprints, self.key)
            blob = taken(world, where, self.dump, partial(steady, key=key))
        except Broken as broken:
            detail = f"{self.key}: {broken.detail}"
            return Found(coverage=(ledger.line(broken.state, detail=detail),))
        entry = world.sealer.entry(self._item(world, where.pod), {"dump": blob})
        return Found((entry,), (ledger.line(Covered.CAPTURED),), size=blob.size)

    def where(self, world: World) -> Container:
        """Return the first container that runs the database; Broken when none does."""
        for pod in pods(world, self.namespace, self.selector):
            if is_running(pod, self.container):
                return Container(self.namespace, str(pod["metadata"]["name"]), self.container)
        detail = f"no pod with {self.selector} runs container {self.container}"
        raise Broken(Covered.FAILED, detail)

    def _item(self, world: World, pod: str) -> Item:
        return Item(
            provider=PROVIDER,
            type=DUMP,
            region=world.cluster,
            key=self.key,
            tenant=self.tenant,
            document={
                "selector": self.selector,
                "container": self.container,
                "dump": list(self.dump),
                "load": list(self.load),
            },
            observed={"pod": pod},
        )
