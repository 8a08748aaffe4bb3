"""Data that was not saved is taken out of what holds it: images, tags, rows, objects."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from relab.clouds.oci import Manifest
from relab.resources.item import Item
from relab.sandbox.session import Session
from restore.data import images_extra, objects_extra, rows_extra
from restore.drain import Drain, Inside
from restore.trouble import NotDone
from snapshot.data.tables import written
from snapshot.vault.model import Entry
from snapshot.vault.store import Blob
from tests.cli.untidy import Student

TABLE = "mlops-training-scores"


@pytest.fixture
def student(changeable: Session) -> Student:
    return Student(changeable.profile, "07")


def inside(student: Student, key: str, saved: list[Entry], blob: bytes = b"") -> Inside:
    def pieces(_: str) -> Iterator[bytes]:
        yield blob

    return Inside(student.world, key, lambda: iter(saved), pieces)


def taken(drain: Drain, where: Inside) -> int:
    """Count, take away, and see that nothing is left to take."""
    count = drain(where, True)
    assert drain(where, True) == count
    assert drain(where, False) == count
    assert drain(where, True) == 0
    return count


def image(digest: str, *tags: str) -> Entry:
    document = {"digest": digest, "tags": [*tags]}
    return Entry(Item("aws", "ecr.image", "r", f"x@{digest}", document))


def standing(student: Student, name: str) -> dict[str, list[str]]:
    rows = student.aws("ecr", "DescribeImages", repositoryName=name)["imageDetails"]
    return {row["imageDigest"]: sorted(row.get("imageTags", [])) for row in rows}


def test_an_image_that_had_no_tag_outlives_its_last_one(student: Student) -> None:
    name = student.repository()
    before = standing(student, name)
    bare = next(digest for digest, tags in before.items() if tags)
    saved = [image(digest, *([] if digest == bare else tags)) for digest, tags in before.items()]
    assert taken(images_extra.drain, inside(student, name, saved)) == len(before[bare])
    assert standing(student, name) == before | {bare: []}


def test_an_image_and_what_it_names_go_together(student: Student) -> None:
    name = student.repository()
    before = standing(student, name)
    first = next(iter(before))
    found = student.world.registry.manifest(name, first)
    size, media = len(found.raw), found.media_type
    listed = {"mediaType": media, "digest": first, "size": size}
    index = {"schemaVersion": 2, "manifests": [listed]}
    kind = "application/vnd.oci.image.index.v1+json"
    raw = json.dumps({**index, "mediaType": kind}).encode()
    student.world.registry.put_manifest(name, "many", Manifest(kind, raw))
    assert taken(images_extra.drain, inside(student, name, [])) == len(before) + 1
    assert standing(student, name) == {}


def test_rows_that_were_not_saved_go_and_changed_ones_stay(student: Student) -> None:
    rows = student.aws("dynamodb", "Scan", TableName=TABLE)["Items"]
    blob = "".join(f"{written(row)}\n" for row in rows).encode()
    entry = Entry(Item("aws", "dynamodb.rows", "r", TABLE, {}), {"rows": Blob("0", len(blob))})
    more: dict[str, Any] = {"user": {"S": "stray"}, "lab": {"S": "x"}}
    changed = rows[0] | {"points": {"N": "-1"}}
    for row in (more, changed):
        student.aws("dynamodb", "PutItem", TableName=TABLE, Item=row)
    assert taken(rows_extra.drain, inside(student, TABLE, [entry], blob)) == 1
    left = student.aws("dynamodb", "Scan", TableName=TABLE)["Items"]
    assert sorted(row["user"]["S"] for row in left) == sorted(row["user"]["S"] for row in rows)


def test_what_versions_a_bucket_keeps_stays_below_a_marker(student: Student) -> None:
    versions = student.aws("s3", "ListObjectVersions", Bucket=student.bucket)["Versions"]
    keys = {row["Key"] for row in versions}
    assert taken(objects_extra.drain, inside(student, student.bucket, [])) == len(keys)
    after = student.aws("s3", "ListObjectVersions", Bucket=student.bucket)
    assert {row["VersionId"] for row in after["Versions"]} == {r["VersionId"] for r in versions}
    assert {row["Key"] for row in after["DeleteMarkers"]} == keys
    assert taken(objects_extra.empty, inside(student, student.bucket, [])) == len(versions) + len(
        keys
    )


def test_what_cannot_be_listed_is_told(student: Student) -> None:
    for drain in (images_extra.drain, objects_extra.drain, rows_extra.drain):
        with pytest.raises(NotDone):
            drain(inside(student, "not-there-user07", []), True)
