"""The folder of a tree: nothing is read or written through a link, or outside of it."""

import hashlib
import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from relab.errors import RelabError, UsageError
from relab.text import safe
from snapshot.tree.text import wrong
from snapshot.vault.store import chunks
from snapshot.vault.store_local import syncfs

MANIFEST = "snapshot.yaml"
UNITS = "units.jsonl"
BLOBS = "blobs"
UNFINISHED = "UNFINISHED"
ATTRIBUTES = ".gitattributes"
_AGAIN = "export the snapshot again"
LARGEST = 256 << 20
_OURS = (MANIFEST, UNITS, BLOBS, UNFINISHED, "items")
_KEPT = frozenset({".git", ".gitignore", ATTRIBUTES, "README.md"})
_AS_IT_IS = b"* -text\n"  # git must not change line ends: every file's digest is known
_SIGN = b"This export by relab did not finish; it cannot be imported. Run it again with --force.\n"


@contextmanager
def _system(where: str) -> Iterator[None]:
    """Turn an OSError into a RelabError at `where`."""
    try:
        yield
    except OSError as error:
        fix = "make room, or check the permissions of the folder"
        raise RelabError(error.strerror or str(error), where=safe(where), fix=fix) from error


def blob_path(digest: str) -> str:
    """Return where in a tree a blob is."""
    return f"{BLOBS}/{digest[:2]}/{digest}"


class Output:
    """A new tree in `folder`; its manifest comes last, when all else is durable."""

    def __init__(self, folder: Path, *, force: bool = False) -> None:
        self.where = str(folder)
        self._root = _prepared(folder, force)
        self._folders: set[str] = set()

    def write(self, name: str, data: bytes) -> str:
        """Write file `name`, which must be new; return the SHA-256 of `data`."""
        if len(data) > LARGEST:
            what = (
                f"{safe(name)} would be larger than {LARGEST >> 20} MiB, which cannot be imported"
            )
            raise RelabError(what, where=self.where, fix="keep a copy of the vault instead")
        with _system(self.where), self._created(name) as file:
            file.write(data)
        return hashlib.sha256(data).hexdigest()

    def write_blob(self, digest: str, pieces: Iterable[bytes]) -> int | None:
        """Write a blob unless it is there; return the bytes written, None when it was."""
        size = 0
        with _system(self.where):
            try:
                with self._created(blob_path(digest)) as file:
                    for piece in pieces:
                        size += file.write(piece)
            except FileExistsError:
                return None
        return size

    def finish(self, manifest: bytes) -> None:
        """Make all that was written durable, and then a whole tree of it."""
        with _system(self.where):
            if not (self._root / ATTRIBUTES).exists():
                self.write(ATTRIBUTES, _AS_IT_IS)
            self._sync()
            self.write(MANIFEST, manifest)
            self._sync()
            (self._root / UNFINISHED).unlink()

    @contextmanager
    def _created(self, name: str) -> Iterator[BinaryIO]:
        folder = name.rpartition("/")[0]
        if folder not in self._folders:
            (self._root / folder).mkdir(parents=True, exist_ok=True, mode=0o700)
            self._folders.add(folder)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        with os.fdopen(os.open(self._root / name, flags, 0o600), "wb") as file:
            yield file

    def _sync(self) -> None:
        if syncfs(self._root):
            return
        ours = (path for name in _OURS for path in (self._root / name).rglob("*"))
        for path in [self._root, *ours, *filter(Path.is_file, self._root.iterdir())]:
            handle = os.open(path, os.O_RDONLY)
            os.fsync(handle)
            os.close(handle)


def _prepared(folder: Path, force: bool) -> Path:
    """Return the folder, with nothing of an earlier export in it and marked as unfinished."""
    with _system(str(folder)):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        root = folder.resolve()
        there = {path.name for path in root.iterdir()}
        if there - _KEPT:
            _allow(root, there, force)
        if UNFINISHED not in there:
            with os.fdopen(os.open(root / UNFINISHED, _NEW, 0o600), "wb") as file:
                file.write(_SIGN)
                file.flush()
                os.fsync(file.fileno())
        for name in _OURS:
            if name != UNFINISHED:
                _remove(root / name)
    return root


_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW


def _allow(root: Path, there: set[str], force: bool) -> None:
    strange = there - _KEPT - set(_OURS)
    if strange or not there & {MANIFEST, UNFINISHED}:
        what = f"the folder holds something else ({safe(min(strange or there - _KEPT))})"
        raise UsageError(what, where=safe(root), fix="name an empty or a new folder")
    if not force:
        fix = "replace it with --force, or name another folder"
        raise UsageError("there is an export already", where=safe(root), fix=fix)
    sign = root / UNFINISHED
    if UNFINISHED in there and (sign.is_symlink() or not sign.is_file()):
        raise UsageError("is no file", where=safe(sign), fix="remove it")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


class Missing(RelabError):
    """A file that the export wrote is not there."""


class Input:
    """A tree to read, with all that a stranger may have put into it."""

    def __init__(self, folder: Path) -> None:
        self.where = str(folder)
        try:
            self._root = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            what = "no folder with an export"
            raise UsageError(what, where=safe(folder), fix="name the folder") from error

    def close(self) -> None:
        """Let the folder go."""
        os.close(self._root)

    def place(self, name: str) -> str:
        """Return how errors name file `name`."""
        return f"{self.where}/{name}"

    def has(self, name: str) -> bool:
        """Tell whether there is something called `name` at the top."""
        return name in os.listdir(self._root)  # noqa: PTH208 - a Path could be moved meanwhile

    def read(self, name: str) -> bytes:
        """Return the bytes of text file `name`; RelabError when it is none that relab wrote."""
        with self._file(name) as file:
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise wrong("is larger than anything relab writes", self.place(name))
        return data

    def blob(self, digest: str) -> Iterator[bytes]:
        """Yield the bytes of a blob; RelabError at the end when they are not those it names."""
        whole = hashlib.sha256()
        with self._file(blob_path(digest)) as file:
            for piece in chunks(file):
                whole.update(piece)
                yield piece
        if whole.hexdigest() != digest:
            raise wrong("is not what was exported", self.place(blob_path(digest)))

    def files(self, folder: str) -> Iterator[str]:
        """Yield the names of all files below `folder`; RelabError at a link or a device."""
        with _system(self.where):
            try:
                handle = self._walk(folder.split("/"))
            except FileNotFoundError:
                return
            try:
                with os.scandir(handle) as scan:
                    found = sorted((one.name, one.is_dir(follow_symlinks=False)) for one in scan)
            finally:
                os.close(handle)
        for name, is_folder in found:
            if is_folder:
                yield from self.files(f"{folder}/{name}")
            else:
                yield f"{folder}/{name}"

    @contextmanager
    def _file(self, name: str) -> Iterator[BinaryIO]:
        try:
            handle = self._open(name)
        except FileNotFoundError:
            raise Missing("is missing", where=self.place(name), fix=_AGAIN) from None
        except OSError as error:
            what = f"cannot be read, or is a link ({error.strerror})"
            raise RelabError(what, where=self.place(name), fix=_AGAIN) from error
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise wrong("is no plain file", self.place(name))
        with os.fdopen(handle, "rb") as file:
            yield file

    def _open(self, name: str) -> int:
        steps = name.split("/")
        folder = self._walk(steps[:-1])
        try:
            return os.open(steps[-1], _READ | os.O_NONBLOCK, dir_fd=folder)
        finally:
            os.close(folder)

    def _walk(self, steps: list[str]) -> int:
        """Return a handle of the folder `steps` lead to, none of them a link."""
        handle = os.dup(self._root)
        for step in steps:
            try:
                inner = os.open(step, _READ | os.O_DIRECTORY, dir_fd=handle)
            finally:
                os.close(handle)
            handle = inner
        return handle


_READ = os.O_RDONLY | os.O_NOFOLLOW


def inside(name: str) -> bool:
    """Tell whether `name` is a relative path that stays where it begins."""
    return not any(step in {"", ".", ".."} or "\0" in step for step in name.split("/"))
