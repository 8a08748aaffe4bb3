"""The live world behind the screen: the profile, the sandbox, and the process that checks.

All of it starts after the first frame and speaks to the screen by events only.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from relab.errors import RelabError
from relab.events import CheckFinished, Progress, RunFinished, Trouble
from relab.lab import Lab
from tui.moves import HelperDown, HelperUp, Move, Named
from tui.process import Child
from tui.rounds import Rounds

if TYPE_CHECKING:
    from relab.events import Event

CHECKS = "checks"
SANDBOX = "sandbox"
_FIRST_WAIT = 0.5
_LONGEST_WAIT = 30.0
_PROVEN = 30.0
_LONGEST_START = 300.0

Emit = Callable[["Move | Event"], None]
PYTHON = (sys.executable, "-m")


class Live:
    """Keeps one tenant's checks running against one profile."""

    def __init__(self, lab: Lab, profile: str, sandbox: bool, emit: Emit) -> None:
        self.lab = lab
        self.profile = profile
        self.sandbox = sandbox
        self.touched = time.monotonic()
        self._emit = emit
        self._rounds: Rounds | None = None
        self._worker: Child | None = None
        self._children: list[Child] = []
        self._anew = False
        self._hurry = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin: the sandbox if one is meant, then the checks."""
        self._tasks.append(asyncio.create_task(self._run()))

    async def roster(self) -> tuple[str, ...]:
        """Return the profile's tenant numbers; RelabError when the profile is wrong."""
        return await asyncio.to_thread(_roster, self.profile)

    async def choose(self, tenant: str) -> None:
        """Check `tenant` from now on; RelabError when the profile or the number is wrong."""
        self._rounds = None
        self._emit(await asyncio.to_thread(_named, self.profile, tenant))
        self._rounds = Rounds(tenant)
        self.ask(checks_of(self.lab))

    async def _run(self) -> None:
        if self.sandbox:
            await self._keep(SANDBOX, self._sandbox)
        await self._keep(CHECKS, self._checks)

    async def _keep(self, helper: str, run: Callable[[], Awaitable[Child | None]]) -> None:
        """Run a helper again and again, waiting longer each time, until it says it is done."""
        wait = _FIRST_WAIT
        while True:
            began = time.monotonic()
            child = await run()
            if child is None:
                return
            code = await child.ended()
            self._children.remove(child)
            wait = _FIRST_WAIT if time.monotonic() - began > _PROVEN else wait
            self._emit(HelperDown(helper, child.last_words or f"exit {code}", wait))
            await self._pause(wait)
            wait = min(wait * 2, _LONGEST_WAIT)

    async def _pause(self, seconds: float) -> None:
        self._hurry.clear()
        try:
            await asyncio.wait_for(self._hurry.wait(), seconds)
        except TimeoutError:
            return

    async def _spawn(self, *arguments: str) -> Child:
        child = Child((*PYTHON, *arguments), os.environ)
        self._children.append(child)
        await child.start()
        return child

    async def _sandbox(self) -> Child | None:
        command = ("relab", "sandbox", "up", "--while-pid", str(os.getpid()), "--json")
        child = await self._spawn(*command)
        reader = asyncio.create_task(self._relay(child))
        try:
            code = await asyncio.wait_for(child.ended(), _LONGEST_START)
        except TimeoutError:
            await child.stop()
            code = 1
        reader.cancel()
        if code != 0:
            return child
        self._children.remove(child)
        self._emit(HelperUp(SANDBOX, self._anew))
        return None

    async def _checks(self) -> Child:
        child = await self._spawn("relab.checks.worker", "--profile", self.profile)
        self._worker = child
        self._emit(HelperUp(CHECKS))
        if self._rounds:
            self._rounds.run = ""
        self.ask(checks_of(self.lab))
        await self._relay(child)
        self._worker = None
        await child.stop()
        return child

    async def _relay(self, child: Child) -> None:
        async for event in child.events():
            if self._rounds and isinstance(event, RunFinished):
                self._rounds.finished(event.run, time.monotonic())
            if self._rounds and isinstance(event, Trouble):
                self._rounds.finished(self._rounds.run, time.monotonic())
            if self._rounds and isinstance(event, CheckFinished):
                self._rounds.answered(event.check, event.verdict)
            # A sandbox that is up already tells of no progress.
            self._anew |= isinstance(event, Progress)
            self._emit(event)

    def ask(self, checks: Sequence[str]) -> bool:
        """Ask `checks` now, in place of the round under way; False when nothing can be asked."""
        self._hurry.set()
        if self._worker is None or self._rounds is None or not checks:
            return False
        if self._rounds.run:
            self._worker.send({"do": "cancel", "run": self._rounds.run})
        self._worker.send(self._rounds.ask(checks, time.monotonic()))
        return True

    def tick(self, checks: Sequence[str]) -> None:
        """Begin the next round of `checks` when its time has come."""
        now = time.monotonic()
        if self._rounds is None or self._worker is None:
            return
        if self._rounds.overdue(now) or self._rounds.due(now, self.touched):
            whole = self._rounds.is_whole_due(now)
            self.ask(checks_of(self.lab) if whole else checks)

    async def stop(self) -> None:
        """End all helper processes and tasks; nothing of them is left afterwards."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(child.stop() for child in list(self._children)))
        self._children.clear()
        self._tasks.clear()
        self._worker = self._rounds = None


def checks_of(lab: Lab) -> tuple[str, ...]:
    """Return every check of `lab` once, in reading order."""
    return tuple(dict.fromkeys(check for step in lab.steps for check in step.checks))


def _roster(profile: str) -> tuple[str, ...]:
    from profiles import loader

    return loader.active(os.environ, profile).tenants


def _named(profile: str, tenant: str) -> Named:
    from profiles import loader, naming

    found = loader.active(os.environ, profile)
    number = naming.tenant_number(found, tenant)
    return Named(found.tenants, naming.values(found, number))


def trouble(error: RelabError) -> Trouble:
    """Return `error` as an event."""
    return Trouble(error.what, error.where, error.fix, int(error.exit_code))
