"""relab's own commands as child processes of the screen, none of which outlives it."""

import asyncio
import os
import sys
from collections.abc import Coroutine

from tui.process import Child

RELAB = (sys.executable, "-m", "relab")


class Staff:
    """The children and the tasks that wait for them; all speak of the profile `profile`."""

    def __init__(self, profile: str) -> None:
        self._profile = profile
        self._children: set[Child] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def child(self, words: tuple[str, ...]) -> Child:
        """Return `relab` with the arguments `words`, not started yet."""
        environ = {**os.environ, "RELAB_PROFILE": self._profile, "PYTHONUTF8": "1"}
        child = Child((*RELAB, *words), environ)
        self._children.add(child)
        return child

    def release(self, child: Child) -> None:
        """Forget `child`, which has ended."""
        self._children.discard(child)

    def spawn(self, work: Coroutine[object, object, None]) -> None:
        """Do `work` beside all else."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """End everything: nothing of it is left afterwards."""
        children = list(self._children)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(child.stop() for child in children))
