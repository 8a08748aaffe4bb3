"""What happens on the restore screen, as events: all that its state is reduced from.

What the restore tells comes as `Heard`. Times are seconds of a steady clock.
"""

from dataclasses import dataclass
from enum import StrEnum

from restore.model import Existing
from tui.restore_model import Check, Plan, Unfinished
from tui.vault_moves import Folded, Heard, Narrowed


class Page(StrEnum):
    """What is shown of a restore."""

    PLAN = "plan"
    PROGRESS = "progress"
    RESULT = "result"


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be restored; `tenants` and `only` are written as on the command line.

    `exact` takes away what the snapshot lacks, too.
    """

    tenants: str = "all"
    only: tuple[str, ...] = ()
    data: bool = True
    existing: Existing = Existing.ADOPT_IF_EQUAL
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Looked:
    """The screen was opened for `snapshot`."""

    snapshot: str


@dataclass(frozen=True, slots=True)
class UnfinishedTold:
    """relab told whether a restore can be gone on with."""

    found: Unfinished


@dataclass(frozen=True, slots=True)
class PlanAsked:
    """The world is being read to plan `order`."""

    order: Order
    at: float


@dataclass(frozen=True, slots=True)
class PlanTold:
    """The plan is made."""

    plan: Plan


@dataclass(frozen=True, slots=True)
class NotTold:
    """relab could not say: its exit code, and its last words."""

    code: int
    words: str


@dataclass(frozen=True, slots=True)
class RunAsked:
    """A restore was started: of `plan`, which was begun before if it is `resumed`.

    `report` is the file that tells of it in the end.
    """

    plan: Plan
    resumed: bool
    report: str
    at: float


@dataclass(frozen=True, slots=True)
class StopAsked:
    """The restore was asked to end."""


@dataclass(frozen=True, slots=True)
class RunEnded:
    """The restore's process ended."""

    code: int
    words: str
    at: float


@dataclass(frozen=True, slots=True)
class ChecksAsked:
    """The lab's checks are being asked for every tenant that was restored."""


@dataclass(frozen=True, slots=True)
class ChecksTold:
    """The checks have their verdicts."""

    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class ChecksNotTold:
    """The checks could not be asked."""

    code: int
    words: str


@dataclass(frozen=True, slots=True)
class PageShown:
    """The person turned to `page`."""

    page: Page


Move = (
    Looked
    | UnfinishedTold
    | PlanAsked
    | PlanTold
    | NotTold
    | RunAsked
    | Heard
    | StopAsked
    | RunEnded
    | ChecksAsked
    | ChecksTold
    | ChecksNotTold
    | PageShown
    | Narrowed
    | Folded
)
