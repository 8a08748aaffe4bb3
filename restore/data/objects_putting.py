"""One saved object into a bucket: at once or in parts, with all that was captured of it."""

import hashlib
import threading
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from relab.clouds.objects import Body, Got, Objects, Which, writer
from relab.clouds.objects.reader import CHANGED, PIECE
from restore.data import objects_headers as said
from restore.data.objects_same import Comparing, Refused, Stands, Wanted, refusal
from restore.vessel import Vessel
from snapshot.data.objects_listing import Row
from snapshot.data.objects_names import Name, written
from snapshot.vault.model import Entry

LARGE = 64 << 20
_PART = 16 << 20
_MOST_PARTS = 10_000
_NEW = {"if-none-match": "*"}
_BEGUN, _ENDED = "begun", "ended"
_LOCKED = ("InvalidRequest", "Content-MD5")
# What says that a try before, whose answer was lost, may have done it.
_MAYBE_DONE = frozenset({CHANGED, "NoSuchUpload"})


@dataclass(slots=True)
class Putting:
    """Puts objects of one bucket; used by many threads."""

    vessel: Vessel
    comparing: Comparing
    _keys: dict[str, str | None] = field(default_factory=dict)
    # Objects in parts hold some of them in memory.
    _large: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(2))

    @property
    def objects(self) -> Objects:
        """Return the client."""
        return self.vessel.world.objects

    def wanted(self, entry: Entry, key: str) -> Wanted:
        """Return `entry` as it is to stand here; Refused when it names what is not there."""
        document = said.current(self.vessel.unsealed(entry).document)
        old = document.get(said.KEY)
        if old is not None:
            new = self._key(str(old))
            if new is None:
                raise Refused(f"it refers to {old}, which is not there")
            document[said.KEY] = new
        return Wanted(entry, key, document)

    def plain(self, wanted: Wanted, row: Row | None) -> int:
        """Make the object what it was, unless `row` is it; return how many calls changed things.

        Refused when it could not be.
        """
        stands = self.comparing.compare(wanted, row) if row else None
        if stands is Stands.SAME:
            return 0
        if row and stands is Stands.OTHER_TAGS:
            return self.tags(wanted, row)
        got = self.put(wanted, new=row is None)
        if got.kept is None and got.status in _MAYBE_DONE:
            row = self.comparing.find(wanted.key)
            if row and self.comparing.compare(wanted, row) is Stands.SAME:
                return 1
            got = self.put(wanted)
        return _done("PutObject", got)

    def tags(self, wanted: Wanted, row: Row) -> int:
        """Give the object of `row` the tags it had."""
        which = Which(self.comparing.bucket, row.key, version=row.version)
        return _done(
            "PutObjectTagging",
            writer.put_tags(self.objects, which, said.tags(wanted.document)),
        )

    def put(self, wanted: Wanted, *, new: bool = False, once: bool = False) -> Got[bytes]:
        """Write the object; a `new` one only where nothing stands, `once` only one time."""
        which = Which(self.comparing.bucket, wanted.key)
        headers = said.headers(wanted.document)
        condition = _NEW if new else {}
        try:
            if part := part_size(wanted):
                with self._large:
                    return self._in_parts(which, headers, part, wanted, condition)
            return self._at_once(which, headers | condition, wanted, once)
        except (ValueError, KeyError) as error:
            # What no header can hold, or a checksum that S3 does not have.
            return Got("InvalidArgument", detail=f"{type(error).__name__}: {error}")

    def _at_once(
        self, which: Which, headers: dict[str, str], wanted: Wanted, once: bool
    ) -> Got[bytes]:
        body = self._body(wanted)
        seen = wanted.entry.item.observed
        headers |= said.checked(wanted.document, seen, body.pieces)
        got = writer.put(self.objects, which, headers, body, once=once)
        if got.kept is None and got.status == _LOCKED[0] and _LOCKED[1] in got.detail:
            # A bucket with locks takes nothing without a checksum.
            headers["content-md5"] = _md5(body.pieces())
            got = writer.put(self.objects, which, headers, body, once=once)
        return got

    def _in_parts(
        self,
        which: Which,
        headers: dict[str, str],
        part: int,
        wanted: Wanted,
        condition: dict[str, str],
    ) -> Got[bytes]:
        """Write in parts; what a killed try has begun is taken away first."""
        name = f"upload {written(Name(which.bucket, which.key))}"
        journal = self.vessel.journal
        if journal.meta(name) == _BEGUN:
            for upload in writer.begun_uploads(self.objects, which):
                writer.give_up(self.objects, which, upload)
        journal.note(name, _BEGUN)
        document = wanted.document
        sums, ending = said.in_parts(document), condition
        if sums:
            ending = condition | said.whole_sum(document, wanted.entry.item.observed)
        parts = writer.Parts(part, said.algorithm(document) if sums else "", ending)
        body = self._body(wanted)
        got = writer.put_in_parts(self.objects, which, headers | sums, body, parts)
        journal.note(name, _ENDED)
        return got

    def _body(self, wanted: Wanted) -> Body:
        """Return the bytes; small ones are read, and held against their digest, before a call."""
        size, digest = wanted.size, wanted.sha256
        if size > PIECE:
            return Body(size, digest, lambda: self.vessel.blob(digest))
        whole = b"".join(self.vessel.blob(digest))
        return Body(size, digest, lambda: [whole] if whole else [])

    def _key(self, old: str) -> str | None:
        """Return the KMS key that stands for `old`; None when there is none."""
        if old not in self._keys:
            self._keys[old] = self.vessel.journal.new_name(old) or self._standing_key(old)
        return self._keys[old]

    def _standing_key(self, old: str) -> str | None:
        world = self.vessel.world
        reply = world.aws.call(world.target, "kms", "DescribeKey", {"KeyId": old})
        return old if reply.ok else None


def part_size(wanted: Wanted) -> int:
    """Return the bytes of a part; 0 for an object that is put at once."""
    known = int(wanted.document.get("PartSize", 0))
    if known:
        return known
    if wanted.size <= LARGE:
        return 0
    return max(_PART, -(-wanted.size // _MOST_PARTS))


def _md5(pieces: Iterable[bytes]) -> str:
    whole = hashlib.md5(usedforsecurity=False)
    for piece in pieces:
        whole.update(piece)
    return b64encode(whole.digest()).decode()


def _done(call: str, got: Got[Any]) -> int:
    if got.kept is None:
        raise refusal(call, got)
    return 1
