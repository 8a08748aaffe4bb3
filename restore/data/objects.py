"""The objects of a bucket: what stands there and is equal is left, all else is put back."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from relab.clouds.objects import Which
from restore.data.objects_putting import Putting
from restore.data.objects_replay import replay
from restore.data.objects_same import Comparing, Refused, refusal
from restore.data.objects_standing import Standing
from restore.vessel import Poured, Vessel
from snapshot.data import objects_facts as facts
from snapshot.data.objects_listing import Row
from snapshot.data.objects_names import Name, read
from snapshot.vault.model import Entry

_BATCH = 200
# Nobody reads more of them, and a bucket that takes nothing takes a day.
_ENOUGH = 1000
_STOPPED = f"the rest was not tried after {_ENOUGH:,} failures"
_NO_VERSIONS = "the bucket keeps no versions: {} older states were not put back"
T = TypeVar("T")


def pour(vessel: Vessel) -> Poured:
    """Put the objects of a bucket back; what could not be is told by its key."""
    task = _Pour(vessel, Putting(vessel, Comparing(vessel.world.objects, vessel.key)))
    try:
        task.run()
    except (Refused, ValueError) as why:
        task.failed.append((vessel.key, str(why)))
    return Poured(task.made, tuple(task.failed))


@dataclass(slots=True)
class _Pour:
    """What has been done with one bucket so far."""

    vessel: Vessel
    putting: Putting
    made: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> None:
        """Put the plain objects, then those of which older states are known."""
        older = self._older()
        if older and not self._keeps_versions():
            count = sum(len(group) for group in older.values())
            self.failed.append((self.vessel.key, _NO_VERSIONS.format(count)))
            older = {}
        self._plain(older)
        self._do(list(older.items()), self._replayed, lambda group: group[1][0].item.key)

    def _older(self) -> dict[str, list[Entry]]:
        """Return the older states and the delete markers by key; all are held in memory."""
        found: defaultdict[str, list[Entry]] = defaultdict(list)
        for number, entry in enumerate(self.vessel.entries()):
            if facts.AGE not in entry.item.document and not number:
                break  # the snapshot has only what a bucket showed
            if _is_older(entry):
                found[read(entry.item.key).key].append(entry)
        return dict(found)

    def _keeps_versions(self) -> bool:
        got = self.vessel.world.objects.ask(Which(self.vessel.key, ""), {"versioning": ""})
        if got.kept is None:
            raise refusal("GetBucketVersioning", got)
        return b">Enabled<" in got.kept

    def _plain(self, older: dict[str, list[Entry]]) -> None:
        """Put what has one state only; the newest state of others joins the `older` ones."""

        def work(one: _One) -> int:
            row = one.row if one.listed else self.putting.comparing.find(one.key)
            return self.putting.plain(self.putting.wanted(one.entry, one.key), row)

        self._do(self._ones(older), work, lambda one: one.entry.item.key)

    def _ones(self, older: dict[str, list[Entry]]) -> Iterator["_One"]:
        standing = Standing(self.vessel.world.objects, self.vessel.key)
        newest = (entry for entry in self.vessel.entries() if not _is_older(entry))
        while batch := [(read(entry.item.key), entry) for entry in islice(newest, _BATCH)]:
            in_order = [name.key for name, entry in batch if _is_plain(name, entry)]
            rows = standing.upto(max(in_order).encode()) if in_order else {}
            for name, entry in batch:
                if name.key in older:
                    older[name.key].append(entry)
                else:
                    yield _One(name.key, entry, rows.get(name.key), _is_plain(name, entry))

    def _replayed(self, group: tuple[str, list[Entry]]) -> int:
        key, entries = group
        in_order = sorted(entries, key=lambda entry: -int(entry.item.document[facts.AGE]))
        return replay(self.putting, key, [self.putting.wanted(one, key) for one in in_order])

    def _do(self, things: Iterable[T], work: Callable[[T], int], name: Callable[[T], str]) -> None:
        """Do `work` with all of them, many at once; Refused when too many have failed by then."""

        def tried(thing: T) -> None:
            try:
                made = work(thing)
            except (Refused, ValueError) as why:
                with self.lock:
                    self.failed.append((name(thing), str(why)))
            else:
                with self.lock:
                    self.made += made

        def some() -> Iterator[T]:
            for thing in things:
                if len(self.failed) >= _ENOUGH:
                    raise Refused(_STOPPED)
                yield thing

        self.vessel.world.objects.flow(tried, some())


@dataclass(frozen=True, slots=True)
class _One:
    """A saved object, and what stands there under its key as far as it was `listed`."""

    key: str
    entry: Entry
    row: Row | None
    listed: bool


def _is_older(entry: Entry) -> bool:
    document = entry.item.document
    return bool(document.get(facts.AGE) or document.get("DeleteMarker"))


def _is_plain(name: Name, entry: Entry) -> bool:
    """Tell whether the vault's order of names is the order of the keys here."""
    return entry.item.key == f"{name.bucket}/{name.key}"
