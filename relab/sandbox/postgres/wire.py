"""PostgreSQL's protocol (version 3) over a local socket, as far as scripts need it."""

import socket
import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_VERSION = 3 << 16
_PASSWORD = 3
_SECONDS = 0.5
_BUFFER = 64 * 1024
Row = list[str | None]
Alive = Callable[[], None]


class SqlError(Exception):
    """What the server said of a statement: severity and message."""


@dataclass(frozen=True, slots=True)
class Result:
    """How one statement ended: its columns and rows, or only the tag such as `INSERT 0 1`."""

    tag: str
    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Login:
    """As whom to connect, to which database; `socket` is the path of the server's socket."""

    socket: Path
    user: str
    database: str
    password: str = ""


class Connection:
    """A session; every wait calls `alive`, which may raise to end it."""

    def __init__(self, login: Login, alive: Alive = lambda: None) -> None:
        self._alive = alive
        self._held = b""
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(_SECONDS)
        try:
            self._socket.connect(str(login.socket))
            self._log_in(login)
        except BaseException:
            self._socket.close()
            raise

    def close(self) -> None:
        """End the session."""
        self._socket.close()

    def run(self, sql: str, data: Callable[[], Iterable[bytes]] = tuple) -> Iterator[Result]:
        """Run statements and yield how each ended; `data` feeds a COPY FROM STDIN.

        SqlError when one fails: those after it are not run.
        """
        self._send(b"Q", _text(sql))
        failed: SqlError | None = None
        columns: tuple[str, ...] = ()
        rows: list[Row] = []
        while (message := self._receive())[0] != b"Z":
            kind, body = message
            if kind == b"T":
                columns, rows = _columns(body), []
            elif kind == b"D":
                rows.append(_row(body))
            elif kind == b"G":
                self._feed(data())
            elif kind == b"C":
                yield Result(body[:-1].decode(), columns, tuple(rows))
                columns, rows = (), []
            elif kind == b"E":
                failed = _error(body)
        if failed is not None:
            raise failed

    def _feed(self, data: Iterable[bytes]) -> None:
        for piece in data:
            self._send(b"d", piece)
        self._send(b"c", b"")

    def _log_in(self, login: Login) -> None:
        words = _text("user") + _text(login.user) + _text("database") + _text(login.database)
        body = struct.pack(">I", _VERSION) + words + b"\0"
        self._write(struct.pack(">I", len(body) + 4) + body)
        while (message := self._receive())[0] != b"Z":
            kind, body = message
            if kind == b"E":
                raise _error(body)
            if kind == b"R" and struct.unpack_from(">I", body)[0] == _PASSWORD:
                self._send(b"p", _text(login.password))

    def _send(self, kind: bytes, body: bytes) -> None:
        self._write(kind + struct.pack(">I", len(body) + 4) + body)

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            try:
                left = left[self._socket.send(left) :]
            except TimeoutError:
                self._alive()

    def _receive(self) -> tuple[bytes, bytes]:
        head = self._take(5)
        return head[:1], self._take(struct.unpack(">I", head[1:])[0] - 4)

    def _take(self, size: int) -> bytes:
        while len(self._held) < size:
            try:
                more = self._socket.recv(_BUFFER)
            except TimeoutError:
                self._alive()
                continue
            if not more:
                raise SqlError("FATAL:  the server closed the connection")
            self._held += more
        taken, self._held = self._held[:size], self._held[size:]
        return taken


def _text(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape").replace(b"\0", b"") + b"\0"


def _columns(body: bytes) -> tuple[str, ...]:
    (count,) = struct.unpack_from(">H", body)
    found, at = [], 2
    for _ in range(count):
        end = body.index(b"\0", at)
        found.append(body[at:end].decode())
        at = end + 19
    return tuple(found)


def _row(body: bytes) -> Row:
    (count,) = struct.unpack_from(">H", body)
    found: Row = []
    at = 2
    for _ in range(count):
        (size,) = struct.unpack_from(">i", body, at)
        at += 4
        found.append(None if size < 0 else body[at : at + size].decode("utf-8", "replace"))
        at += max(size, 0)
    return found


def _error(body: bytes) -> SqlError:
    fields = {part[:1]: part[1:].decode("utf-8", "replace") for part in body.split(b"\0") if part}
    return SqlError(f"{fields.get(b'S', 'ERROR')}:  {fields.get(b'M', '')}")
