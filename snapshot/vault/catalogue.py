"""The catalogue: one SQLite file, written by one process and read by any tool.

Every commit is durable (`synchronous=FULL`); readers never wait for the writer (WAL).
"""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlite_utils import Database

from relab.errors import NoVault
from snapshot.vault.migrations import format_of, migrate, refuse_newer
from snapshot.vault.trouble import sqlite

FILE = "catalogue.sqlite"
_WAIT_SECONDS = 30.0
_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    # New items go all over the index of their digests. With 96 MiB of it in memory, and 64 MiB
    # between checkpoints, the millionth costs what the first does.
    "cache_size = -98304",
    "wal_autocheckpoint = 16384",
)


class Catalogue:
    """The catalogue at `path`; safe to share by threads, whose transactions take turns."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._turn = threading.RLock()
        self._writer: sqlite3.Connection | None = None

    def create(self) -> None:
        """Make the file, or bring an older one up to date; RelabError when it is newer."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._turn, sqlite(self.path):
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
            self._connection()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Run the block as one durable transaction, or as none when it raises.

        Inside another of the same thread it is part of that one.
        """
        with self._turn, sqlite(self.path):
            db = self._connection()
            if db.in_transaction:
                yield db
                return
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise

    @contextmanager
    def rehearsal(self) -> Iterator[sqlite3.Connection]:
        """Run the block as a transaction that is undone at its end."""
        with self._turn, sqlite(self.path):
            db = self._connection()
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            finally:
                db.execute("ROLLBACK")

    @contextmanager
    def reading(self) -> Iterator[Database]:
        """Open the catalogue as it is now, through sqlite-utils; nothing is written to it."""
        self.require()
        with sqlite(self.path), closing(self._read_only()) as db:
            refuse_newer(format_of(db), self.path)
            db.execute("BEGIN")
            yield Database(db)

    def require(self) -> None:
        """Raise NoVault when there is no catalogue."""
        if not self.path.is_file():
            raise NoVault(
                "no vault here", where=str(self.path.parent), fix="make one: relab vault init"
            )

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """Return the rows of a small answer."""
        with self.reading() as db:
            return list(db.query(query, values))

    def copy(self, path: Path) -> None:
        """Write a compact copy of the catalogue to `path`, which must not be there."""
        with self._turn, sqlite(self.path):
            self._connection().execute("VACUUM INTO ?", (str(path),))

    def become(self, path: Path) -> None:
        """Replace the catalogue by the closed one at `path`."""
        with self._turn, sqlite(self.path):
            self.close()
            for suffix in ("-wal", "-shm"):
                Path(f"{self.path}{suffix}").unlink(missing_ok=True)
            path.replace(self.path)

    def close(self) -> None:
        """Close the writing connection, if there is one."""
        with self._turn:
            if self._writer is not None:
                self._writer.close()
                self._writer = None

    def _connection(self) -> sqlite3.Connection:
        if self._writer is None:
            self.require()
            db = sqlite3.connect(
                self.path, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                _prepare(db)
                migrate(db, self.path)
            except BaseException:
                db.close()
                raise
            self._writer = db
        return self._writer

    def _read_only(self) -> sqlite3.Connection:
        log = Path(f"{self.path}-wal")
        settled = not log.exists() or not log.stat().st_size
        if settled and not os.access(self.path.parent, os.W_OK):
            return self._connect("mode=ro&immutable=1")  # nobody can write here
        db = self._connect("mode=ro")
        if settled and not _has_room(db):
            db.close()
            return self._connect("mode=ro&immutable=1")
        return db

    def _connect(self, how: str) -> sqlite3.Connection:
        return sqlite3.connect(
            f"file:{quote(str(self.path.absolute()))}?{how}",
            uri=True,
            timeout=_WAIT_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )


def _has_room(db: sqlite3.Connection) -> bool:
    """Tell whether SQLite can make the file that it needs beside a log (`-shm`)."""
    try:
        db.execute("SELECT 1 FROM sqlite_master LIMIT 1")
    except sqlite3.Error as error:
        return getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_IOERR_SHMSIZE
    return True


def _prepare(db: sqlite3.Connection) -> None:
    for pragma in _PRAGMAS:
        db.execute(f"PRAGMA {pragma}")
