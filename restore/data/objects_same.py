"""Whether what stands in a bucket is what was saved: bytes, headers, metadata and tags."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from relab.clouds.objects import Got, Objects, Which, checksums
from restore.data import objects_headers as said
from snapshot.data import objects_facts as facts
from snapshot.data.objects_listing import Row
from snapshot.data.objects_reading import TAGGING
from snapshot.vault.model import Entry

GONE = frozenset({"NoSuchKey", "NoSuchVersion", "404", "405", "MethodNotAllowed"})
_WHOLE = "FULL_OBJECT"
_NOT_COMPARED = frozenset({facts.AGE, "PartSize", "TagSet", said.ALGORITHM, said.KIND})
_BY_DEFAULT = frozenset({said.ENCRYPTION, said.KEY, said.BUCKET_KEY})


class Refused(Exception):
    """The server does not say what stands there, or does not take what is put, and why."""


def refusal(call: str, got: Got[Any]) -> Refused:
    """Return what tells that `call` was answered by `got`."""
    return Refused(": ".join(filter(None, (call, got.status, got.detail))))


class Stands(Enum):
    """What stands there: the same, the same but for its tags, or something else."""

    SAME = auto()
    OTHER_TAGS = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class Wanted:
    """An object as it is to stand in the new world: `document` has its names, in clear."""

    entry: Entry
    key: str
    document: said.Doc

    @property
    def size(self) -> int:
        """Return the bytes of the body."""
        return self.entry.blobs[facts.BODY].size

    @property
    def sha256(self) -> str:
        """Return the body's digest."""
        return self.entry.blobs[facts.BODY].digest


@dataclass(frozen=True, slots=True)
class Comparing:
    """Compares wanted objects with those of a bucket; used by many threads."""

    objects: Objects
    bucket: str

    def find(self, key: str) -> Row | None:
        """Return what stands under `key`, as a listing would tell it; Refused when nobody says."""
        got = self._head(Which(self.bucket, key))
        if got is None:
            return None
        size, etag = int(got.headers.get("content-length", 0)), got.headers.get("etag", "")
        return Row(key, etag, size, "", got.headers.get("x-amz-storage-class", ""))

    def compare(self, wanted: Wanted, row: Row) -> Stands:
        """Return what the object of `row` is to `wanted`; Refused when nobody says."""
        if row.marker or row.size != wanted.size:
            return Stands.OTHER
        which = Which(self.bucket, row.key, version=row.version)
        got = self._head(which)
        if got is None or _told(wanted.document, row, got) or not self._same(wanted, which, got):
            return Stands.OTHER
        return Stands.SAME if self._same_tags(wanted, which, got) else Stands.OTHER_TAGS

    def _head(self, which: Which) -> Got[bytes] | None:
        got = self.objects.ask(which, {}, "HEAD")
        if got.kept is not None:
            return got
        if got.status in GONE:
            return None
        raise refusal("HeadObject", got)

    def _same(self, wanted: Wanted, which: Which, got: Got[bytes]) -> bool:
        """Tell whether the bytes are the same, by the cheapest proof that there is."""
        seen = wanted.entry.item.observed
        etag, before = got.headers.get("etag", ""), str(seen.get("ETag", ""))
        if not wanted.size or etag == before:
            return True
        sums = said.whole_sum(wanted.document, seen)
        if sums and sums.keys() <= got.headers.keys() and _is_of_all(etag, got.headers):
            return sums.items() <= got.headers.items()
        if _is_md5(etag, got.headers) and _is_md5(before, _headers(wanted)):
            return False
        return self._digest(which) == wanted.sha256

    def _digest(self, which: Which) -> str:
        def summed(pieces: Iterable[bytes]) -> str:
            whole = hashlib.sha256()
            for piece in pieces:
                whole.update(piece)
            return whole.hexdigest()

        got = self.objects.read(which, summed)
        if got.kept is None:
            raise refusal("GetObject", got)
        return got.kept

    def _same_tags(self, wanted: Wanted, which: Which, got: Got[bytes]) -> bool:
        if facts.NO_TAGS in wanted.entry.item.observed:
            return True
        tags = said.tags(wanted.document)
        if not tags and not int(got.headers.get("x-amz-tagging-count", 0)):
            return True
        answer = self.objects.ask(which, TAGGING)
        if answer.kept is None:
            raise refusal("GetObjectTagging", answer)
        return said.tags({"TagSet": facts.tags_of(answer.kept)}) == tags


def _told(document: said.Doc, row: Row, got: Got[bytes]) -> bool:
    """Tell whether the headers say something else than `document`.

    How a bucket encrypts by default, and which checksum S3 adds by itself, counts only where the
    saved object says it.
    """
    sums = checksums.named(got.headers)
    live = said.current(facts.document(row, got.headers, sums, (), 0))
    left = _NOT_COMPARED if said.ENCRYPTION in document else _NOT_COMPARED | _BY_DEFAULT
    wanted = document.get(said.ALGORITHM) if _plain(got.headers) else None
    if wanted and wanted not in {name.upper() for name in sums}:
        return True
    return _without(live, left) != _without(document, left)


def _without(document: said.Doc, left: frozenset[str]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key not in left}


def _plain(headers: said.Doc) -> bool:
    """Tell whether the answer would have checksums: KMS keeps them from who may not decrypt."""
    return "kms" not in str(headers.get("x-amz-server-side-encryption", ""))


def _headers(wanted: Wanted) -> dict[str, str]:
    return said.headers(wanted.document)


def _is_of_all(etag: str, headers: said.Doc) -> bool:
    """Tell whether the checksum in `headers` is that of all bytes, and not one of parts."""
    return bool(headers.get(checksums.TYPE, "" if "-" in etag else _WHOLE) == _WHOLE)


def _is_md5(etag: str, headers: said.Doc) -> bool:
    return "-" not in etag and _plain(headers)
