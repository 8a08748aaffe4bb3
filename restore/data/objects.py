"""The objects of a bucket: what stands there and is equal is left, all else is put back."""

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import islice

from relab.clouds.objects import Which
from restore.data.objects_putting import Putting
from restore.data.objects_replay import replay
from restore.data.objects_same import Comparing, Refused
from restore.data.objects_standing import Standing
from restore.hands import Poured, Vessel
from snapshot.data import objects_facts as facts
from snapshot.data.objects_listing import Row
from snapshot.data.objects_names import Name, read
from snapshot.vault.model import Entry

_BATCH = 1000
# Nobody reads more of them, and a bucket that takes nothing takes a day.
_ENOUGH = 1000
_STOPPED = f"the rest was not tried after {_ENOUGH:,} failures"
_NO_VERSIONS = "the bucket keeps no versions: only the newest state was put back"
Failures = list[tuple[str, str]]


def pour(vessel: Vessel) -> Poured:
    """Put the objects of a bucket back; what could not be is told by its key."""
    task = _Pour(vessel, Putting(vessel, Comparing(vessel.world.objects, vessel.key)))
    try:
        task.run()
    except Refused as refused:
        task.failed.append((vessel.key, str(refused)))
    return Poured(task.made, tuple(task.failed))


@dataclass(slots=True)
class _Pour:
    """What has been done with one bucket so far."""

    vessel: Vessel
    putting: Putting
    made: int = 0
    failed: Failures = field(default_factory=list)

    def run(self) -> None:
        """Put the plain objects, then those of which older states are known."""
        older = self._older()
        if older and not self._keeps_versions():
            gone = (one for group in older.values() for one in group)
            self.failed += [(one.item.key, _NO_VERSIONS) for one in islice(gone, _ENOUGH)]
            self._plain(frozenset(), older)
            return
        self._plain(frozenset(older), older)
        self._do(list(older.items()), self._replayed)

    def _older(self) -> dict[str, list[Entry]]:
        """Return the older states and the delete markers by key; all are held in memory."""
        found: defaultdict[str, list[Entry]] = defaultdict(list)
        for number, entry in enumerate(self.vessel.entries()):
            document = entry.item.document
            if facts.AGE not in document and not number:
                break  # the snapshot has only what a bucket showed
            if document.get(facts.AGE) or document.get("DeleteMarker"):
                found[read(entry.item.key).key].append(entry)
        return dict(found)

    def _keeps_versions(self) -> bool:
        got = self.vessel.world.objects.ask(Which(self.vessel.key, ""), {"versioning": ""})
        if got.kept is None:
            raise Refused("GetBucketVersioning", got)
        return b">Enabled<" in got.kept

    def _plain(self, apart: frozenset[str], older: dict[str, list[Entry]]) -> None:
        """Put what has one state only; of the keys `apart`, remember the newest state."""
        standing = Standing(self.vessel.world.objects, self.vessel.key)
        newest = (entry for entry in self.vessel.entries() if not _is_older(entry))
        while batch := list(islice(newest, _BATCH)):
            pairs = [(read(entry.item.key), entry) for entry in batch]
            for name, entry in pairs:
                if name.key in apart:
                    older[name.key].append(entry)
            self._batch([pair for pair in pairs if pair[0].key not in apart], standing)

    def _batch(self, pairs: list[tuple[Name, Entry]], standing: Standing) -> None:
        in_order = [name.key for name, entry in pairs if _is_plain(name, entry)]
        rows = standing.upto(in_order[-1].encode()) if in_order else {}

        def work(pair: tuple[Name, Entry]) -> int:
            name, entry = pair
            row = rows.get(name.key) if _is_plain(name, entry) else self._asked(name.key)
            return self.putting.plain(self.putting.wanted(entry, name.key), row)

        self._do(pairs, work, lambda pair: pair[1].item.key)

    def _asked(self, key: str) -> Row | None:
        return self.putting.comparing.find(key)

    def _replayed(self, group: tuple[str, list[Entry]]) -> int:
        key, entries = group
        in_order = sorted(entries, key=lambda entry: -int(entry.item.document[facts.AGE]))
        return replay(self.putting, key, [self.putting.wanted(one, key) for one in in_order])
