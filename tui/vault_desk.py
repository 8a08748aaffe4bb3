"""The vault behind the snapshots screen: relab's own commands, run as child processes.

Everything that is learnt becomes a move; a save goes on while other screens are looked at.
"""

import asyncio
import time
from collections.abc import Callable

from relab.errors import Exit
from relab.events import Event
from tui import vault_words
from tui.desk import Desk
from tui.vault_moves import (
    Answered,
    Ask,
    Asked,
    Forgotten,
    Move,
    Order,
    Question,
    SaveAsked,
    SaveEnded,
    Unanswered,
)
from tui.vault_state import Vault, reduce

_AT_ONCE = 3
_CHANGING = frozenset({Ask.VERIFY, Ask.PIN, Ask.UNPIN})
_FRESH = frozenset({Ask.WHERE, Ask.LIST, Ask.UNFINISHED}) | _CHANGING


class VaultDesk(Desk[Vault, Move]):
    """Holds what is known of the vault, and of the save under way."""

    def __init__(self, profile: str, record: Callable[[Event], None], *, live: bool) -> None:
        super().__init__(Vault(), reduce, profile, record, live=live)
        self._few = asyncio.Semaphore(_AT_ONCE)

    @property
    def vault(self) -> Vault:
        """All that is known of the vault."""
        return self.state

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
        if self.live and not self.vault.is_running:
            self.take(SaveAsked(order, time.monotonic()))
            self._staff.spawn(self._save(order))

    async def _answer(self, question: Question) -> None:
        child = self._staff.child(vault_words.command(question))
        async with self._few:
            code, raw = await self._asked(child)
        try:
            answer = await asyncio.to_thread(vault_words.answer, question, code, raw)
        except (OSError, ValueError, TypeError, KeyError) as error:
            self.take(Unanswered(question, code or Exit.FAILED, child.last_words or str(error)))
        else:
            self.take(Answered(question, answer, code))
        if question.ask in _CHANGING:
            self.look()

    async def _save(self, order: Order) -> None:
        await self._run(vault_words.save(order), SaveEnded)
        self.look()
