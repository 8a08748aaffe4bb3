"""Objects that are poured back into a bucket: what the tests of it share."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench._servers import Server
from relab.clouds.objects import checksums, reader
from restore.vessel import Vessel
from snapshot.data.objects_names import Name
from snapshot.vault.vault import Vault
from tests.restore.pouring import Cellar, cellar, through
from tests.snapshot.meddler import Meddler, meddling
from tests.snapshot.objects_world import (
    Bucket,
    Saved,
    moto_bucket,
    real_bucket,
)
from tests.snapshot.test_objects import CANARY

MB = 1 << 20


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_FIRST_WAIT", 0.001)


@pytest.fixture
def moto(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    return moto_bucket(request, monkeypatch)


@pytest.fixture
def real(real_s3: Server, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    return real_bucket(real_s3, monkeypatch)


@pytest.fixture
def open_cellar(vault: Vault, tmp_path: Path) -> Iterator[Cellar]:
    with cellar(vault, tmp_path / "state") as found:
        yield found


@pytest.fixture
def before(bucket: Bucket) -> Iterator[Meddler]:
    """Stand between a restore and the server of `bucket`."""
    with meddling(str(bucket.profile.aws.endpoint)) as made:
        yield made


def vessel(found: Cellar, bucket: Bucket, meddler: Meddler | None = None) -> Vessel:
    profile = through(bucket.profile, endpoint=meddler.url) if meddler else bucket.profile
    return found.vessel(profile, "s3.object", bucket.name)


def wipe(bucket: Bucket, *keys: str) -> None:
    if not keys:
        found = bucket.client.list_object_versions(Bucket=bucket.name)
        for one in (*found.get("Versions", ()), *found.get("DeleteMarkers", ())):
            which = {"Key": one["Key"], "VersionId": one["VersionId"]}
            bucket.client.delete_object(Bucket=bucket.name, **which)  # type: ignore[arg-type]
    for key in keys:
        bucket.client.delete_object(Bucket=bucket.name, Key=key)


def documents(saved: Saved) -> dict[Name, object]:
    """Return what of a snapshot can be put back, by the names of objects."""
    return {
        name: (one.item.document, one.blobs, one.sealed.keys())
        for name, one in saved.entries.items()
    }


def parts(bucket: Bucket, key: str, *bodies: bytes, **more: Any) -> None:
    which: dict[str, Any] = {"Bucket": bucket.name, "Key": key}
    upload = bucket.client.create_multipart_upload(**which, **more)["UploadId"]
    listed = []
    for number, body in enumerate(bodies, 1):
        name = more.get("ChecksumAlgorithm", "")
        told = {f"Checksum{name}": checksums.made(name.lower(), [body])} if name else {}
        part: Any = {"UploadId": upload, "PartNumber": number, "Body": body, **told}
        sent = bucket.client.upload_part(**which, **part)
        listed.append({"ETag": sent["ETag"], "PartNumber": number, **told})
    whole: Any = {"Parts": listed}
    bucket.client.complete_multipart_upload(**which, UploadId=upload, MultipartUpload=whole)


def fill(bucket: Bucket) -> None:
    """Put an object of each sort."""
    bucket.client.put_object(
        Bucket=bucket.name,
        Key="all/one two+three",
        Body=b"x" * 1000,
        CacheControl="no-cache",
        ContentDisposition="inline",
        ContentEncoding="gzip",
        ContentLanguage="ko",
        ContentType="text/plain",
        Expires="Wed, 21 Oct 2026 07:28:00 GMT",
        Metadata={"note": "two  spaces", "api-token": CANARY},
        Tagging="b=2%2B3&a=1+x",
        WebsiteRedirectLocation="/elsewhere",
        ChecksumAlgorithm="SHA256",
    )
    for number, algorithm in enumerate(("CRC32", "SHA1")):
        more: Any = {"ChecksumAlgorithm": algorithm}
        bucket.client.put_object(Bucket=bucket.name, Key=f"sum/{number}", Body=b"s", **more)
    bucket.put(**{"nothing": b"", "plain/0": b"0", "plain/1": b"1" * (2 * MB)})
    parts(bucket, "parts", b"y" * (5 * MB), b"z", Metadata={"in": "parts"}, ContentType="a/b")


def etags(saved: Saved) -> dict[Name, object]:
    return {name: entry.item.observed["ETag"] for name, entry in saved.entries.items()}
