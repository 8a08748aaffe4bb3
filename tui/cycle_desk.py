"""A cycle behind its screen: relab's own command, run as a child process.

Everything that is learnt becomes a move; a cycle goes on while other screens are looked at.
"""

import asyncio
import time
from collections.abc import Callable

from relab.events import (
    CycleFinished,
    CycleStarted,
    Event,
    GapMet,
    GateLooked,
    RestoreFinished,
    RestoreStarted,
    SaveFinished,
    SaveStarted,
    StageEnded,
    StageStarted,
    StepFailed,
    UnitSaved,
    Verified,
    WipeFinished,
    WipeStarted,
)
from tui import cycle_words
from tui.cycle_moves import (
    KnownTold,
    Looked,
    Move,
    Order,
    ProofNotTold,
    ProofTold,
    RunAsked,
    Way,
)
from tui.cycle_state import Cycle, Offer, reduce
from tui.desk import Desk
from tui.process import Child
from tui.restore_moves import NotTold, RunEnded, StopAsked


class CycleDesk(Desk[Cycle, Move]):
    """Holds the state of the cycle.

    What its checks say is not written: they are not of the lab that is being learnt.
    """

    written = (
        CycleStarted,
        StageStarted,
        StageEnded,
        GateLooked,
        CycleFinished,
        SaveStarted,
        UnitSaved,
        GapMet,
        SaveFinished,
        WipeStarted,
        WipeFinished,
        RestoreStarted,
        StepFailed,
        RestoreFinished,
        Verified,
    )

    def __init__(self, profile: str, record: Callable[[Event], None], *, live: bool) -> None:
        super().__init__(Cycle(), reduce, profile, record, live=live)
        self._asking: Child | None = None

    @property
    def cycle(self) -> Cycle:
        """All that is known of the cycle."""
        return self.state

    def look(self, *, anew: bool = False) -> None:
        """Ask what can be gone on with, unless a run here says more, or `anew`."""
        if self.cycle.is_running or (self.cycle.run and self.cycle.known and not anew):
            return
        self.take(Looked())
        if self.live:
            self._staff.spawn(self._look())

    def begin(self, order: Order) -> None:
        """Begin a cycle, up to the gate: nothing is wiped."""
        self._go(Way.BEGIN, order)

    def gate(self, order: Order | None = None) -> None:
        """Go on up to the gate, which looks anew: nothing is wiped."""
        self._go(Way.GATE, order or Order())

    def go(self) -> None:
        """Go on to the end, and wipe: only where the proof is here, or the wipe is over."""
        if self.cycle.offer in (Offer.WIPE, Offer.REST):
            self._go(Way.END, Order())

    def may_stop(self) -> bool:
        """Tell whether the cycle was not asked to end before, and take in that it is now."""
        run = self.cycle.run
        if run is None or run.stopping:
            return False
        self.take(StopAsked())
        return True

    @property
    def is_left_over(self) -> bool:
        """Tell whether a cycle was run here and is not at its end."""
        return self.cycle.run is not None and bool(self.cycle.cycle) and not self.cycle.run.finished

    async def learn(self, event: Event) -> None:
        """Read the proof that the gate has written."""
        if isinstance(event, GateLooked):
            await self._read(event.proof)

    async def _look(self) -> None:
        child = self._asking = self._staff.child(cycle_words.unfinished())
        code, raw = await self._asked(child)
        try:
            move: Move = KnownTold(cycle_words.told_known(code, raw))
        except cycle_words.UNREADABLE as error:
            move = NotTold(code, child.last_words or str(error))
        if self._asking is child:
            self.take(move)

    def _go(self, way: Way, order: Order) -> None:
        if not self.live or self.cycle.is_running or self.cycle.known is None:
            return
        cycle = "" if way is Way.BEGIN else self.cycle.cycle
        report = str(cycle_words.report(cycle)) if way is Way.END else ""
        asked = RunAsked(way, order, cycle, report, time.monotonic())
        self.take(asked)
        self._staff.spawn(self._run(cycle_words.run(asked), RunEnded))

    async def _read(self, path: str) -> None:
        try:
            proof = await asyncio.to_thread(cycle_words.told_proof, path)
        except cycle_words.UNREADABLE as error:
            self.take(ProofNotTold(str(error)))
        else:
            self.take(ProofTold(proof))
