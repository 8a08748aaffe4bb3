"""One row of a listing into an entry: read, or taken from an earlier snapshot."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from relab.clouds.objects import Got, Which, checksums
from relab.clouds.objects.reader import CHANGED
from relab.clouds.outcome import Outcome, outcome_of
from relab.pickling import by_position
from snapshot.collect.states import OF_OUTCOME
from snapshot.collect.world import World
from snapshot.data import objects_facts as facts
from snapshot.data.objects_facts import BODY
from snapshot.data.objects_listing import Row
from snapshot.data.objects_names import Name, read
from snapshot.vault.model import Covered, Entry
from snapshot.vault.store import Blob, beginning

TAGGING = {"tagging": ""}
_GONE = frozenset({"NoSuchKey", "NoSuchVersion", "MethodNotAllowed", CHANGED})
_ARCHIVED = "archived and not restored: restore it, then save again"
_FOREIGN_KEY = "encrypted with a key of the customer's own (SSE-C)"
_NO_HEADER = "some metadata cannot be told in a header"
_SMALL = 1 << 20
_HELD_BYTES = 2 << 20
Known = Mapping[tuple[str, str], Entry]
Told = tuple[Covered, str]
Held = list[bytes] | Blob


@by_position
@dataclass(frozen=True, slots=True)
class Read:
    """What became of a row: an entry, or why there is none, and what the entry lacks.

    `size` is how many bytes were read for it.
    """

    entry: Entry | None = None
    size: int = 0
    told: tuple[Told, ...] = ()


def name_of(bucket: str, row: Row) -> Name:
    """Return the name of the object that `row` tells of."""
    return Name(bucket, row.key, "" if row.current else row.version)


def known(entries: Iterable[Entry]) -> Known:
    """Return earlier entries by key and version; the current one also by an empty version."""
    found: dict[tuple[str, str], Entry] = {}
    for entry in entries:
        name = read(entry.item.key)
        found[name.key, name.version or str(entry.item.observed.get("VersionId", ""))] = entry
        if not name.version:
            found[name.key, ""] = entry
    return found


def trouble(got: Got[Any], call: str) -> Told:
    """Return the ledger's word and reason for what was not read."""
    if got.status in _GONE:
        return Covered.CHANGED, f"{call}: {got.status}"
    if got.status == "InvalidObjectState":
        return Covered.UNSUPPORTED, _ARCHIVED
    if got.status == "InvalidRequest" and "Server Side Encryption" in got.detail:
        return Covered.UNSUPPORTED, _FOREIGN_KEY
    state = OF_OUTCOME.get(outcome_of("aws", got.status), Covered.FAILED)
    return state, f"{call}: {got.status}: {got.detail}"


@dataclass(frozen=True, slots=True)
class Reading:
    """Reads rows of one bucket, whose earlier states are `known`; used by many threads.

    `no_tags` says why tags cannot be read here at all; None when they can.
    """

    world: World
    bucket: str
    tenant: str
    known: Known
    no_tags: Told | None = None

    def prepared(self, rows: Iterable[Row]) -> "Reading":
        """Return this, knowing whether tags can be read; nothing is asked when all are known."""
        row = next((row for row in rows if not row.marker and not self._before(row)), None)
        if row is None:
            return self
        answer = self.world.objects.ask(Which(self.bucket, row.key, version=row.version), TAGGING)
        denied = outcome_of("aws", answer.status) is Outcome.DENIED
        return replace(self, no_tags=trouble(answer, "GetObjectTagging")) if denied else self

    def told(self, row: Row) -> Read | None:
        """Return what is known of `row` without asking; None when it must be read."""
        name = name_of(self.bucket, row)
        if row.marker:
            document, seen = facts.marker(row)
            return Read(Entry(facts.item(name, self.tenant, document, seen)))
        before = self._before(row)
        return self._taken(before, name, row) if before else None

    def read(self, rows: Sequence[Row]) -> Iterator[Read]:
        """Yield the objects of `rows`, or why they were not read."""
        whiches = [Which(self.bucket, row.key, row.etag, row.version) for row in rows]
        objects, put = self.world.objects, self.world.store.put
        small = max(row.size for row in rows) <= _SMALL
        every = self._small(whiches) if small else (objects.read(one, put) for one in whiches)
        # Short loops stay in the processor's cache, one long does not.
        for row, got in zip(rows, list(every), strict=True):
            yield self._read(row, got)

    def _small(self, whiches: Iterable[Which]) -> Iterator[Got[Blob]]:
        """Yield small objects: some are read in a row, then kept in a row."""
        for some in _together(self.world.objects.read_many(whiches, self._held)):
            yield from [self._kept(got) for got in some]

    def _held(self, pieces: Iterator[bytes]) -> Held:
        """Return a body as it came; one that is larger than the listing said is kept at once."""
        first, whole = beginning(pieces, _SMALL)
        return first if whole else self.world.store.put(chain(first, pieces))

    def _kept(self, got: Got[Held]) -> Got[Blob]:
        body = got.kept
        blob = self.world.store.put(body) if isinstance(body, list) else body
        return Got(got.status, got.headers, blob, got.detail)

    def _read(self, row: Row, got: Got[Blob]) -> Read:
        if got.kept is None:
            return Read(told=(trouble(got, "GetObject"),))
        return self._entry(row, name_of(self.bucket, row), got, got.kept)

    def _before(self, row: Row) -> Entry | None:
        found = self.known.get((row.key, row.version))
        return found if found and _is_same(found, row) else None

    def _taken(self, before: Entry, name: Name, row: Row) -> Read:
        version = {"VersionId": row.version} if row.version else {}
        seen = {**before.item.observed, **version, "LastModified": row.modified}
        document = {k: v for k, v in before.item.document.items() if k != facts.AGE}
        item = facts.item(name, self.tenant, document | facts.age(row), seen)
        told = ((Covered.UNSUPPORTED, _NO_HEADER),) if facts.MISSING in seen else ()
        return Read(replace(before, item=item), told=told)

    def _entry(self, row: Row, name: Name, got: Got[Blob], blob: Blob) -> Read:
        told: list[Told] = []
        which = Which(self.bucket, row.key, version=row.version)
        sums = checksums.named(got.headers)
        seen = facts.observed(row, got.headers, sums)
        if facts.MISSING in seen:
            told.append((Covered.UNSUPPORTED, _NO_HEADER))
        tags, refused = self._tags(which, got.headers)
        if refused:
            told.append(refused)
            seen[facts.NO_TAGS] = refused[1]
        document = facts.document(row, got.headers, sums, tags, self._part(row, which))
        item = facts.item(name, self.tenant, document, seen)
        pointers = tuple(facts.secrets(document))
        entry = Entry(item, {BODY: blob})
        if pointers:
            entry = self.world.sealer.entry(item, entry.blobs, pointers)
        return Read(entry, blob.size, tuple(told))

    def _tags(self, which: Which, headers: Mapping[str, str]) -> tuple[facts.Tags, Told | None]:
        """Return the tags; their number stands in the headers only for who may read them."""
        if not int(headers.get("x-amz-tagging-count", 0)):
            return (), self.no_tags
        answer = self.world.objects.ask(which, TAGGING)
        if answer.kept is None:
            return (), trouble(answer, "GetObjectTagging")
        return facts.tags_of(answer.kept), None

    def _part(self, row: Row, which: Which) -> int:
        """Return the size of the parts of an object; 0 when they are not known or not equal."""
        count = facts.parts(row.etag)
        if count < 2:
            return row.size if count else 0
        answer = self.world.objects.ask(which, {"partNumber": "1"}, "HEAD")
        size = int(answer.headers.get("content-length", 0)) if answer.kept is not None else 0
        return size if size and -(-row.size // size) == count else 0


def _together(every: Iterable[Got[Held]]) -> Iterator[list[Got[Held]]]:
    """Yield what was read in parts that hold some bytes, and hardly more."""
    part: list[Got[Held]] = []
    size = 0
    for got in every:
        part.append(got)
        size += sum(map(len, got.kept)) if isinstance(got.kept, list) else 0
        if size >= _HELD_BYTES:
            yield part
            part, size = [], 0
    yield part


def _is_same(before: Entry, row: Row) -> bool:
    """Tell whether an earlier entry is whole and of the state that `row` tells of.

    A version never changes, but for the one called `null`; its time may be told anew.
    """
    seen, blob = before.item.observed, before.blobs.get(BODY)
    if blob is None or facts.NO_TAGS in seen:
        return False
    storage = before.item.document.get("StorageClass", "")
    if (seen.get("ETag"), blob.size, storage) != (row.etag, row.size, row.storage):
        return False
    return row.version not in ("", "null") or seen.get("LastModified") == row.modified
