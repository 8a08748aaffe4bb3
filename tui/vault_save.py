"""A save as the screen shows it: a reduction of what its process tells."""

from dataclasses import dataclass, field, replace

from relab.events import GapMet, SaveStarted
from snapshot.collect.pace import Pace
from tui.lasting import Lasting
from tui.vault_moves import Heard, Order, SaveAsked, SaveEnded

LATEST = 200


@dataclass(frozen=True, slots=True)
class Save(Lasting):
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
    def is_resumable(self) -> bool:
        """Tell whether an unfinished save is left that can be gone on with."""
        unfinished = self.pace.finished is None and self.started is not None
        return unfinished and not self.is_running


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
