"""Bytes between threads: what a command reads and writes, always in bounded memory."""

import threading
from collections import deque
from typing import Protocol

CHUNK = 32 * 1024
_PIPE_BYTES = 16 * CHUNK
_LINE_PIECES = 64


class Gone(Exception):
    """The caller has left, or the command was ended: nothing more is to be done."""


class Source(Protocol):
    """Where a command reads from."""

    def read(self) -> bytes:
        """Return the next bytes, at most a few chunks; empty at the end. Raises Gone."""


class Sink(Protocol):
    """Where a command writes to."""

    def write(self, data: bytes) -> None:
        """Take bytes, waiting while nobody reads them. Raises Gone or BrokenPipeError."""


class Nothing:
    """A source without bytes, and a sink that forgets."""

    def read(self) -> bytes:
        """Return the end."""
        return b""

    def write(self, data: bytes) -> None:
        """Forget `data`."""


class Pipe:
    """What one command writes and another reads; the writer waits while it is full."""

    def __init__(self, gone: threading.Event) -> None:
        self._gone = gone
        self._held: deque[bytes] = deque()
        self._size = 0
        self._ended = False
        self._broken = False
        self._changed = threading.Condition()

    def read(self) -> bytes:
        """Return the next bytes; empty when the writer has ended."""
        with self._changed:
            while not self._held and not self._ended:
                self._wait()
            if not self._held:
                return b""
            data = self._held.popleft()
            self._size -= len(data)
            self._changed.notify_all()
            return data

    def write(self, data: bytes) -> None:
        """Take bytes; BrokenPipeError when the reader has ended."""
        with self._changed:
            while self._size > _PIPE_BYTES and not self._broken:
                self._wait()
            if self._broken:
                raise BrokenPipeError
            if data:
                self._held.append(data)
                self._size += len(data)
                self._changed.notify_all()

    def end(self) -> None:
        """Say that all is written."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def break_(self) -> None:
        """Say that nothing more will be read."""
        with self._changed:
            self._broken = True
            self._changed.notify_all()

    def _wait(self) -> None:
        if self._gone.is_set():
            raise Gone
        self._changed.wait(0.2)


class Lines:
    """Lines out of a source, also bytes by count; what is read ahead is kept."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._held = b""

    def line(self) -> bytes:
        """Return the next line with its end, a very long one in pieces; empty at the end."""
        pieces = [self._held]
        while b"\n" not in pieces[-1] and len(pieces) < _LINE_PIECES:
            more = self._source.read()
            if not more:
                break
            pieces.append(more)
        line, newline, self._held = b"".join(pieces).partition(b"\n")
        return line + newline

    def read(self, size: int = CHUNK) -> bytes:
        """Return up to `size` bytes; empty at the end."""
        data = self._held or self._source.read()
        self._held = data[size:]
        return data[:size]
