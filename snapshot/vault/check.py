"""Find damage in a vault and name it: what, where, and which snapshots it hits."""

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, islice
from typing import Any

from sqlite_utils import Database

from relab.errors import RelabError
from relab.resources.item import digest
from snapshot.vault.catalogue import Catalogue
from snapshot.vault.model import content_hash, content_of
from snapshot.vault.reader import checked_entries
from snapshot.vault.store import Store

_READERS = 8
_AT_ONCE = 500


class Kind(StrEnum):
    """What can be found; the last two harm nothing and go away with the next prune or save."""

    CATALOGUE_DAMAGED = "catalogue-damaged"
    REFERENCE_MISSING = "reference-missing"
    DOCUMENT_CHANGED = "document-changed"
    ITEM_CHANGED = "item-changed"
    SNAPSHOT_CHANGED = "snapshot-changed"
    BLOB_MISSING = "blob-missing"
    BLOB_TRUNCATED = "blob-truncated"
    BLOB_CHANGED = "blob-changed"
    BLOB_UNUSED = "blob-unused"
    WRITE_UNFINISHED = "write-unfinished"


HARMLESS = frozenset({Kind.BLOB_UNUSED, Kind.WRITE_UNFINISHED})


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was written; `snapshots` are the names of those it hits."""

    kind: Kind
    what: str
    snapshots: tuple[str, ...] = ()

    @property
    def harmful(self) -> bool:
        """Tell whether anything that was saved is touched."""
        return self.kind not in HARMLESS


@dataclass(frozen=True, slots=True)
class Scope:
    """What is looked at: one snapshot or all, and every byte of the blobs or their sizes.

    `told` hears the size of each blob that has been looked at.
    """

    snapshot: int | None = None
    deep: bool = False
    told: Callable[[int], None] = lambda _: None


def examine(
    catalogue: Catalogue, store: Store, kept: frozenset[str], scope: Scope
) -> list[Finding]:
    """Return what is wrong in `scope`, harm first; an empty list means all is as it was written.

    `kept` are digests of blobs that no item names and that are wanted all the same.
    """
    try:
        with catalogue.reading() as db:
            db.conn.text_factory = lambda raw: raw.decode("utf-8", "replace")
            db.conn.execute("CREATE TEMP TABLE present (digest TEXT PRIMARY KEY, size INTEGER)")
            db.conn.execute("SELECT count(*) FROM snapshots").fetchone()
            # From here on the rows stand still: what is saved meanwhile is not taken for missing.
            db.conn.executemany(
                "INSERT INTO present VALUES (?, ?)",
                ((found.digest, found.size) for found in store.blobs()),
            )
            found = list(chain.from_iterable(part(db, store, scope) for part in _PARTS))
            found = [finding for finding in found if not _pruned(catalogue, finding)]
            if scope.snapshot is None:
                found += [*_unused(db, kept), *_unfinished(store)]
    except RelabError as error:
        if not isinstance(error.__cause__, sqlite3.DatabaseError):
            raise
        found = [Finding(Kind.CATALOGUE_DAMAGED, error.what)]
    return sorted(found, key=lambda finding: not finding.harmful)


def _pruned(catalogue: Catalogue, finding: Finding) -> bool:
    """Tell whether a blob is missing because a prune removed it, rows first, in the meantime."""
    return finding.kind is Kind.BLOB_MISSING and not catalogue.rows(
        "SELECT 1 FROM blobs WHERE digest = ?", finding.what
    )


def _structure(db: Database, store: Store, scope: Scope) -> Iterator[Finding]:
    del store, scope
    for row in db.query("PRAGMA integrity_check"):
        if row["integrity_check"] != "ok":
            yield Finding(Kind.CATALOGUE_DAMAGED, row["integrity_check"])
    for row in db.query("PRAGMA foreign_key_check"):
        what = f"{row['table']} row {row['rowid']} names a missing row of {row['parent']}"
        yield Finding(Kind.REFERENCE_MISSING, what)


def _documents(db: Database, store: Store, scope: Scope) -> Iterator[Finding]:
    del store
    for row in db.query(
        f"SELECT d.id, d.digest, d.body FROM documents d {_used('d.id', scope)}",
        {"snapshot": scope.snapshot},
    ):
        if _digest_of(row["body"]) != row["digest"]:
            hit = _hit(db, "? IN (i.document, i.observed)", row["id"])
            yield Finding(Kind.DOCUMENT_CHANGED, row["digest"], hit)


def _used(column: str, scope: Scope) -> str:
    if scope.snapshot is None:
        return ""
    return f"WHERE {column} IN (SELECT i.document {_MEMBERS} UNION SELECT i.observed {_MEMBERS})"


_MEMBERS = (
    "FROM snapshot_units su JOIN unit_items ui ON ui.unit = su.unit"
    " JOIN items i ON i.id = ui.item WHERE su.snapshot = :snapshot"
)


def _digest_of(body: str) -> str:
    try:
        return digest(json.loads(body))
    except ValueError:
        return ""


def _snapshots(db: Database, store: Store, scope: Scope) -> Iterator[Finding]:
    del store
    for snapshot in list(
        db.query(
            "SELECT id, name, items, content FROM snapshots"
            " WHERE state IN ('complete', 'partial') AND (?1 IS NULL OR id = ?1)",
            [scope.snapshot],
        )
    ):
        wrong: list[Finding] = []
        if content_hash(_contents(db, snapshot, wrong)) != snapshot["content"]:
            what = f"not the {snapshot['items']} items that were saved"
            wrong.append(Finding(Kind.SNAPSHOT_CHANGED, what, (snapshot["name"],)))
        yield from wrong


def _contents(db: Database, snapshot: Mapping[str, Any], wrong: list[Finding]) -> Iterator[str]:
    hit = (snapshot["name"],)
    try:
        for entry, document, content in checked_entries(db, snapshot["id"]):
            yield content
            if content_of(entry, document) != content:
                wrong.append(Finding(Kind.ITEM_CHANGED, entry.item.identity, hit))
    except ValueError:
        wrong.append(Finding(Kind.ITEM_CHANGED, "identifiers that are no JSON", hit))


def _blobs(db: Database, store: Store, scope: Scope) -> Iterator[Finding]:
    where = (
        ""
        if scope.snapshot is None
        else f"WHERE b.id IN (SELECT ib.blob FROM item_blobs ib WHERE ib.item IN"
        f" (SELECT i.id {_MEMBERS}))"
    )
    rows = db.query(
        "SELECT b.id, b.digest, b.size, p.size AS found FROM blobs b"
        f" LEFT JOIN present p ON p.digest = b.digest {where}",
        {"snapshot": scope.snapshot},
    )
    with ThreadPoolExecutor(_READERS) as pool:
        for row, kind in _in_parallel(pool, rows, lambda row: _judged(row, store, scope.deep)):
            scope.told(row["size"])
            if kind:
                hit = _hit(db, "i.id IN (SELECT item FROM item_blobs WHERE blob = ?)", row["id"])
                yield Finding(kind, row["digest"], hit)


def _in_parallel(
    pool: ThreadPoolExecutor,
    rows: Iterable[Mapping[str, Any]],
    judge: Callable[[Mapping[str, Any]], Kind | None],
) -> Iterator[tuple[Mapping[str, Any], Kind | None]]:
    waiting = iter(rows)
    while part := list(islice(waiting, _AT_ONCE)):
        yield from zip(part, pool.map(judge, part), strict=True)


def _judged(row: Mapping[str, Any], store: Store, deep: bool) -> Kind | None:
    if row["found"] is None:
        return Kind.BLOB_MISSING
    if row["found"] != row["size"]:
        return Kind.BLOB_TRUNCATED
    if not deep:
        return None
    whole = hashlib.sha256()
    for piece in store.stream(row["digest"]):
        whole.update(piece)
    return None if whole.hexdigest() == row["digest"] else Kind.BLOB_CHANGED


def _hit(db: Database, term: str, value: int) -> tuple[str, ...]:
    rows = db.query(
        "SELECT DISTINCT s.name FROM snapshots s JOIN snapshot_units su ON su.snapshot = s.id"
        " JOIN unit_items ui ON ui.unit = su.unit JOIN items i ON i.id = ui.item"
        f" WHERE s.state IN ('complete', 'partial') AND {term} ORDER BY s.id",
        [value],
    )
    return tuple(row["name"] for row in rows)


def _unused(db: Database, kept: frozenset[str]) -> Iterator[Finding]:
    for row in db.query(
        "SELECT digest FROM present WHERE digest NOT IN (SELECT digest FROM blobs)"
    ):
        if row["digest"] not in kept:
            yield Finding(Kind.BLOB_UNUSED, row["digest"])


def _unfinished(store: Store) -> Iterator[Finding]:
    for name in store.leftovers():
        yield Finding(Kind.WRITE_UNFINISHED, name)


_PARTS = (_structure, _documents, _snapshots, _blobs)
