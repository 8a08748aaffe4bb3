"""A save that waited for its wipe is made anew: pods have written since, and no gate sees that.

Only the pauses of a cycle count (a kill, a refusal, a person who reads the proof), and not the time
that its stages take, since a large account takes its time.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

from relab.cycle.model import PATIENCE, Book
from relab.errors import Refused
from relab.text import safe
from snapshot.vault.model import Snapshot, State
from snapshot.vault.vault import Vault

_FIX = "relab cycle --resume saves anew, and asks again"


def at_work(book: Book, now: datetime) -> Book:
    """Return `book` as it is at work at `now` (UTC)."""
    return replace(book, seen=now.isoformat(timespec="seconds"))


def gone_on(book: Book, vault: Vault, now: datetime) -> Book:
    """Return `book` gone on with at `now`: the pause is added to how long its save has waited."""
    time = waited(book, now) if _save_of(book, vault) else timedelta(0)
    return at_work(replace(book, waited=time.total_seconds()), now)


def waited(book: Book, now: datetime) -> timedelta:
    """Return how long the save of `book` has waited by `now`, its own pauses included."""
    seen = book.seen or next((one.at for one in reversed(book.stages)), book.began)
    pause = now - datetime.fromisoformat(seen)
    return timedelta(seconds=book.waited) + max(pause, timedelta(0))


def why_anew(book: Book, vault: Vault, now: datetime) -> str:
    """Return why the save of `book` is not the one to wipe with; empty where it is, or is to come.

    Once a wipe has begun there is nothing better: what was saved is all that there is.
    """
    save = None if book.has_wiped else _save_of(book, vault)
    if save is None:
        return ""
    partial = f"snapshot {safe(book.snapshot)} is partial"
    return partial if save.state is State.PARTIAL else _late(book, now)


def _save_of(book: Book, vault: Vault) -> Snapshot | None:
    """Return the save of `book`, finished or not; None where it was not begun."""
    return next((one for one in _saves(vault) if one.name == book.snapshot), None)


def _saves(vault: Vault) -> tuple[Snapshot, ...]:
    reader = vault.reader()
    return (*reader.snapshots(), *reader.unfinished())


def _late(book: Book, now: datetime) -> str:
    time = waited(book, now)
    if time <= PATIENCE:
        return ""
    minutes = int(time / timedelta(minutes=1))
    return (
        f"snapshot {safe(book.snapshot)} has waited {minutes} minutes, and what pods have written "
        "to volumes and databases since is not in it"
    )


def check(book: Book, now: datetime) -> None:
    """Raise Refused when the save of `book` has waited too long for a wipe that begins now."""
    late = "" if book.has_wiped else _late(book, now)
    if late:
        raise Refused(late, where="cycle", fix=_FIX)


def anew(book: Book, vault: Vault) -> Book:
    """Return `book` before its first stage, with a snapshot whose name nobody bears yet."""
    taken = {one.name for one in _saves(vault)}
    first = book.first or book.snapshot
    name = _free(first, taken)
    return replace(book, snapshot=name, first=first, waited=0.0, seen="", plan="", stages=())


def _free(first: str, taken: Collection[str]) -> str:
    names = (f"{first}-{number}" for number in count(2))
    return next(name for name in names if name not in taken)
