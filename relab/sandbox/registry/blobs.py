"""Bytes by digest: what was seeded lies in memory, what was pushed in files without a name."""

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

CHUNK = 256 * 1024


@dataclass(frozen=True, slots=True)
class Blob:
    """`size` bytes; `at(offset, count)` returns at most `count` of them."""

    size: int
    at: Callable[[int, int], bytes]

    def pieces(self, first: int, last: int) -> Iterator[bytes]:
        """Yield the bytes from `first` to `last` inclusive in pieces of at most `CHUNK`."""
        for offset in range(first, last + 1, CHUNK):
            yield self.at(offset, min(CHUNK, last + 1 - offset))


class Blobs:
    """Every blob of the sandbox; a repository serves only those that are linked to it."""

    def __init__(self) -> None:
        self._kept: dict[str, Blob] = {}

    def find(self, digest: str) -> Blob | None:
        """Return the blob `digest` (`sha256:...`); None when its bytes were never sent."""
        return self._kept.get(digest)

    def keep(self, data: bytes) -> str:
        """Keep `data` and return its digest."""
        digest = digest_of(data)
        if digest not in self._kept:
            self._kept[digest] = Blob(
                len(data), lambda offset, count: data[offset : offset + count]
            )
        return digest

    def keep_file(self, digest: str, file: BinaryIO) -> Blob:
        """Keep the open `file`, whose bytes have `digest`, for as long as the blob is kept."""
        file.flush()
        size = os.fstat(file.fileno()).st_size
        found = Blob(size, lambda offset, count: os.pread(file.fileno(), count, offset))
        return self._kept.setdefault(digest, found)

    def forget(self) -> None:
        """Drop everything."""
        self._kept.clear()


def in_memory(data: bytes) -> Blob:
    """Return `data` as a blob."""
    return Blob(len(data), lambda offset, count: data[offset : offset + count])


def digest_of(data: bytes) -> str:
    """Return the digest of `data` as registries write it."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
