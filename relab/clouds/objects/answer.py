"""What comes back on a connection: the head of an answer, and its body piece by piece."""

import http.client
import io
import socket
from collections.abc import Iterator
from typing import Any

from relab.clouds.objects.broken import Broken, Explained
from relab.clouds.objects.checksums import Check
from relab.clouds.outcome import UNREACHABLE

_LONGEST_HEAD = 1 << 16
# What comes after a head is copied once more: little of a body should come with it.
_HEAD = 1 << 12
_COMING = Explained("the body came to a halt")


class Answer:
    """What came back: the status, headers by their small names, and the body in pieces.

    `length` is in bytes; None when the server did not tell. `sent` is whether it came after all of
    the request was sent.
    """

    def __init__(self, line: socket.socket, method: str, *, sent: bool = True) -> None:
        self._line = line
        self._sent = sent
        head, self._rest = _head(line)
        self.status, self._version, self.headers = _parsed(head)
        self.length = self._length(method)
        self._slow: http.client.HTTPResponse | None = None
        self._left = self.length or 0
        if self.length is None:
            self._slow = http.client.HTTPResponse(_Replay(line, head + self._rest), method=method)  # type: ignore[arg-type]  # it only calls makefile
            self._slow.begin()
        self._rest = self._rest[: self._left]

    @property
    def reusable(self) -> bool:
        """Tell whether all of the body was read, and the connection can be asked again."""
        kept = self.headers.get("connection", "").lower() != "close"
        plain = self._slow is None and self._version == b"HTTP/1.1"
        return not self._left and self._sent and kept and plain

    def pieces(self, size: int) -> Iterator[bytes]:
        """Yield the body in pieces of at most `size` bytes; Broken when it breaks off."""
        while piece := self.piece(size):
            yield piece

    def piece(self, size: int) -> bytes:
        """Return the next bytes of the body, at most `size`; none at its end."""
        if self._slow:
            with Explained():
                return self._slow.read(size)
        if not self._left:
            return b""
        some, self._rest = self._rest[:size], self._rest[size:]
        if not some:
            with _COMING:
                some = self._line.recv(min(size, self._left))
        self._came(len(some))
        return some

    def readinto(self, buffer: memoryview) -> int:
        """Put the next bytes of the body into `buffer` and return how many; 0 at its end."""
        if self._slow or self._rest or not self._left:
            some = self.piece(len(buffer))
            buffer[: len(some)] = some
            return len(some)
        with _COMING:
            count = self._line.recv_into(buffer[: self._left])
        self._came(count)
        return count

    def _came(self, count: int) -> None:
        if not count:
            raise Broken(UNREACHABLE, f"the body broke off {self._left} bytes before its end")
        self._left -= count

    def _length(self, method: str) -> int | None:
        """Return the length of the body; None leaves the answer to the library."""
        if method == "HEAD" or self.status in (204, 304):
            return 0
        told = self.headers.get("content-length", "")
        simple = told.isdecimal() and "transfer-encoding" not in self.headers
        return int(told) if simple and self.status >= 200 else None


class Body:
    """The body of an answer: an iterator of pieces, or read into the reader's own buffers.

    At its end it is compared with the checksums in the headers: Broken when it does not have them.
    """

    def __init__(self, answer: Answer, size: int) -> None:
        self._answer = answer
        self._size = size
        self._check = Check(answer.headers)

    def __iter__(self) -> Iterator[bytes]:
        """Return this."""
        return self

    def __next__(self) -> bytes:
        """Return the next piece."""
        piece = self._answer.piece(self._size)
        if not piece:
            self._compare()
            raise StopIteration
        self._check.update(piece)
        return piece

    def readinto(self, buffer: memoryview) -> int:
        """Put the next bytes into `buffer` and return how many; 0 at the end."""
        count = self._answer.readinto(buffer)
        if count:
            self._check.update(buffer[:count])
        else:
            self._compare()
        return count

    def _compare(self) -> None:
        if wrong := self._check.wrong():
            raise Broken(UNREACHABLE, f"the body does not have the {wrong} that the server tells")


def _head(line: socket.socket) -> tuple[bytes, bytes]:
    """Return the head of an answer, its empty line included, and what came after it."""
    came = b""
    while len(came) < _LONGEST_HEAD:
        more = line.recv(_HEAD)
        if not more:
            raise http.client.RemoteDisconnected("closed without an answer")
        came = came + more if came else more
        end = came.find(b"\r\n\r\n")
        if end >= 0:
            return came[: end + 4], came[end + 4 :]
    raise http.client.LineTooLong("header")


def _parsed(head: bytes) -> tuple[int, bytes, dict[str, str]]:
    """Return status, version and headers; a header that came twice is joined, as HTTP says."""
    first, _, rest = head[:-4].partition(b"\r\n")
    words = first.split(None, 2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/1.") or not words[1].isdigit():
        raise http.client.BadStatusLine(repr(first[:80]))
    found: dict[str, str] = {}
    for field in _fields(rest) if rest else ():
        name, _, value = field.partition(":")
        name, value = name.lower(), value.strip(" \t")
        found[name] = f"{found[name]},{value}" if name in found else value
    return int(words[1]), words[0], found


def _fields(lines: bytes) -> list[str]:
    """Return the lines as text; where not all are UTF-8, each by itself, others as Latin-1."""
    try:
        return lines.decode().split("\r\n")
    except UnicodeError:
        return [_text(line) for line in lines.split(b"\r\n")]


class _Replay(io.RawIOBase):
    """A connection of which some bytes were read already, for the library to read from."""

    def __init__(self, line: socket.socket, came: bytes) -> None:
        self._line = line
        self._came = came

    def makefile(self, mode: str) -> io.BufferedReader:
        """Return this as the file that the library asks a socket for."""
        assert mode == "rb"  # noqa: S101 - all that http.client ever asks for
        return io.BufferedReader(self)

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fill `buffer` with what came already, then from the connection."""
        if not self._came:
            return self._line.recv_into(buffer)
        size = min(len(buffer), len(self._came))
        buffer[:size], self._came = self._came[:size], self._came[size:]
        return size


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeError:
        return value.decode("latin-1")
