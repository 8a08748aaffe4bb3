"""What a screen's long work has in common: relab's own commands, run as child processes.

Everything that is learnt becomes a move; what runs goes on while other screens are looked at.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import ClassVar, Generic, Protocol, TypeVar

from relab.errors import Exit
from relab.events import Differs, Event
from tui.process import Child
from tui.staff import Staff
from tui.thinned import Thinned
from tui.vault_moves import Heard

_PATIENCE = 30.0


class Busy(Protocol):
    """What every desk's state tells."""

    @property
    def is_running(self) -> bool:
        """Tell whether the desk's long work is under way."""


State = TypeVar("State", bound=Busy)
Move = TypeVar("Move")
Ended = Callable[[int, str, float], Move]


def _deaf(_: object) -> None:
    return None


class Desk(Generic[State, Move]):
    """Holds `state`; `hear` is told of each move after it was taken in.

    `record` is told those events of the long work that are `written`. All children speak of the
    profile `profile`; they are only started where `live`.
    """

    written: ClassVar[tuple[type, ...]] = (object,)

    def __init__(
        self,
        state: State,
        reduce: Callable[[State, Move | Heard], State],
        profile: str,
        record: Callable[[Event], None],
        *,
        live: bool,
    ) -> None:
        self.state = state
        self.live = live
        self.hear: Callable[[Move | Heard], None] = _deaf
        self._reduce = reduce
        self._record = record
        self._thinned = Thinned(self._record_lean)
        self._staff = Staff(profile)
        self._running: Child | None = None

    def take(self, move: Move | Heard) -> None:
        """Take `move` into the state."""
        self.state = self._reduce(self.state, move)
        self.hear(move)

    def deafen(self, hear: Callable[[Move | Heard], None]) -> None:
        """Tell `hear` no more."""
        if self.hear == hear:
            self.hear = _deaf

    def may_stop(self) -> bool:
        """Tell whether what runs is to be asked to end now, and take that into the state."""
        return True

    def cancel(self) -> bool:
        """Ask what runs to end; True when that was done just now."""
        if self._running is None or not self.may_stop():
            return False
        self._running.interrupt()
        return True

    async def stop(self) -> None:
        """End all children, the long work by asking first: nothing is left afterwards."""
        self.hear = _deaf
        child = self._running
        if child:
            self.cancel()
            with suppress(TimeoutError):
                await asyncio.wait_for(child.ended(), _PATIENCE)
        await self._staff.stop()

    async def learn(self, event: Event) -> None:
        """Look into what `event`, which was taken in just now, points to."""

    async def _asked(self, child: Child) -> tuple[int, str]:
        """Return the exit code of `child` and what it wrote."""
        try:
            await child.start()
            raw = await child.output()
            return await child.ended(), raw
        # A name that no command line can hold is a ValueError, too.
        except (OSError, ValueError) as error:
            child.last_words = str(error)
            return int(Exit.FAILED), ""
        finally:
            self._staff.release(child)

    async def _run(self, words: tuple[str, ...], ended: Ended[Move]) -> None:
        """Do the long work `words`, and take in what it tells and how it `ended`."""
        child = self._running = self._staff.child(words)
        self._thinned = Thinned(self._record_lean)
        code = int(Exit.FAILED)
        try:
            await child.start()
            async for event in child.events():
                await self._heard(event)
            code = await child.ended()
        except (OSError, ValueError) as error:
            child.last_words = str(error)
        finally:
            self._running = None
            self._staff.release(child)
            self.take(ended(code, child.last_words, time.monotonic()))

    async def _heard(self, event: Event) -> None:
        at = time.monotonic()
        self.take(Heard(event, at))
        if isinstance(event, self.written):
            self._thinned.hear(event, at)
        await self.learn(event)

    def _record_lean(self, event: Event) -> None:
        # The values are the world's, and may be large.
        self._record(replace(event, fields=()) if isinstance(event, Differs) else event)
