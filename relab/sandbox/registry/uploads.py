"""Blobs that are coming in, each into a file without a name."""

import hashlib
import re
import tempfile
from collections.abc import AsyncIterator
from typing import BinaryIO
from uuid import uuid4

from relab.sandbox.registry.blobs import Blobs
from relab.sandbox.registry.refusals import refuse

_RANGE = re.compile(r"(\d+)-(\d+)")


class Upload:
    """One blob on its way into `repository`."""

    def __init__(self, repository: str) -> None:
        self.repository = repository
        self.id = str(uuid4())
        self.size = 0
        self._file: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as its blob
        self._hash = hashlib.sha256()

    @property
    def digest(self) -> str:
        """The digest of what has come so far."""
        return f"sha256:{self._hash.hexdigest()}"

    @property
    def range(self) -> str:
        """What has come so far, as the API writes it."""
        return f"0-{max(self.size - 1, 0)}"

    async def add(self, pieces: AsyncIterator[bytes], content_range: str = "") -> None:
        """Append `pieces`; refuses a `Content-Range` that does not go on where the last ended."""
        found = _RANGE.fullmatch(content_range)
        if content_range and (found is None or int(found[1]) != self.size):
            refuse("BLOB_UPLOAD_INVALID", f"the next byte is number {self.size}")
        async for piece in pieces:
            self._hash.update(piece)
            self.size += self._file.write(piece)

    def finish(self, digest: str, blobs: Blobs) -> None:
        """Keep the bytes; refuses a `digest` that is not theirs."""
        if digest != self.digest:
            self.cancel()
            refuse("DIGEST_INVALID", f"the upload's digest is {self.digest}")
        blobs.keep_file(digest, self._file)

    def cancel(self) -> None:
        """Drop what has come."""
        self._file.close()


class Uploads:
    """All uploads by their id."""

    def __init__(self) -> None:
        self._open: dict[str, Upload] = {}

    def begin(self, repository: str) -> Upload:
        """Begin an upload into `repository`."""
        upload = Upload(repository)
        self._open[upload.id] = upload
        return upload

    def find(self, repository: str, number: str) -> Upload:
        """Return the upload `number` into `repository`; refuses when there is none."""
        upload = self._open.get(number)
        if upload is None or upload.repository != repository:
            refuse("BLOB_UPLOAD_UNKNOWN", "no such upload")
        return upload

    def end(self, upload: Upload) -> None:
        """Forget an upload that is finished or given up."""
        self._open.pop(upload.id, None)

    def forget(self) -> None:
        """Give up all uploads."""
        for upload in self._open.values():
            upload.cancel()
        self._open.clear()
