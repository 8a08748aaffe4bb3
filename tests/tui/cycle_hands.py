"""What is done and looked at on the cycle's screen, and its pictures."""

from collections.abc import Iterable
from typing import Any

from textual.pilot import Pilot

from relab.cycle.model import Stage
from tests.tui import cycle_world as made
from tests.tui.conftest import VALUES, relab, settle, text
from tests.tui.hands import press
from tui.cycle_moves import Move
from tui.moves import Named
from tui.restore_moves import RunEnded
from tui.screens.cycle import Cycle
from tui.vault_moves import Folded

NAMED = Named(("01", "07", "20"), VALUES)
PICTURES: dict[str, Iterable[Move]] = {
    "begin": tuple(made.opened()),
    "unfinished": tuple(made.opened(made.book(Stage.SAVE, Stage.VERIFY, Stage.GATE))),
    "locked": (*made.opened(), made.asked(), RunEnded(11, "relab: vault: locked by pid 7", 101.0)),
    **{f"in-{stage}": tuple(made.running(stage)) for stage in Stage},
    "proof": (*made.at_gate(), Folded(("goes", "s3")), Folded(("goes", "s3", "07"))),
    "refused": tuple(made.refused()),
    "interrupted": tuple(made.interrupted()),
    "report": tuple(made.finished()),
}


async def look(pilot: Pilot[Any], moves: Iterable[Move] = ()) -> Cycle:
    """Open the screen from the snapshots and let it know of `moves`."""
    relab(pilot).dispatch(NAMED)
    await press(pilot, "d", "5")
    for each in moves:
        relab(pilot).desks.cycle.take(each)
    return await drawn(pilot)


async def drawn(pilot: Pilot[Any]) -> Cycle:
    """Wait until the screen is drawn anew."""
    screen = pilot.app.screen
    assert isinstance(screen, Cycle)
    screen._draw()
    await settle(pilot)
    return screen


def flat(pilot: Pilot[Any]) -> str:
    """Return what the screen shows, as if its lines were not folded."""
    return " ".join(text(pilot).replace("│", " ").replace("┃", " ").split())
