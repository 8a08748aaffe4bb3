"""Runs tasks on a crew and writes what they find: one thread at the vault, many at the world."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue

from relab.events import Event, GapMet, UnitSaved
from relab.interrupts import postponed
from snapshot.collect.crew import Crew
from snapshot.collect.work import Asked, Found, Rank, Task
from snapshot.vault.model import NO_GAP, Coverage, Covered
from snapshot.vault.writer import Saving

_AHEAD = 2
_COMMIT_SECONDS = 0.2
_COMMIT_ENTRIES = 2000
_WHOLE_UNIT = "coverage/empty"


class Driver:
    """Drives one save; `items` and `size` (bytes read) grow while `run` is iterated."""

    def __init__(self, saving: Saving, crew: Crew, tenants: tuple[str, ...]) -> None:
        self.items = 0
        self.size = 0
        self._saving = saving
        self._crew = crew
        self._tenants = tenants
        self._finished = saving.finished
        self._units: set[str] = set()
        self._asked: dict[Asked, None] = {}
        self._late: list[Task] = []
        self._queue = Queue()
        self._ripe = Ripe()
        self._running: dict[Future[Found], Task] = {}
        # Told one by one: to wait for any of many takes all their locks. None is a Ctrl+C.
        self._ended: SimpleQueue[Future[Found] | None] = SimpleQueue()
        self._done = 0

    def run(self, first: Iterable[Task]) -> Iterator[Event]:
        """Do `first` and all work that it shows, then what comes late; yield what was saved.

        Ctrl+C ends it between two commits.
        """
        with postponed(lambda: self._ended.put(None)) as check:
            yield from self._work(first, check)
            late, self._late = self._late, []
            yield from self._work(late, check)
            self._cover_empty()
            self._saving.keep_only(self._units)

    def _work(self, first: Iterable[Task], check: Callable[[], None]) -> Iterator[Event]:
        self._queue.add(first)
        while self._queue or self._running:
            check()
            yield from self._hand_out()
            if self._running:
                self._take_in()
            if self._ripe.due(idle=not self._running):
                yield from self._write()
        yield from self._write()

    def _hand_out(self) -> Iterator[Event]:
        """Give the crew as much as it can chew; what is there already is not done again."""
        while len(self._running) < _AHEAD * self._crew.size:
            task = self._queue.next(self._crew.size)
            if task is None:
                return
            if self._is_there(task):
                self._units.add(task.unit)
                yield self._saved(task, 0, 0, reused=True)
            else:
                future = self._crew.submit(task)
                self._running[future] = task
                future.add_done_callback(self._ended.put)

    def _is_there(self, task: Task) -> bool:
        if not task.unit or task.repeated:
            return False
        if task.unit in self._finished:
            return True
        return task.settled and self._saving.take_over(task.unit)

    def _take_in(self) -> None:
        """Wait for somebody to end, not longer than what is ripe may wait for being written."""
        with suppress(Empty):
            future = self._ended.get(timeout=self._ripe.patience)
            while future:
                self._take(future)
                future = self._ended.get_nowait()

    def _take(self, future: Future[Found]) -> None:
        task, found = self._running.pop(future), future.result()
        self._queue.add(found.then)
        self._late += found.late
        self._asked |= dict.fromkeys(found.asked)
        self._ripe.add(task, found)

    def _write(self) -> Iterator[Event]:
        """Make what is ripe durable at once, then tell of it."""
        ripe = self._ripe.taken()
        if ripe:
            with self._saving.together():
                for task, found in ripe:
                    self._keep(task, found)
        for task, found in ripe:
            self.items += len(found.entries)
            self.size += found.size
            yield self._saved(task, len(found.entries), found.size, reused=False)
            yield from (_gap(line) for line in found.coverage if is_gap(line))

    def _keep(self, task: Task, found: Found) -> None:
        # A task without a unit has nothing to tell but what went wrong.
        name = task.unit or (f"trouble/{task!r}" if found.coverage else "")
        if not name:
            return
        self._units.add(name)
        with self._saving.unit(name) as unit:
            for entry in found.entries:
                unit.keep(entry)
            for line in found.coverage:
                unit.cover(line)

    def _saved(self, task: Task, items: int, size: int, *, reused: bool) -> UnitSaved:
        self._done += 1
        left = len(self._queue) + len(self._running)
        listing = bool(self._queue.lists) or any(
            one.rank is Rank.LIST for one in self._running.values()
        )
        return UnitSaved(task.unit, items, size, reused, self._done, left, listing)

    def _cover_empty(self) -> None:
        """Write down which tenants have nothing of what was asked for the whole account."""
        known = self._saving.covered()
        self._units.add(_WHOLE_UNIT)
        with self._saving.unit(_WHOLE_UNIT) as unit:
            for one in self._asked:
                for tenant in self._tenants:
                    if (one.service, one.type, one.region, tenant) not in known:
                        unit.cover(
                            Coverage(one.service, one.type, one.region, tenant, Covered.EMPTY)
                        )


class Ripe:
    """What was found and is not written yet: one commit for many costs hardly more than for one."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Task, Found]] = []
        self._entries = 0
        self._since = 0.0

    @property
    def patience(self) -> float | None:
        """Return for how many seconds it may wait on; None for as long as you like."""
        if not self._waiting:
            return None
        return max(0.0, self._since + _COMMIT_SECONDS - time.monotonic())

    def add(self, task: Task, found: Found) -> None:
        """Let what `task` found wait."""
        if not self._waiting:
            self._since = time.monotonic()
        self._waiting.append((task, found))
        self._entries += len(found.entries)

    def due(self, *, idle: bool) -> bool:
        """Tell whether it should be written now; `idle` when nobody works any more."""
        return bool(self._waiting) and (
            idle or self._entries >= _COMMIT_ENTRIES or self.patience == 0
        )

    def taken(self) -> list[tuple[Task, Found]]:
        """Return all that waits, and forget it."""
        waiting, self._waiting, self._entries = self._waiting, [], 0
        return waiting


class Queue:
    """Tasks that wait: what finds more work waits until there is little else to do."""

    def __init__(self) -> None:
        self.lists: deque[Task] = deque()
        self._ready: dict[Rank, deque[Task]] = {Rank.READ: deque(), Rank.DATA: deque()}

    def __len__(self) -> int:
        return len(self.lists) + sum(map(len, self._ready.values()))

    def add(self, tasks: Iterable[Task]) -> None:
        """Let `tasks` wait."""
        for task in tasks:
            (self.lists if task.rank is Rank.LIST else self._ready[task.rank]).append(task)

    def next(self, enough: int) -> Task | None:
        """Return the next task, a listing only when fewer than `enough` others wait."""
        ready = sum(map(len, self._ready.values()))
        if self.lists and ready < enough:
            return self.lists.popleft()
        for tasks in self._ready.values():
            if tasks:
                return tasks.popleft()
        return None


def is_gap(line: Coverage) -> bool:
    """Tell whether a line of the ledger makes the snapshot partial."""
    declared = line.state is Covered.UNSUPPORTED and not line.count
    return line.state not in NO_GAP and not declared


def _gap(line: Coverage) -> GapMet:
    return GapMet(
        line.service, line.type, line.region, line.tenant, line.state.value, line.count, line.detail
    )
