"""Write a snapshot as a folder of text, the same bytes for the same snapshot.

A resource is a file of its own; objects and images, which may be a million, stand in files of a
thousand lines each. Data is copied, never linked: who edits the tree cannot harm the vault.
"""

import hashlib
from collections import Counter
from collections.abc import Generator, Iterator
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from relab import __version__
from relab.errors import RelabError
from relab.events import Progress
from snapshot.kinds import BULK
from snapshot.showing import find, intact
from snapshot.tree import text
from snapshot.tree.disk import UNITS, Output
from snapshot.tree.names import Names
from snapshot.tree.shape import FORMAT, sealed_manifest, written
from snapshot.vault.model import Entry, Snapshot, content_hash
from snapshot.vault.reader import Reader
from snapshot.vault.store import Blob
from snapshot.vault.vault import Vault

_A_FILE = 1000
_A_FILE_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written; `left_out` are bytes of data that were not."""

    items: int
    files: int
    blobs: int
    blob_bytes: int
    left_out: int


class _Export:
    """One export on its way."""

    def __init__(self, vault: Vault, snapshot: Snapshot, output: Output, *, data: bool) -> None:
        self._vault = vault
        self._snapshot = snapshot
        self._output = output
        self._data = data
        self._names = Names()
        self._contents: list[str] = []
        self.files = 0
        self.blobs = 0
        self.blob_bytes = 0
        self.left_out = 0

    @property
    def items(self) -> int:
        """Return how many items were met."""
        return len(self._contents)

    def unit(self, name: str, entries: Iterator[Entry]) -> dict[str, str]:
        """Write the items of a unit and return the digests of its files, by path."""
        files: dict[str, str] = {}
        together = _Together(name, self._names)
        for entry in entries:
            self._contents.append(entry.content)
            for blob in entry.blobs.values():
                self._blob(blob)
            if entry.item.type in BULK:
                files |= self._written(together.add(entry))
            else:
                path = self._names.one(entry.item)
                files |= self._written([(path, text.dump(written(entry)))])
        return files | self._written(together.rest())

    def _written(self, parts: list[tuple[str, bytes]]) -> dict[str, str]:
        self.files += len(parts)
        return {path: self._output.write(path, data) for path, data in parts}

    def _blob(self, blob: Blob) -> None:
        if not self._data:
            self.left_out += blob.size
            return
        size = self._output.write_blob(blob.digest, self._vault.blob(blob.digest))
        if size is not None:
            self.blobs += 1
            self.blob_bytes += size

    def check(self) -> None:
        """Raise RelabError when what was read is not what was saved."""
        if content_hash(sorted(self._contents)) != self._snapshot.content:
            raise RelabError(
                f"not what was saved as {self._snapshot.name}",
                where=self._vault.where,
                fix=f"run relab snapshot verify {self._snapshot.name}",
            )


class _Together:
    """Items of one unit that share files: at most so many lines, or so many bytes, a file."""

    def __init__(self, unit: str, names: Names) -> None:
        self._unit = unit
        self._names = names
        self._open: dict[tuple[str, str, str], tuple[list[bytes], Entry]] = {}
        self._numbers: Counter[tuple[str, str, str]] = Counter()

    def add(self, entry: Entry) -> list[tuple[str, bytes]]:
        """Add an entry; return the file that it fills, if it does."""
        item = entry.item
        place = (item.tenant, item.provider, item.type)
        lines, _ = self._open.setdefault(place, ([], entry))
        lines.append(text.line(written(entry)))
        full = len(lines) >= _A_FILE or sum(map(len, lines)) > _A_FILE_BYTES
        return [self._close(place)] if full else []

    def rest(self) -> list[tuple[str, bytes]]:
        """Return the files that were not filled."""
        return [self._close(place) for place in sorted(self._open)]

    def _close(self, place: tuple[str, str, str]) -> tuple[str, bytes]:
        lines, entry = self._open.pop(place)
        self._numbers[place] += 1
        return self._names.many(entry.item, self._unit, self._numbers[place]), b"".join(lines)


def export(
    vault: Vault, name: str, folder: Path, *, data: bool = True, force: bool = False
) -> Generator[Progress, None, Exported]:
    """Write snapshot `name` to `folder`, which is new, empty or (with `force`) an earlier export.

    UsageError when the folder holds anything else; RelabError when the vault is damaged. Killed at
    any point, the folder says that it is unfinished.
    """
    reader = vault.reader()
    snapshot = find(vault, name)
    output = Output(folder, force=force)
    work = _Export(vault, snapshot, output, data=data)
    units = hashlib.sha256()
    lines = []
    coverage = _coverage(reader, snapshot)
    for unit, entries in _by_unit(reader, snapshot, vault.where):
        files = work.unit(unit, entries)
        row = {"name": unit, "coverage": coverage.get(unit, []), "files": files}
        lines.append(text.line(row))
        units.update(lines[-1])
        yield Progress("items", work.items, snapshot.items)
    work.check()
    output.write(UNITS, b"".join(lines))
    about = {"count": len(lines), "sha256": units.hexdigest()}
    output.finish(text.dump(_manifest(snapshot, coverage, about, data=data)))
    return Exported(work.items, work.files, work.blobs, work.blob_bytes, work.left_out)


def _by_unit(
    reader: Reader, snapshot: Snapshot, where: str
) -> Iterator[tuple[str, Iterator[Entry]]]:
    """Yield every unit, sorted, with its entries, which are to be read before the next unit."""
    groups = groupby(intact(reader.by_unit(snapshot), where), key=lambda pair: pair[0])
    name, found = next(groups, ("", iter(())))
    for unit in reader.units(snapshot):
        if unit != name:
            yield unit, iter(())
            continue
        yield unit, (entry for _, entry in found)
        name, found = next(groups, ("", iter(())))


def _coverage(reader: Reader, snapshot: Snapshot) -> dict[str, list[dict[str, Any]]]:
    """Return the ledger's lines by unit."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in reader.rows(
        "SELECT u.name AS unit, c.service, c.type, c.region, c.tenant, c.state, c.count, c.detail"
        " FROM snapshot_units su JOIN units u ON u.id = su.unit JOIN coverage c ON c.unit = u.id"
        " WHERE su.snapshot = ? ORDER BY c.service, c.type, c.region, c.tenant, c.state,"
        " c.count, c.detail",
        snapshot.id,
    ):
        found.setdefault(row.pop("unit"), []).append(row)
    return found


def _manifest(
    snapshot: Snapshot,
    coverage: dict[str, list[dict[str, Any]]],
    units: dict[str, Any],
    *,
    data: bool,
) -> dict[str, Any]:
    states = Counter(line["state"] for lines in coverage.values() for line in lines)
    kept = ("name", "state", "scope", "cohort", "started_at", "finished_at", "items", "content")
    whole = asdict(snapshot)
    return sealed_manifest(
        {
            "format": FORMAT,
            "relab": __version__,
            **{name: whole[name] for name in kept},
            "state": str(snapshot.state),
            "data": data,
            "coverage": dict(sorted(states.items())),
            "units": units,
        }
    )
