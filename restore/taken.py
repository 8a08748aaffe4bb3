"""Names that somebody else has: a bucket's name is one in all of AWS.

Such a name is waited for, and then another one is taken by a rule: the old name and a few letters
that are the same at each try. Wherever the old name stands, the new one is said from then on.
"""

import hashlib
import json
import re
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from relab.clouds.outcome import Reply
from relab.resources.reading import Place
from restore.journal import Journal
from restore.live import Live
from restore.model import Action, OnTaken, Planned
from restore.relocate import BUCKET

# Of a call that makes a bucket: somebody else has the name, or AWS has not let go of it yet.
TAKEN = frozenset({"BucketAlreadyExists", "OperationAborted"})
FREE = frozenset({"404", "NoSuchBucket", "NotFound"})
TRIES = 3
_NOTE = "taken"
_LONGEST_NAME = 63
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 15.0


def others(name: str, account: str) -> Iterator[str]:
    """Yield the names to try in place of `name` in `account`, the same ones each time."""
    for number in range(TRIES):
        mark = hashlib.sha256(f"{account} {name} {number}".encode()).hexdigest()[:6]
        yield f"{name[: _LONGEST_NAME - len(mark) - 1].rstrip('-.')}-{mark}"


@lru_cache(maxsize=64)
def _pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    listed = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    # A longer name that begins or ends with it is another bucket's.
    return re.compile(rf"(?<![A-Za-z0-9-])(?:{listed or '(?!)'})(?![A-Za-z0-9-])")


def mentioned(text: str, names: tuple[str, ...]) -> frozenset[str]:
    """Return which of `names` (of buckets) stand in `text` as whole names."""
    return frozenset(_pattern(names).findall(text)) if names else frozenset()


def said(node: Any, pairs: Mapping[str, str]) -> Any:
    """Return a JSON-able `node` with new names for old ones, keys included."""
    if not pairs:
        return node
    if isinstance(node, str):
        return _pattern(tuple(pairs)).sub(lambda found: pairs[found[0]], node)
    if isinstance(node, Mapping):
        return {said(key, pairs): said(value, pairs) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return [said(value, pairs) for value in node]
    return node


@dataclass(slots=True)
class Taken:
    """What buckets are called now whose names were taken; kept in the journal.

    `seconds` is how long such a name is waited for, unless the person wants to fail at once.
    """

    journal: Journal
    choice: OnTaken = OnTaken.RENAME
    seconds: float = 120.0
    pairs: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.pairs.update(json.loads(self.journal.meta(_NOTE) or "{}"))

    def rename(self, old: str, new: str) -> None:
        """Write down that the bucket `old` is to be called `new`, before any call says so."""
        with self._lock:
            if self.pairs.get(old) != new:
                self.pairs = {**self.pairs, old: new}
                self.journal.note(_NOTE, json.dumps(self.pairs))

    def said(self, node: Any) -> Any:
        """Return a JSON-able `node` with the names of buckets as they are now."""
        return said(node, self.pairs)

    def names(self, old: str, account: str) -> Iterator[str]:
        """Yield what the bucket `old` may be called, beginning with what it is called already."""
        yield self.pairs.get(old, old)
        if self.choice is OnTaken.RENAME:
            yield from (name for name in others(old, account) if name != self.pairs.get(old))

    def pauses(self) -> Iterator[tuple[float, float]]:
        """Yield how many seconds are left, and how many to wait now, while there are some left."""
        end = time.monotonic() + (0 if self.choice is OnTaken.FAIL else self.seconds)
        pause = _FIRST_PAUSE
        while (left := end - time.monotonic()) > 0:
            yield left, min(pause, left)
            pause = min(pause * 2, _LONGEST_PAUSE)


def standing(names: Iterable[str], live: Live, account: str) -> dict[str, str]:
    """Return old name -> new name of buckets that an earlier restore had to call otherwise."""
    found = {}
    for name in names:
        if live.get(_identity(name)) is None:
            for other in others(name, account):
                if live.get(_identity(other)) is not None:
                    found[name] = other
                    break
    return found


def told(rows: Iterable[Planned], place: Place, choice: OnTaken) -> Iterator[Planned]:
    """Yield `rows`, with what will come of buckets whose names are taken in their reasons."""
    for row in rows:
        if row.type != BUCKET or row.action is not Action.CREATE or is_free(row.key, place):
            yield row
            continue
        then = {
            OnTaken.FAIL: "it is not made",
            OnTaken.WAIT: "it is waited for",
            OnTaken.RENAME: f"waited for, then called {next(others(row.key, place.account))}",
        }[choice]
        yield replace(row, reason=f"{row.reason}; its name is taken: {then}")


def is_free(name: str, place: Place) -> bool:
    """Tell whether nobody has a bucket called `name`."""
    reply: Reply = place.caller.call(place.target, "s3", "HeadBucket", {"Bucket": name})
    return reply.status in FREE


def _identity(name: str) -> str:
    return f"aws:{BUCKET}::{name}"


def advice(old: str, new: str) -> str:
    """Return what a person should know of a bucket that is called otherwise now."""
    return (
        f"bucket {old} is now {new}: all that was restored says so;"
        f" change the profile's naming rule to one that gives {new}"
    )
