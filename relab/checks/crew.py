"""A few daemon threads that work through a list of tasks.

Unlike an executor's, these threads never hold up the end of the process: a run that was cancelled,
or a call that hangs, is simply left behind.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable

Task = Callable[[], None]


class Crew:
    """Up to `size` threads doing `tasks`; `stop` keeps them from taking another."""

    def __init__(self, tasks: Iterable[Task], size: int) -> None:
        self._tasks = deque(tasks)
        for _ in range(min(size, len(self._tasks))):
            self.relieve()

    def relieve(self) -> None:
        """Add a thread, in place of one whose task hangs."""
        threading.Thread(target=self._work, name="check", daemon=True).start()

    def stop(self) -> None:
        """Let no further task begin."""
        self._tasks.clear()

    def _work(self) -> None:
        while True:
            try:
                task = self._tasks.popleft()
            except IndexError:
                return
            task()
