"""The processes that a sandbox lives for."""

from relab.sandbox.process import Process


class Guardians:
    """Somebody who wants the sandbox: processes while they run, or None for good."""

    def __init__(self, first: Process | None) -> None:
        self._wanted: set[Process | None] = {first}

    def add(self, another: Process | None) -> None:
        """Let the sandbox live as long as `another`, too."""
        self._wanted.add(another)

    def any_left(self) -> bool:
        """Tell whether anybody still wants it."""
        return any(one is None or one.alive() for one in self._wanted)
