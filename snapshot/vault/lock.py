"""One writer at a time: a lock with host, process and heartbeat, kept as numbered notes.

Each acquisition creates the next number, which only one can; the highest number is the lock. A lock
is given up by writing that into it: who was robbed while asleep finds a higher number for ever.
"""

import json
import os
import platform
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from relab.errors import Locked, RelabError
from relab.text import safe
from snapshot.vault.store import Store

FOLDER = "lock"
STALE_SECONDS = 30 * 60.0
HEARTBEAT_SECONDS = 60.0
_KEPT = 16


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock.

    `born` is the process's start as its system tells it; `beat` is in seconds since the epoch, 0
    when the lock was given up.
    """

    host: str
    pid: int
    born: str
    command: str
    beat: float

    @property
    def alive(self) -> bool:
        """Tell whether the holder is at work: its process here, or else its heartbeat."""
        if not self.beat:
            return False
        if self.host == platform.node():
            return _born(self.pid) == self.born
        return time.time() - self.beat < STALE_SECONDS


class Lock:
    """A lock that is held; `check` raises when another has taken it over."""

    def __init__(self, store: Store, number: int, holder: Holder) -> None:
        self._store = store
        self._number = number
        self._holder = holder
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._keep_alive, daemon=True, name="vault-lock")
        self._thread.start()

    def check(self) -> None:
        """Return when the lock is still ours; Locked when another took it (after a long sleep)."""
        newest = _newest(self._store)
        if newest != self._number:
            raise _taken(self._store, _read(self._store, newest))

    def release(self) -> None:
        """Give the lock up; nothing happens when another has taken it."""
        self._done.set()
        self._thread.join()
        try:
            self._write(0.0)
            for name in self._store.notes(FOLDER)[:-_KEPT]:
                self._store.remove(name)
        except RelabError:  # a full disk takes no note, but gives one back
            with suppress(RelabError):
                self._store.remove(_name(self._number))

    def _keep_alive(self) -> None:
        while not self._done.wait(HEARTBEAT_SECONDS):
            with suppress(RelabError):  # the next beat may reach it; `check` tells in the end
                self._write(time.time())

    def _write(self, beat: float) -> None:
        data = {**asdict(self._holder), "beat": beat}
        self._store.replace(_name(self._number), json.dumps(data).encode())


@contextmanager
def locked(store: Store, command: str) -> Iterator[Lock]:
    """Hold the vault's lock while the block runs; Locked when a live process has it."""
    lock = acquire(store, command)
    try:
        yield lock
    finally:
        lock.release()


def acquire(store: Store, command: str) -> Lock:
    """Take the lock; a stale one is taken over, a live one raises Locked."""
    newest = _newest(store)
    holder = _read(store, newest)
    if holder and holder.alive:
        raise _taken(store, holder)
    mine = Holder(platform.node(), os.getpid(), _born(os.getpid()) or "", command, time.time())
    number = newest + 1
    written = store.create(_name(number), json.dumps(asdict(mine)).encode())
    newest = _newest(store)
    if not written or newest != number:
        raise _taken(store, _read(store, newest))
    return Lock(store, number, mine)


def holder(store: Store) -> Holder | None:
    """Return who is at work in the vault; None when nobody is."""
    found = _read(store, _newest(store))
    return found if found and found.alive else None


def _name(number: int) -> str:
    return f"{FOLDER}/{number:08}"


def _newest(store: Store) -> int:
    return max((int(name.rpartition("/")[2]) for name in store.notes(FOLDER)), default=0)


def _read(store: Store, number: int) -> Holder | None:
    data = store.read(_name(number)) if number else None
    return Holder(**json.loads(data)) if data else None


def _taken(store: Store, holder: Holder | None) -> Locked:
    who = "another process"
    if holder:
        who = safe(f"process {holder.pid} on {holder.host} ({holder.command})")
    return Locked(f"{who} is writing", where=store.where, fix="wait for it, or end it")


def _born(pid: int) -> str | None:
    """Return when process `pid` of this machine started; None when there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None if Path("/proc/self/stat").exists() else _born_by_ps(pid)
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else fields[19]


def _born_by_ps(pid: int) -> str | None:
    answer = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return answer.stdout.strip() or None
