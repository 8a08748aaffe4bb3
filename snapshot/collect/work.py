"""What a save is made of: tasks that may run anywhere, and what they find.

A task is a frozen, picklable dataclass. It runs on a thread or on another machine, asks the world,
and returns what it found; only the driver writes to the vault.
"""

from dataclasses import dataclass
from enum import IntEnum

from relab.clouds.outcome import shorten
from relab.errors import RelabError
from snapshot.collect.world import World
from snapshot.vault.model import Coverage, Covered, Entry


class Rank(IntEnum):
    """Which work goes first when there is more than workers: what finds more work comes last.

    So a listing never runs far ahead of the reading, and memory stays bounded.
    """

    READ = 0
    DATA = 1
    LIST = 2


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a task would read, as far as is known before: for a dry run. `size` is in bytes."""

    service: str
    type: str
    tenant: str
    items: int
    size: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was answered for the whole account.

    Whichever tenant has no line of its own in the ledger is `empty`.
    """

    service: str
    type: str
    region: str


class Task:
    """A piece of work; subclasses are frozen dataclasses of plain, picklable data."""

    @property
    def unit(self) -> str:
        """Return the name of the unit of work in the vault: unique, the same at every run.

        Empty for a task that only finds more work: nothing of it is kept.
        """
        return ""

    @property
    def rank(self) -> Rank:
        """Return when it is this task's turn: lower goes first."""
        return Rank.READ

    @property
    def settled(self) -> bool:
        """Tell whether the unit's name holds a digest of all that the result depends on.

        Such a unit of an earlier snapshot is taken over without running the task.
        """
        return False

    @property
    def repeated(self) -> bool:
        """Tell whether a resumed save, and a dry run, runs it: it finds more work."""
        return self.rank is Rank.LIST

    def forecast(self, world: World) -> tuple[Forecast, ...]:
        """Return what `run` would read, without asking anyone."""
        return ()

    def run(self, world: World) -> "Found":
        """Ask the world; what cannot be read becomes a line of coverage, never an exception.

        RelabError only when the vault's store cannot be written.
        """
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Found:
    """What a task found: entries (sealed already), its ledger, and the work it has shown.

    `late` tasks run when all others are done, to tell what changed meanwhile. `size` is how many
    bytes of data were read.
    """

    entries: tuple[Entry, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    asked: tuple[Asked, ...] = ()
    then: tuple[Task, ...] = ()
    late: tuple[Task, ...] = ()
    size: int = 0


def perform(task: Task, world: World) -> Found:
    """Run `task`; an error that it should have told of becomes a `failed` line.

    RelabError goes on to the driver: the vault cannot take what is found.
    """
    try:
        return task.run(world)
    except RelabError:
        raise
    except Exception as error:  # noqa: BLE001 - a fault in one task must not lose the others' work
        return Found(coverage=(_broken(task, error),))


def _broken(task: Task, error: Exception) -> Coverage:
    what = f"{type(error).__name__}: {error}"
    where = task.unit or type(task).__name__
    return Coverage("relab", where, "", "", Covered.FAILED, 1, shorten(what))
