"""Bring a catalogue to the newest format, or say that it is newer than this relab.

Formats are numbers; a migration is never edited once a release has written it. Views are derived:
they are made anew after each.
"""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from relab import __version__
from relab.errors import RelabError
from snapshot.vault.schema import TABLES, triggers
from snapshot.vault.views import VIEWS

Migration = Callable[[sqlite3.Connection], None]


def _first(db: sqlite3.Connection) -> None:
    for statement in (*TABLES.split(";\n"), *triggers()):
        if statement.strip():
            db.execute(statement)


MIGRATIONS: tuple[Migration, ...] = (_first,)
_LEDGER = (
    "CREATE TABLE IF NOT EXISTS migrations"
    " (format INTEGER PRIMARY KEY, applied_at TEXT NOT NULL, relab TEXT NOT NULL)"
)


def format_of(db: sqlite3.Connection) -> int:
    """Return the format of the catalogue; 0 when it is empty."""
    known = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'migrations'").fetchone()
    found = db.execute("SELECT max(format) FROM migrations").fetchone() if known else (0,)
    return int(found[0] or 0)


def migrate(
    db: sqlite3.Connection, path: Path, migrations: tuple[Migration, ...] = MIGRATIONS
) -> None:
    """Apply what is missing in one transaction, after a copy `catalogue.format-N.sqlite`.

    RelabError, and nothing done, when the catalogue is of a newer format.
    """
    have = format_of(db)
    refuse_newer(have, path, len(migrations))
    if have == len(migrations):
        return
    if have:
        _copy(db, path.with_suffix(f".format-{have}.sqlite"))
    db.execute("BEGIN IMMEDIATE")
    try:
        _apply(db, migrations, have)
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def refuse_newer(have: int, path: Path, known: int = len(MIGRATIONS)) -> None:
    """Raise RelabError when format `have` is one that this relab does not know."""
    if have > known:
        raise RelabError(
            f"the vault has format {have}, this relab knows up to {known}",
            where=str(path),
            fix="upgrade relab",
        )


def _apply(db: sqlite3.Connection, migrations: tuple[Migration, ...], have: int) -> None:
    db.execute(_LEDGER)
    for name in [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type='view'")]:
        db.execute(f'DROP VIEW "{name}"')
    for number, step in enumerate(migrations[have:], have + 1):
        step(db)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        db.execute("INSERT INTO migrations VALUES (?, ?, ?)", (number, now, __version__))
    for name, query in VIEWS.items():
        db.execute(f"CREATE VIEW {name} AS {query}")


def _copy(db: sqlite3.Connection, target: Path) -> None:
    new = target.with_suffix(".new")
    new.unlink(missing_ok=True)
    db.execute("VACUUM INTO ?", (str(new),))
    new.replace(target)
