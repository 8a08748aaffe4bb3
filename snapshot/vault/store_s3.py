"""A vault's bytes in a bucket of S3, or of anything that speaks it with conditional writes.

Nothing is ever overwritten by accident: blobs and new notes are written with `If-None-Match: *`.
"""

import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, cast

from relab.errors import CannotTell, NoVault, RelabError
from snapshot.vault.store import CHUNK, DIGEST, Blob, Stored, missing

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

IN_MEMORY = 8 << 20
PART = 16 << 20
_MAX_PARTS = 10_000
_TRIES = 5
_GONE = {"NoSuchKey", "404", "NotFound", "NoSuchUpload"}


class S3Store:
    """The objects of `bucket` below `prefix`, by `client` (boto3's, of the bucket's region)."""

    def __init__(self, client: "S3Client", bucket: str, prefix: str = "") -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self.where = f"s3://{bucket}/{self._prefix}"

    def put(self, chunks: Iterable[bytes]) -> Blob:
        """Keep the bytes of `chunks` unless they are kept already; durable at once.

        What is larger than `IN_MEMORY` waits in a temporary file, since its name is its digest.
        """
        seen, size = hashlib.sha256(), 0
        with tempfile.SpooledTemporaryFile(IN_MEMORY) as spool:
            for chunk in chunks:
                seen.update(chunk)
                size += len(chunk)
                spool.write(chunk)
            blob = Blob(seen.hexdigest(), size)
            self._upload(blob, cast("IO[bytes]", spool))
        return blob

    def flush(self) -> None:
        """Do nothing: what a bucket has accepted is durable."""

    def handed(self) -> dict[str, str]:
        """Return nothing: all is durable already."""
        return {}

    def take(self, handed: Mapping[str, str]) -> None:
        """Do nothing: what was handed over is durable already."""

    def abandon(self) -> None:
        """Do nothing: what was put is durable already."""

    def size(self, digest: str) -> int | None:
        """Return the size of a blob in bytes; None when it is not there."""
        found = self._ask("head_object", Key=self._blob(digest))
        return None if found is None else int(found["ContentLength"])

    def stream(self, digest: str) -> Iterator[bytes]:
        """Yield the bytes of a blob in bounded pieces; RelabError when it is not there."""
        found = self._ask("get_object", Key=self._blob(digest))
        if found is None:
            raise missing(self.where, digest)
        with self._explained():
            yield from found["Body"].iter_chunks(CHUNK)

    def blobs(self) -> Iterator[Stored]:
        """Yield every blob that is visible, in no order."""
        for entry in self._list("blobs/"):
            name = entry["Key"].rpartition("/")[2]
            yield Stored(name, entry["Size"], entry["LastModified"].timestamp())

    def delete(self, digest: str) -> None:
        """Remove a blob; nothing happens when it is not there."""
        self._ask("delete_object", Key=self._blob(digest))

    def leftovers(self) -> list[str]:
        """Return the names of writes that never ended."""
        return [f"{upload['Key']} ({upload['UploadId']})" for upload in self._uploads()]

    def tidy(self) -> None:
        """Remove the leftovers; only for who holds the lock."""
        for upload in self._uploads():
            self._ask("abort_multipart_upload", Key=upload["Key"], UploadId=upload["UploadId"])

    def create(self, name: str, data: bytes) -> bool:
        """Write note `name` whole and durably, unless there is one; tell whether it was written."""
        return self._create("put_object", Key=self._prefix + name, Body=data)

    def replace(self, name: str, data: bytes) -> None:
        """Write note `name` whole and durably, over what stands there."""
        self._ask("put_object", Key=self._prefix + name, Body=data)

    def read(self, name: str) -> bytes | None:
        """Return note `name`; None when it is not there."""
        found = self._ask("get_object", Key=self._prefix + name)
        if found is None:
            return None
        with self._explained():
            data: bytes = found["Body"].read()
        return data

    def notes(self, folder: str) -> list[str]:
        """Return the names of all notes below `folder`, sorted."""
        cut = len(self._prefix)
        return sorted(entry["Key"][cut:] for entry in self._list(f"{folder}/"))

    def remove(self, name: str) -> None:
        """Remove note `name`; nothing happens when it is not there."""
        self._ask("delete_object", Key=self._prefix + name)

    def _upload(self, blob: Blob, file: IO[bytes]) -> None:
        key = self._blob(blob.digest)
        file.seek(0)
        if blob.size <= IN_MEMORY:
            self._create("put_object", Key=key, Body=file.read())
        elif self.size(blob.digest) is None:
            self._send_parts(key, blob, file)

    def _send_parts(self, key: str, blob: Blob, file: IO[bytes]) -> None:
        started = self._ask("create_multipart_upload", Key=key)
        upload = {"Key": key, "UploadId": (started or {})["UploadId"]}
        length = max(PART, -(-blob.size // _MAX_PARTS))
        try:
            parts: list[CompletedPartTypeDef] = []
            while piece := file.read(length):
                number = len(parts) + 1
                done = self._ask("upload_part", PartNumber=number, Body=piece, **upload)
                parts.append({"PartNumber": number, "ETag": (done or {})["ETag"]})
            whole = {"Parts": parts}
            written = self._create("complete_multipart_upload", MultipartUpload=whole, **upload)
        except BaseException:
            self._ask("abort_multipart_upload", **upload)
            raise
        if not written:
            self._ask("abort_multipart_upload", **upload)

    def _blob(self, digest: str) -> str:
        if not DIGEST.fullmatch(digest):
            raise RelabError(f"'{digest}' is no SHA-256", where=self.where)
        return f"{self._prefix}blobs/{digest[:2]}/{digest}"

    def _list(self, folder: str) -> Iterator[Any]:
        pages = self._client.get_paginator("list_objects_v2")
        with self._explained():
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix + folder):
                yield from page.get("Contents", [])

    def _uploads(self) -> list[Any]:
        pages = self._client.get_paginator("list_multipart_uploads")
        with self._explained():
            found = pages.paginate(Bucket=self._bucket, Prefix=self._prefix)
            return [upload for page in found for upload in page.get("Uploads", [])]

    def _create(self, call: str, **arguments: Any) -> bool:
        for _ in range(_TRIES):
            try:
                self._ask(call, IfNoneMatch="*", **arguments)
            except _Taken:
                return False
            except _Contested:
                continue
            return True
        raise CannotTell("others write the same object", where=self.where, fix="try again")

    def _ask(self, call: str, **arguments: Any) -> dict[str, Any] | None:
        with self._explained():
            try:
                answer = getattr(self._client, call)(Bucket=self._bucket, **arguments)
            except self._client.exceptions.ClientError as error:
                if error.response["Error"]["Code"] not in _GONE:
                    raise
                return None
        return cast("dict[str, Any]", answer)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except ClientError as error:
            raise self._named(error.response["Error"]) from error
        except BotoCoreError as error:
            raise CannotTell(
                f"the bucket does not answer ({type(error).__name__})",
                where=self.where,
                fix="check the network and the endpoint, then run it again",
            ) from error

    def _named(self, error: Any) -> RelabError:
        code = str(error.get("Code", ""))
        if code in _SIGNS:
            return _SIGNS[code](f"written by another ({code})", where=self.where)
        if code == "NoSuchBucket":
            return NoVault("there is no such bucket", where=self.where, fix="name another vault")
        text = f"the bucket refuses: {code} {error.get('Message', '')}".strip()
        return RelabError(text, where=self.where, fix="check the rights on the bucket")


class _Taken(RelabError):
    """A conditional write found something there already."""


class _Contested(RelabError):
    """A conditional write met another that is under way; it may be tried again."""


_SIGNS: dict[str, type[RelabError]] = {
    "PreconditionFailed": _Taken,
    "412": _Taken,
    "ConditionalRequestConflict": _Contested,
    "409": _Contested,
}
