"""What happens on the cycle's screen, as events: all that its state is reduced from.

What the cycle tells comes as `Heard`. Times are seconds of a steady clock.
"""

from dataclasses import dataclass
from enum import StrEnum

from tui.cycle_model import Known, Proof
from tui.restore_moves import NotTold, RunEnded, StopAsked
from tui.vault_moves import Folded, Heard


class Page(StrEnum):
    """What is shown of a cycle."""

    STAGES = "stages"
    PROOF = "proof"
    REPORT = "report"


class Way(StrEnum):
    """How relab is asked: to begin, to go on up to the gate, or to go on to the end."""

    BEGIN = "begin"
    GATE = "gate"
    END = "end"


@dataclass(frozen=True, slots=True)
class Order:
    """What a person chose: `accepted` are types whose loss is accepted; no name: relab's own."""

    name: str = ""
    soft: bool = False
    accepted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Looked:
    """relab is asked what can be gone on with."""


@dataclass(frozen=True, slots=True)
class KnownTold:
    """relab told it."""

    known: Known


@dataclass(frozen=True, slots=True)
class RunAsked:
    """A process was started; `cycle` is the one to be gone on with, empty for a new one.

    `report` is the file that tells of it in the end.
    """

    way: Way
    order: Order
    cycle: str
    report: str
    at: float


@dataclass(frozen=True, slots=True)
class ProofTold:
    """The gate's proof was read."""

    proof: Proof


@dataclass(frozen=True, slots=True)
class ProofNotTold:
    """It could not be: the reason."""

    words: str


@dataclass(frozen=True, slots=True)
class PageShown:
    """The person turned to `page`."""

    page: Page


Move = (
    Looked
    | KnownTold
    | NotTold
    | RunAsked
    | Heard
    | ProofTold
    | ProofNotTold
    | StopAsked
    | RunEnded
    | PageShown
    | Folded
)
