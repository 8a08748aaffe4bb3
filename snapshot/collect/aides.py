"""Processes beside this one that do parts of a task: Python's threads share one processor.

A part is picklable and goes through a socket to an aide (`snapshot.collect.aide`), which answers
what came of it. The blobs that it wrote wait for this process's flush. An aide that dies, or cannot
work at all, is no loss: its part is done here.
"""

import os
import socket
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

if TYPE_CHECKING:
    from snapshot.collect.world import World

LINES = 8
# Starting a process takes as long as reading some hundred small objects.
WORTH = 500
_MOST = 3
_PATIENCE_SECONDS = 10
# Nothing is imported from the folder that somebody happens to stand in.
_PROGRAM = ("-P", "-c", "from snapshot.collect.aide import main; main()")

Line = Connection
T_co = TypeVar("T_co", covariant=True)


class Part(Protocol[T_co]):
    """A piece of a task: a frozen dataclass of plain, picklable data."""

    def run(self, world: "World") -> T_co:
        """Do it, with the clients and the store of whichever process this is."""


@dataclass(frozen=True, slots=True)
class Done:
    """What an aide answers: what came of a part, or what it raised, and the blobs it wrote.

    `blobs` is what `Store.handed` returns.
    """

    found: Any = None
    error: Exception | None = None
    blobs: Mapping[str, str] = field(default_factory=dict)

    def result(self) -> Any:
        """Return what came of it; raises what it raised."""
        if self.error:
            raise self.error
        return self.found


class Aides:
    """`count` aides, started when the first part comes or is expected; safe to share by threads.

    A line is a connection to one of them, for one thread at a time.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._expected = 0
        self._free: deque[Line] = deque()
        self._running: list[subprocess.Popen[bytes]] = []
        self._lock = threading.Lock()

    @property
    def pids(self) -> frozenset[int]:
        """Return the process ids of those that were started."""
        return frozenset(process.pid for process in self._running)

    def expect(self, count: int) -> bool:
        """Take in that `count` more things will be done; tell whether that is worth aides."""
        with self._lock:
            self._expected += count
            return bool(self._running) or self._expected >= WORTH

    def do(self, part: Part[T_co], world: "World") -> T_co:
        """Return what came of `part`, done by whoever is free: an aide, else this thread."""
        self.start(world)
        done = self._asked(part)
        if done is None:
            return part.run(world)
        world.store.take(done.blobs)
        return cast("T_co", done.result())

    def start(self, world: "World") -> None:
        """Start those that do not run yet; they are ready a while later.

        Where the system has no room for one more process, those that run are all there will be.
        """
        with self._lock:
            new: list[list[Line]] = []
            try:
                while len(self._running) < self._count:
                    process, lines = _aide()
                    self._running.append(process)
                    new.append(lines)
            except OSError:
                self._count = len(self._running)
            if new:
                self._tell(world, new)

    def _tell(self, world: "World", new: list[list[Line]]) -> None:
        """Tell those that have begun what they work with: to find credentials takes a while."""
        told = (world.brief, world.store.where, world.objects.handed())
        for lines in new:
            with suppress(OSError):
                lines[0].send(told)
            self._free.extend(lines)

    def close(self) -> None:
        """End the aides; whoever does not go within seconds is killed."""
        while self._free:
            self._free.pop().close()
        for process in self._running:
            try:
                process.wait(_PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _asked(self, part: Part[Any]) -> Done | None:
        """Return an aide's answer; None when none is free, or it is gone."""
        try:
            line = self._free.popleft()
            line.send(part)
            done: Done = line.recv()
        except (IndexError, EOFError, OSError):
            return None
        self._free.append(line)
        return done


def fitting() -> int:
    """Return how many aides this machine has use for: one a processor, none where there is one.

    This process lists and writes rows beside them, and would only take turns with its own readers.
    """
    processors = os.cpu_count() or 1
    return min(_MOST, processors) if processors > 1 else 0


def _aide() -> tuple["subprocess.Popen[bytes]", list[Line]]:
    """Start an aide, which waits to be told what it works with; it may be ready later, or never."""
    pairs = [socket.socketpair() for _ in range(LINES)]
    theirs = [far.fileno() for _, far in pairs]
    words = (sys.executable, *_PROGRAM, *map(str, theirs))
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    process = subprocess.Popen(
        words,
        env=environ,
        pass_fds=theirs,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl+C is for this process; it ends its aides when it ends
    )
    for _, far in pairs:
        far.close()
    return process, [Connection(near.detach()) for near, _ in pairs]
