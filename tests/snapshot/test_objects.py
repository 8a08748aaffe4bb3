"""Objects of a bucket in a vault, on moto and on a real S3 server."""

import random
import tracemalloc
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from bench._servers import Server
from relab.clouds.objects import Got, Objects, Which
from snapshot.data.objects import ListObjects
from snapshot.data.objects_names import Name
from snapshot.data.objects_reading import Reading
from snapshot.vault.model import Covered, Entry, State
from snapshot.vault.vault import Vault
from tests.snapshot.objects_world import (
    SCOPE,
    Bucket,
    blobs_in,
    body_of,
    bucket,
    chunks,
    moto_bucket,
    real_bucket,
    save_bucket,
    saved,
    world_of,
)

__all__ = ["bucket"]

pytestmark = pytest.mark.timeout(900)  # the first of them may build the server

CANARY = "CANARY-91c7-not-on-disk"
HOSTILE = (
    "../up",
    "a/../../b",
    "a//b",
    "/lead",
    "tab\tulator",
    "nul\0here",
    "\x01\x7f",
    "e\u0301",
    "\u00e9",
    "Twin",
    "twin",
    "\ufffe",
    "\U0001f600 \ud55c\uae00",
    "a?versionId=1",
    "a?encoding=url",
    "per%2Fcent+plus space",
    "<&\"'>",
    "long/" + "k" * 1019,
)


@pytest.fixture
def moto(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    return moto_bucket(request, monkeypatch)


@pytest.fixture
def real(real_s3: Server, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    return real_bucket(real_s3, monkeypatch)


def test_all_that_an_object_says_is_kept(vault: Vault, bucket: Bucket) -> None:
    bucket.client.put_object(
        Bucket=bucket.name,
        Key="runs/one two+three",
        Body=b"x" * 1000,
        CacheControl="no-cache",
        ContentDisposition="inline",
        ContentEncoding="gzip",
        ContentLanguage="ko",
        ContentType="text/plain",
        Expires="Wed, 21 Oct 2026 07:28:00 GMT",
        Metadata={"note": "plain", "n": "1"},
        Tagging="b=2&a=1",
        WebsiteRedirectLocation="/elsewhere",
        ChecksumAlgorithm="SHA256",
    )
    found = save_bucket(vault, bucket)
    entry = found.entries[Name(bucket.name, "runs/one two+three")]
    document = dict(entry.item.document)
    document.pop("ChecksumType", None)
    assert document == {
        "CacheControl": "no-cache",
        "ChecksumAlgorithm": "SHA256",
        "ContentDisposition": "inline",
        "ContentEncoding": "gzip",
        "ContentLanguage": "ko",
        "ContentType": "text/plain",
        "Expires": "Wed, 21 Oct 2026 07:28:00 GMT",
        "Metadata": {"note": "plain", "n": "1"},
        "TagSet": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}],
        "WebsiteRedirectLocation": "/elsewhere",
    }
    head = bucket.client.head_object(Bucket=bucket.name, Key="runs/one two+three")
    assert entry.item.observed["ETag"] == head["ETag"]
    assert entry.item.observed["Checksums"].keys() == {"sha256"}
    assert body_of(vault, entry) == b"x" * 1000
    assert (entry.item.tenant, found.snapshot.state) == ("01", State.COMPLETE)


def test_no_secret_in_metadata_or_tags_reaches_the_disk(
    vault: Vault, folder: Path, bucket: Bucket
) -> None:
    bucket.client.put_object(
        Bucket=bucket.name,
        Key="model",
        Body=b"",
        Metadata={"api-token": CANARY, "owner": "someone"},
        Tagging=f"db_password={CANARY}",
    )
    entry = save_bucket(vault, bucket).entries[Name(bucket.name, "model")]
    assert entry.sealed.keys() == {"/document/Metadata/api-token", "/document/TagSet/0/Value"}
    opened = vault.unsealed(entry).document
    assert opened["Metadata"] == {"api-token": CANARY, "owner": "someone"}
    assert opened["TagSet"][0]["Value"] == CANARY
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert not [path for path in files if CANARY.encode() in path.read_bytes()]


def test_any_key_survives(vault: Vault, folder: Path, moto: Bucket) -> None:
    for number, key in enumerate(HOSTILE):
        moto.client.put_object(Bucket=moto.name, Key=key, Body=f"body {number}".encode())
    found = save_bucket(vault, moto)
    assert {name.key for name in found.entries} == set(HOSTILE)
    for number, key in enumerate(HOSTILE):
        entry = found.entries[Name(moto.name, key)]
        assert body_of(vault, entry) == f"body {number}".encode()
    assert blobs_in(folder) == len(HOSTILE)
    assert not [path for path in folder.parent.iterdir() if path.name in {"up", "b"}]


def test_empty_objects_and_parts(vault: Vault, bucket: Bucket) -> None:
    part, last = b"y" * (5 << 20), b"z"
    bucket.put(nothing=b"")
    upload = bucket.client.create_multipart_upload(Bucket=bucket.name, Key="parts")["UploadId"]
    etags = [
        bucket.client.upload_part(
            Bucket=bucket.name, Key="parts", UploadId=upload, PartNumber=number, Body=body
        )["ETag"]
        for number, body in enumerate((part, last), 1)
    ]
    bucket.client.complete_multipart_upload(
        Bucket=bucket.name,
        Key="parts",
        UploadId=upload,
        MultipartUpload={
            "Parts": [{"ETag": etag, "PartNumber": n} for n, etag in enumerate(etags, 1)]
        },
    )
    found = save_bucket(vault, bucket).entries
    assert found[Name(bucket.name, "nothing")].blobs["body"].size == 0
    whole = found[Name(bucket.name, "parts")]
    assert whole.item.observed["ETag"].endswith('-2"')
    assert whole.item.document["PartSize"] == len(part)
    assert body_of(vault, whole) == part + last


def test_what_stays_the_same_is_not_read_again(vault: Vault, real: Bucket, real_s3: Server) -> None:
    real.put(**{f"o{number}": b"%d" % number for number in range(30)})
    first = save_bucket(vault, real, "one")
    before = real_s3.requests("s3_GetObject")
    second = save_bucket(vault, real, "two")
    assert real_s3.requests("s3_GetObject") == before
    assert second.snapshot.content == first.snapshot.content
    real.put(o7=b"changed")
    third = save_bucket(vault, real, "three")
    assert real_s3.requests("s3_GetObject") == before + 1
    assert body_of(vault, third.entries[Name(real.name, "o7")]) == b"changed"
    assert len(third.entries) == 30


def test_all_is_read_again_on_request(vault: Vault, real: Bucket, real_s3: Server) -> None:
    real.put(a=b"1")
    save_bucket(vault, real, "one")
    tags = {"TagSet": [{"Key": "k", "Value": "v"}]}
    real.client.put_object_tagging(Bucket=real.name, Key="a", Tagging=tags)  # type: ignore[arg-type]
    before = real_s3.requests("s3_GetObject")
    unseen = save_bucket(vault, real, "two")
    assert "TagSet" not in unseen.entries[Name(real.name, "a")].item.document
    seen = save_bucket(vault, real, "three", replace(SCOPE, reread=True))
    assert real_s3.requests("s3_GetObject") == before + 1
    assert seen.entries[Name(real.name, "a")].item.document["TagSet"] == tags["TagSet"]


def test_what_changes_between_listing_and_reading_is_told(vault: Vault, bucket: Bucket) -> None:
    bucket.put(stays=b"1", changes=b"2", goes=b"3")
    world = world_of(vault, bucket.profile)
    listed = list(chunks(world, bucket.name))
    bucket.put(changes=b"other")
    bucket.client.delete_object(Bucket=bucket.name, Key="goes")
    found = saved(vault, world, "one", listed)
    assert {name.key for name in found.entries} == {"stays"}
    (changed,) = [
        line for line in found.lines(Covered.CHANGED) if "PreconditionFailed" in line.detail
    ]
    (gone,) = [line for line in found.lines(Covered.CHANGED) if "NoSuchKey" in line.detail]
    assert (changed.count, gone.count, found.snapshot.state) == (1, 1, State.PARTIAL)
    again = save_bucket(vault, bucket, "two")
    assert {name.key for name in again.entries} == {"stays", "changes"}
    assert again.snapshot.state is State.COMPLETE


def test_versions_and_delete_markers_in_order(vault: Vault, real: Bucket, real_s3: Server) -> None:
    scope = replace(SCOPE, versions=True)
    real.client.put_bucket_versioning(
        Bucket=real.name, VersioningConfiguration={"Status": "Enabled"}
    )
    real.put(a=b"first")
    real.put(a=b"second", b=b"other")
    first = save_bucket(vault, real, "one", scope)
    assert _states(first.entries, vault, "a") == [b"second", b"first"]
    before = real_s3.requests("s3_GetObject")
    real.client.delete_object(Bucket=real.name, Key="a")
    second = save_bucket(vault, real, "two", scope)
    assert _states(second.entries, vault, "a") == [None, b"second", b"first"]
    assert real_s3.requests("s3_GetObject") == before  # only its place among the others changed
    assert [name.version for name in second.entries if name.key == "b"] == [""]
    assert all(name.version for name in second.entries if name.key == "a")


def _states(entries: dict[Name, Entry], vault: Vault, key: str) -> list[bytes | None]:
    """Return the bodies of all states of `key`, the newest first; None for a delete marker."""
    found = [entry for name, entry in entries.items() if name.key == key]
    found.sort(key=lambda entry: int(entry.item.document["NewerVersions"]))
    return [body_of(vault, entry) if entry.blobs else None for entry in found]


def test_an_archived_object_is_told_as_unsupported(vault: Vault, moto: Bucket) -> None:
    moto.client.put_object(Bucket=moto.name, Key="cold", Body=b"1", StorageClass="GLACIER")
    moto.put(warm=b"2")
    found = save_bucket(vault, moto)
    (line,) = found.lines(Covered.UNSUPPORTED)
    assert (line.count, found.snapshot.state) == (1, State.PARTIAL)
    assert "archived" in line.detail
    assert {name.key for name in found.entries} == {"warm"}
    assert not any(one.settled for one in chunks(world_of(vault, moto.profile), moto.name))


class NoTags(Objects):
    """Reads all but tags, as a caller without the right to them does."""

    def ask(self, which: Which, query: Mapping[str, str], method: str = "GET") -> Got[bytes]:
        if "tagging" in query:
            return Got("AccessDenied", detail="not authorized")
        return super().ask(which, query, method)


def test_tags_that_may_not_be_read_are_told_each_time(vault: Vault, moto: Bucket) -> None:
    moto.put(a=b"1", b=b"2")
    for name in ("one", "two"):
        world = world_of(vault, moto.profile)
        vars(world)["objects"] = NoTags(world.aws, world.target)
        found = saved(vault, world, name, [ListObjects(moto.name)])
        (line,) = found.lines(Covered.DENIED)
        assert "GetObjectTagging" in line.detail
        assert (line.count, len(found.entries)) == (2, 2)
    whole = save_bucket(vault, moto, "three")
    assert whole.snapshot.state is State.COMPLETE
    assert not [one for one in whole.entries.values() if "TagsUnread" in one.item.observed]


def test_a_bucket_that_is_gone_is_told(vault: Vault, moto: Bucket) -> None:
    world = world_of(vault, moto.profile)
    found = saved(vault, world, "one", [ListObjects("user01-never-made")])
    (line,) = found.lines(Covered.FAILED)
    assert "NoSuchBucket" in line.detail
    assert found.snapshot.state is State.PARTIAL


def test_small_objects_are_kept_in_their_order_whatever_becomes_of_some(
    vault: Vault, moto: Bucket
) -> None:
    """They are read some at a time, and then kept: more than fits into one go, one of them gone."""
    sizes = [0, 700_000, 5, 700_000, 700_000, 1, (1 << 20) - 1, 1 << 20, 3]
    bodies = {f"{number}": bytes([number]) * size for number, size in enumerate(sizes)}
    moto.put(**bodies)
    world = world_of(vault, moto.profile)
    rows = [row for chunk in chunks(world, moto.name) for row in chunk.rows]
    moto.client.delete_object(Bucket=moto.name, Key="5")
    read = list(Reading(world, moto.name, "01", {}).read(rows))
    world.store.flush()
    kept = {row.key: one for row, one in zip(rows, read, strict=True)}
    assert kept["5"].entry is None
    assert kept.pop("5").told[0][0] is Covered.CHANGED
    for key, one in kept.items():
        assert one.entry is not None
        assert body_of(vault, one.entry) == bodies[key], key


@pytest.mark.parametrize("listed", [3, 1 << 20])
def test_a_body_that_is_larger_than_listed_is_never_held(
    vault: Vault, real: Bucket, listed: int
) -> None:
    body = random.Random(1).randbytes(9 << 20)
    real.put(large=body, small=b"small")
    world = world_of(vault, real.profile)
    rows = [
        replace(row, size=min(row.size, listed))
        for chunk in chunks(world, real.name)
        for row in chunk.rows
    ]
    tracemalloc.start()
    try:
        large, small = Reading(world, real.name, "01", {}).read(rows)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    world.store.flush()
    assert large.entry
    assert small.entry
    assert body_of(vault, large.entry) == body
    assert body_of(vault, small.entry) == b"small"
    assert most < 6 << 20
