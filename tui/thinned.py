"""What is written down of a save: its units once a second, since there are thousands of them."""

from collections.abc import Callable
from dataclasses import replace

from relab.events import Event, UnitSaved

_EVERY = 1.0


class Thinned:
    """Tells `record` every event, but units in sums: no item and no byte is lost."""

    def __init__(self, record: Callable[[Event], None]) -> None:
        self._record = record
        self._sum: UnitSaved | None = None
        self._told_at = 0.0

    def hear(self, event: Event, at: float) -> None:
        """Take `event`, heard at `at` (seconds of a steady clock)."""
        if isinstance(event, UnitSaved):
            self._sum = self._added(event)
            if at - self._told_at < _EVERY:
                return
            self._told_at = at
        self._tell()
        if not isinstance(event, UnitSaved):
            self._record(event)

    def _added(self, event: UnitSaved) -> UnitSaved:
        old = self._sum
        if old is None:
            return event
        items, size = old.items + event.items, old.size + event.size
        return replace(event, items=items, size=size, reused=old.reused and event.reused)

    def _tell(self) -> None:
        if self._sum:
            self._record(self._sum)
            self._sum = None
