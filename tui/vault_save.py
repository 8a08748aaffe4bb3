"""A save as the screen shows it: a reduction of what its process tells."""

import signal
from dataclasses import dataclass, field, replace

from relab.errors import Exit
from relab.events import GapMet, SaveStarted
from snapshot.collect.pace import Pace
from tui.vault_moves import Heard, Order, SaveAsked, SaveEnded

LATEST = 200
# A process that is interrupted before it is ready for it ends by the signal itself.
CANCELLED = frozenset({int(Exit.CANCELLED), -signal.SIGINT})


@dataclass(frozen=True, slots=True)
class Save:
    """A save since `began`; `gaps` are the latest ones, `code` is its exit code once it ended."""

    order: Order
    began: float
    pace: Pace = field(default_factory=Pace)
    started: SaveStarted | None = None
    gaps: tuple[GapMet, ...] = ()
    code: int | None = None
    words: str = ""
    ended: float = 0.0

    @property
    def is_running(self) -> bool:
        """Tell whether the process is still there."""
        return self.code is None

    @property
    def is_resumable(self) -> bool:
        """Tell whether an unfinished save is left that can be gone on with."""
        unfinished = self.pace.finished is None and self.started is not None
        return unfinished and not self.is_running

    @property
    def was_cancelled(self) -> bool:
        """Tell whether it ended because it was asked to."""
        return self.code in CANCELLED

    def seconds(self, now: float) -> float:
        """Return how long it takes, or took."""
        return (now if self.is_running else self.ended) - self.began


def begun(move: SaveAsked) -> Save:
    """Return the save that was asked for."""
    return Save(move.order, move.at, Pace(name=move.order.name, began=move.at))


def heard(save: Save, move: Heard) -> Save:
    """Return `save` with what it told."""
    known = replace(save, pace=save.pace.after(move.event, move.at))
    if isinstance(move.event, SaveStarted):
        return replace(known, started=move.event)
    if isinstance(move.event, GapMet):
        return replace(known, gaps=(*save.gaps, move.event)[-LATEST:])
    return known


def ended(save: Save, move: SaveEnded) -> Save:
    """Return `save` after its process ended."""
    return replace(save, code=move.code, words=move.words, ended=move.at)
