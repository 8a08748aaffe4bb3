"""One tenant's lab at a time: its state, and the file that it resumes from."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tui import journal
from tui.journal import Journal
from tui.moves import Closed, Move, Named, Opened, StepShown
from tui.state import State, reduce, settled

if TYPE_CHECKING:
    from relab.events import Event


class Session:
    """Reduces events to `state` and writes them down."""

    def __init__(self, lab: str, environment: str) -> None:
        self.state = State()
        self._lab = lab
        self._environment = environment
        self._journal: Journal | None = None

    @property
    def broken(self) -> str:
        """Why the session cannot be written; empty while it can."""
        return self._journal.broken if self._journal else ""

    def last_tenant(self) -> str | None:
        """Return whose session was written to last."""
        found = journal.latest(self._lab, self._environment)
        return found[1] if found else None

    def open(self, tenant: str, first: str, *, afresh: bool = False) -> bool:
        """Open the session of `tenant` where it was left; True when it begins, at `first`."""
        self.close()
        opened = Opened(_now(), self._lab, self._environment, tenant)
        found = None if afresh else journal.latest(self._lab, self._environment, tenant)
        helpers = replace(self.state.now, asking={}, trouble=None)
        path = found[0] if found else journal.fresh(opened)
        state = State()
        for event in journal.read(path):
            state = reduce(state, event)
        names = () if state.tenants else self.state.tenants
        self.state = replace(state, now=helpers, tenants=names or state.tenants)
        self._journal = Journal(path)
        self.take(opened)
        if not self.state.step:
            self.take(StepShown(opened.at, first))
        return not state.step

    def take(self, event: Move | Event) -> bool:
        """Reduce `event` and write it down; return False the first time that it cannot be written.

        What is known already is written in its short form, or not at all.
        """
        if isinstance(event, Named) and not event.values:
            event = replace(event, values=self.state.values)
        kept = settled(self.state, event)
        before, self.state = self.state, reduce(self.state, kept)
        if self._journal is None or (isinstance(kept, Named) and self.state == before):
            return True
        return self._journal.append(kept)

    def close(self) -> None:
        """Write down that the lab is closed."""
        if self._journal is not None:
            self.take(Closed(_now()))
            self._journal.close()
            self._journal = None


def _now() -> str:
    return datetime.now(UTC).isoformat()
