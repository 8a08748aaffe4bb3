"""Kept-open HTTP connections to one endpoint: a thread takes one and gives it back when done."""

import http.client
import socket
import ssl
import struct
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from relab.clouds.objects.answer import Answer
from relab.clouds.objects.broken import Explained

_CLOSED_MEANWHILE = (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError)


@dataclass(frozen=True, slots=True)
class Route:
    """How an endpoint is reached: its URL, the proxy's URL, and a file of trusted certificates.

    `timeout` is in seconds. Without `trusted`, the SDK's certificates count.
    """

    endpoint: str
    proxy: str | None = None
    trusted: str | None = None
    timeout: float = 60.0


@dataclass(frozen=True, slots=True)
class Ask:
    """A request: `target` is path and query, `headers` are signed and tell the body's length."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: Callable[[], Iterable[bytes]] | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """A request without a body that was sent on `line`; `kept` when that was kept open before."""

    ask: Ask
    line: socket.socket
    kept: bool


class Lent:
    """An answer for a `with` block, which reads its body.

    The connection is used again only when the block has read all of it.
    """

    __slots__ = ("_answer", "_idle", "_line")

    def __init__(self, answer: Answer, line: socket.socket, idle: deque[socket.socket]) -> None:
        self._answer = answer
        self._line = line
        self._idle = idle

    def __enter__(self) -> Answer:
        """Return the answer."""
        return self._answer

    def __exit__(self, *_: object) -> None:
        """Keep the connection open, or close it."""
        if self._answer.reusable:
            self._idle.append(self._line)
        else:
            self._line.close()


class Lines:
    """Connections of one `Route`; safe to share by threads, each has a connection to itself."""

    def __init__(self, route: Route) -> None:
        self._route = route
        self._url = urlsplit(route.endpoint)
        self._idle: deque[socket.socket] = deque()
        self._trust = _trust(route) if self._url.scheme == "https" else None
        # A proxy of plain HTTP is asked for the whole URL.
        self._before = route.endpoint if route.proxy and self._trust is None else ""

    @property
    def host(self) -> str:
        """Return the host as the `Host` header names it."""
        return self._url.netloc

    def ask(self, ask: Ask) -> Lent:
        """Send a request and return the answer; Broken when none came."""
        if ask.body is None:
            return self.end(self.begin(ask))
        with Explained():
            line = self._alive() or self._open()
            answer = _posted(line, self._request(ask), ask, ask.body)
        return Lent(answer, line, self._idle)

    def begin(self, ask: Ask) -> Begun:
        """Send a request that has no body; Broken when it could not be sent."""
        with Explained():
            request = self._request(ask)
            try:
                return Begun(ask, _begun(self._idle.pop(), request), kept=True)
            except (IndexError, *_CLOSED_MEANWHILE):
                return Begun(ask, _begun(self._open(), request), kept=False)

    def end(self, begun: Begun) -> Lent:
        """Return the answer to what was begun; Broken when none came."""
        with Explained():
            line, answer = self._answer(begun)
        return Lent(answer, line, self._idle)

    def close(self) -> None:
        """Close what is idle."""
        while self._idle:
            self._idle.pop().close()

    def _answer(self, begun: Begun) -> tuple[socket.socket, Answer]:
        """Ask again on a new connection when a kept-open one has been closed meanwhile."""
        ask = begun.ask
        try:
            return begun.line, _answered(begun.line, ask)
        except _CLOSED_MEANWHILE:
            if not begun.kept:
                raise
        line = _begun(self._open(), self._request(ask))
        return line, _answered(line, ask)

    def _request(self, ask: Ask) -> bytes:
        return f"{ask.method} {self._before}{ask.target} HTTP/1.1\r\n{_fields(ask)}\r\n".encode()

    def _alive(self) -> socket.socket | None:
        """Return an idle connection that the other side has not closed; None when there is none.

        For a request with a body, which is not asked again: it may have been done.
        """
        from urllib3.util.wait import wait_for_read

        with suppress(IndexError):
            while wait_for_read(line := self._idle.pop(), 0):
                line.close()
            return line
        return None

    def _open(self) -> socket.socket:
        proxy = urlsplit(self._route.proxy) if self._route.proxy else None
        near = proxy or self._url
        where: dict[str, Any] = {"port": near.port, "timeout": self._route.timeout}
        line = http.client.HTTPConnection(near.hostname or "", **where)
        if self._trust is not None:
            secure = http.client.HTTPSConnection(near.hostname or "", **where, context=self._trust)
            if proxy:
                secure.set_tunnel(self._url.hostname or "", self._url.port or 443, _who(proxy))
            line = secure
        line.connect()
        if self._trust is None:
            _wait_in_kernel(line.sock, self._route.timeout)
        return line.sock


def _wait_in_kernel(line: socket.socket, seconds: float) -> None:
    """Let the kernel count the time out: Python would ask before each read and write."""
    whole = int(seconds)
    patience = struct.pack("ll", whole, int((seconds - whole) * 1e6))
    line.settimeout(None)
    for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
        line.setsockopt(socket.SOL_SOCKET, option, patience)


def _fields(ask: Ask) -> str:
    """Return the headers as they are sent; ValueError for one that would be read as several."""
    fields = "".join(f"{name}: {value}\r\n" for name, value in ask.headers.items())
    if any(fields.count(end) != len(ask.headers) for end in "\r\n") or "\0" in fields:
        raise ValueError("a header with a line break cannot be sent")
    return fields


def _begun(line: socket.socket, request: bytes) -> socket.socket:
    with _ClosedUnlessWell(line):
        line.sendall(request)
    return line


def _answered(line: socket.socket, ask: Ask) -> Answer:
    with _ClosedUnlessWell(line):
        return Answer(line, ask.method)


def _posted(
    line: socket.socket, request: bytes, ask: Ask, body: Callable[[], Iterable[bytes]]
) -> Answer:
    with _ClosedUnlessWell(line):
        return Answer(line, ask.method, sent=_sent(line, request, body()))


class _ClosedUnlessWell:
    """Closes a connection when the block raises."""

    __slots__ = ("_line",)

    def __init__(self, line: socket.socket) -> None:
        self._line = line

    def __enter__(self) -> None:
        pass

    def __exit__(self, raised: object, *_: object) -> None:
        if raised:
            self._line.close()


def _sent(line: socket.socket, request: bytes, body: Iterable[bytes]) -> bool:
    """Send a request with its body; False when the other side, which may answer, stops taking it.

    What is small goes out at once.
    """
    for piece in body:
        try:
            line.sendall(request + piece if request else piece)
        except (BrokenPipeError, ConnectionResetError):
            return False
        request = b""
    if request:
        line.sendall(request)
    return True


def _who(proxy: SplitResult) -> dict[str, str]:
    if not proxy.username:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {b64encode(pair.encode()).decode()}"}


def _trust(route: Route) -> ssl.SSLContext:
    from botocore.httpsession import where

    context = ssl.create_default_context(cafile=route.trusted or where())
    context.set_alpn_protocols(["http/1.1"])
    return context
