"""What a restore was about to do and what it has done: an SQLite file that a kill does not harm.

An intent is durable before its call is made, and the outcome after it. What is left as an intent
after a kill may or may not have happened: the next try looks at the world before it goes on.
What may be done twice without harm, and gets the same name each time, may be written down `later`:
in a group, with the next durable line or when there are enough of them. A kill loses some of these
lines at most, and what they told is done again.
Nothing secret is in it: of a call only its name stands here, of an answer only ids.
"""

import json
import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from restore.graph import Node, Phase
from snapshot.vault.trouble import sqlite

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS steps (
  identity TEXT NOT NULL,
  phase INTEGER NOT NULL,
  call INTEGER NOT NULL,
  what TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('intended', 'done', 'failed')),
  detail TEXT NOT NULL,
  PRIMARY KEY (identity, phase, call)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS made (
  identity TEXT PRIMARY KEY,
  key TEXT NOT NULL,
  handles TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS names (old TEXT PRIMARY KEY, new TEXT NOT NULL) WITHOUT ROWID;
"""
WHOLE = -1
_GROUP = 500
_STEP = "INSERT OR REPLACE INTO steps VALUES (?, ?, ?, ?, ?, ?)"
_MADE = "INSERT OR REPLACE INTO made VALUES (?, ?, ?)"
_NAME = "INSERT OR REPLACE INTO names VALUES (?, ?)"
_Line = tuple[str, tuple[Any, ...]]


class State(StrEnum):
    """How far a call, or a whole step (`WHOLE`), got."""

    INTENDED = "intended"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Made:
    """What stands in the world for an item: the key it is read by, and what calls name it by."""

    key: str
    handles: Mapping[str, Any]


class Journal:
    """The journal at `path`; safe to share by threads. RelabError when it cannot be written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._later: list[_Line] = []
        with sqlite(path):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.executescript(_SCHEMA)
        self._steps = {
            (Node(row[0], Phase(row[1])), row[2]): State(row[3])
            for row in self._db.execute("SELECT identity, phase, call, state FROM steps")
        }
        self._made = {
            row[0]: Made(row[1], json.loads(row[2]))
            for row in self._db.execute("SELECT identity, key, handles FROM made")
        }
        self._names = dict(self._db.execute("SELECT old, new FROM names").fetchall())

    def close(self) -> None:
        """Write what is left to be written, and close the file."""
        with self._lock:
            try:
                self._flush()
            finally:
                self._db.close()

    def meta(self, key: str) -> str | None:
        """Return what was noted under `key`; None for nothing."""
        with self._lock, sqlite(self.path):
            row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return str(row[0]) if row else None

    def note(self, key: str, value: str) -> None:
        """Note `value` under `key`."""
        with self._writing() as db:
            db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def state(self, node: Node, call: int = WHOLE) -> State | None:
        """Return how far call number `call` of a step got; None when nothing is known of it."""
        return self._steps.get((node, call))

    def intend(self, node: Node, call: int, what: str) -> None:
        """Write down, durably, that a call is about to be made."""
        self._step(node, call, what, State.INTENDED)

    def did(self, node: Node, call: int = WHOLE, what: str = "", *, later: bool = False) -> None:
        """Write down that a call, or the whole step, is done."""
        self._step(node, call, what, State.DONE, later=later)

    def failed(self, node: Node, why: str) -> None:
        """Write down why a step was not done."""
        self._step(node, WHOLE, "", State.FAILED, why)

    def made(self, identity: str) -> Made | None:
        """Return what stands for an item in the world; None while nothing does."""
        return self._made.get(identity)

    def make(
        self, identity: str, made: Made, names: Mapping[str, str], *, later: bool = False
    ) -> None:
        """Write down what stands for an item, and its new identifiers, as one."""
        lines: list[_Line] = [(_MADE, (identity, made.key, json.dumps(dict(made.handles))))]
        lines += [(_NAME, pair) for pair in names.items()]
        with self._lock:
            self._write(lines, later=later)
            self._made[identity] = made
            self._names.update(names)

    def forget(self, identity: str) -> None:
        """Strike out what was done for an item: what it made is gone."""
        with self._writing() as db:
            db.execute("DELETE FROM steps WHERE identity = ?", (identity,))
            db.execute("DELETE FROM made WHERE identity = ?", (identity,))
            self._steps = {at: s for at, s in self._steps.items() if at[0].identity != identity}
            self._made.pop(identity, None)

    def all_made(self) -> dict[str, Made]:
        """Return what stands for each item, by the item's identity."""
        with self._lock:
            return dict(self._made)

    def learn(self, names: Mapping[str, str]) -> None:
        """Write down new identifiers of things that the restore does not touch."""
        with self._writing() as db:
            db.executemany("INSERT OR IGNORE INTO names VALUES (?, ?)", names.items())
            self._names = {**names, **self._names}

    def keys_of(self, kind: str) -> frozenset[str]:
        """Return the keys of what stands for items of type `kind`."""
        with self._lock:
            made = [one.key for name, one in self._made.items() if name.split(":", 2)[1] == kind]
        return frozenset(made)

    @property
    def names(self) -> dict[str, str]:
        """Return old identifier -> new identifier, of all that is known so far."""
        with self._lock:
            return dict(self._names)

    def new_name(self, old: str) -> str | None:
        """Return the new identifier for `old`; None while it is not known."""
        return self._names.get(old)

    @property
    def done(self) -> int:
        """Return how many steps are done."""
        with self._lock:
            return sum(
                call == WHOLE and state is State.DONE for (_, call), state in self._steps.items()
            )

    def failures(self) -> dict[Node, str]:
        """Return every step that was not done, and why."""
        with self._lock, sqlite(self.path):
            self._flush()
            rows = self._db.execute(
                "SELECT identity, phase, detail FROM steps WHERE call = ? AND state = 'failed'",
                (WHOLE,),
            ).fetchall()
        return {Node(row[0], Phase(row[1])): row[2] for row in rows}

    def _step(
        self,
        node: Node,
        call: int,
        what: str,
        state: State,
        detail: str = "",
        *,
        later: bool = False,
    ) -> None:
        row = (node.identity, int(node.phase), call, what, state.value, detail)
        with self._lock:
            self._write([(_STEP, row)], later=later)
            self._steps[node, call] = state

    def _write(self, lines: list[_Line], *, later: bool) -> None:
        self._later += lines
        if not later or len(self._later) >= _GROUP:
            self._flush()

    def _flush(self) -> None:
        if self._later:
            with self._writing():
                pass

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock, sqlite(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                for text in dict.fromkeys(text for text, _ in self._later):
                    self._db.executemany(text, [row for one, row in self._later if one == text])
                yield self._db
                self._db.execute("COMMIT")
                self._later = []
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
