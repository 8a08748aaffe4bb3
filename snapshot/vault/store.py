"""What a vault needs of the place it lives in: content-addressed blobs and small named notes."""

import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, BinaryIO, Protocol

from relab.errors import RelabError
from relab.pickling import by_position

CHUNK = 1 << 20
DIGEST = re.compile(r"[0-9a-f]{64}")


@by_position
@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes by their SHA-256 in hexadecimal, and how many they are."""

    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class Stored:
    """A blob as it lies in the store; `modified` is in seconds since the epoch."""

    digest: str
    size: int
    modified: float


class Store(Protocol):
    """A folder or a bucket; every method is safe to call from several threads.

    RelabError when the place is full, cannot be written or does not answer.
    """

    where: str

    def put(self, chunks: Iterable[bytes]) -> Blob:
        """Keep the bytes of `chunks` unless they are kept already; durable after `flush`."""

    def flush(self) -> None:
        """Return when every blob put before this call is durable and visible."""

    def handed(self) -> dict[str, str]:
        """Return what waits for a flush, and forget it: another process will `take` it."""

    def take(self, handed: Mapping[str, str]) -> None:
        """Let what another store of the same place has handed over wait for our flush."""

    def abandon(self) -> None:
        """Remove what waits for a flush, and make room; nothing happens when that fails."""

    def size(self, digest: str) -> int | None:
        """Return the size of a blob in bytes; None when it is not there."""

    def stream(self, digest: str) -> Iterator[bytes]:
        """Yield the bytes of a blob in bounded pieces; RelabError when it is not there."""

    def blobs(self) -> Iterator[Stored]:
        """Yield every blob that is visible, in no order."""

    def delete(self, digest: str) -> None:
        """Remove a blob; nothing happens when it is not there."""

    def leftovers(self) -> list[str]:
        """Return the names of writes that never ended."""

    def tidy(self) -> None:
        """Remove the leftovers; only for who holds the lock."""

    def create(self, name: str, data: bytes) -> bool:
        """Write note `name` whole and durably, unless there is one; tell whether it was written."""

    def replace(self, name: str, data: bytes) -> None:
        """Write note `name` whole and durably, over what stands there."""

    def read(self, name: str) -> bytes | None:
        """Return note `name`; None when it is not there."""

    def notes(self, folder: str) -> list[str]:
        """Return the names of all notes below `folder`, sorted."""

    def remove(self, name: str) -> None:
        """Remove note `name`; nothing happens when it is not there."""


def missing(where: str, digest: str) -> RelabError:
    """Return the error for a blob that should be there."""
    return RelabError(
        f"blob {digest} is missing", where=where, fix="run `relab vault check` to see what it hits"
    )


def chunks(file: BinaryIO) -> Iterator[bytes]:
    """Yield what is left of `file` in pieces of `CHUNK` bytes."""
    while piece := file.read(CHUNK):
        yield piece


class Stream(io.RawIOBase):
    """Pieces of bytes as a file that can only be read on: `first`, then `rest`.

    A `rest` that fills buffers by itself, such as the body of an answer, is not copied.
    """

    def __init__(self, first: Iterable[bytes], rest: Iterator[bytes] | None = None) -> None:
        self._into: Callable[[Any], int] | None = getattr(rest, "readinto", None)
        self._pieces = iter(first) if self._into else chain(first, rest or ())
        self._left = memoryview(b"")

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Put the next bytes into `buffer` and return how many; 0 at the end."""
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return self._into(buffer) if self._into else 0
            self._left = memoryview(piece)
        size = min(len(buffer), len(self._left))
        buffer[:size], self._left = self._left[:size], self._left[size:]
        return size


def beginning(pieces: Iterator[bytes], size: int) -> tuple[list[bytes], bool]:
    """Return the first pieces, at least `size` bytes, and whether there are less than that."""
    first: list[bytes] = []
    came = 0
    for piece in pieces:
        first.append(piece)
        came += len(piece)
        if came >= size:
            return first, False
    return first, True
