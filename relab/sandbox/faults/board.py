"""Which faults are active, and how each is undone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

Undo = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Active:
    """A fault in force; `tenant` is None when it concerns the platform, hence everyone."""

    fault: str
    tenant: str | None

    def touches(self, other: "Active") -> bool:
        """Tell whether both may change the same things."""
        return self.tenant == other.tenant or self.tenant is None or other.tenant is None


Break = Callable[[str | None], Undo]


class Board:
    """Breaks and mends in any order.

    To mend one, later ones that may have built on it are undone first and done again after, so that
    every undo meets the very state its fault left.
    """

    def __init__(self, faults: Mapping[str, Break]) -> None:
        self._faults = faults
        self._undo: dict[Active, Undo] = {}

    @property
    def active(self) -> tuple[Active, ...]:
        """The faults in force, oldest first."""
        return tuple(self._undo)

    def break_(self, wanted: Active) -> bool:
        """Put `wanted` in force; False when it already is."""
        if wanted in self._undo:
            return False
        self._undo[wanted] = self._faults[wanted.fault](wanted.tenant)
        return True

    def mend(self, wanted: Active) -> bool:
        """Undo `wanted` exactly; False when it is not in force."""
        if wanted not in self._undo:
            return False
        order = list(self._undo)
        later = [item for item in order[order.index(wanted) + 1 :] if item.touches(wanted)]
        for item in reversed(later):
            self._undo.pop(item)()
        self._undo.pop(wanted)()
        for item in later:
            self.break_(item)
        return True

    def forget(self) -> None:
        """Drop every fault without undoing it: the world is about to be made anew."""
        self._undo.clear()
