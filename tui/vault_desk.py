"""The vault behind the snapshots screen: relab's own commands, run as child processes.

Everything that is learnt becomes a move; a save goes on while other screens are looked at.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

from relab.errors import Exit
from relab.events import Event
from tui import vault_words
from tui.process import Child
from tui.staff import Staff
from tui.thinned import Thinned
from tui.vault_moves import (
    Answered,
    Ask,
    Asked,
    Forgotten,
    Heard,
    Move,
    Order,
    Question,
    SaveAsked,
    SaveEnded,
    Unanswered,
)
from tui.vault_state import Vault, reduce

_AT_ONCE = 3
_PATIENCE = 20.0
_CHANGING = frozenset({Ask.VERIFY, Ask.PIN, Ask.UNPIN})
_FRESH = frozenset({Ask.WHERE, Ask.LIST, Ask.UNFINISHED}) | _CHANGING


def _deaf(_: Move) -> None:
    return None


class Desk:
    """Holds the state; `hear` is told of each move after it was taken in.

    `record` is told what is to be written down of a save.
    """

    def __init__(self, profile: str, record: Callable[[Event], None], *, live: bool) -> None:
        self.vault = Vault()
        self.live = live
        self.hear: Callable[[Move], None] = _deaf
        self._record = record
        self._few = asyncio.Semaphore(_AT_ONCE)
        self._staff = Staff(profile)
        self._saving: Child | None = None

    def take(self, move: Move) -> None:
        """Take `move` into the state."""
        self.vault = reduce(self.vault, move)
        self.hear(move)

    def deafen(self, hear: Callable[[Move], None]) -> None:
        """Tell `hear` no more."""
        if self.hear == hear:
            self.hear = _deaf

    def ask(self, ask: Ask, *names: str) -> None:
        """Ask relab, unless it answered, failed to, or is at it; what may change is asked anew."""
        question = Question(ask, names)
        known = question in self.vault.told or question in self.vault.failed
        done = known and ask not in _FRESH
        if self.live and not done and question not in self.vault.asked:
            self.take(Asked(question))
            self._staff.spawn(self._answer(question))

    def look(self) -> None:
        """Ask anew where the vault is and what is in it."""
        self.ask(Ask.WHERE)
        self.ask(Ask.LIST)
        self.ask(Ask.UNFINISHED)

    def reload(self) -> None:
        """Forget what is known of single snapshots, and look anew."""
        self.take(Forgotten())
        self.look()

    def save(self, order: Order) -> None:
        """Begin the save `order`; nothing happens while another one runs here."""
        if self.live and not (self.vault.save and self.vault.save.is_running):
            self.take(SaveAsked(order, time.monotonic()))
            self._staff.spawn(self._save(order))

    def cancel(self) -> None:
        """Ask the running save to end; it stays unfinished and can be resumed."""
        if self._saving:
            self._saving.interrupt()

    async def stop(self) -> None:
        """End all children, the save by asking first: nothing of them is left afterwards."""
        self.hear = _deaf
        await self._end_save()
        await self._staff.stop()

    async def _end_save(self) -> None:
        child = self._saving
        if child:
            child.interrupt()
            with suppress(TimeoutError):
                await asyncio.wait_for(child.ended(), _PATIENCE)

    async def _answer(self, question: Question) -> None:
        child = self._staff.child(vault_words.command(question))
        code = int(Exit.FAILED)
        try:
            async with self._few:
                await child.start()
                raw = await child.output()
                code = await child.ended()
            answer = await asyncio.to_thread(vault_words.answer, question, code, raw)
        # A name that no command line can hold is a ValueError, too.
        except (OSError, ValueError, TypeError, KeyError) as error:
            self.take(Unanswered(question, code or Exit.FAILED, child.last_words or str(error)))
        else:
            self.take(Answered(question, answer, code))
        finally:
            self._staff.release(child)
        if question.ask in _CHANGING:
            self.look()

    async def _save(self, order: Order) -> None:
        child = self._saving = self._staff.child(vault_words.save(order))
        code = int(Exit.FAILED)
        try:
            await child.start()
            thinned = Thinned(self._record)
            async for event in child.events():
                at = time.monotonic()
                self.take(Heard(event, at))
                thinned.hear(event, at)
            code = await child.ended()
        except (OSError, ValueError) as error:
            child.last_words = str(error)
        finally:
            self._saving = None
            self._staff.release(child)
            self.take(SaveEnded(code, child.last_words, time.monotonic()))
        self.look()
