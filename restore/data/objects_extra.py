"""Objects that a snapshot does not have: taken out of a bucket; or all of them, with all versions.

Where a bucket keeps versions, a delete marker is put over an extra object: whoever reads the bucket
sees what was saved, and nothing of the past is lost.
"""

import hashlib
from collections.abc import Iterable, Iterator

from relab.clouds.objects import Objects, Which, writer
from relab.clouds.objects.calls import Call
from restore.data.objects_same import GONE, Refused, refusal
from restore.data.objects_standing import everything
from restore.drain import Inside
from restore.trouble import NotDone
from snapshot.data import objects_facts as facts
from snapshot.data.objects_listing import Row
from snapshot.data.objects_names import read
from snapshot.vault.model import Entry


def drain(inside: Inside, dry: bool) -> int:
    """Take away what stands there and was not saved; 16 bytes of each saved key are in memory."""
    saved = {_sum(read(entry.item.key).key) for entry in inside.entries() if _stands(entry)}
    objects = inside.world.objects
    listed = _listed(objects, inside.key, versions=False)
    extra = (row for row in listed if _sum(row.key) not in saved)
    return _taken(objects, inside.key, extra, dry=dry)


def empty(inside: Inside, dry: bool) -> int:
    """Take away every object with all its states, and what was begun of uploads in parts."""
    objects = inside.world.objects
    count = _taken(objects, inside.key, _listed(objects, inside.key, versions=True), dry=dry)
    for which, upload in () if dry else writer.all_uploads(objects, inside.key):
        writer.give_up(objects, which, upload)
    return count


def _listed(objects: Objects, bucket: str, *, versions: bool) -> Iterator[Row]:
    try:
        for told in everything(objects, bucket, versions=versions):
            yield from told.rows
    except (Refused, ValueError) as why:
        raise NotDone(str(why)) from why


def _taken(objects: Objects, bucket: str, rows: Iterable[Row], *, dry: bool) -> int:
    count = 0

    def counted() -> Iterator[Row]:
        nonlocal count
        for row in rows:
            count += 1
            yield row

    def take(row: Row) -> None:
        # Once gone it is gone: to say so twice does no harm, but for a second marker.
        which = Which(bucket, row.key, version=row.version)
        got = objects.send(Call(which, {}, "DELETE", once=not row.version), b"".join)
        if got.kept is None and got.status not in GONE:
            raise NotDone(f"{row.key}: {refusal('DeleteObject', got)}")

    if dry:
        return sum(1 for _ in counted())
    objects.flow(take, counted())
    return count


def _stands(entry: Entry) -> bool:
    """Tell whether a saved state is what a plain read of its key gave."""
    document = entry.item.document
    return not (document.get(facts.AGE) or document.get("DeleteMarker"))


def _sum(key: str) -> bytes:
    raw = key.encode("utf-8", "surrogateescape")
    return hashlib.blake2b(raw, digest_size=16).digest()
