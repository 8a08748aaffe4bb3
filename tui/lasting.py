"""How long a process of relab's takes, and how it ended: shared by what its screens reduce."""

import signal

from relab.errors import Exit

# A process that is interrupted before it is ready for it ends by the signal itself.
CANCELLED = frozenset({int(Exit.CANCELLED), -signal.SIGINT})


class Lasting:
    """A run since `began`; `code` is its exit code once it has `ended`, in the same seconds."""

    __slots__ = ()
    began: float
    code: int | None
    ended: float

    @property
    def is_running(self) -> bool:
        """Tell whether the process is still there."""
        return self.code is None

    @property
    def was_cancelled(self) -> bool:
        """Tell whether it ended because it was asked to."""
        return self.code in CANCELLED

    def seconds(self, now: float) -> float:
        """Return how long it takes, or took."""
        return (now if self.is_running else self.ended) - self.began
