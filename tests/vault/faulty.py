"""A store that goes wrong at its n-th writing operation, for tests."""

import errno
import os
import signal
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice

from relab.errors import RelabError
from snapshot.vault.store import Blob, Store, Stored
from snapshot.vault.trouble import System

Fault = Callable[[], None]


class Broken(Exception):
    """What a test's fault raises."""


def fails() -> None:
    raise Broken


def full() -> None:
    with System("the vault"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def kills() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class FaultyStore:
    """`inner`, but for its writing operation number `at` (from 1), which meets `fault`.

    `short` lets a blob's first piece be written before.
    """

    def __init__(self, inner: Store, at: int, fault: Fault = fails, *, short: bool = False) -> None:
        self.inner = inner
        self.where = inner.where
        self.done = 0
        self._at = at
        self._fault = fault
        self._short = short

    def put(self, chunks: Iterable[bytes]) -> Blob:
        if self._next():
            return self.inner.put(self._broken(chunks))
        return self.inner.put(chunks)

    def flush(self) -> None:
        if self._next():
            self._fault()
        self.inner.flush()

    def handed(self) -> dict[str, str]:
        return self.inner.handed()

    def take(self, handed: Mapping[str, str]) -> None:
        self.inner.take(handed)

    def abandon(self) -> None:
        self.inner.abandon()

    def size(self, digest: str) -> int | None:
        return self.inner.size(digest)

    def stream(self, digest: str) -> Iterator[bytes]:
        return self.inner.stream(digest)

    def blobs(self) -> Iterator[Stored]:
        return self.inner.blobs()

    def delete(self, digest: str) -> None:
        if self._next():
            self._fault()
        self.inner.delete(digest)

    def leftovers(self) -> list[str]:
        return self.inner.leftovers()

    def tidy(self) -> None:
        self.inner.tidy()

    def create(self, name: str, data: bytes) -> bool:
        if self._next():
            self._fault()
        return self.inner.create(name, data)

    def replace(self, name: str, data: bytes) -> None:
        self.inner.replace(name, data)

    def read(self, name: str) -> bytes | None:
        return self.inner.read(name)

    def notes(self, folder: str) -> list[str]:
        return self.inner.notes(folder)

    def remove(self, name: str) -> None:
        self.inner.remove(name)

    def _next(self) -> bool:
        self.done += 1
        return self.done == self._at

    def _broken(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        if self._short:
            yield from islice(chunks, 1)
        self._fault()


def is_told(error: BaseException) -> bool:
    """Tell whether a person or a test was told of the fault."""
    return isinstance(error, Broken | RelabError)
