"""A vault's bytes in a local folder.

A blob is written to `tmp/`, made durable, then renamed into `blobs/`: what has a blob's name is
whole, even after a power cut. Flushing many at once costs one call to the file system.
"""

import ctypes
import hashlib
import os
import sys
import threading
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from relab.errors import RelabError
from snapshot.vault.store import DIGEST, Blob, Stored, chunks, missing
from snapshot.vault.trouble import system

_TOGETHER = 8


class LocalStore:
    """The folder `folder`; its sub-folders are made when they are first written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.where = str(folder)
        self._pending: dict[str, Path] = {}
        self._pending_lock = threading.Lock()
        self._flush_lock = threading.Lock()

    def put(self, chunks: Iterable[bytes]) -> Blob:
        """Keep the bytes of `chunks` unless they are kept already; durable after `flush`."""
        with self._scratch() as temporary:
            blob = self._write(temporary, chunks)
            with system(self.where), self._pending_lock:
                if blob.digest not in self._pending and not self._path(blob.digest).exists():
                    kept = temporary.with_name(f"{temporary.name}.{blob.digest}")
                    temporary.rename(kept)
                    self._pending[blob.digest] = kept
        return blob

    def flush(self) -> None:
        """Return when every blob put before this call is durable and visible."""
        with self._flush_lock, system(self.where):
            with self._pending_lock:
                pending = dict(self._pending)
            if not pending:
                return
            _make_durable(list(pending.values()), self.folder / "tmp")
            for digest, temporary in pending.items():
                self._path(digest).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                temporary.replace(self._path(digest))
            folders = {self._path(digest).parent for digest in pending}
            _make_durable([*folders, self.folder / "blobs", self.folder], self.folder)
            with self._pending_lock:
                for digest in pending:
                    del self._pending[digest]

    def size(self, digest: str) -> int | None:
        """Return the size of a blob in bytes; None when it is not there."""
        for path in (self._path(digest), self._pending.get(digest)):
            if path is not None:
                with suppress(FileNotFoundError):
                    return path.stat().st_size
        return None

    def stream(self, digest: str) -> Iterator[bytes]:
        """Yield the bytes of a blob in bounded pieces; RelabError when it is not there."""
        try:
            file = self._path(digest).open("rb")
        except FileNotFoundError:
            raise missing(self.where, digest) from None
        with system(self.where), file:
            yield from chunks(file)

    def blobs(self) -> Iterator[Stored]:
        """Yield every blob that is visible, in no order."""
        for path in (self.folder / "blobs").glob("??/*"):
            with suppress(FileNotFoundError):
                stat = path.stat()
                yield Stored(path.name, stat.st_size, stat.st_mtime)

    def delete(self, digest: str) -> None:
        """Remove a blob; nothing happens when it is not there."""
        with system(self.where):
            self._path(digest).unlink(missing_ok=True)

    def leftovers(self) -> list[str]:
        """Return the names of writes that never ended."""
        with self._pending_lock:
            live = set(self._pending.values())
        return sorted(str(path) for path in (self.folder / "tmp").glob("*") if path not in live)

    def tidy(self) -> None:
        """Remove the leftovers; only for who holds the lock.

        What a killed process had renamed is visible, and only now surely durable.
        """
        with system(self.where):
            for name in self.leftovers():
                Path(name).unlink(missing_ok=True)
            _make_durable(list((self.folder / "blobs").glob("??")), self.folder)

    def create(self, name: str, data: bytes) -> bool:
        """Write note `name` whole and durably, unless there is one; tell whether it was written."""
        with self._note(name, data) as (temporary, path):
            try:
                path.hardlink_to(temporary)
            except FileExistsError:
                return False
        return True

    def replace(self, name: str, data: bytes) -> None:
        """Write note `name` whole and durably, over what stands there."""
        with self._note(name, data) as (temporary, path):
            temporary.replace(path)

    def read(self, name: str) -> bytes | None:
        """Return note `name`; None when it is not there."""
        with system(self.where):
            try:
                return (self.folder / name).read_bytes()
            except FileNotFoundError:
                return None

    def notes(self, folder: str) -> list[str]:
        """Return the names of all notes below `folder`, sorted."""
        return sorted(f"{folder}/{path.name}" for path in (self.folder / folder).glob("*"))

    def remove(self, name: str) -> None:
        """Remove note `name`; nothing happens when it is not there."""
        with system(self.where):
            (self.folder / name).unlink(missing_ok=True)

    def _path(self, digest: str) -> Path:
        if not DIGEST.fullmatch(digest):
            raise RelabError(f"'{digest}' is no SHA-256", where=self.where)
        return self.folder / "blobs" / digest[:2] / digest

    def _write(self, path: Path, chunks: Iterable[bytes]) -> Blob:
        """Write `chunks`; an error of where they come from stays what it is."""
        seen, size = hashlib.sha256(), 0
        with system(self.where):
            file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        try:
            for chunk in chunks:
                seen.update(chunk)
                size += len(chunk)
                with system(self.where):
                    file.write(chunk)
            with system(self.where):
                file.flush()
        finally:
            with suppress(OSError):  # what could not be written was told already
                file.close()
        return Blob(seen.hexdigest(), size)

    @contextmanager
    def _scratch(self) -> Iterator[Path]:
        folder = self.folder / "tmp"
        with system(self.where):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = folder / f"{os.getpid()}-{uuid.uuid4().hex}"
        try:
            yield temporary
        finally:
            temporary.unlink(missing_ok=True)

    @contextmanager
    def _note(self, name: str, data: bytes) -> Iterator[tuple[Path, Path]]:
        path = self.folder / name
        with system(self.where), self._scratch() as temporary:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._write(temporary, [data])
            _fsync(temporary)
            yield temporary, path
            _fsync(path.parent)


def _make_durable(paths: list[Path], folder: Path) -> None:
    if len(paths) > _TOGETHER and syncfs(folder):
        return
    for path in paths:
        _fsync(path)


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def syncfs(folder: Path) -> bool:
    """Make all that was written to the file system of `folder` durable; False where none can."""
    library = _libc()
    if library is None:
        return False
    handle = os.open(folder, os.O_RDONLY)
    try:
        if library.syncfs(handle):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    finally:
        os.close(handle)
    return True


@cache
def _libc() -> ctypes.CDLL | None:
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None, use_errno=True)
    return library if hasattr(library, "syncfs") else None
