"""A restore behind its screen: relab's own commands, run as child processes.

Everything that is learnt becomes a move; a restore goes on while other screens are looked at.
"""

import asyncio
import time
from collections.abc import Callable

from relab.events import Differs, Event, RestoreFinished, RestoreStarted, StepDone, StepFailed
from relab.events import Verified as AllRead
from tui import restore_words
from tui.desk import Desk
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
from tui.vault_model import SHARED

_UNREADABLE = (OSError, ValueError, TypeError, KeyError)


class RestoreDesk(Desk[Restore, Move]):
    """Holds the state of the restore."""

    written = (RestoreStarted, StepDone, StepFailed, RestoreFinished, Differs, AllRead)

    def __init__(self, profile: str, record: Callable[[Event], None], *, live: bool) -> None:
        super().__init__(Restore(), reduce, profile, record, live=live)
        self._planning: Child | None = None

    @property
    def restore(self) -> Restore:
        """All that is known of the restore."""
        return self.state

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
            run = self.restore.run
            assert run is not None  # noqa: S101 - it was asked for just now
            self._staff.spawn(self._go(restore_words.run(run)))

    def may_stop(self) -> bool:
        """Tell whether the restore was not asked to end before, and take in that it is now."""
        run = self.restore.run
        if run is None or run.stopping:
            return False
        self.take(StopAsked())
        return True

    @property
    def left_over(self) -> str:
        """The snapshot whose restore was begun here and is not at its end; empty for none."""
        run = self.restore.run
        return run.plan.snapshot if run and run.started and not run.is_done else ""

    def forget(self) -> None:
        """Stop reading the world for a plan that nobody waits for any more."""
        self._forget_plan()

    def _forget_plan(self) -> None:
        if self._planning:
            self._planning.interrupt()
            self._planning = None

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

    async def _go(self, words: tuple[str, ...]) -> None:
        await self._run(words, RunEnded)
        if self.restore.run and self.restore.run.verified:
            await self._check()

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
