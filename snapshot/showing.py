"""What commands and screens tell about snapshots: lists, counts, the ledger, single entries."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from relab.errors import RelabError, UsageError
from relab.text import safe
from snapshot.vault.model import NO_GAP, Covered, Entry, Snapshot
from snapshot.vault.reader import Only, Reader
from snapshot.vault.vault import Vault

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of the list of snapshots; `bytes` counts equal data once, times are UTC."""

    name: str
    state: str
    cohort: str
    finished_at: str
    items: int
    tenants: int
    bytes: int
    gaps: int
    pinned: bool
    verified_at: str
    verified_deep: bool
    content: str


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A save that can be resumed; `units` of its work are done."""

    name: str
    cohort: str
    started_at: str
    units: int


@dataclass(frozen=True, slots=True)
class Count:
    """How many items of one type one tenant has; `tenant` is empty for what is nobody's."""

    tenant: str
    provider: str
    type: str
    items: int


@dataclass(frozen=True, slots=True)
class Named:
    """An item without its document: `bytes` of data, and how many values of it are sealed."""

    provider: str
    type: str
    region: str
    key: str
    tenant: str
    bytes: int
    sealed: int


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the ledger: what was asked, and what became of it."""

    service: str
    type: str
    region: str
    tenant: str
    state: str
    count: int
    detail: str

    @property
    def gap(self) -> bool:
        """Tell whether something is missing because of it, or may be."""
        return Covered(self.state) not in NO_GAP


_LISTED = (
    "SELECT name, state, cohort, finished_at, items, tenants, bytes, gaps, pinned,"
    " coalesce(verified_at, '') AS verified_at, verified_deep, content FROM snapshot_summary"
)


def listed(reader: Reader) -> list[Listed]:
    """Return the finished snapshots, the newest last."""
    return [Listed(**(row | _flags(row))) for row in reader.rows(_LISTED)]


def about(reader: Reader, snapshot: Snapshot) -> Listed:
    """Return the line of `snapshot` in the list."""
    [row] = reader.rows(f"{_LISTED} WHERE name = ?", snapshot.name)
    return Listed(**(row | _flags(row)))


def _flags(row: dict[str, Any]) -> dict[str, bool]:
    return {name: bool(row[name]) for name in ("pinned", "verified_deep")}


def unfinished(reader: Reader) -> list[Unfinished]:
    """Return the saves that were begun and not finished, the oldest first."""
    rows = reader.rows("SELECT name, cohort, started_at, units FROM unfinished_saves")
    return [Unfinished(**row) for row in rows]


def counts(reader: Reader, snapshot: Snapshot, only: Only | None = None) -> list[Count]:
    """Return how many of what each tenant has, by tenant, provider and type."""
    wanted = only or Only()
    rows = reader.rows(
        "SELECT tenant, provider, type, resources AS items FROM tenant_resources"
        " WHERE snapshot = ?1 AND (?2 IS NULL OR tenant = ?2) AND (?3 IS NULL OR type = ?3)",
        snapshot.name,
        wanted.tenant,
        wanted.type,
    )
    return [Count(**row) for row in rows]


_NAMED = """
    SELECT i.provider, i.type, i.region, i.key, i.tenant,
      (SELECT coalesce(sum(b.size), 0) FROM item_blobs ib JOIN blobs b ON b.id = ib.blob
        WHERE ib.item = i.id) AS bytes,
      (SELECT count(*) FROM item_sealed x WHERE x.item = i.id) AS sealed
    FROM snapshot_units su
    JOIN unit_items ui ON ui.unit = su.unit
    JOIN items i ON i.id = ui.item
    WHERE su.snapshot = ?1 AND (?2 IS NULL OR i.tenant = ?2) AND (?3 IS NULL OR i.type = ?3)
    ORDER BY i.provider, i.type, i.region, i.key"""


def names(reader: Reader, snapshot: Snapshot, only: Only | None = None) -> list[Named]:
    """Return the items by their names, in the order of identity; no document is read."""
    wanted = only or Only()
    rows = reader.rows(_NAMED, snapshot.id, wanted.tenant, wanted.type)
    return [Named(**row) for row in rows]


def ledger(reader: Reader, snapshot: Snapshot, only: Only | None = None) -> list[Line]:
    """Return the coverage ledger, its gaps first."""
    wanted = only or Only()
    rows = reader.rows(
        "SELECT service, type, region, tenant, state, count, coalesce(detail, '') AS detail"
        " FROM coverage_ledger"
        " WHERE snapshot = ?1 AND (?2 IS NULL OR tenant = ?2) AND (?3 IS NULL OR type = ?3)",
        snapshot.name,
        wanted.tenant,
        wanted.type,
    )
    return sorted((Line(**row) for row in rows), key=lambda line: not line.gap)


@contextmanager
def unharmed(where: str) -> Iterator[None]:
    """Turn what rows that are not as they were written lead to into a RelabError at `where`."""
    try:
        yield
    except (ValueError, TypeError, LookupError) as error:
        raise RelabError(
            "the catalogue is damaged", where=where, fix="relab vault check says what is hit"
        ) from error


def find(vault: Vault, name: str) -> Snapshot:
    """Return the finished snapshot `name`; UsageError when there is none."""
    with unharmed(vault.where):
        return vault.reader().snapshot(name)


def intact(entries: Iterator[T], where: str) -> Iterator[T]:
    """Yield `entries` of a vault at `where`; RelabError when a row is not as it was written."""
    with unharmed(where):
        yield from entries


def entry(reader: Reader, snapshot: Snapshot, name: str, where: str) -> Entry:
    """Return the one entry whose identity or key is `name`; UsageError for none or several."""
    found = list(intact(_called(reader, snapshot, name), where))
    if not found:
        fix = f"see relab snapshot show {snapshot.name}"
        raise UsageError(f"no item is called '{safe(name)}'", where=snapshot.name, fix=fix)
    if len(found) > 1:
        fix = "name one: " + ", ".join(safe(one.item.identity) for one in found[:5])
        raise UsageError(f"{len(found)} items are called '{safe(name)}'", fix=fix)
    return found[0]


def _called(reader: Reader, snapshot: Snapshot, name: str) -> Iterator[Entry]:
    yield from reader.entries(snapshot, Only(key=name))
    provider, _, rest = name.partition(":")
    kind, _, rest = rest.partition(":")
    region, _, key = rest.partition(":")
    if not key:
        return
    for one in reader.entries(snapshot, Only(provider=provider, type=kind, key=key)):
        if one.item.region == region:
            yield one
