"""Entries into the catalogue's rows: each distinct document, blob, box and item is written once."""

import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from relab.resources.item import canonical, digest
from snapshot.vault.model import Entry

_ASKED_AT_ONCE = 500
_HALF = re.compile("[\ud800-\udfff]")

Row = tuple[Any, ...]


def keep(db: sqlite3.Connection, entries: Sequence[Entry]) -> list[int]:
    """Write what is new of `entries` in the open transaction and return the items' row ids."""
    documents = _documents(db, entries)
    states = [
        (
            entry.content,
            documents[digest(entry.item.document)],
            documents[digest(entry.item.observed)],
        )
        for entry in entries
    ]
    known = _known_items(db, states)
    new = {
        (content, observed): (entry, document)
        for entry, (content, document, observed) in zip(entries, states, strict=True)
        if (content, observed) not in known
    }
    known |= _insert_items(db, new)
    return [known[content, observed] for content, _, observed in states]


def body(node: Any) -> str:
    """Return the JSON text of `node` for a TEXT column; half surrogates become escapes."""
    text = canonical(node).decode("utf-8", "surrogatepass")
    return _HALF.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _documents(db: sqlite3.Connection, entries: Sequence[Entry]) -> dict[str, int]:
    nodes: dict[str, Any] = {}
    for entry in entries:
        for node in (entry.item.document, entry.item.observed):
            nodes.setdefault(digest(node), node)
    rows = {name: (name, body(node)) for name, node in nodes.items()}
    return _ids(db, "documents", ("digest", "body"), rows)


def _known_items(
    db: sqlite3.Connection, states: Iterable[tuple[str, int, int]]
) -> dict[tuple[str, int], int]:
    wanted = sorted({content for content, _, _ in states})
    return {
        (row[0], row[1]): row[2]
        for part in _parts(wanted)
        for row in db.execute(
            f"SELECT content, observed, id FROM items WHERE content IN ({_marks(part)})",
            part,
        )
    }


def _insert_items(
    db: sqlite3.Connection, new: Mapping[tuple[str, int], tuple[Entry, int]]
) -> dict[tuple[str, int], int]:
    first = _next_id(db, "items")
    ids = {state: first + offset for offset, state in enumerate(new)}
    db.executemany(
        "INSERT INTO items VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [_item_row(ids[state], state, entry, document) for state, (entry, document) in new.items()],
    )
    entries = {ids[state]: entry for state, (entry, _) in new.items()}
    _insert_blobs(db, entries)
    _insert_sealed(db, entries)
    return ids


def _item_row(number: int, state: tuple[str, int], entry: Entry, document: int) -> Row:
    item, (content, observed) = entry.item, state
    names = (item.provider, item.type, item.region, item.key, item.tenant, item.owner)
    identifiers = body(sorted(item.identifiers))
    return (number, content, *names, identifiers, document, observed)


def _insert_blobs(db: sqlite3.Connection, entries: Mapping[int, Entry]) -> None:
    blobs = {blob.digest: blob for entry in entries.values() for blob in entry.blobs.values()}
    rows = {name: (name, blob.size) for name, blob in blobs.items()}
    ids = _ids(db, "blobs", ("digest", "size"), rows)
    db.executemany(
        "INSERT INTO item_blobs VALUES (?, ?, ?)",
        [
            (number, name, ids[blob.digest])
            for number, entry in entries.items()
            for name, blob in entry.blobs.items()
        ],
    )


def _insert_sealed(db: sqlite3.Connection, entries: Mapping[int, Entry]) -> None:
    boxes = {box.fingerprint: box for entry in entries.values() for box in entry.sealed.values()}
    rows = {name: (name, box.data) for name, box in boxes.items()}
    ids = _ids(db, "sealed_values", ("fingerprint", "box"), rows)
    db.executemany(
        "INSERT INTO item_sealed VALUES (?, ?, ?)",
        [
            (number, pointer, ids[box.fingerprint])
            for number, entry in entries.items()
            for pointer, box in entry.sealed.items()
        ],
    )


def _ids(
    db: sqlite3.Connection, table: str, columns: tuple[str, str], rows: Mapping[str, Row]
) -> dict[str, int]:
    """Return the ids of `rows` by the first of `columns`, inserting those that are not there."""
    ids = _known(db, table, columns[0], list(rows))
    new = [name for name in rows if name not in ids]
    ids |= {name: number for number, name in enumerate(new, _next_id(db, table))}
    db.executemany(
        f"INSERT INTO {table} (id, {', '.join(columns)}) VALUES (?, ?, ?)",
        [(ids[name], *rows[name]) for name in new],
    )
    return ids


def _known(db: sqlite3.Connection, table: str, column: str, names: Sequence[str]) -> dict[str, int]:
    return {
        row[0]: row[1]
        for part in _parts(names)
        for row in db.execute(
            f"SELECT {column}, id FROM {table} WHERE {column} IN ({_marks(part)})",
            part,
        )
    }


def _next_id(db: sqlite3.Connection, table: str) -> int:
    return int(db.execute(f"SELECT coalesce(max(id), 0) + 1 FROM {table}").fetchone()[0])


def _parts(names: Sequence[str]) -> list[Sequence[str]]:
    return [names[at : at + _ASKED_AT_ONCE] for at in range(0, len(names), _ASKED_AT_ONCE)]


def _marks(part: Sequence[str]) -> str:
    return ", ".join("?" * len(part))
