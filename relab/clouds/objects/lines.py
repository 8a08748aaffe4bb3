"""Kept-open HTTP connections to one endpoint: a thread takes one and gives it back when done."""

import http.client
import ssl
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from relab.clouds.outcome import TIMEOUT, UNREACHABLE, shorten

_Response = tuple[http.client.HTTPResponse, bool]
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


class Broken(Exception):
    """No answer, or not all of it: `status` is a word of `relab.clouds.outcome`."""

    def __init__(self, status: str, detail: object) -> None:
        super().__init__(shorten(detail))
        self.status = status


class Answer:
    """What came back: the status, headers by their small names, and the body in pieces."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self._response = response
        self.status = response.status
        self.length = response.length
        """Bytes of the body; None when the server did not tell."""
        self.headers = _headers(response)

    def pieces(self, size: int) -> Iterator[bytes]:
        """Yield the body in pieces of at most `size` bytes; Broken when it breaks off."""
        left = self.length
        while left is None or left > 0:
            piece = self._read(size if left is None else min(size, left))
            if not piece:
                break
            left = None if left is None else left - len(piece)
            yield piece
        if left:
            raise Broken(UNREACHABLE, f"the body broke off {left} bytes before its end")
        self._read(1)  # at its end the connection is free again

    def _read(self, size: int) -> bytes:
        with _explained():
            return self._response.read(size)


class Lines:
    """Connections of one `Route`; safe to share by threads, each has a connection to itself."""

    def __init__(self, route: Route) -> None:
        self._route = route
        self._url = urlsplit(route.endpoint)
        self._idle: deque[http.client.HTTPConnection] = deque()
        self._trust = _trust(route) if self._url.scheme == "https" else None

    @property
    def host(self) -> str:
        """Return the host as the `Host` header names it."""
        return self._url.netloc

    @contextmanager
    def ask(self, ask: Ask) -> Iterator[Answer]:
        """Send a request and yield the answer; Broken when none came.

        The connection is used again only when the block has read the whole body.
        """
        line, fresh = self._take()
        whole = False
        try:
            with _explained():
                response, sent = self._answer(line, ask, fresh)
            yield Answer(response)
            whole = sent and response.isclosed() and not response.will_close
        finally:
            if whole:
                self._idle.append(line)
            else:
                line.close()

    def close(self) -> None:
        """Close what is idle."""
        while self._idle:
            self._idle.pop().close()

    def _take(self) -> tuple[http.client.HTTPConnection, bool]:
        while True:
            try:
                line = self._idle.pop()
            except IndexError:
                return self._open(), True
            if not _has_ended(line):
                return line, False
            line.close()

    def _answer(self, line: http.client.HTTPConnection, ask: Ask, fresh: bool) -> _Response:
        """Ask once more when a kept-open connection turns out to have been closed meanwhile.

        Not with a body: what it writes may have been written.
        """
        try:
            return self._send(line, ask)
        except _CLOSED_MEANWHILE:
            if fresh or ask.body is not None:
                raise
            line.close()
            return self._send(line, ask)

    def _send(self, line: http.client.HTTPConnection, ask: Ask) -> _Response:
        # A proxy of plain HTTP is asked for the whole URL.
        proxied = self._route.proxy and self._trust is None
        target = f"{self._route.endpoint}{ask.target}" if proxied else ask.target
        line.putrequest(ask.method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in ask.headers.items():
            line.putheader(name, value if value.isascii() else value.encode())
        line.endheaders()
        sent = ask.body is None or _given(line, ask.body())
        return line.getresponse(), sent

    def _open(self) -> http.client.HTTPConnection:
        proxy = urlsplit(self._route.proxy) if self._route.proxy else None
        near = proxy or self._url
        where: dict[str, Any] = {"port": near.port, "timeout": self._route.timeout}
        if self._trust is None:
            return http.client.HTTPConnection(near.hostname or "", **where)
        line = http.client.HTTPSConnection(near.hostname or "", **where, context=self._trust)
        if proxy:
            line.set_tunnel(self._url.hostname or "", self._url.port or 443, _who(proxy))
        return line


def _given(line: http.client.HTTPConnection, pieces: Iterable[bytes]) -> bool:
    """Send a body; False when the other side, which may have answered, takes no more of it."""
    for piece in pieces:
        try:
            line.send(piece)
        except (BrokenPipeError, ConnectionResetError):
            return False
    return True


def _has_ended(line: http.client.HTTPConnection) -> bool:
    """Tell whether the other side has closed an idle connection."""
    from urllib3.util.wait import wait_for_read

    return line.sock is None or wait_for_read(line.sock, 0)


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise Broken(TIMEOUT, error) from error
    except (OSError, http.client.HTTPException) as error:
        raise Broken(UNREACHABLE, f"{type(error).__name__}: {error}") from error


def _headers(response: http.client.HTTPResponse) -> dict[str, str]:
    """Return the headers by small names; one that came twice is joined, as HTTP says."""
    found: dict[str, str] = {}
    for name, value in response.headers.items():
        small, text = name.lower(), _text(value)
        found[small] = f"{found[small]},{text}" if small in found else text
    return found


def _text(value: str) -> str:
    """Return a header's value, which the library takes for Latin-1, as the UTF-8 that it may be."""
    if value.isascii():
        return value
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value


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
