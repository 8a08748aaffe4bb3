"""What is in a tar, for comparing two of them: no order of files, no times of folders."""

import hashlib
import io
import tarfile
from collections.abc import Iterable, Iterator
from typing import Any

_PIECE = 1 << 20
_ROOT = "."


class Stream(io.RawIOBase):
    """Chunks of bytes as a file that can only be read on."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks: Iterator[bytes] = iter(chunks)
        self._rest = b""

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fill `buffer` with the next bytes."""
        while not self._rest:
            piece = next(self._chunks, None)
            if piece is None:
                return 0
            self._rest = piece
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size


def contents(chunks: Iterable[bytes]) -> dict[str, bytes]:
    """Return a digest of each member of a tar by its name; ValueError when it is none.

    Some 200 bytes a file are in memory. The folder that holds all counts by nothing: it was there.
    """
    found: dict[str, bytes] = {}
    source = io.BufferedReader(Stream(chunks), _PIECE)
    try:
        with tarfile.open(fileobj=source, mode="r|", errorlevel=2) as tar:
            for info in tar:
                name = info.name.removeprefix("./") or _ROOT
                if name != _ROOT:
                    found[name] = _digest(tar, info)
    except (tarfile.TarError, EOFError) as error:
        raise ValueError(f"not a whole tar: {error}") from error
    while source.read(_PIECE):
        pass  # what pads it; a vault's blob is checked at its end
    return found


def _digest(tar: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    """Return a digest of a member; the time of a folder is that of the last change inside it."""
    time = "" if info.isdir() else str(int(info.mtime))
    told = (info.type, info.mode, info.uid, info.gid, time, info.linkname)
    whole = hashlib.blake2b(repr(told).encode("utf-8", "surrogateescape"), digest_size=16)
    body = tar.extractfile(info) if info.isreg() else None
    while body and (piece := body.read(_PIECE)):
        whole.update(piece)
    return whole.digest()
