"""Which checks are asked, and when: those of the step often, all of them now and then."""

import itertools
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from relab.events import Verdict

EVERY = 5.0
EVERY_WHOLE = 60.0
IDLE_AFTER = 15 * 60.0
EVERY_IDLE = 60.0
LONGEST = 60.0
EVERY_CHANGE = 8.0


@dataclass
class Rounds:
    """The rounds of one worker; moments are seconds of a monotonic clock."""

    tenant: str
    run: str = ""
    started: float = 0.0
    ended: float = 0.0
    whole: float = 0.0
    changed: bool = False
    _verdicts: dict[str, Verdict] = field(default_factory=dict)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    _name: str = field(default_factory=lambda: uuid.uuid4().hex[:8])

    def ask(self, checks: Sequence[str], now: float) -> Mapping[str, Any]:
        """Return the order that begins a round of `checks`."""
        self.run = f"{self._name}-{next(self._numbers)}"
        self.started = now
        return {"do": "run", "run": self.run, "tenants": [self.tenant], "checks": list(checks)}

    def is_whole_due(self, now: float) -> bool:
        """Tell whether it is time to ask every check, and take note that it is done."""
        due = now - self.whole >= EVERY_WHOLE or self._is_change_due(now)
        if due:
            self.whole, self.changed = now, False
        return due

    def answered(self, check: str, verdict: Verdict) -> None:
        """Take note of an answer: one that differs from the last may have changed others too."""
        self.changed |= self._verdicts.get(check, verdict) is not verdict
        self._verdicts[check] = verdict

    def _is_change_due(self, now: float) -> bool:
        return self.changed and now - self.whole >= EVERY_CHANGE

    def finished(self, run: str, now: float) -> None:
        """Take note that round `run` is over."""
        if run == self.run:
            self.run, self.ended = "", now

    def overdue(self, now: float) -> bool:
        """Tell whether the round under way takes longer than any should."""
        return bool(self.run) and now - self.started > LONGEST

    def due(self, now: float, touched: float) -> bool:
        """Tell whether the next round should begin; `touched` is when a person last did a thing."""
        pace = EVERY_IDLE if now - touched > IDLE_AFTER else EVERY
        return not self.run and (now - self.ended >= pace or self._is_change_due(now))
