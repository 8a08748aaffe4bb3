"""How fast a save goes and how long it may take: a reduction of its events."""

from collections import Counter
from dataclasses import dataclass, field, replace

from relab.events import Event, GapMet, SaveFinished, SaveStarted, UnitSaved

_ENOUGH = 5


@dataclass(frozen=True, slots=True)
class Pace:
    """A save so far; times are seconds of a steady clock, `size` bytes that were read.

    `worked` counts tasks that really ran since `worked_from`: those taken over unread cost nothing
    and say nothing about the others.
    """

    name: str = ""
    began: float = 0.0
    items: int = 0
    size: int = 0
    done: int = 0
    left: int = 0
    reused: int = 0
    listing: bool = True
    worked: int = 0
    gaps: Counter[str] = field(default_factory=Counter)
    finished: SaveFinished | None = None

    def after(self, event: Event, now: float) -> "Pace":
        """Return the pace with `event`, which was heard at `now`."""
        match event:
            case SaveStarted():
                return Pace(name=event.name, began=now)
            case UnitSaved():
                return self._saved(event)
            case GapMet():
                return replace(self, gaps=self.gaps + Counter([event.state]))
            case SaveFinished():
                return replace(self, finished=event, left=0, listing=False)
        return self

    def _saved(self, event: UnitSaved) -> "Pace":
        return replace(
            self,
            items=self.items + event.items,
            size=self.size + event.size,
            done=event.done,
            left=event.left,
            listing=event.listing,
            reused=self.reused + event.reused,
            worked=self.worked + (not event.reused),
        )

    def rate(self, now: float) -> float:
        """Return bytes a second so far."""
        return self.size / max(now - self.began, 1e-9)

    def seconds_left(self, now: float) -> float | None:
        """Return about how long it will go on; None while that cannot be told.

        It cannot while listings may show more work, or before a few tasks have shown their speed.
        """
        if self.listing or self.worked < _ENOUGH:
            return None
        return self.left * (now - self.began) / self.worked
