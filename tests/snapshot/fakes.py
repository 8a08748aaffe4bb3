"""Tasks and a world of their own for tests of the driver: picklable, and no cloud is asked."""

from dataclasses import dataclass

from profiles.loader import load
from profiles.model import Profile
from relab.errors import RelabError
from relab.resources.item import Item, digest
from snapshot.collect.crew import threads
from snapshot.collect.driver import Driver
from snapshot.collect.scope import Scope
from snapshot.collect.work import Asked, Found, Rank, Task
from snapshot.collect.world import Brief, World
from snapshot.vault.model import Coverage, Covered, Snapshot
from snapshot.vault.vault import Vault

TENANTS = ("01", "02", "")


def profile() -> Profile:
    return load("ha-mlops")


def brief(vault: Vault) -> Brief:
    return Brief(profile(), Scope(TENANTS), "123456789012", vault.where, vault.sealer)


@dataclass(frozen=True, slots=True)
class Shelf(Task):
    """Reads `rows`, each with a blob and a secret; `settled` when they are in its name."""

    name: str
    rows: tuple[str, ...]
    fixed: bool = False
    state: Covered = Covered.CAPTURED

    @property
    def unit(self) -> str:
        return f"shelf/{self.name}/{digest(self.rows)}" if self.fixed else f"shelf/{self.name}"

    @property
    def settled(self) -> bool:
        return self.fixed

    def run(self, world: World) -> Found:
        RUN.append(self.name)
        entries = []
        for row in self.rows:
            blob = world.store.put([f"the bytes of {row}".encode() * 100])
            item = Item("aws", "x.row", "", f"{self.name}/{row}", {"Row": row, "Key": "hush"})
            entries.append(world.sealer.entry(item, {"body": blob}, ["/document/Key"]))
        line = Coverage("x", "x.row", "", "01", self.state, max(len(entries), 1))
        return Found(tuple(entries), (line,), size=sum(map(len, self.rows)))


@dataclass(frozen=True, slots=True)
class Shop(Task):
    """Lists shelves, one a page."""

    shelves: tuple[Shelf, ...]
    late: tuple[Task, ...] = ()

    @property
    def rank(self) -> Rank:
        return Rank.LIST

    def run(self, world: World) -> Found:
        rest = (Shop(self.shelves[1:]),) if len(self.shelves) > 1 else ()
        asked = (Asked("x", "x.row", ""),)
        return Found(then=(*self.shelves[:1], *rest), asked=asked, late=self.late)


@dataclass(frozen=True, slots=True)
class Faulty(Task):
    """Ends in `error`: a fault of its own, or of the vault."""

    of_vault: bool = False

    @property
    def unit(self) -> str:
        return "faulty"

    def run(self, world: World) -> Found:
        raise RelabError("the disk is full") if self.of_vault else KeyError("a slip")


RUN: list[str] = []


def shop(shelves: int = 12, rows: int = 5, *, fixed: bool = False) -> Shop:
    return Shop(
        tuple(
            Shelf(f"{n:02}", tuple(f"{n:02}-{row}" for row in range(rows)), fixed)
            for n in range(shelves)
        )
    )


def save(vault: Vault, name: str, tasks: list[Task], *, resume: bool = False) -> Snapshot:
    """Save `tasks` on threads and return the snapshot."""
    with (
        vault.saving(name, {}, resume=resume) as saving,
        threads(World(brief(vault), saving.store), 4) as crew,
    ):
        for _ in Driver(saving, crew, TENANTS).run(tasks):
            pass
        saving.finish()
    return vault.reader().snapshot(name)
