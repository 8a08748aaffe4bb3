"""A vault's bytes in a local folder.

A blob is written to `tmp/`, made durable, then renamed into `blobs/`: what has a blob's name is
whole, even after a power cut. Flushing many at once costs one call to the file system.
"""

import ctypes
import hashlib
import itertools
import os
import sys
import threading
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from relab.errors import RelabError
from snapshot.vault.direct import blocks, write, write_together
from snapshot.vault.store import DIGEST, Blob, Stored, Stream, beginning, chunks, missing
from snapshot.vault.trouble import System

_TOGETHER = 8
_SMALL = 1 << 20


class LocalStore:
    """The folder `folder`; its sub-folders are made when they are first written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.where = str(folder)
        self._pending: dict[str, str] = {}
        self._run = uuid.uuid4().hex
        self._count = itertools.count()
        self._pending_lock = threading.Lock()
        self._flush_lock = threading.Lock()

    def put(self, chunks: Iterable[bytes]) -> Blob:
        """Keep the bytes of `chunks` unless they are kept already; durable after `flush`.

        What is small is named before it is written, so that what is there costs no file.
        """
        pieces = iter(chunks)
        first, whole = beginning(pieces, _SMALL)
        return self._put_whole(first) if whole else self._put_long(Stream(first, pieces))

    def flush(self) -> None:
        """Return when every blob put before this call is durable and visible."""
        with self._flush_lock, System(self.where):
            with self._pending_lock:
                pending = dict(self._pending)
            if not pending:
                return
            _make_durable(pending.values(), self.folder / "tmp")
            for digest, temporary in pending.items():
                _rename(temporary, self._place(digest))
            folders = {f"{self.where}/blobs/{digest[:2]}" for digest in pending}
            _make_durable([*folders, self.folder / "blobs", self.folder], self.folder)
            with self._pending_lock:
                for digest in pending:
                    del self._pending[digest]

    def handed(self) -> dict[str, str]:
        """Return what waits for a flush, and forget it: another process will `take` it.

        It maps digests to the paths of temporary files.
        """
        with self._pending_lock:
            found, self._pending = self._pending, {}
        return found

    def take(self, handed: Mapping[str, str]) -> None:
        """Let what another store of this folder has handed over wait for our flush."""
        for digest, path in handed.items():
            self._await(digest, path)

    def abandon(self) -> None:
        """Remove what waits for a flush, and make room; nothing happens when that fails."""
        for path in self.handed().values():
            with suppress(OSError):
                Path(path).unlink()

    def size(self, digest: str) -> int | None:
        """Return the size of a blob in bytes; None when it is not there."""
        # In this order: a flush beside this call takes the one path away when the other is there.
        for path in (self._pending.get(digest), self._blob(digest)):
            if path is not None:
                with suppress(FileNotFoundError):
                    return Path(path).stat().st_size
        return None

    def stream(self, digest: str) -> Iterator[bytes]:
        """Yield the bytes of a blob in bounded pieces; RelabError when it is not there."""
        try:
            file = self._path(digest).open("rb")
        except FileNotFoundError:
            raise missing(self.where, digest) from None
        with System(self.where), file:
            yield from chunks(file)

    def blobs(self) -> Iterator[Stored]:
        """Yield every blob that is visible, in no order."""
        for path in (self.folder / "blobs").glob("??/*"):
            with suppress(FileNotFoundError):
                stat = path.stat()
                yield Stored(path.name, stat.st_size, stat.st_mtime)

    def delete(self, digest: str) -> None:
        """Remove a blob; nothing happens when it is not there."""
        with System(self.where):
            self._path(digest).unlink(missing_ok=True)

    def leftovers(self) -> list[str]:
        """Return the names of writes that never ended."""
        with self._pending_lock:
            live = set(self._pending.values())
        found = map(str, (self.folder / "tmp").glob("*"))
        return sorted(path for path in found if path not in live)

    def tidy(self) -> None:
        """Remove the leftovers; only for who holds the lock.

        What a killed process had renamed is visible, and only now surely durable.
        """
        with System(self.where):
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
        with System(self.where):
            try:
                return (self.folder / name).read_bytes()
            except FileNotFoundError:
                return None

    def notes(self, folder: str) -> list[str]:
        """Return the names of all notes below `folder`, sorted."""
        return sorted(f"{folder}/{path.name}" for path in (self.folder / folder).glob("*"))

    def remove(self, name: str) -> None:
        """Remove note `name`; nothing happens when it is not there."""
        with System(self.where):
            (self.folder / name).unlink(missing_ok=True)

    def _path(self, digest: str) -> Path:
        return Path(self._blob(digest))

    def _blob(self, digest: str) -> str:
        if not DIGEST.fullmatch(digest):
            raise RelabError(f"'{digest}' is no SHA-256", where=self.where)
        return self._place(digest)

    def _place(self, digest: str) -> str:
        """Return the path of a blob whose digest was made here."""
        return f"{self.where}/blobs/{digest[:2]}/{digest}"

    def _put_whole(self, pieces: list[bytes]) -> Blob:
        seen = hashlib.sha256()
        for piece in pieces:
            seen.update(piece)
        digest = seen.hexdigest()
        if not self._has(digest):
            with self._temporary() as path:
                self._write_whole(path, pieces)
                self._await(digest, path)
        return Blob(digest, sum(map(len, pieces)))

    def _put_long(self, source: Stream) -> Blob:
        seen, size = hashlib.sha256(), 0

        def read() -> Iterator[memoryview]:
            nonlocal size
            for block in blocks(source):
                seen.update(block)
                size += len(block)
                yield block

        with self._temporary() as path:
            self._write_long(path, read())
            digest = seen.hexdigest()
            if self._has(digest):
                self._drop(path)
            else:
                self._await(digest, path)
        return Blob(digest, size)

    def _has(self, digest: str) -> bool:
        # Most are not there yet, and this raises nothing then.
        return digest in self._pending or os.access(self._place(digest), os.F_OK)

    def _await(self, digest: str, path: str) -> None:
        """Let the file at `path` wait for the next flush, unless another waits for its name."""
        with self._pending_lock:
            waits = self._pending.setdefault(digest, path)
        if waits != path:
            self._drop(path)

    def _drop(self, path: str) -> None:
        with System(self.where):
            os.unlink(path)  # noqa: PTH108

    @contextmanager
    def _temporary(self) -> Iterator[str]:
        """Yield a path that nothing has; what is written there is removed when the block raises."""
        name = f"{os.getpid()}-{self._run}-{next(self._count)}"
        path = os.path.join(self.where, "tmp", name)  # noqa: PTH118
        try:
            yield path
        except BaseException:
            with suppress(OSError):
                os.unlink(path)  # noqa: PTH108
            raise

    def _write_whole(self, path: str, pieces: Sequence[bytes]) -> None:
        with System(self.where):
            handle = self._open(path)
            try:
                write_together(handle, pieces)
            finally:
                with suppress(OSError):  # what could not be written was told already
                    os.close(handle)

    def _write_long(self, path: str, pieces: Iterable[memoryview]) -> None:
        """Write `pieces` to a new file; an error of where they come from stays what it is."""
        with System(self.where):
            handle = self._open(path)
        try:
            for piece in pieces:
                with System(self.where):
                    write(handle, piece)
        finally:
            with suppress(OSError):  # what could not be written was told already
                os.close(handle)

    def _open(self, path: str) -> int:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        try:
            return os.open(path, flags, 0o600)
        except FileNotFoundError:
            Path(path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            return os.open(path, flags, 0o600)

    @contextmanager
    def _note(self, name: str, data: bytes) -> Iterator[tuple[Path, Path]]:
        path = self.folder / name
        with System(self.where), self._temporary() as temporary:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._write_whole(temporary, [data])
            _fsync(Path(temporary))
            yield Path(temporary), path
            Path(temporary).unlink(missing_ok=True)
            _fsync(path.parent)


def _rename(path: str, place: str) -> None:
    """Rename a file, of which there may be a million; a folder is made where there is none yet."""
    try:
        os.replace(path, place)  # noqa: PTH105
    except FileNotFoundError:
        Path(place).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.replace(path, place)  # noqa: PTH105


def _make_durable(paths: Collection[Path | str], folder: Path) -> None:
    if len(paths) > _TOGETHER and syncfs(folder):
        return
    for path in paths:
        _fsync(path)


def _fsync(path: Path | str) -> None:
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
