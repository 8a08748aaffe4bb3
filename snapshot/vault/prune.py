"""Forget snapshots by rule; never a pinned one, never the newest that was verified."""

import sqlite3
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby

from relab.errors import UsageError
from snapshot.vault.model import Snapshot
from snapshot.vault.store import Store

_YOUNG_SECONDS = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Keep:
    """What to keep: the `last` so many, those `within` an age, so many `per_cohort`.

    A snapshot that any rule keeps is kept.
    """

    last: int = 0
    within: timedelta = timedelta(0)
    per_cohort: int = 0


@dataclass(frozen=True, slots=True)
class Pruned:
    """What a prune removed, or would remove: snapshots by name; blobs and their bytes."""

    snapshots: tuple[str, ...]
    blobs: int
    bytes: int


def doomed(snapshots: Sequence[Snapshot], keep: Keep) -> list[Snapshot]:
    """Return those of `snapshots` (the oldest first) that `keep` lets go.

    UsageError when no rule is given, since that would let all of them go.
    """
    if keep == Keep():
        raise UsageError(
            "nothing says what to keep", fix="give --keep-last, --keep-within or --keep-per-cohort"
        )
    kept = {found.id for found in _kept(snapshots, keep)}
    return [found for found in snapshots if found.id not in kept]


def _kept(snapshots: Sequence[Snapshot], keep: Keep) -> Iterable[Snapshot]:
    newest = snapshots[::-1]
    yield from newest[: keep.last]
    yield from (found for found in newest if found.pinned)
    yield from [found for found in newest if found.verified_at][:1]
    oldest = datetime.now(UTC) - keep.within
    yield from (found for found in newest if datetime.fromisoformat(found.finished_at) > oldest)
    for _, members in groupby(sorted(newest, key=_cohort), key=_cohort):
        yield from list(members)[: keep.per_cohort]


def _cohort(snapshot: Snapshot) -> str:
    return snapshot.cohort


def forget(db: sqlite3.Connection, names: Iterable[str]) -> None:
    """Remove the snapshots `names`, finished or not, and all rows that nothing names any more."""
    db.executemany(
        "UPDATE snapshots SET state = 'removing' WHERE name = ?", [(name,) for name in names]
    )
    for statement in _SWEEP:
        db.execute(statement)


_SWEEP = (
    "DELETE FROM snapshot_units WHERE snapshot IN"
    " (SELECT id FROM snapshots WHERE state = 'removing')",
    "DELETE FROM snapshots WHERE state = 'removing'",
    "DELETE FROM coverage WHERE unit NOT IN (SELECT unit FROM snapshot_units)",
    "DELETE FROM unit_items WHERE unit NOT IN (SELECT unit FROM snapshot_units)",
    "DELETE FROM units WHERE id NOT IN (SELECT unit FROM snapshot_units)",
    "DELETE FROM item_blobs WHERE item NOT IN (SELECT item FROM unit_items)",
    "DELETE FROM item_sealed WHERE item NOT IN (SELECT item FROM unit_items)",
    "DELETE FROM items WHERE id NOT IN (SELECT item FROM unit_items)",
    "DELETE FROM documents WHERE id NOT IN"
    " (SELECT document FROM items UNION ALL SELECT observed FROM items)",
    "DELETE FROM blobs WHERE id NOT IN (SELECT blob FROM item_blobs)",
    "DELETE FROM sealed_values WHERE id NOT IN (SELECT sealed FROM item_sealed)",
)


def blobs_named(db: sqlite3.Connection) -> dict[str, int]:
    """Return the sizes of all blobs that rows name, by digest."""
    return dict(db.execute("SELECT digest, size FROM blobs").fetchall())


def strays(store: Store, named: Container[str], now: float) -> dict[str, int]:
    """Return the sizes of blobs older than a day that nothing in `named` accounts for, by digest.

    The younger may belong to a save on another machine that has not named them yet.
    """
    return {
        found.digest: found.size
        for found in store.blobs()
        if found.digest not in named and found.modified < now - _YOUNG_SECONDS
    }
