"""What the stages of one run share."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from profiles.model import Profile
from relab.cycle.model import Book
from relab.errors import Exit
from relab.nuke.gate import Permit
from relab.nuke.look import Look
from snapshot.showing import find
from snapshot.vault.model import Snapshot
from snapshot.vault.vault import Vault


@dataclass(frozen=True, slots=True)
class Told:
    """How a stage ended, as `Ended` tells it."""

    done: bool
    said: tuple[str, ...] = ()
    facts: Mapping[str, int] = field(default_factory=dict)
    code: Exit = Exit.OK


@dataclass(slots=True)
class Doing:
    """A run: its book as it stands, and what a stage hands to the next within this process.

    `exact` is a run that may wipe with the snapshot of its book and no other. `anew` is why the
    save is made anew, if it is.
    """

    vault: Vault
    profile: Profile
    environ: Mapping[str, str]
    book: Book
    look: Look | None = None
    permit: Permit | None = None
    plan: str = ""
    exact: bool = False
    anew: str = ""

    def __post_init__(self) -> None:
        """Go on with the plan of the book."""
        self.plan = self.book.plan

    @property
    def snapshot(self) -> Snapshot:
        """Return the snapshot of the cycle; UsageError when it is not in the vault."""
        return find(self.vault, self.book.snapshot)
