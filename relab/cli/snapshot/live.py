"""The progress of a long command on one line of a terminal, rewritten in place."""

import sys
import time
from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING, TextIO, TypeVar

from relab.events import Event, GapMet
from relab.text import pad, safe, size_of, width

if TYPE_CHECKING:
    from snapshot.collect.pace import Pace

T = TypeVar("T")
_EVERY = 0.2


def time_of(seconds: float) -> str:
    """Return a duration in its largest two units, such as `2 min 05 s`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


class Line:
    """A line on `out`; nothing is shown where that is no terminal."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._live = out.isatty()
        self._cells = 0
        self._shown_at = 0.0

    def show(self, pace: "Pace", now: float) -> None:
        """Show how far a save is, not more often than people can read."""
        if self._live and now - self._shown_at >= _EVERY:
            self._shown_at = now
            self.write(_told(pace, now))

    def say(self, text: str) -> None:
        """Write a line that stays."""
        self.clear()
        self._out.write(f"{text}\n")

    def clear(self) -> None:
        """Take the line away."""
        if self._cells:
            self._out.write(f"\r{' ' * self._cells}\r")
            self._cells = 0

    def write(self, text: str) -> None:
        """Show `text` in place of what stands there."""
        if not self._live:
            return
        self._out.write(f"\r{pad(text, self._cells)}")
        self._out.flush()
        self._cells = width(text)


def follow_save(
    events: Generator[Event, None, T] | Iterator[Event], tell: Callable[[Event], None] | None = None
) -> T:
    """Show a save's progress and gaps on stderr while it goes on, and return its result.

    `tell` is told of each event, too.
    """
    from snapshot.collect.pace import Pace

    pace, line = Pace(), Line(sys.stderr)
    try:
        while True:
            event = next(events)
            if tell:
                tell(event)
            pace = pace.after(event, time.monotonic())
            if isinstance(event, GapMet):
                line.say(_gap(event))
            line.show(pace, time.monotonic())
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        line.clear()


def _gap(gap: GapMet) -> str:
    where = f" of tenant {gap.tenant}" if gap.tenant else ""
    return safe(f"{gap.state}: {gap.type}{where}: {gap.detail}")


def _told(pace: "Pace", now: float) -> str:
    left = pace.seconds_left(now)
    if pace.listing:
        ahead = f"{pace.left} tasks known, still listing"
    else:
        ahead = f"{pace.left} tasks left" + (f", about {time_of(left)}" if left else "")
    read = f"{size_of(pace.size)} ({size_of(pace.rate(now))}/s)"
    return f"{pace.items} items, {read}, {ahead}"
