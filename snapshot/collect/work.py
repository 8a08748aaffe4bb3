"""What a save is made of: tasks that may run anywhere, and what they find.

A task is a frozen, picklable dataclass. It runs on a thread or on another machine, asks the world,
and returns what it found; only the driver writes to the vault.
"""

from dataclasses import dataclass
from enum import IntEnum

from snapshot.collect.world import World
from snapshot.vault.model import Coverage, Entry


class Rank(IntEnum):
    """Which work goes first when there is more than workers: what finds more work comes last.

    So a listing never runs far ahead of the reading, and memory stays bounded.
    """

    READ = 0
    DATA = 1
    LIST = 2


class Task:
    """A piece of work; subclasses are frozen dataclasses of plain, picklable data."""

    @property
    def unit(self) -> str:
        """Return the name of the unit of work in the vault: unique, the same at every run.

        Empty for a task that only finds more work: nothing of it is kept.
        """
        return ""

    @property
    def rank(self) -> int:
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
        """Tell whether a resumed save runs it although its unit is there: it finds more work."""
        return False

    def run(self, world: World) -> "Found":
        """Ask the world; what cannot be read becomes a line of coverage, never an exception."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Found:
    """What a task found: entries (sealed already), its ledger, and the work it has shown.

    `late` tasks run when all others are done, to tell what changed meanwhile. `size` is how many
    bytes of data were read.
    """

    entries: tuple[Entry, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    then: tuple[Task, ...] = ()
    late: tuple[Task, ...] = ()
    size: int = 0
