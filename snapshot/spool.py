"""Sort lines by a group without holding them: they wait in a temporary file."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing


def grouped(rows: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield `rows` (group, line) by group; within a group in the order in which they came."""
    with closing(sqlite3.connect("")) as db:  # a file of SQLite's own, gone when it is closed
        db.execute("CREATE TABLE lines (name TEXT, line TEXT)")
        db.executemany("INSERT INTO lines VALUES (?, ?)", rows)
        yield from db.execute("SELECT name, line FROM lines ORDER BY name, rowid")
