"""Large objects poured back part by part: bounded memory, checksums, kills."""

import tracemalloc
from typing import Any

import pytest

from relab.clouds.objects import Call, Objects, Which, writer
from restore.data import objects_putting
from restore.data.objects import pour
from snapshot.collect.scope import Scope
from snapshot.data.objects_names import Name
from snapshot.vault.vault import Vault
from tests.restore.objects_pouring import (
    MB,
    _quick,
    before,
    documents,
    etags,
    fill,
    moto,
    open_cellar,
    parts,
    real,
    vessel,
    wipe,
)
from tests.restore.pouring import Cellar, watched
from tests.snapshot.conftest import real_s3
from tests.snapshot.meddler import Meddler, Rule, xml_error
from tests.snapshot.objects_world import (
    Bucket,
    Saved,
    bucket,
    save_bucket,
)

__all__ = ["_quick", "before", "bucket", "moto", "open_cellar", "real", "real_s3"]
pytestmark = pytest.mark.timeout(900)  # the first of them may build the server
WITH_VERSIONS = Scope(("01", ""), versions=True)


def large(bucket: Bucket) -> None:
    """Put 70 MB in parts of 8 MB."""
    piece = bytes(range(256)) * (8 * MB // 256)
    parts(bucket, "large", *[piece] * 8, b"end" * 2000)


def test_large_objects_come_back_part_by_part_in_bounded_memory(
    vault: Vault, real: Bucket, open_cellar: Cellar
) -> None:
    large(real)
    first = save_bucket(vault, real)
    wipe(real)
    target = vessel(open_cellar, real)
    tracemalloc.start()
    try:
        done = pour(target)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (done.made, done.failed) == (1, ())
    assert most < 60 * MB
    assert etags(save_bucket(vault, real, "two")) == etags(first)


@pytest.mark.parametrize("algorithm", ["SHA256", "SHA1", "CRC32", "CRC32C"])
def test_parts_have_the_checksums_they_had(
    vault: Vault, real: Bucket, open_cellar: Cellar, algorithm: str
) -> None:
    parts(real, "parts", b"y" * (5 * MB), b"z", ChecksumAlgorithm=algorithm)
    first = save_bucket(vault, real)
    entry = first.entries[Name(real.name, "parts")]
    assert entry.item.document["ChecksumAlgorithm"] == algorithm
    wipe(real)
    assert pour(vessel(open_cellar, real)).failed == ()
    second = save_bucket(vault, real, "two")
    assert documents(second) == documents(first)
    assert sums(second) == sums(first)


def sums(saved: Saved) -> dict[Name, object]:
    return {name: entry.item.observed["Checksums"] for name, entry in saved.entries.items()}


def test_large_objects_whose_parts_nobody_knows(
    vault: Vault, bucket: Bucket, before: Meddler, open_cellar: Cellar, monkeypatch: Any
) -> None:
    monkeypatch.setattr(objects_putting, "LARGE", 6 * MB)
    monkeypatch.setattr(objects_putting, "_PART", 5 * MB)
    bucket.put(whole=b"w" * (7 * MB))
    save_bucket(vault, bucket)
    wipe(bucket)
    target = vessel(open_cellar, bucket, before)
    assert pour(target).made == 1
    head = bucket.client.head_object(Bucket=bucket.name, Key="whole")
    assert head["ETag"].endswith('-2"')
    again, changed = watched(pour, target, before)
    assert (again.made, again.failed, changed) == (0, (), [])


class Killed(BaseException):
    """The restore ends here, with no time to clean up."""


def test_a_killed_pour_goes_on_and_leaves_no_upload(
    vault: Vault, bucket: Bucket, before: Meddler, open_cellar: Cellar, monkeypatch: Any
) -> None:
    fill(bucket)
    first = save_bucket(vault, bucket)
    wipe(bucket)

    def killed(objects: Objects, which: Which, headers: Any, *_: object) -> None:
        assert objects.send(Call(which, {"uploads": ""}, "POST", headers), b"".join).kept
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(writer, "put_in_parts", killed)
        with pytest.raises(Killed):
            pour(vessel(open_cellar, bucket, before))
    assert len(uploads(bucket)) == 1
    done = pour(vessel(open_cellar, bucket, before))
    assert done.failed == ()
    assert uploads(bucket) == []
    assert save_bucket(vault, bucket, "two").snapshot.content == first.snapshot.content


def uploads(bucket: Bucket) -> list[Any]:
    return list(bucket.client.list_multipart_uploads(Bucket=bucket.name).get("Uploads", ()))


def test_a_part_that_is_refused_leaves_no_upload(
    vault: Vault, bucket: Bucket, before: Meddler, open_cellar: Cellar
) -> None:
    fill(bucket)
    save_bucket(vault, bucket)
    wipe(bucket)
    before.rules = [Rule("partNumber=2", xml_error("AccessDenied", 403))]
    ((key, why),) = pour(vessel(open_cellar, bucket, before)).failed
    assert key == f"{bucket.name}/parts"
    assert why == "PutObject: AccessDenied: no"
    assert uploads(bucket) == []
