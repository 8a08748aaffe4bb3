"""A restore behind its screen: relab's own commands, run as child processes.

Everything that is learnt becomes a move; a restore goes on while other screens are looked at.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from relab.errors import Exit
from relab.events import Differs, Event, RestoreFinished, RestoreStarted, StepDone, StepFailed
from relab.events import Verified as AllRead
from tui import restore_words
from tui.process import Child
from tui.restore_moves import (
    ChecksAsked,
    ChecksNotTold,
    ChecksTold,
    Looked,
    Move,
    NotTold,
    Order,
    PlanAsked,
    PlanTold,
    RunAsked,
    RunEnded,
    StopAsked,
    UnfinishedTold,
)
from tui.restore_state import Restore, reduce
from tui.staff import Staff
from tui.vault_model import SHARED
from tui.vault_moves import Heard

_PATIENCE = 30.0
_WRITTEN = (RestoreStarted, StepDone, StepFailed, RestoreFinished, Differs, AllRead)
_UNREADABLE = (OSError, ValueError, TypeError, KeyError)


def _deaf(_: Move) -> None:
    return None


class RestoreDesk:
    """Holds the state; `hear` is told of each move after it was taken in.

    `record` is told what is to be written down of a restore.
    """

    def __init__(self, profile: str, record: Callable[[Event], None], *, live: bool) -> None:
        self.restore = Restore()
        self.live = live
        self.hear: Callable[[Move], None] = _deaf
        self._record = record
        self._staff = Staff(profile)
        self._planning: Child | None = None
        self._running: Child | None = None

    def take(self, move: Move) -> None:
        """Take `move` into the state."""
        self.restore = reduce(self.restore, move)
        self.hear(move)

    def deafen(self, hear: Callable[[Move], None]) -> None:
        """Tell `hear` no more."""
        if self.hear == hear:
            self.hear = _deaf

    def look(self, snapshot: str) -> None:
        """Begin with `snapshot`: what can be gone on with, else a plan. A restore goes on."""
        known = self.restore.snapshot == snapshot and (self.restore.shown or self.restore.run)
        if self.restore.is_running or (known and not self.restore.trouble):
            return
        self._forget_plan()
        self.take(Looked(snapshot))
        if self.live:
            self._staff.spawn(self._unfinished(snapshot))

    def plan(self, order: Order) -> None:
        """Plan `order` anew; nothing happens while a restore runs."""
        if self.live and not self.restore.is_running:
            self._forget_plan()
            self.take(PlanAsked(order, time.monotonic()))
            self._staff.spawn(self._plan(self.restore.snapshot, order))

    def go(self) -> None:
        """Begin the restore that is shown, or go on with it."""
        plan = self.restore.shown
        if self.live and plan and not self.restore.is_running:
            report = str(restore_words.report(plan.id))
            resumed = plan is self.restore.waits
            self.take(RunAsked(plan, resumed, report, time.monotonic()))
            self._staff.spawn(self._run())

    def cancel(self) -> bool:
        """Ask the running restore to end, once; True when that was done just now."""
        run = self.restore.run
        if self._running is None or run is None or run.stopping:
            return False
        self.take(StopAsked())
        self._running.interrupt()
        return True

    @property
    def left_over(self) -> str:
        """The snapshot whose restore was begun here and is not at its end; empty for none."""
        run = self.restore.run
        return run.plan.snapshot if run and run.started and not run.is_done else ""

    def forget(self) -> None:
        """Stop reading the world for a plan that nobody waits for any more."""
        self._forget_plan()

    async def stop(self) -> None:
        """End all children, the restore by asking first: nothing of them is left afterwards."""
        self.hear = _deaf
        if self._running:
            self.cancel()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._running.ended(), _PATIENCE)
                self._running = None
        await self._staff.stop()

    def _forget_plan(self) -> None:
        if self._planning:
            self._planning.interrupt()
            self._planning = None

    async def _asked(self, child: Child) -> tuple[int, str]:
        """Return the exit code of `child` and what it wrote."""
        try:
            await child.start()
            raw = await child.output()
            return await child.ended(), raw
        except (OSError, ValueError) as error:
            child.last_words = str(error)
            return int(Exit.FAILED), ""
        finally:
            self._staff.release(child)

    async def _unfinished(self, snapshot: str) -> None:
        child = self._planning = self._staff.child(restore_words.unfinished(snapshot))
        code, raw = await self._asked(child)
        if self._planning is not child:
            return
        self._planning = None
        try:
            found = restore_words.told_unfinished(code, raw)
        except _UNREADABLE as error:
            self.take(NotTold(code, child.last_words or str(error)))
            return
        self.take(UnfinishedTold(found))
        if found.plan is None:
            self.plan(self.restore.order)

    async def _plan(self, snapshot: str, order: Order) -> None:
        child = self._planning = self._staff.child(restore_words.plan(snapshot, order))
        code, raw = await self._asked(child)
        if self._planning is not child:
            return
        self._planning = None
        try:
            plan = await asyncio.to_thread(restore_words.told_plan, code, raw)
        except _UNREADABLE as error:
            self.take(NotTold(code, child.last_words or str(error)))
        else:
            self.take(PlanTold(plan))

    async def _run(self) -> None:
        run = self.restore.run
        assert run is not None  # noqa: S101 - it was asked for just now
        child = self._running = self._staff.child(restore_words.run(run))
        code = int(Exit.FAILED)
        try:
            await child.start()
            async for event in child.events():
                self._heard(event)
            code = await child.ended()
        except (OSError, ValueError) as error:
            child.last_words = str(error)
        finally:
            self._running = None
            self._staff.release(child)
            self.take(RunEnded(code, child.last_words, time.monotonic()))
        if self.restore.run and self.restore.run.verified:
            await self._check()

    def _heard(self, event: Event) -> None:
        self.take(Heard(event, time.monotonic()))
        if isinstance(event, _WRITTEN):
            # The values are the world's, and may be large.
            self._record(replace(event, fields=()) if isinstance(event, Differs) else event)

    async def _check(self) -> None:
        run = self.restore.run
        tenants = [one for one in run.plan.tenants if one != SHARED] if run else []
        if not tenants:
            return
        self.take(ChecksAsked())
        child = self._staff.child(restore_words.checks(tenants))
        code, raw = await self._asked(child)
        try:
            self.take(ChecksTold(restore_words.told_checks(code, raw)))
        except _UNREADABLE as error:
            self.take(ChecksNotTold(code, child.last_words or str(error)))
