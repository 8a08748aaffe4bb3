"""A cycle behind its screen: relab's own command, run as a child process.

Everything that is learnt becomes a move; a cycle goes on while other screens are looked at.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

from relab.errors import Exit
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
from tui.process import Child
from tui.restore_moves import NotTold, RunEnded, StopAsked
from tui.staff import Staff
from tui.thinned import Thinned
from tui.vault_moves import Heard

_PATIENCE = 30.0
# What its checks say is not written: they are not of the lab that is being learnt.
_WRITTEN = (
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


def _deaf(_: Move) -> None:
    return None


class CycleDesk:
    """Holds the state; `hear` is told of each move after it was taken in.

    `record` is told what is to be written down of a cycle.
    """

    def __init__(self, profile: str, record: Callable[[Event], None], *, live: bool) -> None:
        self.cycle = Cycle()
        self.live = live
        self.hear: Callable[[Move], None] = _deaf
        self._record = record
        self._staff = Staff(profile)
        self._asking: Child | None = None
        self._running: Child | None = None

    def take(self, move: Move) -> None:
        """Take `move` into the state."""
        self.cycle = reduce(self.cycle, move)
        self.hear(move)

    def deafen(self, hear: Callable[[Move], None]) -> None:
        """Tell `hear` no more."""
        if self.hear == hear:
            self.hear = _deaf

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

    def cancel(self) -> bool:
        """Ask the running cycle to end, once; True when that was done just now."""
        run = self.cycle.run
        if self._running is None or run is None or run.stopping:
            return False
        self.take(StopAsked())
        self._running.interrupt()
        return True

    @property
    def is_left_over(self) -> bool:
        """Tell whether a cycle was run here and is not at its end."""
        return self.cycle.run is not None and bool(self.cycle.cycle) and not self.cycle.run.finished

    async def stop(self) -> None:
        """End all children, the cycle by asking first: nothing of them is left afterwards."""
        self.hear = _deaf
        if self._running:
            self.cancel()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._running.ended(), _PATIENCE)
                self._running = None
        await self._staff.stop()

    async def _look(self) -> None:
        child = self._asking = self._staff.child(cycle_words.unfinished())
        code = int(Exit.FAILED)
        try:
            await child.start()
            raw = await child.output()
            code = await child.ended()
            move: Move = KnownTold(cycle_words.told_known(code, raw))
        except cycle_words.UNREADABLE as error:
            move = NotTold(code, child.last_words or str(error))
        finally:
            self._staff.release(child)
        if self._asking is child:
            self.take(move)

    def _go(self, way: Way, order: Order) -> None:
        if not self.live or self.cycle.is_running or self.cycle.known is None:
            return
        cycle = "" if way is Way.BEGIN else self.cycle.cycle
        report = str(cycle_words.report(cycle)) if way is Way.END else ""
        asked = RunAsked(way, order, cycle, report, time.monotonic())
        self.take(asked)
        self._staff.spawn(self._run(asked))

    async def _run(self, asked: RunAsked) -> None:
        child = self._running = self._staff.child(cycle_words.run(asked))
        code = int(Exit.FAILED)
        try:
            await child.start()
            thinned = Thinned(self._record)
            async for event in child.events():
                await self._heard(event, thinned)
            code = await child.ended()
        except (OSError, ValueError) as error:
            child.last_words = str(error)
        finally:
            self._running = None
            self._staff.release(child)
            self.take(RunEnded(code, child.last_words, time.monotonic()))

    async def _heard(self, event: Event, thinned: Thinned) -> None:
        at = time.monotonic()
        self.take(Heard(event, at))
        if isinstance(event, _WRITTEN):
            thinned.hear(event, at)
        if isinstance(event, GateLooked):
            await self._read(event.proof)

    async def _read(self, path: str) -> None:
        try:
            proof = await asyncio.to_thread(cycle_words.told_proof, path)
        except cycle_words.UNREADABLE as error:
            self.take(ProofNotTold(str(error)))
        else:
            self.take(ProofTold(proof))
