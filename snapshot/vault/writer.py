"""A save in progress: units of work become durable one by one, and visible all at once.

A unit is one question to the world with all its answers, such as one type in one region. Killed at
any point, the save goes on from the units that are done; of the others nothing is kept.
"""

import hashlib
import json
import sqlite3
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import chain, groupby
from pathlib import Path
from typing import Any

from relab.errors import RelabError, UsageError
from relab.resources.item import Item, canonical
from snapshot.vault import rows
from snapshot.vault.catalogue import Catalogue
from snapshot.vault.model import (
    ASK_AGAIN,
    NO_GAP,
    Coverage,
    Covered,
    Entry,
    State,
    check_name,
    content_hash,
)
from snapshot.vault.seal import Sealer
from snapshot.vault.store import Blob, Store

_BATCH = 1000


class Unit:
    """What one unit of work finds; used by one thread, kept when its `with` block ends well."""

    def __init__(self, draft: "Draft", name: str) -> None:
        self.name = name
        self._draft = draft
        self._waiting: list[Entry] = []
        self._ids = array("q")
        self._coverage: list[Coverage] = []

    def add(
        self, item: Item, blobs: Mapping[str, Blob] | None = None, secrets: Iterable[str] = ()
    ) -> None:
        """Add an item, its data by part name, and the JSON pointers of values to seal."""
        pointers = tuple(secrets)
        plain = Entry(item, dict(blobs or {}))
        self.keep(self._draft.sealer().entry(item, plain.blobs, pointers) if pointers else plain)

    def keep(self, entry: Entry) -> None:
        """Add an entry that is sealed already, such as one from another machine or an import."""
        self._waiting.append(entry)
        if len(self._waiting) >= _BATCH:
            self._ids.extend(self._draft.keep(self._waiting))
            self._waiting = []

    def cover(self, line: Coverage) -> None:
        """Add a line to the ledger."""
        self._coverage.append(line)

    def finish(self) -> None:
        """Make the unit durable and part of the snapshot."""
        self._draft.link(self.name, self._ids, self._waiting, self._coverage)


class Draft:
    """The units of an unfinished snapshot; `unit` may be called from several threads."""

    def __init__(
        self, catalogue: Catalogue, store: Store, snapshot: int, sealer: Callable[[], Sealer]
    ) -> None:
        self.sealer = sealer
        self._catalogue = catalogue
        self._store = store
        self._snapshot = snapshot
        self._together = False

    @contextmanager
    def unit(self, name: str) -> Iterator[Unit]:
        """Collect a unit of work; when the block raises, nothing of it is kept."""
        unit = Unit(self, name)
        yield unit
        unit.finish()

    def keep(self, entries: list[Entry]) -> list[int]:
        """Write `entries` after their blobs and return row ids; no snapshot shows them yet."""
        with self._durably() as db:
            return rows.keep(db, entries)

    def link(
        self, name: str, kept: "array[int]", entries: list[Entry], coverage: list[Coverage]
    ) -> None:
        """Make unit `name` part of the snapshot, in place of an earlier try.

        It is made of the rows that were `kept` and of these last `entries`.
        """
        lines = sorted(_line(line) for line in coverage)
        with self._durably() as db:
            every = sorted([*kept, *rows.keep(db, entries)])
            items = array("q", (number for number, _ in groupby(every)))
            digest = hashlib.sha256(items.tobytes() + canonical(lines)).hexdigest()
            unit = _unit(db, name, digest, items, lines)
            _link(db, self._snapshot, name, unit)

    @contextmanager
    def _durably(self) -> Iterator[sqlite3.Connection]:
        """Run the block in a transaction that ends after what it names is durable."""
        with self._catalogue.transaction() as db:
            yield db
            if not self._together:
                self._store.flush()


class Saving(Draft):
    """A save in progress; `put_blob` and `unit` may be called from several threads."""

    def __init__(
        self,
        catalogue: Catalogue,
        store: Store,
        snapshot: int,
        sealer: Callable[[], Sealer],
        publish: Callable[[Callable[[sqlite3.Connection], None]], None],
    ) -> None:
        super().__init__(catalogue, store, snapshot, sealer)
        self._publish = publish

    @property
    def store(self) -> Store:
        """Return where data goes."""
        return self._store

    @property
    def finished(self) -> frozenset[str]:
        """Return the names of units that need not be done again.

        Those that were denied, throttled or failed are asked again by a resumed save.
        """
        asked_again = ", ".join(f"'{state}'" for state in sorted(ASK_AGAIN))
        found = self._catalogue.rows(
            "SELECT name FROM units u JOIN snapshot_units su ON su.unit = u.id"
            " WHERE su.snapshot = ? AND NOT EXISTS (SELECT 1 FROM coverage c WHERE c.unit = u.id"
            f" AND c.state IN ({asked_again}))",
            self._snapshot,
        )
        return frozenset(row["name"] for row in found)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Make the units of the block durable at once, at its end, or none when it raises.

        What they name must have been put before: it is made durable while they are written.
        """
        with self._catalogue.transaction(), ThreadPoolExecutor(1) as beside:
            flushed = beside.submit(self._store.flush)
            self._together = True
            try:
                yield
            finally:
                self._together = False
            flushed.result()

    def take_over(self, unit: str) -> bool:
        """Make a unit of that name and without gaps, of a finished snapshot, part of this one.

        Tell whether there was one; the newest is taken.
        """
        found = self._catalogue.rows(_WHOLE, unit)
        if found:
            with self._catalogue.transaction() as db:
                _link(db, self._snapshot, unit, found[0]["id"])
        return bool(found)

    def keep_only(self, units: Collection[str]) -> None:
        """Take every unit out of the snapshot that is not among `units`.

        A resumed save may find the world changed: what an earlier try found there goes.
        """
        with self._catalogue.transaction() as db:
            query = (
                "SELECT u.name, u.id FROM units u JOIN snapshot_units su ON su.unit = u.id"
                " WHERE su.snapshot = ?"
            )
            found = db.execute(query, (self._snapshot,)).fetchall()
            gone = [(self._snapshot, number) for name, number in found if name not in units]
            db.executemany("DELETE FROM snapshot_units WHERE snapshot = ? AND unit = ?", gone)

    def covered(self) -> frozenset[tuple[str, str, str, str]]:
        """Return the service, type, region and tenant of every line of the ledger so far."""
        found = self._catalogue.rows(
            "SELECT DISTINCT c.service, c.type, c.region, c.tenant FROM coverage c"
            " JOIN snapshot_units su ON su.unit = c.unit WHERE su.snapshot = ?",
            self._snapshot,
        )
        return frozenset((r["service"], r["type"], r["region"], r["tenant"]) for r in found)

    def put_blob(self, chunks: Iterable[bytes]) -> Blob:
        """Keep the bytes of `chunks` in bounded memory; a file's come from `store.chunks`."""
        return self._store.put(chunks)

    def finish(self, partial: bool = False) -> State:
        """Make the snapshot visible: complete, or partial when the ledger has gaps or on request.

        RelabError when one thing was found by two units, and nothing becomes visible.
        """
        self._store.flush()
        state = State.PARTIAL if partial or self._gaps() else State.COMPLETE
        with self._catalogue.reading() as db:
            _refuse_twins(db.conn, self._snapshot, self._catalogue.path)
            content, items = _content(db.conn, self._snapshot)
        name = self._name()
        now = datetime.now(UTC).isoformat(timespec="seconds")
        values = (state, now, items, content, name)
        self._publish(lambda db: _show(db, values))
        return state

    def _gaps(self) -> bool:
        fine = ", ".join(f"'{state}'" for state in sorted(NO_GAP))
        return bool(
            self._catalogue.rows(
                "SELECT 1 FROM coverage c JOIN snapshot_units su ON su.unit = c.unit"
                f" WHERE su.snapshot = ? AND c.state NOT IN ({fine})"
                " AND NOT (c.state = 'unsupported' AND c.count = 0) LIMIT 1",
                self._snapshot,
            )
        )

    def _name(self) -> str:
        found = self._catalogue.rows("SELECT name FROM snapshots WHERE id = ?", self._snapshot)
        return str(found[0]["name"])


def begin(
    catalogue: Catalogue,
    name: str,
    scope: Mapping[str, Any],
    cohort: str,
    *,
    resume: bool = False,
    started_at: str = "",
) -> int:
    """Return the row id of a new save, or of the unfinished one called `name` when `resume`.

    UsageError when there is a snapshot of that name, or when only one of the two is true.
    """
    now = started_at or datetime.now(UTC).isoformat()
    text = rows.body(scope)
    with catalogue.transaction() as db:
        row = db.execute(
            "SELECT id, state, scope FROM snapshots WHERE name = ?", (check_name(name),)
        ).fetchone()
        if row is not None:
            return _resumed(row, name, text, resume)
        if resume:
            raise UsageError(f"no unfinished save is called {name}", fix="run it without --resume")
        made = db.execute(
            "INSERT INTO snapshots (name, scope, cohort, started_at) VALUES (?, ?, ?, ?)",
            (name, text, cohort, now),
        )
        return int(made.lastrowid or 0)


def undo_broken(catalogue: Catalogue, store: Store, snapshot: int) -> None:
    """Take units out of an unfinished snapshot whose blobs are no longer in the store.

    Another machine's prune may have removed what no finished snapshot named.
    """
    with catalogue.transaction() as db:
        db.execute("CREATE TEMP TABLE present (digest TEXT PRIMARY KEY, size INTEGER)")
        db.executemany(
            "INSERT INTO present VALUES (?, ?)",
            ((found.digest, found.size) for found in store.blobs()),
        )
        db.execute(_UNDO, (snapshot,))
        db.execute("DROP TABLE temp.present")


_UNDO = """
    DELETE FROM snapshot_units WHERE snapshot = ?1 AND unit IN (
      SELECT su.unit FROM snapshot_units su
      JOIN unit_items ui ON ui.unit = su.unit
      JOIN item_blobs ib ON ib.item = ui.item
      JOIN blobs b ON b.id = ib.blob
      LEFT JOIN temp.present p ON p.digest = b.digest AND p.size = b.size
      WHERE su.snapshot = ?1 AND p.digest IS NULL)"""


def _resumed(row: tuple[int, str, str], name: str, scope: str, resume: bool) -> int:
    if row[1] != State.SAVING:
        raise UsageError(f"there is a snapshot {name} already", fix="choose another name")
    if not resume:
        raise UsageError(
            f"the save {name} was begun and not finished",
            fix="go on with --resume, or choose another name",
        )
    if json.loads(row[2]) != json.loads(scope):
        raise UsageError(
            f"the save {name} was begun with another scope",
            fix="give the same tenants and options, or choose another name",
        )
    return row[0]


def _line(line: Coverage) -> tuple[str, str, str, str, str, int, str]:
    state = Covered(line.state).value
    return (line.service, line.type, line.region, line.tenant, state, line.count, line.detail)


def _unit(
    db: sqlite3.Connection, name: str, digest: str, items: "array[int]", lines: list[Any]
) -> int:
    known = db.execute(
        "SELECT id FROM units WHERE name = ? AND digest = ?", (name, digest)
    ).fetchone()
    if known:
        return int(known[0])
    made = db.execute("INSERT INTO units (name, digest) VALUES (?, ?)", (name, digest)).lastrowid
    unit = int(made or 0)
    db.executemany("INSERT INTO unit_items VALUES (?, ?)", ((unit, item) for item in items))
    db.executemany(
        "INSERT INTO coverage VALUES (?, ?, ?, ?, ?, ?, ?, ?)", ((unit, *line) for line in lines)
    )
    return unit


_WHOLE = f"""
    SELECT u.id FROM units u
    JOIN snapshot_units su ON su.unit = u.id
    JOIN snapshots s ON s.id = su.snapshot AND s.state IN ('complete', 'partial')
    WHERE u.name = ? AND NOT EXISTS (
      SELECT 1 FROM coverage c WHERE c.unit = u.id AND c.count > 0
      AND c.state NOT IN ({", ".join(f"'{state}'" for state in sorted(NO_GAP))}))
    ORDER BY s.id DESC LIMIT 1"""


def _link(db: sqlite3.Connection, snapshot: int, name: str, unit: int) -> None:
    db.execute(
        "DELETE FROM snapshot_units WHERE snapshot = ?"
        " AND unit IN (SELECT id FROM units WHERE name = ?)",
        (snapshot, name),
    )
    db.execute("INSERT INTO snapshot_units VALUES (?, ?)", (snapshot, unit))


_MEMBERS = (
    " FROM snapshot_units su JOIN unit_items ui ON ui.unit = su.unit"
    " JOIN items i ON i.id = ui.item WHERE su.snapshot = ?"
)


def _content(db: Any, snapshot: int) -> tuple[str, int]:
    count = db.execute(f"SELECT count(*) {_MEMBERS}", (snapshot,)).fetchone()[0]
    found = db.execute(f"SELECT content {_MEMBERS} ORDER BY content", (snapshot,))
    return content_hash(chain.from_iterable(found)), int(count)


def _refuse_twins(db: Any, snapshot: int, path: Path) -> None:
    row = db.execute(
        f"SELECT provider, type, region, key {_MEMBERS}"
        " GROUP BY provider, type, region, key HAVING count(*) > 1 LIMIT 1",
        (snapshot,),
    ).fetchone()
    if row:
        raise RelabError(
            f"{':'.join(row)} was found by two units of work", where=str(path), fix="report this"
        )


def _show(db: sqlite3.Connection, values: tuple[Any, ...]) -> None:
    db.execute(
        "UPDATE snapshots SET state = ?, finished_at = ?, items = ?, content = ?"
        " WHERE name = ? AND state = 'saving'",
        values,
    )
