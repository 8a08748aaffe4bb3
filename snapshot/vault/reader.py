"""What is in a catalogue: snapshots, their entries and their ledger; only finished ones."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlite_utils import Database

from relab.errors import UsageError
from relab.resources.item import Item
from relab.text import safe
from snapshot.vault.catalogue import Catalogue
from snapshot.vault.model import Box, Coverage, Covered, Entry, Snapshot, State
from snapshot.vault.store import Blob

_BATCH = 500
_ENTRIES = """
    SELECT i.id, i.provider, i.type, i.region, i.key, i.tenant, i.owner, i.identifiers,
           d.body AS document, o.body AS observed, u.name AS unit
    FROM snapshot_units su
    JOIN units u ON u.id = su.unit
    JOIN unit_items ui ON ui.unit = u.id
    JOIN items i ON i.id = ui.item
    JOIN documents d ON d.id = i.document
    JOIN documents o ON o.id = i.observed
    WHERE su.snapshot = :snapshot"""

_BETWEEN = """
    SELECT i.id, i.provider, i.type, i.region, i.key, i.tenant, i.owner, i.identifiers,
           d.body AS document, o.body AS observed
    FROM items i
    CROSS JOIN unit_items ui ON ui.item = i.id
    CROSS JOIN snapshot_units su ON su.unit = ui.unit AND su.snapshot = :snapshot
    JOIN documents d ON d.id = i.document
    JOIN documents o ON o.id = i.observed
    WHERE i.type = :kind AND i.key BETWEEN :first AND :last
    ORDER BY i.key"""


@dataclass(frozen=True, slots=True)
class Only:
    """Which entries are wanted; None is all of them, an empty tenant those of no tenant."""

    tenant: str | None = None
    provider: str | None = None
    type: str | None = None
    key: str | None = None
    unit: str | None = None


class Reader:
    """Reads a catalogue; each call sees it as it is at that moment."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def snapshots(self) -> list[Snapshot]:
        """Return the finished snapshots, the oldest first."""
        query = "SELECT * FROM snapshots WHERE state IN ('complete', 'partial') ORDER BY id"
        return [_snapshot(row) for row in self._catalogue.rows(query)]

    def unfinished(self) -> list[Snapshot]:
        """Return the saves that were begun and not finished, the oldest first."""
        query = "SELECT * FROM snapshots WHERE state = 'saving' ORDER BY id"
        return [_snapshot(row) for row in self._catalogue.rows(query)]

    def snapshot(self, name: str) -> Snapshot:
        """Return the finished snapshot `name`; UsageError when there is none."""
        for found in self.snapshots():
            if found.name == name:
                return found
        raise UsageError(
            f"no snapshot is called '{safe(name)}'",
            where=safe(self._catalogue.path),
            fix="see relab snapshot list",
        )

    def entries(
        self, snapshot: Snapshot, only: Only | None = None, *, beside: Snapshot | None = None
    ) -> Iterator[Entry]:
        """Yield the entries of `snapshot` in the order of their identity, in bounded memory.

        Those that `beside`, a snapshot of the same vault, has just so (observed, too) are left out.
        """
        wanted = only or Only()
        query, values = _query(snapshot, wanted, beside)
        with self._catalogue.reading() as db:
            found = iter(db.query(query, values))
            while rows := list(islice(found, _BATCH)):
                yield from _entries(db, rows)

    def by_unit(self, snapshot: Snapshot) -> Iterator[tuple[str, Entry]]:
        """Yield all entries, each with the name of its unit of work, by unit and then identity."""
        query = f"{_ENTRIES} ORDER BY u.name, i.provider, i.type, i.region, i.key"
        with self._catalogue.reading() as db:
            found = iter(db.query(query, {"snapshot": snapshot.id}))
            while rows := list(islice(found, _BATCH)):
                for row, entry in zip(rows, _entries(db, rows), strict=True):
                    yield row["unit"], entry

    def between(self, snapshot: Snapshot, kind: str, first: str, last: str) -> Iterator[Entry]:
        """Yield the entries of type `kind` in `snapshot` whose key is in `first`..`last`, sorted.

        It costs what it yields, however large the snapshot is.
        """
        values = {"snapshot": snapshot.id, "kind": kind, "first": first, "last": last}
        with self._catalogue.reading() as db:
            found = iter(db.query(_BETWEEN, values))
            while rows := list(islice(found, _BATCH)):
                yield from _entries(db, rows)

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """Return the rows of a question to the documented tables and views."""
        return self._catalogue.rows(query, *values)

    def units(self, snapshot: Snapshot) -> list[str]:
        """Return the names of the units of work of `snapshot`, sorted."""
        query = (
            "SELECT u.name FROM units u JOIN snapshot_units su ON su.unit = u.id"
            " WHERE su.snapshot = ? ORDER BY u.name"
        )
        return [row["name"] for row in self._catalogue.rows(query, snapshot.id)]

    def coverage(self, snapshot: Snapshot, unit: str | None = None) -> list[Coverage]:
        """Return the ledger of `snapshot`, or of one of its units."""
        found = self._catalogue.rows(
            "SELECT c.service, c.type, c.region, c.tenant, c.state, c.count, c.detail"
            " FROM coverage c JOIN snapshot_units su ON su.unit = c.unit"
            " JOIN units u ON u.id = c.unit"
            " WHERE su.snapshot = ?1 AND (?2 IS NULL OR u.name = ?2)"
            " ORDER BY c.service, c.type, c.region, c.tenant, c.state, u.name, c.count, c.detail",
            snapshot.id,
            unit,
        )
        return [Coverage(**{**row, "state": Covered(row["state"])}) for row in found]


def checked_entries(db: Database, snapshot: int) -> Iterator[tuple[Entry, str, str]]:
    """Yield the entries of a snapshot by row id, in the order of the `content` they had.

    Documents are not read: beside each entry stand its document's digest and that `content`.
    """
    query = """
        SELECT i.id, i.provider, i.type, i.region, i.key, i.tenant, i.owner, i.identifiers,
               i.content, d.digest, '{}' AS document, '{}' AS observed
        FROM snapshot_units su
        JOIN unit_items ui ON ui.unit = su.unit
        JOIN items i ON i.id = ui.item
        JOIN documents d ON d.id = i.document
        WHERE su.snapshot = :snapshot ORDER BY i.content"""
    found = iter(db.query(query, {"snapshot": snapshot}))
    while rows := list(islice(found, _BATCH)):
        for row, entry in zip(rows, _entries(db, rows), strict=True):
            yield entry, row["digest"], row["content"]


_NOT_BESIDE = """
    AND NOT EXISTS (SELECT 1 FROM unit_items bi JOIN snapshot_units bu ON bu.unit = bi.unit
                    WHERE bi.item = i.id AND bu.snapshot = :beside)"""


def _query(snapshot: Snapshot, only: Only, beside: Snapshot | None) -> tuple[str, dict[str, Any]]:
    columns = {
        "tenant": "i.tenant",
        "provider": "i.provider",
        "type": "i.type",
        "key": "i.key",
        "unit": "u.name",
    }
    chosen = {name: getattr(only, name) for name in columns if getattr(only, name) is not None}
    terms = "".join(f" AND {columns[name]} = :{name}" for name in chosen)
    order = " ORDER BY i.provider, i.type, i.region, i.key"
    values = {"snapshot": snapshot.id, **chosen}
    if beside:
        terms += _NOT_BESIDE
        values["beside"] = beside.id
    return f"{_ENTRIES}{terms}{order}", values


def _entries(db: Database, rows: Sequence[Mapping[str, Any]]) -> Iterator[Entry]:
    ids = ", ".join(str(row["id"]) for row in rows)
    blobs: dict[int, dict[str, Blob]] = {}
    for part in db.query(
        "SELECT item, name, digest, size FROM item_blobs JOIN blobs ON blobs.id = blob"
        f" WHERE item IN ({ids})"
    ):
        blobs.setdefault(part["item"], {})[part["name"]] = Blob(part["digest"], part["size"])
    sealed: dict[int, dict[str, Box]] = {}
    for part in db.query(
        "SELECT item, pointer, fingerprint, box FROM item_sealed"
        f" JOIN sealed_values v ON v.id = sealed WHERE item IN ({ids})"
    ):
        box = Box(part["fingerprint"], part["box"])
        sealed.setdefault(part["item"], {})[part["pointer"]] = box
    for row in rows:
        yield Entry(_item(row), blobs.get(row["id"], {}), sealed.get(row["id"], {}))


def _item(row: Mapping[str, Any]) -> Item:
    return Item(
        provider=row["provider"],
        type=row["type"],
        region=row["region"],
        key=row["key"],
        document=json.loads(row["document"]),
        observed=json.loads(row["observed"]),
        tenant=row["tenant"],
        owner=row["owner"],
        identifiers=tuple(json.loads(row["identifiers"])),
    )


def _snapshot(row: Mapping[str, Any]) -> Snapshot:
    return Snapshot(
        id=row["id"],
        name=row["name"],
        state=State(row["state"]),
        scope=json.loads(row["scope"]),
        cohort=row["cohort"],
        started_at=row["started_at"],
        finished_at=row["finished_at"] or "",
        items=row["items"] or 0,
        content=row["content"] or "",
        pinned=bool(row["pinned"]),
        verified_at=row["verified_at"] or "",
        verified_deep=bool(row["verified_deep"]),
    )
