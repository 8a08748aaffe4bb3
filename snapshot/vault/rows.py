"""Entries into the catalogue's rows: each distinct document, blob, box and item is written once."""

import hashlib
import re
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from relab.resources.item import canonical
from snapshot.vault.model import Entry, content_of

_ASKED_AT_ONCE = 500
_HALF = re.compile("[\ud800-\udfff]")
_NO_IDENTIFIERS = "[]"

Row = tuple[Any, ...]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _State:
    """An entry, its document and what was observed as they are written, and the digests of all."""

    entry: Entry
    texts: tuple[bytes, bytes]
    document: str
    observed: str
    content: str


def keep(db: sqlite3.Connection, entries: Sequence[Entry]) -> list[int]:
    """Write what is new of `entries` in the open transaction and return the items' row ids."""
    states = [_state(entry) for entry in entries]
    documents = _documents(db, states)
    keys = [(state.content, documents[state.observed]) for state in states]
    known = _known_items(db, keys)
    new = {key: state for key, state in zip(keys, states, strict=True) if key not in known}
    known |= _insert_items(db, new, documents)
    return [known[key] for key in keys]


def _state(entry: Entry) -> _State:
    texts = canonical(entry.item.document), canonical(entry.item.observed)
    document, observed = (hashlib.sha256(text).hexdigest() for text in texts)
    return _State(entry, texts, document, observed, content_of(entry, document))


def body(node: Any) -> str:
    """Return the JSON text of `node` for a TEXT column; half surrogates become escapes."""
    return _body(canonical(node))


def _body(written: bytes) -> str:
    text = written.decode("utf-8", "surrogatepass")
    return text if text.isascii() else _HALF.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _documents(db: sqlite3.Connection, states: Iterable[_State]) -> dict[str, int]:
    texts: dict[str, bytes] = {}
    for state in states:
        texts[state.document], texts[state.observed] = state.texts
    return _ids(db, "documents", ("digest", "body"), texts, _body)


def _known_items(
    db: sqlite3.Connection, keys: Iterable[tuple[str, int]]
) -> dict[tuple[str, int], int]:
    wanted = sorted({content for content, _ in keys})
    return {
        (row[0], row[1]): row[2]
        for part in _parts(wanted)
        for row in db.execute(
            f"SELECT content, observed, id FROM items WHERE content IN ({_marks(part)})", part
        )
    }


def _insert_items(
    db: sqlite3.Connection, new: Mapping[tuple[str, int], _State], documents: Mapping[str, int]
) -> dict[tuple[str, int], int]:
    ids = {key: number for number, key in enumerate(new, _next_id(db, "items"))}
    db.executemany(
        "INSERT INTO items VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [_item_row(ids[key], state, documents) for key, state in new.items()],
    )
    entries = {ids[key]: state.entry for key, state in new.items()}
    _insert_blobs(db, entries)
    _insert_sealed(db, entries)
    return ids


def _item_row(number: int, state: _State, documents: Mapping[str, int]) -> Row:
    item = state.entry.item
    names = (item.provider, item.type, item.region, item.key, item.tenant, item.owner)
    identifiers = body(sorted(item.identifiers)) if item.identifiers else _NO_IDENTIFIERS
    parts = (documents[state.document], documents[state.observed])
    return (number, state.content, *names, identifiers, *parts)


def _insert_blobs(db: sqlite3.Connection, entries: Mapping[int, Entry]) -> None:
    blobs = {blob.digest: blob for entry in entries.values() for blob in entry.blobs.values()}
    ids = _ids(db, "blobs", ("digest", "size"), blobs, lambda blob: blob.size)
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
    ids = _ids(db, "sealed_values", ("fingerprint", "box"), boxes, lambda box: box.data)
    db.executemany(
        "INSERT INTO item_sealed VALUES (?, ?, ?)",
        [
            (number, pointer, ids[box.fingerprint])
            for number, entry in entries.items()
            for pointer, box in entry.sealed.items()
        ],
    )


def _ids(
    db: sqlite3.Connection,
    table: str,
    columns: tuple[str, str],
    things: Mapping[str, T],
    value: Callable[[T], Any],
) -> dict[str, int]:
    """Return the ids of `things`, named by the first of `columns`, writing those that are new.

    `value` gives what stands in the second.
    """
    ids = _known(db, table, columns[0], list(things))
    new = [name for name in things if name not in ids]
    ids |= {name: number for number, name in enumerate(new, _next_id(db, table))}
    db.executemany(
        f"INSERT INTO {table} (id, {', '.join(columns)}) VALUES (?, ?, ?)",
        [(ids[name], name, value(things[name])) for name in new],
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
